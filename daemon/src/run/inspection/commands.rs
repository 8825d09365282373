//! The loop's part in what people at the box want: it is done at once and stored, or refused with a word to them.

use std::time::Instant;

use super::Inspection;
use crate::run::commands::Asked;
use crate::run::recorder::Entry;

impl Inspection {
    /// Somebody at the page wants something.
    pub(super) fn on_command(&mut self, Asked { command, until, answer, stored }: Asked) {
        if Instant::now() > until {
            tracing::warn!("too late for what somebody at the page wanted: {command:?}");
            return;
        }
        let now = self.now().wall;
        let told = format!("{command:?}");
        let done = command.follow(self.flow.quarantine(), now).map(|(done, changes)| {
            if !changes.is_empty() {
                tracing::info!("somebody at the page changed something: {told}");
                self.recorder.record(Entry { changes, waits: Some(stored), ..Entry::default() });
            }
            done
        });
        // Who asked may have gone; what was done stays done.
        let _ = answer.send(done);
    }
}
