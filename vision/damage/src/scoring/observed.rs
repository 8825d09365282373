//! What scoring **observes** of one view, before anybody compares it with anything.
//!
//! The **framing** of a SKU's view says where the item's tokens come from. Where the item fills most
//! of the view, one look at the whole view shows it closely enough. Where it is small, the whole view
//! is looked at coarsely, and the item once more, in a crop of its own.

use tch::Tensor;

use super::crop::{Area, Crop};
use super::ensemble::Member;
use super::error::ScoringError;
use super::silhouette::silhouette;
use super::tokens::{Maps, covered, only, places};
use base::picture::Picture;
use features::localise::{Found, Mask};

/// From this share of the view on, a crop is hardly closer than the view is: an item is then seen at
/// no less than 0.58 times the scale that its own crop would have.
const CROP_FILLS: f64 = 1.0 / 3.0;

/// Where the item's tokens come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// From the look at the whole view.
    View,
    /// From a crop around the item.
    Item,
}

impl Framing {
    /// The framing for items whose masks in `picture`s of one size are these: that of most.
    pub fn of<'a>(masks: impl Iterator<Item = (&'a Mask, &'a Picture)>) -> Framing {
        let shares = masks.map(|(mask, picture)| {
            let area = Crop::around(mask, picture).area;
            let whole = f64::from(picture.width()) * f64::from(picture.height());
            area.width * area.height / whole
        });
        let mut shares: Vec<f64> = shares.collect();
        shares.sort_unstable_by(f64::total_cmp);
        match shares.get(shares.len() / 2) {
            Some(share) if *share < CROP_FILLS => Framing::Item,
            _ => Framing::View,
        }
    }
}

/// How many items are in sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// None that could be told from the background.
    Nothing,
    /// One, whole or in pieces.
    One,
    /// So many.
    Several(usize),
}

/// The item in a view.
#[derive(Debug)]
pub struct SeenItem {
    /// Its crop's maps; `None` where the whole view's are close enough.
    pub maps: Option<Maps>,
    /// The cells that it covers, ascending; at least one.
    pub cells: Vec<i64>,
    /// The rectangle in which its places are counted.
    pub frame: Area,
    /// Its outline; `None` where it has none, because it fills the view.
    pub silhouette: Option<Vec<f32>>,
}

/// What is seen in one view.
#[derive(Debug)]
pub struct Observed {
    /// What the backbone answered for the whole view.
    pub view: Maps,
    /// How many items are in sight.
    pub sight: Sight,
    /// `None` where nothing is in sight.
    pub item: Option<SeenItem>,
}

/// A grid of cells over a part of the view.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Grid {
    pub area: Area,
    pub width: i64,
    pub height: i64,
}

impl Grid {
    /// The middle of a cell, in pixels of the view.
    pub(super) fn middle(&self, cell: i64) -> (f64, f64) {
        let at = |cell: i64, cells: i64, from: f64, length: f64| {
            from + (cell as f64 + 0.5) / cells as f64 * length
        };
        let Area { x, y, width, height } = self.area;
        (at(cell % self.width, self.width, x, width), at(cell / self.width, self.height, y, height))
    }
}

/// The mask that `found` leaves to look at, and what is in sight.
pub fn sighted(found: Found, (width, height): (u32, u32)) -> (Sight, Option<Mask>) {
    match found {
        Found::One(mask) => (Sight::One, Some(mask)),
        Found::Nothing => (Sight::Nothing, None),
        Found::Several(items) => {
            let mask = Mask::from_fn(width, height, |x, y| {
                items.iter().any(|item| {
                    (item.x..item.x + item.width).contains(&x)
                        && (item.y..item.y + item.height).contains(&y)
                })
            });
            (Sight::Several(items.len()), Some(mask))
        }
    }
}

impl SeenItem {
    /// The item of `mask` in `picture`, of which `maps` are those of its crop or, with
    /// [`Framing::View`], `None`.
    pub fn new(picture: &Picture, mask: &Mask, view: &Maps, maps: Option<Maps>) -> SeenItem {
        let size = (picture.width(), picture.height());
        let of = maps.as_ref().unwrap_or(view);
        let cells = covered(mask, size, &of.crop, (of.width(), of.height()));
        let frame = match &maps {
            Some(maps) => maps.crop.area,
            None => Crop::around(mask, picture).area,
        };
        SeenItem { cells, frame, silhouette: silhouette(mask), maps }
    }
}

impl Observed {
    fn item_maps<'a>(&'a self, item: &'a SeenItem) -> &'a Maps {
        item.maps.as_ref().unwrap_or(&self.view)
    }

    /// How many items are in sight.
    pub fn sight(&self) -> Sight {
        self.sight
    }

    /// The maps of each part of the view that was looked at, the whole view first.
    pub fn looks(&self) -> impl Iterator<Item = &Maps> {
        let item = self.item.as_ref().and_then(|item| item.maps.as_ref());
        std::iter::once(&self.view).chain(item)
    }

    /// The crop that shows the item as closely as it is looked at, its columns and rows of cells, and
    /// the cells that the item covers.
    pub fn item_cells(&self) -> (Crop, (i64, i64), &[i64]) {
        let (maps, cells) = match &self.item {
            Some(item) => (self.item_maps(item), item.cells.as_slice()),
            None => (&self.view, [].as_slice()),
        };
        (maps.crop, (maps.width(), maps.height()), cells)
    }

    /// The tokens that a patch member compares; `None` where there are none for it.
    pub(super) fn tokens(&self, member: Member) -> Result<Option<Tensor>, ScoringError> {
        match member {
            Member::Plain => self.view.plain().map(Some),
            Member::Parts => self.view.parts().map(Some),
            Member::Texture => self.view.texture(),
            Member::Item => match &self.item {
                Some(SeenItem { maps: Some(maps), cells, .. }) => {
                    only(&maps.parts()?, cells).map(Some)
                }
                _ => Ok(None),
            },
            Member::Composition | Member::Silhouette | Member::Head => Ok(None),
        }
    }

    /// The numbers that a cloud compares; `None` where there are none for it.
    pub(super) fn point(&self, member: Member) -> Result<Option<Vec<f32>>, ScoringError> {
        match member {
            Member::Composition => {
                let mean = self.view.parts()?.f_mean_dim([0i64].as_slice(), false, None);
                mean.and_then(|mean| Vec::<f32>::try_from(&mean))
                    .map(Some)
                    .map_err(ScoringError::torch("describing the whole view"))
            }
            Member::Silhouette => Ok(self.item.as_ref().and_then(|item| item.silhouette.clone())),
            _ => Ok(None),
        }
    }

    /// What the damage head reads of the item: features and places of its tokens.
    pub fn head_tokens(&self) -> Result<Option<(Tensor, Tensor)>, ScoringError> {
        let Some(item) = &self.item else { return Ok(None) };
        let maps = self.item_maps(item);
        let grid = (maps.width(), maps.height());
        let features = only(&maps.joined()?, &item.cells)?;
        Ok(Some((features, places(&item.cells, grid, maps.crop.area, item.frame))))
    }

    /// The patch member whose distances the damage head is told: the one that sees the item best.
    pub(super) fn head_member(&self) -> Member {
        match &self.item {
            Some(SeenItem { maps: Some(_), .. }) => Member::Item,
            _ => Member::Parts,
        }
    }

    /// The distances of the item's tokens, of those that the damage head's patch member found.
    pub(super) fn of_item(&self, distances: &[f32]) -> Vec<f32> {
        match &self.item {
            Some(SeenItem { maps: None, cells, .. }) => {
                cells.iter().map(|cell| distances[*cell as usize]).collect()
            }
            _ => distances.to_vec(),
        }
    }

    /// The grid of a spatial member, and a value for each of its cells from one for each token.
    pub(super) fn spread(&self, member: Member, values: &[f32]) -> (Grid, Vec<f32>) {
        let grid = |maps: &Maps, fineness: i64| Grid {
            area: maps.crop.area,
            width: fineness * maps.width(),
            height: fineness * maps.height(),
        };
        match (member, &self.item) {
            (Member::Texture, _) => (grid(&self.view, 2), values.to_vec()),
            (Member::Item | Member::Head, Some(item)) => {
                let grid = grid(self.item_maps(item), 1);
                let mut all = vec![0.0; (grid.width * grid.height) as usize];
                for (cell, value) in item.cells.iter().zip(values) {
                    all[*cell as usize] = *value;
                }
                (grid, all)
            }
            _ => (grid(&self.view, 1), values.to_vec()),
        }
    }

    /// The same with maps in half precision: what is kept while learning.
    pub fn halved(self) -> Result<Observed, ScoringError> {
        let item = self.item.map(|item| -> Result<SeenItem, ScoringError> {
            let maps = item.maps.map(Maps::halved).transpose()?;
            Ok(SeenItem { maps, ..item })
        });
        Ok(Observed { view: self.view.halved()?, sight: self.sight, item: item.transpose()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::picture::PixelFormat;
    use features::localise::Bounds;

    fn picture() -> Picture {
        Picture::from_pixels(200, 100, PixelFormat::Grey8, vec![9; 20_000]).unwrap()
    }

    #[test]
    fn a_small_item_gets_a_crop_of_its_own_and_a_large_one_does_not() {
        let picture = picture();
        let square =
            |side: u32| Mask::from_fn(200, 100, |x, y| x < side + 20 && x > 20 && y < side);
        let of = |side| Framing::of(std::iter::once((&square(side), &picture)));
        assert_eq!(of(25), Framing::Item);
        assert_eq!(of(90), Framing::View);
        assert_eq!(Framing::of(std::iter::empty()), Framing::View);
    }

    #[test]
    fn several_items_are_looked_at_together() {
        let one = Bounds { x: 2, y: 2, width: 3, height: 3 };
        let other = Bounds { x: 8, ..one };
        let (sight, mask) = sighted(Found::Several(vec![one, other]), (12, 6));
        assert_eq!(sight, Sight::Several(2));
        assert_eq!(mask.unwrap().area(), 18);
        assert_eq!(sighted(Found::Nothing, (12, 6)), (Sight::Nothing, None));
    }
}
