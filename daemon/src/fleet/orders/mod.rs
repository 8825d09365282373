//! **Orders**: what the fleet tells the box.
//!
//! An order is one JSON object on a topic of the box, or on the same topic of the box named `all`, which
//! every box of the site hears. Orders are **retained** and whole: the newest says everything, so that a
//! box that was away for days misses none. An order that cannot be read changes nothing, and the box says
//! so until a better one comes.

use std::sync::Arc;

use line::text::{ID_MAX, WORDS_MAX, cut, is_longer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::ALL_BOXES;
use crate::item::holds::{self, HOLDS_MAX, Hold, Origin};
use crate::item::orders::{Content, Order};
use crate::warehouse::expectations::{ExpectedList, Source};

use super::messages::ROOT;

/// Last level of the topics for holds.
const HOLDS: &str = "holds";
/// Last level of the topics for what is known of items.
const EXPECTED: &str = "expected";

/// `holds`: which SKUs and lots are diverted on sight. Retained; the list is whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HoldList {
    /// `holds/1`.
    pub schema: String,
    /// All holds; one that is not in the list any more is lifted.
    #[schemars(length(max = HOLDS_MAX))]
    pub holds: Vec<Hold>,
    /// Ids of the box's own holds that are lifted; not on the topic for all boxes.
    #[serde(default)]
    #[schemars(length(max = HOLDS_MAX), inner(length(max = ID_MAX)))]
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

    /// A list in JSON, checked. Nothing at all is an empty list.
    ///
    /// # Errors
    /// What is wrong and what to do, in at most [`WORDS_MAX`] characters.
    fn read(text: &[u8], for_all: bool) -> Result<Self, String> {
        Self::checked(text, for_all).map_err(|why| cut(&why, WORDS_MAX).into_owned())
    }

    fn checked(text: &[u8], for_all: bool) -> Result<Self, String> {
        if text.is_empty() {
            let schema = Self::SCHEMA.to_owned();
            return Ok(Self { schema, holds: Vec::new(), lift: Vec::new() });
        }
        let list: Self = serde_json::from_slice(text)
            .map_err(|error| format!("{error}; see docs/schemas/holds.json"))?;
        if list.schema != Self::SCHEMA {
            return Err(format!(
                "its schema is `{}`, this box reads `{}`; write that one or upgrade the box",
                list.schema,
                Self::SCHEMA
            ));
        }
        if for_all && !list.lift.is_empty() {
            return Err("`lift` names holds of one box; publish it on that box's topic".to_owned());
        }
        if list.lift.len() > HOLDS_MAX {
            let count = list.lift.len();
            return Err(format!(
                "`lift` names {count} holds, at most {HOLDS_MAX} can be set; name those that are"
            ));
        }
        if let Some(place) = list.lift.iter().position(|id| is_longer(id, ID_MAX)) {
            return Err(format!(
                "id {} in `lift` has more than {ID_MAX} characters, which no hold's id has; \
                 correct it",
                place + 1
            ));
        }
        holds::check(&list.holds).map_err(|error| error.to_string())?;
        Ok(list)
    }
}

/// The topics that a box listens to.
pub fn topics(site: &str, box_name: &str) -> Vec<String> {
    let topic = |name| move |level| format!("{ROOT}/{site}/{name}/{level}");
    [ALL_BOXES, box_name].into_iter().flat_map(|name| [HOLDS, EXPECTED].map(topic(name))).collect()
}

/// Reads what came on one of [`topics`]. An empty message is an empty list: so a retained one is removed.
pub fn read(topic: &str, text: &[u8]) -> Order {
    let mut levels = topic.rsplit('/');
    let (level, for_all) = (levels.next(), levels.next() == Some(ALL_BOXES));
    let content = if level == Some(EXPECTED) {
        let source = if for_all { Source::Site } else { Source::Fleet };
        ExpectedList::read(text).map(|items| Content::Expected(source, Arc::new(items)))
    } else {
        let origin = if for_all { Origin::Site } else { Origin::Fleet };
        HoldList::read(text, for_all).map(|list| Content::Holds(origin, list.holds, list.lift))
    };
    Order { from: topic.to_owned(), content }
}

#[cfg(test)]
mod arbitrary;

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"{ "schema": "holds/1", "later": true, "holds": [ {
        "id": "recall-7", "sku": "tea", "lot": "A1", "why": "glass", "by": "quality",
        "set_at": "2026-03-01T08:00:00Z" } ] }"#;

    fn holds(topic: &str, text: &[u8]) -> (Origin, Vec<Hold>) {
        match read(topic, text).content {
            Ok(Content::Holds(origin, list, _)) => (origin, list),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_topic_says_whose_holds_they_are() {
        let topics = topics("north", "tunnel-3");
        let expected = [
            "inspectd/v1/north/all/holds",
            "inspectd/v1/north/all/expected",
            "inspectd/v1/north/tunnel-3/holds",
            "inspectd/v1/north/tunnel-3/expected",
        ];
        assert_eq!(topics, expected);
        for (topic, origin) in [(&topics[0], Origin::Site), (&topics[2], Origin::Fleet)] {
            let (from, list) = holds(topic, LIST.as_bytes());
            assert_eq!((from, list[0].id.as_str()), (origin, "recall-7"));
        }
        let list = br#"{ "schema": "expected/1", "items": [ { "sku": "tea" } ] }"#;
        for (topic, source) in [(&topics[1], Source::Site), (&topics[3], Source::Fleet)] {
            let Ok(Content::Expected(from, items)) = read(topic, list).content else { panic!() };
            let first = items.iter().next().map(|item| item.sku.as_str());
            assert_eq!((from, first), (source, Some("tea")));
        }
    }

    #[test]
    fn an_empty_message_lifts_all() {
        assert_eq!(holds("inspectd/v1/north/all/holds", b"").1, []);
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
