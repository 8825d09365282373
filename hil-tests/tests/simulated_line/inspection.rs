//! A stand-in for inspectd: answers each item after a while, or not at all, and dies now and then.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use line::protocol::{Check, FromBridge, HEARTBEAT_PERIOD, ItemEvent, ToBridge, Verdict};
use plc_bridge::whole_line::Line;
use twin::{line::SCAN, rng::Rng};

/// How the inspection behaves.
#[derive(Debug, Clone)]
pub struct Habits {
    /// Share of items that it never answers.
    pub silent: f64,
    /// Slowest answer, in seconds after the entry.
    pub slowest_s: f64,
    /// Mean time between deaths, in seconds; none when it never dies.
    pub dies_every_s: Option<f64>,
}

/// An inspection, and what it asked for.
pub struct Inspection {
    habits: Habits,
    rng: Rng,
    boot: String,
    told: u64,
    answers: VecDeque<(Duration, ToBridge)>,
    heartbeat: Duration,
    away_until: Duration,
    /// By item.
    pub asked: BTreeMap<u64, Verdict>,
}

impl Inspection {
    pub fn new(habits: Habits, boot: &str, seed: u64) -> Self {
        Self {
            habits,
            rng: Rng::new(seed),
            boot: boot.to_owned(),
            told: 0,
            answers: VecDeque::new(),
            heartbeat: Duration::ZERO,
            away_until: Duration::ZERO,
            asked: BTreeMap::new(),
        }
    }

    /// Seq of the last event that it was told.
    pub fn told(&self) -> u64 {
        self.told
    }

    /// One look at the bridge, once a scan.
    pub fn run(&mut self, line: &mut Line, now: Duration) {
        if now < self.away_until {
            return;
        }
        let share = SCAN.as_secs_f64();
        if self.habits.dies_every_s.is_some_and(|mean| self.rng.chance(share / mean)) {
            line.inspector_gone("it was killed".into());
            self.answers.clear();
            self.away_until = now + Duration::from_secs_f64(self.rng.between(1.0, 6.0));
            self.heartbeat = Duration::ZERO;
            self.told = 0;
            return;
        }
        if self.heartbeat.is_zero() {
            line.inspector_connected(now);
        }
        if now >= self.heartbeat {
            line.message(ToBridge::Heartbeat { ready: true }, now);
            self.heartbeat = now + HEARTBEAT_PERIOD;
        }
        while let Some(FromBridge::Event { seq, event, .. }) = line.journal().next_after(self.told)
        {
            self.told = seq;
            if let ItemEvent::Entered { item, at, .. } = event
                && !self.rng.chance(self.habits.silent)
            {
                self.answer(item, at);
            }
        }
        while self.answers.front().is_some_and(|(due, _)| *due <= now) {
            let Some((_, message)) = self.answers.pop_front() else { break };
            if let ToBridge::Verdict { item, verdict, .. } = &message {
                self.asked.insert(*item, verdict.clone());
            }
            line.message(message, now);
        }
    }

    fn answer(&mut self, item: u64, entered: Duration) {
        let verdict = match self.rng.below(10) {
            0..=4 => Verdict::Pass,
            choice @ 5..=8 => {
                let lane = if choice < 7 { 1 } else { 2 };
                Verdict::Divert { lane, reasons: vec![Check::Damage] }
            }
            _ => Verdict::Uninspected { cause: "no picture".into() },
        };
        let due = entered + Duration::from_secs_f64(self.rng.between(0.3, self.habits.slowest_s));
        let boot = self.boot.clone();
        self.answers.push_back((due, ToBridge::Verdict { item, boot, verdict }));
        self.answers.make_contiguous().sort_by_key(|(due, _)| *due);
    }
}
