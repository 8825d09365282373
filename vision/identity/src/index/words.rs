//! Inverted lists of words: which SKUs have a word that was read, or one nearly like it.
//!
//! The votes are those of [`words::votes`](crate::words::votes). What differs is that a read word is not compared
//! with every word of the catalogue: words that differ in few letters share pairs of letters, so only words that
//! share enough pairs are compared.

use std::collections::HashMap;

use super::Slot;
use crate::words::{KNOWN, STRANGE, Vocabulary, Words, alike, worth};

/// The words of all SKUs.
#[derive(Debug, Default)]
pub(crate) struct WordIndex {
    /// Where each word stands in `words`.
    places: HashMap<String, u32>,
    words: Vec<KnownWord>,
    /// For each pair of letters (a word begins and ends with a blank) the words that have it.
    pairs: HashMap<[char; 2], Vec<u32>>,
    skus: usize,
}

/// A word, and how much it belongs to each SKU that has it, 0 to 1.
#[derive(Debug)]
struct KnownWord {
    word: String,
    letters: usize,
    skus: Vec<(Slot, f32)>,
}

impl WordIndex {
    /// Adds a SKU's words.
    pub fn add(&mut self, slot: Slot, vocabulary: &Vocabulary) {
        self.skus += 1;
        for (word, share) in vocabulary.shares() {
            let place = match self.places.get(word) {
                Some(&place) => place,
                None => self.insert(word),
            };
            self.words[place as usize].skus.push((slot, share));
        }
    }

    fn insert(&mut self, word: &str) -> u32 {
        let place = self.words.len() as u32;
        self.places.insert(word.to_owned(), place);
        for pair in pairs(word) {
            let own = self.pairs.entry(pair).or_default();
            if own.last() != Some(&place) {
                own.push(place);
            }
        }
        let letters = word.chars().count();
        self.words.push(KnownWord { word: word.to_owned(), letters, skus: Vec::new() });
        place
    }

    /// Forgets a SKU. Its words stay, without it.
    pub fn forget(&mut self, slot: Slot) {
        for word in &mut self.words {
            word.skus.retain(|(own, _)| *own != slot);
        }
        self.skus = self.skus.saturating_sub(1);
    }

    /// How much the words of a view speak for each of `slots` SKUs.
    pub fn votes(&self, read: &Words, slots: usize) -> Vec<f32> {
        let mut votes = vec![0.0f32; slots];
        let mut shared = vec![0u16; self.words.len()];
        for (word, counts) in read {
            let supports = self.supports(word, &mut shared);
            let most = supports.values().copied().fold(0.0, f32::max);
            if most < KNOWN {
                continue;
            }
            let weight = worth(word, *counts, self.skus, supports.values().sum());
            for (slot, support) in supports {
                votes[slot as usize] += weight * support;
            }
        }
        votes
    }

    /// The SKUs that have a word like this one, and how much it supports each. `shared` is all zeros, before and
    /// after.
    fn supports(&self, word: &str, shared: &mut [u16]) -> HashMap<Slot, f32> {
        let letters = word.chars().count();
        let mut own: Vec<[char; 2]> = pairs(word).collect();
        own.sort_unstable();
        own.dedup();
        let mut touched = Vec::new();
        for place in own.iter().filter_map(|pair| self.pairs.get(pair)).flatten() {
            let count = &mut shared[*place as usize];
            if *count == 0 {
                touched.push(*place);
            }
            *count += 1;
        }
        let mut supports: HashMap<Slot, f32> = HashMap::new();
        for place in touched {
            let pairs = std::mem::take(&mut shared[place as usize]);
            let known = &self.words[place as usize];
            if usize::from(pairs) < fewest_pairs(letters, known.letters, own.len()) {
                continue;
            }
            let alike = alike(&known.word, word);
            if alike <= 0.0 {
                continue;
            }
            for (slot, share) in &known.skus {
                let best = supports.entry(*slot).or_default();
                *best = best.max(alike * share);
            }
        }
        supports
    }
}

/// Neighbouring letters of a word, with a blank before the first and after the last.
fn pairs(word: &str) -> impl Iterator<Item = [char; 2]> {
    let before = std::iter::once(' ').chain(word.chars());
    let after = word.chars().chain(std::iter::once(' '));
    before.zip(after).map(|(one, other)| [one, other])
}

/// So many different pairs two words of these lengths share at least if they are alike at all: each edit spoils at
/// most two. `different` is how many different pairs the read word has.
fn fewest_pairs(letters: usize, others: usize, different: usize) -> usize {
    let edits = ((1.0 - STRANGE) * letters.max(others) as f64).ceil() as usize;
    different.saturating_sub(2 * edits).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words;
    use proptest::prelude::*;

    fn vocabulary(texts: &[String]) -> Vocabulary {
        let read: Words = texts.iter().map(|text| (text.clone(), 1.0)).collect();
        Vocabulary::learn([&read])
    }

    proptest! {
        /// The letters are few, so that many words are nearly alike.
        #[test]
        fn votes_are_those_of_comparing_with_every_sku(
            skus in prop::collection::vec(prop::collection::vec("[a-d]{3,9}", 0..5), 0..8),
            read in prop::collection::btree_map("[a-d]{3,9}", 0.1f32..1.0, 0..5),
        ) {
            let vocabularies: Vec<Vocabulary> = skus.iter().map(|texts| vocabulary(texts)).collect();
            let mut index = WordIndex::default();
            for (slot, vocabulary) in vocabularies.iter().enumerate() {
                index.add(slot as Slot, vocabulary);
            }
            let expected = words::votes(&read, &vocabularies.iter().collect::<Vec<_>>());
            let found = index.votes(&read, skus.len());
            for (found, expected) in found.iter().zip(&expected) {
                prop_assert!((found - expected).abs() < 1e-4, "{found} {expected}");
            }
        }
    }

    #[test]
    fn a_forgotten_sku_gets_no_votes() {
        let mut index = WordIndex::default();
        index.add(0, &vocabulary(&["milk".to_owned()]));
        index.add(1, &vocabulary(&["milk".to_owned(), "oat".to_owned()]));
        index.forget(0);
        let votes = index.votes(&Words::from([("milk".to_owned(), 1.0)]), 2);
        assert!(votes[0] == 0.0 && votes[1] > 0.0, "{votes:?}");
    }
}
