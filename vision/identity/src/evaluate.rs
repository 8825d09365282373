//! How well a catalogue tells items apart, measured on pictures of known SKUs.

use std::path::PathBuf;
use std::time::Instant;

use serde::Serialize;

use super::appearance::Appearance;
use super::catalog::{Catalog, MayBe};
use super::{IdentityError, Ranked};
use base::progress::Progress;
use base::statistics::wilson;

/// False-rejection rates at which false acceptance is reported.
const REFUSED: [f64; 2] = [0.01, 0.05];

/// What was found.
#[derive(Debug, Serialize)]
pub struct IdentityFigures {
    /// Pictures.
    pub pictures: usize,
    /// SKUs in the catalogue.
    pub skus: usize,
    /// Share of the pictures whose own SKU is the most probable one.
    pub top1: f64,
    /// Its 95 % interval (Wilson).
    pub top1_interval: [f64; 2],
    /// What accepting an item as the expected one costs.
    pub at_refusal: Vec<AtRefusal>,
    /// Milliseconds to compare a picture with the catalogue: median.
    pub compare_ms: f64,
    /// The pictures that were taken for another SKU.
    pub confused: Vec<Confused>,
}

/// Items are accepted from such a probability of being the expected SKU on that this share of the right ones
/// is refused.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AtRefusal {
    /// Share of the pictures that are refused although they show the expected SKU.
    pub refused: f64,
    /// The probability.
    pub threshold: f64,
    /// Share of all pairs of a picture and a SKU that it does not show which are accepted.
    pub falsely_accepted: f64,
}

/// A picture that was taken for another SKU.
#[derive(Debug, Serialize)]
pub struct Confused {
    /// The picture.
    pub file: PathBuf,
    /// What it shows.
    pub sku: String,
    /// What it was taken for, and how sure that was.
    pub taken_for: Ranked,
}

/// Compares each picture (its file, SKU and appearance) with the catalogue. Of SKUs that the catalogue does
/// not have every answer is wrong.
///
/// # Errors
/// What libtorch says, which compares.
pub fn evaluate(
    catalog: &Catalog,
    pictures: &[(PathBuf, String, Appearance)],
    progress: &mut dyn Progress,
) -> Result<IdentityFigures, IdentityError> {
    let (mut right, mut wrong, mut ms, mut confused) = (vec![], vec![], vec![], vec![]);
    for (at, (file, sku, appearance)) in pictures.iter().enumerate() {
        let start = Instant::now();
        let compared = catalog.compare(std::slice::from_ref(appearance), MayBe::Any)?;
        ms.push(start.elapsed().as_secs_f64() * 1e3);
        for other in catalog.skus() {
            // Of many SKUs the item was compared with the likeliest only.
            let same = compared.same_item(other).unwrap_or(0.0);
            if other == sku { right.push(same) } else { wrong.push(same) }
        }
        let best = compared.ranked().into_iter().next();
        confused.extend(best.filter(|best| best.sku != *sku).map(|taken_for| Confused {
            file: file.clone(),
            sku: sku.clone(),
            taken_for,
        }));
        progress.step(at + 1, pictures.len(), "comparing");
    }
    let correct = pictures.len() - confused.len();
    ms.sort_by(f64::total_cmp);
    right.sort_by(f64::total_cmp);
    Ok(IdentityFigures {
        pictures: pictures.len(),
        skus: catalog.skus().count(),
        top1: correct as f64 / pictures.len().max(1) as f64,
        top1_interval: wilson(correct, pictures.len()),
        at_refusal: REFUSED.iter().filter_map(|share| at_refusal(&right, &wrong, *share)).collect(),
        compare_ms: ms.get(ms.len() / 2).copied().unwrap_or_default(),
        confused,
    })
}

/// `right` and `wrong` are the probabilities given to expectations that are so, rising, and that are not.
fn at_refusal(right: &[f64], wrong: &[f64], refused: f64) -> Option<AtRefusal> {
    let threshold = *right.get((refused * right.len() as f64) as usize)?;
    let accepted = wrong.iter().filter(|same| **same >= threshold).count();
    let falsely_accepted = accepted as f64 / wrong.len().max(1) as f64;
    Some(AtRefusal { refused, threshold, falsely_accepted })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use base::progress::Silent;

    fn words(word: &str) -> Appearance {
        Appearance { words: BTreeMap::from([(word.to_owned(), 1.0)]), ..Appearance::default() }
    }

    #[test]
    fn pictures_are_right_confused_or_of_a_sku_that_nobody_knows() {
        let mut catalog = Catalog::new();
        catalog.learn("milk", &[words("lettmelk")]).unwrap();
        catalog.learn("tea", &[words("darjeeling")]).unwrap();
        let picture = |sku: &str, word| (PathBuf::from(word), sku.to_owned(), words(word));
        let pictures =
            [picture("milk", "lettmelk"), picture("tea", "lettmelk"), picture("rum", "darjeeling")];
        let found = evaluate(&catalog, &pictures, &mut Silent).unwrap();
        assert_eq!((found.pictures, found.skus, found.confused.len()), (3, 2, 2));
        assert!((found.top1 - 1.0 / 3.0).abs() < 1e-9);
        assert_eq!(found.confused[0].taken_for.sku, "milk");
        assert_eq!(found.at_refusal.len(), 2);
        assert!(evaluate(&catalog, &[], &mut Silent).unwrap().at_refusal.is_empty());
    }

    #[test]
    fn the_threshold_refuses_the_share_and_counts_the_strangers_above_it() {
        let right: Vec<f64> = (0..100).map(|n| f64::from(n) / 100.0).collect();
        let found = at_refusal(&right, &[0.0, 0.04, 0.05, 0.9], 0.05).unwrap();
        assert_eq!((found.threshold, found.falsely_accepted), (0.05, 0.5));
    }
}
