//! The reference page of the line file, made from the declaration of its keys.
//!
//! Each key is declared once, as a field of a section's struct: its documentation, default and
//! bounds become a JSON Schema, and the schema becomes `docs/configuration.md` here. A test holds
//! the page against the declaration; `UPDATE=1` writes it anew.

use std::fmt::Write as _;

use line::line_file::address::{HOST_PORT, HTTP_URL, LISTEN};
use serde_json::Value;

/// A line file that a newcomer can start from; a test reads it.
const EXAMPLE: &str = include_str!("example-line.toml");

const INTRODUCTION: &str = "\
# The line file

<!-- Written by `inspectctl config reference`; do not edit. The keys are declared in
`plc-bridge/line/src/config/`, `vision/capture/src/section.rs`, `vision/src/config.rs` and
`daemon/src/config.rs`. To write this page anew: UPDATE=1 cargo nextest run --workspace -E 'test(the_reference_page_is)' -->

One TOML file describes the line, and both daemons read it: `/etc/inspectd/line.toml`, or another
that is named with `--line`. `inspectctl config check FILE` explains every mistake in a file, with
its line and what to write instead. A key that is not listed here is a mistake, not a comment.

Units stand in the names of the keys. Positions are millimetres along the belt from the entry eye,
in the direction of travel. A change takes effect when the daemon is started again.
";

/// The page for the schema of the whole line file.
pub fn markdown(schema: &Value) -> String {
    let mut page = format!("{INTRODUCTION}\n## Example\n\n```toml\n{}\n```\n", EXAMPLE.trim_end());
    for (name, declared, required) in fields(schema) {
        section(&mut page, schema, name, declared, required);
    }
    page
}

/// Writes one section, then the sections within it.
fn section(page: &mut String, root: &Value, path: &str, declared: &Value, required: bool) {
    let Some((body, repeated)) = section_of(root, declared) else {
        return;
    };
    let heading = if repeated { format!("[[{path}]]") } else { format!("[{path}]") };
    let presence = match (required, repeated) {
        (true, true) => "Required; write the section once for each.",
        (true, false) => "Required.",
        (false, _) => "May be left out.",
    };
    let mut add = |text: String| page.push_str(&text);
    add(format!("\n## `{heading}`\n\n{} {presence}\n\n", about(declared)));
    add("| key | value | default | meaning |\n| --- | --- | --- | --- |\n".to_owned());
    let mut inner = Vec::new();
    for (key, declared, required) in fields(body) {
        if section_of(root, declared).is_some() {
            inner.push((format!("{path}.{key}"), declared, required));
            continue;
        }
        let declared = &resolved(root, declared);
        add(format!(
            "| `{key}` | {} | {} | {} |\n",
            value_words(key, declared),
            default_words(declared, required),
            about(declared)
        ));
    }
    for (path, declared, required) in inner {
        section(page, root, &path, declared, required);
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

/// What may be written: kind, bounds, unit.
fn value_words(key: &str, declared: &Value) -> String {
    if let Some(options) = declared["oneOf"].as_array() {
        let options = options.iter().map(|option| {
            let words = about(option);
            format!("`{}`: {}", option["const"], lower_first(words.trim_end_matches('.')))
        });
        return options.collect::<Vec<_>>().join("; ");
    }
    let kind = match &declared["type"] {
        Value::Array(kinds) => kinds.first().and_then(Value::as_str),
        kind => kind.as_str(),
    };
    let mut words = match kind {
        Some("integer") => "whole number",
        Some("number") => "number",
        Some("boolean") => "`true` or `false`",
        Some("array") => "list",
        _ => "text",
    }
    .to_owned();
    // Writing into a String cannot fail.
    if let (Some(low), Some(high)) = (declared["minimum"].as_f64(), declared["maximum"].as_f64()) {
        let _ = write!(words, " from {low} to {high}");
    }
    if let Some(unit) = unit(key) {
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
        let _ = write!(words, ", matching `{}`", pattern.replace('|', "\\|"));
    }
    words
}

/// The unit that a key's name ends in.
fn unit(key: &str) -> Option<&'static str> {
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
    UNITS.iter().find(|(ending, _)| key.ends_with(ending)).map(|(_, unit)| *unit)
}

fn default_words(declared: &Value, required: bool) -> String {
    match &declared["default"] {
        _ if required => "required".to_owned(),
        Value::Null => "none".to_owned(),
        value => format!("`{value}`"),
    }
}

/// The documentation on one line, fit for a table's cell.
fn about(declared: &Value) -> String {
    let text = declared["description"].as_str().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
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

    #[test]
    fn the_example_is_a_line_file_without_mistakes() {
        let read = line::line_file::parse::<LineFile>(EXAMPLE);
        assert!(read.is_ok(), "{:?}", read.err());
    }

    #[test]
    fn every_key_of_the_declaration_stands_on_the_page() {
        let schema = schemars::schema_for!(LineFile).to_value();
        let page = markdown(&schema);
        let sections = schema["$defs"].as_object().unwrap().values();
        let keys: Vec<_> = sections.flat_map(fields).collect();
        assert!(keys.len() > 40, "the declaration is walked");
        for (key, _, _) in keys {
            let listed = page.contains(&format!("| `{key}` |"));
            assert!(listed || page.contains(&format!(".{key}]")), "{key} is missing:\n{page}");
        }
    }

    #[test]
    fn a_key_shows_its_bounds_unit_default_and_meaning() {
        let page = markdown(&schemars::schema_for!(LineFile).to_value());
        let row = page.lines().find(|line| line.starts_with("| `stall_ms`")).unwrap();
        assert!(row.contains("whole number from 100 to 60000, in ms | `2000` | Silence"), "{row}");
        let row = page.lines().find(|line| line.starts_with("| `inspectd_dead`")).unwrap();
        assert!(
            row.contains("`\"pass\"`: let it stay on the belt") && row.contains("`\"divert\"` |")
        );
        assert!(page.contains("## `[[conveyor.diverter]]`") && page.contains("## `[fleet]`"));
    }
}
