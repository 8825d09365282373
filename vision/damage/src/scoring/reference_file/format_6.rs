//! Files of the **format before**, of up to November 2026: all numbers as floats of 32 or 16 bits.
//!
//! The held-out levels were measured with these numbers. In 4 bits, as they are learned now, all distances
//! would be larger than the levels say, and good items would be diverted. So tokens are read into 8 bits a
//! number: the reference judges as it did, and its file in the new format has half of the old one's size.

use std::collections::BTreeMap;

use safetensors::SafeTensors;
use safetensors::tensor::Dtype;
use tch::{Kind, TchError, Tensor};

use super::super::cloud::Cloud;
use super::super::coded::Coded;
use super::super::ensemble::Member;
use super::super::error::ScoringError;
use super::super::patches::Patches;
use super::super::reference::Knowledge;
use super::content::misfit;
use super::{Content, Unusable, named};
use features::localise::Localiser;

/// Version of the file's content.
pub(super) const FORMAT: &str = "inspectd-reference-6";

/// The content of a file.
pub(super) fn content(tensors: &SafeTensors<'_>) -> Result<Content, Unusable> {
    let localiser = Localiser::from_floats(&floats(tensors, "localiser")?)
        .map_err(|error| error.to_string())?;
    let (mut knowledge, mut levels) = (BTreeMap::new(), BTreeMap::new());
    for member in Member::ALL {
        let has = |part: &str| tensors.tensor(&named(member, part)).is_ok();
        if has("memory") {
            let memory = halves(tensors, &named(member, "memory"))?;
            let metric = halves(tensors, &named(member, "metric"))?;
            let patches = Patches::of_measured(&metric, &memory).map_err(|error| match error {
                ScoringError::NoNormals => misfit(member),
                error => Unusable::Scoring(error),
            })?;
            knowledge.insert(member, Knowledge::Patches(patches));
        } else if has("middle") {
            let middle = floats(tensors, &named(member, "middle"))?;
            let whitening = floats(tensors, &named(member, "whitening"))?;
            let cloud = Coded::of(&whitening, middle.len())
                .and_then(|whitening| Cloud::new(middle, whitening));
            knowledge.insert(member, Knowledge::Cloud(cloud.ok_or_else(|| misfit(member))?));
        }
        if has("levels") {
            levels.insert(member, floats(tensors, &named(member, "levels"))?);
        }
    }
    Ok(Content { localiser, knowledge, levels })
}

fn bytes<'a>(
    tensors: &SafeTensors<'a>,
    name: &str,
    dtype: Dtype,
) -> Result<(&'a [u8], Vec<i64>), Unusable> {
    let tensor = tensors.tensor(name).map_err(|_| format!("its {name} is missing"))?;
    if tensor.dtype() != dtype {
        return Err(format!("its {name} is not of {dtype:?}").into());
    }
    if tensor.data().is_empty() {
        return Err(format!("its {name} is empty").into());
    }
    Ok((tensor.data(), tensor.shape().iter().map(|side| *side as i64).collect()))
}

fn floats(tensors: &SafeTensors<'_>, name: &str) -> Result<Vec<f32>, Unusable> {
    let (floats, _) = bytes(tensors, name, Dtype::F32)?.0.as_chunks::<4>();
    Ok(floats.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

fn halves(tensors: &SafeTensors<'_>, name: &str) -> Result<Tensor, Unusable> {
    let (halves, shape) = bytes(tensors, name, Dtype::F16)?;
    let read = || -> Result<Tensor, TchError> {
        Tensor::f_from_data_size(halves, &shape, Kind::Half)?.f_to_kind(Kind::Float)
    };
    read().map_err(|error| Unusable::Scoring(ScoringError::torch("loading a reference")(error)))
}
