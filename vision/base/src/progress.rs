//! How long work tells its caller how far it is, without knowing what shows it.

/// Receives the progress of long work.
pub trait Progress {
    /// `done` of `total` steps of the task `what` are finished. A new `what` starts a new task.
    fn step(&mut self, done: usize, total: usize, what: &str);
}

/// Progress that nobody watches.
#[derive(Debug, Default, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn step(&mut self, _done: usize, _total: usize, _what: &str) {}
}
