//! Reads bar codes and matrix codes, from any side and at any angle.
//!
//! * A **matrix code** (Data Matrix, QR) is found at every angle by the decoder itself.
//! * A **linear code** (EAN and UPC, Code 128, GS1 DataBar) is bars in one or more rows. The decoder
//!   looks along the picture's rows and columns, which cross all bars only when the code stands nearly
//!   straight. So areas in which all edges run one way are looked for, and each is turned upright first
//!   (`bars`).
//!
//! The decoder is zxing-cpp. Its port to Rust, `rxing` (0.9.3), does not know DataBar Limited.
//! Figures stand in `LABELS.md`.
//!
//! **Misreads.** A linear code has one check digit or less for what it says, and stripes that are no
//! code can look like one. So two rows of pixels must agree, more for UPC-E, which is the weakest; of
//! two codes that lie one in the other that of more rows counts; and a GTIN in a GS1 code must have the
//! right check digit, or the code is left out.

mod bars;
#[cfg(test)]
pub(crate) mod tests;

use image::GrayImage;
use zxingcpp::{
    Barcode, BarcodeFormat, BarcodeReader, ContentType, ImageFormat, ImageView, TextMode,
};

use meaning::code::{Code, Symbology};
use meaning::gs1::gtin;
use meaning::line::Corners;

use crate::label::rectangle::Rectangle;
use crate::label::scale::{self, Filter};

/// UPC-E has six digits and no check of its own but their parity: so many rows must agree.
const LEAST_ROWS_OF_UPC_E: i32 = 6;

/// The decoder wants modules of three pixels and more. Where it finds no matrix code, it looks again at
/// the picture made so many times as large: modules of 3 pixels with noise are best twice as large and
/// smooth, of 2 and 1.5 pixels three times as large and sharp.
const ENLARGED: [(u32, Filter); 2] = [(2, Filter::Smooth), (3, Filter::Sharp)];
/// Larger pictures than this are not worth the time of another look.
const MOST_ENLARGED_PX: u64 = 4_000_000;

/// Why a picture was not searched for codes.
#[derive(Debug, thiserror::Error)]
#[error(
    "no code can be read from a picture of {width} by {height} pixels ({cause}); use a smaller picture"
)]
pub struct CodeError {
    width: u32,
    height: u32,
    cause: String,
}

/// The codes in `picture`, linear ones that stand aslant last.
///
/// # Errors
///
/// When the decoder refuses the picture, which it does for its size.
pub fn read(picture: &GrayImage) -> Result<Vec<Code>, CodeError> {
    if picture.is_empty() {
        return Ok(Vec::new());
    }
    let matrix = [BarcodeFormat::DataMatrix, BarcodeFormat::QRCode];
    let linear = [BarcodeFormat::EANUPC, BarcodeFormat::Code128, BarcodeFormat::DataBar];
    let all = [linear.as_slice(), &matrix].concat();
    let mut found: Vec<Found> = Vec::new();
    for barcode in decode(picture, &reader(&all).try_rotate(true).try_downscale(true))? {
        keep(&mut found, judged(&barcode, |corner| corner));
    }
    for (times, filter) in ENLARGED {
        let pixels = u64::from(picture.width()) * u64::from(picture.height());
        let known = found.iter().any(|one| one.code.symbology.is_matrix());
        if known || pixels * u64::from(times * times) > MOST_ENLARGED_PX {
            continue;
        }
        let (width, height) = (picture.width() * times, picture.height() * times);
        let larger = scale::grey(picture, width, height, filter);
        let smaller = |[x, y]: [f32; 2]| [x / times as f32, y / times as f32];
        for barcode in decode(&larger, &reader(&matrix).try_downscale(false))? {
            keep(&mut found, judged(&barcode, smaller));
        }
    }
    let upright = reader(&linear).try_rotate(false).try_downscale(false);
    for area in bars::areas(picture) {
        let (strip, place) = bars::upright(picture, &area);
        for barcode in decode(&strip, &upright)? {
            keep(&mut found, judged(&barcode, &place));
        }
    }
    Ok(found.into_iter().map(|one| one.code).collect())
}

/// A code and how many rows of pixels said the same.
struct Found {
    code: Code,
    rows: i32,
}

fn reader(formats: &[BarcodeFormat]) -> BarcodeReader {
    zxingcpp::read()
        .formats(formats)
        .try_harder(true)
        .try_invert(false)
        .min_line_count(2)
        .text_mode(TextMode::Plain)
}

fn decode(picture: &GrayImage, reader: &BarcodeReader) -> Result<Vec<Barcode>, CodeError> {
    let (width, height) = picture.dimensions();
    ImageView::from_slice(picture.as_raw(), width, height, ImageFormat::Lum)
        .and_then(|view| reader.from(view))
        .map_err(|error| CodeError { width, height, cause: error.to_string() })
}

/// What the decoder found, its corners moved by `place`. `None` for what is probably a misread.
fn judged(barcode: &Barcode, place: impl Fn([f32; 2]) -> [f32; 2]) -> Option<Found> {
    use BarcodeFormat as F;
    let symbology = match barcode.format() {
        F::EAN13 | F::UPCA | F::ISBN => Symbology::Ean13,
        F::EAN8 => Symbology::Ean8,
        F::UPCE => Symbology::UpcE,
        F::Code128 => Symbology::Code128,
        F::DataMatrix => Symbology::DataMatrix,
        F::QRCode | F::QRCodeModel1 | F::QRCodeModel2 | F::MicroQRCode | F::RMQRCode => {
            Symbology::QrCode
        }
        F::DataBar | F::DataBarOmni | F::DataBarStk | F::DataBarStkOmni => Symbology::DataBar,
        F::DataBarLtd => Symbology::DataBarLimited,
        F::DataBarExp | F::DataBarExpStk => Symbology::DataBarExpanded,
        _ => return None,
    };
    let (text, gs1) = (barcode.text(), barcode.content_type() == ContentType::GS1);
    let rows = barcode.line_count();
    let weak = symbology == Symbology::UpcE && rows < LEAST_ROWS_OF_UPC_E;
    if weak || (gs1 && !gtin_agrees(&text)) {
        return None;
    }
    let at = barcode.position();
    let corners = [at.top_left, at.top_right, at.bottom_right, at.bottom_left]
        .map(|point| place([point.x as f32, point.y as f32]));
    Some(Found { code: Code { symbology, text, gs1, corners }, rows })
}

/// Whether the GTIN that `text` begins with has its check digit; true when it begins with another
/// application identifier.
fn gtin_agrees(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("01") else { return true };
    rest.get(..14).is_some_and(|number| gtin::check(number).is_ok())
}

/// Adds a code that is not yet there: the same text at the same place is the same code. Of two linear
/// codes of one kind that lie one in the other, one is a misread of some rows: that with fewer rows.
fn keep(found: &mut Vec<Found>, new: Option<Found>) {
    let Some(new) = new else { return };
    if found.iter().any(|old| same(&old.code, &new.code)) {
        return;
    }
    let rivals = |old: &Found| {
        old.code.symbology == new.code.symbology
            && !new.code.symbology.is_matrix()
            && (holds(&old.code, &new.code) || holds(&new.code, &old.code))
    };
    if found.iter().any(|old| rivals(old) && old.rows >= new.rows) {
        return;
    }
    found.retain(|old| !rivals(old));
    found.push(new);
}

fn same(a: &Code, b: &Code) -> bool {
    let reach = 0.5 * distance(a.corners[0], a.corners[2]).max(16.0);
    (a.symbology, &a.text) == (b.symbology, &b.text)
        && distance(centre(&a.corners), centre(&b.corners)) <= reach
}

/// Whether the centre of `inner` lies in `outer`.
fn holds(outer: &Code, inner: &Code) -> bool {
    Rectangle::around(&outer.corners).is_some_and(|area| area.holds(centre(&inner.corners)))
}

fn centre(corners: &Corners) -> [f32; 2] {
    [0, 1].map(|axis| corners.iter().map(|corner| corner[axis]).sum::<f32>() / 4.0)
}

fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}
