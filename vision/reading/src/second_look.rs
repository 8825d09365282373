//! **Second look**: a date without words is looked at again, alone with what stands around it.
//!
//! The words that say what a date means are often small, and lost among the print of a whole view. A *window*
//! around such a date holds little else, so that the detector sees it enlarged. It is shown in several ways,
//! until one explains the date: as it is; sharpened, since small words are lost to blur before the date is; and
//! with even contrast, since a lamp that is reflected makes words pale. What is read there counts if the same
//! date has a role then; otherwise all stays as it was. A date of which the label says what it is ("do not use
//! before") is not looked at again: the window may cut the words that deny.

use image::RgbImage;
use image::imageops::{crop_imm, unsharpen};

use super::text::contrast::evened;
use meaning::dates::{Context, DateRead, Role};
use meaning::line::{Corners, TextLine};
use meaning::reading::Reading;

/// A window reaches this many heights of the date beyond it on each side: "Use by" and a gap are about five.
const REACH: f32 = 6.0;
/// A window is sharpened against a blur of this share of the date's height (`docs/measurements/second-look.md`).
const BLUR: f32 = 0.05;
/// Contrast is evened out within this share of the date's height: about the height of the small words.
const EVENED: f32 = 0.4;
/// The ways in which a window is shown, as long as its date is not explained.
pub(super) const WAYS: [Way; 3] = [Way::AsItIs, Way::Sharpened, Way::Evened];
/// So many dates are looked at again; labels with more are tables.
const DATES_MAX: usize = 2;

/// How a window is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// As it is.
    AsItIs,
    /// Each pixel's difference from its surroundings counts twice.
    Sharpened,
    /// Print stands out alike everywhere.
    Evened,
}

/// A part of a picture, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
    date_height: f32,
}

impl Window {
    /// Around a date, as far as the picture goes; `None` where that is nowhere.
    fn around(corners: &Corners, width: u32, height: u32) -> Option<Self> {
        let line = TextLine { text: String::new(), corners: *corners, confidence: 0.0 };
        let reach = REACH * line.height();
        let span = |axis: usize, size: u32| {
            let places = corners.iter().map(|corner| corner[axis]);
            let low = places.clone().fold(f32::INFINITY, f32::min) - reach;
            let high = places.fold(f32::NEG_INFINITY, f32::max) + reach;
            // Places that are none become 0.
            let low = (low.max(0.0) as u32).min(size);
            (low, (high.ceil().max(0.0) as u32).clamp(low, size) - low)
        };
        let ((left, width), (top, height)) = (span(0, width), span(1, height));
        // A height that is none becomes 0 too.
        let date_height = line.height().max(0.0);
        (width > 0 && height > 0).then_some(Self { left, top, width, height, date_height })
    }

    /// What a picture shows in it, shown in this way.
    pub(super) fn of(self, picture: &RgbImage, way: Way) -> RgbImage {
        let shown = crop_imm(picture, self.left, self.top, self.width, self.height).to_image();
        let pixels = |share: f32| (share * self.date_height).clamp(0.5, 50.0);
        match way {
            Way::AsItIs => shown,
            Way::Sharpened => unsharpen(&shown, pixels(BLUR), 0),
            Way::Evened => evened(&shown, pixels(EVENED)),
        }
    }

    fn holds(&self, line: &TextLine) -> bool {
        let [x, y] = line.centre();
        let within = |at: f32, from: u32, size: u32| at >= from as f32 && at < (from + size) as f32;
        within(x, self.left, self.width) && within(y, self.top, self.height)
    }

    /// A line of the window's picture, where it stands in the whole one.
    fn placed(&self, line: TextLine) -> TextLine {
        let corners = line.corners.map(|[x, y]| [x + self.left as f32, y + self.top as f32]);
        TextLine { corners, ..line }
    }
}

/// Where to look again: around dates that no word explains, on a label that shows no expiry date.
pub(super) fn windows(reading: &Reading, width: u32, height: u32) -> Vec<Window> {
    if reading.dates.iter().any(|date| date.role == Role::Expiry) {
        return Vec::new();
    }
    let unexplained = reading.dates.iter().filter(|date| !date.explained);
    let around = |date: &DateRead| Window::around(&date.corners, width, height);
    unexplained.take(DATES_MAX).filter_map(around).collect()
}

/// The reading with the lines of a window replaced by what was `seen` there, if that gives a date of the
/// window the role which it lacked.
pub(super) fn with(
    reading: &Reading,
    window: Window,
    seen: Vec<TextLine>,
    context: &Context,
) -> Option<Reading> {
    let beside = reading.lines.iter().filter(|line| !window.holds(line)).cloned();
    let lines = beside.chain(seen.into_iter().map(|line| window.placed(line))).collect();
    let again = Reading::of(lines, reading.codes.clone(), context);
    let is_same = |a: &DateRead, b: &DateRead| (a.year, a.month, a.day) == (b.year, b.month, b.day);
    let explained =
        reading.dates.iter().filter(|date| !date.explained).any(|old| {
            again.dates.iter().any(|new| new.role != Role::Unknown && is_same(old, new))
        });
    explained.then_some(again)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use meaning::dates::Region;

    const CONTEXT: Context = Context { region: Region::Europe, today: date(2026, 3, 1) };

    fn read(lines: Vec<TextLine>) -> Reading {
        Reading::of(lines, Vec::new(), &CONTEXT)
    }

    fn misread() -> Reading {
        read(vec![
            TextLine::level("Green tea", 500.0, 20.0, 30.0),
            TextLine::level("Bcaby", 400.0, 300.0, 20.0),
            TextLine::level("17 NOV 2026", 500.0, 300.0, 20.0),
        ])
    }

    #[test]
    fn what_is_read_around_a_date_explains_it_and_the_rest_stays() {
        let reading = misread();
        let [window] = windows(&reading, 1000, 800)[..] else { panic!("{:?}", reading.dates) };
        assert_eq!(
            window,
            Window { left: 380, top: 180, width: 372, height: 260, date_height: 20.0 }
        );
        let seen = vec![
            TextLine::level("Use by", 20.0, 120.0, 20.0),
            TextLine::level("17 NOV 2026", 120.0, 120.0, 20.0),
        ];
        let again = with(&reading, window, seen, &CONTEXT).expect("it is explained");
        assert_eq!(again.dates[0].role, Role::Expiry);
        assert_eq!(again.dates[0].corners, reading.dates[0].corners, "in the whole picture");
        let texts: Vec<&str> = again.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["Green tea", "Use by", "17 NOV 2026"]);
    }

    #[test]
    fn a_look_that_explains_nothing_changes_nothing() {
        let reading = misread();
        let [window] = windows(&reading, 1000, 800)[..] else { panic!("{:?}", reading.dates) };
        let other = vec![TextLine::level("Use by 18 NOV 2026", 20.0, 120.0, 20.0)];
        for seen in [Vec::new(), other] {
            assert_eq!(with(&reading, window, seen, &CONTEXT), None);
        }
    }

    #[test]
    fn a_date_that_the_label_explains_is_not_looked_at_without_its_words() {
        for text in [
            "DO NOT USE BEFORE 01.06.2026",
            "Best before: see cap 01.06.2026",
            "Sell by 01.06.2026",
        ] {
            let lines = vec![TextLine::level(text, 10.0, 100.0, 20.0)];
            let reading = Reading::of(lines, Vec::new(), &CONTEXT);
            assert_eq!(reading.dates[0].role, Role::Unknown, "{text}");
            assert_eq!(windows(&reading, 1000, 800), [], "{text}");
        }
    }

    #[test]
    fn a_label_with_an_expiry_date_or_without_dates_is_not_looked_at_again() {
        let level = |text: &str, y: f32| TextLine::level(text, 10.0, y, 20.0);
        let told = read(vec![level("USE BY 17 NOV 2026", 0.0), level("3 MAY 2026", 400.0)]);
        assert!(windows(&told, 1000, 800).is_empty(), "{:?}", told.dates);
        assert!(windows(&read(vec![level("Green tea", 0.0)]), 1000, 800).is_empty());
    }

    #[test]
    fn a_date_without_a_place_is_not_looked_at_again() {
        assert_eq!(Window::around(&[[f32::NAN; 2]; 4], 40, 30), None);
        assert_eq!(Window::around(&[[9.0; 2]; 4], 0, 30), None);
    }

    #[test]
    fn the_smallest_window_can_be_shown_in_every_way() {
        let picture = RgbImage::new(40, 30);
        for (width, height) in [(1, 1), (1, 9), (9, 1)] {
            let window = Window { left: 31, top: 20, width, height, date_height: 0.0 };
            for way in WAYS {
                assert_eq!(window.of(&picture, way).dimensions(), (width, height));
            }
        }
    }

    proptest! {
        #[test]
        fn a_window_lies_in_the_picture_wherever_the_date_is_said_to_stand(
            corners: [[f32; 2]; 4],
            (width, height) in (1u32..5000, 1u32..5000),
        ) {
            let Some(window) = Window::around(&corners, width, height) else { return Ok(()) };
            prop_assert!(window.left + window.width <= width);
            prop_assert!(window.top + window.height <= height);
        }
    }
}
