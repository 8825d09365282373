//! What looks wrong in a row of looks, in plain words, each with its remedy.
//!
//! Pure functions: the same looks give the same findings. A finding is made only from what was
//! seen; what needs a running belt or a passing item says nothing while there is none.

use std::time::Duration;

use super::code_findings;
use super::look::{Expected, Look};
use super::round_trip::RoundTrips;
use super::status_findings;
use crate::registers::{Command, DecodeError, STATUS_LEN, Status};

/// Something that a person should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whether the line cannot work like this; else it is worth knowing.
    pub is_wrong: bool,
    /// What was seen.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl Finding {
    /// The line cannot work like this.
    pub fn wrong(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { is_wrong: true, what: what.into(), remedy: remedy.into() }
    }

    /// It may be meant so.
    pub fn note(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { is_wrong: false, what: what.into(), remedy: remedy.into() }
    }
}

/// Whether another master writes commands: the block's sequence number changes by itself, or the
/// PLC's echo of it, where the command block cannot be read.
pub fn is_written_by_another(looks: &[Look], expected: &Expected) -> bool {
    let sent = commands(looks, expected).map(|(_, command)| command.sequence);
    let echoed = status_findings::statuses(looks, expected);
    counts(sent) || counts(echoed.map(|(_, status)| status.sequence_echo))
}

/// Whether a number changes from one look to the next.
fn counts(numbers: impl Iterator<Item = u16>) -> bool {
    let numbers: Vec<_> = numbers.collect();
    numbers.windows(2).any(|pair| pair[0] != pair[1])
}

/// Everything that looks wrong in `looks`, oldest first. `elsewhere` are the addresses at which a
/// status block was found instead.
pub fn findings(looks: &[Look], expected: &Expected, elsewhere: &[u16]) -> Vec<Finding> {
    let mut found: Vec<_> = overlapping(expected).into_iter().collect();
    let Some(last) = looks.last() else { return found };
    match &last.status {
        Err(error) => {
            found.push(Finding::wrong("the status block cannot be read", error.to_string()))
        }
        Ok(words) => match Status::decode(words, expected.order) {
            Err(error) => found.extend(unreadable(error, expected, elsewhere)),
            Ok(_) => {
                found.extend(status_findings::findings(looks, expected));
                found.extend(code_findings::findings(looks, expected));
            }
        },
    }
    if last.status.is_err() && !elsewhere.is_empty() {
        found.push(elsewhere_is_one(expected, elsewhere));
    }
    match &last.command {
        Err(error) => {
            found.push(Finding::wrong("the command block cannot be read", error.to_string()))
        }
        Ok(words) => found.extend(command_findings(words, looks, expected)),
    }
    found
}

/// What the round trips mean for the cycle.
pub fn round_trip_findings(
    reads: &RoundTrips,
    writes: &RoundTrips,
    expected: &Expected,
) -> Vec<Finding> {
    let mut found = Vec::new();
    // A cycle is one write and one read; without a measured write, a read stands for it.
    let writes = if writes.is_empty() { reads } else { writes };
    let exchange = |part| reads.quantile(part) + writes.quantile(part);
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    if exchange(0.99) > expected.cycle {
        let needed = (ms(exchange(0.99)) * 1.2).ceil();
        found.push(Finding::wrong(
            format!(
                "a write and a read take up to {:.1} ms, longer than plc.cycle_ms ({:.0} ms): \
                 cycles will be missed",
                ms(exchange(0.99)),
                ms(expected.cycle)
            ),
            format!(
                "raise plc.cycle_ms to {needed:.0}, or find out what slows the network or the PLC"
            ),
        ));
    }
    let slowest = reads.quantile(1.0).max(writes.quantile(1.0));
    if slowest * 2 > expected.timeout {
        found.push(Finding::wrong(
            format!(
                "the slowest request took {:.1} ms, too near to plc.timeout_ms ({:.0} ms)",
                ms(slowest),
                ms(expected.timeout)
            ),
            format!("raise plc.timeout_ms to at least {:.0}", (ms(slowest) * 3.0).ceil()),
        ));
    }
    found
}

/// The command blocks that can be read, with their time.
pub(super) fn commands<'a>(
    looks: &'a [Look],
    expected: &'a Expected,
) -> impl Iterator<Item = (Duration, Command)> + 'a {
    looks.iter().filter_map(|look| {
        let words = look.command.as_ref().ok()?;
        Some((look.at, Command::decode(words, expected.order).ok()?))
    })
}

fn overlapping(expected: &Expected) -> Option<Finding> {
    let (status, command) = (usize::from(expected.status_base), usize::from(expected.command_base));
    let overlap = status < command + crate::registers::COMMAND_LEN && command < status + STATUS_LEN;
    overlap.then(|| {
        Finding::wrong(
            format!("the blocks at {status} and {command} overlap"),
            format!(
                "put plc.command_base at {} or higher, and the PLC's area too",
                status + STATUS_LEN
            ),
        )
    })
}

fn elsewhere_is_one(expected: &Expected, elsewhere: &[u16]) -> Finding {
    let places: Vec<_> = elsewhere.iter().map(u16::to_string).collect();
    Finding::wrong(
        format!(
            "no status block stands at plc.status_base ({}), but the map's version does at {}",
            expected.status_base,
            places.join(", ")
        ),
        "correct plc.status_base in the line file, or the address of the PLC's area",
    )
}

fn unreadable(error: DecodeError, expected: &Expected, elsewhere: &[u16]) -> Vec<Finding> {
    let base = expected.status_base;
    match error {
        DecodeError::MapVersion { .. } if !elsewhere.is_empty() => {
            vec![elsewhere_is_one(expected, elsewhere)]
        }
        DecodeError::MapVersion { got: 0, .. } => vec![Finding::wrong(
            format!("the registers from {base} on hold nothing"),
            "check that the PLC program runs and that its StatusRegisters are mapped to this \
             address, and plc.status_base",
        )],
        DecodeError::MapVersion { got: got @ 1..=20, .. } => vec![Finding::wrong(
            format!("the PLC program is made for map version {got}"),
            "load the plc/inspectd.st of this version of plc-bridge into the PLC",
        )],
        error => vec![Finding::wrong("the status block makes no sense", error.to_string())],
    }
}

fn command_findings(words: &[u16], looks: &[Look], expected: &Expected) -> Vec<Finding> {
    if words.iter().all(|word| *word == 0) {
        return vec![Finding::note(
            "nobody has written a command block since the PLC's start",
            "start plc-bridge when the rest is in order",
        )];
    }
    if let Err(error) = Command::decode(words, expected.order) {
        return vec![Finding::wrong(
            "what stands in the command block was not written by this plc-bridge",
            error.to_string(),
        )];
    }
    if !is_written_by_another(looks, expected) {
        return Vec::new();
    }
    let mut found = vec![Finding::note(
        "a bridge is writing commands to this PLC",
        "the probe only reads; stop plc-bridge before you move outputs. Two bridges at one PLC are \
         a mistake",
    )];
    let boots: Vec<_> = commands(looks, expected).map(|(_, command)| command.bridge_boot).collect();
    if boots.windows(3).any(|boots| boots[0] != boots[1] && boots[0] == boots[2]) {
        found.push(Finding::wrong(
            "two bridges write commands in turn",
            "stop one of them: one line has one plc-bridge",
        ));
    }
    let sent = commands(looks, expected).map(|(_, command)| command.sequence);
    let echoed: Vec<_> = status_findings::statuses(looks, expected).collect();
    let echoes = counts(echoed.iter().map(|(_, status)| status.sequence_echo));
    if echoed.len() >= 3 && counts(sent) && !echoes {
        found.push(Finding::wrong(
            "the PLC takes no command: sequence_echo stands still while sequence counts",
            "check that CommandRegisters are mapped to plc.command_base and that FB_Inspectd is called",
        ));
    }
    found
}

#[cfg(test)]
mod tests;
