//! The state machine by hand and by chance; what follows for holds, retention and expiry is tested there.

use proptest::prelude::*;

use super::*;

fn wall(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const BUILT: &str = "2026-11-01T00:00:00Z";
const DAY: u64 = DAY_S;

fn rules(trust: ClockTrust) -> ClockRules {
    let newest_record = Some(wall("2026-12-01T12:00:00Z"));
    ClockRules { trust, built: wall(BUILT), not_before: None, newest_record }
}

/// The clocks of a box: wall time runs with the monotonic one unless it is set.
struct Bench {
    clock: WallClock,
    mono: u64,
    wall: Timestamp,
    synchronised: bool,
}

impl Bench {
    fn new(trust: ClockTrust, now: &str) -> Self {
        Self { clock: WallClock::new(rules(trust)), mono: 100, wall: wall(now), synchronised: true }
    }

    fn look(&mut self) -> WallTime {
        let Self { mono, wall, synchronised, .. } = *self;
        self.clock.read(Reading { wall, mono: Duration::from_secs(mono), synchronised })
    }

    fn after(&mut self, seconds: u64) -> WallTime {
        self.mono += seconds;
        self.set(seconds as i64)
    }

    fn set(&mut self, by_seconds: i64) -> WallTime {
        self.wall = self.wall.checked_add(SignedDuration::from_secs(by_seconds)).unwrap();
        self.look()
    }

    fn words(&self) -> String {
        let doubt = self.clock.doubt().expect("doubted");
        assert!(!doubt.remedy().is_empty());
        doubt.to_string()
    }
}

#[test]
fn a_synchronised_clock_after_the_newest_record_is_trusted() {
    let mut bench = Bench::new(ClockTrust::Synchronised, "2026-12-01T12:05:00Z");
    assert!(bench.look().is_trusted());
    assert_eq!(bench.clock.doubt(), None);
}

#[test]
fn a_clock_that_nobody_synchronised_is_doubted_unless_a_person_vouches_for_it() {
    let mut bench = Bench::new(ClockTrust::Synchronised, "2026-12-01T12:05:00Z");
    bench.synchronised = false;
    assert!(!bench.look().is_trusted());
    assert!(!bench.after(7 * DAY).is_trusted());
    assert!(bench.words().contains("no time service"), "{}", bench.words());
    bench.synchronised = true;
    assert!(bench.after(1).is_trusted());

    let mut local = Bench::new(ClockTrust::Local, "2026-12-01T12:05:00Z");
    local.synchronised = false;
    assert!(local.look().is_trusted());
    assert!(local.after(200 * DAY).is_trusted(), "months without a network");
}

#[test]
fn a_start_in_1970_or_before_the_newest_record_is_doubted_even_when_synchronised() {
    for (now, words) in [
        ("1970-01-01T00:00:30Z", "before 2026-11-01, when inspectd was built"),
        ("2026-11-30T12:00:00Z", "before the newest record, of 2026-12-01T12:00:00Z"),
    ] {
        for trust in [ClockTrust::Synchronised, ClockTrust::Local] {
            let mut bench = Bench::new(trust, now);
            assert!(!bench.look().is_trusted());
            assert!(bench.words().contains(words), "{}", bench.words());
            assert!(!bench.after(3600).is_trusted());
        }
    }
}

#[test]
fn a_year_forward_and_a_day_back_are_doubted_until_the_clock_was_synchronised_for_a_minute() {
    for by_days in [365_i64, -1] {
        let mut bench = Bench::new(ClockTrust::Synchronised, "2026-12-10T12:00:00Z");
        assert!(bench.look().is_trusted());
        bench.synchronised = false;
        assert!(!bench.set(by_days * DAY as i64).is_trusted());
        assert!(!bench.after(3600).is_trusted());
        bench.synchronised = true;
        assert!(!bench.set(-by_days * DAY as i64).is_trusted(), "it has only just been set right");
        assert!(!bench.after(59).is_trusted());
        assert!(bench.after(1).is_trusted());
    }
}

#[test]
fn a_jump_is_told_with_its_size_and_direction() {
    let mut bench = Bench::new(ClockTrust::Local, "2026-12-10T12:00:00Z");
    bench.look();
    bench.set(365 * DAY as i64);
    assert_eq!(bench.words(), "the clock jumped forward by 365 days");
    bench.set(-11 * 60);
    assert_eq!(bench.words(), "the clock jumped back by 11 minutes");
}

#[test]
fn a_step_as_time_services_make_it_is_no_jump() {
    let mut bench = Bench::new(ClockTrust::Synchronised, "2026-12-10T12:00:00Z");
    bench.look();
    assert!(bench.set(-9).is_trusted());
    assert!(bench.set(10).is_trusted());
}

#[test]
fn many_small_steps_without_a_time_service_are_a_jump() {
    let mut bench = Bench::new(ClockTrust::Local, "2026-12-10T12:00:00Z");
    bench.synchronised = false;
    bench.look();
    let trusted: Vec<_> = (0..3).map(|_| bench.set(5).is_trusted()).collect();
    assert_eq!(trusted, [true, true, false]);
}

#[test]
fn a_lost_time_service_is_survived_for_a_month() {
    let mut bench = Bench::new(ClockTrust::Synchronised, "2026-12-10T12:00:00Z");
    bench.look();
    bench.synchronised = false;
    assert!(bench.after(30 * DAY).is_trusted());
    assert!(!bench.after(1).is_trusted());
    assert!(bench.words().contains("30 days"), "{}", bench.words());
    bench.synchronised = true;
    assert!(bench.after(1).is_trusted());
}

#[test]
fn a_local_clock_that_jumped_is_trusted_again_after_a_restart_only() {
    let mut bench = Bench::new(ClockTrust::Local, "2026-12-10T12:00:00Z");
    bench.synchronised = false;
    bench.look();
    bench.set(2 * 3600);
    assert!(!bench.after(30 * DAY).is_trusted());
    bench.clock = WallClock::new(rules(ClockTrust::Local));
    bench.wall = wall("2026-12-20T12:00:00Z");
    assert!(bench.look().is_trusted());
}

#[test]
fn a_local_clock_that_starts_a_year_ahead_is_doubted_until_the_line_file_says_that_it_is_right() {
    let mut bench = Bench::new(ClockTrust::Local, "2027-12-01T12:00:00Z");
    bench.synchronised = false;
    assert!(!bench.look().is_trusted());
    assert!(bench.words().contains("31 days after the newest record"), "{}", bench.words());
    let not_before = Some(wall("2027-11-30T00:00:00Z"));
    bench.clock = WallClock::new(ClockRules { not_before, ..rules(ClockTrust::Local) });
    assert!(bench.look().is_trusted());
    bench.set(-3 * DAY as i64);
    assert!(bench.words().contains("[clock] not_before"), "{}", bench.words());
}

#[test]
fn the_first_start_of_a_local_box_has_no_records_to_be_held_against() {
    let rules = ClockRules { newest_record: None, ..rules(ClockTrust::Local) };
    let mut clock = WallClock::new(rules);
    let at = wall("2028-06-01T00:00:00Z");
    let reading = Reading { wall: at, mono: Duration::from_secs(9), synchronised: false };
    assert!(clock.read(reading).is_trusted());
    assert_eq!(clock.floor(), at, "the floor rises with what was trusted");
}

proptest! {
    #[test]
    fn what_is_trusted_is_never_before_the_floor_and_never_just_after_a_jump(
        steps in proptest::collection::vec((0u64..100_000, -40_000_000i64..40_000_000, any::<bool>(), any::<bool>()), 1..40),
        local in any::<bool>(),
    ) {
        let trust = if local { ClockTrust::Local } else { ClockTrust::Synchronised };
        let mut bench = Bench::new(trust, "2026-12-05T12:00:00Z");
        bench.synchronised = false;
        bench.look();
        for (passed, set_by, sets, synchronised) in steps {
            bench.synchronised = synchronised;
            let floor = bench.clock.floor();
            bench.after(passed);
            let now = if sets { bench.set(set_by) } else { bench.look() };
            if now.is_trusted() {
                prop_assert!(now.at() >= floor.checked_sub(JUMP).unwrap());
                prop_assert!(!sets || set_by.unsigned_abs() <= 10 + 100_000 * 40 / 2000);
            }
        }
    }
}
