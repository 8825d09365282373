//! **Bounded texts**: how long a text from outside may be, and what becomes of a longer one.
//!
//! Texts come from labels, files, orders, devices and the other process. Where people can correct one
//! (an order, a line file) a longer one is **refused**. Where nobody can (what a camera read, what a
//! device said) it is **cut**, and ends with [`MARK`]. A length is counted in characters, as JSON
//! Schema's `maxLength` counts.

use std::borrow::Cow;
use std::sync::Arc;

/// Longest name: of a SKU, a lot, a person, a code's content. GS1 allows 20 characters for a lot, and
/// the longest SKUs of catalogues have about 60.
pub const NAME_MAX: usize = 128;

/// Longest plain words: a cause, a reason, what is wrong. In JSON they take at most six bytes a
/// character, so that a message with one stays far below a socket's line.
pub const WORDS_MAX: usize = 1000;

/// Longest words that quote other words with their own around them: a finding by a hold, a problem on the
/// page.
pub const QUOTING_MAX: usize = 2 * WORDS_MAX;

/// Longest id of a hold: the box names its own after a SKU, a lot and a time.
pub const ID_MAX: usize = 320;

/// Last character of a text that was cut.
pub const MARK: char = '…';

/// Where `text` is cut so that it has `most` characters with [`MARK`]; none if it is short enough.
fn end(text: &str, most: usize) -> Option<usize> {
    // There are never more characters than bytes.
    if text.len() <= most {
        return None;
    }
    text.char_indices().nth(most)?;
    text.char_indices().nth(most.saturating_sub(1)).map(|(at, _)| at)
}

/// Whether `text` has more than `most` characters.
pub fn is_longer(text: &str, most: usize) -> bool {
    end(text, most).is_some()
}

/// `text` in at most `most` characters, of which there is at least one. A longer text ends with [`MARK`].
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match end(text, most) {
        Some(end) => Cow::Owned(format!("{}{MARK}", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// A kind of text that can be cut where it lies.
pub trait Cut {
    /// Leaves at most `most` characters, as [`cut`] does. Says whether that changed it.
    fn cut_to(&mut self, most: usize) -> bool;
}

impl Cut for String {
    fn cut_to(&mut self, most: usize) -> bool {
        let Some(end) = end(self, most) else { return false };
        self.truncate(end);
        self.push(MARK);
        true
    }
}

impl Cut for Arc<str> {
    fn cut_to(&mut self, most: usize) -> bool {
        let Cow::Owned(shorter) = cut(self, most) else { return false };
        *self = shorter.into();
        true
    }
}

impl<T: Cut> Cut for Option<T> {
    fn cut_to(&mut self, most: usize) -> bool {
        self.as_mut().is_some_and(|text| text.cut_to(most))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cut_is_marked_and_never_splits_a_character() {
        assert_eq!(cut("größer", 6), "größer");
        assert_eq!(cut("größer!", 6), "größe…");
        assert_eq!(cut("€€€", 2), "€…");
        assert_eq!(cut("ab", 1), "…");
        assert!(is_longer("€€€", 2) && !is_longer("€€€", 3));
    }

    proptest! {
        #[test]
        fn whatever_is_cut_has_its_length_and_its_beginning(text in ".{0,60}", most in 1_usize..60) {
            let shorter = cut(&text, most).into_owned();
            prop_assert!(shorter.chars().count() <= most);
            prop_assert_eq!(is_longer(&text, most), text.chars().count() > most);
            let kept = if is_longer(&text, most) { shorter.strip_suffix(MARK) } else { Some(&*shorter) };
            prop_assert!(text.starts_with(kept.expect("marked")));
            let (mut owned, mut shared): (String, Arc<str>) = (text.clone(), text.as_str().into());
            prop_assert_eq!(owned.cut_to(most), is_longer(&text, most));
            shared.cut_to(most);
            prop_assert_eq!((&*owned, &*shared), (&*shorter, &*shorter));
        }
    }
}
