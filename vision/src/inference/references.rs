//! The **references in use**: loaded on demand, loaded again when their file was replaced, and dropped
//! when others were used since, so that any number of SKUs needs the same memory.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::SystemTime;

use damage::scoring::{Reference, ReferenceKey, ScoringError};

/// References in memory at the same time, at most 2.3 MB each.
const REFERENCES_MAX: usize = 32;

/// What tells one content of a file from the next: when it was written, and its length.
type Stamp = (SystemTime, u64);

/// The references that one worker has in memory.
#[derive(Debug)]
pub(super) struct References {
    folder: PathBuf,
    loaded: HashMap<ReferenceKey, Loaded>,
    /// Counts uses, so that the one used longest ago gives way.
    clock: u64,
}

#[derive(Debug)]
struct Loaded {
    reference: Reference,
    stamp: Stamp,
    used: u64,
}

impl References {
    pub fn new(folder: PathBuf) -> References {
        References { folder, loaded: HashMap::new(), clock: 0 }
    }

    pub fn get(
        &mut self,
        key: &ReferenceKey,
        backbone_sha256: &str,
    ) -> Result<&Reference, ScoringError> {
        self.clock += 1;
        let path = key.path(&self.folder);
        let stamp = std::fs::metadata(&path).and_then(|file| Ok((file.modified()?, file.len())));
        let fresh = match (&stamp, self.loaded.get(key)) {
            (Ok(stamp), Some(loaded)) => loaded.stamp == *stamp,
            _ => false,
        };
        if !fresh {
            self.loaded.remove(key);
            let reference = Reference::load(&self.folder, key, backbone_sha256)?;
            let stamp = stamp.map_err(|cause| ScoringError::ReferenceFile { path, cause })?;
            if self.loaded.len() >= REFERENCES_MAX {
                let oldest = self.loaded.iter().min_by_key(|(_, loaded)| loaded.used);
                if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                    self.loaded.remove(&oldest);
                }
            }
            self.loaded.insert(key.clone(), Loaded { reference, stamp, used: self.clock });
        }
        let loaded = self.loaded.get_mut(key).expect("it was there or has just been inserted");
        loaded.used = self.clock;
        Ok(&loaded.reference)
    }
}
