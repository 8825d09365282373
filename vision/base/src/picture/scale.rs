//! Scaling, the one time that a full picture is passed over: the camera's buffer is read where it
//! lies and the small picture is written. Rows whose padding is no whole number of pixels are the
//! exception: they are packed first.

use fast_image_resize as fir;

use super::{Picture, PixelFormat};

/// The part `crop` of `picture` (in its pixels; the whole picture where `None`), scaled to `width`
/// times `height` pixels of the picture's own format, row by row without padding.
///
/// A pixel of the result is the mean of the pixels it covers, weighted by a triangle, so that
/// nothing flickers when the item moves by less than a pixel; at the crop's edge that reaches a pixel
/// or so beyond it. What of `crop` lies outside the
/// picture is cut off before.
pub fn scaled(picture: &Picture, crop: Option<fir::CropBox>, width: u32, height: u32) -> Vec<u8> {
    scaled_with(fir::FilterType::Bilinear, picture, crop, width, height)
}

/// Like [`scaled`], but small print stays as sharp as it is (Catmull-Rom): for what looks for edges.
pub fn scaled_sharply(picture: &Picture, width: u32, height: u32) -> Vec<u8> {
    scaled_with(fir::FilterType::CatmullRom, picture, None, width, height)
}

fn scaled_with(
    filter: fir::FilterType,
    picture: &Picture,
    crop: Option<fir::CropBox>,
    width: u32,
    height: u32,
) -> Vec<u8> {
    let channels = picture.format().bytes();
    let pixel = match picture.format() {
        PixelFormat::Rgb8 => fir::PixelType::U8x3,
        PixelFormat::Grey8 => fir::PixelType::U8,
    };
    let bytes_of_rows = picture.stride() * picture.height() as usize;
    let in_place =
        picture.stride().is_multiple_of(channels) && picture.bytes().len() >= bytes_of_rows;
    let packed;
    let (bytes, columns) = if in_place {
        (&picture.bytes()[..bytes_of_rows], (picture.stride() / channels) as u32)
    } else {
        packed = picture.packed();
        (packed.as_slice(), picture.width())
    };
    let source = fir::images::ImageRef::new(columns, picture.height(), bytes, pixel)
        .expect("the bytes are height rows of that many columns");
    let crop = inside(picture, crop);
    let options = fir::ResizeOptions::new().resize_alg(fir::ResizeAlg::Convolution(filter)).crop(
        crop.left,
        crop.top,
        crop.width,
        crop.height,
    );
    let mut result = fir::images::Image::new(width, height, pixel);
    fir::Resizer::new()
        .resize(&source, &mut result, &options)
        .expect("both pictures have the same pixels and the crop lies inside");
    result.into_vec()
}

/// The part of `crop` inside `picture`; at least a pixel of it.
fn inside(picture: &Picture, crop: Option<fir::CropBox>) -> fir::CropBox {
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    let Some(crop) = crop else { return fir::CropBox { left: 0.0, top: 0.0, width, height } };
    let left = crop.left.clamp(0.0, width - 1.0);
    let top = crop.top.clamp(0.0, height - 1.0);
    let right = (crop.left + crop.width).clamp(left + 1.0, width);
    let bottom = (crop.top + crop.height).clamp(top + 1.0, height);
    fir::CropBox { left, top, width: right - left, height: bottom - top }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 40 x 20 pixels, bright in the right half.
    fn halves() -> Picture {
        let pixels = (0..20 * 40).map(|at| if at % 40 < 20 { 10 } else { 200 }).collect();
        Picture::from_pixels(40, 20, PixelFormat::Grey8, pixels).unwrap()
    }

    fn crop(left: f64, top: f64, width: f64, height: f64) -> Option<fir::CropBox> {
        Some(fir::CropBox { left, top, width, height })
    }

    #[test]
    fn only_the_crop_is_scaled() {
        assert!(scaled(&halves(), crop(24.0, 3.0, 16.0, 10.0), 8, 4).iter().all(|p| *p == 200));
        assert!(scaled(&halves(), crop(0.0, 0.0, 16.0, 20.0), 30, 30).iter().all(|p| *p == 10));
        let whole = scaled(&halves(), None, 4, 2);
        assert_eq!((whole[0], whole[3], whole.len()), (10, 200, 8));
    }

    #[test]
    fn what_lies_outside_the_picture_is_cut_off() {
        assert!(scaled(&halves(), crop(28.0, -5.0, 90.0, 90.0), 8, 4).iter().all(|p| *p == 200));
        assert!(scaled(&halves(), crop(-9.0, -9.0, 4.0, 4.0), 3, 3).iter().all(|p| *p == 10));
    }

    #[test]
    fn the_padding_of_rows_never_shows() {
        use gstreamer_video as gst_video;
        gstreamer::init().unwrap();
        // 5 pixels of RGB are 15 bytes; GStreamer pads rows to 16, no whole number of pixels.
        let info =
            gst_video::VideoInfo::builder(gst_video::VideoFormat::Rgb, 5, 2).build().unwrap();
        let bytes: Vec<u8> = (0..32).map(|i| if i % 16 == 15 { 255 } else { 30 }).collect();
        let buffer = gstreamer::Buffer::from_slice(bytes);
        let frame = gst_video::VideoFrame::from_buffer_readable(buffer, &info).unwrap();
        let picture = Picture::from_video_frame(frame, 16).unwrap();
        assert!(scaled(&picture, None, 10, 4).iter().all(|part| *part == 30));
    }
}
