//! Whole and altered JPEG files, baseline and progressive.

use image::codecs::jpeg::JpegEncoder;
use image::{ImageEncoder, RgbImage};
use proptest::prelude::*;

use super::*;

/// A progressive JPEG of 40 x 24 pixels in colour, with halved colours, written by libjpeg-turbo.
const PROGRESSIVE: &str = include_str!("progressive.hex");

fn progressive() -> Vec<u8> {
    let digits: String = PROGRESSIVE.split_whitespace().collect();
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

/// A picture with smooth and rough parts.
fn picture() -> RgbImage {
    RgbImage::from_fn(200, 150, |x, y| {
        let rough = if (x / 40 + y / 30) % 2 == 0 { (x * 37 + y * 91) % 97 } else { 0 };
        image::Rgb([(x + rough) as u8, (y + rough) as u8, (200 - x / 2) as u8])
    })
}

fn baseline() -> Vec<u8> {
    let (mut file, picture) = (Vec::new(), picture());
    let (width, height) = picture.dimensions();
    JpegEncoder::new_with_quality(&mut file, 85)
        .write_image(picture.as_raw(), width, height, image::ExtendedColorType::Rgb8)
        .unwrap();
    file
}

/// Where the data of the first scan begin.
fn data(file: &[u8]) -> usize {
    file.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap() + 14
}

#[test]
fn whole_files_are_whole() {
    assert_eq!(check(&baseline()), Ok(()));
    assert_eq!(check(&progressive()), Ok(()));
    let grey = image::GrayImage::from_fn(33, 17, |x, y| image::Luma([(x * y) as u8]));
    let mut file = Vec::new();
    JpegEncoder::new(&mut file).encode_image(&grey).unwrap();
    assert_eq!(check(&file), Ok(()));
}

/// What is done to a file's bytes at a place.
type Harm = fn(&mut Vec<u8>, usize);

/// The ways in which a copy goes wrong.
const HARMS: [(&str, Harm); 5] = [
    ("a hole of zeros", |file, at| file[at..at + 64].fill(0)),
    ("another file's block", |file, at| {
        (at..at + 64).for_each(|at| file[at] = (at * 151 % 251) as u8);
    }),
    ("bytes left out", |file, at| drop(file.drain(at..at + 40))),
    ("bytes twice", |file, at| {
        let block = file[at..at + 40].to_vec();
        file.splice(at..at, block);
    }),
    ("the end missing, with an end marker", |file, at| {
        file.truncate(at);
        file.extend([0xFF, 0xD9]);
    }),
];

/// A JPEG has no checksum: what decodes to as many blocks as before and to no impossible value is not told
/// from a whole one. That is rare, and never so where data are missing at the end.
#[test]
fn altered_data_are_noticed_nine_times_in_ten_and_missing_ones_always() {
    for (kind, whole) in [("baseline", baseline()), ("progressive", progressive())] {
        let first = data(&whole) + 4;
        let last = whole.len() - 80;
        let mut unnoticed = Vec::new();
        for (harm, alter) in HARMS {
            for part in 0..9 {
                let at = first + (last - first) * part / 8;
                let mut file = whole.clone();
                alter(&mut file, at);
                if check(&file).is_ok() {
                    unnoticed.push((harm, at));
                }
            }
        }
        let made = 9 * HARMS.len();
        assert!(10 * unnoticed.len() <= made, "{kind}, of {made}: {unnoticed:?}");
        let (cut, _) = HARMS[HARMS.len() - 1];
        assert!(unnoticed.iter().all(|(harm, _)| *harm != cut), "{kind}: {unnoticed:?}");
    }
}

#[test]
fn headers_that_make_no_sense_are_no_panic() {
    let whole = baseline();
    for at in 2..data(&whole) {
        for value in [0, 1, 0x7F, 0xFF] {
            let mut file = whole.clone();
            file[at] = value;
            let _ = check(&file);
        }
    }
    assert!(check(&[0xFF, 0xD8, 0xFF, 0xD9]).is_err());
    assert!(check(&[]).is_err());
}

proptest! {
    #[test]
    fn no_bytes_make_the_check_panic(
        at in 0usize..700,
        bytes in prop::collection::vec(any::<u8>(), 0..40),
        whole in any::<bool>(),
    ) {
        let mut file = if whole { progressive() } else { baseline() };
        let at = at.min(file.len());
        let end = (at + bytes.len()).min(file.len());
        file.splice(at..end, bytes);
        let _ = check(&file);
    }
}
