//! The belt, what lies on it, the arms and the eyes: physics only. Nothing here knows of verdicts
//! or ids; what each body did is written down as its [`Truth`].
//!
//! The world moves from one scan of the PLC to the next. Edges within a scan are placed exactly, as
//! a PLC does that latches its encoder by interrupt.

mod hands;

use crate::scenario::{ItemFault, ItemPlan, LineSpec, Scenario, Trouble, TroubleKind};
use crate::slip::Stretches;

/// Bodies stand ready this far before the entry eye.
const UPSTREAM: f64 = 900.0;
/// An eye's spot has a width: two bodies closer than this are one to it.
const SPOT: f64 = 2.0;
/// No body comes back from further behind the last eye than this.
const GONE: f64 = 900.0;
/// Where a body is that was taken away: out of everybody's way, and dropped at the end of a step.
const TAKEN_AWAY: f64 = f64::INFINITY;

/// Where a body is or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Belt,
    /// An arm pushed it into this lane.
    Lane(u8),
    /// A hand took it away.
    Removed,
}

/// What became of a body.
#[derive(Debug, Clone)]
pub struct Truth {
    /// Its place in the scenario's items; none for a stranger.
    pub plan: Option<usize>,
    pub way: Way,
    /// Its leading edge went past the exit eye.
    pub exited: bool,
}

#[derive(Debug)]
struct Body {
    id: usize,
    lead: f64,
    length: f64,
    slips: [f64; 3],
    fault: Option<ItemFault>,
    way: Way,
    /// Eyes that it covers, one bit each.
    covers: u16,
    /// Of those, the ones that do not see it.
    unseen: u16,
    /// An arm has done the reverse of what it was told.
    disobeyed: bool,
}

/// An eye's signal changed.
#[derive(Debug, Clone, Copy)]
pub struct Signal {
    /// 0 the entry eye, then those between, the exit eye, and the lanes' eyes.
    pub eye: usize,
    /// Something is there now; else it is free again.
    pub covered: bool,
    pub backward: bool,
    /// Travel of the belt at the edge, in millimetres.
    pub belt: f64,
    /// Whose edge it is.
    pub body: usize,
    /// Which part of the step had passed.
    part: f64,
}

#[derive(Debug, Default)]
struct Arm {
    /// 0 in, 1 out.
    place: f64,
    out: bool,
}

#[derive(Debug)]
pub struct World<'s> {
    line: &'s LineSpec,
    items: &'s [ItemPlan],
    pub eyes: Vec<f64>,
    stretches: Stretches,
    covered: Vec<u16>,
    /// Front to back.
    bodies: Vec<Body>,
    arms: Vec<Arm>,
    fed: usize,
    next_entry: usize,
    /// Travel of the belt, in millimetres.
    pub belt: f64,
    speed: f64,
    /// Travel still to be made backwards.
    back: f64,
    pub truths: Vec<Truth>,
    pub signals: Vec<Signal>,
    /// Items (by place in the scenario) whose leading edge crossed the entry eye in this step.
    pub entered: Vec<usize>,
    /// What went wrong, each time that it did.
    pub happened: Vec<&'static str>,
}

impl<'s> World<'s> {
    pub fn new(scenario: &'s Scenario) -> Self {
        let line = &scenario.line;
        let mut eyes = vec![0.0];
        eyes.extend(&line.mids);
        eyes.push(line.exit);
        eyes.extend(line.diverters.iter().map(|diverter| diverter.lane_eye));
        Self {
            line,
            items: &scenario.items,
            stretches: Stretches::of(line),
            covered: vec![0; eyes.len()],
            eyes,
            bodies: Vec::new(),
            arms: line.diverters.iter().map(|_| Arm::default()).collect(),
            fed: 0,
            next_entry: 0,
            belt: 0.0,
            speed: 0.0,
            back: 0.0,
            truths: Vec::new(),
            signals: Vec::new(),
            entered: Vec::new(),
            happened: Vec::new(),
        }
    }

    /// Nothing is left that could cross an eye.
    pub fn is_empty(&self) -> bool {
        self.fed == self.items.len() && self.bodies.is_empty()
    }

    pub fn run_back(&mut self, by: f64) {
        self.back += by;
    }

    /// Moves on by `ms`, with each arm told to be out or in.
    pub fn step(&mut self, ms: f64, stands: bool, share: f64, arms: &[bool], troubles: &[Trouble]) {
        self.signals.clear();
        self.entered.clear();
        let by = self.move_belt(ms / 1000.0, stands, share);
        self.feed();
        self.move_arms(ms, arms, troubles);
        let before = self.belt;
        self.belt += by;
        self.move_bodies(before, by);
        self.signals.sort_by(|a, b| a.part.total_cmp(&b.part));
        self.filter(troubles);
        let end = self.line.end() + GONE;
        let truths = &mut self.truths;
        self.bodies.retain(|body| {
            truths[body.id].way = body.way;
            body.lead - body.length < end
        });
    }

    /// The belt's travel in this step.
    fn move_belt(&mut self, seconds: f64, stands: bool, share: f64) -> f64 {
        let target = match () {
            () if stands => 0.0,
            () if self.back > 0.0 => -0.3 * self.line.top_speed,
            () => share * self.line.top_speed,
        };
        let most = self.line.acceleration * seconds;
        let old = self.speed;
        self.speed += (target - self.speed).clamp(-most, most);
        let by = (old + self.speed) / 2.0 * seconds;
        if by < 0.0 {
            self.back = (self.back + by).max(0.0);
        }
        by
    }

    fn feed(&mut self) {
        while let Some(plan) = self.items.get(self.fed) {
            let last = self.bodies.iter().rev().find(|body| body.way == Way::Belt);
            let lead = match last {
                Some(last) => (last.lead - last.length).min(0.0) - plan.gap,
                None => -plan.gap.min(UPSTREAM),
            };
            if lead < -UPSTREAM && last.is_some_and(|last| last.lead - last.length < 0.0) {
                return;
            }
            let id = self.truths.len();
            self.truths.push(Truth { plan: Some(self.fed), way: Way::Belt, exited: false });
            self.bodies.push(Body {
                id,
                lead,
                length: plan.length,
                slips: plan.slips,
                fault: plan.fault,
                way: Way::Belt,
                covers: 0,
                unseen: 0,
                disobeyed: false,
            });
            match plan.fault {
                Some(ItemFault::Tight) => self.happened.push("entered too close"),
                Some(ItemFault::Touches) => self.happened.push("touching"),
                _ => {}
            }
            self.fed += 1;
        }
    }

    fn move_arms(&mut self, ms: f64, told: &[bool], troubles: &[Trouble]) {
        for (index, (arm, spec)) in self.arms.iter_mut().zip(&self.line.diverters).enumerate() {
            let mut told = told[index];
            // An item whose arm disobeys is near it: the arm does the reverse.
            let near = |body: &Body| {
                body.fault == Some(ItemFault::Disobeyed { diverter: index })
                    && body.lead > spec.commit
                    && body.lead - body.length < spec.arm
                    && body.way == Way::Belt
            };
            if let Some(body) = self.bodies.iter_mut().find(|body| near(body)) {
                told = !told;
                if !std::mem::replace(&mut body.disobeyed, true) {
                    self.happened.push("arm disobeyed");
                }
            }
            for trouble in troubles {
                if let TroubleKind::ArmStuck { diverter, out } = trouble.kind
                    && diverter == index
                {
                    told = out;
                }
            }
            let by = ms / spec.travel_ms.max(ms);
            arm.place = (arm.place + if told { by } else { -by }).clamp(0.0, 1.0);
            // It counts as out from the moment it is fully out until it is fully in.
            match arm.place {
                place if place >= 1.0 => arm.out = true,
                place if place <= 0.0 => arm.out = false,
                _ => {}
            }
        }
    }

    fn move_bodies(&mut self, belt: f64, by: f64) {
        let mut end_ahead = f64::INFINITY;
        let mut index = 0;
        while index < self.bodies.len() {
            let body = &mut self.bodies[index];
            let old = body.lead;
            if old == TAKEN_AWAY {
                index += 1;
                continue;
            }
            body.lead = self.stretches.advance(&body.slips, old, by);
            if let Some(ItemFault::SlipsFar { at, by }) = body.fault
                && body.lead >= at
            {
                body.lead += by;
                body.fault = None;
                self.happened.push("slipped far");
            }
            if body.way == Way::Belt {
                body.lead = body.lead.min(end_ahead);
                end_ahead = body.lead - body.length;
            }
            let new = body.lead;
            self.swing(index, old, new);
            self.cross(index, old, new, belt, by);
            self.handle(index, old);
            index += 1;
        }
    }

    /// An arm that is out pushes what stands before it.
    fn swing(&mut self, index: usize, old: f64, new: f64) {
        let body = &mut self.bodies[index];
        if body.way != Way::Belt {
            return;
        }
        for (arm, spec) in self.arms.iter().zip(&self.line.diverters) {
            let end = old.min(new) - body.length;
            if arm.out && end < spec.arm && old.max(new) >= spec.arm {
                body.way = Way::Lane(spec.lane);
                return;
            }
        }
    }

    fn cross(&mut self, index: usize, old: f64, new: f64, belt: f64, by: f64) {
        let Self { bodies, eyes, covered, signals, truths, entered, happened, stretches, .. } =
            self;
        let body = &mut bodies[index];
        let exit = self.line.mids.len() + 1;
        for (eye, &place) in eyes.iter().enumerate() {
            let bit = 1 << eye;
            let reaches = match body.way {
                Way::Belt => eye <= exit,
                // What an arm pushes still covers the eye that it is just leaving.
                Way::Lane(_) if eye <= exit => body.covers & bit != 0,
                Way::Lane(lane) => self.line.diverters[eye - exit - 1].lane == lane,
                Way::Removed => false,
            };
            let is_before = new > place && new - body.length - SPOT <= place;
            let was_before = body.covers & bit != 0;
            if !reaches || is_before == was_before {
                // A body never jumps over an eye: it is longer than a step.
                continue;
            }
            body.covers ^= bit;
            let is_lead = if is_before { old <= place } else { new <= place };
            let edge = if is_lead { place } else { place + body.length + SPOT };
            let travel = stretches.travel(&body.slips, old, edge);
            let part = if by == 0.0 { 0.0 } else { (travel / by).clamp(0.0, 1.0) };
            if eye == 0 && !is_before && is_lead {
                happened.push("ran back over the entry eye");
            }
            if is_before && is_lead {
                if eye == 0 && truths[body.id].plan == Some(self.next_entry) {
                    entered.push(self.next_entry);
                    self.next_entry += 1;
                }
                truths[body.id].exited |= eye == exit;
            }
            if let Some(ItemFault::Unseen { eye: blind }) = body.fault
                && blind == eye.min(exit)
                && (is_before || body.unseen & bit != 0)
            {
                body.unseen ^= bit;
                if is_before {
                    happened.push("not seen by an eye");
                }
                continue;
            }
            let count = &mut covered[eye];
            *count = if is_before { *count + 1 } else { count.saturating_sub(1) };
            if *count == u16::from(is_before) {
                signals.push(Signal {
                    eye,
                    covered: is_before,
                    backward: by < 0.0,
                    belt: belt + part * by,
                    body: body.id,
                    part,
                });
            }
        }
    }

    /// What a dead eye does not tell.
    fn filter(&mut self, troubles: &[Trouble]) {
        for trouble in troubles {
            if let TroubleKind::EyeDead { eye } = trouble.kind {
                self.signals.retain(|signal| signal.eye != eye);
            }
        }
    }
}
