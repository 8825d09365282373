//! Asks the system's clocks.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rtime_clock::adjtime::{Timex, adjtimex};
use rustix::time::{ClockId, clock_gettime};

use super::{ClockRules, Doubt, Reading, Today, WallClock, WallTime};

/// The largest error of a synchronised clock, in microseconds. The kernel lets the error grow to 16 s while
/// nobody synchronises the clock. Its flag `STA_UNSYNC` is no good sign: some time services leave it set, so
/// that the kernel does not write the hardware clock. (systemd decides likewise.)
const MAX_ERROR_US: i64 = 16_000_000;

/// Two clocks that are read within this time are read at the same moment.
const ONE_MOMENT: Duration = Duration::from_millis(100);

/// When this program was built: `SOURCE_DATE_EPOCH`, else the date of the commit.
pub fn build_date() -> Timestamp {
    let seconds = env!("INSPECTD_BUILD_EPOCH").parse().expect("build.rs writes whole seconds");
    Timestamp::from_second(seconds).expect("build.rs checks it")
}

/// What the clock says, for what is only written down.
pub fn wall_now() -> Timestamp {
    Timestamp::now()
}

/// The clock that all of inspectd shares. Cheap to clone.
#[derive(Clone)]
pub struct Clock {
    clock: Arc<Mutex<WallClock>>,
    look: Arc<dyn Fn() -> Reading + Send + Sync>,
}

impl Clock {
    /// The system's clock, held against `rules`.
    pub fn system(rules: ClockRules) -> Self {
        Self::reading(rules, look)
    }

    /// A clock that reads what `look` says: for tests.
    pub fn reading(rules: ClockRules, look: impl Fn() -> Reading + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(Mutex::new(WallClock::new(rules))), look: Arc::new(look) }
    }

    /// Wall time, and whether it may decide anything.
    pub fn now(&self) -> WallTime {
        self.with(|clock| clock.read((self.look)()))
    }

    /// Why the clock is doubted, at its last reading.
    pub fn doubt(&self) -> Option<Doubt> {
        self.with(|clock| clock.doubt())
    }

    /// Today where the box stands.
    pub fn today(&self) -> Today {
        let at = self.now().at();
        self.with(|clock| {
            let doubt = clock.doubt();
            let likely = if doubt.is_some() { at.max(clock.floor()) } else { at };
            Today { likely: likely.to_zoned(TimeZone::system()).date(), doubt }
        })
    }

    fn with<T>(&self, ask: impl FnOnce(&mut WallClock) -> T) -> T {
        // A panic leaves the state as sound as it was: every field is written whole.
        ask(&mut self.clock.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("clock", &self.clock).finish_non_exhaustive()
    }
}

fn look() -> Reading {
    let mut kernel = Timex::new();
    // A kernel that does not answer (a seccomp filter) vouches for nothing.
    let synchronised = adjtimex(&mut kernel).is_ok() && kernel.0.maxerror < MAX_ERROR_US;
    loop {
        let mono = since_boot();
        let wall = wall_now();
        // A pause between the two would look like a jump.
        if since_boot().saturating_sub(mono) < ONE_MOMENT {
            return Reading { wall, mono, synchronised };
        }
    }
}

/// Unlike `CLOCK_MONOTONIC` it goes on while the box sleeps, as wall time does.
fn since_boot() -> Duration {
    let boot = clock_gettime(ClockId::Boottime);
    let boot = SignedDuration::new(boot.tv_sec, i32::try_from(boot.tv_nsec).unwrap_or(0));
    Duration::try_from(boot).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::wall_clock::ClockTrust;

    #[test]
    fn the_build_date_is_no_constant_that_rots() {
        assert!(build_date() <= wall_now(), "{} is in the future", build_date());
        let first_commit: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        assert!(build_date() > first_commit, "{}: build.rs found no date", build_date());
    }

    /// One clock in one place: nothing of inspectd decides by a clock that was not asked whether it is
    /// trusted. The command line (`ctl/`) takes and shows times of people.
    #[test]
    fn nothing_else_reads_wall_time() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut folders = vec![source.clone()];
        let mut seen = 0;
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(&source).unwrap().to_owned();
                if path.is_dir() {
                    folders.push(path);
                } else if !name.starts_with("ctl") && name != Path::new("wall_clock/system.rs") {
                    let text = fs::read_to_string(&path).unwrap();
                    let reads = ["Timestamp::now", "Zoned::now", "SystemTime::now"];
                    let found: Vec<_> = reads.iter().filter(|read| text.contains(**read)).collect();
                    assert!(found.is_empty(), "{} calls {found:?}: ask Clock", name.display());
                    seen += 1;
                }
            }
        }
        assert!(seen > 20, "only {seen} files were looked at");
    }

    #[test]
    fn the_systems_clock_can_be_read_and_a_person_may_vouch_for_it() {
        let (built, trust) = (build_date(), ClockTrust::Local);
        let rules = ClockRules { trust, built, not_before: None, newest_record: None };
        let clock = Clock::system(rules);
        assert!(clock.now().is_trusted(), "{:?}", clock.doubt());
        assert_eq!(clock.today().doubt, None);
    }
}
