//! The **references in use**: loaded on demand, loaded again when their file was replaced, and dropped
//! when others were used since, so that any number of SKUs needs the same memory.
//!
//! All workers share them: a reference holds no tensor. What counts is their room in bytes, since references
//! differ in size. One that alone is larger than the room is used and not kept.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use damage::scoring::{Reference, ReferenceKey, ScoringError};
use hashlink::LruCache;

/// What tells one content of a file from the next: when it was written, and its length.
type Stamp = (SystemTime, u64);

/// The references that the workers have in memory.
#[derive(Debug)]
pub(super) struct References {
    folder: PathBuf,
    kept: Mutex<Kept<Reference>>,
}

impl References {
    /// Those in `folder`, of which `room` bytes at most are kept.
    pub fn new(folder: PathBuf, room: usize) -> References {
        References { folder, kept: Mutex::new(Kept::new(room)) }
    }

    /// The reference of `key`, as its file is now. Looks at the file's time and length each time.
    ///
    /// Two workers that ask for an absent one at the same time both load it: nobody waits for a lock while a
    /// file is read.
    pub fn get(
        &self,
        key: &ReferenceKey,
        backbone_sha256: &str,
    ) -> Result<Arc<Reference>, ScoringError> {
        let path = key.path(&self.folder);
        let stamp = std::fs::metadata(&path).and_then(|file| Ok((file.modified()?, file.len())));
        // A file that is gone has a reason to be: the loading below names it.
        let stamp = stamp.ok();
        if let Some(reference) = self.lock().get(key, stamp) {
            return Ok(reference);
        }
        let reference = Arc::new(Reference::load(&self.folder, key, backbone_sha256)?);
        if let Some(stamp) = stamp {
            let bytes = reference.bytes();
            self.lock().keep(key.clone(), Arc::clone(&reference), bytes, stamp);
        }
        Ok(reference)
    }

    /// Bytes that are kept.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    fn lock(&self) -> MutexGuard<'_, Kept<Reference>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is kept, the one used longest ago first.
#[derive(Debug)]
struct Kept<T> {
    room: usize,
    bytes: usize,
    entries: LruCache<ReferenceKey, Entry<T>>,
}

#[derive(Debug)]
struct Entry<T> {
    value: Arc<T>,
    bytes: usize,
    stamp: Stamp,
}

impl<T> Kept<T> {
    fn new(room: usize) -> Kept<T> {
        Kept { room, bytes: 0, entries: LruCache::new_unbounded() }
    }

    /// The one of `key`, which is used now; `None` where there is none of this stamp. One of another stamp
    /// leaves.
    fn get(&mut self, key: &ReferenceKey, stamp: Option<Stamp>) -> Option<Arc<T>> {
        let entry = self.entries.get(key)?;
        if Some(entry.stamp) == stamp {
            return Some(Arc::clone(&entry.value));
        }
        self.remove(key);
        None
    }

    fn keep(&mut self, key: ReferenceKey, value: Arc<T>, bytes: usize, stamp: Stamp) {
        self.remove(&key);
        if bytes > self.room {
            return;
        }
        while self.bytes + bytes > self.room {
            let Some((_, oldest)) = self.entries.remove_lru() else { break };
            self.bytes -= oldest.bytes;
        }
        self.bytes += bytes;
        self.entries.insert(key, Entry { value, bytes, stamp });
    }

    fn remove(&mut self, key: &ReferenceKey) {
        if let Some(entry) = self.entries.remove(key) {
            self.bytes -= entry.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn key(sku: usize) -> ReferenceKey {
        ReferenceKey::new(&sku.to_string(), "top").unwrap()
    }

    fn stamp(second: u64) -> Stamp {
        (SystemTime::UNIX_EPOCH + Duration::from_secs(second), 7)
    }

    /// The plainest cache there is: a list, the one used longest ago first.
    #[derive(Default)]
    struct List(Vec<(usize, usize, u64)>);

    impl List {
        fn ask(&mut self, sku: usize, bytes: usize, second: u64, room: usize) -> bool {
            let at = self.0.iter().position(|entry| entry.0 == sku);
            let old = at.map(|at| self.0.remove(at));
            if let Some(old) = old
                && old.2 == second
            {
                self.0.push(old);
                return true;
            }
            if bytes <= room {
                while self.0.iter().map(|entry| entry.1).sum::<usize>() + bytes > room {
                    self.0.remove(0);
                }
                self.0.push((sku, bytes, second));
            }
            false
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_has_room_and_the_one_used_longest_ago_leaves(
            uses in prop::collection::vec((0usize..9, 1usize..60, 0u64..2), 1..200),
        ) {
            const ROOM: usize = 100;
            let (mut kept, mut list) = (Kept::new(ROOM), List::default());
            for (sku, bytes, second) in uses {
                // A use of 50 and more bytes after the first is one that is larger than all room.
                let bytes = if bytes > 50 { bytes + ROOM } else { bytes };
                let found = kept.get(&key(sku), Some(stamp(second)));
                prop_assert_eq!(found.is_some(), list.ask(sku, bytes, second, ROOM));
                if found.is_none() {
                    kept.keep(key(sku), Arc::new(second), bytes, stamp(second));
                } else {
                    prop_assert_eq!(found, Some(Arc::new(second)), "never an older content");
                }
                let of_entries: usize = kept.entries.iter().map(|(_, entry)| entry.bytes).sum();
                prop_assert_eq!(kept.bytes, of_entries);
                prop_assert!(kept.bytes <= ROOM);
                let order: Vec<ReferenceKey> =
                    kept.entries.iter().map(|(key, _)| key.clone()).collect();
                let expected: Vec<ReferenceKey> =
                    list.0.iter().map(|entry| key(entry.0)).collect();
                prop_assert_eq!(order, expected);
            }
        }
    }

    /// A measurement: 20,000 uses of 5,000 references, and what they take. `INSPECTD_REFERENCE` is the file of
    /// a reference of the SKU `s00000`.
    #[test]
    #[ignore = "a measurement: it needs a reference, 500 MB of disk and a minute"]
    fn many_references_have_bounded_room() {
        const SKUS: usize = 5000;
        const USES: usize = 20_000;
        let file = std::env::var_os("INSPECTD_REFERENCE").expect("INSPECTD_REFERENCE names a file");
        let file = std::fs::read(file).unwrap();
        let at = file.windows(6).position(|bytes| bytes == b"s00000").expect("of SKU s00000");
        let text = |name: &[u8]| {
            let from =
                file.windows(name.len()).position(|bytes| bytes == name).unwrap() + name.len();
            let rest = &file[from..];
            let to = rest.iter().position(|byte| *byte == b'"').unwrap();
            String::from_utf8(rest[..to].to_vec()).unwrap()
        };
        let (view, backbone) = (text(b"\"view\":\""), text(b"\"backbone_sha256\":\""));
        let folder = tempfile::tempdir().unwrap();
        let key = |sku: usize| ReferenceKey::new(&format!("s{sku:05}"), &view).unwrap();
        for sku in 0..SKUS {
            let mut copy = file.clone();
            copy[at..at + 6].copy_from_slice(format!("s{sku:05}").as_bytes());
            let path = key(sku).path(folder.path());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, copy).unwrap();
        }
        let resident_mb = || {
            let status = std::fs::read_to_string("/proc/self/status").unwrap();
            let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() / 1000
        };
        let references = References::new(folder.path().to_owned(), 64 << 20);
        let (mut times, mut random) = (Vec::new(), 1usize);
        println!("before: {} MB resident", resident_mb());
        for turn in 1..=USES {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let start = std::time::Instant::now();
            references.get(&key((random >> 33) % SKUS), &backbone).unwrap();
            times.push(start.elapsed().as_secs_f64() * 1e3);
            assert!(references.bytes() <= 64 << 20);
            if turn % (USES / 5) == 0 {
                let kept = references.bytes() / 1_000_000;
                println!("{turn} uses: {} MB resident, of it {kept} MB references", resident_mb());
            }
        }
        times.sort_by(f64::total_cmp);
        let at = |share: usize| times[USES * share / 100];
        println!("a use takes {:.2} ms (median), {:.2} ms (99 %)", at(50), at(99));
    }

    #[test]
    fn a_reference_whose_file_is_gone_is_not_used_any_more() {
        let mut kept = Kept::new(100);
        kept.keep(key(1), Arc::new(()), 10, stamp(1));
        assert!(kept.get(&key(1), None).is_none());
        assert_eq!(kept.bytes, 0);
    }

    #[test]
    fn a_reference_in_use_outlives_its_place() {
        let mut kept = Kept::new(10);
        kept.keep(key(1), Arc::new(5), 10, stamp(1));
        let in_use = kept.get(&key(1), Some(stamp(1))).unwrap();
        kept.keep(key(2), Arc::new(6), 10, stamp(1));
        assert!(kept.get(&key(1), Some(stamp(1))).is_none());
        assert_eq!(*in_use, 5);
    }
}
