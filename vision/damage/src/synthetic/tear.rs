//! **Tears, cracks and missing parts**: the item opens, and what lies behind it shows.
//!
//! Our own generator, after what broken biscuits and torn cartons look like. A cut starts at the
//! outline: a **crack** whose two sides are turned apart around its tip, a **bite** out of the edge,
//! or a **break** beyond which everything is gone. Perlin noise makes it ragged. The gap is filled
//! with the item's surroundings in the same crop, shaded by the wall beside it; a torn wall shows
//! its own colour, such as the pale inside of cardboard.

use std::ops::Range;

use image::RgbImage;
use rand::RngExt;
use rand::rngs::StdRng;

use super::Damaged;
use super::item::Item;
use super::noise::Noise;
use super::raster::{brighter, colour_at, normal, pixel, share_at};
use super::surroundings::{FRINGE_PX, distances, surroundings};
use features::localise::Mask;

/// Pixels this near to the gap count as touched, in sides of the item; at least two pixels.
const TOUCHED_REACH: f32 = 0.015;

/// Width of the torn wall, in sides of the item; half a pixel more.
const RIM: Range<f32> = 0.004..0.025;
/// Ragged noise stays within this.
const RAGGED_MAX: f32 = 1.5;

/// The shape of the cut, in a frame that starts at the outline: `along` leads inwards.
enum Cut {
    /// `length` deep, `mouth` wide on either side of its line where it starts.
    Crack { length: f32, mouth: f32 },
    /// Everything within `radius` of the start.
    Bite { radius: f32 },
    /// Everything less than `depth` inwards.
    Break { depth: f32 },
}

/// A cut at its place.
struct Tear {
    cut: Cut,
    start: (f32, f32),
    /// Direction inwards: cosine and sine.
    inwards: (f32, f32),
    /// How far the cut wanders from its line, and the length of one turn, in pixels.
    wander: f32,
    turn: f32,
    /// How near to the gap something changes or is touched, at most, in pixels.
    margin: f32,
    noise: Noise,
}

impl Tear {
    fn draw(item: &Item, size: f32, rng: &mut StdRng) -> Tear {
        let side = item.side * size;
        let start = item.at_edge(rng);
        let to_middle = (item.middle.1 - start.1).atan2(item.middle.0 - start.0);
        let (sin, cos) = (to_middle + 0.35 * normal(rng)).sin_cos();
        let cut = match rng.random::<f32>() {
            drawn if drawn < 0.6 => Cut::Crack {
                length: side * rng.random_range(0.25..1.2),
                // Many cracks are hair-thin, few gape: uniform in the logarithm.
                mouth: (side * 0.006 * 20.0f32.powf(rng.random())).max(0.8),
            },
            drawn if drawn < 0.8 => Cut::Bite { radius: side * rng.random_range(0.08..0.3) },
            _ => Cut::Break { depth: side * rng.random_range(0.08..0.35) },
        };
        let wander = match cut {
            Cut::Crack { .. } => 0.06,
            Cut::Bite { .. } | Cut::Break { .. } => 0.04,
        };
        Tear {
            cut,
            start,
            inwards: (cos, sin),
            wander: item.side * wander * rng.random_range(0.4..1.4),
            turn: (item.side * rng.random_range(0.08..0.25)).max(2.0),
            margin: item.side * RIM.end + 2.0,
            noise: Noise::new(rng),
        }
    }

    /// How far inwards a place lies from the start, and how far to the side.
    fn frame(&self, (x, y): (f32, f32)) -> (f32, f32) {
        let (right, down) = (x - self.start.0, y - self.start.1);
        let (cos, sin) = self.inwards;
        (right * cos + down * sin, down * cos - right * sin)
    }

    /// The crack's half width `along` inwards: a wedge, closed at its tip.
    fn opening(length: f32, mouth: f32, along: f32) -> f32 {
        mouth * (1.0 - along / length).max(0.0)
    }

    /// Pixels from the wall of the gap: negative within the gap.
    fn wall(&self, place: (f32, f32)) -> f32 {
        let (along, aside) = self.frame(place);
        match self.cut {
            Cut::Crack { length, mouth } => {
                let surely = aside.abs()
                    - RAGGED_MAX * self.wander
                    - 1.5 * Self::opening(length, mouth, along);
                if surely > self.margin {
                    return surely;
                }
                let off = aside - self.line(along);
                let crumbs = self.noise.at(along / self.turn * 3.0, off.signum() * 7.7);
                let opening = Self::opening(length, mouth, along);
                if along < length {
                    off.abs() - opening * (1.0 + 0.4 * crumbs)
                } else {
                    off.abs().max(along - length)
                }
            }
            Cut::Bite { radius } => along.hypot(aside) - radius - 2.0 * self.ragged(along, aside),
            Cut::Break { depth } => along - depth - 2.0 * self.ragged(along, aside),
        }
    }

    /// Whether a place is surely further than the margin from the gap and has not moved: most are, and
    /// need not be asked where exactly the ragged wall runs.
    fn is_clear(&self, place: (f32, f32)) -> bool {
        let margin = self.margin;
        let (along, aside) = self.frame(place);
        let ragged = 2.0 * RAGGED_MAX * self.wander;
        match self.cut {
            Cut::Crack { length, .. } => along - length > margin,
            Cut::Bite { radius } => along.hypot(aside) - radius - ragged > margin,
            Cut::Break { depth } => along - depth - ragged > margin,
        }
    }

    /// Where the crack's line runs, `along` inwards.
    fn line(&self, along: f32) -> f32 {
        self.wander * self.noise.ragged(along / self.turn, 0.5)
    }

    fn ragged(&self, along: f32, aside: f32) -> f32 {
        self.wander * self.noise.ragged(along / self.turn, aside / self.turn)
    }

    /// Where a pixel's content was before the cut: the sides of a crack have moved apart.
    fn before(&self, place: (f32, f32)) -> (f32, f32) {
        let Cut::Crack { length, mouth } = self.cut else { return place };
        let (along, aside) = self.frame(place);
        // Beside all places where the line can run, its noise need not be asked.
        let beside = aside.abs() > RAGGED_MAX * self.wander;
        let side = if beside { aside } else { aside - self.line(along) }.signum();
        let moved = side * Self::opening(length, mouth, along.max(-length));
        let (cos, sin) = self.inwards;
        (place.0 + moved * sin, place.1 - moved * cos)
    }
}

pub(super) fn tear(item: &Item, size: f32, rng: &mut StdRng) -> Damaged {
    let tear = Tear::draw(item, size, rng);
    let inside = item.mask.pixels();
    let far = distances(item.width, item.height, |at| inside[at]);
    let behind = surroundings(item, rng);
    let moves = match tear.cut {
        Cut::Crack { mouth, .. } => 2.0 * mouth,
        Cut::Bite { .. } | Cut::Break { .. } => 0.0,
    };
    // How dark the gap is beside its wall, and how far its shadow reaches.
    let shadow = rng.random_range(0.1..0.75);
    let reach = item.side * rng.random_range(0.01..0.05) + 1.0;
    // The torn wall: its width, its brightness against the surface, how much of it shows.
    let rim = item.side * rng.random_range(RIM.start..RIM.end) + 0.5;
    let torn = rng.random_range(0.65..1.4);
    let bare = rng.random_range(0.2..0.9);
    let surface = item.mean_colour(tear.start, 0.2 * item.side);
    let near = (item.side * TOUCHED_REACH).max(2.0);

    let mut picture: RgbImage = item.picture.clone();
    let mut touched = vec![0.0; item.width * item.height];
    let mask = Mask::from_fn(item.width as u32, item.height as u32, |x, y| {
        let place = (x as f32, y as f32);
        let far = far[y as usize * item.width + x as usize];
        if f32::from(far) > moves + f32::from(FRINGE_PX) {
            return false;
        }
        let was = item.mask.contains(x, y);
        if tear.is_clear(place) {
            return was;
        }
        let wall = tear.wall(place);
        let from = tear.before(place);
        let is = wall > 0.0 && share_at(item.mask, from) > 0.5;
        let beside = !was && !is;
        if beside && (wall > 0.0 || far > FRINGE_PX) {
            return false;
        }
        if wall < near && !beside {
            touched[y as usize * item.width + x as usize] = 1.0;
        }
        let colour = if is {
            let moved = colour_at(item.picture, from);
            let worn = (1.0 - wall / rim).clamp(0.0, 1.0) * bare;
            let worn = worn * (0.7 + 0.5 * tear.noise.at(place.0 / 3.0, place.1 / 3.0));
            [0, 1, 2].map(|part| moved[part] + (surface[part] * torn - moved[part]) * worn)
        } else {
            let depth = (-(wall.abs()) / reach).exp();
            brighter(behind.colour((x, y)), 1.0 - shadow * depth)
        };
        picture.put_pixel(x, y, pixel(colour));
        is
    });
    Damaged { picture, mask, touched }
}
