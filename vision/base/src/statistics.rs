//! **Statistics** of shares and ranks.

/// Half the width of the middle 95 % of a normal distribution, in standard deviations.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// The 95 % interval of a share of which `count` of `of` were seen (Wilson, *J. Am. Stat. Assoc.* 22,
/// 1927): also sensible for none or all of a few. 0 to 1 where nothing was seen.
pub fn wilson(count: usize, of: usize) -> [f64; 2] {
    if of == 0 {
        return [0.0, 1.0];
    }
    let (n, p) = (of as f64, count as f64 / of as f64);
    let z2 = Z_95 * Z_95;
    let middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let reach = Z_95 * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt() / (1.0 + z2 / n);
    [(middle - reach).max(0.0), (middle + reach).min(1.0)]
}

/// Area under the ROC curve; `None` where one kind is missing.
pub fn auroc(good: &[f64], defective: &[f64]) -> Option<f64> {
    if good.is_empty() || defective.is_empty() {
        return None;
    }
    let mut sorted = good.to_vec();
    sorted.sort_by(f64::total_cmp);
    let won: f64 = defective
        .iter()
        .map(|score| {
            let below = sorted.partition_point(|good| good < score);
            let not_above = sorted.partition_point(|good| good <= score);
            below as f64 + (not_above - below) as f64 / 2.0
        })
        .sum();
    Some(won / (good.len() * defective.len()) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 5e-4, "{found}, not {expected}");
    }

    #[test]
    fn wilsons_interval_is_that_of_the_tables() {
        // Newcombe, Statistics in Medicine 17, 1998, table I: 15 of 148 and 0 of 20.
        let [low, high] = wilson(15, 148);
        close(low, 0.0624);
        close(high, 0.1605);
        let [low, high] = wilson(0, 20);
        close(low, 0.0);
        close(high, 0.1611);
        assert_eq!(wilson(0, 0), [0.0, 1.0]);
    }
}
