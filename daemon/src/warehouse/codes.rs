//! What a code means: the SKUs that the warehouse's lists have for it.

use damage::scoring::ReferenceKey;
use meaning::gs1::gtin::normalise;
use vision::config::UnlistedCodes;

use crate::warehouse::expectations::Expectations;

/// The SKUs that these GTINs of 14 digits mean, or else the one that is called `said`. Codes that no list has are
/// nothing, or the names of SKUs, as `unlisted` says.
pub fn skus_of(
    known: &Expectations,
    said: &str,
    gtins: &[String],
    unlisted: UnlistedCodes,
) -> Vec<String> {
    let said = said.trim();
    let mut skus: Vec<String> =
        gtins.iter().filter_map(|gtin| known.sku_of(gtin)).map(str::to_owned).collect();
    if skus.is_empty() && known.of(said).is_some() {
        skus.push(said.to_owned());
    }
    if skus.is_empty() && unlisted == UnlistedCodes::Sku {
        let names = if gtins.is_empty() { vec![said.to_owned()] } else { gtins.to_vec() };
        // A name that cannot be a folder's is none.
        skus.extend(names.into_iter().filter(|name| ReferenceKey::new(name, "view").is_ok()));
    }
    skus.sort();
    skus.dedup();
    skus
}

/// The GTIN of 14 digits that a bare text is: 8, 12, 13 or 14 digits with their check digit.
pub fn gtins_of(said: &str) -> Vec<String> {
    normalise(said.trim()).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use meaning::expectation::Expectation;

    use super::*;
    use crate::warehouse::expectations::{Catalogue, Source};

    fn known() -> Expectations {
        let item = |sku: &str, gtin: Option<&str>| Expectation {
            sku: sku.to_owned(),
            gtin: gtin.map(str::to_owned),
            ..Expectation::default()
        };
        let items = [item("tea", Some("04006381333931")), item("rum", None)];
        let mut known = Expectations::default();
        let _ = known.replace(Source::File, Arc::new(Catalogue::new(items)));
        known
    }

    #[test]
    fn a_code_means_the_sku_with_its_gtin_or_the_one_of_that_name() {
        let of = |said: &str| skus_of(&known(), said, &gtins_of(said), UnlistedCodes::Unknown);
        assert_eq!(of("4006381333931"), ["tea"]);
        assert_eq!(of(" rum "), ["rum"]);
        assert!(of("4006381333932").is_empty(), "its check digit is wrong");
        assert!(of("96385074").is_empty(), "no list has it");
        let two = ["04006381333931".to_owned(), "00000096385074".to_owned()];
        assert_eq!(skus_of(&known(), "", &two, UnlistedCodes::Unknown), ["tea"]);
    }

    #[test]
    fn a_code_that_no_list_has_may_be_a_sku_of_its_own_if_it_can_name_a_folder() {
        let of = |said: &str| skus_of(&known(), said, &gtins_of(said), UnlistedCodes::Sku);
        assert_eq!(of("96385074"), ["00000096385074"]);
        assert_eq!(of("KX-11"), ["KX-11"]);
        assert!(of("../etc").is_empty() && of("").is_empty());
        assert_eq!(of("4006381333931"), ["tea"], "a list has it");
    }
}
