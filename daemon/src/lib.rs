//! Inspects every item on a conveyor.

pub mod config;
pub mod ctl;
pub mod fleet;
pub mod outbox;
pub mod records;
pub mod web;
