//! What every crate of `vision` builds on: a picture, folders of pictures, small geometry, files, statistics.
//!
//! [`picture`] is one image as it was captured or opened; [`dataset`] a folder of them. [`hull`] and [`regions`] are
//! geometry, [`deadline_queue`] says what is done next, [`statistics`] says what can be told from chance, [`files`] writes a file whole or not at all,
//! [`checksum`] knows a file again, [`caption`] and [`svg`] draw, [`panics`] and [`messages`] put into words what other
//! code says, [`progress`] tells how far a long work is.

pub mod caption;
pub mod checksum;
pub mod dataset;
pub mod deadline_queue;
pub mod files;
pub mod hull;
pub mod messages;
pub mod panics;
pub mod picture;
pub mod progress;
pub mod regions;
pub mod statistics;
pub mod svg;

pub use dataset::{Dataset, DatasetError};
pub use picture::{Picture, PictureError, PixelFormat};
pub use progress::{Progress, Silent};
