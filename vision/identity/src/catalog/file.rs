//! The file of a catalogue: safetensors, so that nothing in it is a program.
//!
//! | tensor | shape | what |
//! | --- | --- | --- |
//! | `points.s`, `descriptors.s`, `colours.s` | bytes | the references of SKU `s`, one after the other: key points (four floats each), descriptors (128 bytes each), colours (3 bytes a cell) |
//! | `vocabularies` | bytes | JSON: the words of each SKU |
//! | `index.centres` | floats | the index's visual words, 128 numbers each |
//! | `index.starts`, `index.slots`, `index.codes` | 64, 32 and 64 bits | where the list of each visual word begins, and the lists |
//! | `index.tints` | bytes | for each SKU whether its tint is balanced, and the tint |
//!
//! The names of the SKUs and the sizes of their references stand as JSON in the header's entry `identity`, with the
//! version. References are read when they are compared with; the rest is read at once. A catalogue that needs no
//! index has none.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use safetensors::tensor::{Dtype, Metadata, TensorInfo};
use serde::{Deserialize, Serialize};

use super::stored::{Sizes, Source, Stored, blocks};
use super::{Catalog, Kept, Sku};
use crate::IdentityError;
use crate::index::Index;
use crate::index::centres::Centres;
use crate::index::points::{List, PointIndex};
use crate::index::tints::TintRow;
use crate::tint::BYTES;
use crate::words::Vocabulary;
use base::files::replace_with;

/// The version of the format; others are refused.
pub const VERSION: u32 = 2;
/// The entry of the header.
const ENTRY: &str = "identity";
/// Largest header that is read, which is the format's own limit: some hundred thousand SKUs.
const LARGEST_HEADER: u64 = 100_000_000;
/// The three tensors of a SKU.
const BLOCKS: [&str; 3] = ["points", "descriptors", "colours"];

/// A tensor's name, what its numbers are, its shape and its bytes.
type NamedTensor = (&'static str, Dtype, Vec<usize>, Vec<u8>);

#[derive(Serialize, Deserialize)]
struct Header {
    version: u32,
    skus: Vec<SkuHeader>,
}

#[derive(Serialize, Deserialize)]
struct SkuHeader {
    name: String,
    references: Vec<Sizes>,
}

impl Catalog {
    /// Writes the catalogue. The file is replaced as a whole or not at all.
    ///
    /// # Errors
    /// When the disk or libtorch refuses.
    pub fn save(&self, path: &Path) -> Result<(), IdentityError> {
        let io = |source| IdentityError::File { path: path.to_owned(), source };
        let content = |cause: String| IdentityError::Content { path: path.to_owned(), cause };
        let mut tensors = Tensors::default();
        let mut skus = Vec::with_capacity(self.skus.len());
        for (at, sku) in self.skus.iter().enumerate() {
            let sizes = sku.sizes();
            for (block, name) in BLOCKS.iter().enumerate() {
                let bytes = sizes.iter().filter_map(|sizes| Some(sizes.bytes()?[block])).sum();
                tensors.announce(format!("{name}.{at}"), Dtype::U8, vec![bytes]);
            }
            skus.push(SkuHeader { name: sku.name.clone(), references: sizes });
        }
        let words: Vec<&Vocabulary> = self.skus.iter().map(|sku| &sku.vocabulary).collect();
        let words = serde_json::to_vec(&words).map_err(|error| content(error.to_string()))?;
        let mut last: Vec<NamedTensor> =
            vec![("vocabularies", Dtype::U8, vec![words.len()], words)];
        if let Some(index) = &self.index {
            last.extend(self.index_tensors(index)?);
        }
        for (name, kind, shape, _) in &last {
            tensors.announce((*name).to_owned(), *kind, shape.clone());
        }
        let header = serde_json::to_string(&Header { version: VERSION, skus })
            .map_err(|error| content(error.to_string()))?;
        let head = tensors.head(header).map_err(content)?;
        // What was read from the file that is replaced may fail: the error of that is told, not the writer's.
        let mut refused = None;
        let written = replace_with(path, |file| {
            file.write_all(&head)?;
            for sku in &self.skus {
                let references = sku.references().and_then(|references| blocks(&references));
                let blocks = references.map_err(|error| {
                    refused = Some(error);
                    std::io::Error::other("a reference cannot be read")
                })?;
                blocks.iter().try_for_each(|block| file.write_all(block))?;
            }
            last.iter().try_for_each(|(_, _, _, bytes)| file.write_all(bytes))
        });
        match refused {
            Some(error) => Err(error),
            None => written.map_err(io),
        }
    }

    /// Names, kinds, shapes and bytes of the index. Slots are numbered anew, without the forgotten ones.
    fn index_tensors(&self, index: &Index) -> Result<Vec<NamedTensor>, IdentityError> {
        let (centres, lists) = index.points.parts();
        let centres = centres.numbers().map_err(IdentityError::torch("reading the index"))?;
        let place = |slot: &u32| self.skus.binary_search_by_key(slot, |sku| sku.slot).ok();
        let (mut starts, mut slots, mut codes) = (vec![0u64], Vec::<u32>::new(), Vec::new());
        for list in lists {
            let known = list.slots.iter().zip(&list.codes);
            for (place, code) in known.filter_map(|(slot, code)| Some((place(slot)?, code))) {
                slots.push(u32::try_from(place).unwrap_or(u32::MAX));
                codes.push(*code);
            }
            starts.push(slots.len() as u64);
        }
        let mut tints = Vec::with_capacity(self.skus.len() * (BYTES + 1));
        for row in self.skus.iter().filter_map(|sku| index.tints.row(sku.slot)) {
            tints.push(u8::from(row.balanced));
            tints.extend(&row.bytes);
        }
        let bytes8 = |numbers: &[u64]| numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
        Ok(vec![
            (
                "index.centres",
                Dtype::F32,
                vec![centres.len()],
                centres.iter().flat_map(|n| n.to_le_bytes()).collect(),
            ),
            ("index.starts", Dtype::U64, vec![starts.len()], bytes8(&starts)),
            ("index.codes", Dtype::U64, vec![codes.len()], bytes8(&codes)),
            (
                "index.slots",
                Dtype::U32,
                vec![slots.len()],
                slots.iter().flat_map(|n| n.to_le_bytes()).collect(),
            ),
            ("index.tints", Dtype::U8, vec![tints.len()], tints),
        ])
    }

    /// Opens a catalogue. The file stays open: references are read from it when they are needed.
    ///
    /// # Errors
    /// When the file cannot be read, is broken, or is of another version.
    pub fn load(path: &Path) -> Result<Self, IdentityError> {
        let io = |source| IdentityError::File { path: path.to_owned(), source };
        let content = |cause: String| IdentityError::Content { path: path.to_owned(), cause };
        let mut file = File::open(path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        let mut length = [0; 8];
        file.read_exact(&mut length)
            .map_err(|_| content(format!("it has {size} bytes, too few for any")))?;
        let length = u64::from_le_bytes(length);
        if length > LARGEST_HEADER.min(size) {
            return Err(content(format!("its header would have {length} bytes")));
        }
        let mut header = vec![0; length as usize];
        file.read_exact(&mut header).map_err(io)?;
        let tensors: Metadata =
            serde_json::from_slice(&header).map_err(|error| content(error.to_string()))?;
        let entry = tensors.metadata().as_ref().and_then(|entries| entries.get(ENTRY));
        let entry = entry.ok_or_else(|| content(format!("it has no entry `{ENTRY}`")))?;
        let version: Version =
            serde_json::from_str(entry).map_err(|error| content(error.to_string()))?;
        if version.version != VERSION {
            return Err(content(format!("its version is {}, not {VERSION}", version.version)));
        }
        let header: Header =
            serde_json::from_str(entry).map_err(|error| content(error.to_string()))?;
        let data = 8 + length;
        if data + tensors.data_len() as u64 != size {
            return Err(content(format!("it has {size} bytes, not what its header says")));
        }
        let source = Arc::new(Source { path: path.to_owned(), file });
        let opened = Opened { source, tensors, data };
        let skus = opened.skus(header.skus).map_err(content)?;
        let index = opened.index(&skus).map_err(content)?;
        Ok(Self { skus, index })
    }
}

impl Sku {
    fn sizes(&self) -> Vec<Sizes> {
        match &self.references {
            Kept::Here(references) => references.iter().map(Sizes::of).collect(),
            Kept::Stored(stored) => stored.sizes.clone(),
        }
    }
}

/// What every version's header has.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// The tensors of a file that is to be written, in the order in which they are announced.
#[derive(Default)]
struct Tensors {
    infos: Vec<(String, TensorInfo)>,
    end: usize,
}

impl Tensors {
    fn announce(&mut self, name: String, dtype: Dtype, shape: Vec<usize>) {
        let bytes = shape.iter().product::<usize>() * dtype.bitsize() / 8;
        let data_offsets = (self.end, self.end + bytes);
        self.infos.push((name, TensorInfo { dtype, shape, data_offsets }));
        self.end += bytes;
    }

    /// The beginning of the file: the header's length and the header.
    fn head(self, entry: String) -> Result<Vec<u8>, String> {
        let entries = HashMap::from([(ENTRY.to_owned(), entry)]);
        let metadata = Metadata::new(Some(entries), self.infos).map_err(|e| e.to_string())?;
        let mut header = serde_json::to_vec(&metadata).map_err(|error| error.to_string())?;
        header.resize(header.len().next_multiple_of(8), b' ');
        if header.len() as u64 > LARGEST_HEADER {
            return Err(format!(
                "a catalogue of so many SKUs has a header of {} bytes, more than {LARGEST_HEADER}; \
                 make two of it",
                header.len()
            ));
        }
        let mut head = (header.len() as u64).to_le_bytes().to_vec();
        head.extend(header);
        Ok(head)
    }
}

/// A file that is being opened.
struct Opened {
    source: Arc<Source>,
    tensors: Metadata,
    /// Where the tensors begin.
    data: u64,
}

impl Opened {
    fn skus(&self, headers: Vec<SkuHeader>) -> Result<Vec<Sku>, String> {
        let vocabularies = self.bytes("vocabularies", Dtype::U8)?;
        let vocabularies: Vec<Vocabulary> =
            serde_json::from_slice(&vocabularies).map_err(|error| error.to_string())?;
        if vocabularies.len() != headers.len() {
            return Err(format!("{} SKUs but words of {}", headers.len(), vocabularies.len()));
        }
        let each = (0..).zip(headers.into_iter().zip(vocabularies));
        let sku = |(slot, (header, vocabulary)): (u32, (SkuHeader, Vocabulary))| {
            let mut from = [0; 3];
            for (block, name) in BLOCKS.iter().enumerate() {
                let name = format!("{name}.{slot}");
                let info = self.info(&name, Dtype::U8)?;
                let expected = header
                    .references
                    .iter()
                    .try_fold(0usize, |sum, sizes| sum.checked_add(sizes.bytes()?[block]));
                let (start, end) = info.data_offsets;
                if expected != Some(end - start) {
                    return Err(format!("`{name}` does not fit the references of its SKU"));
                }
                from[block] = self.data + start as u64;
            }
            let source = Arc::clone(&self.source);
            let references = Kept::Stored(Stored { source, from, sizes: header.references });
            Ok(Sku { slot, name: header.name, references, vocabulary })
        };
        each.map(sku).collect()
    }

    /// The index; `None` where the file has none.
    fn index(&self, skus: &[Sku]) -> Result<Option<Index>, String> {
        if self.tensors.info("index.centres").is_none() {
            return Ok(None);
        }
        let floats = self.bytes("index.centres", Dtype::F32)?;
        let floats: Vec<f32> = numbers(&floats, f32::from_le_bytes).collect();
        if !floats.iter().all(|number| number.is_finite()) {
            return Err("its index has numbers that are none".to_owned());
        }
        let centres = Centres::of_numbers(&floats).map_err(|error| error.to_string())?;
        let starts = self.bytes("index.starts", Dtype::U64)?;
        let starts: Vec<u64> = numbers(&starts, u64::from_le_bytes).collect();
        let slots = self.bytes("index.slots", Dtype::U32)?;
        let slots: Vec<u32> = numbers(&slots, u32::from_le_bytes).collect();
        let codes = self.bytes("index.codes", Dtype::U64)?;
        let codes: Vec<u64> = numbers(&codes, u64::from_le_bytes).collect();
        let wrong = || "its index does not fit its SKUs".to_owned();
        if slots.iter().any(|slot| *slot as usize >= skus.len()) {
            return Err(wrong());
        }
        let list = |ends: &[u64]| {
            let range = ends[0] as usize..ends[1] as usize;
            let (slots, codes) = (slots.get(range.clone())?, codes.get(range)?);
            Some(List { slots: slots.to_vec(), codes: codes.to_vec() })
        };
        let lists: Option<Vec<List>> = starts.windows(2).map(list).collect();
        let points = lists.and_then(|lists| PointIndex::of_parts(centres, lists));
        let mut index = Index::new(points.ok_or_else(wrong)?);
        let tints = self.bytes("index.tints", Dtype::U8)?;
        if tints.len() != skus.len() * (BYTES + 1) {
            return Err(wrong());
        }
        for (sku, row) in skus.iter().zip(tints.chunks_exact(BYTES + 1)) {
            let tint = TintRow { balanced: row[0] != 0, bytes: row[1..].to_vec() };
            index.tints.add(sku.slot, tint);
            index.words.add(sku.slot, &sku.vocabulary);
        }
        Ok(Some(index))
    }

    fn info(&self, name: &str, kind: Dtype) -> Result<&TensorInfo, String> {
        let info = self.tensors.info(name).ok_or_else(|| format!("it has no `{name}`"))?;
        if info.dtype == kind { Ok(info) } else { Err(format!("`{name}` is no {kind:?}")) }
    }

    fn bytes(&self, name: &str, kind: Dtype) -> Result<Vec<u8>, String> {
        let (start, end) = self.info(name, kind)?.data_offsets;
        let mut bytes = vec![0; end - start];
        let from = self.data + start as u64;
        self.source.file.read_exact_at(&mut bytes, from).map_err(|error| error.to_string())?;
        Ok(bytes)
    }
}

/// Numbers of `N` bytes each.
fn numbers<const N: usize, T>(bytes: &[u8], of: impl Fn([u8; N]) -> T) -> impl Iterator<Item = T> {
    bytes.as_chunks::<N>().0.iter().map(move |chunk| of(*chunk))
}
