//! Writes the model folder of the default backbone: `backbone.pt`, `backbone.onnx` and `golden.json`,
//! and puts ONNX Runtime's library beside them where it is given.
//!
//! The network is **traced**: run once on an example while libtorch notes each operation with its
//! weights. No size of the example enters the trace, because the network asks no tensor for its
//! shape; the result works for any number of pictures and any multiple of 32 pixels. Weights
//! become constants of the program, so there is nothing left that freezing could fold.
//!
//! The folder appears whole or not at all: it is filled under another name, checked by loading the
//! files afresh and comparing them with the golden outputs, then renamed. Without the library nothing
//! can run the ONNX file here; whoever loads it compares it then.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tch::{CModule, Device, Kind, TchError, Tensor, no_grad};
use thiserror::Error;

use super::EngineError;
use super::efficientnet_lite::{EfficientNetLite0, WeightsError};
use super::engine::{ONNX_FILE, RUNTIME_FILE, check_onnx};
use super::tuple_output::{self, PatchError};
use super::{BACKBONE_FILE, GOLDEN_FILE, Golden, GoldenError, SIZE_MULTIPLE, check_golden};

/// The golden outputs of the default backbone, as they are written into the model folder.
pub(super) const GOLDEN_JSON: &str = include_str!("../../golden/efficientnet-lite0.json");

/// Why the model folder was not written.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The weights do not fit.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// libtorch could not trace, save or load the network.
    #[error("libtorch could not {what}: {source}; run scripts/bootstrap with the pinned libtorch")]
    Torch {
        /// What it was asked to do.
        what: &'static str,
        /// What it said.
        source: TchError,
    },
    /// The saved file could not be given its tuple of outputs.
    #[error(transparent)]
    Patch(#[from] PatchError),
    /// The ONNX file does not run, or computes something else.
    #[error("the exported ONNX file is wrong: {0}")]
    Onnx(#[from] EngineError),
    /// The exported file does not compute what the original network does.
    #[error("the exported backbone is wrong: {0}")]
    Golden(#[from] GoldenError),
    /// A file could not be written.
    #[error("cannot write {path}: {source}; check the folder's permissions and the free space")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Builds the network from the weights (safetensors, original names), writes the model folder `out`
/// and returns the largest difference from the golden outputs. An existing folder is replaced.
/// `runtime` is ONNX Runtime's library, which becomes part of the folder: as a second name of the same
/// file where the file system allows that, since it is large.
///
/// # Errors
/// Each step's own; then `out` is as it was.
pub fn export(weights: &Path, out: &Path, runtime: Option<&Path>) -> Result<f64, ExportError> {
    let network = EfficientNetLite0::load(weights)?;
    let partial = out.with_extension("partial");
    let write = |path: &Path, result: io::Result<()>| {
        result.map_err(|source| ExportError::Write { path: path.to_owned(), source })
    };
    write(&partial, remove_if_there(&partial))?;
    write(&partial, fs::create_dir_all(&partial))?;

    let traced = partial.join("traced.pt");
    trace(&network)?
        .save(&traced)
        .map_err(|source| ExportError::Torch { what: "save the traced network", source })?;
    let backbone = partial.join(BACKBONE_FILE);
    tuple_output::rewrite(&traced, &backbone)?;
    write(&traced, fs::remove_file(&traced))?;

    let module = CModule::load(&backbone)
        .map_err(|source| ExportError::Torch { what: "load the exported backbone", source })?;
    let mut difference = check_golden(&module, &Golden::efficientnet_lite0())?;

    let onnx = partial.join(ONNX_FILE);
    let program = network
        .to_onnx()
        .map_err(|source| ExportError::Torch { what: "read the weights", source })?;
    write(&onnx, fs::write(&onnx, program))?;
    if let Some(runtime) = runtime {
        let library = partial.join(RUNTIME_FILE);
        let copied = fs::hard_link(runtime, &library)
            .or_else(|_| fs::copy(runtime, &library).map(|_bytes| ()));
        write(&library, copied)?;
        difference = difference.max(check_onnx(&library, &onnx, &Golden::efficientnet_lite0())?);
    }
    let golden = partial.join(GOLDEN_FILE);
    write(&golden, fs::write(&golden, GOLDEN_JSON))?;

    write(out, remove_if_there(out))?;
    write(out, fs::rename(&partial, out))?;
    Ok(difference)
}

/// Records the network as a TorchScript module whose one output is marked for
/// [`tuple_output::rewrite`].
fn trace(network: &EfficientNetLite0) -> Result<CModule, ExportError> {
    let example = Tensor::zeros([1, 3, SIZE_MULTIPLE, SIZE_MULTIPLE], (Kind::Float, Device::Cpu));
    no_grad(|| {
        CModule::create_by_tracing("Backbone", "forward", &[example], &mut |pictures| {
            vec![tuple_output::mark(&network.forward(&pictures[0]))]
        })
    })
    .map_err(|source| ExportError::Torch { what: "trace the network", source })
}

fn remove_if_there(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}
