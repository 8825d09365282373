//! **inspectd at run time**: the loop and what it holds on to.
//!
//! [`bridge_link`] hears from plc-bridge, [`scanner_link`] from fixed scanners; [`inspection`] is the loop, which carries out what
//! [`flow`](crate::item::flow) decides; [`model`] loads what scores; [`recorder`] hands over what is to be kept;
//! [`commands`] come from the page; [`health`] says what is wrong with the box, and [`learned`] whether what was learned fits the line.

pub mod bridge_link;
pub mod commands;
pub mod health;
pub mod inspection;
pub mod learned;
pub mod model;
pub mod recorder;
pub mod scanner_link;
