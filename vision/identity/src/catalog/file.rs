//! The file of a catalogue: safetensors, so that nothing in it is a program.
//!
//! For SKU `s` and its reference `r`: `points.s.r` is `[n, 4]` floats (x, y, size, angle),
//! `descriptors.s.r` `[n, 128]` bytes, `colours.s.r` `[height, width, 3]` bytes. The names of the SKUs, their
//! words and the number of their references stand as JSON in the header's entry `identity`, with the
//! version.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use serde::{Deserialize, Serialize};

use super::{Catalog, Reference, Sku};
use crate::IdentityError;
use crate::colour::SmallCopy;
use crate::keypoints::{DESCRIPTOR, KeyPoint};
use crate::matching::Rows;
use crate::words::Vocabulary;
use base::files::replace;

/// The version of the format; others are refused.
pub const VERSION: u32 = 1;
/// The entry of the header.
const ENTRY: &str = "identity";
/// Largest file that is read: some ten thousand references.
const LARGEST_BYTES: u64 = 2 << 30;

#[derive(Serialize, Deserialize)]
struct Header {
    version: u32,
    skus: Vec<SkuHeader>,
}

#[derive(Serialize, Deserialize)]
struct SkuHeader {
    name: String,
    references: usize,
    words: Vocabulary,
}

/// A tensor of the file.
struct Stored {
    name: String,
    kind: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Catalog {
    /// Writes the catalogue. The file is replaced as a whole or not at all.
    ///
    /// # Errors
    /// When the disk or libtorch refuses.
    pub fn save(&self, path: &Path) -> Result<(), IdentityError> {
        let header = Header {
            version: VERSION,
            skus: self
                .skus
                .iter()
                .map(|sku| SkuHeader {
                    name: sku.name.clone(),
                    references: sku.references.len(),
                    words: sku.vocabulary.clone(),
                })
                .collect(),
        };
        let mut stored = Vec::new();
        for (s, sku) in self.skus.iter().enumerate() {
            for (r, reference) in sku.references.iter().enumerate() {
                stored.extend(store(reference, s, r)?);
            }
        }
        let content = |cause: &dyn std::fmt::Display| IdentityError::Content {
            path: path.to_owned(),
            cause: cause.to_string(),
        };
        let header = serde_json::to_string(&header).map_err(|error| content(&error))?;
        let views = stored
            .iter()
            .map(|tensor| {
                let view = TensorView::new(tensor.kind, tensor.shape.clone(), &tensor.bytes)?;
                Ok((tensor.name.as_str(), view))
            })
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
            .map_err(|error| content(&error))?;
        let bytes = serialize(views, Some(HashMap::from([(ENTRY.to_owned(), header)])))
            .map_err(|error| content(&error))?;
        replace(path, &bytes)
            .map_err(|source| IdentityError::File { path: path.to_owned(), source })
    }

    /// Reads a catalogue.
    ///
    /// # Errors
    /// When the file cannot be read, is broken, or is of another version.
    pub fn load(path: &Path) -> Result<Self, IdentityError> {
        let io = |source| IdentityError::File { path: path.to_owned(), source };
        let content = |cause: String| IdentityError::Content { path: path.to_owned(), cause };
        let size = fs::metadata(path).map_err(io)?.len();
        if size > LARGEST_BYTES {
            return Err(content(format!("it has {size} bytes, more than {LARGEST_BYTES}")));
        }
        let bytes = fs::read(path).map_err(io)?;
        let (_, metadata) =
            SafeTensors::read_metadata(&bytes).map_err(|error| content(error.to_string()))?;
        let entry = metadata.metadata().as_ref().and_then(|entries| entries.get(ENTRY));
        let entry = entry.ok_or_else(|| content(format!("it has no entry `{ENTRY}`")))?;
        let header: Header =
            serde_json::from_str(entry).map_err(|error| content(error.to_string()))?;
        if header.version != VERSION {
            return Err(content(format!("its version is {}, not {VERSION}", header.version)));
        }
        let tensors =
            SafeTensors::deserialize(&bytes).map_err(|error| content(error.to_string()))?;
        let mut skus = Vec::new();
        for (s, sku) in header.skus.into_iter().enumerate() {
            let references = (0..sku.references)
                .map(|r| restore(&tensors, s, r).map_err(content))
                .collect::<Result<_, _>>()?;
            skus.push(Sku { name: sku.name, references, vocabulary: sku.words });
        }
        Ok(Self { skus })
    }
}

fn store(reference: &Reference, s: usize, r: usize) -> Result<[Stored; 3], IdentityError> {
    let points = &reference.points;
    let numbers = points.iter().flat_map(|point| [point.x, point.y, point.size, point.angle]);
    let descriptors =
        reference.rows.bytes().map_err(IdentityError::torch("reading descriptors"))?;
    let (height, width, colours) = reference.colours.parts();
    let stored = |name: &str, kind, shape, bytes| Stored {
        name: format!("{name}.{s}.{r}"),
        kind,
        shape,
        bytes,
    };
    Ok([
        stored(
            "points",
            Dtype::F32,
            vec![points.len(), 4],
            numbers.flat_map(f32::to_le_bytes).collect(),
        ),
        stored("descriptors", Dtype::U8, vec![points.len(), DESCRIPTOR], descriptors),
        stored("colours", Dtype::U8, vec![height, width, 3], colours),
    ])
}

fn restore(tensors: &SafeTensors<'_>, s: usize, r: usize) -> Result<Reference, String> {
    let tensor = |name: &str, kind: Dtype| {
        let name = format!("{name}.{s}.{r}");
        let found = tensors.tensor(&name).map_err(|error| error.to_string())?;
        if found.dtype() == kind { Ok(found) } else { Err(format!("`{name}` is no {kind:?}")) }
    };
    let points: Vec<KeyPoint> = tensor("points", Dtype::F32)?
        .data()
        .chunks_exact(16)
        .map(|row| {
            let number =
                |at: usize| f32::from_le_bytes([row[at], row[at + 1], row[at + 2], row[at + 3]]);
            KeyPoint { x: number(0), y: number(4), size: number(8), angle: number(12) }
        })
        .collect();
    if points
        .iter()
        .any(|p| ![p.x, p.y, p.size, p.angle].iter().all(|v| v.is_finite()) || p.size <= 0.0)
    {
        return Err(format!("`points.{s}.{r}` has numbers that are none"));
    }
    let descriptors = tensor("descriptors", Dtype::U8)?;
    if descriptors.shape() != [points.len(), DESCRIPTOR] {
        return Err(format!("`descriptors.{s}.{r}` does not fit its {} points", points.len()));
    }
    let rows = Rows::of_bytes(descriptors.data()).map_err(|error| error.to_string())?;
    let colours = tensor("colours", Dtype::U8)?;
    let [height, width, 3] = *colours.shape() else {
        return Err(format!("`colours.{s}.{r}` has the shape {:?}", colours.shape()));
    };
    let colours = SmallCopy::from_parts(height, width, colours.data());
    Ok(Reference::new(points, rows, colours))
}
