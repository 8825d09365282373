//! The **look at dots** itself: which rows, how each is shown, and what is believed of it.
//!
//! One view of a row is easily misread, so a date counts by *votes*: each way of finding rows and each *view* of a
//! row has one. A view is a crop that the network of dots reads, or the row shown to the recogniser of strokes
//! in some way. A date needs a few, and most of those in its place.

use image::RgbImage;

use super::join::joined;
use super::net::DotNet;
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
/// A view of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
enum View {
    /// The network of dots reads the row with so many of its heights more on each side, or less.
    Dots(f32),
    /// The recogniser of strokes reads the row, shown in this way.
    Strokes(Shown),
}

/// The views, the cheapest first; each has one vote.
const VIEWS: [View; 5] = [
    View::Dots(0.0),
    View::Dots(0.1),
    View::Dots(-0.06),
    View::Strokes(Shown::AsItIs),
    View::Strokes(Shown::Blurred(0.45)),
];
/// So many rows are read in each way, the longest first: coders print four lines.
const ROWS_MAX: usize = 16;
/// A box so many times as high as another is of more than one row.
const HIGHER: f32 = 1.7;
/// Lines are so far apart, in heights of a box,
const DISTANCES: [f32; 3] = [0.75, 0.95, 1.2];
/// and a date is at least so many heights long.
const DATE_LONG: f32 = 9.0;
/// What the network of dots reads may cost this share of what the recogniser of strokes may: it knows dots.
const DOTS_COST: f32 = 0.6;
/// And what it reads in a half of a box this share: most boxes do not hold two rows, and halves of characters look
/// like others.
const HALVES_COST: f32 = 0.35;
/// A date needs so many votes: of two crops that read the same, one in three read the same wrong.
const LEAST_VOTES: usize = 3;
/// A word needs so many: it gives a role to what the first look took for a date.
const WORD_VOTES: usize = 2;
/// A date needs this share of all votes for dates in its place.
const LEAST_SHARE: f32 = 0.6;

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
    rows: Vec<Seen>,
}

/// What one view showed, and where.
#[derive(Debug)]
struct Seen {
    corners: Corners,
    row: Row,
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
        (text, decoders, net): (&mut TextReader, &Decoders, &DotNet),
        options: &ReadOptions<'_>,
        context: &Context,
    ) -> Result<Option<Reading>, TextError> {
        let mut rows = match way {
            Way::Again => std::mem::take(&mut self.again),
            Way::Below => self.below(),
            Way::Relief(_) if (options.time_is_over)() => {
                return Err(TextError::OutOfTime { lines: Vec::new(), unread: 0 });
            }
            Way::Relief(pitch) => text.find(&relief(picture, pitch), options)?,
        };
        rows.truncate(ROWS_MAX);
        // A box may hold a part of a row, or two rows.
        let mut open: Vec<(Corners, bool)> =
            joined(&rows).into_iter().chain(rows).map(|corners| (corners, true)).rev().collect();
        while let Some((corners, is_whole)) = open.pop() {
            let said = self.look_at(corners, is_whole, picture, (text, decoders, net), options)?;
            if is_whole && !said {
                open.extend(halves(&corners).map(|half| (half, false)));
            }
        }
        let again = Reading::of(self.lines(first), first.codes.clone(), context);
        let dated = first.dates.is_empty() && !again.dates.is_empty();
        Ok((dated || !is_wanted(&again)).then_some(again))
    }

    /// Reads one row in all views, or a half of one by the network of dots alone: whether that network found a word
    /// or a date.
    fn look_at(
        &mut self,
        [a, b, c, d]: Corners,
        is_whole: bool,
        picture: &RgbImage,
        (text, decoders, net): (&mut TextReader, &Decoders, &DotNet),
        options: &ReadOptions<'_>,
    ) -> Result<bool, TextError> {
        // Which way a row of dots runs is often misjudged: the other way is tried until one says something.
        let mut ways = vec![[a, b, c, d], [c, d, a, b]];
        // What the network of dots says in its views.
        let mut said: Vec<String> = Vec::new();
        for view in VIEWS {
            let is_last_resort = matches!(view, View::Strokes(_));
            let share = match (view, is_whole) {
                (View::Strokes(_), _) => 1.0,
                (View::Dots(_), true) => DOTS_COST,
                (View::Dots(_), false) => HALVES_COST,
            };
            if is_last_resort && (!is_whole || agree(&said)) {
                break;
            }
            for corners in ways.clone() {
                if (options.time_is_over)() {
                    return Err(TextError::OutOfTime { lines: Vec::new(), unread: 0 });
                }
                let answers = match view {
                    View::Dots(more) => net.read(picture, &grown(&corners, more)),
                    View::Strokes(how) => match shown(picture, &corners, how) {
                        Some((part, within)) => text.coded(&part, &within)?,
                        None => continue,
                    },
                };
                if let Some(row) = decoders.read(answers, share) {
                    if !is_last_resort {
                        said.push(row.date.clone());
                    }
                    self.saw(Seen { corners, row });
                    ways = vec![corners];
                }
            }
        }
        Ok(!said.is_empty())
    }

    /// Rows that the detector may have missed: a line or two below each word without a date.
    fn below(&self) -> Vec<Corners> {
        let undated = self.places.iter().filter(|place| place.date().is_none());
        let words = undated.filter_map(|place| place.word().map(|seen| seen.corners));
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

    fn saw(&mut self, seen: Seen) {
        let here = line(&seen.corners);
        let is_here = |there: &Seen| overlap(&line(&there.corners), &here);
        match self.places.iter_mut().find(|place| place.rows.iter().any(is_here)) {
            Some(place) => place.rows.push(seen),
            None => self.places.push(Place { rows: vec![seen] }),
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
            (Some(Seen { row: word, .. }), Some(Seen { row: date, corners, .. })) => {
                let cost = word.word_cost.max(date.date_cost);
                (corners, format!("{} {}", word.word, date.date), cost)
            }
            (Some(Seen { row, corners, .. }), None) => (corners, row.word.clone(), row.word_cost),
            (None, Some(Seen { row, corners, .. })) => {
                let parts = [&row.before, &row.date, &row.after].map(|part| part.trim());
                (corners, parts.join(" "), row.date_cost)
            }
            (None, None) => return None,
        };
        let confidence = (-cost).exp();
        Some(TextLine { text: text.trim().to_owned(), corners: *corners, confidence })
    }

    /// The row with the word that cost least, of those words that have enough votes.
    fn word(&self) -> Option<&Seen> {
        let worded = || self.rows.iter().filter(|seen| !seen.row.word.is_empty());
        let votes = |word: &str| worded().filter(|seen| seen.row.word == word).count();
        let words = worded().filter(|seen| votes(&seen.row.word) >= WORD_VOTES);
        words.min_by(|a, b| a.row.word_cost.total_cmp(&b.row.word_cost))
    }

    /// The cheapest row with the date that has most of the votes. What is only the end of a date that another
    /// view shows has no vote: a box cut it off.
    fn date(&self) -> Option<&Seen> {
        let is_cut = |date: &str| {
            let ends = |other: &str| !same_date(other, date) && other.ends_with(date);
            self.rows.iter().any(|seen| ends(&seen.row.date))
        };
        let dated = || {
            let is_whole = |seen: &&Seen| !seen.row.date.is_empty() && !is_cut(&seen.row.date);
            self.rows.iter().filter(is_whole)
        };
        let votes = |date: &str| dated().filter(|seen| same_date(&seen.row.date, date)).count();
        let best = &dated().max_by_key(|seen| votes(&seen.row.date))?.row.date;
        let most = votes(best);
        let all = dated().count();
        if most < LEAST_VOTES || (most as f32) < LEAST_SHARE * all as f32 {
            return None;
        }
        let same = dated().filter(|seen| same_date(&seen.row.date, best));
        same.min_by(|a, b| a.row.date_cost.total_cmp(&b.row.date_cost))
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

/// Whether enough views say the same date.
fn agree(dates: &[String]) -> bool {
    let same = |date: &String| !date.is_empty() && same_date(date, &dates[0]);
    dates.len() >= LEAST_VOTES && dates.iter().all(same)
}

/// The upper and the lower half of a box, and a little more.
fn halves([a, b, c, d]: &Corners) -> [Corners; 2] {
    let between = |from: &[f32; 2], to: &[f32; 2], share: f32| {
        [0, 1].map(|axis| from[axis] + share * (to[axis] - from[axis]))
    };
    let rows = |top: f32, bottom: f32| {
        [between(a, d, top), between(b, c, top), between(b, c, bottom), between(a, d, bottom)]
    };
    [rows(0.0, 0.55), rows(0.45, 1.0)]
}

/// The corners with so many heights `more` on each side.
fn grown(corners: &Corners, more: f32) -> Corners {
    let row = line(corners);
    let [u, v] = row.direction();
    let far = more * row.height();
    let moved = |[x, y]: [f32; 2], along: f32, down: f32| {
        [x + far * (along * u - down * v), y + far * (along * v + down * u)]
    };
    let [a, b, c, d] = *corners;
    [moved(a, -1.0, -1.0), moved(b, 1.0, -1.0), moved(c, 1.0, 1.0), moved(d, -1.0, 1.0)]
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
