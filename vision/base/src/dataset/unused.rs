//! What lies in a folder of pictures and is not used: named, with the reason.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use super::Dataset;
use crate::dataset::{NORMALS_MAX, thinned};

/// Entries that a sentence names; it counts the rest.
const NAMED: usize = 20;

/// A file or folder that is not used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unused {
    /// Where it is.
    #[serde(serialize_with = "as_text")]
    pub path: PathBuf,
    /// Pictures in it, folders within it included; 1 for a picture itself, 0 for any other file.
    pub pictures: usize,
    /// Why it is not used, and what to do.
    pub reason: String,
}

impl fmt::Display for Unused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if self.pictures > 1 {
            write!(f, " ({} pictures)", self.pictures)?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// Serialises a path, whatever its bytes are: JSON is text, names of files need not be.
pub fn as_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

/// Several of them, for the end of a sentence: nothing where there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnusedList(pub Vec<Unused>);

impl fmt::Display for UnusedList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for unused in self.0.iter().take(NAMED) {
            write!(f, "\nnot used: {unused}")?;
        }
        match self.0.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => write!(f, "\nnot used: {more} more; --json lists all"),
        }
    }
}

/// What a dataset is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To learn references.
    Learn,
    /// To train a damage head and learn references.
    Train,
    /// To learn and to measure.
    Evaluate,
}

/// What belongs to nothing in `dataset`, and what `purpose` has no use for.
pub(super) fn list(dataset: &Dataset, purpose: Purpose) -> Vec<Unused> {
    let mut unused = dataset.unused.clone();
    for pictures in dataset.views.values() {
        if purpose != Purpose::Evaluate {
            let files = pictures.test.values().flatten();
            let reason = "it is for `inspectctl evaluate`; nothing is learned from it";
            unused.extend(folders(files, 2, reason));
            unused.extend(folders(pictures.masks.values(), 2, reason));
        }
        let learned_from = thinned(&pictures.normals, NORMALS_MAX).len();
        let left = pictures.normals.len() - learned_from;
        if let Some(folder) = pictures.normals.first().and_then(|file| file.parent())
            && left > 0
        {
            let reason = format!(
                "left out of {} normal pictures: at most {NORMALS_MAX} of a view are learned from, \
                 evenly chosen",
                pictures.normals.len()
            );
            unused.push(Unused { path: folder.to_owned(), pictures: left, reason });
        }
        let reason = match purpose {
            Purpose::Train => continue,
            Purpose::Learn => "labelled as damaged: `inspectctl train` learns from it",
            Purpose::Evaluate => {
                "labelled as damaged, in `train`: evaluation learns defects only with \
                 --train-labels, from `test`"
            }
        };
        unused.extend(folders(pictures.damaged.iter(), 1, reason));
    }
    sort(&mut unused);
    unused
}

/// Pictures first, then by name.
pub(super) fn sort(unused: &mut Vec<Unused>) {
    unused.sort_by(|a, b| (a.pictures == 0, &a.path).cmp(&(b.pictures == 0, &b.path)));
    unused.dedup();
}

/// The folders `up` levels above `files`, each with how many of these it holds.
fn folders<'a>(files: impl Iterator<Item = &'a PathBuf>, up: usize, reason: &str) -> Vec<Unused> {
    let mut counted = BTreeMap::<&Path, usize>::new();
    for folder in files.filter_map(|file| file.ancestors().nth(up)) {
        *counted.entry(folder).or_default() += 1;
    }
    let entry = |(path, pictures): (&Path, usize)| Unused {
        path: path.to_owned(),
        pictures,
        reason: reason.to_owned(),
    };
    counted.into_iter().map(entry).collect()
}
