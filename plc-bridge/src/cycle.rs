//! The cyclic exchange with the PLC: once a cycle, one read and one write.
//!
//! The exchange runs beside the bridge's loop, never inside it: a PLC that answers slowly or not at
//! all holds up nobody but itself. It hands each status block to the loop and gets the command
//! block to write. After any error the connection is dropped, and made anew after a pause that
//! doubles up to `retry_max_ms`; a whole exchange brings the pause back to its beginning.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::clock;
use crate::modbus::{PlcError, PlcWire};
use crate::registers::{Command, Status};

/// The first pause between two attempts to connect.
pub const FIRST_RETRY: Duration = Duration::from_millis(100);

/// How often to exchange, and how long to wait at most before connecting anew.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Time from one exchange to the next.
    pub cycle: Duration,
    /// Longest pause between two attempts to connect.
    pub retry_max: Duration,
}

/// What the exchange tells the loop.
#[derive(Debug, PartialEq)]
pub enum PlcEvent {
    /// A status block was read. The loop answers with exactly one command block.
    Status {
        /// What the PLC says.
        status: Box<Status>,
        /// When: half way between request and answer.
        at: Duration,
        /// Cycles that were skipped since the last one.
        missed: u64,
    },
    /// The PLC cannot be reached, or the connection broke.
    Lost {
        /// What happened and what to check.
        cause: String,
    },
}

/// Exchanges until the loop is gone.
pub async fn run<W: PlcWire>(
    mut wire: W,
    timing: Timing,
    events: mpsc::Sender<PlcEvent>,
    mut commands: mpsc::Receiver<Command>,
) {
    let mut pause = Pause::new(timing.retry_max);
    loop {
        let error = match wire.connect().await {
            Ok(()) => {
                let exchange =
                    exchange(&mut wire, timing.cycle, &events, &mut commands, &mut pause);
                match exchange.await {
                    Some(error) => error,
                    None => return,
                }
            }
            Err(error) => error,
        };
        wire.disconnect();
        if events.send(PlcEvent::Lost { cause: error.to_string() }).await.is_err() {
            return;
        }
        sleep(pause.next()).await;
    }
}

/// Exchanges on one connection until it fails; `None` when the loop is gone.
async fn exchange<W: PlcWire>(
    wire: &mut W,
    cycle: Duration,
    events: &mpsc::Sender<PlcEvent>,
    commands: &mut mpsc::Receiver<Command>,
    pause: &mut Pause,
) -> Option<PlcError> {
    let mut ticks = interval(cycle);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut last: Option<Instant> = None;
    loop {
        let tick = ticks.tick().await;
        let missed = last.replace(tick).map_or(0, |last| skipped(tick - last, cycle));
        let asked = clock::monotonic();
        let status = match wire.read_status().await {
            Ok(status) => Box::new(status),
            Err(error) => return Some(error),
        };
        let at = asked + (clock::monotonic() - asked) / 2;
        events.send(PlcEvent::Status { status, at, missed }).await.ok()?;
        let command = commands.recv().await?;
        if let Err(error) = wire.write_command(&command).await {
            return Some(error);
        }
        pause.reset();
    }
}

/// The pause before the next attempt to connect.
#[derive(Debug)]
struct Pause {
    next: Duration,
    most: Duration,
}

impl Pause {
    fn new(most: Duration) -> Self {
        Self { next: FIRST_RETRY.min(most), most }
    }

    /// This pause; the one after it is twice as long.
    fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.most);
        pause
    }

    fn reset(&mut self) {
        *self = Self::new(self.most);
    }
}

/// How many cycles lie between two ticks that stand `apart`, without the second one.
fn skipped(apart: Duration, cycle: Duration) -> u64 {
    let cycles = apart.as_nanos() / cycle.as_nanos().max(1);
    (cycles as u64).saturating_sub(1)
}

#[cfg(test)]
mod tests;
