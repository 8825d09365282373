//! **Expectations**: what the warehouse knows of an item.
//!
//! An expectation names the item (its SKU) and says what its label should say. Only the SKU is required:
//! what an expectation does not name is not compared. It arrives as JSON, from many senders and in many
//! versions, so that fields which are not known here are ignored, and `null` is as good as a field left out.

use super::gs1::gtin::{self, GtinError};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

/// What is known of one item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Expectation {
    /// Catalogue number.
    #[schemars(length(min = 1))]
    pub sku: String,
    /// Number of the trade item: 8, 12, 13 or 14 digits with a right check digit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^(\d{8}|\d{12,14})$"))]
    pub gtin: Option<String>,
    /// What people call the item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub title: Option<String>,
    /// Size as on the label: `L`, `EU 42`, `W32 L34`, `500 ml`, `30 x 40 cm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub size: Option<String>,
    /// Colour in any of the table's languages: `navy`, `bleu`, `black/white`.
    #[serde(default, alias = "color", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub colour: Option<String>,
    /// Pieces in the pack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub count: Option<u32>,
    /// Lot or batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub lot: Option<String>,
    /// Last day on which the item is good: a full date of RFC 3339, `2026-05-13`.
    #[serde(default, deserialize_with = "full_date", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub expiry: Option<Date>,
    /// Name of the reference that shows the item as it ships, where that is not the SKU's own: without the
    /// shoe box, for example, that is left out on purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
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
    /// [`ExpectationError::Empty`], [`ExpectationError::Gtin`], [`ExpectationError::Count`].
    pub fn checked(mut self) -> Result<Self, ExpectationError> {
        self.sku = self.sku.trim().to_owned();
        let sku = self.sku.clone();
        if sku.is_empty() {
            return Err(ExpectationError::Empty { field: "sku", sku });
        }
        let texts = [
            ("gtin", &mut self.gtin),
            ("title", &mut self.title),
            ("size", &mut self.size),
            ("colour", &mut self.colour),
            ("lot", &mut self.lot),
            ("reference", &mut self.reference),
        ];
        for (field, text) in texts {
            let Some(text) = text else { continue };
            *text = text.trim().to_owned();
            if text.is_empty() {
                return Err(ExpectationError::Empty { field, sku });
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

/// A full date of RFC 3339, section 5.6, and nothing else: times and other writings of ISO 8601 are refused.
fn full_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let full = text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
    let date = full.then(|| text.parse().ok()).flatten();
    let refused = || {
        serde::de::Error::custom(format!(
            "`expiry` is `{text}`, which is no date: write year, month and day as `2026-05-13`"
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
    fn the_schema_requires_the_sku_and_allows_more_fields() {
        let schema = serde_json::to_value(schemars::schema_for!(Expectation)).unwrap();
        assert_eq!(schema["required"], serde_json::json!(["sku"]));
        assert_eq!(schema["properties"]["expiry"]["format"], "date");
        assert!(schema.get("additionalProperties").is_none());
    }
}
