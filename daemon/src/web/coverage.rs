//! How many ways of lying the pictures behind a reference cover, for people who look at a product.
//!
//! To read sixty pictures of a camera may take seconds on a small box, and whoever asks holds up others. So small
//! copies of pictures are kept, and one question reads pictures until [`PATIENCE`] is over: the next one goes on.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use base::picture::Picture;
use vision::learning::poses::{Copy, Coverage};

/// How long one question reads pictures.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// Pictures of a view that are compared with each other at most.
const COVERED_MAX: usize = 60;
/// Copies that are kept: 8 KiB each.
const COPIES_MAX: usize = 1_000;

/// What has been worked out so far.
#[derive(Debug, Default)]
pub(super) struct Coverages(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// By picture, with its time; none where it cannot be read.
    copies: HashMap<PathBuf, (SystemTime, Option<Copy>)>,
    /// By SKU and view.
    covered: HashMap<(String, String), Covered>,
}

/// A coverage, with the newest picture and their number when it was worked out.
#[derive(Debug)]
struct Covered {
    newest: SystemTime,
    pictures: usize,
    coverage: Coverage,
}

impl Coverages {
    /// The coverage of `pictures`, the oldest first, of one view of a SKU. `None`: not all of them are read at the time
    /// `until`; ask again.
    pub(super) fn of(
        &self,
        sku: &str,
        view: &str,
        pictures: &[&Path],
        until: Instant,
    ) -> Option<Coverage> {
        let time = |file: &Path| std::fs::metadata(file).and_then(|file| file.modified()).ok();
        // One that is gone since it was listed is not looked at.
        let timed: Vec<(&Path, SystemTime)> =
            pictures.iter().filter_map(|file| Some((*file, time(file)?))).collect();
        let newest = timed.iter().map(|(_, time)| *time).max().unwrap_or(SystemTime::UNIX_EPOCH);
        let key = (sku.to_owned(), view.to_owned());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.covered.get(&key)
            && (known.newest, known.pictures) == (newest, timed.len())
        {
            return Some(known.coverage);
        }
        let pictures = timed.len();
        if kept.copies.len() + COVERED_MAX > COPIES_MAX {
            kept.copies.clear();
        }
        let mut copies = Vec::new();
        // Of many, the newest: they show how the product lies now, and each is compared with each.
        for (file, time) in timed.into_iter().rev().take(COVERED_MAX) {
            let known = kept.copies.get(file).filter(|(then, _)| *then == time);
            let copy = match known {
                Some((_, copy)) => copy.clone(),
                None if Instant::now() > until => return None,
                None => {
                    let copy = Picture::open(file).ok().map(|picture| Copy::of(&picture));
                    kept.copies.insert(file.to_owned(), (time, copy.clone()));
                    copy
                }
            };
            copies.extend(copy);
        }
        let coverage = Coverage::of(&copies);
        kept.covered.insert(key, Covered { newest, pictures, coverage });
        Some(coverage)
    }
}

#[cfg(test)]
mod tests {
    use base::picture::PixelFormat;

    use super::*;

    #[test]
    fn who_asks_is_not_kept_waiting_and_the_next_question_goes_on_from_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |number: u8| {
            let file = folder.path().join(format!("{number}.png"));
            let pixels =
                (0..64 * 64).map(|at| if at % 64 < 8 * u32::from(number) { 20 } else { 200 });
            let picture = Picture::from_pixels(64, 64, PixelFormat::Grey8, pixels.collect());
            let picture = picture.expect("a picture").to_rgb_image();
            picture.save(&file).expect("written");
            file
        };
        let files: Vec<PathBuf> = (1..5).map(file).collect();
        let pictures: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
        let coverages = Coverages::default();
        let over = Instant::now() - Duration::from_secs(1);
        let long = Instant::now() + Duration::from_secs(600);
        assert_eq!(coverages.of("tea", "side", &pictures, over), None);
        assert!(coverages.of("tea", "side", &pictures[3..], long).is_some(), "one of them is read");
        let all = coverages.of("tea", "side", &pictures, long).expect("there was time");
        assert_eq!(all.pictures, 4);
        assert_eq!(coverages.of("tea", "side", &pictures, over), Some(all), "it is known now");
        // All copies are there; only one that is new is read.
        std::fs::remove_file(&files[0]).expect("removed");
        let rest = coverages.of("tea", "side", &pictures, over).expect("nothing is read for it");
        assert_eq!(rest.pictures, 3);
    }
}
