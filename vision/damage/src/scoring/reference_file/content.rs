//! The **content** of a reference's file: a zlib stream of a safetensors file.
//!
//! `localiser` (32-bit floats), and `localiser_odds` (8 bits) unless the localiser is whole. For each member
//! that has them:
//!
//! * `<member>_levels`: the held-out levels in the order of the pictures (floats).
//! * Of a patch member `<member>_memory`, a row for each number and a column for each token, 4 bits each, two in
//!   a byte; `<member>_memory_columns` (64-bit) says how many there are, and `<member>_memory_step` (a float)
//!   what a number is multiplied by. `<member>_lacking`, of the same layout, is added where numbers are finer.
//!   `<member>_units` (floats), or `<member>_metric` (a square matrix), and
//!   `<member>_middle` (floats).
//! * Of a cloud `<member>_whitening` (a square matrix) and `<member>_middle` (floats).
//!
//! Matrices are 8 bits a number; `<name>_steps` (floats) has what each row is multiplied by.

use std::collections::BTreeMap;

use miniz_oxide::deflate::core::{
    CompressionStrategy, CompressorOxide, TDEFLFlush, TDEFLStatus, compress_to_output,
    create_comp_flags_from_zip_params,
};
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use super::super::cloud::Cloud;
use super::super::coded::Coded;
use super::super::distance::Memory;
use super::super::ensemble::Member;
use super::super::metric::{Metric, Units};
use super::super::nibbles::Nibbles;
use super::super::patches::Patches;
use super::super::reference::{Knowledge, Reference};
use super::{Content, Unusable, broken, named};
use features::localise::Localiser;

/// Content that is longer than this once it is unpacked, in bytes, is none of ours.
const CONTENT_MAX: usize = 64 << 20;
/// How hard zlib tries, and how far back it looks (2 to the power of this): neither matters for runs.
const LEVEL: (i32, i32) = (6, 15);
/// Bytes from which on a block has codes of its own.
const BLOCK_MIN: usize = 512;

/// One tensor: its name, what its numbers are, its bytes and its shape.
type Part = (String, Dtype, Vec<u8>, Vec<usize>);

/// What `reference` knows, packed.
pub(super) fn packed(reference: &Reference) -> Result<Vec<u8>, String> {
    let (localiser, odds) = reference.localiser.to_parts();
    let mut parts = vec![floats("localiser".into(), &localiser)];
    if !odds.is_empty() {
        parts.push(codes("localiser_odds".into(), &odds, vec![odds.len()]));
    }
    for (member, levels) in &reference.levels {
        parts.push(floats(named(*member, "levels"), &levels.each));
    }
    for (member, known) in &reference.knowledge {
        let middle = match known {
            Knowledge::Patches(patches) => {
                let (memory, lacking) = patches.memory().parts();
                nibbles(&mut parts, named(*member, "memory"), memory);
                if let Some(lacking) = lacking {
                    nibbles(&mut parts, named(*member, "lacking"), lacking);
                }
                let (units, middle) = patches.metric().parts();
                match units {
                    Units::Each(units) => parts.push(floats(named(*member, "units"), units)),
                    Units::Together(of) => matrix(&mut parts, named(*member, "metric"), of),
                }
                middle
            }
            Knowledge::Cloud(cloud) => {
                let (middle, whitening) = cloud.parts();
                matrix(&mut parts, named(*member, "whitening"), whitening);
                middle
            }
        };
        parts.push(floats(named(*member, "middle"), middle));
    }
    let tensors: Result<Vec<(&str, TensorView<'_>)>, _> = parts
        .iter()
        .map(|(name, dtype, bytes, shape)| {
            Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes)?))
        })
        .collect();
    let file = tensors.and_then(|tensors| safetensors::serialize(tensors, None));
    let file = file.map_err(|error| error.to_string())?;
    zlib(&file)
}

/// Packs a safetensors file, each tensor by itself: the codes that fit one kind of numbers make another
/// longer. Some numbers are frequent, and runs are zeros. Nothing else comes again: what zlib would take for a
/// repetition by accident costs a sixth more than the numbers themselves.
fn zlib(file: &[u8]) -> Result<Vec<u8>, String> {
    let (start, header) = SafeTensors::read_metadata(file).map_err(|error| error.to_string())?;
    let mut ends: Vec<usize> = header
        .tensors()
        .values()
        .map(|tensor| file.len() - header.data_len() + tensor.data_offsets.1)
        .collect();
    ends.push(start);
    ends.sort_unstable();
    let (level, window) = LEVEL;
    let flags = create_comp_flags_from_zip_params(level, window, CompressionStrategy::RLE.into());
    let (mut compressor, mut packed) = (CompressorOxide::new(flags), Vec::new());
    let mut pack = |bytes: &[u8], flush| {
        let (status, _) = compress_to_output(&mut compressor, bytes, flush, |more| {
            packed.extend_from_slice(more);
            true
        });
        status
    };
    let mut from = 0;
    for end in ends {
        // A block of codes costs about a hundred bytes.
        if end - from > BLOCK_MIN {
            let status = pack(&file[from..end], TDEFLFlush::Sync);
            if status != TDEFLStatus::Okay {
                return Err(format!("it cannot be packed ({status:?})"));
            }
            from = end;
        }
    }
    match pack(&file[from..], TDEFLFlush::Finish) {
        TDEFLStatus::Done => Ok(packed),
        status => Err(format!("it cannot be packed ({status:?})")),
    }
}

fn nibbles(parts: &mut Vec<Part>, name: String, nibbles: &Nibbles) {
    let ((step, packed), rows) = (nibbles.parts(), nibbles.rows());
    let columns = (nibbles.columns() as u64).to_le_bytes().to_vec();
    parts.push((format!("{name}_columns"), Dtype::U64, columns, vec![1]));
    parts.push(floats(format!("{name}_step"), &[step]));
    let shape = vec![rows, packed.len() / rows];
    parts.push((name, Dtype::U8, packed.to_vec(), shape));
}

fn matrix(parts: &mut Vec<Part>, name: String, matrix: &Coded) {
    let (steps, of_matrix) = matrix.parts();
    parts.push(floats(format!("{name}_steps"), steps));
    parts.push(codes(name, of_matrix, vec![matrix.rows(), matrix.columns()]));
}

fn floats(name: String, floats: &[f32]) -> Part {
    let bytes = floats.iter().flat_map(|float| float.to_le_bytes()).collect();
    (name, Dtype::F32, bytes, vec![floats.len()])
}

fn codes(name: String, codes: &[i8], shape: Vec<usize>) -> Part {
    (name, Dtype::I8, codes.iter().map(|code| code.cast_unsigned()).collect(), shape)
}

/// What was packed.
pub(super) fn unpacked(packed: &[u8]) -> Result<Content, Unusable> {
    let bytes = decompress_to_vec_zlib_with_limit(packed, CONTENT_MAX).map_err(broken)?;
    let tensors = Tensors(SafeTensors::deserialize(&bytes).map_err(broken)?);
    let odds = tensors.codes("localiser_odds")?.unwrap_or_default();
    let localiser = Localiser::from_parts(&tensors.floats("localiser")?, &odds)
        .map_err(|error| error.to_string())?;
    let (mut knowledge, mut levels) = (BTreeMap::new(), BTreeMap::new());
    for member in Member::ALL {
        if let Some(known) = tensors.knowledge(member)? {
            knowledge.insert(member, known);
        }
        let name = named(member, "levels");
        if tensors.has(&name) {
            levels.insert(member, tensors.floats(&name)?);
        }
    }
    Ok(Content { localiser, knowledge, levels })
}

struct Tensors<'a>(SafeTensors<'a>);

impl Tensors<'_> {
    fn has(&self, name: &str) -> bool {
        self.0.tensor(name).is_ok()
    }

    fn bytes(&self, name: &str, dtype: Dtype) -> Result<(&[u8], Vec<usize>), Unusable> {
        let tensor = self.0.tensor(name).map_err(|_| format!("its {name} is missing"))?;
        if tensor.dtype() != dtype {
            return Err(format!("its {name} is not of {dtype:?}").into());
        }
        Ok((tensor.data(), tensor.shape().to_vec()))
    }

    fn floats(&self, name: &str) -> Result<Vec<f32>, Unusable> {
        let (floats, _) = self.bytes(name, Dtype::F32)?.0.as_chunks::<4>();
        Ok(floats.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }

    fn codes(&self, name: &str) -> Result<Option<Vec<i8>>, Unusable> {
        if !self.has(name) {
            return Ok(None);
        }
        let (codes, _) = self.bytes(name, Dtype::I8)?;
        Ok(Some(codes.iter().map(|code| code.cast_signed()).collect()))
    }

    fn matrix(&self, member: Member, part: &str) -> Result<Coded, Unusable> {
        let name = named(member, part);
        let (codes, shape) = self.bytes(&name, Dtype::I8)?;
        let steps = self.floats(&format!("{name}_steps"))?;
        let codes = codes.iter().map(|code| code.cast_signed()).collect();
        match shape[..] {
            [_, columns] => Coded::new(columns, steps, codes),
            _ => None,
        }
        .ok_or_else(|| misfit(member))
    }

    fn nibbles(&self, member: Member, part: &str) -> Result<Nibbles, Unusable> {
        let name = named(member, part);
        let (packed, _) = self.bytes(&name, Dtype::U8)?;
        let (columns, _) = self.bytes(&format!("{name}_columns"), Dtype::U64)?;
        let steps = self.floats(&format!("{name}_step"))?;
        let columns = <[u8; 8]>::try_from(columns).ok().map(u64::from_le_bytes);
        columns
            .and_then(|columns| usize::try_from(columns).ok())
            .and_then(|columns| Nibbles::new(columns, *steps.first()?, packed.to_vec()))
            .ok_or_else(|| misfit(member))
    }

    fn memory(&self, member: Member) -> Result<Memory, Unusable> {
        let finer = self.has(&named(member, "lacking"));
        let lacking = finer.then(|| self.nibbles(member, "lacking")).transpose()?;
        Memory::stored(self.nibbles(member, "memory")?, lacking).ok_or_else(|| misfit(member))
    }

    fn units(&self, member: Member) -> Result<Units, Unusable> {
        let each = named(member, "units");
        if self.has(&each) {
            return self.floats(&each).map(Units::Each);
        }
        self.matrix(member, "metric").map(Units::Together)
    }

    /// What `member` knows; `None` where the file holds nothing of it.
    fn knowledge(&self, member: Member) -> Result<Option<Knowledge>, Unusable> {
        let middle = || self.floats(&named(member, "middle"));
        if self.has(&named(member, "memory")) {
            let memory = self.memory(member)?;
            let metric = Metric::new(self.units(member)?, middle()?);
            let patches = metric.and_then(|metric| Patches::new(metric, memory));
            return Ok(Some(Knowledge::Patches(patches.ok_or_else(|| misfit(member))?)));
        }
        if self.has(&named(member, "whitening")) {
            let cloud = Cloud::new(middle()?, self.matrix(member, "whitening")?);
            return Ok(Some(Knowledge::Cloud(cloud.ok_or_else(|| misfit(member))?)));
        }
        Ok(None)
    }
}

pub(super) fn misfit(member: Member) -> Unusable {
    format!("what its {} knows does not fit together", member.name()).into()
}
