//! **Numerals**: numbers beside units, with the ways in which countries and text recognition write them.
//!
//! A comma or a point parts decimals or thousands, as the country has it; where both are possible, both
//! values are kept. Letters that look like digits are read as such, and the number is then not *sure*.

use crate::fold::{digit, letter};
use crate::rows::{BREAK, Row};
use std::ops::Range;

/// A number as it stands in a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Numeral {
    /// Where.
    pub span: Range<usize>,
    /// What it may be: one value, or two where a separator can be read in two ways.
    pub values: Vec<f64>,
    /// Whether every digit is one.
    pub sure: bool,
}

impl Numeral {
    /// The number if it is whole, sure to be read in one way, and under 100,000.
    pub fn whole(&self) -> Option<u32> {
        let [value] = self.values[..] else { return None };
        (value.fract() == 0.0 && (0.0..1e5).contains(&value)).then_some(value as u32)
    }
}

/// The number that ends at `end`, but for one space or hyphen.
pub fn before(row: &Row, end: usize) -> Option<Numeral> {
    let end = if matches!(row.before(end), ' ' | '-') { end - 1 } else { end };
    let mut start = end;
    while start > 0 && part_of_number(row.before(start)) {
        start -= 1;
    }
    // Points before a number belong to the text before it, but ".5" is a half.
    while start < end && matches!(row.at(start), ',' | '/') {
        start += 1;
    }
    let stop = row.before(start);
    let in_code = stop == '-' && start > 1 && row.at(start - 2).is_ascii_digit();
    let time = stop == ':' && start > 1 && row.at(start - 2).is_ascii_digit();
    if stop.is_alphabetic() && letter(stop) && stop != 'x'
        || matches!(stop, '#' | '+')
        || time
        || in_code
    {
        return None;
    }
    let first = parse(row, start..end)?;
    // "1 000" and "1 1/2".
    if row.before(start) == ' ' && start >= 2 {
        let mut from = start - 1;
        while from > 0 && row.before(from).is_ascii_digit() {
            from -= 1;
        }
        let lead = start - 1 - from;
        let clear = !part_of_number(row.before(from)) && !row.before(from).is_alphanumeric();
        if (1..=3).contains(&lead) && clear {
            let more = parse(row, from..start - 1)?.values[0];
            if end - start == 3 && first.values[0].fract() == 0.0 {
                let values = vec![more * 1000.0 + first.values[0], first.values[0]];
                return Some(Numeral { span: from..end, values, sure: first.sure });
            }
            if first.values[0] < 1.0 && first.values[0] > 0.0 && row.at(start) != '.' {
                let values = vec![more + first.values[0]];
                return Some(Numeral { span: from..end, values, sure: first.sure });
            }
        }
    }
    Some(first)
}

/// The number that begins at `start`, but for punctuation. A letter right after it makes it none.
pub fn after(row: &Row, start: usize) -> Option<Numeral> {
    let start = (start..row.chars.len())
        .find(|&at| row.at(at) == BREAK || row.at(at).is_alphanumeric())
        .filter(|&at| row.at(at) != BREAK && at - start < 4)?;
    let mut end = start;
    while part_of_number(row.at(end)) {
        end += 1;
    }
    while end > start && matches!(row.before(end), '.' | ',' | '/') {
        end -= 1;
    }
    if row.at(end).is_alphabetic() {
        return None;
    }
    parse(row, start..end)
}

fn part_of_number(c: char) -> bool {
    matches!(c, '.' | ',' | '/') || digit(c).is_some_and(|_| c.is_alphanumeric())
}

/// The number that `span` is; none where the row ends first or anything else stands there.
pub fn parse(row: &Row, span: Range<usize>) -> Option<Numeral> {
    let chars = row.chars.get(span.clone())?;
    let digits_only = chars.iter().all(|c| part_of_number(*c));
    if !digits_only || chars.len() > 9 || !chars.iter().any(char::is_ascii_digit) {
        return None;
    }
    let mut sure = true;
    let mut clean = String::new();
    for c in chars {
        match digit(*c) {
            Some((value, alike)) => {
                sure &= !alike;
                clean.push(char::from(b'0' + value));
            }
            None => clean.push(*c),
        }
    }
    let values = values(&clean)?;
    Some(Numeral { span, values, sure })
}

/// What digits with separators may mean.
fn values(text: &str) -> Option<Vec<f64>> {
    let number = |text: &str| text.parse::<f64>().ok();
    if let Some((top, bottom)) = text.split_once('/') {
        // "1/2"; the vulgar fraction of "1½" folds to "11/2".
        let (whole, top) = match top.len() {
            1 => (0.0, number(top)?),
            2 => (number(&top[..1])?, number(&top[1..])?),
            _ => return None,
        };
        let bottom = number(bottom).filter(|bottom| (2.0..=9.0).contains(bottom))?;
        return (top < bottom).then(|| vec![whole + top / bottom]);
    }
    let parts: Vec<&str> = text.split(['.', ',']).collect();
    match parts[..] {
        [whole] => Some(vec![number(whole)?]),
        ["", decimals] => Some(vec![number(&format!("0.{decimals}"))?]),
        [whole, decimals] => {
            let decimal = number(&format!("{whole}.{decimals}"))?;
            let thousands = decimals.len() == 3 && !whole.starts_with('0');
            let joined = thousands.then(|| number(&format!("{whole}{decimals}"))).flatten();
            Some([decimal].into_iter().chain(joined).collect())
        }
        [a, b, c] if b.len() == 3 && c.len() == 3 => Some(vec![number(&format!("{a}{b}{c}"))?]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::TextLine;
    use crate::rows::rows;

    fn row(text: &str) -> Row {
        rows(&[TextLine::level(text, 0.0, 0.0, 10.0)]).remove(0)
    }

    fn read(text: &str) -> Option<(Vec<f64>, bool)> {
        let row = row(text);
        before(&row, row.chars.len()).map(|numeral| (numeral.values, numeral.sure))
    }

    #[test]
    fn separators_are_read_in_every_way_that_makes_sense() {
        for (text, values) in [
            ("500 ", vec![500.0]),
            ("0,5", vec![0.5]),
            (".5", vec![0.5]),
            ("1.000", vec![1.0, 1000.0]),
            ("1 000", vec![1000.0, 0.0]),
            ("1 1/2", vec![1.5]),
            ("1½", vec![1.5]),
            ("½", vec![0.5]),
            ("0.125", vec![0.125]),
        ] {
            assert_eq!(read(text), Some((values, true)), "{text}");
        }
        assert_eq!(read("5OO"), Some((vec![500.0], false)));
        for text in ["", "13.05.2026", "11:19", "A500", "7/3", "OO", "#5", "MP430339-9"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_after_a_word_stop_at_letters() {
        let value = |text: &str| after(&row(text), 0).and_then(|numeral| numeral.whole());
        assert_eq!(value(": 6."), Some(6));
        assert_eq!((value("6ml"), value("six"), value("")), (None, None, None));
    }
}
