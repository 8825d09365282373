//! Files whose EXIF data say how the picture is to be turned.

use image::codecs::{jpeg::JpegEncoder, png::PngEncoder, webp::WebPEncoder};
use image::metadata::Orientation;
use image::{DynamicImage, ExtendedColorType, GrayImage, ImageEncoder, Luma};

use super::*;

/// Writes a picture with these EXIF bytes.
type Encode<'a> = dyn Fn(&mut Vec<u8>, Vec<u8>) -> Result<(), image::ImageError> + 'a;

/// EXIF data with the orientation alone, the smaller byte of a number first or last.
fn exif(orientation: u16, little: bool) -> Vec<u8> {
    let two = |value: u16| if little { value.to_le_bytes() } else { value.to_be_bytes() };
    let four = |value: u32| if little { value.to_le_bytes() } else { value.to_be_bytes() };
    let mut data = if little { b"II".to_vec() } else { b"MM".to_vec() };
    data.extend([two(42).as_slice(), &four(8), &two(1)].concat());
    // The tag, its type (16 bits), one value, the value and two bytes that fill up; no further list.
    data.extend([two(0x112).as_slice(), &two(3), &four(1), &two(orientation), &two(0)].concat());
    data.extend(four(0));
    data
}

/// A TIFF without compression: header, pixels, then the directory of tags.
fn tiff(picture: &GrayImage, orientation: u16) -> Vec<u8> {
    let pixels = picture.as_raw();
    let mut file = [b"II*\0".as_slice(), &(8 + pixels.len() as u32).to_le_bytes(), pixels].concat();
    let tags: [(u16, u32); 9] = [
        (0x100, picture.width()),
        (0x101, picture.height()),
        (0x102, 8),
        (0x103, 1),
        (0x106, 1),
        (0x111, 8),
        (0x112, u32::from(orientation)),
        (0x115, 1),
        (0x117, pixels.len() as u32),
    ];
    file.extend((tags.len() as u16).to_le_bytes());
    for (tag, value) in tags {
        file.extend([tag.to_le_bytes().as_slice(), &4u16.to_le_bytes()].concat());
        file.extend([1u32.to_le_bytes(), value.to_le_bytes()].concat());
    }
    file.extend([0; 4]);
    file
}

/// A picture that no turn and no mirror leaves the same: bright top left, less so top right.
fn upright() -> GrayImage {
    GrayImage::from_fn(48, 32, |x, y| {
        Luma([if y < 16 {
            if x < 24 { 250 } else { 160 }
        } else if x < 24 {
            90
        } else {
            10
        }])
    })
}

/// The picture as the sensor stored it that is upright once it is turned as `orientation` says.
fn stored(orientation: Orientation) -> GrayImage {
    use Orientation as O;
    let back = match orientation {
        O::Rotate90 => O::Rotate270,
        O::Rotate270 => O::Rotate90,
        same => same,
    };
    let mut picture = DynamicImage::ImageLuma8(upright());
    picture.apply_orientation(back);
    picture.into_luma8()
}

fn encoded(
    mut encoder: impl ImageEncoder,
    picture: &GrayImage,
    exif: Option<Vec<u8>>,
) -> Result<(), image::ImageError> {
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif).expect("the format holds EXIF data");
    }
    let (width, height) = picture.dimensions();
    encoder.write_image(picture.as_raw(), width, height, ExtendedColorType::L8)
}

/// The files of one orientation: name and content.
fn files(orientation: Orientation) -> Vec<(&'static str, Vec<u8>)> {
    let (picture, number) = (stored(orientation), u16::from(orientation.to_exif()));
    let write = |name, encode: &Encode<'_>, exif| {
        let mut file = Vec::new();
        encode(&mut file, exif).unwrap();
        (name, file)
    };
    let jpeg = |file: &mut Vec<u8>, exif| {
        encoded(JpegEncoder::new_with_quality(file, 95), &picture, Some(exif))
    };
    let png = |file: &mut Vec<u8>, exif| encoded(PngEncoder::new(file), &picture, Some(exif));
    let webp =
        |file: &mut Vec<u8>, exif| encoded(WebPEncoder::new_lossless(file), &picture, Some(exif));
    let with_prefix = [b"Exif\0\0".as_slice(), &exif(number, true)].concat();
    vec![
        write("a.jpg", &jpeg, exif(number, true)),
        write("b.jpg", &jpeg, exif(number, false)),
        write("c.png", &png, exif(number, true)),
        write("d.webp", &webp, exif(number, false)),
        write("e.webp", &webp, with_prefix),
        ("f.tiff", tiff(&picture, number)),
    ]
}

#[test]
fn every_orientation_of_every_format_is_turned_upright() {
    let folder = tempfile::tempdir().unwrap();
    for number in 1..=8 {
        for (name, content) in files(Orientation::from_exif(number).unwrap()) {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            let picture = Picture::open(&path).unwrap();
            let size = (picture.width(), picture.height());
            assert_eq!(size, (48, 32), "{name}, orientation {number}");
            assert_eq!(Picture::size_of(&path).unwrap(), size, "{name}, orientation {number}");
            let grey = image::imageops::grayscale(&picture.to_rgb_image());
            for (x, y, level) in [(8, 6, 250), (40, 6, 160), (8, 26, 90), (40, 26, 10)] {
                let is = grey.get_pixel(x, y).0[0];
                assert!(is.abs_diff(level) <= 6, "{name}, orientation {number}: {is} at {x}, {y}");
            }
        }
    }
}

#[test]
fn an_orientation_that_does_not_exist_turns_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.jpg");
    for number in [0, 9, 300] {
        let mut file = Vec::new();
        encoded(JpegEncoder::new(&mut file), &upright(), Some(exif(number, true))).unwrap();
        std::fs::write(&path, file).unwrap();
        assert_eq!(Picture::open(&path).unwrap().width(), 48, "{number}");
    }
}

#[test]
fn a_damaged_jpeg_is_refused_by_name_with_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hole.jpg");
    let rough = GrayImage::from_fn(200, 160, |x, y| Luma([((x * 37) ^ (y * 91)) as u8]));
    let mut file = Vec::new();
    encoded(JpegEncoder::new(&mut file), &rough, None).unwrap();
    let half = file.len() / 2;
    file[half..half + 200].fill(0);
    std::fs::write(&path, file).unwrap();
    let error = Picture::open(&path).unwrap_err();
    assert!(matches!(error, PictureError::Damaged { .. }), "{error}");
    assert!(
        error.to_string().contains("hole.jpg") && error.to_string().contains("byte"),
        "{error}"
    );
}
