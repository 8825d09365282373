//! What was odd about the inputs, and when the log hears of it: a dirty eye or a loose encoder wire
//! shows here before it costs an item.

use std::fmt;
use std::time::Duration;

/// The log hears of oddities no more often than this: an input that never rests has thousands.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// What was odd about the inputs since they were opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Oddities {
    /// Changes of an eye that came to rest where they began.
    pub glitches: u32,
    /// Edges of an eye that were never reported.
    pub missed: u32,
    /// Edges of the encoder that did not fit the one before.
    pub illegal: u32,
}

impl fmt::Display for Oddities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { glitches, missed, illegal } = self;
        write!(
            f,
            "the inputs were odd since they were opened: {glitches} glitches and {missed} missed \
             edges of eyes (check that they are clean and aligned, and io.debounce_us), {illegal} \
             edges of the encoder that do not follow each other (check its wires and their shield)"
        )
    }
}

/// Decides when there is something to tell.
#[derive(Debug, Default)]
pub struct Teller {
    told: Oddities,
    told_at: Option<Duration>,
}

impl Teller {
    /// What to tell at `now`, if anything.
    pub fn news(&mut self, now: Duration, oddities: Oddities) -> Option<Oddities> {
        let is_soon = self.told_at.is_some_and(|at| now.saturating_sub(at) < TELL_EVERY);
        if oddities == self.told || is_soon {
            return None;
        }
        (self.told, self.told_at) = (oddities, Some(now));
        Some(oddities)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_that_never_rests_is_told_once_a_minute() {
        let mut teller = Teller::default();
        assert_eq!(teller.news(Duration::ZERO, Oddities::default()), None);
        let told: Vec<u64> = (1..=200)
            .filter(|second| {
                let odd = Oddities { glitches: *second as u32, ..Oddities::default() };
                teller.news(Duration::from_secs(*second), odd).is_some()
            })
            .collect();
        assert_eq!(told, [1, 61, 121, 181]);
        let text = Oddities { illegal: 3, ..Oddities::default() }.to_string();
        assert!(text.contains("3 edges of the encoder"), "{text}");
    }
}
