//! **Folding**: text as it is compared, and the confusions of text recognition.
//!
//! Folded text has no upper case, no accents, no full-width or ligature forms and no variants of dashes and
//! dots, so that a table needs one spelling for each word. A *confusion* is a pair of characters that look
//! alike in print: 0/O, 1/I/L, 2/Z, 5/S, 6/G, 8/B.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The folded characters that stand for `c`: none for an accent of its own.
pub fn fold_char(c: char) -> impl Iterator<Item = char> {
    [c].into_iter()
        .nfkd()
        .filter(|part| !is_combining_mark(*part))
        .flat_map(char::to_lowercase)
        .flat_map(|lower| {
            let (first, second) = match lower {
                'ß' => ('s', Some('s')),
                'æ' => ('a', Some('e')),
                'œ' => ('o', Some('e')),
                'ø' => ('o', None),
                'ł' => ('l', None),
                'đ' | 'ð' => ('d', None),
                'ı' => ('i', None),
                '‐' | '‑' | '‒' | '–' | '—' | '−' | '－' => ('-', None),
                '・' | '•' | '∙' | '⋅' => ('·', None),
                '。' => ('.', None),
                '、' => (',', None),
                '⁄' | '∕' => ('/', None),
                '’' | '‘' | '`' | '´' => ('\'', None),
                space if space.is_whitespace() => (' ', None),
                other => (other, None),
            };
            [Some(first), second].into_iter().flatten()
        })
}

/// The folded letters and digits of `text`: the form in which phrases are compared.
pub fn compact(text: &str) -> Vec<char> {
    text.chars().flat_map(fold_char).filter(|c| c.is_alphanumeric()).collect()
}

/// The digit that `c` is, or looks like, and whether it only looks like one.
pub fn digit(c: char) -> Option<(u8, bool)> {
    match c {
        '0'..='9' => Some((c as u8 - b'0', false)),
        'o' => Some((0, true)),
        'i' | 'l' | '|' | '!' => Some((1, true)),
        'z' => Some((2, true)),
        's' => Some((5, true)),
        'g' => Some((6, true)),
        'b' => Some((8, true)),
        _ => None,
    }
}

/// Whether two different folded characters are often taken for each other.
pub fn alike(a: char, b: char) -> bool {
    matches!((digit(a), digit(b)), (Some((x, _)), Some((y, _))) if x == y)
}

/// Whether `c` is of a script that puts no spaces between words.
pub fn spaceless(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

/// Whether `c` is a letter of a script with spaces between words.
pub fn letter(c: char) -> bool {
    c.is_alphabetic() && !spaceless(c)
}

/// Whether one wrong, missing or extra character, or none, makes `text` into `word`.
pub fn within_one_edit(word: &[char], text: &[char]) -> bool {
    let same = word.iter().zip(text).take_while(|(a, b)| a == b).count();
    let (word, text) = (&word[same..], &text[same..]);
    match word.len() as isize - text.len() as isize {
        0 => word.is_empty() || word[1..] == text[1..],
        1 => word[1..] == *text,
        -1 => *word == text[1..],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        text.chars().flat_map(fold_char).collect()
    }

    #[test]
    fn case_accents_widths_and_dashes_are_gone() {
        assert_eq!(folded("FÉVRIER Jänner paź"), "fevrier janner paz");
        assert_eq!(folded("２０２６／０５－１３　ł ß"), "2026/05-13 l ss");
        assert_eq!(folded("13–05·26"), "13-05·26");
        assert_eq!(
            compact("À consommer jusqu'au :").into_iter().collect::<String>(),
            "aconsommerjusquau"
        );
    }

    #[test]
    fn confusions_go_by_the_digit_that_both_look_like() {
        assert!(alike('0', 'o') && alike('i', 'l') && alike('8', 'b'));
        assert!(!alike('0', 'l') && !alike('a', 'e'));
    }

    #[test]
    fn one_edit_is_forgiven_and_two_are_not() {
        let near = |a: &str, b: &str| within_one_edit(&compact(a), &compact(b));
        assert!(near("useby", "usebv") && near("useby", "usby") && near("useby", "usesby"));
        assert!(near("useby", "useby") && near("", "a") && near("", ""));
        assert!(!near("useby", "usvby2") && !near("useby", "usedbv") && !near("useby", "us"));
    }
}
