//! The **shares** of the synthetic defects among the damaged examples.

use rand::RngExt;
use rand::rngs::StdRng;

use damage::synthetic::Defect;

/// How often each synthetic defect is made. Most are dents: bent items are what customers return
/// most, the slight ones are the hardest to tell, and the members that compare with normal views hardly
/// see them. What changes much of an item is easily told, and those members see it, so that few
/// examples do; with more of them the head ranked dented cartons worse (docs/measurements/eye.md).
/// Other sizes and turned items are rare on purpose. A crop shows every item about as large, so that
/// the head can see little of its size, and for an item that may lie any way round, turned is normal.
const DEFECTS: [(Defect, f64); 19] = [
    (Defect::Bend, 0.69),
    (Defect::Crush, 0.02),
    (Defect::Tear, 0.08),
    (Defect::Missing, 0.025),
    (Defect::PartMissing, 0.01),
    (Defect::Puncture, 0.03),
    (Defect::Foreign, 0.015),
    (Defect::Tape, 0.03),
    (Defect::Stain, 0.03),
    (Defect::Scribble, 0.01),
    (Defect::Empty, 0.005),
    (Defect::Print, 0.03),
    (Defect::LabelGone, 0.005),
    (Defect::LabelSwapped, 0.0025),
    (Defect::LabelShifted, 0.0025),
    (Defect::LabelTurned, 0.0025),
    (Defect::Colour, 0.0025),
    (Defect::Turned, 0.005),
    (Defect::Resized, 0.005),
];

/// Draws a defect.
pub(super) fn draw(rng: &mut StdRng) -> Defect {
    let mut at = rng.random::<f64>();
    for (defect, share) in DEFECTS {
        at -= share;
        if at < 0.0 {
            return defect;
        }
    }
    Defect::Bend
}

#[cfg(test)]
mod tests {
    use super::*;
    use damage::Kind;

    #[test]
    fn each_defect_has_a_share_and_most_are_dents() {
        let sum = |of: &dyn Fn(Defect) -> bool| -> f64 {
            DEFECTS.iter().filter(|(defect, _)| of(*defect)).map(|(_, share)| share).sum()
        };
        assert!((sum(&|_| true) - 1.0).abs() < 1e-9);
        assert!(sum(&|defect| defect.kind() == Kind::Dent) > 0.6);
        assert!(Defect::ALL.iter().all(|one| sum(&|defect| defect == *one) > 0.0));
    }
}
