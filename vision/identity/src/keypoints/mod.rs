//! **Key points**: places of a picture that are found again when the item is moved, turned or nearer.
//!
//! A *key point* is a blob or a corner with a position, a size and a direction of its own; its
//! *descriptor* is 128 numbers that say how brightness changes around it, measured in that size and
//! direction. Two pictures of one print have many key points with nearly equal descriptors, whatever lies
//! around the item: this is what tells an item in a hand, before a shelf, from the shelf.
//!
//! The method is SIFT (D. Lowe, Distinctive image features from scale-invariant keypoints, IJCV 60, 2004;
//! the patent ended in 2020). Descriptors are square roots of SIFT's, divided by their sum first
//! (R. Arandjelovic, A. Zisserman, Three things everyone should know to improve object retrieval, CVPR
//! 2012): their length is 1, and their scalar product is the similarity. `scale_space` finds the places,
//! `descriptor` the directions and the numbers.

mod descriptor;
mod scale_space;

use tch::TchError;

/// Numbers of a descriptor: 4 by 4 cells of 8 directions.
pub const DESCRIPTOR: usize = 128;

/// Where a key point is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeyPoint {
    /// Pixels to the right of the centre of the top left pixel.
    pub x: f32,
    /// Pixels below the centre of the top left pixel.
    pub y: f32,
    /// Standard deviation of the blob, in pixels; above 0.
    pub size: f32,
    /// Direction in which brightness grows, in radians from x towards y.
    pub angle: f32,
}

/// The key points of a picture with their descriptors, the clearest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KeyPoints {
    /// Where they are.
    pub points: Vec<KeyPoint>,
    /// [`DESCRIPTOR`] numbers for each point, from 0 to 1; each descriptor has the length 1.
    pub descriptors: Vec<f32>,
}

impl KeyPoints {
    /// Finds at most `limit` key points in a grey picture of `width` x `height` values from 0 to 255, row by
    /// row. A picture too small for any, or whose values do not fill its size, has none.
    ///
    /// # Errors
    /// What libtorch says, which computes the blurred pictures.
    pub fn find(grey: &[f32], width: usize, height: usize, limit: usize) -> Result<Self, TchError> {
        if grey.len() != width * height || width.min(height) < scale_space::SMALLEST {
            return Ok(Self::default());
        }
        let octaves = scale_space::octaves(grey, width, height)?;
        let mut blobs: Vec<_> = octaves
            .iter()
            .flat_map(|octave| octave.blobs.iter().map(move |blob| (octave, blob)))
            .collect();
        blobs.sort_by(|a, b| b.1.contrast.total_cmp(&a.1.contrast));
        let turned = |(octave, blob)| {
            descriptor::directions(octave, blob).into_iter().map(move |angle| (octave, blob, angle))
        };
        let mut found = Self::default();
        for (octave, blob, angle) in blobs.into_iter().flat_map(turned).take(limit) {
            found.points.push(octave.place(blob, angle));
            found.descriptors.extend(descriptor::describe(octave, blob, angle));
        }
        Ok(found)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }
}

#[cfg(test)]
pub(crate) mod tests;
