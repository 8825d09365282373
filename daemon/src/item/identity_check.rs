//! **The identity check**: whether an item looks like what it is supposed to be, where no code said so.
//!
//! A pure function.

use identity::Compared;
use line::protocol::Check;

use crate::item::identification::{Claim, Source};
use crate::records::record::Finding;

/// From this probability on another SKU is named as what the item is.
const NAMED: f64 = 0.5;

/// What comparing an item with the catalogue says about whether it is `sku`; it speaks against the item where
/// that is less probable than `divert_below`. `None` where the catalogue does not have the SKU.
pub fn check(compared: &Compared, sku: &str, divert_below: f64) -> Option<Finding> {
    let same = compared.same_item(sku)?;
    let words = if same >= divert_below {
        format!("looks like {sku} ({same:.2})")
    } else {
        let other = compared.ranked().into_iter().find(|ranked| ranked.sku != sku);
        match other.filter(|other| other.probability >= NAMED) {
            Some(other) => format!("looks like {}, not like {sku} ({same:.3})", other.sku),
            None => format!("does not look like {sku} ({same:.3})"),
        }
    };
    Some(Finding {
        score: (1.0 - same) as f32,
        threshold: (1.0 - divert_below) as f32,
        ..Finding::fact(Check::Identity, None, words)
    })
}

/// What an item's looks, compared with all SKUs of the catalogue, say that it is: the most probable SKU, if its
/// probability is at least `certain_from`.
pub fn claim(compared: Option<Result<Compared, String>>, certain_from: f64) -> Claim {
    let compared = match compared {
        Some(Ok(compared)) => compared,
        Some(Err(cause)) => {
            return Claim::none(Source::Looks, &format!("they could not be compared: {cause}"));
        }
        None => return Claim::none(Source::Looks, "there is no catalogue to compare them with"),
    };
    let ranked = compared.ranked();
    match ranked.first() {
        Some(first) if first.probability >= certain_from => {
            let said = Some(format!("{:.2}", first.probability));
            Claim { said, ..Claim::of(Source::Looks, &first.sku) }
        }
        Some(first) => {
            let (sku, probability) = (&first.sku, first.probability);
            let words =
                format!("nothing in the catalogue is alike; {sku} is nearest ({probability:.2})");
            Claim::none(Source::Looks, &words)
        }
        None => Claim::none(Source::Looks, "the catalogue has nothing that may come"),
    }
}

#[cfg(test)]
mod tests {
    use identity::Comparison;

    use super::*;

    /// An item of which so many points are like tea's and coffee's; of many, the colours agree.
    fn compared(tea: f32, coffee: f32) -> Compared {
        let seen = |points: f32| {
            let chroma = if points > 10.0 { 0.8 } else { 0.0 };
            Comparison { points, chroma, votes: points, ..Comparison::default() }
        };
        Compared::new([("tea".to_owned(), seen(tea)), ("coffee".to_owned(), seen(coffee))])
    }

    #[test]
    fn the_expected_item_is_told_and_speaks_for_nothing_else() {
        let finding = check(&compared(80.0, 2.0), "tea", 0.05).unwrap();
        assert!(!finding.exceeds(), "{finding:?}");
        assert_eq!(finding.words, "looks like tea (1.00)");
    }

    #[test]
    fn another_item_is_named_where_it_is_recognised() {
        let finding = check(&compared(1.0, 80.0), "tea", 0.05).unwrap();
        assert!(finding.exceeds() && finding.check == Check::Identity, "{finding:?}");
        assert!(finding.words.starts_with("looks like coffee, not like tea"), "{}", finding.words);
    }

    #[test]
    fn a_stranger_is_not_what_was_expected() {
        let finding = check(&compared(0.0, 0.0), "tea", 0.05).unwrap();
        assert!(finding.exceeds(), "{finding:?}");
        assert!(finding.words.starts_with("does not look like tea"), "{}", finding.words);
        assert!(!check(&compared(0.0, 0.0), "tea", 0.0).unwrap().exceeds(), "0 diverts nothing");
        assert_eq!(check(&compared(0.0, 0.0), "rum", 0.05), None);
    }

    #[test]
    fn among_all_skus_only_a_certain_one_names_the_item() {
        let told = claim(Some(Ok(compared(80.0, 2.0))), 0.75);
        assert_eq!((told.skus, told.problem), (vec!["tea".to_owned()], None));
        let unsure = claim(Some(Ok(compared(0.0, 0.0))), 0.95);
        assert!(unsure.skus.is_empty(), "{unsure:?}");
        assert!(unsure.problem.expect("why").contains("nothing in the catalogue is alike"));
        let broken = claim(Some(Err("the file is gone".to_owned())), 0.95);
        assert!(broken.problem.expect("why").contains("the file is gone"));
    }
}
