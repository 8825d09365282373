//! inspectd, as the bridge sees it: reads the journal, acknowledges, sends its heartbeat, and asks
//! for what the scenario says, when the item is where the scenario says.

use std::time::Duration;

use line::protocol::{FromBridge, HEARTBEAT_TIMEOUT, ItemNumber, ToBridge, VERSION, Verdict};
use plc_bridge::whole_line::Line;

use crate::judge::Judge;
use crate::scenario::ItemPlan;
use crate::world::World;

/// inspectd looks for work this often, in milliseconds.
const HEARTBEAT_MS: f64 = 200.0;
/// What a stranger, of which the scenario says nothing, is asked.
const FOR_STRANGERS: [(f64, Verdict); 1] = [(200.0, Verdict::Pass)];

#[derive(Debug)]
struct Ask {
    /// Travel of the belt at which it is asked.
    due: f64,
    item: ItemNumber,
    verdict: Verdict,
}

#[derive(Debug)]
pub struct Inspector<'s> {
    items: &'s [ItemPlan],
    connected: bool,
    heard_ms: f64,
    asks: Vec<Ask>,
    /// The last event read and the last one acknowledged.
    pub read: u64,
    pub acknowledged: u64,
    /// Since when the bridge holds it for dead.
    dead_since: Option<f64>,
}

/// What inspectd does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Works,
    Silent,
    Gone,
}

impl<'s> Inspector<'s> {
    pub fn new(items: &'s [ItemPlan]) -> Self {
        Self {
            items,
            connected: false,
            heard_ms: f64::NEG_INFINITY,
            asks: Vec::new(),
            read: 0,
            acknowledged: 0,
            dead_since: Some(0.0),
        }
    }

    /// The bridge was restarted: events of this seq and later follow.
    pub fn disconnected(&mut self, read: Option<u64>, ms: f64) {
        self.connected = false;
        self.dead_since.get_or_insert(ms);
        if let Some(read) = read {
            self.read = read;
            self.acknowledged = read;
            self.asks.clear();
        }
    }

    /// One look at the bridge.
    pub fn look(
        &mut self,
        line: &mut Line,
        judge: &mut Judge<'_>,
        world: &World<'_>,
        ms: f64,
        mood: Mood,
    ) {
        let at = instant(ms);
        match (mood, self.connected) {
            (Mood::Gone, true) => {
                line.inspector_gone("it was killed".into());
                self.connected = false;
                self.asks.clear();
            }
            (Mood::Works, false) => {
                line.inspector_connected(at);
                line.message(ToBridge::Hello { protocol: VERSION }, at);
                self.connected = true;
                self.heard_ms = f64::NEG_INFINITY;
            }
            _ => {}
        }
        let silence_ms = HEARTBEAT_TIMEOUT.as_secs_f64() * 1000.0;
        // The bridge has looked before: what it found too old may be renewed in this very look.
        if ms - self.heard_ms >= silence_ms && self.dead_since.is_none() {
            self.dead_since = Some(ms);
        }
        if mood == Mood::Works && self.connected {
            self.work(line, judge, world, ms);
        }
        let is_dead = !self.connected || ms - self.heard_ms >= silence_ms;
        match (is_dead, self.dead_since) {
            (true, None) => self.dead_since = Some(ms),
            (false, Some(since)) => {
                judge.inspector_was_dead(since, ms);
                self.dead_since = None;
            }
            _ => {}
        }
    }

    fn work(&mut self, line: &mut Line, judge: &mut Judge<'_>, world: &World<'_>, ms: f64) {
        let at = instant(ms);
        if ms - self.heard_ms >= HEARTBEAT_MS {
            line.message(ToBridge::Heartbeat { ready: true }, at);
            self.heard_ms = ms;
        }
        while let Some(message) = line.journal().next_after(self.read) {
            let read = self.read;
            self.read = match message {
                FromBridge::Event { seq, .. } => seq,
                _ => read + 1,
            };
            if let Some((item, body)) = judge.event(read, message) {
                self.plan(item, body, world);
            }
        }
        if self.read - self.acknowledged > 8 {
            self.acknowledged = self.read;
            line.message(ToBridge::Ack { through: self.read }, at);
        }
        let mut index = 0;
        while index < self.asks.len() {
            if self.asks[index].due > world.belt {
                index += 1;
                continue;
            }
            let Ask { item, verdict, .. } = self.asks.remove(index);
            line.take_asides();
            let boot = line.boot().to_owned();
            line.message(ToBridge::Verdict { item, boot, verdict: verdict.clone() }, at);
            self.heard_ms = ms;
            let refused = line
                .take_asides()
                .any(|aside| matches!(aside, FromBridge::Refused { item: refused, .. } if refused == item));
            if !refused {
                judge.accepted(item, verdict);
            }
        }
    }

    fn plan(&mut self, item: ItemNumber, body: Option<usize>, world: &World<'_>) {
        let plan = body.and_then(|body| world.truths[body].plan);
        let asks = plan.map_or(&FOR_STRANGERS[..], |plan| &self.items[plan].asks[..]);
        for (at, verdict) in asks {
            self.asks.push(Ask { due: world.belt + at, item, verdict: verdict.clone() });
        }
    }
}

/// The bridge's clock.
pub fn instant(ms: f64) -> Duration {
    Duration::from_secs_f64(ms / 1000.0)
}
