//! The link's other direction: what the fleet tells the box.

use rumqttc::v5::mqttbytes::v5::{Publish, SubAck};

use super::{Action, Link, LinkProblem, OwedMessage, session};
use crate::fleet::orders;

impl Link {
    /// What the box has to tell is told all the same when it may not listen.
    pub(super) fn take_subscribed(&self, ack: &SubAck) {
        let topics = self.sender.order_topics();
        let Some((at, reason)) = session::refused_subscription(ack) else { return };
        let topic = topics.get(at).cloned().unwrap_or_default();
        let broker = self.sender.broker();
        let problem = LinkProblem::OrdersRefused { broker, topic, reason }.to_string();
        tracing::error!("{problem}");
        self.tell(|status| status.problem = Some(problem));
    }

    /// An order of the fleet; a retained one comes again with the next connection.
    pub(super) fn take_order(
        &self,
        publish: &Publish,
    ) -> Result<Vec<Action<OwedMessage>>, LinkProblem> {
        let order = orders::read(&String::from_utf8_lossy(&publish.topic), &publish.payload);
        tracing::info!(topic = order.from, "an order of the fleet");
        self.orders.try_send(order).map_err(|_| LinkProblem::Broken {
            broker: self.sender.broker(),
            cause: "orders arrive faster than the box can apply them".to_owned(),
        })?;
        Ok(Vec::new())
    }
}
