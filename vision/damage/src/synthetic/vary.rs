//! Another ordinary picture of the same item: what changes from view to view without any damage.
//!
//! The deviations are those of a guided conveyor: the item turns and comes nearer a little, lamps
//! and white balance drift, the picture is a little out of focus or noisy.

use image::RgbImage;
use imageproc::geometric_transformations::Projection;
use rand::RngExt;
use rand::rngs::StdRng;

use super::Specimen;
use super::raster::{colour_at, normal, pixel, share_at};
use features::localise::Mask;

/// Deviation of the crop's corners, as a share of its width and height.
const CORNERS_SD: f32 = 0.04;
/// Deviation of the item's rotation, in degrees.
const ROTATION_SD_DEG: f32 = 4.0;
/// Deviation of the logarithm of its scale.
const SCALE_SD: f32 = 0.06;
/// Deviation of the logarithm of the brightness of one colour, and of all together.
const COLOUR_SD: f32 = 0.03;
const LIGHT_SD: f32 = 0.08;
/// How often the picture is a little blurred, and by how many pixels (sigma) at most.
const BLUR_CHANCE: f64 = 0.25;
const BLUR_MAX_PX: f32 = 0.9;
/// How often it is a little noisy, and how much (deviation, of 255) at most.
const NOISE_CHANCE: f64 = 0.25;
const NOISE_MAX: f64 = 4.0;

/// The specimen in a slightly different pose and light; its size stays.
pub fn vary(specimen: &Specimen, rng: &mut StdRng) -> Specimen {
    let Specimen { picture, mask } = specimen;
    let (width, height) = picture.dimensions();
    let pose = pose(width as f32, height as f32, rng);
    let light = LIGHT_SD * normal(rng);
    let gains = [(); 3].map(|()| (light + COLOUR_SD * normal(rng)).exp());

    let mut moved = Mask::from_fn(width, height, |x, y| share_at(mask, pose(x, y)) > 0.5);
    // An item of a few pixels at the border can move out of the crop: then only its light changes.
    let stays = moved.area() == 0;
    if stays {
        moved = mask.clone();
    }
    let mut varied = RgbImage::from_fn(width, height, |x, y| {
        let place = if stays { (x as f32, y as f32) } else { pose(x, y) };
        let mut colour = colour_at(picture, place);
        for (part, gain) in colour.iter_mut().zip(gains) {
            *part *= gain;
        }
        pixel(colour)
    });
    if rng.random_bool(BLUR_CHANCE) {
        let sigma = rng.random_range(0.3..=BLUR_MAX_PX);
        varied = imageproc::filter::gaussian_blur_f32(&varied, sigma);
    }
    if rng.random_bool(NOISE_CHANCE) {
        let deviation = rng.random_range(1.0..=NOISE_MAX);
        imageproc::noise::gaussian_noise_mut(&mut varied, 0.0, deviation, rng.random());
    }
    Specimen { picture: varied, mask: moved }
}

/// Where in the specimen a pixel of the varied picture comes from.
fn pose(width: f32, height: f32, rng: &mut StdRng) -> impl Fn(u32, u32) -> (f32, f32) + use<> {
    let corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)];
    let moved = corners.map(|(x, y)| {
        (x + width * CORNERS_SD * normal(rng), y + height * CORNERS_SD * normal(rng))
    });
    let angle = (ROTATION_SD_DEG * normal(rng)).to_radians();
    let scale = (SCALE_SD * normal(rng)).exp();
    let turn = Projection::translate(-width / 2.0, -height / 2.0)
        .and_then(Projection::rotate(angle))
        .and_then(Projection::scale(scale, scale))
        .and_then(Projection::translate(width / 2.0, height / 2.0));
    // Four draws that put three corners on one line describe no projection: the turn remains.
    let tilt = Projection::from_control_points(moved, corners);
    let back = match tilt {
        Some(tilt) => turn.invert().and_then(tilt),
        None => turn.invert(),
    };
    move |x, y| back * (x as f32, y as f32)
}
