//! The bridge's loop: it feeds the [`Line`] with what the PLC and inspectd say, writes its notices
//! to the log, and sends inspectd what it is owed. Nothing here waits for a peer.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::time::{MissedTickBehavior, interval};
use tracing::Level;
use uuid::Uuid;

use crate::clock;
use crate::config::BridgeConfig;
use crate::cycle::{self, PlcEvent, Timing};
use crate::inspector_socket::{self, FromInspector, Peer, SocketError};
use crate::line::{Counters, Line};
use crate::modbus::PlcWire;
use crate::protocol::{FromBridge, PlcState};
use crate::registers::Command;

/// How often the time-outs are looked at when the PLC is not there to set the pace.
const TICK: Duration = Duration::from_millis(50);
/// How often the counters are logged, when something that should not happen was counted.
const REPORT_EVERY: Duration = Duration::from_secs(60);
/// Messages from inspectd that may wait for the loop; then its connection is not read on.
const INSPECTOR_QUEUE: usize = 256;

/// Runs the line over `wire` until `stop` is done.
///
/// # Errors
/// Only when the socket cannot be opened; a PLC or an inspectd that is not there is waited for.
pub async fn run<W: PlcWire>(
    config: &BridgeConfig,
    wire: W,
    stop: impl Future<Output = ()>,
) -> Result<(), SocketError> {
    let socket = &config.line.bridge_socket;
    let listener = inspector_socket::listen(socket)?;
    let id = Uuid::new_v4();
    let [.., high, low] = *id.as_bytes();
    // The monotonic clock only rises, faster than events come: a later boot counts from beyond.
    let first_seq = clock::monotonic().as_micros() as u64;
    let line =
        Line::new(config, id.to_string(), u16::from_be_bytes([high, low])).counting_from(first_seq);
    tracing::info!(
        "line {:?}: PLC at {}, socket for inspectd at {}, boot {}",
        config.line.name,
        config.plc.address,
        socket.display(),
        line.boot(),
    );

    let (plc_said, mut plc) = mpsc::channel(1);
    let (commands, to_write) = mpsc::channel(1);
    let (inspector_said, mut inspector) = mpsc::channel(INSPECTOR_QUEUE);
    let timing = Timing {
        cycle: Duration::from_millis(config.plc.cycle_ms.into()),
        retry_max: Duration::from_millis(config.plc.retry_max_ms.into()),
    };
    let mut exchange = pin!(cycle::run(wire, timing, plc_said, to_write));
    let mut connections =
        pin!(inspector_socket::serve(listener, line.boot().to_owned(), inspector_said));
    let mut stop = pin!(stop);
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut bridge = Bridge {
        line,
        peer: None,
        commands,
        reported: Counters::default(),
        reported_at: clock::monotonic(),
    };

    loop {
        tokio::select! {
            () = &mut stop => break,
            () = &mut exchange => break,
            () = &mut connections => break,
            Some(event) = plc.recv() => bridge.plc(event),
            Some(event) = inspector.recv() => bridge.inspector(event),
            _ = ticks.tick() => bridge.tick(),
        }
    }
    tracing::info!("stopped: {:?}", bridge.line.counters);
    if let Err(error) = std::fs::remove_file(socket) {
        tracing::warn!("the socket {} is left behind: {error}", socket.display());
    }
    Ok(())
}

/// The line, and the inspectd that is connected.
struct Bridge {
    line: Line,
    peer: Option<Told>,
    commands: mpsc::Sender<Command>,
    reported: Counters,
    reported_at: Duration,
}

/// A connected inspectd, and how far it was told.
struct Told {
    peer: Peer,
    /// The highest seq that was queued for it.
    through: u64,
    /// The PLC's state as it knows it.
    plc: Option<PlcState>,
}

impl Bridge {
    fn plc(&mut self, event: PlcEvent) {
        match event {
            PlcEvent::Status { status, at, missed } => {
                self.line.counters.cycles_missed += missed;
                let command = self.line.status(&status, at);
                // The exchange waits for exactly one command, so there is room.
                if self.commands.try_send(command).is_err() {
                    tracing::error!("the exchange with the PLC took no command block");
                }
                self.catch_up();
                self.send_sample();
            }
            PlcEvent::Lost { cause } => {
                self.line.plc_unreachable(cause);
                self.catch_up();
            }
        }
    }

    fn inspector(&mut self, event: FromInspector) {
        match event {
            FromInspector::Connected(peer) => {
                if self.peer.take().is_some() {
                    self.line.inspector_gone("another inspectd has connected".into());
                }
                self.peer = Some(Told { peer, through: 0, plc: None });
                self.line.inspector_connected(clock::monotonic());
            }
            FromInspector::Message { id, at, message } if self.is_current(id) => {
                self.line.message(message, at);
            }
            FromInspector::Closed { id, why } if self.is_current(id) => {
                self.peer = None;
                self.line.inspector_gone(why);
            }
            // From a connection that was replaced meanwhile.
            FromInspector::Message { .. } | FromInspector::Closed { .. } => {}
        }
        self.catch_up();
    }

    fn tick(&mut self) {
        let now = clock::monotonic();
        self.line.tick(now);
        self.catch_up();
        if now - self.reported_at >= REPORT_EVERY {
            self.report(now);
        }
    }

    fn is_current(&self, id: u64) -> bool {
        self.peer.as_ref().is_some_and(|told| told.peer.id == id)
    }

    /// Writes the log and tells inspectd what it was not told yet, as far as its queue has room.
    fn catch_up(&mut self) {
        for notice in self.line.take_notices() {
            match notice.level() {
                Level::ERROR => tracing::error!("{notice}"),
                Level::WARN => tracing::warn!("{notice}"),
                _ => tracing::info!("{notice}"),
            }
        }
        let Some(told) = &mut self.peer else { return };
        let queue = &told.peer.queue;
        if told.plc.as_ref() != Some(self.line.plc()) {
            let state = self.line.plc().clone();
            if queue.try_send(FromBridge::Plc { state: state.clone() }).is_err() {
                return;
            }
            told.plc = Some(state);
        }
        while let Some(event) = self.line.journal().next_after(told.through) {
            let FromBridge::Event { seq, .. } = event else {
                return;
            };
            if queue.try_send(event).is_err() {
                return;
            }
            told.through = seq;
        }
        let asides = self.line.take_asides();
        if asides.into_iter().any(|message| queue.try_send(message).is_err()) {
            self.line.asides_were_dropped();
        }
    }

    fn send_sample(&mut self) {
        let (Some(told), Some(sample)) = (&self.peer, self.line.take_sample()) else {
            return;
        };
        if let Err(TrySendError::Full(_)) = told.peer.queue.try_send(sample) {
            self.line.counters.samples_dropped += 1;
        }
    }

    fn report(&mut self, now: Duration) {
        let counters = self.line.counters;
        // Items that enter are no news.
        let news = Counters { items: self.reported.items, ..counters };
        if news != self.reported {
            tracing::info!("so far: {counters:?}");
        }
        self.reported = counters;
        self.reported_at = now;
    }
}
