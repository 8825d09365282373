//! References on disk: safetensors, checked when they are read.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use safetensors::tensor::{Dtype, Metadata, TensorView};
use tch::{Device, Kind, Tensor};

use super::calibration::Held;
use super::distance::Memory;
use super::ensemble::Joint;
use super::error::ScoringError;
use super::reference::{DISTANCE_SPREAD, HeadLevels, Reference, ReferenceKey};
use crate::localise::Localiser;

/// Version of the file's content; other versions are refused.
const FORMAT: &str = "inspectd-reference-5";
/// A header that is longer than this, in bytes, is none of ours.
const HEADER_MAX: usize = 1 << 20;

impl Reference {
    /// Writes the reference into the folder of all references and returns its file.
    pub fn save(&self, references: &Path) -> Result<PathBuf, ScoringError> {
        let path = self.key.path(references);
        let memory = self.memory.halves()?;
        let localiser = self.localiser.to_floats();
        let mut parts = vec![
            ("localiser", to_bytes(&localiser), vec![localiser.len()]),
            ("held_out", to_bytes(&self.levels), vec![self.levels.len()]),
        ];
        let mut metadata = HashMap::from([
            ("format".to_owned(), FORMAT.to_owned()),
            ("sku".to_owned(), self.key.sku.clone()),
            ("view".to_owned(), self.key.view.clone()),
            ("backbone_sha256".to_owned(), self.backbone_sha256.clone()),
            ("normals".to_owned(), self.normals.to_string()),
            ("created".to_owned(), self.created.to_string()),
        ]);
        if let Some(head) = &self.head {
            let weights = head.joint.weights().map(|weight| weight as f32);
            parts.push(("head_held_out", to_bytes(&head.levels), vec![head.levels.len()]));
            parts.push(("joint_weights", to_bytes(&weights), vec![weights.len()]));
            metadata.insert("head_sha256".to_owned(), head.sha256.clone());
        }
        let refused = |error: safetensors::SafeTensorError| ScoringError::ReferenceRefused {
            path: path.clone(),
            cause: error.to_string(),
        };
        let floats = parts.iter().map(|(name, bytes, shape)| (*name, Dtype::F32, bytes, shape));
        let shape = vec![self.memory.size(), self.memory.features()];
        let tensors: Result<Vec<(&str, TensorView<'_>)>, _> = floats
            .chain([("memory", Dtype::F16, &memory, &shape)])
            .map(|(name, dtype, bytes, shape)| {
                Ok((name, TensorView::new(dtype, shape.clone(), bytes)?))
            })
            .collect();
        let file = tensors
            .and_then(|tensors| safetensors::serialize(tensors, Some(metadata)))
            .map_err(refused)?;
        replace(&path, &file)
            .map_err(|cause| ScoringError::ReferenceFile { path: path.clone(), cause })?;
        Ok(path)
    }

    /// Reads the reference of `key` from the folder of all references. Refuses one that was made
    /// by another version, for another SKU or view, or with another backbone.
    pub fn load(
        references: &Path,
        key: &ReferenceKey,
        backbone_sha256: &str,
    ) -> Result<Reference, ScoringError> {
        let path = key.path(references);
        let refused = |error: Unusable| match error {
            Unusable::Because(cause) => {
                ScoringError::ReferenceRefused { path: path.clone(), cause }
            }
            Unusable::File(cause) => ScoringError::ReferenceFile { path: path.clone(), cause },
            Unusable::Scoring(error) => error,
        };
        let file = File::open(&path).map_err(|cause| match cause.kind() {
            std::io::ErrorKind::NotFound => ScoringError::NoReference {
                sku: key.sku.clone(),
                view: key.view.clone(),
                path: path.clone(),
            },
            _ => ScoringError::ReferenceFile { path: path.clone(), cause },
        })?;
        let stored = Stored::open(file).map_err(refused)?;
        stored.reference(&path, key, backbone_sha256).map_err(refused)
    }
}

/// Why the content of a file is no reference.
enum Unusable {
    Because(String),
    File(std::io::Error),
    Scoring(ScoringError),
}

impl From<String> for Unusable {
    fn from(cause: String) -> Unusable {
        Unusable::Because(cause)
    }
}

impl From<std::io::Error> for Unusable {
    fn from(cause: std::io::Error) -> Unusable {
        Unusable::File(cause)
    }
}

/// An open file of which nothing but the header has been read.
struct Stored {
    file: File,
    header: Metadata,
    /// Where the tensors begin, in bytes.
    start: usize,
    /// Length of the file, in bytes.
    length: usize,
}

impl Stored {
    fn open(file: File) -> Result<Stored, Unusable> {
        let broken = |cause: String| Unusable::Because(format!("it is broken ({cause})"));
        let length = file.metadata()?.len() as usize;
        let mut size = [0; 8];
        file.read_exact_at(&mut size, 0).map_err(|error| broken(error.to_string()))?;
        let size = u64::from_le_bytes(size) as usize;
        if size > HEADER_MAX {
            return Err(broken(format!("a header of {size} bytes")));
        }
        let mut header = vec![0; size];
        file.read_exact_at(&mut header, 8).map_err(|error| broken(error.to_string()))?;
        let header: Metadata =
            serde_json::from_slice(&header).map_err(|error| broken(error.to_string()))?;
        let start = 8 + size;
        if start + header.data_len() != length {
            let expected = start + header.data_len();
            return Err(broken(format!("{length} bytes instead of {expected}")));
        }
        Ok(Stored { file, header, start, length })
    }

    /// Where the tensor lies in the file and what shape it has; it is of `dtype`.
    fn tensor(&self, name: &str, dtype: Dtype) -> Result<(Range<usize>, Vec<usize>), String> {
        let info = self.header.info(name).ok_or_else(|| format!("its {name} is missing"))?;
        let (from, to) = info.data_offsets;
        let numbers = info.shape.iter().try_fold(1usize, |n, side| n.checked_mul(*side));
        let bytes = numbers.and_then(|numbers| numbers.checked_mul(dtype.bitsize() / 8));
        if info.dtype != dtype || from > to || Some(to - from) != bytes {
            return Err(format!("its {name} is not of {dtype:?}"));
        }
        if self.start + to > self.length {
            return Err(format!("its {name} ends behind the file"));
        }
        Ok((self.start + from..self.start + to, info.shape.clone()))
    }

    fn floats(&self, name: &str) -> Result<Vec<f32>, Unusable> {
        let (range, _) = self.tensor(name, Dtype::F32)?;
        let mut bytes = vec![0; range.len()];
        self.file.read_exact_at(&mut bytes, range.start as u64)?;
        let (floats, _) = bytes.as_chunks::<4>();
        Ok(floats.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }

    /// The memory, read where the kernel maps the file: nothing is held twice while it becomes
    /// floats. The file is never written in place, so that the map cannot shrink.
    fn memory(&self, path: &Path) -> Result<Memory, Unusable> {
        let (range, shape) = self.tensor("memory", Dtype::F16)?;
        let &[rows, columns] = shape.as_slice() else {
            return Err(format!("its memory has the shape {shape:?}").into());
        };
        if rows == 0 || columns == 0 || range.start % 2 != 0 {
            return Err(format!("its memory has the shape {shape:?}").into());
        }
        let name = path.to_str().ok_or_else(|| "its path is not UTF-8".to_owned())?;
        let mapped = || {
            let halves = (self.length / 2) as i64;
            let all = Tensor::f_from_file(name, false, halves, (Kind::Half, Device::Cpu))?;
            all.f_narrow(0, (range.start / 2) as i64, (range.len() / 2) as i64)?
                .f_view([rows as i64, columns as i64])?
                .f_to_kind(Kind::Float)
        };
        let torch = ScoringError::torch("loading a reference");
        let tokens = mapped().map_err(|error| Unusable::Scoring(torch(error)))?;
        Memory::new(tokens).map_err(Unusable::Scoring)
    }

    fn reference(
        &self,
        path: &Path,
        key: &ReferenceKey,
        backbone_sha256: &str,
    ) -> Result<Reference, Unusable> {
        let metadata = self.header.metadata().clone().unwrap_or_default();
        let entry = |name: &str| metadata.get(name).map_or("", String::as_str);
        for (name, wanted) in [
            ("format", FORMAT),
            ("sku", key.sku.as_str()),
            ("view", key.view.as_str()),
            ("backbone_sha256", backbone_sha256),
        ] {
            let found = entry(name);
            if found != wanted {
                return Err(format!("its {name} is `{found}`, not `{wanted}`").into());
            }
        }
        let normals: usize =
            entry("normals").parse().map_err(|_| "its number of normals is missing".to_owned())?;
        let created: Timestamp =
            entry("created").parse().map_err(|_| "its date is missing".to_owned())?;
        let levels = self.floats("held_out")?;
        let held_out = Held::new(levels.clone(), normals, DISTANCE_SPREAD)
            .ok_or_else(|| "its held_out is empty or holds no numbers".to_owned())?;
        let localiser = Localiser::from_floats(&self.floats("localiser")?)
            .map_err(|error| error.to_string())?;
        let head = match entry("head_sha256") {
            "" => None,
            sha256 => {
                let (of_head, weights) =
                    (self.floats("head_held_out")?, self.floats("joint_weights")?);
                let members = (levels.as_slice(), &held_out);
                let head = HeadLevels::new(
                    sha256.to_owned(),
                    of_head,
                    members,
                    normals,
                    |pairs, members| {
                        let weights = <[f32; 2]>::try_from(weights).ok()?;
                        Joint::new(weights.map(f64::from), pairs, members, normals)
                    },
                );
                Some(head.ok_or_else(|| "its head's levels or weights do not fit".to_owned())?)
            }
        };
        Ok(Reference {
            key: key.clone(),
            backbone_sha256: backbone_sha256.to_owned(),
            localiser,
            memory: self.memory(path)?,
            levels,
            held_out,
            head,
            normals,
            created,
        })
    }
}

fn to_bytes(floats: &[f32]) -> Vec<u8> {
    floats.iter().flat_map(|float| float.to_le_bytes()).collect()
}

/// Writes `content` beside `path` and renames it, so that a reader sees the old file or the new.
pub(crate) fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let temporary = path.with_extension(format!("new-{}", std::process::id()));
    let mut file = File::create(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)
}
