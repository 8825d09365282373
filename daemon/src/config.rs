//! The line file as inspectd and inspectctl see it: every section, each declared by the crate that
//! obeys it, and here the ones that are the daemon's own: `[expected]`, `[policy]`, `[store]`, `[clock]`,
//! `[fleet]`.

use std::path::{Path, PathBuf};

pub use calib::WebSection;
use capture::CameraSection;
use capture::Source;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use line::config::io::IoSection;
use line::config::io_rules;
use line::config::scanner::{self, LATENCY_UNSURE, SCANNERS_MAX, ScannerSection};
use line::config::{ConveyorSection, LineSection, PlcSection};
use line::line_file::address::{HOST_PORT, HTTP_URL};
use line::line_file::{self, AT_ONCE, LineFileError, Mistake, Rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vision::config::{
    IdentitySection, LabelSection, LabelUse, LearningSection, ModelSection, SkuSource, ToteSection,
    UNDECLARED,
};

use crate::item::batches::BatchTest;
use crate::item::flow::Unfamiliar;
use crate::wall_clock::{ClockRules, ClockTrust, build_date};

/// Where the line file stands on the appliance.
pub const DEFAULT_PATH: &str = "/etc/inspectd/line.toml";

/// The whole line file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LineFile {
    /// The line itself.
    pub line: LineSection,
    /// The cameras of the tunnel, one view each.
    #[schemars(length(min = 1, max = 16))]
    pub camera: Vec<CameraSection>,
    /// The fixed code scanners beside the belt.
    #[serde(default)]
    #[schemars(length(max = SCANNERS_MAX))]
    pub scanner: Vec<ScannerSection>,
    /// The belt, its eyes and its diverters.
    pub conveyor: ConveyorSection,
    /// The conveyor PLC.
    pub plc: PlcSection,
    /// What is wired to this box itself.
    #[serde(default)]
    pub io: IoSection,
    /// How views are scored.
    pub model: ModelSection,
    /// The totes and trays in which items may lie.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub tote: Vec<ToteSection>,
    /// What is read on items.
    #[serde(default)]
    pub label: LabelSection,
    /// Whether items are what they should be.
    #[serde(default)]
    pub identity: IdentitySection,
    /// How the box learns what products look like.
    #[serde(default)]
    pub learning: LearningSection,
    /// Where it is known what items are expected to say.
    #[serde(default)]
    pub expected: ExpectedSection,
    /// How findings become verdicts.
    #[serde(default)]
    pub policy: PolicySection,
    /// Records and evidence on disk.
    #[serde(default)]
    pub store: StoreSection,
    /// Whether wall time may decide anything.
    #[serde(default)]
    pub clock: ClockSection,
    /// The link to the fleet. Without this section nothing leaves the box.
    #[serde(default)]
    pub fleet: Option<FleetSection>,
    /// The technicians' page.
    #[serde(default)]
    pub web: WebSection,
}

impl LineFile {
    /// Reads and checks the line file at `path`.
    ///
    /// # Errors
    /// See [`line_file::read`].
    pub fn read(path: &Path) -> Result<Self, LineFileError> {
        line_file::read(path)
    }
}

impl LineFile {
    /// What is possible and probably not meant.
    pub fn warnings(&self) -> Vec<Mistake> {
        let cameras = self.camera.iter().enumerate();
        let mut warnings: Vec<Mistake> =
            cameras.filter_map(|(at, camera)| self.confusable(at, camera)).collect();
        warnings.extend(scanner::warnings(&self.scanner, &self.conveyor));
        warnings
    }

    /// Whether a picture of `camera` could show an item's neighbour in the item's place.
    ///
    /// The shortest distance between two leading edges that the tracking takes is the larger of
    /// `min_gap_mm` and twice `slip_tolerance_mm`. A picture shows the item as far from its place as the
    /// tolerance allows; the neighbour comes nearer by the belt's travel from one picture to the next, and
    /// by as much as the latency is unsure.
    fn confusable(&self, index: usize, camera: &CameraSection) -> Option<Mistake> {
        let conveyor = &self.conveyor;
        let speed = conveyor.nominal_speed_mm_s;
        let shortest_mm = conveyor.min_gap_mm.max(2.0 * conveyor.slip_tolerance_mm);
        let travel_mm = speed / f64::from(camera.fps);
        let unsure_mm = LATENCY_UNSURE * f64::from(camera.latency_ms) / 1000.0 * speed;
        let reach_mm = camera.tolerance_mm + travel_mm + unsure_mm;
        if reach_mm < shortest_mm {
            return None;
        }
        let room_mm = shortest_mm - travel_mm - unsure_mm;
        let instead = if room_mm > travel_mm / 2.0 + 1.0 {
            format!(
                "write at most {:.0}, or let items follow each other at a larger distance",
                room_mm.floor()
            )
        } else {
            "raise fps, use a camera with less latency, or let items follow each other at a larger \
             distance: raise min_gap_mm or slip_tolerance_mm to what the line keeps"
                .to_owned()
        };
        Some(Mistake::new(
            &["camera", &index.to_string(), "tolerance_mm"],
            format!(
                "camera `{}` could show an item's neighbour: items may follow each other at \
                 {shortest_mm:.0} mm (the larger of min_gap_mm and twice slip_tolerance_mm), and a \
                 picture may be {reach_mm:.0} mm off: {:.0} mm tolerance, {travel_mm:.0} mm from one \
                 picture to the next ({speed:.0} mm/s, {} pictures/s) and {unsure_mm:.0} mm by which a \
                 latency of {} ms is unsure (a quarter)",
                camera.name, camera.tolerance_mm, camera.fps, camera.latency_ms
            ),
            instead,
        ))
    }
}

impl Rules for LineFile {
    /// What no single key can promise: that the parts fit each other.
    fn broken(&self) -> Vec<Mistake> {
        let mut mistakes = self.conveyor.broken();
        mistakes.extend(self.plc.broken());
        mistakes.extend(io_rules::broken(&self.io, &self.conveyor, &self.plc));
        mistakes.extend(scanner::broken(&self.scanner, &self.conveyor));
        mistakes.extend(self.web.broken());
        let commit_mm = self.conveyor.first_commit_point_mm();
        for (index, camera) in self.camera.iter().enumerate() {
            if camera.position_mm >= commit_mm {
                mistakes.push(Mistake::new(
                    &["camera", &index.to_string(), "position_mm"],
                    format!(
                        "camera `{}` stands at {} mm, at or after the commit point ({commit_mm} mm)",
                        camera.name, camera.position_mm
                    ),
                    "place the camera before the commit point, with room for the inspection",
                ));
            }
            if let Err(error) = Source::parse(camera) {
                let words = error.to_string();
                let (problem, instead) = words.split_once("; ").unwrap_or((&words, "correct it"));
                mistakes.push(Mistake::new(
                    &["camera", &index.to_string(), "source"],
                    problem,
                    instead,
                ));
            }
            if self.camera[..index].iter().any(|other| other.name == camera.name) {
                mistakes.push(Mistake::new(
                    &["camera", &index.to_string(), "name"],
                    format!("two cameras are called `{}`", camera.name),
                    "give each camera a name of its own",
                ));
            }
            let travel_mm = self.conveyor.nominal_speed_mm_s / f64::from(camera.fps);
            if camera.tolerance_mm < travel_mm / 2.0 {
                mistakes.push(Mistake::new(
                    &["camera", &index.to_string(), "tolerance_mm"],
                    format!(
                        "the belt moves {travel_mm:.0} mm between two pictures, so that items fall \
                         between them"
                    ),
                    format!("write at least {:.0}, or raise fps", (travel_mm / 2.0).ceil()),
                ));
            }
        }
        let lanes = &self.conveyor.diverter;
        if !lanes.iter().any(|diverter| diverter.lane == self.policy.divert_lane) {
            mistakes.push(Mistake::new(
                &["policy", "divert_lane"],
                format!("no diverter serves lane {}", self.policy.divert_lane),
                format!("write one of {:?}", lanes.iter().map(|d| d.lane).collect::<Vec<_>>()),
            ));
        }
        for (index, tote) in self.tote.iter().enumerate() {
            let wrong = match &*tote.name {
                UNDECLARED => "records call a tote so that no section declares".to_owned(),
                name if self.tote[..index].iter().any(|other| other.name == name) => {
                    format!("two totes are called `{name}`")
                }
                _ => continue,
            };
            let at = ["tote", &index.to_string(), "name"];
            mistakes.push(Mistake::new(&at, wrong, "give each tote a name of its own"));
        }
        if self.label.read == LabelUse::Off && !self.label.must_show.is_empty() {
            mistakes.push(Mistake::new(
                &["label", "must_show"],
                "labels are not read".to_owned(),
                "write read = \"as_needed\", or leave must_show away".to_owned(),
            ));
        }
        let asks = |source| self.identity.sources.contains(&source);
        if self.line.sku.is_none() && self.identity.sources.is_empty() {
            mistakes.push(Mistake::new(
                &["line", "sku"],
                "nobody says what the items are".to_owned(),
                "write the SKU that runs, or who knows what an item is: [identity] sources"
                    .to_owned(),
            ));
        }
        if self.scanner.is_empty() && asks(SkuSource::Scanner) {
            mistakes.push(Mistake::new(
                &["identity", "sources"],
                "scanners are asked what an item is, and there is none".to_owned(),
                "add a [[scanner]], or ask others".to_owned(),
            ));
        }
        if !self.plc.tells_codes() && asks(SkuSource::Plc) {
            mistakes.push(Mistake::new(
                &["identity", "sources"],
                "the PLC is asked what an item is, and tells no codes".to_owned(),
                "write item_code into [plc], or ask others".to_owned(),
            ));
        }
        if self.label.read == LabelUse::Off && (asks(SkuSource::Codes) || asks(SkuSource::Looks)) {
            mistakes.push(Mistake::new(
                &["identity", "sources"],
                "codes and looks are asked what an item is, and labels are not read".to_owned(),
                "write read = \"as_needed\" into [label], or ask others".to_owned(),
            ));
        }
        if asks(SkuSource::Looks) && self.identity.catalog.is_none() {
            mistakes.push(Mistake::new(
                &["identity", "sources"],
                "looks are asked what an item is, and there is no catalogue to compare them with"
                    .to_owned(),
                "write [identity] catalog, which `inspectctl identify --save` makes".to_owned(),
            ));
        }
        if self.label.read == LabelUse::Off && self.identity.catalog.is_some() {
            mistakes.push(Mistake::new(
                &["identity", "catalog"],
                "the codes that say what an item is are not read".to_owned(),
                "write read = \"codes\" into [label], or leave the catalogue away".to_owned(),
            ));
        }
        let policy = &self.policy;
        if policy.batch_ordinary_share <= policy.false_divert_budget {
            mistakes.push(Mistake::new(
                &["policy", "batch_ordinary_share"],
                "good items alone may fail so often: every lot would become suspect".to_owned(),
                format!("write more than false_divert_budget, {}", policy.false_divert_budget),
            ));
        }
        if policy.batch_suspect_share <= policy.batch_ordinary_share {
            mistakes.push(Mistake::new(
                &["policy", "batch_suspect_share"],
                "a bad lot would fail no more often than any other".to_owned(),
                format!("write more than batch_ordinary_share, {}", policy.batch_ordinary_share),
            ));
        }
        if self.fleet.as_ref().is_some_and(|fleet| fleet.box_name == ALL_BOXES) {
            mistakes.push(Mistake::new(
                &["fleet", "box_name"],
                "`all` means every box of the site".to_owned(),
                "write another name".to_owned(),
            ));
        }
        mistakes
    }
}

impl PolicySection {
    /// The test of batches. The bounds and [`LineFile`]'s checks make it sound.
    pub fn batch_test(&self) -> BatchTest {
        BatchTest::new(self.batch_ordinary_share, self.batch_suspect_share, self.batch_false_alarm)
            .expect("the line file was checked")
    }

    /// How long a suspect lot is held.
    pub fn batch_hold(&self) -> Option<SignedDuration> {
        let hours = i64::from(self.batch_hold_hours);
        (hours > 0).then(|| SignedDuration::from_hours(hours))
    }
}

/// `[expected]`: where it is known what items should say on their labels, beside what the fleet tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExpectedSection {
    /// A file with a list of items (`docs/schemas/expected.json`), read again when it changes.
    pub file: Option<PathBuf>,
    /// Where an item is looked up by HTTP, for example `http://wms.local/items/{sku}` on a line with one SKU, or
    /// `http://wms.local/codes/{code}` for each code that no list has: answers with one item of that list, or with
    /// status 404.
    #[schemars(extend("format" = HTTP_URL))]
    pub look_up: Option<String>,
    /// Minutes after which an item is looked up again; an unknown code after half a minute.
    #[schemars(range(min = 1, max = 10_080))]
    pub look_up_minutes: u32,
}

impl Default for ExpectedSection {
    fn default() -> Self {
        Self { file: None, look_up: None, look_up_minutes: 60 }
    }
}

/// `[policy]`: how findings become verdicts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PolicySection {
    /// Which part of the good items may be diverted by mistake; the thresholds follow from it and
    /// from the normal pictures.
    #[schemars(range(min = 0.00001, max = 0.5), extend("takes_effect" = AT_ONCE))]
    pub false_divert_budget: f64,
    /// The lane for imperfect items.
    #[schemars(range(min = 1, max = 99))]
    pub divert_lane: u8,
    /// How long before the bridge's decision a verdict must leave inspectd, in milliseconds. An
    /// item whose views are not scored by then is reported as uninspected.
    #[schemars(range(min = 1, max = 5000))]
    pub verdict_margin_ms: u32,
    /// What is asked for of an item that nobody knows, and against which neither its label nor a hold speaks: `pass`,
    /// `divert`, or `uninspected`, which leaves it to the bridge's fall-back.
    pub unknown: Unfamiliar,
    /// The same for an item whose SKU has no reference yet, since it is being learned.
    pub learning: Unfamiliar,
    /// What is asked for of a tote in which nothing lies, unless the PLC or a scanner told what it carries: then it is
    /// diverted.
    pub empty_tote: Unfamiliar,
    /// Which part of the items may fail in any lot. A lot that fails more often, and so much that chance
    /// explains it badly, is suspect.
    #[schemars(range(min = 0.0001, max = 0.5))]
    pub batch_ordinary_share: f64,
    /// Which part fails in a bad lot: the larger, the sooner the worst lots are found, and the later the
    /// others.
    #[schemars(range(min = 0.001, max = 0.9))]
    pub batch_suspect_share: f64,
    /// With which probability a lot may ever be suspected that is no worse than any other.
    #[schemars(range(min = 0.0000001, max = 0.1))]
    pub batch_false_alarm: f64,
    /// For how many hours a suspect lot is held on this line; 0 only tells the fleet.
    #[schemars(range(max = 87_600))]
    pub batch_hold_hours: u32,
}

impl Default for PolicySection {
    fn default() -> Self {
        Self {
            false_divert_budget: 0.005,
            divert_lane: 1,
            verdict_margin_ms: 40,
            unknown: Unfamiliar::Uninspected,
            learning: Unfamiliar::Uninspected,
            empty_tote: Unfamiliar::Pass,
            batch_ordinary_share: 0.01,
            batch_suspect_share: 0.1,
            batch_false_alarm: 0.001,
            batch_hold_hours: 72,
        }
    }
}

/// `[store]`: records and evidence on disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSection {
    /// Folder of the database and the evidence pictures.
    pub folder: PathBuf,
    /// Days that records and pictures are kept.
    #[schemars(range(min = 1, max = 3650))]
    pub keep_days: u32,
    /// Bytes that evidence pictures may take, in mebibytes; the oldest go first.
    #[schemars(range(min = 16, max = 10_000_000))]
    pub keep_mib: u64,
    /// Room that stays free on the evidence's file system, in mebibytes, but never more than half of it: the
    /// oldest pictures go first, whoever fills it.
    #[schemars(range(max = 10_000_000))]
    pub keep_free_mib: u64,
    /// The same in percent of that file system; the larger of the two counts.
    #[schemars(range(max = 50))]
    pub keep_free_percent: u8,
}

impl Default for StoreSection {
    fn default() -> Self {
        Self {
            folder: PathBuf::from("/var/lib/inspectd"),
            keep_days: 30,
            keep_mib: 20_000,
            keep_free_mib: 512,
            keep_free_percent: 5,
        }
    }
}

/// `[clock]`: whether wall time may decide anything. While the clock is doubted no hold expires, nothing is
/// deleted by age, and whether an item has expired cannot be told.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClockSection {
    /// Who vouches for the clock. With `local`, a clock that somebody sets is doubted until inspectd is started
    /// again.
    pub trust: ClockTrust,
    /// A day before which it cannot be, for example `"2027-03-01"`. Write today's date where a box without a
    /// time service was off for more than a month.
    #[schemars(
        with = "Option<String>",
        regex(pattern = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")
    )]
    pub not_before: Option<Date>,
}

impl ClockSection {
    /// What the clock is held against; `newest_record` is when the newest item entered whose time was trusted.
    pub fn rules(&self, newest_record: Option<Timestamp>) -> ClockRules {
        let begins = |day: Date| day.to_zoned(TimeZone::system()).ok().map(|day| day.timestamp());
        let not_before = self.not_before.and_then(begins);
        ClockRules { trust: self.trust, built: build_date(), not_before, newest_record }
    }
}

/// Every box of the site listens to this box's topics, too.
pub const ALL_BOXES: &str = "all";

/// `[fleet]`: the MQTT 5 link to the fleet managers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FleetSection {
    /// Host and port of the broker, for example `broker.example:1883`.
    #[schemars(extend("format" = HOST_PORT))]
    pub broker: String,
    /// The site's name, third level of every topic.
    #[schemars(length(min = 1, max = 60), regex(pattern = r"^[A-Za-z0-9._-]+$"))]
    pub site: String,
    /// This box's name, fourth level of every topic; unique within the site.
    #[schemars(length(min = 1, max = 60), regex(pattern = r"^[A-Za-z0-9._-]+$"))]
    pub box_name: String,
    /// User name for the broker.
    #[serde(default)]
    pub username: Option<String>,
    /// File that holds the password for the broker, and nothing else.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// Seconds between two signs of life; a dead link is noticed within twice that.
    #[serde(default = "keep_alive_s")]
    #[schemars(range(min = 5, max = 3600))]
    pub keep_alive_s: u16,
    /// Messages kept for the fleet while the link is down. Beyond that the oldest are dropped and
    /// a message says how many.
    #[serde(default = "outbox_messages")]
    #[schemars(range(min = 100, max = 100_000_000))]
    pub outbox_messages: u64,
}

fn keep_alive_s() -> u16 {
    30
}
fn outbox_messages() -> u64 {
    1_000_000
}
