//! What `make demo` shows: the items as they pass, and the account at the end.

pub mod planned;
pub mod play;
pub mod screen;
pub mod summary;
