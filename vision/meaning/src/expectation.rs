//! **Expectations**: what the warehouse knows of an item.
//!
//! An expectation names the item (its SKU) and says what its label should say. Only the SKU is required:
//! what an expectation does not name is not compared. It arrives as JSON, from many senders and in many
//! versions, so that fields which are not known here are ignored, and `null` is as good as a field left out.
//!
//! Its texts have a **longest length**, in characters: a list has up to 100,000 items, and each text goes on
//! into records, findings and messages. A longer one is refused, since whoever keeps the catalogue can
//! correct it.

use super::gs1::gtin::{self, GtinError};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

/// Characters of an SKU, a lot, a size, a colour or a reference's name at most: as of every name on the box.
pub const NAME_MAX: usize = 128;

/// Characters of a title at most. Shops that limit titles allow about 200.
pub const TITLE_MAX: usize = 500;

/// Characters of a text that is quoted in a refusal.
const QUOTE_MAX: usize = 40;

/// What is known of one item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Expectation {
    /// Catalogue number.
    #[schemars(length(min = 1, max = NAME_MAX))]
    pub sku: String,
    /// Number of the trade item: 8, 12, 13 or 14 digits with a right check digit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^(\d{8}|\d{12,14})$"))]
    pub gtin: Option<String>,
    /// What people call the item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = TITLE_MAX))]
    pub title: Option<String>,
    /// Size as on the label: `L`, `EU 42`, `W32 L34`, `500 ml`, `30 x 40 cm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = NAME_MAX))]
    pub size: Option<String>,
    /// Colour in any of the table's languages: `navy`, `bleu`, `black/white`.
    #[serde(default, alias = "color", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = NAME_MAX))]
    pub colour: Option<String>,
    /// Pieces in the pack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub count: Option<u32>,
    /// Lot or batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = NAME_MAX))]
    pub lot: Option<String>,
    /// Last day on which the item is good: a full date of RFC 3339, `2026-05-13`.
    #[serde(default, deserialize_with = "full_date", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub expiry: Option<Date>,
    /// Name of the reference that shows the item as it ships, where that is not the SKU's own: without the
    /// shoe box, for example, that is left out on purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = NAME_MAX))]
    pub reference: Option<String>,
}

/// Why an expectation cannot be used.
#[derive(Debug, Error)]
pub enum ExpectationError {
    /// Not JSON, a field of another type, no SKU, or a date that is none.
    #[error("the expectation cannot be read: {0}; compare it with the schema and send it again")]
    Json(#[from] serde_json::Error),
    /// A text field without text.
    #[error(
        "`{field}` of SKU `{sku}` is empty: leave the field out, or say what the label should say"
    )]
    Empty {
        /// The field's name.
        field: &'static str,
        /// The item.
        sku: String,
    },
    /// A text that is too long.
    #[error(
        "`{field}` of SKU `{sku}` has more than {most} characters: shorten it in the catalogue"
    )]
    TooLong {
        /// The field's name.
        field: &'static str,
        /// The item, as far as it may be quoted.
        sku: String,
        /// Characters that it may have.
        most: usize,
    },
    /// A GTIN that is none.
    #[error("`gtin` of SKU `{sku}`: {source}; correct it in the catalogue")]
    Gtin {
        /// The item.
        sku: String,
        /// What is wrong with it.
        source: GtinError,
    },
    /// A pack of nothing.
    #[error("`count` of SKU `{sku}` is 0: leave the field out, or give the pieces in the pack")]
    Count {
        /// The item.
        sku: String,
    },
}

impl Expectation {
    /// An expectation from JSON, [checked](Self::checked).
    ///
    /// # Errors
    /// Every kind of [`ExpectationError`].
    pub fn from_json(json: &str) -> Result<Self, ExpectationError> {
        serde_json::from_str::<Self>(json)?.checked()
    }

    /// The expectation with its texts trimmed and its GTIN in 14 digits.
    ///
    /// # Errors
    /// Every kind of [`ExpectationError`] but [`ExpectationError::Json`].
    pub fn checked(mut self) -> Result<Self, ExpectationError> {
        self.sku = self.sku.trim().to_owned();
        let sku = self.sku.clone();
        if sku.is_empty() {
            return Err(ExpectationError::Empty { field: "sku", sku });
        }
        if is_longer(&sku, NAME_MAX) {
            let sku = quoted(&sku);
            return Err(ExpectationError::TooLong { field: "sku", sku, most: NAME_MAX });
        }
        let texts = [
            ("gtin", &mut self.gtin, NAME_MAX),
            ("title", &mut self.title, TITLE_MAX),
            ("size", &mut self.size, NAME_MAX),
            ("colour", &mut self.colour, NAME_MAX),
            ("lot", &mut self.lot, NAME_MAX),
            ("reference", &mut self.reference, NAME_MAX),
        ];
        for (field, text, most) in texts {
            let Some(text) = text else { continue };
            *text = text.trim().to_owned();
            if text.is_empty() {
                return Err(ExpectationError::Empty { field, sku });
            }
            if is_longer(text, most) {
                return Err(ExpectationError::TooLong { field, sku, most });
            }
        }
        if let Some(number) = &mut self.gtin {
            match gtin::normalise(number) {
                Ok(normal) => *number = normal,
                Err(source) => return Err(ExpectationError::Gtin { sku, source }),
            }
        }
        if self.count == Some(0) {
            return Err(ExpectationError::Count { sku });
        }
        Ok(self)
    }
}

fn is_longer(text: &str, most: usize) -> bool {
    // There are never more characters than bytes.
    text.len() > most && text.chars().nth(most).is_some()
}

/// The beginning of a text that came from outside.
fn quoted(text: &str) -> String {
    let mut beginning: String = text.chars().take(QUOTE_MAX).collect();
    if beginning.len() < text.len() {
        beginning.push('…');
    }
    beginning
}

/// A full date of RFC 3339, section 5.6, and nothing else: times and other writings of ISO 8601 are refused.
fn full_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let full = text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
    let date = full.then(|| text.parse().ok()).flatten();
    let refused = || {
        serde::de::Error::custom(format!(
            "`expiry` is `{}`, which is no date: write year, month and day as `2026-05-13`",
            quoted(&text)
        ))
    };
    date.map(Some).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn refused(json: &str) -> String {
        Expectation::from_json(json).unwrap_err().to_string()
    }

    #[test]
    fn only_the_sku_is_required_and_unknown_fields_are_ignored() {
        let least = Expectation::from_json(r#"{"sku": " A1 ", "price": 3, "size": null}"#).unwrap();
        assert_eq!(least, Expectation { sku: "A1".into(), ..Expectation::default() });
        assert_eq!(serde_json::to_string(&least).unwrap(), r#"{"sku":"A1"}"#);
        assert!(refused("{}").contains("sku"));
    }

    #[test]
    fn every_field_is_read_trimmed_and_written_again() {
        let json = r#"{"sku":"A1","gtin":"4006381333931","title":"Polo","size":" L ","color":"navy",
            "count":6,"lot":"L1","expiry":"2026-05-13","reference":"A1-no-box"}"#;
        let all = Expectation::from_json(json).unwrap();
        assert_eq!(all.gtin.as_deref(), Some("04006381333931"));
        assert_eq!((all.size.as_deref(), all.colour.as_deref()), (Some("L"), Some("navy")));
        assert_eq!((all.count, all.expiry), (Some(6), Some(date(2026, 5, 13))));
        let again = Expectation::from_json(&serde_json::to_string(&all).unwrap()).unwrap();
        assert_eq!(again, all);
    }

    #[test]
    fn errors_name_the_field_the_item_and_the_next_step() {
        let text = refused(r#"{"sku": "A1", "gtin": "4006381333932"}"#);
        assert!(text.contains("`gtin` of SKU `A1`") && text.contains("must be 1"), "{text}");
        let text = refused(r#"{"sku": "A1", "title": "  "}"#);
        assert!(text.contains("`title`") && text.contains("leave the field out"), "{text}");
        assert!(refused(r#"{"sku": ""}"#).contains("`sku`"));
        assert!(refused(r#"{"sku": "A1", "count": 0}"#).contains("`count`"));
        for wrong in
            ["2026-02-30", "13.05.2026", "2026-05-13T00:00:00Z", "20260513", "", "2026-5-1é"]
        {
            let text = refused(&format!(r#"{{"sku": "A1", "expiry": "{wrong}"}}"#));
            assert!(text.contains("`expiry`") && text.contains("2026-05-13"), "{text}");
        }
    }

    #[test]
    fn a_text_may_be_so_long_and_no_longer_and_the_refusal_quotes_little() {
        let fields = [
            ("sku", NAME_MAX),
            ("title", TITLE_MAX),
            ("size", NAME_MAX),
            ("colour", NAME_MAX),
            ("lot", NAME_MAX),
            ("reference", NAME_MAX),
        ];
        for (field, most) in fields {
            let of = |length| {
                let text = "ß".repeat(length);
                let mut item = serde_json::json!({ "sku": "A1" });
                item[field] = text.into();
                item.to_string()
            };
            assert!(Expectation::from_json(&of(most)).is_ok(), "{field}");
            let error = refused(&of(most + 1));
            assert!(error.contains(&format!("`{field}` of SKU")), "{error}");
            assert!(error.contains(&most.to_string()) && error.contains("shorten"), "{error}");
            assert!(refused(&of(100_000)).chars().count() < 200, "{field}");
        }
        for field in ["gtin", "expiry"] {
            let text = "1".repeat(100_000);
            let error = refused(&format!(r#"{{"sku": "A1", "{field}": "{text}"}}"#));
            assert!(error.contains(field) && error.chars().count() < 300, "{error}");
        }
    }

    #[test]
    fn the_schema_requires_the_sku_and_allows_more_fields() {
        let schema = serde_json::to_value(schemars::schema_for!(Expectation)).unwrap();
        assert_eq!(schema["required"], serde_json::json!(["sku"]));
        assert_eq!(schema["properties"]["expiry"]["format"], "date");
        assert!(schema.get("additionalProperties").is_none());
        assert_eq!(schema["properties"]["sku"]["maxLength"], NAME_MAX);
        assert_eq!(schema["properties"]["title"]["maxLength"], TITLE_MAX);
    }
}
