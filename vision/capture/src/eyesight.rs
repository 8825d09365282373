//! A camera's **eyesight**: whether it sees as sharply as it did, and not more light than it can take.
//!
//! A lens that has turned or got dirty, and light that has changed, spoil pictures little by little: each
//! can still be judged, so no item is uninspected for it, but people must hear of it before defects are
//! missed. What is usual depends on the item and the ground, so that a camera is compared with itself:
//!
//! * **Sharpness** of a picture: how much of its strong edges is done within one pixel. It does not depend on
//!   contrast, and hardly on noise. The camera is out of focus when the median of its last views has
//!   fallen below a share of the best that it ever was, and sees again above a higher share.
//! * **Glare**: the share of pixels at full brightness. The camera is over-exposed when the median of it has
//!   risen by so much above the least that it ever was.
//!
//! The best is that of any [`VIEWS`] views in a row since the start, so that a lens that turns over days is
//! told as one that turns at once. A lens that was out of focus at the start is not told: there is
//! nothing to compare it with.
//!
//! No clock and no I/O: views come in, impairments go out.

use std::collections::VecDeque;
use std::fmt;

use base::picture::{Picture, PixelFormat};

/// Views that are looked at together: chance and single items do not count.
pub const VIEWS: usize = 16;
/// Share of the best sharpness below which a camera is out of focus, and from which on it sees again.
const BLURRED: f64 = 0.75;
const SHARP_AGAIN: f64 = 0.85;
/// Rise of the share of pixels at full brightness from which on it is over-exposed, and below which no more.
const GLARING: f64 = 0.10;
const DARK_AGAIN: f64 = 0.05;

/// Rows that are looked at.
const ROWS: u32 = 256;
/// Pixels over which an edge is looked at.
const SPAN: usize = 8;
/// Levels that an edge has at least, and the share of the picture's strongest edge that it has.
const EDGE: i32 = 24;
const STRONG: f64 = 0.5;
/// Fewer edges tell nothing.
const EDGES_MIN: usize = 64;
/// From here on a pixel is at full brightness.
const FULL: u8 = 250;

/// What one picture tells of the camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sight {
    /// The mean share of its strong edges that is done within one pixel, 1/8 to 1; none where it has too few.
    pub sharpness: Option<f64>,
    /// Share of pixels at full brightness.
    pub glare: f64,
}

impl Sight {
    /// Measures `picture`.
    pub fn of(picture: &Picture) -> Self {
        let rows = (0..picture.height()).step_by(picture.height().div_ceil(ROWS).max(1) as usize);
        // How often an edge of so many levels is done by so many within one pixel, in sums.
        let mut edges = [(0usize, 0f64); 256];
        let (mut full, mut all) = (0usize, 0usize);
        for y in rows {
            let row = brightness(picture, y);
            full += row.iter().filter(|level| **level >= FULL).count();
            all += row.len();
            for part in row.windows(SPAN + 1).step_by(SPAN / 2) {
                let rise = i32::from(part[SPAN]) - i32::from(part[0]);
                if rise.abs() < EDGE {
                    continue;
                }
                let step = |two: &[u8]| (i32::from(two[1]) - i32::from(two[0])) * rise.signum();
                let steepest = part.windows(2).map(step).max().unwrap_or_default();
                let share = (f64::from(steepest) / f64::from(rise.abs())).min(1.0);
                let (count, sum) = &mut edges[rise.unsigned_abs() as usize];
                *count += 1;
                *sum += share;
            }
        }
        Self { sharpness: sharpness(&edges), glare: full as f64 / all.max(1) as f64 }
    }
}

/// The mean share over the strong edges: half as strong as the strongest one in a hundred, and more.
fn sharpness(edges: &[(usize, f64); 256]) -> Option<f64> {
    let all: usize = edges.iter().map(|(count, _)| count).sum();
    let mut stronger = 0;
    let strongest = edges.iter().rposition(|(count, _)| {
        stronger += count;
        100 * stronger > all
    })?;
    let strong = &edges[(STRONG * strongest as f64) as usize..];
    let (count, sum) = strong.iter().fold((0, 0.0), |(n, sum), (count, of)| (n + count, sum + of));
    (count >= EDGES_MIN).then(|| sum / count as f64)
}

fn brightness(picture: &Picture, y: u32) -> Vec<u8> {
    let row = picture.row(y);
    match picture.format() {
        PixelFormat::Grey8 => row[..picture.width() as usize].to_vec(),
        PixelFormat::Rgb8 => row[..3 * picture.width() as usize]
            .chunks_exact(3)
            .map(|rgb| ((u16::from(rgb[0]) + 2 * u16::from(rgb[1]) + u16::from(rgb[2])) / 4) as u8)
            .collect(),
    }
}

/// What is wrong with a camera's eyesight. Its text is a problem on the page: figures stand in the fields
/// only, so that it stays the same problem.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Impaired {
    /// It sees less sharply than it did.
    OutOfFocus {
        /// Its sharpness, as a share of the best.
        share: f64,
    },
    /// More of its pictures is at full brightness than was.
    OverExposed {
        /// By which share of the picture.
        more: f64,
    },
}

impl Impaired {
    /// What a person does about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::OutOfFocus { .. } => {
                "clean its lens and window and focus it; if its items have changed, restart inspectd"
            }
            Self::OverExposed { .. } => {
                "lower its exposure, or look for light that falls in; if its items have changed, restart \
                 inspectd"
            }
        }
    }
}

impl fmt::Display for Impaired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfFocus { .. } => {
                "it sees less sharply than it did: it is out of focus or dirty"
            }
            Self::OverExposed { .. } => {
                "more of its pictures is white than was: it is over-exposed"
            }
        })
    }
}

/// One camera's eyesight since the start.
#[derive(Debug, Clone, Default)]
pub struct Eyesight {
    sharpness: History,
    glare: History,
    is_blurred: bool,
    is_glaring: bool,
}

/// The last values of a measure, and the medians that they had together.
#[derive(Debug, Clone, Default)]
struct History {
    last: VecDeque<f64>,
    /// Least and largest median so far.
    medians: Option<(f64, f64)>,
}

impl History {
    /// One more value. The median of the last, and the least and largest that it ever was; none before there
    /// are enough.
    fn push(&mut self, value: f64) -> Option<(f64, f64, f64)> {
        if self.last.len() == VIEWS {
            self.last.pop_front();
        }
        self.last.push_back(value);
        if self.last.len() < VIEWS {
            return None;
        }
        let mut sorted: Vec<f64> = self.last.iter().copied().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let median = f64::midpoint(sorted[VIEWS / 2 - 1], sorted[VIEWS / 2]);
        let (least, largest) = self.medians.unwrap_or((median, median));
        let (least, largest) = (least.min(median), largest.max(median));
        self.medians = Some((least, largest));
        Some((median, least, largest))
    }
}

impl Eyesight {
    /// One more view of an item.
    pub fn see(&mut self, sight: Sight) -> Vec<Impaired> {
        let mut impaired = Vec::new();
        // A picture so blurred that no strong edge is left is as blurred as can be.
        let sharpness = sight.sharpness.unwrap_or(1.0 / SPAN as f64);
        if let Some((median, _, best)) = self.sharpness.push(sharpness) {
            let share = median / best;
            self.is_blurred = share < if self.is_blurred { SHARP_AGAIN } else { BLURRED };
            if self.is_blurred {
                impaired.push(Impaired::OutOfFocus { share });
            }
        }
        if let Some((median, least, _)) = self.glare.push(sight.glare) {
            let more = median - least;
            self.is_glaring = more > if self.is_glaring { DARK_AGAIN } else { GLARING };
            if self.is_glaring {
                impaired.push(Impaired::OverExposed { more });
            }
        }
        impaired
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chequered picture whose edges are `blur` pixels wide, with `noise`, of levels 60 and 60 + `contrast`.
    fn picture(blur: f64, contrast: f64, noise: u32, add: f64) -> Picture {
        let (width, height) = (320u32, 240u32);
        let edge = |at: u32| {
            // Up at 10 and down at 30 of 40, each between two pixels: an edge of one pixel is one step.
            let period = f64::from(at % 40) - 19.5;
            (0.5 + (10.0 - period.abs()) / blur.max(1e-6)).clamp(0.0, 1.0)
        };
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| {
            let random = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519)) >> 13;
            let noise = f64::from(random % (2 * noise + 1)) - f64::from(noise);
            (60.0 + add + contrast * edge(x + y / 7) + noise).clamp(0.0, 255.0) as u8
        });
        Picture::from_pixels(width, height, PixelFormat::Grey8, pixels.collect()).unwrap()
    }

    fn sharpness(picture: &Picture) -> f64 {
        Sight::of(picture).sharpness.unwrap()
    }

    #[test]
    fn sharpness_falls_with_the_width_of_edges_and_not_with_contrast_noise_or_light() {
        let [sharp, soft, blurred] =
            [1.0, 3.0, 6.0].map(|blur| sharpness(&picture(blur, 120.0, 2, 0.0)));
        assert!(
            sharp > 0.8 && soft < 0.6 * sharp && blurred < 0.7 * soft,
            "{sharp} {soft} {blurred}"
        );
        for (contrast, noise, add) in [(60.0, 2, 0.0), (120.0, 6, 0.0), (120.0, 2, 60.0)] {
            let same = sharpness(&picture(1.0, contrast, noise, add));
            assert!((same / sharp - 1.0).abs() < 0.15, "{same} of {sharp}");
        }
        let even = Picture::from_pixels(64, 64, PixelFormat::Rgb8, vec![9; 3 * 64 * 64]).unwrap();
        assert_eq!(Sight::of(&even), Sight { sharpness: None, glare: 0.0 });
    }

    #[test]
    fn colour_is_measured_as_grey_is() {
        let grey = picture(2.0, 120.0, 2, 0.0);
        let colour = Picture::from(grey.to_rgb_image());
        assert_eq!(Sight::of(&grey), Sight::of(&colour));
    }

    #[test]
    fn glare_is_the_share_at_full_brightness() {
        assert_eq!(Sight::of(&picture(1.0, 120.0, 0, 0.0)).glare, 0.0);
        let half = Sight::of(&picture(1.0, 120.0, 0, 80.0)).glare;
        assert!((half - 0.5).abs() < 0.05, "{half}");
    }

    fn sight(sharpness: f64, glare: f64) -> Sight {
        Sight { sharpness: Some(sharpness), glare }
    }

    /// What is told after each of these views.
    fn told(eyesight: &mut Eyesight, views: usize, one: Sight) -> Vec<Vec<Impaired>> {
        (0..views).map(|_| eyesight.see(one)).collect()
    }

    #[test]
    fn a_lens_that_turns_is_told_by_the_next_few_items_and_over_when_it_is_right_again() {
        let mut eyesight = Eyesight::default();
        assert!(told(&mut eyesight, 100, sight(0.6, 0.1)).iter().all(Vec::is_empty));
        let blurred = told(&mut eyesight, VIEWS, sight(0.3, 0.1));
        let first = blurred.iter().position(|told| !told.is_empty()).unwrap();
        assert!((VIEWS / 2 - 1..=VIEWS / 2).contains(&first), "at view {first}");
        assert!(matches!(blurred[VIEWS - 1][..], [Impaired::OutOfFocus { share }] if share == 0.5));
        let better = told(&mut eyesight, 2 * VIEWS, sight(0.48, 0.1));
        assert!(better.iter().all(|told| told.len() == 1), "0.8 of the best is not right yet");
        assert!(told(&mut eyesight, VIEWS, sight(0.6, 0.1))[VIEWS - 1].is_empty());
    }

    #[test]
    fn a_lens_that_turns_over_days_is_told_too() {
        let mut eyesight = Eyesight::default();
        let told = (0..10_000).find(|item| {
            !eyesight.see(sight(0.6 * (1.0 - f64::from(*item) / 10_000.0), 0.0)).is_empty()
        });
        assert!(told.is_some_and(|item| (2_500..2_600).contains(&item)), "{told:?}");
    }

    #[test]
    fn single_items_that_look_otherwise_are_no_trouble() {
        let mut eyesight = Eyesight::default();
        for item in 0..1_000 {
            let one = if item % 3 == 0 { sight(0.2, 0.6) } else { sight(0.6, 0.1) };
            assert_eq!(eyesight.see(one), [], "item {item}");
        }
    }

    #[test]
    fn a_picture_without_an_edge_counts_as_blurred() {
        let mut eyesight = Eyesight::default();
        told(&mut eyesight, VIEWS, sight(0.6, 0.0));
        let blank = told(&mut eyesight, VIEWS, Sight { sharpness: None, glare: 0.0 });
        assert!(matches!(blank[VIEWS - 1][..], [Impaired::OutOfFocus { .. }]));
    }

    #[test]
    fn light_that_falls_in_is_told_and_a_white_ground_is_not() {
        let mut eyesight = Eyesight::default();
        assert!(told(&mut eyesight, 50, sight(0.6, 0.8)).iter().all(Vec::is_empty));
        let glaring = told(&mut eyesight, VIEWS, sight(0.6, 0.95));
        assert!(matches!(glaring[VIEWS - 1][..], [Impaired::OverExposed { .. }]));
        assert!(told(&mut eyesight, VIEWS, sight(0.6, 0.8))[VIEWS - 1].is_empty());
    }
}
