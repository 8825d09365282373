//! **Expectations**: what the warehouse knows of the items, kept from whoever told it.
//!
//! Each **source** tells of some SKUs: the fleet's list for this box, its list for the site, a file on the
//! box, and a look-up by HTTP. The more specific source is believed; a list is whole, and replaces what that
//! source said before. All of it is stored, so that a box without its network still knows its items.

use std::collections::BTreeMap;

use meaning::expectation::Expectation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// SKUs that one source may tell of.
pub const EXPECTATIONS_MAX: usize = 100_000;

/// Who told it, the one that is believed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The fleet, for this box.
    Fleet,
    /// The fleet, for all boxes of the site.
    Site,
    /// A file on the box.
    File,
    /// A look-up by HTTP.
    LookUp,
}

/// `expected`: what the warehouse knows of its items. Retained; the list is whole. A file has the same form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExpectedList {
    /// `expected/1`.
    pub schema: String,
    /// One entry for each SKU.
    pub items: Vec<Expectation>,
}

impl ExpectedList {
    /// The version that is read.
    pub const SCHEMA: &str = "expected/1";

    /// The JSON Schema of the message.
    pub fn json_schema() -> Value {
        let mut schema = schemars::schema_for!(ExpectedList).to_value();
        schema["title"] = Self::SCHEMA.into();
        schema["properties"]["schema"]["const"] = Self::SCHEMA.into();
        schema
    }

    /// The items of a list in JSON, each checked. Nothing at all is an empty list.
    ///
    /// # Errors
    /// What is wrong, with the SKU that it is wrong with, and what to do.
    pub fn read(text: &[u8]) -> Result<Vec<Expectation>, String> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let list: Self = serde_json::from_slice(text)
            .map_err(|error| format!("{error}; see docs/schemas/expected.json"))?;
        if list.schema != Self::SCHEMA {
            let read = Self::SCHEMA;
            return Err(format!("its schema is `{}`, this box reads `{read}`", list.schema));
        }
        if list.items.len() > EXPECTATIONS_MAX {
            let count = list.items.len();
            return Err(format!("{count} SKUs are too many, at most {EXPECTATIONS_MAX} are kept"));
        }
        let items = list.items.into_iter().map(Expectation::checked);
        items.collect::<Result<_, _>>().map_err(|error| error.to_string())
    }
}

/// All that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectations {
    sources: BTreeMap<Source, BTreeMap<String, Expectation>>,
}

impl Expectations {
    /// Goes on from what an earlier run stored.
    pub fn new(stored: impl IntoIterator<Item = (Source, Expectation)>) -> Self {
        let mut known = Self::default();
        for (source, expectation) in stored {
            let of_source = known.sources.entry(source).or_default();
            of_source.insert(expectation.sku.clone(), expectation);
        }
        known
    }

    /// What is known of `sku`.
    pub fn of(&self, sku: &str) -> Option<&Expectation> {
        self.sources.values().find_map(|items| items.get(sku))
    }

    /// The SKU with this GTIN of 14 digits.
    pub fn sku_of(&self, gtin: &str) -> Option<&str> {
        let mut all = self.sources.values().flat_map(BTreeMap::values);
        let item = all.find(|item| item.gtin.as_deref() == Some(gtin));
        item.map(|item| item.sku.as_str())
    }

    /// Replaces what `source` said; of two entries for one SKU the later counts. Returns whether anything
    /// changed.
    pub fn replace(&mut self, source: Source, items: Vec<Expectation>) -> bool {
        let items = items.into_iter().map(|item| (item.sku.clone(), item)).collect();
        self.sources.insert(source, items).unwrap_or_default() != self.sources[&source]
    }

    /// What `source` said.
    pub fn from_source(&self, source: Source) -> Vec<Expectation> {
        self.sources.get(&source).into_iter().flat_map(|items| items.values().cloned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(sku: &str, size: &str) -> Expectation {
        Expectation { sku: sku.to_owned(), size: Some(size.to_owned()), ..Expectation::default() }
    }

    #[test]
    fn the_more_specific_source_is_believed_and_a_list_replaces_the_one_before_it() {
        let mut known = Expectations::default();
        assert!(known.replace(Source::LookUp, vec![item("tea", "S")]));
        assert!(known.replace(Source::Site, vec![item("tea", "M"), item("soap", "M")]));
        assert!(!known.replace(Source::Site, vec![item("soap", "M"), item("tea", "M")]));
        let size = |known: &Expectations, sku| known.of(sku).and_then(|item| item.size.clone());
        assert_eq!(size(&known, "tea").as_deref(), Some("M"));
        known.replace(Source::Fleet, vec![item("tea", "L")]);
        assert_eq!(size(&known, "tea").as_deref(), Some("L"));
        known.replace(Source::Fleet, Vec::new());
        known.replace(Source::Site, Vec::new());
        assert_eq!(size(&known, "tea").as_deref(), Some("S"));
        assert_eq!(size(&known, "soap"), None);
        let stored = known.from_source(Source::LookUp).into_iter().map(|i| (Source::LookUp, i));
        assert_eq!(size(&Expectations::new(stored), "tea").as_deref(), Some("S"));
    }

    #[test]
    fn an_item_is_found_by_its_gtin() {
        let list = br#"{ "schema": "expected/1",
            "items": [ { "sku": "tea", "gtin": "2001045000312", "shelf": "B7" } ] }"#;
        let mut known = Expectations::default();
        known.replace(Source::File, ExpectedList::read(list).unwrap());
        assert_eq!(known.sku_of("02001045000312"), Some("tea"));
        assert_eq!(known.sku_of("02001045000313"), None);
    }

    #[test]
    fn a_list_that_cannot_be_read_says_what_is_wrong_with_which_sku() {
        let refused = |text: &str| ExpectedList::read(text.as_bytes()).unwrap_err();
        assert!(refused("[]").contains("docs/schemas/expected.json"));
        assert!(refused(r#"{"schema":"expected/2","items":[]}"#).contains("expected/1"));
        let wrong = r#"{"schema":"expected/1","items":[{"sku":"tea","gtin":"2001045000319"}]}"#;
        assert!(refused(wrong).contains("tea"), "{}", refused(wrong));
        assert_eq!(ExpectedList::read(b""), Ok(Vec::new()));
    }
}
