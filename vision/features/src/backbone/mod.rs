//! The backbone: the network that turns pictures into patch features.
//!
//! * **backbone**: a TorchScript file that maps `[N, 3, H, W]` float to a tuple of **feature
//!   maps**, finest first. A feature map is `[N, C, H / stride, W / stride]`: one vector of `C`
//!   numbers for each `stride × stride` patch of the picture. H and W are multiples of 32. It
//!   computes on its input's device and with its kind of numbers: 16-bit floats on a GPU.
//! * **model folder**: what `[model]` in the line file points at. It holds
//!   * `backbone.pt`: the backbone;
//!   * `golden.json`: its **golden outputs**, what the original network answered to a known input
//!     (see [`Golden`]). A backbone is checked against them before it is trusted, because a model
//!     that computes something slightly different scores without any error, and wrongly.
//!   * `backbone.onnx` and `libonnxruntime.so`, which may be missing: the same network for a second
//!     [`engine`], and that engine's library.
//!
//! The default backbone is EfficientNet-Lite0 with ImageNet weights ([`efficientnet_lite`]): it is
//! small enough for 20 ms a picture on one CPU core. It gives stride 8 with 40 channels and
//! stride 16 with 112. [`export`] writes its model folder at set-up.
//!
//! A TorchScript file is a program: load only files whose checksum or golden outputs are known.

pub mod efficientnet_lite;
pub mod engine;
pub mod export;
mod golden;
mod onnx;
pub mod tuple_output;

use std::env;
use std::path::PathBuf;

use tch::{CModule, IValue, TchError, Tensor};

pub use engine::{Engine, EngineChoice, EngineError, EngineKind, FeatureShape};
pub use golden::{Golden, GoldenCase, GoldenError, GoldenOutput, check_golden, check_golden_on};

/// Name of the TorchScript file in a model folder.
pub const BACKBONE_FILE: &str = "backbone.pt";

/// Name of the file of golden outputs in a model folder.
pub const GOLDEN_FILE: &str = "golden.json";

/// Width and height of a picture are multiples of this: the coarsest stride of the whole network,
/// up to which "same" padding does not depend on the size.
pub const SIZE_MULTIPLE: i64 = 32;

/// Where set-up puts the default model: `$XDG_CACHE_HOME/inspectd/models/efficientnet-lite0`, with
/// `~/.cache` when that variable is unset. For development and the demo; an appliance names its
/// model folder in the line file.
pub fn default_model_dir() -> PathBuf {
    let cache = match env::var_os("XDG_CACHE_HOME") {
        Some(cache) if !cache.is_empty() => PathBuf::from(cache),
        _ => PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cache"),
    };
    cache.join("inspectd/models/efficientnet-lite0")
}

/// Runs a backbone: `pictures` is `[N, 3, H, W]`, normalised as the network wants it; the feature
/// maps come finest first. A single tensor is taken as one feature map.
///
/// # Errors
/// What libtorch says, or a note that the file is no backbone when it answers with anything else.
pub fn feature_maps(backbone: &CModule, pictures: &Tensor) -> Result<Vec<Tensor>, TchError> {
    let answer = backbone.forward_is(&[IValue::Tensor(pictures.shallow_clone())])?;
    let kind = match answer {
        IValue::Tensor(map) => return Ok(vec![map]),
        IValue::TensorList(maps) => return Ok(maps),
        IValue::Tuple(values) => {
            let maps: Result<Vec<Tensor>, _> = values.into_iter().map(Tensor::try_from).collect();
            return maps.map_err(|_| not_a_backbone("a tuple that holds more than tensors"));
        }
        IValue::None => "nothing",
        _ => "neither a tensor nor a tuple of tensors",
    };
    Err(not_a_backbone(kind))
}

fn not_a_backbone(answer: &str) -> TchError {
    TchError::Kind(format!(
        "the module answers with {answer}; a backbone answers with a tuple of feature maps"
    ))
}
