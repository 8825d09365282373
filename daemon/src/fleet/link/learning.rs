//! What the link learns from the end of a session: see [`lessons`].

use std::time::Duration;

use super::{Link, LinkProblem, Session};
use crate::fleet::lessons::{self, Ended, Lesson, Word};

impl Link {
    /// A session has ended for that problem; returns the problem as it is to be told, now that it is known
    /// what came before.
    pub(super) fn learn(
        &mut self,
        problem: LinkProblem,
        session: &Session,
        lasted: Duration,
    ) -> LinkProblem {
        let word = match &problem {
            LinkProblem::TooLarge { .. } if session.established => Word::TooLarge,
            LinkProblem::Closed { .. } if session.established => Word::Nothing,
            _ => Word::Other,
        };
        let lasted = lessons::outlasts_a_rival(lasted);
        match self.lessons.ended(Ended { word, largest: session.largest(), lasted }) {
            Lesson::None => problem,
            Lesson::TooLarge { size, limit } => {
                let broker = self.sender.broker();
                LinkProblem::Shortened { broker, size, limit }
            }
            Lesson::Rival => {
                let (broker, client) = (self.sender.broker(), self.sender.client_name());
                LinkProblem::Rivalled { broker, client }
            }
        }
    }
}
