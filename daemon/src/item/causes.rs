//! Why items were not inspected, counted by **cause**: in a bounded number of causes.
//!
//! A cause quotes what a library, a device or a label said, and so there may be ever new ones. They go into
//! the page's status and each makes an alert. Beyond [`CAUSES_MAX`] a new one counts as [`OTHERS`]; the
//! item's own record keeps it in full.

use std::collections::BTreeMap;

/// Causes that are counted apart: far more than anybody reads.
pub const CAUSES_MAX: usize = 64;

/// What all further causes count as.
pub const OTHERS: &str = "other causes, see the items' records";

/// Counts `items` that were not inspected for `cause`.
pub fn count(counts: &mut BTreeMap<String, u64>, cause: &str, items: u64) {
    if let Some(known) = counts.get_mut(cause) {
        *known += items;
        return;
    }
    let is_room = counts.len() + usize::from(!counts.contains_key(OTHERS)) < CAUSES_MAX;
    let cause = if is_room { cause } else { OTHERS };
    *counts.entry(cause.to_owned()).or_default() += items;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ever_new_causes_are_counted_together_and_no_item_is_left_out() {
        let mut counts = BTreeMap::new();
        for item in 0..10_000 {
            count(&mut counts, &format!("camera error {item}"), 1);
            count(&mut counts, "too late", 1);
        }
        assert_eq!(counts.len(), CAUSES_MAX);
        assert_eq!(counts.values().sum::<u64>(), 20_000);
        assert_eq!(counts["too late"], 10_000, "what comes early keeps its own count");
        assert_eq!(counts[OTHERS], 10_000 - (CAUSES_MAX as u64 - 2));
    }
}
