//! One item's way through inspectd: from the bridge's `Entered` to the closed record.
//!
//! A plain state machine: events, results and the time go in, [`Step`]s for the wiring come out.
//! An item is **gathering** (its views are being chosen), **inspecting** (it is found out what it is, its views are
//! being scored, and its label read), **judged** (its verdict has left) or **interrupted** (an earlier run of inspectd began
//! it and was killed; its pictures are gone). Its **deadline** is the bridge's predicted commit
//! time less the margin of the line file (`judging`).
//!
//! Everything that comes from the bridge is stored before it is acknowledged, so that a killed
//! inspectd hears it again; everything here tolerates hearing it twice.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use line::protocol::{
    FallBackCause, FromBridge, ItemEvent, ItemNumber, MOST_ITEMS, Outcome, ToBridge, Verdict,
};

use crate::item::causes;
use crate::item::counts::ItemCounts;
use crate::item::holds::Holds;
use crate::item::identification::{Claim, Identification, Source};
use crate::item::quarantine::Quarantine;
use crate::records::record::{ItemId, Record, ViewRecord};
use crate::records::{Change, Unnumbered};
use crate::wall_clock::WallTime;

mod again;
mod judging;
mod naming;
mod step;
mod tote;

pub use step::{Compare, LabelAnswer, Now, ScoredView, Scores, Step, Unscored};

/// Why an item is not inspected whose bridge has forgotten it.
const BRIDGE_RESTARTED: &str = "plc-bridge was restarted while the item was on the belt";

/// What the line file fixes for every item.
#[derive(Debug, Clone)]
pub struct FlowSettings {
    /// The SKU that every item is, where one product runs.
    pub sku: Option<String>,
    /// Who is asked what an item is.
    pub sources: Vec<Source>,
    /// How long before an item's deadline its views are scored at the latest, and so nobody is asked any more what it
    /// is.
    pub scoring_reserve: Duration,
    /// What is asked for of an item that nobody knows.
    pub unknown: Unfamiliar,
    /// What is asked for of an item whose SKU has no reference yet.
    pub learning: Unfamiliar,
    /// What is asked for of an empty tote.
    pub empty_tote: Unfamiliar,
    /// The lane for imperfect items.
    pub divert_lane: u8,
    /// How long before the bridge's decision a verdict must leave.
    pub verdict_margin: Duration,
    /// Whether labels are read.
    pub label: LabelDuty,
    /// Whether an item's looks are compared together with its label.
    pub looks: bool,
}

/// What is asked for of an item that could not be compared with what it normally looks like, and against which nothing
/// else speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unfamiliar {
    /// It passes.
    Pass,
    /// It is diverted, for people to look at.
    Divert,
    /// It is reported as not inspected: what the bridge falls back to happens.
    #[default]
    Uninspected,
}

/// Whether labels are read, and what follows when one is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelDuty {
    /// They are not read.
    Off,
    /// They are read if there is time.
    Optional,
    /// An item whose label was not read, or whose identity was not compared, is not inspected.
    Required,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Gathering,
    Inspecting,
    Judged,
    Interrupted,
}

#[derive(Debug)]
struct OpenItem {
    record: Record,
    /// When it crossed the entry eye; unknown for an item that an earlier run began.
    entered: Option<Duration>,
    commit_at: Duration,
    stage: Stage,
    identification: Identification,
    /// Whether its views were handed to be scored, or cannot be.
    is_handed: bool,
    is_scored: bool,
    are_codes_read: bool,
    /// Whether what its label says was asked for, beside its codes.
    is_label_asked: bool,
    awaits_label: bool,
    /// Why it was not compared with what it normally looks like, and what is asked for then.
    unfamiliar: Option<(Unfamiliar, String)>,
    /// Why it is not known what is ground and what is item: what its looks say is not held against it.
    ground_doubt: Option<String>,
    /// Why a question about its label that must be answered was not.
    undecided: Option<String>,
    /// The lots that its views show.
    lots: Vec<crate::item::lots::LotSeen>,
}

/// Every item between its entry and its outcome.
#[derive(Debug)]
pub struct Flow {
    settings: FlowSettings,
    boot: Option<String>,
    last_event: u64,
    /// Whether the bridge had to throw events of this boot away while inspectd was gone.
    events_lost: bool,
    /// Events up to this one were heard before, and are told again since records are missing.
    heard_through: u64,
    items: BTreeMap<ItemNumber, OpenItem>,
    quarantine: Quarantine,
    /// Open records of an earlier run, until the bridge says which boot it is in.
    resumed: Vec<Record>,
    counts: ItemCounts,
}

impl Flow {
    /// A flow that goes on from the records that an earlier run left open, and from the holds and counts of
    /// `quarantine`.
    pub fn new(settings: FlowSettings, open_records: Vec<Record>, quarantine: Quarantine) -> Self {
        Self {
            settings,
            boot: None,
            last_event: 0,
            events_lost: false,
            heard_through: 0,
            items: BTreeMap::new(),
            quarantine,
            resumed: open_records,
            counts: ItemCounts::default(),
        }
    }

    /// What happened to the items since the start.
    pub fn counts(&self) -> &ItemCounts {
        &self.counts
    }

    /// The holds and the batches, to change them.
    pub fn quarantine(&mut self) -> &mut Quarantine {
        &mut self.quarantine
    }

    /// What is on hold.
    pub fn holds(&self) -> &Holds {
        self.quarantine.holds()
    }

    /// Which item this is, and when it entered; none once it is closed.
    pub fn entry_of(&self, item: ItemNumber) -> Option<(&ItemId, WallTime)> {
        self.items.get(&item).map(|open| (&open.record.id, open.record.entered()))
    }

    /// What an item is, as far as it is known.
    pub fn sku(&self, item: ItemNumber) -> Option<&str> {
        self.items.get(&item)?.identification.sku()
    }

    /// Whether an item's views are still to be scored or read.
    pub fn needs_views(&self, item: ItemNumber) -> bool {
        let reads = self.settings.label != LabelDuty::Off;
        self.items.get(&item).is_some_and(|open| !open.is_scored || (reads && !open.is_label_asked))
    }

    /// The views of an item, as far as they are gathered.
    pub fn views(&self, item: ItemNumber) -> &[ViewRecord] {
        self.items.get(&item).map_or(&[], |open| &open.record.views)
    }

    /// A message from the bridge.
    pub fn bridge(&mut self, message: FromBridge, now: Now) -> Vec<Step> {
        match message {
            FromBridge::Hello { boot, .. } => self.greeted(boot),
            FromBridge::Event { seq, lost_before, event } => {
                let mut steps = Vec::new();
                if seq > self.last_event {
                    self.last_event = seq;
                    self.events_lost |= lost_before > 0;
                    self.make_up_for_lost_events(&event, now, &mut steps);
                    if seq <= self.heard_through {
                        self.heard_again(seq, event, now, &mut steps);
                    } else {
                        self.event(seq, event, now, &mut steps);
                    }
                }
                steps.push(Step::Acknowledge { through: seq });
                steps
            }
            FromBridge::CommitAt { item, commit_at } => {
                let Some(open) = self.items.get_mut(&item) else { return Vec::new() };
                open.commit_at = commit_at;
                if open.stage != Stage::Inspecting {
                    return Vec::new();
                }
                vec![Step::Postpone { item, deadline: self.deadline(commit_at) }]
            }
            FromBridge::Encoder { .. }
            | FromBridge::Plc { .. }
            | FromBridge::Faults { .. }
            | FromBridge::Refused { .. } => Vec::new(),
        }
    }

    /// A new boot of the bridge knows nothing of the items of the old one: they are closed. The
    /// same boot may have missed verdicts while the socket was down: they are sent again.
    fn greeted(&mut self, boot: String) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.boot.as_deref() != Some(&boot) {
            self.begin(boot, &mut steps);
        }
        for open in self.items.values().filter(|open| open.record.decision.is_none()) {
            if let Some(verdict) = open.record.verdict.clone() {
                let ItemId { boot, item } = open.record.id.clone();
                steps.push(Step::Send(ToBridge::Verdict { item, boot, verdict }));
            }
        }
        steps
    }

    fn begin(&mut self, boot: String, steps: &mut Vec<Step>) {
        self.last_event = 0;
        self.events_lost = false;
        self.heard_through = 0;
        let earlier = std::mem::take(&mut self.items);
        let resumed = std::mem::take(&mut self.resumed);
        for record in earlier.into_values().map(|open| open.record).chain(resumed) {
            if record.id.boot == boot {
                let item = record.id.item;
                self.items.insert(item, OpenItem::resumed(record));
            } else {
                self.close_as_untold(record, BRIDGE_RESTARTED, steps);
            }
        }
        self.boot = Some(boot);
    }

    /// Sees to it that every item gets its record and every record its end, although the bridge
    /// had to throw events away.
    fn make_up_for_lost_events(&mut self, event: &ItemEvent, now: Now, steps: &mut Vec<Step>) {
        let cause = "plc-bridge's messages about it were lost while inspectd was away";
        let Some(item) = event.item() else { return };
        let on_belt = self.items.split_off(&item.saturating_sub(MOST_ITEMS as u64));
        let ended = std::mem::replace(&mut self.items, on_belt);
        for open in ended.into_values() {
            self.close_as_untold(open.record, cause, steps);
        }
        let is_entry = matches!(event, ItemEvent::Entered { .. });
        if self.events_lost && !is_entry && !self.items.contains_key(&item) {
            let mut record = self.new_record(item, now.wall);
            record.verdict = Some(Verdict::Uninspected { cause: cause.into() });
            self.counts.entered += 1;
            causes::count(&mut self.counts.uninspected, cause, 1);
            self.items.insert(item, OpenItem::resumed(record));
        }
    }

    /// Closes the record of an item whose end nobody will tell: it has no outcome, since nobody saw one.
    fn close_as_untold(&mut self, mut record: Record, cause: &str, steps: &mut Vec<Step>) {
        if record.verdict.is_none() {
            causes::count(&mut self.counts.uninspected, cause, 1);
            record.verdict = Some(Verdict::Uninspected { cause: cause.into() });
        }
        self.counts.untold += 1;
        steps.push(Step::Forget { item: record.id.item });
        steps.push(Step::Close(record));
    }

    fn event(&mut self, seq: u64, event: ItemEvent, now: Now, steps: &mut Vec<Step>) {
        match event {
            ItemEvent::Unnumbered { at, eye, why, .. } => {
                let seen = now.wall_at(at);
                let body = Unnumbered {
                    bridge_boot: self.boot.clone().unwrap_or_default(),
                    event: seq,
                    seen_at: seen.at(),
                    clock_doubted: !seen.is_trusted(),
                    eye,
                    why,
                };
                *self.counts.unnumbered.entry(why.to_string()).or_default() += 1;
                steps.push(Step::Keep(Change::Unnumbered(body)));
            }
            ItemEvent::Entered { item, at, count, commit_at, .. } => {
                self.entered(item, at, commit_at, now);
                let open = &self.items[&item];
                if open.stage == Stage::Gathering {
                    steps.push(Step::Gather { item, at, count });
                }
                steps.push(Step::Save(open.record.clone()));
            }
            ItemEvent::Delivered { item, handed_at, acknowledged_at, .. } => {
                if let Some(open) = self.items.get_mut(&item) {
                    let took = acknowledged_at.saturating_sub(handed_at);
                    open.record.timings.verdict_to_plc_ms = Some(millis(took));
                    steps.push(Step::Save(open.record.clone()));
                }
            }
            ItemEvent::Decided { item, decision, .. } => {
                if let Some(open) = self.items.get_mut(&item) {
                    let cause = cause_of(decision.fall_back.as_ref());
                    open.record.decision = Some(decision);
                    if open.stage == Stage::Judged {
                        steps.push(Step::Save(open.record.clone()));
                    } else if let Some(cause) = cause {
                        steps.push(Step::Forget { item });
                        self.judge(item, Some(cause), now, steps);
                    } else {
                        self.give_up(item, now, steps);
                    }
                }
            }
            // The outcome says it once nothing can contradict it.
            ItemEvent::Identified { .. } | ItemEvent::Placed { .. } | ItemEvent::Seen { .. } => {}
            ItemEvent::Outcome { item, outcome, .. } => {
                self.give_up(item, now, steps);
                if let Some(open) = self.items.get_mut(&item) {
                    // A label that is not read by now is waited for no longer.
                    open.awaits_label = false;
                    self.count_in_batch(item, now, steps);
                }
                if let Some(mut open) = self.items.remove(&item) {
                    open.record.outcome = Some(outcome);
                    steps.extend(open.lesson(outcome));
                    match outcome {
                        Outcome::Passed => self.counts.passed += 1,
                        Outcome::Diverted { .. } => self.counts.diverted += 1,
                        Outcome::Lost => self.counts.lost += 1,
                        Outcome::WrongLane { .. } => self.counts.wrong_lane += 1,
                        Outcome::Ambiguous { .. } => self.counts.ambiguous += 1,
                    }
                    steps.push(Step::Forget { item });
                    steps.push(Step::Close(open.record));
                }
            }
        }
    }

    fn entered(&mut self, item: ItemNumber, at: Duration, commit_at: Duration, now: Now) {
        self.counts.entered += 1;
        // An item that an earlier run of inspectd had begun keeps its record.
        if self.items.contains_key(&item) {
            return;
        }
        let record = self.new_record(item, now.wall_at(at));
        let stage = Stage::Gathering;
        let mut identification = Identification::new(&self.settings.sources);
        if let Some(sku) = &self.settings.sku {
            identification.claim(Claim::of(Source::Line, sku));
        }
        let mut open = OpenItem {
            record,
            entered: Some(at),
            commit_at,
            stage,
            identification,
            is_handed: false,
            is_scored: false,
            are_codes_read: false,
            is_label_asked: false,
            awaits_label: false,
            unfamiliar: None,
            ground_doubt: None,
            undecided: None,
            lots: Vec::new(),
        };
        open.note_claims();
        self.items.insert(item, open);
    }

    fn new_record(&self, item: ItemNumber, entered: WallTime) -> Record {
        let id = ItemId { boot: self.boot.clone().unwrap_or_default(), item };
        let record = Record::of(id, entered.at());
        Record { clock_doubted: !entered.is_trusted(), ..record }
    }

    /// When the verdict for an item must leave.
    fn deadline(&self, commit_at: Duration) -> Duration {
        commit_at.saturating_sub(self.settings.verdict_margin)
    }

    /// The item's views are chosen; those with a `problem` have no picture.
    pub fn gathered(&mut self, item: ItemNumber, views: Vec<ViewRecord>, now: Now) -> Vec<Step> {
        let Some(open) = self.items.get_mut(&item) else {
            return Vec::new();
        };
        open.record.views = views;
        open.record.timings.eye_to_views_ms = open.since_entry(now);
        if open.stage != Stage::Gathering {
            return vec![Step::Save(open.record.clone())];
        }
        if open.record.views.iter().all(|view| view.problem.is_some()) {
            let mut steps = Vec::new();
            self.judge(item, None, now, &mut steps);
            return steps;
        }
        if open.record.is_empty_tote {
            return self.judge_empty_tote(item, now);
        }
        open.stage = Stage::Inspecting;
        open.awaits_label = self.settings.label != LabelDuty::Off;
        let deadline = self.deadline(self.items[&item].commit_at);
        let mut steps = Vec::new();
        if self.settings.label == LabelDuty::Off {
            self.no_codes(item);
        } else {
            steps.push(Step::ReadCodes { item, deadline });
        }
        self.name(item, now, &mut steps);
        if let Some(open) = self.items.get(&item).filter(|open| open.stage == Stage::Inspecting) {
            steps.push(Step::Save(open.record.clone()));
        }
        steps
    }
}

impl OpenItem {
    /// An item that an earlier run began. Unless that run judged it, it is given up at once.
    fn resumed(record: Record) -> Self {
        let stage = if record.verdict.is_some() { Stage::Judged } else { Stage::Interrupted };
        Self {
            identification: Identification::resumed(record.sku.clone(), record.claims.clone()),
            record,
            entered: None,
            commit_at: Duration::ZERO,
            stage,
            is_handed: true,
            is_scored: false,
            are_codes_read: true,
            is_label_asked: true,
            awaits_label: false,
            unfamiliar: None,
            ground_doubt: None,
            undecided: None,
            lots: Vec::new(),
        }
    }

    fn since_entry(&self, now: Now) -> Option<f64> {
        self.entered.map(|entered| millis(now.mono.saturating_sub(entered)))
    }
}

/// Why an item was not inspected, when the decision shows that no picture was to blame.
fn cause_of(fall_back: Option<&FallBackCause>) -> Option<&'static str> {
    match fall_back? {
        FallBackCause::InspectorDead => Some("inspectd was not running when the item passed"),
        FallBackCause::BridgeRestarted => Some(BRIDGE_RESTARTED),
        FallBackCause::NoVerdict
        | FallBackCause::Uninspected { .. }
        | FallBackCause::Ambiguous { .. }
        | FallBackCause::PlcLost => None,
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests;
