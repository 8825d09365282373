//! How much of the process the page may take, whatever browsers do.
//!
//! A page that takes every file handle keeps the records from the disk and the fleet from the box.
//! So its connections are capped, and the cap follows what the system grants the process.

use std::time::Duration;

use rustix::process::{Resource, getrlimit};

/// Most connections, where the process has file handles enough.
const CONNECTIONS: usize = 64;

/// Connections may take one in so many of the process's file handles.
const SHARE: u64 = 8;

/// Connections on a box with hardly any file handles: one browser.
const FEWEST_CONNECTIONS: usize = 6;

/// A query's file handles: the database, its log and that log's index, and one to sort with.
const HANDLES_A_QUERY: usize = 4;

/// A picture's file handles: the folder and the file in it.
const HANDLES_A_PICTURE: usize = 2;

/// What a runtime needs to wait for sockets, the listener, the connection in the doorway, and the page's own
/// database with its log and that log's index.
const HANDLES_OF_THE_RUNTIME: usize = 14;

/// Looks at people at once, beside the one password that is worked out.
const PEOPLE: usize = 2;

/// The page's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// Connections at once.
    pub(super) connections: usize,
    /// Connections at once that are told to come later.
    pub(super) refusals: usize,
    /// From a connection's start, or its last answer, until a request's head is complete.
    pub(super) head: Duration,
    /// How long a connection keeps its seat from others without a question: one that has just come may have
    /// asked, and one that has just been answered may be taking the answer.
    pub(super) grace: Duration,
    /// A connection's life. The browser makes another one.
    pub(super) life: Duration,
    /// After its life: for an answer that is on its way.
    pub(super) parting: Duration,
    /// After its life: for a question that the box is still at work on, from when it was asked.
    pub(super) answer: Duration,
    /// How long a browser may take nothing of a download.
    pub(super) stall: Duration,
    /// How long a download may take in all.
    pub(super) download: Duration,
    /// Downloads at once, from the disk's work for them until the browser has taken them.
    pub(super) downloads: usize,
    /// Record queries at once.
    pub(super) queries: usize,
    /// Pictures at once in memory, from the disk until the browser has taken them.
    pub(super) pictures: usize,
    /// Looks at people at once.
    pub(super) people: usize,
    /// Pages at once that are told what changes. One more asks from time to time by itself.
    pub(super) streams: usize,
    /// How long a query or a picture waits for its turn.
    pub(super) turn: Duration,
}

impl Limits {
    /// The limits of this process.
    pub(super) fn of_this_process() -> Self {
        Self::with(getrlimit(Resource::Nofile).current)
    }

    /// The limits of a process that may have so many file handles; `None`: as many as it likes.
    fn with(handles: Option<u64>) -> Self {
        let share = handles.and_then(|handles| usize::try_from(handles / SHARE).ok());
        let connections = share.unwrap_or(CONNECTIONS).clamp(FEWEST_CONNECTIONS, CONNECTIONS);
        Self {
            connections,
            refusals: 8,
            head: Duration::from_secs(5),
            grace: Duration::from_millis(100),
            life: Duration::from_secs(60),
            parting: Duration::from_secs(5),
            answer: Duration::from_secs(60),
            stall: Duration::from_secs(10),
            download: Duration::from_secs(30 * 60),
            downloads: 1,
            queries: 2,
            pictures: 8,
            people: PEOPLE,
            // Whoever logs in must find a seat that is free, whoever listens.
            streams: connections / 3,
            turn: Duration::from_secs(2),
        }
    }

    /// The same where a connection begins with a handshake, which takes a round trip more and some of a
    /// busy processor's time.
    pub(super) fn encrypted(self) -> Self {
        Self { grace: Duration::from_millis(500), ..self }
    }

    /// Most file handles that the page ever has.
    pub(super) fn handles(&self) -> usize {
        self.connections
            + self.refusals
            + self.queries * HANDLES_A_QUERY
            + (self.pictures + self.downloads) * HANDLES_A_PICTURE
            + HANDLES_OF_THE_RUNTIME
    }

    /// Most threads that wait for the disk.
    pub(super) fn disk_threads(&self) -> usize {
        self.queries + self.pictures + self.downloads + self.people + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_follow_the_file_handles_of_the_process() {
        let connections = |handles| Limits::with(handles).connections;
        assert_eq!(connections(None), 64);
        assert_eq!(connections(Some(1_048_576)), 64);
        assert_eq!(connections(Some(1024)), 64);
        assert_eq!(connections(Some(256)), 32);
        assert_eq!(connections(Some(20)), 6);
    }

    #[test]
    fn most_file_handles_are_the_lines() {
        for handles in [128_u16, 256, 1024, 4096] {
            let page = Limits::with(Some(u64::from(handles))).handles();
            assert!(page * 2 <= usize::from(handles), "{page} of {handles}");
        }
    }
}
