//! **Lots as they were read**, against a lot that is on hold.
//!
//! Text recognition takes an `O` for a `0`: a printed lot is the held one if it looks like it. A lot from a
//! code is certain and compared character by character. Each lot of each view counts: one that is the held lot
//! is enough. Where they disagree, a reading is unsure, or a lot is cut off, the lot is **not known**.
//! The same comparison decides in which batch an item counts (`batches.rs`).

use meaning::compare::{LotMatch, match_lot};
use meaning::lot::{NumberRead, NumberSource};

/// Below this confidence a printed lot is not known. A choice; `docs/measurements/lots.md` counts what it misses.
pub const SURE: f32 = 0.7;

/// A lot as one view shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct LotSeen {
    /// The lot.
    pub text: String,
    /// Whether a code says it.
    pub from_code: bool,
    /// How sure the reading is, 0 to 1.
    pub confidence: f32,
}

impl LotSeen {
    /// A lot that was read from print without doubt.
    pub fn printed(text: &str) -> Self {
        Self { text: text.to_owned(), from_code: false, confidence: 1.0 }
    }

    fn goes_with(&self, held: &str) -> LotMatch {
        match self.from_code {
            true if self.text == held => LotMatch::Same,
            true => LotMatch::Other,
            false => match_lot(held, &self.text),
        }
    }

    /// Whether both may be one lot.
    pub fn agrees_with(&self, other: &Self) -> bool {
        match (self.from_code, other.from_code) {
            (true, _) => other.goes_with(&self.text) == LotMatch::Same,
            _ => self.goes_with(&other.text) == LotMatch::Same,
        }
    }
}

impl From<&NumberRead> for LotSeen {
    fn from(lot: &NumberRead) -> Self {
        let from_code = lot.source == NumberSource::Code;
        Self { text: lot.text.clone(), from_code, confidence: lot.confidence }
    }
}

/// The lot that was read with the most confidence, and so that of a code before a printed one; the first of
/// equal ones.
pub fn surest(lots: &[LotSeen]) -> Option<&LotSeen> {
    lots.iter().reduce(|a, b| if b.confidence > a.confidence { b } else { a })
}

/// Whether the views of an item show the held lot.
pub fn shows(lots: &[LotSeen], held: &str) -> bool {
    // Print that only looks like the held lot, and also like what a code says, is what the code says.
    let settled = |lot: &LotSeen| {
        lot.text != held && lots.iter().any(|code| code.from_code && code.agrees_with(lot))
    };
    lots.iter().any(|lot| lot.goes_with(held) == LotMatch::Same && (lot.from_code || !settled(lot)))
}

/// Why it is not known which lot an item is of, while `held` is on hold and not seen. The lots that were
/// read stand in the item's record: causes are counted, and must be few.
pub fn doubt(lots: &[LotSeen], held: &str) -> Option<&'static str> {
    doubt_below(lots, held, SURE)
}

/// [`doubt`] with another bound than [`SURE`] on the confidence, to choose it.
pub fn doubt_below(lots: &[LotSeen], held: &str, sure: f32) -> Option<&'static str> {
    let Some(first) = lots.first() else { return Some("its lot is not known") };
    if lots.iter().any(|lot| !lot.agrees_with(first)) {
        return Some("its lot is not known: different ones are read");
    }
    if lots.iter().any(|lot| lot.from_code) {
        return None;
    }
    // Written so that a confidence that is no number is not sure.
    if !lots.iter().any(|lot| lot.confidence >= sure) {
        return Some("its lot is not known: it is read without certainty");
    }
    let is_part = lots.iter().any(|lot| lot.goes_with(held) == LotMatch::Part);
    is_part.then_some("its lot is not known: what is read may be the held one, misread")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> LotSeen {
        LotSeen { from_code: true, ..LotSeen::printed(text) }
    }

    #[test]
    fn a_code_is_compared_exactly_and_settles_print_that_looks_like_it() {
        assert!(shows(&[code("A2210")], "A2210") && !shows(&[code("A221O")], "A2210"));
        let both = [code("A221O"), LotSeen::printed("A22IO")];
        assert!(!shows(&both, "A2210"));
        assert_eq!(doubt(&both, "A2210"), None);
        assert!(shows(&[code("A221O"), LotSeen::printed("A2210")], "A2210"));
    }

    #[test]
    fn disagreement_low_confidence_and_a_cut_off_lot_leave_the_lot_unknown() {
        let unsure = LotSeen { confidence: 0.4, ..LotSeen::printed("B7") };
        let torn = LotSeen::printed("A22");
        for lots in [vec![], vec![LotSeen::printed("B7"), LotSeen::printed("C9")], vec![unsure]] {
            assert!(doubt(&lots, "A2210").is_some(), "{lots:?}");
        }
        assert!(doubt(&[LotSeen::printed("A221")], "A2210").is_some());
        assert_eq!(doubt(&[LotSeen::printed("B7")], "A2210"), None);
        assert!(!shows(&[torn], "A2210"));
    }

    proptest! {
        #[test]
        fn a_held_lot_is_seen_through_any_look_alikes_in_any_view(
            lot in "[A-Z0-9]{4,10}",
            misread in proptest::collection::vec(any::<bool>(), 10),
            others in proptest::collection::vec("[A-Z0-9]{4,10}", 0..3),
            at in 0usize..4,
        ) {
            let swap = |(c, wrong): (char, &bool)| match c {
                _ if !wrong => c,
                '0' => 'O', 'O' => '0', '1' => 'I', 'I' => '1', '8' => 'B', 'B' => '8',
                '5' => 'S', 'S' => '5', '2' => 'Z', 'Z' => '2', '6' => 'G', 'G' => '6',
                _ => c,
            };
            let read: String = lot.chars().zip(&misread).map(swap).collect();
            let mut lots: Vec<_> = others.iter().map(|lot| LotSeen::printed(lot)).collect();
            lots.insert(at.min(others.len()), LotSeen::printed(&read));
            prop_assert!(shows(&lots, &lot), "{read} is {lot}");
        }
    }
}
