//! The schemas in `docs/schemas/` are generated from the types, and what is sent obeys them.

use std::path::PathBuf;

use crate::fleet::orders::HoldList;
use crate::records::samples::diverted;
use crate::warehouse::expectations::ExpectedList;

use super::*;

fn schema_file(kind: Kind) -> PathBuf {
    let docs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/schemas");
    docs.join(format!("{}.json", kind.name()))
}

#[test]
fn the_schemas_in_docs_are_those_of_the_types() {
    for kind in Kind::ALL {
        let generated = serde_json::to_string_pretty(&kind.json_schema()).expect("JSON") + "\n";
        let file = schema_file(kind);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &generated).expect("written");
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            kept == generated,
            "{} is out of date; run this test with UPDATE=1 and look at what changed",
            file.display()
        );
    }
}

#[test]
fn the_schemas_of_orders_in_docs_are_those_of_the_types() {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/schemas");
    let schemas = [("holds", HoldList::json_schema()), ("expected", ExpectedList::json_schema())];
    for (name, schema) in schemas {
        let generated = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
        let file = format!("{docs}/{name}.json");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &generated).expect("written");
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(kept == generated, "{file} is out of date; run this test with UPDATE=1");
    }
}

#[test]
fn a_kind_is_found_by_its_name() {
    for kind in Kind::ALL {
        assert_eq!(Kind::named(kind.name()), Some(kind));
    }
    assert_eq!(Kind::named("gossip"), None);
}

#[test]
fn the_examples_in_the_documentation_obey_the_schemas() {
    let page = include_str!("../../../../docs/fleet.md");
    let mut seen = Vec::new();
    for example in page.split("```json\n").skip(1) {
        let example = example.split("```").next().expect("closed");
        let message: Value = serde_json::from_str(example).expect("an example is JSON");
        let schema = message["schema"].as_str().expect("an example has a schema");
        let kind = Kind::ALL.into_iter().find(|kind| kind.schema() == schema);
        let of_order = if schema == ExpectedList::SCHEMA {
            ExpectedList::json_schema
        } else {
            HoldList::json_schema
        };
        let of_kind = kind.map_or_else(of_order, Kind::json_schema);
        let validator = jsonschema::validator_for(&of_kind).expect("a schema");
        if let Err(error) = validator.validate(&message) {
            panic!("the example of {schema}: {error} at {}", error.instance_path());
        }
        seen.extend(kind);
    }
    for kind in Kind::ALL {
        assert!(seen.contains(&kind), "{} has no example", kind.name());
    }
}

#[test]
fn a_message_of_another_version_does_not_obey() {
    let validator = jsonschema::validator_for(&Kind::Lost.json_schema()).expect("a schema");
    let mut lost = serde_json::json!({
        "schema": "lost/1", "box": "b", "boot": "x", "id": 1, "at": "2026-03-01T00:00:00Z",
        "from": 1, "to": 2, "count": 2
    });
    assert!(validator.is_valid(&lost));
    lost["schema"] = "lost/2".into();
    assert!(!validator.is_valid(&lost));
}

#[test]
fn a_summary_gives_the_findings_above_their_threshold_as_reasons_and_no_others() {
    let mut record = diverted(1);
    let abnormal = record.findings[0].clone();
    let normal = |camera: &str, score| crate::records::Finding {
        camera: Some(camera.to_owned()),
        score,
        words: "looks as always".to_owned(),
        ..abnormal.clone()
    };
    record.findings = vec![normal("side", 0.8), abnormal.clone(), normal("end", 1.25)];
    let summary = Summary::of(&record);
    let reasons: Vec<_> = summary.reasons.iter().map(|reason| reason.words.as_str()).collect();
    assert_eq!(reasons, [abnormal.words.as_str()]);
    assert_eq!(summary.reasons[0].camera.as_deref(), Some("top"));
}
