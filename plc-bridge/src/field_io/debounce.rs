//! Debounce: what an input says, turned into edges that can be believed.
//!
//! A contact or an eye changes several times when it changes once: a **burst**, changes that are
//! less than the debounce time apart. A burst that comes to rest at the other level is one edge,
//! and the edge happened at the burst's *first* change: that is when the item came, and what was
//! latched then (the encoder) belongs to it. A burst that comes to rest where it began is a
//! **glitch**, counted and forgotten.
//!
//! An item through which an eye sees now and then (a bag, a net) keeps its input bouncing all the
//! while and could end as a mere glitch: an item that nobody counted. So a burst that lasts
//! [`CHATTER`] debounce times is an edge at its first change too, and if it comes to rest where it
//! began, the edge back happened at its last change.

use std::time::Duration;

use line::config::io::CHATTER;

/// A change of level, with what was latched when it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stable<T> {
    /// The level from then on.
    pub level: bool,
    /// When it happened.
    pub at: Duration,
    /// What was latched then.
    pub latch: T,
}

#[derive(Debug, Clone, Copy)]
struct Burst<T> {
    first: (Duration, T),
    last: (Duration, T),
    /// It went on for so long that its edge was reported already.
    reported: bool,
}

/// Debounces one input. `T` is what is latched with each change.
#[derive(Debug, Clone)]
pub struct Debounce<T> {
    period: Duration,
    /// The level that was reported last.
    stable: bool,
    /// The level now.
    level: bool,
    burst: Option<Burst<T>>,
    glitches: u32,
}

impl<T: Copy> Debounce<T> {
    /// An input that rests at `level`; changes less than `period` apart are one burst.
    pub fn new(period: Duration, level: bool) -> Self {
        Self { period, stable: level, level, burst: None, glitches: 0 }
    }

    /// The input changed to `level` at `at`. Returns the edge that was settled before that.
    pub fn change(&mut self, level: bool, at: Duration, latch: T) -> Option<Stable<T>> {
        let edge = self.settle(at);
        if level != self.level {
            self.level = level;
            match &mut self.burst {
                Some(burst) => burst.last = (at, latch),
                None => {
                    let now = (at, latch);
                    self.burst = Some(Burst { first: now, last: now, reported: false });
                }
            }
        }
        edge
    }

    /// Time has come to `now`, and nothing has changed since the last call.
    pub fn settle(&mut self, now: Duration) -> Option<Stable<T>> {
        let burst = self.burst.as_mut()?;
        if now.saturating_sub(burst.last.0) >= self.period {
            let Burst { first, last, reported } = *burst;
            self.burst = None;
            if self.level != self.stable {
                return Some(self.edge(if reported { last } else { first }));
            }
            if !reported {
                self.glitches = self.glitches.wrapping_add(1);
            }
        } else if !burst.reported && now.saturating_sub(burst.first.0) >= self.period * CHATTER {
            burst.reported = true;
            let first = burst.first;
            return Some(self.edge(first));
        }
        None
    }

    /// The level now, before any debounce.
    pub fn level(&self) -> bool {
        self.level
    }

    /// Bursts that came to rest where they began.
    pub fn glitches(&self) -> u32 {
        self.glitches
    }

    fn edge(&mut self, (at, latch): (Duration, T)) -> Stable<T> {
        self.stable = !self.stable;
        Stable { level: self.stable, at, latch }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PERIOD: Duration = Duration::from_micros(2000);

    fn us(micros: u64) -> Duration {
        Duration::from_micros(micros)
    }

    /// Changes at these times, each to the other level, latched with their own number.
    fn edges(changes: &[u64], until: u64) -> Vec<Stable<usize>> {
        let mut input = Debounce::new(PERIOD, false);
        let mut level = false;
        let mut edges = Vec::new();
        for (number, at) in changes.iter().enumerate() {
            level = !level;
            edges.extend(input.change(level, us(*at), number));
        }
        edges.extend(input.settle(us(until)));
        edges
    }

    #[test]
    fn an_edge_happened_at_the_first_change_of_its_burst() {
        let found = edges(&[10_000, 10_300, 10_700, 11_000, 11_900], 13_900);
        assert_eq!(found, [Stable { level: true, at: us(10_000), latch: 0 }]);
        assert_eq!(edges(&[10_000], 11_999), [], "not before the input has rested");
    }

    #[test]
    fn a_glitch_is_counted_and_is_no_edge() {
        let mut input = Debounce::new(PERIOD, false);
        assert_eq!(input.change(true, us(100), ()), None);
        assert_eq!(input.change(false, us(150), ()), None);
        assert_eq!(input.settle(us(3000)), None);
        assert_eq!(input.glitches(), 1);
    }

    #[test]
    fn an_item_that_the_eye_sees_through_is_still_an_item() {
        let changes: Vec<u64> = (0..40).map(|n| 10_000 + n * 1000).collect();
        let found = edges(&changes, 60_000);
        let last = *changes.last().expect("there are forty");
        assert_eq!(
            found,
            [
                Stable { level: true, at: us(10_000), latch: 0 },
                Stable { level: false, at: us(last), latch: 39 },
            ]
        );
    }

    #[test]
    fn a_debounce_time_of_zero_believes_everything() {
        let mut input = Debounce::new(Duration::ZERO, false);
        assert_eq!(input.change(true, us(5), 1), None);
        let edge = input.change(false, us(6), 2).map(|edge| (edge.level, edge.latch));
        assert_eq!(edge, Some((true, 1)));
        assert_eq!(input.settle(us(6)).map(|edge| edge.latch), Some(2));
    }

    proptest! {
        #[test]
        fn bouncing_inputs_never_give_two_edges_within_the_debounce_time(
            pauses in prop::collection::vec(1u64..6000, 1..200),
        ) {
            let mut at = 0;
            let changes: Vec<u64> = pauses.iter().map(|pause| { at += pause; at }).collect();
            let found = edges(&changes, at + 100_000);
            for pair in found.windows(2) {
                prop_assert!(pair[1].at - pair[0].at >= PERIOD, "{:?}", pair);
                prop_assert_ne!(pair[0].level, pair[1].level);
            }
            for edge in &found {
                prop_assert_eq!(us(changes[edge.latch]), edge.at, "latched at the edge");
            }
            let rests_at = changes.len() % 2 == 1;
            prop_assert_eq!(found.last().is_some_and(|edge| edge.level), rests_at);
        }

        #[test]
        fn items_with_bounces_are_counted_exactly(
            items in prop::collection::vec((20_000u64..200_000, 20_000u64..200_000, 0u64..3, 50u64..600), 1..40),
        ) {
            let mut changes = Vec::new();
            let (mut at, mut truth) = (0, Vec::new());
            for (gap, length, bounces, pause) in items {
                for rest in [gap, length] {
                    at += rest;
                    truth.push(us(at));
                    changes.push(at);
                    for bounce in 1..=2 * bounces {
                        changes.push(at + bounce * pause / 2);
                    }
                }
            }
            let found: Vec<Duration> = edges(&changes, at + 100_000).iter().map(|edge| edge.at).collect();
            prop_assert_eq!(found, truth);
        }
    }
}
