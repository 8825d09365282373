//! The **defects** that can be made, and what kind of damage each of them is.

use rand::rngs::StdRng;

use super::item::Item;
use super::{
    Damaged, bend, crush, empty, foreign, gone, missing, moved, part, print, puncture, recolour,
    replace, scribble, stain, tape, tear,
};
use crate::Kind;

/// A way to damage an item. Several of them can be of one [`Kind`]: a kind is what people are told,
/// a defect is how it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Defect {
    /// Edges or sides are bent or pressed in.
    Bend,
    /// A corner or an end is pushed in and crumpled.
    Crush,
    /// The material is torn or cracked, or a piece is broken off.
    Tear,
    /// A small hole.
    Puncture,
    /// An end, a corner, a limb or a piece of the edge is not there.
    Missing,
    /// Something inside the outline, such as a screw or a cap, is not there.
    PartMissing,
    /// What should be inside is not.
    Empty,
    /// Something foreign lies over the edge or beside the item.
    Foreign,
    /// Tape or a foreign label is stuck on.
    Tape,
    /// Dirt or liquid has been spilled.
    Stain,
    /// Strokes of a pen or a marker.
    Scribble,
    /// A patch of print is erased, blurred or replaced.
    Print,
    /// A label is gone, or torn off in part.
    LabelGone,
    /// A label is another one.
    LabelSwapped,
    /// A label is elsewhere.
    LabelShifted,
    /// A label is upside down or sideways.
    LabelTurned,
    /// The item, one of its colours or a region of it has another colour.
    Colour,
    /// The item lies turned by a quarter or half a turn.
    Turned,
    /// The item is smaller or larger.
    Resized,
}

impl Defect {
    /// All defects.
    pub const ALL: [Defect; 19] = [
        Defect::Bend,
        Defect::Crush,
        Defect::Tear,
        Defect::Puncture,
        Defect::Missing,
        Defect::PartMissing,
        Defect::Empty,
        Defect::Foreign,
        Defect::Tape,
        Defect::Stain,
        Defect::Scribble,
        Defect::Print,
        Defect::LabelGone,
        Defect::LabelSwapped,
        Defect::LabelShifted,
        Defect::LabelTurned,
        Defect::Colour,
        Defect::Turned,
        Defect::Resized,
    ];

    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Defect::Bend => "bent",
            Defect::Crush => "crushed corner",
            Defect::Tear => "tear",
            Defect::Puncture => "puncture",
            Defect::Missing => "missing part",
            Defect::PartMissing => "inner part missing",
            Defect::Empty => "empty",
            Defect::Foreign => "something foreign",
            Defect::Tape => "tape",
            Defect::Stain => "stain",
            Defect::Scribble => "scribble",
            Defect::Print => "print damaged",
            Defect::LabelGone => "label gone or torn",
            Defect::LabelSwapped => "label swapped",
            Defect::LabelShifted => "label shifted",
            Defect::LabelTurned => "label turned",
            Defect::Colour => "another colour",
            Defect::Turned => "turned",
            Defect::Resized => "smaller or larger",
        }
    }

    /// What kind of damage it is.
    pub fn kind(self) -> Kind {
        match self {
            Defect::Bend | Defect::Crush => Kind::Dent,
            Defect::Tear => Kind::Tear,
            Defect::Puncture => Kind::Puncture,
            Defect::Missing | Defect::PartMissing | Defect::Empty => Kind::Missing,
            Defect::Foreign => Kind::Foreign,
            Defect::Tape => Kind::Tape,
            Defect::Stain | Defect::Scribble => Kind::Stain,
            Defect::Print
            | Defect::LabelGone
            | Defect::LabelSwapped
            | Defect::LabelShifted
            | Defect::LabelTurned => Kind::Print,
            Defect::Colour => Kind::Colour,
            Defect::Turned => Kind::Turned,
            Defect::Resized => Kind::Size,
        }
    }

    /// Makes it once; `size` enlarges what has a size.
    pub(super) fn make(self, item: &Item, size: f32, rng: &mut StdRng) -> Damaged {
        match self {
            Defect::Bend => bend::bend(item, size, rng),
            Defect::Crush => crush::crush(item, size, rng),
            Defect::Tear => tear::tear(item, size, rng),
            Defect::Puncture => puncture::puncture(item, size, rng),
            Defect::Missing => missing::missing(item, size, rng),
            Defect::PartMissing => part::part(item, size, rng),
            Defect::Empty => empty::empty(item, rng),
            Defect::Foreign => foreign::foreign(item, size, rng),
            Defect::Tape => tape::tape(item, size, rng),
            Defect::Stain => stain::stain(item, size, rng),
            Defect::Scribble => scribble::scribble(item, size, rng),
            Defect::Print => print::print(item, size, rng),
            Defect::LabelGone => gone::gone(item, size, rng),
            Defect::LabelSwapped => moved::swapped(item, size, rng),
            Defect::LabelShifted => moved::shifted(item, size, rng),
            Defect::LabelTurned => moved::turned(item, size, rng),
            Defect::Colour => recolour::recolour(item, size, rng),
            Defect::Turned => replace::turned(item, rng),
            Defect::Resized => replace::resized(item, rng),
        }
    }
}
