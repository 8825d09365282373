//! From the bytes of a line file to its text, and what no text in it may have.

use serde_json::Value;
use toml::de::DeTable;

use super::{Mistake, line_of};

/// The byte-order mark that some editors write in front of UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";
/// Those of UTF-16.
const UTF_16: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];
/// A key whose text may be a block of lines: a pipeline.
const FREE: &str = "source";
/// What looks like nothing and is no blank for Rust.
const INVISIBLE: [char; 4] = ['\u{200b}', '\u{200c}', '\u{200d}', '\u{feff}'];

/// The text of a line file, without a byte-order mark, and a mistake for each line that is not UTF-8.
/// There, bytes are read as Latin-1, so that other mistakes are found as well.
pub(super) fn decoded(bytes: &[u8]) -> (String, Vec<Mistake>) {
    if UTF_16.iter().any(|mark| bytes.starts_with(mark)) {
        let mistake = Mistake {
            line: Some(1),
            ..Mistake::new(
                &[],
                "the file is UTF-16, not UTF-8",
                "save it as UTF-8; in Notepad: Save as, Encoding, UTF-8",
            )
        };
        return (String::new(), vec![mistake]);
    }
    let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
    let mut mistakes: Vec<Mistake> = Vec::new();
    let mut text = String::with_capacity(bytes.len());
    let (mut line, mut line_start) = (1, 0);
    for chunk in bytes.utf8_chunks() {
        for (at, letter) in chunk.valid().char_indices() {
            if letter == '\n' {
                (line, line_start) = (line + 1, text.len() + at + 1);
            }
        }
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let letter = char::from(*byte);
            if mistakes.last().is_none_or(|last| last.line != Some(line)) {
                let column = text[line_start..].chars().count() + 1;
                let guess = if letter.is_control() {
                    String::new()
                } else {
                    format!(", perhaps a `{letter}`")
                };
                mistakes.push(Mistake {
                    line: Some(line),
                    ..Mistake::new(
                        &[],
                        format!("column {column} is not UTF-8 (byte 0x{byte:02X}{guess})"),
                        "save the file as UTF-8, or write that letter anew",
                    )
                });
            }
            text.push(letter);
        }
    }
    (text, mistakes)
}

/// Texts of `value` that begin or end with a blank, or hold what nobody sees; in the sections that
/// `known` names.
pub(super) fn unseen(value: &Value, known: &Value) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let sections = value.as_object().into_iter().flatten();
    for (section, value) in sections.filter(|(section, _)| !known[section.as_str()].is_null()) {
        walk(value, &mut vec![section.clone()], &mut mistakes);
    }
    mistakes
}

fn walk(value: &Value, path: &mut Vec<String>, mistakes: &mut Vec<Mistake>) {
    match value {
        Value::Object(table) => {
            for (key, value) in table {
                path.push(key.clone());
                walk(value, path, mistakes);
                path.pop();
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                path.push(index.to_string());
                walk(value, path, mistakes);
                path.pop();
            }
        }
        Value::String(text) if path.last().is_none_or(|key| key != FREE) => {
            let hidden = |c: char| c.is_control() || INVISIBLE.contains(&c);
            let clean: String = text.chars().filter(|c| !hidden(*c)).collect();
            let problem = if text.trim() != text {
                match (text.starts_with(char::is_whitespace), text.ends_with(char::is_whitespace)) {
                    (true, true) => "blanks stand before and after the text".to_owned(),
                    (true, false) => "a blank stands before the text".to_owned(),
                    _ => "a blank stands after the text".to_owned(),
                }
            } else if let Some(letter) = text.chars().find(|c| hidden(*c)) {
                format!("a character that nobody sees is in the text, U+{:04X}", u32::from(letter))
            } else {
                return;
            };
            let path = path.iter().map(String::as_str).collect::<Vec<_>>();
            mistakes.push(Mistake::new(&path, problem, format!("write {:?}", clean.trim())));
        }
        _ => {}
    }
}

/// The same mistakes, each with its line in `text`, in the file's order.
pub fn located(text: &str, mut mistakes: Vec<Mistake>) -> Vec<Mistake> {
    if let Ok(document) = DeTable::parse(text) {
        for mistake in mistakes.iter_mut().filter(|mistake| mistake.line.is_none()) {
            mistake.line = line_of(text, document.get_ref(), &mistake.path);
        }
    }
    mistakes.sort_by_key(|mistake| (mistake.line, mistake.path.clone()));
    mistakes.dedup();
    mistakes
}
