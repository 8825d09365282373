//! What a connection is at, and until when it may go on once its life is over.
//!
//! A connection's life bounds what a browser holds that does not take its answer. Three things outlive it: a
//! question that the box is still at work on, an answer that has begun, for a moment, and a **download**: a long
//! answer that goes on for as long as the browser takes of it.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::seats::lock;
use crate::server::limits::Limits;

/// Mark of an answer that is a download, and what its body says of its progress.
#[derive(Debug, Clone)]
pub(in crate::server) struct Download {
    begun: Instant,
    taken: Arc<Mutex<Instant>>,
}

impl Download {
    pub(in crate::server) fn begin(now: Instant) -> Self {
        Self { begun: now, taken: Arc::new(Mutex::new(now)) }
    }

    /// The browser takes some of it.
    pub(in crate::server) fn goes_on(&self, now: Instant) {
        *lock(&self.taken) = now;
    }

    fn ends(&self, limits: &Limits) -> Instant {
        (*lock(&self.taken) + limits.stall).min(self.begun + limits.download)
    }
}

/// What a connection is at.
enum At {
    Silent,
    Asked { since: Instant },
    Answered { since: Instant },
    Downloads(Download),
}

/// What is said on one connection.
pub(super) struct Talk(Mutex<At>);

impl Talk {
    pub(super) fn new() -> Self {
        Self(Mutex::new(At::Silent))
    }

    pub(super) fn asked(&self, now: Instant) {
        *lock(&self.0) = At::Asked { since: now };
    }

    /// The answer begins.
    pub(super) fn answered(&self, download: Option<Download>, now: Instant) {
        *lock(&self.0) = match download {
            Some(download) => At::Downloads(download),
            None => At::Answered { since: now },
        };
    }

    /// Until when it may go on whose life is `over`, as things stand.
    pub(super) fn ends(&self, over: Instant, limits: &Limits) -> Instant {
        match &*lock(&self.0) {
            At::Silent => over,
            At::Asked { since } => *since + limits.answer,
            At::Answered { since } => over.max(*since) + limits.parting,
            At::Downloads(download) => download.ends(limits),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn seconds(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    #[test]
    fn only_what_is_on_its_way_outlives_the_connections_life() {
        let limits = Limits {
            answer: seconds(30),
            parting: seconds(5),
            stall: seconds(10),
            download: seconds(600),
            ..Limits::of_this_process()
        };
        let start = Instant::now();
        let at = |s| start + seconds(s);
        let over = at(60);
        let talk = Talk::new();
        let ends = || talk.ends(over, &limits) - start;
        assert_eq!(ends(), seconds(60));
        talk.asked(at(58));
        assert_eq!(ends(), seconds(88), "the box is at work");
        talk.answered(None, at(59));
        assert_eq!(ends(), seconds(65));
        talk.answered(None, at(70));
        assert_eq!(ends(), seconds(75), "it was worked on longer than the life");
        let download = Download::begin(at(50));
        talk.answered(Some(download.clone()), at(50));
        assert_eq!(ends(), seconds(60), "nothing is taken");
        download.goes_on(at(300));
        assert_eq!(ends(), seconds(310));
        download.goes_on(at(649));
        assert_eq!(ends(), seconds(650), "none lasts for ever");
    }
}
