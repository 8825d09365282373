//! The items' codes on their way from the PLC to inspectd.
//!
//! A code block is kept until the next status block was looked at: an item whose code is told has
//! entered by then. A block that cannot be read costs the codes and nothing else; it is asked for
//! again after a pause.

use std::time::Duration;

use super::{Line, Notice};
use crate::handshake::HeardCodes;
use crate::registers::{CodeBlock, MapVersion, Status};
use crate::tracker::Naming;
use line::config::ItemCodeKind;

/// Time from one code block that could not be read to the next attempt.
const ASKED_AGAIN: Duration = Duration::from_secs(2);

/// Whether the PLC tells codes, as it was said last.
#[derive(Debug, Default, PartialEq)]
enum State {
    /// Nobody knows yet.
    #[default]
    Unknown,
    /// Its program does not.
    Cannot(MapVersion),
    /// It does.
    Tells,
    /// It should, but its block cannot be read.
    Unread(String),
}

/// What the line knows of the PLC's codes.
#[derive(Debug)]
pub(super) struct Codes {
    kind: ItemCodeKind,
    state: State,
    /// The PLC's last status block says that it tells codes.
    are_told: bool,
    /// Not asked for before this time.
    not_before: Duration,
    /// Read, and not looked at yet.
    block: Option<CodeBlock>,
    heard: HeardCodes,
}

impl Codes {
    pub(super) fn new(kind: ItemCodeKind) -> Self {
        Self {
            kind,
            state: State::default(),
            are_told: false,
            not_before: Duration::ZERO,
            block: None,
            heard: HeardCodes::default(),
        }
    }

    /// What was read before the PLC started anew is of another life.
    pub(super) fn forget_block(&mut self) {
        self.block = None;
    }
}

impl Line {
    /// Whether the code block is to be read before the next status block.
    pub fn wants_codes(&self, now: Duration) -> bool {
        self.codes.are_told && now >= self.codes.not_before
    }

    /// Takes a code block; it is looked at with the next status block.
    pub fn codes(&mut self, block: CodeBlock) {
        self.codes.block = Some(block);
        self.codes_are(State::Tells);
    }

    /// The code block could not be read at `now`; `cause` ends with what to check.
    pub fn codes_unread(&mut self, cause: String, now: Duration) {
        self.codes.block = None;
        self.codes.not_before = now + ASKED_AGAIN;
        self.codes_are(State::Unread(cause));
    }

    /// Gives the codes that were read before this status block to their items.
    pub(super) fn identify(&mut self, status: &Status, at: Duration) {
        let kind = self.codes.kind;
        if kind == ItemCodeKind::None {
            return;
        }
        self.codes.are_told = status.capabilities.item_codes;
        if !self.codes.are_told {
            self.codes.block = None;
            return self.codes_are(State::Cannot(status.version));
        }
        let Some(block) = self.codes.block.take() else { return };
        let mut heard = std::mem::take(&mut self.codes.heard);
        self.handshake.codes(&block, &mut heard);
        if heard.lost > 0 {
            self.counters.codes_lost += u64::from(heard.lost);
            self.notice(Notice::CodesLost(heard.lost));
        }
        for (told, count) in &heard.codes {
            let acquisition = told.acquisition;
            let code = match told.code(kind) {
                Ok(code) => code,
                Err(why) => {
                    self.counters.codes_unreadable += 1;
                    self.notice(Notice::CodeUnreadable { acquisition, why });
                    continue;
                }
            };
            match self.tracker.identify(at, (acquisition, *count), code, &mut self.outputs) {
                Naming::Told(_) => self.counters.codes += 1,
                Naming::Known => {}
                Naming::Contradicts { item, before } => {
                    self.counters.codes_contradicting += 1;
                    self.notice(Notice::CodeContradicts { item, before, code });
                }
                Naming::Nobody => {
                    self.counters.codes_unassigned += 1;
                    self.notice(Notice::CodeUnassigned { acquisition, code });
                }
            }
        }
        self.codes.heard = heard;
    }

    /// Says once how it stands with the codes.
    fn codes_are(&mut self, state: State) {
        if self.codes.state == state {
            return;
        }
        match &state {
            State::Cannot(version) => self.notice(Notice::CodesNotTold(*version)),
            State::Unread(cause) => self.notice(Notice::CodesUnread { cause: cause.clone() }),
            State::Tells if self.codes.state != State::Unknown => self.notice(Notice::CodesTold),
            State::Tells | State::Unknown => {}
        }
        self.codes.state = state;
    }
}
