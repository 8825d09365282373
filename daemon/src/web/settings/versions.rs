//! The versions of the line file that are kept, in `page/settings/` of `[store] folder`: the text of each, and
//! beside it who wrote it, when and why. Only inspectd's user may look into it: a camera's address may hold its
//! password.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base::files;
use calib::the_box::settings::Saving;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Versions that are kept; beyond that the oldest go.
pub const MOST_VERSIONS: usize = 100;

/// The versions.
#[derive(Debug, Clone)]
pub struct Versions {
    folder: PathBuf,
}

/// What is known of a version beside its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// When it was written.
    pub at: Timestamp,
    /// By whom; empty where it was changed on the box.
    pub who: String,
    /// Why.
    pub reason: String,
    /// The hash of its text.
    pub revision: String,
}

impl Known {
    /// A version that somebody saves.
    pub fn saved(by: &Saving, revision: &str) -> Self {
        let Saving { who, reason, at } = by.clone();
        Self { at, who, reason, revision: revision.to_owned() }
    }
}

impl Versions {
    /// Those in the page's folder.
    pub fn within(page_folder: &Path) -> Self {
        Self { folder: page_folder.join("settings") }
    }

    /// What is known of each, the oldest first. One that is not whole is passed over.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn list(&self) -> Result<Vec<(u64, Known)>, String> {
        let mut all = Vec::new();
        for id in self.ids()? {
            let known = fs::read(self.file(id, "json")).ok();
            let known = known.and_then(|bytes| serde_json::from_slice(&bytes).ok());
            all.extend(known.map(|known| (id, known)));
        }
        Ok(all)
    }

    /// The text of one.
    ///
    /// # Errors
    /// There is no such version.
    pub fn text(&self, id: u64) -> Result<String, String> {
        fs::read_to_string(self.file(id, "toml")).map_err(|cause| {
            format!(
                "version {id} of the line file cannot be read: {cause}; the {MOST_VERSIONS} newest are kept"
            )
        })
    }

    /// Keeps one.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(&self, text: &str, known: &Known) -> Result<u64, String> {
        let ids = self.ids()?;
        let id = ids.last().map_or(1, |id| id + 1);
        self.write(id, text, known).map_err(|cause| self.failed(&cause))?;
        let too_many = (ids.len() + 1).saturating_sub(MOST_VERSIONS);
        ids.iter().take(too_many).for_each(|id| self.forget(*id));
        Ok(id)
    }

    /// Lets one go, as far as it is there.
    pub fn forget(&self, id: u64) {
        for kind in ["json", "toml"] {
            _ = fs::remove_file(self.file(id, kind));
        }
    }

    fn write(&self, id: u64, text: &str, known: &Known) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o700))?;
        files::replace(&self.file(id, "toml"), text.as_bytes())?;
        // With this the version counts.
        files::replace(&self.file(id, "json"), &serde_json::to_vec(known)?)
    }

    fn file(&self, id: u64, kind: &str) -> PathBuf {
        self.folder.join(format!("{id:06}.{kind}"))
    }

    /// The numbers of what is there, ascending.
    fn ids(&self) -> Result<Vec<u64>, String> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(cause) => return Err(self.failed(&cause)),
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let ids = names.filter_map(|name| name.strip_suffix(".toml")?.parse().ok());
        let mut ids: Vec<u64> = ids.collect();
        ids.sort_unstable();
        Ok(ids)
    }

    fn failed(&self, cause: &io::Error) -> String {
        format!(
            "the versions of the line file cannot be kept in {}: {cause}; check the disk, and that inspectd's \
             user owns the folder",
            self.folder.display()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(reason: &str) -> Known {
        let at = Timestamp::UNIX_EPOCH;
        Known { at, who: "anna".to_owned(), reason: reason.to_owned(), revision: "r".to_owned() }
    }

    #[test]
    fn versions_are_kept_in_order_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let versions = Versions::within(folder.path());
        assert_eq!(versions.list().unwrap(), []);
        for number in 1..=MOST_VERSIONS as u64 + 3 {
            let text = format!("n = {number}\n");
            assert_eq!(versions.keep(&text, &known(&number.to_string())).unwrap(), number);
        }
        let list = versions.list().unwrap();
        assert_eq!(list.len(), MOST_VERSIONS);
        assert_eq!((list[0].0, list[0].1.reason.as_str()), (4, "4"));
        assert_eq!(versions.text(103).unwrap(), "n = 103\n");
        assert!(versions.text(3).unwrap_err().contains("version 3"));
        let mode = fs::metadata(folder.path().join("settings")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn one_that_is_not_whole_is_passed_over_and_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let versions = Versions::within(folder.path());
        versions.keep("a = 1\n", &known("first")).unwrap();
        fs::write(folder.path().join("settings/000002.toml"), "half").unwrap();
        assert_eq!(versions.list().unwrap().len(), 1);
        assert_eq!(versions.keep("a = 3\n", &known("third")).unwrap(), 3);
        versions.forget(3);
        assert_eq!(versions.list().unwrap().len(), 1);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("settings"), "a file").unwrap();
        let told = Versions::within(folder.path()).keep("", &known("")).unwrap_err();
        assert!(told.contains("settings") && told.contains("check the disk"), "{told}");
    }
}
