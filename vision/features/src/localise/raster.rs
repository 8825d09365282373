//! Sums over squares of pixels, and what can be made of them: blurring, opening.
//!
//! Everything counts in whole numbers, so that running sums stay exact and results are the same on
//! every machine. Beyond its border a raster goes on as its outermost pixels.

/// For each pixel the sum over the square that reaches `reach` pixels to every side of it.
///
/// `values` are rows of `width`; the caller keeps sums below 2^31.
pub(crate) fn square_sums<T>(values: &[T], width: usize, reach: usize) -> Vec<i32>
where
    T: Copy + Into<i32>,
{
    let height = values.len() / width;
    let mut rows = vec![0; values.len()];
    let mut padded = vec![0; width + 2 * reach];
    for (row, sums) in values.chunks_exact(width).zip(rows.chunks_exact_mut(width)) {
        padded[..reach].fill(row[0].into());
        let within = padded[reach..reach + width].iter_mut();
        within.zip(row).for_each(|(to, value)| *to = (*value).into());
        padded[reach + width..].fill(row[width - 1].into());
        let mut sum: i32 = padded[..2 * reach].iter().sum();
        for ((sums, enters), leaves) in sums.iter_mut().zip(&padded[2 * reach..]).zip(&padded) {
            sum += enters;
            *sums = sum;
            sum -= leaves;
        }
    }
    let row = |y: isize| {
        let start = y.clamp(0, height as isize - 1) as usize * width;
        &rows[start..start + width]
    };
    let reach = reach as isize;
    let mut sums = vec![0; width];
    for y in -reach..=reach {
        sums.iter_mut().zip(row(y)).for_each(|(sum, value)| *sum += value);
    }
    let mut squares = Vec::with_capacity(values.len());
    for y in 0..height as isize {
        squares.extend_from_slice(&sums);
        let (enters, leaves) = (row(y + reach + 1), row(y - reach));
        for ((sum, enters), leaves) in sums.iter_mut().zip(enters).zip(leaves) {
            *sum += enters - leaves;
        }
    }
    squares
}

/// `values` blurred by three passes of 3 x 3, which is nearly a bell of 1.4 pixels, and multiplied
/// by 9^3.
pub(super) fn blurred(values: &[i32], width: usize) -> Vec<i32> {
    let once = square_sums(values, width, 1);
    square_sums(&square_sums(&once, width, 1), width, 1)
}

/// What of `inside` a square that reaches `reach` pixels to every side of its middle can cover
/// without leaving it: threads and specks go, edges stay where they are.
pub(crate) fn opened(inside: &[bool], width: usize, reach: usize) -> Vec<bool> {
    let full = (2 * reach as i32 + 1).pow(2);
    let kept = square_sums(inside, width, reach);
    let kept: Vec<bool> = kept.into_iter().map(|sum| sum == full).collect();
    square_sums(&kept, width, reach).into_iter().map(|sum| sum > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn running_sums_are_the_sums_over_each_square(
            width in 1usize..9, values in prop::collection::vec(-50i32..50, 9..60), reach in 0usize..4,
        ) {
            let height = values.len() / width;
            let values = &values[..width * height];
            let at = |x: isize, y: isize| {
                let x = x.clamp(0, width as isize - 1) as usize;
                values[y.clamp(0, height as isize - 1) as usize * width + x]
            };
            let sums = square_sums(values, width, reach);
            let reach = reach as isize;
            for (i, sum) in sums.iter().enumerate() {
                let (x, y) = ((i % width) as isize, (i / width) as isize);
                let square = (-reach..=reach)
                    .flat_map(|v| (-reach..=reach).map(move |u| at(x + u, y + v)));
                prop_assert_eq!(*sum, square.sum::<i32>());
            }
            prop_assert_eq!(sums.len(), values.len());
        }
    }

    #[test]
    fn opening_removes_threads_and_keeps_blocks() {
        // A block of 6 x 6 with a thread 2 pixels wide hanging from it.
        let inside = |x, y| {
            (3..9).contains(&x) && (3..9).contains(&y)
                || (9..18).contains(&x) && (4..6).contains(&y)
        };
        let pixels: Vec<bool> = (0..20 * 12).map(|at| inside(at % 20, at / 20)).collect();
        let opened = opened(&pixels, 20, 2);
        let block = |at: usize| (3..9).contains(&(at % 20)) && (3..9).contains(&(at / 20));
        assert!((0..opened.len()).all(|at| opened[at] == block(at)));
    }
}
