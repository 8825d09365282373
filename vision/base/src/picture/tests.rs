//! What a picture refuses, and what it never copies or shows.

use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, Rgb};

use super::*;

fn folder_with(name: &str, content: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

#[test]
fn a_missing_file_is_named_in_the_error() {
    let error = Picture::open("/nowhere/at/all.png").unwrap_err();
    assert!(matches!(error, PictureError::Read { .. }));
    assert!(error.to_string().contains("/nowhere/at/all.png"));
}

#[test]
fn an_empty_file_and_a_truncated_one_are_refused_by_name() {
    let (_keep, path) = folder_with("empty.png", b"");
    assert!(matches!(Picture::open(&path), Err(PictureError::Empty { .. })));

    let noise = |x, y| image::Rgb([(x * 7 + y * 13) as u8, (x * y) as u8, (y * 5) as u8]);
    let png = {
        let mut file = Cursor::new(Vec::new());
        RgbImage::from_fn(64, 64, noise).write_to(&mut file, image::ImageFormat::Png).unwrap();
        file.into_inner()
    };
    let (_keep, path) = folder_with("half.png", &png[..png.len() / 2]);
    let error = Picture::open(&path).unwrap_err();
    assert!(matches!(error, PictureError::Decode { .. }), "{error}");
    assert!(error.to_string().contains("half.png"));
}

#[test]
fn a_file_that_claims_absurd_dimensions_is_refused_without_allocating() {
    // A BMP header: 100,000 x 100,000 pixels of 24 bits, and no pixel behind it.
    let mut bmp = vec![0u8; 54];
    bmp[..2].copy_from_slice(b"BM");
    bmp[10] = 54;
    bmp[14] = 40;
    bmp[18..22].copy_from_slice(&100_000i32.to_le_bytes());
    bmp[22..26].copy_from_slice(&100_000i32.to_le_bytes());
    bmp[26] = 1;
    bmp[28] = 24;
    let (_keep, path) = folder_with("huge.bmp", &bmp);
    assert!(matches!(Picture::open(&path), Err(PictureError::Decode { .. })));
}

/// A picture of `decoded`, written as `format` and read again.
fn reread(decoded: &DynamicImage, format: ImageFormat) -> Result<Picture, PictureError> {
    let mut file = Cursor::new(Vec::new());
    decoded.write_to(&mut file, format).unwrap();
    let (_keep, path) = folder_with("written", file.get_ref());
    Picture::open(path)
}

/// 20 x 10 pixels of grey, each column `step` brighter than the one before.
fn deep_grey(step: u16) -> DynamicImage {
    DynamicImage::ImageLuma16(ImageBuffer::from_fn(20, 10, |x, _| Luma([x as u16 * step])))
}

#[test]
fn sixteen_bit_grey_is_read_as_eight_bit_grey() {
    for format in [ImageFormat::Png, ImageFormat::Tiff] {
        let picture = reread(&deep_grey(1 << 8), format).unwrap();
        assert_eq!(picture.format(), PixelFormat::Grey8);
        assert_eq!((picture.width(), picture.height()), (20, 10));
        assert!(picture.row(3)[17].abs_diff(17) <= 1);
        assert_eq!(picture.to_rgb_image().get_pixel(7, 3).0, [picture.row(3)[7]; 3]);
    }
}

#[test]
fn twelve_bits_in_sixteen_are_not_nearly_black() {
    for format in [ImageFormat::Png, ImageFormat::Tiff] {
        let picture = reread(&deep_grey(210), format).unwrap();
        assert!(picture.row(0)[19].abs_diff(248) <= 1, "3990 of 4095: {}", picture.row(0)[19]);
    }
    let colour = ImageBuffer::from_pixel(4, 4, Rgb([4095u16, 2048, 0]));
    let picture = reread(&DynamicImage::ImageRgb16(colour), ImageFormat::Png).unwrap();
    assert_eq!(picture.row(0)[..3], [255, 128, 0]);
}

#[test]
fn floating_point_pixels_are_brightness_or_refused_by_name() {
    let with = |value| {
        let mut pixels = ImageBuffer::from_pixel(6, 5, Rgb([0.5f32; 3]));
        pixels.put_pixel(3, 2, Rgb([0.5, value, 0.5]));
        reread(&DynamicImage::ImageRgb32F(pixels), ImageFormat::Tiff)
    };
    assert_eq!(with(1.0).unwrap().row(2)[9..12], [128, 255, 128]);
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.1, 255.0] {
        let error = with(value).unwrap_err();
        assert!(matches!(error, PictureError::NoBrightness { .. }), "{value}: {error}");
        let text = error.to_string();
        assert!(text.contains("written") && text.contains("0 to 1"), "{text}");
    }
}

#[test]
fn a_jpeg_that_was_cut_off_anywhere_is_refused_and_a_longer_one_is_read() {
    let noise = |x, y| Rgb([(x * 7 + y * 13) as u8, (x * y) as u8, (y * 5) as u8]);
    let mut jpeg = Picture::from(RgbImage::from_fn(64, 64, noise)).to_jpeg(90).unwrap();
    let whole = jpeg.len();
    for length in [3, 20, 200, whole / 2, whole * 9 / 10, whole - 2, whole - 1] {
        let (_keep, path) = folder_with("cut.jpg", &jpeg[..length]);
        let error = Picture::open(&path).unwrap_err();
        assert!(error.to_string().contains("cut.jpg"), "{length} of {whole}: {error}");
    }
    jpeg.extend_from_slice(b"what a phone appends");
    let (_keep, path) = folder_with("appended.jpg", &jpeg);
    assert_eq!(Picture::open(&path).unwrap().width(), 64);
}

#[test]
fn one_pixel_and_twenty_megapixels_are_pictures() {
    let one = reread(&DynamicImage::ImageRgb8(RgbImage::new(1, 1)), ImageFormat::Png).unwrap();
    assert_eq!((one.width(), one.height(), one.row(0).len()), (1, 1, 3));
    let (width, height) = (5472, 3648);
    let grey = ImageBuffer::from_fn(width, height, |x, y| Luma([(x ^ y) as u16 & 0xFFF]));
    let large = reread(&DynamicImage::ImageLuma16(grey), ImageFormat::Tiff).unwrap();
    assert_eq!((large.width(), large.height()), (width, height));
    assert_eq!(large.row(3000)[3000 ^ 0xFFF], 255);
}

#[test]
fn a_camera_of_twelve_bits_is_reduced_row_by_row_without_its_padding() {
    gstreamer::init().unwrap();
    // 3 pixels of two bytes are 6 bytes; GStreamer pads rows to 8.
    let info =
        gst_video::VideoInfo::builder(gst_video::VideoFormat::Gray16Le, 3, 2).build().unwrap();
    let samples = [0u16, 2048, 4095, 0xFFFF, 4095, 1024, 0, 0xFFFF];
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let buffer = gstreamer::Buffer::from_slice(bytes);
    let frame = gst_video::VideoFrame::from_buffer_readable(buffer, &info).unwrap();
    let picture = Picture::from_video_frame(frame, 12).unwrap();
    assert_eq!(picture.format(), PixelFormat::Grey8);
    assert_eq!((picture.row(0), picture.row(1)), (&[0, 128, 255][..], &[255, 64, 0][..]));
}

#[test]
fn pixels_that_do_not_fill_the_size_are_refused() {
    let error = Picture::from_pixels(4, 4, PixelFormat::Rgb8, vec![0; 47]).unwrap_err();
    assert!(error.to_string().contains("47 bytes"), "{error}");
}

#[test]
fn a_padded_camera_buffer_is_read_in_place_and_its_padding_never_shows() {
    gstreamer::init().unwrap();
    // 5 pixels of RGB are 15 bytes; GStreamer pads rows to 16.
    let info = gst_video::VideoInfo::builder(gst_video::VideoFormat::Rgb, 5, 2).build().unwrap();
    let bytes: Vec<u8> = (0..32).map(|i| if i % 16 == 15 { 255 } else { i as u8 }).collect();
    let buffer = gstreamer::Buffer::from_slice(bytes);
    let frame = gst_video::VideoFrame::from_buffer_readable(buffer, &info).unwrap();
    let picture = Picture::from_video_frame(frame, 16).unwrap();
    assert_eq!(picture.stride(), 16);
    assert_eq!(picture.row(1), (16..31).collect::<Vec<u8>>());
    assert!(!picture.packed().contains(&255));
    let owned = picture.into_owned();
    assert_eq!(owned.stride(), 15);
    assert_eq!(owned.row(1), (16..31).collect::<Vec<u8>>());
    let back = image::load_from_memory(&owned.to_jpeg(90).unwrap()).unwrap();
    assert_eq!((back.width(), back.height()), (5, 2));
}
