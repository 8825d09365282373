//! What the other crates know a view by: the features that a network gives it, and where the item is in it.
//!
//! [`backbone`] is the network and the engines that run it, [`onnx_runtime`] the library of one of them, [`localise`]
//! finds the item and evens out the light.

pub mod backbone;
pub mod localise;
pub mod onnx_runtime;
pub mod tote;
