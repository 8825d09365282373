//! **Folding**: text as it is compared, and the confusions of text recognition.
//!
//! Folded text has no upper case, no accents, no full-width or ligature forms, no marks that nobody sees, and
//! no variants of dashes, dots and digits, so that a table needs one spelling for each word. A *confusion* is
//! a pair of characters that look alike in print: 0/O, 1/I/L, 2/Z, 5/S, 6/G, 8/B.
//!
//! What counts as an accent differs by script. The vowel signs of Arabic and Hebrew are accents: labels leave
//! them out. Those of Thai are letters: มี.ค. is March and ม.ค. January; its tone marks are accents. Syllables
//! of Hangul stay whole, and the Korean signs for year, month and day are the Chinese ones.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The folded characters that stand for `c`: none for an accent of its own, and none for what is not seen.
pub fn fold_char(c: char) -> impl Iterator<Item = char> {
    let whole = is_hangul_syllable(c).then_some(c);
    let parts = whole.is_none().then(|| [c].into_iter().nfkd().filter(|part| !unseen(*part)));
    whole.into_iter().chain(parts.into_iter().flatten()).flat_map(char::to_lowercase).flat_map(
        |lower| {
            let (first, second) = match lower {
                'ß' => ('s', Some('s')),
                'æ' => ('a', Some('e')),
                'œ' => ('o', Some('e')),
                'ø' => ('o', None),
                'ł' => ('l', None),
                'đ' | 'ð' => ('d', None),
                'ı' => ('i', None),
                // Korean writes year, month and day in its own letters.
                '년' => ('年', None),
                '월' => ('月', None),
                '일' => ('日', None),
                // The sigma at the end of a word.
                'ς' => ('σ', None),
                // Letters that Arabic, Persian and Urdu write differently, or that print confuses.
                'ى' | 'ی' => ('ي', None),
                'ک' => ('ك', None),
                'ة' | 'ہ' | 'ھ' => ('ه', None),
                '‐' | '‑' | '‒' | '–' | '—' | '−' | '－' => ('-', None),
                '・' | '•' | '∙' | '⋅' => ('·', None),
                '。' | '۔' | '٫' => ('.', None),
                '、' | '،' | '٬' => (',', None),
                '؛' => (';', None),
                '⁄' | '∕' => ('/', None),
                '’' | '‘' | '`' | '´' | '׳' => ('\'', None),
                space if space.is_whitespace() => (' ', None),
                other => (ascii_digit(other).unwrap_or(other), None),
            };
            [Some(first), second].into_iter().flatten()
        },
    )
}

/// Whether a part of a character is left out: an accent, a mark of direction, a joiner, the stroke by which
/// Arabic stretches a word.
fn unseen(part: char) -> bool {
    let vowel_of_thai = matches!(part, '\u{e31}' | '\u{e34}'..='\u{e39}');
    let format = matches!(part,
        '\u{ad}' | '\u{61c}' | '\u{640}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    format || is_combining_mark(part) && !vowel_of_thai
}

fn is_hangul_syllable(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7a3}')
}

/// The digit 0 of each script whose decimal digits stand in ten successive places (Unicode, category Nd):
/// Arabic, Persian and Urdu, the scripts of India, Thai, Lao, Tibetan, Burmese, Khmer.
const ZEROS: [char; 16] =
    ['٠', '۰', '०', '০', '੦', '૦', '୦', '௦', '౦', '೦', '൦', '๐', '໐', '༠', '၀', '០'];

/// The digit of ASCII that a digit of another script stands for.
fn ascii_digit(c: char) -> Option<char> {
    let after = |zero: char| u32::from(c).wrapping_sub(u32::from(zero));
    ZEROS
        .into_iter()
        .map(after)
        .find(|digit| *digit < 10)
        .and_then(|digit| char::from_digit(digit, 10))
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

/// Whether `c` is Chinese or Japanese: a script without spaces, each of whose signs is nearly a word.
pub fn ideographic(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

/// Whether `c` is Thai, Lao, Burmese or Khmer: letters without spaces between words.
pub fn unspaced_letter(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}')
}

/// Whether words of the script of `c` follow each other without spaces, or take their endings without (Korean).
pub fn spaceless(c: char) -> bool {
    ideographic(c) || unspaced_letter(c) || is_hangul_syllable(c)
}

/// Whether `c` is a letter of a script with spaces between words.
pub fn letter(c: char) -> bool {
    c.is_alphabetic() && !spaceless(c)
}

/// Whether `c` is a letter of a script that is written from right to left: Hebrew, Arabic and its kin.
pub fn right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
        && c.is_alphabetic()
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
    fn digits_of_every_script_are_digits() {
        assert_eq!(folded("١٣/٠٥/٢٠٢٦ ۱۳/۰۵/۲۰۲۶ ๑๓/๐๕/๒๕๖๙"), "13/05/2026 13/05/2026 13/05/2569");
        assert_eq!(folded("०१२३४५६७८९ ០១២៣៤៥៦៧៨៩"), "0123456789 0123456789");
        assert!(ZEROS.iter().all(|zero| ascii_digit(*zero) == Some('0') && zero.is_numeric()));
        assert_eq!((ascii_digit('ا'), ascii_digit('5'), ascii_digit('一')), (None, None, None));
    }

    #[test]
    fn each_script_keeps_its_letters_and_loses_its_accents() {
        assert_eq!(folded("ΛΉΞΗΣ λήξης Μαΐου"), "ληξησ ληξησ μαιου");
        assert_eq!(folded("Най-добър Київ"), "наи-добър киiв".replace('i', "і"));
        assert_eq!(folded("يُفضَّل إنتاج الصلاحيّة تـاريـخ"), folded("يفضل انتاج الصلاحيه تاريخ"));
        assert_eq!(folded("تاریخ تولید"), folded("تاريخ توليد"));
        assert_eq!(folded("מַיִם\u{200f} \u{202b}5\u{202c}"), "מים 5");
        assert_eq!(folded("มี.ค. ม.ค. ก่อน"), "มี.ค. ม.ค. กอน");
        assert_eq!(folded("2026년5월 까지"), "2026年5月 까지");
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
