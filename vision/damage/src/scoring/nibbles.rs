//! **Nibbles**: a matrix in 4 bits a number, in which a memory keeps its tokens. A number is a whole one from
//! -7 to 7 times the **step**, which is one for the whole matrix.
//!
//! The step is given in units of the numbers' root mean square. A coarse one is enough: a distance sums over
//! tens of numbers, whose errors are independent of each other, and they make every distance larger by about
//! the same, of normal views and of damaged ones. With 2, most numbers become -1, 0 or 1, so that zlib packs
//! the file to a third of that (docs/measurements/references.md).
//!
//! Scoring computes with what is kept here and with nothing finer, so that a reference that was loaded judges
//! as the one that was learned.

use tch::{TchError, Tensor};

/// The largest code; what is larger counts as that.
pub(super) const CODE_MAX: f32 = 7.0;
/// What is added to a code to make a nibble.
const ZERO: u8 = 8;

/// A matrix of 4-bit numbers, row by row, each row from the start of a byte.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Nibbles {
    columns: usize,
    step: f32,
    /// The first of two numbers in the lower half of the byte; a last one alone has a zero above.
    packed: Vec<u8>,
}

impl Nibbles {
    /// `numbers`, row by row, with a step of so many times their root mean square; `None` where one is no
    /// number, or the rows are not whole.
    pub fn of(numbers: &[f32], columns: usize, step: f64) -> Option<Nibbles> {
        let squares: f64 = numbers.iter().map(|number| f64::from(*number).powi(2)).sum();
        let root = (squares / numbers.len() as f64).sqrt();
        Nibbles::with_step(numbers, columns, (step * root) as f32)
    }

    /// The same with this step, so that numbers that had it before stay as they are.
    pub fn with_step(numbers: &[f32], columns: usize, step: f32) -> Option<Nibbles> {
        let whole = columns > 0 && !numbers.is_empty() && numbers.len().is_multiple_of(columns);
        if !whole || !numbers.iter().all(|number| number.is_finite()) {
            return None;
        }
        let nibble = |number: &f32| {
            let code = if step > 0.0 { number / step } else { 0.0 };
            (code.round().clamp(-CODE_MAX, CODE_MAX) as i8 + ZERO as i8).cast_unsigned()
        };
        let pair = |two: &[f32]| nibble(&two[0]) | two.get(1).map_or(ZERO, nibble) << 4;
        let packed = numbers.chunks(columns).flat_map(|row| row.chunks(2).map(pair)).collect();
        Nibbles::new(columns, step, packed)
    }

    /// A matrix of these parts; `None` where they do not fit together or the step is no number.
    pub fn new(columns: usize, step: f32, packed: Vec<u8>) -> Option<Nibbles> {
        let fits =
            columns > 0 && !packed.is_empty() && packed.len().is_multiple_of(columns.div_ceil(2));
        (fits && step.is_finite() && step >= 0.0).then_some(Nibbles { columns, step, packed })
    }

    /// Numbers in a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.packed.len() / self.columns.div_ceil(2)
    }

    /// The step, and the packed numbers.
    pub fn parts(&self) -> (f32, &[u8]) {
        (self.step, &self.packed)
    }

    /// These columns alone, with the same step; `None` where there are none.
    pub fn only(&self, columns: &[i64]) -> Option<Nibbles> {
        let nibble = |row: &[u8], at: i64| (row[at as usize / 2] >> (4 * (at % 2))) & 15;
        let rows = self.packed.chunks_exact(self.columns.div_ceil(2));
        let packed = rows.flat_map(|row| {
            columns.chunks(2).map(|two| {
                nibble(row, two[0]) | two.get(1).map_or(ZERO, |at| nibble(row, *at)) << 4
            })
        });
        Nibbles::new(columns.len(), self.step, packed.collect())
    }

    /// The numbers, `[rows, columns]`.
    pub fn tensor(&self) -> Result<Tensor, TchError> {
        let number = |nibble: usize| (nibble as f32 - f32::from(ZERO)) * self.step;
        let pairs: [[f32; 2]; 256] =
            std::array::from_fn(|byte| [number(byte & 15), number(byte >> 4)]);
        let all: Vec<[f32; 2]> = self.packed.iter().map(|byte| pairs[usize::from(*byte)]).collect();
        // One number more a row where the last byte is half empty: it is left out below.
        let wide = 2 * self.columns.div_ceil(2);
        Tensor::f_from_slice(all.as_flattened())?
            .f_view([self.rows() as i64, wide as i64])?
            .f_narrow(1, 0, self.columns as i64)?
            .f_contiguous()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn floats(nibbles: &Nibbles) -> Vec<f32> {
        Vec::try_from(&nibbles.tensor().unwrap().flatten(0, -1)).unwrap()
    }

    proptest! {
        #[test]
        fn a_number_is_off_by_half_a_step_at_most_unless_it_is_beyond_the_largest(
            numbers in prop::collection::vec(-50f32..50.0, 15),
        ) {
            for columns in [3, 5] {
                let nibbles = Nibbles::of(&numbers, columns, 2.0).unwrap();
                prop_assert_eq!((nibbles.rows(), nibbles.columns()), (15 / columns, columns));
                let (step, packed) = nibbles.parts();
                for (was, is) in numbers.iter().zip(floats(&nibbles)) {
                    let within = was.clamp(-7.0 * step, 7.0 * step);
                    prop_assert!((within - is).abs() <= 0.501 * step, "{was} {is} {step}");
                }
                let again = Nibbles::new(columns, step, packed.to_vec());
                prop_assert_eq!(again.as_ref(), Some(&nibbles));
            }
        }

        #[test]
        fn some_columns_alone_are_what_they_were(
            numbers in prop::collection::vec(-50f32..50.0, 14),
            columns in prop::collection::vec(0i64..7, 1..9),
        ) {
            let all = Nibbles::of(&numbers, 7, 2.0).unwrap();
            let some = all.only(&columns).unwrap();
            let all = floats(&all);
            let expected: Vec<f32> =
                (0..2).flat_map(|row| columns.iter().map(move |at| (row, *at)))
                    .map(|(row, at)| all[7 * row + at as usize])
                    .collect();
            prop_assert_eq!(floats(&some), expected);
        }
    }

    #[test]
    fn what_is_no_number_or_no_matrix_is_refused() {
        assert!(Nibbles::of(&[f32::NAN, 1.0], 2, 2.0).is_none());
        assert!(Nibbles::of(&[f32::INFINITY, 1.0], 2, 2.0).is_none());
        assert!(Nibbles::of(&[1.0, 2.0, 3.0], 2, 2.0).is_none());
        assert!(Nibbles::of(&[], 2, 2.0).is_none());
        assert!(Nibbles::of(&[1.0; 4], 2, 2.0).unwrap().only(&[]).is_none());
        assert!(Nibbles::new(3, 1.0, vec![0; 3]).is_none());
        assert!(Nibbles::new(3, f32::NAN, vec![0; 4]).is_none());
        assert_eq!(floats(&Nibbles::of(&[0.0; 4], 2, 2.0).unwrap()), [0.0; 4]);
    }
}
