//! A **checkpoint**: all that a member's training needs to go on after an interruption as if there had
//! been none. One safetensors file per member, written anew after each epoch: the weights, the state
//! of the optimiser, and the losses so far.
//!
//! A checkpoint belongs to one training. Its **fingerprint** covers the options, the names of the
//! sources and the outline of every example (length, label, source). Not the features: another
//! device computes them with other last digits, and may still go on.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use sha2::{Digest, Sha256};
use tch::{TchError, Tensor};
use thiserror::Error;

use super::adam::AdamW;
use super::example::Example;
use super::head::Network;
use super::options::TrainOptions;
use super::train::EpochLoss;
use base::files::replace;
use base::messages::first_line;

/// The version of the format.
const FORMAT: &str = "inspectd damage checkpoint 1";
/// Names of the optimiser's tensors; weights have names with the prefix `weight.`.
const FIRST: &str = "adam.first";
const SECOND: &str = "adam.second";

/// Why a checkpoint cannot be used or written.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// The file cannot be read or written.
    #[error("checkpoint {path}: {source}; check the folder's permissions and the free space")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is damaged or of another training.
    #[error(
        "checkpoint {path} cannot be resumed: {cause}; delete it to start the training from the beginning"
    )]
    Refused {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        cause: String,
    },
}

/// What a checkpoint holds besides the losses.
pub(super) struct State<'a> {
    pub(super) network: &'a Network,
    pub(super) adam: &'a mut AdamW,
}

/// What tells one training from another.
pub(super) fn fingerprint(
    examples: &[Example],
    sources: &[String],
    options: &TrainOptions,
) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{options:?} {sources:?}"));
    for example in examples {
        let Example { tokens, touched, kind, damaged, source, .. } = example;
        let outline = (tokens.size(), touched.is_some(), kind, damaged, source);
        hash.update(format!("{outline:?}"));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes the state after the last of `losses`; a reader sees the file before or this one.
pub(super) fn save(
    path: &Path,
    fingerprint: &str,
    losses: &[EpochLoss],
    state: &State,
) -> Result<(), CheckpointError> {
    let refused = |cause: String| CheckpointError::Refused { path: path.to_owned(), cause };
    let torch = |error: TchError| refused(first_line(&error.to_string()));
    let mut tensors = vec![
        (FIRST.to_owned(), bytes_of(&state.adam.first).map_err(torch)?),
        (SECOND.to_owned(), bytes_of(&state.adam.second).map_err(torch)?),
    ];
    for (name, weight) in state.network.store().variables() {
        tensors.push((format!("weight.{name}"), bytes_of(&weight).map_err(torch)?));
    }
    tensors.sort_by(|a, b| a.0.cmp(&b.0));
    let views: Result<Vec<_>, _> = tensors
        .iter()
        .map(|(name, bytes)| {
            TensorView::new(Dtype::F32, vec![bytes.len() / 4], bytes).map(|view| (name, view))
        })
        .collect();
    let views = views.map_err(|error| refused(error.to_string()))?;
    let losses = serde_json::to_string(losses).map_err(|error| refused(error.to_string()))?;
    let metadata = HashMap::from([
        ("format".to_owned(), FORMAT.to_owned()),
        ("fingerprint".to_owned(), fingerprint.to_owned()),
        ("steps".to_owned(), state.adam.steps.to_string()),
        ("losses".to_owned(), losses),
    ]);
    let file = safetensors::serialize(views, Some(metadata))
        .map_err(|error| refused(error.to_string()))?;
    replace(path, &file).map_err(|source| CheckpointError::File { path: path.to_owned(), source })
}

/// Brings `state` to where the checkpoint left it; the losses so far.
pub(super) fn load(
    path: &Path,
    fingerprint: &str,
    state: State,
) -> Result<Vec<EpochLoss>, CheckpointError> {
    let file = std::fs::read(path)
        .map_err(|source| CheckpointError::File { path: path.to_owned(), source })?;
    restore(&file, fingerprint, state)
        .map_err(|cause| CheckpointError::Refused { path: path.to_owned(), cause })
}

fn restore(file: &[u8], fingerprint: &str, state: State) -> Result<Vec<EpochLoss>, String> {
    let broken = |error: safetensors::SafeTensorError| format!("it is broken ({error})");
    let (_, header) = SafeTensors::read_metadata(file).map_err(broken)?;
    let metadata = header.metadata().clone().unwrap_or_default();
    let entry = |name: &str| metadata.get(name).map_or("", String::as_str);
    if entry("format") != FORMAT {
        return Err(format!("its format is `{}`, not `{FORMAT}`", entry("format")));
    }
    if entry("fingerprint") != fingerprint {
        return Err("it is of a training with other options or pictures".to_owned());
    }
    let losses = serde_json::from_str(entry("losses")).map_err(|error| error.to_string())?;
    let steps = entry("steps").parse().map_err(|_| "its number of steps is missing".to_owned())?;
    let tensors = SafeTensors::deserialize(file).map_err(broken)?;
    let fill = |name: &str, target: &mut Tensor| -> Result<(), String> {
        let view = tensors.tensor(name).map_err(broken)?;
        let floats: Vec<f32> = view
            .data()
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        if view.dtype() != Dtype::F32 || floats.len() != target.numel() {
            return Err(format!("its {name} has another size"));
        }
        let values = Tensor::from_slice(&floats);
        tch::no_grad(|| target.f_copy_(&values.f_view_as(target)?))
            .map_err(|error| first_line(&error.to_string()))
    };
    for (name, mut weight) in state.network.store().variables() {
        fill(&format!("weight.{name}"), &mut weight)?;
    }
    fill(FIRST, &mut state.adam.first)?;
    fill(SECOND, &mut state.adam.second)?;
    state.adam.steps = steps;
    Ok(losses)
}

fn bytes_of(tensor: &Tensor) -> Result<Vec<u8>, TchError> {
    let flat =
        Vec::<f32>::try_from(tensor.f_detach()?.f_to_device(tch::Device::Cpu)?.f_flatten(0, -1)?)?;
    Ok(flat.iter().flat_map(|float| float.to_le_bytes()).collect())
}
