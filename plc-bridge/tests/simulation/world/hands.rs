//! People at the line: they take things away and put things on.

use super::{Body, SPOT, Signal, TAKEN_AWAY, Truth, Way, World};
use crate::scenario::ItemFault;

impl World<'_> {
    /// Takes away the body, wherever it is.
    pub fn take_away(&mut self, id: usize) {
        if let Some(index) = self.bodies.iter().position(|body| body.id == id) {
            self.remove(index);
        }
    }

    /// Hands at work.
    pub(super) fn handle(&mut self, index: usize, old: f64) {
        let body = &mut self.bodies[index];
        match body.fault {
            Some(ItemFault::Removed { at }) if old >= at => {
                self.happened.push("removed by hand");
                self.remove(index);
            }
            Some(ItemFault::Stranger { at, behind, length }) if old >= at => {
                body.fault = None;
                let lead = body.lead - body.length - behind;
                let free = lead - length;
                let next = self.bodies.get(index + 1).map_or(f64::NEG_INFINITY, |next| next.lead);
                if self.bodies[index].way == Way::Belt && next < free - 2.0 * SPOT {
                    self.put_on(index + 1, lead, length);
                }
            }
            _ => {}
        }
    }

    fn put_on(&mut self, index: usize, lead: f64, length: f64) {
        // A hand that puts something right before an eye or an arm is not followed: it is put
        // where it covers none.
        let places = self.eyes.iter().copied().chain(self.line.diverters.iter().map(|d| d.arm));
        if places.into_iter().any(|place| lead > place - SPOT && lead - length < place + 2.0 * SPOT)
        {
            return;
        }
        let id = self.truths.len();
        self.truths.push(Truth { plan: None, way: Way::Belt, exited: lead > self.line.exit });
        let body = Body {
            id,
            lead,
            length,
            slips: [0.0; 3],
            fault: None,
            way: Way::Belt,
            covers: 0,
            unseen: 0,
            disobeyed: false,
        };
        self.happened.push("stranger put on");
        self.bodies.insert(index, body);
    }

    pub(super) fn remove(&mut self, index: usize) {
        let body = &mut self.bodies[index];
        if body.way == Way::Belt {
            body.way = Way::Removed;
        }
        let truth = &mut self.truths[body.id];
        truth.way = body.way;
        for eye in 0..self.eyes.len() {
            if body.covers & !body.unseen & 1 << eye != 0 {
                self.covered[eye] = self.covered[eye].saturating_sub(1);
                if self.covered[eye] == 0 {
                    self.signals.push(Signal {
                        eye,
                        covered: false,
                        backward: self.speed < 0.0,
                        belt: self.belt,
                        body: body.id,
                        part: 1.0,
                    });
                }
            }
        }
        body.covers = 0;
        body.lead = TAKEN_AWAY;
    }
}
