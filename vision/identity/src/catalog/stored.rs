//! The references of a SKU that stay in the catalogue's file until they are compared with.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Reference;
use crate::IdentityError;
use crate::colour::SmallCopy;
use crate::keypoints::{DESCRIPTOR, KeyPoint};
use crate::matching::Rows;

/// A catalogue's file, kept open: it may be replaced by a newer one at any time.
#[derive(Debug)]
pub(super) struct Source {
    pub path: PathBuf,
    pub file: File,
}

/// Where in the file a SKU's references are.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub source: Arc<Source>,
    /// First bytes of the key points, the descriptors and the colours.
    pub from: [u64; 3],
    pub sizes: Vec<Sizes>,
}

/// How large a reference is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Sizes {
    /// Key points.
    pub points: usize,
    /// Rows and columns of the small copy.
    pub colours: [usize; 2],
}

/// Bytes of a key point: x, y, size and angle as floats.
pub(super) const POINT_BYTES: usize = 16;

impl Sizes {
    /// Of a reference.
    pub fn of(reference: &Reference) -> Self {
        let (height, width, _) = reference.colours.parts();
        Self { points: reference.points.len(), colours: [height, width] }
    }

    /// Bytes of the key points, the descriptors and the colours; `None` where no machine has so many.
    pub fn bytes(self) -> Option<[usize; 3]> {
        let [height, width] = self.colours;
        Some([
            self.points.checked_mul(POINT_BYTES)?,
            self.points.checked_mul(DESCRIPTOR)?,
            height.checked_mul(width)?.checked_mul(3)?,
        ])
    }
}

/// The key points, descriptors and colours of some references, each after the other.
pub(super) fn blocks(references: &[Reference]) -> Result<[Vec<u8>; 3], IdentityError> {
    let mut blocks = [const { Vec::new() }; 3];
    for reference in references {
        let numbers = reference.points.iter().flat_map(|point| {
            [point.x, point.y, point.size, point.angle].into_iter().flat_map(f32::to_le_bytes)
        });
        blocks[0].extend(numbers);
        let descriptors = reference.rows.bytes();
        blocks[1].extend(descriptors.map_err(IdentityError::torch("reading descriptors"))?);
        blocks[2].extend(reference.colours.parts().2);
    }
    Ok(blocks)
}

impl Stored {
    /// Reads the references.
    ///
    /// # Errors
    /// When the file cannot be read or holds numbers that are none, or libtorch refuses.
    pub fn read(&self) -> Result<Vec<Reference>, IdentityError> {
        let path = || self.source.path.clone();
        let mut from = self.from;
        let mut references = Vec::with_capacity(self.sizes.len());
        for sizes in &self.sizes {
            let bytes = sizes.bytes().ok_or_else(|| IdentityError::Content {
                path: path(),
                cause: "a reference larger than memory".to_owned(),
            })?;
            let mut blocks = [const { Vec::new() }; 3];
            for ((block, from), bytes) in blocks.iter_mut().zip(&mut from).zip(bytes) {
                block.resize(bytes, 0);
                let read = self.source.file.read_exact_at(block, *from);
                read.map_err(|source| IdentityError::File { path: path(), source })?;
                *from += bytes as u64;
            }
            references.push(self.reference(*sizes, &blocks)?);
        }
        Ok(references)
    }

    fn reference(
        &self,
        sizes: Sizes,
        [points, descriptors, colours]: &[Vec<u8>; 3],
    ) -> Result<Reference, IdentityError> {
        let points: Vec<KeyPoint> = points.chunks_exact(POINT_BYTES).map(key_point).collect();
        let is_place = |point: &KeyPoint| {
            [point.x, point.y, point.size, point.angle].iter().all(|number| number.is_finite())
                && point.size > 0.0
        };
        if !points.iter().all(is_place) {
            return Err(IdentityError::Content {
                path: self.source.path.clone(),
                cause: "it has key points that are none".to_owned(),
            });
        }
        let rows =
            Rows::of_bytes(descriptors).map_err(IdentityError::torch("keeping descriptors"))?;
        let [height, width] = sizes.colours;
        Ok(Reference::new(points, rows, SmallCopy::from_parts(height, width, colours)))
    }
}

fn key_point(row: &[u8]) -> KeyPoint {
    let number = |at: usize| f32::from_le_bytes([row[at], row[at + 1], row[at + 2], row[at + 3]]);
    KeyPoint { x: number(0), y: number(4), size: number(8), angle: number(12) }
}
