//! Splits a text into its elements, and keeps what is sound where something is not.
//!
//! After a **fault** the parser goes on where the next element must begin: after the value where its length
//! is known, else after the next FNC1. A stretch between two FNC1 in which an element of known length is
//! faulty and in which the parser later loses its way has probably lost or gained a character; what stands
//! in it after the first fault is not used.

use super::ai::{self, Ai, Characters, Meaning};
use super::date::Gs1Date;
use super::{ELEMENT_CODES, Element, Elements, FNC1, GTIN_CODES, Gs1Error, gtin, link};

/// How a text departs from the standard and is understood all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Departure {
    /// The code does not begin with FNC1.
    NotMarked,
    /// The symbology identifier is printed as text.
    Identifier(String),
    /// The identifiers stand in brackets, which belong under the code and not into it.
    Brackets,
    /// Characters stand for FNC1.
    Separator(String),
    /// No FNC1 ends the value of this identifier; it is taken to end where dates or numbers with a check
    /// digit fill the rest.
    NoSeparator(String),
}

impl std::fmt::Display for Departure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotMarked => {
                f.write_str("the code is not marked as a GS1 code: no FNC1 begins it")
            }
            Self::Identifier(code) => write!(f, "`{code}` is printed as text, in place of FNC1"),
            Self::Brackets => f.write_str("identifiers stand in brackets within the code"),
            Self::Separator(text) => write!(f, "`{text}` is printed as text, in place of FNC1"),
            Self::NoSeparator(ai) => {
                write!(f, "no FNC1 stands after AI ({ai}): where its value ends is a guess")
            }
        }
    }
}

/// What a text says: what is sound in it, and what is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The sound elements.
    pub elements: Elements,
    /// What is wrong, in the order of the text. Such elements are not among the sound ones.
    pub faults: Vec<Gs1Error>,
    /// How the text departs from the standard.
    pub departures: Vec<Departure>,
    /// Whether the parser found the beginning and the end of every element.
    pub whole: bool,
}

impl Parsed {
    /// From a raw, readable or link text, told apart by its beginning.
    pub fn of(text: &str) -> Self {
        Parser { split: Split::TooLong, ..Parser::default() }.parse(text)
    }

    /// The same of a text without any FNC1 in a code that is not marked as GS1 code: a value that can be
    /// understood as one and further elements is split.
    pub(super) fn of_unmarked(text: &str) -> Self {
        let split = if text.contains(FNC1) { Split::TooLong } else { Split::Where };
        Parser { split, ..Parser::default() }.parse(text)
    }

    /// The elements, when all are sound.
    ///
    /// # Errors
    /// The first fault.
    pub fn all_sound(self) -> Result<Elements, Gs1Error> {
        match self.faults.into_iter().next() {
            Some(fault) => Err(fault),
            None if self.elements.is_empty() => Err(Gs1Error::Empty),
            None => Ok(self.elements),
        }
    }
}

/// Which values of no predefined length are split where no FNC1 ends them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Split {
    /// None.
    #[default]
    Never,
    /// Those that are longer than they may be.
    TooLong,
    /// All that can be.
    Where,
}

/// Collects elements and faults.
#[derive(Debug, Default)]
pub(super) struct Parser {
    split: Split,
    parsed: Parsed,
    /// Identifiers with two values, neither of which counts.
    contradicted: Vec<String>,
    lost: bool,
}

impl Parser {
    fn parse(mut self, text: &str) -> Parsed {
        let start = text.trim_start();
        if start.starts_with('(') {
            self.readable(text, text.len() - start.len());
        } else if link::looks_like_one(start) {
            link::parse(start, &mut self);
        } else {
            self.raw(text);
        }
        let Self { mut parsed, contradicted, lost, .. } = self;
        parsed.elements.0.retain(|element| !contradicted.contains(&element.ai));
        parsed.whole = !lost;
        parsed
    }

    /// Notes a fault that leaves the parser not knowing where the next element begins.
    pub(super) fn lose(&mut self, fault: Gs1Error) {
        self.lost = true;
        self.parsed.faults.push(fault);
    }

    pub(super) fn fault(&mut self, fault: Gs1Error) {
        self.parsed.faults.push(fault);
    }

    /// Adds an element whose value began at `offset`, or tells what is wrong with it.
    pub(super) fn add(&mut self, code: &str, value: &str, offset: usize) {
        let known = self.parsed.elements.get(code);
        if let Err(fault) = checked(code, value, offset) {
            self.fault(fault);
        } else if known.is_some_and(|before| before != value) {
            self.fault(Gs1Error::Twice { ai: code.to_owned(), offset });
            self.contradicted.push(code.to_owned());
        } else if known.is_none() {
            let element = Element { ai: code.to_owned(), value: value.to_owned() };
            self.parsed.elements.0.push(element);
        }
    }

    /// Elements one after the other, FNC1 between those of no predefined length.
    fn raw(&mut self, text: &str) {
        if let Some(code) = GTIN_CODES.into_iter().find(|code| text.starts_with(code)) {
            match gtin::normalise(text[code.len()..].trim()) {
                Ok(number) => self.add("01", &number, code.len()),
                Err(error) => self.fault(error.into()),
            }
            return;
        }
        let mut at =
            ELEMENT_CODES.into_iter().find(|code| text.starts_with(code)).map_or(0, str::len);
        while at < text.len() {
            let end = text[at..].find(FNC1).map_or(text.len(), |length| at + length);
            self.stretch(&text[..end], at);
            at = end + FNC1.len_utf8();
        }
    }

    /// The elements from byte `at` to the end of `text`, between which no FNC1 stands.
    fn stretch(&mut self, text: &str, mut at: usize) {
        // How many elements there were before the first fault of the stretch.
        let mut sound = None;
        while at < text.len() {
            let faults = self.parsed.faults.len();
            let (have, lost) = (self.parsed.elements.0.len(), self.lost);
            self.lost = false;
            at = self.element(text, at);
            if self.lost {
                self.parsed.elements.0.truncate(sound.unwrap_or(have));
            }
            self.lost |= lost;
            if self.parsed.faults.len() > faults {
                sound = sound.or(Some(have));
            }
        }
    }

    /// The element at byte `at`; says where the next one begins.
    fn element(&mut self, text: &str, at: usize) -> usize {
        let code = match code_at(text, at) {
            Ok(code) => code,
            Err(fault) => {
                self.lose(fault);
                return text.len();
            }
        };
        let start = at + code.len();
        let rest = &text[start..];
        let Some(need) = ai::predefined(code) else {
            return start + self.open_ended(code, rest, at);
        };
        let places = rest.char_indices().map(|(place, _)| place).chain([rest.len()]);
        let Some(end) = places.clone().nth(need) else {
            let have = places.count() - 1;
            self.lose(Gs1Error::TooShort { ai: code.to_owned(), offset: at, need, have });
            return text.len();
        };
        self.add(code, &rest[..end], at);
        start + end
    }

    /// A value of no predefined length, which `rest` begins with; says how many bytes of it are its own.
    fn open_ended(&mut self, code: &str, rest: &str, at: usize) -> usize {
        let length = rest.chars().count();
        let too_long = ai::known(code).is_some_and(|row| length > row.max);
        let split = match self.split {
            Split::Never => false,
            Split::TooLong => too_long,
            Split::Where => true,
        };
        let end = split.then(|| only_end(code, rest)).flatten();
        if end.is_some() {
            self.parsed.departures.push(Departure::NoSeparator(code.to_owned()));
        }
        let end = end.unwrap_or(rest.len());
        self.add(code, &rest[..end], at);
        end
    }

    /// Elements with their identifiers in brackets, from byte `at` on. Spaces around and within numbers are
    /// the printer's, not the value's.
    fn readable(&mut self, text: &str, mut at: usize) {
        self.parsed.departures.push(Departure::Brackets);
        while !text[at..].trim().is_empty() {
            // A value may contain brackets: it ends where an identifier stands in them.
            let next = |from: usize| {
                let mut places = text[from..].match_indices('(').map(|(place, _)| from + place);
                places.find(|&place| bracketed(&text[place..]).is_some()).unwrap_or(text.len())
            };
            let Some(code) = bracketed(&text[at..]) else {
                let found = text[at..].chars().take(6).collect();
                self.lose(Gs1Error::NotAnAi { offset: at, found });
                at = next(at);
                continue;
            };
            let start = at + code.len() + 2;
            let end = next(start);
            let value = text[start..end].trim();
            if ai::known(code).is_some_and(|row| row.characters == Characters::Digits) {
                let joined: String = value.chars().filter(|c| !c.is_whitespace()).collect();
                self.add(code, &joined, at);
            } else {
                self.add(code, value, at);
            }
            at = end;
        }
    }
}

/// What is wrong with the value of an identifier, whose offset is told.
fn checked(code: &str, value: &str, offset: usize) -> Result<(), Gs1Error> {
    let ai = code.to_owned();
    let Some(row) = ai::known(code) else { return Ok(()) };
    let have = value.chars().count();
    if have < row.min {
        return Err(Gs1Error::TooShort { ai, offset, need: row.min, have });
    }
    if have > row.max {
        return Err(Gs1Error::TooLong { ai, offset, most: row.max, have });
    }
    if let Some(found) = value.chars().find(|c| !allowed(row, *c)) {
        return Err(Gs1Error::Character { ai, offset, found });
    }
    let value = value.to_owned();
    match row.meaning {
        Meaning::Plain => Ok(()),
        Meaning::Checked => {
            let wanted = gtin::check_digit(&value[..value.len() - 1]);
            let right = value.ends_with(&wanted.to_string());
            if right { Ok(()) } else { Err(Gs1Error::CheckDigit { ai, offset, value, wanted }) }
        }
        // Any year will do here: which century it is does not make a day possible, but 29 February needs a
        // leap year, and 2000 keeps the two digits as they are.
        Meaning::Date => {
            let day = Gs1Date::parse(&value[..6], jiff::civil::date(2000, 1, 1));
            if day.is_some() { Ok(()) } else { Err(Gs1Error::Date { ai, offset, value }) }
        }
    }
}

fn allowed(row: &Ai, c: char) -> bool {
    match row.characters {
        Characters::Digits => c.is_ascii_digit(),
        Characters::Set82 => ai::in_set_82(c),
    }
}

/// Where the value of `code` ends in `text`, after which known elements follow of which the first can be
/// checked; `None` where it can end in no place or in several.
fn only_end(code: &str, text: &str) -> Option<usize> {
    let follows = |rest: &str| {
        let first = code_at(rest, 0).ok().and_then(ai::known);
        let checkable = first.is_some_and(|row| row.meaning != Meaning::Plain);
        checkable && {
            let parsed = Parser::default().parse(rest);
            parsed.faults.is_empty()
                && parsed.elements.iter().all(|element| ai::known(&element.ai).is_some())
        }
    };
    let places = text.char_indices().map(|(place, _)| place).skip(1);
    let mut ends = places
        .filter(|&place| checked(code, &text[..place], 0).is_ok())
        .filter(|&place| follows(&text[place..]));
    let first = ends.next()?;
    // Several dates in a row are several ends of which the first is meant.
    let dates = |from: usize, to: usize| (to - from).is_multiple_of(8);
    ends.all(|later| dates(first, later)).then_some(first)
}

/// The identifier at byte `at` of a raw text.
fn code_at(text: &str, at: usize) -> Result<&str, Gs1Error> {
    let digits = |length: usize| {
        text.get(at..at + length).filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let code = digits(2).and_then(ai::length_of_code).and_then(digits);
    code.ok_or_else(|| Gs1Error::NotAnAi {
        offset: at,
        found: text[at..].chars().take(4).collect(),
    })
}

/// The identifier where `text` begins with one in brackets.
fn bracketed(text: &str) -> Option<&str> {
    let code = text.strip_prefix('(')?.split_once(')')?.0;
    let digits = code.bytes().all(|byte| byte.is_ascii_digit());
    (digits && ai::length_of_code(code.get(..2)?)? == code.len()).then_some(code)
}
