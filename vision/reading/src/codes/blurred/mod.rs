//! Reads EAN-13 and UPC-A that are out of focus.
//!
//! When the blur is as wide as a **module** (the narrowest bar), narrow bars and spaces are grey and no
//! threshold tells them apart. But what the greys of a digit must be follows from its bars and the blur. So
//! the greys of a row are compared with what each sequence of digits would look like, and the best sequence is
//! found by dynamic programming (Viterbi 1967): the greys between the middles of two neighbouring digits
//! depend on these two alone.
//!
//! Where the code begins and ends, how much the perspective bends it and how wide the blur is are searched
//! for: a **fit** is a set of those with its best sequence.
//!
//! **Misreads.** The best sequence of nearly any stripes is some number. A row's number counts only when its
//! greys fit closely, its check digit and its parities are right, although the search heeds neither, and
//! several bands of rows say the same and none says another number.

mod symbols;

use std::sync::LazyLock;

use image::GrayImage;

use super::decoder::Found;
use meaning::code::{Code, Symbology};
use symbols::{MODULES, SAMPLES, Tables};

/// What a fit leaves unexplained of the greys: its root mean square in parts of that of the greys.
const MOST_LEFT: f32 = 0.25;
/// Stripes that leave more at the first glance, or after the first grid, are no code.
const AT_FIRST: f32 = 0.8;
const HOPELESS: f32 = 0.5;
/// The strip is cut into so many bands, the rows of each of which are averaged.
const BANDS: u32 = 13;
/// So many bands must say the same; so many are enough.
const LEAST_BANDS: usize = 3;
const ENOUGH_BANDS: usize = 5;
/// Where the middle bands, so many, say nothing, the others are not asked.
const MIDDLE_BANDS: usize = 5;
/// Widths of the blur that are tried, in modules: the deviation of a Gaussian.
const BLURS: [f32; 7] = [0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 1.8];
/// Which of them is tried first.
const FIRST_BLUR: usize = 3;
/// Where light begins, in parts of the way from the darkest to the lightest: the narrow bars at a code's
/// ends are the lighter the wider the blur.
const LEVELS: [f32; 2] = [0.8, 0.6];
/// At most so many places of beginning and end are glanced at, and so many tried.
const MOST_GLANCES: usize = 24;
const MOST_PLACES: usize = 3;
/// The least width of a module in pixels of the strip.
const LEAST_MODULE_PX: f32 = 1.0;

/// A number that was read.
#[derive(Debug, PartialEq)]
pub(super) struct Read {
    /// Thirteen digits.
    pub(super) text: String,
    /// The left and right end in pixels of the strip.
    pub(super) ends: [f32; 2],
    /// How many bands said so.
    pub(super) bands: usize,
}

impl Read {
    /// The code, over the whole height of its strip.
    pub(super) fn found(self, height: u32) -> Found {
        let ([left, right], bottom) = (self.ends, height as f32);
        let corners = [[left, 0.0], [right, 0.0], [right, bottom], [left, bottom]];
        let code = Code { symbology: Symbology::Ean13, text: self.text, gs1: false, corners };
        Found { code, rows: i32::try_from(self.bands).unwrap_or(i32::MAX) }
    }
}

/// How a row of pixels is taken to be a code.
#[derive(Debug, Clone, Copy)]
struct Place {
    start: f32,
    end: f32,
    /// By how much of its width the code's middle is shifted, times four.
    bend: f32,
    blur: usize,
}

/// A place, its best sequence of symbols, and what it leaves.
#[derive(Debug, Clone)]
struct Fit {
    place: Place,
    symbols: [u8; 12],
    left: f32,
}

/// What digits look like, for each of [`BLURS`].
static TABLES: LazyLock<[Tables; BLURS.len()]> = LazyLock::new(|| BLURS.map(Tables::new));

/// Reads codes that are out of focus.
pub(super) struct Reader;

impl Reader {
    /// The number on `strip`, whose bars stand upright.
    pub(super) fn read(&self, strip: &GrayImage) -> Option<Read> {
        let mut said: Vec<Read> = Vec::new();
        for (asked, band) in bands(strip).iter().enumerate() {
            if said.iter().any(|read| read.bands >= ENOUGH_BANDS)
                || (asked >= MIDDLE_BANDS && said.is_empty())
            {
                break;
            }
            let Some((text, ends)) = self.band(band) else { continue };
            match said.iter_mut().find(|read| read.text == text) {
                Some(read) => read.bands += 1,
                None => said.push(Read { text, ends, bands: 1 }),
            }
        }
        match &said[..] {
            [read] if read.bands >= LEAST_BANDS => said.pop(),
            _ => None,
        }
    }

    /// The number of one band and its ends.
    fn band(&self, greys: &[f32]) -> Option<(String, [f32; 2])> {
        let mut backwards = greys.to_vec();
        backwards.reverse();
        let width = greys.len() as f32;
        let forwards = self.number(greys);
        forwards.or_else(|| {
            let (text, [start, end]) = self.number(&backwards)?;
            Some((text, [width - start, width - end]))
        })
    }

    fn number(&self, greys: &[f32]) -> Option<(String, [f32; 2])> {
        let glances = places(greys).into_iter().filter_map(|place| {
            let mut best = None;
            let module = (place.end - place.start) / MODULES as f32;
            for shift in [-1.0, 0.0, 1.0] {
                let (start, end) = (place.start - shift * module, place.end + shift * module);
                self.improve(greys, Place { start, end, ..place }, &mut best);
            }
            best.filter(|fit| fit.left < AT_FIRST)
        });
        let mut glances: Vec<Fit> = glances.collect();
        glances.sort_by(|a, b| a.left.total_cmp(&b.left));
        let places = glances.into_iter().take(MOST_PLACES).map(|fit| fit.place);
        let fits = places.filter_map(|place| self.fitted(greys, place));
        let best = fits.min_by(|a, b| a.left.total_cmp(&b.left))?;
        if best.left > MOST_LEFT {
            return None;
        }
        Some((symbols::number(&best.symbols)?, [best.place.start, best.place.end]))
    }

    /// The best fit near a place: first on a grid, then by ever smaller steps.
    fn fitted(&self, greys: &[f32], place: Place) -> Option<Fit> {
        let module = (place.end - place.start) / MODULES as f32;
        let mut best: Option<Fit> = None;
        let shifts = [-1.0, -0.5, 0.0, 0.5, 1.0];
        for start in shifts {
            for end in shifts {
                for bend in [-0.08, -0.04, 0.0, 0.04, 0.08] {
                    let tried = Place {
                        start: place.start + start * module,
                        end: place.end + end * module,
                        bend,
                        ..place
                    };
                    self.improve(greys, tried, &mut best);
                }
            }
        }
        best.as_ref().filter(|fit| fit.left < HOPELESS)?;
        for step in [0.25, 0.12, 0.06] {
            for _ in 0..4 {
                let before = best.as_ref().map(|fit| fit.left);
                let at = best.as_ref()?.place;
                let shift = step * module;
                for (start, end, bend) in [
                    (shift, 0.0, 0.0),
                    (-shift, 0.0, 0.0),
                    (0.0, shift, 0.0),
                    (0.0, -shift, 0.0),
                    (shift, shift, 0.0),
                    (-shift, -shift, 0.0),
                    (0.0, 0.0, 0.1 * step),
                    (0.0, 0.0, -0.1 * step),
                ] {
                    let (start, end) = (at.start + start, at.end + end);
                    self.improve(
                        greys,
                        Place { start, end, bend: at.bend + bend, ..at },
                        &mut best,
                    );
                }
                let at = best.as_ref()?.place;
                for blur in [at.blur.wrapping_sub(1), at.blur + 1] {
                    if blur < BLURS.len() {
                        self.improve(greys, Place { blur, ..at }, &mut best);
                    }
                }
                if best.as_ref().map(|fit| fit.left) == before {
                    break;
                }
            }
        }
        best
    }

    fn improve(&self, greys: &[f32], place: Place, best: &mut Option<Fit>) {
        let Some(mut darkness) = darkness(greys, &place) else { return };
        let tables = &TABLES[place.blur];
        let (mut symbols, mut left) = tables.best(&darkness);
        // The darkest bars are lighter than black: the contrast follows from the sequence.
        let contrast = tables.contrast(&darkness, &symbols);
        if (0.7..1.4).contains(&contrast) {
            darkness = darkness.map(|dark| dark / contrast);
            (symbols, left) = tables.best(&darkness);
        }
        let left = left / spread(&darkness);
        if best.as_ref().is_none_or(|best| left < best.left) {
            *best = Some(Fit { place, symbols, left });
        }
    }
}

/// The mean rows of some bands of `strip`, from the middle outwards.
fn bands(strip: &GrayImage) -> Vec<Vec<f32>> {
    let (width, height) = strip.dimensions();
    let rows = (height / BANDS).max(1);
    let band = |top: u32| {
        let column = |x: u32| {
            let sum: u32 = (top..top + rows).map(|y| u32::from(strip.get_pixel(x, y).0[0])).sum();
            sum as f32 / rows as f32
        };
        (0..width).map(column).collect()
    };
    let count = height / rows;
    let mut order: Vec<u32> = (0..count).collect();
    order.sort_by_key(|at| (2 * at + 1).abs_diff(count));
    order.into_iter().map(|at| band(at * rows)).collect()
}

/// Where a code may begin and end: where dark follows a stretch of light, and light dark.
fn places(greys: &[f32]) -> Vec<Place> {
    let mut sorted = greys.to_vec();
    sorted.sort_by(f32::total_cmp);
    let rank = |part: f32| sorted.get((part * greys.len() as f32) as usize).copied();
    let (Some(dark), Some(light)) = (rank(0.05), rank(0.9)) else { return Vec::new() };
    if light - dark < 12.0 {
        return Vec::new();
    }
    let mut places: Vec<Place> = Vec::new();
    for part in LEVELS {
        for place in places_at(greys, dark + part * (light - dark)) {
            let near = |a: f32, b: f32| (a - b).abs() < 2.0;
            if !places.iter().any(|one| near(one.start, place.start) && near(one.end, place.end)) {
                places.push(place);
            }
        }
    }
    places.sort_by(|a, b| (b.end - b.start).total_cmp(&(a.end - a.start)));
    places.truncate(MOST_GLANCES);
    places
}

/// The places whose light is at least this `level`.
fn places_at(greys: &[f32], level: f32) -> Vec<Place> {
    let quiet = (greys.len() as f32 * 0.015).max(4.0) as usize;
    let crossing = |at: usize| at as f32 + (greys[at] - level) / (greys[at] - greys[at + 1]) + 0.5;
    let lit = |range: std::ops::Range<usize>| {
        greys.get(range).is_some_and(|part| part.iter().all(|grey| *grey > level))
    };
    let pairs = || 0..greys.len().saturating_sub(1);
    let falls = |at: &usize| greys[*at] > level && greys[at + 1] <= level;
    let rises = |at: &usize| greys[*at] <= level && greys[at + 1] > level;
    let starts = pairs().filter(falls).filter(|at| *at + 1 >= quiet && lit(at + 1 - quiet..at + 1));
    let ends: Vec<usize> = pairs().filter(rises).filter(|at| lit(at + 1..at + 1 + quiet)).collect();
    let least = (0.25 * greys.len() as f32).max(MODULES as f32 * LEAST_MODULE_PX);
    starts
        .flat_map(|start| ends.iter().map(move |end| (start, *end)))
        .map(|(start, end)| Place {
            start: crossing(start),
            end: crossing(end),
            bend: 0.0,
            blur: FIRST_BLUR,
        })
        .filter(|place| place.end - place.start >= least)
        .collect()
}

/// How dark the code is at each sample, from 0 (as the light at its ends) to about 1 (its darkest bar).
fn darkness(greys: &[f32], place: &Place) -> Option<[f32; SAMPLES]> {
    let width = place.end - place.start;
    let module = width / MODULES as f32;
    if module < LEAST_MODULE_PX {
        return None;
    }
    let grey = |x: f32| {
        let x = (x - 0.5).clamp(0.0, (greys.len() - 1) as f32);
        let left = x as usize;
        let right = (left + 1).min(greys.len() - 1);
        greys[left] + (greys[right] - greys[left]) * (x - left as f32)
    };
    let at = |module: f32| {
        let t = module / MODULES as f32;
        place.start + width * (t + place.bend * t * (1.0 - t))
    };
    let light =
        |from: f32| (0..8).map(|step| grey(from + module * 0.5 * step as f32)).fold(1.0, f32::max);
    let (first, last) = (light(place.start - 4.5 * module), light(place.end + module));
    let dark: [f32; SAMPLES] = std::array::from_fn(|sample| {
        let module = symbols::module(sample);
        let t = module / MODULES as f32;
        1.0 - grey(at(module)) / (first + (last - first) * t)
    });
    let most = dark.iter().copied().fold(0.0, f32::max);
    (most > 0.06).then(|| dark.map(|dark| dark / most))
}

/// The root mean square of what differs from the mean.
fn spread(darkness: &[f32; SAMPLES]) -> f32 {
    let mean = darkness.iter().sum::<f32>() / SAMPLES as f32;
    let squares: f32 = darkness.iter().map(|dark| (dark - mean) * (dark - mean)).sum();
    (squares / SAMPLES as f32).sqrt().max(f32::EPSILON)
}

#[cfg(test)]
mod tests;
