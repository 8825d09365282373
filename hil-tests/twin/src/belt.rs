//! The belt: how fast it runs, how far it has come, and what its encoder counts.
//!
//! * **travel** is the distance in millimetres that the belt's surface has moved since the twin
//!   started. It is the twin's private truth; the PLC and everything behind it see counts only.
//! * a **profile** says which speed the drive is asked for at which time; the belt follows along
//!   a ramp, as a drive with an acceleration limit does.

use std::time::Duration;

/// What the drive is asked for over time: phases one after another, then again from the first.
#[derive(Debug, Clone, PartialEq)]
pub struct SpeedProfile {
    phases: Vec<Phase>,
    total: Duration,
}

/// One speed, asked for during a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Phase {
    /// Speed asked for, in millimetres per second; 0 is a stop, below 0 the belt runs backwards.
    pub speed_mm_s: f64,
    /// For how long.
    pub hold: Duration,
}

impl SpeedProfile {
    /// One speed for ever.
    pub fn steady(speed_mm_s: f64) -> Self {
        Self::repeating(vec![Phase { speed_mm_s, hold: Duration::from_secs(3600) }])
    }

    /// The given phases, over and over. Phases of no length are left out; an empty profile is a
    /// belt that stands.
    pub fn repeating(mut phases: Vec<Phase>) -> Self {
        phases.retain(|phase| !phase.hold.is_zero());
        let total = phases.iter().map(|phase| phase.hold).sum();
        Self { phases, total }
    }

    /// The speed asked for at `at`.
    fn asked(&self, at: Duration) -> f64 {
        if self.total.is_zero() {
            return 0.0;
        }
        let mut left = at.as_nanos() % self.total.as_nanos();
        for phase in &self.phases {
            if left < phase.hold.as_nanos() {
                return phase.speed_mm_s;
            }
            left -= phase.hold.as_nanos();
        }
        0.0
    }
}

/// The belt's motion so far.
#[derive(Debug, Clone)]
pub struct Belt {
    profile: SpeedProfile,
    ramp_mm_s2: f64,
    enabled: bool,
    speed_mm_s: f64,
    travel_mm: f64,
    clock: Duration,
}

impl Belt {
    /// A belt that already runs at its profile's first speed. `ramp_mm_s2` is how fast the drive
    /// can change the speed, in millimetres per second squared.
    pub fn new(profile: SpeedProfile, ramp_mm_s2: f64, start: Duration) -> Self {
        let speed_mm_s = profile.asked(Duration::ZERO);
        // The profile counts from the twin's start.
        Self { profile, ramp_mm_s2, enabled: true, speed_mm_s, travel_mm: 0.0, clock: start }
    }

    /// Lets the drive run, or has it stop along its ramp whatever the profile asks for.
    pub fn enable(&mut self, enabled: bool) {
        self.enabled = enabled;
    }

    /// Lets the belt run for `dt`; `since_start` is the profile's time at the end of it. Exact for
    /// one speed change in `dt`, so keep it to a few milliseconds.
    pub fn advance(&mut self, dt: Duration, since_start: Duration) {
        let asked = if self.enabled { self.profile.asked(since_start) } else { 0.0 };
        let reach = self.ramp_mm_s2 * dt.as_secs_f64();
        let next = self.speed_mm_s + (asked - self.speed_mm_s).clamp(-reach, reach);
        self.travel_mm += (self.speed_mm_s + next) / 2.0 * dt.as_secs_f64();
        self.speed_mm_s = next;
        self.clock += dt;
    }

    /// Speed now, in millimetres per second.
    pub fn speed_mm_s(&self) -> f64 {
        self.speed_mm_s
    }

    /// Travel so far, in millimetres.
    pub fn travel_mm(&self) -> f64 {
        self.travel_mm
    }

    /// The time up to which the belt has run.
    pub fn clock(&self) -> Duration {
        self.clock
    }
}

/// An incremental encoder on the belt: a 32-bit counter that starts anywhere and wraps.
#[derive(Debug, Clone, Copy)]
pub struct Encoder {
    /// The count at travel 0.
    pub start: u32,
    /// Belt travel for one count, in millimetres.
    pub mm_per_count: f64,
}

impl Encoder {
    /// The same encoder switched on anew at `travel_mm`: it counts on from `count`.
    pub fn restarted(self, travel_mm: f64, count: u32) -> Self {
        let now = Self { start: 0, ..self }.count(travel_mm);
        Self { start: count.wrapping_sub(now), ..self }
    }

    /// The count when the belt has travelled `travel_mm`.
    pub fn count(&self, travel_mm: f64) -> u32 {
        // The low 32 bits are the point: the counter wraps.
        self.start.wrapping_add((travel_mm / self.mm_per_count).floor() as i64 as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(5);

    fn run(belt: &mut Belt, steps: u32) {
        for _ in 0..steps {
            let end = belt.clock() + STEP;
            belt.advance(STEP, end);
        }
    }

    #[test]
    fn a_steady_belt_travels_its_speed_times_the_time() {
        let mut belt = Belt::new(SpeedProfile::steady(300.0), 500.0, Duration::ZERO);
        run(&mut belt, 2000);
        assert!((belt.travel_mm() - 3000.0).abs() < 1e-6, "{}", belt.travel_mm());
    }

    #[test]
    fn a_stop_is_reached_along_the_ramp_and_the_belt_starts_again() {
        let profile = SpeedProfile::repeating(vec![
            Phase { speed_mm_s: 300.0, hold: Duration::from_secs(2) },
            Phase { speed_mm_s: 0.0, hold: Duration::from_secs(2) },
        ]);
        let mut belt = Belt::new(profile, 600.0, Duration::ZERO);
        run(&mut belt, 440);
        assert!((1.0..299.0).contains(&belt.speed_mm_s()), "on the ramp: {}", belt.speed_mm_s());
        run(&mut belt, 160);
        assert_eq!(belt.speed_mm_s(), 0.0);
        let standing = belt.travel_mm();
        run(&mut belt, 100);
        assert_eq!(belt.travel_mm(), standing);
        run(&mut belt, 300);
        assert_eq!(belt.speed_mm_s(), 300.0);
    }

    #[test]
    fn a_disabled_drive_stops_along_its_ramp_and_goes_on_when_it_is_enabled() {
        let mut belt = Belt::new(SpeedProfile::steady(300.0), 600.0, Duration::ZERO);
        belt.enable(false);
        run(&mut belt, 200);
        assert_eq!(belt.speed_mm_s(), 0.0);
        assert!((belt.travel_mm() - 75.0).abs() < 1.0, "half a second of ramp");
        belt.enable(true);
        run(&mut belt, 200);
        assert_eq!(belt.speed_mm_s(), 300.0);
    }

    #[test]
    fn a_belt_that_runs_backwards_counts_down() {
        let mut belt = Belt::new(SpeedProfile::steady(-100.0), 600.0, Duration::ZERO);
        run(&mut belt, 200);
        assert!((belt.travel_mm() + 100.0).abs() < 1e-6, "{}", belt.travel_mm());
        let encoder = Encoder { start: 50, mm_per_count: 0.5 };
        assert_eq!(encoder.count(belt.travel_mm()), 50_u32.wrapping_sub(200));
    }

    #[test]
    fn an_encoder_that_is_switched_on_anew_counts_on_from_another_count() {
        let encoder = Encoder { start: 7, mm_per_count: 0.5 }.restarted(100.0, 1000);
        assert_eq!((encoder.count(100.0), encoder.count(101.0)), (1000, 1002));
    }

    #[test]
    fn the_encoder_wraps_without_a_jump() {
        let encoder = Encoder { start: u32::MAX - 10, mm_per_count: 0.5 };
        let before = encoder.count(4.0);
        let after = encoder.count(8.0);
        assert!(before > after, "the counter wrapped");
        assert_eq!(after.wrapping_sub(before), 8);
    }
}
