//! Why the link to the broker is down, told apart by what the person at the box has to do.

use std::io;
use std::path::PathBuf;

use rumqttc::v5::mqttbytes::v5::{
    ConnectReturnCode, DisconnectReasonCode, PubAckReason, SubscribeReasonCode,
};
use rumqttc::v5::{ConnectionError, StateError};
use thiserror::Error;

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
        "the broker {broker} takes packets of at most {limit} bytes, too few to tell it even that \
         messages are lost; raise its limit (mosquitto: `max_packet_size`)"
    )]
    NoRoom {
        /// Host and port.
        broker: String,
        /// The broker's limit.
        limit: u32,
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
    /// The connection broke.
    #[error("the connection to the broker {broker} broke ({cause}); it is made again by itself")]
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
            ConnectionError::MqttState(StateError::AwaitPingResp) => Self::Silent { broker },
            error if established => Self::Broken { broker, cause: error.to_string() },
            ConnectionError::Timeout(_) => {
                Self::Unreachable { broker, cause: "no answer in time".to_owned() }
            }
            error => Self::Unreachable { broker, cause: error.to_string() },
        }
    }
}
