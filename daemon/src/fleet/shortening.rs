//! A message that is larger than the broker takes is shortened until it fits, and says so.

use serde_json::{Map, Value};

/// Lists that may be left out: what they tell in detail, the rest of the message tells in short.
const LISTS: [&str; 4] = ["reasons", "views", "holds", "problems"];

/// Texts for people, which may be cut. What names a thing stays whole: an order by a cut id would miss it.
const WORDS: [&str; 7] = ["words", "why", "cause", "problem", "problems", "by", "reason"];

/// What is tried, in this order: characters that a text may have, and whether lists stay.
const STEPS: [(usize, bool); 3] = [(400, true), (100, true), (60, false)];

/// The message itself if it has at most `room` bytes; otherwise without its long parts and with
/// `shortened`; `None` when it cannot be made short enough.
pub fn fit(text: String, room: usize) -> Option<String> {
    if text.len() <= room {
        return Some(text);
    }
    let message: Map<String, Value> = serde_json::from_str(&text).ok()?;
    STEPS.into_iter().map(|step| shorten(message.clone(), step)).find(|text| text.len() <= room)
}

fn shorten(mut message: Map<String, Value>, (most, lists_stay): (usize, bool)) -> String {
    for (name, value) in &mut message {
        if !lists_stay && LISTS.contains(&name.as_str()) {
            *value = Value::Array(Vec::new());
        }
        cut(name, value, most);
    }
    message.insert("shortened".to_owned(), true.into());
    Value::Object(message).to_string()
}

fn cut(name: &str, value: &mut Value, most: usize) {
    match value {
        Value::String(text) if WORDS.contains(&name) => {
            *text = line::text::cut(text, most).into_owned();
        }
        Value::String(_) => {}
        Value::Array(list) => list.iter_mut().for_each(|value| cut(name, value, most)),
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| cut(name, value, most)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_fits_is_untouched_and_what_does_not_is_cut_and_marked() {
        let long = json!({ "id": 7, "words": "ß".repeat(5000), "views": [1, 2] }).to_string();
        assert_eq!(fit(long.clone(), long.len()).as_ref(), Some(&long));
        let short: Value = serde_json::from_str(&fit(long.clone(), 1000).unwrap()).unwrap();
        assert_eq!(short["shortened"], true);
        assert_eq!((&short["id"], &short["views"]), (&json!(7), &json!([1, 2])));
        let words = short["words"].as_str().unwrap();
        assert!(words.ends_with('…') && words.chars().count() == 400, "{words}");
        assert_eq!(fit(long, 20), None);
    }

    #[test]
    fn what_names_a_thing_stays_whole() {
        let lot = "L".repeat(128);
        let message = json!({ "lot": lot, "words": "w".repeat(5000) }).to_string();
        let short: Value = serde_json::from_str(&fit(message, 400).unwrap()).unwrap();
        assert_eq!(short["lot"], json!(lot));
    }

    #[test]
    fn lists_go_last() {
        let message =
            json!({ "views": vec!["a camera"; 1000], "verdict": { "reasons": ["hold"] } });
        let short: Value = serde_json::from_str(&fit(message.to_string(), 200).unwrap()).unwrap();
        assert_eq!(short["views"], json!([]));
        assert_eq!(short["verdict"]["reasons"], json!(["hold"]), "the verdict stays whole");
    }

    proptest! {
        #[test]
        fn whatever_comes_out_fits(text in "\\PC{0,2000}", room in 0_usize..3000) {
            let message = json!({ "words": text }).to_string();
            if let Some(short) = fit(message, room) {
                prop_assert!(short.len() <= room);
                prop_assert!(serde_json::from_str::<Value>(&short).is_ok());
            }
        }
    }
}
