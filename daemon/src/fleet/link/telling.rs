//! What the box tells of itself while the link stands: its state, and that it goes.

use std::time::Duration;

use rumqttc::v5::EventLoop;
use tokio::time::{Instant, timeout};

use super::{Link, OutboxCounts, STATES, Sent, Session, session};
use crate::fleet::messages::{Kind, OfflineReason, State};
use crate::fleet::shortening;

/// The state is published this often although nothing changed.
const STATE_PERIOD: Duration = Duration::from_secs(60);

/// How long the last words may take when the link is stopped.
const FAREWELL: Duration = Duration::from_secs(2);

impl Link {
    /// Publishes the state if it changed or is due.
    pub(super) fn tell_state(&self, session: &mut Session) {
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
        let text = self.sender.state_text(online, last_id);
        let room = self.room(Kind::State, session);
        let Some(text) = shortening::fit(text, room) else {
            tracing::error!(
                "cannot send the state: the broker takes packets of at most {room} bytes"
            );
            session.state_told = Some((Instant::now(), details));
            return;
        };
        if session.publish(Sent::State, self.sender.topic(Kind::State), text) {
            session.state_told = Some((Instant::now(), details));
        }
    }

    /// Publishes the orderly offline state, then takes leave of the broker.
    pub(super) async fn farewell(&self, session: &mut Session, events: &mut EventLoop) {
        if !session.established {
            return;
        }
        let offline = State::Offline { reason: OfflineReason::Stopped };
        let last_id = self.counts.borrow().last_id;
        let text = self.sender.state_text(offline, last_id);
        let said = session.publish(Sent::State, self.sender.topic(Kind::State), text);
        if !said || timeout(FAREWELL, session.take_leave(events)).await != Ok(true) {
            tracing::warn!(
                "the broker was not told that the box goes offline; its last will says so"
            );
            return;
        }
        // It knows already: one that does not close the connection is waited for no longer.
        let _ = timeout(FAREWELL, session::read_to_the_end(events)).await;
    }
}
