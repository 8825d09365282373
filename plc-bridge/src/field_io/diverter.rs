//! Diverters on GPIO outputs, with a **dead-man**: when nobody has commanded them for
//! `io.diverter_timeout_ms`, each goes to its safe state, which the line file names. A bridge that
//! has lost its line must not leave a diverter out that pushes everything off the belt, nor one in
//! that ships everything, unless the plant chose so.
//!
//! This is the dead-man of a cycle that goes on without commands. [`super::guard`] is the one of a
//! cycle that hangs, and the hardware watchdog ([`super::watchdog`]), whose relay cuts the diverters'
//! supply, that of a process that is gone.

use std::time::Duration;

use embedded_hal::digital::OutputPin;

use super::output::Output;

#[derive(Debug)]
struct Diverter<P> {
    output: Output<P>,
    safe_out: bool,
}

/// The diverters, in the order of the line file.
#[derive(Debug)]
pub struct Diverters<P> {
    diverters: Vec<Diverter<P>>,
    timeout: Duration,
    commanded_at: Option<Duration>,
}

impl<P: OutputPin> Diverters<P> {
    /// Each pin with whether its safe state is out. They rest until the first command.
    pub fn new(pins: impl IntoIterator<Item = (P, bool)>, timeout: Duration) -> Self {
        let diverters = pins
            .into_iter()
            .map(|(pin, safe_out)| Diverter { output: Output::new(pin), safe_out })
            .collect();
        Self { diverters, timeout, commanded_at: None }
    }

    /// Moves each diverter to its bit of `outputs`: bit n, diverter n, set is out.
    ///
    /// # Errors
    /// The first pin's that failed; the others were written nevertheless.
    pub fn command(&mut self, outputs: u16, now: Duration) -> Result<(), P::Error> {
        self.commanded_at = Some(now);
        self.write(|index, _| outputs >> index & 1 == 1)
    }

    /// Time has come to `now` without a command.
    ///
    /// # Errors
    /// As [`Self::command`].
    pub fn tick(&mut self, now: Duration) -> Result<(), P::Error> {
        match self.commanded_at {
            Some(at) if now.saturating_sub(at) < self.timeout => Ok(()),
            _ => self.rest(),
        }
    }

    /// Brings each diverter to its safe state.
    ///
    /// # Errors
    /// As [`Self::command`].
    pub fn rest(&mut self) -> Result<(), P::Error> {
        self.write(|_, safe_out| safe_out)
    }

    fn write(&mut self, level: impl Fn(usize, bool) -> bool) -> Result<(), P::Error> {
        let mut first = Ok(());
        for (index, diverter) in self.diverters.iter_mut().enumerate() {
            first = first.and(diverter.output.set(level(index, diverter.safe_out)));
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use embedded_hal_mock::eh1::MockError;
    use embedded_hal_mock::eh1::digital::{Mock, State, Transaction};

    use super::super::output::tests::expecting;
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn each_diverter_follows_its_bit() {
        let (mut first, mut second) = (expecting(&[false, true]), expecting(&[true, false]));
        let pins = [(first.clone(), false), (second.clone(), false)];
        let mut diverters = Diverters::new(pins, ms(200));
        diverters.command(0b10, ms(0)).expect("the mocks take it");
        diverters.command(0b01, ms(10)).expect("the mocks take it");
        first.done();
        second.done();
    }

    #[test]
    fn diverters_that_nobody_commands_go_to_their_safe_states() {
        let (mut first, mut second) = (expecting(&[true, false]), expecting(&[false, true]));
        let pins = [(first.clone(), false), (second.clone(), true)];
        let mut diverters = Diverters::new(pins, ms(200));
        diverters.command(0b01, ms(1000)).expect("the mocks take it");
        diverters.tick(ms(1199)).expect("nothing is written before the time-out");
        diverters.tick(ms(1200)).expect("the mocks take it");
        diverters.tick(ms(1300)).expect("nothing is written twice");
        first.done();
        second.done();
    }

    #[test]
    fn diverters_rest_before_the_first_command() {
        let mut pin = expecting(&[true]);
        let mut diverters = Diverters::new([(pin.clone(), true)], ms(200));
        diverters.tick(ms(0)).expect("the mock takes it");
        pin.done();
    }

    #[test]
    fn a_broken_output_does_not_keep_the_others_from_moving() {
        let broken = MockError::Io(ErrorKind::BrokenPipe);
        let mut first = Mock::new(&[Transaction::set(State::High).with_error(broken)]);
        let mut second = expecting(&[true]);
        let mut diverters =
            Diverters::new([(first.clone(), false), (second.clone(), false)], ms(200));
        diverters.command(0b11, ms(0)).expect_err("the first mock refuses");
        first.done();
        second.done();
    }
}
