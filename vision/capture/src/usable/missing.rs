//! **Missing parts**: what did not arrive has one value, and ends at a straight line.
//!
//! A *line* is a row or a column of a picture, thinned. It is *even* when all of it has one value, which no
//! lit ground has: a sensor shows noise. Even lines side by side are a *band*. A band is missing when it ends
//! **all at once**: within a few pixels of its end nearly every stretch of a line shows something else, be it
//! an item or the ground's noise. Its own level says nothing: it may be that of the ground.
//!
//! A frame around the picture is not missing: equally wide on both sides, as a replayed picture of another
//! shape has it. Nor is a ground so bright that it has one value, nor an even one where an item ends it little
//! by little or leaves it beside itself.

use super::Side;

/// Levels by which the pixels of an even line, and the lines of a band, differ at most.
const EVEN: u8 = 2;
/// From here on a band is light that is too strong, and no part that did not arrive.
const FULL: u8 = super::FULL;
/// Stretches that a line is looked at in, and the share of them that must show something else.
const STRETCHES: usize = 16;
const ABRUPT: f64 = 0.9;
/// Pixels within which a band ends: compression (blocks of 8 pixels) spoils the lines near a border.
const BORDER: usize = 9;
/// Difference of the bands at opposite edges up to which they are a frame.
const FRAME: f64 = 0.02;

/// A band, as a share of the lines, and its level.
type Band = (f64, u8);

/// The largest part that is missing: where, which share of the picture, at which level. `rows` are thinned:
/// between two rows, and between two pixels of one, stand `steps` pixels.
pub fn largest(rows: &[Vec<u8>], steps: [usize; 2]) -> Option<(Side, f64, u8)> {
    let width = rows.first()?.len();
    let columns: Vec<Vec<u8>> =
        (0..width).map(|x| rows.iter().map(|row| row[x]).collect()).collect();
    let down = bands(rows, BORDER.div_ceil(steps[0]));
    let across = bands(&columns, BORDER.div_ceil(steps[1]));
    let named = |found: Bands, first: Side, last: Side| {
        let Bands { first: [begin, end], middle } = found;
        let is_frame = (begin.0 - end.0).abs() <= FRAME;
        let edges = [(first, begin), (last, end)];
        edges.into_iter().filter(move |_| !is_frame).chain([(Side::Middle, middle)])
    };
    named(down, Side::Top, Side::Bottom)
        .chain(named(across, Side::Left, Side::Right))
        .filter(|(_, (share, _))| *share > 0.0)
        .map(|(side, (share, level))| (side, share, level))
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

/// The bands that end all at once.
#[derive(Default)]
struct Bands {
    /// At the first and at the last line.
    first: [Band; 2],
    /// The largest of the others.
    middle: Band,
}

fn bands(lines: &[Vec<u8>], border: usize) -> Bands {
    let mut found = Bands::default();
    let mut begin = 0;
    while begin < lines.len() {
        let Some(level) = even(&lines[begin]) else {
            begin += 1;
            continue;
        };
        let near = |line: &&Vec<u8>| line.iter().all(|one| one.abs_diff(level) <= EVEN);
        let end = begin + lines[begin..].iter().take_while(near).count();
        let after = &lines[end..(end + border + 1).min(lines.len())];
        let before = &lines[begin.saturating_sub(border + 1)..begin];
        let ends = |beyond: &[Vec<u8>]| beyond.iter().any(|line| shows_other(line, level));
        let band = ((end - begin) as f64 / lines.len() as f64, level);
        let place = match (before, after) {
            ([], []) => None,
            ([], after) => ends(after).then_some(&mut found.first[0]),
            (before, []) => ends(before).then_some(&mut found.first[1]),
            (before, after) => (ends(before) && ends(after)).then_some(&mut found.middle),
        };
        if let Some(place) = place.filter(|place| place.0 < band.0) {
            *place = band;
        }
        begin = end;
    }
    found
}

/// The level of an even line.
fn even(line: &[u8]) -> Option<u8> {
    let ends = |(low, high): (u8, u8), level: &u8| (low.min(*level), high.max(*level));
    let (low, high) = line.iter().fold((u8::MAX, u8::MIN), ends);
    (high.saturating_sub(low) <= EVEN && high < FULL).then(|| low + (high - low) / 2)
}

/// Whether nearly every stretch of a line shows something else than a band of this level.
fn shows_other(line: &[u8], level: u8) -> bool {
    let stretches = line.chunks(line.len().div_ceil(STRETCHES));
    let count = stretches.len() as f64;
    let other = |stretch: &&[u8]| stretch.iter().any(|one| one.abs_diff(level) > 2 * EVEN);
    stretches.filter(other).count() as f64 >= ABRUPT * count
}
