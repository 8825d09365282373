//! The goods of a mixed belt: many SKUs of six kinds, each piece a little different, some faulty, some
//! in totes.
//!
//! * a **SKU** is fixed by its number and the catalogue's seed ([`mod@catalogue`]): kind, size, GTIN, print;
//! * a **piece** is one item of a SKU ([`piece`]): how it lies, how print and folds came out;
//! * a **fault** is what is wrong with a piece ([`fault`]); how it looks stands in [`wear`];
//! * the **plan** ([`plan`]) says what comes on the belt, and names the truth about each item ([`laid`]).
//!
//! Drawing ([`draw`]) bends surfaces ([`mesh`], [`shapes`]), prints on them ([`prints`], [`art`],
//! [`label`]) and renders them in parallel projection ([`raster`], [`material`], [`shadow`]).

pub mod art;
pub mod brush;
pub mod catalogue;
pub mod draw;
pub mod fault;
pub mod label;
pub mod laid;
pub mod material;
pub mod mesh;
pub mod piece;
pub mod plan;
pub mod prints;
pub mod raster;
pub mod shadow;
pub mod shapes;
pub mod style;
pub mod tote;
pub mod wear;
pub mod window;

pub use catalogue::{Kind, Sku, catalogue};
pub use fault::Fault;
pub use laid::{Entry, Expected, Laid, Role};
pub use plan::{Order, Plan, PlanFeed, PlanSettings};
pub use tote::ToteColour;

#[cfg(test)]
mod tests;
