//! Who the box is to the broker: its options, its topics, and the envelope around what it says.

use std::fs;
use std::time::Duration;

use jiff::Timestamp;
use rumqttc::v5::MqttOptions;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::LastWill;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::config::FleetSection;
use crate::records::MessageId;
use crate::records::OwedMessage;
use crate::wall_clock::wall_now;

use super::messages::{Envelope, Kind, OfflineReason, State};
use super::orders;
use super::problem::LinkProblem;

/// Largest packet either way, in bytes; rumqttc's own limit is 10 KiB. A summary of 16 views with a
/// finding in each stays under 64 KiB.
const MAX_PACKET: u32 = 1024 * 1024;

/// Largest packet that is sent to a broker that names no limit of its own, in bytes: what the
/// narrowest of the large brokers takes.
const MOST_SENT: usize = 128 * 1024;

/// What a publish packet holds besides topic and payload, at most: its type, its length, the
/// topic's length, its id, and no properties.
const PACKET_FRAME: usize = 1 + 4 + 2 + 2 + 1;

/// The shortest keep-alive that rumqttc takes, in seconds; the line file's bound is the same.
const MIN_KEEP_ALIVE_S: u16 = 5;

/// The box as the broker and the fleet know it.
#[derive(Debug)]
pub struct Sender {
    /// `[fleet]`.
    pub section: FleetSection,
    /// This boot of the box.
    pub boot: String,
}

impl Sender {
    /// Host and port of the broker, as the line file has them.
    pub fn broker(&self) -> String {
        self.section.broker.clone()
    }

    /// The name by which the broker tells clients apart.
    pub fn client_name(&self) -> String {
        format!("inspectd-{}-{}", self.section.site, self.section.box_name)
    }

    /// Bytes that a message of that kind may have, when the broker takes packets of at most
    /// `packet_limit` bytes.
    pub fn room(&self, kind: Kind, packet_limit: Option<u32>) -> usize {
        let told = packet_limit.and_then(|limit| usize::try_from(limit).ok());
        let limit = told.map_or(MOST_SENT, |told| told.min(MAX_PACKET as usize));
        limit.saturating_sub(PACKET_FRAME + self.topic(kind).len())
    }

    /// The box's topic for messages of that kind.
    pub fn topic(&self, kind: Kind) -> String {
        kind.topic(&self.section.site, &self.section.box_name)
    }

    /// The topics on which the fleet tells the box something.
    pub fn order_topics(&self) -> Vec<String> {
        orders::topics(&self.section.site, &self.section.box_name)
    }

    /// How to connect, with at most `in_flight` packets unacknowledged; `last_id` stands in the last
    /// will. Reads the password anew each time, since it may have been corrected.
    pub fn options(&self, in_flight: u16, last_id: MessageId) -> Result<MqttOptions, LinkProblem> {
        let (host, port) = self
            .section
            .broker
            .rsplit_once(':')
            .and_then(|(host, port)| Some((host, port.parse().ok()?)))
            .ok_or_else(|| LinkProblem::Unreachable {
                broker: self.broker(),
                cause: "that is not a host and a port".to_owned(),
            })?;
        let name = self.client_name();
        let keep_alive_s = self.section.keep_alive_s.max(MIN_KEEP_ALIVE_S);
        let will = self.state_text(State::Offline { reason: OfflineReason::LinkLost }, last_id);
        let mut options = MqttOptions::new(name, host, port);
        options
            .set_keep_alive(Duration::from_secs(keep_alive_s.into()))
            .set_clean_start(true)
            // What is larger is shortened first; see `MOST_SENT`.
            .set_max_packet_size(Some(MAX_PACKET))
            .set_outgoing_inflight_upper_limit(in_flight)
            .set_last_will(LastWill::new(
                self.topic(Kind::State),
                will,
                QoS::AtLeastOnce,
                true,
                None,
            ));
        if let Some(username) = &self.section.username {
            let password = match &self.section.password_file {
                Some(path) => fs::read_to_string(path)
                    .map_err(|source| LinkProblem::Password { path: path.clone(), source })?,
                None => String::new(),
            };
            options.set_credentials(username, password.trim_end_matches(['\r', '\n']));
        }
        Ok(options)
    }

    /// A state message, written now.
    pub fn state_text(&self, state: State, last_id: MessageId) -> String {
        let boot = self.boot.clone();
        self.text(Kind::State, boot, last_id, wall_now(), state)
    }

    /// An owed message. Its body was written by this program; one that is no object all the same is
    /// sent as it stands, for the receiver to see.
    pub fn owed_text(&self, kind: Kind, message: OwedMessage) -> String {
        let body: Map<String, Value> = match serde_json::from_str(&message.body) {
            Ok(Value::Object(body)) => body,
            _ => Map::from_iter([("unreadable".to_owned(), message.body.into())]),
        };
        self.text(kind, message.boot, message.id, message.at, body)
    }

    fn text<B: Serialize>(
        &self,
        kind: Kind,
        boot: String,
        id: MessageId,
        at: Timestamp,
        body: B,
    ) -> String {
        let message = Envelope {
            schema: kind.schema().to_owned(),
            box_name: self.section.box_name.clone(),
            boot,
            id,
            at,
            shortened: false,
            body,
        };
        serde_json::to_string(&message).expect("a message has string keys only")
    }
}
