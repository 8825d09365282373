//! The trigger of the tunnel's flash: a pulse when an item stands at a given place.
//!
//! It follows the status block, so that it serves a line with a PLC and one without alike: each
//! leading edge at the entry eye gives a count at which the trigger is **due**, and the first status
//! whose encoder has reached that count raises it. An item that crosses the entry eye again (the
//! belt ran backwards) keeps its id and is triggered once only, at its newer count.

use std::collections::VecDeque;
use std::time::Duration;

use crate::registers::{EVENT_RING, Eye, Status, slot};
use crate::wrap::{Unwrapped, ahead};

/// Items between the entry eye and the strobe; more than a tunnel holds.
const MOST_DUE: usize = 64;

#[derive(Debug, Clone, Copy)]
struct Due {
    acquisition: u16,
    count: i64,
}

/// Decides the trigger's level.
#[derive(Debug, Clone)]
pub struct Strobe {
    position: i64,
    pulse: Duration,
    encoder: Unwrapped,
    /// `plc_boot`, and the number of the last event taken.
    met: Option<(u16, u16)>,
    due: VecDeque<Due>,
    lit_since: Option<Duration>,
}

impl Strobe {
    /// A trigger `position` counts behind the entry eye, for at least `pulse`.
    pub fn new(position: i64, pulse: Duration) -> Self {
        Self {
            position,
            pulse,
            encoder: Unwrapped::default(),
            met: None,
            due: VecDeque::with_capacity(MOST_DUE),
            lit_since: None,
        }
    }

    /// Takes a status that was read at `now` and returns the trigger's level from then on.
    pub fn level(&mut self, status: &Status, now: Duration) -> bool {
        let taken = match self.met {
            Some((boot, taken)) if boot == status.plc_boot => {
                self.encoder.advance(status.encoder);
                taken
            }
            _ => {
                self.encoder = Unwrapped::starting(status.encoder, 0);
                self.due.clear();
                status.event_head
            }
        };
        self.met = Some((status.plc_boot, status.event_head));
        let fresh = ahead(status.event_head, taken).min(EVENT_RING as u16);
        for back in (0..fresh).rev() {
            let event = status.events[slot(status.event_head.wrapping_sub(back), EVENT_RING)];
            if event.eye == Some(Eye::Entry) && !event.trailing && !event.backward {
                let count = self.encoder.near(event.encoder) + self.position;
                self.expect(Due { acquisition: event.acquisition, count });
            }
        }
        self.lit(now)
    }

    fn expect(&mut self, due: Due) {
        self.due.retain(|other| other.acquisition != due.acquisition);
        if self.due.len() == MOST_DUE {
            self.due.pop_front();
        }
        self.due.push_back(due);
    }

    /// A pulse ends before the next one begins, so that each has a rising edge of its own.
    fn lit(&mut self, now: Duration) -> bool {
        if let Some(since) = self.lit_since {
            if now.saturating_sub(since) < self.pulse {
                return true;
            }
            self.lit_since = None;
            return false;
        }
        let here = self.encoder.count();
        if let Some(index) = self.due.iter().position(|due| due.count <= here) {
            self.due.remove(index);
            self.lit_since = Some(now);
        }
        self.lit_since.is_some()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::registers::LineEvent;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn enters(status: &mut Status, acquisition: u16, encoder: u32) {
        status.event_head = status.event_head.wrapping_add(1);
        status.events[slot(status.event_head, EVENT_RING)] = LineEvent {
            eye: Some(Eye::Entry),
            trailing: false,
            backward: false,
            acquisition,
            encoder,
        };
    }

    #[test]
    fn the_trigger_rises_when_the_item_is_there_and_falls_after_the_pulse() {
        let mut strobe = Strobe::new(100, ms(5));
        let mut status = Status { encoder: u32::MAX - 20, ..Status::default() };
        assert!(!strobe.level(&status, ms(0)));
        enters(&mut status, 1, u32::MAX - 10);
        status.encoder = u32::MAX;
        assert!(!strobe.level(&status, ms(10)));
        status.encoder = 88;
        assert!(!strobe.level(&status, ms(20)), "one count is left, over the wrap");
        status.encoder = 89;
        assert!(strobe.level(&status, ms(30)));
        assert!(strobe.level(&status, ms(32)), "the pulse lasts");
        assert!(!strobe.level(&status, ms(35)));
        assert!(!strobe.level(&status, ms(40)), "once is enough");
    }

    #[test]
    fn an_item_that_comes_again_is_triggered_once_at_its_newer_count() {
        let mut strobe = Strobe::new(100, ms(1));
        let mut status = Status::default();
        strobe.level(&status, ms(0));
        enters(&mut status, 1, 0);
        enters(&mut status, 1, 30);
        status.encoder = 110;
        assert!(!strobe.level(&status, ms(10)));
        status.encoder = 130;
        assert!(strobe.level(&status, ms(20)));
        assert!(!strobe.level(&status, ms(30)));
        assert!(!strobe.level(&status, ms(40)));
    }

    #[test]
    fn a_new_boot_of_the_plc_forgets_what_was_due() {
        let mut strobe = Strobe::new(10, ms(1));
        let mut status = Status::default();
        strobe.level(&status, ms(0));
        enters(&mut status, 1, 0);
        strobe.level(&status, ms(10));
        let status = Status { plc_boot: 1, encoder: 5000, ..Status::default() };
        assert!(!strobe.level(&status, ms(20)));
    }

    proptest! {
        #[test]
        fn every_item_is_triggered_exactly_once(
            gaps in prop::collection::vec(40u32..400, 1..100),
            start in any::<u32>(),
        ) {
            let mut strobe = Strobe::new(500, ms(1));
            let mut status = Status { encoder: start, ..Status::default() };
            strobe.level(&status, ms(0));
            let (mut rises, mut was_lit, mut at) = (0, false, 0);
            let mut turn = |status: &mut Status, by: u32| for _ in 0..by / 10 {
                status.encoder = status.encoder.wrapping_add(10);
                at += 2;
                let lit = strobe.level(status, ms(at));
                rises += usize::from(lit && !was_lit);
                was_lit = lit;
            };
            for (index, gap) in gaps.iter().enumerate() {
                turn(&mut status, *gap);
                let here = status.encoder;
                enters(&mut status, index as u16 + 1, here);
            }
            turn(&mut status, 1000);
            prop_assert_eq!(rises, gaps.len());
        }
    }
}
