//! Loads the model, and carries its answers to the inspection loop.
//!
//! A model that is missing, damaged or fails its golden outputs is tried again, since a technician
//! may put another in its place; until then every item is reported as uninspected.

use std::io;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use damage::scoring::Budget;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time;
use vision::InferencePool;
use vision::ModelSection;
use vision::Scored;

/// Pause between two attempts to load.
const RETRY_PERIOD: Duration = Duration::from_secs(10);

/// What the loop hears.
#[derive(Debug)]
pub enum ModelEvent {
    /// Items can be scored.
    Ready(InferencePool),
    /// They cannot; why, and what to do.
    Failed(String),
    /// An item was scored.
    Scored(Scored),
}

/// Starts the thread that loads the model and passes its answers on, until the receiver is gone.
///
/// The thread is to be joined before the process ends: libtorch's globals are torn down then, and a
/// model that is being loaded at that moment would crash.
///
/// # Errors
/// The system's, when it starts no thread.
///
/// # Panics
/// Outside a tokio runtime with time.
pub fn start(
    section: ModelSection,
    false_divert_budget: Budget,
) -> io::Result<(mpsc::Receiver<ModelEvent>, JoinHandle<()>)> {
    let (events, received) = mpsc::channel(64);
    let runtime = Handle::current();
    let thread = thread::Builder::new().name("model".to_owned()).spawn(move || {
        while !events.is_closed() {
            match InferencePool::start(&section, false_divert_budget.clone()) {
                Ok((thread, answers)) => {
                    if events.blocking_send(ModelEvent::Ready(thread)).is_err() {
                        return;
                    }
                    // Ends when the loop drops the pool.
                    for scored in answers {
                        if events.blocking_send(ModelEvent::Scored(scored)).is_err() {
                            return;
                        }
                    }
                }
                Err(error) => {
                    if events.blocking_send(ModelEvent::Failed(error.to_string())).is_err() {
                        return;
                    }
                }
            }
            // The pause is over at once when the receiver is gone.
            _ = runtime.block_on(async { time::timeout(RETRY_PERIOD, events.closed()).await });
        }
    })?;
    Ok((received, thread))
}
