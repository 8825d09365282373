//! A **reference**: what normal views of one SKU look like, on disk and in memory.
//!
//! It is learned by k-fold: the normal pictures are dealt into folds, a memory is made of all but
//! one fold, and that fold's pictures are scored with it, so that each picture is scored by a memory
//! of the full size that has not seen it. The memory that is kept is made of all pictures.
//!
//! File: `<references>/<sku>/<view>.safetensors` with the tensors `memory` (f32, `[n, 152]`) and
//! `held_out` (f32), and the metadata `format`, `sku`, `view`, `backbone_sha256`, `normals` and
//! `created`. A full memory takes 1.2 MB. A file is replaced by renaming, never written in place.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use tch::Tensor;

use super::calibration::Held;
use super::coreset::{CANDIDATES_MAX, Random, k_centre};
use super::distance::{self, Memory};
use super::error::ScoringError;
use super::features::{FEATURES, Patches};
use crate::progress::Progress;

/// Patches that a reference remembers at most. Search time and file size grow with it; 4,000 took
/// twice as long and told defects no better on two public sets (AUROC 0.964 and 0.955 on cookies,
/// 0.684 and 0.691 on cartons from the side, for 4,000 and 2,000).
pub const MEMORY_MAX: usize = 2000;
/// Folds of the held-out scores: each memory has seen three quarters of the pictures.
const FOLDS: usize = 4;
/// Version of the file's content; other versions are refused.
const FORMAT: &str = "inspectd-reference-1";
/// Where all random choices begin, so that learning is repeatable.
const SEED: u64 = 1;

/// Whose reference it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReferenceKey {
    /// The SKU.
    pub sku: String,
    /// The view: the camera's name.
    pub view: String,
}

impl ReferenceKey {
    /// A key whose parts can be names of files.
    pub fn new(sku: &str, view: &str) -> Result<ReferenceKey, ScoringError> {
        for name in [sku, view] {
            let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ' ');
            if name.trim().is_empty() || name.starts_with('.') || !name.chars().all(plain) {
                return Err(ScoringError::Name { name: name.to_owned() });
            }
        }
        Ok(ReferenceKey { sku: sku.to_owned(), view: view.to_owned() })
    }

    /// The file of this reference in the folder of all references.
    pub fn path(&self, references: &Path) -> PathBuf {
        references.join(&self.sku).join(format!("{}.safetensors", self.view))
    }
}

/// What normal views of one SKU from one camera look like.
#[derive(Debug)]
pub struct Reference {
    key: ReferenceKey,
    backbone_sha256: String,
    memory: Memory,
    held_out: Held,
    normals: usize,
    created: Timestamp,
}

impl Reference {
    /// Learns from the patches of normal pictures. `altered` are the patches of slightly altered
    /// copies: they stand in for held-out pictures where there is only one normal picture, and are
    /// not used otherwise.
    pub fn learn(
        key: ReferenceKey,
        backbone_sha256: &str,
        normals: &[Patches],
        altered: &[Patches],
        progress: &mut dyn Progress,
    ) -> Result<Reference, ScoringError> {
        let all: Vec<&Patches> = normals.iter().collect();
        let folds = FOLDS.min(normals.len());
        let memories = if folds > 1 { folds + 1 } else { 1 };
        let what = format!("learning {} {}", key.sku, key.view);
        progress.step(0, memories, &what);
        let memory = remember(&all)?;
        progress.step(1, memories, &what);

        let mut scores = Vec::with_capacity(normals.len());
        if folds > 1 {
            for fold in 0..folds {
                let (unseen, seen): (Vec<_>, Vec<_>) =
                    all.iter().enumerate().partition(|(at, _)| at % folds == fold);
                let seen: Vec<&Patches> = seen.into_iter().map(|(_, patches)| *patches).collect();
                let without = remember(&seen)?;
                for (_, patches) in unseen {
                    scores.push(score(patches, &without)?);
                }
                progress.step(2 + fold, memories, &what);
            }
        } else {
            for patches in altered {
                scores.push(score(patches, &memory)?);
            }
        }
        let held_out = Held::new(scores, normals.len()).ok_or(ScoringError::NoNormals)?;
        Ok(Reference {
            key,
            backbone_sha256: backbone_sha256.to_owned(),
            memory,
            held_out,
            normals: normals.len(),
            created: Timestamp::now(),
        })
    }

    /// Whose reference it is.
    pub fn key(&self) -> &ReferenceKey {
        &self.key
    }

    /// The remembered patches.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The held-out scores, from which thresholds come.
    pub fn held_out(&self) -> &Held {
        &self.held_out
    }

    /// Normal pictures it was learned from.
    pub fn normals(&self) -> usize {
        self.normals
    }

    /// When it was learned.
    pub fn created(&self) -> Timestamp {
        self.created
    }

    /// Writes the reference into the folder of all references and returns its file.
    pub fn save(&self, references: &Path) -> Result<PathBuf, ScoringError> {
        let path = self.key.path(references);
        let patches = self.memory.patches();
        let flat = Vec::<f32>::try_from(&patches.f_flatten(0, -1).map_err(Self::torch)?)
            .map_err(Self::torch)?;
        let memory = to_bytes(&flat);
        let held_out = to_bytes(self.held_out.scores());
        let refused = |cause: String| ScoringError::ReferenceRefused { path: path.clone(), cause };
        let view = |bytes, shape| {
            TensorView::new(Dtype::F32, shape, bytes).map_err(|error| refused(error.to_string()))
        };
        let rows = flat.len() / FEATURES as usize;
        let tensors = [
            ("held_out", view(&held_out, vec![self.held_out.scores().len()])?),
            ("memory", view(&memory, vec![rows, FEATURES as usize])?),
        ];
        let metadata = HashMap::from([
            ("format".to_owned(), FORMAT.to_owned()),
            ("sku".to_owned(), self.key.sku.clone()),
            ("view".to_owned(), self.key.view.clone()),
            ("backbone_sha256".to_owned(), self.backbone_sha256.clone()),
            ("normals".to_owned(), self.normals.to_string()),
            ("created".to_owned(), self.created.to_string()),
        ]);
        let file = safetensors::serialize(tensors, Some(metadata))
            .map_err(|error| refused(error.to_string()))?;
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
        let file = std::fs::read(&path).map_err(|cause| match cause.kind() {
            std::io::ErrorKind::NotFound => ScoringError::NoReference {
                sku: key.sku.clone(),
                view: key.view.clone(),
                path: path.clone(),
            },
            _ => ScoringError::ReferenceFile { path: path.clone(), cause },
        })?;
        parse(&file, key, backbone_sha256).map_err(|error| match error {
            Unusable::Because(cause) => ScoringError::ReferenceRefused { path, cause },
            Unusable::Scoring(error) => error,
        })
    }

    fn torch(error: tch::TchError) -> ScoringError {
        ScoringError::torch("saving a reference")(error)
    }
}

/// Why the content of a file is no reference.
enum Unusable {
    Because(String),
    Scoring(ScoringError),
}

impl From<String> for Unusable {
    fn from(cause: String) -> Unusable {
        Unusable::Because(cause)
    }
}

fn parse(file: &[u8], key: &ReferenceKey, backbone_sha256: &str) -> Result<Reference, Unusable> {
    let broken = |error: safetensors::SafeTensorError| format!("it is broken ({error})");
    let (_, header) = SafeTensors::read_metadata(file).map_err(broken)?;
    let metadata = header.metadata().clone().unwrap_or_default();
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
    let tensors = SafeTensors::deserialize(file).map_err(broken)?;
    let floats = |name: &str| -> Result<(Vec<usize>, Vec<f32>), Unusable> {
        let view = tensors.tensor(name).map_err(broken)?;
        if view.dtype() != Dtype::F32 {
            return Err(format!("its {name} is not of 32-bit floats").into());
        }
        let floats = view.data().chunks_exact(4);
        let floats = floats.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        Ok((view.shape().to_vec(), floats))
    };
    let (shape, memory) = floats("memory")?;
    if shape.len() != 2 || shape[0] == 0 || shape[1] != FEATURES as usize {
        return Err(format!("its memory has the shape {shape:?}").into());
    }
    let rows = shape[0] as i64;
    let memory = Tensor::f_from_slice(&memory)
        .and_then(|flat| flat.f_view([rows, FEATURES]))
        .map_err(|error| Unusable::Scoring(Reference::torch(error)))?;
    let memory = Memory::new(memory).map_err(Unusable::Scoring)?;
    let held_out = Held::new(floats("held_out")?.1, normals)
        .ok_or_else(|| "its held-out scores are missing or no numbers".to_owned())?;
    let (key, backbone_sha256) = (key.clone(), backbone_sha256.to_owned());
    Ok(Reference { key, backbone_sha256, memory, held_out, normals, created })
}

/// The memory of some pictures: as many patches of each as their share, then a coreset of these.
fn remember(pictures: &[&Patches]) -> Result<Memory, ScoringError> {
    let mut random = Random(SEED);
    let share = CANDIDATES_MAX.div_ceil(pictures.len().max(1));
    let gather = |patches: &&Patches| {
        let features = &patches.features;
        let rows = features.size2()?.0 as usize;
        if rows <= share {
            return Ok(features.shallow_clone());
        }
        features.f_index_select(0, &Tensor::f_from_slice(&random.choose(share, rows))?)
    };
    let parts: Result<Vec<Tensor>, tch::TchError> = pictures.iter().map(gather).collect();
    let candidates = parts
        .and_then(|parts| Tensor::f_cat(&parts, 0))
        .map_err(ScoringError::torch("learning a reference"))?;
    Memory::new(k_centre(&candidates, MEMORY_MAX, SEED)?)
}

fn score(patches: &Patches, memory: &Memory) -> Result<f32, ScoringError> {
    distance::score(&distance::nearest(&patches.features, memory)?)
}

fn to_bytes(floats: &[f32]) -> Vec<u8> {
    floats.iter().flat_map(|float| float.to_le_bytes()).collect()
}

/// Writes `content` beside `path` and renames it, so that a reader sees the old file or the new.
fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let temporary = path.with_extension(format!("new-{}", std::process::id()));
    let mut file = std::fs::File::create(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)
}
