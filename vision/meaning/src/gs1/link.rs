//! **GS1 Digital Link**: a web address whose path and query are elements, as QR codes carry it.
//!
//! `https://id.example.com/anything/01/04006381333931/10/A1?17=260513&utm=x`: the path holds one *key*
//! (01 here) with its qualifiers (10), after any segments that the owner of the address likes; the query holds
//! attributes, and whatever is no identifier there means nothing. Source: GS1 Digital Link Standard: URI
//! Syntax 1.4, sections 4 and 6. Compressed links are not understood, and are reported as plain text.

use super::parse::Parser;
use super::{Gs1Error, ai, gtin};

/// Identifiers that can begin the GS1 part of a path (URI Syntax, section 4.4).
const KEYS: [&str; 17] = [
    "00", "01", "253", "255", "401", "402", "414", "415", "417", "8003", "8004", "8006", "8010",
    "8013", "8017", "8018", "8020",
];

/// Whether `text` is a web address.
pub fn looks_like_one(text: &str) -> bool {
    let has =
        |scheme: &str| text.get(..scheme.len()).is_some_and(|s| s.eq_ignore_ascii_case(scheme));
    has("http://") || has("https://")
}

/// Adds the elements of a link to `found`.
pub(super) fn parse(text: &str, found: &mut Parser) {
    let Some((segments, query)) = gs1_part(text) else {
        found.lose(Gs1Error::NotALink(text.chars().take(80).collect()));
        return;
    };
    let offset = |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
    for pair in segments.chunks_exact(2) {
        if is_code(pair[0]) {
            add(found, pair[0], pair[1], offset(pair[0]));
        } else {
            found.fault(Gs1Error::NotAnAi { offset: offset(pair[0]), found: pair[0].to_owned() });
        }
    }
    for (code, value) in query.split(['&', ';']).filter_map(|pair| pair.split_once('=')) {
        if is_code(code) {
            add(found, code, value, offset(code));
        }
    }
}

/// The segments of the path from its key on, and the query.
fn gs1_part(text: &str) -> Option<(Vec<&str>, &str)> {
    let (_, address) = text.split_once("://")?;
    let address = address.split('#').next().unwrap_or_default().trim_end();
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    // The first segment is the host.
    let mut segments: Vec<&str> =
        path.split('/').skip(1).filter(|segment| !segment.is_empty()).collect();
    let key = segments.windows(2).position(|pair| KEYS.contains(&pair[0]) && begins(pair))?;
    Some((segments.split_off(key), query))
}

/// Whether a key and the segment after it can be a key with its value: a folder called `01` is none.
fn begins(pair: &[&str]) -> bool {
    let digits =
        |least: usize| pair[1].len() >= least && pair[1].bytes().all(|b| b.is_ascii_digit());
    match pair[0] {
        "01" => digits(8),
        "00" => digits(18),
        _ => true,
    }
}

fn is_code(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits && text.get(..2).and_then(ai::length_of_code) == Some(text.len())
}

fn add(found: &mut Parser, code: &str, value: &str, offset: usize) {
    let value = decoded(value);
    if code == "01" && matches!(value.len(), 8 | 12 | 13) {
        match gtin::normalise(&value) {
            Ok(number) => found.add(code, &number, offset),
            Err(error) => found.fault(error.into()),
        }
    } else {
        found.add(code, &value, offset);
    }
}

/// `%41` is `A`; what is no UTF-8 afterwards becomes the replacement character, which no identifier allows.
fn decoded(value: &str) -> String {
    let bytes = value.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |place: usize| bytes.get(place).and_then(|&byte| char::from(byte).to_digit(16));
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((16 * high + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::Elements;
    use super::*;

    fn parse(text: &str) -> Result<Elements, Gs1Error> {
        Elements::parse(text)
    }

    #[test]
    fn key_qualifiers_and_attributes_of_a_link_are_read() {
        let text =
            "https://example.com/shop/01/4006381333931/10/A%2F1/21/7?17=260513&utm=x&3103=000195#a";
        let link = parse(text).unwrap();
        assert_eq!(link.gtin(), Some("04006381333931"));
        assert_eq!((link.lot(), link.serial()), (Some("A/1"), Some("7")));
        assert_eq!((link.get("17"), link.get("3103")), (Some("260513"), Some("000195")));
    }

    #[test]
    fn addresses_without_a_key_are_plain_text() {
        for text in
            ["https://example.com/", "https://example.com/01/about", "http://", "http:///01"]
        {
            assert!(matches!(parse(text), Err(Gs1Error::NotALink(_))), "{text}");
        }
    }

    #[test]
    fn a_wrong_element_of_a_link_is_named_with_its_offset() {
        let text = "https://e.com/01/04006381333931?17=261301";
        let error = parse(text).unwrap_err();
        assert_eq!(error, Gs1Error::Date { ai: "17".into(), offset: 32, value: "261301".into() });
        let error = parse("https://e.com/01/04006381333931/lot/A1").unwrap_err();
        assert_eq!(error, Gs1Error::NotAnAi { offset: 32, found: "lot".into() });
        assert!(parse("https://e.com/01/04006381333931/10/%ff%f").is_err());
    }
}
