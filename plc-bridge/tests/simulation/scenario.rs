//! A scenario: one line, what is put on it, and what goes wrong. Plain data, so that a named case
//! can be written out by hand and a random one can be thinned until only what matters is left.

use line::config::{BlindFallBack, BridgeConfig, FallBack, FallBackSection};
use line::protocol::Verdict;

/// The physical line and its PLC.
#[derive(Debug, Clone)]
pub struct LineSpec {
    pub mm_per_count: f64,
    /// Fastest speed of the belt, in mm/s; also the nominal one in the line file.
    pub top_speed: f64,
    /// How fast the belt speeds up and slows down, in mm/s².
    pub acceleration: f64,
    pub mids: Vec<f64>,
    pub diverters: Vec<DiverterSpec>,
    pub exit: f64,
    /// `slip_tolerance_mm` of the line file.
    pub tolerance: f64,
    /// `min_gap_mm` of the line file: what this line's gates need at top speed.
    pub min_gap: f64,
    /// Shortest and longest item.
    pub lengths: (f64, f64),
    /// `longest_item_mm` of the line file.
    pub longest: Option<f64>,
    pub scan_ms: f64,
    pub cycle_ms: f64,
    /// The bridge fires the diverters.
    pub direct: bool,
    /// The PLC gives acquisition ids; a bridge on field I/O alone has none.
    pub gives_ids: bool,
    pub trailing_edges: bool,
    pub direction: bool,
    /// What the line does while it is blind.
    pub blind: BlindFallBack,
    /// The PLC tells whether the drive runs.
    pub run_signal: bool,
    /// Where the encoder, the event numbers and the acquisition ids stand at the start.
    pub starts: Starts,
}

/// Where a PLC's counters stand.
#[derive(Debug, Clone, Copy, Default)]
pub struct Starts {
    pub encoder: u32,
    pub event: u16,
    pub acquisition: u16,
}

/// One diverter: an arm that is driven out, stays out while it is told to, and comes back. Whatever
/// stands before it meanwhile goes into the lane.
#[derive(Debug, Clone)]
pub struct DiverterSpec {
    pub lane: u8,
    pub commit: f64,
    /// Where the arm stands.
    pub arm: f64,
    pub travel_ms: f64,
    /// How far the leading edge of an item goes beyond the arm while it stays out.
    pub hold: f64,
    pub lane_eye: f64,
    pub fall_back: FallBackSection,
}

/// One thing put on the belt.
#[derive(Debug, Clone)]
pub struct ItemPlan {
    /// Free distance to the end of the one before.
    pub gap: f64,
    pub length: f64,
    /// How far it slips from one eye to the next, in millimetres, by stretch of the belt.
    pub slips: [f64; 3],
    /// What inspectd says about it, and at which place of the item.
    pub asks: Vec<(f64, Verdict)>,
    pub fault: Option<ItemFault>,
}

/// What happens to one item. Places are those of its leading edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ItemFault {
    /// A hand takes it away.
    Removed { at: f64 },
    /// It slides by this much at once, far beyond the tolerance; negative is back.
    SlipsFar { at: f64, by: f64 },
    /// A hand puts a stranger behind it, this far behind its end.
    Stranger { at: f64, behind: f64, length: f64 },
    /// One eye does not see it: 0 the entry eye, then those between, then the confirming one.
    Unseen { eye: usize },
    /// The arm of this diverter does the reverse of what it is told while the item passes.
    Disobeyed { diverter: usize },
    /// It enters closer to the one before than the gates can treat them.
    Tight,
    /// It enters touching the one before.
    Touches,
}

/// What happens to the whole line, beginning when the item `from` (its place in `items`) enters.
#[derive(Debug, Clone, Copy)]
pub struct Trouble {
    pub from: usize,
    pub kind: TroubleKind,
    pub lasts_ms: f64,
}

/// Kinds of [`Trouble`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TroubleKind {
    /// inspectd's process is gone.
    InspectorGone,
    /// inspectd is connected and says nothing.
    InspectorSilent,
    /// The bridge is killed and started again when this is over.
    BridgeDown,
    /// The PLC is switched off and on; its counters begin anew.
    PlcRestart,
    /// Nothing goes over the wire.
    WireCut,
    /// An eye sees nothing: the entry eye, those between, the exit eye, the lanes' eyes, by number.
    EyeDead { eye: usize },
    /// The encoder does not count; it trembles.
    EncoderDead,
    /// This diverter's arm stays where it should not.
    ArmStuck { diverter: usize, out: bool },
    /// The belt stands.
    Stop,
    /// The belt runs at this share of its top speed.
    Slow { share: f64 },
    /// The belt runs back by so many millimetres.
    Back { by: f64 },
}

impl TroubleKind {
    /// What it is called in counts.
    pub fn name(self) -> &'static str {
        match self {
            Self::InspectorGone => "inspectd gone",
            Self::InspectorSilent => "inspectd silent",
            Self::BridgeDown => "bridge restarted",
            Self::PlcRestart => "PLC restarted",
            Self::WireCut => "PLC unreachable",
            Self::EyeDead { eye: 0 } => "entry eye dead",
            Self::EyeDead { .. } => "eye dead",
            Self::EncoderDead => "encoder dead",
            Self::ArmStuck { out: false, .. } => "arm stuck in",
            Self::ArmStuck { out: true, .. } => "arm stuck out",
            Self::Stop => "belt stopped",
            Self::Slow { .. } => "belt slowed",
            Self::Back { .. } => "belt ran back",
        }
    }
}

/// How a bridge comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// It knows nothing of the items on the belt.
    Fresh,
    /// It goes on from what its journal file kept.
    Resumed,
}

/// A whole run.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub seed: u64,
    pub line: LineSpec,
    pub items: Vec<ItemPlan>,
    pub troubles: Vec<Trouble>,
    pub restart: Restart,
}

impl Scenario {
    /// Nothing happens on this line that could make an item's way unclear: then no outcome may be
    /// unclear either.
    pub fn is_quiet(&self) -> bool {
        let harmless = |kind| {
            matches!(
                kind,
                TroubleKind::InspectorGone
                    | TroubleKind::InspectorSilent
                    | TroubleKind::Stop
                    | TroubleKind::Slow { .. }
            )
        };
        let stops = |all: &FallBackSection| {
            [all.late, all.inspectd_dead, all.uninspected, all.ambiguous, all.plc_lost]
                .contains(&FallBack::Stop)
        };
        self.items.iter().all(|item| item.fault.is_none())
            && !self.line.diverters.iter().any(|diverter| stops(&diverter.fall_back))
            && self.troubles.iter().all(|trouble| harmless(trouble.kind))
    }
}

impl LineSpec {
    /// How far the belt runs while an arm moves and the commands for it are on their way.
    pub fn arm_reach(&self) -> f64 {
        let travel = self.diverters.iter().map(|d| d.travel_ms).fold(0.0, f64::max);
        let cycles = if self.direct { 2.0 * self.cycle_ms } else { 0.0 };
        self.top_speed * (travel + 2.0 * self.scan_ms + cycles) / 1000.0
    }

    /// The line file that describes this line.
    pub fn config(&self) -> BridgeConfig {
        let lead = 3.0 * self.cycle_ms + 3.0 * self.scan_ms + 10.0;
        let mode = if self.direct { "direct" } else { "mailbox" };
        let mut text = format!(
            "[line]\nname = \"simulated\"\nsku = \"carton\"\n\
             [plc]\naddress = \"plc:502\"\nmode = \"{mode}\"\ncycle_ms = {}\n\
             item_code = \"ascii\"\n\
             [conveyor]\nmm_per_count = {}\nnominal_speed_mm_s = {}\nexit_eye_mm = {}\n\
             slip_tolerance_mm = {}\ndecision_lead_ms = {}\nmin_gap_mm = {}\n",
            self.cycle_ms.round() as u32,
            self.mm_per_count,
            self.top_speed,
            self.exit,
            self.tolerance,
            lead.ceil() as u32,
            self.min_gap,
        );
        if let Some(longest) = self.longest {
            text += &format!("longest_item_mm = {longest}\n");
        }
        for mid in &self.mids {
            text += &format!("[[conveyor.mid_eye]]\nposition_mm = {mid}\n");
        }
        let blind = match self.blind {
            BlindFallBack::Divert => "divert",
            BlindFallBack::Stop => "stop",
            BlindFallBack::Report => "report",
        };
        text += &format!("[conveyor.fall_back]\nblind = \"{blind}\"\n");
        for diverter in &self.diverters {
            text += &format!(
                "[[conveyor.diverter]]\nlane = {}\ncommit_point_mm = {}\nlane_eye_mm = {}\n\
                 diverter_mm = {}\ntravel_ms = {}\nhold_mm = {}\n",
                diverter.lane,
                diverter.commit,
                diverter.lane_eye,
                // The arm is out before an item that slipped forwards, and after one that slipped
                // back, and the bridge's cycle is made up for.
                diverter.arm - self.early(),
                diverter.travel_ms.ceil() as u32,
                self.early() + diverter.hold,
            );
            let way = |fall_back| match fall_back {
                FallBack::Divert => "divert",
                FallBack::Pass => "pass",
                FallBack::Stop => "stop",
            };
            let all = &diverter.fall_back;
            text += &format!(
                "[conveyor.diverter.fall_back]\nlate = \"{}\"\ninspectd_dead = \"{}\"\n\
                 uninspected = \"{}\"\nambiguous = \"{}\"\nplc_lost = \"{}\"\n",
                way(all.late),
                way(all.inspectd_dead),
                way(all.uninspected),
                way(all.ambiguous),
                way(all.plc_lost),
            );
        }
        toml::from_str(&text).expect("a simulated line has a valid line file")
    }

    /// How far before the arm an item may be when the arm has to be out.
    fn early(&self) -> f64 {
        self.tolerance + self.top_speed * (self.cycle_ms + 2.0 * self.scan_ms) / 1000.0
    }

    /// The place at which nothing that the bridge follows is left.
    pub fn end(&self) -> f64 {
        self.diverters.iter().map(|d| d.lane_eye).fold(self.exit, f64::max)
    }
}
