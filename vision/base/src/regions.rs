//! **Regions**: cells or pixels that hang together, also over a corner.

/// For each pixel of a raster with rows of `width` 0 outside, or the number of its region: 1, 2, ... in
/// the order in which they are met. The function of `imageproc` panics on rasters of one column.
pub fn regions(inside: &[bool], width: usize) -> Vec<u32> {
    let mut labels = vec![0; inside.len()];
    let mut last = 0;
    let mut reached = Vec::new();
    for start in 0..inside.len() {
        if !inside[start] || labels[start] > 0 {
            continue;
        }
        last += 1;
        labels[start] = last;
        reached.push(start);
        while let Some(at) = reached.pop() {
            let (x, y) = (at % width, at / width);
            for row in y.saturating_sub(1)..=(y + 1).min(inside.len() / width - 1) {
                for column in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                    let next = row * width + column;
                    if inside[next] && labels[next] == 0 {
                        labels[next] = last;
                        reached.push(next);
                    }
                }
            }
        }
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[&str]) -> Vec<u32> {
        let inside: Vec<bool> = rows.concat().bytes().map(|byte| byte == b'#').collect();
        regions(&inside, rows.first().map_or(1, |row| row.len()))
    }

    #[test]
    fn what_touches_at_a_corner_hangs_together_and_what_does_not_is_apart() {
        assert_eq!(of(&["#..", ".#.", "..#"]).iter().max(), Some(&1));
        assert_eq!(of(&["#.#", "#.#", "#.."]), [1, 0, 2, 1, 0, 2, 1, 0, 0]);
        assert_eq!(of(&["###", "#.#", "###"]).iter().filter(|label| **label == 1).count(), 8);
    }

    #[test]
    fn rasters_of_one_row_or_column_and_empty_ones_have_regions_too() {
        assert_eq!(of(&["#.##"]), [1, 0, 2, 2]);
        assert_eq!(of(&["#", "#", ".", "#"]), [1, 1, 0, 2]);
        assert_eq!(of(&[]), [0; 0]);
    }
}
