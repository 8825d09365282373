//! **Colours**: which colours of a view are the item's and which the background's.
//!
//! A pixel's colour is four numbers: brightness, red against green, blue against green, and how
//! much brightness varies around it (texture). Their common range is cut into cells; each cell
//! remembers its **odds**, the logarithm of how much likelier the item shows that colour than the
//! background does. Odds make masks, and masks make odds: a few rounds from the first rough guess
//! settle both. A monochrome camera fills a single cell along both colour differences; brightness
//! and texture remain.

use super::{Small, raster};

/// Cells along brightness, red against green, blue against green, texture: a cell is then about as
/// wide as the noise of a usual camera, and 20 normals fill the cells that matter.
const BINS: [usize; 4] = [16, 12, 12, 6];
/// Cells in all.
pub(super) const CELLS: usize = BINS[0] * BINS[1] * BINS[2] * BINS[3];
/// The least range of each number, in levels of 255: differences below a sixteenth or a twelfth of
/// it are noise, and a grey picture has no range of colour at all.
const LEAST_RANGE: [f32; 4] = [16.0, 24.0, 24.0, 6.0];
/// Share of pixels below and above the range; they count as its ends.
const OUTLIERS: f64 = 0.002;
/// The range is taken from this many pixels in all, evenly spread.
const SAMPLES: usize = 300_000;
/// How far around a pixel its texture reaches: 5 x 5 pixels.
const TEXTURE_REACH: usize = 2;
/// Pixels that a texture's square covers.
const TEXTURE_AREA: i32 = (2 * TEXTURE_REACH as i32 + 1).pow(2);
/// Rounds from odds to masks and back: the masks of all sets that we have stand still after three.
const ROUNDS: usize = 4;
/// How much of a cell's pixels is counted for its neighbours at distance 0, 1 and 2: a bell of 0.7
/// cells, since lighting moves every colour a little.
const BELL: [f32; 3] = [1.0, 0.36, 0.017];
/// Pixels that each cell has from the start, so that a colour never seen decides little.
const PRIOR: f32 = 0.5;
/// Colours that normals show more than twice as often as the empty tunnel does are the item's.
const EXCESS: f32 = std::f32::consts::LN_2;
/// One pixel's say is limited to odds of 20 to 1, so that a speck does not outvote its
/// surroundings.
pub(super) const ODDS_MAX: f32 = 3.0;
/// Odds are kept as whole numbers, so many of them up to [`ODDS_MAX`]: a byte a cell, five bits of it in the
/// packed file. A step changes the proportion of item to background by one part in 14.
const ODDS_STEPS: f32 = 42.0;
/// Odds are multiplied by this before they are blurred, so that a blur's rounding loses nothing.
const ODDS_UNIT: i32 = 73;

/// What the colours of one view mean.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Colours {
    /// Least and greatest of the four numbers, each pair apart.
    pub low: [f32; 4],
    pub high: [f32; 4],
    /// Odds of each cell, texture running fastest and brightness slowest.
    pub odds: Vec<i8>,
}

/// Odds as they are kept; beyond [`ODDS_MAX`] they count no more.
pub(super) fn kept(odds: f32) -> i8 {
    (odds / ODDS_MAX * ODDS_STEPS).round().clamp(-ODDS_STEPS, ODDS_STEPS) as i8
}

/// What is measured of every pixel: three times the brightness, the two
/// differences, and (three times the brightness's deviation, times [`TEXTURE_AREA`]) squared.
struct Measures {
    brightness: Vec<i32>,
    differences: Vec<[i16; 2]>,
    textures: Vec<i32>,
}

impl Measures {
    fn of(view: &Small) -> Measures {
        let pixels = || view.pixels().map(|pixel| pixel.map(i16::from));
        let brightness: Vec<i32> = pixels().map(|[r, g, b]| i32::from(r + g + b)).collect();
        let width = view.width() as usize;
        let squares: Vec<i32> = brightness.iter().map(|value| value * value).collect();
        let sums = raster::square_sums(&brightness, width, TEXTURE_REACH);
        let squares = raster::square_sums(&squares, width, TEXTURE_REACH);
        // At most 25 * 25 * 765^2: it fits.
        let textures = squares.iter().zip(&sums).map(|(of, sum)| TEXTURE_AREA * of - sum * sum);
        Measures {
            textures: textures.collect(),
            differences: pixels().map(|[r, g, b]| [r - g, b - g]).collect(),
            brightness,
        }
    }

    /// The four numbers of pixel `at`.
    fn numbers(&self, at: usize) -> [f32; 4] {
        let [red, blue] = self.differences[at].map(f32::from);
        let texture = (self.textures[at] as f32).sqrt() / (3 * TEXTURE_AREA) as f32;
        [self.brightness[at] as f32 / 3.0, red, blue, texture]
    }
}

/// A view ready for looking its colours up.
pub(super) struct Indexed {
    /// The cell of each pixel.
    cells: Vec<u16>,
    /// Columns.
    pub width: usize,
}

impl Colours {
    /// The colours of `views` by the first guess `seeds` (for each pixel whether it is the item's;
    /// `None` for a view of which nothing is known yet) and by views of `empty` background. Where there
    /// are such views, they make a better first guess: a belt that runs looks different in each
    /// picture, but has the same colours. `mask` makes a mask of a view's pixels' odds. Also returns the last round's masks.
    pub fn learn(
        views: &[&Small],
        mut seeds: Vec<Option<Vec<bool>>>,
        empty: &[Small],
        mask: impl Fn(&[i32], usize) -> Vec<bool>,
    ) -> (Colours, Vec<Vec<bool>>) {
        let (low, high) = ranges(views);
        let mut colours = Colours { low, high, odds: vec![0; CELLS] };
        let indexed: Vec<Indexed> = views.iter().map(|view| colours.index(view)).collect();
        let mut empty_counts = vec![0.0; CELLS];
        for view in empty {
            colours
                .index(view)
                .cells
                .iter()
                .for_each(|cell| empty_counts[usize::from(*cell)] += 1.0);
        }
        if !empty.is_empty() {
            seeds = colours.excess(&indexed, &empty_counts).into_iter().map(Some).collect();
        }
        let mut masks = Vec::new();
        for _ in 0..ROUNDS {
            let (mut item, mut background) = (vec![0.0; CELLS], empty_counts.clone());
            for (view, seed) in indexed.iter().zip(&seeds) {
                for (cell, is_item) in view.cells.iter().zip(seed.iter().flatten()) {
                    let counts = if *is_item { &mut item } else { &mut background };
                    counts[usize::from(*cell)] += 1.0;
                }
            }
            let (item, background) = (shares(item), shares(background));
            let odds = item.iter().zip(&background).map(|(item, other)| (item / other).ln());
            colours.odds = odds.map(kept).collect();
            masks = colours.pixel_odds(&indexed).map(|(odds, width)| mask(&odds, width)).collect();
            seeds = masks.iter().cloned().map(Some).collect();
        }
        (colours, masks)
    }

    /// For each pixel of `views` whether they show its colour more often than the empty background
    /// with these `counts` does.
    fn excess(&self, views: &[Indexed], counts: &[f32]) -> Vec<Vec<bool>> {
        let mut all = vec![0.0; CELLS];
        for cell in views.iter().flat_map(|view| &view.cells) {
            all[usize::from(*cell)] += 1.0;
        }
        let (all, empty) = (shares(all), shares(counts.to_vec()));
        let more: Vec<bool> =
            all.iter().zip(&empty).map(|(all, empty)| (all / empty).ln() > EXCESS).collect();
        let of_view =
            |view: &Indexed| view.cells.iter().map(|cell| more[usize::from(*cell)]).collect();
        views.iter().map(of_view).collect()
    }

    fn pixel_odds<'a>(
        &'a self,
        views: &'a [Indexed],
    ) -> impl Iterator<Item = (Vec<i32>, usize)> + 'a {
        views.iter().map(|view| (self.odds_of(view), view.width))
    }

    /// The odds of each pixel, in units that have no meaning but their sign and proportion.
    pub fn odds_of(&self, view: &Indexed) -> Vec<i32> {
        let units: Vec<i32> = self.odds.iter().map(|odds| i32::from(*odds) * ODDS_UNIT).collect();
        view.cells.iter().map(|cell| units[usize::from(*cell)]).collect()
    }

    /// Finds the cell of each pixel of `view`.
    ///
    /// Each of the four numbers comes from a whole one, so that all divisions are made once per
    /// possible number instead of once per pixel.
    pub fn index(&self, view: &Small) -> Indexed {
        let measures = Measures::of(view);
        let place = |axis: usize, number: f32| {
            let steps = BINS[axis] as f32 / (self.high[axis] - self.low[axis]);
            let place = ((number - self.low[axis]) * steps) as usize;
            place.min(BINS[axis] - 1) * BINS[axis + 1..].iter().product::<usize>()
        };
        let brightness: Vec<usize> = (0..=765).map(|sum| place(0, sum as f32 / 3.0)).collect();
        let differences =
            [1, 2].map(|axis| (-255..=255).map(|d| place(axis, d as f32)).collect::<Vec<usize>>());
        // The least measure of each bin of texture but the first.
        let steps: Vec<i32> = (1..BINS[3])
            .map(|bin| {
                let share = bin as f32 / BINS[3] as f32;
                let deviation = self.low[3] + share * (self.high[3] - self.low[3]);
                (deviation * (3 * TEXTURE_AREA) as f32).powi(2) as i32
            })
            .collect();
        let pixels = measures.brightness.iter().zip(&measures.differences).zip(&measures.textures);
        let cells = pixels.map(|((sum, [red, blue]), texture)| {
            let texture = steps.iter().filter(|step| texture >= *step).count();
            let cell = brightness[*sum as usize]
                + differences[0][(red + 255) as usize]
                + differences[1][(blue + 255) as usize]
                + texture;
            cell as u16
        });
        Indexed { cells: cells.collect(), width: view.width() as usize }
    }
}

/// The range of each of the four numbers over `views`.
fn ranges(views: &[&Small]) -> ([f32; 4], [f32; 4]) {
    let pixels: usize = views.iter().map(|view| (view.width() * view.height()) as usize).sum();
    // An odd step meets all columns of a picture with an even width.
    let step = (pixels / SAMPLES) | 1;
    let mut samples: [Vec<f32>; 4] = Default::default();
    for view in views {
        let measures = Measures::of(view);
        for at in (0..measures.brightness.len()).step_by(step) {
            let numbers = measures.numbers(at);
            samples.iter_mut().zip(numbers).for_each(|(samples, number)| samples.push(number));
        }
    }
    let (mut low, mut high) = ([0.0; 4], [0.0; 4]);
    for (axis, samples) in samples.iter_mut().enumerate() {
        samples.sort_by(f32::total_cmp);
        let last = samples.len() - 1;
        let outliers = (last as f64 * OUTLIERS) as usize;
        let (from, to) = (samples[outliers], samples[last - outliers]);
        let widen = (0.5 * (LEAST_RANGE[axis] - (to - from))).max(0.0);
        (low[axis], high[axis]) = (from - widen, to + widen);
    }
    (low, high)
}

/// The share of all pixels that each cell has, after each pixel was spread over its cell's
/// neighbours.
fn shares(mut counts: Vec<f32>) -> Vec<f32> {
    for axis in 0..BINS.len() {
        let stride: usize = BINS[axis + 1..].iter().product();
        let length = BINS[axis] as isize;
        let weights = BELL[0] + 2.0 * (BELL[1] + BELL[2]);
        counts = (0..CELLS)
            .map(|cell| {
                let place = (cell / stride) as isize % length;
                let first = cell - place as usize * stride;
                let at = |offset: isize| {
                    counts[first + (place + offset).clamp(0, length - 1) as usize * stride]
                };
                let near = BELL[1] * (at(-1) + at(1)) + BELL[2] * (at(-2) + at(2));
                (BELL[0] * at(0) + near) / weights
            })
            .collect();
    }
    let total: f32 = counts.iter().sum::<f32>() + PRIOR * CELLS as f32;
    counts.into_iter().map(|count| (count + PRIOR) / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::picture::{Picture, PixelFormat};

    #[test]
    fn a_count_is_spread_but_not_lost() {
        let mut counts = vec![0.0; CELLS];
        counts[CELLS / 2 + 3] = 1000.0;
        let shares = shares(counts);
        assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-3);
        let most = (0..CELLS).max_by(|a, b| shares[*a].total_cmp(&shares[*b])).unwrap();
        assert_eq!(most, CELLS / 2 + 3);
    }

    #[test]
    fn a_cell_is_where_its_numbers_lie() {
        let noise = |at: u32| (at.wrapping_mul(2_654_435_761) >> 20) as u8;
        let pixels = (0..3 * 320 * 320).map(noise).collect();
        let picture = Picture::from_pixels(320, 320, PixelFormat::Rgb8, pixels).unwrap();
        let small = Small::of(&picture);
        let (low, high) = ranges(&[&small]);
        let colours = Colours { low, high, odds: vec![0; CELLS] };
        let measures = Measures::of(&small);
        let mut near_an_edge = 0;
        for (at, cell) in colours.index(&small).cells.iter().enumerate() {
            let numbers = measures.numbers(at);
            let places = [0, 1, 2, 3].map(|axis| {
                let share = (numbers[axis] - low[axis]) / (high[axis] - low[axis]);
                ((share * BINS[axis] as f32) as usize).min(BINS[axis] - 1)
            });
            let expected =
                places.iter().zip(BINS).fold(0, |cell, (place, bins)| cell * bins + place);
            near_an_edge += usize::from(usize::from(*cell) != expected);
        }
        let pixels = small.pixels().count();
        assert!(near_an_edge < pixels / 50, "{near_an_edge} of {pixels} pixels");
    }
}
