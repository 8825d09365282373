//! **Coded numbers**: a matrix in 8 bits a number, as a reference keeps metrics and clouds, in memory and on
//! disk. A number is a whole one from -127 to 127 times the **step** of its row.
//!
//! Scoring computes with what is kept here and with nothing finer, so that a reference that was loaded judges
//! as the one that was learned. Nothing here is a tensor: several threads may use one reference.

use tch::{TchError, Tensor};

/// The largest code.
const CODE_MAX: f32 = 127.0;

/// A matrix of coded numbers, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Coded {
    columns: usize,
    /// One a row; none is negative.
    steps: Vec<f32>,
    codes: Vec<i8>,
}

impl Coded {
    /// A matrix of these parts; `None` where they do not fit together or a step is no number.
    pub fn new(columns: usize, steps: Vec<f32>, codes: Vec<i8>) -> Option<Coded> {
        let whole = columns > 0 && !codes.is_empty() && codes.len().is_multiple_of(columns);
        let fits = whole && steps.len() == codes.len() / columns;
        let numbers = steps.iter().all(|step| step.is_finite() && *step >= 0.0);
        (fits && numbers).then_some(Coded { columns, steps, codes })
    }

    /// `numbers`, row by row; `None` where one is no number, or the rows are not whole.
    pub fn of(numbers: &[f32], columns: usize) -> Option<Coded> {
        let rows = numbers.chunks(columns.max(1));
        let steps: Vec<f32> = rows.clone().map(step_of).collect();
        let codes: Option<Vec<Vec<i8>>> =
            rows.zip(&steps).map(|(row, step)| codes_of(row, *step)).collect();
        Coded::new(columns, steps, codes?.concat())
    }

    /// Numbers in a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.codes.len() / self.columns
    }

    /// The steps, and the codes row by row.
    pub fn parts(&self) -> (&[f32], &[i8]) {
        (&self.steps, &self.codes)
    }

    /// Room in memory, in bytes.
    pub fn bytes(&self) -> usize {
        self.codes.len() + size_of_val(self.steps.as_slice())
    }

    /// The step of a row.
    pub fn step(&self, row: usize) -> f32 {
        self.steps[row]
    }

    /// The codes of a row.
    pub fn row(&self, row: usize) -> &[i8] {
        &self.codes[row * self.columns..][..self.columns]
    }

    /// The numbers, `[rows, columns]`.
    pub fn tensor(&self) -> Result<Tensor, TchError> {
        let shape = [self.rows() as i64, self.columns as i64];
        let codes = Tensor::f_from_slice(&self.codes)?.f_view(shape)?;
        let steps = Tensor::f_from_slice(&self.steps)?.f_unsqueeze(1)?;
        codes.f_to_kind(tch::Kind::Float)?.f_mul(&steps)
    }
}

fn step_of(numbers: &[f32]) -> f32 {
    numbers.iter().fold(0.0f32, |largest, number| largest.max(number.abs())) / CODE_MAX
}

/// `None` where a number is none, or too large.
fn codes_of(numbers: &[f32], step: f32) -> Option<Vec<i8>> {
    let code = |number: &f32| {
        let code = if step > 0.0 { number / step } else { 0.0 };
        (number.is_finite() && step.is_finite())
            .then(|| code.round().clamp(-CODE_MAX, CODE_MAX) as i8)
    };
    numbers.iter().map(code).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn floats(coded: &Coded) -> Vec<f32> {
        Vec::try_from(&coded.tensor().unwrap().view(-1)).unwrap()
    }

    proptest! {
        #[test]
        fn a_coded_number_is_off_by_half_a_step_at_most(
            numbers in prop::collection::vec(-1e4f32..1e4, 12),
        ) {
            let coded = Coded::of(&numbers, 4).unwrap();
            for (at, (was, is)) in numbers.iter().zip(floats(&coded)).enumerate() {
                let step = coded.step(at / 4);
                prop_assert!((was - is).abs() <= 0.501 * step, "{was} {is} {step}");
            }
        }
    }

    #[test]
    fn rows_of_different_sizes_have_steps_of_their_own() {
        let coded = Coded::of(&[1000.0, -500.0, 0.001, 0.0005], 2).unwrap();
        assert_eq!((coded.rows(), coded.columns()), (2, 2));
        assert_eq!(coded.row(0), [127, -64]);
        assert_eq!(coded.row(1), [127, 64]);
    }

    #[test]
    fn what_is_no_number_or_no_matrix_is_refused() {
        assert!(Coded::of(&[f32::NAN, 1.0], 2).is_none());
        assert!(Coded::of(&[f32::INFINITY, 1.0], 2).is_none());
        assert!(Coded::of(&[1.0, 2.0, 3.0], 2).is_none());
        assert!(Coded::of(&[], 2).is_none());
        assert!(Coded::new(2, vec![1.0; 3], vec![0; 4]).is_none());
        assert!(Coded::new(2, vec![1.0, -1.0], vec![0; 4]).is_none());
        assert_eq!(floats(&Coded::of(&[0.0; 4], 2).unwrap()), [0.0; 4]);
    }
}
