//! **Renderings of dot-matrix and ink-jet prints**: what a coder prints on lids and films, with its truth.
//!
//! A *coder* is a printer at a line that draws characters of 5 x 7 or 7 x 9 dots while the goods pass. Each
//! rendering follows from its seed alone. Two [`Collection`]s share no font and no surface, so that what is
//! trained on one can be measured on the other:
//!
//! * [`font`] draws characters as strokes and rasters them to dots;
//! * [`label`] says what is printed and what it means;
//! * [`dots`] places the dots as printers do, with their faults;
//! * [`surface`] paints what is printed on;
//! * [`scene`] puts all together and looks at it through a lens; [`judge`] says whether it was read right.

pub mod dots;
pub mod font;
pub mod judge;
pub mod label;
pub mod noise;
pub mod scene;
pub mod surface;

/// Which fonts and surfaces a rendering uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collection {
    /// For training and for choosing what helps.
    Development,
    /// For the one measurement that is reported.
    Test,
}
