//! **An item's way through inspectd**, without I/O: events and the time go in, what is to be done comes out.
//!
//! [`flow`] follows each item from its entry to its outcome. [`identification`] says which SKU it is. Four checks ask about it: [`holds`] (is it on hold,
//! by [`lots`] too), damage (`vision` scores it), [`identity_check`] and [`label_check`]; [`policy`] turns their
//! findings into a verdict. [`batches`] counts lot by lot, and [`quarantine`] puts a suspect one on hold.
//! [`scans`] says which item a fixed scanner read. [`counts`] and [`causes`] say how many items went which way. [`orders`]
//! are what people outside ask for, [`commands`] what people at the box do.

pub mod batches;
pub mod causes;
pub mod commands;
pub mod counts;
pub mod flow;
pub mod holds;
pub mod identification;
pub mod identity_check;
pub mod label_check;
pub mod lots;
pub mod orders;
pub mod policy;
pub mod quarantine;
pub mod scans;
pub mod thresholds;
