//! The **decoder**: zxing-cpp, and how much of what it reads is believed.

use image::GrayImage;
use zxingcpp::{
    Barcode, BarcodeFormat, BarcodeReader, ContentType, ImageFormat, ImageView, TextMode,
};

use super::CodeError;
use meaning::code::{Code, Symbology};
use meaning::gs1::gtin;

/// Kinds without a check of their own: so many rows of pixels must say the same. UPC-E has no check but
/// the parity of its six digits.
const LEAST_ROWS_OF_WEAK: i32 = 6;

/// A code and how many rows of pixels said the same.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) code: Code,
    pub(super) rows: i32,
}

impl Found {
    /// The same, its corners moved by `place`.
    pub(super) fn placed(mut self, place: impl Fn([f32; 2]) -> [f32; 2]) -> Self {
        self.code.corners = self.code.corners.map(place);
        self
    }

    /// Whether nothing in the code speaks for it but that its rows agree.
    pub(super) fn is_weak(&self) -> bool {
        let text = &self.code.text;
        match self.code.symbology {
            Symbology::UpcE | Symbology::Code39 | Symbology::Codabar => true,
            Symbology::Itf => text.len() != gtin::ITF_DIGITS || gtin::check(text).is_err(),
            Symbology::DataBarExpanded => text
                .strip_prefix("01")
                .is_some_and(|rest| rest.get(..14).is_none_or(|gtin| gtin::check(gtin).is_err())),
            _ => false,
        }
    }
}

/// Reads codes of some kinds.
pub(super) struct Decoder(BarcodeReader);

impl Decoder {
    pub(super) fn of(kinds: &[Symbology]) -> Self {
        let formats: Vec<BarcodeFormat> =
            kinds.iter().flat_map(|kind| formats(*kind)).copied().collect();
        Self(
            zxingcpp::read()
                .formats(&formats)
                .try_harder(true)
                .try_invert(true)
                .min_line_count(2)
                .text_mode(TextMode::Plain),
        )
    }

    /// Looks along rows and columns, at several scales.
    pub(super) fn everywhere(mut self, picture: &GrayImage) -> Result<Vec<Found>, CodeError> {
        self.0.set_try_rotate(true).set_try_downscale(true);
        self.read(picture)
    }

    /// Looks along rows and columns of a picture that was made larger, for codes that are dark on light.
    pub(super) fn enlarged(mut self, picture: &GrayImage) -> Result<Vec<Found>, CodeError> {
        self.0.set_try_rotate(true).set_try_downscale(false).set_try_invert(false);
        self.read(picture)
    }

    /// Looks along rows.
    pub(super) fn upright(mut self, strip: &GrayImage) -> Result<Vec<Found>, CodeError> {
        self.0.set_try_rotate(false).set_try_downscale(false);
        self.read(strip)
    }

    fn read(&self, picture: &GrayImage) -> Result<Vec<Found>, CodeError> {
        let (width, height) = picture.dimensions();
        ImageView::from_slice(picture.as_raw(), width, height, ImageFormat::Lum)
            .and_then(|view| self.0.from(view))
            .map(|barcodes| barcodes.iter().filter_map(believed).collect())
            .map_err(|error| CodeError { width, height, cause: error.to_string() })
    }
}

/// What the decoder calls a kind.
fn formats(kind: Symbology) -> &'static [BarcodeFormat] {
    use BarcodeFormat as F;
    match kind {
        Symbology::Ean13 => &[F::EAN13, F::UPCA],
        Symbology::Ean8 => &[F::EAN8],
        Symbology::UpcE => &[F::UPCE],
        Symbology::Itf => &[F::ITF],
        Symbology::Code128 => &[F::Code128],
        Symbology::Code39 => &[F::Code39],
        Symbology::Code93 => &[F::Code93],
        Symbology::Codabar => &[F::Codabar],
        Symbology::DataBar => &[F::DataBarOmni, F::DataBarStk, F::DataBarStkOmni],
        Symbology::DataBarLimited => &[F::DataBarLtd],
        Symbology::DataBarExpanded => &[F::DataBarExp, F::DataBarExpStk],
        Symbology::DataMatrix => &[F::DataMatrix],
        Symbology::QrCode => &[F::QRCode],
        Symbology::Pdf417 => &[F::PDF417],
        Symbology::Aztec => &[F::Aztec],
        Symbology::MaxiCode => &[F::MaxiCode],
    }
}

/// What the decoder found; `None` for what is probably a misread.
fn believed(barcode: &Barcode) -> Option<Found> {
    let symbology = symbology(barcode)?;
    let (text, gs1) = (barcode.text(), barcode.content_type() == ContentType::GS1);
    let at = barcode.position();
    let corners = [at.top_left, at.top_right, at.bottom_right, at.bottom_left]
        .map(|point| [point.x as f32, point.y as f32]);
    let code = Code { symbology, text, gs1, corners };
    let found = Found { code, rows: barcode.line_count() };
    (!found.is_weak() || found.rows >= LEAST_ROWS_OF_WEAK).then_some(found)
}

fn symbology(barcode: &Barcode) -> Option<Symbology> {
    use BarcodeFormat as F;
    // `format` is asked only where the crate knows all formats of a kind: of Code 39 it lacks some.
    Some(match barcode.symbology() {
        F::EANUPC => match barcode.format() {
            F::EAN13 | F::UPCA | F::ISBN => Symbology::Ean13,
            F::EAN8 => Symbology::Ean8,
            F::UPCE => Symbology::UpcE,
            _ => return None,
        },
        F::DataBar => match barcode.format() {
            F::DataBarLtd => Symbology::DataBarLimited,
            F::DataBarExp | F::DataBarExpStk => Symbology::DataBarExpanded,
            _ => Symbology::DataBar,
        },
        F::ITF => Symbology::Itf,
        F::Code128 => Symbology::Code128,
        F::Code39 => Symbology::Code39,
        F::Code93 => Symbology::Code93,
        F::Codabar => Symbology::Codabar,
        F::DataMatrix => Symbology::DataMatrix,
        F::QRCode => Symbology::QrCode,
        F::PDF417 => Symbology::Pdf417,
        F::Aztec => Symbology::Aztec,
        F::MaxiCode => Symbology::MaxiCode,
        _ => return None,
    })
}
