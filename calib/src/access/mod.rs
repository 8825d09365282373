//! Who may do what on the page, and for how long. Plain logic: events and time go in, answers come
//! out; no clock, socket or file.
//!
//! A **person** has a name, a password and one [`Role`]. A **right** is what an address of the page
//! asks for. A **session** begins with a log-in and ends with a log-out, with time, or when the
//! person's password or role changes. A **guess** is a password that was wrong.

pub mod guesses;
pub mod rates;
pub mod roles;
pub mod secret;
pub mod sessions;

pub use guesses::Guesses;
pub use rates::Rates;
pub use roles::{Right, Role};
pub use secret::Secret;
pub use sessions::{Session, Sessions};
