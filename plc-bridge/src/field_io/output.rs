//! An output pin that is written only when its level changes: a cycle of 10 ms need not call the
//! kernel for lamps that stay as they are.

use embedded_hal::digital::{OutputPin, PinState};

/// A pin and the level that it was given last.
#[derive(Debug)]
pub struct Output<P> {
    pin: P,
    /// `None` until a write has succeeded: then the next one is made in any case.
    level: Option<bool>,
}

impl<P: OutputPin> Output<P> {
    /// A pin at an unknown level.
    pub fn new(pin: P) -> Self {
        Self { pin, level: None }
    }

    /// Brings the pin to `level`.
    ///
    /// # Errors
    /// The pin's; the next call tries again.
    pub fn set(&mut self, level: bool) -> Result<(), P::Error> {
        if self.level == Some(level) {
            return Ok(());
        }
        self.level = None;
        self.pin.set_state(PinState::from(level))?;
        self.level = Some(level);
        Ok(())
    }

    /// Brings the pin to the other level, or to low if its level is not known.
    ///
    /// # Errors
    /// The pin's; the next call tries again.
    pub fn toggle(&mut self) -> Result<(), P::Error> {
        self.set(self.level == Some(false))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::ErrorKind;

    use embedded_hal_mock::eh1::MockError;
    use embedded_hal_mock::eh1::digital::{Mock, State, Transaction};

    use super::*;

    /// A pin that is expected to be set to exactly these levels, in this order.
    pub fn expecting(levels: &[bool]) -> Mock {
        let state = |level| if level { State::High } else { State::Low };
        let sets: Vec<_> = levels.iter().map(|level| Transaction::set(state(*level))).collect();
        Mock::new(&sets)
    }

    #[test]
    fn a_pin_is_written_only_when_its_level_changes() {
        let mut mock = expecting(&[false, true, false]);
        let mut output = Output::new(mock.clone());
        for level in [false, false, true, true, false] {
            output.set(level).expect("the mock takes it");
        }
        mock.done();
    }

    #[test]
    fn a_write_that_failed_is_made_again() {
        let broken = MockError::Io(ErrorKind::BrokenPipe);
        let mut mock = Mock::new(&[
            Transaction::set(State::High).with_error(broken),
            Transaction::set(State::High),
        ]);
        let mut output = Output::new(mock.clone());
        output.set(true).expect_err("the mock refuses the first");
        output.set(true).expect("the mock takes the second");
        mock.done();
    }
}
