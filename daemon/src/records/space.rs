//! Room on the evidence's file system: how much is to stay free, and how much is missing.

use std::io;
use std::path::Path;

use crate::config::StoreSection;

const MIB: u64 = 1024 * 1024;

/// How much is to stay free.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FreeSpace {
    /// Bytes, but never more than half of the file system.
    pub bytes: u64,
    /// Percent of the file system.
    pub percent: u8,
}

impl From<&StoreSection> for FreeSpace {
    fn from(section: &StoreSection) -> Self {
        let bytes = section.keep_free_mib.saturating_mul(MIB);
        Self { bytes, percent: section.keep_free_percent }
    }
}

impl FreeSpace {
    /// How many bytes are missing of what is to stay free, on the file system that holds `folder`.
    ///
    /// # Errors
    /// The system's.
    pub fn missing(self, folder: &Path) -> io::Result<u64> {
        self.missing_after(0, folder)
    }

    /// How many bytes would be missing if so many more were taken there.
    ///
    /// # Errors
    /// The system's.
    pub fn missing_after(self, taken: u64, folder: &Path) -> io::Result<u64> {
        let on = rustix::fs::statvfs(folder)?;
        // What is reserved for root is not free.
        let free = on.f_bavail.saturating_mul(on.f_frsize);
        let total = on.f_blocks.saturating_mul(on.f_frsize);
        // More than is there may be wanted.
        let beyond = taken.saturating_sub(free);
        Ok(self.missing_of(total, free.saturating_sub(taken)).saturating_add(beyond))
    }

    fn missing_of(self, total: u64, free: u64) -> u64 {
        let share = total / 100 * u64::from(self.percent);
        self.bytes.min(total / 2).max(share).saturating_sub(free)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_floor_counts_and_no_small_file_system_is_emptied_for_it() {
        let floor = FreeSpace { bytes: 500, percent: 5 };
        assert_eq!(floor.missing_of(100_000, 4_000), 1_000, "5 % of it");
        assert_eq!(floor.missing_of(5_000, 200), 300, "the bytes");
        assert_eq!(floor.missing_of(600, 0), 300, "half of it");
        assert_eq!(floor.missing_of(5_000, 500), 0);
    }

    #[test]
    fn the_file_system_of_a_folder_is_asked() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(FreeSpace::default().missing(folder.path()).expect("asked"), 0);
        let much = FreeSpace::default().missing_after(u64::MAX / 2, folder.path()).expect("asked");
        assert!(much > u64::MAX / 4, "no disk has so much: {much}");
        FreeSpace::default().missing(&folder.path().join("absent")).expect_err("absent");
    }
}
