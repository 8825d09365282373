//! Codes as they are printed in error: what is sound in them counts, and what is wrong is told.

use jiff::civil::date;

use crate::code::{Code, Symbology};
use crate::dates::{Context, Region, Role};
use crate::reading::Reading;

/// A code, and what it says all the same.
struct Print {
    symbology: Symbology,
    gs1: bool,
    text: &'static str,
    gtin: Option<&'static str>,
    lot: Option<&'static str>,
    serial: Option<&'static str>,
    /// Month and day of the expiry in the year 2026.
    expiry: Option<(i8, i8)>,
    /// Words of each flaw that is told, in their order.
    flaws: &'static [&'static str],
}

const GTIN: Option<&str> = Some("04006381333931");
const END: Option<(i8, i8)> = Some((12, 31));

/// A GS1 Data Matrix of an item with GTIN, lot and expiry.
const fn marked(text: &'static str, flaws: &'static [&'static str]) -> Print {
    let (symbology, lot) = (Symbology::DataMatrix, Some("AB12"));
    Print { symbology, gs1: true, text, gtin: GTIN, lot, serial: None, expiry: END, flaws }
}

/// A code that nothing but its text makes a GS1 code.
const fn unmarked(
    symbology: Symbology,
    text: &'static str,
    flaws: &'static [&'static str],
) -> Print {
    Print { symbology, gs1: false, ..marked(text, flaws) }
}

/// A code that says nothing of an item.
const fn nothing(symbology: Symbology, text: &'static str) -> Print {
    Print { gtin: None, lot: None, expiry: None, ..unmarked(symbology, text, &[]) }
}

const ONE_FAULTY_ELEMENT: &[Print] = &[
    Print { gtin: None, ..marked("01040063813339301726123110AB12", &["must be 1"]) },
    Print { expiry: None, ..marked("01040063813339311726133110AB12", &["261331 is no date"]) },
    Print { expiry: None, ..marked("01040063813339311726O23110AB12", &["may not contain `O`"]) },
    Print { lot: None, ..marked("01040063813339311726123110AB#12", &["may not contain `#`"]) },
    Print {
        lot: None,
        serial: Some("77"),
        ..marked(
            "01040063813339311726123110ABCDEFGHIJKLMNOPQRSTU\u{1d}2177",
            &["may have 20 characters"],
        )
    },
    Print { gtin: None, ..marked("01400638133393\u{1d}1726123110AB12", &["needs 14"]) },
    marked("010400638133393117261231889\u{1d}10AB12", &["no application identifier"]),
    Print { lot: None, ..marked("01040063813339311726123110A\u{1d}10B", &["comes twice"]) },
    Print {
        gtin: None,
        ..marked("01040063813339311726123110AB12\u{1d}0109521234543213", &["comes twice"])
    },
    marked("01040063813339311726123110AB12\u{1d}3103", &["needs 6"]),
    Print {
        gtin: None,
        ..unmarked(
            Symbology::QrCode,
            "https://example.com/01/04006381333930/10/AB12?17=261231",
            &["must be 1"],
        )
    },
    Print {
        expiry: None,
        ..unmarked(
            Symbology::QrCode,
            "https://example.com/01/04006381333931/10/AB12?17=261331",
            &["is no date"],
        )
    },
    unmarked(
        Symbology::QrCode,
        "https://example.com/01/04006381333931/lot/9/10/AB12?17=261231",
        &["`lot`"],
    ),
];

const OF_ANOTHER_FORM: &[Print] = &[
    unmarked(Symbology::Code128, "01040063813339311726123110AB12", &["not marked"]),
    unmarked(Symbology::DataMatrix, "010400638133393110AB12\u{1d}17261231", &["not marked"]),
    unmarked(Symbology::Code128, "]C101040063813339311726123110AB12", &["`]C1`"]),
    unmarked(Symbology::DataMatrix, "]d2010400638133393110AB12\u{1d}17261231", &["`]d2`"]),
    unmarked(Symbology::Code128, "(01)04006381333931(17)261231(10)AB12", &["brackets"]),
    unmarked(Symbology::QrCode, " (01) 04006381333931 (10) AB12 (17) 261231\r\n", &["brackets"]),
    marked("(01)04006381333931(17)261231(10)AB12", &["brackets"]),
    unmarked(Symbology::Aztec, "010400638133393110AB12<GS>17261231", &["not marked", "`<GS>`"]),
    unmarked(
        Symbology::DataMatrix,
        "]d2010400638133393110AB12{FNC1}17261231",
        &["`]d2`", "`{FNC1}`"],
    ),
    unmarked(
        Symbology::Code128,
        "010400638133393110AB1217261231",
        &["not marked", "after AI (10)"],
    ),
    Print {
        serial: Some("7700042"),
        ..unmarked(
            Symbology::Pdf417,
            "010400638133393110AB1217261231217700042",
            &["not marked", "after AI (10)"],
        )
    },
    Print {
        gtin: None,
        ..unmarked(
            Symbology::Code128,
            "(01)04006381333930(17)261231(10)AB12",
            &["brackets", "must be 1"],
        )
    },
    Print {
        expiry: None,
        ..unmarked(Symbology::Code128, "]C101040063813339311726133110AB12", &["`]C1`", "no date"])
    },
    Print {
        lot: None,
        expiry: None,
        gtin: Some("14006381333938"),
        ..unmarked(Symbology::Itf, "14006381333938", &[])
    },
];

const OF_SOMETHING_ELSE: &[Print] = &[
    nothing(Symbology::Code128, "17261231"),
    nothing(Symbology::Code128, "0104006381333931"),
    nothing(Symbology::Code128, "0104006381333930172612311 0AB12"),
    nothing(Symbology::Code128, "10AB12"),
    nothing(Symbology::QrCode, "(01) 555-1234"),
    nothing(Symbology::QrCode, "(10) Stück, Artikel (17) rot"),
    nothing(Symbology::QrCode, "https://example.com/01/about"),
    nothing(Symbology::QrCode, ""),
    nothing(Symbology::Pdf417, "(02)"),
    nothing(Symbology::Codabar, "A0104006381333931B"),
    nothing(Symbology::Itf, "0104006381333931172612"),
];

fn reading(print: &Print) -> Reading {
    let corners = [[5.0, 5.0], [25.0, 5.0], [25.0, 25.0], [5.0, 25.0]];
    let (symbology, text, gs1) = (print.symbology, print.text.to_owned(), print.gs1);
    let context = Context { region: Region::Unspecified, today: date(2026, 3, 1) };
    Reading::of(Vec::new(), vec![Code { symbology, text, gs1, corners }], &context)
}

/// What is not read as it should be, in words.
fn wrong(print: &Print) -> Option<String> {
    let read = reading(print);
    let expiry = read.dates.iter().find(|date| date.role == Role::Expiry);
    let expiry = expiry.map(|date| (date.month.unwrap_or(0), date.day.unwrap_or(0)));
    let is = (
        read.gtins.first().map(String::as_str),
        read.lot().map(|lot| lot.text.as_str()),
        read.serial.as_ref().map(|serial| serial.text.as_str()),
        expiry,
    );
    let should = (print.gtin, print.lot, print.serial, print.expiry);
    let reasons: Vec<&str> = read.flaws.iter().map(|flaw| flaw.reason.as_str()).collect();
    let told = reasons.len() == print.flaws.len()
        && reasons.iter().zip(print.flaws).all(|(reason, words)| reason.contains(words));
    let words = || format!("{:?}: {is:?}, not {should:?}; {reasons:?}", print.text);
    (is != should || !told).then(words)
}

fn check(prints: &[Print]) {
    let wrong: Vec<String> = prints.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), prints.len());
}

#[test]
fn one_faulty_element_is_told_and_the_others_count() {
    check(ONE_FAULTY_ELEMENT);
}

#[test]
fn content_of_another_form_is_understood_and_marked() {
    check(OF_ANOTHER_FORM);
}

#[test]
fn text_that_only_looks_like_elements_says_nothing() {
    check(OF_SOMETHING_ELSE);
}
