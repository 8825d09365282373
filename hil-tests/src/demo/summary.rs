//! The account of a run, for people.

use std::fmt::Write as _;

use crate::harness::account::{Account, Latency};

/// The account in a few lines.
pub fn for_people(account: &Account) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:<22} {value}");
    };
    line("items", format!("{} ({} defective)", account.items, account.defective));
    line("correctly diverted", account.correctly_diverted.to_string());
    line("missed", account.missed.to_string());
    line("false diverts", account.false_diverts.to_string());
    if account.held > 0 {
        line("good but on hold", account.held.to_string());
    }
    line("uninspected", account.uninspected_items().to_string());
    for (cause, items) in &account.uninspected {
        line("", format!("{items} × {cause}"));
    }
    line("mis-sorted", account.mis_sorted.to_string());
    line("eye to verdict", latency(account.eye_to_verdict));
    line("verdict to PLC", latency(account.verdict_to_plc));
    line("frames dropped", account.frames_dropped.to_string());
    line(
        "MQTT messages",
        format!("{} acknowledged, {} owed", account.mqtt_acknowledged, account.mqtt_owed),
    );
    let equal = if account.records_equal_truth { "yes, every one" } else { "NO" };
    line("records equal truth", equal.to_owned());
    for difference in &account.differences {
        line("", difference.clone());
    }
    text
}

fn latency(latency: Latency) -> String {
    let ms = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1} ms"));
    format!("p50 {}, p99 {}", ms(latency.p50_ms), ms(latency.p99_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_and_differences_are_named() {
        let mut account = Account { items: 3, ..Account::default() };
        account.uninspected.insert("top: no frame".into(), 2);
        account.differences.push("item 2: no record".into());
        let text = for_people(&account);
        assert!(text.contains("2 × top: no frame") && text.contains("item 2: no record"), "{text}");
        assert!(text.contains("records equal truth    NO"), "{text}");
    }
}
