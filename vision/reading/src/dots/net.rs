//! The **network of dots**: a small recogniser that was trained on rendered rows of dots.
//!
//! It reads a *strip*: the part of a picture within a row's corners, grey, [`ROWS`] pixels high, its contrast made
//! even. For every [`STEP`] columns it answers how likely each of [`CHARACTERS`] stands there, or none. It is a chain
//! of convolutions ([`LAYERS`]): the first ones see dots and strokes, then the height is folded into one row, and
//! the last ones see the characters beside each other. `dotmatrix train` trains it and writes the
//! weights, which this crate holds.

use image::RgbImage;
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;
use tch::{Kind, Tensor, no_grad};

use super::CODED;
use crate::rectangle::Rectangle;
use crate::sample::bilinear;
use meaning::line::{Corners, TextLine};

/// The height of a strip.
pub const ROWS: usize = 32;
/// The answers are so many columns apart.
pub const STEP: usize = 4;
/// The characters that it knows, in the order of its answers; the first answer is none of them.
pub const CHARACTERS: &str = CODED;
/// Strips are filled up to this width with what has no contrast, and longer ones are squeezed.
const COLUMNS: (usize, usize) = (32, 1600);
/// Light is made even within so many columns to each side.
const EVEN: usize = 40;
/// Contrasts are at least so many levels: noise stays faint.
const LEAST_LEVELS: f32 = 4.0;
/// No value is further from the mean than so many deviations.
const MOST: f32 = 4.0;

/// The weights, as `dotmatrix train` wrote them.
const WEIGHTS: &[u8] = include_bytes!("../../weights/dots.safetensors");

/// A convolution; each but the last is followed by a rectifier.
#[derive(Debug, Clone, Copy)]
pub struct Layer {
    /// Planes that it takes, and gives.
    pub planes: [i64; 2],
    /// Rows and columns that it sees.
    pub kernel: [i64; 2],
    /// Rows and columns between two answers.
    pub stride: [i64; 2],
    /// Rows and columns of nothing that are put around.
    pub padding: [i64; 2],
}

const fn layer(planes: [i64; 2], kernel: [i64; 2], stride: [i64; 2], padding: [i64; 2]) -> Layer {
    Layer { planes, kernel, stride, padding }
}

/// All convolutions, in the order in which they work.
pub const LAYERS: [Layer; 10] = [
    layer([1, 24], [5, 5], [2, 2], [2, 2]),
    layer([24, 32], [3, 3], [1, 1], [1, 1]),
    layer([32, 56], [3, 3], [2, 2], [1, 1]),
    layer([56, 64], [3, 3], [1, 1], [1, 1]),
    layer([64, 80], [3, 3], [2, 1], [1, 1]),
    layer([80, 96], [3, 3], [1, 1], [1, 1]),
    layer([96, 128], [4, 1], [1, 1], [0, 0]),
    layer([128, 144], [1, 5], [1, 1], [0, 2]),
    layer([144, 144], [1, 5], [1, 1], [0, 2]),
    layer([144, CHARACTERS.len() as i64 + 1], [1, 1], [1, 1], [0, 0]),
];

/// Why weights are of no use.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// They are no safetensors.
    #[error("the weights of the network of dots cannot be read: {0}; train it again")]
    File(#[from] safetensors::SafeTensorError),
    /// They are of another network.
    #[error(
        "the weights of the network of dots lack layer {0} as this program has it; train it again"
    )]
    Layer(usize),
}

/// The network with its weights.
#[derive(Debug)]
pub struct DotNet {
    layers: Vec<[Tensor; 2]>,
}

impl DotNet {
    /// The network that this crate holds.
    ///
    /// # Panics
    ///
    /// When the crate was built with weights of another network; a test reads them.
    pub fn trained() -> Self {
        Self::of(WEIGHTS).expect("the crate holds weights of this network")
    }

    /// The network with these weights: for each layer `N.weight` and `N.bias`, as halves.
    ///
    /// # Errors
    ///
    /// When they are of another network.
    pub fn of(weights: &[u8]) -> Result<Self, NetError> {
        let file = SafeTensors::deserialize(weights)?;
        let layer = |(at, layer): (usize, &Layer)| {
            let ([takes, gives], [rows, columns]) = (layer.planes, layer.kernel);
            let of = |name: &str, shape: &[i64]| {
                let view = file.tensor(&format!("{at}.{name}")).ok()?;
                let found: Vec<i64> = view.shape().iter().map(|size| *size as i64).collect();
                let fits = view.dtype() == Dtype::F16 && found == shape;
                fits.then(|| {
                    Tensor::from_data_size(view.data(), shape, Kind::Half).to_kind(Kind::Float)
                })
            };
            let weight = of("weight", &[gives, takes, rows, columns]);
            let bias = of("bias", &[gives]);
            weight.zip(bias).map(|(weight, bias)| [weight, bias]).ok_or(NetError::Layer(at))
        };
        Ok(Self { layers: LAYERS.iter().enumerate().map(layer).collect::<Result<_, _>>()? })
    }

    /// How likely each character stands in each column of the row of `picture` within `corners`, clockwise
    /// from its text's top left: rows of logarithms of probabilities, that of none of them first.
    pub fn read(&self, picture: &RgbImage, corners: &Corners) -> Vec<f32> {
        self.answers(&strip(picture, corners))
    }

    /// The answers for a strip, row by row.
    ///
    /// # Panics
    ///
    /// When libtorch cannot run a convolution.
    pub fn answers(&self, strip: &[f32]) -> Vec<f32> {
        if strip.is_empty() {
            return Vec::new();
        }
        let columns = (strip.len() / ROWS) as i64;
        no_grad(|| {
            let mut x = Tensor::from_slice(strip).view([1, 1, ROWS as i64, columns]);
            for (at, ([weight, bias], layer)) in self.layers.iter().zip(&LAYERS).enumerate() {
                x = x.conv2d(weight, Some(bias), layer.stride, layer.padding, [1, 1], 1);
                if at + 1 < LAYERS.len() {
                    x = x.relu();
                }
            }
            // One picture, answers, one row, columns.
            let likely = x.squeeze().log_softmax(0, Kind::Float).transpose(0, 1).contiguous();
            Vec::try_from(likely.view([-1])).expect("the answers are floats")
        })
    }
}

/// The text of the likeliest answers of each column.
pub fn likeliest(answers: &[f32]) -> String {
    let of = CHARACTERS.len() + 1;
    let best = answers
        .chunks_exact(of)
        .map(|column| (0..of).max_by(|a, b| column[*a].total_cmp(&column[*b])).unwrap_or(0));
    let (mut text, mut before) = (String::new(), 0);
    for answer in best {
        if answer > 0 && answer != before {
            text.extend(CHARACTERS.chars().nth(answer - 1));
        }
        before = answer;
    }
    text
}

/// The strip of the row within `corners`: [`ROWS`] rows of as many columns as the row is long, each value so
/// many deviations from the mean. Nothing for a row without an area.
pub fn strip(picture: &RgbImage, corners: &Corners) -> Vec<f32> {
    let row = TextLine { text: String::new(), corners: *corners, confidence: 0.0 };
    let Some(rectangle) = Rectangle::along(row.direction(), corners.iter().copied()) else {
        return Vec::new();
    };
    if !(rectangle.area() > 0.0 && rectangle.area().is_finite()) || picture.is_empty() {
        return Vec::new();
    }
    let long = (ROWS as f32 * rectangle.width / rectangle.height).ceil() as usize;
    let long = long.clamp(1, COLUMNS.1);
    let columns = long.max(COLUMNS.0).next_multiple_of(STEP);
    let mut values = vec![0.0; ROWS * columns];
    let finer = |length: f32, pixels: usize| (length / pixels as f32).round().clamp(1.0, 6.0);
    let (fine_x, fine_y) = (finer(rectangle.width, long), finer(rectangle.height, ROWS));
    let (steps_x, steps_y) = (fine_x as usize, fine_y as usize);
    let share = 1.0 / (3.0 * fine_x * fine_y);
    for at in 0..ROWS {
        for column in 0..long {
            let mut sum = 0.0;
            for step in 0..steps_x * steps_y {
                let x = (column * steps_x + step % steps_x) as f32 + 0.5;
                let y = (at * steps_y + step / steps_x) as f32 + 0.5;
                let u = x / (fine_x * long as f32) - 0.5;
                let v = y / (fine_y * ROWS as f32) - 0.5;
                let colour: [f32; 3] = bilinear(picture, rectangle.point(u, v));
                sum += colour.iter().sum::<f32>();
            }
            values[at * columns + column] = sum * share;
        }
    }
    made_even(&mut values, columns, long);
    values
}

/// Takes from each value the mean of what is around its column, and divides by the deviation of all. Columns
/// from `long` on become nothing.
fn made_even(values: &mut [f32], columns: usize, long: usize) {
    let mut sums = vec![0.0; long];
    for row in values.chunks_exact(columns) {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value / ROWS as f32);
    }
    let means: Vec<f32> = (0..long)
        .map(|at| {
            let around = &sums[at.saturating_sub(EVEN)..(at + EVEN + 1).min(long)];
            around.iter().sum::<f32>() / around.len() as f32
        })
        .collect();
    let mut squares = 0.0;
    for row in values.chunks_exact_mut(columns) {
        for (value, mean) in row.iter_mut().zip(&means) {
            *value -= mean;
            squares += *value * *value;
        }
    }
    let deviation = (squares / (ROWS * long) as f32).sqrt().max(LEAST_LEVELS);
    values.iter_mut().for_each(|value| *value = (*value / deviation).clamp(-MOST, MOST));
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    /// A picture of 200 x 60 with a slope of light and bars of 4 pixels.
    fn bars() -> RgbImage {
        RgbImage::from_fn(200, 60, |x, y| {
            let bar = if x / 4 % 2 == 0 && (20..40).contains(&y) { 60 } else { 0 };
            Rgb([(60 + x / 2 + bar) as u8; 3])
        })
    }

    const ROW: Corners = [[10.0, 14.0], [190.0, 14.0], [190.0, 46.0], [10.0, 46.0]];

    #[test]
    fn a_strip_is_as_high_as_the_network_wants_and_light_that_changes_along_it_does_not_count() {
        let strip = strip(&bars(), &ROW);
        assert_eq!(strip.len(), ROWS * 180);
        let mean = |columns: std::ops::Range<usize>| {
            let values = columns.clone().flat_map(|x| (0..ROWS).map(move |y| (x, y)));
            values.map(|(x, y)| strip[y * 180 + x]).sum::<f32>() / (columns.len() * ROWS) as f32
        };
        let (left, right) = (mean(40..80), mean(100..140));
        assert!(left.abs() < 0.15 && right.abs() < 0.15, "{left} {right}");
        assert!(strip.iter().any(|value| *value > 1.0) && strip.iter().any(|value| *value < -0.3));
    }

    #[test]
    fn a_row_of_no_area_or_outside_the_picture_is_no_trouble() {
        assert!(strip(&bars(), &[[5.0; 2]; 4]).is_empty());
        assert!(strip(&bars(), &[[f32::NAN; 2]; 4]).is_empty());
        assert!(strip(&RgbImage::new(0, 0), &ROW).is_empty());
        let far = ROW.map(|[x, y]| [x + 900.0, y - 900.0]);
        assert!(strip(&bars(), &far).iter().all(|value| *value == 0.0));
        let long = [[0.0, 0.0], [1e6, 0.0], [1e6, 10.0], [0.0, 10.0]];
        assert_eq!(strip(&bars(), &long).len(), ROWS * COLUMNS.1);
    }

    #[test]
    fn the_weights_of_this_crate_are_of_this_network_and_answer_with_probabilities() {
        let net = DotNet::trained();
        let answers = net.read(&bars(), &ROW);
        let of = CHARACTERS.len() + 1;
        assert_eq!(answers.len(), of * 180 / STEP);
        for column in answers.chunks_exact(of) {
            let sum: f32 = column.iter().map(|one| one.exp()).sum();
            assert!((sum - 1.0).abs() < 1e-3, "{sum}");
        }
        assert!(net.answers(&[]).is_empty());
        assert!(WEIGHTS.len() < 2_000_000, "the project keeps no larger file");
    }

    #[test]
    fn the_likeliest_text_joins_what_is_the_same_in_columns_beside_each_other() {
        let of = CHARACTERS.len() + 1;
        let answers: Vec<f32> = [0, 2, 2, 0, 2, 0, 11]
            .iter()
            .flat_map(|best| (0..of).map(move |at| if at == *best { -0.1 } else { -9.0 }))
            .collect();
        assert_eq!(likeliest(&answers), "11A");
        assert_eq!(likeliest(&[]), "");
    }

    #[test]
    fn weights_of_another_network_are_refused_with_what_to_do() {
        for bytes in [&b"no weights"[..], b"\x02\0\0\0\0\0\0\0{}"] {
            let error = DotNet::of(bytes).unwrap_err().to_string();
            assert!(error.contains("train it again"), "{error}");
        }
    }
}
