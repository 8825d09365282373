//! Reads the line file and explains every mistake in it at once.
//!
//! A **section** is declared once, as a Rust struct whose documentation, defaults and bounds
//! `schemars` turns into a JSON Schema. The file is held against that schema (all mistakes, not
//! only the first), then against the section's own [`Rules`] (keys that must fit each other). Each
//! [`Mistake`] names the line and what to write instead.
//!
//! A file need not be perfect to be read: a byte-order mark is passed over, and of a file that is not
//! UTF-8 each line is named.
//!
//! plc-bridge and inspectd both read the file, each with its own sections; this module stands here
//! because the arrows between the crates run from inspectd to plc-bridge.

pub mod address;
mod text;

use std::fmt;
use std::path::{Path, PathBuf};

use jsonschema::error::ValidationErrorKind as Kind;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;
pub use text::located;
use toml::de::{DeTable, DeValue};

/// Where a key's declaration says that a change takes effect without a restart:
/// `#[schemars(extend("takes_effect" = AT_ONCE))]`. Without it the daemons obey a change when they are started again.
/// Mark a key only where inspectd really obeys it at once.
pub const TAKES_EFFECT: &str = "takes_effect";

/// See [`TAKES_EFFECT`].
pub const AT_ONCE: &str = "at once";

/// What a schema cannot say: that keys fit each other.
pub trait Rules {
    /// Every rule that this file breaks; empty when it is fine.
    fn broken(&self) -> Vec<Mistake>;
}

/// One thing that is wrong in the line file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where: keys and array positions from the top, for example `camera`, `0`, `fps`.
    pub path: Vec<String>,
    /// Line in the file, from 1; none for something that is missing from the file as a whole.
    pub line: Option<usize>,
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub instead: String,
}

impl Mistake {
    /// A broken rule about the value at `path`; its line is found when it is reported.
    pub fn new(path: &[&str], problem: impl Into<String>, instead: impl Into<String>) -> Self {
        Self {
            path: path.iter().map(ToString::to_string).collect(),
            line: None,
            problem: problem.into(),
            instead: instead.into(),
        }
    }

    /// The path as people write it: `camera[0].fps`.
    pub fn key(&self) -> String {
        let mut key = String::new();
        for segment in &self.path {
            if segment.parse::<usize>().is_ok() {
                key.push_str(&format!("[{segment}]"));
            } else {
                if !key.is_empty() {
                    key.push('.');
                }
                key.push_str(segment);
            }
        }
        key
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.key())?;
        }
        write!(f, "{}; {}", self.problem, self.instead)
    }
}

/// Why the line file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LineFileError {
    /// The file cannot be read.
    #[error(
        "cannot read the line file {}: {source}; name another with --line, or start from the \
         example in docs/configuration.md",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is read, but wrong.
    #[error("the line file {} has {}:\n{}", path.display(), counted(mistakes.len()), listed(mistakes))]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Everything that is wrong, in the file's order.
        mistakes: Vec<Mistake>,
    },
}

fn counted(mistakes: usize) -> String {
    if mistakes == 1 { "1 mistake".to_owned() } else { format!("{mistakes} mistakes") }
}

fn listed(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(|mistake| format!("  {mistake}")).collect::<Vec<_>>().join("\n")
}

/// Reads the sections of `T` from the line file at `path`.
///
/// # Errors
/// [`LineFileError::Unreadable`] when there is no such file, [`LineFileError::Wrong`] with every
/// mistake otherwise.
pub fn read<T>(path: &Path) -> Result<T, LineFileError>
where
    T: DeserializeOwned + JsonSchema + Rules,
{
    let (text, mut mistakes) = text_of(path)?;
    let wrong = |mistakes| LineFileError::Wrong { path: path.to_owned(), mistakes };
    match parse(&text) {
        Ok(sections) if mistakes.is_empty() => Ok(sections),
        Ok(_) => Err(wrong(mistakes)),
        // Nothing but a wrong encoding is known of a file without a text.
        Err(_) if text.is_empty() && !mistakes.is_empty() => Err(wrong(mistakes)),
        Err(others) => {
            mistakes.extend(others);
            mistakes.sort_by_key(|mistake| mistake.line);
            Err(wrong(mistakes))
        }
    }
}

/// The text of the line file at `path`, without a byte-order mark, and a mistake for each line that is
/// not UTF-8.
///
/// # Errors
/// [`LineFileError::Unreadable`].
pub fn text_of(path: &Path) -> Result<(String, Vec<Mistake>), LineFileError> {
    let bytes = std::fs::read(path)
        .map_err(|source| LineFileError::Unreadable { path: path.to_owned(), source })?;
    Ok(text::decoded(&bytes))
}

/// Reads the sections of `T` from the text of a line file.
///
/// # Errors
/// Every mistake, in the file's order.
pub fn parse<T>(text: &str) -> Result<T, Vec<Mistake>>
where
    T: DeserializeOwned + JsonSchema + Rules,
{
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    DeTable::parse(text).map_err(|error| vec![not_toml(text, &error)])?;
    let value: Value = toml::from_str(text).map_err(|error| vec![not_toml(text, &error)])?;

    let schema = schemars::schema_for!(T).to_value();
    let mut options = jsonschema::options().should_validate_formats(true);
    for format in address::FORMATS {
        options = options.with_format(format, move |text| address::check(format, text).is_ok());
    }
    let validator = options.build(&schema).expect("a derived schema is a valid JSON Schema");
    let mut mistakes = text::unseen(&value, &schema["properties"]);
    let blank: Vec<Vec<String>> = mistakes.iter().map(|mistake| mistake.path.clone()).collect();
    for error in validator.iter_errors(&value) {
        explain(&error, &schema, &mut mistakes);
    }
    // A blank that nobody sees breaks other rules as well: it is told once.
    let told = blank.len();
    mistakes = mistakes
        .into_iter()
        .enumerate()
        .filter(|(index, mistake)| *index < told || !blank.contains(&mistake.path))
        .map(|(_, mistake)| mistake)
        .collect();
    if mistakes.is_empty() {
        match T::deserialize(value) {
            Ok(sections) => {
                mistakes = sections.broken();
                if mistakes.is_empty() {
                    return Ok(sections);
                }
            }
            // What the schema let through (an address that does not parse, say).
            Err(error) => mistakes.push(Mistake::new(&[], error.to_string(), "correct the value")),
        }
    }
    Err(located(text, mistakes))
}

fn not_toml(text: &str, error: &toml::de::Error) -> Mistake {
    let line = error.span().map(|span| line_at(text, span.start));
    let problem = format!("not valid TOML: {}", error.message().replace('\n', ", "));
    Mistake {
        path: Vec::new(),
        line,
        problem,
        instead: "correct the line; a value is written `key = value`, text in double quotes".into(),
    }
}

/// Turns one schema error into mistakes that a technician can act on.
fn explain(error: &jsonschema::ValidationError<'_>, schema: &Value, mistakes: &mut Vec<Mistake>) {
    let path: Vec<String> = error
        .instance_path()
        .as_str()
        .split('/')
        .skip(1)
        .map(|segment| segment.replace("~1", "/").replace("~0", "~"))
        .collect();
    // The schema error names the keyword; its parent is the declaration of the key.
    let keyword_at = error.schema_path().as_str();
    let declaration = keyword_at
        .rsplit_once('/')
        .and_then(|(parent, _)| schema.pointer(parent))
        .unwrap_or(&Value::Null);
    let mistake = |path: Vec<String>, problem: String, instead: String| Mistake {
        path,
        line: None,
        problem,
        instead,
    };
    match error.kind() {
        Kind::AdditionalProperties { unexpected } => {
            for key in unexpected {
                let mut path = path.clone();
                path.push(key.clone());
                let instead = match nearest(key, declaration) {
                    Some(known) => format!("did you mean `{known}`?"),
                    None => format!("remove it; known keys: {}", known_keys(declaration)),
                };
                mistakes.push(mistake(path, "there is no such key".into(), instead));
            }
        }
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let about = declaration["properties"][name]["description"].as_str().unwrap_or_default();
            let instead = format!("add `{name}`: {}", lower_first(about));
            mistakes.push(mistake(path, format!("`{name}` is missing"), instead));
        }
        // An optional section or value: the branch that is not `null` says what is wrong.
        Kind::AnyOf { context } => {
            for error in context.iter().max_by_key(|branch| depth(branch)).into_iter().flatten() {
                explain(error, schema, mistakes);
            }
        }
        Kind::Format { format } if address::FORMATS.contains(&format.as_str()) => {
            let text = error.instance().as_str().unwrap_or_default();
            if let Err((problem, instead)) = address::check(format, text) {
                mistakes.push(mistake(path, format!("{text:?}: {problem}"), instead));
            }
        }
        _ => mistakes.push(mistake(
            path,
            format!("{} is not possible here", error.instance()),
            format!("write {}", expected(declaration)),
        )),
    }
}

fn depth(branch: &[jsonschema::ValidationError<'_>]) -> usize {
    branch
        .iter()
        .map(|error| match error.kind() {
            Kind::Type { .. } => 0,
            _ => 1 + error.instance_path().as_str().len(),
        })
        .max()
        .unwrap_or(0)
}

/// What a declaration asks for, in words: "a whole number from 2 to 1000 (…)".
fn expected(declaration: &Value) -> String {
    let mut words = if let Some(options) = declaration["oneOf"].as_array() {
        let options: Vec<_> = options.iter().map(|option| option["const"].to_string()).collect();
        format!("one of {}", options.join(", "))
    } else if let Some(options) = declaration["enum"].as_array() {
        let options: Vec<_> = options.iter().map(ToString::to_string).collect();
        format!("one of {}", options.join(", "))
    } else {
        match declaration["type"].as_str().or_else(|| declaration["type"][0].as_str()) {
            Some("integer") => "a whole number".to_owned(),
            Some("number") => "a number".to_owned(),
            Some("string") => "text in double quotes".to_owned(),
            Some("boolean") => "true or false".to_owned(),
            Some("array") => "a list".to_owned(),
            _ => "a section".to_owned(),
        }
    };
    match (&declaration["minimum"], &declaration["maximum"]) {
        (Value::Null, Value::Null) => {}
        (low, Value::Null) => words.push_str(&format!(" of at least {low}")),
        (Value::Null, high) => words.push_str(&format!(" of at most {high}")),
        (low, high) => words.push_str(&format!(" from {low} to {high}")),
    }
    for (low, high, what) in
        [("minItems", "maxItems", "entries"), ("minLength", "maxLength", "characters")]
    {
        if let (Some(low), Some(high)) = (declaration[low].as_u64(), declaration[high].as_u64()) {
            words.push_str(&if low == high {
                format!(" of exactly {low} {}", what.replace("ies", "y"))
            } else {
                format!(" of {low} to {high} {what}")
            });
        }
    }
    if let Some(pattern) = declaration["pattern"].as_str() {
        words.push_str(&format!(" that matches {pattern}"));
    }
    if let Some(about) = declaration["description"].as_str() {
        words.push_str(&format!(" ({})", about.replace('\n', " ").trim_end_matches('.')));
    }
    words
}

fn known_keys(declaration: &Value) -> String {
    let properties = declaration["properties"].as_object();
    properties
        .map(|keys| keys.keys().map(String::as_str).collect::<Vec<_>>().join(", "))
        .unwrap_or_default()
}

/// The known key that was probably meant. 0.8 is where Jaro-Winkler stops to match unrelated
/// words of this length ("fps", "name") and still matches a letter that was swapped or missed.
fn nearest<'a>(key: &str, declaration: &'a Value) -> Option<&'a str> {
    declaration["properties"]
        .as_object()?
        .keys()
        .map(|known| (strsim::jaro_winkler(key, known), known.as_str()))
        .filter(|(similarity, _)| *similarity > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

fn lower_first(text: &str) -> String {
    let text = text.replace('\n', " ");
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_lowercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

/// The line on which the value at `path` stands, or the nearest section around it.
fn line_of(text: &str, document: &DeTable<'_>, path: &[String]) -> Option<usize> {
    let (first, rest) = path.split_first()?;
    let (key, mut value) = document.get_key_value(first.as_str())?;
    let mut at = key.span().start;
    for segment in rest {
        let next = match value.get_ref() {
            DeValue::Table(table) => {
                table.get_key_value(segment.as_str()).map(|(key, value)| (key.span(), value))
            }
            DeValue::Array(array) => segment
                .parse::<usize>()
                .ok()
                .and_then(|index| array.get(index))
                .map(|value| (value.span(), value)),
            _ => None,
        };
        let Some((span, inner)) = next else { break };
        at = span.start;
        value = inner;
    }
    Some(line_at(text, at))
}

fn line_at(text: &str, byte: usize) -> usize {
    text.as_bytes().iter().take(byte).filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::BridgeConfig;

    const GOOD: &str = r#"
[line]
name = "line 1"
sku = "carton"

[conveyor]
mm_per_count = 0.5
nominal_speed_mm_s = 300
exit_eye_mm = 1500

[[conveyor.diverter]]
lane = 1
commit_point_mm = 900
lane_eye_mm = 1200

[plc]
address = "127.0.0.1:1502"
"#;

    fn mistakes(text: &str) -> Vec<String> {
        let mistakes = parse::<BridgeConfig>(text).expect_err("the text has a mistake");
        mistakes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_good_file_is_read_with_defaults_filled_in() {
        let config = parse::<BridgeConfig>(GOOD).expect("no mistake");
        assert_eq!(config.plc.cycle_ms, 10);
        assert_eq!(config.conveyor.diverter[0].lane, 1);
    }

    #[test]
    fn every_mistake_is_listed_with_its_line_and_what_to_write() {
        let text = GOOD
            .replace("lane = 1", "lane = 300")
            .replace("exit_eye_mm", "exit_eye")
            .replace("address = \"127.0.0.1:1502\"", "address = 7\ncycle_ms = 0");
        let found = mistakes(&text);
        assert_eq!(found.len(), 5, "{found:#?}");
        let all = found.join("\n");
        assert!(all.contains("line 9: conveyor.exit_eye: there is no such key; did you mean"));
        assert!(all.contains("line 6: conveyor: `exit_eye_mm` is missing; add `exit_eye_mm`: "));
        assert!(all.contains("line 12: conveyor.diverter[0].lane: 300 is not possible here"));
        assert!(all.contains("write a whole number from 1 to 99"));
        assert!(all.contains("line 18: plc.cycle_ms: 0 is not possible here"));
    }

    #[test]
    fn text_that_is_no_toml_is_reported_with_its_line() {
        let found = mistakes("[line]\nname = line one\n");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("line 2: not valid TOML"), "{found:?}");
    }

    #[test]
    fn ports_schemes_and_blanks_are_reported_with_their_line_and_what_to_write() {
        let all = mistakes(&GOOD.replace("127.0.0.1:1502", "127.0.0.1:70000")).join("\n");
        assert!(
            all.contains("line 17: plc.address: \"127.0.0.1:70000\": there is no port"),
            "{all}"
        );
        let all = mistakes(&GOOD.replace("127.0.0.1:1502", "http://10.0.0.1:502")).join("\n");
        assert!(all.contains("write \"10.0.0.1:502\""), "{all}");
        let found = mistakes(
            &GOOD.replace("\"carton\"", "\"carton \"").replace("\"line 1\"", "\"\\tline 1\""),
        );
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[0], "line 3: line.name: a blank stands before the text; write \"line 1\"");
        assert_eq!(found[1], "line 4: line.sku: a blank stands after the text; write \"carton\"");
        let found = mistakes(&GOOD.replace("line 1\"", "line\\u200B 1\""));
        assert!(found[0].contains("U+200B"), "{found:?}");
        // Blanks around an address are told as such, not as a host that does not exist.
        let found = mistakes(&GOOD.replace("127.0.0.1:1502", " 127.0.0.1:1502"));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("a blank stands before"), "{found:?}");
    }

    #[test]
    fn blanks_in_a_section_of_another_process_are_its_own_affair() {
        let other = format!("{GOOD}[fleet]\nsite = \"x \"\n");
        parse::<BridgeConfig>(&other).expect("plc-bridge does not read [fleet]");
    }

    fn read_bytes(bytes: &[u8]) -> Result<BridgeConfig, String> {
        let file = tempfile::NamedTempFile::new().expect("there is room");
        std::fs::write(file.path(), bytes).expect("there is room");
        read::<BridgeConfig>(file.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn each_line_that_is_not_utf_8_is_named_and_other_mistakes_with_it() {
        let text = GOOD.replace("line 1", "F\u{f6}rderband").replace("lane = 1", "lane = 0");
        let latin1: Vec<u8> = text.chars().map(|letter| letter as u8).collect();
        let told = read_bytes(&latin1).expect_err("not UTF-8");
        assert!(told.contains("2 mistakes"), "{told}");
        assert!(
            told.contains("line 3: column 10 is not UTF-8 (byte 0xF6, perhaps a `\u{f6}`)"),
            "{told}"
        );
        assert!(told.contains("line 12: conveyor.diverter[0].lane"), "{told}");

        let utf16: Vec<u8> = "\u{feff}[line]".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let told = read_bytes(&utf16).expect_err("UTF-16");
        assert!(told.contains("1 mistake") && told.contains("save it as UTF-8"), "{told}");
    }

    #[test]
    fn a_byte_order_mark_is_passed_over_and_moves_no_line() {
        let marked = format!("\u{feff}{GOOD}");
        read_bytes(marked.as_bytes()).expect("the mark is no mistake");
        let told =
            read_bytes(marked.replace("lane = 1", "lane = 0").as_bytes()).expect_err("lane 0");
        assert!(told.contains("line 12: "), "{told}");
    }

    #[test]
    fn a_missing_section_says_what_to_add() {
        let text = GOOD.replace("[plc]", "[pcl]");
        let all = mistakes(&text).join("\n");
        assert!(all.contains("`plc` is missing; add `plc`: the conveyor PLC"), "{all}");
    }

    #[test]
    fn a_number_that_is_not_finite_is_refused() {
        let all = mistakes(&GOOD.replace("mm_per_count = 0.5", "mm_per_count = nan")).join("\n");
        assert!(all.contains("line 7: conveyor.mm_per_count"), "{all}");
    }

    #[test]
    fn a_commit_point_after_the_exit_is_refused() {
        let all = mistakes(&GOOD.replace("= 900", "= 1600")).join("\n");
        assert!(all.contains("conveyor.diverter[0].commit_point_mm"), "{all}");
    }

    #[test]
    fn a_missing_file_names_itself_and_the_next_step() {
        let error = read::<BridgeConfig>(Path::new("/nowhere/line.toml")).expect_err("no file");
        let text = error.to_string();
        assert!(text.contains("/nowhere/line.toml") && text.contains("--line"), "{text}");
    }
}
