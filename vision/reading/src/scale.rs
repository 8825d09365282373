//! Pictures of another size, for what looks for text and codes.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{GrayImage, RgbImage};

/// How the pixels of the new picture follow from those of the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filter {
    /// The mean of the pixels covered, weighted by a triangle.
    Smooth,
    /// A cubic (Catmull and Rom 1974), which keeps edges sharp.
    Sharp,
}

/// `picture`, scaled to `width` times `height` pixels.
pub(crate) fn colour(picture: &RgbImage, width: u32, height: u32, filter: Filter) -> RgbImage {
    let bytes =
        scaled(picture.as_raw(), picture.dimensions(), (width, height), filter, PixelType::U8x3);
    RgbImage::from_raw(width, height, bytes).expect("there are three bytes a pixel")
}

/// `picture`, scaled to `width` times `height` pixels.
pub(crate) fn grey(picture: &GrayImage, width: u32, height: u32, filter: Filter) -> GrayImage {
    let bytes =
        scaled(picture.as_raw(), picture.dimensions(), (width, height), filter, PixelType::U8);
    GrayImage::from_raw(width, height, bytes).expect("there is one byte a pixel")
}

fn scaled(
    bytes: &[u8],
    (width, height): (u32, u32),
    (new_width, new_height): (u32, u32),
    filter: Filter,
    pixel: PixelType,
) -> Vec<u8> {
    let source = ImageRef::new(width, height, bytes, pixel)
        .expect("a picture's bytes are its rows of pixels");
    let filter = match filter {
        Filter::Smooth => FilterType::Bilinear,
        Filter::Sharp => FilterType::CatmullRom,
    };
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
    let mut result = Image::new(new_width, new_height, pixel);
    Resizer::new()
        .resize(&source, &mut result, &options)
        .expect("both pictures have the same kind of pixels");
    result.into_vec()
}
