//! What a fleet manager tells the box, over the line's own broker.

use anyhow::bail;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{Client, Event, MqttOptions};
use serde_json::Value;

/// Publishes one retained message about the twin's box, and returns once the broker on `port` has it. `what` is
/// the topic's last word, as in `docs/fleet.md`.
///
/// # Errors
/// The broker is not reached, or goes.
pub fn tell(port: u16, what: &str, message: &Value) -> anyhow::Result<()> {
    let (client, mut connection) =
        Client::new(MqttOptions::new("manager-tells", "127.0.0.1", port), 10);
    let topic = format!("inspectd/v1/twin/box-1/{what}");
    client.publish(topic, QoS::AtLeastOnce, true, message.to_string())?;
    for event in connection.iter() {
        if let Event::Incoming(Packet::PubAck(_)) = event? {
            return Ok(());
        }
    }
    bail!("the broker has gone")
}
