//! Counts of what happened in many runs, so that one sees that each fault really occurred.

use std::collections::BTreeMap;

use line::protocol::{Decision, FallBackCause, Outcome};

#[derive(Debug, Default, Clone)]
pub struct Tally {
    pub lines: u64,
    pub quiet_lines: u64,
    /// Items that the bridge numbered.
    pub items: u64,
    /// Those of them whose code was told.
    pub identified: u64,
    /// Bodies that the bridge was told of when they left the belt, and those of them without a number.
    pub bodies: u64,
    pub unnumbered: u64,
    /// Items whose bridge died and kept nothing.
    pub died: u64,
    /// Outcomes of quiet lines, and of the others, by kind.
    pub outcomes: BTreeMap<&'static str, [u64; 2]>,
    pub decisions: BTreeMap<&'static str, u64>,
    /// What went wrong on the lines, by kind.
    pub faults: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub fn outcome(&mut self, outcome: Outcome, quiet: bool) {
        let name = match outcome {
            Outcome::Passed => "passed",
            Outcome::Diverted { .. } => "diverted",
            Outcome::Lost => "lost",
            Outcome::WrongLane { .. } => "wrong lane",
            Outcome::Ambiguous { .. } => "ambiguous",
        };
        self.outcomes.entry(name).or_default()[usize::from(!quiet)] += 1;
    }

    pub fn decision(&mut self, decision: &Decision) {
        let name = match &decision.fall_back {
            None => "verdict",
            Some(FallBackCause::NoVerdict) => "no verdict",
            Some(FallBackCause::InspectorDead) => "inspectd dead",
            Some(FallBackCause::Uninspected { .. }) => "uninspected",
            Some(FallBackCause::Ambiguous { .. }) => "ambiguous",
            Some(FallBackCause::PlcLost) => "plc lost",
            Some(FallBackCause::BridgeRestarted) => "bridge restarted",
        };
        *self.decisions.entry(name).or_default() += 1;
    }

    pub fn fault(&mut self, name: &'static str) {
        *self.faults.entry(name).or_default() += 1;
    }

    pub fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.quiet_lines += other.quiet_lines;
        self.items += other.items;
        self.identified += other.identified;
        self.died += other.died;
        self.bodies += other.bodies;
        self.unnumbered += other.unnumbered;
        for (name, counts) in &other.outcomes {
            let sum = self.outcomes.entry(name).or_default();
            sum[0] += counts[0];
            sum[1] += counts[1];
        }
        for (name, count) in &other.decisions {
            *self.decisions.entry(name).or_default() += count;
        }
        for (name, count) in &other.faults {
            *self.faults.entry(name).or_default() += count;
        }
    }

    /// The share of unclear outcomes on lines with faults.
    pub fn unclear(&self) -> f64 {
        let of = |name| self.outcomes.get(name).map_or(0, |counts: &[u64; 2]| counts[1]) as f64;
        let all: u64 = self.outcomes.values().map(|counts| counts[1]).sum();
        (of("lost") + of("wrong lane") + of("ambiguous")) / (all as f64).max(1.0)
    }
}
