//! Reads drawn text with the real networks, at every angle. Needs `scripts/bootstrap`, as every build does.

use std::cell::Cell;

use ab_glyph::{Font, FontVec, PxScale, ScaleFont};
use image::{Rgb, RgbImage};
use meaning::line::TextLine;
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster};
use reading::reader::default_text_dir;
use reading::text::{ReadOptions, Tesseract, TextError, TextModels, TextReader};

fn models() -> TextModels {
    TextModels::in_folder(&default_text_dir())
}

fn reader() -> TextReader {
    TextReader::open(&models(), 1).expect("scripts/bootstrap has run")
}

/// Black text on light grey, its lines 40 pixels apart, turned by `degrees` about the middle.
fn drawn(lines: &[&str], degrees: f32) -> RgbImage {
    let (sine, cosine) = degrees.to_radians().sin_cos();
    let mut page = image::GrayImage::from_pixel(480, 480, image::Luma([0]));
    for (row, line) in lines.iter().enumerate() {
        for (column, character) in line.chars().enumerate() {
            let glyph = get_raster(character, FontWeight::Bold, RasterHeight::Size32)
                .expect("the font has the basic Latin letters");
            for (y, values) in glyph.raster().iter().enumerate() {
                for (x, ink) in values.iter().enumerate() {
                    let x = 60 + column * glyph.width() + x;
                    page.put_pixel(x as u32, (170 + 40 * row + y) as u32, image::Luma([*ink]));
                }
            }
        }
    }
    RgbImage::from_fn(480, 480, |x, y| {
        let (x, y) = (x as f32 - 240.0, y as f32 - 240.0);
        let (u, v) = (cosine * x + sine * y + 240.0, -sine * x + cosine * y + 240.0);
        let inside = (0.0..479.0).contains(&u) && (0.0..479.0).contains(&v);
        let ink = if inside { page.get_pixel(u.round() as u32, v.round() as u32).0[0] } else { 0 };
        Rgb([210 - (f32::from(ink) * 0.75) as u8; 3])
    })
}

fn texts(lines: &[TextLine]) -> Vec<String> {
    lines.iter().map(|line| line.text.replace(' ', "")).collect()
}

#[test]
fn text_is_read_at_every_angle_with_its_first_corner_at_the_texts_top_left() {
    let mut reader = reader();
    for degrees in [0.0, 20.0, 60.0, 90.0, 135.0, 180.0, 200.0, 270.0, 330.0] {
        let picture = drawn(&["BEST BEFORE END", "17 NOV 2026", "LOT AB4711"], degrees);
        let lines = reader.read(&picture, &ReadOptions::default()).unwrap();
        let read = texts(&lines).concat();
        assert_eq!(read, "BESTBEFOREEND17NOV2026LOTAB4711", "{degrees}: {lines:?}");
        let [left, right, ..] = lines[0].corners;
        let angle = (right[1] - left[1]).atan2(right[0] - left[0]).to_degrees();
        let off = (angle - degrees + 540.0).rem_euclid(360.0) - 180.0;
        assert!(off.abs() < 8.0, "{degrees}: the line runs at {angle}");
    }
}

#[test]
fn empty_tiny_narrow_and_huge_pictures_have_no_text_and_cause_no_panic() {
    let mut reader = reader();
    for (width, height) in
        [(0, 0), (0, 90), (1, 1), (7, 700), (8, 8), (4000, 8), (8, 3000), (5000, 4000)]
    {
        let picture = RgbImage::from_pixel(width, height, Rgb([120; 3]));
        let lines = reader.read(&picture, &ReadOptions::default()).unwrap();
        assert_eq!(lines, [], "{width} x {height}");
    }
}

#[test]
fn when_time_is_over_the_lines_read_so_far_come_with_the_error() {
    let picture = drawn(&["BEST BEFORE END", "17 NOV 2026", "LOT AB4711"], 0.0);
    let mut reader = reader();
    let asked = Cell::new(0);
    // The detector, a classifier for each of three boxes, and one strip.
    let time_is_over = || asked.replace(asked.get() + 1) >= 5;
    let options = ReadOptions { time_is_over: &time_is_over, ..ReadOptions::default() };
    match reader.read(&picture, &options) {
        Err(TextError::OutOfTime { lines, unread }) => assert_eq!((lines.len(), unread), (1, 2)),
        other => panic!("{other:?}"),
    }
    let options = ReadOptions { time_is_over: &|| true, ..ReadOptions::default() };
    let error = reader.read(&picture, &options).unwrap_err();
    assert!(matches!(error, TextError::OutOfTime { unread: 0, .. }), "{error}");
}

#[test]
fn a_network_in_another_ones_role_is_refused_or_fails_with_its_file_named() {
    let right = models();
    let swapped = TextModels { rec: right.det.clone(), ..right.clone() };
    let error = TextReader::open(&swapped, 1).err().unwrap().to_string();
    assert!(error.contains("det.onnx") && error.contains("characters"), "{error}");
    let broken = tempfile::NamedTempFile::new().unwrap();
    let error = TextReader::open(&TextModels { det: broken.path().to_path_buf(), ..right }, 1);
    assert!(matches!(error.err().unwrap(), TextError::Model { .. }));
}

/// Black words on white in the font that `scripts/bootstrap` installs.
fn printed(words: &str) -> RgbImage {
    let file = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
    let font = FontVec::try_from_vec(std::fs::read(file).expect("scripts/bootstrap has run"));
    let font = font.expect("it is a font").into_scaled(PxScale::from(48.0));
    let mut picture = RgbImage::from_pixel(1000, 200, Rgb([255; 3]));
    let mut x = 60.0;
    for letter in words.chars() {
        let mut glyph = font.scaled_glyph(letter);
        glyph.position = ab_glyph::point(x, 110.0);
        x += font.h_advance(glyph.id);
        let Some(outline) = font.outline_glyph(glyph) else { continue };
        let corner = outline.px_bounds().min;
        outline.draw(|across, down, share| {
            let (x, y) = (corner.x as u32 + across, corner.y as u32 + down);
            if let Some(pixel) = picture.get_pixel_mut_checked(x, y) {
                *pixel = Rgb([(255.0 * (1.0 - share)) as u8; 3]);
            }
        });
    }
    picture
}

#[test]
fn letters_that_the_networks_do_not_know_are_left_to_tesseract() {
    let picture = printed("Срок годности 17.11.2026");
    let texts = |reader: &mut TextReader| -> Vec<String> {
        let lines = reader.read(&picture, &ReadOptions::default()).expect("it is read");
        lines.into_iter().map(|line| line.text).collect()
    };
    let mut alone = reader();
    assert!(
        texts(&mut alone).iter().all(|text| !text.contains("годности")),
        "no need of Tesseract"
    );
    let tesseract = Tesseract::open(&["rus".to_owned()]).expect("scripts/bootstrap has run");
    let mut both = reader().with_tesseract(Some(tesseract));
    assert_eq!(texts(&mut both), ["Срок годности 17.11.2026"]);
}

#[test]
fn a_language_that_is_not_installed_is_named_with_its_package() {
    let error = Tesseract::open(&["tlh".to_owned()]).expect_err("nobody installs Klingon");
    assert!(error.to_string().contains("tesseract-ocr-tlh"), "{error}");
}
