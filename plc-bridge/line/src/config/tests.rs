use super::*;
use crate::line_file;

/// A line file with these changes; the mistakes that it has.
fn mistakes(conveyor: &str, diverter: &str, plc: &str) -> String {
    let text = format!(
        r#"
[line]
name = "line 1"
sku = "carton"
[conveyor]
mm_per_count = 1
nominal_speed_mm_s = 1000
exit_eye_mm = 1500
{conveyor}
[[conveyor.diverter]]
lane = 1
commit_point_mm = 900
lane_eye_mm = 1200
{diverter}
[plc]
{plc}
"#
    );
    match line_file::parse::<BridgeConfig>(&text) {
        Ok(_) => String::new(),
        Err(mistakes) => mistakes.iter().map(ToString::to_string).collect(),
    }
}

const TCP: &str = r#"address = "plc:502""#;

#[test]
fn a_line_with_two_diverters_and_a_mid_belt_eye_is_read() {
    let second = "fall_back = { late = \"stop\" }\n[[conveyor.diverter]]\nlane = 2\n\
                  commit_point_mm = 1000\nlane_eye_mm = 1300\n\
                  [[conveyor.mid_eye]]\nposition_mm = 400";
    assert_eq!(mistakes("", second, TCP), "");
}

#[test]
fn diverters_out_of_order_or_with_one_lane_are_named() {
    let again = "[[conveyor.diverter]]\nlane = 1\ncommit_point_mm = 800\nlane_eye_mm = 1300";
    let told = mistakes("", again, TCP);
    assert!(told.contains("served by an earlier diverter already"), "{told}");
    assert!(told.contains("in the order in which an item meets them"), "{told}");
}

#[test]
fn eyes_and_diverters_that_stand_in_the_wrong_order_are_named() {
    let told = mistakes("", "diverter_mm = 850", TCP);
    assert!(told.contains("not before the diverter (850 mm)"), "{told}");
    let told = mistakes("", "[[conveyor.mid_eye]]\nposition_mm = 950", TCP);
    assert!(told.contains("move it upstream"), "{told}");
}

#[test]
fn the_plc_has_exactly_one_way_and_time_enough() {
    assert!(mistakes("", "", "").contains("neither plc.address nor [plc.serial]"));
    let both = format!("{TCP}\n[plc.serial]\ndevice = \"/dev/ttyUSB0\"");
    assert!(mistakes("", "", &both).contains("keep the one by which the PLC is reached"));
    let slow = "[plc.serial]\ndevice = \"/dev/ttyUSB0\"\nbaud = 19200";
    let told = mistakes("", "", slow);
    assert!(told.contains("one exchange takes 161 ms at 19200 baud"), "{told}");
    for unit in [0, 248] {
        let told = mistakes("", "", &format!("unit_id = {unit}\ncycle_ms = 200\n{slow}"));
        assert!(told.contains("write the PLC's own unit, 1 to 247"), "{told}");
        assert_eq!(mistakes("", "", &format!("{TCP}\nunit_id = {unit}")), "");
    }
    let long = format!("{TCP}\ntimeout_ms = 900");
    assert!(mistakes("", "", &long).contains("at most as long as plc.heartbeat_timeout_ms"));
}

#[test]
fn codes_need_a_plc_a_place_of_their_own_and_time_on_a_serial_line() {
    let asks = format!("{TCP}\nitem_code = \"ascii\"");
    assert_eq!(mistakes("", "", &asks), "");
    for (base, what) in [(74, "status"), (142, "command")] {
        let told = mistakes("", "", &format!("{asks}\ncode_base = {base}"));
        assert!(told.contains(&format!("the {what} block stands there")), "{told}");
    }
    let told = mistakes("", "", &format!("{asks}\ncode_base = 65500"));
    assert!(told.contains("there are not so many"), "{told}");
    assert_eq!(mistakes("", "", &format!("{TCP}\ncode_base = 0")), "", "it is not read");
    let told = mistakes("", "", "mode = \"direct\"\nitem_code = \"number\"");
    assert!(told.contains("there is no PLC to tell the items' codes"), "{told}");
    let serial = "[plc.serial]\ndevice = \"/dev/ttyUSB0\"";
    assert_eq!(mistakes("", "", &format!("cycle_ms = 40\n{serial}")), "");
    let told = mistakes("", "", &format!("cycle_ms = 40\nitem_code = \"ascii\"\n{serial}"));
    assert!(told.contains("longer than a cycle of 40 ms"), "{told}");
}
