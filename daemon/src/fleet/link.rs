//! The link itself: one task that keeps the connection to the broker and pays what is owed.
//!
//! A session (one connection) has a client of its own, so that nothing of an earlier one lingers in
//! it: the outbox alone knows what is unacknowledged. The task never waits for its own client: it
//! only *tries* to hand a message over, since a full channel can be emptied by nobody else.
//!
//! rumqttc takes messages in the order in which they are handed over and tells each one's packet id
//! when it writes it; by that order a packet id, and so an acknowledgement, finds its message.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::pin::pin;
use std::time::Duration;

use jiff::Timestamp;
use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{LastWill, Packet, PubAck, PubAckReason};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use crate::config::FleetSection;
use crate::outbox::{Action, MessageId, Outbox, WINDOW};
use crate::records::{Change, OutboxCounts, OwedMessage, StoreError, StoreHandle};

use super::backoff::{self, Backoff};
use super::messages::{BoxState, Envelope, Kind, OfflineReason, State};
use super::problem::LinkProblem;

/// How often the state is looked at; so it is published at most this often.
const TICK: Duration = Duration::from_secs(1);

/// The state is published this often although nothing changed.
const STATE_PERIOD: Duration = Duration::from_secs(60);

/// Largest packet either way, in bytes: a summary of 16 views stays under 64 KiB.
const MAX_PACKET: u32 = 1024 * 1024;

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
    /// Messages given up because the outbox was full, since the database was made.
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
    /// Starts the link on the present tokio runtime. `boot` is the box's ([`super::boot_id`]), and
    /// `state` what the box says of itself. Never fails: what is wrong shows in the status, and is
    /// tried again.
    pub fn start(
        section: FleetSection,
        boot: String,
        store: StoreHandle,
        state: watch::Receiver<BoxState>,
    ) -> Self {
        let counts = store.outbox();
        let (status, status_seen) = watch::channel(LinkStatus::default());
        let (forgotten, forgotten_seen) = mpsc::unbounded_channel();
        let link = Link {
            section,
            boot,
            store,
            state,
            counts,
            status,
            outbox: Outbox::default(),
            forgotten,
            forgotten_seen,
        };
        link.tell(|_| {});
        let (stop, stopped) = oneshot::channel();
        Self {
            status: status_seen,
            stop,
            task: tokio::spawn(link.run(stopped)),
        }
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

/// A message handed to the client, not yet acknowledged.
#[derive(Debug, Clone, Copy)]
enum Sent {
    Owed(MessageId, Kind),
    State,
}

struct Link {
    section: FleetSection,
    boot: String,
    store: StoreHandle,
    state: watch::Receiver<BoxState>,
    counts: watch::Receiver<OutboxCounts>,
    status: watch::Sender<LinkStatus>,
    outbox: Outbox<OwedMessage>,
    forgotten: mpsc::UnboundedSender<MessageId>,
    forgotten_seen: mpsc::UnboundedReceiver<MessageId>,
}

/// One connection.
struct Session {
    /// Takes messages for this connection.
    client: AsyncClient,
    /// Handed over, packet id not yet known.
    handed: VecDeque<Sent>,
    /// Written, by packet id.
    written: HashMap<u16, Sent>,
    /// The broker has accepted the connection.
    established: bool,
    /// When the broker last said anything.
    heard_at: Instant,
    /// The state that was published last, and when.
    state_told: Option<(Instant, BoxState)>,
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
                End::Failed(problem) => problem.to_string(),
            };
            self.outbox.disconnected();
            if self.status.borrow().problem.as_ref() != Some(&problem) {
                tracing::warn!("no link to the fleet: {problem}");
            }
            self.tell(|status| {
                status.connected = false;
                status.problem = Some(problem);
            });
            let pause = backoff.failed(jitter());
            tokio::select! {
                () = sleep(pause) => {}
                _ = &mut stopped => return,
            }
        }
    }

    /// Connects and serves the connection until it breaks.
    async fn session(&mut self, backoff: &mut Backoff, stopped: &mut oneshot::Receiver<()>) -> End {
        let options = match self.options() {
            Ok(options) => options,
            Err(problem) => return End::Failed(problem),
        };
        let keep_alive = options.keep_alive();
        let (client, mut events) = AsyncClient::new(options, usize::from(IN_FLIGHT));
        let mut session = Session {
            client,
            handed: VecDeque::new(),
            written: HashMap::new(),
            established: false,
            heard_at: Instant::now(),
            state_told: None,
        };
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
                                return End::Failed(LinkProblem::Silent { broker: self.broker() });
                            }
                            if begun.elapsed() > backoff::LONGEST && session.established {
                                backoff.worked();
                            }
                            self.tell_state(&mut session);
                            if session.established { self.outbox.appended() } else { Vec::new() }
                        }
                        _ = &mut *stopped => break 'polled None,
                    };
                    self.carry_out(actions, &mut session, &answers);
                }
            };
            let Some(event) = event else {
                self.farewell(&session, &mut events).await;
                return End::Stopped;
            };
            let actions = match event {
                Ok(event) => match self.take_event(event, &mut session, backoff) {
                    Ok(actions) => actions,
                    Err(problem) => return End::Failed(problem),
                },
                Err(error) => {
                    let broker = self.broker();
                    return End::Failed(LinkProblem::of(error, &broker, session.established));
                }
            };
            self.carry_out(actions, &mut session, &answers);
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
            Event::Incoming(Packet::ConnAck(_)) => {
                tracing::info!("linked to the fleet by {}", self.section.broker);
                session.established = true;
                self.tell(|status| {
                    status.connected = true;
                    status.problem = None;
                });
                self.tell_state(session);
                Ok(self.outbox.connected())
            }
            Event::Outgoing(Outgoing::Publish(packet)) => {
                if let Some(sent) = session.handed.pop_front() {
                    session.written.insert(packet, sent);
                }
                Ok(Vec::new())
            }
            Event::Incoming(Packet::PubAck(ack)) => self.take_ack(&ack, session, backoff),
            _ => Ok(Vec::new()),
        }
    }

    fn take_ack(
        &mut self,
        ack: &PubAck,
        session: &mut Session,
        backoff: &mut Backoff,
    ) -> Result<Vec<Action<OwedMessage>>, LinkProblem> {
        let Some(sent) = session.written.remove(&ack.pkid) else {
            return Ok(Vec::new());
        };
        let kind = match sent {
            Sent::Owed(_, kind) => kind,
            Sent::State => Kind::State,
        };
        if !matches!(
            ack.reason,
            PubAckReason::Success | PubAckReason::NoMatchingSubscribers
        ) {
            // Not delivered, so still owed: the session ends, and a later one tries again.
            return Err(LinkProblem::MessageRefused {
                broker: self.broker(),
                topic: self.topic(kind),
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
    ) {
        for action in actions {
            match action {
                Action::Read {
                    session: asked_in,
                    from,
                } => {
                    let (store, answers) = (self.store.clone(), answers.clone());
                    tokio::spawn(async move {
                        let read = store.read_outbox(from, WINDOW).await;
                        // The session may have ended meanwhile; the next one asks anew.
                        let _ = answers.send((asked_in, read));
                    });
                }
                Action::Send(id, message) => {
                    let kind = message.kind;
                    let text = self.envelope(message).to_string();
                    self.publish(session, Sent::Owed(id, kind), kind, text);
                }
                Action::Forget(id) => self.forget(id),
            }
        }
    }

    fn forget(&self, id: MessageId) {
        let forgotten = self.forgotten.clone();
        let change = Change::Acknowledge(vec![id]);
        let done = move || {
            // The link may have been stopped meanwhile.
            let _ = forgotten.send(id);
        };
        if let Err(refused) = self.store.commit(vec![change], Vec::new(), done) {
            // It stays settled for this run, and is sent once more after a restart.
            tracing::warn!("the acknowledgement of message {id} is not stored: {refused}");
        }
    }

    fn publish(&self, session: &mut Session, sent: Sent, kind: Kind, text: String) -> bool {
        let retain = kind == Kind::State;
        let handed = session
            .client
            .try_publish(self.topic(kind), QoS::AtLeastOnce, retain, text)
            .is_ok();
        if handed {
            session.handed.push_back(sent);
        }
        handed
    }

    /// Publishes the state if it changed or is due.
    fn tell_state(&self, session: &mut Session) {
        let details = self.state.borrow().clone();
        let due = session
            .state_told
            .as_ref()
            .is_none_or(|(at, told)| at.elapsed() >= STATE_PERIOD || *told != details);
        let on_their_way = session.handed.iter().chain(session.written.values());
        let states = on_their_way
            .filter(|sent| matches!(sent, Sent::State))
            .count();
        if !session.established || !due || states >= STATES {
            return;
        }
        let OutboxCounts { owed, lost, .. } = *self.counts.borrow();
        let text = self.state_text(State::Online {
            details: details.clone(),
            owed,
            lost,
        });
        if self.publish(session, Sent::State, Kind::State, text) {
            session.state_told = Some((Instant::now(), details));
        }
    }

    /// Publishes the orderly offline state and waits until the broker has it.
    async fn farewell(&self, session: &Session, events: &mut EventLoop) {
        if !session.established {
            return;
        }
        let text = self.state_text(State::Offline {
            reason: OfflineReason::Stopped,
        });
        let topic = self.topic(Kind::State);
        let said = session
            .client
            .try_publish(topic, QoS::AtLeastOnce, true, text)
            .is_ok()
            && session.client.try_disconnect().is_ok();
        let gone = timeout(FAREWELL, async {
            while let Ok(event) = events.poll().await {
                if event == Event::Outgoing(Outgoing::Disconnect) {
                    break;
                }
            }
        });
        if !said || gone.await.is_err() {
            tracing::warn!(
                "the broker was not told that the box goes offline; its last will says so"
            );
        }
    }

    fn options(&self) -> Result<MqttOptions, LinkProblem> {
        let (host, port) = self
            .section
            .broker
            .rsplit_once(':')
            .and_then(|(host, port)| Some((host, port.parse().ok()?)))
            .ok_or_else(|| LinkProblem::Unreachable {
                broker: self.broker(),
                cause: "that is not a host and a port".to_owned(),
            })?;
        let name = format!("inspectd-{}-{}", self.section.site, self.section.box_name);
        let mut options = MqttOptions::new(name, host, port);
        options
            // rumqttc refuses less; the line file does too.
            .set_keep_alive(Duration::from_secs(self.section.keep_alive_s.max(5).into()))
            .set_clean_start(true)
            .set_max_packet_size(Some(MAX_PACKET))
            .set_outgoing_inflight_upper_limit(IN_FLIGHT);
        let will = self.state_text(State::Offline {
            reason: OfflineReason::LinkLost,
        });
        let topic = self.topic(Kind::State);
        options.set_last_will(LastWill::new(topic, will, QoS::AtLeastOnce, true, None));
        if let Some(username) = &self.section.username {
            let password = match &self.section.password_file {
                Some(path) => fs::read_to_string(path).map_err(|source| LinkProblem::Password {
                    path: path.clone(),
                    source,
                })?,
                None => String::new(),
            };
            options.set_credentials(username, password.trim_end_matches(['\r', '\n']));
        }
        Ok(options)
    }

    fn tell(&self, change: impl FnOnce(&mut LinkStatus)) {
        let OutboxCounts {
            owed,
            acknowledged,
            lost,
            ..
        } = *self.counts.borrow();
        self.status.send_if_modified(|status| {
            let before = status.clone();
            change(status);
            *status = LinkStatus {
                owed,
                acknowledged,
                lost,
                ..status.clone()
            };
            *status != before
        });
    }

    fn state_text(&self, state: State) -> String {
        let message = Envelope {
            schema: Kind::State.schema().to_owned(),
            box_name: self.section.box_name.clone(),
            boot: self.boot.clone(),
            id: self.counts.borrow().last_id,
            at: Timestamp::now(),
            body: state,
        };
        serde_json::to_string(&message).expect("a state has string keys and finite numbers only")
    }

    /// The whole message. The body was written by this program; one that is no object is sent as it
    /// stands, for the receiver to see.
    fn envelope(&self, message: OwedMessage) -> Value {
        let body: Map<String, Value> = match serde_json::from_str(&message.body) {
            Ok(Value::Object(body)) => body,
            _ => Map::from_iter([("unreadable".to_owned(), message.body.into())]),
        };
        let envelope = Envelope {
            schema: message.kind.schema().to_owned(),
            box_name: self.section.box_name.clone(),
            boot: message.boot,
            id: message.id,
            at: message.at,
            body,
        };
        serde_json::to_value(envelope).expect("an envelope has string keys and finite numbers only")
    }

    fn topic(&self, kind: Kind) -> String {
        kind.topic(&self.section.site, &self.section.box_name)
    }

    fn broker(&self) -> String {
        self.section.broker.clone()
    }
}

/// A number from 0 to 1, another on each box: a fresh UUID is the random source at hand.
fn jitter() -> f64 {
    f64::from(uuid::Uuid::new_v4().as_fields().0) / f64::from(u32::MAX)
}
