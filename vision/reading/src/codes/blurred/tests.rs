//! Codes that are blurred until no threshold tells their bars apart.

use image::imageops::blur;
use zxingcpp::BarcodeFormat;

use super::super::tests::drawn;
use super::super::{bars, read};
use super::*;

/// Width of a module in pixels.
const MODULE: f32 = 2.5;

fn blurred_code(format: BarcodeFormat, text: &str, degrees: f32, modules: f32) -> GrayImage {
    blur(&drawn(format, text, "", MODULE, degrees), modules * MODULE)
}

fn texts(picture: &GrayImage) -> Vec<String> {
    read(picture, &Symbology::ALL, None).unwrap().into_iter().map(|code| code.text).collect()
}

#[test]
fn numbers_out_of_focus_are_read_at_every_angle() {
    for (text, degrees, modules) in [
        ("9521234543213", 0.0, 1.0),
        ("4006381333931", 12.0, 1.1),
        ("9780679601050", 90.0, 1.0),
        ("0071831007995", 180.0, 1.1),
        ("5449000000996", 205.0, 1.0),
        ("8712345678906", 0.0, 1.2),
    ] {
        let picture = blurred_code(BarcodeFormat::EAN13, text, degrees, modules);
        assert_eq!(texts(&picture), [text], "at {degrees} degrees, blur of {modules} modules");
    }
}

#[test]
fn other_codes_out_of_focus_are_no_numbers() {
    for (format, text) in [
        (BarcodeFormat::Code128, "LOT-4711/ab"),
        (BarcodeFormat::ITF, "14006381333938"),
        (BarcodeFormat::Code39, "PARCEL"),
        (BarcodeFormat::EAN8, "95212340"),
    ] {
        let picture = blurred_code(format, text, 0.0, 1.1);
        for area in bars::areas(&picture, bars::LEAST_SLOPE_OUT_OF_FOCUS) {
            let (strip, _) = bars::upright(&picture, &area);
            assert_eq!(Reader.read(&strip), None, "{format} {text}");
        }
    }
}

#[test]
fn a_blur_too_wide_is_read_as_nothing_or_right() {
    for modules in [1.4, 1.8, 2.4, 3.0] {
        let texts = texts(&blurred_code(BarcodeFormat::EAN13, "4006381333931", 0.0, modules));
        assert!(texts.is_empty() || texts == ["4006381333931"], "{modules}: {texts:?}");
    }
}

#[test]
fn what_is_no_code_is_no_number() {
    let stripes =
        GrayImage::from_fn(300, 60, |x, _| image::Luma([if x / 7 % 2 == 0 { 90 } else { 160 }]));
    let plain = GrayImage::from_pixel(300, 60, image::Luma([120]));
    for picture in [stripes, plain, GrayImage::new(1, 1), GrayImage::new(0, 0)] {
        assert_eq!(Reader.read(&picture), None);
    }
}
