//! What a person should read in the log: one line each, with what to do where something can be
//! done.

use std::fmt;

use tracing::Level;

use crate::registers::{CodeFault, MapVersion};
use crate::tracker::{Stray, StrayWhy};
use line::item_code::ItemCode;
use line::protocol::{
    Action, Ambiguity, Eye, FallBackCause, ItemNumber, LineFault, PlcState, Refusal, UnnumberedWhy,
};

/// Something worth a line in the log.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// The PLC was reached, or was lost.
    Plc(PlcState),
    /// The PLC was restarted.
    PlcRestarted,
    /// The PLC says that it does not hear the bridge.
    PlcLostUs,
    /// The PLC has stopped the belt because a fall-back asked for it.
    StoppedForItem,
    /// The PLC's ring of events overflowed between two exchanges.
    EventsLost(u16),
    /// The PLC's ring of codes overflowed between two exchanges, or was read in the middle of a write.
    CodesLost(u16),
    /// A code names no item on the belt for certain.
    CodeUnassigned {
        /// The acquisition id that it names.
        acquisition: u16,
        /// The code.
        code: ItemCode,
    },
    /// What the PLC wrote is no code.
    CodeUnreadable {
        /// The acquisition id that it names.
        acquisition: u16,
        /// Why it is none.
        why: CodeFault,
    },
    /// The PLC calls an item something else than before.
    CodeContradicts {
        /// The item.
        item: ItemNumber,
        /// What it was called before.
        before: ItemCode,
        /// What it is called now.
        code: ItemCode,
    },
    /// The line file asks for codes, and the PLC's program tells none.
    CodesNotTold(MapVersion),
    /// The PLC's code block cannot be read.
    CodesUnread {
        /// Why, and what to check.
        cause: String,
    },
    /// The PLC's code block is read again.
    CodesTold,
    /// An edge belonged to no item.
    Stray(Stray),
    /// A body crossed an eye that no number explains.
    Unnumbered {
        /// Which eye.
        eye: Eye,
        /// Why it has none.
        why: UnnumberedWhy,
    },
    /// Something of the line does not tell the truth any more.
    Fault(LineFault),
    /// It does again.
    FaultOver(LineFault),
    /// The line is blind, and the PLC's program does not know the order for that.
    CannotObeyBlind,
    /// inspectd has connected; so many events are owed to it.
    InspectorConnected {
        /// Events sent again.
        owed: usize,
    },
    /// inspectd's connection is gone.
    InspectorGone {
        /// What ended it.
        why: String,
    },
    /// inspectd is connected, but its heartbeat stopped.
    InspectorSilent,
    /// inspectd was silent and speaks again.
    InspectorSpeaks,
    /// inspectd can inspect from now on, or cannot any more.
    InspectorReady(bool),
    /// The bridge had to decide for itself.
    FallBack {
        /// For which item.
        item: ItemNumber,
        /// Why.
        cause: FallBackCause,
        /// Whether inspectd was connected.
        is_connected: bool,
        /// What it did.
        action: Action,
    },
    /// A verdict was not taken.
    Refused {
        /// The item it was for.
        item: ItemNumber,
        /// Why.
        why: Refusal,
    },
    /// No eye confirmed where an item went.
    Lost {
        /// The item.
        item: ItemNumber,
    },
    /// It cannot be told where an item went.
    Ambiguous {
        /// The item.
        item: ItemNumber,
        /// Why not.
        why: Ambiguity,
    },
    /// An item went where it should not have gone.
    WrongLane {
        /// The item.
        item: ItemNumber,
        /// The lane that saw it, or 0 for the exit eye.
        seen: u8,
    },
}

impl Notice {
    /// How loud it is: a warning is something that a technician should look at.
    pub fn level(&self) -> Level {
        match self {
            Self::Plc(PlcState::Connected)
            | Self::InspectorConnected { .. }
            | Self::InspectorSpeaks
            | Self::FaultOver(_)
            | Self::CodesTold
            | Self::InspectorReady(true) => Level::INFO,
            Self::WrongLane { .. } | Self::Fault(_) | Self::CannotObeyBlind => Level::ERROR,
            Self::Plc(PlcState::Lost { .. })
            | Self::PlcRestarted
            | Self::PlcLostUs
            | Self::StoppedForItem
            | Self::EventsLost(_)
            | Self::CodesLost(_)
            | Self::CodeUnassigned { .. }
            | Self::CodeUnreadable { .. }
            | Self::CodeContradicts { .. }
            | Self::CodesNotTold(_)
            | Self::CodesUnread { .. }
            | Self::Stray(_)
            | Self::Unnumbered { .. }
            | Self::InspectorGone { .. }
            | Self::InspectorSilent
            | Self::InspectorReady(false)
            | Self::FallBack { .. }
            | Self::Refused { .. }
            | Self::Ambiguous { .. }
            | Self::Lost { .. } => Level::WARN,
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plc(PlcState::Connected) => {
                write!(f, "the PLC is connected; its heartbeat counts")
            }
            Self::Plc(PlcState::Lost { cause }) => write!(f, "the PLC is lost: {cause}"),
            Self::PlcRestarted => write!(
                f,
                "the PLC was restarted; the items that were on the belt can no longer be distinguished and end as ambiguous: check the belt by hand"
            ),
            Self::PlcLostUs => write!(
                f,
                "the PLC reports that it does not hear the bridge and falls back by itself"
            ),
            Self::StoppedForItem => write!(
                f,
                "the PLC has stopped the belt for an item that nobody could judge: look at the item \
                 before the diverter, then reset the PLC"
            ),
            Self::EventsLost(count) => write!(
                f,
                "{count} line events were overwritten in the PLC before they could be read; if \
                 this happens again, look for what slows the network down"
            ),
            Self::CodesLost(count) => write!(
                f,
                "{count} items' codes were overwritten in the PLC before they could be read; if this \
                 happens again, look for what slows the network down, or tell each code once"
            ),
            Self::CodeUnassigned { acquisition, code } => write!(
                f,
                "the PLC tells the code {code} for its item {acquisition}, but no item on the belt has \
                 this id and the count told with it: the code is dropped; check when the PLC tells it"
            ),
            Self::CodeUnreadable { acquisition, why } => write!(
                f,
                "what the PLC tells as the code of its item {acquisition} is none: {why}; check \
                 plc.item_code, plc.byte_order, and that a reader's \"no read\" is not told"
            ),
            Self::CodeContradicts { item, before, code } => write!(
                f,
                "the PLC calls item {item} {code} after it has called it {before}: check how the PLC \
                 finds out which item a code belongs to"
            ),
            Self::CodesNotTold(MapVersion::V2) => write!(
                f,
                "plc.item_code asks for items' codes, but the PLC's program is made for map version 2, \
                 which has none: the line goes on without codes; load the program of this version into \
                 the PLC, or leave plc.item_code out"
            ),
            Self::CodesNotTold(_) => write!(
                f,
                "plc.item_code asks for items' codes, but the PLC says that it tells none (capability \
                 bit 5): the line goes on without codes; wire CodeRegisters in the PLC, or leave \
                 plc.item_code out"
            ),
            Self::CodesUnread { cause } => {
                write!(f, "the line goes on without items' codes: {cause}; check plc.code_base")
            }
            Self::CodesTold => write!(f, "the PLC's code block is read again"),
            Self::Stray(stray) => write!(
                f,
                "{} saw something at count {}, but {}",
                stray.eye,
                stray.count,
                why_stray(stray.why)
            ),
            Self::Unnumbered { eye, why } => {
                write!(f, "a body without a number crossed {eye}: {why}; it was not inspected")
            }
            Self::Fault(fault) => write!(f, "{fault}: {}", fault.remedy()),
            Self::CannotObeyBlind => write!(
                f,
                "the PLC's program does not obey conveyor.fall_back.blind (capability bit 3): nothing \
                 keeps bodies that nobody numbered from shipping; stop the belt by hand and bring the \
                 program up to date"
            ),
            Self::FaultOver(fault) => write!(f, "this fault has ended: {fault}"),
            Self::InspectorConnected { owed: 0 } => write!(f, "inspectd is connected"),
            Self::InspectorConnected { owed } => {
                write!(f, "inspectd is connected; {owed} events are sent to it again")
            }
            Self::InspectorGone { why } => {
                write!(f, "inspectd is not connected any more ({why}); items fall back until it is")
            }
            Self::InspectorSilent => write!(
                f,
                "inspectd is connected but silent; items fall back until its heartbeat counts again"
            ),
            Self::InspectorSpeaks => write!(f, "inspectd's heartbeat counts again"),
            Self::InspectorReady(true) => write!(f, "inspectd is ready to inspect"),
            Self::InspectorReady(false) => {
                write!(f, "inspectd is not ready to inspect: see its own log for the reason")
            }
            Self::FallBack { item, cause, is_connected, action } => {
                write!(f, "fall-back for item {item}: ")?;
                why_fall_back(f, cause, *is_connected)?;
                match action {
                    Action::Pass => write!(f, "; passed"),
                    Action::Stop => write!(f, "; the PLC is asked to stop the belt"),
                    Action::Divert { lane } => write!(f, "; diverted into lane {lane}"),
                }
            }
            Self::Refused { item, why } => {
                write!(f, "inspectd's verdict for item {item} is refused: {}", why_refused(*why))
            }
            Self::Ambiguous { item, why } => {
                write!(f, "where item {item} went cannot be told: {why}; look for it by hand")
            }
            Self::Lost { item } => write!(
                f,
                "item {item} is lost: no confirming eye saw it; taken off by hand, or stuck"
            ),
            Self::WrongLane { item, seen: 0 } => write!(
                f,
                "item {item} went on to the belt's end although it was to be diverted: take it \
                 out, and check the diverter"
            ),
            Self::WrongLane { item, seen } => write!(
                f,
                "item {item} went into lane {seen} although it was not to go there: put it back, \
                 and check the diverter"
            ),
        }
    }
}

fn why_fall_back(
    f: &mut fmt::Formatter<'_>,
    cause: &FallBackCause,
    is_connected: bool,
) -> fmt::Result {
    match cause {
        FallBackCause::NoVerdict => f.write_str("inspectd sent no verdict in time"),
        FallBackCause::InspectorDead if is_connected => {
            f.write_str("inspectd's heartbeat has stopped")
        }
        FallBackCause::InspectorDead => f.write_str("inspectd is not connected"),
        FallBackCause::Uninspected { why } => write!(f, "it was not inspected: {why}"),
        FallBackCause::Ambiguous { why } => write!(f, "{why}"),
        FallBackCause::PlcLost => f.write_str("the PLC could not be reached"),
        FallBackCause::BridgeRestarted => {
            f.write_str("plc-bridge was restarted while it was on the belt")
        }
    }
}

fn why_stray(why: StrayWhy) -> String {
    match why {
        StrayWhy::Overlap(one, other) => {
            format!("it could be item {one} or item {other}: they stand too close to each other")
        }
        StrayWhy::UnknownEye => "the line file has no such eye".into(),
    }
}

fn why_refused(why: Refusal) -> &'static str {
    match why {
        Refusal::TooLate => "the decision on it is already made",
        Refusal::UnknownItem => "no such item is on the belt",
        Refusal::UnknownLane => "the line file has no such lane",
        Refusal::BridgeRestarted => "plc-bridge was restarted while it was on the belt",
        Refusal::JudgedAlready => "it already has a verdict, which stays in force",
    }
}
