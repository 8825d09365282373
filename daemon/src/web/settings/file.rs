//! The line file on the disk: read with its revision, and written whole or not at all.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use calib::the_box::NoAnswer;
use jiff::Timestamp;
use rustix::fs::{Access, access};
use sha2::{Digest as _, Sha256};

/// The line file.
#[derive(Debug, Clone)]
pub struct LineFileOnDisk {
    path: PathBuf,
}

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The text, without a byte-order mark.
    pub text: String,
    /// The hash of the text.
    pub revision: String,
    /// When it was last changed.
    pub changed_at: Option<Timestamp>,
}

/// The revision of a text.
pub fn revision(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl LineFileOnDisk {
    /// The one at that path; where that is a link, the file behind it.
    pub fn new(path: &Path) -> Self {
        Self { path: path.canonicalize().unwrap_or_else(|_| path.to_owned()) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads it.
    ///
    /// # Errors
    /// It cannot be read, or is no text.
    pub fn read(&self) -> Result<Content, NoAnswer> {
        let path = self.path.display();
        let text = fs::read_to_string(&self.path).map_err(|cause| {
            let next = match cause.kind() {
                ErrorKind::InvalidData => "save it as UTF-8",
                _ => "see that it is there and that inspectd's user may read it",
            };
            NoAnswer::Failed(format!("cannot read the line file {path}: {cause}; {next}"))
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
        let metadata = fs::metadata(&self.path).ok();
        let changed_at = metadata.and_then(|metadata| {
            Timestamp::new(metadata.mtime(), i32::try_from(metadata.mtime_nsec()).ok()?).ok()
        });
        Ok(Content { revision: revision(&text), text, changed_at })
    }

    /// Why it cannot be written; none where it probably can.
    pub fn unwritable(&self) -> Option<String> {
        let asked = Access::WRITE_OK | Access::EXEC_OK;
        access(self.folder(), asked).err().map(|cause| self.refused(&cause.into()))
    }

    /// Writes it, with the rights and the owner that it had. What is put in its place is complete and on the disk
    /// before `last` is asked; where `last` refuses, the old file stays.
    ///
    /// # Errors
    /// In words that say what to do, made into an error by `failed`; or what `last` said.
    pub fn write<E>(
        &self,
        text: &str,
        failed: impl Fn(String) -> E,
        last: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let refused = |cause: io::Error| failed(self.refused(&cause));
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let new = self.folder().join(format!(".{name}.new"));
        let written = (|| {
            let old = fs::metadata(&self.path).map_err(refused)?;
            write_whole(&new, text, &old).map_err(refused)?;
            last()?;
            fs::rename(&new, &self.path).map_err(refused)
        })();
        match written {
            // The name is on the disk only with its folder.
            Ok(()) => File::open(self.folder()).and_then(|f| f.sync_all()).map_err(refused),
            Err(error) => {
                // Of no use any more; what could not be written is told, not that this could not be removed.
                _ = fs::remove_file(&new);
                Err(error)
            }
        }
    }

    fn folder(&self) -> &Path {
        self.path.parent().filter(|path| *path != Path::new("")).unwrap_or(Path::new("."))
    }

    fn refused(&self, cause: &io::Error) -> String {
        let (folder, path) = (self.folder().display(), self.path.display());
        format!(
            "cannot write into the folder {folder}: {cause}. Give inspectd's user the right to write there. On an \
             appliance whose {folder} is read-only, copy {path} to a folder that can be written, for example \
             /var/lib/inspectd/line.toml, and start plc-bridge and inspectd with --line and that path"
        )
    }
}

fn write_whole(path: &Path, text: &str, old: &Metadata) -> io::Result<()> {
    // Left by one who lost power; a link that somebody put there is not followed.
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    // Only root may give a file to another; for others it stays theirs.
    _ = chown(path, Some(old.uid()), Some(old.gid()));
    file.set_permissions(fs::Permissions::from_mode(old.mode() & 0o7777))?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(words: String) -> String {
        words
    }

    fn file() -> (tempfile::TempDir, LineFileOnDisk) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("line.toml");
        fs::write(&path, "a = 1\n").unwrap();
        (folder, LineFileOnDisk::new(&path))
    }

    #[test]
    fn a_file_is_replaced_whole_and_keeps_its_rights() {
        let (folder, file) = file();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o640)).unwrap();
        fs::write(folder.path().join(".line.toml.new"), "left by a power cut").unwrap();
        let before = file.read().unwrap();
        file.write("a = 2\n", told, || Ok(())).unwrap();
        let after = file.read().unwrap();
        assert_eq!(after.text, "a = 2\n");
        assert_ne!(before.revision, after.revision);
        assert_eq!(fs::metadata(file.path()).unwrap().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left");
    }

    #[test]
    fn the_old_file_stays_where_the_last_moment_says_no() {
        let (folder, file) = file();
        let refused = file.write("a = 2\n", told, || Err("not now".to_owned()));
        assert_eq!(refused.unwrap_err(), "not now");
        assert_eq!(file.read().unwrap().text, "a = 1\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_cannot_be_written_says_which_and_what_to_do() {
        let (folder, file) = file();
        assert_eq!(file.unwritable(), None);
        // Root may write everywhere, so that only what is no file is in its way.
        fs::create_dir(folder.path().join(".line.toml.new")).unwrap();
        let refused = file.write("a = 2\n", told, || Ok(())).unwrap_err();
        assert!(refused.contains("line.toml") && refused.contains("--line"), "{refused}");
        assert_eq!(file.read().unwrap().text, "a = 1\n");
        let gone = LineFileOnDisk::new(Path::new("/nowhere/line.toml"));
        assert!(gone.unwritable().unwrap().contains("/nowhere"));
        assert!(gone.read().unwrap_err().to_string().contains("/nowhere/line.toml"));
    }

    #[test]
    fn a_link_stays_a_link() {
        let (folder, file) = file();
        let link = folder.path().join("link.toml");
        std::os::unix::fs::symlink(file.path(), &link).unwrap();
        let through = LineFileOnDisk::new(&link);
        through.write("a = 3\n", told, || Ok(())).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(file.read().unwrap().text, "a = 3\n");
    }
}
