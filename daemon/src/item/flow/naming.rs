//! Finding out what an item is, before its views can be compared with anything.
//!
//! What the PLC and a scanner say may come before the views or after them. The codes in the views are read first of
//! all, since that takes milliseconds; its looks are compared last, since that takes long. As soon as the SKU is known,
//! the views are scored. Shortly before there is no time left for that nobody is asked any more: an item without a name
//! then is inspected by what needs no reference.

use line::protocol::{Check, ItemNumber, Outcome};

use super::step::{Compare, Now, Step};
use super::{Flow, OpenItem, Stage, Unfamiliar};
use crate::item::identification::{Claim, Identity, Source};
use crate::records::record::Finding;

impl Flow {
    /// A source says what an item is; with `is_all` it says no more. What comes after the views are being scored can
    /// only contradict.
    pub fn told(&mut self, item: ItemNumber, claim: Claim, is_all: bool, now: Now) -> Vec<Step> {
        let Some(open) = self.items.get_mut(&item) else { return Vec::new() };
        let source = claim.source;
        open.identification.claim(claim);
        if is_all {
            open.identification.answered(source);
        }
        open.note_claims();
        let mut steps = Vec::new();
        self.name(item, now, &mut steps);
        if let Some(open) = self.items.get(&item) {
            steps.push(Step::Save(open.record.clone()));
        }
        steps
    }

    /// The codes in the item's views are read; `claim` is what they say it is, where they are asked, unless the warehouse
    /// is still being asked what they mean.
    pub fn codes_read(&mut self, item: ItemNumber, claim: Option<Claim>, now: Now) -> Vec<Step> {
        let Some(open) = self.items.get_mut(&item) else { return Vec::new() };
        open.are_codes_read = true;
        match claim {
            Some(claim) => self.told(item, claim, true, now),
            None => {
                let mut steps = Vec::new();
                self.name(item, now, &mut steps);
                steps
            }
        }
    }

    /// Nobody reads codes, nor compares looks, for this item.
    pub(super) fn no_codes(&mut self, item: ItemNumber) {
        let Some(open) = self.items.get_mut(&item) else { return };
        open.identification.answered(Source::Codes);
        open.identification.answered(Source::Looks);
    }

    /// Hands an item to be scored once it is known what it is, or that nobody knows; and to be read once nothing but its
    /// looks can still tell, which are compared with its label.
    pub(super) fn name(&mut self, item: ItemNumber, now: Now, steps: &mut Vec<Step>) {
        let unknown = self.settings.unknown;
        let Some(open) = self.items.get_mut(&item) else { return };
        if open.stage == Stage::Inspecting && open.are_codes_read && !open.is_label_asked {
            let sku = open.identification.sku().map(str::to_owned);
            if sku.is_some() || open.identification.awaits_looks_at_most() {
                open.is_label_asked = true;
                let asks_looks = sku.is_none() && open.identification.awaits(Source::Looks);
                let compare = if asks_looks { Compare::All } else { Compare::Expected };
                let commit_at = open.commit_at;
                let deadline = self.deadline(commit_at);
                steps.push(Step::ReadLabel { item, deadline, sku, compare });
            }
        }
        let Some(open) = self.items.get_mut(&item) else { return };
        if open.stage != Stage::Inspecting || open.is_handed {
            return;
        }
        match open.identification.identity() {
            Identity::Open => {}
            Identity::Known(sku) => {
                let sku = sku.to_owned();
                open.is_handed = true;
                let commit_at = open.commit_at;
                steps.push(Step::Score { item, deadline: self.deadline(commit_at), sku });
            }
            Identity::Unknown => {
                open.is_handed = true;
                open.is_scored = true;
                open.unfamiliar = Some((unknown, open.identification.why_unknown()));
                steps.extend(self.go_on(item, now));
            }
        }
    }

    /// Nobody is asked any more what an item is that must be scored now to be scored in time.
    pub(super) fn name_in_time(&mut self, now: Now, steps: &mut Vec<Step>) {
        let must_go = |open: &OpenItem| {
            let latest =
                self.deadline(open.commit_at).saturating_sub(self.settings.scoring_reserve);
            open.stage == Stage::Inspecting && !open.is_handed && latest <= now.mono
        };
        let late: Vec<ItemNumber> =
            self.items.iter().filter(|(_, open)| must_go(open)).map(|(item, _)| *item).collect();
        for item in late {
            if let Some(open) = self.items.get_mut(&item) {
                open.identification.give_up();
            }
            self.name(item, now, steps);
        }
    }
}

impl OpenItem {
    /// Copies the claims into the record. Claims that contradict each other make one finding.
    pub(super) fn note_claims(&mut self) {
        self.record.sku = self.identification.sku().map(str::to_owned);
        self.record.claims = self.identification.claims().to_vec();
        let is_told = |finding: &Finding| finding.check == Check::Identity && finding.exceeds();
        if self.record.findings.iter().any(is_told) {
            return;
        }
        if let Some(words) = self.identification.contradiction() {
            self.record.findings.push(Finding::fact(Check::Identity, None, words));
        }
    }

    /// What the item teaches about its SKU: what it looks like, if nothing speaks against it, or what a defect looks
    /// like. Nothing where it is not known where it went.
    pub(super) fn lesson(&self, outcome: Outcome) -> Option<Step> {
        let (id, sku) = (self.record.id.clone(), self.record.sku.clone()?);
        if !matches!(outcome, Outcome::Passed | Outcome::Diverted { .. })
            || self.stage != Stage::Judged
            || self.ground_doubt.is_some()
            || self.record.is_empty_tote
        {
            return None;
        }
        let against: Vec<Check> = self
            .record
            .findings
            .iter()
            .filter(|finding| finding.exceeds())
            .map(|finding| finding.check)
            .collect();
        match against.as_slice() {
            [] => Some(Step::Learn { id, sku, is_normal: true }),
            checks if checks.iter().all(|check| *check == Check::Damage) => {
                Some(Step::Learn { id, sku, is_normal: false })
            }
            _ => None,
        }
    }

    /// What is asked for of an item that was not compared, and why it was not.
    pub(super) fn unfamiliar(&self) -> Option<(Unfamiliar, &str)> {
        self.unfamiliar.as_ref().map(|(wanted, why)| (*wanted, why.as_str()))
    }
}
