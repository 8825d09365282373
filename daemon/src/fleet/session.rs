//! One connection to the broker: what was handed to its client, and what became of it.
//!
//! rumqttc takes messages in the order in which they are handed over, and tells each one's packet
//! id when it writes it. By that order a packet id, and so an acknowledgement, finds its message.

use std::collections::{HashMap, VecDeque};

use rumqttc::v5::AsyncClient;
use rumqttc::v5::mqttbytes::QoS;
use tokio::time::Instant;

use crate::outbox::MessageId;

use super::messages::{BoxState, Kind};

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
    /// When the broker last said anything.
    pub heard_at: Instant,
    /// The state that was published last, and when.
    pub state_told: Option<(Instant, BoxState)>,
    /// Handed over; the packet id is not known yet.
    handed: VecDeque<Sent>,
    /// Written, by packet id.
    written: HashMap<u16, Sent>,
}

impl Session {
    /// A connection that is being made.
    pub fn new(client: AsyncClient) -> Self {
        Self {
            client,
            established: false,
            heard_at: Instant::now(),
            state_told: None,
            handed: VecDeque::new(),
            written: HashMap::new(),
        }
    }

    /// Hands a message over without waiting; says whether the client took it.
    pub fn publish(&mut self, sent: Sent, topic: String, text: String) -> bool {
        let retain = sent == Sent::State;
        let handed = self.client.try_publish(topic, QoS::AtLeastOnce, retain, text);
        if handed.is_ok() {
            self.handed.push_back(sent);
        }
        handed.is_ok()
    }

    /// The client has written the next message, under this packet id.
    pub fn written(&mut self, packet: u16) {
        if let Some(sent) = self.handed.pop_front() {
            self.written.insert(packet, sent);
        }
    }

    /// The broker has answered to a packet id: which message was it?
    pub fn answered(&mut self, packet: u16) -> Option<Sent> {
        self.written.remove(&packet)
    }

    /// States on their way to the broker.
    pub fn states_on_their_way(&self) -> usize {
        let sent = self.handed.iter().chain(self.written.values());
        sent.filter(|sent| **sent == Sent::State).count()
    }
}
