//! The inspection loop: carries out what [`Flow`] decides, with real cameras, a real model, a real
//! socket and a real disk.
//!
//! One task owns all state; everything that takes long (scoring, compressing, writing, the network)
//! has a thread or a task of its own and answers through a channel.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use capture::Camera;
use capture::eyesight::{Eyesight, Sight};
use capture::gather::Gathered;
use capture::gather::Gatherer;
use capture::gather::Rings;
use capture::gather::Window;
use capture::usable;
use damage::scoring::{ScoringError, Timings};
use line::protocol::{FromBridge, ItemEvent, ItemNumber, Refusal, ToBridge};
use tokio::sync::mpsc;
use vision::InferencePool;
use vision::Job;
use vision::Scored;
use vision::config::{IdentitySection, LabelSection, LabelUse, SkuSource};
use vision::labels::{CodeWorker, CodesDone, LabelDone, LabelWorker, Readings, Views};
use vision::learning::Learner;
use vision::totes::Totes;

use crate::config::LineFile;
use crate::item::flow::{Flow, FlowSettings, LabelDuty, Now, ScoredView, Scores, Step, Unscored};
use crate::item::identification::Source;
use crate::item::orders::Order;
use crate::item::quarantine::Quarantine;
use crate::records::record::{Record, ScoringSteps, ViewRecord};
use crate::records::{Change, Evidence, PictureKind};
use crate::run::bridge_link::{BridgeLink, LinkEvent, Verdicts};
use crate::run::commands::Asked;
use crate::run::health::{BeltSpeed, BridgeHealth, Health, ModelHealth};
use crate::run::model::ModelEvent;
use crate::run::recorder::{Entry, Recorder, Shot};
use crate::run::scanner_link::{ScannerEvent, ScannerLinks};
use crate::wall_clock::Clock;
use crate::warehouse::expectations::Expectations;
use crate::warehouse::look_up_thread::{LookUpThread, LookedUp};
use crate::warehouse::look_ups::LookUps;
use naming::{Said, kept};
use scans::Scanners;

mod commands;
mod labels;
mod learning;
mod naming;
mod orders;
mod scans;
mod state;
mod totes;

/// How often views are gathered and deadlines looked at: well below a camera's frame interval.
const TICK: Duration = Duration::from_millis(5);

/// How often the state of the box is put together for the page and the fleet.
const HEALTH_PERIOD: Duration = Duration::from_millis(500);

/// What reaches the loop from the threads and tasks around it.
#[derive(Debug)]
pub struct Inputs {
    /// From the socket to plc-bridge.
    pub link: mpsc::Receiver<LinkEvent>,
    /// From the thread that loads the model and scores.
    pub model: mpsc::Receiver<ModelEvent>,
    /// What happens on the wires of the scanners.
    pub scans: mpsc::Receiver<ScannerEvent>,
    /// What the warehouse says of codes.
    pub looked_up: mpsc::Receiver<LookedUp>,
    /// What the fleet tells the box.
    pub orders: mpsc::Receiver<Order>,
    /// What people at the page want.
    pub commands: mpsc::Receiver<Asked>,
    /// Codes that were read.
    pub codes: mpsc::Receiver<CodesDone>,
    /// Labels that were read.
    pub labels: mpsc::Receiver<LabelDone>,
    /// Bridge events that now stand in the database.
    pub stored: mpsc::UnboundedReceiver<u64>,
}

/// What the loop works with.
#[derive(Debug)]
pub struct Parts {
    /// The running cameras, one a view.
    pub cameras: Vec<Camera>,
    /// The thread that reads codes, where labels are read.
    pub code_worker: Option<CodeWorker>,
    /// The thread that reads labels, where they are read.
    pub label_worker: Option<LabelWorker>,
    /// What learns from the items that pass.
    pub learner: Learner,
    /// The wires of the fixed scanners.
    pub scanners: ScannerLinks,
    /// The thread that asks the warehouse what codes mean, where it can be asked.
    pub look_up: Option<LookUpThread>,
    /// The totes in which items may lie, where any is declared.
    pub totes: Option<Totes>,
    /// The socket to plc-bridge.
    pub link: BridgeLink,
    /// Where records and pictures go.
    pub recorder: Recorder,
    /// Where troubles are told.
    pub health: Health,
    /// The clock that all share.
    pub clock: Clock,
}

/// The loop's state.
#[derive(Debug)]
pub struct Inspection {
    flow: Flow,
    gatherer: Gatherer,
    rings: Rings,
    cameras: Vec<Camera>,
    /// How well the cameras see.
    eyesight: HashMap<Arc<str>, Eyesight>,
    /// Views of items that are not scored and read yet, or are to be learned from.
    frames: HashMap<ItemNumber, Views>,
    totes: Option<Totes>,
    /// The views, without the tote, of items that lie in one.
    cleared: HashMap<ItemNumber, Views>,
    /// What the codes of items say whose labels are read next.
    coded: HashMap<ItemNumber, Readings>,
    /// Items whose views are learned from when they have left, if nothing speaks against them.
    wanted: HashSet<ItemNumber>,
    scorer: Option<InferencePool>,
    label: LabelSection,
    identity: IdentitySection,
    expectations: Expectations,
    scanners: Option<Scanners>,
    look_ups: LookUps,
    look_up: Option<LookUpThread>,
    /// What sources said of items while the warehouse is asked what it means.
    asked_about: Vec<Said>,
    code_worker: Option<CodeWorker>,
    label_worker: Option<LabelWorker>,
    learner: Learner,
    link: BridgeLink,
    verdicts: Verdicts,
    recorder: Recorder,
    belt: BeltSpeed,
    health: Health,
    clock: Clock,
    /// The bridge is to greet again, and to tell what was not acknowledged.
    asked_to_tell_again: bool,
}

impl Inspection {
    /// A loop that goes on from the records which an earlier run left open, and from its holds and counts.
    pub fn new(
        line: &LineFile,
        parts: Parts,
        open_records: Vec<Record>,
        quarantine: Quarantine,
        expectations: Expectations,
    ) -> Self {
        let Parts {
            cameras,
            code_worker,
            label_worker,
            learner,
            scanners,
            look_up,
            totes,
            link,
            recorder,
            health,
            clock,
        } = parts;
        let settings = FlowSettings {
            sku: line.line.sku.clone(),
            sources: line.identity.sources.iter().map(|source| asked(*source)).collect(),
            scoring_reserve: Duration::from_millis(line.identity.scoring_reserve_ms.into()),
            unknown: line.policy.unknown,
            learning: line.policy.learning,
            empty_tote: line.policy.empty_tote,
            divert_lane: line.policy.divert_lane,
            verdict_margin: Duration::from_millis(line.policy.verdict_margin_ms.into()),
            looks: line.identity.catalog.is_some(),
            label: match &line.label {
                LabelSection { read: LabelUse::Off, .. } => LabelDuty::Off,
                LabelSection { must_show, .. } => {
                    let is_optional = must_show.is_empty() && line.identity.catalog.is_none();
                    if is_optional { LabelDuty::Optional } else { LabelDuty::Required }
                }
            },
        };
        let windows = line.camera.iter().map(Window::from).collect();
        Self {
            flow: Flow::new(settings, open_records, quarantine),
            gatherer: Gatherer::new(windows, line.conveyor.mm_per_count),
            rings: Rings::new(cameras.iter().map(|c| (Arc::clone(c.name()), c.ring()))),
            cameras,
            label: line.label.clone(),
            identity: line.identity.clone(),
            expectations,
            scanners: (!line.scanner.is_empty())
                .then(|| Scanners::new(&line.scanner, scanners, line.conveyor.mm_per_count)),
            look_ups: LookUps::new(kept(line.expected.look_up_minutes)),
            look_up,
            asked_about: Vec::new(),
            code_worker,
            label_worker,
            learner,
            eyesight: HashMap::new(),
            frames: HashMap::new(),
            totes,
            cleared: HashMap::new(),
            coded: HashMap::new(),
            wanted: HashSet::new(),
            scorer: None,
            verdicts: Verdicts::new(link.clone()),
            link,
            recorder,
            belt: BeltSpeed::new(line.conveyor.mm_per_count),
            health,
            clock,
            asked_to_tell_again: false,
        }
    }

    /// Inspects until `stop` resolves.
    pub async fn run(mut self, mut inputs: Inputs, stop: impl Future<Output = ()>) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let mut health_due = Duration::ZERO;
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => return,
                Some(event) = inputs.link.recv() => self.on_link(event),
                Some(event) = inputs.model.recv() => self.on_model(event),
                Some(done) = inputs.codes.recv() => self.on_codes(done),
                Some(done) = inputs.labels.recv() => self.on_label(done),
                Some(event) = inputs.scans.recv() => {
                    if let Some(scanners) = &mut self.scanners {
                        scanners.on_event(event);
                    }
                }
                Some(looked_up) = inputs.looked_up.recv() => self.on_looked_up(looked_up),
                Some(order) = inputs.orders.recv() => self.on_order(order),
                Some(asked) = inputs.commands.recv() => self.on_command(asked),
                Some(through) = inputs.stored.recv() => {
                    // One that is dropped is made good by the next: each says all before it.
                    let _ = self.link.send(ToBridge::Ack { through });
                }
                _ = tick.tick() => {
                    self.verdicts.send_waiting();
                    let now = self.now();
                    for gathered in self.gatherer.poll(now.mono, &self.rings) {
                        self.on_gathered(gathered, now);
                    }
                    self.hear_scanners(now.mono);
                    let steps = self.flow.tick(now);
                    self.perform(steps, Vec::new());
                    if now.mono >= health_due {
                        health_due = now.mono + HEALTH_PERIOD;
                        self.report_health(now);
                    }
                }
            }
        }
    }

    fn on_link(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Down(error) => {
                tracing::warn!("{error}");
                self.health.bridge(BridgeHealth::Away(error));
            }
            LinkEvent::Message(message) => {
                match &message {
                    FromBridge::Hello { boot, .. } => {
                        self.verdicts.greeted();
                        tracing::info!("connected to plc-bridge, boot {boot}");
                        self.health.bridge(BridgeHealth::Connected);
                        self.heal_the_records();
                    }
                    FromBridge::Encoder { at, count } => {
                        self.gatherer.encoder_sample(*at, *count);
                        self.belt.sample(*at, *count);
                        if let Some(scanners) = &mut self.scanners {
                            scanners.encoder_sample(*at, *count);
                        }
                    }
                    FromBridge::Plc { state } => self.health.plc(state.clone()),
                    FromBridge::Faults { faults } => self.health.faults(faults.clone()),
                    FromBridge::Refused { item, why } => {
                        let why = refusal_words(*why);
                        tracing::warn!("plc-bridge refused the verdict for item {item}: {why}");
                    }
                    FromBridge::Event { seq, lost_before, .. } if *lost_before > 0 => {
                        tracing::error!(
                            "plc-bridge had to drop {lost_before} events before {seq} while \
                             inspectd was away: their items are recorded as not inspected"
                        );
                    }
                    FromBridge::Event { .. } | FromBridge::CommitAt { .. } => {}
                }
                let identified = match &message {
                    FromBridge::Event {
                        event: ItemEvent::Identified { item, code, .. }, ..
                    } => Some((*item, *code)),
                    _ => None,
                };
                let now = self.now();
                let steps = self.flow.bridge(message, now);
                self.perform(steps, Vec::new());
                if let Some((item, code)) = identified {
                    self.identified(item, code);
                }
            }
        }
    }

    fn on_model(&mut self, event: ModelEvent) {
        match event {
            ModelEvent::Ready(scorer) => {
                tracing::info!("the model is loaded, checked and warm");
                self.health.model(ModelHealth::Ready { engine: scorer.engine().to_owned() });
                self.learner.model(scorer.scorer());
                self.scorer = Some(scorer);
            }
            ModelEvent::Failed(cause) => {
                tracing::error!("{cause}");
                self.scorer = None;
                self.health.model(ModelHealth::Failed(cause));
            }
            ModelEvent::Scored(scored) => self.on_scored(scored),
        }
    }

    fn on_gathered(&mut self, gathered: Gathered, now: Now) {
        let item = gathered.item;
        let Some((id, entered)) = self.flow.entry_of(item) else {
            return;
        };
        let mut views = Vec::new();
        let mut shots = Vec::new();
        let mut frames = Vec::new();
        for view in gathered.views {
            let mut record = ViewRecord::of(&view.camera);
            match view.frame {
                Ok(frame) => {
                    let kind = PictureKind::View;
                    let path = Evidence::relative_path(id, entered, &view.camera, kind);
                    record.picture = Some(path.clone());
                    record.offset_mm = Some(view.offset_mm);
                    let frame_kept = Arc::clone(&frame);
                    shots.push(Shot { relative_path: path, frame: frame_kept, heat: None });
                    match usable::check(&frame.picture) {
                        Ok(()) => {
                            let eyesight = self.eyesight.entry(Arc::clone(&view.camera));
                            let impaired = eyesight.or_default().see(Sight::of(&frame.picture));
                            self.health.eyesight(&view.camera, impaired);
                            frames.push((view.camera, frame));
                        }
                        // It is kept as evidence, and not scored.
                        Err(why) => record.unscored(&why.to_string()),
                    }
                }
                Err(missing) => record.unscored(&missing.to_string()),
            }
            views.push(record);
        }
        self.find_tote(item, &frames, &mut views);
        self.frames.insert(item, frames);
        let steps = self.flow.gathered(item, views, now);
        self.perform(steps, shots);
    }

    fn on_scored(&mut self, scored: Scored) {
        let item = scored.item;
        let frames = self.frames.get(&item).cloned().unwrap_or_default();
        let Some((id, entered)) = self.flow.entry_of(item) else {
            return;
        };
        let mut views = Vec::new();
        let mut shots = Vec::new();
        for (camera, result) in scored.views {
            let mut heat_map = None;
            let result = match result {
                Ok(score) => {
                    let (x, y) = score.heat.peak();
                    // Until cameras are calibrated nobody knows a pixel's millimetres.
                    let differs = score.words(None);
                    if let Some((_, frame)) = frames.iter().find(|(name, _)| *name == camera) {
                        let kind = PictureKind::HeatMap;
                        let path = Evidence::relative_path(id, entered, &camera, kind);
                        heat_map = Some(path.clone());
                        let frame = Arc::clone(frame);
                        // Boxes say that something is wrong there: a normal view has none.
                        let shown = if score.exceeds { score.differs.clone() } else { Vec::new() };
                        let heat = Some((score.heat, shown));
                        shots.push(Shot { relative_path: path, frame, heat });
                    }
                    let boxes = score.differs.iter().map(|one| one.bounds);
                    Ok(Scores {
                        score: score.score,
                        threshold: score.threshold,
                        calibration: score.calibration,
                        peak: [x, y],
                        boxes: boxes.map(|b| [b.x, b.y, b.width, b.height]).collect(),
                        differs,
                        steps: steps_of(&score.timings),
                    })
                }
                Err(ScoringError::NoReference { .. }) => Err(Unscored::NoReference),
                Err(error) => Err(Unscored::Because(error.to_string())),
            };
            views.push(ScoredView { camera: camera.to_string(), result, heat_map });
        }
        let is_missing = |view: &ScoredView| view.result == Err(Unscored::NoReference);
        let has_reference = !views.iter().any(is_missing);
        let exceeds = |scores: &Scores| scores.score > scores.threshold;
        let is_damaged = views.iter().any(|view| view.result.as_ref().is_ok_and(exceeds));
        self.learn_later(item, has_reference, is_damaged);
        let now = self.now();
        let steps = self.flow.scored(item, views, scored.queued_for, scored.took, now);
        self.perform(steps, shots);
        self.release(item);
    }

    /// Carries out the steps. What is to be stored goes to the recorder as one entry.
    fn perform(&mut self, steps: Vec<Step>, shots: Vec<Shot>) {
        let mut entry = Entry { shots, ..Entry::default() };
        let mut steps = VecDeque::from(steps);
        while let Some(step) = steps.pop_front() {
            match step {
                Step::Gather { item, at, count } => {
                    self.gatherer.item_entered(item, at, count);
                    if let Some(scanners) = &mut self.scanners {
                        scanners.entered(item, at, count);
                    }
                }
                // What a refusal leads to comes last: its record is newer than the ones here.
                Step::Score { item, deadline, sku } => {
                    steps.extend(self.score(item, deadline, sku));
                }
                Step::Postpone { item, deadline } => {
                    if let Some(scorer) = &self.scorer {
                        scorer.set_deadline(item, deadline);
                    }
                    if let Some(worker) = &self.code_worker {
                        worker.set_deadline(item, deadline);
                    }
                    if let Some(worker) = &self.label_worker {
                        worker.set_deadline(item, deadline);
                    }
                }
                Step::Forget { item } => {
                    self.gatherer.forget(item);
                    self.frames.remove(&item);
                    self.cleared.remove(&item);
                    self.coded.remove(&item);
                    self.forget_asked(item);
                    if let Some(scanners) = &mut self.scanners {
                        scanners.forget(item);
                    }
                    self.wanted.remove(&item);
                }
                Step::Send(message) => {
                    if !self.verdicts.send(message) {
                        tracing::warn!("plc-bridge is away: a verdict waits for its return");
                    }
                }
                Step::ReadCodes { item, deadline } => steps.extend(self.read_codes(item, deadline)),
                Step::ReadLabel { item, deadline, sku, compare } => {
                    steps.extend(self.read_label(item, deadline, sku, compare));
                }
                Step::Learn { id, sku, is_normal } => self.learn(id, sku, is_normal),
                Step::Keep(change) => entry.changes.push(change),
                Step::Save(record) => entry.changes.push(Change::Save(record)),
                Step::Close(record) => entry.changes.push(Change::Close(record)),
                Step::Acknowledge { through } => entry.acknowledges = Some(through),
            }
        }
        if !entry.changes.is_empty() || !entry.shots.is_empty() || entry.acknowledges.is_some() {
            self.recorder.record(entry);
        }
    }

    /// Hands an item to the inspection pool; returns what follows when it is not taken.
    fn score(&mut self, item: ItemNumber, deadline: Duration, sku: String) -> Vec<Step> {
        let views = self.compared(item);
        let sku = self.shown_by(&sku);
        let job = Job { item, sku, deadline, views };
        let refused = match &self.scorer {
            Some(scorer) => match scorer.submit(job) {
                Ok(()) => return Vec::new(),
                Err(job) => (job, "too many items wait to be scored"),
            },
            None => (job, "the model is not loaded"),
        };
        let (job, why) = refused;
        let unscored = |(camera, _): (Arc<str>, _)| ScoredView {
            camera: camera.to_string(),
            result: Err(Unscored::Because(why.to_owned())),
            heat_map: None,
        };
        let views = job.views.into_iter().map(unscored).collect();
        let now = self.now();
        self.flow.scored(item, views, Duration::ZERO, Duration::ZERO, now)
    }
}

/// The source that a key of the line file names.
fn asked(source: SkuSource) -> Source {
    match source {
        SkuSource::Plc => Source::Plc,
        SkuSource::Scanner => Source::Scanner,
        SkuSource::Codes => Source::Codes,
        SkuSource::Looks => Source::Looks,
    }
}

fn refusal_words(why: Refusal) -> &'static str {
    match why {
        Refusal::TooLate => "the decision on it is already made",
        Refusal::UnknownItem => "no such item is on the belt",
        Refusal::UnknownLane => "the bridge's line file has no such lane",
        Refusal::JudgedAlready => "it already has a verdict, which stays in force",
        Refusal::BridgeRestarted => "plc-bridge was restarted while it was on the belt",
    }
}

fn steps_of(timings: &Timings) -> ScoringSteps {
    let millis = |duration: Duration| duration.as_secs_f64() * 1000.0;
    ScoringSteps {
        localise_ms: millis(timings.localise),
        features_ms: millis(timings.features),
        distance_ms: millis(timings.distance),
        head_ms: millis(timings.head),
        fuse_ms: millis(timings.fuse),
    }
}

#[cfg(test)]
mod tests;
