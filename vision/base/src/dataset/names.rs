//! What the names of folders and files mean: classes, and which files show the same item.

use std::collections::BTreeMap;
use std::path::Path;

use super::{EMPTY, GOOD, ViewPictures};

/// Words that people write for [`GOOD`], in lower case.
const GOOD_WORDS: [&str; 4] = [GOOD, "normal", "ok", "okay"];
/// Words that may mean good items, or a class of their own: in lower case, without `_`, `-`, blanks.
const SOUND_GOOD: [&str; 13] = [
    "defectfree",
    "fine",
    "goods",
    "intact",
    "nodamage",
    "nodefect",
    "nodefects",
    "normals",
    "pass",
    "passed",
    "perfect",
    "undamaged",
    "verygood",
];

/// What a class's folder is called for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Class<'a> {
    /// Normal items.
    Good,
    /// The empty tunnel, in `train`; a class of defect elsewhere.
    Empty,
    /// A kind of defect.
    Defect(&'a str),
    /// It cannot be told.
    SoundsGood,
}

impl Class<'_> {
    /// What the folder `name` means.
    pub fn of(name: &str) -> Class<'_> {
        let word = name.trim().to_lowercase();
        if GOOD_WORDS.contains(&word.as_str()) {
            return Class::Good;
        }
        if word == EMPTY {
            return Class::Empty;
        }
        let letters: String = word.chars().filter(|letter| letter.is_alphanumeric()).collect();
        if SOUND_GOOD.contains(&letters.as_str()) || GOOD_WORDS.contains(&letters.as_str()) {
            return Class::SoundsGood;
        }
        Class::Defect(name)
    }
}

/// Tells which item a file shows, so that the files of one item meet across views.
#[derive(Debug)]
pub(super) struct Namer<'a> {
    several: bool,
    /// By view, what stands behind the last `_` of each of its test pictures; empty unless every view
    /// has such an ending and no two views the same. One file's number is no such ending: cameras
    /// number their pictures, `IMG_0001`.
    endings: BTreeMap<&'a str, String>,
}

impl<'a> Namer<'a> {
    /// For the test pictures of `views`.
    pub fn of(views: &'a BTreeMap<String, ViewPictures>) -> Namer<'a> {
        let ending = |(view, pictures): (&'a String, &ViewPictures)| {
            let endings: Option<Vec<String>> =
                pictures.test.values().flatten().map(|file| split(file).1).collect();
            let endings = endings?;
            let (first, others) = endings.split_first()?;
            let numbers = first.bytes().all(|byte| byte.is_ascii_digit());
            let same = others.iter().all(|other| other == first);
            (same && !(numbers && others.is_empty())).then(|| (view.as_str(), first.clone()))
        };
        let tested = || views.iter().filter(|(_, pictures)| !pictures.test.is_empty());
        let endings: Option<BTreeMap<&str, String>> = tested().map(ending).collect();
        let endings = endings.unwrap_or_default();
        let mut different: Vec<&String> = endings.values().collect();
        different.sort();
        different.dedup();
        let endings = if different.len() == endings.len() { endings } else { BTreeMap::new() };
        Namer { several: views.len() > 1, endings }
    }

    /// The item that `file` shows from `view`: the file's stem. Where there are several views, without
    /// `_<view>` at its end, or what all files of the view have there in its place. A single view's
    /// files need no ending, so that theirs is kept whole.
    pub fn item(&self, view: &str, file: &Path) -> String {
        let whole = || file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !self.several {
            return whole();
        }
        match split(file) {
            (item, Some(ending))
                if !item.is_empty()
                    && (ending.eq_ignore_ascii_case(view)
                        || self.endings.get(view) == Some(&ending)) =>
            {
                item
            }
            _ => whole(),
        }
    }
}

/// A file's stem, split at its last `_`.
fn split(file: &Path) -> (String, Option<String>) {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    match stem.rsplit_once('_') {
        Some((item, ending)) => (item.to_owned(), Some(ending.to_owned())),
        None => (stem.into_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_good_items_are_understood_and_those_that_sound_like_it_are_not() {
        for word in ["good", "Good", "GOOD", "ok", "OK", "Okay", "normal", "Normal", " good "] {
            assert_eq!(Class::of(word), Class::Good, "{word}");
        }
        for word in ["passed", "Fine", "defect-free", "No_Damage", "goods", "o.k."] {
            assert_eq!(Class::of(word), Class::SoundsGood, "{word}");
        }
        for word in ["not_ok", "abnormal", "dent", "Broken", "goods_missing"] {
            assert_eq!(Class::of(word), Class::Defect(word), "{word}");
        }
        assert_eq!(Class::of("Empty"), Class::Empty);
    }
}
