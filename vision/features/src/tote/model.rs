//! What an empty tote looks like from one camera, wherever it lies.

use super::ToteError;
use super::belt::{Belt, mean_and_spread};
use super::place::{Places, Point, Pose, refined, search};
use super::raster::{Raster, between};
use crate::localise::components::{Components, filled};
use crate::localise::raster::{opened, square_sums};

/// A tote covers at least this share of the view.
const SHARE_MIN: f32 = 0.02;
/// How wide the rim is, as a share of the tote's shorter side.
const RIM: f32 = 0.06;
/// Points of the rim that are compared.
const POINTS: usize = 480;

/// An empty tote. Places are given from its middle.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub name: String,
    width: usize,
    height: usize,
    mean: Vec<[f32; 3]>,
    spread: Vec<f32>,
    footprint: Vec<bool>,
    /// The middle of the footprint, in the model's own pixels.
    middle: (f32, f32),
    /// Pixels of the footprint.
    pub area: usize,
    points: Vec<Point>,
    places: Places,
}

impl Model {
    /// Learns from views of empty totes on the belt.
    pub fn learn(name: &str, views: &[Raster], belt: &Belt) -> Result<Model, ToteError> {
        let unseen = |picture: usize| ToteError::Unseen { name: name.to_owned(), picture };
        let mut prints = Vec::with_capacity(views.len());
        for (at, view) in views.iter().enumerate() {
            prints.push(footprint(view, belt).ok_or_else(|| unseen(at))?);
        }
        let (width, height) = (belt.width, belt.height);
        // The first one is the model, until the others lie on it.
        let of_one = |view: &Raster, print: &[bool]| {
            let middle = middle(print, width);
            let spread = vec![0.0; width * height];
            let mean = view.pixels.iter().map(|pixel| pixel.map(f32::from)).collect();
            Model::of(name, (width, height), (mean, spread), print.to_vec(), middle)
        };
        let first = of_one(&views[0], &prints[0]);
        let poses: Vec<Pose> = views
            .iter()
            .zip(&prints)
            .map(|(view, print)| {
                let (x, y) = middle(print, width);
                refined(view, &first.points, Pose { x, y, turn: 0.0 }).pose
            })
            .collect();
        let place = |pose: Pose, at: usize| {
            let (column, row) = ((at % width) as f32, (at / width) as f32);
            pose.apply(column - first.middle.0, row - first.middle.1)
        };
        let mean_spread = mean_and_spread(width * height, views.len(), |picture, at| {
            let (x, y) = place(poses[picture], at);
            views[picture].at(x, y)
        });
        let is_tote = |at: usize| {
            let shown = poses.iter().zip(&prints).filter(|(pose, print)| {
                let (x, y) = place(**pose, at);
                let (column, row) = (x.round(), y.round());
                column >= 0.0
                    && row >= 0.0
                    && column < width as f32
                    && row < height as f32
                    && print[row as usize * width + column as usize]
            });
            2 * shown.count() > views.len()
        };
        let print: Vec<bool> = (0..width * height).map(is_tote).collect();
        let mut model = Model::of(name, (width, height), mean_spread, print, first.middle);
        let range = |of: fn(&Pose) -> f32| {
            let of = || poses.iter().map(of);
            (of().fold(f32::INFINITY, f32::min), of().fold(f32::NEG_INFINITY, f32::max))
        };
        model.places = Places { x: range(|pose| pose.x), y: range(|pose| pose.y) };
        Ok(model)
    }

    fn of(
        name: &str,
        (width, height): (usize, usize),
        (mean, spread): (Vec<[f32; 3]>, Vec<f32>),
        footprint: Vec<bool>,
        middle: (f32, f32),
    ) -> Model {
        let area = footprint.iter().filter(|inside| **inside).count();
        let places = Places { x: (middle.0, middle.0), y: (middle.1, middle.1) };
        let points = rim(&footprint, width, area)
            .into_iter()
            .map(|at| Point {
                u: (at % width) as f32 - middle.0,
                v: (at / width) as f32 - middle.1,
                colour: mean[at],
            })
            .collect();
        let name = name.to_owned();
        Model { name, width, height, mean, spread, footprint, middle, area, points, places }
    }

    /// Where the tote is most likely to lie in a view, roughly, and how badly it fits there.
    pub fn search(&self, view: &Raster) -> (Pose, f32) {
        search(view, &self.points, self.places)
    }

    /// The pose near `from` that fits best, and the share of the rim that fits.
    pub fn refined(&self, view: &Raster, from: Pose) -> (Pose, f32) {
        let fit = refined(view, &self.points, from);
        (fit.pose, fit.share)
    }

    /// What an empty tote shows at a place from its middle: the colour, and how much it varies. None beside the tote.
    pub fn at(&self, u: f32, v: f32) -> Option<([f32; 3], f32)> {
        let (x, y) = (u + self.middle.0, v + self.middle.1);
        let (column, row) = (x.round(), y.round());
        let outside =
            column < 0.0 || row < 0.0 || column >= self.width as f32 || row >= self.height as f32;
        if outside {
            return None;
        }
        let at = row as usize * self.width + column as usize;
        if !self.footprint[at] {
            return None;
        }
        let colour = between(x, y, self.width, self.height, |at| self.mean[at]);
        Some((colour, self.spread[at]))
    }
}

/// The pixels of the largest thing on the belt, without holes; none where there is nothing. A wall in the shadow may look
/// like the belt, but the rim goes round it.
pub(super) fn footprint(view: &Raster, belt: &Belt) -> Option<Vec<bool>> {
    let foreign = filled(&opened(&belt.foreign(view), view.width, 1), view.width);
    let components = Components::of(&opened(&foreign, view.width, 3), view.width);
    let (at, largest) =
        components.list.iter().enumerate().max_by_key(|(_, component)| component.area)?;
    if (largest.area as f32) < SHARE_MIN * view.pixels.len() as f32 {
        return None;
    }
    let label = at as u32 + 1;
    Some(components.labels.iter().map(|of| *of == label).collect())
}

/// The middle of the box around `print`.
fn middle(print: &[bool], width: usize) -> (f32, f32) {
    let (mut left, mut right, mut top, mut bottom) = (usize::MAX, 0, usize::MAX, 0);
    for at in (0..print.len()).filter(|at| print[*at]) {
        let (column, row) = (at % width, at / width);
        (left, right) = (left.min(column), right.max(column));
        (top, bottom) = (top.min(row), bottom.max(row));
    }
    ((left + right) as f32 / 2.0, (top + bottom) as f32 / 2.0)
}

/// Some pixels of the outer part of `print`, which has this `area`, evenly spread.
fn rim(print: &[bool], width: usize, area: usize) -> Vec<usize> {
    // Of a rectangle of 4 to 5, the shorter side.
    let shorter = (area as f32 * 0.8).sqrt();
    let reach = ((RIM * shorter) as usize).max(2);
    let ones: Vec<u8> = print.iter().map(|inside| u8::from(*inside)).collect();
    let whole = (2 * reach as i32 + 1).pow(2);
    let sums = square_sums(&ones, width, reach);
    let outer: Vec<usize> = (0..print.len()).filter(|at| print[*at] && sums[*at] < whole).collect();
    let step = (outer.len() / POINTS).max(1);
    outer.into_iter().step_by(step).collect()
}
