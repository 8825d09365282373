//! Loads the model, and carries its answers to the inspection loop.
//!
//! A model that is missing, damaged or fails its golden outputs is tried again, since a technician
//! may put another in its place; until then every item is reported as uninspected.

use std::io;
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;
use vision::{InspectionPool, ModelSection, Scored};

/// Pause between two attempts to load.
const RETRY_PERIOD: Duration = Duration::from_secs(10);

/// What the loop hears.
#[derive(Debug)]
pub enum ModelEvent {
    /// Items can be scored.
    Ready(InspectionPool),
    /// They cannot; why, and what to do.
    Failed(String),
    /// An item was scored.
    Scored(Scored),
}

/// Starts the thread that loads the model and passes its answers on, until the receiver is gone.
///
/// # Errors
/// The system's, when no thread can be had.
pub fn start(
    section: ModelSection,
    false_divert_budget: f64,
) -> io::Result<mpsc::Receiver<ModelEvent>> {
    let (events, received) = mpsc::channel(64);
    thread::Builder::new().name("model".to_owned()).spawn(move || {
        while !events.is_closed() {
            match InspectionPool::start(&section, false_divert_budget) {
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
            thread::sleep(RETRY_PERIOD);
        }
    })?;
    Ok(received)
}
