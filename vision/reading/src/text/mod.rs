//! Text in pictures, by three small networks of PP-OCRv6 that run in this process.
//!
//! * The **detector** tells for each pixel how likely it lies within a line of text (`detect`). The
//!   method is differentiable binarisation (Liao et al., "Real-time Scene Text Detection with
//!   Differentiable Binarization", AAAI 2020).
//! * A **box** is the smallest rectangle, at any angle, round such pixels (`rectangle.rs` of this crate).
//! * A **strip** is the box's part of the picture, turned so that its text runs from left to right
//!   (`strip`).
//! * The **direction classifier** tells whether a strip stands upside down (`direction`).
//! * The **recogniser** reads a strip, column by column (`recognise`).
//!
//! **Text at any angle.** A box of a line has a long side, and the text runs along it: which of the
//! two ways, the direction classifier says of each box, and boxes along the same axis vote (`order`).
//! A box that reads badly is also read the other way round, and the surer reading counts; a short word
//! goes by its longer neighbours. The box of one or two letters is nearly square: it is laid along the
//! nearest long one.
//!
//! **Large pictures** are shown to the detector made smaller, then the parts with print larger (`zoom`).
//!
//! **Dim pictures** are stretched to the full range of grey first (`contrast`).
//!
//! **Letters that the networks do not know** are read by Tesseract, where its languages are named
//! (`tesseract`).
//!
//! The weights and the runtime library are files that `make bootstrap` puts in place. All three
//! networks and the library run code: open only files whose checksum is known.

pub(super) mod contrast;
mod ctc;
mod detect;
mod direction;
mod error;
mod order;
mod program;
mod reader;
mod recognise;
mod runtime;
mod strip;
mod tesseract;
mod zoom;

pub use error::TextError;
pub(crate) use order::sort;
pub use reader::{ReadOptions, TextReader};
pub(crate) use recognise::CODED;
pub use runtime::TextModels;
pub use tesseract::Tesseract;
