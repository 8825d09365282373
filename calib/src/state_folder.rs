//! The page's own folder, `page/` in `[store] folder`: its database, certificate, keys and tokens.
//!
//! Nobody but inspectd's user may look into it. A file is written whole under another name and then
//! renamed, so that a box that loses power never has half of a key.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown,
};
use std::path::{Path, PathBuf};

use crate::access::Secret;

/// The folder's name within `[store] folder`.
const NAME: &str = "page";

/// The file with this machine's token.
const TOKEN: &str = "token";

/// The file with the set-up code, while one is needed.
const SET_UP_CODE: &str = "set-up-code";

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what} {path}: {cause}. Check the disk, and that inspectd's user owns the folder")]
pub struct FolderError {
    what: &'static str,
    path: PathBuf,
    cause: io::Error,
}

/// The folder.
#[derive(Debug, Clone)]
pub struct StateFolder {
    path: PathBuf,
}

impl StateFolder {
    /// The page's folder below `[store] folder`; it need not be there.
    pub fn below(store_folder: &Path) -> Self {
        Self { path: store_folder.join(NAME) }
    }

    /// Makes sure that it is there and that nobody else may look into it.
    ///
    /// # Errors
    /// The system's.
    pub fn create(&self) -> Result<(), FolderError> {
        let fail = |what| move |cause| FolderError { what, path: self.path.clone(), cause };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.path)
            .map_err(fail("make the folder"))?;
        fs::set_permissions(&self.path, fs::Permissions::from_mode(0o700))
            .map_err(fail("close to others the folder"))?;
        self.give_to_owner(&self.path);
        Ok(())
    }

    /// Gives what root has made here to whom the store's folder belongs: inspectd's user has to be able to
    /// use what `inspectctl` made. Another user cannot give anything away, and need not.
    pub fn give_to_owner(&self, path: &Path) {
        let owner = self.path.parent().and_then(|folder| fs::metadata(folder).ok());
        if let Some(owner) = owner.filter(|_| rustix::process::geteuid().is_root()) {
            _ = chown(path, Some(owner.uid()), Some(owner.gid()));
        }
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The text of a file in it; none when there is no such file.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn read(&self, name: &str) -> Result<Option<String>, FolderError> {
        let path = self.file(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(FolderError { what: "read", path, cause }),
        }
    }

    /// Writes a file that only its owner may read.
    ///
    /// # Errors
    /// The system's.
    pub fn write(&self, name: &str, text: &str) -> Result<(), FolderError> {
        self.create()?;
        let path = self.file(name);
        let new = self.file(&format!(".{name}.new"));
        let write = || {
            let mut options = OpenOptions::new();
            let mut file =
                options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            self.give_to_owner(&new);
            fs::rename(&new, &path)?;
            File::open(&self.path)?.sync_all()
        };
        write().map_err(|cause| FolderError { what: "write", path: path.clone(), cause })
    }

    /// Removes a file, where there is one.
    ///
    /// # Errors
    /// The system's.
    pub fn remove(&self, name: &str) -> Result<(), FolderError> {
        let path = self.file(name);
        match fs::remove_file(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                Err(FolderError { what: "remove", path, cause })
            }
            _ => Ok(()),
        }
    }

    /// The token with which programs of this machine look at the line: who may read the file may
    /// look. Made when there is none.
    ///
    /// # Errors
    /// The file cannot be read or written, or the system has no random numbers.
    pub fn token(&self) -> Result<Secret, FolderError> {
        self.kept_or_new(TOKEN, Secret::new)
    }

    /// The token, if inspectd has made one.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn token_if_any(&self) -> Result<Option<Secret>, FolderError> {
        Ok(self.read(TOKEN)?.map(|text| Secret::kept(&text)))
    }

    /// The set-up code. Made when there is none.
    ///
    /// # Errors
    /// As for [`StateFolder::token`].
    pub fn set_up_code(&self) -> Result<Secret, FolderError> {
        self.kept_or_new(SET_UP_CODE, Secret::set_up_code)
    }

    /// The set-up code, if one is needed.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn set_up_code_if_any(&self) -> Result<Option<Secret>, FolderError> {
        Ok(self.read(SET_UP_CODE)?.map(|text| Secret::kept(&text)))
    }

    /// The set-up code is needed no more.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn forget_set_up_code(&self) -> Result<(), FolderError> {
        self.remove(SET_UP_CODE)
    }

    fn kept_or_new(
        &self,
        name: &'static str,
        make: impl FnOnce() -> Result<Secret, getrandom::Error>,
    ) -> Result<Secret, FolderError> {
        if let Some(text) = self.read(name)?.filter(|text| !text.trim().is_empty()) {
            return Ok(Secret::kept(&text));
        }
        let secret = make().map_err(|cause| FolderError {
            what: "find random numbers for",
            path: self.file(name),
            cause: io::Error::other(cause),
        })?;
        self.write(name, &format!("{}\n", secret.reveal()))?;
        Ok(secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn only_the_owner_may_read_what_is_in_it() {
        let store = tempfile::tempdir().unwrap();
        let folder = StateFolder::below(store.path());
        fs::create_dir(store.path().join("page")).unwrap();
        fs::set_permissions(store.path().join("page"), fs::Permissions::from_mode(0o755)).unwrap();
        let token = folder.token().unwrap();
        assert_eq!(mode(&folder.path), 0o700, "it is closed to others even where it was open");
        assert_eq!(mode(&folder.file("token")), 0o600);
        assert!(token.is(folder.token().unwrap().reveal()), "it is kept");
        assert!(folder.token_if_any().unwrap().is_some());
    }

    #[test]
    fn a_set_up_code_lasts_until_it_is_forgotten() {
        let store = tempfile::tempdir().unwrap();
        let folder = StateFolder::below(store.path());
        assert!(folder.set_up_code_if_any().unwrap().is_none());
        let code = folder.set_up_code().unwrap();
        assert!(folder.set_up_code().unwrap().is_code(code.reveal()));
        folder.forget_set_up_code().unwrap();
        folder.forget_set_up_code().unwrap();
        assert!(folder.set_up_code_if_any().unwrap().is_none());
        assert!(!folder.set_up_code().unwrap().is_code(code.reveal()), "the next one is another");
    }

    #[test]
    fn an_error_names_the_file() {
        let store = tempfile::tempdir().unwrap();
        fs::write(store.path().join("page"), "a file").unwrap();
        let told = StateFolder::below(store.path()).token().unwrap_err().to_string();
        assert!(told.contains("page") && told.contains("Check the disk"), "{told}");
    }
}
