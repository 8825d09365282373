//! How answers are printed: tables for people, JSON for scripts, and no panic when the reader of a
//! pipe has read enough.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Context as _;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

/// What a subcommand has to say.
#[derive(Debug)]
pub struct Answer {
    text: String,
    good: bool,
}

impl Answer {
    /// Text for stdout.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), good: true }
    }

    /// `value` as JSON when `json` is asked for, else the text that `people` makes.
    pub fn either<T: Serialize + ?Sized>(
        json: bool,
        value: &T,
        people: impl FnOnce() -> String,
    ) -> anyhow::Result<Self> {
        if !json {
            return Ok(Self::new(people()));
        }
        let text = serde_json::to_string_pretty(value).context("the answer cannot become JSON")?;
        Ok(Self::new(text))
    }

    /// The same, with exit code 1 unless `good`.
    pub fn good_only_if(mut self, good: bool) -> Self {
        self.good = good;
        self
    }

    /// Writes to stdout. A reader that went away (`| head`) has what it wanted.
    pub fn print(&self) -> anyhow::Result<ExitCode> {
        let mut out = io::stdout().lock();
        let written = writeln!(out, "{}", self.text.trim_end()).and_then(|()| out.flush());
        match written {
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
                return Err(e).context("cannot write to stdout");
            }
            _ => {}
        }
        Ok(if self.good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// A table with a header and no lines. Columns of numbers stand to the right; on a terminal long
/// cells wrap to its width, in a pipe every row stays on one line.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header.to_vec()).add_rows(rows.to_vec());
    table.set_content_arrangement(if io::stdout().is_terminal() {
        ContentArrangement::Dynamic
    } else {
        ContentArrangement::Disabled
    });
    for (index, column) in table.column_iter_mut().enumerate() {
        let numeric = |cell: &str| cell == NONE || cell.parse::<f64>().is_ok();
        let cells = || rows.iter().filter_map(|row| row.get(index)).filter(|cell| *cell != NONE);
        if cells().next().is_some() && cells().all(|cell| numeric(cell)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// What stands in a table for a value that is not there.
pub const NONE: &str = "-";

/// A cell for a value that may be absent.
pub fn cell<T>(value: Option<T>, show: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| NONE.to_owned(), show)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_in_a_pipe_keeps_each_row_on_one_line_and_aligns_numbers() {
        let long = "x".repeat(300);
        let text = table(
            &["name", "value"],
            &[vec![long.clone(), "1.5".to_owned()], vec!["b".to_owned(), "10.25".to_owned()]],
        );
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.contains(&long));
        assert!(text.lines().all(|line| !line.contains('\u{1b}')), "no colour in a pipe");
        let ends: Vec<_> = text.lines().skip(1).map(str::len).collect();
        assert_eq!(ends[0], ends[1], "numbers end in the same column:\n{text}");
    }
}
