//! The recogniser: reads strips.

use image::{GrayImage, Luma, RgbImage};

use super::TextError;
use super::ctc::Alphabet;
use super::runtime::Net;
use super::strip;
use crate::rectangle::Rectangle;

/// The height of the strips that the network was trained on.
const ROWS: usize = 48;
/// The network's answers are this many columns apart.
const STEP: usize = 8;
/// Strips are filled up with grey to this width: on narrower ones the network, which was trained on
/// strips of 320 columns and more, misreads.
const LEAST_COLUMNS: usize = 160;
/// Longer strips are squeezed to this width: 66 times as wide as high, more than any line on a label.
const MOST_COLUMNS: usize = 3200;

/// The recogniser with its alphabet.
pub(super) struct Recogniser {
    net: Net,
    alphabet: Alphabet,
    /// For each of [`CODED`] where its answers stand.
    coded: Vec<Vec<usize>>,
    planes: Vec<f32>,
}

/// What printers of dots print: digits, capitals, and what stands between them in dates and lots.
pub(crate) const CODED: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ./-: ";
/// No probability counts as less.
const LEAST_LIKELY: f32 = 1e-6;

impl Recogniser {
    pub(super) fn new(net: Net) -> Result<Self, TextError> {
        let Some(listed) = net.note("character") else {
            return Err(net.unlike("it does not list its characters".to_owned()));
        };
        let alphabet = Alphabet::new(&listed);
        let coded = CODED.chars().map(|letter| alphabet.places(letter)).collect();
        Ok(Self { alphabet, coded, net, planes: Vec::new() })
    }

    /// Whether `text` holds letters that the network does not know.
    pub(super) fn lacks_letters_of(&self, text: &str) -> bool {
        text.chars().any(|letter| letter.is_alphabetic() && !self.alphabet.has(letter))
    }

    /// The text in `rectangle` and how sure it is.
    pub(super) fn read(
        &mut self,
        picture: &RgbImage,
        rectangle: &Rectangle,
    ) -> Result<(String, f32), TextError> {
        self.answers(picture, rectangle, |alphabet, _, likely| alphabet.decode(likely))
    }

    /// How likely each of [`CODED`] stands in each column of `rectangle`, if nothing else may: rows of logarithms
    /// of probabilities, that of none of them first.
    pub(super) fn coded(
        &mut self,
        picture: &RgbImage,
        rectangle: &Rectangle,
    ) -> Result<Vec<f32>, TextError> {
        self.answers(picture, rectangle, |alphabet, coded, likely| {
            let mut logarithms = Vec::new();
            for column in likely.chunks_exact(alphabet.answers()) {
                let sum = |places: &Vec<usize>| places.iter().map(|place| column[*place]).sum();
                let some: Vec<f32> =
                    std::iter::once(column[0]).chain(coded.iter().map(sum)).collect();
                let all = some.iter().sum::<f32>().max(LEAST_LIKELY);
                logarithms.extend(some.iter().map(|one| (one / all).max(LEAST_LIKELY).ln()));
            }
            logarithms
        })
    }

    /// What `take` makes of the network's answers for `rectangle`.
    fn answers<T>(
        &mut self,
        picture: &RgbImage,
        rectangle: &Rectangle,
        take: impl Fn(&Alphabet, &[Vec<usize>], &[f32]) -> T,
    ) -> Result<T, TextError> {
        let columns = columns(rectangle);
        let stride = columns.max(LEAST_COLUMNS).next_multiple_of(STEP);
        self.planes.clear();
        self.planes.resize(3 * ROWS * stride, 0.0);
        strip::cut(picture, rectangle, (columns, ROWS), stride, &mut self.planes);
        let (alphabet, coded) = (&self.alphabet, &self.coded);
        let shape = [1, 3, ROWS, stride];
        let read = self.net.run(shape, &self.planes, |shape, likely| match shape {
            [1, _, answers] if *answers == alphabet.answers() => Ok(take(alphabet, coded, likely)),
            _ => Err(format!("it answers {shape:?} for {} characters", alphabet.answers() - 1)),
        })?;
        read.map_err(|found| self.net.unlike(found))
    }
}

/// The strip of `rectangle` in grey, as high as the network's.
pub(super) fn grey(picture: &RgbImage, rectangle: &Rectangle) -> GrayImage {
    let columns = columns(rectangle);
    let mut planes = vec![0.0; 3 * ROWS * columns];
    strip::cut(picture, rectangle, (columns, ROWS), columns, &mut planes);
    let green = &planes[ROWS * columns..2 * ROWS * columns];
    GrayImage::from_fn(columns as u32, ROWS as u32, |x, y| {
        let level = green[y as usize * columns + x as usize];
        Luma([((level + 1.0) * 127.5).round().clamp(0.0, 255.0) as u8])
    })
}

/// How many columns the strip of `rectangle` has.
fn columns(rectangle: &Rectangle) -> usize {
    let columns = (ROWS as f32 * rectangle.width / rectangle.height.max(1.0)).ceil();
    (columns as usize).clamp(1, MOST_COLUMNS)
}
