//! A thread that brings the diverters to rest when their commands cease, whatever the cycle hangs
//! in: a connection attempt that takes seconds, a disk, a debugger. Against the death of the whole
//! process stands the hardware watchdog.
//!
//! The guard counts commands instead of asking a clock. While they come it takes no lock, so it
//! never holds up the cycle.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use embedded_hal::digital::OutputPin;

use super::diverter::Diverters;
use super::error::FieldIoError;
use crate::logger::Log;
use crate::realtime::STACK;

/// Looks at the count of commands within one time-out.
const LOOKS: u32 = 4;

#[derive(Debug)]
struct Shared<P> {
    diverters: Mutex<Diverters<P>>,
    /// Commands so far, counted while the lock is held.
    commands: AtomicU32,
}

impl<P> Shared<P> {
    fn diverters(&self) -> MutexGuard<'_, Diverters<P>> {
        // Diverters hold no state that a panic could leave half made.
        self.diverters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct Guard {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    log: Log,
}

/// Diverters with or without a guard.
#[derive(Debug)]
pub struct GuardedDiverters<P> {
    shared: Arc<Shared<P>>,
    /// Held while the diverters live; it ends with them.
    _guard: Option<Guard>,
}

impl<P: OutputPin> GuardedDiverters<P> {
    /// Diverters without a guard.
    pub fn new(diverters: Diverters<P>) -> Self {
        let shared = Shared { diverters: Mutex::new(diverters), commands: AtomicU32::new(0) };
        Self { shared: Arc::new(shared), _guard: None }
    }

    /// See [`Diverters::command`].
    ///
    /// # Errors
    /// A pin's.
    pub fn command(&mut self, outputs: u16, now: Duration) -> Result<(), P::Error> {
        let mut diverters = self.shared.diverters();
        self.shared.commands.fetch_add(1, Ordering::Relaxed);
        diverters.command(outputs, now)
    }

    /// See [`Diverters::tick`].
    ///
    /// # Errors
    /// A pin's.
    pub fn tick(&mut self, now: Duration) -> Result<(), P::Error> {
        self.shared.diverters().tick(now)
    }

    /// See [`Diverters::rest`].
    ///
    /// # Errors
    /// A pin's.
    pub fn rest(&mut self) -> Result<(), P::Error> {
        self.shared.diverters().rest()
    }
}

impl<P: OutputPin + Send + 'static> GuardedDiverters<P> {
    /// The same with a guard that lets commands cease for `timeout` at most.
    ///
    /// # Errors
    /// [`FieldIoError::NoThread`].
    pub fn guarded(self, timeout: Duration, log: Log) -> Result<Self, FieldIoError> {
        let (stop, stopped) = mpsc::channel::<()>();
        let (shared, its_log) = (Arc::clone(&self.shared), log.clone());
        let wait = move || stopped.recv_timeout(timeout / LOOKS) == Err(RecvTimeoutError::Timeout);
        let thread = std::thread::Builder::new()
            .name("diverter-guard".into())
            .stack_size(STACK)
            .spawn(move || watch(&shared, &its_log, wait))
            .map_err(|error| FieldIoError::NoThread { reason: error.to_string() })?;
        Ok(Self { _guard: Some(Guard { stop: Some(stop), thread: Some(thread), log }), ..self })
    }
}

/// Watches the commands for as long as `wait` says so.
fn watch<P: OutputPin>(shared: &Shared<P>, log: &Log, wait: impl Fn() -> bool) {
    let (mut seen, mut looks) = (0, 0);
    while wait() {
        let commands = shared.commands.load(Ordering::Relaxed);
        looks = if commands == seen { looks + 1 } else { 0 };
        seen = commands;
        if looks < LOOKS {
            continue;
        }
        looks = 0;
        let mut diverters = shared.diverters();
        let is_still = shared.commands.load(Ordering::Relaxed) == seen;
        if is_still && diverters.rest().is_err() {
            drop(diverters);
            log.warn("nobody commands the diverters, and one of them cannot be moved".into());
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            self.log.warn("the diverters' guard has panicked".into());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::AtomicBool;
    use std::time::Instant;

    use embedded_hal::digital::ErrorType;

    use super::*;

    #[derive(Clone, Default)]
    struct Pin(Arc<AtomicBool>);

    impl ErrorType for Pin {
        type Error = Infallible;
    }

    impl OutputPin for Pin {
        fn set_low(&mut self) -> Result<(), Infallible> {
            self.0.store(false, Ordering::SeqCst);
            Ok(())
        }
        fn set_high(&mut self) -> Result<(), Infallible> {
            self.0.store(true, Ordering::SeqCst);
            Ok(())
        }
    }

    fn until(pin: &Pin, level: bool) {
        let begun = Instant::now();
        while pin.0.load(Ordering::SeqCst) != level {
            assert!(begun.elapsed() < Duration::from_secs(20), "the guard never came");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_cycle_that_hangs_does_not_leave_a_diverter_out() {
        let pin = Pin::default();
        let timeout = Duration::from_millis(40);
        let diverters = Diverters::new([(pin.clone(), false)], timeout);
        let mut diverters = GuardedDiverters::new(diverters)
            .guarded(timeout, Log::with_room(4).0)
            .expect("the system starts a thread");
        // Each command is obeyed, also after the guard has stepped in.
        for _ in 0..2 {
            let Ok(()) = diverters.command(1, Duration::ZERO);
            until(&pin, false);
        }
    }

    #[test]
    fn a_guard_ends_with_its_diverters() {
        let pin = Pin::default();
        let timeout = Duration::from_secs(3600);
        let diverters = Diverters::new([(pin.clone(), true)], timeout);
        let diverters = GuardedDiverters::new(diverters)
            .guarded(timeout, Log::with_room(4).0)
            .expect("the system starts a thread");
        drop(diverters);
        assert_eq!(Arc::strong_count(&pin.0), 1, "its thread has let go of the pin");
    }
}
