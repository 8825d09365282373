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

use tch::nn::{self, Init, LayerNorm, Linear, LinearConfig, VarStore};
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

/// One network with its weights.
#[derive(Debug)]
pub(super) struct Network {
    store: VarStore,
    shape: Shape,
    mean: Tensor,
    spread: Tensor,
    token: Linear,
    place: Linear,
    layers: Vec<Layer>,
    norm: LayerNorm,
    output: Linear,
}

#[derive(Debug)]
struct Layer {
    heads: i64,
    width: i64,
    before_attention: LayerNorm,
    query_key_value: Linear,
    attended: Linear,
    before_mixing: LayerNorm,
    widen: Linear,
    narrow: Linear,
}

impl Network {
    /// A network with random weights from libtorch's generator, which expects tokens of mean 0 and
    /// spread 1 until [`Network::normalise`] tells it other.
    pub(super) fn new(shape: Shape, device: Device) -> Network {
        let store = VarStore::new(device);
        let root = store.root();
        let Shape { channels, width, layers, .. } = shape;
        let norm = |name: String| nn::layer_norm(root.sub(name), vec![width], Default::default());
        let layers = (0..layers)
            .map(|layer| Layer {
                heads: shape.heads,
                width,
                before_attention: norm(format!("layer{layer}_before_attention")),
                query_key_value: dense(&root, format!("layer{layer}_qkv"), width, 3 * width),
                attended: dense(&root, format!("layer{layer}_attended"), width, width),
                before_mixing: norm(format!("layer{layer}_before_mixing")),
                widen: dense(&root, format!("layer{layer}_widen"), width, 2 * width),
                narrow: dense(&root, format!("layer{layer}_narrow"), 2 * width, width),
            })
            .collect();
        let code = 4 * OCTAVES.len() as i64;
        Network {
            shape,
            mean: root.zeros_no_train("mean", &[channels]),
            spread: root.ones_no_train("spread", &[channels]),
            token: dense(&root, "token".to_owned(), channels, width),
            place: dense(&root, "place".to_owned(), code, width),
            layers,
            norm: norm("norm".to_owned()),
            output: dense(&root, "output".to_owned(), width, OUTPUTS),
            store,
        }
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

    /// The spread of each of a token's numbers, `[channels]`.
    pub(super) fn spread(&self) -> &Tensor {
        &self.spread
    }

    /// Makes the network expect tokens like `sample`, `[N, channels]`.
    pub(super) fn normalise(&mut self, sample: &Tensor) -> Result<(), TchError> {
        let (spread, mean) = sample.f_std_mean_dim([0].as_slice(), false, false)?;
        tch::no_grad(|| {
            self.mean.f_copy_(&mean)?;
            // A number that never changes says nothing: it must not become a division by zero.
            self.spread.f_copy_(&spread.f_add_scalar(1e-3)?).map(drop)
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
        let batch = tokens.size3()?.0;
        let keys = keep.map(|keep| keep.f_unsqueeze(1)?.f_unsqueeze(1)).transpose()?;
        let tokens = tokens.f_sub(&self.mean)?.f_div(&self.spread)?;
        let mut x = apply(&self.token, &tokens)?.f_add(&apply(&self.place, &waves(places)?)?)?;
        for layer in &self.layers {
            x = layer.forward(&x, keys.as_ref(), batch)?;
        }
        apply(&self.output, &normed(&self.norm, &x)?)
    }
}

impl Layer {
    /// No size of the tokens' number enters here, so that a trace of it holds for every number.
    fn forward(&self, x: &Tensor, keys: Option<&Tensor>, batch: i64) -> Result<Tensor, TchError> {
        let part = self.width / self.heads;
        let qkv = apply(&self.query_key_value, &normed(&self.before_attention, x)?)?
            .f_reshape([batch, -1, 3, self.heads, part])?
            .f_permute([2, 0, 3, 1, 4])?;
        let (query, key, value) = (qkv.f_select(0, 0)?, qkv.f_select(0, 1)?, qkv.f_select(0, 2)?);
        let attended = Tensor::f_scaled_dot_product_attention(
            &query, &key, &value, keys, 0.0, false, None, false,
        )?
        .f_transpose(1, 2)?
        .f_reshape([batch, -1, self.width])?;
        let x = x.f_add(&apply(&self.attended, &attended)?)?;
        let wide = apply(&self.widen, &normed(&self.before_mixing, &x)?)?.f_gelu("none")?;
        x.f_add(&apply(&self.narrow, &wide)?)
    }
}

/// A dense layer that starts as PyTorch's own do (tch's start is 2.4 times as large, which suits
/// layers that a rectifier follows).
fn dense(root: &nn::Path, name: String, inputs: i64, outputs: i64) -> Linear {
    let bound = 1.0 / (inputs as f64).sqrt();
    let start = Init::Uniform { lo: -bound, up: bound };
    let config = LinearConfig { ws_init: start, bs_init: Some(start), bias: true };
    nn::linear(root.sub(name), inputs, outputs, config)
}

fn apply(layer: &Linear, x: &Tensor) -> Result<Tensor, TchError> {
    x.f_linear(&layer.ws, layer.bs.as_ref())
}

fn normed(norm: &LayerNorm, x: &Tensor) -> Result<Tensor, TchError> {
    let size = norm.normalized_shape.as_slice();
    x.f_layer_norm(size, norm.ws.as_ref(), norm.bs.as_ref(), 1e-5, true)
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
        let _ = together(members, &example[0], &example[1])?;
        CModule::create_by_tracing("DamageHead", "forward", &example, &mut |inputs| {
            let outputs = together(members, &inputs[0], &inputs[1]);
            vec![outputs.expect("the same call succeeded just before")]
        })
    })
}

/// The outputs of all members, `[members, L, OUTPUTS]`, for one view's tokens and places.
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
mod tests {
    use super::*;

    const SHAPE: Shape = Shape { channels: 5, width: 8, layers: 2, heads: 2 };
    const CPU: (Number, Device) = (Number::Float, Device::Cpu);

    fn largest_difference(a: &Tensor, b: &Tensor) -> f64 {
        assert_eq!(a.size(), b.size());
        (a - b).abs().max().double_value(&[])
    }

    #[test]
    fn a_trace_answers_like_the_network_for_another_number_of_tokens() {
        let mut members = [Network::new(SHAPE, Device::Cpu), Network::new(SHAPE, Device::Cpu)];
        members[1].normalise(&(Tensor::randn([50, 5], CPU) * 3 + 1)).unwrap();
        let traced = trace(&mut members).unwrap();
        for tokens in [1, 3, 17, 400] {
            let (x, places) = (Tensor::randn([tokens, 5], CPU), Tensor::rand([tokens, 2], CPU));
            let eager = together(&members, &x, &places).unwrap();
            let answer = tch::no_grad(|| traced.forward_ts(&[&x, &places])).unwrap();
            assert_eq!(eager.size(), [2, tokens, OUTPUTS]);
            assert!(largest_difference(&eager, &answer) < 1e-5);
        }
    }

    #[test]
    fn padding_changes_nothing() {
        let network = Network::new(SHAPE, Device::Cpu);
        let (x, places) = (Tensor::randn([1, 6, 5], CPU), Tensor::rand([1, 6, 2], CPU));
        let alone = network.forward(&x, &places, None).unwrap();
        let pad = |t: &Tensor| Tensor::cat(&[t, &(t.narrow(1, 0, 4) * 7.0)], 1);
        let keep = Tensor::arange(10, (Number::Int64, Device::Cpu)).lt(6).unsqueeze(0);
        let padded = network.forward(&pad(&x), &pad(&places), Some(&keep)).unwrap();
        assert!(largest_difference(&alone, &padded.narrow(1, 0, 6)) < 1e-5);
        let (alone, padded) =
            (pooled(&alone, None).unwrap(), pooled(&padded, Some(&keep)).unwrap());
        assert!(largest_difference(&alone, &padded) < 1e-5);
    }

    #[test]
    fn places_tell_tokens_apart_and_order_does_not() {
        let network = Network::new(SHAPE, Device::Cpu);
        let x = Tensor::ones([1, 4, 5], CPU);
        let places = Tensor::rand([1, 4, 2], CPU);
        let answer = network.forward(&x, &places, None).unwrap();
        assert!(largest_difference(&answer.narrow(1, 0, 1), &answer.narrow(1, 1, 1)) > 1e-4);
        let turned = network.forward(&x, &places.flip([1]), None).unwrap().flip([1]);
        assert!(largest_difference(&answer, &turned) < 1e-5);
    }
}
