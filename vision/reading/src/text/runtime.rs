//! The networks that read text, in the [runtime library](features::onnx_runtime).

use std::path::{Path, PathBuf};

use ort::environment::Environment;
use ort::ep;
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::value::{TensorElementType, TensorRef, ValueType};

use super::TextError;
use features::onnx_runtime::{self, LoadError, RUNTIME_FILE};

/// The files that reading text needs.
#[derive(Debug, Clone)]
pub struct TextModels {
    /// The runtime library, `libonnxruntime.so`, version 1.24 or later. The first one that is loaded
    /// stays for the life of the process.
    pub runtime: PathBuf,
    /// The detector, `PP-OCRv6_det_small.onnx`.
    pub det: PathBuf,
    /// The recogniser, `PP-OCRv6_rec_small.onnx`; it carries the list of its characters.
    pub rec: PathBuf,
    /// The direction classifier, `ch_ppocr_mobile_v2.0_cls_mobile.onnx`.
    pub cls: PathBuf,
}

impl TextModels {
    /// The files as set-up names them in a folder.
    pub fn in_folder(folder: &Path) -> Self {
        let [runtime, det, rec, cls] =
            [RUNTIME_FILE, "det.onnx", "rec.onnx", "cls.onnx"].map(|name| folder.join(name));
        Self { runtime, det, rec, cls }
    }
}

/// Loads the runtime library; the one that is loaded already, where one is.
pub(super) fn load(file: &Path) -> Result<Environment, TextError> {
    onnx_runtime::load(file).map_err(|error| match error {
        LoadError::Missing(file) => TextError::Missing { what: "the ONNX runtime", file },
        LoadError::Broken { file, cause } => TextError::Runtime { file, cause },
    })
}

fn present(what: &'static str, file: &Path) -> Result<(), TextError> {
    if file.is_file() {
        return Ok(());
    }
    Err(TextError::Missing { what, file: file.to_path_buf() })
}

/// A network with one input and one output of four or fewer dimensions, all of 32-bit floats.
pub(super) struct Net {
    session: Session,
    input: String,
    file: PathBuf,
    role: &'static str,
}

impl Net {
    /// Loads `file` to run on `threads` threads.
    pub(super) fn open(
        environment: &Environment,
        role: &'static str,
        file: &Path,
        threads: usize,
    ) -> Result<Self, TextError> {
        present(role, file)?;
        let session = configured(environment, threads)
            .and_then(|mut builder| builder.commit_from_file(file))
            .map_err(|error| TextError::Model {
                file: file.to_path_buf(),
                cause: error.to_string(),
            })?;
        let float = |dtype: &ValueType| dtype.tensor_type() == Some(TensorElementType::Float32);
        let found = match (session.inputs(), session.outputs()) {
            ([input], [output]) if float(input.dtype()) && float(output.dtype()) => {
                let input = input.name().to_owned();
                return Ok(Self { session, input, file: file.to_path_buf(), role });
            }
            ([_], [_]) => "its input or output is no tensor of floats".to_owned(),
            (inputs, outputs) => {
                format!(
                    "it has {} inputs and {} outputs, not one of each",
                    inputs.len(),
                    outputs.len()
                )
            }
        };
        Err(TextError::WrongModel { file: file.to_path_buf(), role, found })
    }

    /// The text that the file keeps under `key`.
    pub(super) fn note(&self, key: &str) -> Option<String> {
        self.session.metadata().ok()?.custom(key)
    }

    /// The error that says that this network is not what its role asks for.
    pub(super) fn unlike(&self, found: String) -> TextError {
        TextError::WrongModel { file: self.file.clone(), role: self.role, found }
    }

    /// Runs the network on `values` of the shape `shape` (pictures, channels, rows, columns) and hands
    /// the answer's shape and values to `take`.
    pub(super) fn run<T>(
        &mut self,
        shape: [usize; 4],
        values: &[f32],
        take: impl FnOnce(&[usize], &[f32]) -> T,
    ) -> Result<T, TextError> {
        let failed = |error: ort::Error| TextError::Run {
            file: self.file.clone(),
            cause: error.to_string(),
        };
        let tensor = TensorRef::from_array_view((shape, values)).map_err(failed)?;
        let outputs =
            self.session.run(ort::inputs![self.input.as_str() => tensor]).map_err(failed)?;
        let (shape, values) = outputs[0].try_extract_tensor::<f32>().map_err(failed)?;
        let shape: Vec<usize> =
            shape.iter().map(|side| usize::try_from(*side).unwrap_or_default()).collect();
        Ok(take(&shape, values))
    }
}

/// No spinning: a box also captures and encodes while a network waits. No arena: strips have many
/// widths, and an arena keeps the memory of the widest for ever.
fn configured(environment: &Environment, threads: usize) -> ort::Result<SessionBuilder> {
    Ok(Session::builder(environment)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(threads.max(1))?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .with_memory_pattern(false)?
        .with_execution_providers([ep::CPU::default().with_arena_allocator(false).build()])?)
}
