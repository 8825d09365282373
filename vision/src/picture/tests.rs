//! What a picture refuses, and what it never copies or shows.

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

#[test]
fn sixteen_bit_grey_is_read_as_eight_bit_grey() {
    let grey = image::ImageBuffer::from_fn(20, 10, |x, _| image::Luma([(x as u16) << 8]));
    let mut file = Cursor::new(Vec::new());
    DynamicImage::ImageLuma16(grey).write_to(&mut file, image::ImageFormat::Png).unwrap();
    let (_keep, path) = folder_with("deep.png", &file.into_inner());
    let picture = Picture::open(&path).unwrap();
    assert_eq!(picture.format(), PixelFormat::Grey8);
    assert_eq!((picture.width(), picture.height()), (20, 10));
    assert!(picture.row(3)[7].abs_diff(7) <= 1);
    assert_eq!(picture.to_rgb_image().get_pixel(7, 3).0, [picture.row(3)[7]; 3]);
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
    let picture = Picture::from_video_frame(frame).unwrap();
    assert_eq!(picture.stride(), 16);
    assert_eq!(picture.row(1), (16..31).collect::<Vec<u8>>());
    assert!(!picture.packed().contains(&255));
    let owned = picture.into_owned();
    assert_eq!(owned.stride(), 15);
    assert_eq!(owned.row(1), (16..31).collect::<Vec<u8>>());
    let back = image::load_from_memory(&owned.to_jpeg(90).unwrap()).unwrap();
    assert_eq!((back.width(), back.height()), (5, 2));
}
