//! What is wrong with the box, in words, and what a person does about it.

use std::time::Duration;

use line::text::{QUOTING_MAX, cut};

use super::{BridgeHealth, FROZEN, Health, ModelHealth, UNINSPECTED_OVER};
use crate::fleet::alerts::Trouble;
use crate::fleet::messages::AlertKind;
use crate::run::scanner_link;
use calib::the_box::{CameraHealth, CameraStatus, FleetStatus, PlcStatus, StoreStatus};

/// One thing that is wrong, before it is known since when.
pub(super) struct Wrong {
    pub what: String,
    pub remedy: String,
    pub trouble: Option<Trouble>,
}

impl Health {
    /// Everything that is wrong, the most important first.
    pub(super) fn wrong(
        &self,
        cameras: &[CameraStatus],
        store: &StoreStatus,
        evidence: &StoreStatus,
        fleet: &FleetStatus,
        now: Duration,
    ) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        let mut add = |what: String, remedy: &str, trouble: Option<Trouble>| {
            let what = cut(&what, QUOTING_MAX).into_owned();
            wrong.push(Wrong { what, remedy: remedy.to_owned(), trouble });
        };
        match &self.bridge {
            BridgeHealth::Connected => {}
            BridgeHealth::Connecting => {
                let remedy = "wait a moment; it is being connected";
                add("plc-bridge is not connected yet".to_owned(), remedy, None);
            }
            BridgeHealth::Away(error) => {
                let remedy = "start plc-bridge with the same line file; see its log";
                add(error.to_string(), remedy, Some((AlertKind::BridgeLost, None)));
            }
        }
        if let PlcStatus::Lost { cause } = &self.plc {
            let remedy = "check the PLC's power, its network cable and [plc] in the line file";
            add(format!("the PLC is lost: {cause}"), remedy, Some((AlertKind::PlcLost, None)));
        }
        for fault in &self.faults {
            let blind = "; items may pass without a number and without inspection";
            let what = format!("{fault}{}", if fault.is_blind() { blind } else { "" });
            add(what, fault.remedy(), Some((AlertKind::LineFault, Some(fault.to_string()))));
        }
        match &self.model {
            ModelHealth::Ready { .. } => {}
            ModelHealth::Loading => {
                add("the model is being loaded".to_owned(), "wait; it takes some seconds", None);
            }
            ModelHealth::Failed(cause) => {
                let remedy =
                    "put a working model into [model] folder; inspectd keeps trying to load it";
                add(cause.clone(), remedy, Some((AlertKind::ModelFailed, None)));
            }
        }
        for camera in cameras.iter().filter(|camera| camera.state == CameraHealth::Down) {
            let cause = camera.cause.as_deref().unwrap_or("no picture comes");
            let what = format!("camera {} is down: {cause}", camera.name);
            let remedy = if cause == FROZEN {
                "switch it off and on; a source that may repeat a picture says so with may_repeat"
            } else {
                "check its cable and power, and its source in the line file"
            };
            add(what, remedy, Some((AlertKind::CameraDown, Some(camera.name.clone()))));
        }
        for (camera, impaired) in &self.impaired {
            for one in impaired {
                add(format!("camera {camera}: {one}"), one.remedy(), None);
            }
        }
        let recent = |last: &Duration| now.saturating_sub(*last) <= UNINSPECTED_OVER;
        for (cause, _) in self.uninspected.iter().filter(|(_, (_, last))| recent(last)) {
            let what = format!("items are not inspected: {cause}");
            let remedy =
                "they take the fall-back. Fix the other problems listed here, or see the log";
            add(what, remedy, Some((AlertKind::Uninspected, Some(cause.clone()))));
        }
        if self.ambiguous.0 > 0 && recent(&self.ambiguous.1) {
            let what = "the line cannot say where some items went".to_owned();
            let remedy = "look for them by hand, and in plc-bridge's log for what confused it";
            add(what, remedy, Some((AlertKind::Ambiguous, None)));
        }
        if self.unnumbered.0 > 0 && recent(&self.unnumbered.1) {
            let what =
                format!("{} bodies without a number have passed, uninspected", self.unnumbered.0);
            let remedy = "find them by hand; put items on before the entry eye, and check that eye";
            add(what, remedy, Some((AlertKind::Unnumbered, None)));
        }
        if let StoreStatus::Failing { cause } = store {
            let remedy = "records wait in memory: free the disk before inspectd is stopped";
            add(
                format!("records are not stored: {cause}"),
                remedy,
                Some((AlertKind::StoreFailing, None)),
            );
        }
        if self.records_missing {
            let what = "records of items are missing: the disk refused for too long".to_owned();
            let remedy = "free or repair the disk; plc-bridge then sends again what it still keeps";
            add(what, remedy, Some((AlertKind::RecordsMissing, None)));
        }
        if let StoreStatus::Failing { cause } = evidence {
            let remedy = "free or repair the disk; until then items are inspected and recorded without pictures";
            let what = format!("pictures are not kept: {cause}");
            add(what, remedy, Some((AlertKind::EvidenceFailing, None)));
        }
        if let Some(doubt) = &self.clock {
            let what = format!("{doubt}: nothing expires and nothing is deleted by age");
            add(what, doubt.remedy(), Some((AlertKind::ClockDoubted, None)));
        }
        for (topic, why) in &self.refused_orders {
            let what = format!("the order on {topic} is refused: {why}");
            let remedy = "the last valid order stays in force until a valid one arrives";
            add(what, remedy, Some((AlertKind::OrderRefused, Some(topic.clone()))));
        }
        for misfit in self.watched.misfits.borrow().iter() {
            add(misfit.what.clone(), &misfit.remedy, None);
        }
        if let Some(problem) = &fleet.problem {
            add(problem.clone(), "nothing is lost: messages wait on this box", None);
        }
        for scanner_link::Trouble { what, remedy } in &self.scanners {
            add(what.clone(), remedy, None);
        }
        if let Some(problem) = &self.unlearned {
            let (what, remedy) = problem.split_once("; ").unwrap_or((problem, "see the log"));
            add(what.to_owned(), remedy, None);
        }
        wrong
    }
}
