//! **Identification**: which SKU an item is, from what several **sources** say.
//!
//! A source makes a **claim** about an item: the code that it has, and the SKUs that this code may mean. A
//! claim with exactly one SKU is certain. The first certain claim names the item, and its name never changes
//! again: its references are loaded by then. A claim for another SKU, before or after, **contradicts**: one
//! of the two is wrong, and nobody knows which. That is a finding against the item and never a silent choice.
//!
//! A source that has **answered** says no more. Once all have answered, or time is over, an item without a
//! name is **unknown**.
//!
//! A plain state machine: claims go in, an [`Identity`] comes out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who says what an item is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The line file: one product runs.
    Line,
    /// The conveyor PLC, in its entry event.
    Plc,
    /// A fixed scanner beside the belt.
    Scanner,
    /// The codes in the item's own pictures.
    Codes,
    /// Looks and words, compared with the catalogue.
    Looks,
}

impl Source {
    /// The source as the subject of a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Line => "the line file",
            Self::Plc => "the PLC",
            Self::Scanner => "the scanner",
            Self::Codes => "its own code",
            Self::Looks => "its looks",
        }
    }
}

/// What one source says of one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    /// Who says so.
    pub source: Source,
    /// Which scanner or camera, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The code, as it was told or read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// The SKUs that this may mean; none where the warehouse knows none.
    pub skus: Vec<String>,
    /// Why it names no SKU, in plain words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl Claim {
    /// `source` says that the item is `sku`.
    pub fn of(source: Source, sku: &str) -> Self {
        let skus = vec![sku.to_owned()];
        Self { source, by: None, said: None, skus, problem: None }
    }

    /// `source` cannot say what the item is.
    pub fn none(source: Source, problem: &str) -> Self {
        let problem = Some(problem.to_owned());
        Self { source, by: None, said: None, skus: Vec::new(), problem }
    }

    fn certain(&self) -> Option<&str> {
        match self.skus.as_slice() {
            [sku] => Some(sku),
            _ => None,
        }
    }
}

/// What is known of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity<'a> {
    /// It is this SKU.
    Known(&'a str),
    /// A source may still tell.
    Open,
    /// Nobody knows it.
    Unknown,
}

/// One item's claims: at most one of each scanner and of each other source, so that they are few.
#[derive(Debug, Clone)]
pub struct Identification {
    /// Sources that have not answered.
    awaited: Vec<Source>,
    claims: Vec<Claim>,
    sku: Option<String>,
}

impl Identification {
    /// Of an item that these sources are asked about.
    pub fn new(sources: &[Source]) -> Self {
        Self { awaited: sources.to_vec(), claims: Vec::new(), sku: None }
    }

    /// Of an item whose claims an earlier run of inspectd kept: nobody is asked again.
    pub fn resumed(sku: Option<String>, claims: Vec<Claim>) -> Self {
        Self { awaited: Vec::new(), claims, sku }
    }

    /// A source says something. It has not answered by that: it may say more.
    pub fn claim(&mut self, claim: Claim) {
        if self.sku.is_none() {
            self.sku = claim.certain().map(str::to_owned);
        }
        if !self.claims.contains(&claim) {
            self.claims.push(claim);
        }
    }

    /// `source` says no more.
    pub fn answered(&mut self, source: Source) {
        self.awaited.retain(|awaited| *awaited != source);
    }

    /// Nobody is waited for any more.
    pub fn give_up(&mut self) {
        self.awaited.clear();
    }

    /// Whether `source` has not answered.
    pub fn awaits(&self, source: Source) -> bool {
        self.awaited.contains(&source)
    }

    /// Whether nobody but its looks may still tell.
    pub fn awaits_looks_at_most(&self) -> bool {
        self.awaited.iter().all(|source| *source == Source::Looks)
    }

    /// What is known now.
    pub fn identity(&self) -> Identity<'_> {
        match &self.sku {
            Some(sku) => Identity::Known(sku),
            None if self.awaited.is_empty() => Identity::Unknown,
            None => Identity::Open,
        }
    }

    /// The SKU, where it is known.
    pub fn sku(&self) -> Option<&str> {
        self.sku.as_deref()
    }

    /// What was said.
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// Two claims that cannot both be true, in words.
    pub fn contradiction(&self) -> Option<String> {
        let sku = self.sku.as_deref()?;
        let first = self.claims.iter().find(|claim| claim.certain() == Some(sku))?;
        let other = self
            .claims
            .iter()
            .find(|claim| !claim.skus.is_empty() && !claim.skus.iter().any(|one| one == sku))?;
        let others = other.skus.join(" or ");
        Some(format!(
            "wrong item: {} says that it is {sku}{}, {} says {others}{}",
            first.source.words(),
            said(first),
            other.source.words(),
            said(other)
        ))
    }

    /// Why nobody knows the item, in words.
    pub fn why_unknown(&self) -> String {
        let why = |claim: &Claim| {
            let source = claim.source.words();
            match (&claim.problem, &claim.said) {
                (Some(problem), _) => format!("{source}: {problem}"),
                (None, Some(said)) if claim.skus.is_empty() => {
                    format!("{source}: no list has the code `{said}`")
                }
                _ => format!("{source}: it may be {}", claim.skus.join(" or ")),
            }
        };
        let why: Vec<String> = self.claims.iter().map(why).collect();
        if why.is_empty() {
            "nobody knows what it is".to_owned()
        } else {
            format!("nobody knows what it is ({})", why.join("; "))
        }
    }
}

fn said(claim: &Claim) -> String {
    claim.said.as_ref().map_or_else(String::new, |said| format!(" (`{said}`)"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Source; 4] = [Source::Plc, Source::Scanner, Source::Codes, Source::Looks];

    #[test]
    fn the_first_certain_claim_names_the_item_and_its_name_never_changes() {
        let mut item = Identification::new(&ALL);
        item.claim(Claim::none(Source::Plc, "it told no code"));
        item.answered(Source::Plc);
        assert_eq!(item.identity(), Identity::Open);
        item.claim(Claim::of(Source::Scanner, "tea"));
        assert_eq!(item.identity(), Identity::Known("tea"));
        assert_eq!(item.contradiction(), None);
        item.claim(Claim { said: Some("4012".to_owned()), ..Claim::of(Source::Codes, "rum") });
        assert_eq!(item.identity(), Identity::Known("tea"));
        let words = item.contradiction().expect("two claims differ");
        assert_eq!(
            words,
            "wrong item: the scanner says that it is tea, its own code says rum (`4012`)"
        );
    }

    #[test]
    fn a_code_of_two_skus_is_not_certain_and_contradicts_only_what_is_neither() {
        let mut item = Identification::new(&[Source::Codes, Source::Looks]);
        let either =
            Claim { skus: vec!["tea".into(), "rum".into()], ..Claim::of(Source::Codes, "") };
        item.claim(either.clone());
        item.answered(Source::Codes);
        assert_eq!(item.identity(), Identity::Open);
        item.claim(Claim::of(Source::Looks, "rum"));
        assert_eq!((item.identity(), item.contradiction()), (Identity::Known("rum"), None));
        let mut other = Identification::new(&[Source::Codes, Source::Looks]);
        other.claim(either);
        other.claim(Claim::of(Source::Looks, "soap"));
        assert!(other.contradiction().is_some());
    }

    #[test]
    fn an_item_whose_code_no_list_has_is_unknown_and_says_why() {
        let mut item = Identification::new(&[Source::Scanner]);
        let said = Some("4012".to_owned());
        item.claim(Claim { said, skus: Vec::new(), ..Claim::of(Source::Scanner, "") });
        assert_eq!(item.identity(), Identity::Open);
        item.give_up();
        assert_eq!(item.identity(), Identity::Unknown);
        let why = "nobody knows what it is (the scanner: no list has the code `4012`)";
        assert_eq!(item.why_unknown(), why);
    }

    fn claims() -> impl Strategy<Value = Vec<(usize, Vec<u8>)>> {
        let skus = proptest::collection::vec(0u8..3, 0..3);
        proptest::collection::vec((0usize..ALL.len(), skus), 0..8)
    }

    proptest! {
        #[test]
        fn claims_that_differ_are_never_silent_and_the_order_of_claims_names_the_item(
            claims in claims()
        ) {
            let mut item = Identification::new(&ALL);
            for (source, skus) in &claims {
                let mut skus: Vec<String> = skus.iter().map(|sku| format!("sku{sku}")).collect();
                skus.dedup();
                item.claim(Claim { skus, ..Claim::of(ALL[*source], "") });
            }
            item.give_up();
            let certain = item.claims().iter().find_map(Claim::certain);
            prop_assert_eq!(item.sku(), certain);
            let differ = item.sku().is_some_and(|sku| item.claims().iter().any(|claim| {
                !claim.skus.is_empty() && claim.skus.iter().all(|one| one != sku)
            }));
            prop_assert_eq!(item.contradiction().is_some(), differ);
            prop_assert_eq!(item.identity() == Identity::Unknown, certain.is_none());
        }
    }
}
