//! One item on the belt: where it is, what is asked for it, and what the eyes showed of it.

use std::time::Duration;

use crate::registers::{Eye, LANE_STOP, PlcResult, SOURCE_FALL_BACK, SOURCE_VERDICT, reason_bits};
use line::config::FallBack;
use line::item_code::ItemCode;
use line::protocol::{
    Action, Ambiguity, Decision, FallBackCause, ItemNumber, Outcome, Refusal, Verdict,
};

/// An item that has no outcome yet.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub number: ItemNumber,
    pub acquisition: u16,
    /// The encoder's count in the event that gave it its number and its id. It never changes: with
    /// the id it names the item.
    pub numbered_at: i64,
    /// What the PLC has called it, and whether it has called it something else since.
    pub code: Option<(ItemCode, bool)>,
    /// The encoder's count when its leading edge stood at the entry eye; a mid-belt eye corrects it
    /// for slip. The item's position is the belt's travel since.
    pub origin: i64,
    /// The count when its leading edge stood at the entry eye, as latched: its length counts from
    /// here.
    pub leading: i64,
    /// The count when its trailing edge left the entry eye.
    pub trailing: Option<i64>,
    /// The number of the item before, when that is closer than `min_gap_mm`.
    pub close_to: Option<ItemNumber>,
    /// The belt ran back with it over the entry eye, which has not seen it again since.
    pub backed_out: bool,
    /// The bridge was restarted while it was on the belt.
    pub restarted: bool,
    /// Why it cannot be told from another item.
    pub doubt: Option<Ambiguity>,
    /// The encoder stood still while it was on the belt: its place is not known.
    pub is_adrift: bool,
    /// Where the mid-belt eyes saw it: the counts, by eye.
    pub mid_seen: [Option<i64>; MOST_MID_EYES],
    /// The commit time that inspectd knows; `None` when it must be told.
    pub commit_told: Option<Duration>,
    pub verdict: Option<Verdict>,
    /// What the PLC was last sent for it.
    pub sent: Option<PlcResult>,
    /// What the PLC has last confirmed to hold for it.
    pub held: Option<PlcResult>,
    /// The diverter whose commit point comes next.
    pub next_diverter: usize,
    /// Why a diverter that it has passed let it go without a verdict.
    pub let_go: Option<FallBackCause>,
    pub decision: Option<Decision>,
    pub sightings: Sightings,
}

/// Most mid-belt eyes of a line, as the line file's bounds have it.
pub(super) const MOST_MID_EYES: usize = 4;

/// What the confirming eyes showed of an item.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sightings {
    /// Where and when it alone can have been seen.
    seen: Option<(Place, Duration)>,
    /// It was seen at another place too.
    twice: bool,
    /// An eye saw something that could have been it or another item.
    shared: bool,
    /// Another body came where it did: which of them it is cannot be told.
    beside: bool,
    /// The count at the edge that showed it.
    count: i64,
}

/// Where a confirming eye stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Exit,
    Lane(u8),
}

impl Item {
    pub fn new(number: ItemNumber, acquisition: u16, origin: i64) -> Self {
        Self {
            number,
            acquisition,
            numbered_at: origin,
            code: None,
            origin,
            leading: origin,
            trailing: None,
            close_to: None,
            backed_out: false,
            restarted: false,
            doubt: None,
            is_adrift: false,
            mid_seen: [None; MOST_MID_EYES],
            commit_told: None,
            verdict: None,
            sent: None,
            held: None,
            next_diverter: 0,
            let_go: None,
            decision: None,
            sightings: Sightings::default(),
        }
    }

    /// Its place is not known any more.
    pub fn set_adrift(&mut self) {
        self.is_adrift = true;
        self.doubt(Ambiguity::EncoderStill);
    }

    /// Takes note that the tracking cannot tell the item from another one; the first reason stays.
    pub fn doubt(&mut self, why: Ambiguity) {
        self.doubt.get_or_insert(why);
    }

    /// Whether a verdict may be taken, as far as the item itself is concerned.
    pub fn may_take(&self, verdict: &Verdict) -> Result<(), Refusal> {
        if self.decision.is_some() {
            return Err(Refusal::TooLate);
        }
        if self.restarted {
            return Err(Refusal::BridgeRestarted);
        }
        let is_judged = matches!(self.verdict, Some(Verdict::Pass | Verdict::Divert { .. }));
        if is_judged && matches!(verdict, Verdict::Uninspected { .. }) {
            return Err(Refusal::JudgedAlready);
        }
        Ok(())
    }

    /// What the PLC is told about an action.
    pub fn result(&self, action: Action, is_fall_back: bool) -> PlcResult {
        let lane = match action {
            Action::Pass => 0,
            Action::Divert { lane } => lane.into(),
            Action::Stop => LANE_STOP,
        };
        let reasons = match &self.verdict {
            Some(Verdict::Divert { reasons, .. }) if !is_fall_back => reason_bits(reasons),
            _ => 0,
        };
        let source = if is_fall_back { SOURCE_FALL_BACK } else { SOURCE_VERDICT };
        PlcResult { acquisition: self.acquisition, lane, reasons, source }
    }

    /// Whether the decision is to leave the belt into this lane.
    pub fn goes_into(&self, lane: u8) -> bool {
        self.decision.as_ref().is_some_and(|decision| decision.action == Action::Divert { lane })
    }

    /// Whether an action is what the verdict asks for.
    pub fn is_as_asked(&self, action: Action) -> bool {
        match self.verdict {
            Some(Verdict::Pass) => action == Action::Pass,
            Some(Verdict::Divert { lane, .. }) => action == Action::Divert { lane },
            Some(Verdict::Uninspected { .. }) | None => false,
        }
    }

    /// A confirming eye saw it, and can have seen no other if it was `alone`; says whether that is
    /// news.
    pub fn seen(&mut self, place: Place, at: Duration, count: i64, alone: bool) -> bool {
        let Sightings { seen, twice, shared, count: seen_count, .. } = &mut self.sightings;
        if !alone {
            return !std::mem::replace(shared, true);
        }
        match seen {
            None => {
                *seen = Some((place, at));
                *seen_count = count;
                true
            }
            Some((before, _)) if *before == place => false,
            Some(_) => !std::mem::replace(twice, true),
        }
    }

    /// Whether an eye saw it where nothing contradicts.
    pub fn is_seen(&self) -> bool {
        let Sightings { seen, twice, beside, .. } = &self.sightings;
        seen.is_some() && !twice && !beside && !self.is_adrift
    }

    /// The count at the edge that showed it at this place, if one did.
    pub fn seen_at(&self, place: Place) -> Option<i64> {
        let Sightings { seen, count, .. } = self.sightings;
        seen.filter(|(seen_place, _)| *seen_place == place).map(|_| count)
    }

    /// Another body came where it did; says whether that is news.
    pub fn stands_beside_another(&mut self) -> bool {
        !std::mem::replace(&mut self.sightings.beside, true)
    }

    /// Where it went, once no eye can see it any more, and when that was seen. A belt that was to
    /// stop for it has done so if the PLC held that result and `stops_belt`.
    pub fn outcome(&self, stops_belt: bool) -> (Outcome, Option<Duration>) {
        if self.is_adrift {
            return (Outcome::Ambiguous { why: Ambiguity::EncoderStill }, None);
        }
        if self.sightings.beside {
            return (Outcome::Ambiguous { why: Ambiguity::Overlap }, None);
        }
        let Some((place, at)) = self.sightings.seen else {
            let nobody = if self.sightings.shared {
                Outcome::Ambiguous { why: Ambiguity::Overlap }
            } else {
                Outcome::Lost
            };
            return (nobody, None);
        };
        if self.sightings.twice {
            return (Outcome::Ambiguous { why: Ambiguity::SeenTwice }, Some(at));
        }
        let decided = self.decision.as_ref().map(|decision| decision.action);
        let has_stopped = stops_belt && self.held.is_some_and(|held| held.lane == LANE_STOP);
        let outcome = match (decided, place) {
            (Some(Action::Pass), Place::Exit) => Outcome::Passed,
            (Some(Action::Divert { lane }), Place::Lane(seen)) if lane == seen => {
                Outcome::Diverted { lane }
            }
            // A person has looked at it, and may have put it anywhere.
            (Some(Action::Stop), Place::Exit) if has_stopped => Outcome::Passed,
            (Some(Action::Stop), Place::Lane(lane)) if has_stopped => Outcome::Diverted { lane },
            (_, place) => Outcome::WrongLane { seen: place.number() },
        };
        (outcome, Some(at))
    }
}

/// The action of a fall-back at the diverter of this lane.
pub(super) fn action(fall_back: FallBack, lane: u8) -> Action {
    match fall_back {
        FallBack::Pass => Action::Pass,
        FallBack::Divert => Action::Divert { lane },
        FallBack::Stop => Action::Stop,
    }
}

impl Place {
    /// As the protocol has it: a lane from 1, or 0 for the exit eye.
    pub fn number(self) -> u8 {
        match self {
            Self::Exit => 0,
            Self::Lane(lane) => lane,
        }
    }

    /// The place of this number.
    pub fn of(number: u8) -> Self {
        match number {
            0 => Self::Exit,
            lane => Self::Lane(lane),
        }
    }
}

/// The place of a confirming eye; `None` for the others.
pub(super) fn place(eye: Eye) -> Option<Place> {
    match eye {
        Eye::Entry | Eye::Mid(_) => None,
        Eye::Exit => Some(Place::Exit),
        Eye::Lane(lane) => Some(Place::Lane(lane)),
    }
}
