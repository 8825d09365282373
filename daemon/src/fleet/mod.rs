//! The link to the fleet managers over MQTT 5.
//!
//! * A **message** ([`messages`]) is one JSON object. What it says beyond the fields that all share
//!   (the **envelope**) is its **body**; each has a JSON Schema in `docs/schemas/`.
//! * Summaries and alerts are **owed**: they stand in the outbox until the broker has acknowledged
//!   them. The **state** is not owed; it is worth something only while it is new.
//! * **Orders** ([`orders`]) are what the fleet tells the box; they are retained.
//! * The **link** ([`FleetLink`]) keeps the connection, pays what is owed and says how it stands.
//!
//! The box never depends on any of this: with no network everything waits in the outbox.

pub mod alerts;
mod lessons;
pub mod link;
pub mod messages;
pub mod orders;
pub mod outbox;
mod problem;
mod sender;
mod session;
mod shortening;

pub use link::{FleetLink, LinkStatus};
pub use problem::LinkProblem;

use std::io;

/// Where the kernel tells its boot's id.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// The id of this boot of the box: another after each start of its kernel.
///
/// # Errors
/// The system's, when `/proc` is not mounted.
pub fn boot_id() -> io::Result<String> {
    Ok(std::fs::read_to_string(BOOT_ID)?.trim().to_owned())
}
