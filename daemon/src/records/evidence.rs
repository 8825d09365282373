//! Evidence: the pictures of an item, one JPEG file each, in a folder for each day.

use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;

use super::error::StoreError;
use super::record::ItemId;
use super::retention::{self, Limits, Removed};
use super::space::FreeSpace;
use crate::wall_clock::{Clock, WallTime};

/// The folder of pictures that were taken while the clock was doubted: nobody knows how old they are.
pub(super) const UNDATED: &str = "undated";

/// What a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureKind {
    /// The view as it was taken.
    View,
    /// The view with the heat map over it.
    HeatMap,
}

/// A picture to be written as evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// See [`Evidence::relative_path`].
    pub relative_path: String,
    /// The file's bytes.
    pub jpeg: Vec<u8>,
}

/// The folder of the pictures.
#[derive(Debug, Clone)]
pub struct Evidence {
    folder: PathBuf,
    room: Option<Room>,
}

/// How room is made where there is none.
#[derive(Debug, Clone)]
struct Room {
    free: FreeSpace,
    clock: Clock,
}

impl Evidence {
    /// The evidence of the store in `store_folder`.
    pub fn new(store_folder: &Path) -> Self {
        Self { folder: store_folder.join(super::EVIDENCE), room: None }
    }

    /// From now on [`Evidence::make_room`] may remove pictures; `clock` says whether their dates are worth
    /// anything.
    #[must_use]
    pub fn with_room(self, free: FreeSpace, clock: Clock) -> Self {
        Self { room: Some(Room { free, clock }), ..self }
    }

    /// The folder that a picture's path is relative to.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a picture goes, relative to the evidence folder: `<day>/<boot>-<item>-<camera>-….jpg`,
    /// the day in UTC, or `evidence/undated` where the clock was doubted. Stands in the record, so it is known
    /// before the picture is written.
    pub fn relative_path(
        id: &ItemId,
        entered: WallTime,
        camera: &str,
        kind: PictureKind,
    ) -> String {
        let day = match entered.trusted_at() {
            Some(at) => at.to_zoned(TimeZone::UTC).date().to_string(),
            None => UNDATED.to_owned(),
        };
        let kind = match kind {
            PictureKind::View => "view",
            PictureKind::HeatMap => "heat",
        };
        format!("{day}/{}-{}-{}-{kind}.jpg", plain(&id.boot), id.item, plain(camera))
    }

    /// Writes a picture to its relative path. A reader sees the whole file or none: it is written
    /// beside its place and then renamed.
    ///
    /// # Errors
    /// [`StoreError`]: no space, no permission.
    pub fn write(&self, relative_path: &str, jpeg: &[u8]) -> Result<(), StoreError> {
        let path = self.folder.join(relative_path);
        let day = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(day).map_err(|source| StoreError::io("create", day, source))?;
        let part = path.with_extension("part");
        let written = fs::File::create(&part)
            .and_then(|mut file| file.write_all(jpeg))
            .and_then(|()| fs::rename(&part, &path));
        written.map_err(|source| {
            // Half a picture takes space that is missing; that it may fail too changes nothing.
            let _ = fs::remove_file(&part);
            StoreError::io("write", &path, source)
        })
    }

    /// Whether the pictures take room from `path`: both stand on one file system.
    pub fn shares_a_disk_with(&self, path: &Path) -> bool {
        let disk = |path: &Path| fs::metadata(path).map(|meta| meta.dev()).ok();
        disk(&self.folder).is_some_and(|disk_of_pictures| disk(path) == Some(disk_of_pictures))
    }

    /// Removes the oldest pictures until `bytes` more find room, and what is to stay free is free.
    ///
    /// # Errors
    /// [`StoreError`] of the first picture that could not be removed.
    pub fn make_room(&self, bytes: u64) -> Result<Removed, StoreError> {
        let Some(Room { free, clock }) = &self.room else { return Ok(Removed::default()) };
        let missing = free
            .missing(&self.folder)
            .map_err(|source| StoreError::io("ask for the room of", &self.folder, source))?;
        let now = clock.now();
        let age = now.trusted_at().map(|_| Duration::MAX);
        let limits = Limits { age, bytes: u64::MAX, make_free: missing.max(bytes) };
        retention::remove(&self.folder, limits, now.at())
    }
}

/// The text as part of a file name: whatever is no letter, digit or hyphen becomes `_`.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(boot: &str) -> ItemId {
        ItemId { boot: boot.to_owned(), item: 7 }
    }

    fn entered() -> WallTime {
        WallTime::trusted("2026-03-01T23:59:59Z".parse().expect("a time"))
    }

    #[test]
    fn a_picture_is_written_whole_under_the_day_on_which_its_item_entered() {
        let folder = tempfile::tempdir().expect("a folder");
        let evidence = Evidence::new(folder.path());
        let path = Evidence::relative_path(&id("b1"), entered(), "top", PictureKind::View);
        evidence.write(&path, b"jpeg").expect("written");

        assert_eq!(path, "2026-03-01/b1-7-top-view.jpg");
        assert_eq!(fs::read(evidence.folder().join(&path)).expect("there"), b"jpeg");
        let files = fs::read_dir(evidence.folder().join("2026-03-01")).expect("the day").count();
        assert_eq!(files, 1, "no half-written file stays");
    }

    #[test]
    fn no_name_of_a_boot_or_camera_leads_out_of_the_folder() {
        let path = Evidence::relative_path(&id("../../x"), entered(), "a/..", PictureKind::HeatMap);
        assert_eq!(path, "2026-03-01/______x-7-a___-heat.jpg");
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named_in_the_error() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(super::super::EVIDENCE), b"a file").expect("written");
        let error = Evidence::new(folder.path()).write("2026-03-01/x.jpg", b"jpeg").expect_err("");
        assert!(error.to_string().contains("evidence/2026-03-01"), "{error}");
    }
}
