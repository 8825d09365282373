//! The declaration of the line file's keys, walked once for all who show it: the reference page and the settings page.
//!
//! Each key is declared once, as a field of a section's struct: its documentation, default and bounds become a JSON
//! Schema. Here the schema becomes a list of **sections** with their **keys**, in the order of the declaration; a section
//! within another comes after its keys.

use std::fmt::Write as _;

use line::line_file::address::{HOST_PORT, HTTP_URL, LISTEN};
use line::line_file::{AT_ONCE, TAKES_EFFECT};
use serde_json::Value;

/// A section.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Its name, for example `conveyor.diverter`.
    pub name: String,
    /// Whether it may be written more than once.
    pub repeated: bool,
    /// Whether it must be written.
    pub required: bool,
    /// What it is for, on one line.
    pub about: String,
    /// Most tables of a repeated section.
    pub most: Option<u64>,
    /// Its keys.
    pub keys: Vec<Key>,
}

/// A key.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// Its name within the section.
    pub name: String,
    /// Whether it must be written.
    pub required: bool,
    /// What it means, on one line.
    pub about: String,
    /// Its schema, with what that refers to filled in.
    pub schema: Value,
    /// What each entry of a list may be, likewise; `null` for what is no list.
    pub entries: Value,
}

/// Every section of a line file's schema.
pub fn sections(schema: &Value) -> Vec<Section> {
    let mut all = Vec::new();
    for (name, declared, required) in fields(schema) {
        walk(&mut all, schema, name, declared, required);
    }
    all
}

fn walk(all: &mut Vec<Section>, root: &Value, name: &str, declared: &Value, required: bool) {
    let Some((body, repeated)) = section_of(root, declared) else {
        return;
    };
    let mut keys = Vec::new();
    let mut inner = Vec::new();
    for (key, declared, required) in fields(body) {
        if section_of(root, declared).is_some() {
            inner.push((format!("{name}.{key}"), declared, required));
            continue;
        }
        let schema = resolved(root, declared);
        let entries = match &schema["items"] {
            Value::Null => Value::Null,
            items => resolved(root, items),
        };
        let about = about(&schema);
        keys.push(Key { name: key.to_owned(), required, about, schema, entries });
    }
    let (about, most) = (about(declared), declared["maxItems"].as_u64());
    all.push(Section { name: name.to_owned(), repeated, required, about, most, keys });
    for (name, declared, required) in inner {
        walk(all, root, &name, declared, required);
    }
}

/// The properties of an object's schema: name, declaration, whether it must be there.
fn fields(object: &Value) -> impl Iterator<Item = (&str, &Value, bool)> {
    let required = object["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    let properties = object["properties"].as_object().into_iter().flatten();
    properties.map(move |(name, declared)| {
        (name.as_str(), declared, required.iter().any(|key| key == name.as_str()))
    })
}

/// The object behind a declaration that is a section (table, list of tables, optional table), and
/// whether it is a list.
fn section_of<'a>(root: &'a Value, declared: &'a Value) -> Option<(&'a Value, bool)> {
    let (target, repeated) = match (&declared["items"], &declared["anyOf"][0]) {
        (Value::Null, Value::Null) => (declared, false),
        (Value::Null, option) => (option, false),
        (items, _) => (items, true),
    };
    let body = referred(root, target);
    body["properties"].is_object().then_some((body, repeated))
}

fn referred<'a>(root: &'a Value, declared: &'a Value) -> &'a Value {
    let pointer = declared["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| root.pointer(pointer)).unwrap_or(declared)
}

/// The declaration with what it refers to filled in; its own words win.
fn resolved(root: &Value, declared: &Value) -> Value {
    let mut whole = referred(root, declared).clone();
    if let (Some(whole), Some(own)) = (whole.as_object_mut(), declared.as_object()) {
        whole.extend(own.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    whole
}

impl Key {
    /// The JSON type of its values.
    pub fn kind(&self) -> &str {
        let kind = match &self.schema["type"] {
            Value::Array(kinds) => kinds.first().and_then(Value::as_str),
            kind => kind.as_str(),
        };
        kind.unwrap_or("string")
    }

    /// Whether inspectd obeys a change without a restart.
    pub fn is_at_once(&self) -> bool {
        self.schema[TAKES_EFFECT] == AT_ONCE
    }

    /// What may be chosen, of one value or of a list's entries, with what it means.
    pub fn choices(&self) -> Vec<(String, String)> {
        let own = listed(&self.schema);
        if own.is_empty() { listed(&self.entries) } else { own }
    }

    /// The default, in words of TOML; none where nothing holds unless it is written.
    pub fn default(&self) -> Option<&Value> {
        Some(&self.schema["default"]).filter(|default| !self.required && !default.is_null())
    }

    /// What may be written: kind, bounds, unit.
    pub fn value_words(&self) -> String {
        let declared = &self.schema;
        if let Some(options) = declared["oneOf"].as_array() {
            let options = options.iter().map(|option| {
                let words = about(option);
                format!("`{}`: {}", option["const"], lower_first(words.trim_end_matches('.')))
            });
            return options.collect::<Vec<_>>().join("; ");
        }
        let mut words = match self.kind() {
            "integer" => "whole number",
            "number" => "number",
            "boolean" => "`true` or `false`",
            "array" => "list",
            _ => "text",
        }
        .to_owned();
        // Writing into a String cannot fail.
        if let (Some(low), Some(high)) =
            (declared["minimum"].as_f64(), declared["maximum"].as_f64())
        {
            let _ = write!(words, " from {low} to {high}");
        }
        if let Some(unit) = self.unit() {
            let _ = write!(words, ", in {unit}");
        }
        if let Some(most) = declared["maxLength"].as_u64() {
            let _ = write!(words, ", at most {most} characters");
        }
        match declared["format"].as_str() {
            Some(HOST_PORT) => words.push_str(", `host:port`"),
            Some(LISTEN) => words.push_str(", `address:port`"),
            Some(HTTP_URL) => words.push_str(", `http://host/path`"),
            _ => {}
        }
        if let Some(pattern) = declared["pattern"].as_str() {
            let _ = write!(words, ", matching `{pattern}`");
        }
        words
    }

    /// The unit that its name ends in.
    pub fn unit(&self) -> Option<&'static str> {
        const UNITS: [(&str, &str); 9] = [
            ("_mm_s", "mm/s"),
            ("_mm", "mm"),
            ("mm_per_count", "mm"),
            ("_ms", "ms"),
            ("_s", "s"),
            ("_px", "px"),
            ("fps", "pictures/s"),
            ("_days", "days"),
            ("_mib", "MiB"),
        ];
        UNITS.iter().find(|(ending, _)| self.name.ends_with(ending)).map(|(_, unit)| *unit)
    }
}

/// The values of an enumeration with what they mean; those without documentation stand together, as a list.
fn listed(schema: &Value) -> Vec<(String, String)> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut found = Vec::new();
    for option in list(&schema["oneOf"]).iter().chain([schema]) {
        let (one, many) = (option["const"].as_str(), list(&option["enum"]));
        let values = one.into_iter().chain(many.iter().filter_map(Value::as_str));
        found.extend(values.map(|value| (value.to_owned(), about(option))));
    }
    found
}

/// The documentation on one line.
fn about(declared: &Value) -> String {
    let text = declared["description"].as_str().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_lowercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LineFile;

    fn all() -> Vec<Section> {
        sections(&schemars::schema_for!(LineFile).to_value())
    }

    fn key(section: &str, name: &str) -> Key {
        let all = all();
        let section = all.iter().find(|one| one.name == section).unwrap();
        section.keys.iter().find(|key| key.name == name).unwrap().clone()
    }

    #[test]
    fn sections_come_in_order_with_those_within_them_after_their_keys() {
        let all = all();
        let of = |name: &str| all.iter().position(|section| section.name == name).unwrap();
        assert!(of("conveyor") < of("conveyor.diverter"));
        assert!(of("conveyor.diverter") < of("conveyor.diverter.fall_back"));
        assert!(of("conveyor.diverter.fall_back") < of("plc"));
        let diverter = &all[of("conveyor.diverter")];
        assert!(diverter.repeated && diverter.required);
        assert_eq!(diverter.most, Some(8));
        assert!(!all[of("fleet")].required && !all[of("fleet")].repeated);
    }

    #[test]
    fn choices_are_those_of_a_key_or_of_its_entries() {
        let values = |key: Key| key.choices().into_iter().map(|(value, _)| value);
        assert!(values(key("policy", "unknown")).eq(["pass", "divert", "uninspected"]));
        let sources: Vec<_> = values(key("identity", "sources")).collect();
        assert!(sources.contains(&"plc".to_owned()), "{sources:?}");
        let codes: Vec<_> = values(key("label", "codes")).collect();
        assert!(codes.contains(&"ean13".to_owned()), "{codes:?}");
        assert!(key("label", "tesseract").choices().is_empty());
    }

    #[test]
    fn every_key_is_of_a_kind_that_a_form_has() {
        for section in all() {
            for key in section.keys {
                let kind = key.kind().to_owned();
                let known = ["string", "integer", "number", "boolean", "array"];
                assert!(known.contains(&&*kind), "{}.{}: {kind}", section.name, key.name);
                if kind == "array" {
                    let entries = key.entries["type"].as_str();
                    let is_listed = matches!(entries, Some("string" | "integer"));
                    let is_chosen = !key.choices().is_empty();
                    assert!(is_listed || is_chosen, "{}.{}: {entries:?}", section.name, key.name);
                }
                assert!(!key.about.is_empty(), "{}.{} says nothing", section.name, key.name);
            }
        }
    }

    #[test]
    fn a_key_takes_effect_after_a_restart_unless_its_declaration_says_otherwise() {
        assert!(!key("policy", "divert_lane").is_at_once());
        let mut marked = key("policy", "divert_lane");
        marked.schema[TAKES_EFFECT] = AT_ONCE.into();
        assert!(marked.is_at_once());
    }
}
