//! From the checks' answers to a verdict, or to giving up.
//!
//! An item is judged once its views are scored and its label is read, where labels are read. At its
//! deadline it is judged by what is there: views that are not scored, a label that **must** be read (late
//! or never, for example because the networks are missing), or a lot that must be known since another lot of
//! the SKU is on hold, leave it uninspected. What comes later is recorded, counts in the item's batch, and changes no verdict.

use std::time::Duration;

use damage::Calibration;
use line::protocol::{Check, ItemNumber, ToBridge, Verdict};
use line::text::{Cut, WORDS_MAX};
use vision::learning::Familiarity;

use super::step::{LabelAnswer, Now, ScoredView, Scores, Step, Unscored};
use super::{Flow, LabelDuty, OpenItem, Stage, Unfamiliar, millis};
use crate::item::causes;
use crate::item::holds::Sight;
use crate::item::identification::Source;
use crate::item::lots::{self, LotSeen};
use crate::item::policy;
use crate::records::record::{Finding, Record};

impl Flow {
    /// How well the box knows what the item's SKU looks like; to be told before its scores.
    pub fn familiar(&mut self, item: ItemNumber, familiarity: Familiarity) {
        if let Some(open) = self.items.get_mut(&item) {
            open.record.familiarity = Some(familiarity);
        }
    }

    /// The inference thread has scored the item's views. Scores that come after the verdict are
    /// kept in the record and change nothing else.
    pub fn scored(
        &mut self,
        item: ItemNumber,
        views: Vec<ScoredView>,
        queued: Duration,
        took: Duration,
        now: Now,
    ) -> Vec<Step> {
        let Some(open) = self.items.get_mut(&item) else {
            return Vec::new();
        };
        let record = &mut open.record;
        record.timings.queued_ms = Some(millis(queued));
        record.timings.scoring_ms = Some(millis(took));
        let mut uncompared = Vec::new();
        for scored in views {
            let Some(view) = record.views.iter_mut().find(|view| view.camera == scored.camera)
            else {
                continue;
            };
            view.heat_map = scored.heat_map;
            match scored.result {
                Ok(scores) if scores.score.is_finite() && scores.threshold.is_finite() => {
                    view.score = Some(scores.score);
                    view.threshold = Some(scores.threshold);
                    view.calibration = Some(scores.calibration);
                    record.timings.scoring_steps.get_or_insert_default().add(scores.steps);
                    let sku = record.sku.as_deref().unwrap_or_default();
                    record.findings.push(damage_finding(&scored.camera, sku, scores));
                }
                Ok(_) => view.unscored("the score is not a finite number"),
                Err(Unscored::Because(why)) => view.unscored(&why),
                Err(Unscored::NoReference) => uncompared.push(scored.camera),
            }
        }
        if !uncompared.is_empty() {
            let why = no_reference(record, &uncompared);
            open.unfamiliar = Some((self.settings.learning, why));
        }
        // A camera whose view went unanswered must not count as normal.
        for view in record.views.iter_mut().filter(|view| view.score.is_none() && !view.is_hidden) {
            if !uncompared.contains(&view.camera) {
                view.problem.get_or_insert_with(|| "the view was not scored".to_owned());
            }
        }
        open.is_scored = true;
        self.go_on(item, now)
    }

    /// The item's label is read. What it says after the verdict is recorded, and counts in its batch.
    pub fn label_read(&mut self, item: ItemNumber, answer: LabelAnswer, now: Now) -> Vec<Step> {
        let Some(open) = self.items.get_mut(&item) else {
            return Vec::new();
        };
        open.awaits_label = false;
        open.record.timings.label_ms = Some(millis(answer.took));
        open.record.label = Some(answer.label);
        open.undecided = answer.undecided;
        open.lots = answer.lots;
        open.record.findings.extend(answer.findings);
        open.identification.answered(Source::Looks);
        if let Some(claim) = answer.claim {
            open.identification.claim(claim);
        }
        open.note_claims();
        let mut steps = Vec::new();
        self.name(item, now, &mut steps);
        steps.extend(self.go_on(item, now));
        steps
    }

    /// A check has answered: the item is judged if that was the last one.
    pub(super) fn go_on(&mut self, item: ItemNumber, now: Now) -> Vec<Step> {
        let mut steps = Vec::new();
        let Some(open) = self.items.get(&item) else { return steps };
        if open.stage == Stage::Judged {
            self.count_in_batch(item, now, &mut steps);
            steps.push(Step::Save(self.items[&item].record.clone()));
        } else if open.is_scored && !open.awaits_label {
            let problem = open.record.label.as_ref().and_then(|label| label.problem.as_ref());
            let unread = problem
                .filter(|_| self.settings.label == LabelDuty::Required)
                .map(|problem| format!("its label could not be read: {problem}"))
                .or_else(|| open.undecided.clone());
            self.judge(item, unread.as_deref(), now, &mut steps);
        } else {
            steps.push(Step::Save(open.record.clone()));
        }
        steps
    }

    /// Judges the items whose deadline has come by what is there.
    pub fn tick(&mut self, now: Now) -> Vec<Step> {
        let is_late = |open: &OpenItem| {
            open.stage != Stage::Judged && self.deadline(open.commit_at) <= now.mono
        };
        let late: Vec<_> =
            self.items.iter().filter(|(_, open)| is_late(open)).map(|(item, _)| *item).collect();
        let mut steps: Vec<Step> =
            self.quarantine.expire(now.wall).into_iter().map(Step::Keep).collect();
        self.name_in_time(now, &mut steps);
        for item in late {
            self.give_up(item, now, &mut steps);
        }
        steps
    }

    /// Judges an item by what is there: nothing more will be waited for.
    pub(super) fn give_up(&mut self, item: ItemNumber, now: Now, steps: &mut Vec<Step>) {
        let Some(open) = self.items.get_mut(&item) else { return };
        let cause = match open.stage {
            Stage::Gathering => Some("its pictures did not arrive in time"),
            Stage::Inspecting if !open.is_handed => Some("it was not known in time what it is"),
            Stage::Inspecting if !open.is_scored => Some("its pictures were not scored in time"),
            Stage::Inspecting => {
                let label = open.record.label.get_or_insert_default();
                label.problem = Some("it was not read in time".to_owned());
                (self.settings.label == LabelDuty::Required).then_some(if self.settings.looks {
                    "its label was not read in time, or its looks were not compared in time"
                } else {
                    "its label was not read in time"
                })
            }
            Stage::Interrupted => Some("inspectd was restarted while it inspected the item"),
            Stage::Judged => return,
        };
        steps.push(Step::Forget { item });
        self.judge(item, cause, now, steps);
    }

    /// Judges an item; `open` is why a question that must be answered was not.
    pub(super) fn judge(
        &mut self,
        item: ItemNumber,
        open: Option<&str>,
        now: Now,
        steps: &mut Vec<Step>,
    ) {
        let lane = self.settings.divert_lane;
        let Some(known) = self.items.get_mut(&item) else { return };
        let record = &mut known.record;
        let mut open = open.map(str::to_owned);
        match self.quarantine.on_sight(record.sku.as_deref(), &known.lots, now.wall) {
            Sight::Free => {}
            Sight::Held(hold) => {
                record.findings.push(Finding::fact(Check::Hold, None, hold.words()));
            }
            Sight::LotUnknown(hold, doubt) => {
                open.get_or_insert_with(|| format!("{doubt}, and {}", hold.words()));
            }
        }
        if let Some(doubt) = known.doubt_damage() {
            open.get_or_insert(doubt);
        }
        let unfamiliar = known.unfamiliar();
        let record = &known.record;
        let mut verdict =
            policy::verdict(&record.views, &record.findings, open.as_deref(), unfamiliar, lane);
        if let Verdict::Uninspected { cause } = &mut verdict {
            // It quotes errors and labels, and must fit into a line of the socket.
            cause.cut_to(WORDS_MAX);
            causes::count(&mut self.counts.uninspected, cause, 1);
        }
        let chosen = unfamiliar.filter(|(wanted, _)| *wanted != Unfamiliar::Uninspected);
        // A verdict of the plant's choice says why as a finding does, and speaks against nothing.
        let why = chosen.map(|(_, why)| Finding::open(Check::Identity, None, why.to_owned()));
        known.stage = Stage::Judged;
        let record = &mut known.record;
        record.findings.extend(why);
        record.verdict = Some(verdict.clone());
        if record.decision.is_none() {
            record.timings.eye_to_verdict_ms =
                known.entered.map(|entered| millis(now.mono.saturating_sub(entered)));
            // The verdict leaves before the record is stored: the disk must not make it late.
            let boot = record.id.boot.clone();
            steps.push(Step::Send(ToBridge::Verdict { item, boot, verdict }));
        }
        self.count_in_batch(item, now, steps);
        steps.extend(self.items.get(&item).map(|open| Step::Save(open.record.clone())));
    }

    /// Counts an item in its batch, once: when all its checks have answered, or at its end.
    pub(super) fn count_in_batch(&mut self, item: ItemNumber, now: Now, steps: &mut Vec<Step>) {
        let Some(open) = self.items.get_mut(&item) else { return };
        let record = &mut open.record;
        let uninspected = matches!(record.verdict, None | Some(Verdict::Uninspected { .. }));
        if record.counted || open.awaits_label || uninspected {
            return;
        }
        record.counted = true;
        // An item that an earlier run began has its lot in its record only.
        let kept = || record.label.as_ref()?.lot.as_deref().map(LotSeen::printed);
        let lot = lots::surest(&open.lots).cloned().or_else(kept);
        let against = |finding: &&Finding| finding.check != Check::Hold && finding.exceeds();
        let failed = record.findings.iter().any(|finding| against(&finding));
        // A batch is one of a SKU: an item that nobody knows is in none.
        let Some(sku) = &record.sku else { return };
        let changes = self.quarantine.count(sku, lot.as_ref(), failed, now.wall);
        steps.extend(changes.into_iter().map(Step::Keep));
    }
}

/// Why the views of these cameras were not compared with anything.
fn no_reference(record: &Record, cameras: &[String]) -> String {
    let sku = record.sku.as_deref().unwrap_or_default();
    let cameras = cameras.join(", ");
    match &record.familiarity {
        Some(known) => format!("{sku} has no reference for {cameras} yet ({known})"),
        None => format!(
            "{sku} has no reference for {cameras}; learn it with `inspectctl learn --sku \"{sku}\" FOLDER`"
        ),
    }
}

fn damage_finding(camera: &str, sku: &str, scores: Scores) -> Finding {
    let Scores { score, threshold, calibration, peak, boxes, differs, .. } = scores;
    let weak = match calibration {
        Calibration::Weak => " (a guess: the reference knows very few normal pictures)",
        Calibration::Fitted | Calibration::Conformal => "",
    };
    let words = if score > threshold {
        let times = score / threshold;
        format!("{camera}: {differs}; {times:.2} × the limit for {sku}{weak}")
    } else {
        format!("{camera}: looks like a normal {sku}{weak}")
    };
    let camera = Some(camera.to_owned());
    let boxes = if score > threshold { boxes } else { Vec::new() };
    Finding { check: Check::Damage, camera, score, threshold, at: Some(peak), boxes, words }
}
