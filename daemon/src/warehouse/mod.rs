//! **What the warehouse knows** of its items: the [`expectations`], and the sources on the box's side that tell
//! them ([`expected_sources`]). The fleet may tell them too. [`codes`] says which SKU a code means; a code that no list
//! has is asked of the warehouse's system ([`look_ups`], [`look_up_thread`]).

pub mod codes;
pub mod expectations;
pub mod expected_sources;
pub mod look_up_thread;
pub mod look_ups;
