//! The damage head as a **network**: a transformer of the size that a few thousand synthetic
//! examples can teach.
//!
//! * **token**: what is known of one cell of the item's crop: its backbone features and its
//!   distance to the reference. A view has as many tokens as cells of the item, so the number
//!   differs from view to view and their order means nothing.
//! * **place**: where the cell's centre lies in the crop, x and y from -1 (left, top) to 1. It enters
//!   as sine and cosine of four octaves (as in arXiv 1706.03762), because a bent edge is told from a
//!   straight one by where its pieces lie.
//! * **degree**: how badly damage touches something, 0 to 1.
//! * **logit**: what a degree is the logistic function of; 0 is a degree of one half.
//! * **outputs** of a token: [`DAMAGE`], the logit of its degree of damage of any kind;
//!   [`ATTENTION`], how much it counts in the view's logit while training (see [`pooled`]); then one
//!   number for each [`Kind`].
//!
//! Layers are pre-norm (arXiv 2002.04745): with few examples and no warm-up to tune, they train
//! without care.

use tch::nn::{self, Init, VarStore};
use tch::{CModule, Device, Kind as Number, TchError, Tensor};

use super::Kind;

/// Output of a token: the logit of its degree of damage.
pub(super) const DAMAGE: i64 = 0;
/// Output of a token: how much it counts in the view's logit, before the softmax.
pub(super) const ATTENTION: i64 = 1;
/// Output of a token: the number of the first kind; the others follow in the order of [`Kind::ALL`].
pub(super) const KINDS: i64 = 2;
/// Outputs of a token.
pub(super) const OUTPUTS: i64 = KINDS + Kind::ALL.len() as i64;
/// Octaves of a place: wavelengths of 4, 2, 1 and 1/2 in its unit, so from twice the crop's side down
/// to a quarter of it.
const OCTAVES: [f64; 4] = [1.0, 2.0, 4.0, 8.0];
/// What padding counts in attention: nothing, and still a number.
const NOTHING: f64 = -1e4;

/// The sizes of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Numbers of a token.
    pub(super) channels: i64,
    /// Numbers of a token inside the network.
    pub(super) width: i64,
    /// Layers.
    pub(super) layers: i64,
    /// Heads of attention; a divisor of the width.
    pub(super) heads: i64,
}

/// One network that can be trained: a member on its own.
#[derive(Debug)]
pub(super) struct Network {
    store: VarStore,
    shape: Shape,
    weights: Weights,
}

/// The weights of M members of one shape, each with a first axis of M: what is asked of all members
/// is then a few large matrix products instead of many small ones.
#[derive(Debug)]
struct Weights {
    members: i64,
    heads: i64,
    /// `[M, 1, channels]`, like the spread.
    mean: Tensor,
    spread: Tensor,
    token: Dense,
    place: Dense,
    layers: Vec<Layer>,
    norm: Norm,
    output: Dense,
}

#[derive(Debug)]
struct Layer {
    before_attention: Norm,
    query_key_value: Dense,
    attended: Dense,
    before_mixing: Norm,
    widen: Dense,
    narrow: Dense,
}

/// Weights `[M, inputs, outputs]` and biases `[M, 1, outputs]`.
#[derive(Debug)]
struct Dense {
    weight: Tensor,
    bias: Tensor,
}

/// Scales and shifts `[M, 1, width]` after numbers were brought to mean 0 and spread 1.
#[derive(Debug)]
struct Norm {
    scale: Tensor,
    shift: Tensor,
}

impl Network {
    /// A network with random weights from libtorch's generator, which expects tokens of mean 0 and
    /// spread 1 until [`Network::normalise`] tells it other.
    pub(super) fn new(shape: Shape, device: Device) -> Network {
        let store = VarStore::new(device);
        let root = store.root();
        let Shape { channels, width, layers, heads } = shape;
        let dense = |name: &str, inputs, outputs| Dense::new(root.sub(name), inputs, outputs);
        let norm = |name: &str| Norm::new(root.sub(name), width);
        let layers = (0..layers).map(|layer| {
            let named = |part: &str| format!("layer{layer}_{part}");
            Layer {
                before_attention: norm(&named("before_attention")),
                query_key_value: dense(&named("qkv"), width, 3 * width),
                attended: dense(&named("attended"), width, width),
                before_mixing: norm(&named("before_mixing")),
                widen: dense(&named("widen"), width, 2 * width),
                narrow: dense(&named("narrow"), 2 * width, width),
            }
        });
        let weights = Weights {
            members: 1,
            heads,
            mean: root.zeros_no_train("mean", &[1, 1, channels]),
            spread: root.ones_no_train("spread", &[1, 1, channels]),
            layers: layers.collect(),
            token: dense("token", channels, width),
            place: dense("place", 4 * OCTAVES.len() as i64, width),
            norm: norm("norm"),
            output: dense("output", width, OUTPUTS),
        };
        Network { shape, weights, store }
    }

    pub(super) fn shape(&self) -> Shape {
        self.shape
    }

    pub(super) fn store(&self) -> &VarStore {
        &self.store
    }

    /// Moves the weights.
    pub(super) fn move_to(&mut self, device: Device) {
        self.store.set_device(device);
    }

    /// The spread of each of a token's numbers, `[1, 1, channels]`.
    pub(super) fn spread(&self) -> &Tensor {
        &self.weights.spread
    }

    /// Makes the network expect tokens like `sample`, `[N, channels]`.
    pub(super) fn normalise(&mut self, sample: &Tensor) -> Result<(), TchError> {
        let (spread, mean) = sample.f_std_mean_dim([0].as_slice(), false, false)?;
        tch::no_grad(|| {
            self.weights.mean.f_copy_(&mean)?;
            // A number that never changes says nothing: it must not become a division by zero.
            self.weights.spread.f_copy_(&spread.f_add_scalar(1e-3)?).map(drop)
        })
    }

    /// Outputs `[B, L, OUTPUTS]` for tokens `[B, L, channels]` and places `[B, L, 2]`. `keep`, `[B, L]`
    /// of booleans, is false at padding; without it there is none.
    pub(super) fn forward(
        &self,
        tokens: &Tensor,
        places: &Tensor,
        keep: Option<&Tensor>,
    ) -> Result<Tensor, TchError> {
        self.weights.forward(tokens, places, keep)?.f_select(0, 0)
    }
}

impl Weights {
    /// The weights of all `members`, which have one shape.
    fn together(members: &[Network]) -> Result<Weights, TchError> {
        let of = |part: &dyn Fn(&Weights) -> &Tensor| {
            let parts: Vec<&Tensor> = members.iter().map(|member| part(&member.weights)).collect();
            Tensor::f_cat(&parts, 0)
        };
        let dense = |part: &dyn Fn(&Weights) -> &Dense| {
            let (weight, bias) = (of(&|all| &part(all).weight)?, of(&|all| &part(all).bias)?);
            Ok::<Dense, TchError>(Dense { weight, bias })
        };
        let norm = |part: &dyn Fn(&Weights) -> &Norm| {
            let (scale, shift) = (of(&|all| &part(all).scale)?, of(&|all| &part(all).shift)?);
            Ok::<Norm, TchError>(Norm { scale, shift })
        };
        let first = members.first().map(|member| member.shape);
        let layers = (0..first.map_or(0, |shape| shape.layers as usize)).map(|layer| {
            Ok(Layer {
                before_attention: norm(&|all| &all.layers[layer].before_attention)?,
                query_key_value: dense(&|all| &all.layers[layer].query_key_value)?,
                attended: dense(&|all| &all.layers[layer].attended)?,
                before_mixing: norm(&|all| &all.layers[layer].before_mixing)?,
                widen: dense(&|all| &all.layers[layer].widen)?,
                narrow: dense(&|all| &all.layers[layer].narrow)?,
            })
        });
        Ok(Weights {
            members: members.len() as i64,
            heads: first.map_or(1, |shape| shape.heads),
            mean: of(&|all| &all.mean)?,
            spread: of(&|all| &all.spread)?,
            token: dense(&|all| &all.token)?,
            place: dense(&|all| &all.place)?,
            layers: layers.collect::<Result<_, TchError>>()?,
            norm: norm(&|all| &all.norm)?,
            output: dense(&|all| &all.output)?,
        })
    }

    /// Outputs `[M, B, L, OUTPUTS]`; the rest is as in [`Network::forward`].
    fn forward(
        &self,
        tokens: &Tensor,
        places: &Tensor,
        keep: Option<&Tensor>,
    ) -> Result<Tensor, TchError> {
        let views = tokens.size3()?.0;
        let keys =
            keep.map(|keep| keep.f_repeat([self.members, 1])?.f_unsqueeze(1)?.f_unsqueeze(1));
        let keys = keys.transpose()?;
        // All views in a row, [M, B·L, numbers], the same ones for each member.
        let row = |numbers: &Tensor| {
            numbers.f_flatten(0, 1)?.f_unsqueeze(0)?.f_expand([self.members, -1, -1], false)
        };
        let (tokens, places) = (row(tokens)?, row(&waves(places)?)?);
        let mut x = self.normalising()?.of(&tokens)?.f_add(&self.place.of(&places)?)?;
        for layer in &self.layers {
            x = layer.forward(&x, keys.as_ref(), (self.members, views, self.heads))?;
        }
        let outputs = self.output.of(&self.norm.of(&x)?)?;
        outputs.f_reshape([self.members, views, -1, OUTPUTS])
    }

    /// The tokens' layer for tokens as they are: it brings them to mean 0 and spread 1 as well. A
    /// layer's weights are a tenth of the numbers that a view's tokens are for all members.
    fn normalising(&self) -> Result<Dense, TchError> {
        let weight = self.token.weight.f_div(&self.spread.f_transpose(1, 2)?)?;
        let bias = self.token.bias.f_baddbmm(&self.mean, &weight, 1, -1)?;
        Ok(Dense { weight, bias })
    }
}

impl Layer {
    /// `x` after this layer, `[M, B·L, width]`. No size of the tokens' number enters here, so that a
    /// trace of it holds for every number.
    fn forward(
        &self,
        x: &Tensor,
        keys: Option<&Tensor>,
        (members, views, heads): (i64, i64, i64),
    ) -> Result<Tensor, TchError> {
        let width = x.size3()?.2;
        let qkv = self
            .query_key_value
            .of(&self.before_attention.of(x)?)?
            .f_reshape([members * views, -1, 3, heads, width / heads])?
            .f_permute([2, 0, 3, 1, 4])?;
        let (query, key, value) = (qkv.f_select(0, 0)?, qkv.f_select(0, 1)?, qkv.f_select(0, 2)?);
        let attended = Tensor::f_scaled_dot_product_attention(
            &query, &key, &value, keys, 0.0, false, None, false,
        )?
        .f_transpose(1, 2)?
        .f_reshape([members, -1, width])?;
        let x = x.f_add(&self.attended.of(&attended)?)?;
        let wide = self.widen.of(&self.before_mixing.of(&x)?)?.f_gelu("none")?;
        x.f_add(&self.narrow.of(&wide)?)
    }
}

impl Dense {
    /// A dense layer that starts as PyTorch's own do (tch's start is 2.4 times as large, which suits
    /// layers that a rectifier follows).
    fn new(root: nn::Path, inputs: i64, outputs: i64) -> Dense {
        let bound = 1.0 / (inputs as f64).sqrt();
        let start = Init::Uniform { lo: -bound, up: bound };
        Dense {
            weight: root.var("weight", &[1, inputs, outputs], start),
            bias: root.var("bias", &[1, 1, outputs], start),
        }
    }

    fn of(&self, x: &Tensor) -> Result<Tensor, TchError> {
        self.bias.f_baddbmm(x, &self.weight, 1, 1)
    }
}

impl Norm {
    fn new(root: nn::Path, width: i64) -> Norm {
        Norm {
            scale: root.ones("scale", &[1, 1, width]),
            shift: root.zeros("shift", &[1, 1, width]),
        }
    }

    fn of(&self, x: &Tensor) -> Result<Tensor, TchError> {
        let width = x.size3()?.2;
        let none: Option<&Tensor> = None;
        self.shift.f_addcmul(&x.f_layer_norm([width], none, none, 1e-5, true)?, &self.scale)
    }
}

/// Places `[B, L, 2]` as sines and cosines, `[B, L, 16]`.
fn waves(places: &Tensor) -> Result<Tensor, TchError> {
    let angles: Result<Vec<Tensor>, TchError> = OCTAVES
        .iter()
        .map(|octave| places.f_mul_scalar(octave * std::f64::consts::FRAC_PI_2))
        .collect();
    let angles = Tensor::f_cat(&angles?, -1)?;
    Tensor::f_cat(&[angles.f_sin()?, angles.f_cos()?], -1)
}

/// The view's logit, by which training is told what nobody knows of single tokens: the mean of the
/// tokens' damage logits, weighed by their attention. `outputs` is
/// `[…, L, OUTPUTS]`, `keep` as in [`Network::forward`]; the answer has one number for each set of
/// tokens.
pub(super) fn pooled(outputs: &Tensor, keep: Option<&Tensor>) -> Result<Tensor, TchError> {
    let damage = outputs.f_select(-1, DAMAGE)?;
    let mut attention = outputs.f_select(-1, ATTENTION)?;
    if let Some(keep) = keep {
        attention = attention.f_masked_fill(&keep.f_logical_not()?, NOTHING)?;
    }
    let weights = attention.f_softmax(-1, Number::Float)?;
    weights.f_mul(&damage)?.f_sum_dim_intlist([-1].as_slice(), false, Number::Float)
}

/// The levels of views from the damage logits of their tokens, `[…, L]`: the square root of the mean
/// degree that a logit stands for; one number for each set of tokens.
pub(super) fn levels(damage: &Tensor) -> Result<Tensor, TchError> {
    damage.f_sigmoid()?.f_mean_dim([-1].as_slice(), false, Number::Float)?.f_sqrt()
}

/// Records `members` as one program that maps tokens `[L, channels]` and places `[L, 2]` to outputs
/// `[members, L, OUTPUTS]`, for any L. Freezes the members: a trace takes weights as constants, and
/// constants have no gradient.
pub(super) fn trace(members: &mut [Network]) -> Result<CModule, TchError> {
    for member in members.iter_mut() {
        member.store.freeze();
    }
    let channels = members.first().map_or(1, |member| member.shape.channels);
    let cpu = (Number::Float, Device::Cpu);
    let example = [Tensor::zeros([3, channels], cpu), Tensor::zeros([3, 2], cpu)];
    tch::no_grad(|| {
        let weights = Weights::together(members)?;
        let all = |tokens: &Tensor, places: &Tensor| {
            weights.forward(&tokens.f_unsqueeze(0)?, &places.f_unsqueeze(0)?, None)?.f_select(1, 0)
        };
        let _ = all(&example[0], &example[1])?;
        CModule::create_by_tracing("DamageHead", "forward", &example, &mut |inputs| {
            let outputs = all(&inputs[0], &inputs[1]);
            vec![outputs.expect("the same call succeeded just before")]
        })
    })
}

/// The outputs of all members, `[members, L, OUTPUTS]`, for one view's tokens and places, each member
/// asked on its own: what the program is compared with.
pub(super) fn together(
    members: &[Network],
    tokens: &Tensor,
    places: &Tensor,
) -> Result<Tensor, TchError> {
    let (tokens, places) = (tokens.f_unsqueeze(0)?, places.f_unsqueeze(0)?);
    let outputs: Result<Vec<Tensor>, TchError> =
        members.iter().map(|member| member.forward(&tokens, &places, None)).collect();
    Tensor::f_cat(&outputs?, 0)
}

#[cfg(test)]
mod tests;
