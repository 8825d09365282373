//! **Totes**: items that lie in a tote or on a tray, and how the tote is taken out of their views.
//!
//! A **tote** is an open box or a tray that carries an item over the belt. It is no part of the item: a reference shows
//! what a product looks like on the belt, and must serve for the same product in any tote. So each view is asked first
//! what its **ground** is ([`Ground`]): the bare belt, one of the declared totes, or something that nobody declared. If
//! it is a tote, everything in the view that looks like the empty tote becomes belt ([`Seen::cleared`]); what is
//! compared, and learned from, is then an item on the belt, whatever it lay in.
//!
//! [`Totes`] knows the totes of one camera from pictures: of the empty tunnel, and of each tote with nothing in it,
//! lying about as they do on the line. It finds a tote by its rim, which no item hides, moved and turned a
//! little (`place`), compares the view with the empty tote pixel by pixel, in which a shadow counts for nothing
//! (`same`), and paints (`clear`). The item's own shadow stays: the belt is darkened as the tote's floor is.
//!
//! A view of the bare belt is never changed.

mod belt;
mod clear;
mod model;
mod place;
mod raster;
mod same;

use base::picture::Picture;

use crate::localise::{Mask, Small};
use belt::Belt;
use model::{Model, footprint};
use raster::Raster;

/// A tote is there if this share of its rim fits: labels, straps and a hand may hide the rest.
const FITS_MIN: f32 = 0.6;
/// Something that nobody declared is as good as a tote if it has this share of the area of the smallest declared one.
const AREA_MIN: f32 = 0.8;
/// And if it fills this share of the box around it: totes are rectangular.
const FILLS_MIN: f32 = 0.8;

/// Why the totes of a camera are not known, or not looked for.
#[derive(Debug, thiserror::Error)]
pub enum ToteError {
    /// There is no picture of the empty tunnel.
    #[error(
        "no picture of the empty tunnel; add some in train/empty beside the pictures of the empty tote"
    )]
    NoEmpty,
    /// There is no picture of a tote.
    #[error("no picture of the empty tote {name}; add some in train/good")]
    NoTote {
        /// Which tote.
        name: String,
    },
    /// A tote is not to be seen in its picture.
    #[error(
        "in picture {picture} of the empty tote {name} nothing differs from the empty tunnel; remove that picture, or \
         take the pictures of the empty tunnel anew"
    )]
    Unseen {
        /// Which tote.
        name: String,
        /// Place of the picture, from 0.
        picture: usize,
    },
    /// Pictures of one camera differ in size.
    #[error(
        "a picture has other proportions than the pictures of the empty tunnel; take all with the camera as it is now"
    )]
    Size,
}

/// On what the item lies in a view.
#[derive(Debug, Clone, PartialEq)]
pub enum Ground {
    /// The bare belt, or nothing that is like a tote.
    Belt,
    /// A declared tote.
    Tote(Lying),
    /// Something as large as a tote and of its shape, which is none of those that were declared.
    Undeclared,
}

/// A tote in a view.
#[derive(Debug, Clone, PartialEq)]
pub struct Lying {
    /// Which one.
    pub name: String,
    /// Its middle, as shares of the view's width and height.
    pub middle: (f32, f32),
    /// How far it is turned against its pictures, in degrees, clockwise.
    pub turned_degrees: f32,
    /// The share of its rim that fits.
    pub fits: f32,
    /// The item in it, in pixels of a small copy of the view; none in an empty tote.
    pub item: Option<Mask>,
}

/// What is seen in a view.
#[derive(Debug)]
pub struct Seen {
    /// On what the item lies.
    pub ground: Ground,
    /// The view with the tote taken out, where there is one with something in it.
    pub cleared: Option<Picture>,
}

/// The totes that one camera looks into.
#[derive(Debug)]
pub struct Totes {
    belt: Belt,
    /// The belt that is painted.
    empty: Picture,
    totes: Vec<Model>,
}

impl Totes {
    /// Learns from pictures of the empty tunnel, and of each tote with nothing in it.
    ///
    /// # Errors
    /// Pictures are missing, differ in size, or show no tote.
    pub fn learn(
        mut empty: Vec<Picture>,
        totes: &[(String, Vec<Picture>)],
    ) -> Result<Totes, ToteError> {
        let size = empty.first().map(size_of).ok_or(ToteError::NoEmpty)?;
        let rasters = |pictures: &[Picture]| -> Result<Vec<Raster>, ToteError> {
            let same = pictures.iter().all(|picture| size_of(picture) == size);
            if !same {
                return Err(ToteError::Size);
            }
            Ok(pictures.iter().map(|picture| Raster::of(&Small::of(picture))).collect())
        };
        let belt = Belt::learn(&rasters(&empty)?);
        let mut models = Vec::with_capacity(totes.len());
        for (name, pictures) in totes {
            if pictures.is_empty() {
                return Err(ToteError::NoTote { name: name.clone() });
            }
            models.push(Model::learn(name, &rasters(pictures)?, &belt)?);
        }
        Ok(Totes { belt, empty: empty.swap_remove(0), totes: models })
    }

    /// What is seen in `picture`.
    ///
    /// # Errors
    /// It has another size than the pictures that were learned from.
    pub fn look(&self, picture: &Picture) -> Result<Seen, ToteError> {
        if size_of(picture) != size_of(&self.empty) {
            return Err(ToteError::Size);
        }
        let view = Raster::of(&Small::of(picture));
        let best = self
            .totes
            .iter()
            .map(|tote| (tote, tote.search(&view)))
            .min_by(|(_, (_, a)), (_, (_, b))| a.total_cmp(b))
            .map(|(tote, (pose, _))| (tote, tote.refined(&view, pose)));
        let Some((tote, (pose, fits))) = best.filter(|(_, (_, fits))| *fits >= FITS_MIN) else {
            let ground = if self.is_like_a_tote(&view) { Ground::Undeclared } else { Ground::Belt };
            return Ok(Seen { ground, cleared: None });
        };
        let content = clear::content(&view, &self.belt, tote, pose);
        let cleared = match &content {
            None => None,
            Some(content) => {
                let gains = self.belt.gains(&view, &self.belt.foreign(&view));
                let cleared = clear::cleared(picture, content, &self.empty, gains);
                Some(cleared.map_err(|_| ToteError::Size)?)
            }
        };
        let ground = Ground::Tote(Lying {
            name: tote.name.clone(),
            middle: (pose.x / view.width as f32, pose.y / view.height as f32),
            turned_degrees: pose.turn.to_degrees(),
            fits,
            item: content.map(|content| content.item),
        });
        Ok(Seen { ground, cleared })
    }

    /// Whether something lies on the belt that is as large as the smallest tote, and rectangular.
    fn is_like_a_tote(&self, view: &Raster) -> bool {
        let Some(smallest) = self.totes.iter().map(|tote| tote.area).min() else { return false };
        let Some(print) = footprint(view, &self.belt) else { return false };
        let mask = Mask::from_fn(view.width as u32, view.height as u32, |x, y| {
            print[y as usize * view.width + x as usize]
        });
        mask.extent().is_some_and(|extent| {
            let around = (extent.bounds.width * extent.bounds.height) as f32;
            extent.area as f32 >= AREA_MIN * smallest as f32
                && extent.area as f32 >= FILLS_MIN * around
        })
    }
}

fn size_of(picture: &Picture) -> (u32, u32, base::picture::PixelFormat) {
    (picture.width(), picture.height(), picture.format())
}

#[cfg(test)]
mod tests;
