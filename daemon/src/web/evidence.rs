//! One picture of the evidence folder, and never anything else of the disk.
//!
//! The path comes from whoever can reach the page, so it is walked one name at a time from an open
//! folder: every name must be an ordinary one (no `..`, no root), and no step follows a symbolic
//! link. A path that was checked and then swapped gains nothing, since what was opened is what is
//! read.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::{Component, Path};

use calib::the_box::{NoAnswer, Picture};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;

use crate::records::EVIDENCE;

/// Largest picture served. A 20-megapixel JPEG stays under 16 MiB; what is larger is no evidence.
const MAX_BYTES: u64 = 32 << 20;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// Not a picture that records name, or removed since.
    #[error(
        "no evidence picture `{0}`: it was never written, or the retention limits of section \
         [store] have removed it. /api/items names the pictures that are kept"
    )]
    Absent(String),
    /// It is there, but cannot be read.
    #[error("cannot read evidence picture `{path}`: {cause}. Check the disk and who owns the file")]
    Unreadable {
        /// The picture, relative to the evidence folder.
        path: String,
        /// What the system said.
        cause: io::Error,
    },
}

impl From<EvidenceError> for NoAnswer {
    fn from(error: EvidenceError) -> Self {
        match error {
            EvidenceError::Absent(_) => Self::Absent(error.to_string()),
            EvidenceError::Unreadable { .. } => Self::Failed(error.to_string()),
        }
    }
}

/// Reads the picture `path`, relative to the evidence folder of `records_folder`.
///
/// # Errors
/// No such picture, or it cannot be read.
pub fn read(records_folder: &Path, path: &str) -> Result<Picture, EvidenceError> {
    let absent = || EvidenceError::Absent(path.to_owned());
    let kind = match Path::new(path).extension().and_then(|e| e.to_str()) {
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("png") => "image/png",
        _ => return Err(absent()),
    };
    let unreadable = |cause| EvidenceError::Unreadable { path: path.to_owned(), cause };
    let file = match open(records_folder, path) {
        Ok(opened) => File::from(opened),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::INVAL | Errno::NAMETOOLONG) => {
            return Err(absent());
        }
        Err(cause) => return Err(unreadable(cause.into())),
    };
    let read = || -> io::Result<Option<Vec<u8>>> {
        let meta = file.metadata()?;
        if !meta.is_file() || meta.len() > MAX_BYTES {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        file.take(MAX_BYTES).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    };
    let bytes = read().map_err(unreadable)?.ok_or_else(absent)?;
    Ok(Picture { kind, bytes })
}

/// Opens `path` below the evidence folder, name by name, following no link.
fn open(records_folder: &Path, path: &str) -> Result<OwnedFd, Errno> {
    // NONBLOCK: a FIFO that somebody put there must not hold a thread for ever.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let mut at =
        openat(CWD, records_folder.join(EVIDENCE), flags | OFlags::DIRECTORY, Mode::empty())?;
    let mut names = Path::new(path).components().peekable();
    while let Some(name) = names.next() {
        let Component::Normal(name) = name else {
            return Err(Errno::NOENT);
        };
        let folder = if names.peek().is_some() { OFlags::DIRECTORY } else { OFlags::empty() };
        at = openat(&at, name, flags | folder | OFlags::NOFOLLOW, Mode::empty())?;
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn folder() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("evidence/2026-11-22")).unwrap();
        fs::write(root.path().join("evidence/2026-11-22/a.jpg"), b"picture").unwrap();
        fs::write(root.path().join("secret.jpg"), b"secret").unwrap();
        root
    }

    #[test]
    fn a_picture_inside_the_folder_is_read() {
        let root = folder();
        let picture = read(root.path(), "2026-11-22/a.jpg").unwrap();
        assert_eq!(picture.bytes, b"picture");
        assert_eq!(picture.kind, "image/jpeg");
    }

    #[test]
    fn paths_that_leave_the_folder_are_absent() {
        let root = folder();
        let absolute = root.path().join("secret.jpg");
        let outside = ["../secret.jpg", "2026-11-22/../../secret.jpg", absolute.to_str().unwrap()];
        for path in outside.into_iter().chain(["", ".", "2026-11-22", "a\0.jpg", "b.jpg"]) {
            let refused = read(root.path(), path);
            assert!(matches!(refused, Err(EvidenceError::Absent(_))), "{path}: {refused:?}");
        }
    }

    #[test]
    fn links_are_followed_neither_as_the_picture_nor_on_the_way() {
        let root = folder();
        let evidence = root.path().join("evidence");
        symlink(root.path().join("secret.jpg"), evidence.join("link.jpg")).unwrap();
        symlink(root.path(), evidence.join("up")).unwrap();
        for path in ["link.jpg", "up/secret.jpg"] {
            let refused = read(root.path(), path);
            assert!(matches!(refused, Err(EvidenceError::Absent(_))), "{path}: {refused:?}");
        }
    }

    #[test]
    fn what_is_no_picture_is_absent() {
        let root = folder();
        fs::write(root.path().join("evidence/notes.txt"), b"x").unwrap();
        fs::create_dir(root.path().join("evidence/folder.jpg")).unwrap();
        for path in ["notes.txt", "folder.jpg"] {
            assert!(matches!(read(root.path(), path), Err(EvidenceError::Absent(_))), "{path}");
        }
    }
}
