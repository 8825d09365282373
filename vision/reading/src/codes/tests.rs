//! Codes that zxing-cpp's own encoder draws, turned and scaled.

use image::Luma;
use proptest::prelude::*;

use zxingcpp::BarcodeFormat;

use super::*;
use crate::rectangle::Rectangle;

/// The code `text`, drawn with `module` pixels a module on white, in the middle of a white picture of
/// 640 x 640, turned by `degrees`.
pub(crate) fn drawn(
    format: BarcodeFormat,
    text: &str,
    options: &str,
    module: f32,
    degrees: f32,
) -> GrayImage {
    let code = zxingcpp::create(format).options(options).from_str(text).unwrap();
    let image = code.to_image_with(&zxingcpp::write().scale(1).add_quiet_zones(true)).unwrap();
    let (width, height) = (image.width() as u32, image.height() as u32);
    let code = GrayImage::from_raw(width, height, image.data()).unwrap();
    let angle = degrees.to_radians();
    let place = Rectangle {
        centre: [320.0, 320.0],
        along: [angle.cos(), angle.sin()],
        width: width as f32 * module,
        height: height as f32 * module,
    };
    // 16 points a pixel: edges are grey, as a camera sees them.
    let grey = |x: u32, y: u32| {
        let points =
            (0..16).map(|at| [x as f32 + (at % 4) as f32 / 4.0, y as f32 + (at / 4) as f32 / 4.0]);
        let sum: u32 = points.map(|point| level(&code, &place, module, point)).sum();
        Luma([(sum / 16) as u8])
    };
    GrayImage::from_fn(640, 640, grey)
}

fn read_all(picture: &GrayImage) -> Vec<Code> {
    read(picture, &Symbology::ALL, None).unwrap()
}

fn level(code: &GrayImage, place: &Rectangle, module: f32, point: [f32; 2]) -> u32 {
    if !place.holds(point) {
        return 230;
    }
    let from = [point[0] - place.centre[0], point[1] - place.centre[1]];
    let along = from[0] * place.along[0] + from[1] * place.along[1] + place.width / 2.0;
    let down = -from[0] * place.along[1] + from[1] * place.along[0] + place.height / 2.0;
    let (x, y) = ((along / module) as u32, (down / module) as u32);
    let value = code.get_pixel(x.min(code.width() - 1), y.min(code.height() - 1)).0[0];
    if value > 127 { 230 } else { 25 }
}

/// Kind, text to encode, options, the kind that is read, the text that is read, and whether it is GS1.
type Case = (BarcodeFormat, &'static str, &'static str, Symbology, &'static str, bool);

const CASES: [Case; 15] = [
    (BarcodeFormat::EAN13, "9521234543213", "", Symbology::Ean13, "9521234543213", false),
    (BarcodeFormat::EAN8, "95212340", "", Symbology::Ean8, "95212340", false),
    (BarcodeFormat::UPCA, "012345678905", "", Symbology::Ean13, "0012345678905", false),
    (BarcodeFormat::UPCE, "01234565", "", Symbology::UpcE, "0012345000065", false),
    (BarcodeFormat::Code128, "LOT-4711/ab", "", Symbology::Code128, "LOT-4711/ab", false),
    (
        BarcodeFormat::Code128,
        "[01]09521234543213[10]ABC123",
        "gs1",
        Symbology::Code128,
        "010952123454321310ABC123",
        true,
    ),
    (
        BarcodeFormat::DataMatrix,
        "[01]09521234543213[10]ABC123[17]261231",
        "gs1",
        Symbology::DataMatrix,
        "010952123454321310ABC123\u{1d}17261231",
        true,
    ),
    (
        BarcodeFormat::QRCode,
        "https://example.com/4711",
        "",
        Symbology::QrCode,
        "https://example.com/4711",
        false,
    ),
    (BarcodeFormat::ITF, "14006381333938", "", Symbology::Itf, "14006381333938", false),
    (BarcodeFormat::Code39, "PARCEL-4711", "", Symbology::Code39, "PARCEL-4711", false),
    (BarcodeFormat::Code93, "BIN 17.B", "", Symbology::Code93, "BIN 17.B", false),
    (BarcodeFormat::Codabar, "A4015630B", "", Symbology::Codabar, "A4015630B", false),
    (BarcodeFormat::Aztec, "M1TRACK/0042", "", Symbology::Aztec, "M1TRACK/0042", false),
    (BarcodeFormat::DataBarOmni, "0952123454321", "", Symbology::DataBar, "0109521234543213", true),
    (
        BarcodeFormat::DataBarLtd,
        "0952123454321",
        "",
        Symbology::DataBarLimited,
        "0109521234543213",
        true,
    ),
];

#[test]
fn every_kind_is_read_at_every_angle() {
    let mut unread = Vec::new();
    for (format, text, options, symbology, expected, gs1) in CASES {
        for degrees in [0.0, 22.0, 45.0, 71.0, 90.0, 133.0, 180.0, 200.0, 315.0] {
            let picture = drawn(format, text, options, 2.5, degrees);
            let codes = read_all(&picture);
            let right = codes.iter().any(|code| {
                (code.symbology, code.text.as_str(), code.gs1) == (symbology, expected, gs1)
            });
            if !right {
                unread.push(format!("{symbology} at {degrees}: {codes:?}"));
            }
        }
    }
    assert!(unread.is_empty(), "{unread:#?}");
}

#[test]
fn stacked_codes_are_read_aslant() {
    let expanded = "[01]09521234543213[3103]001750";
    for (format, text, symbology, expected) in [
        (BarcodeFormat::DataBarStkOmni, "0952123454321", Symbology::DataBar, "0109521234543213"),
        (
            BarcodeFormat::DataBarExpStk,
            expanded,
            Symbology::DataBarExpanded,
            "01095212345432133103001750",
        ),
    ] {
        for degrees in [0.0, 30.0, 135.0, 250.0] {
            let codes = read_all(&drawn(format, text, "", 3.0, degrees));
            let right =
                codes.iter().any(|code| code.symbology == symbology && code.text == expected);
            assert!(right, "{symbology} at {degrees}: {codes:?}");
        }
    }
}

#[test]
fn a_code_is_reported_once_and_where_it_stands() {
    for degrees in [0.0, 40.0, 180.0] {
        let picture = drawn(BarcodeFormat::EAN13, "9521234543213", "", 3.0, degrees);
        let codes = read_all(&picture);
        assert_eq!(codes.len(), 1, "{codes:?}");
        assert!(distance(centre(&codes[0].corners), [320.0, 320.0]) < 30.0, "{codes:?}");
    }
}

fn linear(text: &str, top: f32, rows: i32) -> Found {
    let corners = [[0.0, top], [200.0, top], [200.0, top + 40.0], [0.0, top + 40.0]];
    let code =
        Code { symbology: Symbology::DataBarExpanded, text: text.to_owned(), gs1: true, corners };
    Found { code, rows }
}

#[test]
fn of_two_linear_codes_one_in_the_other_that_of_more_rows_is_kept() {
    for order in [[("right", 40), ("wrong", 3)], [("wrong", 3), ("right", 40)]] {
        let mut found = Vec::new();
        for (text, rows) in order {
            keep(&mut found, linear(text, 0.0, rows));
        }
        let texts: Vec<&str> = found.iter().map(|one| one.code.text.as_str()).collect();
        assert_eq!(texts, ["right"]);
    }
    let mut found = vec![linear("upper", 0.0, 40)];
    keep(&mut found, linear("lower", 50.0, 3));
    assert_eq!(found.len(), 2, "two codes close to each other are two");
}

#[test]
fn two_codes_with_the_same_text_are_two() {
    let one = drawn(BarcodeFormat::DataMatrix, "SN 42", "", 4.0, 0.0);
    let mut both = GrayImage::new(1280, 640);
    image::imageops::replace(&mut both, &one, 0, 0);
    image::imageops::replace(&mut both, &one, 640, 0);
    assert_eq!(read_all(&both).len(), 2);
}

#[test]
fn empty_tiny_and_plain_pictures_have_no_codes() {
    for (width, height) in [(0, 0), (0, 5), (1, 1), (2, 1), (13, 12), (1, 900), (400, 300)] {
        let picture = GrayImage::from_pixel(width, height, Luma([90]));
        assert_eq!(read_all(&picture), [], "{width} x {height}");
    }
}

#[test]
fn codes_of_rows_are_read_straight_and_those_of_hexagons_upright() {
    let text = "[)>01 96 4711 PARCEL 00042";
    for (format, symbology, module, turns) in [
        (BarcodeFormat::PDF417, Symbology::Pdf417, 2.5, [0.0, 90.0, 180.0, 270.0].as_slice()),
        (BarcodeFormat::MaxiCode, Symbology::MaxiCode, 1.0, &[0.0]),
    ] {
        for degrees in turns {
            let codes = read_all(&drawn(format, text, "", module, *degrees));
            let right = codes.iter().any(|code| code.symbology == symbology && code.text == text);
            assert!(right, "{symbology} at {degrees}: {codes:?}");
        }
    }
}

#[test]
fn codes_in_two_dimensions_are_read_light_on_dark() {
    let mut unread = Vec::new();
    let areal = CASES.into_iter().filter(|(.., symbology, _, _)| !symbology.is_linear());
    for (format, text, options, symbology, expected, gs1) in areal {
        for degrees in [0.0, 33.0, 90.0] {
            let mut picture = drawn(format, text, options, 3.0, degrees);
            image::imageops::invert(&mut picture);
            let codes = read_all(&picture);
            let right = codes.iter().any(|code| {
                (code.symbology, code.text.as_str(), code.gs1) == (symbology, expected, gs1)
            });
            if !right {
                unread.push(format!("{symbology} at {degrees}: {codes:?}"));
            }
        }
    }
    assert!(unread.is_empty(), "{unread:#?}");
}

#[test]
fn only_the_kinds_that_are_asked_for_are_read() {
    let picture = drawn(BarcodeFormat::ITF, "14006381333938", "", 3.0, 20.0);
    assert_eq!(read(&picture, &[Symbology::Code128, Symbology::DataMatrix], None).unwrap(), []);
    assert_eq!(read(&picture, &[Symbology::Itf], None).unwrap().len(), 1);
    assert_eq!(read(&picture, &[], None).unwrap(), []);
}

#[test]
fn a_code_is_found_in_a_picture_that_is_searched_at_a_smaller_size() {
    let mut large = GrayImage::from_pixel(4000, 3000, Luma([200]));
    let code = drawn(BarcodeFormat::Code128, "LOT-4711/ab", "", 2.5, 30.0);
    image::imageops::replace(&mut large, &code, 2800, 1900);
    let codes = read_all(&large);
    assert_eq!(codes.len(), 1, "{codes:?}");
    assert_eq!(codes[0].text, "LOT-4711/ab");
    assert!(distance(centre(&codes[0].corners), [3120.0, 2220.0]) < 40.0, "{codes:?}");
}

#[test]
fn a_kind_that_does_not_check_itself_gives_way_to_one_that_does() {
    let mut weak = linear("1234567890", 0.0, 200);
    weak.code.symbology = Symbology::Itf;
    for order in [[weak.clone(), linear("sound", 0.0, 3)], [linear("sound", 0.0, 3), weak]] {
        let mut found = Vec::new();
        order.into_iter().for_each(|one| keep(&mut found, one));
        let texts: Vec<&str> = found.iter().map(|one| one.code.text.as_str()).collect();
        assert_eq!(texts, ["sound"]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_picture_of_noise_makes_the_reader_panic_and_none_holds_a_code(
        (width, height, pixels) in (1u32..90, 1u32..90).prop_flat_map(|(width, height)| {
            let pixels = prop::collection::vec(any::<u8>(), (width * height) as usize);
            (Just(width), Just(height), pixels)
        }),
    ) {
        let picture = GrayImage::from_raw(width, height, pixels).unwrap();
        prop_assert_eq!(read_all(&picture), []);
    }
}
