//! **Expectations**: what the warehouse knows of the items, kept from whoever told it.
//!
//! Each **source** tells of some SKUs: the fleet's list for this box, its list for the site, a file on the
//! box, and a look-up by HTTP. The more specific source is believed; a list is whole, and replaces what that
//! source said before. All of it is stored, so that a box without its network still knows its items.
//!
//! What one source tells is a [`Catalogue`]. The thread that receives it builds it, with all that is asked of
//! it later: an index by SKU, one by GTIN, and a digest. The inspection loop never walks through it: it
//! compares two digests and swaps two pointers, however long the list is ([`Expectations::replace`]).

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use meaning::expectation::Expectation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use vision::labels::Due;

use line::text::{WORDS_MAX, cut};

/// SKUs that one source may tell of. The schema of the list says so, too.
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
    /// One entry for each SKU; of two for one SKU the later counts.
    #[schemars(length(max = EXPECTATIONS_MAX))]
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
    /// What is wrong, with the SKU that it is wrong with, and what to do, in at most [`WORDS_MAX`]
    /// characters.
    pub fn read(text: &[u8]) -> Result<Catalogue, String> {
        let items = Self::items(text).map_err(|why| cut(&why, WORDS_MAX).into_owned())?;
        Ok(Catalogue::new(items))
    }

    fn items(text: &[u8]) -> Result<Vec<Expectation>, String> {
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

/// What one source tells of its items. It never changes.
#[derive(Clone)]
pub struct Catalogue {
    items: BTreeMap<String, Expectation>,
    /// The SKU of each GTIN; the first one in the order of the SKUs.
    by_gtin: HashMap<String, String>,
    /// Of all that `items` say.
    digest: [u8; 32],
}

impl Catalogue {
    /// Of these items; of two for one SKU the later counts. Takes its time: not for the inspection loop.
    pub fn new(items: impl IntoIterator<Item = Expectation>) -> Self {
        let items: BTreeMap<_, _> =
            items.into_iter().map(|item| (item.sku.clone(), item)).collect();
        let mut by_gtin = HashMap::new();
        let mut digest = Sha256::new();
        for (sku, item) in &items {
            if let Some(gtin) = &item.gtin {
                by_gtin.entry(gtin.clone()).or_insert_with(|| sku.clone());
            }
            let text = serde_json::to_vec(item).expect("an expectation has string keys only");
            digest.update(text);
            digest.update(b"\n");
        }
        Self { items, by_gtin, digest: digest.finalize().into() }
    }

    /// The items, in the order of their SKUs.
    pub fn iter(&self) -> impl Iterator<Item = &Expectation> {
        self.items.values()
    }

    /// How many items it tells of.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether it tells of none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

impl PartialEq for Catalogue {
    /// By the digest: at once, however many items there are.
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Catalogue {}

impl fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<_> = self.items.values().take(4).collect();
        f.debug_struct("Catalogue").field("len", &self.len()).field("first", &shown).finish()
    }
}

/// All that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectations {
    sources: BTreeMap<Source, Arc<Catalogue>>,
}

/// What became of a catalogue that came.
#[derive(Debug)]
#[must_use = "what is left over may be long: drop it where nobody waits"]
pub struct Replaced {
    /// Whether it says anything else than the one before it.
    pub changed: bool,
    /// The catalogue that is of no use any more: the one before, or the new one where both say the same.
    /// Dropping it takes as long as it has items.
    pub left_over: Option<Arc<Catalogue>>,
}

impl Expectations {
    /// Goes on from what an earlier run stored.
    pub fn new(stored: impl IntoIterator<Item = (Source, Expectation)>) -> Self {
        let mut of_sources: BTreeMap<Source, Vec<Expectation>> = BTreeMap::new();
        for (source, expectation) in stored {
            of_sources.entry(source).or_default().push(expectation);
        }
        let built = |(source, items)| (source, Arc::new(Catalogue::new(items)));
        Self { sources: of_sources.into_iter().map(built).collect() }
    }

    /// What is known of `sku`.
    pub fn of(&self, sku: &str) -> Option<&Expectation> {
        self.sources.values().find_map(|known| known.items.get(sku))
    }

    /// The SKU with this GTIN of 14 digits.
    pub fn sku_of(&self, gtin: &str) -> Option<&str> {
        self.sources.values().find_map(|known| known.by_gtin.get(gtin)).map(String::as_str)
    }

    /// What `source` said.
    pub fn from_source(&self, source: Source) -> Option<Arc<Catalogue>> {
        self.sources.get(&source).cloned()
    }

    /// Replaces what `source` said. Does no work for the single items.
    pub fn replace(&mut self, source: Source, told: Arc<Catalogue>) -> Replaced {
        let changed = match self.sources.get(&source) {
            Some(before) => *before != told,
            None => !told.is_empty(),
        };
        if !changed {
            return Replaced { changed, left_over: Some(told) };
        }
        Replaced { changed, left_over: self.sources.insert(source, told) }
    }
}

impl Due for Expectations {
    fn is_due(&self, sku: &str) -> bool {
        self.of(sku).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(sku: &str, size: &str) -> Expectation {
        Expectation { sku: sku.to_owned(), size: Some(size.to_owned()), ..Expectation::default() }
    }

    fn told(items: Vec<Expectation>) -> Arc<Catalogue> {
        Arc::new(Catalogue::new(items))
    }

    #[test]
    fn the_more_specific_source_is_believed_and_a_list_replaces_the_one_before_it() {
        let mut known = Expectations::default();
        let mut replace = |source, items| known.replace(source, told(items)).changed;
        assert!(!replace(Source::Fleet, Vec::new()), "nothing was known, and nothing is");
        assert!(replace(Source::LookUp, vec![item("tea", "S")]));
        assert!(replace(Source::Site, vec![item("tea", "M"), item("soap", "M")]));
        assert!(!replace(Source::Site, vec![item("soap", "M"), item("tea", "M")]));
        let size = |known: &Expectations, sku| known.of(sku).and_then(|item| item.size.clone());
        assert_eq!(size(&known, "tea").as_deref(), Some("M"));
        let mut replace = |source, items| known.replace(source, told(items)).changed;
        assert!(replace(Source::Fleet, vec![item("tea", "XS"), item("tea", "L")]));
        assert_eq!(size(&known, "tea").as_deref(), Some("L"));
        let mut replace = |source, items| known.replace(source, told(items)).changed;
        assert!(replace(Source::Fleet, Vec::new()) && replace(Source::Site, Vec::new()));
        assert_eq!(size(&known, "tea").as_deref(), Some("S"));
        assert_eq!(size(&known, "soap"), None);
        let stored = [(Source::LookUp, item("tea", "S"))];
        assert_eq!(size(&Expectations::new(stored), "tea").as_deref(), Some("S"));
    }

    #[test]
    fn what_is_of_no_use_any_more_is_handed_back() {
        let mut known = Expectations::default();
        let (first, same, other) = (item("tea", "M"), item("tea", "M"), item("tea", "L"));
        assert!(known.replace(Source::Site, told(vec![first])).left_over.is_none());
        let same = told(vec![same]);
        let left = known.replace(Source::Site, same).left_over.expect("the new one");
        assert_eq!(Arc::strong_count(&left), 1, "whoever gets it drops it, and nobody else");
        let same = known.from_source(Source::Site).expect("the first one");
        assert!(!Arc::ptr_eq(&left, &same));
        let left = known.replace(Source::Site, told(vec![other])).left_over;
        assert_eq!(left.expect("the one before"), same);
    }

    #[test]
    fn an_item_is_found_by_its_gtin() {
        let list = br#"{ "schema": "expected/1",
            "items": [ { "sku": "tea", "gtin": "2001045000312", "shelf": "B7" } ] }"#;
        let mut known = Expectations::default();
        let list = Arc::new(ExpectedList::read(list).unwrap());
        assert!(known.replace(Source::File, list).changed);
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
        assert_eq!(ExpectedList::read(b"").map(|known| known.len()), Ok(0));
        let long = "x".repeat(100_000);
        let unread = format!(r#"{{"schema":"expected/1","items":[{{"sku":["{long}"]}}]}}"#);
        for text in [unread, format!(r#"{{"schema":"{long}","items":[]}}"#)] {
            assert!(refused(&text).chars().count() <= WORDS_MAX);
        }
    }
}
