//! **Nearest descriptors**: for each key point of a view, the ones of a reference that look most like it.
//!
//! Descriptors have the length 1, so all scalar products of two pictures are one product of matrices, and
//! the squared distance is `2 - 2 * product`. A number is kept in one byte, a quarter of the memory.

use tch::{Kind, TchError, Tensor};

use super::keypoints::{DESCRIPTOR, KeyPoints};

/// A byte of 255 stands for this number; larger ones do not occur but on patterns made for it.
const LARGEST: f32 = 0.5;

/// The descriptors of a picture as a matrix of bytes, one row each.
#[derive(Debug)]
pub struct Rows(Tensor);

impl Clone for Rows {
    /// The same numbers, shared.
    fn clone(&self) -> Self {
        Self(self.0.shallow_clone())
    }
}

/// For each key point of a view, its nearest in a reference.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearest {
    /// Which of the reference's it is.
    pub index: Vec<i64>,
    /// The squared distance of the descriptors, 0 to 4.
    pub first: Vec<f32>,
    /// The squared distance to the second nearest.
    pub second: Vec<f32>,
}

impl Rows {
    /// The descriptors of these key points.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn of(points: &KeyPoints) -> Result<Self, TchError> {
        let byte = |value: &f32| (value / LARGEST * 255.0).round() as u8;
        Self::of_bytes(&points.descriptors.iter().map(byte).collect::<Vec<u8>>())
    }

    /// Of the bytes that [`Rows::bytes`] gave; what does not fill a row at the end is left out.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, TchError> {
        let count = bytes.len() / DESCRIPTOR;
        let rows = Tensor::f_from_slice(&bytes[..count * DESCRIPTOR])?;
        Ok(Self(rows.f_view([count as i64, DESCRIPTOR as i64])?))
    }

    /// The bytes, row by row.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn bytes(&self) -> Result<Vec<u8>, TchError> {
        Vec::try_from(self.0.f_view([-1])?)
    }

    /// The numbers, row by row.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn floats(&self) -> Result<Vec<f32>, TchError> {
        Vec::try_from(self.numbers()?.f_view([-1])?)
    }

    fn numbers(&self) -> Result<Tensor, TchError> {
        self.0.f_to_kind(Kind::Float)?.f_mul_scalar(f64::from(LARGEST) / 255.0)
    }

    /// The nearest of `reference` for each of these; `None` where either side has too few for a first and a
    /// second.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn nearest(&self, reference: &Rows) -> Result<Option<Nearest>, TchError> {
        if self.0.size()[0] < 1 || reference.0.size()[0] < 2 {
            return Ok(None);
        }
        tch::no_grad(|| {
            let mut products =
                self.numbers()?.f_matmul(&reference.numbers()?.f_transpose(0, 1)?)?;
            let (first, index) = products.f_max_dim(1, true)?;
            let products = products.f_scatter_value_(1, &index, -1.0)?;
            let second = products.f_amax([1i64].as_slice(), false)?;
            Ok(Some(Nearest {
                index: Vec::try_from(index.f_view([-1])?)?,
                first: distances(&first.f_view([-1])?)?,
                second: distances(&second)?,
            }))
        })
    }
}

fn distances(products: &Tensor) -> Result<Vec<f32>, TchError> {
    Vec::try_from(products.f_mul_scalar(-2.0)?.f_add_scalar(2.0)?.f_clamp_min(0.0)?)
}
