//! The items as they pass: a table that renews itself in a terminal, plain lines elsewhere.

use std::{
    collections::BTreeSet,
    io::{self, IsTerminal, Write},
};

use comfy_table::{Table, presets};

use crate::harness::page::Item;

/// Rows of the table.
const ROWS: usize = 12;
/// Characters of the reason that fit beside the other columns.
const REASON: usize = 44;

/// Where the items are shown.
pub struct Screen {
    live: bool,
    drawn_lines: usize,
    printed: BTreeSet<u64>,
}

impl Screen {
    /// The terminal, if stdout is one.
    pub fn new() -> Self {
        Self { live: io::stdout().is_terminal(), drawn_lines: 0, printed: BTreeSet::new() }
    }

    /// Shows the newest items; `headline` stands above the table.
    ///
    /// # Errors
    /// stdout is closed.
    pub fn show(&mut self, headline: &str, items: &[Item]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.live {
            let text = format!("{headline}\n{}\n", table(items));
            // Back to the first line of the last table, and over it.
            if self.drawn_lines > 0 {
                write!(out, "\x1b[{}A\x1b[J", self.drawn_lines)?;
            }
            self.drawn_lines = text.lines().count();
            out.write_all(text.as_bytes())?;
        } else {
            for item in items.iter().rev().filter(|item| item.outcome.is_some()) {
                if self.printed.insert(item.item) {
                    writeln!(out, "{}", line(item))?;
                }
            }
        }
        out.flush()
    }
}

impl Default for Screen {
    fn default() -> Self {
        Self::new()
    }
}

/// One item in the order of the columns: item, SKU, how well it is known, score, verdict, reason, time, outcome.
fn cells(item: &Item) -> [String; 8] {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        item.item.to_string(),
        item.sku.clone().unwrap_or_else(|| "unknown".to_owned()),
        or_dash(item.familiarity.clone()),
        or_dash(item.score.map(|score| format!("{score:.2}"))),
        or_dash(item.verdict.clone()),
        shortened(item.words.first().map_or("", String::as_str)),
        or_dash(item.ms.map(|ms| format!("{ms:.0}"))),
        or_dash(item.outcome.clone()),
    ]
}

fn table(items: &[Item]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["item", "SKU", "known", "score", "verdict", "reason", "ms", "outcome"]);
    table.add_rows(items.iter().take(ROWS).map(cells));
    table
}

fn line(item: &Item) -> String {
    let [number, sku, known, score, verdict, reason, ms, outcome] = cells(item);
    // Of a line with one product it goes without saying.
    let known = if known == "-" { String::new() } else { format!(" ({known})") };
    let reason = if reason.is_empty() { reason } else { format!(" ({reason})") };
    format!("item {number}  {sku}{known}  score {score}  {verdict}{reason}  {ms} ms  {outcome}")
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= REASON {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(REASON - 1).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> Item {
        Item {
            item: 7,
            sku: Some("tea".into()),
            familiarity: Some("learning 5 of 8".into()),
            score: Some(1.234),
            verdict: Some("divert".into()),
            words: vec!["top: unlike the normal ones at 10, 20".into()],
            ms: Some(612.4),
            outcome: Some("diverted into lane 1".into()),
        }
    }

    #[test]
    fn a_plain_line_holds_what_the_table_holds() {
        let text = line(&item());
        let table = table(&[item()]).to_string();
        for part in [
            "7",
            "tea",
            "learning 5 of 8",
            "1.23",
            "divert",
            "unlike the normal",
            "612",
            "into lane 1",
        ] {
            assert!(text.contains(part), "{part}: {text}");
            assert!(table.contains(part), "{part}: {table}");
        }
    }

    #[test]
    fn an_item_under_inspection_shows_dashes_and_a_long_reason_is_cut() {
        let item = Item {
            familiarity: None,
            score: None,
            verdict: None,
            ms: None,
            outcome: None,
            words: vec!["x".repeat(200)],
            ..item()
        };
        let [.., known, score, verdict, reason, ms, outcome] = cells(&item);
        assert_eq!([known, score, verdict, ms, outcome], ["-"; 5].map(str::to_owned));
        assert_eq!(reason.chars().count(), REASON);
    }
}
