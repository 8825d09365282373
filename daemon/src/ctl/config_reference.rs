//! The reference page of the line file, made from the declaration of its keys.
//!
//! [`declared`](crate::declared) walks the declaration; it becomes `docs/configuration.md` here. A test holds the page
//! against the declaration; `UPDATE=1` writes it anew.

use serde_json::Value;

use crate::declared::{self, Section};

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
in the direction of travel. A change takes effect when the daemon is started again; where a key says
so, at once when it is saved on the technicians' page.
";

/// The page for the schema of the whole line file.
pub fn markdown(schema: &Value) -> String {
    let mut page = format!("{INTRODUCTION}\n## Example\n\n```toml\n{}\n```\n", EXAMPLE.trim_end());
    for declared in declared::sections(schema) {
        section(&mut page, &declared);
    }
    page
}

fn section(page: &mut String, declared: &Section) {
    let Section { name, repeated, required, about, keys, .. } = declared;
    let heading = if *repeated { format!("[[{name}]]") } else { format!("[{name}]") };
    let presence = match (required, repeated) {
        (true, true) => "Required; write the section once for each.",
        (true, false) => "Required.",
        (false, _) => "May be left out.",
    };
    let mut add = |text: String| page.push_str(&text);
    add(format!("\n## `{heading}`\n\n{} {presence}\n\n", cell(about)));
    add("| key | value | default | meaning |\n| --- | --- | --- | --- |\n".to_owned());
    for key in keys {
        let default = match key.default() {
            _ if key.required => "required".to_owned(),
            None => "none".to_owned(),
            Some(value) => format!("`{value}`"),
        };
        let at_once = if key.is_at_once() {
            " Takes effect at once when it is saved on the page."
        } else {
            ""
        };
        let (value, about) = (cell(&key.value_words()), cell(&key.about));
        add(format!("| `{}` | {value} | {default} | {about}{at_once} |\n", key.name));
    }
}

/// A text, fit for a table's cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
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
        let keys = sections.filter_map(|section| section["properties"].as_object());
        let keys: Vec<_> = keys.flat_map(|keys| keys.keys()).collect();
        assert!(keys.len() > 40, "the declaration is walked");
        for key in keys {
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
