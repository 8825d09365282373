//! **Wall time**, and whether it may decide anything.
//!
//! Durations and deadlines use the monotonic clock alone. Where wall time must act (a hold expires, evidence
//! and records grow old, a date on a label has passed), a wrong clock does harm that nobody can undo. So the
//! clock is **trusted** only once it deserves it, and everything that acts asks [`WallTime::trusted_at`] or
//! [`WallTime::is_past`]. While the clock is **doubted** nothing expires, nothing is deleted by age, and an
//! expiry check cannot tell. Times are still written down, marked as doubted.
//!
//! The rules of [`WallClock`]:
//! * **Floor.** A trusted clock stands at or after the day of the build, `[clock] not_before`, and the newest
//!   record whose own time was trusted. (A record that a doubted clock dated raises no floor.)
//! * **Steadiness.** Wall time runs as the monotonic clock does. When the two move apart by more than
//!   [`JUMP`] (and [`DRIFT`] for the time between), the clock has **jumped**. It is doubted until a time
//!   service has kept it synchronised for [`SETTLE`], or until a restart where it is trusted without one.
//! * **Synchronised** (`[clock] trust = "synchronised"`, the default). A time service must have synchronised
//!   the clock since the start. Without the network it stays trusted for [`HOLDOVER`]: a poor quartz is
//!   five minutes off by then.
//! * **Local** (`[clock] trust = "local"`), for a box that no time service reaches. A person vouches for the
//!   clock. At a start more than [`GAP`] after the newest record, for example with a mistyped year, it is
//!   doubted until `not_before` says that this is right.
//!
//! No I/O here: [`WallClock`] is told what the clocks say. [`Clock`] (`system.rs`) asks them, and is the one
//! place in inspectd that reads wall time.

use std::fmt;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod system;

pub use system::{Clock, build_date, wall_now};

/// A difference between wall and monotonic time beyond this is a jump. Time services move the clock
/// gradually, or step it by less, once they have set it.
pub const JUMP: Duration = Duration::from_secs(10);

/// How much further the two may move apart while nothing synchronises them: one part in this many, which is
/// the fastest that the kernel lets a clock run for a time service.
pub const DRIFT: u32 = 2000;

/// For how long a clock that jumped must have been synchronised before it is trusted again.
pub const SETTLE: Duration = Duration::from_secs(60);

/// For how long a clock that was synchronised stays trusted without it.
pub const HOLDOVER: Duration = Duration::from_secs(30 * DAY_S);

/// How long after the newest record a start may be where no time service vouches for the clock: longer than
/// a plant's holidays.
pub const GAP: Duration = Duration::from_secs(31 * DAY_S);

const DAY_S: u64 = 24 * 3600;

/// Who vouches for the clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockTrust {
    /// A time service: the clock is trusted once it was synchronised.
    #[default]
    Synchronised,
    /// A person, on a box that no time service reaches: the clock is trusted unless it jumps.
    Local,
}

/// What the clock is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockRules {
    /// Who vouches for it.
    pub trust: ClockTrust,
    /// When this program was built.
    pub built: Timestamp,
    /// The line file's floor.
    pub not_before: Option<Timestamp>,
    /// When the newest item entered whose time was trusted.
    pub newest_record: Option<Timestamp>,
}

/// What the clocks say at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Wall time.
    pub wall: Timestamp,
    /// A clock that nobody sets.
    pub mono: Duration,
    /// Whether the kernel calls wall time synchronised.
    pub synchronised: bool,
}

/// Wall time, and whether it may decide anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WallTime {
    at: Timestamp,
    trusted: bool,
}

impl WallTime {
    /// A time that may decide.
    pub fn trusted(at: Timestamp) -> Self {
        Self { at, trusted: true }
    }

    /// A time that is only written down.
    pub fn doubted(at: Timestamp) -> Self {
        Self { at, trusted: false }
    }

    /// The time as the clock says it: for people, and to be written down.
    pub fn at(self) -> Timestamp {
        self.at
    }

    /// Whether it may decide.
    pub fn is_trusted(self) -> bool {
        self.trusted
    }

    /// The time where it may decide.
    pub fn trusted_at(self) -> Option<Timestamp> {
        self.trusted.then_some(self.at)
    }

    /// Whether `end` is known to be past.
    pub fn is_past(self, end: Timestamp) -> bool {
        self.trusted && end <= self.at
    }

    /// The time so long before.
    #[must_use]
    pub fn before(self, ago: SignedDuration) -> Self {
        Self { at: self.at.checked_sub(ago).unwrap_or(self.at), ..self }
    }
}

/// Which day it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Today {
    /// The day that it most likely is: what is read on labels is weighed with it.
    pub likely: Date,
    /// Why nobody knows for sure, and nothing may be decided by it.
    pub doubt: Option<Doubt>,
}

/// Why the clock is doubted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// It stands before this program was built.
    BeforeBuild(Timestamp),
    /// It stands before the line file's floor.
    BeforeLineFile(Timestamp),
    /// It stands before the newest record.
    BeforeRecord(Timestamp),
    /// It jumped by so much.
    Jumped(SignedDuration),
    /// No time service has synchronised it since the start.
    NeverSynchronised,
    /// The last time was too long ago.
    SynchronisedLongAgo,
    /// It stands implausibly long after the newest record.
    LongAfterRecord(Timestamp),
}

impl fmt::Display for Doubt {
    /// What is wrong. The words stay the same while it lasts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |at: &Timestamp| at.strftime("%Y-%m-%d").to_string();
        match self {
            Self::BeforeBuild(built) => {
                write!(f, "the clock stands before {}, when inspectd was built", day(built))
            }
            Self::BeforeLineFile(floor) => {
                write!(f, "the clock stands before {}, [clock] not_before", day(floor))
            }
            Self::BeforeRecord(newest) => {
                write!(f, "the clock stands before the newest record, of {newest:.0}")
            }
            Self::Jumped(by) if by.is_negative() => {
                write!(f, "the clock jumped back by {}", rough(by.unsigned_abs()))
            }
            Self::Jumped(by) => {
                write!(f, "the clock jumped forward by {}", rough(by.unsigned_abs()))
            }
            Self::NeverSynchronised => {
                write!(f, "no time service has synchronised the clock since inspectd started")
            }
            Self::SynchronisedLongAgo => {
                let days = HOLDOVER.as_secs() / DAY_S;
                write!(f, "no time service has synchronised the clock for more than {days} days")
            }
            Self::LongAfterRecord(newest) => {
                let days = GAP.as_secs() / DAY_S;
                let newest = day(newest);
                write!(
                    f,
                    "the clock stands more than {days} days after the newest record, of {newest}"
                )
            }
        }
    }
}

impl Doubt {
    /// What a person does about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::BeforeBuild(_) => {
                "set the clock, or let the box reach a time server; where this returns after each loss of \
                 power, replace the clock's battery"
            }
            Self::BeforeLineFile(_) => {
                "set the clock, or correct [clock] not_before and restart inspectd"
            }
            Self::BeforeRecord(_) => {
                "set the clock. If it is right and that record is not, move records.db away and restart \
                 inspectd, or wait until that time has come"
            }
            Self::Jumped(_) => {
                "let the box reach a time server: the clock is trusted after a minute. With [clock] trust = \
                 \"local\": look whether it is right, then restart inspectd"
            }
            Self::NeverSynchronised | Self::SynchronisedLongAgo => {
                "let the box reach a time server (see timedatectl); on a line without one, write trust = \
                 \"local\" into [clock], and look after the clock"
            }
            Self::LongAfterRecord(_) => {
                "look whether the clock is right. If it is, write today's date as [clock] not_before and \
                 restart inspectd"
            }
        }
    }
}

/// A duration as people say it.
fn rough(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} minutes", seconds / 60),
        7200..172_800 => format!("{} hours", seconds / 3600),
        _ => format!("{} days", seconds / DAY_S),
    }
}

/// The state machine: told what the clocks say, it answers whether wall time is trusted.
#[derive(Debug)]
pub struct WallClock {
    rules: ClockRules,
    /// The newest time that was trusted; the floor rises with it.
    newest: Option<Timestamp>,
    /// How far wall time was ahead of the monotonic clock, and when: what jumps are measured from.
    steady: Option<(SignedDuration, Duration)>,
    /// Since when every reading was synchronised; from the last jump on, if that was later.
    synchronised_since: Option<Duration>,
    last_synchronised: Option<Duration>,
    jumped: Option<SignedDuration>,
    /// Whether it was trusted since the start: from then on only a jump leads far from the records.
    was_trusted: bool,
    doubt: Option<Doubt>,
}

impl WallClock {
    /// A clock of which nothing is known yet: doubted until its first reading.
    pub fn new(rules: ClockRules) -> Self {
        Self {
            rules,
            newest: rules.newest_record,
            steady: None,
            synchronised_since: None,
            last_synchronised: None,
            jumped: None,
            was_trusted: false,
            doubt: Some(Doubt::NeverSynchronised),
        }
    }

    /// Takes a reading in and says what it is worth.
    pub fn read(&mut self, reading: Reading) -> WallTime {
        self.look_for_a_jump(reading);
        if reading.synchronised {
            self.last_synchronised = Some(reading.mono);
            self.synchronised_since.get_or_insert(reading.mono);
        } else {
            self.synchronised_since = None;
        }
        if self.synchronised_since.is_some_and(|since| reading.mono >= since + SETTLE) {
            self.jumped = None;
        }
        self.doubt = self.doubt_of(reading);
        if self.doubt.is_some() {
            return WallTime::doubted(reading.wall);
        }
        self.was_trusted = true;
        self.newest = self.newest.max(Some(reading.wall));
        WallTime::trusted(reading.wall)
    }

    /// Why the last reading is doubted.
    pub fn doubt(&self) -> Option<Doubt> {
        self.doubt
    }

    /// The earliest time that it can be: wall time is not before it, whatever the clock says.
    pub fn floor(&self) -> Timestamp {
        let floors = [self.rules.not_before, self.newest];
        floors.into_iter().flatten().fold(self.rules.built, Timestamp::max)
    }

    fn look_for_a_jump(&mut self, reading: Reading) {
        let mono = SignedDuration::try_from(reading.mono).unwrap_or(SignedDuration::MAX);
        let ahead = reading.wall.as_duration().saturating_sub(mono);
        let Some((was_ahead, since)) = self.steady else {
            self.steady = Some((ahead, reading.mono));
            return;
        };
        let by = ahead.saturating_sub(was_ahead);
        let jumped = by.unsigned_abs() > JUMP + reading.mono.saturating_sub(since) / DRIFT;
        if jumped {
            self.jumped = Some(by);
            self.last_synchronised = None;
            self.synchronised_since = None;
        }
        if jumped || reading.synchronised {
            self.steady = Some((ahead, reading.mono));
        }
    }

    fn doubt_of(&self, reading: Reading) -> Option<Doubt> {
        let ClockRules { trust, built, not_before, .. } = self.rules;
        let wall = reading.wall;
        if wall < built {
            return Some(Doubt::BeforeBuild(built));
        }
        if let Some(floor) = not_before.filter(|floor| wall < *floor) {
            return Some(Doubt::BeforeLineFile(floor));
        }
        // A small step back is no reason to doubt: time services make them.
        if let Some(newest) = self.newest.filter(|newest| later(wall, JUMP) < *newest) {
            return Some(Doubt::BeforeRecord(newest));
        }
        if let Some(by) = self.jumped {
            return Some(Doubt::Jumped(by));
        }
        match (trust, self.last_synchronised) {
            (_, Some(at)) if reading.mono.saturating_sub(at) <= HOLDOVER => None,
            (ClockTrust::Synchronised, Some(_)) => Some(Doubt::SynchronisedLongAgo),
            (ClockTrust::Synchronised, None) => Some(Doubt::NeverSynchronised),
            (ClockTrust::Local, _) if self.was_trusted => None,
            (ClockTrust::Local, _) => self
                .newest
                .filter(|newest| later((*newest).max(self.floor()), GAP) < wall)
                .map(Doubt::LongAfterRecord),
        }
    }
}

fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod consequences;
