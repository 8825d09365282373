//! inspectd: captures, scores, decides, records, serves the technicians' page, talks to the fleet.
//!
//! Read in the order in which an item meets it: [`bridge_link`] hears that it entered,
//! [`inspection`] carries out what [`flow`] decides, [`holds`] say what is diverted whatever it looks like,
//! [`label_check`] what speaks against its label and the [`expectations`], [`policy`] makes the verdict, [`recorder`] and [`records`] keep what happened, [`batches`] counts it lot
//! by lot, [`outbox`] and [`fleet`] tell the fleet. [`health`] says what is wrong with the box, [`web`] and
//! [`ctl`] show it to people.

pub mod batches;
pub mod bridge_link;
pub mod causes;
pub mod config;
pub mod ctl;
pub mod expectations;
pub mod expected_sources;
pub mod fleet;
pub mod flow;
pub mod health;
pub mod holds;
pub mod identity_check;
pub mod inspection;
pub mod label_check;
pub mod learned;
pub mod lots;
pub mod model;
pub mod outbox;
pub mod policy;
pub mod quarantine;
pub mod recorder;
pub mod records;
pub mod wall_clock;
pub mod web;
