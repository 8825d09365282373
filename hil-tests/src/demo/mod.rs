//! What `make demo` shows: the items as they pass, and the account at the end.

pub mod screen;
pub mod summary;
