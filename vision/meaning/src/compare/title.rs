//! **Titles**: the words that an item's name consists of.
//!
//! What a label says in words of the expected title is no evidence against the expectation: "Orange juice"
//! names no colour where the item is called so.

use super::What;
use super::judge::{Verdict, agreed, not_found};
use crate::fold::{compact, fold_char, ideographic, within_one_edit};
use crate::phrases::FORGIVING;
use crate::rows::Row;
use std::ops::Range;

/// The words of a title, folded.
#[derive(Debug, Default)]
pub struct Title {
    words: Vec<Vec<char>>,
}

/// Words shorter than this are articles and the like, unless they are of a script without spaces.
const LEAST: usize = 3;
/// This share of the letters of a title, found on the label, makes it the label's.
const SHARE: f64 = 0.6;

/// The words of folded characters; each character of a script without spaces is one.
fn words(chars: impl Iterator<Item = char>) -> Vec<Vec<char>> {
    let mut words: Vec<Vec<char>> = vec![Vec::new()];
    for c in chars {
        if c.is_alphanumeric() && !ideographic(c) {
            words.last_mut().expect("there is always a last word").push(c);
        } else {
            words.push(if ideographic(c) { vec![c] } else { Vec::new() });
            words.push(Vec::new());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn same(a: &[char], b: &[char]) -> bool {
    a == b || a.len() >= FORGIVING && b.len() >= FORGIVING && within_one_edit(a, b)
}

impl Title {
    /// The words of `title`.
    pub fn new(title: &str) -> Self {
        Self { words: words(title.chars().flat_map(fold_char)) }
    }

    /// Whether the words of `text` stand in the title, one after the other.
    pub fn has(&self, text: &str) -> bool {
        let text = words(text.chars().flat_map(fold_char));
        !text.is_empty()
            && self
                .words
                .windows(text.len())
                .any(|window| window.iter().zip(&text).all(|(a, b)| same(a, b)))
    }

    /// Whether a stretch of a row has a word of the title of three letters or more outside of `spans`.
    pub fn shares_a_word(&self, row: &Row, segment: &Range<usize>, spans: &[Range<usize>]) -> bool {
        let outside = segment.clone().map(|at| match spans.iter().any(|span| span.contains(&at)) {
            true => ' ',
            false => row.at(at),
        });
        let long =
            |word: &&Vec<char>| word.len() >= LEAST && word.iter().any(|c| c.is_alphabetic());
        words(outside).iter().filter(long).any(|word| self.words.iter().any(|own| same(own, word)))
    }
}

/// Whether the label names the title. No label contradicts a title by words alone.
pub fn compare_title<'a>(title: &str, lines: impl Iterator<Item = &'a str>) -> Verdict {
    let wanted = Title::new(title).words;
    let long = |word: &&Vec<char>| word.len() >= LEAST || word.iter().any(|c| ideographic(*c));
    let mut wanted: Vec<&Vec<char>> = wanted.iter().filter(long).collect();
    wanted.sort();
    wanted.dedup();
    let label: Vec<Vec<char>> =
        lines.flat_map(|line| words(line.chars().flat_map(fold_char))).collect();
    let all: usize = wanted.iter().map(|word| word.len()).sum();
    let found = wanted.iter().filter(|word| label.iter().any(|other| same(other, word)));
    let found: Vec<String> = found.map(|word| word.iter().collect()).collect();
    let letters: usize = found.iter().map(|word| compact(word).len()).sum();
    if all > 0 && letters as f64 >= SHARE * all as f64 {
        agreed(What::Title, title, &found.join(" "))
    } else {
        not_found(What::Title)
    }
}
