//! What follows from the tote in which an item lies.
//!
//! A declared tote changes nothing but which views are compared. An empty one is no item: it is judged at once. Where
//! nobody can tell what is tote and what is item, its looks cannot speak against it: instead of being diverted as
//! damaged, it is reported as not inspected.

use line::protocol::{Check, ItemNumber};
use vision::config::UNDECLARED;
use vision::totes::LiesIn;

use super::step::{Now, Step};
use super::{Flow, OpenItem};
use crate::item::identification::Source;
use crate::records::record::Finding;

impl Flow {
    /// On what the item lies; to be told before its views are.
    pub fn lies_in(&mut self, item: ItemNumber, lies_in: &LiesIn) {
        let Some(open) = self.items.get_mut(&item) else { return };
        match lies_in {
            LiesIn::Belt => {}
            LiesIn::Tote(name) => open.record.tote = Some(name.clone()),
            LiesIn::Empty(name) => {
                open.record.tote = Some(name.clone());
                open.record.is_empty_tote = true;
            }
            LiesIn::Undeclared => {
                open.record.tote = Some(UNDECLARED.to_owned());
                let doubt = "it lies in a tote that the line file does not declare; add a [[tote]] with pictures of \
                             it to the line file";
                open.ground_doubt = Some(doubt.to_owned());
            }
            LiesIn::Unseen => {
                let doubt = "no camera that looks into totes saw it, so that it is not known whether it lies in one";
                open.ground_doubt = Some(doubt.to_owned());
            }
        }
    }

    /// Judges an empty tote: as the plant has chosen, unless something should lie in it.
    pub(super) fn judge_empty_tote(&mut self, item: ItemNumber, now: Now) -> Vec<Step> {
        let wanted = self.settings.empty_tote;
        let mut steps = vec![Step::Forget { item }];
        let Some(open) = self.items.get_mut(&item) else { return steps };
        let tote = open.record.tote.as_deref().unwrap_or_default();
        let claims = open.identification.claims();
        let told =
            claims.iter().filter(|claim| matches!(claim.source, Source::Plc | Source::Scanner));
        match told.flat_map(|claim| &claim.skus).next() {
            Some(sku) => {
                let words = format!("{sku} should lie in the tote {tote}, which is empty");
                open.record.findings.push(Finding::fact(Check::Identity, None, words));
            }
            None => open.unfamiliar = Some((wanted, format!("the tote {tote} is empty"))),
        }
        open.is_handed = true;
        open.is_scored = true;
        self.judge(item, None, now, &mut steps);
        steps
    }
}

impl OpenItem {
    /// Where it is not known what is tote and what is item: what speaks against its looks is kept in words and
    /// speaks against it no more. Returns why, if that changes the verdict.
    pub(super) fn doubt_damage(&mut self) -> Option<String> {
        let doubt = self.ground_doubt.as_ref()?;
        let against = |finding: &&mut Finding| finding.check == Check::Damage && finding.exceeds();
        let mut is_changed = false;
        for finding in self.record.findings.iter_mut().filter(against) {
            is_changed = true;
            let words = format!("{} (not held against it: {doubt})", finding.words);
            let open = Finding::open(Check::Damage, finding.camera.clone(), words);
            *finding = Finding { at: finding.at, ..open };
        }
        is_changed.then(|| doubt.clone())
    }
}
