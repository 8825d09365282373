//! **GTIN**: the number of a trade item, as its bar code carries it, with a check digit at its end.
//!
//! EAN-8, UPC-A (12 digits), EAN-13 and ITF-14 are one family: with zeros put before it, each is the same
//! number of 14 digits. UPC-E is UPC-A with zeros left out. Source: GS1 General Specifications, sections
//! 3.3 (GTIN in 14 digits), 5.2.2.4 (UPC-E) and 7.9 (check digit).

use thiserror::Error;

/// How many digits an ITF-14 has. Interleaved 2 of 5 of another length is no GTIN.
pub const ITF_DIGITS: usize = 14;

/// Why a number is no GTIN.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GtinError {
    /// Something else than digits.
    #[error("`{0}` is no GTIN: only digits can stand in it; compare it with the print")]
    NotDigits(String),
    /// A length that no GTIN has.
    #[error(
        "`{0}` is no GTIN: it has {1} digits, and a GTIN has 8, 12, 13 or 14; read the code again"
    )]
    Length(String, usize),
    /// The last digit contradicts the others.
    #[error("`{0}` is no GTIN: its check digit must be {1}; a digit was misread or mistyped")]
    CheckDigit(String, u8),
    /// A UPC-E number that stands for no UPC-A number.
    #[error("`{0}` is no UPC-E number: it must begin with 0 or 1; read the code again")]
    NumberSystem(String),
}

/// The check digit of `digits` (all but the last): weights 3 and 1 from the right, up to the next ten.
/// Characters that are no digits count nothing.
pub fn check_digit(digits: &str) -> u8 {
    let weighed = |(place, digit): (usize, u32)| if place % 2 == 0 { 3 * digit } else { digit };
    let sum: u32 =
        digits.chars().rev().filter_map(|c| c.to_digit(10)).enumerate().map(weighed).sum();
    ((10 - sum % 10) % 10) as u8
}

/// Whether the last digit of `number` is the check digit of the others.
///
/// # Errors
/// [`GtinError::NotDigits`], [`GtinError::CheckDigit`].
pub fn check(number: &str) -> Result<(), GtinError> {
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return Err(GtinError::NotDigits(number.to_owned()));
    }
    let (body, last) = number.split_at(number.len() - 1);
    let wanted = check_digit(body);
    if last == wanted.to_string() {
        Ok(())
    } else {
        Err(GtinError::CheckDigit(number.to_owned(), wanted))
    }
}

/// EAN-8, UPC-A, EAN-13 or GTIN-14 in 14 digits, its check digit checked.
///
/// # Errors
/// Every kind but [`GtinError::NumberSystem`].
pub fn normalise(number: &str) -> Result<String, GtinError> {
    check(number)?;
    match number.len() {
        8 | 12 | 13 | 14 => Ok(format!("{number:0>14}")),
        length => Err(GtinError::Length(number.to_owned(), length)),
    }
}

/// A UPC-E number of 8 digits (number system, six digits, check digit) in 14 digits.
///
/// # Errors
/// Every kind of [`GtinError`].
pub fn from_upc_e(number: &str) -> Result<String, GtinError> {
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return Err(GtinError::NotDigits(number.to_owned()));
    }
    if number.len() != 8 {
        return Err(GtinError::Length(number.to_owned(), number.len()));
    }
    if !number.starts_with(['0', '1']) {
        return Err(GtinError::NumberSystem(number.to_owned()));
    }
    let (system, six, last) = (&number[..1], &number[1..7], &number[7..]);
    let (item, kind) = six.split_at(5);
    // The sixth digit says where zeros were left out.
    let body = match kind {
        "0" | "1" | "2" => format!("{}{kind}0000{}", &item[..2], &item[2..]),
        "3" => format!("{}00000{}", &item[..3], &item[3..]),
        "4" => format!("{}00000{}", &item[..4], &item[4..]),
        _ => format!("{item}0000{kind}"),
    };
    normalise(&format!("{system}{body}{last}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_length_become_the_same_fourteen_digits() {
        assert_eq!(normalise("4006381333931").unwrap(), "04006381333931");
        assert_eq!(normalise("036000291452").unwrap(), "00036000291452");
        assert_eq!(normalise("96385074").unwrap(), "00000096385074");
        assert_eq!(normalise("09501101530003").unwrap(), "09501101530003");
    }

    #[test]
    fn a_wrong_digit_is_named_with_the_right_one() {
        let error = normalise("4006381333932").unwrap_err();
        assert_eq!(error, GtinError::CheckDigit("4006381333932".to_owned(), 1));
        assert!(error.to_string().contains("must be 1"));
    }

    #[test]
    fn upc_e_is_widened_by_its_sixth_digit() {
        for (short, long) in [
            ("04252614", "00042100005264"),
            ("01234505", "00012000003455"),
            ("01234531", "00012300000451"),
            ("01234543", "00012340000053"),
            ("01234558", "00012345000058"),
        ] {
            assert_eq!(from_upc_e(short).as_deref(), Ok(long), "{short}");
        }
        assert!(matches!(from_upc_e("24252614"), Err(GtinError::NumberSystem(_))));
    }

    #[test]
    fn what_is_no_number_or_has_another_length_is_refused() {
        assert!(matches!(normalise(""), Err(GtinError::NotDigits(_))));
        assert!(matches!(normalise("40063813339é1"), Err(GtinError::NotDigits(_))));
        assert!(matches!(normalise("0000000000"), Err(GtinError::Length(_, 10))));
        assert!(matches!(from_upc_e("é234505"), Err(GtinError::NotDigits(_))));
        assert!(matches!(from_upc_e(""), Err(GtinError::Length(_, 0))));
    }
}
