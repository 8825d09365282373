//! Arithmetic on counters that wrap: all of it stands here.
//!
//! The PLC's **encoder** counts in 32 bits and its **numbers** (events, results, sequences) in 16.
//! Both run over in service: an encoder of 0.1 mm a count after 430 km of belt, a number after
//! 65,536 items. Differences are taken by wrapping subtraction and hold as long as less than half
//! of the range lies between two looks.

/// How far the ring number `newer` is ahead of `older`.
pub fn ahead(newer: u16, older: u16) -> u16 {
    newer.wrapping_sub(older)
}

/// Whether `number` lies in the window that begins after `after` and ends with `through`.
pub fn in_window(number: u16, after: u16, through: u16) -> bool {
    let place = ahead(number, after);
    place >= 1 && place <= ahead(through, after)
}

/// The acquisition ids between two, without either: they run from 1 to 65,535 and then from 1 again.
pub fn acquisitions_between(older: u16, newer: u16) -> impl ExactSizeIterator<Item = u16> {
    const IDS: u32 = 65_535;
    let (older, newer) = (u32::from(older), u32::from(newer));
    let apart = (newer + IDS - older) % IDS;
    (1..apart.max(1)).map(move |step| ((older + step - 1) % IDS + 1) as u16)
}

/// Makes one ascending 64-bit count out of a wrapping 32-bit one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwrapped {
    raw: u32,
    count: i64,
}

impl Unwrapped {
    /// Starts at `raw`, and calls it `count` from now on.
    pub fn starting(raw: u32, count: i64) -> Self {
        Self { raw, count }
    }

    /// Moves on to a newer reading, forwards or backwards.
    pub fn advance(&mut self, raw: u32) -> i64 {
        self.count = self.near(raw);
        self.raw = raw;
        self.count
    }

    /// The count of a reading taken near the newest one: an edge latched shortly before it.
    pub fn near(&self, raw: u32) -> i64 {
        self.count + i64::from(raw.wrapping_sub(self.raw) as i32)
    }

    /// The newest count.
    pub fn count(&self) -> i64 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_encoder_that_runs_over_goes_on_counting() {
        let mut encoder = Unwrapped::starting(u32::MAX - 1, 10);
        assert_eq!(encoder.advance(3), 15);
        assert_eq!(encoder.near(u32::MAX), 11);
        assert_eq!(encoder.advance(u32::MAX), 11, "a belt that runs back counts down");
    }

    #[test]
    fn the_ids_between_two_leave_out_the_zero() {
        assert!(acquisitions_between(65_534, 2).eq([65_535, 1]));
        assert_eq!(acquisitions_between(7, 8).len(), 0);
        assert_eq!(acquisitions_between(7, 7).len(), 0);
    }

    #[test]
    fn a_window_of_numbers_may_wrap() {
        assert!(in_window(0, 65_535, 3));
        assert!(in_window(3, 65_535, 3));
        assert!(!in_window(65_535, 65_535, 3), "the number before the window is outside");
        assert!(!in_window(4, 65_535, 3));
        assert!(!in_window(7, 7, 7), "an empty window holds nothing");
    }

    proptest! {
        #[test]
        fn unwrapping_gives_back_what_was_wrapped(
            start in any::<u32>(),
            moves in prop::collection::vec(-1_000_000i64..1_000_000, 1..50),
        ) {
            let mut encoder = Unwrapped::starting(start, 0);
            let mut truth = 0i64;
            for by in moves {
                truth += by;
                let raw = (i64::from(start) + truth) as u32;
                prop_assert_eq!(encoder.advance(raw), truth);
            }
        }
    }
}
