//! One connection to the broker: what was handed to its client, and what became of it.
//!
//! rumqttc takes messages in the order in which they are handed over, and tells each one's packet
//! id when it writes it. By that order a packet id, and so an acknowledgement, finds its message.
//!
//! An orderly end takes three steps, and the broker is heard in each: it has acknowledged the last
//! state, it is sent the leave, it closes the connection. A connection that is closed with an
//! acknowledgement unread is **reset** (RFC 2525, 2.17). A busy broker then fails to answer before
//! it has read the leave, and publishes the last will over the last state.

use std::collections::{HashMap, VecDeque};

use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Filter, Packet, PubAckReason, SubAck, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, Event, EventLoop};
use tokio::time::Instant;

use crate::records::MessageId;

use super::messages::{FleetState, Kind};

/// A message handed to the client, not yet acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It is owed until then.
    Owed(MessageId, Kind),
    /// It is not.
    State,
}

impl Sent {
    /// The message's kind.
    pub fn kind(self) -> Kind {
        match self {
            Self::Owed(_, kind) => kind,
            Self::State => Kind::State,
        }
    }
}

/// One connection.
pub struct Session {
    /// Takes messages for this connection.
    pub client: AsyncClient,
    /// The broker has accepted the connection.
    pub established: bool,
    /// The largest packet that the broker takes, where it says so.
    pub packet_limit: Option<u32>,
    /// When the broker last said anything.
    pub heard_at: Instant,
    /// The state that was published last, and when.
    pub state_told: Option<(Instant, FleetState)>,
    /// Handed over, with its size in bytes; the packet id is not known yet.
    handed: VecDeque<(Sent, usize)>,
    /// Written, by packet id.
    written: HashMap<u16, (Sent, usize)>,
}

impl Session {
    /// A connection that is being made.
    pub fn new(client: AsyncClient) -> Self {
        Self {
            client,
            established: false,
            packet_limit: None,
            heard_at: Instant::now(),
            state_told: None,
            handed: VecDeque::new(),
            written: HashMap::new(),
        }
    }

    /// Hands a message over without waiting; says whether the client took it.
    pub fn publish(&mut self, sent: Sent, topic: String, text: String) -> bool {
        let retain = sent == Sent::State;
        let size = text.len();
        let handed = self.client.try_publish(topic, QoS::AtLeastOnce, retain, text);
        if handed.is_ok() {
            self.handed.push_back((sent, size));
        }
        handed.is_ok()
    }

    /// Subscribes without waiting; says whether the client took it.
    pub fn subscribe(&mut self, topics: impl IntoIterator<Item = String>) -> bool {
        let filters = topics.into_iter().map(|topic| Filter::new(topic, QoS::AtLeastOnce));
        self.client.try_subscribe_many(filters).is_ok()
    }

    /// The client has written the next message, under this packet id.
    pub fn written(&mut self, packet: u16) {
        if let Some(sent) = self.handed.pop_front() {
            self.written.insert(packet, sent);
        }
    }

    /// The broker has answered to a packet id: which message was it, and how many bytes had it?
    pub fn answered(&mut self, packet: u16) -> Option<(Sent, usize)> {
        self.written.remove(&packet)
    }

    /// The largest message that was handed over and that the broker has not acknowledged, and its bytes.
    /// One that broke the connection while it was written has no packet id yet.
    pub fn largest(&self) -> Option<(Sent, usize)> {
        self.handed.iter().chain(self.written.values()).copied().max_by_key(|(_, size)| *size)
    }

    /// States on their way to the broker.
    pub fn states_on_their_way(&self) -> usize {
        let sent = self.handed.iter().chain(self.written.values());
        sent.filter(|(sent, _)| *sent == Sent::State).count()
    }

    /// Waits until the broker has acknowledged every state that was handed over, then sends it the
    /// leave; says whether that went well. [`read_to_the_end`] comes next.
    pub async fn take_leave(&mut self, events: &mut EventLoop) -> bool {
        while self.states_on_their_way() > 0 {
            match events.poll().await {
                Ok(Event::Outgoing(Outgoing::Publish(packet))) => self.written(packet),
                Ok(Event::Incoming(Packet::PubAck(ack))) => {
                    let answered = self.answered(ack.pkid);
                    let is_state = matches!(answered, Some((Sent::State, _)));
                    if is_state && !is_taken(ack.reason) {
                        return false;
                    }
                }
                Ok(_) => {}
                Err(_) => return false,
            }
        }
        if self.client.try_disconnect().is_err() {
            return false;
        }
        loop {
            match events.poll().await {
                Ok(Event::Outgoing(Outgoing::Disconnect)) => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }
}

/// Reads until the broker has closed the connection, which is its answer to the leave.
pub async fn read_to_the_end(events: &mut EventLoop) {
    while events.poll().await.is_ok() {}
}

/// The place of the first subscription that the broker refuses, and why.
pub fn refused_subscription(ack: &SubAck) -> Option<(usize, SubscribeReasonCode)> {
    let codes = ack.return_codes.iter().copied().enumerate();
    codes.into_iter().find(|(_, code)| !matches!(code, SubscribeReasonCode::Success(_)))
}

/// Whether the broker has taken the message that it acknowledges.
pub fn is_taken(reason: PubAckReason) -> bool {
    matches!(reason, PubAckReason::Success | PubAckReason::NoMatchingSubscribers)
}
