//! The cycle: the one thread that owns the [`Line`], at a fixed beat.
//!
//! A **turn** takes what inspectd has said, writes the command block, reads the status block, and
//! passes on what the line has to say. Written first: a verdict waits for the next turn at most,
//! and reaches the PLC with its first request. The turn waits for nobody but the PLC, and for that
//! no longer than its time-outs: connecting happens on a thread of its own (`link`), inspectd (`told`)
//! and the log ([`crate::logger`]) are spoken to through bounded queues that are never waited for.
//! While the PLC is away the turns go on without it.
//!
//! Turns begin at absolute times. One that took longer than a period is followed by the next at
//! once; periods that were skipped altogether are counted as **missed**.
//!
//! Nothing here allocates in steady state: a page fault or a lock in the allocator would be the
//! jitter that the real-time priority was to keep away. Faults and their messages may.

mod link;
mod told;

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use link::Link;
pub use link::{FIRST_RETRY, Wire};
use told::Told;

use crate::field_io::{FieldIoError, Panel, PanelState};
use crate::inspector_socket::FromInspector;
use crate::journal_file::{JournalFile, JournalFileError};
use crate::logger::{Entry, Log};
use crate::registers::{Command, Status};
use crate::statistics::{Report, Statistics};
use crate::whole_line::{Counters, Line};
use crate::wire::{PlcError, PlcWire};
use line::clock;
use line::config::PlcSection;

/// How often the counters are logged, when something that should not happen was counted.
const REPORT_EVERY: Duration = Duration::from_secs(60);
/// Most messages of inspectd that one turn takes. It sends a few for an item and five heartbeats a
/// second; one that floods the bridge must not hold up the exchange with the PLC.
const MOST_MESSAGES: usize = 256;

/// How often to exchange, and how long to wait at most before connecting anew.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Time from one turn to the next.
    pub cycle: Duration,
    /// Longest pause between two attempts to connect.
    pub retry_max: Duration,
}

impl Timing {
    /// As the line file has it.
    pub fn of(plc: &PlcSection) -> Self {
        Self {
            cycle: Duration::from_millis(plc.cycle_ms.into()),
            retry_max: Duration::from_millis(plc.retry_max_ms.into()),
        }
    }
}

/// The line, and whom it is spoken about with.
pub struct Cycle {
    line: Line,
    timing: Timing,
    link: Link,
    inbox: Receiver<FromInspector>,
    told: Option<Told>,
    log: Log,
    /// Where the line's journal is kept; `None` when that is not possible.
    kept_in: Option<JournalFile>,
    statistics: Statistics,
    panel: Option<Panel>,
    panel_fails: bool,
    reported: Counters,
    reported_at: Duration,
}

impl Cycle {
    /// A cycle whose PLC is being connected to; `inbox` is what inspectd says.
    ///
    /// # Errors
    /// When the system has no room for the connecting thread.
    pub fn new(
        line: Line,
        wire: Wire,
        timing: Timing,
        inbox: Receiver<FromInspector>,
        log: Log,
    ) -> io::Result<Self> {
        Ok(Self {
            line,
            timing,
            link: Link::new(wire, timing.retry_max)?,
            inbox,
            told: None,
            log,
            kept_in: None,
            statistics: Statistics::default(),
            panel: None,
            panel_fails: false,
            reported: Counters::default(),
            reported_at: clock::monotonic(),
        })
    }

    /// The same cycle, which keeps its line's journal in a file.
    #[must_use]
    pub fn keeping_in(self, file: Option<JournalFile>) -> Self {
        Self { kept_in: file, ..self }
    }

    /// The same cycle with a panel.
    #[must_use]
    pub fn showing(self, panel: Option<Panel>) -> Self {
        Self { panel, ..self }
    }

    /// Takes turns until it is told to stop; lets go of the diverters then.
    pub fn run(mut self, stop: &AtomicBool) {
        let mut due = clock::monotonic();
        while !stop.load(Ordering::Relaxed) {
            clock::sleep_until(due);
            let began = clock::monotonic();
            self.statistics.woke(began.saturating_sub(due));
            self.turn(began);
            due += self.timing.cycle;
            let missed = whole_cycles(clock::monotonic().saturating_sub(due), self.timing.cycle);
            self.line.counters.cycles_missed += u64::from(missed);
            due += self.timing.cycle * missed;
        }
        self.let_go();
        self.log.put(Entry::Stopped(self.report()));
    }

    /// One turn, which begins at `now`.
    pub fn turn(&mut self, now: Duration) {
        self.take_messages();
        self.line.tick(now);
        if let Some(error) = self.link.poll(now) {
            self.line.plc_unreachable(error.to_string());
        }
        let shown = self.exchange_blocks();
        self.show(&shown);
        self.after_line();
        if now.saturating_sub(self.reported_at) >= REPORT_EVERY {
            self.report_news(now);
        }
    }

    /// What was counted and measured since the start.
    pub fn report(&self) -> Report {
        self.statistics.report(self.line.counters)
    }

    /// The line, to look at.
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// The last command: whatever this bridge holds out goes back, since nobody commands it any more.
    /// A PLC that was not asked yet on this connection is left to its own dead-man (rule 11).
    fn let_go(&mut self) {
        if let Some((wire, false)) = self.link.wire()
            && let Some(command) = self.line.command()
            && let Err(error) = wire.write_command(&Command { outputs: 0, ..command })
        {
            self.log.warn(format!("the diverters may not be in: {error}"));
        }
        let rested = self.panel.as_mut().map_or(Ok(()), Panel::rest);
        self.panel_result(rested);
    }

    fn take_messages(&mut self) {
        for _ in 0..MOST_MESSAGES {
            match self.inbox.try_recv() {
                Ok(event) => self.inspector(event),
                Err(_) => return,
            }
        }
    }

    fn inspector(&mut self, event: FromInspector) {
        match event {
            FromInspector::Connected(peer) => {
                if self.told.take().is_some() {
                    self.line.inspector_gone("another inspectd has connected".into());
                }
                self.told = Some(Told::new(peer));
                self.line.inspector_connected(clock::monotonic());
            }
            FromInspector::Message { id, at, message } if self.is_current(id) => {
                self.line.message(message, at);
            }
            FromInspector::Closed { id, why } if self.is_current(id) => {
                self.told = None;
                self.line.inspector_gone(why);
            }
            // From a connection that was replaced meanwhile.
            FromInspector::Message { .. } | FromInspector::Closed { .. } => {}
        }
    }

    fn is_current(&self, id: u64) -> bool {
        self.told.as_ref().is_some_and(|told| told.is(id))
    }

    /// Exchanges both blocks, if the PLC is there; returns what the panel is to show.
    fn exchange_blocks(&mut self) -> PanelState {
        let Some((wire, is_new)) = self.link.wire() else {
            return PanelState::of(None, None, self.line.health());
        };
        let began = clock::monotonic();
        let mut unkept = None;
        let kept_in = &mut self.kept_in;
        let exchanged = exchange(wire, &mut self.line, is_new, clock::monotonic, |line| {
            unkept = keep(kept_in, |file| file.keep_results(line)).or(unkept.take());
        });
        if let Some(error) = unkept {
            self.log.warn(error.to_string());
        }
        let ended = clock::monotonic();
        match exchanged {
            Ok((command, status)) => {
                if is_new {
                    self.link.met();
                } else {
                    self.link.exchanged();
                    self.statistics.exchanged(ended.saturating_sub(began));
                }
                let strobe = self.panel.as_mut().map(|panel| panel.status(&status, ended));
                self.panel_result(strobe.unwrap_or(Ok(())));
                PanelState::of(command.as_ref(), Some(&status), self.line.health())
            }
            Err(error) => {
                self.line.plc_unreachable(error.to_string());
                self.link.failed(&error, ended);
                PanelState::of(None, None, self.line.health())
            }
        }
    }

    fn show(&mut self, state: &PanelState) {
        let Some(panel) = &mut self.panel else { return };
        let result = panel.show(state, clock::monotonic());
        self.panel_result(result);
    }

    /// A panel that fails is logged once.
    fn panel_result(&mut self, result: Result<(), FieldIoError>) {
        if let Err(error) = result
            && !std::mem::replace(&mut self.panel_fails, true)
        {
            self.log.warn(error.to_string());
        }
    }

    /// Passes on what the line has to say: to the journal's file before all others, to the log, and
    /// to inspectd.
    fn after_line(&mut self) {
        if let Some(error) = keep(&mut self.kept_in, |file| file.keep(&self.line)) {
            self.log.warn(error.to_string());
        }
        for notice in self.line.take_notices() {
            self.log.put(Entry::Notice(notice));
        }
        if let Some(told) = &mut self.told {
            told.catch_up(&mut self.line);
            told.sample(&mut self.line);
        }
    }

    fn report_news(&mut self, now: Duration) {
        let counters = self.line.counters;
        // Items that enter, and what they are, are no news.
        let Counters { items, codes, .. } = self.reported;
        let news = Counters { items, codes, ..counters };
        if news != self.reported {
            self.log.put(Entry::Report(self.report()));
        }
        self.reported = counters;
        self.reported_at = now;
    }
}

/// One exchange. On a new connection the status block is read and nothing written yet: a PLC that
/// was restarted meanwhile numbers its items anew, and must not see results for older ones.
///
/// `before_sending` keeps a command's new results, so that a bridge that is killed knows what the
/// PLC may hold. A fall-back that follows from the status block is sent at once, before its
/// decision is kept: a decision that the PLC has not heard of would be told as one that it made.
fn exchange(
    wire: &mut dyn PlcWire,
    line: &mut Line,
    is_new: bool,
    now: impl Fn() -> Duration,
    mut before_sending: impl FnMut(&Line),
) -> Result<(Option<Command>, Status), PlcError> {
    let mut command = if is_new { None } else { line.command() };
    if let Some(command) = &command {
        before_sending(line);
        wire.write_command(command)?;
    }
    // Before the status block: an item whose code is told has entered by then.
    if !is_new && line.wants_codes(now()) {
        match wire.read_codes() {
            Ok(block) => line.codes(block),
            // The PLC sorts as well without; the wire is sound.
            Err(error @ (PlcError::Refused { .. } | PlcError::Unreadable { .. })) => {
                line.codes_unread(error.to_string(), now());
            }
            Err(error) => return Err(error),
        }
    }
    let asked = now();
    let status = wire.read_status()?;
    // Half way between request and answer.
    line.status(&status, asked + (now() - asked) / 2);
    if !is_new && line.has_news_for_the_plc() {
        command = line.command();
        if let Some(command) = &command {
            before_sending(line);
            wire.write_command(command)?;
        }
    }
    Ok((command, status))
}

/// Keeps something in the file, if there is one; when that fails there is none any more.
fn keep(
    file: &mut Option<JournalFile>,
    what: impl FnOnce(&mut JournalFile) -> Result<(), JournalFileError>,
) -> Option<JournalFileError> {
    let error = what(file.as_mut()?).err()?;
    *file = None;
    Some(error)
}

/// How many whole cycles a time has.
fn whole_cycles(time: Duration, cycle: Duration) -> u32 {
    u32::try_from(time.as_nanos() / cycle.as_nanos().max(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod kills;
#[cfg(test)]
mod tests;
