//! The photo-eyes: which item covers which, and what edges follow.
//!
//! An eye is **covered** while any item stands before it. Two items that touch cover it as one.
//! Its **leading** edge is the one by which it becomes covered, its **trailing** edge the one by
//! which it becomes free, whichever way the belt runs: an eye sees no more than that.

use plc_bridge::registers::Eye;

/// An edge at a photo-eye.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// Which eye.
    pub eye: Eye,
    /// The eye became free.
    pub trailing: bool,
    /// The belt ran backwards.
    pub backward: bool,
    /// The encoder's count at that instant, latched.
    pub encoder: u32,
    /// The item, which no photo-eye can know: for the truth only.
    pub item: u64,
}

/// An end of an item at an eye.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Crossing {
    /// The belt's travel at that instant, in millimetres.
    pub travel_mm: f64,
    /// Which eye.
    pub eye: Eye,
    /// The item stands before the eye from here on.
    pub covers: bool,
    /// The item.
    pub item: u64,
}

/// Which eyes are covered, and by how many items.
#[derive(Debug, Default)]
pub(super) struct Eyes {
    covered: Vec<(Eye, u32)>,
}

impl Eyes {
    /// Takes the crossings of one step of the belt and returns the edges that they make, with the
    /// travel at each, in their order.
    pub fn see(
        &mut self,
        mut crossings: Vec<Crossing>,
        backward: bool,
        count: impl Fn(f64) -> u32,
    ) -> Vec<Edge> {
        crossings.sort_by(|a, b| a.travel_mm.total_cmp(&b.travel_mm));
        if backward {
            crossings.reverse();
        }
        let edge = |eyes: &mut Self, crossing: Crossing| {
            let Crossing { travel_mm, eye, covers, item } = crossing;
            eyes.change(eye, covers).then(|| Edge {
                eye,
                trailing: !covers,
                backward,
                encoder: count(travel_mm),
                item,
            })
        };
        crossings.into_iter().filter_map(|crossing| edge(self, crossing)).collect()
    }

    /// One item more or less before an eye; says whether that makes an edge.
    fn change(&mut self, eye: Eye, covers: bool) -> bool {
        let place = self.covered.iter().position(|(covered, _)| *covered == eye);
        match (place, covers) {
            (None, true) => {
                self.covered.push((eye, 1));
                true
            }
            (Some(place), true) => {
                self.covered[place].1 += 1;
                false
            }
            (Some(place), false) if self.covered[place].1 == 1 => {
                self.covered.swap_remove(place);
                true
            }
            (Some(place), false) => {
                self.covered[place].1 -= 1;
                false
            }
            (None, false) => false,
        }
    }
}
