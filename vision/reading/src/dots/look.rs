//! The **look at dots** itself: which rows, how each is shown, and what is believed of it.
//!
//! One view of a row is easily misread, so a date counts by *votes*: each way of finding rows and each way of
//! showing them has one. A date needs two, and more than any other date in its place.

use image::RgbImage;

use super::relief::relief;
use super::row::{Decoders, Row};
use super::shown::{Shown, shown};
use crate::text::{ReadOptions, TextError, TextReader, sort};
use meaning::dates::{Context, DateRead, Role};
use meaning::line::{Corners, TextLine};
use meaning::reading::Reading;

/// Where rows are looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Way {
    /// Where the first look found lines.
    Again,
    /// Below words without a date.
    Below,
    /// In the relief for dots so many pixels apart.
    Relief(f32),
}

/// The ways, the cheapest first: only reliefs need a run of the detector. They are for characters of about 12
/// to 20 and 20 to 40 pixels.
pub(crate) const WAYS: [Way; 6] =
    [Way::Again, Way::Below, Way::Relief(2.2), Way::Below, Way::Relief(4.0), Way::Below];
/// How rows are shown to the recogniser.
const SHOWN: [Shown; 3] = [Shown::AsItIs, Shown::Blurred(0.45), Shown::Relief(0.6)];
/// So many rows are read in each way, the longest first: coders print four lines.
const ROWS_MAX: usize = 16;
/// A box so many times as high as another is of more than one row.
const HIGHER: f32 = 1.7;
/// Lines are so far apart, in heights of a box,
const DISTANCES: [f32; 3] = [0.75, 0.95, 1.2];
/// and a date is at least so many heights long.
const DATE_LONG: f32 = 9.0;
/// A date needs so many votes.
const LEAST_VOTES: usize = 2;

/// Whether a look at dots may help: the reading has no expiry date, and no date of which the label says what
/// else it is. Such a one would be read again, perhaps without the words that deny.
pub(crate) fn is_wanted(reading: &Reading) -> bool {
    let settled = |date: &DateRead| match date.role {
        Role::Expiry => true,
        Role::Manufacture => false,
        Role::Unknown => date.explained,
    };
    !reading.dates.iter().any(settled)
}

/// What was seen of one picture so far.
#[derive(Debug)]
pub(crate) struct Look {
    /// Where the first look found lines.
    again: Vec<Corners>,
    places: Vec<Place>,
}

/// What was seen at one place: once for each view that showed a date or a word.
#[derive(Debug)]
struct Place {
    rows: Vec<(Corners, Row)>,
}

impl Look {
    /// Nothing yet, in a picture where the first look found lines `again`.
    pub(crate) fn new(again: Vec<Corners>) -> Self {
        Self { again, places: Vec::new() }
    }

    /// Looks in one more way, and tells the `first` reading with what is believed by now, if that gives it
    /// an expiry date, or a date where it had none.
    ///
    /// # Errors
    ///
    /// When a network fails, and when time is over.
    pub(crate) fn by(
        &mut self,
        way: Way,
        first: &Reading,
        picture: &RgbImage,
        (text, decoders): (&mut TextReader, &Decoders),
        options: &ReadOptions<'_>,
        context: &Context,
    ) -> Result<Option<Reading>, TextError> {
        let over = || TextError::OutOfTime { lines: Vec::new(), unread: 0 };
        let mut rows = match way {
            Way::Again => std::mem::take(&mut self.again),
            Way::Below => self.below(),
            Way::Relief(_) if (options.time_is_over)() => return Err(over()),
            Way::Relief(pitch) => text.find(&relief(picture, pitch), options)?,
        };
        rows.truncate(ROWS_MAX);
        for [a, b, c, d] in rows {
            // Which way a row of dots runs is often misjudged: the other way is tried until one says something.
            let mut ways = vec![[a, b, c, d], [c, d, a, b]];
            for how in SHOWN {
                for corners in ways.clone() {
                    if (options.time_is_over)() {
                        return Err(over());
                    }
                    let Some((part, within)) = shown(picture, &corners, how) else { continue };
                    if let Some(row) = decoders.read(text.coded(&part, &within)?) {
                        self.saw(corners, row);
                        ways = vec![corners];
                    }
                }
            }
        }
        let again = Reading::of(self.lines(first), first.codes.clone(), context);
        let dated = first.dates.is_empty() && !again.dates.is_empty();
        Ok((dated || !is_wanted(&again)).then_some(again))
    }

    /// Rows that the detector may have missed: a line or two below each word without a date.
    fn below(&self) -> Vec<Corners> {
        let undated = self.places.iter().filter(|place| place.date().is_none());
        let words = undated.filter_map(|place| place.word().map(|(corners, _)| *corners));
        words
            .flat_map(|corners| {
                let word = line(&corners);
                let [u, v] = word.direction();
                let ([x, y], height) = (corners[0], word.height());
                let long = word.width().max(DATE_LONG * height);
                DISTANCES.map(|distance| {
                    let at = |along: f32, down: f32| {
                        [x + along * u - down * v, y + along * v + down * u]
                    };
                    let (top, bottom) = (distance * height, (distance + 1.0) * height);
                    [at(0.0, top), at(long, top), at(long, bottom), at(0.0, bottom)]
                })
            })
            .collect()
    }

    fn saw(&mut self, corners: Corners, row: Row) {
        let here = line(&corners);
        let is_here = |(there, _): &(Corners, Row)| overlap(&line(there), &here);
        match self.places.iter_mut().find(|place| place.rows.iter().any(is_here)) {
            Some(place) => place.rows.push((corners, row)),
            None => self.places.push(Place { rows: vec![(corners, row)] }),
        }
    }

    /// What is believed, and the lines of the `first` reading elsewhere, in reading order.
    fn lines(&self, first: &Reading) -> Vec<TextLine> {
        let mut lines: Vec<TextLine> = self.places.iter().filter_map(Place::believed).collect();
        for known in &first.lines {
            if !lines.iter().any(|line| covers(line, known)) {
                lines.push(known.clone());
            }
        }
        sort(&mut lines);
        lines
    }
}

impl Place {
    /// The word that cost least and the date with the most votes; nothing where there is neither.
    fn believed(&self) -> Option<TextLine> {
        let date = self.date();
        let word = self.word();
        let (corners, text, cost) = match (word, date) {
            (Some((_, word)), Some((corners, date))) => {
                let cost = word.word_cost.max(date.date_cost);
                (corners, format!("{} {}", word.word, date.date), cost)
            }
            (Some((corners, word)), None) => (corners, word.word.clone(), word.word_cost),
            (None, Some((corners, date))) => {
                let parts = [&date.before, &date.date, &date.after].map(|part| part.trim());
                (corners, parts.join(" "), date.date_cost)
            }
            (None, None) => return None,
        };
        let confidence = (-cost).exp();
        Some(TextLine { text: text.trim().to_owned(), corners: *corners, confidence })
    }

    /// The row with the word that cost least.
    fn word(&self) -> Option<&(Corners, Row)> {
        let words = self.rows.iter().filter(|(_, row)| !row.word.is_empty());
        words.min_by(|(_, a), (_, b)| a.word_cost.total_cmp(&b.word_cost))
    }

    /// The cheapest row with the date that has the most votes; of two dates that have as many neither. What is
    /// only the end of a date that another view shows has no vote: a box cut it off.
    fn date(&self) -> Option<&(Corners, Row)> {
        let is_cut = |date: &str| {
            self.rows.iter().any(|(_, row)| !same_date(&row.date, date) && row.date.ends_with(date))
        };
        let dated =
            || self.rows.iter().filter(move |(_, row)| !row.date.is_empty() && !is_cut(&row.date));
        let votes = |date: &str| dated().filter(|(_, row)| same_date(&row.date, date)).count();
        let (_, best) = dated().max_by_key(|(_, row)| votes(&row.date))?;
        let most = votes(&best.date);
        let is_rival = |row: &Row| !same_date(&row.date, &best.date) && votes(&row.date) == most;
        if most < LEAST_VOTES || dated().any(|(_, row)| is_rival(row)) {
            return None;
        }
        dated()
            .filter(|(_, row)| same_date(&row.date, &best.date))
            .min_by(|(_, a), (_, b)| a.date_cost.total_cmp(&b.date_cost))
    }
}

/// Whether both dates have the same characters; spaces are often not seen.
fn same_date(a: &str, b: &str) -> bool {
    let letters = |text: &str| text.replace(' ', "");
    letters(a) == letters(b)
}

fn line(corners: &Corners) -> TextLine {
    TextLine { text: String::new(), corners: *corners, confidence: 0.0 }
}

/// Whether the middle of `known` lies in `line`, or the other way round.
fn covers(one: &TextLine, known: &TextLine) -> bool {
    let within = |outer: &TextLine, inner: &TextLine| {
        let [u, v] = outer.direction();
        let ([x, y], [p, q]) = (outer.centre(), inner.centre());
        let (along, across) = ((p - x) * u + (q - y) * v, (q - y) * u - (p - x) * v);
        along.abs() < 0.5 * outer.width() && across.abs() < 0.4 * outer.height()
    };
    within(one, known) || within(known, one)
}

/// Whether both are one row: one covers the other, and they are about as high.
fn overlap(a: &TextLine, b: &TextLine) -> bool {
    let heights = [a.height(), b.height()];
    if heights[0].max(heights[1]) > HIGHER * heights[0].min(heights[1]) {
        return false;
    }
    covers(a, b)
}
