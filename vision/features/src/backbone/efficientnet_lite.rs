//! EfficientNet-Lite0 up to stride 16, written in tch operations from its published weights.
//!
//! * **MBConv block**: 1×1 convolution that widens ("expand"), depthwise convolution, 1×1
//!   convolution that narrows ("project"). Batch norm follows each; ReLU6 follows the first two.
//!   Where shape permits, the block's input is added to its output.
//! * **Lite**: no squeeze-and-excite, and ReLU6 in place of swish.
//! * **"same" padding** as in TensorFlow, where the weights were trained: the output is
//!   `ceil(size / stride)`, and what padding cannot be split evenly goes right and below. At
//!   stride 2 and even size that is 0 before and 1 after for a kernel of 3, 1 and 2 for a kernel
//!   of 5. Sizes that are multiples of 32 stay even all the way, so the padding is constant.
//!
//! Batch norm is linear at inference and is folded into the convolution before it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use tch::{TchError, Tensor, no_grad};
use thiserror::Error;

use super::onnx::{Graph, INPUT};

/// One row of the architecture: blocks in a run, of which only the first has the stride.
struct Stage {
    blocks: usize,
    kernel: i64,
    stride: i64,
    expand: i64,
    channels: i64,
    /// The run's last output is one of the network's feature maps.
    is_output: bool,
}

const STEM_CHANNELS: i64 = 32;

const fn stage(blocks: usize, kernel: i64, stride: i64, expand: i64, channels: i64) -> Stage {
    Stage { blocks, kernel, stride, expand, channels, is_output: false }
}

const fn output(stage: Stage) -> Stage {
    Stage { is_output: true, ..stage }
}

/// `efficientnet_lite_builder.py` of the original, less the two stages behind stride 16: blocks,
/// kernel, stride, expansion, channels.
const STAGES: [Stage; 5] = [
    stage(1, 3, 1, 1, 16),
    stage(2, 3, 2, 6, 24),
    output(stage(2, 5, 2, 6, 40)),
    stage(3, 3, 2, 6, 80),
    output(stage(3, 5, 1, 6, 112)),
];

/// The epsilon that the original adds to the variance in batch norm.
const BATCH_NORM_EPSILON: f64 = 1e-3;

/// Why the network could not be built.
#[derive(Debug, Error)]
pub enum WeightsError {
    /// The file cannot be read as safetensors.
    #[error("cannot read the weights {path}: {source}; delete the file and run scripts/bootstrap")]
    Read {
        /// The weight file.
        path: PathBuf,
        /// What tch said.
        source: TchError,
    },
    /// A tensor that the network needs is not in the file.
    #[error("the weights hold no `{name}`: these are not weights of EfficientNet-Lite0")]
    Missing {
        /// The tensor's name in the original network.
        name: String,
    },
    /// A tensor has another shape than the network's.
    #[error(
        "`{name}` has the shape {found:?} instead of {expected:?}: these are not weights of \
         EfficientNet-Lite0"
    )]
    Shape {
        /// The tensor's name in the original network.
        name: String,
        /// The shape in the file.
        found: Vec<i64>,
        /// The shape in the network.
        expected: Vec<i64>,
    },
}

/// The network, ready to run.
pub struct EfficientNetLite0 {
    stem: Convolution,
    blocks: Vec<Block>,
}

impl EfficientNetLite0 {
    /// Reads the weights that `scripts/weights-to-safetensors.py` wrote, under the names of the
    /// original network.
    ///
    /// # Errors
    /// When the file cannot be read or holds another network.
    pub fn load(path: &Path) -> Result<Self, WeightsError> {
        let tensors = Tensor::read_safetensors(path)
            .map_err(|source| WeightsError::Read { path: path.to_owned(), source })?;
        Self::from_weights(&Weights(tensors.into_iter().collect()))
    }

    fn from_weights(weights: &Weights) -> Result<Self, WeightsError> {
        let stem = weights.convolution("_conv_stem", "_bn0", [STEM_CHANNELS, 3, 3, 3], 2)?;
        let mut blocks = Vec::new();
        let mut channels = STEM_CHANNELS;
        for stage in &STAGES {
            for i in 0..stage.blocks {
                let stride = if i == 0 { stage.stride } else { 1 };
                let is_output = stage.is_output && i + 1 == stage.blocks;
                let index = blocks.len();
                blocks.push(Block::new(weights, index, channels, stage, stride, is_output)?);
                channels = stage.channels;
            }
        }
        Ok(Self { stem, blocks })
    }

    /// `pictures`: `[N, 3, H, W]` RGB, each value `(v - 127) / 128` of 0..=255, H and W multiples
    /// of 32. Returns `[N, 40, H/8, W/8]` and `[N, 112, H/16, W/16]`.
    pub fn forward(&self, pictures: &Tensor) -> Vec<Tensor> {
        let mut maps = Vec::new();
        let mut x = relu6(self.stem.forward(pictures));
        for block in &self.blocks {
            x = block.forward(&x);
            if block.is_output {
                maps.push(x.shallow_clone());
            }
        }
        maps
    }

    /// The same network as an ONNX file.
    ///
    /// # Errors
    /// What libtorch says when the weights are read.
    pub fn to_onnx(&self) -> Result<Vec<u8>, TchError> {
        let mut graph = Graph::new()?;
        let mut maps = Vec::new();
        let stem = self.stem.record(&mut graph, INPUT)?;
        let mut value = graph.relu6(&stem);
        for block in &self.blocks {
            value = block.record(&mut graph, &value)?;
            if block.is_output {
                maps.push((value.clone(), block.project.weight.size()[0]));
            }
        }
        Ok(graph.finish("efficientnet-lite0", &maps))
    }
}

/// One MBConv block.
struct Block {
    expand: Option<Convolution>,
    depthwise: Convolution,
    project: Convolution,
    adds_input: bool,
    is_output: bool,
}

impl Block {
    fn new(
        weights: &Weights,
        index: usize,
        input: i64,
        stage: &Stage,
        stride: i64,
        is_output: bool,
    ) -> Result<Self, WeightsError> {
        let name = |part: &str| format!("_blocks.{index}.{part}");
        let wide = input * stage.expand;
        let expand = (stage.expand != 1)
            .then(|| {
                let shape = [wide, input, 1, 1];
                weights.convolution(&name("_expand_conv"), &name("_bn0"), shape, 1)
            })
            .transpose()?;
        let shape = [wide, 1, stage.kernel, stage.kernel];
        let depthwise =
            weights.convolution(&name("_depthwise_conv"), &name("_bn1"), shape, stride)?;
        let shape = [stage.channels, wide, 1, 1];
        let project = weights.convolution(&name("_project_conv"), &name("_bn2"), shape, 1)?;
        let adds_input = stride == 1 && input == stage.channels;
        Ok(Self { expand, depthwise, project, adds_input, is_output })
    }

    fn forward(&self, input: &Tensor) -> Tensor {
        let x = match &self.expand {
            Some(expand) => relu6(expand.forward(input)),
            None => input.shallow_clone(),
        };
        let x = self.project.forward(&relu6(self.depthwise.forward(&x)));
        if self.adds_input { x + input } else { x }
    }

    /// [`Block::forward`] as nodes of a graph.
    fn record(&self, graph: &mut Graph, input: &str) -> Result<String, TchError> {
        let mut value = input.to_owned();
        for convolution in self.expand.iter().chain([&self.depthwise]) {
            let wide = convolution.record(graph, &value)?;
            value = graph.relu6(&wide);
        }
        let value = self.project.record(graph, &value)?;
        Ok(if self.adds_input { graph.sum(&value, input) } else { value })
    }
}

/// A convolution with the batch norm behind it folded in.
struct Convolution {
    weight: Tensor,
    bias: Tensor,
    stride: i64,
    groups: i64,
}

impl Convolution {
    /// The weights take the input's device and kind of numbers: a trace holds them as constants, which
    /// nobody could convert afterwards.
    fn forward(&self, x: &Tensor) -> Tensor {
        let (weight, bias) = (self.weight.type_as(x), self.bias.type_as(x));
        let (before, after) = self.padding();
        let stride = [self.stride; 2];
        if before != after {
            let x = x.constant_pad_nd([before, after, before, after]);
            x.conv2d(&weight, Some(&bias), stride, [0, 0], [1, 1], self.groups)
        } else {
            x.conv2d(&weight, Some(&bias), stride, [before; 2], [1, 1], self.groups)
        }
    }

    /// [`Convolution::forward`] as a node of a graph.
    fn record(&self, graph: &mut Graph, input: &str) -> Result<String, TchError> {
        let weights = (&self.weight, &self.bias);
        graph.convolution(input, weights, (self.stride, self.groups), self.padding())
    }

    /// Zeros before and after each row and column.
    fn padding(&self) -> (i64, i64) {
        let total = (self.weight.size()[2] - self.stride).max(0);
        (total / 2, total - total / 2)
    }
}

fn relu6(x: Tensor) -> Tensor {
    x.clamp(0.0, 6.0)
}

/// The weight file's tensors under their names in the original network.
struct Weights(HashMap<String, Tensor>);

impl Weights {
    fn get(&self, name: &str, expected: &[i64]) -> Result<&Tensor, WeightsError> {
        let tensor =
            self.0.get(name).ok_or_else(|| WeightsError::Missing { name: name.to_owned() })?;
        if tensor.size() != expected {
            return Err(WeightsError::Shape {
                name: name.to_owned(),
                found: tensor.size(),
                expected: expected.to_vec(),
            });
        }
        Ok(tensor)
    }

    /// The convolution `conv`, whose weight has this shape (out, in per group, height, width),
    /// and the batch norm `norm` behind it.
    fn convolution(
        &self,
        conv: &str,
        norm: &str,
        shape: [i64; 4],
        stride: i64,
    ) -> Result<Convolution, WeightsError> {
        let channels = [shape[0]];
        let weight = self.get(&format!("{conv}.weight"), &shape)?;
        let gamma = self.get(&format!("{norm}.weight"), &channels)?;
        let beta = self.get(&format!("{norm}.bias"), &channels)?;
        let mean = self.get(&format!("{norm}.running_mean"), &channels)?;
        let variance = self.get(&format!("{norm}.running_var"), &channels)?;
        no_grad(|| {
            let scale = gamma / (variance + BATCH_NORM_EPSILON).sqrt();
            let weight = weight * scale.view([-1, 1, 1, 1]);
            let bias = beta - mean * &scale;
            // One input channel per group and many outputs: a depthwise convolution.
            let groups = if shape[1] == 1 { shape[0] } else { 1 };
            Ok(Convolution { weight, bias, stride, groups })
        })
    }
}
