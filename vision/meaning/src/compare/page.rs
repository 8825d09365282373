//! **Pages**: the rows of a label with every word of the table marked in them.
//!
//! A *field word* says what follows it (`Size:`); its *place* is where the value begins: behind it, in the
//! next print of its row, or in the print just below, as in a table with headings.

use super::letters::quiet;
use crate::dates::written_dates;
use crate::fold::compact;
use crate::line::TextLine;
use crate::phrases::{Found, Phrases, apart};
use crate::rows::{Print, Row, rows};
use crate::table::amounts::MEASURES;
use crate::table::colours::{COLOURS, TONE_PREFIXES, TONES};
use crate::table::counts::{COUNTS, Counted, Side};
use crate::table::fields::FIELDS;
use crate::table::sizes::{LETTERS, ONE_SIZE, SYSTEMS, System};
use crate::words::{Hit, Kind, hits};
use std::ops::Range;
use std::sync::LazyLock;

/// What a field word announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// A size of clothing or shoes.
    Size,
    /// A colour.
    Colour,
    /// A number of pieces.
    Count,
    /// The quantity in the pack.
    Net,
    /// An amount that is not the quantity in the pack.
    NotNet,
}

/// A colour word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hue {
    /// Bits of the families; none for words like "light".
    pub families: u32,
    /// Whether it is as often something else.
    pub doubtful: bool,
}

/// The rank of one size for everybody, beside those of letters.
pub const FITS_ALL: i8 = i8::MAX;

static FIELD_WORDS: LazyLock<Phrases<Field>> = LazyLock::new(|| {
    Phrases::new(FIELDS.iter().flat_map(|language| {
        [
            (language.size, Field::Size),
            (language.colour, Field::Colour),
            (language.count, Field::Count),
            (language.net, Field::Net),
            (language.not_net, Field::NotNet),
        ]
    }))
});

static UNITS: LazyLock<Phrases<usize>> = LazyLock::new(|| {
    Phrases::new(MEASURES.iter().enumerate().map(|(index, unit)| (unit.words, index)))
});

static HUES: LazyLock<Phrases<Hue>> = LazyLock::new(|| {
    let both = |families, words, doubtful| (words, Hue { families, doubtful });
    let colours = COLOURS.iter().flat_map(|colour| {
        let families = colour.families;
        [both(families, colour.words, false), both(families, colour.doubtful, true)]
    });
    Phrases::new(colours.chain([both(0, TONES, false)]))
});

static PREFIXES: LazyLock<Vec<Vec<char>>> =
    LazyLock::new(|| TONE_PREFIXES.split(',').map(compact).collect());

static LETTER_SIZES: LazyLock<Phrases<i8>> = LazyLock::new(|| {
    let letters = LETTERS.iter().map(|(rank, words)| (*words, *rank));
    Phrases::new(letters.chain([(ONE_SIZE, FITS_ALL)]))
});

static MARKS: LazyLock<Phrases<System>> =
    LazyLock::new(|| Phrases::new(SYSTEMS.iter().map(|marks| (marks.words, marks.system))));

static COUNT_WORDS: LazyLock<Phrases<(Counted, Side)>> = LazyLock::new(|| {
    Phrases::new(COUNTS.iter().map(|(counted, side, words)| (*words, (*counted, *side))))
});

/// A row with what was found in it.
pub struct Marked {
    /// The row.
    pub row: Row,
    /// What is written as a date, and numbers that are named as lots or otherwise.
    pub taken: Vec<Range<usize>>,
    /// Field words.
    pub fields: Vec<Found<Field>>,
    /// Units, as indices into [`MEASURES`].
    pub units: Vec<Found<usize>>,
    /// Colours and tones.
    pub hues: Vec<Found<Hue>>,
    /// Letter sizes, by rank.
    pub letters: Vec<Found<i8>>,
    /// Marks of size systems.
    pub marks: Vec<Found<System>>,
    /// Words of counts.
    pub counts: Vec<Found<(Counted, Side)>>,
}

/// The rows of a label.
pub struct Page<'a> {
    /// The lines that the rows were made from.
    pub lines: &'a [TextLine],
    /// The rows.
    pub rows: Vec<Marked>,
}

impl Marked {
    fn new(row: Row) -> Self {
        let hits = hits(&row);
        let mut taken = written_dates(&row, &hits);
        taken.extend(hits.iter().filter_map(|hit| named_number(&row, hit)));
        Self {
            taken,
            fields: FIELD_WORDS.find(&row, &[]),
            units: UNITS.find(&row, &[]),
            hues: HUES.find(&row, &PREFIXES),
            letters: LETTER_SIZES.find(&row, &[]),
            marks: MARKS.find(&row, &[]),
            counts: COUNT_WORDS.find(&row, &[]),
            row,
        }
    }

    /// Whether a stretch is free of dates, lots and other numbers with names of their own.
    pub fn free(&self, span: &Range<usize>) -> bool {
        self.taken.iter().all(|taken| apart(taken, span))
    }

    /// The field word that ends right before `at`, but for punctuation.
    pub fn field_before(&self, at: usize) -> Option<Field> {
        let touches =
            |field: &&Found<Field>| field.span.end <= at && quiet(&self.row, field.span.end..at);
        self.fields.iter().rfind(touches).map(|field| field.value)
    }

    /// The field word that begins right after `end`, but for punctuation.
    pub fn field_after(&self, end: usize) -> Option<Field> {
        let touches = |field: &&Found<Field>| {
            field.span.start >= end && quiet(&self.row, end..field.span.start)
        };
        self.fields.iter().find(touches).map(|field| field.value)
    }

    /// Where the value of a field word begins in its own print; `None` where the print ends first.
    fn behind(&self, field: &Found<Field>) -> Option<usize> {
        let end = self.row.segment(field.span.start).end;
        let mut at = field.span.end;
        loop {
            at = (at..end).find(|&at| self.row.at(at).is_alphanumeric())?;
            match self
                .fields
                .iter()
                .find(|other| other.span.start == at && other.value == field.value)
            {
                Some(other) => at = other.span.end,
                None => return Some(at),
            }
        }
    }

    /// The prints of the row.
    pub fn segments(&self) -> Vec<Range<usize>> {
        let mut segments = Vec::new();
        let mut at = 0;
        while at < self.row.chars.len() {
            let segment = self.row.segment(at);
            at = segment.end + 1;
            segments.push(segment);
        }
        segments
    }
}

impl<'a> Page<'a> {
    /// The page of `lines`.
    pub fn new(lines: &'a [TextLine]) -> Self {
        Self { lines, rows: rows(lines).into_iter().map(Marked::new).collect() }
    }

    /// The lower median of the heights of the lines, in pixels.
    pub fn usual_height(&self) -> f32 {
        let mut heights: Vec<f32> = self.lines.iter().map(TextLine::height).collect();
        heights.sort_by(f32::total_cmp);
        // Heights of one print differ by rounding.
        heights.get(heights.len().saturating_sub(1) / 2).map_or(0.0, |height| 0.95 * height)
    }

    /// What `span` of a row covers, as it was printed.
    pub fn print(&self, row: usize, span: &Range<usize>) -> Print {
        self.rows[row].row.print(span, self.lines)
    }

    /// Row and character where the values of `field` begin.
    pub fn places(&self, field: Field) -> Vec<(usize, usize)> {
        let mut places = Vec::new();
        for (index, marked) in self.rows.iter().enumerate() {
            for word in marked.fields.iter().filter(|word| word.value == field) {
                let place = match marked.behind(word) {
                    Some(at) => Some((index, at)),
                    None => self.beside(index, word).or_else(|| self.below(index, word)),
                };
                places.extend(place);
            }
        }
        places.dedup();
        places
    }

    /// The next print of the row, unless it is a field word too.
    fn beside(&self, index: usize, word: &Found<Field>) -> Option<(usize, usize)> {
        let marked = &self.rows[index];
        let from = marked.row.segment(word.span.start).end;
        let at = (from..marked.row.chars.len()).find(|&at| marked.row.at(at).is_alphanumeric())?;
        let heading = marked.fields.iter().any(|other| other.span.start == at);
        (!heading).then_some((index, at))
    }

    /// The nearest print just below.
    fn below(&self, index: usize, word: &Found<Field>) -> Option<(usize, usize)> {
        let place = self.print(index, &word.span).place;
        let mut near: Option<(f32, (usize, usize))> = None;
        for (other, marked) in self.rows.iter().enumerate().filter(|(other, _)| *other != index) {
            for segment in marked.segments() {
                let start = segment.clone().find(|&at| marked.row.at(at).is_alphanumeric());
                let Some(start) = start else { continue };
                let gap = place.gap_to_below(&self.print(other, &segment).place);
                if let Some(gap) = gap
                    && near.is_none_or(|(least, _)| gap < least)
                {
                    near = Some((gap, (other, start)));
                }
            }
        }
        near.map(|(_, place)| place)
            .filter(|(row, at)| !self.rows[*row].fields.iter().any(|field| field.span.start == *at))
    }
}

/// The number after a word that names it: lots, serial numbers, article numbers.
fn named_number(row: &Row, hit: &Hit) -> Option<Range<usize>> {
    let named = matches!(hit.kind, Kind::Lot | Kind::Serial | Kind::Number);
    // A lone letter before a number marks a lot only where it is no unit: that is found out elsewhere.
    if !named || hit.span.len() == 1 {
        return None;
    }
    let end = row.segment(hit.span.start).end;
    let start = (hit.span.end..end).find(|&at| row.at(at).is_alphanumeric())?;
    let stop = (start..end).find(|&at| row.at(at) == ' ').unwrap_or(end);
    let number = (start..stop).any(|at| row.at(at).is_ascii_digit());
    (number && stop - start > 1).then_some(start..stop)
}
