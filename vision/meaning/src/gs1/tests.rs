//! Element strings of every kind, right and wrong.

use super::*;
use jiff::civil::date;
use proptest::prelude::*;

const TODAY: Date = date(2026, 3, 1);

fn parsed(text: &str) -> Elements {
    Elements::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn refused(text: &str) -> Gs1Error {
    Elements::parse(text).expect_err(text)
}

#[test]
fn a_raw_code_is_split_by_predefined_lengths_and_fnc1() {
    for start in ["]C1", "]d2", "]Q3", "]e0", "", "\x1D"] {
        let code = parsed(&format!("{start}010400638133393117260513102A/7\x1D2112345\x1D30024"));
        assert_eq!(code.gtin(), Some("04006381333931"));
        assert_eq!(
            (code.lot(), code.serial(), code.count()),
            (Some("2A/7"), Some("12345"), Some(24))
        );
        let expiry = code.expiry(TODAY).unwrap();
        assert_eq!((expiry.year, expiry.month, expiry.day), (2026, 5, Some(13)));
    }
}

#[test]
fn the_readable_form_says_the_same_as_the_raw_one() {
    let raw = parsed("]C10104006381333931310300019517260500108\x1D21B(2)");
    let readable = parsed(" (01) 0400638 1333931 (3103)000195 (17)260500(10)8 (21)B(2)");
    assert_eq!(raw, readable);
    assert_eq!(raw.decimal("310").map(Decimal::as_f64), Some(0.195));
    assert_eq!(raw.expiry(TODAY).unwrap().last_day(), Some(date(2026, 5, 31)));
}

#[test]
fn every_date_is_found_under_its_own_identifier() {
    let code = parsed("(11)250101(12)250102(13)250103(15)260104(16)250105(7003)2701061200");
    assert_eq!(code.production(TODAY).unwrap().last_day(), Some(date(2025, 1, 1)));
    assert_eq!(code.date("13", TODAY).unwrap().last_day(), Some(date(2025, 1, 3)));
    assert_eq!(code.date("16", TODAY).unwrap().last_day(), Some(date(2025, 1, 5)));
    assert_eq!(code.expiry(TODAY).unwrap().last_day(), Some(date(2027, 1, 6)));
    assert_eq!(code.date("17", TODAY), None);
}

#[test]
fn codes_that_bring_a_bare_gtin_are_read_too() {
    assert_eq!(parsed("]E04006381333931").gtin(), Some("04006381333931"));
    assert_eq!(parsed("]E496385074").gtin(), Some("00000096385074"));
    assert_eq!(parsed("]I114006381333938").gtin(), Some("14006381333938"));
    assert!(matches!(refused("]E04006381333930"), Gs1Error::Gtin(_)));
}

#[test]
fn unknown_identifiers_are_stepped_over_by_length_or_to_fnc1() {
    // 95 is the company's own; 3710 and 19 have predefined lengths, 8200 has none.
    let code = parsed("9512345\x1D1912345610L1");
    assert_eq!(
        (code.get("95"), code.get("19"), code.lot()),
        (Some("12345"), Some("123456"), Some("L1"))
    );
    assert_eq!(parsed("8200http\x1D10L2").lot(), Some("L2"));
    assert_eq!(parsed("710ABC\x1D10L3").lot(), Some("L3"));
}

#[test]
fn errors_name_the_identifier_and_the_place() {
    let ai = |code: &str| code.to_owned();
    assert_eq!(refused(""), Gs1Error::Empty);
    assert_eq!(refused("]C1"), Gs1Error::Empty);
    assert_eq!(refused("]C1XY"), Gs1Error::NotAnAi { offset: 3, found: "XY".into() });
    assert_eq!(refused("10A\x1D0512"), Gs1Error::NotAnAi { offset: 4, found: "0512".into() });
    assert_eq!(
        refused("]d20104006"),
        Gs1Error::TooShort { ai: ai("01"), offset: 3, need: 14, have: 5 }
    );
    assert_eq!(
        refused("10ABCDEFGHIJKLMNOPQRSTU"),
        Gs1Error::TooLong { ai: ai("10"), offset: 0, most: 20, have: 21 }
    );
    assert_eq!(
        refused("0104006381333930"),
        Gs1Error::CheckDigit { ai: ai("01"), offset: 0, value: "04006381333930".into(), wanted: 1 }
    );
    assert_eq!(
        refused("17260230"),
        Gs1Error::Date { ai: ai("17"), offset: 0, value: "260230".into() }
    );
    assert_eq!(refused("1726O230"), Gs1Error::Character { ai: ai("17"), offset: 0, found: 'O' });
    assert_eq!(refused("10A\x1D10B"), Gs1Error::Twice { ai: ai("10"), offset: 4 });
    assert_eq!(refused("(10)"), Gs1Error::TooShort { ai: ai("10"), offset: 0, need: 1, have: 0 });
    assert_eq!(refused("(1)2"), Gs1Error::NotAnAi { offset: 0, found: "(1)2".into() });
    assert!(refused("17260230").to_string().contains("AI (17) at offset 0"));
}

#[test]
fn a_leap_day_is_taken_and_a_day_too_many_is_not() {
    assert_eq!(parsed("17280229").expiry(TODAY).unwrap().last_day(), Some(date(2028, 2, 29)));
    assert!(matches!(refused("17270229"), Gs1Error::Date { .. }));
}

#[test]
fn one_value_given_twice_is_one_element() {
    assert_eq!(parsed("10A\x1D10A").iter().count(), 1);
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,60}", more in "[0-9()\\x1D/:?=%A-Z]{0,60}") {
        for text in [&text, &more, &format!("]C1{more}"), &format!("https://e.com/{more}{text}")] {
            let _ = Elements::parse(text).map(|code| (code.expiry(TODAY), code.decimal("310"), code.count()));
        }
    }

    #[test]
    fn what_is_written_raw_readable_or_as_a_link_is_read_back(
        item in 0u64..10_000_000_000_000,
        (year, month, day) in (0u8..100, 1u8..13, 0u8..29),
        lot in "[%-'*-;=?A-Z_a-z]{1,20}",
        serial in "[0-9A-Z]{1,20}",
    ) {
        let body = format!("{item:013}");
        let number = format!("{body}{}", gtin::check_digit(&body));
        let day = format!("{year:02}{month:02}{day:02}");
        let encoded: String = lot.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for text in [
            format!("]d201{number}17{day}10{lot}\x1D21{serial}"),
            format!("(01){number}(17){day}(10){lot}(21){serial}"),
            format!("https://e.com/x/01/{number}/10/{encoded}/21/{serial}?17={day}"),
        ] {
            let code = Elements::parse(&text).unwrap();
            prop_assert_eq!(code.gtin(), Some(number.as_str()));
            prop_assert_eq!(code.get("17"), Some(day.as_str()));
            prop_assert_eq!((code.lot(), code.serial()), (Some(lot.as_str()), Some(serial.as_str())));
        }
    }
}
