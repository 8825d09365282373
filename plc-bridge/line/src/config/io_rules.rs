//! What the keys of `[io]` must fit: each other, the conveyor, and whether there is a PLC.

use super::io::{CHATTER, IoSection};
use crate::config::{ConveyorSection, FallBack, PlcMode, PlcSection};
use crate::line_file::Mistake;

/// Whether the field I/O is the whole "PLC" of this line: eyes are wired to the box, and no PLC is
/// named.
pub fn without_plc(io: &IoSection, plc: &PlcSection) -> bool {
    io.eyes.is_some() && plc.address.is_none() && plc.serial.is_none()
}

/// Every rule that `[io]` breaks.
pub fn broken(io: &IoSection, conveyor: &ConveyorSection, plc: &PlcSection) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    lines_used_twice(io, &mut mistakes);
    complete_without_plc(io, conveyor, plc, &mut mistakes);
    if io.eyes.is_some() {
        debounced_in_time(io, conveyor, &mut mistakes);
    }
    let mut wrong = |path: &[&str], what: String, remedy: &str| {
        mistakes.push(Mistake::new(path, what, remedy));
    };
    if io.eyes.is_some() && !without_plc(io, plc) {
        wrong(
            &["io", "eyes"],
            "the PLC reports the eyes already".into(),
            "remove [io.eyes] and [io.encoder], or plc.address and [plc.serial]",
        );
    }
    if let Some(encoder) = &io.encoder {
        let possible: &[u8] = if encoder.b.is_some() { &[1, 2, 4] } else { &[1, 2] };
        if !possible.contains(&encoder.counts_per_pulse) {
            wrong(
                &["io", "encoder", "counts_per_pulse"],
                format!("an encoder gives no {} counts for a pulse", encoder.counts_per_pulse),
                "write 1 or 2, or 4 with both channels",
            );
        }
    }
    if !io.diverter.is_empty() && io.diverter.len() != conveyor.diverter.len() {
        wrong(
            &["io", "diverter"],
            format!(
                "there are {} outputs for {} diverters",
                io.diverter.len(),
                conveyor.diverter.len()
            ),
            "list one [[io.diverter]] for each [[conveyor.diverter]], in the same order",
        );
    }
    if !io.diverter.is_empty() && plc.mode == PlcMode::Mailbox {
        wrong(
            &["io", "diverter"],
            "in mailbox mode the PLC fires the diverters".into(),
            "write plc.mode = \"direct\", or remove [[io.diverter]]",
        );
    }
    if let Some(dimmer) = &io.dimmer
        && dimmer.target.windows(2).any(|pair| pair[0].lux >= pair[1].lux)
    {
        wrong(
            &["io", "dimmer", "target"],
            "the points are not in ascending order of lux".into(),
            "list each lux value once, the darkest first",
        );
    }
    mistakes
}

/// An edge may be known only [`CHATTER`] debounce times after it happened; the belt's place must
/// not have left the slip tolerance by then.
fn debounced_in_time(io: &IoSection, conveyor: &ConveyorSection, mistakes: &mut Vec<Mistake>) {
    let known_after_s = f64::from(CHATTER * io.debounce_us) / 1e6;
    let travel_mm = known_after_s * conveyor.nominal_speed_mm_s;
    let tolerance_mm = conveyor.slip_tolerance_mm;
    if travel_mm > tolerance_mm {
        let most_us = io.debounce_us as f64 * tolerance_mm / travel_mm;
        mistakes.push(Mistake::new(
            &["io", "debounce_us"],
            format!(
                "the belt travels {travel_mm:.1} mm before the edge of an eye that chatters is \
                 known ({CHATTER} debounce times), more than conveyor.slip_tolerance_mm \
                 ({tolerance_mm} mm)"
            ),
            format!("write at most {most_us:.0}, or raise the tolerance"),
        ));
    }
}

/// A line without a PLC needs everything that the PLC would have.
fn complete_without_plc(
    io: &IoSection,
    conveyor: &ConveyorSection,
    plc: &PlcSection,
    mistakes: &mut Vec<Mistake>,
) {
    let no_plc = plc.address.is_none() && plc.serial.is_none();
    if !no_plc || plc.mode == PlcMode::Mailbox {
        return;
    }
    let mut wrong = |path: &[&str], what: String, remedy: &str| {
        mistakes.push(Mistake::new(path, what, remedy));
    };
    let Some(eyes) = &io.eyes else {
        wrong(
            &["io"],
            "there is neither a PLC nor [io.eyes]".into(),
            "write plc.address or [plc.serial], or wire the eyes and the encoder to this box",
        );
        return;
    };
    if io.encoder.is_none() {
        wrong(
            &["io"],
            "[io.eyes] without [io.encoder]: nobody tells where items are".into(),
            "add [io.encoder] with the line of its channel A",
        );
    }
    if io.diverter.is_empty() {
        wrong(
            &["io"],
            "nobody moves the diverters: there is neither a PLC nor [[io.diverter]]".into(),
            "add one [[io.diverter]] for each [[conveyor.diverter]]",
        );
    }
    for (key, have, need, what) in [
        ("mid", eyes.mid.len(), conveyor.mid_eye.len(), "conveyor.mid_eye"),
        ("lane", eyes.lane.len(), conveyor.diverter.len(), "conveyor.diverter"),
    ] {
        if have != need {
            wrong(
                &["io", "eyes", key],
                format!("{have} lines are named for {need} eyes"),
                &format!("name one line for each [[{what}]], in the same order"),
            );
        }
    }
    for (index, diverter) in conveyor.diverter.iter().enumerate() {
        let fall_back = &diverter.fall_back;
        let all = [
            fall_back.late,
            fall_back.inspectd_dead,
            fall_back.uninspected,
            fall_back.ambiguous,
            fall_back.plc_lost,
        ];
        if all.contains(&FallBack::Stop) {
            wrong(
                &["conveyor", "diverter", &index.to_string(), "fall_back"],
                "without a PLC nobody can stop the belt".into(),
                "write \"divert\" or \"pass\"",
            );
        }
    }
}

/// Each line of the chip serves one purpose.
fn lines_used_twice(io: &IoSection, mistakes: &mut Vec<Mistake>) {
    let mut seen: Vec<(u32, &str)> = Vec::new();
    for (line, path) in lines(io) {
        if let Some((_, other)) = seen.iter().find(|(used, _)| *used == line) {
            mistakes.push(Mistake::new(
                &path.split('.').collect::<Vec<_>>(),
                format!("line {line} is used by {other} already"),
                "name each GPIO line once",
            ));
        }
        seen.push((line, path));
    }
}

/// Every line that `[io]` names, with the key that names it.
fn lines(io: &IoSection) -> impl Iterator<Item = (u32, &'static str)> {
    let eyes = io.eyes.iter().flat_map(|eyes| {
        [(eyes.entry, "io.eyes.entry"), (eyes.exit, "io.eyes.exit")]
            .into_iter()
            .chain(eyes.mid.iter().map(|line| (*line, "io.eyes.mid")))
            .chain(eyes.lane.iter().map(|line| (*line, "io.eyes.lane")))
    });
    let encoder = io.encoder.iter().flat_map(|encoder| {
        [(encoder.a, "io.encoder.a")]
            .into_iter()
            .chain(encoder.b.map(|line| (line, "io.encoder.b")))
    });
    let lamps = io.stack_light.iter().flat_map(|lamps| {
        [
            (lamps.green, "io.stack_light.green"),
            (lamps.amber, "io.stack_light.amber"),
            (lamps.red, "io.stack_light.red"),
        ]
    });
    eyes.chain(encoder)
        .chain(io.diverter.iter().map(|output| (output.line, "io.diverter")))
        .chain(io.strobe.iter().map(|strobe| (strobe.line, "io.strobe.line")))
        .chain(lamps)
        .chain(io.watchdog.iter().map(|output| (output.line, "io.watchdog.line")))
}

#[cfg(test)]
mod tests {
    use crate::config::BridgeConfig;
    use crate::line_file::parse;

    const LINE: &str = r#"
[line]
name = "small line"
sku = "carton"
[conveyor]
mm_per_count = 0.5
nominal_speed_mm_s = 300
exit_eye_mm = 1500
[[conveyor.diverter]]
lane = 1
commit_point_mm = 900
lane_eye_mm = 1200
diverter_mm = 1000
[plc]
mode = "direct"
[io.eyes]
entry = 4
exit = 5
lane = [6]
[io.encoder]
a = 17
b = 27
counts_per_pulse = 4
[[io.diverter]]
line = 22
[io.stack_light]
green = 1
amber = 2
red = 3
[io.dimmer]
target = [{ lux = 10, percent = 90 }, { lux = 500, percent = 40 }]
"#;

    fn mistakes(text: &str) -> String {
        let mistakes = parse::<BridgeConfig>(text).expect_err("the text has a mistake");
        mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_small_line_needs_no_plc() {
        let config = parse::<BridgeConfig>(LINE).expect("no mistake");
        assert!(super::without_plc(&config.io, &config.plc));
        assert_eq!(config.io.debounce_us, 2000);
    }

    #[test]
    fn a_line_without_a_plc_must_have_all_that_the_plc_would_have() {
        let all = mistakes(&LINE.replace("[io.encoder]\na = 17\nb = 27\ncounts_per_pulse = 4", ""));
        assert!(all.contains("[io.eyes] without [io.encoder]"), "{all}");
        let all = mistakes(&LINE.replace("lane = [6]", ""));
        assert!(all.contains("io.eyes.lane: 0 lines are named for 1 eyes"), "{all}");
        let all = mistakes(&LINE.replace("[[io.diverter]]\nline = 22", ""));
        assert!(all.contains("nobody moves the diverters"), "{all}");
        let stop = "diverter_mm = 1000\nfall_back = { late = \"stop\" }";
        let all = mistakes(&LINE.replace("diverter_mm = 1000", stop));
        assert!(all.contains("nobody can stop the belt"), "{all}");
    }

    #[test]
    fn an_eye_that_chatters_is_believed_within_the_slip_tolerance() {
        let with =
            |us: u32| LINE.replace("[io.eyes]", &format!("[io]\ndebounce_us = {us}\n[io.eyes]"));
        // 60 mm at 300 mm/s are 200 ms, of which a debounce time is a quarter.
        parse::<BridgeConfig>(&with(50_000)).expect("no mistake");
        let all = mistakes(&with(50_100));
        assert!(all.contains("io.debounce_us: the belt travels 60.1 mm"), "{all}");
        assert!(all.contains("write at most 50000"), "{all}");
    }

    #[test]
    fn a_gpio_line_serves_one_purpose() {
        let all = mistakes(&LINE.replace("red = 3", "red = 4"));
        assert!(
            all.contains("line 29: io.stack_light.red: line 4 is used by io.eyes.entry already"),
            "{all}"
        );
    }

    #[test]
    fn eyes_are_reported_by_the_plc_or_by_this_box() {
        let all = mistakes(&LINE.replace("mode = \"direct\"", "address = \"10.0.0.1:502\""));
        assert!(all.contains("the PLC reports the eyes already"), "{all}");
        assert!(all.contains("in mailbox mode the PLC fires the diverters"), "{all}");
    }

    #[test]
    fn four_counts_for_a_pulse_need_both_channels() {
        let all = mistakes(&LINE.replace("b = 27\n", ""));
        assert!(all.contains("an encoder gives no 4 counts for a pulse"), "{all}");
    }
}
