//! One line of the socket between plc-bridge and inspectd: from a message to bytes and back.
//!
//! Both processes write and read by these functions, so that no line is ever longer than [`MAX_LINE`]:
//! the texts in a message are cut to [`WORDS_MAX`] characters on its way out, and again on its way in,
//! since what was sent may have been written by another release. A peer that gets a longer line hangs up,
//! connects again and is sent the same line again.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::protocol::{
    Check, FallBackCause, FromBridge, ItemEvent, MAX_LINE, PlcState, ToBridge, Verdict,
};
use crate::text::{self, Cut, NAME_MAX, WORDS_MAX};

/// Characters of an error that quotes what came.
const QUOTE_MAX: usize = 200;

/// What came is no message of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAMessage(String);

/// A message whose texts have an end.
pub trait Message: Serialize + DeserializeOwned {
    /// Cuts what is too long.
    fn bound(&mut self);
}

impl Message for ToBridge {
    fn bound(&mut self) {
        let Self::Verdict { boot, verdict, .. } = self else { return };
        boot.cut_to(NAME_MAX);
        match verdict {
            Verdict::Pass => {}
            Verdict::Divert { reasons, .. } => name_once(reasons),
            Verdict::Uninspected { cause } => _ = cause.cut_to(WORDS_MAX),
        }
    }
}

impl Message for FromBridge {
    fn bound(&mut self) {
        match self {
            Self::Hello { boot, .. } => _ = boot.cut_to(NAME_MAX),
            Self::Plc { state: PlcState::Lost { cause } } => _ = cause.cut_to(WORDS_MAX),
            Self::Event { event: ItemEvent::Decided { decision, .. }, .. } => {
                if let Some(FallBackCause::Uninspected { why }) = &mut decision.fall_back {
                    why.cut_to(WORDS_MAX);
                }
            }
            _ => {}
        }
    }
}

/// Each reason stands once: there are few kinds of them.
fn name_once(reasons: &mut Vec<Check>) {
    let mut named = Vec::new();
    reasons.retain(|reason| {
        let is_new = !named.contains(reason);
        if is_new {
            named.push(*reason);
        }
        is_new
    });
}

/// Writes a message into `line`, in place of what is there, with the end of the line.
pub fn write(mut message: impl Message, line: &mut Vec<u8>) {
    message.bound();
    line.clear();
    serde_json::to_writer(&mut *line, &message).expect("a message has string keys only");
    line.push(b'\n');
    debug_assert!(line.len() <= MAX_LINE, "texts are cut");
}

/// Reads a message from one line.
///
/// # Errors
/// [`NotAMessage`], with what is wrong.
pub fn read<M: Message>(line: &[u8]) -> Result<M, NotAMessage> {
    let mut message: M = serde_json::from_slice(line)
        .map_err(|error| NotAMessage(text::cut(&error.to_string(), QUOTE_MAX).into_owned()))?;
    message.bound();
    Ok(message)
}

#[cfg(test)]
mod tests;
