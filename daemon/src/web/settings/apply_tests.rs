use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::config::LineFile;
use crate::declared::sections;
use crate::web::settings::describe::Declaration;

/// A line file with comments, blanks and layout of its own.
const FILE: &str = r#"# Line 3, packing hall. Ask Jo before you touch the belt.
[line]
name  = "outbound 3"   # as on the sign
sku   = "CARTON-17"

# Left of the belt.
[[camera]]
name = "side"
source = "v4l2:/dev/video0"
width_px = 1280
height_px = 720
position_mm = 300

# Above the belt.
[[camera]]
name = "top"
source = "gige:MyVendor-0042"
width_px = 1280
height_px = 1024
position_mm = 420
fps = 25 # the lamp flickers at 30

[conveyor]
mm_per_count = 0.5
nominal_speed_mm_s = 400
exit_eye_mm = 1600
fall_back = { blind = "stop" }

[[conveyor.diverter]]
lane = 1
commit_point_mm = 1100
lane_eye_mm = 1500

[conveyor.diverter.fall_back]
plc_lost = "stop"

[plc]
address = "192.168.10.5:502"

[model]
folder = "/usr/share/inspectd/models/efficientnet-lite0"

# The end of the file.
"#;

fn declared() -> Vec<Section> {
    sections(&schemars::schema_for!(LineFile).to_value())
}

fn change(key: &str, value: Json) -> Change {
    Change { key: key.to_owned(), value }
}

fn applied(changes: &[Change]) -> String {
    apply(FILE, changes, &declared()).unwrap()
}

/// The file after one change, and the lines that are not those of before.
fn new_lines(changes: &[Change]) -> (String, Vec<String>) {
    let text = applied(changes);
    let old: Vec<&str> = FILE.lines().collect();
    let new = text.lines().filter(|line| !old.contains(line)).map(str::to_owned).collect();
    (text, new)
}

#[test]
fn the_file_of_these_tests_has_no_mistake() {
    let read = line::line_file::parse::<LineFile>(FILE);
    assert!(read.is_ok(), "{:?}", read.err());
    assert_eq!(applied(&[]), FILE, "nothing changed is nothing touched");
}

#[test]
fn a_value_is_written_in_its_place_beside_its_comment() {
    let (text, new) = new_lines(&[change("line.name", json!("outbound 4"))]);
    assert_eq!(new, ["name  = \"outbound 4\"   # as on the sign"]);
    assert_eq!(text.lines().count(), FILE.lines().count());
    let (_, new) = new_lines(&[change("camera.1.fps", json!(50))]);
    assert_eq!(new, ["fps = 50 # the lamp flickers at 30"]);
    let (_, new) = new_lines(&[change("conveyor.mm_per_count", json!(0.25))]);
    assert_eq!(new, ["mm_per_count = 0.25"]);
}

#[test]
fn a_key_that_is_missing_is_added_to_its_own_table() {
    let (text, new) = new_lines(&[change("camera.0.fps", json!(30))]);
    assert_eq!(new, ["fps = 30"]);
    let at = |part: &str| text.find(part).unwrap();
    assert!(at("fps = 30") < at("# Above the belt."), "{text}");
    let (_, new) = new_lines(&[change("conveyor.fall_back.blind", json!("report"))]);
    assert_eq!(new, ["fall_back = { blind = \"report\" }"]);
    let lists = [change("web.names", json!(["line3.example", "b"]))];
    let (text, new) = new_lines(&lists);
    assert_eq!(new, ["[web]", "names = [\"line3.example\", \"b\"]"]);
    assert!(text.contains("\n\n[web]\n"), "after a blank line: {text}");
}

#[test]
fn a_section_within_one_that_is_not_there_needs_no_heading_for_it() {
    let (text, new) = new_lines(&[change("plc.serial.device", json!("/dev/ttyS1"))]);
    assert_eq!(new, ["[plc.serial]", "device = \"/dev/ttyS1\""]);
    assert!(text.find("[plc.serial]") < text.find("[model]"), "{text}");
    let (_, new) = new_lines(&[change("io.encoder.a", json!(4))]);
    assert!(!new.contains(&"[io]".to_owned()), "{new:?}");
}

#[test]
fn tables_are_added_after_the_others_of_their_kind_and_removed_from_the_end() {
    let add = |value| change("camera.2.name", value);
    let text = applied(&[change("camera.2", json!({})), add(json!("back"))]);
    let at = |text: &str, part: &str| text.find(part).unwrap_or_else(|| panic!("{part}: {text}"));
    assert!(at(&text, "name = \"top\"") < at(&text, "name = \"back\""), "{text}");
    assert!(at(&text, "name = \"back\"") < at(&text, "[conveyor]"), "{text}");
    // Both go, although the first one's going moves the second.
    let both = [change("camera.0", Json::Null), change("camera.1", Json::Null), add(json!("new"))];
    let text = applied(&both);
    assert!(text.contains("\"new\"") && !text.contains("\"top\"") && !text.contains("\"side\""));
    let nested = [
        change("conveyor.diverter.1.lane", json!(2)),
        change("conveyor.diverter.1.fall_back.late", json!("pass")),
        change("conveyor.diverter.0", Json::Null),
    ];
    let text = applied(&nested);
    let value: Json = toml::from_str(&text).unwrap();
    assert_eq!(value["conveyor"]["diverter"], json!([{"lane": 2, "fall_back": {"late": "pass"}}]));
    let none = applied(&[change("camera.0", Json::Null), change("camera.1", Json::Null)]);
    assert!(!none.contains("camera"), "{none}");
}

#[test]
fn what_is_within_the_second_table_goes_before_the_first_table_does() {
    let changes = [
        change("conveyor.diverter.1.lane", json!(2)),
        change("conveyor.diverter.1.fall_back.late", json!("pass")),
    ];
    let two = applied(&changes);
    let removed = [
        change("conveyor.diverter.0", Json::Null),
        change("conveyor.diverter.1.fall_back", Json::Null),
    ];
    let text = apply(&two, &removed, &declared()).unwrap();
    let value: Json = toml::from_str(&text).unwrap();
    assert_eq!(value["conveyor"]["diverter"], json!([{"lane": 2}]));
}

#[test]
fn a_key_set_back_to_its_default_is_no_longer_written() {
    let text = applied(&[change("camera.1.fps", Json::Null), change("policy.unknown", Json::Null)]);
    assert!(!text.contains("fps") && text.contains("# Above the belt."), "{text}");
    let text = applied(&[change("conveyor.diverter.0.fall_back", Json::Null)]);
    assert!(!text.contains("plc_lost") && text.contains("lane_eye_mm"), "{text}");
}

#[test]
fn line_ends_of_windows_stay() {
    let text = FILE.replace('\n', "\r\n");
    let after = apply(&text, &[change("camera.1.fps", json!(50))], &declared()).unwrap();
    assert_eq!(after, text.replace("fps = 25", "fps = 50"));
}

#[test]
fn lists_of_tables_that_stand_on_one_line_are_changed_there() {
    let text = "conveyor = { diverter = [{ lane = 1 }] } # short\n";
    let changes = [
        change("conveyor.diverter.0.lane", json!(3)),
        change("conveyor.diverter.1.lane", json!(4)),
    ];
    let after = apply(text, &changes, &declared()).unwrap();
    let value: Json = toml::from_str(&after).unwrap();
    assert_eq!(value["conveyor"]["diverter"], json!([{"lane": 3}, {"lane": 4}]), "{after}");
    assert!(after.ends_with("# short\n"), "{after}");
    let after = apply(&after, &[change("conveyor.diverter.0", Json::Null)], &declared()).unwrap();
    let value: Json = toml::from_str(&after).unwrap();
    assert_eq!(value["conveyor"]["diverter"], json!([{"lane": 4}]), "{after}");
}

#[test]
fn what_cannot_be_changed_is_refused_by_name() {
    for (key, value) in [
        ("nonsense", json!(1)),
        ("line", json!(1)),
        ("camera.7.name", json!("far")),
        ("line.name", json!({})),
        ("line.name", json!(["a", ["b"]])),
        ("line.name", json!("x".repeat(5000))),
        ("policy.divert_lane", json!(1e308 * 10.0)),
    ] {
        let told = apply(FILE, &[change(key, value.clone())], &declared());
        // A number that is none becomes null in JSON: the key is removed.
        if value.is_null() {
            continue;
        }
        let told = told.expect_err(key);
        assert!(told.contains(key) || told.contains("load the page again"), "{key}: {told}");
    }
    let many = vec![change("line.name", json!("a")); MOST_CHANGES + 1];
    assert!(apply(FILE, &many, &declared()).unwrap_err().contains("at once"));
    assert!(apply("not toml", &[], &declared()).unwrap_err().contains("no TOML"));
}

/// A value that may be right for a key, or not.
fn value_for(key: &crate::declared::Key) -> BoxedStrategy<Json> {
    let low = key.schema["minimum"].as_f64().unwrap_or(-5.0);
    let high = key.schema["maximum"].as_f64().unwrap_or(low + 1000.0);
    let choices: Vec<String> = key.choices().into_iter().map(|(value, _)| value).collect();
    let choice = || prop::sample::select(choices.clone());
    let good = match key.kind() {
        "integer" => (low as i64..=high as i64).prop_map(|n| json!(n)).boxed(),
        "number" => (low..=high).prop_map(|n| json!(n)).boxed(),
        "boolean" => any::<bool>().prop_map(|b| json!(b)).boxed(),
        "array" if !choices.is_empty() => {
            prop::collection::vec(choice(), 0..4).prop_map(|list| json!(list)).boxed()
        }
        "array" => prop::collection::vec(0..9_i64, 0..4).prop_map(|list| json!(list)).boxed(),
        _ if !choices.is_empty() => choice().prop_map(|text| json!(text)).boxed(),
        _ => "[a-z0-9 \"'\\\\#=\n\u{e4}]{0,12}".prop_map(|text| json!(text)).boxed(),
    };
    prop_oneof![6 => good, 1 => Just(Json::Null), 1 => Just(json!("no")), 1 => Just(json!(-1))]
        .boxed()
}

/// One change of a key in a table that is there, or that needs no more than its keys.
fn any_change() -> impl Strategy<Value = Change> {
    let mut all = Vec::new();
    let described = Declaration::new().describe(&toml::from_str(FILE).unwrap());
    for (section, shown) in declared().into_iter().zip(described) {
        let mut places: Vec<String> = shown.present.iter().map(|table| table.at.clone()).collect();
        if places.is_empty() && !shown.is_added() && !section.name.starts_with("io.") {
            places.push(section.name.clone());
        }
        for at in places {
            all.extend(section.keys.iter().map(|key| (format!("{at}.{}", key.name), key.clone())));
        }
    }
    assert!(all.len() > 60, "{}", all.len());
    prop::sample::select(all)
        .prop_flat_map(|(at, key)| (Just(at), value_for(&key)))
        .prop_map(|(at, value)| change(&at, value))
}

fn at<'v>(file: &'v Json, path: &str) -> Option<&'v Json> {
    path.split('.').try_fold(file, |value, part| match value {
        Json::Array(list) => list.get(part.parse::<usize>().ok()?),
        value => value.get(part),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// The file says what was asked for and all else is as it was; where it passes the check, it loads to that.
    #[test]
    fn a_change_yields_the_changed_value_and_touches_nothing_else(
        changes in prop::collection::vec(any_change(), 1..4),
    ) {
        let text = applied(&changes);
        let before: Json = toml::from_str(FILE).unwrap();
        let after: Json = toml::from_str(&text).expect("whatever is written is TOML");
        let last = |key: &str| {
            // What is removed is removed last.
            let mut of = changes.iter().filter(|change| change.key == key);
            let removed = of.clone().any(|change| change.value.is_null());
            if removed { None } else { of.next_back().map(|change| &change.value) }
        };
        for change in &changes {
            prop_assert_eq!(at(&after, &change.key), last(&change.key), "{}\n{}", change.key, text);
        }
        for changed in Declaration::new().changed(&before, &after) {
            let is_asked = |change: &Change| {
                let table = change.key.rsplit_once('.').map_or("", |(table, _)| table);
                change.key == changed.key || table == changed.key
            };
            prop_assert!(changes.iter().any(is_asked), "{:?}\n{}", changed, text);
        }
        let is_removed = changes.iter().any(|change| change.value.is_null());
        for comment in FILE.split('#').skip(1).filter_map(|rest| rest.lines().next()) {
            prop_assert!(is_removed || text.contains(comment), "{} is lost:\n{}", comment, text);
        }
        if let Ok(line) = line::line_file::parse::<LineFile>(&text) {
            let loaded = serde_json::to_value(&line).unwrap();
            for change in &changes {
                if let (Some(wanted), Some(loaded)) = (last(&change.key), at(&loaded, &change.key)) {
                    let same = wanted == loaded || wanted.as_f64() == loaded.as_f64() && wanted.is_number();
                    prop_assert!(same, "{}: {wanted} is loaded as {loaded}", change.key);
                }
            }
        }
    }
}
