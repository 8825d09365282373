//! **Localising**: which part of a view is the item, and which is belt, rollers, rails or tote.
//!
//! A [`Localiser`] is learned for one SKU and view from normals alone. Backbone [`Cells`] give a
//! first guess: what looks alike near the same place in several normals and hangs together with the
//! view's border is background (`background`); where there are pictures of the empty tunnel, the
//! colours that normals show more of than these. From the guess follow the colours of item and
//! background (`colour`), from the colours a sharp [`Mask`], from the masks how large an item is.
//! At run time nothing but a [`Small`] copy of the view is needed: its light is set right
//! (`light`), its colours are looked up, and the patches that look like the item are judged
//! (`components`, `found`).
//!
//! Where nothing stands out, as in a catalogue picture that the item fills, the localiser is
//! **whole**: all of every view is the item.

mod background;
mod colour;
pub(crate) mod components;
mod floats;
mod found;
mod light;
mod mask;
pub(crate) mod raster;
mod small;

pub use background::Cells;
pub use found::Found;
pub use light::Gains;
pub use mask::{Bounds, Extent, Mask};
pub use small::Small;

use colour::Colours;
use found::Areas;
use light::Light;

/// Most normals that are learned from, evenly spread over all there are: more change masks no more,
/// and comparing them takes time by their square.
const NORMALS_MAX: usize = 32;
/// A mask that covers more of the view than this leaves no background to know the item by.
const SHARE_MAX: f32 = 0.9;
/// In at least this share of the normals something must stand out, or localising is guessing.
const DISTINCT: f64 = 0.5;

/// Why there is no localiser.
#[derive(Debug, thiserror::Error)]
pub enum LocaliseError {
    /// There is nothing to learn from.
    #[error("no normal view to learn where the item is; add pictures of normal items")]
    NoViews,
    /// Views and cells do not belong together.
    #[error("{views} views but cells of {cells}; pass the cells of each view, in the same order")]
    Count {
        /// Views there are.
        views: usize,
        /// Cells there are.
        cells: usize,
    },
    /// Cells are not what they say they are.
    #[error(
        "the cells of view {view} are {numbers} numbers, not {width} x {height} cells of {channels}"
    )]
    Shape {
        /// Place of the view.
        view: usize,
        /// Cells in a row.
        width: usize,
        /// Rows of cells.
        height: usize,
        /// Numbers per cell.
        channels: usize,
        /// Numbers there are.
        numbers: usize,
    },
    /// The backbone returned NaN or infinity.
    #[error("the cells of view {view} are not all finite; check that picture and the backbone")]
    NotFinite {
        /// Place of the view.
        view: usize,
    },
    /// Stored numbers are no localiser.
    #[error("a stored localiser is unusable: {cause}; learn the SKU again with `inspectctl learn`")]
    Stored {
        /// What is wrong with them.
        cause: String,
    },
}

/// Finds the item of one SKU in one camera's views.
#[derive(Debug, Clone, PartialEq)]
pub struct Localiser {
    /// How light the normals are.
    light: Light,
    /// `None` where nothing stands out from the background.
    item: Option<Item>,
}

/// What an item looks like.
#[derive(Debug, Clone, PartialEq)]
struct Item {
    colours: Colours,
    areas: Areas,
}

impl Localiser {
    /// Learns from normal `views`, the backbone's `cells` of each, and views of the `empty` tunnel,
    /// of which there may be none.
    pub fn learn(
        views: &[Small],
        cells: &[Cells],
        empty: &[Small],
    ) -> Result<Localiser, LocaliseError> {
        if views.is_empty() {
            return Err(LocaliseError::NoViews);
        }
        if views.len() != cells.len() {
            return Err(LocaliseError::Count { views: views.len(), cells: cells.len() });
        }
        cells.iter().enumerate().try_for_each(|(view, cells)| cells.check(view))?;

        let count = views.len().min(NORMALS_MAX);
        let picked = || (0..count).map(|i| i * views.len() / count);
        let cells: Vec<&Cells> = picked().map(|view| &cells[view]).collect();
        let views: Vec<&Small> = picked().map(|view| &views[view]).collect();
        let light = Light::learn(&views);
        let lit: Vec<Small> = views.iter().map(|view| view.lit(light.gains(view))).collect();
        let views: Vec<&Small> = lit.iter().collect();
        let items = background::items(&cells);
        let seeds = items.into_iter().zip(&cells).zip(&views);
        let seeds = seeds.map(|((items, cells), view)| Some(enlarged(&items?, cells, view)));
        let (colours, masks) = Colours::learn(&views, seeds.collect(), empty, found::main_mask);

        let share = |mask: &Vec<bool>| {
            mask.iter().filter(|inside| **inside).count() as f32 / mask.len() as f32
        };
        let distinct: Vec<f32> =
            masks.iter().map(share).filter(|share| *share > 0.0 && *share <= SHARE_MAX).collect();
        if (distinct.len() as f64) < DISTINCT * views.len() as f64 {
            return Ok(Localiser { light, item: None });
        }
        let item = Areas::of(distinct).map(|areas| Item { colours, areas });
        Ok(Localiser { light, item })
    }

    /// The localiser for views in which nothing stands out: all of the view is the item, in any
    /// light.
    pub fn whole() -> Localiser {
        Localiser { light: Light::any(), item: None }
    }

    /// What takes the drift of light and white balance in `view` back.
    pub fn gains(&self, view: &Small) -> Gains {
        self.light.gains(view)
    }

    /// Whether all of every view is the item.
    pub fn is_whole(&self) -> bool {
        self.item.is_none()
    }

    /// Whether `mask` covers as much of the view as an item of this kind may; always where all of every view
    /// is the item.
    pub fn may_be(&self, mask: &Mask) -> bool {
        let share = mask.area() as f32 / mask.pixels().len() as f32;
        self.item.as_ref().is_none_or(|item| item.areas.may_be(share))
    }

    /// What is to be seen in `view`; masks and rectangles are in its pixels.
    pub fn find(&self, view: &Small) -> Found {
        self.find_with(view, self.gains(view))
    }

    /// [`find`](Localiser::find), for a caller that needs the view's `gains` as well.
    pub fn find_with(&self, view: &Small, gains: Gains) -> Found {
        let Some(Item { colours, areas }) = &self.item else {
            return Found::One(Mask::from_fn(view.width(), view.height(), |_, _| true));
        };
        let odds = colours.odds_of(&colours.index(&view.lit(gains)));
        found::judge(&odds, view.width() as usize, areas)
    }
}

/// For each pixel of `view` what is true of its cell.
fn enlarged(items: &[bool], cells: &Cells, view: &Small) -> Vec<bool> {
    let (width, height) = (view.width() as usize, view.height() as usize);
    let cell =
        |x: usize, y: usize| y * cells.height / height * cells.width + x * cells.width / width;
    (0..width * height).map(|at| items[cell(at % width, at / width)]).collect()
}

#[cfg(test)]
mod tests;
