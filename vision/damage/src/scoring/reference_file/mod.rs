//! References on disk: safetensors, checked when they are read.
//!
//! File: `<references>/<sku>/<view>.safetensors`. Its header has the metadata `format`, `sku`, `view`,
//! `framing`, `backbone_sha256`, `head_sha256` where a damage head was asked, `normals` and `created`, so that
//! it can be looked through without the rest. Its one tensor, `knowledge`, is a zlib stream of another
//! safetensors file ([`content`]). A file is replaced by renaming, never written in place.
//!
//! Most numbers are 4 or 8 bits wide and small ones are frequent, so that zlib takes off more than half
//! (docs/measurements/references.md). Files of the format before ([`format_6`]) are read too, and written in
//! this one when the reference is learned or grows.

use base::files::replace;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, Metadata, TensorView};

use super::ensemble::Member;
use super::error::ScoringError;
use super::observed::Framing;
use super::reference::{Knowledge, Reference, ReferenceKey};
use features::localise::Localiser;

mod content;
mod format_6;
#[cfg(test)]
mod tests;

/// Version of the file's content; others are refused, but for the one before.
const FORMAT: &str = "inspectd-reference-7";
/// The name of the only tensor.
const KNOWLEDGE: &str = "knowledge";
/// A file that is longer than this, in bytes, is none of ours.
const FILE_MAX: u64 = 64 << 20;

/// What a file holds beside its header.
pub(super) struct Content {
    localiser: Localiser,
    knowledge: BTreeMap<Member, Knowledge>,
    levels: BTreeMap<Member, Vec<f32>>,
}

impl Reference {
    /// Writes the reference into the folder of all references and returns its file.
    pub fn save(&self, references: &Path) -> Result<PathBuf, ScoringError> {
        let path = self.key.path(references);
        let refused = |cause| ScoringError::ReferenceRefused { path: path.clone(), cause };
        let file = self.file().map_err(refused)?;
        replace(&path, &file)
            .map_err(|cause| ScoringError::ReferenceFile { path: path.clone(), cause })?;
        Ok(path)
    }

    fn file(&self) -> Result<Vec<u8>, String> {
        let mut metadata = HashMap::from([
            ("format".to_owned(), FORMAT.to_owned()),
            ("sku".to_owned(), self.key.sku.clone()),
            ("view".to_owned(), self.key.view.clone()),
            ("framing".to_owned(), framing_name(self.framing).to_owned()),
            ("backbone_sha256".to_owned(), self.backbone_sha256.clone()),
            ("normals".to_owned(), self.normals.to_string()),
            ("created".to_owned(), self.created.to_string()),
        ]);
        if let Some(sha256) = &self.head_sha256 {
            metadata.insert("head_sha256".to_owned(), sha256.clone());
        }
        let packed = content::packed(self)?;
        let view = TensorView::new(Dtype::U8, vec![packed.len()], &packed);
        view.and_then(|view| safetensors::serialize([(KNOWLEDGE, view)], Some(metadata)))
            .map_err(|error| error.to_string())
    }

    /// Reads the reference of `key` from the folder of all references.
    ///
    /// # Errors
    /// The file is absent, cannot be read or is broken, or it was made by another version, for another SKU or
    /// view, or with another backbone.
    pub fn load(
        references: &Path,
        key: &ReferenceKey,
        backbone_sha256: &str,
    ) -> Result<Reference, ScoringError> {
        let path = key.path(references);
        let of_file = |cause: std::io::Error| match cause.kind() {
            std::io::ErrorKind::NotFound => ScoringError::NoReference {
                sku: key.sku.clone(),
                view: key.view.clone(),
                path: path.clone(),
            },
            _ => ScoringError::ReferenceFile { path: path.clone(), cause },
        };
        let length = std::fs::metadata(&path).map_err(of_file)?.len();
        if length > FILE_MAX {
            let cause = format!("it is broken ({length} bytes)");
            return Err(ScoringError::ReferenceRefused { path, cause });
        }
        let bytes = std::fs::read(&path).map_err(of_file)?;
        read(&bytes, key, backbone_sha256).map_err(|error| match error {
            Unusable::Because(cause) => ScoringError::ReferenceRefused { path, cause },
            Unusable::Scoring(error) => error,
        })
    }
}

fn framing_name(framing: Framing) -> &'static str {
    match framing {
        Framing::View => "view",
        Framing::Item => "item",
    }
}

fn named(member: Member, part: &str) -> String {
    format!("{}_{part}", member.name())
}

/// Why the content of a file is no reference.
enum Unusable {
    Because(String),
    Scoring(ScoringError),
}

impl From<String> for Unusable {
    fn from(cause: String) -> Unusable {
        Unusable::Because(cause)
    }
}

impl From<&str> for Unusable {
    fn from(cause: &str) -> Unusable {
        Unusable::Because(cause.to_owned())
    }
}

fn broken(cause: impl std::fmt::Display) -> Unusable {
    Unusable::Because(format!("it is broken ({cause})"))
}

fn read(bytes: &[u8], key: &ReferenceKey, backbone_sha256: &str) -> Result<Reference, Unusable> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(broken)?;
    let header = Header::of(&header);
    let format = header.entry("format");
    if ![FORMAT, format_6::FORMAT].contains(&format) {
        return Err(format!("its format is `{format}`, not `{FORMAT}`").into());
    }
    for (name, wanted) in [
        ("sku", key.sku.as_str()),
        ("view", key.view.as_str()),
        ("backbone_sha256", backbone_sha256),
    ] {
        let found = header.entry(name);
        if found != wanted {
            return Err(format!("its {name} is `{found}`, not `{wanted}`").into());
        }
    }
    let tensors = SafeTensors::deserialize(bytes).map_err(broken)?;
    let content = match format {
        FORMAT => {
            let packed = tensors.tensor(KNOWLEDGE).map_err(broken)?;
            content::unpacked(packed.data())?
        }
        _ => format_6::content(&tensors)?,
    };
    header.reference(key, backbone_sha256, content)
}

/// The metadata of a file.
struct Header {
    entries: HashMap<String, String>,
}

impl Header {
    fn of(metadata: &Metadata) -> Header {
        Header { entries: metadata.metadata().clone().unwrap_or_default() }
    }

    fn entry(&self, name: &str) -> &str {
        self.entries.get(name).map_or("", String::as_str)
    }

    fn reference(
        &self,
        key: &ReferenceKey,
        backbone_sha256: &str,
        content: Content,
    ) -> Result<Reference, Unusable> {
        let normals: usize =
            self.entry("normals").parse().map_err(|_| "its number of normals is missing")?;
        let created: Timestamp =
            self.entry("created").parse().map_err(|_| "its date is missing")?;
        let framing = [Framing::View, Framing::Item]
            .into_iter()
            .find(|framing| framing_name(*framing) == self.entry("framing"))
            .ok_or("its framing is unknown")?;
        let Content { localiser, knowledge, levels } = content;
        if let Some(member) = knowledge.keys().find(|member| !levels.contains_key(member)) {
            return Err(format!("its {} has no levels", member.name()).into());
        }
        let head = Some(self.entry("head_sha256")).filter(|sha256| !sha256.is_empty());
        if head.is_some() != levels.contains_key(&Member::Head) {
            return Err("its head and the head's levels do not fit".into());
        }
        let levels = (levels, head.map(str::to_owned));
        let key = (key.clone(), backbone_sha256);
        match Reference::of(key, (localiser, framing), knowledge, levels, normals) {
            Ok(reference) => Ok(Reference { created, ..reference }),
            Err(ScoringError::NoNormals) => Err("its levels are missing or hold no numbers".into()),
            Err(error) => Err(Unusable::Scoring(error)),
        }
    }
}
