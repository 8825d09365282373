//! **What the warehouse knows** of its items: the [`expectations`], and the sources on the box's side that tell
//! them ([`expected_sources`]). The fleet may tell them too.

pub mod codes;
pub mod expectations;
pub mod expected_sources;
