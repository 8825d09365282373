//! Which of many references are kept: few enough to be compared in time, and those that show most of what
//! the others show.
//!
//! A reference *covers* another by the key points that agree between them, those in its middle most. References are taken
//! one by one, each time the one that adds most cover over all (greedy facility location; at least 63 % of
//! the best choice, G. Nemhauser, L. Wolsey, M. Fisher 1978).

use tch::TchError;

use super::{Reference, weights};

/// References kept of a SKU, beside its catalogue pictures. Comparing a view with one takes about 2 ms.
pub(super) const KEPT: usize = 8;

/// The references to keep.
pub(super) fn choose(mut references: Vec<Reference>) -> Result<Vec<Reference>, TchError> {
    if references.len() <= KEPT {
        return Ok(references);
    }
    let chosen = greedy(&cover(&references)?, KEPT);
    let mut at = 0..;
    // Catalogue pictures show nothing but the item.
    references.retain(|one| at.next().is_some_and(|at| chosen.contains(&at)) || one.item.is_some());
    Ok(references)
}

/// How much each reference (row) covers each (column), from 0 up.
fn cover(references: &[Reference]) -> Result<Vec<Vec<f32>>, TchError> {
    let mut cover = vec![vec![0.0; references.len()]; references.len()];
    let weights: Vec<Vec<f32>> =
        references.iter().map(|one| weights(&one.points, &one.colours)).collect();
    for (i, one) in references.iter().enumerate() {
        // A picture covers itself as well as its number of points allows, not more than any other would.
        cover[i][i] = (1.0 + one.points.len() as f32).ln();
        for (j, other) in references.iter().enumerate().skip(i + 1) {
            let Some(nearest) = other.rows.nearest(&one.rows)? else { continue };
            let seen = one.agreement(&other.points, &weights[j], &nearest);
            let covered = seen.map_or(0.0, |seen| seen.points).ln_1p();
            (cover[i][j], cover[j][i]) = (covered, covered);
        }
    }
    Ok(cover)
}

/// `count` rows that together cover most: each column counts by its best row.
fn greedy(cover: &[Vec<f32>], count: usize) -> Vec<usize> {
    let mut best = vec![0.0f32; cover.len()];
    let mut taken: Vec<usize> = Vec::new();
    while taken.len() < count.min(cover.len()) {
        let gain = |row: usize| -> f32 {
            cover[row].iter().zip(&best).map(|(value, best)| (value - best).max(0.0)).sum()
        };
        let left = (0..cover.len()).filter(|row| !taken.contains(row));
        let Some(next) = left.max_by(|&a, &b| gain(a).total_cmp(&gain(b))) else { break };
        for (best, value) in best.iter_mut().zip(&cover[next]) {
            *best = best.max(*value);
        }
        taken.push(next);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::greedy;

    #[test]
    fn one_of_each_group_is_taken_before_a_second_of_any() {
        let group = [0, 0, 0, 1, 1, 2];
        let cover: Vec<Vec<f32>> = group
            .iter()
            .map(|a| group.iter().map(|b| if a == b { 3.0 } else { 0.1 }).collect())
            .collect();
        let taken = greedy(&cover, 3);
        let mut groups: Vec<i32> = taken.iter().map(|&row| group[row]).collect();
        groups.sort_unstable();
        assert_eq!(groups, [0, 1, 2]);
    }

    #[test]
    fn more_than_there_are_takes_all() {
        assert_eq!(greedy(&[vec![1.0, 0.0], vec![0.0, 1.0]], 9).len(), 2);
        assert!(greedy(&[], 9).is_empty());
    }
}
