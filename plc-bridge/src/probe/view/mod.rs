//! Both blocks as lines of text: offset, name, value, and what the value means.
//!
//! Names come from the register map's own tables. A block that cannot be decoded is shown as it
//! is, since that is when a person wants to see its registers.

use crate::registers::{
    BlindOrder, CAUSE_AMBIGUOUS, CAUSE_BRIDGE_RESTARTED, CAUSE_INSPECTOR_DEAD, CAUSE_NO_VERDICT,
    CAUSE_NONE, CAUSE_PLC_LOST, CAUSE_UNINSPECTED, CODE_RING, CodeBlock, Command, EVENT_RING,
    Entry, Eye, LANE_STOP, LineEvent, Order, PlcResult, RING, SOURCE_FALL_BACK, SOURCE_UNUSED,
    SOURCE_VERDICT, Status, code_entries, command_entries, slot, status_entries,
};
use line::config::ItemCodeKind;

/// The status block.
pub fn status_lines(words: &[u16], order: Order) -> Vec<String> {
    let status = match Status::decode(words, order) {
        Ok(status) => status,
        Err(error) => return undecoded(words, status_entries(), &error.to_string()),
    };
    let capabilities = status.capabilities;
    let mut lines = table(status_entries(), words, |name| match name {
        "flags" => named(&[
            (status.belt_running, "belt runs"),
            (status.bridge_lost, "bridge lost"),
            (status.stopped_for_item, "stopped for an item"),
        ]),
        "capabilities" => named(&[
            (capabilities.trailing_edges, "trailing edges"),
            (capabilities.direction, "direction"),
            (capabilities.stops_belt, "stops the belt"),
            (capabilities.obeys_blind, "obeys blind"),
            (capabilities.run_signal, "run signal"),
            (capabilities.item_codes, "item codes"),
        ]),
        "encoder" => status.encoder.to_string(),
        _ => String::new(),
    });
    let numbers = newest(status.event_head, EVENT_RING);
    lines.extend(numbers.filter_map(|number| {
        let event = &status.events[slot(number, EVENT_RING)];
        Some(format!("     event {number:5}  {}", event_text(event)?))
    }));
    lines
}

/// The command block, for a line with so many diverters.
pub fn command_lines(words: &[u16], order: Order, diverters: usize) -> Vec<String> {
    let command = match Command::decode(words, order) {
        Ok(command) => command,
        Err(error) => return undecoded(words, command_entries(), &error.to_string()),
    };
    let mut lines = table(command_entries(), words, |name| match name {
        "flags" => named(&[
            (command.inspector_alive, "inspectd alive"),
            (command.inspector_ready, "inspectd ready"),
            (command.fall_back_in_effect, "last decision a fall-back"),
            (command.result_overrun, "results wait"),
            (command.results_valid, "results in the ring"),
            (command.direct, "direct mode"),
            (command.blind == BlindOrder::Stop, "blind: stop the belt"),
            (command.blind == BlindOrder::Divert, "blind: divert everything"),
        ]),
        "own_fall_back" => {
            let each = (0..diverters).map(|index| {
                format!("diverter {index} {:?}", command.own_fall_back.diverter(index))
            });
            each.collect::<Vec<_>>().join(", ").to_lowercase()
        }
        "cause" => cause(command.cause).into(),
        "outputs" => {
            let out = (0..16).filter(|bit| command.outputs >> bit & 1 == 1);
            let out: Vec<_> = out.map(|bit| format!("diverter {bit} out")).collect();
            out.join(", ")
        }
        _ => String::new(),
    });
    let numbers = newest(command.result_head, RING);
    lines.extend(numbers.filter_map(|number| {
        let result = &command.results[slot(number, RING)];
        Some(format!("     result {number:4}  {}", result_text(result)?))
    }));
    lines
}

/// The code block, whose codes are of this kind.
pub fn code_lines(words: &[u16], order: Order, kind: ItemCodeKind) -> Vec<String> {
    let block = match CodeBlock::decode(words, order, kind) {
        Ok(block) => block,
        Err(error) => return undecoded(words, code_entries(), &error.to_string()),
    };
    let mut lines = table(code_entries(), words, |_| String::new());
    let numbers = newest(block.code_head, CODE_RING);
    lines.extend(numbers.filter_map(|number| {
        let told = &block.codes[slot(number, CODE_RING)];
        let code = match told.code(kind) {
            _ if told.number != number || number == 0 => return None,
            Ok(code) => format!("{code:?}"),
            Err(why) => format!("no code: {why}"),
        };
        let (acquisition, encoder) = (told.acquisition, told.encoder);
        Some(format!("     code {number:6}  {code} of item {acquisition}, numbered at {encoder}"))
    }));
    lines
}

/// One line for each entry but the rings, which are listed apart.
fn table(entries: &[Entry], words: &[u16], meaning: impl Fn(&str) -> String) -> Vec<String> {
    let mut lines = Vec::new();
    let mut at = 0;
    for (len, name, _) in entries {
        if *len <= 2 {
            let values: Vec<_> = words[at..at + len].iter().map(u16::to_string).collect();
            let line = format!("{at:4} {name:15} {:12} {}", values.join(" "), meaning(name));
            lines.push(line.trim_end().to_owned());
        }
        at += len;
    }
    lines
}

fn undecoded(words: &[u16], entries: &[Entry], why: &str) -> Vec<String> {
    let mut lines = vec![format!("     not readable: {why}")];
    if entries.iter().map(|(len, ..)| len).sum::<usize>() == words.len() {
        lines.extend(table(entries, words, |_| String::new()));
    }
    lines
}

/// Numbers of the ring's entries, newest first.
fn newest(head: u16, len: usize) -> impl Iterator<Item = u16> {
    (0..len as u16).map(move |back| head.wrapping_sub(back))
}

fn named(flags: &[(bool, &str)]) -> String {
    let set: Vec<_> = flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
    if set.is_empty() { "none".into() } else { set.join(", ") }
}

/// An eye in words.
pub fn eye_text(eye: Eye) -> String {
    match eye {
        Eye::Entry => "entry eye".into(),
        Eye::Exit => "exit eye".into(),
        Eye::Lane(lane) => format!("eye in lane {lane}"),
        Eye::Mid(number) => format!("mid-belt eye {number}"),
    }
}

fn event_text(event: &LineEvent) -> Option<String> {
    let eye = eye_text(event.eye?);
    let edge = if event.trailing { "free" } else { "covered" };
    let way = if event.backward { ", backwards" } else { "" };
    let item = match event.acquisition {
        0 => String::new(),
        id => format!(", item {id}"),
    };
    Some(format!("{eye} {edge}{way} at {}{item}", event.encoder))
}

fn result_text(result: &PlcResult) -> Option<String> {
    let source = match result.source {
        SOURCE_UNUSED => return None,
        SOURCE_VERDICT => "verdict",
        SOURCE_FALL_BACK => "fall-back",
        _ => "of an unknown source",
    };
    let way = match result.lane {
        0 => "stays on the belt".into(),
        LANE_STOP => "stops the belt".into(),
        lane => format!("into lane {lane}"),
    };
    let reasons = ["damage", "identity", "label", "hold"].into_iter().enumerate();
    let reasons = reasons.filter(|(bit, _)| result.reasons >> bit & 1 == 1);
    let reasons: Vec<_> = reasons.map(|(_, name)| name).collect();
    let because =
        if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join(", ")) };
    Some(format!("item {} {way}, {source}{because}", result.acquisition))
}

fn cause(code: u16) -> &'static str {
    match code {
        CAUSE_NONE => "the last decision was a verdict",
        CAUSE_NO_VERDICT => "no verdict in time",
        CAUSE_INSPECTOR_DEAD => "inspectd is away",
        CAUSE_UNINSPECTED => "not inspected",
        CAUSE_AMBIGUOUS => "ambiguous",
        CAUSE_PLC_LOST => "PLC lost",
        CAUSE_BRIDGE_RESTARTED => "bridge restarted",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests;
