//! The **metric** of a patch member: the units in which it measures distances, so that what usually deviates
//! counts little. `patches` says where they come from.

use tch::{Kind, TchError, Tensor};

use super::coded::Coded;
use super::distance::squared_lengths;
use super::error::ScoringError;
use super::whitening::whitening;

/// Tokens whose nearest neighbours make the metric.
const METRIC_TOKENS: usize = 6000;
/// How far the covariance of differences is drawn towards equal spread.
const SHRINK: f64 = 0.2;
/// Added to each number's spread: one that never changes must not become a division by zero.
const SPREAD_MIN: f64 = 1e-3;
/// Rows per matrix product while neighbours are searched for the metric.
const CHUNK: i64 = 256;

/// In which units distances are measured.
///
/// Kept no finer than the file keeps it, so that a loaded reference judges as a learned one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Metric {
    units: Units,
    /// Where the middle of the normal tokens lies, in these units: what is remembered counts from there.
    middle: Vec<f32>,
}

/// What a token is multiplied by.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Units {
    /// Each number by itself.
    Each(Vec<f32>),
    /// By a square matrix.
    Together(Coded),
}

impl Metric {
    /// A metric of these parts; `None` where they do not fit together.
    pub(super) fn new(units: Units, middle: Vec<f32>) -> Option<Metric> {
        let numbers = middle.len();
        let (fits, finite) = match &units {
            Units::Each(units) => {
                (units.len() == numbers, units.iter().all(|unit| unit.is_finite()))
            }
            Units::Together(matrix) => ([matrix.rows(), matrix.columns()] == [numbers; 2], true),
        };
        let finite = finite && middle.iter().all(|number| number.is_finite());
        (fits && finite && numbers > 0).then_some(Metric { units, middle })
    }

    /// Units of these, `[numbers]` or `[numbers, numbers]`; the middle is at zero. `None` where one is no
    /// number.
    fn around_zero(units: &Tensor) -> Result<Option<Metric>, TchError> {
        let numbers = units.size().first().map_or(0, |numbers| *numbers as usize);
        let all = Vec::<f32>::try_from(&units.f_contiguous()?.f_flatten(0, -1)?)?;
        let units = match units.dim() {
            1 => Some(Units::Each(all)),
            _ => Coded::of(&all, numbers).map(Units::Together),
        };
        Ok(units.and_then(|units| Metric::new(units, vec![0.0; numbers])))
    }

    /// Units of these, `[numbers]` or `[numbers, numbers]`, around the middle of `tokens`.
    fn around(units: &Tensor, tokens: &Tensor) -> Result<Metric, ScoringError> {
        let torch = ScoringError::torch("learning a metric");
        let metric = Metric::around_zero(units).map_err(torch)?;
        let metric = metric.ok_or(ScoringError::NotFinite { what: "the metric" })?;
        let middle = middle_of(&metric.of(tokens)?)?;
        Metric::new(metric.units, middle).ok_or(ScoringError::NotFinite { what: "the metric" })
    }

    /// The metric of `tokens`, `[n, numbers]`, that are already in the units of `units`, `[numbers]` or
    /// `[numbers, numbers]`; and the tokens from their middle.
    pub(super) fn of_measured(
        units: &Tensor,
        tokens: &Tensor,
    ) -> Result<(Metric, Tensor), ScoringError> {
        let torch = || ScoringError::torch("loading a reference");
        let numbers = tokens.size2().map_err(torch())?.1;
        if !(1..=2).contains(&units.dim()) || units.size().iter().any(|side| *side != numbers) {
            return Err(ScoringError::NoNormals);
        }
        let middle = middle_of(tokens)?;
        let from_middle = Tensor::f_from_slice(&middle)
            .and_then(|middle| tokens.f_sub(&middle))
            .map_err(torch())?;
        let metric = Metric::around_zero(units).map_err(torch())?;
        let metric = metric
            .and_then(|metric| Metric::new(metric.units, middle))
            .ok_or(ScoringError::NotFinite { what: "the reference's metric" })?;
        Ok((metric, from_middle))
    }

    /// The units and the middle.
    pub(super) fn parts(&self) -> (&Units, &[f32]) {
        (&self.units, &self.middle)
    }

    /// Numbers of a token.
    pub(super) fn numbers(&self) -> usize {
        self.middle.len()
    }

    /// Room in memory, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let units = match &self.units {
            Units::Each(units) => size_of_val(units.as_slice()),
            Units::Together(matrix) => matrix.bytes(),
        };
        units + size_of_val(self.middle.as_slice())
    }

    /// `tokens` in these units, from the middle.
    pub(super) fn of(&self, tokens: &Tensor) -> Result<Tensor, ScoringError> {
        let measured = || {
            let measured = match &self.units {
                Units::Each(units) => tokens.f_mul(&Tensor::f_from_slice(units)?)?,
                Units::Together(matrix) => tokens.f_mm(&matrix.tensor()?)?,
            };
            measured.f_sub(&Tensor::f_from_slice(&self.middle)?)
        };
        tch::no_grad(measured).map_err(ScoringError::torch("measuring tokens"))
    }
}

/// The mean of `tokens`.
fn middle_of(tokens: &Tensor) -> Result<Vec<f32>, ScoringError> {
    let middle = tokens.f_mean_dim([0i64].as_slice(), false, Kind::Float);
    middle
        .and_then(|middle| Vec::<f32>::try_from(&middle))
        .map_err(ScoringError::torch("learning a metric"))
}

/// The metric of `tokens`, of which each belongs to the picture in `owners`.
pub(super) fn metric(
    tokens: &Tensor,
    owners: &[usize],
    full: bool,
) -> Result<Metric, ScoringError> {
    let torch = || ScoringError::torch("learning a metric");
    let single = || -> Result<Tensor, TchError> {
        let (spread, _) = tokens.f_std_mean_dim([0i64].as_slice(), false, false)?;
        spread.f_add_scalar(SPREAD_MIN)?.f_reciprocal()
    };
    let single = single().map_err(torch())?;
    if !full {
        return Metric::around(&single, tokens);
    }
    let numbers = single.size()[0] as usize;
    let differences = || -> Result<Vec<f64>, TchError> {
        let step = owners.len().div_ceil(METRIC_TOKENS) as i64;
        let chosen: Vec<i64> = (0..owners.len() as i64).step_by(step as usize).collect();
        let of: Vec<i64> = chosen.iter().map(|at| owners[*at as usize] as i64).collect();
        let tokens = tokens.f_index_select(0, &Tensor::f_from_slice(&chosen)?)?.f_mul(&single)?;
        let of = Tensor::f_from_slice(&of)?;
        let (squares, turned) = (squared_lengths(&tokens)?, tokens.f_transpose(0, 1)?);
        let mut sum =
            Tensor::f_zeros([numbers as i64, numbers as i64], (Kind::Double, tch::Device::Cpu))?;
        let rows = chosen.len() as i64;
        for start in (0..rows).step_by(CHUNK as usize) {
            let length = CHUNK.min(rows - start);
            let chunk = tokens.f_narrow(0, start, length)?;
            let owner = of.f_narrow(0, start, length)?.f_unsqueeze(1)?;
            let own = owner.f_eq_tensor(&of.f_unsqueeze(0)?)?;
            let compared = squares
                .f_sub(&chunk.f_mm(&turned)?.f_mul_scalar(2.0)?)?
                .f_masked_fill(&own, f64::INFINITY)?;
            let neighbours = tokens.f_index_select(0, &compared.f_argmin(1, false)?)?;
            let differences = chunk.f_sub(&neighbours)?.f_to_kind(Kind::Double)?;
            sum = sum.f_add(&differences.f_transpose(0, 1)?.f_mm(&differences)?)?;
        }
        Vec::<f64>::try_from(&sum.f_div_scalar(rows as f64)?.f_flatten(0, 1)?)
    };
    let covariance = tch::no_grad(differences).map_err(torch())?;
    let Some(whitening) = whitening(&covariance, numbers, SHRINK) else {
        // Normals that do not differ at all have no directions in which they vary.
        return Metric::around(&single, tokens);
    };
    let factors = Tensor::f_from_slice(&whitening)
        .and_then(|matrix| matrix.f_view([numbers as i64, numbers as i64]))
        .and_then(|matrix| matrix.f_mul(&single.f_unsqueeze(1)?));
    Metric::around(&factors.map_err(torch())?, tokens)
}
