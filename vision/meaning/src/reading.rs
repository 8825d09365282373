//! A **reading**: what the codes and the lines of one view say together.
//!
//! Codes go before text: a code has a check digit or error correction and names what it says by an
//! application identifier, while a printed line is read letter by letter and understood by the words
//! around it. So the dates, the lot and the serial number of GS1 codes come first. A printed date that
//! says the same is left out; one that says something else stays, so that the difference can be seen.

use serde::{Deserialize, Serialize};

use super::code::{Code, Symbology};
use super::dates::{self, Context, DateRead, dates_with};
use super::flaw::{self, CodeFlaw};
use super::gs1::{Elements, Parsed, content, gtin};
use super::line::TextLine;
use super::lot::{self, NumberKind, NumberRead, find_numbers};

/// What a label says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The lines of text, in reading order.
    pub lines: Vec<TextLine>,
    /// The codes.
    pub codes: Vec<Code>,
    /// The dates: those of GS1 codes, then those that are printed and say something else.
    pub dates: Vec<DateRead>,
    /// The lots: those of GS1 codes, then those that are printed and read otherwise. A view may show
    /// several, for example those of two items.
    pub lots: Vec<NumberRead>,
    /// The serial number: that of a GS1 code, else the first that is printed.
    pub serial: Option<NumberRead>,
    /// The GTINs of the codes in 14 digits, each once.
    pub gtins: Vec<String>,
    /// What is not as GS1 has it in the codes. What is sound beside it is used all the same.
    #[serde(default)]
    pub flaws: Vec<CodeFlaw>,
}

impl Reading {
    /// The first lot.
    pub fn lot(&self) -> Option<&NumberRead> {
        self.lots.first()
    }

    /// What `lines` and `codes` say in `context`.
    pub fn of(lines: Vec<TextLine>, codes: Vec<Code>, context: &Context) -> Self {
        let contents: Vec<Option<Parsed>> = codes.iter().map(content::of).collect();
        let parsed: Vec<(&Code, &Elements)> = (codes.iter().zip(&contents))
            .filter_map(|(code, content)| Some((code, &content.as_ref()?.elements)))
            .collect();
        let coded = parsed
            .iter()
            .flat_map(|(code, elements)| dates::from_gs1(elements, code.corners, context.today));
        let mut dates: Vec<DateRead> = Vec::new();
        for date in coded {
            if !dates.iter().any(|other| agree(other, &date)) {
                dates.push(date);
            }
        }
        let all: Vec<Elements> = parsed.iter().map(|(_, elements)| (*elements).clone()).collect();
        let mut printed = dates_with(&lines, &all, context);
        printed.retain(|date| !dates.iter().any(|code| agree(code, date)));
        dates.append(&mut printed);

        let mut numbers: Vec<NumberRead> = parsed
            .iter()
            .flat_map(|(code, elements)| lot::from_gs1(elements, code.corners))
            .collect();
        numbers.extend(find_numbers(&lines));
        let serial = numbers.iter().find(|number| number.kind == NumberKind::Serial).cloned();
        let mut lots: Vec<NumberRead> = Vec::new();
        for number in numbers.into_iter().filter(|number| number.kind == NumberKind::Lot) {
            if !lots.iter().any(|lot| lot.text == number.text) {
                lots.push(number);
            }
        }

        let mut gtins: Vec<String> = Vec::new();
        let mut flaws: Vec<CodeFlaw> = Vec::new();
        for (at, (code, content)) in codes.iter().zip(&contents).enumerate() {
            let gtin = gtin_of(code, content.as_ref());
            gtins.extend(gtin.filter(|gtin| !gtins.contains(gtin)));
            flaws.extend(flaw::of(at, code, content.as_ref()));
        }
        Self { lines, codes, dates, lots, serial, gtins, flaws }
    }
}

/// The GTIN of a code: an EAN, UPC or ITF-14 is one, elements can hold one.
fn gtin_of(code: &Code, content: Option<&Parsed>) -> Option<String> {
    match code.symbology {
        Symbology::Ean13 | Symbology::Ean8 | Symbology::UpcE => gtin::normalise(&code.text).ok(),
        Symbology::Itf if code.text.len() == gtin::ITF_DIGITS => gtin::normalise(&code.text).ok(),
        _ => content?.elements.gtin().map(str::to_owned),
    }
}

/// Whether both dates have one role and are the same as far as both say it.
fn agree(a: &DateRead, b: &DateRead) -> bool {
    fn same<T: PartialEq>(a: Option<T>, b: Option<T>) -> bool {
        a.is_none() || b.is_none() || a == b
    }
    a.role == b.role && same(a.year, b.year) && same(a.month, b.month) && same(a.day, b.day)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::dates::{Region, Role};
    use super::*;

    const AT: [[f32; 2]; 4] = [[5.0, 5.0], [25.0, 5.0], [25.0, 25.0], [5.0, 25.0]];

    fn code(symbology: Symbology, text: &str, gs1: bool) -> Code {
        Code { symbology, text: text.to_owned(), gs1, corners: AT }
    }

    fn read(lines: &[&str], codes: Vec<Code>) -> Reading {
        let lines = lines.iter().enumerate();
        let lines = lines.map(|(row, text)| TextLine::level(text, 100.0, 30.0 * row as f32, 20.0));
        let context = Context { region: Region::Europe, today: date(2026, 3, 1) };
        Reading::of(lines.collect(), codes, &context)
    }

    fn gs1() -> Code {
        let text = "010952123454321317261231\u{1d}10AB12\u{1d}2100042";
        code(Symbology::DataMatrix, text, true)
    }

    #[test]
    fn a_gs1_code_gives_date_lot_serial_and_gtin_where_it_stands() {
        let reading = read(&[], vec![gs1()]);
        let [date] = &reading.dates[..] else { panic!("{:?}", reading.dates) };
        assert_eq!((date.role, date.year, date.month), (Role::Expiry, Some(2026), Some(12)));
        assert_eq!((date.day, date.corners), (Some(31), AT));
        assert_eq!(reading.lot().unwrap().text, "AB12");
        assert_eq!(reading.serial.unwrap().text, "00042");
        assert_eq!(reading.gtins, ["09521234543213"]);
    }

    #[test]
    fn the_code_goes_before_the_print_and_what_differs_is_kept() {
        let lines = ["EXP 31.12.2026", "LOT AB13", "SN 77", "MFG 01.02.2026"];
        let reading = read(&lines, vec![gs1()]);
        let texts: Vec<&str> = reading.dates.iter().map(|date| date.text.as_str()).collect();
        assert_eq!(texts, ["(17)261231", "01.02.2026"], "the print that agrees is left out");
        assert_eq!(reading.dates[1].role, Role::Manufacture);
        assert_eq!(reading.lot().unwrap().text, "AB12");
        assert_eq!(reading.serial.unwrap().text, "00042");
        let reading = read(&["EXP 30.11.2026"], vec![gs1()]);
        assert_eq!(reading.dates.len(), 2, "two expiry dates that differ are both told");
        let reading = read(&["31.12.2026"], vec![gs1()]);
        assert_eq!(reading.dates.len(), 1, "a print without words takes the code's role");
    }

    #[test]
    fn without_gs1_codes_the_text_is_what_counts() {
        let reading = read(&["Use by", "16 NOV", "L 4711"], vec![]);
        assert_eq!(reading.dates.len(), 1);
        assert_eq!((reading.dates[0].role, reading.dates[0].year), (Role::Expiry, None));
        assert_eq!(reading.lot().unwrap().text, "4711");
        assert_eq!(reading.serial, None);
    }

    #[test]
    fn every_lot_of_a_view_is_told_once_those_of_codes_first() {
        let lots =
            |reading: Reading| reading.lots.into_iter().map(|lot| lot.text).collect::<Vec<_>>();
        assert_eq!(lots(read(&["LOT AB13", "Batch No. C77", "LOT AB13"], vec![])), ["AB13", "C77"]);
        assert_eq!(lots(read(&["LOT AB13", "LOT AB12"], vec![gs1()])), ["AB12", "AB13"]);
        let second = code(Symbology::DataMatrix, "10ZZ9", true);
        assert_eq!(lots(read(&[], vec![gs1(), second])), ["AB12", "ZZ9"]);
    }

    #[test]
    fn each_gtin_is_told_once_in_fourteen_digits() {
        let codes = vec![
            code(Symbology::Ean13, "9521234543213", false),
            gs1(),
            code(Symbology::Ean8, "96385074", false),
            code(Symbology::QrCode, "https://example.com/01/09521234543213/10/A1", false),
        ];
        let reading = read(&[], codes);
        assert_eq!(reading.gtins, ["09521234543213", "00000096385074"]);
        assert_eq!(reading.lot().unwrap().text, "AB12", "that of the first code");
    }

    #[test]
    fn a_code_of_digits_that_is_no_gs1_code_says_nothing_of_dates_or_lots() {
        let reading = read(&[], vec![code(Symbology::Code128, "17261231", false)]);
        assert_eq!((reading.dates.len(), reading.lots.len(), reading.gtins.len()), (0, 0, 0));
        assert_eq!(reading.codes.len(), 1);
    }
}
