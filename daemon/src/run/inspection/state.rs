//! The loop's part in telling how the box stands, and in healing its records.

use calib::the_box::LearningStatus;
use capture::Camera;
use line::clock::monotonic;

use super::Inspection;
use super::scans::Scanners;
use crate::fleet::messages::Alert;
use crate::item::flow::Now;
use crate::run::recorder::Entry;

impl Inspection {
    pub(super) fn now(&self) -> Now {
        Now { mono: monotonic(), wall: self.clock.now() }
    }

    /// Tells how the box stands, and has the bridge tell again what the records miss.
    pub(super) fn report_health(&mut self, now: Now) {
        self.health.clock(self.clock.doubt());
        self.health.records_missing(self.recorder.has_gap());
        if !self.asked_to_tell_again && self.recorder.may_close_gap() {
            self.asked_to_tell_again = true;
            self.link.reconnect();
        }
        self.recorder.catch_up();
        self.health.holds(self.flow.holds());
        // A picture that changes again ends it, whether or not an item comes.
        let is_still = |camera: &&Camera| {
            let newest = camera.ring().latest();
            self.gatherer.is_frozen(camera.name())
                && newest.is_some_and(|frame| frame.same_since < frame.at)
        };
        let frozen = self.cameras.iter().filter(is_still);
        self.health.frozen(frozen.map(|camera| camera.name().to_string()).collect());
        let scanners = self.scanners.as_ref();
        let troubles = scanners.map(|scanners| scanners.troubles(now.mono));
        let heard = scanners.map(Scanners::heard).unwrap_or_default();
        self.health.scanners(heard, troubles.unwrap_or_default());
        self.health.belt(self.belt.status(now.mono));
        let (learning, full) = self.learner.counts();
        let learned = LearningStatus { learning: learning as u64, full: full as u64 };
        self.health.learning(learned, self.learner.problem());
        let alerts = self.health.report(&self.cameras, self.flow.counts(), now);
        self.link.set_ready(self.health.ready());
        if !alerts.is_empty() {
            let changes = alerts.iter().map(Alert::owed).collect();
            self.recorder.record(Entry { changes, ..Entry::default() });
        }
    }

    /// The bridge has greeted, and now tells what was not acknowledged.
    pub(super) fn heal_the_records(&mut self) {
        self.asked_to_tell_again = false;
        if self.recorder.may_close_gap() {
            self.recorder.close_gap();
            self.flow.hear_again();
        }
    }
}
