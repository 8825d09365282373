//! A photo-eye on an input pin. Its edges come as events with the kernel's time; once a cycle its
//! level is read too, so that an edge that was never reported is noticed.

use std::time::Duration;

use embedded_hal::digital::InputPin;

use super::debounce::{Debounce, Stable};
use super::encoder::Place;
use crate::registers::Eye;

/// One photo-eye; its pin is high while something covers it.
#[derive(Debug)]
pub struct PhotoEye<P> {
    eye: Eye,
    pin: P,
    debounce: Debounce<Place>,
    /// The last look at the pin did not fit the last event.
    disagreed: bool,
    missed: u32,
}

impl<P: InputPin> PhotoEye<P> {
    /// An eye that rests at its pin's present level.
    ///
    /// # Errors
    /// The pin's.
    pub fn new(eye: Eye, mut pin: P, debounce: Duration) -> Result<Self, P::Error> {
        let debounce = Debounce::new(debounce, pin.is_high()?);
        Ok(Self { eye, pin, debounce, disagreed: false, missed: 0 })
    }

    /// Which eye it is.
    pub fn eye(&self) -> Eye {
        self.eye
    }

    /// The pin changed to `level` at `at`, when the belt was at `place`. Returns the edge that was
    /// settled before that.
    pub fn change(&mut self, level: bool, at: Duration, place: Place) -> Option<Stable<Place>> {
        self.disagreed = false;
        self.debounce.change(level, at, place)
    }

    /// Time has come to `now`. Returns the edge that has settled.
    pub fn settle(&mut self, now: Duration) -> Option<Stable<Place>> {
        self.debounce.settle(now)
    }

    /// Looks at the pin after a cycle's events were taken. A level that does not fit them may belong
    /// to an event that is still on its way; if it does not fit twice in a row, the edge was missed
    /// and is taken to have happened now.
    ///
    /// # Errors
    /// The pin's.
    pub fn look(&mut self, now: Duration, place: Place) -> Result<Option<Stable<Place>>, P::Error> {
        let level = self.pin.is_high()?;
        let agrees = level == self.debounce.level();
        if agrees || !self.disagreed {
            self.disagreed = !agrees;
            return Ok(None);
        }
        self.missed = self.missed.wrapping_add(1);
        Ok(self.change(level, now, place))
    }

    /// Bursts that came to rest where they began.
    pub fn glitches(&self) -> u32 {
        self.debounce.glitches()
    }

    /// Edges that were seen at the pin and never reported.
    pub fn missed(&self) -> u32 {
        self.missed
    }
}

#[cfg(test)]
mod tests {
    use embedded_hal_mock::eh1::digital::{Mock, State, Transaction};

    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn reading(levels: &[State]) -> Mock {
        let reads: Vec<_> = levels.iter().map(|level| Transaction::get(*level)).collect();
        Mock::new(&reads)
    }

    #[test]
    fn an_edge_carries_the_place_at_which_it_happened() {
        let mut pin = reading(&[State::Low]);
        let mut eye = PhotoEye::new(Eye::Entry, pin.clone(), ms(2)).expect("the mock answers");
        let place = Place { count: 70, backward: false };
        assert_eq!(eye.change(true, ms(10), place), None);
        assert_eq!(eye.settle(ms(12)), Some(Stable { level: true, at: ms(10), latch: place }));
        pin.done();
    }

    #[test]
    fn an_eye_that_is_covered_at_the_start_has_no_edge() {
        let mut pin = reading(&[State::High, State::High, State::High]);
        let mut eye = PhotoEye::new(Eye::Exit, pin.clone(), ms(2)).expect("the mock answers");
        for at in [10, 20] {
            let seen = eye.look(ms(at), Place::default()).expect("the mock answers");
            assert_eq!(seen, None);
        }
        assert_eq!(eye.settle(ms(30)), None);
        pin.done();
    }

    #[test]
    fn an_edge_that_was_never_reported_is_found_by_looking_twice() {
        let mut pin = reading(&[State::Low, State::High, State::High]);
        let mut eye = PhotoEye::new(Eye::Entry, pin.clone(), ms(2)).expect("the mock answers");
        let place = Place { count: 5, backward: false };
        for at in [10, 20] {
            assert_eq!(eye.look(ms(at), place).expect("the mock answers"), None);
        }
        assert_eq!(eye.missed(), 1);
        assert_eq!(eye.settle(ms(22)), Some(Stable { level: true, at: ms(20), latch: place }));
        pin.done();
    }

    #[test]
    fn an_event_that_was_still_on_its_way_is_no_missed_edge() {
        let mut pin = reading(&[State::Low, State::High, State::High]);
        let mut eye = PhotoEye::new(Eye::Entry, pin.clone(), ms(2)).expect("the mock answers");
        eye.look(ms(10), Place::default()).expect("the mock answers");
        eye.change(true, ms(9), Place::default());
        eye.look(ms(20), Place::default()).expect("the mock answers");
        assert_eq!(eye.missed(), 0);
        pin.done();
    }
}
