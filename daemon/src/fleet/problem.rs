//! Why the link to the broker is down, told apart by what the person at the box has to do.

use std::io;
use std::path::PathBuf;

use line::text::{WORDS_MAX, cut};
use rumqttc::v5::mqttbytes::Error as MqttError;
use rumqttc::v5::mqttbytes::v5::{
    ConnectReturnCode, DisconnectReasonCode, PubAckReason, SubscribeReasonCode,
};
use rumqttc::v5::{ConnectionError, StateError};
use thiserror::Error;

/// The reason code by which a broker refuses a packet for its size (MQTT 5, 2.4).
const PACKET_TOO_LARGE: u8 = 0x95;

/// Why there is no link to the fleet.
#[derive(Debug, Error)]
pub enum LinkProblem {
    /// Nobody answers there.
    #[error(
        "the broker {broker} cannot be reached ({cause}); check the network, `[fleet] broker`, and \
         that the broker runs"
    )]
    Unreachable {
        /// Host and port.
        broker: String,
        /// What the network said.
        cause: String,
    },
    /// The broker does not know this box or its password.
    #[error(
        "the broker {broker} refuses the credentials ({reason:?}); check `[fleet] username` and \
         `[fleet] password_file`, and the broker's list of users"
    )]
    Credentials {
        /// Host and port.
        broker: String,
        /// The broker's reason.
        reason: ConnectReturnCode,
    },
    /// The broker does not want the connection for another reason.
    #[error("the broker {broker} refuses the connection ({reason:?}); see the broker's log")]
    Refused {
        /// Host and port.
        broker: String,
        /// The broker's reason.
        reason: ConnectReturnCode,
    },
    /// The password cannot be read.
    #[error(
        "the broker's password cannot be read from {}: {source}; check `[fleet] password_file`",
        path.display()
    )]
    Password {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Another client has the same name.
    #[error(
        "another client uses the name `{client}` at the broker {broker} and has taken this box's \
         place; give each box of the site its own `[fleet] box_name`"
    )]
    TakenOver {
        /// Host and port.
        broker: String,
        /// The name that both use.
        client: String,
    },
    /// The broker closes one connection after the other and does not say why.
    #[error(
        "the broker {broker} closes each connection soon and does not say why: most likely another \
         client uses the name `{client}` there; give each box of the site its own \
         `[fleet] box_name`, or see the broker's log for another cause"
    )]
    Rivalled {
        /// Host and port.
        broker: String,
        /// The name that both use.
        client: String,
    },
    /// The broker says that a packet is too large.
    #[error(
        "the broker {broker} refuses a packet as too large, and no message is larger than those that \
         it has taken; raise its limit (mosquitto: `max_packet_size` and `message_size_limit`)"
    )]
    TooLarge {
        /// Host and port.
        broker: String,
    },
    /// A message is too large for the broker, which has told no such limit before.
    #[error(
        "the broker {broker} does not take a message of {size} bytes; from now on messages are \
         shortened to {limit} bytes, or reported as lost; raise its limit (mosquitto: \
         `message_size_limit`) and restart inspectd"
    )]
    Shortened {
        /// Host and port.
        broker: String,
        /// The message's bytes.
        size: usize,
        /// The limit that is assumed from now on, in bytes.
        limit: usize,
    },
    /// The broker does not take a message.
    #[error(
        "the broker {broker} refuses messages on {topic} ({reason:?}); check its access list for \
         this user"
    )]
    MessageRefused {
        /// Host and port.
        broker: String,
        /// The topic.
        topic: String,
        /// The broker's reason.
        reason: PubAckReason,
    },
    /// The broker takes nothing that is worth sending.
    #[error(
        "the broker {broker} takes messages of at most {room} bytes, too few to tell it even that \
         messages are lost; raise its limit (mosquitto: `max_packet_size`)"
    )]
    NoRoom {
        /// Host and port.
        broker: String,
        /// Bytes that a message may have.
        room: usize,
    },
    /// The broker does not let the box listen to the fleet.
    #[error(
        "the broker {broker} refuses the subscription to {topic} ({reason:?}), so that holds of the \
         fleet do not reach this box; check its access list for this user"
    )]
    OrdersRefused {
        /// Host and port.
        broker: String,
        /// One of the topics.
        topic: String,
        /// The broker's reason.
        reason: SubscribeReasonCode,
    },
    /// The connection stands, but nothing comes back.
    #[error("the broker {broker} has fallen silent; check the network between")]
    Silent {
        /// Host and port.
        broker: String,
    },
    /// The broker closed the connection.
    #[error(
        "the broker {broker} closed the connection without a reason ({cause}); the box reconnects by itself; the broker's log may name the cause"
    )]
    Closed {
        /// Host and port.
        broker: String,
        /// What the connection said.
        cause: String,
    },
    /// The connection broke.
    #[error("the connection to the broker {broker} broke ({cause}); the box reconnects by itself")]
    Broken {
        /// Host and port.
        broker: String,
        /// What the connection said.
        cause: String,
    },
}

impl LinkProblem {
    /// Sorts what rumqttc says about the connection of the client of that name. `established`: it
    /// had been made.
    pub(super) fn of(
        error: ConnectionError,
        broker: &str,
        client: &str,
        established: bool,
    ) -> Self {
        use ConnectReturnCode as Code;
        let broker = broker.to_owned();
        match error {
            ConnectionError::ConnectionRefused(
                reason @ (Code::BadUserNamePassword
                | Code::NotAuthorized
                | Code::BadAuthenticationMethod
                | Code::Banned),
            ) => Self::Credentials { broker, reason },
            ConnectionError::ConnectionRefused(reason) => Self::Refused { broker, reason },
            ConnectionError::MqttState(StateError::ServerDisconnect {
                reason_code: DisconnectReasonCode::SessionTakenOver,
                ..
            }) => Self::TakenOver { broker, client: client.to_owned() },
            // rumqttc knows no acknowledgement with this reason, and takes it for a fault.
            ConnectionError::MqttState(
                StateError::ServerDisconnect {
                    reason_code: DisconnectReasonCode::PacketTooLarge,
                    ..
                }
                | StateError::Deserialization(MqttError::InvalidConnectReturnCode(PACKET_TOO_LARGE)),
            ) => Self::TooLarge { broker },
            ConnectionError::MqttState(StateError::AwaitPingResp) => Self::Silent { broker },
            // A DISCONNECT without properties ends here, too: rumqttc waits for their length in vain.
            ConnectionError::Io(_)
            | ConnectionError::MqttState(
                StateError::ConnectionAborted
                | StateError::Io(_)
                | StateError::Deserialization(MqttError::Io(_)),
            ) if established => Self::Closed { broker, cause: words(&error) },
            error if established => Self::Broken { broker, cause: words(&error) },
            ConnectionError::Timeout(_) => {
                Self::Unreachable { broker, cause: "no answer in time".to_owned() }
            }
            error => Self::Unreachable { broker, cause: words(&error) },
        }
    }
}

/// What the connection says, which may quote the broker at length.
fn words(error: &ConnectionError) -> String {
    cut(&error.to_string(), WORDS_MAX).into_owned()
}
