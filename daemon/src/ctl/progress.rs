//! Progress bars on stderr while long work runs, and silence when stderr is no terminal.

use std::io::{self, IsTerminal};

use base::progress::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// One bar; a new task starts it anew.
pub struct Bar {
    bar: ProgressBar,
    task: String,
}

impl Bar {
    /// A bar that shows itself with the first step.
    pub fn new() -> Self {
        let target = if io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let style = ProgressStyle::with_template("{msg:24} {bar:40} {pos}/{len} {eta}")
            .expect("the template names known keys");
        let bar = ProgressBar::with_draw_target(None, target).with_style(style);
        Self { bar, task: String::new() }
    }
}

impl Progress for Bar {
    fn step(&mut self, done: usize, total: usize, what: &str) {
        if self.task != what {
            what.clone_into(&mut self.task);
            self.bar.reset();
            self.bar.set_message(self.task.clone());
        }
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
