//! inspectd: captures, scores, decides, records, serves the technicians' page, talks to the fleet.
//!
//! * [`item`] is an item's way from its entry to its outcome, without I/O;
//! * [`run`] is the process around it: the loop, its links, its health;
//! * [`scanner`] understands what a fixed scanner sends;
//! * [`records`] keeps what happened; [`warehouse`] knows what items are meant to be;
//! * [`fleet`] tells the managers, [`web`] shows the page, [`ctl`] is the command line;
//! * [`config`] reads the line file, [`declared`] lists its keys, [`wall_clock`] says whether wall time may decide anything.
//!
//! Inside, arrows run one way: `item` knows neither `web` nor `fleet`, and `records` does not know what a message
//! to the fleet says.

pub mod config;
pub mod ctl;
pub mod declared;
pub mod fleet;
pub mod item;
pub mod records;
pub mod run;
pub mod scanner;
pub mod wall_clock;
pub mod warehouse;
pub mod web;
