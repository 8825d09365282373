//! **Lots and serial numbers** on labels.
//!
//! A *lot* (batch) is the number that a maker gives to goods made together, a *serial number* that of one
//! item. On labels both stand after words of the [table](super::table) or below them; a lone `L` before the
//! number is the mark that Directive 2011/91/EU asks for. A *token* is what stands between two spaces. Tokens
//! without a digit are no numbers (`LOT: see lid`), and dates and times between are stepped over.

use super::dates::edges::time_at;
use super::dates::written_dates;
use super::gs1::Elements;
use super::line::{Corners, TextLine};
use super::rows::{BREAK, Print, Row, rows};
use super::words::{Hit, Kind, after_links, hits};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The longest lot or serial number of GS1 (AI 10 and 21), which printed ones keep to as well.
const LONGEST: usize = 20;

/// What a number names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NumberKind {
    /// Goods made together.
    Lot,
    /// One item.
    Serial,
}

/// What a number was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NumberSource {
    /// A GS1 code, whose check digits exclude a misreading.
    Code,
    /// Print, that under a code too: characters that look alike may be taken for each other.
    Print,
}

/// A lot or serial number as it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NumberRead {
    /// What it names.
    pub kind: NumberKind,
    /// The number, as the code or text recognition gave it, without the words.
    pub text: String,
    /// What it was read from.
    pub source: NumberSource,
    /// Why it was taken, in plain words.
    pub reason: String,
    /// Where it stands, in pixels of the view, clockwise from the text's top left.
    pub corners: Corners,
    /// How sure the recognition of the text was, 0 to 1.
    pub confidence: f32,
}

/// A row with its hits and with what is written as a date.
struct Worded {
    row: Row,
    hits: Vec<Hit>,
    dates: Vec<Range<usize>>,
}

/// The lots and serial numbers of a label, in the order of its rows, each once.
pub fn find_numbers(lines: &[TextLine]) -> Vec<NumberRead> {
    let rows: Vec<Worded> = rows(lines)
        .into_iter()
        .map(|row| {
            let hits = hits(&row);
            let dates = written_dates(&row, &hits);
            Worded { row, hits, dates }
        })
        .collect();
    let mut found: Vec<NumberRead> = lines.iter().flat_map(printed_under_code).collect();
    for (index, Worded { row, hits, dates }) in rows.iter().enumerate() {
        for hit in hits {
            let Some(kind) = kind_of(hit) else { continue };
            let word = row.print(&hit.span, lines);
            if hit.span.len() == 1 && !marks_a_lot(row, hit, dates, &word) {
                continue;
            }
            let (number, side) = match in_row(row, hit, hits, dates) {
                Some(span) => (row.print(&span, lines), "before"),
                None if hit.span.len() == 1 => continue,
                None => match below(&rows, index, &word, lines) {
                    Some(print) => (print, "above"),
                    None => continue,
                },
            };
            let reason = format!("\"{}\" stands {side} it", word.text);
            let (corners, confidence) = (number.place.corners, number.place.confidence);
            let (text, source) = (number.text, NumberSource::Print);
            found.push(NumberRead { kind, text, source, reason, corners, confidence });
        }
    }
    let mut seen = Vec::new();
    found.retain(|number| {
        let new = !seen.contains(&(number.kind, number.text.clone()));
        seen.push((number.kind, number.text.clone()));
        new
    });
    found
}

/// The lot and serial number of a GS1 code; `corners` is where the code stands in the view.
pub fn from_gs1(code: &Elements, corners: Corners) -> Vec<NumberRead> {
    let read = |kind, ai: &str, text: Option<&str>| {
        let reason = format!("GS1 ({ai})");
        text.map(|text| NumberRead {
            kind,
            text: text.to_owned(),
            source: NumberSource::Code,
            reason,
            corners,
            confidence: 1.0,
        })
    };
    let lot = read(NumberKind::Lot, "10", code.lot());
    let serial = read(NumberKind::Serial, "21", code.serial());
    lot.into_iter().chain(serial).collect()
}

/// What a line says that is printed under a GS1 code: `(01)04006381333931(10)A1`.
fn printed_under_code(line: &TextLine) -> Vec<NumberRead> {
    let code = line.text.find('(').and_then(|at| Elements::parse(&line.text[at..]).ok());
    let mut numbers = code.map(|code| from_gs1(&code, line.corners)).unwrap_or_default();
    for number in &mut numbers {
        number.source = NumberSource::Print;
        number.reason.push_str(", as printed");
        number.confidence = line.confidence;
    }
    numbers
}

fn kind_of(hit: &Hit) -> Option<NumberKind> {
    match hit.kind {
        Kind::Lot => Some(NumberKind::Lot),
        Kind::Serial => Some(NumberKind::Serial),
        _ => None,
    }
}

/// Whether a lone letter is the mark of a lot: a capital, with a number after it, and no litre.
fn marks_a_lot(row: &Row, hit: &Hit, dates: &[Range<usize>], word: &Print) -> bool {
    let (start, end) = (hit.span.start, hit.span.end);
    let near = if row.before(start) == ' ' { start - 1 } else { start };
    let dated = dates.iter().any(|date| date.end == near) || near >= 5 && time_at(row, near - 5);
    let amount = row.before(near).is_ascii_digit() && !dated;
    let next =
        (end..row.chars.len()).find(|&at| !matches!(row.at(at), ' ' | ':' | '.' | '-' | BREAK));
    let marked = row.at(end) == ':';
    word.text == "L"
        && !amount
        && next.is_some_and(|at| {
            let token = token(row, at);
            token.len() >= 2 && (marked || row.at(at).is_ascii_digit())
        })
}

/// The number after a word in its row.
fn in_row(row: &Row, hit: &Hit, hits: &[Hit], dates: &[Range<usize>]) -> Option<Range<usize>> {
    let mut at = hit.span.end;
    let touches = |other: &Hit| {
        let between = other.span.end..hit.span.start;
        other.kind.is_date()
            && between.len() < 4
            && between.into_iter().all(|at| !row.at(at).is_alphanumeric())
    };
    let mut other_words =
        hits.iter().any(|other| other.span.end <= hit.span.start && touches(other));
    loop {
        at = (at..row.chars.len()).find(|&at| row.at(at).is_alphanumeric())?;
        // "EXP/LOT 05.2027 L1": dates belong to the other words, and so does what follows their own word.
        if let Some(other) = hits.iter().find(|other| other.span.start == at) {
            if !(other.kind.is_date() || other.kind == Kind::Number || lone(other)) {
                return None;
            }
            other_words |= other.kind.is_date();
            at = other.span.end;
            continue;
        }
        let skipped = dates.iter().find(|date| other_words && date.start == at);
        if let Some(date) = skipped {
            at = date.end;
            continue;
        }
        if time_at(row, at) {
            at += 5;
            continue;
        }
        let linked = after_links(row, at);
        if linked > at && !other_words {
            at = linked;
            continue;
        }
        return number_at(row, at);
    }
}

fn lone(hit: &Hit) -> bool {
    hit.span.len() == 1
}

/// The number that begins at `at`: a token with a digit, or a few letters and such a token.
fn number_at(row: &Row, at: usize) -> Option<Range<usize>> {
    let first = token(row, at);
    let second = token(row, first.end + 1);
    let letters = first.len() <= 3 && row.at(first.end) == ' ' && !has_digit(row, &first);
    let span = if letters && second.len() > 2 { first.start..second.end } else { first };
    (has_digit(row, &span) && span.len() <= LONGEST).then_some(span)
}

fn has_digit(row: &Row, span: &Range<usize>) -> bool {
    span.clone().any(|at| row.at(at).is_ascii_digit())
}

/// What stands between spaces, from `at` on, without punctuation at its end.
fn token(row: &Row, at: usize) -> Range<usize> {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '/' | '.' | '_');
    let mut end = (at..row.chars.len()).find(|&at| !part(row.at(at))).unwrap_or(row.chars.len());
    while end > at && !row.before(end).is_alphanumeric() {
        end -= 1;
    }
    at..end.max(at)
}

/// The nearest number below a word.
fn below(rows: &[Worded], index: usize, word: &Print, lines: &[TextLine]) -> Option<Print> {
    let mut near: Option<(f32, Print)> = None;
    let others = rows.iter().enumerate().filter(|(other, _)| *other != index);
    for (_, Worded { row, hits, dates }) in others {
        let mut at = 0;
        while let Some(start) = (at..row.chars.len()).find(|&at| row.at(at).is_alphanumeric()) {
            let span = token(row, start);
            at = span.end.max(start + 1);
            let taken = |other: &Range<usize>| other.start < span.end && span.start < other.end;
            let used = dates.iter().any(taken) || hits.iter().any(|hit| taken(&hit.span));
            if used || !has_digit(row, &span) || span.len() > LONGEST || time_at(row, start) {
                continue;
            }
            let print = row.print(&span, lines);
            if let Some(gap) = word.place.gap_to_below(&print.place) {
                let ([x, y], [u, v]) = (word.place.centre(), print.place.centre());
                let cost = gap + 0.1 * (x - u).hypot(y - v) / word.place.height().max(1.0);
                if near.as_ref().is_none_or(|(least, _)| cost < *least) {
                    near = Some((cost, print));
                }
            }
        }
    }
    near.map(|(_, print)| print)
}

#[cfg(test)]
mod tests {
    use super::*;
    use NumberKind::{Lot, Serial};

    /// `|` parts rows, `¦` parts lines of one row.
    fn read(text: &str) -> Vec<(NumberKind, String)> {
        let lines: Vec<TextLine> = (0u8..)
            .zip(text.split('|'))
            .flat_map(|(row, text)| {
                (0u8..).zip(text.split('¦')).map(move |(column, text)| {
                    TextLine::level(
                        text.trim(),
                        100.0 * f32::from(column),
                        16.0 * f32::from(row),
                        10.0,
                    )
                })
            })
            .collect();
        find_numbers(&lines).into_iter().map(|number| (number.kind, number.text)).collect()
    }

    #[test]
    fn numbers_stand_after_their_words_in_every_language() {
        for (text, lot) in [
            ("LOT 12345", "12345"),
            ("LOT BO612", "BO612"),
            ("Lot: A-12/7", "A-12/7"),
            ("Ch.-B.:  MP430339-9M", "MP430339-9M"),
            ("Ch.-B.: ¦ MP430339-9M", "MP430339-9M"),
            ("CH-B 4711", "4711"),
            ("Batch No. 77B", "77B"),
            ("Charge 0815", "0815"),
            ("LOS 12-3", "12-3"),
            ("Lote 5A1", "5A1"),
            ("Lotto: 21/B", "21/B"),
            ("partia 20A", "20A"),
            ("Parti: 9981", "9981"),
            ("批号:20260513A", "20260513A"),
            ("ロット番号 5513", "5513"),
            ("L1234A", "1234A"),
            ("L:AB12", "AB12"),
            ("L 012", "012"),
            ("13.05.2026 L24123 14:35", "24123"),
            ("EXP/LOT 05.2027 X99", "X99"),
            ("LOT AB 1234", "AB 1234"),
            ("LOT EXP | A77 13.05.2026", "A77"),
            ("LOT | B-55 ", "B-55"),
            ("LOT 14:35 C3", "C3"),
            ("(01)04006381333931(10)Q7", "Q7"),
        ] {
            assert_eq!(read(text), [(Lot, lot.to_owned())], "{text}");
        }
        for text in [
            "SN: 0247046200167",
            "S/N 0247046200167",
            "Serial No: 0247046200167",
            "Serial | 0247046200167",
        ] {
            assert_eq!(read(text), [(Serial, "0247046200167".to_owned())], "{text}");
        }
    }

    #[test]
    fn lots_of_the_north_the_east_and_the_south_are_known_too() {
        for (text, lot) in [
            ("Batchnr.: A5258", "A5258"),
            ("Lot nr. A5258", "A5258"),
            ("Chargenr. A5258", "A5258"),
            ("Partinr: A5258", "A5258"),
            ("Batch nr A5258", "A5258"),
            ("Eränumero: A5258", "A5258"),
            ("Eräkoodi A5258", "A5258"),
            ("Valmistuserän numero A5258", "A5258"),
            ("Číslo šarže: A5258", "A5258"),
            ("Č. šarže A5258", "A5258"),
            ("Číslo výrobní dávky A5258", "A5258"),
            ("Šarža: A5258", "A5258"),
            ("Číslo výrobnej dávky: A5258", "A5258"),
            ("Tételszám: A5258", "A5258"),
            ("Gyártási tételszám A5258", "A5258"),
            ("Nr. lot: A5258", "A5258"),
            ("Lot fabricație A5258", "A5258"),
            ("Seria de fabricație: A5258", "A5258"),
            ("Партида №: A5258", "A5258"),
            ("Партиден номер A5258", "A5258"),
            ("Партида номер A5258", "A5258"),
            ("Παρτίδα: A5258", "A5258"),
            ("Αρ. παρτίδας A5258", "A5258"),
            ("Κωδ. παρτίδας A5258", "A5258"),
            ("Parti No: A5258", "A5258"),
            ("Parti/Seri No: A5258", "A5258"),
            ("Üretim parti no A5258", "A5258"),
            ("Партия: A5258", "A5258"),
            ("Номер партии A5258", "A5258"),
            ("Код партии: A5258", "A5258"),
            ("№ парт. A5258", "A5258"),
            ("Партія: A5258", "A5258"),
            ("Код партії: A5258", "A5258"),
            ("Số lô: A5258", "A5258"),
            ("Số lô SX A5258", "A5258"),
            ("Lô sản xuất số A5258", "A5258"),
            ("Kode produksi: A5258", "A5258"),
            ("No. batch: A5258", "A5258"),
            ("Nomor batch A5258", "A5258"),
        ] {
            assert_eq!(read(text), [(Lot, lot.to_owned())], "{text}");
        }
    }

    #[test]
    fn a_carton_gives_its_serial_and_its_batch() {
        let text = "SN: ¦ 0247046200167 | Ch.-B.: ¦ MP430339-9M | Verw.bis: ¦ 12.2082";
        assert_eq!(read(text), [(Serial, "0247046200167".into()), (Lot, "MP430339-9M".into())]);
    }

    #[test]
    fn litres_words_and_dates_are_no_lots() {
        for text in [
            "1 L 500",
            "LOT: see lid",
            "0.5 L",
            "lot EXP 13.05.2026",
            "L'or 2026",
            "Parties 5",
            "new era 130526",
            "",
            "L",
        ] {
            assert_eq!(read(text), [], "{text}");
        }
    }

    #[test]
    fn codes_give_lot_and_serial() {
        let code = Elements::parse("10A1\x1D217").unwrap();
        let numbers = from_gs1(&code, [[0.0; 2]; 4]);
        assert_eq!(numbers.iter().map(|n| n.text.as_str()).collect::<Vec<_>>(), ["A1", "7"]);
        assert!(numbers.iter().all(|number| number.source == NumberSource::Code));
    }

    #[test]
    fn what_is_printed_says_so_even_where_it_reads_as_a_code_does() {
        for text in ["(01)04006381333931(10)Q7", "LOT Q7", "GS1 (10) LOT Q7"] {
            let numbers = find_numbers(&[TextLine::level(text, 0.0, 0.0, 10.0)]);
            assert!(!numbers.is_empty(), "{text}");
            assert!(numbers.iter().all(|n| n.source == NumberSource::Print), "{numbers:?}");
        }
    }
}
