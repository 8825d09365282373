//! **Explanations**: what differs in a view, for people: boxes around it, and words such as "dent,
//! upper right edge, 32 mm".
//!
//! A **difference** is a patch of hot cells of the heat map that hang together. Its box is in pixels
//! of the view; its place is told from the box around the item. Its kind is what the damage head
//! takes most of its cells for; where the head sees no damage there, only that it differs is known.

mod drawn;

use serde::Serialize;

use super::heatmap::HeatMap;
use crate::Kind;
use base::regions::regions;
use features::localise::Bounds;

pub use drawn::annotated;

/// Differences that are told at most: of more, nobody reads the rest.
const TOLD_MAX: usize = 3;
/// A cell belongs to a difference when it is hot and at least this share of the hottest cell's heat:
/// where everything is hot, the worst is still told from the rest.
const OF_PEAK: f32 = 0.5;
/// What lies within this share of the item's width or height from the side of its box is at the
/// edge: about one cell.
const EDGE: f32 = 0.08;

/// A place where a view differs from normal ones.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The box around it, in pixels of the view.
    pub bounds: Bounds,
    /// The heat of its hottest cell, in units of what counts as hot: finite, 0 or more.
    pub strength: f32,
    /// What it most likely is; `None` where nobody knows.
    pub kind: Option<Kind>,
    /// Where it is on the item, in words.
    pub place: String,
    /// The longer side of the box as a share of the item's width.
    pub of_width: f32,
}

impl Difference {
    /// Kind, place and size in words. The size is in millimetres where a pixel's millimetres are
    /// known, else relative to the item.
    pub fn words(&self, mm_per_px: Option<f32>) -> String {
        let kind = self.kind.map_or("differs from the reference", named);
        let mm = mm_per_px.map(|mm| mm * self.bounds.width.max(self.bounds.height) as f32);
        let size = match mm.filter(|mm| mm.is_finite() && *mm > 0.0) {
            Some(mm) if mm < 1.0 => "less than 1 mm".to_owned(),
            Some(mm) => format!("{mm:.0} mm"),
            None => format!("about {:.0} % of the item's width", (100.0 * self.of_width).max(1.0)),
        };
        format!("{kind}, {}, {size}", self.place)
    }
}

/// All differences in words, the strongest first; never empty.
pub fn words(differences: &[Difference], mm_per_px: Option<f32>) -> String {
    if differences.is_empty() {
        return "differs from the reference".to_owned();
    }
    let all: Vec<String> = differences.iter().map(|one| one.words(mm_per_px)).collect();
    all.join("; ")
}

fn named(kind: Kind) -> &'static str {
    match kind {
        Kind::Dent => "dent",
        Kind::Tear => "tear",
        Kind::Puncture => "puncture",
        Kind::Stain => "stain or scribble",
        Kind::Tape => "tape or foreign label",
        Kind::Print => "print missing or changed",
        Kind::Missing => "part missing",
        Kind::Foreign => "something foreign",
        Kind::Colour => "other colour",
        Kind::Size => "other size",
        Kind::Turned => "turned",
    }
}

/// What differs in a view of `size` pixels whose item lies in the box `item`, the strongest first, at
/// most a few. `kinds` are the cells that the damage head calls damaged, each with its kind. Empty
/// only where no cell has any heat.
pub fn differences(
    heat: &HeatMap,
    kinds: &[(i64, Kind)],
    item: Bounds,
    size: (u32, u32),
) -> Vec<Difference> {
    let peak = heat.values.iter().copied().filter(|value| value.is_finite()).fold(0.0, f32::max);
    if peak <= 0.0 || heat.values.len() as u32 != heat.width * heat.height {
        return Vec::new();
    }
    let level = heat.hot.clamp(0.0, peak).max(peak * OF_PEAK);
    let hot: Vec<bool> = heat.values.iter().map(|value| *value >= level).collect();
    let labels = regions(&hot, heat.width as usize);
    let count = labels.iter().copied().max().unwrap_or(0);
    let mut found: Vec<Difference> = (1..=count)
        .map(|label| {
            let cells: Vec<usize> = (0..labels.len()).filter(|at| labels[*at] == label).collect();
            let bounds = around(heat, &cells, size);
            let hottest = cells.iter().map(|at| heat.values[*at]).fold(0.0, f32::max);
            let strength = hottest / heat.hot.max(f32::MIN_POSITIVE);
            let longer = bounds.width.max(bounds.height) as f32;
            Difference {
                bounds,
                strength: strength.min(f32::MAX),
                kind: most_likely(heat, &cells, kinds),
                place: place(bounds, item),
                of_width: longer / item.width.max(1) as f32,
            }
        })
        .collect();
    found.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    found.truncate(TOLD_MAX);
    found
}

/// The box around `cells`, of which there is at least one, within a view of `size`.
fn around(heat: &HeatMap, cells: &[usize], (width, height): (u32, u32)) -> Bounds {
    let columns = heat.width as usize;
    // First and last cell of one direction to first and last pixel.
    let span = |cells: &mut dyn Iterator<Item = usize>, of: u32, from: f64, long: f64, end: u32| {
        let (first, last) =
            cells.fold((usize::MAX, 0), |(low, high), at| (low.min(at), high.max(at)));
        let edge = |cell: usize| from + cell as f64 * long / f64::from(of);
        let start = (edge(first).floor().max(0.0) as u32).min(end.saturating_sub(1));
        let stop = (edge(last + 1).ceil().max(0.0) as u32).clamp(start + 1, end.max(start + 1));
        (start, stop - start)
    };
    let area = &heat.area;
    let (x, across) =
        span(&mut cells.iter().map(|at| at % columns), heat.width, area.x, area.width, width);
    let (y, down) =
        span(&mut cells.iter().map(|at| at / columns), heat.height, area.y, area.height, height);
    Bounds { x, y, width: across, height: down }
}

/// The kind that most of the heat of `cells` has.
fn most_likely(heat: &HeatMap, cells: &[usize], kinds: &[(i64, Kind)]) -> Option<Kind> {
    let share = |kind: Kind| {
        let of_kind = kinds.iter().filter(|(_, one)| *one == kind).map(|(cell, _)| *cell as usize);
        of_kind.filter(|cell| cells.contains(cell)).map(|cell| heat.values[cell]).sum::<f32>()
    };
    let shares = Kind::ALL.map(|kind| (kind, share(kind)));
    let most = shares.into_iter().max_by(|(_, a), (_, b)| a.total_cmp(b));
    most.filter(|(_, share)| *share > 0.0).map(|(kind, _)| kind)
}

/// One direction of a place: towards the box's start, its end or neither, and whether at its edge.
fn towards(start: u32, length: u32, item_start: u32, item_length: u32) -> (i8, bool) {
    let item_length = item_length.max(1) as f32;
    let from = (start as f32 - item_start as f32) / item_length;
    let to = from + length as f32 / item_length;
    match (from <= EDGE, to >= 1.0 - EDGE) {
        (true, true) => (0, false),
        (true, false) => (-1, true),
        (false, true) => (1, true),
        (false, false) => match (from + to) / 2.0 {
            middle if middle < 1.0 / 3.0 => (-1, false),
            middle if middle > 2.0 / 3.0 => (1, false),
            _ => (0, false),
        },
    }
}

/// Where `bounds` lies in the box around the item.
fn place(bounds: Bounds, item: Bounds) -> String {
    let (across, at_side) = towards(bounds.x, bounds.width, item.x, item.width);
    let (down, at_end) = towards(bounds.y, bounds.height, item.y, item.height);
    let upright = ["upper", "", "lower"][(down + 1) as usize];
    let sideways = ["left", "", "right"][(across + 1) as usize];
    let where_to = format!("{upright} {sideways}");
    let what = match (at_side, at_end) {
        (true, true) => "corner",
        (true, false) | (false, true) => "edge",
        (false, false) if down == 0 && across == 0 => "middle",
        (false, false) => "part",
    };
    format!("{} {what}", where_to.trim()).trim().to_owned()
}

#[cfg(test)]
mod tests;
