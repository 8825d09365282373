//! References on disk: safetensors, checked when they are read.
//!
//! File: `<references>/<sku>/<view>.safetensors`. For each member that has them: `<member>_levels`,
//! the held-out levels in the order of the pictures (32-bit floats); `<member>_memory` and
//! `<member>_metric` of a patch member (16-bit floats); `<member>_middle` and `<member>_whitening` of a
//! cloud (32-bit floats). Beside them `localiser`, and the metadata `format`, `sku`, `view`, `framing`,
//! `backbone_sha256`, `head_sha256` where a damage head was asked, `normals` and `created`. A file is
//! replaced by renaming, never written in place.

use base::files::replace;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use safetensors::tensor::{Dtype, Metadata, TensorView};
use tch::{Device, Kind, Tensor};

use super::cloud::Cloud;
use super::distance::Memory;
use super::ensemble::Member;
use super::error::ScoringError;
use super::observed::Framing;
use super::patches::{Metric, Patches};
use super::reference::{Knowledge, Reference, ReferenceKey};
use features::localise::Localiser;

/// Version of the file's content; other versions are refused.
const FORMAT: &str = "inspectd-reference-6";
/// A header that is longer than this, in bytes, is none of ours.
const HEADER_MAX: usize = 1 << 20;

/// One tensor of a file: its name, what its numbers are, its bytes and its shape.
type Part = (String, Dtype, Vec<u8>, Vec<usize>);

impl Reference {
    /// Writes the reference into the folder of all references and returns its file.
    pub fn save(&self, references: &Path) -> Result<PathBuf, ScoringError> {
        let path = self.key.path(references);
        let mut parts: Vec<Part> = vec![floats("localiser".into(), &self.localiser.to_floats())];
        for (member, levels) in &self.levels {
            parts.push(floats(named(*member, "levels"), &levels.each));
        }
        for (member, known) in &self.knowledge {
            match known {
                Knowledge::Patches(patches) => {
                    let (memory, metric) = (patches.memory().tokens(), patches.metric().factors());
                    parts.push(halves(named(*member, "memory"), &memory)?);
                    parts.push(halves(named(*member, "metric"), metric)?);
                }
                Knowledge::Cloud(cloud) => {
                    let (middle, whitening) = cloud.parts();
                    parts.push(floats(named(*member, "middle"), middle));
                    parts.push(floats(named(*member, "whitening"), whitening));
                }
            }
        }
        let mut metadata = HashMap::from([
            ("format".to_owned(), FORMAT.to_owned()),
            ("sku".to_owned(), self.key.sku.clone()),
            ("view".to_owned(), self.key.view.clone()),
            ("framing".to_owned(), framing_name(self.framing).to_owned()),
            ("backbone_sha256".to_owned(), self.backbone_sha256.clone()),
            ("normals".to_owned(), self.normals.to_string()),
            ("created".to_owned(), self.created.to_string()),
        ]);
        if let Some(sha256) = &self.head_sha256 {
            metadata.insert("head_sha256".to_owned(), sha256.clone());
        }
        let refused = |error: safetensors::SafeTensorError| ScoringError::ReferenceRefused {
            path: path.clone(),
            cause: error.to_string(),
        };
        let tensors: Result<Vec<(&str, TensorView<'_>)>, _> = parts
            .iter()
            .map(|(name, dtype, bytes, shape)| {
                Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes)?))
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

fn named(member: Member, part: &str) -> String {
    format!("{}_{part}", member.name())
}

fn framing_name(framing: Framing) -> &'static str {
    match framing {
        Framing::View => "view",
        Framing::Item => "item",
    }
}

fn floats(name: String, floats: &[f32]) -> Part {
    let bytes = floats.iter().flat_map(|float| float.to_le_bytes()).collect();
    (name, Dtype::F32, bytes, vec![floats.len()])
}

fn halves(name: String, tensor: &Tensor) -> Result<Part, ScoringError> {
    let bytes = || {
        let halves = tensor.f_to_kind(Kind::Half)?.f_contiguous()?;
        Vec::<u8>::try_from(&halves.f_flatten(0, -1)?.f_view_dtype(Kind::Uint8)?)
    };
    let bytes = bytes().map_err(ScoringError::torch("saving a reference"))?;
    let shape = tensor.size().iter().map(|side| *side as usize).collect();
    Ok((name, Dtype::F16, bytes, shape))
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

    /// Halves, read where the kernel maps the file: nothing is held twice while they become floats.
    /// The file is never written in place, so that the map cannot shrink.
    fn halves(&self, path: &Path, name: &str) -> Result<Tensor, Unusable> {
        let (range, shape) = self.tensor(name, Dtype::F16)?;
        if shape.is_empty() || shape.contains(&0) {
            return Err(format!("its {name} has the shape {shape:?}").into());
        }
        let sides: Vec<i64> = shape.iter().map(|side| *side as i64).collect();
        // Only a whole number of halves from the start can be mapped.
        if !range.start.is_multiple_of(2) {
            return Err(format!("its {name} begins at an odd byte").into());
        }
        let file = path.to_str().ok_or_else(|| "its path is not UTF-8".to_owned())?;
        let mapped = || {
            let halves = (self.length / 2) as i64;
            let all = Tensor::f_from_file(file, false, halves, (Kind::Half, Device::Cpu))?;
            all.f_narrow(0, (range.start / 2) as i64, (range.len() / 2) as i64)?
                .f_view(sides.as_slice())?
                .f_to_kind(Kind::Float)
        };
        let torch = ScoringError::torch("loading a reference");
        mapped().map_err(|error| Unusable::Scoring(torch(error)))
    }

    /// What `member` knows; `None` where the file holds nothing of it.
    fn knowledge(&self, path: &Path, member: Member) -> Result<Option<Knowledge>, Unusable> {
        let misfit = || format!("what its {} knows does not fit together", member.name());
        if self.header.info(&named(member, "memory")).is_some() {
            let memory = self.halves(path, &named(member, "memory"))?;
            let metric = self.halves(path, &named(member, "metric"))?;
            let patches =
                Memory::new(memory).and_then(|memory| Patches::new(Metric::new(metric)?, memory));
            return match patches {
                Ok(patches) => Ok(Some(Knowledge::Patches(patches))),
                Err(ScoringError::NoNormals) => Err(misfit().into()),
                Err(error) => Err(Unusable::Scoring(error)),
            };
        }
        if self.header.info(&named(member, "middle")).is_some() {
            let middle = self.floats(&named(member, "middle"))?;
            let whitening = self.floats(&named(member, "whitening"))?;
            let cloud = Cloud::new(middle, whitening).ok_or_else(misfit)?;
            return Ok(Some(Knowledge::Cloud(cloud)));
        }
        Ok(None)
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
        let framing = [Framing::View, Framing::Item]
            .into_iter()
            .find(|framing| framing_name(*framing) == entry("framing"))
            .ok_or_else(|| "its framing is unknown".to_owned())?;
        let localiser = Localiser::from_floats(&self.floats("localiser")?)
            .map_err(|error| error.to_string())?;
        let (mut knowledge, mut levels) = (BTreeMap::new(), BTreeMap::new());
        for member in Member::ALL {
            if let Some(known) = self.knowledge(path, member)? {
                knowledge.insert(member, known);
            }
            let name = named(member, "levels");
            if self.header.info(&name).is_some() {
                levels.insert(member, self.floats(&name)?);
            }
        }
        if let Some(member) = knowledge.keys().find(|member| !levels.contains_key(member)) {
            return Err(format!("its {} has no levels", member.name()).into());
        }
        let head = Some(entry("head_sha256")).filter(|sha256| !sha256.is_empty());
        if head.is_some() != levels.contains_key(&Member::Head) {
            return Err("its head and the head's levels do not fit".to_owned().into());
        }
        let levels = (levels, head.map(str::to_owned));
        let key = (key.clone(), backbone_sha256);
        match Reference::of(key, (localiser, framing), knowledge, levels, normals) {
            Ok(reference) => Ok(Reference { created, ..reference }),
            Err(ScoringError::NoNormals) => {
                Err("its levels are missing or hold no numbers".to_owned().into())
            }
            Err(error) => Err(Unusable::Scoring(error)),
        }
    }
}
