//! The belt's encoder: edges of one or two channels, turned into a count.
//!
//! Two channels, A and B, a quarter of a pulse apart (**quadrature**): which one is ahead tells the
//! direction, and each edge is a quarter of a pulse. One channel only counts up. The count is kept
//! in quarters and handed out at the configured **counts per pulse** (1, 2 or 4).
//!
//! An edge to the level that the channel had already means that edges were missed in between: an
//! **illegal transition**. It is counted and moves nothing, since nobody knows which way.

/// One of the encoder's channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Channel A.
    A,
    /// Channel B.
    B,
}

/// Where the belt is, and which way it moved last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// The count since the start.
    pub count: i64,
    /// The belt moved backwards last.
    pub backward: bool,
}

impl Place {
    /// The count as the status block carries it, wrapping.
    pub fn wrapped(self) -> u32 {
        self.count as u32
    }
}

/// Counts an encoder's edges.
#[derive(Debug, Clone)]
pub struct Encoder {
    quarters: i64,
    /// How far the quarters are shifted down to counts.
    shift: u32,
    levels: [bool; 2],
    quadrature: bool,
    reversed: bool,
    backward: bool,
    /// The furthest place in this direction, and how far back from it the belt turns: less is trembling.
    furthest: i64,
    turn: i64,
    illegal: u32,
}

impl Encoder {
    /// An encoder with both channels, whose levels are known. `reversed` when B is ahead of A while
    /// the belt runs forwards.
    pub fn quadrature(a: bool, b: bool, counts_per_pulse: u8, reversed: bool) -> Self {
        Self {
            quarters: 0,
            shift: shift(counts_per_pulse),
            levels: [a, b],
            quadrature: true,
            reversed,
            backward: false,
            furthest: 0,
            turn: 0,
            illegal: 0,
        }
    }

    /// The same encoder on a belt that trembles by up to `counts` while it stands: it has turned only
    /// when it has gone further. An item laid onto the eye of such a belt has not come backwards.
    #[must_use]
    pub fn trembling(self, counts: i64) -> Self {
        Self { turn: counts.max(0) << self.shift, ..self }
    }

    /// An encoder with channel A alone.
    pub fn single(a: bool, counts_per_pulse: u8) -> Self {
        Self { quadrature: false, ..Self::quadrature(a, false, counts_per_pulse, false) }
    }

    /// A channel changed to `level`. Says whether the belt moved.
    pub fn edge(&mut self, channel: Channel, level: bool) -> bool {
        let index = usize::from(channel == Channel::B);
        if self.levels[index] == level {
            self.illegal = self.illegal.wrapping_add(1);
            return false;
        }
        self.levels[index] = level;
        if !self.quadrature {
            self.quarters += 2;
            return true;
        }
        let [a, b] = self.levels;
        // Forwards, A leads: at an edge of A the channels then differ, at an edge of B they agree.
        let forward = ((a != b) == (channel == Channel::A)) != self.reversed;
        self.quarters += if forward { 1 } else { -1 };
        let on = if self.backward { -1 } else { 1 };
        let back = on * (self.furthest - self.quarters);
        if back > self.turn {
            self.backward = !self.backward;
        }
        if back < 0 || back > self.turn {
            self.furthest = self.quarters;
        }
        true
    }

    /// Where the belt is.
    pub fn place(&self) -> Place {
        Place { count: self.quarters >> self.shift, backward: self.backward }
    }

    /// The level that a channel's last edge left it at.
    pub fn level(&self, channel: Channel) -> bool {
        self.levels[usize::from(channel == Channel::B)]
    }

    /// Edges that did not fit the level before: others were missed.
    pub fn illegal(&self) -> u32 {
        self.illegal
    }
}

fn shift(counts_per_pulse: u8) -> u32 {
    match counts_per_pulse {
        4 => 0,
        2 => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The levels of A and B after `quarter` steps.
    fn levels(quarter: i64) -> (bool, bool) {
        [(false, false), (true, false), (true, true), (false, true)][quarter.rem_euclid(4) as usize]
    }

    /// Turns the shaft one quarter; `true` is forwards.
    fn turn(encoder: &mut Encoder, quarter: &mut i64, forward: bool) {
        let before = levels(*quarter);
        *quarter += if forward { 1 } else { -1 };
        let after = levels(*quarter);
        let moved = if before.0 != after.0 {
            encoder.edge(Channel::A, after.0)
        } else {
            encoder.edge(Channel::B, after.1)
        };
        assert!(moved, "a legal step moves the belt");
    }

    #[test]
    fn a_pulse_is_worth_what_the_line_file_says() {
        for (counts_per_pulse, counts) in [(1, 10), (2, 20), (4, 40)] {
            let mut encoder = Encoder::quadrature(false, false, counts_per_pulse, false);
            let mut quarter = 0;
            (0..40).for_each(|_| turn(&mut encoder, &mut quarter, true));
            assert_eq!(encoder.place(), Place { count: counts, backward: false });
        }
    }

    #[test]
    fn a_single_channel_counts_up() {
        for (counts_per_pulse, counts) in [(1, 5), (2, 10)] {
            let mut encoder = Encoder::single(true, counts_per_pulse);
            (0..10).for_each(|n| assert!(encoder.edge(Channel::A, n % 2 == 1)));
            assert_eq!(encoder.place().count, counts);
        }
    }

    #[test]
    fn an_edge_that_does_not_fit_is_counted_and_moves_nothing() {
        let mut encoder = Encoder::quadrature(false, false, 4, false);
        assert!(encoder.edge(Channel::A, true));
        assert!(!encoder.edge(Channel::A, true));
        assert_eq!((encoder.place().count, encoder.illegal()), (1, 1));
    }

    #[test]
    fn a_belt_that_trembles_has_not_turned() {
        let mut encoder = Encoder::quadrature(false, false, 1, false).trembling(3);
        let mut quarter = 0;
        let mut go = |encoder: &mut Encoder, counts: i64| {
            (0..4 * counts.abs()).for_each(|_| turn(encoder, &mut quarter, counts > 0));
            encoder.place().backward
        };
        assert!(!go(&mut encoder, 20));
        assert!(!go(&mut encoder, -2) && !go(&mut encoder, 1) && !go(&mut encoder, -2));
        assert!(go(&mut encoder, -2), "it has gone back by more than it trembles");
        assert!(go(&mut encoder, 3));
        assert!(!go(&mut encoder, 1));
    }

    #[test]
    fn the_count_in_the_status_block_wraps() {
        assert_eq!(Place { count: -1, backward: true }.wrapped(), u32::MAX);
        assert_eq!(Place { count: 1 << 32, backward: false }.wrapped(), 0);
    }

    proptest! {
        #[test]
        fn a_belt_that_comes_back_is_where_it_was(
            start in 0i64..4,
            steps in prop::collection::vec(any::<bool>(), 0..500),
            counts_per_pulse in prop::sample::select(vec![1u8, 2, 4]),
            reversed in any::<bool>(),
        ) {
            let (a, b) = levels(start);
            let mut encoder = Encoder::quadrature(a, b, counts_per_pulse, reversed);
            let mut quarter = start;
            for forward in &steps {
                turn(&mut encoder, &mut quarter, *forward);
            }
            let there = if reversed { start - quarter } else { quarter - start };
            prop_assert_eq!(encoder.place().count, (there * i64::from(counts_per_pulse)) >> 2);
            if let Some(last) = steps.last() {
                prop_assert_eq!(encoder.place().backward, *last == reversed);
            }
            for forward in steps.iter().rev() {
                turn(&mut encoder, &mut quarter, !forward);
            }
            prop_assert_eq!(encoder.place().count, 0);
            prop_assert_eq!(encoder.illegal(), 0);
        }
    }
}
