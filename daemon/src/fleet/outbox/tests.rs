//! The outbox against a wire and a store that take their time, and fail in any order.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

#[test]
fn a_message_that_can_never_be_sent_does_not_hold_up_those_behind_it() {
    let mut outbox = Outbox::default();
    assert_eq!(outbox.connected(), [Action::Read { session: 1, from: 0 }]);
    let sent = outbox.read(1, (1..=WINDOW as u64).map(|id| (id, ())).collect());
    assert_eq!(outbox.in_flight(), WINDOW);
    assert_eq!(sent.len(), WINDOW + 1, "and a read");
    assert_eq!(outbox.read(1, vec![(100, ())]), [], "the window is full");
    assert_eq!(outbox.skipped(1), [Action::Send(100, ())]);
    assert_eq!(outbox.acknowledged(1), [], "it is not in flight any more");
}

fn read(session: u64, from: MessageId) -> Action<&'static str> {
    Action::Read { session, from }
}

fn connected_with(messages: &[(MessageId, &'static str)]) -> Outbox<&'static str> {
    let mut outbox = Outbox::default();
    assert_eq!(outbox.connected(), [read(1, 0)]);
    let sent = outbox.read(1, messages.to_vec());
    let expected: Vec<_> = messages.iter().map(|(id, m)| Action::Send(*id, *m)).collect();
    assert_eq!(sent, expected);
    outbox
}

#[test]
fn nothing_is_asked_for_while_there_is_no_connection() {
    let mut outbox: Outbox<&str> = Outbox::default();
    assert_eq!(outbox.appended(), []);
}

#[test]
fn an_acknowledged_message_is_forgotten_once() {
    let mut outbox = connected_with(&[(3, "a"), (4, "b")]);
    assert_eq!(outbox.acknowledged(4), [Action::Forget(4)]);
    assert_eq!(outbox.acknowledged(4), []);
    assert_eq!(outbox.in_flight(), 1);
}

#[test]
fn after_a_new_connection_everything_unacknowledged_is_sent_again_with_the_same_ids() {
    let mut outbox = connected_with(&[(3, "a"), (4, "b")]);
    outbox.acknowledged(3);
    outbox.disconnected();
    assert_eq!(outbox.connected(), [read(2, 0)]);
    // The store has not forgotten 3 yet; it is not sent again all the same.
    assert_eq!(outbox.read(2, vec![(3, "a"), (4, "b")]), [Action::Send(4, "b")]);
}

#[test]
fn an_answer_to_an_earlier_connection_is_dropped() {
    let mut outbox = Outbox::default();
    outbox.connected();
    outbox.disconnected();
    outbox.connected();
    assert_eq!(outbox.read(1, vec![(1, "late")]), []);
    assert_eq!(outbox.read(2, vec![(1, "now")]), [Action::Send(1, "now")]);
}

#[test]
fn a_message_appended_while_a_read_is_under_way_is_read_after_it() {
    let mut outbox: Outbox<&str> = Outbox::default();
    outbox.connected();
    assert_eq!(outbox.appended(), []);
    assert_eq!(outbox.read(1, Vec::new()), [read(1, 0)]);
}

#[test]
fn a_store_that_could_not_be_read_is_asked_again() {
    let mut outbox: Outbox<&str> = Outbox::default();
    outbox.connected();
    outbox.unread(1);
    assert_eq!(outbox.appended(), [read(1, 0)]);
}

#[derive(Debug, Clone)]
enum Step {
    Append,
    Connect,
    Disconnect,
    AnswerRead,
    FailRead,
    Acknowledge(usize),
    StoreForgets(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => Just(Step::Append),
        2 => Just(Step::Connect),
        1 => Just(Step::Disconnect),
        4 => Just(Step::AnswerRead),
        1 => Just(Step::FailRead),
        8 => (0_usize..100).prop_map(Step::Acknowledge),
        4 => (0_usize..100).prop_map(Step::StoreForgets),
    ];
    proptest::collection::vec(step, 0..400)
}

/// A store and a broker, both without a will of their own.
#[derive(Default)]
struct World {
    outbox: Outbox<u64>,
    stored: BTreeMap<MessageId, u64>,
    appended: u64,
    reads: Vec<(u64, MessageId)>,
    on_the_wire: Vec<MessageId>,
    last_sent: MessageId,
    /// What the broker has ever received.
    received: BTreeSet<MessageId>,
    acknowledged: BTreeSet<MessageId>,
    to_forget: Vec<MessageId>,
}

impl World {
    fn carry_out(&mut self, actions: Vec<Action<u64>>) {
        for action in actions {
            match action {
                Action::Read { session, from } => self.reads.push((session, from)),
                Action::Send(id, message) => {
                    assert_eq!(id, message, "a message keeps its id");
                    assert!(id > self.last_sent, "{id} after {}", self.last_sent);
                    assert!(!self.acknowledged.contains(&id), "{id} was acknowledged");
                    self.last_sent = id;
                    self.on_the_wire.push(id);
                    self.received.insert(id);
                    assert!(self.outbox.in_flight() <= WINDOW);
                }
                Action::Forget(id) => {
                    assert!(self.acknowledged.insert(id), "{id} is forgotten twice");
                    self.to_forget.push(id);
                }
            }
        }
    }

    fn step(&mut self, step: &Step) {
        let actions = match step {
            Step::Append => {
                self.appended += 1;
                self.stored.insert(self.appended, self.appended);
                self.outbox.appended()
            }
            Step::Connect => {
                self.on_the_wire.clear();
                self.last_sent = 0;
                self.outbox.connected()
            }
            Step::Disconnect => {
                self.on_the_wire.clear();
                self.outbox.disconnected();
                Vec::new()
            }
            Step::AnswerRead if !self.reads.is_empty() => {
                let (session, from) = self.reads.remove(0);
                let found = self.stored.range(from..).take(WINDOW);
                let found = found.map(|(id, message)| (*id, *message)).collect();
                self.outbox.read(session, found)
            }
            Step::FailRead if !self.reads.is_empty() => {
                let (session, _) = self.reads.remove(0);
                self.outbox.unread(session);
                Vec::new()
            }
            Step::Acknowledge(which) if !self.on_the_wire.is_empty() => {
                let id = self.on_the_wire.remove(which % self.on_the_wire.len());
                self.outbox.acknowledged(id)
            }
            Step::StoreForgets(which) if !self.to_forget.is_empty() => {
                let id = self.to_forget.remove(which % self.to_forget.len());
                self.stored.remove(&id);
                self.outbox.forgotten(id);
                Vec::new()
            }
            _ => Vec::new(),
        };
        self.carry_out(actions);
    }
}

proptest! {
    #[test]
    fn no_message_is_lost_acknowledged_twice_or_sent_out_of_order(steps in steps()) {
        let mut world = World::default();
        for step in &steps {
            world.step(step);
        }
        // A connection that lasts pays everything, whatever happened before.
        world.step(&Step::Connect);
        world.step(&Step::Append);
        while !(world.reads.is_empty() && world.on_the_wire.is_empty() && world.to_forget.is_empty()) {
            world.step(&Step::AnswerRead);
            world.step(&Step::Acknowledge(0));
            world.step(&Step::StoreForgets(0));
        }
        let all: BTreeSet<_> = (1..=world.appended).collect();
        prop_assert_eq!(&world.received, &all);
        prop_assert_eq!(&world.acknowledged, &all);
        prop_assert!(world.stored.is_empty());
    }
}
