//! Whether a picture can be **used**: a white, half missing, torn or snowy one shows no item, and what
//! it happens to score is worth nothing.
//!
//! Each fault has one measure, on a sample of the pixels, and a bound far from what pictures of items
//! show: an unusable picture makes its item uninspected. `tests/usable.rs` prints the measures of all 422
//! pictures of five sets (cartons, cookies, aliens on white ground, screws, hazelnuts), good and damaged,
//! and holds the bounds against them.
//!
//! | fault | measure | bound | most in those pictures |
//! | --- | --- | --- | --- |
//! | white | share of pixels at full brightness | 0.98 | 0.80 |
//! | a part is missing | share of rows or columns of one value that end all at once (`missing.rs`) | 0.06 | 0.00 |
//! | rows repeat | share of rows, in one run, each the same as the one before | 0.12 | 0.00 |
//! | torn | rows from which on the picture is moved sideways | exactly one | none |
//! | snow | share of strips whose neighbouring pixels differ by 30 levels in the middle | 0.12 | 0.00 |
//!
//! A camera whose black level is 0 can show a dark ground that an item of the picture's whole width ends all
//! at once: raise its black level, as for any measuring.

mod missing;

use std::fmt;

use base::picture::{Picture, PixelFormat};

/// Pixels that are looked at in each direction.
const SAMPLES: u32 = 256;
/// Pictures with a shorter side than this are not looked at.
const SIDE_MIN: u32 = 32;
/// From here on a pixel is at full brightness.
const FULL: u8 = 250;
/// Share of such pixels at which a picture is white.
const WHITE: f64 = 0.98;
/// Share of a picture that must repeat, or be snow.
const PART: f64 = 0.12;
/// Share of a picture that must be missing.
const GONE: f64 = 0.06;
/// Rows from which on they are a run.
const RUN: u32 = 4;
/// Levels that a row must span for its repetition to tell something.
const SPAN: u8 = 12;
/// Median difference of neighbouring pixels from which on a strip is snow.
const SNOW: u8 = 30;
/// Strips that are looked at for snow.
const STRIPS: usize = 16;
/// Mean difference of two neighbouring rows from which on they may be a tear.
const TEAR_MIN: f64 = 12.0;
/// What is left of that difference at a tear once one row is moved.
const TEAR_LEFT: f64 = 0.35;
/// How far the rows of a tear are moved, as a share of the width.
const TEAR_SHIFT: (f64, f64) = (0.01, 0.25);

/// Why a picture shows no item that could be judged. Its text becomes a cause, and causes are counted by
/// their text: measurements stand in the fields only.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Unusable {
    /// Nearly every pixel is at full brightness.
    White {
        /// The share.
        share: f64,
    },
    /// From one edge on, or in a strip, nothing arrived.
    Missing {
        /// Which part.
        side: Side,
        /// How much of the picture.
        share: f64,
        /// The level in its place.
        level: u8,
    },
    /// The same row again and again.
    Repeats {
        /// How much of the picture.
        share: f64,
    },
    /// The picture is put together from two.
    Torn {
        /// At which share of the height.
        at: f64,
    },
    /// Neighbouring pixels have nothing to do with each other.
    Snow {
        /// How much of the picture.
        share: f64,
    },
}

/// An edge of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Above.
    Top,
    /// Below.
    Bottom,
    /// At the left.
    Left,
    /// At the right.
    Right,
    /// A strip across the picture or down.
    Middle,
}

impl std::error::Error for Unusable {}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unusable::White { .. } => write!(
                f,
                "no usable picture: it is white; lower the exposure, or look for light that falls in"
            ),
            Unusable::Missing { side, level, .. } => {
                let part = match side {
                    Side::Top => "its upper part",
                    Side::Bottom => "its lower part",
                    Side::Left => "its left part",
                    Side::Right => "its right part",
                    Side::Middle => "a strip of it",
                };
                let colour = match level {
                    0..=16 => "black",
                    _ => "of one colour",
                };
                write!(
                    f,
                    "no usable picture: {part} is {colour}, and the item not whole in it; check the \
                     camera's cable and the network"
                )
            }
            Unusable::Repeats { .. } => write!(
                f,
                "no usable picture: the same row comes again and again; check the camera's cable"
            ),
            Unusable::Torn { .. } => write!(
                f,
                "no usable picture: it is torn, put together from two; check the camera's driver and \
                 the load of the box"
            ),
            Unusable::Snow { .. } => {
                write!(f, "no usable picture: it is noise; check the camera's cable and its gain")
            }
        }
    }
}

/// What was measured of a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Measures {
    /// Share of pixels at full brightness.
    pub white: f64,
    /// Share that is missing at an edge or in a strip, and its level; the largest.
    pub missing: Option<(Side, f64, u8)>,
    /// Share of rows in the longest run of the same.
    pub repeats: f64,
    /// Where the picture is torn, as shares of its height.
    pub tears: Vec<f64>,
    /// Share of strips that are snow.
    pub snow: f64,
}

/// Whether `picture` can be used.
///
/// # Errors
/// Why not.
pub fn check(picture: &Picture) -> Result<(), Unusable> {
    if picture.width().min(picture.height()) < SIDE_MIN {
        return Ok(());
    }
    let measures = Measures::of(picture);
    if measures.white >= WHITE {
        return Err(Unusable::White { share: measures.white });
    }
    if measures.snow >= PART {
        return Err(Unusable::Snow { share: measures.snow });
    }
    if let Some((side, share, level)) = measures.missing.filter(|(_, share, _)| *share >= GONE) {
        return Err(Unusable::Missing { side, share, level });
    }
    // Nor is a drawing whose rows are all the same.
    if (PART..0.95).contains(&measures.repeats) {
        return Err(Unusable::Repeats { share: measures.repeats });
    }
    match measures.tears.as_slice() {
        [at] => Err(Unusable::Torn { at: *at }),
        _ => Ok(()),
    }
}

impl Measures {
    /// Measures `picture`, whose sides are 32 pixels at least.
    pub fn of(picture: &Picture) -> Measures {
        let rows = sampled(picture);
        let all = rows.iter().map(Vec::len).sum::<usize>().max(1) as f64;
        let full = rows.iter().flatten().filter(|level| **level >= FULL).count();
        Measures {
            white: full as f64 / all,
            missing: missing::largest(&rows, [picture.height(), picture.width()].map(step)),
            repeats: repeats(picture),
            tears: tears(picture),
            snow: snow(picture),
        }
    }
}

/// Brightness of one pixel.
fn level(picture: &Picture, row: &[u8], x: usize) -> u8 {
    match picture.format() {
        PixelFormat::Grey8 => row[x],
        PixelFormat::Rgb8 => {
            let [red, green, blue] = [0, 1, 2].map(|channel| u16::from(row[3 * x + channel]));
            ((red + 2 * green + blue) / 4) as u8
        }
    }
}

fn step(length: u32) -> usize {
    length.div_ceil(SAMPLES) as usize
}

/// The picture's brightness, thinned in both directions.
fn sampled(picture: &Picture) -> Vec<Vec<u8>> {
    let (across, down) = (step(picture.width()), step(picture.height()));
    (0..picture.height())
        .step_by(down)
        .map(|y| {
            let row = picture.row(y);
            (0..picture.width() as usize).step_by(across).map(|x| level(picture, row, x)).collect()
        })
        .collect()
}

/// The share of rows in the only run of rows that are the same, of those that show something. Several
/// runs are no fault of a camera but a drawing: rows that repeat do so until the picture ends.
fn repeats(picture: &Picture) -> f64 {
    let (mut run, mut longest, mut runs) = (0u32, 0u32, 0u32);
    for y in 1..picture.height() {
        let (before, row) = (picture.row(y - 1), picture.row(y));
        let width = picture.width() as usize;
        let spans = || {
            let levels = (0..width).step_by(step(picture.width())).map(|x| level(picture, row, x));
            let (low, high) =
                levels.fold((u8::MAX, u8::MIN), |(low, high), one| (low.min(one), high.max(one)));
            high.saturating_sub(low) >= SPAN
        };
        run = if before == row && spans() { run + 1 } else { 0 };
        longest = longest.max(run);
        runs += u32::from(run == RUN);
    }
    if runs > 1 {
        return 0.0;
    }
    f64::from(longest) / f64::from(picture.height())
}

/// The share of strips in which neighbouring pixels have nothing to do with each other.
fn snow(picture: &Picture) -> f64 {
    let rows: Vec<u32> = (0..picture.height()).step_by(step(picture.height())).collect();
    let strips = rows.chunks(rows.len().div_ceil(STRIPS));
    let count = strips.len();
    let snowy = strips.filter(|strip| {
        let mut seen = [0u32; 256];
        let mut total = 0;
        for y in *strip {
            let row = picture.row(*y);
            for x in (0..picture.width() as usize - 1).step_by(step(picture.width())) {
                let difference = level(picture, row, x).abs_diff(level(picture, row, x + 1));
                seen[usize::from(difference)] += 1;
                total += 1;
            }
        }
        let below: u32 = seen[..usize::from(SNOW)].iter().sum();
        2 * below < total
    });
    snowy.count() as f64 / count.max(1) as f64
}

/// Rows, as shares of the height, from which on the picture is moved sideways.
fn tears(picture: &Picture) -> Vec<f64> {
    let across = step(picture.width());
    let brightness = |y: u32| -> Vec<u8> {
        let row = picture.row(y);
        (0..picture.width() as usize).step_by(across).map(|x| level(picture, row, x)).collect()
    };
    let difference = |a: &[u8], b: &[u8]| {
        let sum: u64 = a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        sum as f64 / a.len().max(1) as f64
    };
    let mut found = Vec::new();
    let mut before = brightness(0);
    for y in 1..picture.height() {
        let row = brightness(y);
        let apart = difference(&before, &row);
        if apart >= TEAR_MIN {
            let width = row.len();
            let [least, most] =
                [TEAR_SHIFT.0, TEAR_SHIFT.1].map(|share| (share * width as f64).ceil() as usize);
            let best = (least.max(1)..=most)
                .flat_map(|shift| {
                    let right = difference(&before[shift..], &row[..width - shift]);
                    let left = difference(&before[..width - shift], &row[shift..]);
                    [right, left]
                })
                .fold(f64::INFINITY, f64::min);
            if best <= TEAR_LEFT * apart {
                found.push(f64::from(y) / f64::from(picture.height()));
            }
        }
        before = row;
    }
    found
}

#[cfg(test)]
mod tests;
