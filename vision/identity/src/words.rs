//! **Words**: what the print on an item says about who it is.
//!
//! Text recognition misreads (`SOMMARNJOLK`, `alpr0`), so words are compared by edit distance, without case
//! and accents. A word weighs more the fewer SKUs share it: `yoghurt` says little, `madagaskar` all. A SKU's
//! *support* for a word is the share of its pictures in which the word was read. Numbers are left out:
//! prices and dates stand around items and change.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::looks::{MIDDLE, weight};
use meaning::fold::fold_char;
use meaning::line::TextLine;

/// Lines less sure than this are left out.
const CONFIDENCE: f32 = 0.5;
/// Words shorter than this are left out, unless they are in a script without spaces.
const SHORTEST: usize = 3;
/// Words at least this long count in full; shorter ones are more often read by chance.
const LONG: f32 = 5.0;
/// Similarity (1 less the edits per character) under which two words have nothing in common.
pub(crate) const STRANGE: f64 = 0.6;
/// A word in this share of a SKU's pictures counts in full: a word on one side of a carton is not always
/// seen.
const OFTEN: f32 = 0.15;
/// A word must be this similar to one of some SKU to count.
pub(crate) const KNOWN: f32 = 0.2;
/// Words kept of a SKU, those read most often: the rest is misread.
const KEPT: usize = 80;

/// Words, folded, each once, and how much each counts: 1 where it stands in the middle of the picture, less the
/// nearer it is to an edge, where it may be a neighbour's.
pub type Words = BTreeMap<String, f32>;

/// The words of some lines in a picture of this width and height.
pub fn words(lines: &[TextLine], (width, height): (f32, f32)) -> Words {
    let mut found = Words::new();
    for line in lines.iter().filter(|line| line.confidence >= CONFIDENCE) {
        let [x, y] = line.centre();
        let counts = weight([x / width, y / height], MIDDLE);
        let plain: String = line.text.chars().flat_map(fold_char).collect();
        for word in plain.split(|letter: char| !letter.is_alphabetic()) {
            let length = word.chars().count();
            let dense = word.chars().all(|letter| letter >= '\u{2e80}');
            if length >= SHORTEST || (length >= 2 && dense) {
                let most = found.entry(word.to_owned()).or_default();
                *most = counts.max(*most);
            }
        }
    }
    found
}

/// The words of a SKU and how often each was read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Vocabulary {
    /// Pictures it was learned from.
    pictures: u32,
    /// In how many of them each word was read.
    counts: BTreeMap<String, u32>,
}

impl Vocabulary {
    /// Learned from pictures, the words of each one.
    pub fn learn<'a>(pictures: impl IntoIterator<Item = &'a Words>) -> Self {
        let (mut pictures_read, mut counts) = (0, BTreeMap::<String, u32>::new());
        for words in pictures {
            pictures_read += 1;
            for word in words.keys() {
                *counts.entry(word.clone()).or_default() += 1;
            }
        }
        let mut by_count: Vec<(String, u32)> = counts.into_iter().collect();
        by_count.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        by_count.truncate(KEPT);
        Self { pictures: pictures_read, counts: by_count.into_iter().collect() }
    }

    /// Its words, and how much each belongs to it, 0 to 1.
    pub(crate) fn shares(&self) -> impl Iterator<Item = (&str, f32)> {
        let enough = (OFTEN * self.pictures as f32).max(1.0);
        self.counts
            .iter()
            .map(move |(word, &count)| (word.as_str(), (count as f32 / enough).min(1.0)))
    }

    /// How much this SKU supports a word, 0 to 1.
    fn support(&self, word: &str) -> f32 {
        self.shares().map(|(own, share)| alike(own, word) * share).fold(0.0, f32::max)
    }
}

/// How much two words are one, misread, 0 to 1.
pub(crate) fn alike(one: &str, other: &str) -> f32 {
    let (one_length, other_length) = (one.chars().count(), other.chars().count());
    // The edits are at least the difference of the lengths.
    let (shorter, longer) = (one_length.min(other_length), one_length.max(other_length));
    if (shorter as f64) < STRANGE * longer as f64 {
        return 0.0;
    }
    let alike = (strsim::normalized_levenshtein(one, other) - STRANGE) / (1.0 - STRANGE);
    alike.max(0.0) as f32
}

/// What a word is worth that `supports` SKUs of `skus` have between them, and that counts so much where it stands.
pub(crate) fn worth(word: &str, counts: f32, skus: usize, supports: f32) -> f32 {
    // One more than there are: a word that all share still tells these SKUs from strangers.
    let rare = ((skus + 1) as f32 / supports.max(1.0)).ln();
    counts * rare * (word.chars().count() as f32 / LONG).min(1.0)
}

/// How much the words read in a view speak for each SKU; 0 where they say nothing.
pub fn votes(read: &Words, vocabularies: &[&Vocabulary]) -> Vec<f32> {
    let mut votes = vec![0.0; vocabularies.len()];
    for (word, counts) in read {
        let supports: Vec<f32> =
            vocabularies.iter().map(|vocabulary| vocabulary.support(word)).collect();
        if supports.iter().copied().fold(0.0, f32::max) < KNOWN {
            continue;
        }
        let weight = worth(word, *counts, vocabularies.len(), supports.iter().sum());
        for (vote, support) in votes.iter_mut().zip(supports) {
            *vote += weight * support;
        }
    }
    votes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// All in the middle.
    fn read(texts: &[&str]) -> Words {
        let lines: Vec<TextLine> =
            texts.iter().map(|text| TextLine::level(text, 0.0, 0.0, 10.0)).collect();
        words(&lines, (1.0, 1.0)).into_keys().map(|word| (word, 1.0)).collect()
    }

    #[test]
    fn words_have_neither_case_nor_accents_nor_numbers() {
        let found = read(&["GRÄDDFIL 12%FETT-3 DL", "牛乳", "of"]);
        let found: Vec<&str> = found.keys().map(String::as_str).collect();
        assert_eq!(found, ["fett", "graddfil", "牛乳"]);
    }

    #[test]
    fn lines_that_recognition_doubts_are_left_out() {
        let line = TextLine { confidence: 0.3, ..TextLine::level("MILK", 0.0, 0.0, 10.0) };
        assert!(words(&[line], (100.0, 100.0)).is_empty());
    }

    #[test]
    fn a_word_in_the_middle_counts_in_full_and_one_at_an_edge_hardly() {
        let middle = TextLine::level("milk", 40.0, 45.0, 10.0);
        let edge = TextLine { corners: middle.corners.map(|[x, _]| [x, 2.0]), ..middle.clone() };
        let [middle, edge, both] = [vec![middle.clone()], vec![edge.clone()], vec![edge, middle]]
            .map(|lines| words(&lines, (100.0, 100.0))["milk"]);
        assert!(middle > 0.9 && edge < 0.2, "{middle} {edge}");
        assert_eq!(both, middle);
    }

    #[test]
    fn a_misread_word_of_one_sku_outweighs_a_word_that_all_share() {
        let plain = Vocabulary::learn(&[read(&["arla yoghurt naturell"])]);
        let vanilla = Vocabulary::learn(&[read(&["arla yoghurt vanilj"])]);
        let votes = votes(&read(&["Arla", "YOGHURT", "VANIIJ"]), &[&plain, &vanilla]);
        assert!(votes[1] > votes[0] + 0.3, "{votes:?}");
        assert!(votes[0] > 0.0, "{votes:?}");
    }

    #[test]
    fn words_that_nobody_has_say_nothing() {
        let milk = Vocabulary::learn(&[read(&["milk"])]);
        assert_eq!(votes(&read(&["juice"]), &[&milk, &Vocabulary::default()]), [0.0, 0.0]);
        assert_eq!(votes(&Words::new(), &[&milk]), [0.0]);
        assert_eq!(votes(&read(&["juice"]), &[]), Vec::<f32>::new());
    }

    #[test]
    fn a_word_of_one_picture_among_many_supports_less_than_one_of_all() {
        let mut pictures = vec![read(&["vanilla"]); 20];
        pictures[0].extend(read(&["special"]));
        let vocabulary = Vocabulary::learn(&pictures);
        assert_eq!(vocabulary.support("vanilla"), 1.0);
        assert!(vocabulary.support("special") < 0.5);
    }

    proptest! {
        #[test]
        fn votes_are_finite_and_not_negative(texts in prop::collection::vec("\\PC{0,12}", 0..6), other in "\\PC{0,20}") {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let learned = Vocabulary::learn(&[read(&texts), read(&[&other])]);
            for vote in votes(&read(&[&other]), &[&learned, &Vocabulary::default()]) {
                prop_assert!(vote.is_finite() && vote >= 0.0);
            }
        }
    }
}
