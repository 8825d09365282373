//! Picture **files**: JPEG, PNG, BMP, TIFF and WebP, of 8 or 16 bits, grey or colour, and TIFF of
//! floating point from 0 (black) to 1 (white). Transparency is ignored.
//!
//! Cameras and phones store the pixels as the sensor lay, and beside them how the picture is to be turned to
//! stand upright: the **orientation**, 1 to 8, of the EXIF data. It is obeyed here, and every file is opened
//! here, so that everything else sees upright pictures.

use std::io::Cursor;
use std::path::Path;

use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::depth::{file_bits, reduced};
use super::{Picture, PictureError, PixelFormat, jpeg};

/// Longest side of a picture, in pixels; no camera that we know exceeds it.
const SIDE_MAX_PX: u32 = 16_384;
/// Memory that decoding one file may take, in bytes: 64 megapixels of 16-bit RGBA.
const DECODE_MAX_BYTES: u64 = 512 << 20;

/// Decodes `file`, the content of `path`.
pub(super) fn decoded(path: &Path, file: &[u8]) -> Result<Picture, PictureError> {
    let broken = |cause| PictureError::Decode { path: path.into(), cause };
    // Of a JPEG with missing or broken data the decoder makes a picture that is grey from there on.
    if image::guess_format(file).ok() == Some(ImageFormat::Jpeg) {
        if !jpeg_ends(file) {
            return Err(PictureError::Truncated { path: path.into() });
        }
        jpeg::check(file).map_err(|cause| PictureError::Damaged { path: path.into(), cause })?;
    }
    let mut decoder = decoder(file).map_err(broken)?;
    let upright = orientation(&mut decoder).map_err(broken)?;
    let mut decoded = DynamicImage::from_decoder(decoder).map_err(broken)?;
    decoded.apply_orientation(upright);
    eight_bit(path, decoded)
}

/// Width and height in pixels of the picture in `file`, the content of `path`, as it stands upright.
pub(super) fn size(path: &Path, file: &[u8]) -> Result<(u32, u32), PictureError> {
    let broken = |cause| PictureError::Decode { path: path.into(), cause };
    let mut decoder = decoder(file).map_err(broken)?;
    let (width, height) = decoder.dimensions();
    // EXIF numbers from 5 on lay the picture on its side.
    let lying = orientation(&mut decoder).map_err(broken)?.to_exif() >= 5;
    Ok(if lying { (height, width) } else { (width, height) })
}

fn decoder(file: &[u8]) -> Result<impl ImageDecoder, ImageError> {
    let mut reader =
        ImageReader::new(Cursor::new(file)).with_guessed_format().map_err(ImageError::IoError)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX_PX);
    limits.max_image_height = Some(SIDE_MAX_PX);
    limits.max_alloc = Some(DECODE_MAX_BYTES);
    reader.limits(limits.clone());
    let decoder = reader.into_decoder()?;
    limits.reserve(decoder.total_bytes())?;
    Ok(decoder)
}

/// How the picture is to be turned; some programs write six bytes before the EXIF data that belong into
/// JPEG alone.
fn orientation(decoder: &mut impl ImageDecoder) -> Result<Orientation, ImageError> {
    let told = decoder.orientation()?;
    if told != Orientation::NoTransforms {
        return Ok(told);
    }
    let exif = decoder.exif_metadata()?;
    let exif = exif.as_deref().and_then(|exif| exif.strip_prefix(b"Exif\0\0"));
    Ok(exif.and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms))
}

/// Whether a JPEG file has its end: the marker EOI after the last scan (ITU-T T.81, annex B). What
/// a camera appends after it does not matter; a thumbnail's own end lies within a segment.
fn jpeg_ends(file: &[u8]) -> bool {
    let mut at = 2;
    while let Some([first, marker]) = file.get(at..at + 2) {
        match (first, marker) {
            (0xFF, 0xD9) => return true,
            // Two bytes that belong to a scan (a stuffed FF, a restart), or no marker at all.
            (0xFF, 0x00 | 0x01 | 0xD0..=0xD7) => at += 2,
            (0xFF, 0xFF) => at += 1,
            (0xFF, _) => match file.get(at + 2..at + 4) {
                Some(length) => at += 2 + usize::from(u16::from_be_bytes([length[0], length[1]])),
                None => return false,
            },
            _ => at += 1,
        }
    }
    false
}

fn eight_bit(path: &Path, decoded: DynamicImage) -> Result<Picture, PictureError> {
    let (width, height) = (decoded.width(), decoded.height());
    let (format, pixels) = match decoded.color() {
        ColorType::L16 | ColorType::La16 => {
            let samples = decoded.into_luma16().into_raw();
            (PixelFormat::Grey8, reduced(samples.iter().copied(), file_bits(&samples)))
        }
        ColorType::Rgb16 | ColorType::Rgba16 => {
            let samples = decoded.into_rgb16().into_raw();
            (PixelFormat::Rgb8, reduced(samples.iter().copied(), file_bits(&samples)))
        }
        ColorType::Rgb32F | ColorType::Rgba32F => {
            let samples = decoded.into_rgb32f().into_raw();
            // Written so that NaN is found, too.
            if let Some(value) = samples.iter().find(|value| !(0.0..=1.0).contains(*value)) {
                return Err(PictureError::NoBrightness { path: path.into(), value: *value });
            }
            let pixels = samples.iter().map(|value| (value * 255.0 + 0.5) as u8).collect();
            (PixelFormat::Rgb8, pixels)
        }
        color if color.has_color() => (PixelFormat::Rgb8, decoded.into_rgb8().into_raw()),
        _ => (PixelFormat::Grey8, decoded.into_luma8().into_raw()),
    };
    Picture::from_pixels(width, height, format, pixels)
}
