//! **Appearance**: what one picture shows of who the item in it is, and how it is read.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use super::IdentityError;
use super::looks::Looks;
use super::words::{Words, words};
use base::picture::Picture;
use base::progress::Progress;
use meaning::line::TextLine;
use reading::text::{ReadOptions, TextModels, TextReader};

/// What one picture shows: looks, and the words read in it. Words may be missing; looks may be empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Appearance {
    /// Key points and colours.
    pub looks: Looks,
    /// Words and how much each counts.
    pub words: Words,
}

impl Appearance {
    /// Of a picture and the lines of text read in it.
    ///
    /// # Errors
    /// When libtorch refuses.
    pub fn of(picture: &Picture, lines: &[TextLine]) -> Result<Self, IdentityError> {
        let size = (picture.width() as f32, picture.height() as f32);
        Ok(Self { looks: Looks::of(picture)?, words: words(lines, size) })
    }
}

/// Gathers the appearance of pictures. One thread keeps one.
pub struct AppearanceReader {
    text: Option<TextReader>,
}

impl AppearanceReader {
    /// A reader of looks, and of text with the networks in `text_folder` where one is given.
    ///
    /// # Errors
    /// When a network or its library is missing or cannot be used.
    pub fn open(text_folder: Option<&Path>) -> Result<Self, IdentityError> {
        let open = |folder| TextReader::open(&TextModels::in_folder(folder), 1);
        Ok(Self { text: text_folder.map(open).transpose()? })
    }

    /// The appearance of one picture.
    ///
    /// # Errors
    /// When libtorch or a network refuses.
    pub fn read(&mut self, picture: &Picture) -> Result<Appearance, IdentityError> {
        let lines = match &mut self.text {
            Some(text) => text.read(&picture.to_rgb_image(), &ReadOptions::default())?,
            None => Vec::new(),
        };
        Appearance::of(picture, &lines)
    }
}

/// The appearance of many picture files, in their order, read by as many threads as the machine has
/// processors.
///
/// # Errors
/// When the networks for text cannot be used, or the system starts no thread. A picture that cannot be read has
/// its own error.
pub fn of_files(
    files: &[PathBuf],
    text_folder: Option<&Path>,
    progress: &mut dyn Progress,
) -> Result<Vec<Result<Appearance, IdentityError>>, IdentityError> {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let readers = (0..threads.min(files.len()))
        .map(|_| AppearanceReader::open(text_folder))
        .collect::<Result<Vec<_>, _>>()?;
    let mut found: Vec<Option<Result<Appearance, IdentityError>>> = Vec::new();
    found.resize_with(files.len(), || None);
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (sender, read) = mpsc::channel();
        for mut reader in readers {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                // The threads here are enough: libtorch is to start none beside each of them.
                tch::set_num_threads(1);
                while let Some((at, file)) = nth(files, next.fetch_add(1, Ordering::Relaxed)) {
                    let picture = Picture::open(file).map_err(IdentityError::from);
                    if sender.send((at, picture.and_then(|one| reader.read(&one)))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (done, (at, appearance)) in read.into_iter().enumerate() {
            found[at] = Some(appearance);
            progress.step(done + 1, files.len(), "reading pictures");
        }
    });
    Ok(found.into_iter().map(|one| one.expect("each file was read by one thread")).collect())
}

fn nth(files: &[PathBuf], at: usize) -> Option<(usize, &PathBuf)> {
    files.get(at).map(|file| (at, file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::progress::Silent;

    #[test]
    fn a_file_that_is_no_picture_is_named_and_the_others_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let (good, broken) = (folder.path().join("good.png"), folder.path().join("broken.png"));
        image::RgbImage::from_pixel(64, 48, image::Rgb([9, 90, 9])).save(&good).unwrap();
        std::fs::write(&broken, "no picture").unwrap();
        let found = of_files(&[broken, good], None, &mut Silent).unwrap();
        assert!(found[0].as_ref().unwrap_err().to_string().contains("broken.png"));
        assert!(found[1].is_ok());
        assert!(of_files(&[], None, &mut Silent).unwrap().is_empty());
    }

    #[test]
    fn networks_that_are_not_there_are_named() {
        let nowhere = Path::new("/nowhere");
        let error = AppearanceReader::open(Some(nowhere)).err().unwrap().to_string();
        assert!(error.contains("/nowhere"), "{error}");
    }
}
