//! One scanner's thread: open, read, and open again for ever.

use std::thread;
use std::time::Duration;

use line::backoff::Backoff;
use line::clock;
use line::config::scanner::{ScannerSection, ScannerSource};

use super::wire::{Got, Opened, Opener, POLL, Wire};
use super::{LOG_EVERY, Told};
use crate::scanner::framing::Framer;

/// The first pause before another attempt.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// A connection that has lived so long worked, though nothing was said: the next pause is the first again.
const PROVEN: Duration = Duration::from_secs(10);
/// A frame that is not at its end after so long a silence will have none.
const FRAME_GAP: Duration = Duration::from_secs(2);

pub(super) struct Session {
    name: String,
    source: ScannerSource,
    opener: Opener,
    framer: Framer,
    backoff: Backoff,
    told: Told,
    log: Log,
}

impl Session {
    pub(super) fn new(section: &ScannerSection, source: ScannerSource, told: Told) -> Self {
        Self {
            name: section.name.clone(),
            opener: Opener::new(source.clone()),
            source,
            framer: Framer::new(section),
            backoff: Backoff::new(FIRST_PAUSE, Duration::from_millis(section.retry_max_ms.into())),
            told,
            log: Log::default(),
        }
    }

    /// Runs until nobody listens any more.
    pub(super) fn run(mut self) {
        while !self.told.is_over() {
            match self.opener.open() {
                Ok(Opened::Wire(wire)) => {
                    self.told.connected(None);
                    self.say(None);
                    let cause = self.talk(wire);
                    self.framer.reset();
                    self.told.state(|state| state.refused = self.framer.refused());
                    if self.told.is_over() {
                        return;
                    }
                    self.lost(cause);
                }
                Ok(Opened::Waiting) => {
                    // That nobody has connected yet is known at once; why one is gone stays said.
                    let unknown = |state: &mut super::ScannerState| {
                        state.cause.get_or_insert_with(|| WAITS.to_owned());
                    };
                    self.told.state(unknown);
                    self.say(Some(WAITS));
                    continue;
                }
                Err(error) => self.lost(error.to_string()),
            }
            self.pause();
        }
    }

    /// Reads until the connection ends; returns why it did.
    fn talk(&mut self, mut wire: Wire) -> String {
        let began = clock::monotonic();
        let (mut last, mut buffer) = (began, [0; 4096]);
        while !self.told.is_over() {
            let got = match wire.read(&mut buffer) {
                Ok(got) => got,
                Err(error) => return error.to_string(),
            };
            let now = clock::monotonic();
            match got {
                Got::Bytes(count) => {
                    self.backoff.worked();
                    last = now;
                    let told = &self.told;
                    self.framer.push(&buffer[..count], |message| told.heard(now, message));
                }
                Got::Silence if now >= last + FRAME_GAP && self.framer.waiting() > 0 => {
                    self.framer.reset();
                }
                Got::Silence => {}
            }
            if now >= began + PROVEN {
                self.backoff.worked();
            }
            let refused = self.framer.refused();
            self.told.state(|state| state.refused = refused);
            let turned = self.opener.turn_away();
            if turned > 0 && self.log.may_say(now, "busy") {
                tracing::warn!(
                    "scanner `{}`: another peer wants to connect to {} and is turned away; one at a time \
                     is heard: check that no other scanner has this address",
                    self.name,
                    self.source
                );
            }
        }
        "inspectd stops".to_owned()
    }

    /// The source cannot be opened, or has ended.
    fn lost(&mut self, cause: String) {
        self.say(Some(&cause));
        self.told.connected(Some(cause));
    }

    /// Logs that the scanner is connected, or why it is not, unless that was said before.
    fn say(&mut self, cause: Option<&str>) {
        if !self.log.may_say(clock::monotonic(), cause.unwrap_or_default()) {
            return;
        }
        let (name, source) = (&self.name, &self.source);
        match cause {
            None => tracing::info!("scanner `{name}` at {source} is connected"),
            Some(cause) => tracing::warn!(
                "scanner `{name}` at {source} is not connected: {cause}; inspectd keeps trying"
            ),
        }
    }

    fn pause(&mut self) {
        let until = clock::monotonic() + self.backoff.failed();
        while !self.told.is_over()
            && let Some(left) = clock::left_until(until)
        {
            thread::sleep(left.min(POLL));
        }
    }
}

/// Why there is no connection where the scanner is the one to connect.
const WAITS: &str = "no scanner has connected yet";

/// Keeps the log from being flooded: news only, and no more than one line in [`LOG_EVERY`], but for the
/// first three.
#[derive(Debug, Default)]
struct Log {
    said: String,
    at: Option<Duration>,
    lines: u32,
}

impl Log {
    /// Whether this may be said at the time `now`.
    fn may_say(&mut self, now: Duration, what: &str) -> bool {
        let is_news = self.at.is_none() || self.said != what;
        let is_quiet = self.at.is_none_or(|at| now >= at + LOG_EVERY);
        if is_quiet {
            self.lines = 0;
        }
        if !is_news || self.lines >= 3 {
            return false;
        }
        what.clone_into(&mut self.said);
        self.at = Some(now);
        self.lines += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scanner_that_comes_and_goes_all_the_time_does_not_flood_the_log() {
        let mut log = Log::default();
        let mut lines = 0;
        for second in 0..600_u64 {
            let now = Duration::from_secs(second);
            lines += u32::from(log.may_say(now, "")) + u32::from(log.may_say(now, "reset"));
        }
        assert!((4..=33).contains(&lines), "{lines} lines in ten minutes");
        let same = (700..900).filter(|s| log.may_say(Duration::from_secs(*s), "refused"));
        assert_eq!(same.count(), 1, "the same is said once");
    }
}
