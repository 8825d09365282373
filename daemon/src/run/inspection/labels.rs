//! The loop's part in reading labels and in naming items: to the threads that read, and back.

use std::sync::Arc;
use std::time::Duration;

use line::protocol::ItemNumber;
use meaning::dates::Context;
use meaning::reading::Reading;
use vision::config::LooksAmong;
use vision::config::SkuSource;
use vision::labels::{CodeJob, CodesDone, CompareWith, Due, LabelDone, LabelJob, Readings};

use super::Inspection;
use super::naming::Said;
use crate::item::flow::{Compare, LabelAnswer, Step};
use crate::item::identification::{Claim, Source};
use crate::item::identity_check;
use crate::item::label_check::{self, Checked, Known};
use crate::records::record::LabelRecord;

impl Inspection {
    fn context(&self) -> Context {
        Context { region: self.label.region, today: self.clock.today().likely }
    }

    pub(super) fn asks(&self, source: SkuSource) -> bool {
        self.identity.sources.contains(&source)
    }

    /// Hands an item to the thread that reads codes; returns what follows when it is not taken.
    pub(super) fn read_codes(&mut self, item: ItemNumber, deadline: Duration) -> Vec<Step> {
        let views = self.frames.get(&item).cloned().unwrap_or_default();
        let job = CodeJob { item, deadline, views, context: self.context() };
        let refused = match &self.code_worker {
            Some(worker) => worker.submit(job),
            None => Err(job),
        };
        let Err(job) = refused else { return Vec::new() };
        let why = "too many items wait for their codes to be read";
        let views = job.views.into_iter().map(|(camera, _)| (camera, Err(why.to_owned())));
        self.codes_read(item, views.collect())
    }

    pub(super) fn on_codes(&mut self, done: CodesDone) {
        let steps = self.codes_read(done.item, done.views);
        self.perform(steps, Vec::new());
    }

    fn codes_read(&mut self, item: ItemNumber, views: Readings) -> Vec<Step> {
        if self.flow.entry_of(item).is_none() {
            return Vec::new();
        }
        let claim = match self.asks(SkuSource::Codes) {
            true => self.claim_of_codes(item, &views),
            false => None,
        };
        self.coded.insert(item, views);
        let now = self.now();
        self.flow.codes_read(item, claim, now)
    }

    /// What the codes in an item's own pictures say that it is; `None` while the warehouse is asked.
    fn claim_of_codes(&mut self, item: ItemNumber, views: &Readings) -> Option<Claim> {
        let readings = || views.iter().filter_map(|(_, view)| view.as_ref().ok());
        let gtins: Vec<String> = readings().flat_map(|reading| reading.gtins.clone()).collect();
        let Some(first) = readings().flat_map(|reading| &reading.codes).next() else {
            let problem = "its pictures show no code that can be read";
            return Some(Claim::none(Source::Codes, problem));
        };
        let said = gtins.first().cloned().unwrap_or_else(|| first.text.clone());
        self.claim(Said { item, source: Source::Codes, by: None, said, gtins, is_all: true })
    }

    /// Hands an item to the thread that reads labels; returns what follows when it is not taken.
    pub(super) fn read_label(
        &mut self,
        item: ItemNumber,
        deadline: Duration,
        sku: Option<String>,
        compare: Compare,
    ) -> Vec<Step> {
        let views = self.frames.get(&item).cloned().unwrap_or_default();
        let coded = self.coded.remove(&item).unwrap_or_default();
        let expected = sku.as_ref().and_then(|sku| self.expected(sku));
        let needs_text = expected.is_some_and(label_check::has_words);
        let gtin = expected.and_then(|expected| expected.gtin.clone());
        let compare = match (compare, sku) {
            (Compare::All, _) => CompareWith::Any(self.due()),
            (Compare::Expected, Some(sku)) => CompareWith::Expected { sku, gtin },
            (Compare::Expected, None) => CompareWith::Nothing,
        };
        let context = self.context();
        let job = LabelJob { item, deadline, views, coded, context, needs_text, compare };
        let refused = match &self.label_worker {
            Some(worker) => worker.submit(job),
            None => Err(Box::new(job)),
        };
        self.release(item);
        let Err(job) = refused else { return Vec::new() };
        let problem = Some("too many labels wait to be read".to_owned());
        // What its codes say is known all the same.
        let label = LabelRecord { problem, ..LabelRecord::default() };
        let claim = matches!(job.compare, CompareWith::Any(_))
            .then(|| Claim::none(Source::Looks, "too many items wait to be compared"));
        let answer = LabelAnswer { label, claim, took: Duration::ZERO, ..LabelAnswer::default() };
        let now = self.now();
        self.flow.label_read(item, answer, now)
    }

    /// What is due, where looks are to be compared with that alone.
    fn due(&self) -> Option<Arc<dyn Due>> {
        match self.identity.looks_among {
            LooksAmong::Catalogue => None,
            // Pointers to the lists, however long these are.
            LooksAmong::Expected => Some(Arc::new(self.expectations.clone())),
        }
    }

    pub(super) fn on_label(&mut self, done: LabelDone) {
        let views = done.views.into_iter().map(|(camera, view)| (camera.to_string(), view));
        let views: Vec<(String, Result<Reading, String>)> = views.collect();
        let views = label_check::with_unseen(views, self.flow.views(done.item));
        let sku = self.flow.sku(done.item).map(str::to_owned);
        let expected = sku.as_ref().and_then(|sku| self.expected(sku));
        let known = Known { expectations: &self.expectations, expected };
        let today = self.clock.today();
        let checked = label_check::check(&views, &self.label, known, today);
        let Checked { label, lots, mut findings, mut undecided } = checked;
        let mut claim = None;
        match (done.compared, &done.compare) {
            (Some(Ok(compared)), CompareWith::Expected { sku, .. }) => {
                let divert_below = self.identity.divert_below;
                findings.extend(identity_check::check(&compared, sku, divert_below));
            }
            (Some(Err(cause)), CompareWith::Expected { .. }) => {
                let uncompared = format!("its looks could not be compared: {cause}");
                undecided = Some(
                    undecided.map_or(uncompared.clone(), |why| format!("{why}; {uncompared}")),
                );
            }
            (compared, CompareWith::Any(_)) => {
                claim = Some(identity_check::claim(compared, self.identity.certain_from));
            }
            (_, CompareWith::Nothing) | (None, _) => {}
        }
        let answer = LabelAnswer { label, lots, findings, undecided, claim, took: done.took };
        let now = self.now();
        let steps = self.flow.label_read(done.item, answer, now);
        self.perform(steps, Vec::new());
    }
}
