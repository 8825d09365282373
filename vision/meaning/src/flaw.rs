//! A **flaw** of a code: what is not as GS1 has it. A flaw never loses what is sound beside it.

use serde::{Deserialize, Serialize};

use crate::code::{Code, Symbology};
use crate::gs1::{Parsed, gtin};

/// What is not as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlawKind {
    /// The code does not conform; what it says is understood all the same.
    NotConforming,
    /// An element is faulty and is not used.
    FaultyElement,
}

/// A flaw of a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeFlaw {
    /// Which of the reading's codes, counted from 0.
    pub code: usize,
    /// What kind of flaw it is.
    pub kind: FlawKind,
    /// The application identifier of a faulty element, where it is known.
    pub ai: Option<String>,
    /// What is wrong, in words.
    pub reason: String,
}

/// The flaws of `code`, which is the one with number `at` and is made of the elements in `content`.
pub(crate) fn of(at: usize, code: &Code, content: Option<&Parsed>) -> Vec<CodeFlaw> {
    let flaw = |kind, ai: Option<&str>, reason| CodeFlaw {
        code: at,
        kind,
        ai: ai.map(str::to_owned),
        reason,
    };
    let Some(content) = content else {
        let itf_14 = code.symbology == Symbology::Itf && code.text.len() == gtin::ITF_DIGITS;
        let error = itf_14.then(|| gtin::normalise(&code.text).err()).flatten();
        let told = error.map(|error| flaw(FlawKind::FaultyElement, None, error.to_string()));
        return told.into_iter().collect();
    };
    let departures = content.departures.iter();
    let departures = departures.map(|one| flaw(FlawKind::NotConforming, None, one.to_string()));
    let faults = content.faults.iter();
    let faults = faults.map(|one| flaw(FlawKind::FaultyElement, one.ai(), one.to_string()));
    departures.chain(faults).collect()
}
