//! Reads bar codes and matrix codes, from any side and at any angle.
//!
//! * A code **in two dimensions** (Data Matrix, QR, Aztec, MaxiCode, PDF417) is found at every angle by the
//!   decoder itself.
//! * A **linear code** (EAN and UPC, ITF, Code 128, 39 and 93, Codabar, GS1 DataBar) is bars in one or more
//!   rows. The decoder looks along the picture's rows and columns, which cross all bars only when the code
//!   stands nearly straight. So areas in which all edges run one way are looked for, and each is turned
//!   upright first (`bars`). An EAN-13 or UPC-A that is out of focus there is read by fitting whole digits
//!   to its greys (`blurred`).
//!
//! Codes in two dimensions may also be light on dark. The decoder is zxing-cpp (`decoder`). Its port to Rust,
//! `rxing` (0.9.3), does not know DataBar Limited. Figures stand in `docs/measurements/labels.md`.
//!
//! **Time.** A picture is searched at a bounded number of pixels. Only where something was found that may
//! be a code is a larger picture looked at closer.
//!
//! **Misreads.** A linear code has one check digit or less for what it says, and stripes that are no code
//! can look like one. So rows of pixels must agree, the more the less a kind checks itself; of two
//! codes that lie one in the other that of more rows counts, and one that checks itself before one that
//! does not.

mod bars;
mod blurred;
mod decoder;
#[cfg(test)]
pub(crate) mod tests;

use std::time::Duration;

use image::GrayImage;

use decoder::{Decoder, Found};
use meaning::code::{Code, Symbology};
use meaning::line::Corners;

use crate::reader::is_over;
use crate::rectangle::Rectangle;
use crate::scale::{self, Filter};

/// Pictures of more pixels are made smaller for the search.
const MOST_SEARCHED_PX: u64 = 3_200_000;
/// The decoder wants modules of three pixels and more. Where it finds no code in two dimensions, it looks
/// again for Data Matrix and QR, which are printed smallest, at the picture made so many times as large:
/// modules of 3 pixels with noise are best twice as large and smooth, of 2 and 1.5 pixels three times as
/// large and sharp.
const ENLARGED: [(u32, Filter); 2] = [(2, Filter::Smooth), (3, Filter::Sharp)];
/// Larger pictures than this are not worth the time of another look.
const MOST_ENLARGED_PX: u64 = 4_000_000;

/// So many areas of bars are tried as codes out of focus where nothing else was read, the largest.
const MOST_OUT_OF_FOCUS: usize = 2;

/// Why a picture was not searched for codes.
#[derive(Debug, thiserror::Error)]
#[error(
    "no code can be read from a picture of {width} by {height} pixels ({cause}); use a smaller picture"
)]
pub struct CodeError {
    width: u32,
    height: u32,
    cause: String,
}

/// The codes of these `kinds` in `picture`, linear ones that stand aslant last.
///
/// Where none was read, an EAN-13 or UPC-A out of focus is looked for until `until` (on the monotonic clock;
/// `None`: to the end), which takes up to a second for each of two places: on a belt that is time for other
/// items, so only who needs the number gives it.
///
/// # Errors
///
/// When the decoder refuses the picture, which it does for its size.
pub fn read(
    picture: &GrayImage,
    kinds: &[Symbology],
    until: Option<Duration>,
) -> Result<Vec<Code>, CodeError> {
    let some = |of: fn(Symbology) -> bool| -> Vec<Symbology> {
        kinds.iter().copied().filter(|kind| of(*kind)).collect()
    };
    let linear = some(Symbology::is_linear);
    let small = some(|kind| matches!(kind, Symbology::DataMatrix | Symbology::QrCode));
    if picture.is_empty() || kinds.is_empty() {
        return Ok(Vec::new());
    }
    let mut found: Vec<Found> = Vec::new();
    let smaller = reduced(picture);
    let (search, times) = match &smaller {
        Some(smaller) => (smaller, picture.width() as f32 / smaller.width() as f32),
        None => (picture, 1.0),
    };
    for one in Decoder::of(kinds).everywhere(search)? {
        keep(&mut found, one.placed(|[x, y]| [x * times, y * times]));
    }
    for (times, filter) in ENLARGED {
        let pixels = u64::from(picture.width()) * u64::from(picture.height());
        let known = found.iter().any(|one| !one.code.symbology.is_linear());
        if small.is_empty() || known || pixels * u64::from(times * times) > MOST_ENLARGED_PX {
            continue;
        }
        let (width, height) = (picture.width() * times, picture.height() * times);
        let larger = scale::grey(picture, width, height, filter);
        for one in Decoder::of(&small).enlarged(&larger)? {
            keep(&mut found, one.placed(|[x, y]| [x / times as f32, y / times as f32]));
        }
    }
    if !linear.is_empty() {
        for area in bars::areas(search, bars::LEAST_SLOPE) {
            let (strip, place) = bars::upright(picture, &area.scaled(times, times));
            for one in Decoder::of(&linear).upright(&strip)? {
                keep(&mut found, one.placed(&place));
            }
        }
    }
    if found.is_empty() && kinds.contains(&Symbology::Ean13) && !is_over(until) {
        let areas = bars::areas(search, bars::LEAST_SLOPE_OUT_OF_FOCUS);
        for area in areas.into_iter().take(MOST_OUT_OF_FOCUS) {
            if is_over(until) {
                break;
            }
            let (strip, place) = bars::upright(picture, &area.scaled(times, times));
            if let Some(read) = blurred::Reader.read(&strip) {
                keep(&mut found, read.found(strip.height()).placed(&place));
            }
        }
    }
    Ok(found.into_iter().map(|one| one.code).collect())
}

/// `picture` with as many pixels as are searched; `None` when it has no more.
fn reduced(picture: &GrayImage) -> Option<GrayImage> {
    let (width, height) = picture.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let times = (pixels as f64 / MOST_SEARCHED_PX as f64).sqrt();
    let side = |length: u32| ((f64::from(length) / times).round() as u32).max(1);
    (times > 1.0).then(|| scale::grey(picture, side(width), side(height), Filter::Smooth))
}

/// Adds a code that is not yet there: the same text at the same place is the same code. Of two linear
/// codes that lie one in the other, one is a misread of some rows: of one kind that with fewer rows, else
/// that of the kind that checks itself less.
fn keep(found: &mut Vec<Found>, new: Found) {
    if found.iter().any(|old| same(&old.code, &new.code)) {
        return;
    }
    let rivals = |old: &Found| {
        let either = old.code.symbology == new.code.symbology || old.is_weak() != new.is_weak();
        let linear = old.code.symbology.is_linear() || old.is_weak() != new.is_weak();
        either && linear && (holds(&old.code, &new.code) || holds(&new.code, &old.code))
    };
    let better = |old: &Found| (!old.is_weak(), old.rows) >= (!new.is_weak(), new.rows);
    if found.iter().any(|old| rivals(old) && better(old)) {
        return;
    }
    found.retain(|old| !rivals(old));
    found.push(new);
}

fn same(a: &Code, b: &Code) -> bool {
    let reach = 0.5 * distance(a.corners[0], a.corners[2]).max(16.0);
    (a.symbology, &a.text) == (b.symbology, &b.text)
        && distance(centre(&a.corners), centre(&b.corners)) <= reach
}

/// Whether the centre of `inner` lies in `outer`.
fn holds(outer: &Code, inner: &Code) -> bool {
    Rectangle::around(&outer.corners).is_some_and(|area| area.holds(centre(&inner.corners)))
}

fn centre(corners: &Corners) -> [f32; 2] {
    [0, 1].map(|axis| corners.iter().map(|corner| corner[axis]).sum::<f32>() / 4.0)
}

fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}
