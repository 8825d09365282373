//! The loop's part in reading labels: to the thread that reads them, and back.

use std::time::Duration;

use line::protocol::ItemNumber;
use meaning::dates::Context;
use vision::labels::{LabelDone, LabelJob};

use super::Inspection;
use crate::item::flow::{LabelAnswer, Step};
use crate::item::identity_check;
use crate::item::label_check::{self, Checked, Known};
use crate::records::record::LabelRecord;

impl Inspection {
    /// Hands an item to the thread that reads labels; returns what follows when it is not taken.
    pub(super) fn read_label(&mut self, item: ItemNumber, deadline: Duration) -> Vec<Step> {
        let views = self.frames.get(&item).cloned().unwrap_or_default();
        let context = Context { region: self.label.region, today: self.clock.today().likely };
        let expected = self.expectations.of(&self.sku);
        let needs_text = expected.is_some_and(label_check::has_words);
        let gtin = expected.and_then(|expected| expected.gtin.clone());
        let sku = self.sku.clone();
        let job = LabelJob { item, deadline, views, context, needs_text, sku, gtin };
        let refused = match &self.label_worker {
            Some(worker) => worker.submit(job),
            None => Err(job),
        };
        let Err(_) = refused else { return Vec::new() };
        let problem = Some("too many labels wait to be read".to_owned());
        let label = LabelRecord { problem, ..LabelRecord::default() };
        let answer = LabelAnswer { label, took: Duration::ZERO, ..LabelAnswer::default() };
        let now = self.now();
        self.flow.label_read(item, answer, now)
    }

    pub(super) fn on_label(&mut self, done: LabelDone) {
        let views = done.views.into_iter().map(|(camera, view)| (camera.to_string(), view));
        let views = label_check::with_unseen(views.collect(), self.flow.views(done.item));
        let known = Known { expectations: &self.expectations, sku: &self.sku };
        let today = self.clock.today();
        let checked = label_check::check(&views, &self.label, known, today);
        let Checked { label, lots, mut findings, mut undecided } = checked;
        match done.compared {
            Some(Ok(compared)) => {
                let divert_below = self.identity.divert_below;
                findings.extend(identity_check::check(&compared, &self.sku, divert_below));
            }
            Some(Err(cause)) => {
                let uncompared = format!("its looks could not be compared: {cause}");
                undecided = Some(
                    undecided.map_or(uncompared.clone(), |why| format!("{why}; {uncompared}")),
                );
            }
            None => {}
        }
        let answer = LabelAnswer { label, lots, findings, undecided, took: done.took };
        let now = self.now();
        let steps = self.flow.label_read(done.item, answer, now);
        self.perform(steps, Vec::new());
    }
}
