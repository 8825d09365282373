//! The link itself: one task that keeps the connection to the broker and pays what is owed.
//!
//! Each connection has a client of its own (a session), so that nothing of an earlier one lingers
//! in it: the outbox alone knows what is unacknowledged. The task never waits for its own client: it
//! only *tries* to hand a message over, since nobody else can empty a full channel.

use std::collections::VecDeque;
use std::pin::pin;
use std::time::Duration;

use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::v5::{Packet, PubAck};
use rumqttc::v5::{AsyncClient, Event, EventLoop};
use serde::Serialize;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use crate::config::FleetSection;
use crate::outbox::{Action, MessageId, Outbox, WINDOW};
use crate::records::{Change, OutboxCounts, OwedMessage, StoreError, StoreHandle};

use super::backoff::{self, Backoff};
use super::identity::Identity;
use super::messages::{BoxState, Kind, OfflineReason, State};
use super::orders::Order;
use super::problem::LinkProblem;
use super::session::{self, Sent, Session};
use super::shortening;

mod listening;

/// How often the state is looked at; so it is published at most this often.
const TICK: Duration = Duration::from_secs(1);

/// The state is published this often although nothing changed.
const STATE_PERIOD: Duration = Duration::from_secs(60);

/// Packets of ours that wait for the broker at most; states come beside the window's messages.
const IN_FLIGHT: u16 = WINDOW as u16 + STATES as u16;

/// States that wait for their acknowledgement at most; beyond that the next one waits.
const STATES: usize = 4;

/// How long the last words may take when the link is stopped.
const FAREWELL: Duration = Duration::from_secs(2);

/// How the link stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LinkStatus {
    /// Whether there is a connection.
    pub connected: bool,
    /// Messages that the broker has not acknowledged.
    pub owed: u64,
    /// Messages that it has acknowledged since the database was made.
    pub acknowledged: u64,
    /// Messages given up, since the database was made: the outbox was full, or they were too large.
    pub lost: u64,
    /// Why there is no connection, and what to do.
    pub problem: Option<String>,
}

/// The running link.
#[derive(Debug)]
pub struct FleetLink {
    status: watch::Receiver<LinkStatus>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl FleetLink {
    /// Starts the link on the present tokio runtime. `boot` is the box's ([`super::boot_id`]), `state`
    /// what the box says of itself, and what the fleet tells it goes into `orders`. Never fails: what is wrong shows in the status, and is
    /// tried again.
    pub fn start(
        section: FleetSection,
        boot: String,
        store: StoreHandle,
        state: watch::Receiver<BoxState>,
        orders: mpsc::Sender<Order>,
    ) -> Self {
        let counts = store.outbox();
        let (status, status_seen) = watch::channel(LinkStatus::default());
        let (forgotten, forgotten_seen) = mpsc::unbounded_channel();
        let link = Link {
            identity: Identity { section, boot },
            store,
            state,
            counts,
            status,
            outbox: Outbox::default(),
            forgotten,
            forgotten_seen,
            orders,
            rival: None,
        };
        link.tell(|_| {});
        let (stop, stopped) = oneshot::channel();
        Self { status: status_seen, stop, task: tokio::spawn(link.run(stopped)) }
    }

    /// How the link stands, now and at each change.
    pub fn status(&self) -> watch::Receiver<LinkStatus> {
        self.status.clone()
    }

    /// Says that the box goes offline in an orderly way, and ends the link. What is owed stays in
    /// the store.
    pub async fn stop(self) {
        // A task that has ended already needs no word; a panic in it was printed.
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

struct Link {
    identity: Identity,
    store: StoreHandle,
    state: watch::Receiver<BoxState>,
    counts: watch::Receiver<OutboxCounts>,
    status: watch::Sender<LinkStatus>,
    outbox: Outbox<OwedMessage>,
    forgotten: mpsc::UnboundedSender<MessageId>,
    forgotten_seen: mpsc::UnboundedReceiver<MessageId>,
    orders: mpsc::Sender<Order>,
    /// Another client has the box's name: shown until a connection has lasted longer than that
    /// client waits.
    rival: Option<String>,
}

/// How a session ended.
enum End {
    Stopped,
    Failed(LinkProblem),
}

type ReadAnswer = (u64, Result<Vec<OwedMessage>, StoreError>);

impl Link {
    async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        let mut backoff = Backoff::default();
        loop {
            let problem = match self.session(&mut backoff, &mut stopped).await {
                End::Stopped => return,
                End::Failed(problem) => problem,
            };
            let pause = match problem {
                LinkProblem::TakenOver { .. } => backoff.taken_over(jitter()),
                _ => backoff.failed(jitter()),
            };
            let is_rival = matches!(problem, LinkProblem::TakenOver { .. });
            let problem = problem.to_string();
            if is_rival {
                self.rival = Some(problem.clone());
            }
            self.outbox.disconnected();
            if self.status.borrow().problem.as_ref() != Some(&problem) {
                tracing::warn!("no link to the fleet: {problem}");
            }
            self.tell(|status| {
                status.connected = false;
                status.problem = Some(problem);
            });
            tokio::select! {
                () = sleep(pause) => {}
                _ = &mut stopped => return,
            }
        }
    }

    /// Connects and serves the connection until it breaks.
    async fn session(&mut self, backoff: &mut Backoff, stopped: &mut oneshot::Receiver<()>) -> End {
        let last_id = self.counts.borrow().last_id;
        let options = match self.identity.options(IN_FLIGHT, last_id) {
            Ok(options) => options,
            Err(problem) => return End::Failed(problem),
        };
        let keep_alive = options.keep_alive();
        let (client, mut events) = AsyncClient::new(options, usize::from(IN_FLIGHT));
        let mut session = Session::new(client);
        let begun = Instant::now();
        let (answers, mut answered) = mpsc::unbounded_channel::<ReadAnswer>();
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let event = 'polled: {
                // Polled to its end, not dropped half-way: it may hold half a packet.
                let mut poll = pin!(events.poll());
                loop {
                    let actions = tokio::select! {
                        event = &mut poll => break 'polled Some(event),
                        Some((asked_in, read)) = answered.recv() => self.take_read(asked_in, read),
                        Some(id) = self.forgotten_seen.recv() => {
                            self.outbox.forgotten(id);
                            Vec::new()
                        }
                        Ok(()) = self.counts.changed() => {
                            self.tell(|_| {});
                            if session.established { self.outbox.appended() } else { Vec::new() }
                        }
                        _ = tick.tick() => {
                            // rumqttc cannot look at its clock while a write blocks.
                            if session.heard_at.elapsed() > keep_alive * 2 {
                                let broker = self.identity.broker();
                                return End::Failed(LinkProblem::Silent { broker });
                            }
                            if begun.elapsed() > backoff::LONGEST && session.established {
                                backoff.worked();
                            }
                            if begun.elapsed() > backoff::LONGEST * 2 {
                                self.rival_gone();
                            }
                            self.tell_state(&mut session);
                            if session.established { self.outbox.appended() } else { Vec::new() }
                        }
                        _ = &mut *stopped => break 'polled None,
                    };
                    if let Err(problem) = self.carry_out(actions, &mut session, &answers) {
                        return End::Failed(problem);
                    }
                }
            };
            let Some(event) = event else {
                self.farewell(&mut session, &mut events).await;
                return End::Stopped;
            };
            let outcome = event
                .map_err(|error| {
                    let (broker, client) = (self.identity.broker(), self.identity.client_name());
                    LinkProblem::of(error, &broker, &client, session.established)
                })
                .and_then(|event| self.take_event(event, &mut session, backoff))
                .and_then(|actions| self.carry_out(actions, &mut session, &answers));
            if let Err(problem) = outcome {
                return End::Failed(problem);
            }
        }
    }

    fn take_event(
        &mut self,
        event: Event,
        session: &mut Session,
        backoff: &mut Backoff,
    ) -> Result<Vec<Action<OwedMessage>>, LinkProblem> {
        if matches!(event, Event::Incoming(_)) {
            session.heard_at = Instant::now();
        }
        match event {
            Event::Incoming(Packet::ConnAck(accepted)) => {
                tracing::info!("linked to the fleet by {}", self.identity.broker());
                session.established = true;
                session.packet_limit = accepted.properties.and_then(|told| told.max_packet_size);
                if !session.subscribe(self.identity.order_topics()) {
                    return Err(self.takes_no_more());
                }
                let rival = self.rival.clone();
                self.tell(|status| {
                    status.connected = true;
                    status.problem.clone_from(&rival);
                });
                self.tell_state(session);
                Ok(self.outbox.connected())
            }
            Event::Outgoing(Outgoing::Publish(packet)) => {
                session.written(packet);
                Ok(Vec::new())
            }
            Event::Incoming(Packet::PubAck(ack)) => self.take_ack(&ack, session, backoff),
            Event::Incoming(Packet::SubAck(ack)) => {
                self.take_subscribed(&ack);
                Ok(Vec::new())
            }
            Event::Incoming(Packet::Publish(publish)) => self.take_order(&publish),
            _ => Ok(Vec::new()),
        }
    }

    fn take_ack(
        &mut self,
        ack: &PubAck,
        session: &mut Session,
        backoff: &mut Backoff,
    ) -> Result<Vec<Action<OwedMessage>>, LinkProblem> {
        let Some(sent) = session.answered(ack.pkid) else {
            return Ok(Vec::new());
        };
        if !session::is_taken(ack.reason) {
            // Not delivered, so still owed: the session ends, and a later one tries again.
            return Err(LinkProblem::MessageRefused {
                broker: self.identity.broker(),
                topic: self.identity.topic(sent.kind()),
                reason: ack.reason,
            });
        }
        Ok(match sent {
            Sent::Owed(id, _) => {
                backoff.worked();
                self.outbox.acknowledged(id)
            }
            Sent::State => Vec::new(),
        })
    }

    fn takes_no_more(&self) -> LinkProblem {
        LinkProblem::Broken {
            broker: self.identity.broker(),
            cause: "the client takes no more messages".to_owned(),
        }
    }

    fn take_read(
        &mut self,
        asked_in: u64,
        read: Result<Vec<OwedMessage>, StoreError>,
    ) -> Vec<Action<OwedMessage>> {
        match read {
            Ok(messages) => {
                let messages = messages.into_iter().map(|message| (message.id, message));
                self.outbox.read(asked_in, messages.collect())
            }
            Err(error) => {
                tracing::error!("the outbox cannot be read: {error}");
                self.outbox.unread(asked_in);
                Vec::new()
            }
        }
    }

    fn carry_out(
        &mut self,
        actions: Vec<Action<OwedMessage>>,
        session: &mut Session,
        answers: &mpsc::UnboundedSender<ReadAnswer>,
    ) -> Result<(), LinkProblem> {
        let mut actions = VecDeque::from(actions);
        while let Some(action) = actions.pop_front() {
            match action {
                Action::Read { session: asked_in, from } => {
                    let (store, answers) = (self.store.clone(), answers.clone());
                    tokio::spawn(async move {
                        let read = store.read_outbox(from, WINDOW).await;
                        // The session may have ended meanwhile; the next one asks anew.
                        let _ = answers.send((asked_in, read));
                    });
                }
                Action::Send(id, message) => {
                    let sent = Sent::Owed(id, message.kind);
                    let topic = self.identity.topic(message.kind);
                    let room = self.identity.room(message.kind, session.packet_limit);
                    let text = self.identity.owed_text(message);
                    let size = text.len();
                    match shortening::fit(text, room) {
                        Some(text) => {
                            if !session.publish(sent, topic, text) {
                                return Err(self.takes_no_more());
                            }
                        }
                        None => actions.extend(self.skip(sent, size, room, session)?),
                    }
                }
                Action::Forget(id) => self.forget(id),
            }
        }
        Ok(())
    }

    fn forget(&self, id: MessageId) {
        self.settle(id, Change::Acknowledge(vec![id]));
    }

    /// Makes the store forget the message by this change.
    fn settle(&self, id: MessageId, change: Change) {
        let forgotten = self.forgotten.clone();
        let done = move || {
            // The link may have been stopped meanwhile.
            let _ = forgotten.send(id);
        };
        if let Err(refused) = self.store.commit(vec![change], Vec::new(), done) {
            // It stays settled for this run, and is sent once more after a restart.
            tracing::warn!("that message {id} is settled is not stored: {refused}");
        }
    }

    /// A message cannot be made short enough for the broker: its loss is owed in its place.
    fn skip(
        &mut self,
        sent: Sent,
        size: usize,
        room: usize,
        session: &Session,
    ) -> Result<Vec<Action<OwedMessage>>, LinkProblem> {
        let (Sent::Owed(id, kind), limit) = (sent, session.packet_limit) else {
            return Ok(Vec::new());
        };
        if kind == Kind::Lost {
            // The notice of its loss would fit no better.
            let (broker, limit) = (self.identity.broker(), limit.unwrap_or_default());
            return Err(LinkProblem::NoRoom { broker, limit });
        }
        let kind = kind.name();
        let reason = format!("a {kind} of {size} bytes; the broker's packets have room for {room}");
        tracing::error!("message {id} is lost: {reason}");
        let actions = self.outbox.skipped(id);
        self.settle(id, Change::Skip(id, reason));
        Ok(actions)
    }

    /// No other client has taken the box's place for long.
    fn rival_gone(&mut self) {
        if let Some(rival) = self.rival.take() {
            self.tell(|status| {
                if status.problem.as_ref() == Some(&rival) {
                    status.problem = None;
                }
            });
        }
    }

    /// Publishes the state if it changed or is due.
    fn tell_state(&self, session: &mut Session) {
        let details = self.state.borrow().clone();
        let due = session
            .state_told
            .as_ref()
            .is_none_or(|(at, told)| at.elapsed() >= STATE_PERIOD || *told != details);
        if !session.established || !due || session.states_on_their_way() >= STATES {
            return;
        }
        let OutboxCounts { owed, lost, last_id, .. } = *self.counts.borrow();
        let online = State::Online { details: details.clone(), owed, lost };
        let text = self.identity.state_text(online, last_id);
        let room = self.identity.room(Kind::State, session.packet_limit);
        let Some(text) = shortening::fit(text, room) else {
            tracing::error!(
                "the state is not told: the broker's packets have room for {room} bytes"
            );
            session.state_told = Some((Instant::now(), details));
            return;
        };
        if session.publish(Sent::State, self.identity.topic(Kind::State), text) {
            session.state_told = Some((Instant::now(), details));
        }
    }

    /// Publishes the orderly offline state, then takes leave of the broker.
    async fn farewell(&self, session: &mut Session, events: &mut EventLoop) {
        if !session.established {
            return;
        }
        let offline = State::Offline { reason: OfflineReason::Stopped };
        let last_id = self.counts.borrow().last_id;
        let text = self.identity.state_text(offline, last_id);
        let said = session.publish(Sent::State, self.identity.topic(Kind::State), text);
        if !said || timeout(FAREWELL, session.take_leave(events)).await != Ok(true) {
            tracing::warn!(
                "the broker was not told that the box goes offline; its last will says so"
            );
            return;
        }
        // It knows already: one that does not close the connection is waited for no longer.
        let _ = timeout(FAREWELL, session::read_to_the_end(events)).await;
    }

    fn tell(&self, change: impl FnOnce(&mut LinkStatus)) {
        let OutboxCounts { owed, acknowledged, lost, .. } = *self.counts.borrow();
        self.status.send_if_modified(|status| {
            let before = status.clone();
            change(status);
            *status = LinkStatus { owed, acknowledged, lost, ..status.clone() };
            *status != before
        });
    }
}

/// A number from 0 to 1, another on each box: a fresh UUID is the random source at hand.
fn jitter() -> f64 {
    f64::from(uuid::Uuid::new_v4().as_fields().0) / f64::from(u32::MAX)
}
