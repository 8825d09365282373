//! The link itself: one task that keeps the connection to the broker and pays what is owed.
//!
//! Each connection has a client of its own (a session), so that nothing of an earlier one lingers
//! in it: the outbox alone knows what is unacknowledged. The task never waits for its own client: it
//! only *tries* to hand a message over, since nobody else can empty a full channel.

use std::pin::pin;
use std::time::Duration;

use line::backoff::{Backoff, spread};
use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::v5::{Packet, PubAck};
use rumqttc::v5::{AsyncClient, Event, EventLoop};
use serde::Serialize;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::config::FleetSection;
use crate::fleet::outbox::{Action, Outbox, WINDOW};
use crate::item::orders::Order;
use crate::records::{MessageId, OutboxCounts, OwedMessage, StoreError, StoreHandle};

use super::lessons::{self, Lessons};
use super::messages::FleetState;
use super::problem::LinkProblem;
use super::sender::Sender;
use super::session::{self, Sent, Session};

mod learning;
mod listening;
mod paying;
mod telling;

/// The first pause before another attempt: long enough not to hammer a broker that is starting.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest pause: half a minute after the network is back, the link is too.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How often the state is looked at; so it is published at most this often.
const TICK: Duration = Duration::from_secs(1);

/// Packets of ours that wait for the broker at most; states come beside the window's messages.
const IN_FLIGHT: u16 = WINDOW as u16 + STATES as u16;

/// States that wait for their acknowledgement at most; beyond that the next one waits.
const STATES: usize = 4;

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
        state: watch::Receiver<FleetState>,
        orders: mpsc::Sender<Order>,
    ) -> Self {
        let counts = store.outbox();
        let (status, status_seen) = watch::channel(LinkStatus::default());
        let (forgotten, forgotten_seen) = mpsc::unbounded_channel();
        let link = Link {
            sender: Sender { section, boot },
            store,
            state,
            counts,
            status,
            outbox: Outbox::default(),
            forgotten,
            forgotten_seen,
            orders,
            rival: None,
            lessons: Lessons::default(),
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
    sender: Sender,
    store: StoreHandle,
    state: watch::Receiver<FleetState>,
    counts: watch::Receiver<OutboxCounts>,
    status: watch::Sender<LinkStatus>,
    outbox: Outbox<OwedMessage>,
    forgotten: mpsc::UnboundedSender<MessageId>,
    forgotten_seen: mpsc::UnboundedReceiver<MessageId>,
    orders: mpsc::Sender<Order>,
    /// Another client has the box's name: shown until a connection has lasted longer than that
    /// client waits.
    rival: Option<String>,
    /// What the ends of earlier sessions have taught.
    lessons: Lessons,
}

/// How a session ended.
enum End {
    Stopped,
    Failed(LinkProblem),
}

type ReadAnswer = (u64, Result<Vec<OwedMessage>, StoreError>);

impl Link {
    async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        loop {
            let problem = match self.session(&mut backoff, &mut stopped).await {
                End::Stopped => return,
                End::Failed(problem) => problem,
            };
            let is_rival =
                matches!(problem, LinkProblem::TakenOver { .. } | LinkProblem::Rivalled { .. });
            // Of two clients of one name each would throw the other out as fast as it can.
            let pause = if is_rival { backoff.failed_for_long() } else { backoff.failed() };
            let pause = spread(pause, jitter());
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
        let options = match self.sender.options(IN_FLIGHT, last_id) {
            Ok(options) => options,
            Err(problem) => return End::Failed(problem),
        };
        let keep_alive = options.keep_alive();
        let (client, events) = AsyncClient::new(options, usize::from(IN_FLIGHT));
        let mut session = Session::new(client);
        let begun = Instant::now();
        match self.serve(&mut session, events, keep_alive, backoff, stopped).await {
            End::Failed(problem) => End::Failed(self.learn(problem, &session, begun.elapsed())),
            End::Stopped => End::Stopped,
        }
    }

    /// Serves one connection until it ends.
    async fn serve(
        &mut self,
        session: &mut Session,
        mut events: EventLoop,
        keep_alive: Duration,
        backoff: &mut Backoff,
        stopped: &mut oneshot::Receiver<()>,
    ) -> End {
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
                                let broker = self.sender.broker();
                                return End::Failed(LinkProblem::Silent { broker });
                            }
                            if begun.elapsed() > LONGEST_PAUSE && session.established {
                                backoff.worked();
                            }
                            if lessons::outlasts_a_rival(begun.elapsed()) {
                                self.rival_gone();
                            }
                            self.tell_state(session);
                            if session.established { self.outbox.appended() } else { Vec::new() }
                        }
                        _ = &mut *stopped => break 'polled None,
                    };
                    if let Err(problem) = self.carry_out(actions, session, &answers) {
                        return End::Failed(problem);
                    }
                }
            };
            let Some(event) = event else {
                self.farewell(session, &mut events).await;
                return End::Stopped;
            };
            let outcome = event
                .map_err(|error| {
                    let (broker, client) = (self.sender.broker(), self.sender.client_name());
                    LinkProblem::of(error, &broker, &client, session.established)
                })
                .and_then(|event| self.take_event(event, session, backoff))
                .and_then(|actions| self.carry_out(actions, session, &answers));
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
                tracing::info!("linked to the fleet by {}", self.sender.broker());
                session.established = true;
                session.packet_limit = accepted.properties.and_then(|told| told.max_packet_size);
                if !session.subscribe(self.sender.order_topics()) {
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
        let Some((sent, size)) = session.answered(ack.pkid) else {
            return Ok(Vec::new());
        };
        if !session::is_taken(ack.reason) {
            // Not delivered, so still owed: the session ends, and a later one tries again.
            return Err(LinkProblem::MessageRefused {
                broker: self.sender.broker(),
                topic: self.sender.topic(sent.kind()),
                reason: ack.reason,
            });
        }
        self.lessons.acknowledged(sent, size);
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
            broker: self.sender.broker(),
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
