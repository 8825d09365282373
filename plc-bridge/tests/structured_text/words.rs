//! No name in the program is a word that a compiler keeps for itself, and no scan costs more than
//! its documentation says.

use std::collections::BTreeMap;

use crate::plc::{HOLD, LANES, Plc, described};

/// Reserved words in capitals, each with the heading that it stands under.
fn reserved() -> BTreeMap<String, String> {
    let mut heading = "";
    let mut words = BTreeMap::new();
    for line in include_str!("reserved.txt").lines().filter(|line| !line.starts_with('#')) {
        match line.strip_prefix('[') {
            Some(rest) => heading = rest.trim_end_matches(']'),
            None => words.extend(line.split_whitespace().map(|w| (w.into(), heading.into()))),
        }
    }
    words
}

#[test]
fn no_identifier_is_a_word_that_a_compiler_keeps_for_itself() {
    let reserved = reserved();
    // Names of the program before it was checked, one from each list that had one.
    for word in ["LIMIT", "STEP", "MESSAGE", "N", "D", "I"] {
        assert!(reserved.contains_key(word), "{word} is missing from reserved.txt");
    }
    let identifiers = described().identifiers;
    assert!(identifiers.len() > 200, "too few were found: {identifiers:?}");
    let is_reserved = |name: &&String| reserved.contains_key(&name.to_uppercase());
    let found: Vec<_> = identifiers.iter().filter(is_reserved).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn identifiers_that_differ_only_in_case_are_written_alike() {
    let mut written = BTreeMap::new();
    for name in described().identifiers {
        let before = written.insert(name.to_uppercase(), name.clone());
        assert_eq!(before, None, "{name}");
    }
}

/// The number that stands before `words` in the README.
fn documented(words: &str) -> u64 {
    let readme = include_str!("../../plc/README.md");
    let before = readme.split(words).next().filter(|before| before.len() < readme.len());
    let number = before.and_then(|text| text.split_whitespace().last()).expect("it stands there");
    number.replace(',', "").parse().expect("a number")
}

#[test]
fn no_scan_can_cost_more_statements_than_is_documented() {
    assert_eq!(described().most["FB_Inspectd"], documented(" statements, whatever"));
}

/// Everything at once: a full table, all inputs change, eight results, a code, and eight items at
/// their commit points.
#[test]
fn the_worst_scan_that_a_belt_can_make_costs_what_is_documented() {
    let mut plc = Plc::with_known_belt(0);
    let millimetres: Vec<f64> = (0..8).map(|d| 5000.0 + f64::from(d) * 80.0).collect();
    plc.set("Parameters.NumberOfDiverters", 8);
    plc.set("Parameters.DiverterLane", vec![LANES[0]; 8]);
    plc.set("Parameters.CommitPoint_mm", millimetres.clone());
    let diverters: Vec<f64> = millimetres.iter().map(|mm| mm + 60.0).collect();
    plc.set("Parameters.Diverter_mm", diverters);
    plc.set("Parameters.FireAhead_mm", vec![50.0; 8]);
    plc.set("Parameters.Hold_mm", vec![HOLD as f64; 8]);
    plc.set("Parameters.NumberOfMidEyes", 4);
    plc.set("Parameters.MidEye_mm", vec![200.0, 500.0, 800.0, 1100.0]);
    plc.set("Parameters.TellsCodes", true);
    plc.reset();
    // One item every 80 counts: the first stand before the commit points, the last at the entry.
    (0..63).for_each(|index| plc.put(index * 80, 40));
    plc.run_to(62, 60);
    assert_eq!(plc.out["ItemsTracked"], 63);
    let before = plc.statements;
    (1..=8).for_each(|id| plc.result(id, LANES[0]));
    plc.set("CodeFor", 63);
    plc.set("CodeOffered", true);
    plc.flip_all_eyes();
    plc.scan(80);
    let worst = plc.statements;
    assert_eq!(before, documented(" in an ordinary one"));
    assert_eq!(worst, documented(" statements in the worst"));
    assert_eq!(plc.codes.code_head, 1);
}
