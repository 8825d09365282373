//! The line that an external watchdog relay listens to.
//!
//! The line changes its level once a cycle, and only while the bridge has its line in hand. A bridge
//! that hangs, is killed, or has lost its PLC lets it stand still, and the relay drops. Wire through
//! the relay whatever must not trust a dead box: the diverters' supply and the green lamp.

use embedded_hal::digital::OutputPin;

use super::output::Output;

/// Toggles the watchdog's line.
#[derive(Debug)]
pub struct Watchdog<P> {
    output: Output<P>,
}

impl<P: OutputPin> Watchdog<P> {
    /// The line on `pin`; it stands still until the first healthy cycle.
    pub fn new(pin: P) -> Self {
        Self { output: Output::new(pin) }
    }

    /// A cycle has ended, healthy or not.
    ///
    /// # Errors
    /// The pin's.
    pub fn cycle(&mut self, healthy: bool) -> Result<(), P::Error> {
        if healthy { self.output.toggle() } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::output::tests::expecting;
    use super::*;

    #[test]
    fn the_line_toggles_each_healthy_cycle_and_stands_still_in_others() {
        let mut pin = expecting(&[false, true, false, true]);
        let mut watchdog = Watchdog::new(pin.clone());
        for healthy in [false, true, true, false, false, true, true, false] {
            watchdog.cycle(healthy).expect("the mock takes it");
        }
        pin.done();
    }
}
