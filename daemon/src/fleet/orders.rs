//! **Orders**: what the fleet tells the box.
//!
//! An order is one JSON object on a topic of the box, or on the same topic of the box named `all`, which
//! every box of the site hears. Orders are **retained** and whole: the newest says everything, so that a
//! box that was away for days misses none. An order that cannot be read changes nothing, and the box says
//! so until a better one comes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::holds::{Hold, Origin};

use super::messages::ROOT;

/// Every box of the site listens to this box's topics, too.
pub const ALL: &str = "all";
/// Last level of the topics for holds.
const HOLDS: &str = "holds";

/// `holds`: which SKUs and lots are diverted on sight. Retained; the list is whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HoldList {
    /// `holds/1`.
    pub schema: String,
    /// All holds; one that is not in the list any more is lifted.
    pub holds: Vec<Hold>,
    /// Ids of the box's own holds that are lifted; not on the topic for all boxes.
    #[serde(default)]
    pub lift: Vec<String>,
}

impl HoldList {
    /// The version that is read.
    pub const SCHEMA: &str = "holds/1";

    /// The JSON Schema of the message.
    pub fn json_schema() -> Value {
        let mut schema = schemars::schema_for!(HoldList).to_value();
        schema["title"] = Self::SCHEMA.into();
        schema["properties"]["schema"]["const"] = Self::SCHEMA.into();
        schema
    }
}

/// What came on a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The topic.
    pub topic: String,
    /// What it says, or why it cannot be read and what to do.
    pub content: Result<(Origin, HoldList), String>,
}

/// The topics that a box listens to.
pub fn topics(site: &str, box_name: &str) -> [String; 2] {
    [ALL, box_name].map(|name| format!("{ROOT}/{site}/{name}/{HOLDS}"))
}

/// Reads what came on one of [`topics`]. An empty message is an empty list: so a retained one is removed.
pub fn read(topic: &str, text: &[u8]) -> Order {
    let for_all = topic.ends_with(&format!("/{ALL}/{HOLDS}"));
    let origin = if for_all { Origin::Site } else { Origin::Fleet };
    let content = parse(text).and_then(|list| {
        if for_all && !list.lift.is_empty() {
            return Err("`lift` names holds of one box; publish it on that box's topic".to_owned());
        }
        Ok((origin, list))
    });
    Order { topic: topic.to_owned(), content }
}

fn parse(text: &[u8]) -> Result<HoldList, String> {
    if text.is_empty() {
        let schema = HoldList::SCHEMA.to_owned();
        return Ok(HoldList { schema, holds: Vec::new(), lift: Vec::new() });
    }
    let list: HoldList = serde_json::from_slice(text)
        .map_err(|error| format!("{error}; see docs/schemas/holds.json"))?;
    if list.schema != HoldList::SCHEMA {
        return Err(format!(
            "its schema is `{}`, this box reads `{}`; write that one or upgrade the box",
            list.schema,
            HoldList::SCHEMA
        ));
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"{ "schema": "holds/1", "later": true, "holds": [ {
        "id": "recall-7", "sku": "tea", "lot": "A1", "why": "glass", "by": "quality",
        "set_at": "2026-03-01T08:00:00Z" } ] }"#;

    #[test]
    fn the_topic_says_whose_holds_they_are() {
        let [all, mine] = topics("north", "tunnel-3");
        assert_eq!(
            (all.as_str(), mine.as_str()),
            ("inspectd/v1/north/all/holds", "inspectd/v1/north/tunnel-3/holds")
        );
        for (topic, origin) in [(all, Origin::Site), (mine, Origin::Fleet)] {
            let (from, list) = read(&topic, LIST.as_bytes()).content.unwrap();
            assert_eq!((from, list.holds[0].id.as_str()), (origin, "recall-7"));
        }
    }

    #[test]
    fn an_empty_message_lifts_all() {
        let (_, list) = read("inspectd/v1/north/all/holds", b"").content.unwrap();
        assert_eq!(list.holds, []);
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let refused =
            |text: &str| read("inspectd/v1/n/all/holds", text.as_bytes()).content.unwrap_err();
        assert!(refused("{").contains("docs/schemas/holds.json"));
        assert!(refused(r#"{"schema":"holds/2","holds":[]}"#).contains("holds/1"));
        assert!(refused(r#"{"schema":"holds/1","holds":[{"id":"x"}]}"#).contains("sku"));
        assert!(refused(r#"{"schema":"holds/1","holds":[],"lift":["x"]}"#).contains("lift"));
    }
}
