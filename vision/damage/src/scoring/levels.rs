//! **Levels** of normal pictures, by one member and by all together.

use std::collections::BTreeMap;

use super::calibration::{Held, Prior};
use super::ensemble::{Member, Voices};

/// Levels of normal pictures by one member that has not learned from them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Levels {
    /// In the order of the pictures.
    pub each: Vec<f32>,
    pub held_out: Held,
    /// How far each lies above the middle of the others, in units of their spread.
    standards: Vec<f64>,
}

/// Of more levels than this, one changes the middle and the spread of all too little to leave it out.
const LEFT_OUT_MAX: usize = 60;
/// Of fewer, the others have no spread worth the name.
const LEFT_OUT_MIN: usize = 4;

impl Levels {
    /// `None` where there are none, or one is no number.
    pub(super) fn new(each: Vec<f32>, normals: usize, prior: Prior) -> Option<Levels> {
        let held_out = Held::new(each.clone(), normals, prior)?;
        // A new picture has no part in the middle and the spread that it is held against. A normal one that had would
        // look less odd than a new one of its kind, the more so the fewer they are.
        let is_left_out = (LEFT_OUT_MIN..=LEFT_OUT_MAX).contains(&each.len());
        let standard = |(at, level): (usize, &f32)| {
            let level = f64::from(*level);
            if !is_left_out {
                return Some(held_out.standard(level));
            }
            let mut others = each.clone();
            others.swap_remove(at);
            Some(Held::new(others, normals, prior)?.standard(level))
        };
        let standards = each.iter().enumerate().map(standard).collect::<Option<Vec<f64>>>()?;
        Some(Levels { each, held_out, standards })
    }
}

/// The joint levels of the normal pictures, by some of the members that have levels.
pub(super) fn joint_of(
    levels: &BTreeMap<Member, Levels>,
    normals: usize,
    among: impl Fn(Member) -> bool,
) -> Option<Held> {
    Held::new(joint_levels(levels, among)?, normals, Prior::JOINT)
}

/// The same, one number a picture, in the order of the pictures.
pub(super) fn joint_levels(
    levels: &BTreeMap<Member, Levels>,
    among: impl Fn(Member) -> bool,
) -> Option<Vec<f32>> {
    let members: Vec<(&Member, &Levels)> =
        levels.iter().filter(|(member, _)| among(**member)).collect();
    let count = members.iter().map(|(_, levels)| levels.each.len()).min()?;
    let joint = |at: usize| {
        let standards = members.iter().map(|(member, levels)| (**member, levels.standards[at]));
        Voices::CHOSEN.joint(standards) as f32
    };
    Some((0..count).map(joint).collect())
}
