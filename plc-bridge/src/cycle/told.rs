//! A connected inspectd, and how far it was told.

use std::sync::mpsc::TrySendError;

use crate::inspector_socket::Peer;
use crate::whole_line::Line;
use line::protocol::{FromBridge, LineFault, PlcState};

/// A connected inspectd, and how far it was told. Its queue is bounded and never waited for:
/// samples that find no room are dropped and counted, events stay in the journal until there is.
pub(super) struct Told {
    peer: Peer,
    /// The highest seq that was queued for it.
    through: u64,
    /// The PLC's state as it knows it.
    plc: Option<PlcState>,
    /// The line's faults as it knows them.
    faults: Vec<LineFault>,
}

impl Told {
    /// It was told nothing yet.
    pub(super) fn new(peer: Peer) -> Self {
        Self { peer, through: 0, plc: None, faults: Vec::new() }
    }

    /// Whether this is the connection `id`.
    pub(super) fn is(&self, id: u64) -> bool {
        self.peer.id == id
    }

    /// Queues what it was not told yet, as far as there is room.
    pub(super) fn catch_up(&mut self, line: &mut Line) {
        let queue = &self.peer.queue;
        if self.plc.as_ref() != Some(line.plc()) {
            let state = line.plc().clone();
            if queue.try_send(FromBridge::Plc { state: state.clone() }).is_err() {
                return;
            }
            self.plc = Some(state);
        }
        if self.faults != line.faults() {
            let faults = line.faults().to_vec();
            if queue.try_send(FromBridge::Faults { faults: faults.clone() }).is_err() {
                return;
            }
            self.faults = faults;
        }
        while let Some(event) = line.journal().next_after(self.through) {
            let FromBridge::Event { seq, .. } = event else {
                return;
            };
            if queue.try_send(event).is_err() {
                return;
            }
            self.through = seq;
        }
        let is_full = line.take_asides().any(|message| queue.try_send(message).is_err());
        if is_full {
            line.asides_were_dropped();
        }
    }

    /// Queues the newest encoder sample, if there is one since the last.
    pub(super) fn sample(&self, line: &mut Line) {
        let Some(sample) = line.take_sample() else {
            return;
        };
        if let Err(TrySendError::Full(_)) = self.peer.queue.try_send(sample) {
            line.counters.samples_dropped += 1;
        }
    }
}
