//! The stack light: three lamps from which a technician reads the state without a computer.
//!
//! | green | amber | red | meaning |
//! | --- | --- | --- | --- |
//! | steady | off | off | items are inspected |
//! | blinks | any | off | the line runs, but inspectd is away or not ready: the fall-back decides |
//! | any | n blinks, pause | off | the last fall-back's cause is number n |
//! | off | steady, goes out n times, pause | steady | the belt was stopped for an item; n is why |
//! | off | n blinks, pause | blinks | the line is blind: an eye or the encoder does not tell the truth |
//! | off | off | steady | the PLC or the field I/O is lost, or the bridge has a fault |
//!
//! The causes, one of the `CAUSE_` values of [`crate::registers`]: 1 no verdict in time, 2 inspectd
//! is away, 3 not inspected, 4 ambiguous, 5 PLC lost, 6 bridge restarted.
//!
//! Items come faster than codes can be read. So a code is always shown to its end, and one that came
//! meanwhile is shown once after it, even if the items behind it were decided by verdicts again.

use std::time::Duration;

use crate::registers::CAUSE_NONE;

/// How long amber is on, and then off, for one blink of a code: slow enough to be counted.
const BLINK: Duration = Duration::from_millis(300);
/// The pause after a code.
const PAUSE: Duration = Duration::from_millis(1500);
/// How long green, or red, is on, and then off, while it blinks.
const GREEN_BLINK: Duration = Duration::from_millis(500);
/// Codes above this are shown as this: nobody counts further.
const MOST_BLINKS: u16 = 9;

/// What the stack light shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LineState {
    /// inspectd is alive and can inspect.
    pub inspecting: bool,
    /// Why the last decision was a fall-back, one of the `CAUSE_` values; `CAUSE_NONE` if it was a
    /// verdict.
    pub cause: u16,
    /// The PLC or the field I/O is lost, or the bridge has a fault.
    pub lost: bool,
    /// The belt was stopped for an item.
    pub stopped: bool,
    /// Bodies can pass that nobody numbers: an eye or the encoder does not tell the truth.
    pub blind: bool,
}

/// Which lamps are lit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lamps {
    /// The green one.
    pub green: bool,
    /// The amber one.
    pub amber: bool,
    /// The red one.
    pub red: bool,
}

/// Generates the pattern.
#[derive(Debug, Clone, Default)]
pub struct StackLight {
    /// The code that is being shown; `CAUSE_NONE` while there is none.
    code: u16,
    since: Duration,
    /// Came while `code` was shown.
    next: u16,
}

impl StackLight {
    /// The lamps at `now`, in this state.
    pub fn lamps(&mut self, state: LineState, now: Duration) -> Lamps {
        let blink = self.code_blinks(state.cause, now);
        if state.lost {
            return Lamps { red: true, ..Lamps::default() };
        }
        if state.stopped {
            return Lamps { green: false, amber: !blink, red: true };
        }
        if state.blind {
            return Lamps { green: false, amber: blink, red: is_first_half(now, GREEN_BLINK) };
        }
        let steady_or_blinking = state.inspecting || is_first_half(now, GREEN_BLINK);
        Lamps { green: steady_or_blinking, amber: blink, red: false }
    }

    /// Whether a blink of the code is on at `now`.
    fn code_blinks(&mut self, cause: u16, now: Duration) -> bool {
        if cause != CAUSE_NONE && cause != self.code {
            self.next = cause;
        }
        let shown_for = now.saturating_sub(self.since);
        if self.code == CAUSE_NONE || shown_for >= length(self.code) {
            let again = if cause == self.code { self.code } else { CAUSE_NONE };
            self.code = if self.next == CAUSE_NONE { again } else { self.next };
            self.next = CAUSE_NONE;
            self.since = now;
        }
        let shown_for = now.saturating_sub(self.since);
        shown_for < blinks(self.code) && is_first_half(shown_for, BLINK)
    }
}

fn blinks(code: u16) -> Duration {
    BLINK * 2 * u32::from(code.min(MOST_BLINKS))
}

fn length(code: u16) -> Duration {
    blinks(code) + PAUSE
}

/// Whether `time` falls into the first of two halves, `half` long each.
fn is_first_half(time: Duration, half: Duration) -> bool {
    (time.as_nanos() / half.as_nanos()).is_multiple_of(2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::registers::{CAUSE_AMBIGUOUS, CAUSE_INSPECTOR_DEAD, CAUSE_NO_VERDICT};

    const STEP: u64 = 10;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// What a technician counts: the blinks of amber before each pause.
    fn codes(light: &mut StackLight, until_ms: u64, state: impl Fn(u64) -> LineState) -> Vec<u16> {
        let (mut codes, mut blinks, mut dark, mut lit) = (Vec::new(), 0, 0, false);
        for at in (0..until_ms).step_by(STEP as usize) {
            let amber = light.lamps(state(at), ms(at)).amber;
            blinks += u16::from(amber && !lit);
            dark = if amber { 0 } else { dark + STEP };
            lit = amber;
            if blinks > 0 && dark >= 1000 {
                codes.push(std::mem::take(&mut blinks));
            }
        }
        codes
    }

    fn inspecting(cause: u16) -> LineState {
        LineState { inspecting: true, cause, ..LineState::default() }
    }

    #[test]
    fn steady_green_alone_means_that_items_are_inspected() {
        let mut light = StackLight::default();
        for at in (0..5000).step_by(10) {
            let lamps = light.lamps(inspecting(CAUSE_NONE), ms(at));
            assert_eq!(lamps, Lamps { green: true, ..Lamps::default() });
        }
    }

    #[test]
    fn green_blinks_while_inspectd_is_not_ready() {
        let mut light = StackLight::default();
        let mut changes = 0;
        let mut green = false;
        for at in (0..4000).step_by(10) {
            let lamps = light.lamps(LineState::default(), ms(at));
            changes += u32::from(lamps.green != green);
            green = lamps.green;
            assert!(!lamps.red);
        }
        assert_eq!(changes, 8, "on and off four times in four seconds");
    }

    #[test]
    fn amber_blinks_the_number_of_the_cause() {
        for cause in 1..=6 {
            let found = codes(&mut StackLight::default(), 20_000, |_| inspecting(cause));
            assert!(found.len() >= 3 && found.iter().all(|code| *code == cause), "{found:?}");
        }
    }

    #[test]
    fn a_code_that_came_and_went_is_shown_once_to_its_end() {
        let state = |at| match at {
            0..100 => inspecting(CAUSE_INSPECTOR_DEAD),
            500..600 => inspecting(CAUSE_AMBIGUOUS),
            _ => inspecting(CAUSE_NONE),
        };
        let found = codes(&mut StackLight::default(), 20_000, state);
        assert_eq!(found, [CAUSE_INSPECTOR_DEAD, CAUSE_AMBIGUOUS]);
    }

    #[test]
    fn a_belt_stopped_for_an_item_is_red_with_amber_that_goes_out_to_tell_why() {
        let mut light = StackLight::default();
        let state = LineState { stopped: true, ..inspecting(CAUSE_NO_VERDICT) };
        let mut out = 0;
        for at in (0..2100).step_by(10) {
            let lamps = light.lamps(state, ms(at));
            assert!(lamps.red && !lamps.green);
            out += u64::from(!lamps.amber) * 10;
        }
        assert_eq!(out, 300, "once, for as long as a blink");
    }

    #[test]
    fn red_alone_means_that_the_plc_is_lost() {
        let mut light = StackLight::default();
        let state = LineState { lost: true, ..inspecting(CAUSE_NO_VERDICT) };
        for at in (0..5000).step_by(10) {
            assert_eq!(light.lamps(state, ms(at)), Lamps { red: true, ..Lamps::default() });
        }
    }

    proptest! {
        #[test]
        fn every_code_on_show_is_one_that_came(
            causes in prop::collection::vec(0u16..7, 1..60),
            hold in 50u64..3000,
        ) {
            let state = |at: u64| {
                let index = (at / hold) as usize;
                inspecting(causes.get(index).copied().unwrap_or(CAUSE_NONE))
            };
            let until = hold * causes.len() as u64 + 15_000;
            let found = codes(&mut StackLight::default(), until, state);
            for code in &found {
                prop_assert!(causes.contains(code), "{:?} from {:?}", found, causes);
            }
            prop_assert_eq!(found.is_empty(), causes.iter().all(|cause| *cause == CAUSE_NONE));
        }
    }
}
