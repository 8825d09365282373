//! Golden outputs: what a network answered where it was trained, to check what it answers here.
//!
//! * **pattern**: the input. A formula on integers, so that every program makes the same floats.
//! * **golden outputs**: of each feature map the shape, mean, standard deviation and 32 values. They
//!   were recorded with the original code and real PyTorch by `scripts/golden-backbone.py`.
//! * **difference**: `|found - expected| / (1 + |expected|)`, absolute for small and relative for
//!   large values. Rounding in another order gives about 1e-6 on a CPU; 10-bit mantissas of a GPU
//!   (TF32) about 1e-3; a wrong padding or a forgotten normalisation more than 0.1.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tch::{CModule, Device, Kind, Tensor, no_grad};
use thiserror::Error;

use super::feature_maps;

/// The largest difference that is accepted of a network in half precision, whose floats have 11
/// significant bits: EfficientNet-Lite0 on a CPU differs by 0.027, a wrong padding by more than 0.1.
const HALF_TOLERANCE: f64 = 0.05;

/// Golden outputs of one network; the content of `golden.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Golden {
    /// The network.
    pub model: String,
    /// SHA-256 of the weights in their original file.
    pub weights_sha256: String,
    /// With which programs the outputs were recorded.
    pub made_with: String,
    /// The pattern in words.
    pub input: String,
    /// The largest difference (see the module's terms) that is accepted.
    pub tolerance: f64,
    /// One entry per input shape.
    pub cases: Vec<GoldenCase>,
}

/// The answer to one input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GoldenCase {
    /// The input's shape: pictures, channels, height, width.
    pub input: [i64; 4],
    /// The feature maps, finest first.
    pub outputs: Vec<GoldenOutput>,
}

/// What is known of one feature map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GoldenOutput {
    /// Pictures, channels, rows, columns.
    pub shape: Vec<i64>,
    /// Mean of all values.
    pub mean: f64,
    /// Standard deviation of all values (population).
    pub std: f64,
    /// Values evenly spaced in the flattened map, the first and the last included.
    pub samples: Vec<f64>,
}

/// Why golden outputs could not be used, or how a network differs from them.
#[derive(Debug, Error)]
pub enum GoldenError {
    /// The file cannot be read.
    #[error(
        "cannot read the golden outputs {path}: {source}; run scripts/bootstrap to restore them"
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not what this version writes.
    #[error("{path} holds no golden outputs: {source}; run scripts/bootstrap to restore them")]
    Parse {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        source: serde_json::Error,
    },
    /// The network failed on the pattern.
    #[error("the backbone cannot work on pictures of shape {input:?}: {source}; is it a backbone?")]
    Forward {
        /// Shape of the input.
        input: [i64; 4],
        /// What the engine said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The network answers with other feature maps.
    #[error(
        "for pictures of shape {input:?} the backbone gives feature maps of shape {found:?}, the \
         golden outputs have {expected:?}: backbone.pt and golden.json are of different models"
    )]
    Shape {
        /// Shape of the input.
        input: [i64; 4],
        /// Shapes found.
        found: Vec<Vec<i64>>,
        /// Shapes recorded.
        expected: Vec<Vec<i64>>,
    },
    /// The network computes something else.
    #[error(
        "for pictures of shape {input:?}, {what} of feature map {map} is {found}, recorded was \
         {expected}: this backbone does not compute what {model} does; export it again"
    )]
    Value {
        /// The network that was recorded.
        model: String,
        /// Shape of the input.
        input: [i64; 4],
        /// Which feature map, from 0.
        map: usize,
        /// Which number.
        what: String,
        /// What the network gave.
        found: f64,
        /// What was recorded.
        expected: f64,
    },
}

impl Golden {
    /// The golden outputs of the default backbone.
    pub fn efficientnet_lite0() -> Golden {
        serde_json::from_str(super::export::GOLDEN_JSON)
            .expect("the file in the source tree is checked by this crate's tests")
    }

    /// What `backbone` answers to inputs of these shapes.
    ///
    /// # Panics
    /// When the backbone refuses them.
    pub fn record(backbone: &CModule, model: &str, inputs: &[[i64; 4]]) -> Golden {
        const SAMPLES: usize = 8;
        let output = |map: &Tensor| {
            let unknown = GoldenOutput {
                shape: map.size(),
                mean: 0.0,
                std: 0.0,
                samples: vec![0.0; SAMPLES],
            };
            let found: Vec<f64> =
                compared(map, &unknown).into_iter().map(|(_, found, _)| found).collect();
            let (mean, std, samples) = (found[0], found[1], found[2..].to_vec());
            GoldenOutput { mean, std, samples, ..unknown }
        };
        let case = |input: &[i64; 4]| {
            let maps = no_grad(|| feature_maps(backbone, &pattern(*input))).expect("it runs");
            GoldenCase { input: *input, outputs: maps.iter().map(output).collect() }
        };
        Golden {
            model: model.to_owned(),
            weights_sha256: String::new(),
            made_with: String::new(),
            input: String::new(),
            tolerance: 1e-4,
            cases: inputs.iter().map(case).collect(),
        }
    }

    /// Reads `golden.json`.
    ///
    /// # Errors
    /// When the file cannot be read or holds something else.
    pub fn load(path: &Path) -> Result<Golden, GoldenError> {
        let text = fs::read_to_string(path)
            .map_err(|source| GoldenError::Read { path: path.to_owned(), source })?;
        serde_json::from_str(&text)
            .map_err(|source| GoldenError::Parse { path: path.to_owned(), source })
    }
}

/// [`check_golden_on`] the CPU, with 32-bit floats.
///
/// # Errors
/// The first number that differs, or why the network could not be run.
pub fn check_golden(backbone: &CModule, golden: &Golden) -> Result<f64, GoldenError> {
    check_golden_on(backbone, golden, Device::Cpu, Kind::Float)
}

/// Runs the pattern through the backbone, which lives on `device` and computes with numbers of
/// `kind`, and compares. Returns the largest difference. Two calls of the network: 0.1 to 1 s on a
/// CPU.
///
/// # Errors
/// The first number that differs, or why the network could not be run.
pub fn check_golden_on(
    backbone: &CModule,
    golden: &Golden,
    device: Device,
    kind: Kind,
) -> Result<f64, GoldenError> {
    check_golden_with(golden, kind, |pictures| {
        let pictures = pictures.to_device(device).to_kind(kind);
        no_grad(|| feature_maps(backbone, &pictures))
    })
}

/// [`check_golden_on`] for whatever runs the network: `maps` takes pictures as 32-bit floats on the CPU,
/// and computes with numbers of `kind`.
pub(super) fn check_golden_with<E>(
    golden: &Golden,
    kind: Kind,
    maps: impl Fn(&Tensor) -> Result<Vec<Tensor>, E>,
) -> Result<f64, GoldenError>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let tolerance = if kind == Kind::Half { HALF_TOLERANCE } else { golden.tolerance };
    let mut worst = 0.0_f64;
    for case in &golden.cases {
        let maps = maps(&pattern(case.input))
            .map_err(|error| GoldenError::Forward { input: case.input, source: error.into() })?;
        let found: Vec<_> = maps.iter().map(Tensor::size).collect();
        let expected: Vec<_> = case.outputs.iter().map(|output| output.shape.clone()).collect();
        if found != expected {
            return Err(GoldenError::Shape { input: case.input, found, expected });
        }
        for (index, (map, output)) in maps.iter().zip(&case.outputs).enumerate() {
            for (what, found, expected) in compared(map, output) {
                let difference = (found - expected).abs() / (1.0 + expected.abs());
                // A difference that is no number fails as well.
                let within = difference <= tolerance;
                if !within {
                    return Err(GoldenError::Value {
                        model: golden.model.clone(),
                        input: case.input,
                        map: index,
                        what,
                        found,
                        expected,
                    });
                }
                worst = worst.max(difference);
            }
        }
    }
    Ok(worst)
}

/// The numbers of one feature map that are compared: (name, found, expected).
fn compared(map: &Tensor, output: &GoldenOutput) -> Vec<(String, f64, f64)> {
    let flat = map.to_device(Device::Cpu).to_kind(Kind::Double).reshape([-1]);
    let mean = flat.mean(Kind::Double).double_value(&[]);
    let std = flat.std(false).double_value(&[]);
    let mut rows = vec![
        ("the mean".to_owned(), mean, output.mean),
        ("the spread".to_owned(), std, output.std),
    ];
    let last = flat.numel() - 1;
    let steps = output.samples.len().saturating_sub(1).max(1);
    for (k, &expected) in output.samples.iter().enumerate() {
        let index = k * last / steps;
        let found = flat.double_value(&[index as i64]);
        rows.push((format!("element {index}"), found, expected));
    }
    rows
}

/// The input that the golden outputs were recorded for: pixel (n, c, y, x) is
/// (7x + 13y + 31c + 17n + (x xor y) + xy/16) mod 256, normalised to (v - 127) / 128.
fn pattern(shape: [i64; 4]) -> Tensor {
    let [pictures, channels, height, width] = shape;
    let mut values = Vec::new();
    for n in 0..pictures {
        for c in 0..channels {
            for y in 0..height {
                for x in 0..width {
                    let pixel = (7 * x + 13 * y + 31 * c + 17 * n + (x ^ y) + x * y / 16) % 256;
                    values.push((pixel as f32 - 127.0) / 128.0);
                }
            }
        }
    }
    Tensor::from_slice(&values).view(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module that answers with its input times `factor`, and golden outputs for factor 1.
    fn module_and_golden(factor: f64) -> (CModule, Golden) {
        let input = [1, 3, 4, 4];
        let example = [pattern(input)];
        let module =
            CModule::create_by_tracing("Scale", "forward", &example, &mut |x| vec![&x[0] * factor]);
        let flat = pattern(input).to_kind(Kind::Double);
        let output = GoldenOutput {
            shape: input.to_vec(),
            mean: flat.mean(Kind::Double).double_value(&[]),
            std: flat.std(false).double_value(&[]),
            samples: vec![flat.double_value(&[0, 0, 0, 0]), flat.double_value(&[0, 2, 3, 3])],
        };
        let golden = Golden {
            model: "identity".to_owned(),
            weights_sha256: String::new(),
            made_with: String::new(),
            input: String::new(),
            tolerance: 1e-6,
            cases: vec![GoldenCase { input, outputs: vec![output] }],
        };
        (module.unwrap(), golden)
    }

    #[test]
    fn the_pattern_is_the_one_in_the_recording_script() {
        let pattern = pattern([2, 3, 320, 256]);
        // By hand: n 1, c 2, y 100, x 50: 350 + 1300 + 62 + 17 + 86 + 312 = 2127, mod 256 = 79.
        assert_eq!(pattern.double_value(&[1, 2, 100, 50]), (79.0 - 127.0) / 128.0);
        assert_eq!(pattern.double_value(&[0, 0, 0, 0]), -127.0 / 128.0);
    }

    #[test]
    fn the_same_network_passes_and_another_is_refused() {
        let (same, golden) = module_and_golden(1.0);
        assert!(check_golden(&same, &golden).unwrap() <= golden.tolerance);
        let (other, golden) = module_and_golden(1.01);
        let error = check_golden(&other, &golden).unwrap_err();
        assert!(matches!(error, GoldenError::Value { map: 0, .. }), "{error}");
    }

    #[test]
    fn an_output_that_is_no_number_is_refused() {
        let (broken, golden) = module_and_golden(f64::NAN);
        let error = check_golden(&broken, &golden).unwrap_err();
        assert!(matches!(error, GoldenError::Value { .. }), "{error}");
    }

    #[test]
    fn feature_maps_of_another_shape_are_refused() {
        let (module, mut golden) = module_and_golden(1.0);
        golden.cases[0].outputs[0].shape = vec![1, 40, 28, 28];
        let error = check_golden(&module, &golden).unwrap_err();
        assert!(matches!(error, GoldenError::Shape { .. }), "{error}");
        assert!(error.to_string().contains("different models"), "{error}");
    }
}
