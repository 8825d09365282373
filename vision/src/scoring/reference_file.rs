//! References on disk: safetensors, checked when they are read.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use tch::Tensor;

use super::calibration::Held;
use super::distance::Memory;
use super::error::ScoringError;
use super::reference::{DISTANCE_SPREAD, HEAD_SPREAD, HeadLevels, Reference, ReferenceKey};
use super::tokens::FEATURES;
use crate::localise::Localiser;

/// Version of the file's content; other versions are refused.
const FORMAT: &str = "inspectd-reference-2";

impl Reference {
    /// Writes the reference into the folder of all references and returns its file.
    pub fn save(&self, references: &Path) -> Result<PathBuf, ScoringError> {
        let path = self.key.path(references);
        let memory = Vec::<f32>::try_from(
            &self.memory.tokens().f_flatten(0, -1).map_err(ScoringError::torch("saving"))?,
        )
        .map_err(ScoringError::torch("saving a reference"))?;
        let localiser = self.localiser.to_floats();
        let mut parts = vec![
            ("localiser", to_bytes(&localiser), vec![localiser.len()]),
            (
                "memory",
                to_bytes(&memory),
                vec![memory.len() / FEATURES as usize, FEATURES as usize],
            ),
            levels("held_out", &self.held_out),
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
            parts.push(levels("head_held_out", &head.held_out));
            metadata.insert("head_sha256".to_owned(), head.sha256.clone());
        }
        let refused = |error: safetensors::SafeTensorError| ScoringError::ReferenceRefused {
            path: path.clone(),
            cause: error.to_string(),
        };
        let tensors: Result<Vec<(&str, TensorView<'_>)>, _> = parts
            .iter()
            .map(|(name, bytes, shape)| {
                Ok((*name, TensorView::new(Dtype::F32, shape.clone(), bytes)?))
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
    let floats = |name: &str| -> Result<(Vec<usize>, Vec<f32>), String> {
        let view = tensors.tensor(name).map_err(broken)?;
        if view.dtype() != Dtype::F32 {
            return Err(format!("its {name} is not of 32-bit floats"));
        }
        let floats = view.data().chunks_exact(4);
        let floats = floats.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        Ok((view.shape().to_vec(), floats))
    };
    let held = |name: &str, spread: f64| -> Result<Held, String> {
        Held::new(floats(name)?.1, normals, spread)
            .ok_or_else(|| format!("its {name} is empty or holds no numbers"))
    };
    let localiser = Localiser::from_floats(&floats("localiser")?.1)
        .map_err(|error| Unusable::Because(error.to_string()))?;
    let head = match entry("head_sha256") {
        "" => None,
        sha256 => Some(HeadLevels {
            sha256: sha256.to_owned(),
            held_out: held("head_held_out", HEAD_SPREAD)?,
        }),
    };
    Ok(Reference {
        key: key.clone(),
        backbone_sha256: backbone_sha256.to_owned(),
        localiser,
        memory: memory(floats("memory")?)?,
        held_out: held("held_out", DISTANCE_SPREAD)?,
        head,
        normals,
        created,
    })
}

fn memory((shape, memory): (Vec<usize>, Vec<f32>)) -> Result<Memory, Unusable> {
    if shape.len() != 2 || shape[0] == 0 || shape[1] != FEATURES as usize {
        return Err(format!("its memory has the shape {shape:?}").into());
    }
    let tokens = Tensor::f_from_slice(&memory)
        .and_then(|flat| flat.f_view([shape[0] as i64, FEATURES]))
        .map_err(|error| Unusable::Scoring(ScoringError::torch("loading a reference")(error)))?;
    Memory::new(tokens).map_err(Unusable::Scoring)
}

fn levels<'a>(name: &'a str, held: &Held) -> (&'a str, Vec<u8>, Vec<usize>) {
    (name, to_bytes(held.levels()), vec![held.levels().len()])
}

fn to_bytes(floats: &[f32]) -> Vec<u8> {
    floats.iter().flat_map(|float| float.to_le_bytes()).collect()
}

/// Writes `content` beside `path` and renames it, so that a reader sees the old file or the new.
pub(crate) fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let temporary = path.with_extension(format!("new-{}", std::process::id()));
    let mut file = std::fs::File::create(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)
}
