//! What the damage head learns from: **examples**, and how some of them become a batch.
//!
//! An example is one view of one item, normal or damaged, as tokens. Its **source** is the normal
//! picture it was made of. Examples of one source are alike, so a member that is to judge a normal
//! picture as it will judge the next item must have seen none of that picture's examples.

use tch::{Device, Kind as Number, TchError, Tensor};

use super::Kind;

/// The target of a token whose kind is not to be learned.
pub(super) const NO_KIND: i64 = -100;
/// From which share on a token counts as touched, for the choice of its kind.
const TOUCHED: f64 = 0.5;

/// One view to learn from.
#[derive(Debug)]
pub struct Example {
    /// Tokens of the item's cells, `[L, channels]`; half precision is enough and half the memory.
    pub tokens: Tensor,
    /// Places of the tokens, `[L, 2]`: x and y from -1 to 1 of the crop.
    pub places: Tensor,
    /// How badly damage touches each token, `[L]` from 0 to 1; `None` where nobody knows.
    pub touched: Option<Tensor>,
    /// The kind of the damage, where it is known.
    pub kind: Option<Kind>,
    /// Whether the item is damaged.
    pub damaged: bool,
    /// The normal picture that it was made of: an index into the list of sources. `None` for a
    /// labelled picture of damage: from these all members learn, again and again.
    pub source: Option<u32>,
}

impl Example {
    /// How badly the item is damaged, 0 to 1: as badly as its worst token.
    pub(super) fn degree(&self) -> Result<f32, TchError> {
        match &self.touched {
            _ if !self.damaged => Ok(0.0),
            Some(touched) => Ok(touched.f_max()?.f_double_value(&[])? as f32),
            None => Ok(1.0),
        }
    }

    /// What keeps this example from being learned from, among `sources` sources, when tokens have
    /// `channels` numbers.
    pub(super) fn fault(&self, channels: i64, sources: usize) -> Result<Option<String>, TchError> {
        let [rows, columns] = self.tokens.size()[..] else {
            return Ok(Some(format!("its tokens have the shape {:?}", self.tokens.size())));
        };
        if rows == 0 || columns != channels {
            let fault = format!("it has {rows} tokens of {columns} numbers, not of {channels}");
            return Ok(Some(fault));
        }
        if self.places.size() != [rows, 2] {
            let fault = format!("its places have the shape {:?}", self.places.size());
            return Ok(Some(fault));
        }
        if self.touched.as_ref().is_some_and(|touched| touched.size() != [rows]) {
            return Ok(Some("it does not tell of each token whether it is touched".to_owned()));
        }
        if self.source.is_some_and(|source| source as usize >= sources) {
            return Ok(Some(format!("its source {:?} is none of the {sources}", self.source)));
        }
        if self.source.is_none() && !self.damaged {
            return Ok(Some("it shows a normal item and names no source".to_owned()));
        }
        let sum = self.tokens.f_sum(Number::Float)?.f_add(&self.places.f_sum(Number::Float)?)?;
        let finite = sum.f_double_value(&[])?.is_finite();
        Ok((!finite).then(|| "it holds NaN or infinite values".to_owned()))
    }
}

/// Some examples, padded to the longest.
#[derive(Debug)]
pub(super) struct Batch {
    /// `[B, L, channels]`, float.
    pub(super) tokens: Tensor,
    /// `[B, L, 2]`.
    pub(super) places: Tensor,
    /// `[B, L]`: false at padding.
    pub(super) keep: Tensor,
    /// `[B, L]`: how far damage touches each token; 0 where unknown.
    pub(super) touched: Tensor,
    /// `[B, L]`: 1 where `touched` is known, else 0.
    pub(super) known: Tensor,
    /// Tokens of which `touched` is known.
    pub(super) known_count: f64,
    /// `[B, L]`: the kind's place in [`Kind::ALL`], or [`NO_KIND`].
    pub(super) kinds: Tensor,
    /// Tokens with a kind.
    pub(super) kinds_count: f64,
    /// `[B]`: how badly the item is damaged, 0 to 1: as badly as its worst token, and 1 for a damaged
    /// item whose tokens nobody knows.
    pub(super) damaged: Tensor,
}

impl Batch {
    /// Joins `examples`, of which there is at least one, on `device`.
    pub(super) fn join(examples: &[&Example], device: Device) -> Result<Batch, TchError> {
        let lengths = examples.iter().map(|example| example.tokens.size()[0]);
        let longest = lengths.max().unwrap_or(0);
        let size = examples.len() as i64;
        let channels = examples.first().map_or(0, |example| example.tokens.size()[1]);
        let float = (Number::Float, Device::Cpu);
        let mut batch = Batch {
            tokens: Tensor::f_zeros([size, longest, channels], float)?,
            places: Tensor::f_zeros([size, longest, 2], float)?,
            keep: Tensor::f_zeros([size, longest], (Number::Bool, Device::Cpu))?,
            touched: Tensor::f_zeros([size, longest], float)?,
            known: Tensor::f_zeros([size, longest], float)?,
            known_count: 0.0,
            kinds: Tensor::f_full([size, longest], NO_KIND, (Number::Int64, Device::Cpu))?,
            kinds_count: 0.0,
            damaged: Tensor::from_slice(
                &examples.iter().map(|example| example.degree()).collect::<Result<Vec<_>, _>>()?,
            ),
        };
        for (row, example) in examples.iter().enumerate() {
            batch.put(row as i64, example)?;
        }
        for tensor in [
            &mut batch.tokens,
            &mut batch.places,
            &mut batch.keep,
            &mut batch.touched,
            &mut batch.known,
            &mut batch.kinds,
            &mut batch.damaged,
        ] {
            *tensor = tensor.f_to_device(device)?;
        }
        Ok(batch)
    }

    fn put(&mut self, row: i64, example: &Example) -> Result<(), TchError> {
        let length = example.tokens.size()[0];
        let place = |tensor: &Tensor| tensor.f_select(0, row)?.f_narrow(0, 0, length);
        place(&self.tokens)?.f_copy_(&example.tokens)?;
        place(&self.places)?.f_copy_(&example.places)?;
        let _ = place(&self.keep)?.f_fill_(1)?;
        let Some(touched) = &example.touched else {
            return Ok(());
        };
        place(&self.touched)?.f_copy_(touched)?;
        let _ = place(&self.known)?.f_fill_(1.0)?;
        self.known_count += length as f64;
        let kind = example.kind.and_then(|kind| Kind::ALL.iter().position(|one| *one == kind));
        if let Some(kind) = kind {
            let touched = touched.f_gt(TOUCHED)?;
            self.kinds_count += touched.f_sum(Number::Float)?.f_double_value(&[])?;
            let _ = place(&self.kinds)?.f_masked_fill_(&touched, kind as i64)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(length: i64, touched: Option<&[f32]>) -> Example {
        let float = (Number::Float, Device::Cpu);
        Example {
            tokens: Tensor::ones([length, 4], (Number::Half, Device::Cpu)),
            places: Tensor::zeros([length, 2], float),
            touched: touched.map(Tensor::from_slice),
            kind: Some(Kind::Puncture),
            damaged: touched.is_none(),
            source: Some(1),
        }
    }

    #[test]
    fn a_batch_knows_what_is_padding_and_what_is_known() {
        let (known, unknown) = (example(2, Some(&[0.0, 1.0])), example(3, None));
        let batch = Batch::join(&[&known, &unknown], Device::Cpu).unwrap();
        let flat = |tensor: &Tensor| {
            Vec::<f64>::try_from(tensor.to_kind(Number::Double).flatten(0, -1)).unwrap()
        };
        assert_eq!(batch.tokens.size(), [2, 3, 4]);
        assert_eq!(flat(&batch.keep), [1.0, 1.0, 0.0, 1.0, 1.0, 1.0]);
        assert_eq!(flat(&batch.known), [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(flat(&batch.touched), [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
        let none = NO_KIND as f64;
        assert_eq!(flat(&batch.kinds), [none, 2.0, none, none, none, none]);
        assert_eq!((batch.known_count, batch.kinds_count), (2.0, 1.0));
        assert_eq!(flat(&batch.damaged), [0.0, 1.0]);
    }

    #[test]
    fn an_example_that_cannot_be_learned_from_says_why() {
        let fault = |change: fn(&mut Example)| {
            let mut example = example(2, Some(&[0.0, 1.0]));
            change(&mut example);
            example.fault(4, 2).unwrap().unwrap_or_default()
        };
        assert_eq!(fault(|_| ()), "");
        assert!(fault(|e| e.source = Some(2)).contains("source"));
        assert!(fault(|e| e.source = None).contains("names no source"));
        assert!(fault(|e| e.tokens = &e.tokens * f64::NAN).contains("NaN"));
        assert!(fault(|e| e.tokens = e.tokens.narrow(1, 0, 3)).contains("of 3 numbers"));
        assert!(fault(|e| e.touched = Some(Tensor::from_slice(&[1.0_f32]))).contains("touched"));
    }
}
