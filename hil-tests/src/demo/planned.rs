//! The account of a mixed belt, for people.

use std::fmt::Write as _;

use comfy_table::{ContentArrangement, Table, presets};

use crate::harness::account::planned::{InTotes, Planned, Row, Share};

/// Numbers of items that a row names at most.
const NAMED: usize = 6;

/// A table of what was planted, and the shares of what went wrong.
pub fn for_people(planned: &Planned) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["planted", "came", "right", "what became of them", "not right"]);
    table.add_rows(planned.rows.iter().map(cells));
    let mut text = format!("{table}\n");
    // Writing to a string cannot fail.
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<34} {value}");
    };
    line("false diverts", share(planned.false_diverts, "good items"));
    line("misses", share(planned.misses, "planted defects"));
    line("unknown", share(planned.unknown, "items of listed SKUs"));
    line("not inspected", share(planned.uninspected, "items"));
    let in_silence = match numbers(&planned.wrong_in_silence) {
        none if none.is_empty() => "none".to_owned(),
        some => some,
    };
    line("named wrongly in silence", in_silence);
    let InTotes { right, false_diverts, misses, named, invented } = planned.totes;
    line("in totes, right", share(right, "items in totes"));
    line("  of these falsely diverted", share(false_diverts, "good items in totes"));
    line("  of these missed", share(misses, "planted defects in totes"));
    line("  whose tote is named", share(named, "items in totes"));
    line("  said to be in one, and are not", share(invented, "items on the belt"));
    let learned = planned.newcomer_known_from.map_or("not in this run".to_owned(), |number| {
        format!("item {number} is the first of it that was compared with a reference")
    });
    line("newcomer learned", learned);
    for (name, value) in &planned.scanner {
        line(&format!("scanner {name}"), share(*value, "items"));
    }
    line("  and was contradicted", share(planned.misreads_found, "items of another code"));
    text
}

fn cells(row: &Row) -> [String; 5] {
    let verdicts: Vec<String> =
        row.verdicts.iter().map(|(verdict, count)| format!("{count} × {verdict}")).collect();
    [
        row.what.clone(),
        row.items.to_string(),
        row.right.to_string(),
        verdicts.join("\n"),
        numbers(&row.not_right),
    ]
}

fn numbers(items: &[u64]) -> String {
    let mut named: Vec<String> = items.iter().take(NAMED).map(u64::to_string).collect();
    if items.len() > NAMED {
        named.push("…".to_owned());
    }
    named.join(", ")
}

fn share(share: Share, what: &str) -> String {
    let Share { count, of, interval: [low, high] } = share;
    if of == 0 {
        return format!("no {what}");
    }
    let percent = |share: f64| 100.0 * share;
    let (low, high) = (percent(low), percent(high));
    format!("{count} of {of} {what}: {low:.1} to {high:.1} %",)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_names_what_came_of_a_planted_thing_and_which_items_were_not_right() {
        let verdicts = [("diverted for damage".to_owned(), 2), ("passed".to_owned(), 1)];
        let row = Row {
            what: "stained".to_owned(),
            items: 3,
            right: 2,
            verdicts: verdicts.into(),
            not_right: vec![17],
        };
        let misses = Share { count: 1, of: 3, interval: [0.061, 0.792] };
        let text = for_people(&Planned { rows: vec![row], misses, ..Planned::default() });
        for part in ["stained", "2 × diverted for damage", "1 × passed", "17"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(text.contains("1 of 3 planted defects: 6.1 to 79.2 %"), "{text}");
        assert!(text.contains("no good items") && text.contains("not in this run"), "{text}");
    }
}
