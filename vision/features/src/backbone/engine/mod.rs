//! **Engines**: the programs that run the backbone, and which of them does.
//!
//! * **TorchScript** runs `backbone.pt`, on the CPU or on a CUDA device. It is the contract: a model
//!   folder may hold nothing else, and what it computes is what the others have to compute.
//! * **ONNX Runtime** runs `backbone.onnx`, the same weights in another format, on the CPU. The
//!   library is `libonnxruntime.so` in the model folder. It is at least twice as fast (README.md,
//!   "Engines").
//! * **start-up probe**: with [`EngineChoice::Auto`] both are loaded and held against the golden
//!   outputs, those that pass take turns on one picture, and the faster one stays. Where ONNX Runtime
//!   is absent, too old or computes something else, TorchScript runs, and the reason is kept.
//! * **shape** of a backbone: channels and stride of each of its feature maps, found by asking it.
//!
//! Each call runs on the thread that makes it. Several threads may use an engine at once: ONNX Runtime
//! gets a **lane**, a session with its buffer, for each of them, because `ort` lets one session run one
//! call at a time. A lane is made when none is free, and stays: there are as many as threads that ever
//! ran at once.

use base::messages::first_line;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ort::environment::Environment;
use ort::ep;
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::value::TensorRef;
use rustix::time::{ClockId, clock_gettime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::{CModule, Device, Kind, TchError, Tensor};

use super::golden::{GoldenError, check_golden_with};
use super::{BACKBONE_FILE, GOLDEN_FILE, Golden, SIZE_MULTIPLE, feature_maps};
use crate::onnx_runtime;
use base::checksum::sha256;

/// Name of the ONNX file in a model folder.
pub const ONNX_FILE: &str = "backbone.onnx";

/// Name of ONNX Runtime's library in a model folder.
pub const RUNTIME_FILE: &str = onnx_runtime::RUNTIME_FILE;

/// Times that each engine is timed in the start-up probe; the fastest counts, since whatever else the
/// machine does makes a call slower and never faster. What is timed is the processor time of this thread,
/// on which both run: on a busy machine the time on the wall once chose the slower one of 98 and 127 ms.
const TURNS: usize = 7;
/// Width and height of the probe's picture: about what scoring looks at.
const PROBE_SIDE: i64 = 320;

/// `[model] engine`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EngineChoice {
    /// The fastest that reproduces the golden outputs.
    #[default]
    Auto,
    /// `backbone.pt` in TorchScript.
    TorchScript,
    /// `backbone.onnx` in ONNX Runtime, on the CPU; it is an error where it cannot be used.
    OnnxRuntime,
}

/// A program that runs backbones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    /// libtorch's.
    TorchScript,
    /// `libonnxruntime.so`.
    OnnxRuntime,
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EngineKind::TorchScript => "TorchScript",
            EngineKind::OnnxRuntime => "ONNX Runtime",
        })
    }
}

/// Why an engine cannot be loaded, or failed.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The model folder lacks a file, or it cannot be read.
    #[error("cannot read {path}: {cause}; run scripts/bootstrap, or name another [model] folder")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The file is no backbone that can be run.
    #[error("{path} is not a backbone that can be run: {cause}; export it anew")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// The backbone does not compute what was recorded of it.
    #[error("the model in {folder} is not what was exported: {cause}")]
    Golden {
        /// The model folder.
        folder: PathBuf,
        /// Which output differs and by how much.
        cause: Box<GoldenError>,
    },
    /// ONNX Runtime is asked for and cannot be used.
    #[error(
        "[model] engine is `onnxruntime`, but it cannot be used: {cause}; run scripts/bootstrap, or \
         write `auto` or `torchscript`"
    )]
    NoOnnxRuntime {
        /// Why.
        cause: String,
    },
    /// The backbone failed on a picture.
    #[error("{engine} failed at the backbone: {cause}")]
    Run {
        /// Which program.
        engine: EngineKind,
        /// What it said.
        cause: String,
    },
}

/// What a backbone's feature maps are like, finest first: one map, or two of which the second has twice
/// the stride of the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureShape {
    /// Numbers in each vector of each map.
    pub channels: Vec<i64>,
    /// Pixels of the picture between two neighbouring vectors of each map.
    pub strides: Vec<i64>,
}

impl FeatureShape {
    /// Numbers that describe a cell of the coarsest map: its own, and those of the four finer cells in
    /// it where there is a finer map.
    pub fn features(&self) -> i64 {
        match self.channels.as_slice() {
            [fine, coarse] => 4 * fine + coarse,
            channels => channels.iter().sum(),
        }
    }

    /// Pixels of the picture between two neighbouring cells of the coarsest map.
    pub fn cell(&self) -> i64 {
        self.strides.last().copied().unwrap_or(SIZE_MULTIPLE)
    }

    /// The shape of `maps`, which a backbone gave for one picture of this width and height.
    fn of(maps: &[Tensor], (width, height): (i64, i64)) -> Result<FeatureShape, String> {
        let mut shape = FeatureShape { channels: Vec::new(), strides: Vec::new() };
        for map in maps {
            let found = map.size();
            let &[1, channels, rows, columns] = found.as_slice() else {
                return Err(format!(
                    "a map of the shape {found:?}, not [1, channels, rows, columns]"
                ));
            };
            let stride = (height / rows.max(1)).max(1);
            if (columns * stride, rows * stride) != (width, height) || SIZE_MULTIPLE % stride != 0 {
                return Err(format!(
                    "a map of {columns} x {rows} cells for a picture of {width} x {height} pixels, whose \
                     stride divides {SIZE_MULTIPLE} in neither or only one direction"
                ));
            }
            shape.channels.push(channels);
            shape.strides.push(stride);
        }
        match shape.strides.as_slice() {
            [_] => Ok(shape),
            [fine, coarse] if *coarse == 2 * fine => Ok(shape),
            strides => Err(format!(
                "maps of the strides {strides:?}, where one map or two of strides s and 2s are understood"
            )),
        }
    }
}

/// A checked backbone in the program that runs it; several threads may use it at once.
#[derive(Debug)]
pub struct Engine {
    runner: Runner,
    shape: FeatureShape,
    sha256: String,
    why: String,
}

impl Engine {
    /// Loads the backbone of the model folder for `device`, to compute with numbers of `kind` there, and
    /// checks it against the golden outputs. ONNX Runtime knows the CPU and 32-bit floats only.
    ///
    /// libtorch must be told before how many threads it may use.
    ///
    /// # Errors
    /// The folder holds no backbone, it does not reproduce the golden outputs, or `choice` cannot be
    /// had.
    pub fn load(
        folder: &Path,
        device: Device,
        kind: Kind,
        choice: EngineChoice,
    ) -> Result<Engine, EngineError> {
        let path = folder.join(BACKBONE_FILE);
        let bytes = std::fs::read(&path)
            .map_err(|cause| EngineError::Read { path: path.clone(), cause })?;
        let sha256 = sha256(&bytes);
        let golden_error =
            |cause| EngineError::Golden { folder: folder.to_owned(), cause: Box::new(cause) };
        let golden = Golden::load(&folder.join(GOLDEN_FILE)).map_err(golden_error)?;
        let torch = || -> Result<Runner, EngineError> {
            let runner = Runner::TorchScript(TorchScript::load(&path, &bytes, device, kind)?);
            runner.check(&golden, kind).map_err(golden_error)?;
            Ok(runner)
        };
        let onnx = || -> Result<Runner, String> {
            let lanes = Lanes::load(folder)?;
            let runner = Runner::OnnxRuntime(lanes);
            runner.check(&golden, Kind::Float).map_err(|error| error.to_string())?;
            Ok(runner)
        };
        let (runner, why) = match choice {
            EngineChoice::TorchScript => (torch()?, "as [model] engine says".to_owned()),
            EngineChoice::OnnxRuntime if device != Device::Cpu => {
                let cause = "it runs on the CPU here, and [model] device is another".to_owned();
                return Err(EngineError::NoOnnxRuntime { cause });
            }
            EngineChoice::OnnxRuntime => {
                let runner = onnx().map_err(|cause| EngineError::NoOnnxRuntime { cause })?;
                (runner, "as [model] engine says".to_owned())
            }
            EngineChoice::Auto if device != Device::Cpu => {
                (torch()?, "the one for this device".to_owned())
            }
            EngineChoice::Auto => {
                let torch = torch()?;
                match onnx() {
                    Ok(onnx) => faster(torch, onnx)?,
                    Err(cause) => {
                        tracing::warn!(cause, "ONNX Runtime is not used for the backbone");
                        (torch, format!("ONNX Runtime cannot be used: {cause}"))
                    }
                }
            }
        };
        let (width, height) = (PROBE_SIDE, PROBE_SIDE - SIZE_MULTIPLE);
        let maps = runner.maps(&grey(width, height))?;
        let shape = FeatureShape::of(&maps, (width, height)).map_err(|found| {
            EngineError::Unusable { path: path.clone(), cause: format!("it returns {found}") }
        })?;
        Ok(Engine { runner, shape, sha256, why })
    }

    /// The feature maps of `pictures`, `[N, 3, H, W]`, as 32-bit floats on the CPU, finest first.
    ///
    /// # Errors
    /// What the program says, or that the maps are not those of [`Engine::shape`].
    pub fn maps(&self, pictures: &Tensor) -> Result<Vec<Tensor>, EngineError> {
        let maps = self.runner.maps(pictures)?;
        let failed = |cause: String| EngineError::Run { engine: self.runner.kind(), cause };
        let [count, _, height, width] = <[i64; 4]>::try_from(pictures.size().as_slice())
            .map_err(|_| failed("the input is not [N, 3, H, W]".to_owned()))?;
        let shapes = self.shape.channels.iter().zip(&self.shape.strides);
        let expected: Vec<_> = shapes
            .map(|(channels, stride)| vec![count, *channels, height / stride, width / stride])
            .collect();
        let found: Vec<_> = maps.iter().map(Tensor::size).collect();
        if found == expected {
            Ok(maps)
        } else {
            Err(failed(format!("it gave maps of {found:?} instead of {expected:?}")))
        }
    }

    /// What the feature maps are like.
    pub fn shape(&self) -> &FeatureShape {
        &self.shape
    }

    /// Which program runs.
    pub fn kind(&self) -> EngineKind {
        self.runner.kind()
    }

    /// The SHA-256 of `backbone.pt`, in hexadecimal, whichever file runs: the weights are the same.
    pub fn backbone_sha256(&self) -> &str {
        &self.sha256
    }
}

/// Which program runs, and why.
impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.kind(), self.why)
    }
}

/// The one of the two that takes less processor time, and how much each took.
fn faster(torch: Runner, onnx: Runner) -> Result<(Runner, String), EngineError> {
    let picture = grey(PROBE_SIDE, PROBE_SIDE);
    let mut best = [Duration::MAX; 2];
    for turn in 0..=TURNS {
        for (runner, best) in [&torch, &onnx].into_iter().zip(&mut best) {
            let start = processor_time();
            runner.maps(&picture)?;
            // The first turn sets things up.
            if turn > 0 {
                *best = processor_time().saturating_sub(start).min(*best);
            }
        }
    }
    let [of_torch, of_onnx] = best.map(|time| time.as_secs_f64() * 1e3);
    let measured = format!(
        "{} {of_torch:.1} ms of processor time a picture, {} {of_onnx:.1} ms",
        EngineKind::TorchScript,
        EngineKind::OnnxRuntime
    );
    Ok((if of_onnx < of_torch { onnx } else { torch }, measured))
}

/// What this thread has used of a processor.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn grey(width: i64, height: i64) -> Tensor {
    Tensor::zeros([1, 3, height, width], (Kind::Float, Device::Cpu))
}

#[derive(Debug)]
enum Runner {
    TorchScript(TorchScript),
    OnnxRuntime(Lanes),
}

impl Runner {
    fn kind(&self) -> EngineKind {
        match self {
            Runner::TorchScript(_) => EngineKind::TorchScript,
            Runner::OnnxRuntime(_) => EngineKind::OnnxRuntime,
        }
    }

    fn check(&self, golden: &Golden, kind: Kind) -> Result<f64, GoldenError> {
        check_golden_with(golden, kind, |pictures| self.maps(pictures))
    }

    fn maps(&self, pictures: &Tensor) -> Result<Vec<Tensor>, EngineError> {
        let maps = match self {
            Runner::TorchScript(module) => module.maps(pictures).map_err(|e| e.to_string()),
            Runner::OnnxRuntime(lanes) => lanes.maps(pictures),
        };
        maps.map_err(|cause| EngineError::Run { engine: self.kind(), cause: first_line(&cause) })
    }
}

#[derive(Debug)]
struct TorchScript {
    module: CModule,
    device: Device,
    kind: Kind,
}

impl TorchScript {
    fn load(path: &Path, bytes: &[u8], device: Device, kind: Kind) -> Result<Self, EngineError> {
        let failed = |error: TchError| EngineError::Unusable {
            path: path.to_owned(),
            cause: first_line(&error.to_string()),
        };
        // The profiling executor compiles again for what it has seen. Without it the first call
        // takes 80 ms instead of 190, and later ones the same 40 (measured on a busy 2-core box).
        tch::jit::f_set_profiling_mode(false).map_err(failed)?;
        let mut module = CModule::load_data_on_device(&mut &*bytes, device).map_err(failed)?;
        module.f_set_eval().map_err(failed)?;
        Ok(Self { module, device, kind })
    }

    fn maps(&self, pictures: &Tensor) -> Result<Vec<Tensor>, TchError> {
        tch::no_grad(|| {
            let pictures = pictures.f_to_device(self.device)?.f_to_kind(self.kind)?;
            let maps = feature_maps(&self.module, &pictures)?.into_iter();
            maps.map(|map| map.f_to_device(Device::Cpu)?.f_to_kind(Kind::Float)).collect()
        })
    }
}

/// ONNX Runtime with the backbone.
struct Lanes {
    environment: Environment,
    /// The ONNX file: lanes are made of it when they are needed, whatever has become of the file.
    program: Vec<u8>,
    free: Mutex<Vec<Lane>>,
}

/// One session, for one call at a time.
struct Lane {
    session: Session,
    /// The picture of the last call, kept so that its memory is not fetched anew for each.
    pixels: Vec<f32>,
}

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lanes").field("free", &self.lock().len()).finish_non_exhaustive()
    }
}

impl Lanes {
    fn load(folder: &Path) -> Result<Self, String> {
        let environment = onnx_runtime::load(&folder.join(RUNTIME_FILE))
            .map_err(|error| first_line(&error.to_string()))?;
        Self::new(environment, &folder.join(ONNX_FILE))
    }

    fn new(environment: Environment, path: &Path) -> Result<Self, String> {
        let named = |error: &dyn fmt::Display| {
            format!("{}: {}", path.display(), first_line(&error.to_string()))
        };
        let program = std::fs::read(path).map_err(|error| named(&error))?;
        let lanes = Self { environment, program, free: Mutex::default() };
        let first = lanes.lane().map_err(|error| named(&error))?;
        lanes.lock().push(first);
        Ok(lanes)
    }

    fn lane(&self) -> ort::Result<Lane> {
        let session = configured(&self.environment)?.commit_from_memory(&self.program)?;
        Ok(Lane { session, pixels: Vec::new() })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Lane>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A lane that fails is not used again.
    fn maps(&self, pictures: &Tensor) -> Result<Vec<Tensor>, String> {
        let free = self.lock().pop();
        let mut lane = match free {
            Some(lane) => lane,
            None => self.lane().map_err(|error| error.to_string())?,
        };
        let maps = lane.maps(pictures)?;
        self.lock().push(lane);
        Ok(maps)
    }
}

impl Lane {
    fn maps(&mut self, pictures: &Tensor) -> Result<Vec<Tensor>, String> {
        let torch = |error: TchError| error.to_string();
        let onnx = |error: ort::Error| error.to_string();
        let count = pictures.numel();
        self.pixels.resize(count, 0.0);
        pictures.f_copy_data(&mut self.pixels, count).map_err(torch)?;
        let input = TensorRef::from_array_view((pictures.size(), self.pixels.as_slice()));
        let outputs = self.session.run(ort::inputs![input.map_err(onnx)?]).map_err(onnx)?;
        let maps = outputs.values().map(|output| {
            let (shape, values) = output.try_extract_tensor::<f32>().map_err(onnx)?;
            let map = Tensor::f_from_slice(values).map_err(torch)?;
            map.f_view(&shape[..]).map_err(torch)
        });
        maps.collect()
    }
}

/// One thread, that of the caller. With an arena, which keeps its memory from call to call: without
/// one each layer's output is fetched anew from the system.
fn configured(environment: &Environment) -> ort::Result<SessionBuilder> {
    Ok(Session::builder(environment)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .with_execution_providers([ep::CPU::default().with_arena_allocator(true).build()])?)
}

/// Checks an ONNX file before it is put into a model folder, with the library `runtime`. Returns the
/// largest difference from the golden outputs.
pub(super) fn check_onnx(runtime: &Path, file: &Path, golden: &Golden) -> Result<f64, EngineError> {
    let failed = |cause: String| EngineError::Unusable { path: file.to_owned(), cause };
    let environment = onnx_runtime::load(runtime).map_err(|error| failed(error.to_string()))?;
    let runner = Runner::OnnxRuntime(Lanes::new(environment, file).map_err(failed)?);
    runner
        .check(golden, Kind::Float)
        .map_err(|cause| EngineError::Golden { folder: file.to_owned(), cause: Box::new(cause) })
}

#[cfg(test)]
mod tests;
