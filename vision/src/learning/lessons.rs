//! **Lessons on disk**: `<folder>/<sku>/<id>/<view>.png`, one folder an item.
//!
//! An item's folder is written under another name and renamed, so that it is whole or not there. Beside the items lie
//! `left-out/`, the items that differ from their fellows, and `damaged/`, the counter-examples, each with folders of the
//! same kind; and `learned.json`, which says how the reference was learned. Names that begin with a dot are unfinished,
//! and are removed at start.

use std::fs;
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use base::files::replace;
use image::ImageFormat;

use super::Lesson;
use super::plan::{Known, Learned};

/// Folder of the items that differ from their fellows.
const LEFT_OUT: &str = "left-out";
/// Folder of the counter-examples.
const DAMAGED: &str = "damaged";
/// In an item's folder: a person said what it is, so that it stays where it lies.
const SAID: &str = "said";
/// How the reference was learned.
const LEARNED: &str = "learned.json";

/// Which of a SKU's items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// Those that the reference is learned from.
    Normal,
    /// Those that differ from their fellows.
    LeftOut,
    /// Those that were diverted as damaged.
    Damaged,
}

/// Who says where an item lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The box, by what it found.
    Box,
    /// A person: it stays where it lies.
    Person,
}

/// The folder of all lessons.
#[derive(Debug, Clone)]
pub struct Lessons {
    folder: PathBuf,
}

impl Lessons {
    /// The lessons in `folder`, which need not exist.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The folder of a SKU.
    pub fn sku(&self, sku: &str) -> PathBuf {
        self.folder.join(sku)
    }

    fn shelf(&self, sku: &str, shelf: Shelf) -> PathBuf {
        match shelf {
            Shelf::Normal => self.sku(sku),
            Shelf::LeftOut => self.sku(sku).join(LEFT_OUT),
            Shelf::Damaged => self.sku(sku).join(DAMAGED),
        }
    }

    /// All SKUs with lessons, and what is known of each. What an earlier run left unfinished is removed.
    ///
    /// # Errors
    /// The system's, when a folder cannot be read.
    pub fn all(&self) -> io::Result<Vec<(String, Known)>> {
        let mut all = Vec::new();
        let is_folder = |sku: &String| self.sku(sku).is_dir();
        for sku in names(&self.folder)?.into_iter().filter(is_folder) {
            for unfinished in entries(&self.sku(&sku))?.into_iter().filter(|one| hidden(one)) {
                let _ = fs::remove_dir_all(self.sku(&sku).join(unfinished));
            }
            let items = self.items(&sku, Shelf::Normal)?.len();
            let learned = self.learned(&sku);
            all.push((sku, Known { items, learned, ..Known::default() }));
        }
        Ok(all)
    }

    /// The items of a SKU, the oldest first. One that goes meanwhile is left out.
    ///
    /// # Errors
    /// The system's, when the folder cannot be read.
    pub fn items(&self, sku: &str, shelf: Shelf) -> io::Result<Vec<String>> {
        let folder = self.shelf(sku, shelf);
        let mut items: Vec<(SystemTime, String)> = Vec::new();
        for name in names(&folder)? {
            let Some(file) = if_there(fs::metadata(folder.join(&name)))? else { continue };
            if file.is_dir() && ![LEFT_OUT, DAMAGED].contains(&name.as_str()) {
                items.push((file.modified()?, name));
            }
        }
        items.sort();
        Ok(items.into_iter().map(|(_, name)| name).collect())
    }

    /// The pictures of one item: view and file.
    ///
    /// # Errors
    /// The system's, when the folder cannot be read.
    pub fn pictures(
        &self,
        sku: &str,
        shelf: Shelf,
        id: &str,
    ) -> io::Result<Vec<(String, PathBuf)>> {
        let folder = self.shelf(sku, shelf).join(id);
        let file = |name: String| Some((name.strip_suffix(".png")?.to_owned(), folder.join(&name)));
        Ok(names(&folder)?.into_iter().filter_map(file).collect())
    }

    /// A person said that this item lies where it belongs.
    ///
    /// # Errors
    /// The system's.
    pub fn vouch(&self, sku: &str, shelf: Shelf, id: &str) -> io::Result<()> {
        fs::write(self.shelf(sku, shelf).join(id).join(SAID), "")
    }

    /// Whether a person said so.
    pub fn is_vouched(&self, sku: &str, shelf: Shelf, id: &str) -> bool {
        self.shelf(sku, shelf).join(id).join(SAID).exists()
    }

    /// Keeps an item; of more than `most` on its shelf the oldest goes for which nobody vouched, and where a person vouched
    /// for all, this one too, the oldest of these. Says whether one went.
    ///
    /// # Errors
    /// The system's, such as a full disk; nothing is kept then.
    pub fn keep(&self, lesson: &Lesson, most: usize, by: By) -> io::Result<bool> {
        let shelf = if lesson.is_normal { Shelf::Normal } else { Shelf::Damaged };
        let folder = self.shelf(&lesson.sku, shelf);
        let unfinished = self.sku(&lesson.sku).join(format!(".{}", lesson.id));
        fs::create_dir_all(&unfinished)?;
        let written = lesson.views.iter().try_for_each(|(camera, frame)| {
            let mut png = Vec::new();
            let picture = frame.picture.to_rgb_image();
            picture
                .write_to(&mut Cursor::new(&mut png), ImageFormat::Png)
                .map_err(io::Error::other)?;
            replace(&unfinished.join(format!("{camera}.png")), &png)
        });
        let placed = written.and_then(|()| {
            if by == By::Person {
                fs::write(unfinished.join(SAID), "")?;
            }
            fs::create_dir_all(&folder)?;
            fs::rename(&unfinished, folder.join(&lesson.id))
        });
        if let Err(error) = placed {
            let _ = fs::remove_dir_all(&unfinished);
            return Err(error);
        }
        let items = self.items(&lesson.sku, shelf)?;
        let excess = items.len().saturating_sub(most);
        let (vouched, mut may_go): (Vec<String>, Vec<String>) =
            items.into_iter().partition(|id| self.is_vouched(&lesson.sku, shelf, id));
        if by == By::Person {
            may_go.extend(vouched.into_iter().filter(|id| *id != lesson.id));
        }
        let mut gone = false;
        for id in may_go.into_iter().take(excess) {
            fs::remove_dir_all(folder.join(id))?;
            gone = true;
        }
        Ok(gone)
    }

    /// Puts an item aside: nothing is learned from it any more.
    ///
    /// # Errors
    /// The system's; the item stays where it was.
    pub fn leave_out(&self, sku: &str, id: &str) -> io::Result<()> {
        self.put(sku, id, Shelf::Normal, Shelf::LeftOut)
    }

    /// Puts an item of one shelf onto another.
    ///
    /// # Errors
    /// The system's; the item stays where it was.
    pub fn put(&self, sku: &str, id: &str, from: Shelf, to: Shelf) -> io::Result<()> {
        let folder = self.shelf(sku, to);
        fs::create_dir_all(&folder)?;
        fs::rename(self.shelf(sku, from).join(id), folder.join(id))
    }

    /// Removes the pictures of a SKU's items, and returns how many bytes that gave back.
    ///
    /// # Errors
    /// The system's.
    pub fn thin(&self, sku: &str) -> io::Result<u64> {
        let before = self.bytes(sku)?;
        for shelf in [Shelf::Normal, Shelf::LeftOut] {
            for id in self.items(sku, shelf)? {
                fs::remove_dir_all(self.shelf(sku, shelf).join(id))?;
            }
        }
        Ok(before.saturating_sub(self.bytes(sku)?))
    }

    /// Bytes that the pictures of a SKU take. One that goes meanwhile takes none.
    ///
    /// # Errors
    /// The system's.
    pub fn bytes(&self, sku: &str) -> io::Result<u64> {
        let mut bytes = 0;
        for shelf in [Shelf::Normal, Shelf::LeftOut, Shelf::Damaged] {
            for id in self.items(sku, shelf)? {
                for (_, file) in self.pictures(sku, shelf, &id)? {
                    bytes += if_there(fs::metadata(file))?.map_or(0, |file| file.len());
                }
            }
        }
        Ok(bytes)
    }

    /// Removes an item.
    ///
    /// # Errors
    /// The system's.
    pub fn drop_item(&self, sku: &str, shelf: Shelf, id: &str) -> io::Result<()> {
        fs::remove_dir_all(self.shelf(sku, shelf).join(id))
    }

    /// Makes an item of `from` one of `into`.
    ///
    /// # Errors
    /// The system's; the item stays where it was.
    pub fn give(&self, from: &str, into: &str, shelf: Shelf, id: &str) -> io::Result<()> {
        let folder = self.shelf(into, shelf);
        fs::create_dir_all(&folder)?;
        fs::rename(self.shelf(from, shelf).join(id), folder.join(id))
    }

    /// How the reference of a SKU was learned; `None` where it was not, or nobody can tell any more.
    pub fn learned(&self, sku: &str) -> Option<Learned> {
        let text = fs::read(self.sku(sku).join(LEARNED)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Notes how the reference of a SKU was learned.
    ///
    /// # Errors
    /// The system's; what stood there stays.
    pub fn note(&self, sku: &str, learned: &Learned) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(learned)?;
        replace(&self.sku(sku).join(LEARNED), &text)
    }

    /// Forgets a SKU; nothing happens where it is not known.
    ///
    /// # Errors
    /// The system's.
    pub fn forget(&self, sku: &str) -> io::Result<()> {
        match fs::remove_dir_all(self.sku(sku)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Nothing, where there is no such file.
fn if_there<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn hidden(name: &str) -> bool {
    name.starts_with('.')
}

/// The names in a folder; none where it is not there.
fn entries(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let name = |entry: io::Result<fs::DirEntry>| {
        entry.map(|entry| entry.file_name().to_string_lossy().into_owned())
    };
    entries.map(name).collect()
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    Ok(entries(folder)?.into_iter().filter(|name| !hidden(name)).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use base::picture::{Picture, PixelFormat};
    use capture::Frame;

    fn lesson(id: &str, is_normal: bool) -> Lesson {
        let picture = Picture::from_pixels(4, 2, PixelFormat::Grey8, vec![7; 8]).unwrap();
        let frame = Arc::new(Frame::new("side".into(), Duration::ZERO, picture));
        let views = vec![("side".into(), frame)];
        Lesson { id: id.to_owned(), sku: "tea".to_owned(), views, is_normal }
    }

    #[test]
    fn lessons_are_kept_whole_the_oldest_gives_way_and_others_lie_on_shelves_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let lessons = Lessons::new(folder.path());
        assert_eq!(lessons.all().unwrap(), []);
        for (at, id) in ["a-1", "a-2", "a-3"].into_iter().enumerate() {
            assert!(!lessons.keep(&lesson(id, true), 3, By::Box).unwrap());
            let then = SystemTime::UNIX_EPOCH + Duration::from_secs(at as u64);
            fs::File::open(lessons.sku("tea").join(id)).unwrap().set_modified(then).unwrap();
        }
        assert!(lessons.keep(&lesson("a-4", true), 3, By::Box).unwrap(), "one had to go");
        lessons.keep(&lesson("a-5", false), 3, By::Box).unwrap();
        lessons.leave_out("tea", "a-3").unwrap();
        let of = |shelf| lessons.items("tea", shelf).unwrap();
        assert_eq!(of(Shelf::Normal), ["a-2", "a-4"]);
        assert_eq!(
            (of(Shelf::LeftOut), of(Shelf::Damaged)),
            (vec!["a-3".into()], vec!["a-5".into()])
        );
        let pictures = lessons.pictures("tea", Shelf::Normal, "a-4").unwrap();
        assert_eq!(pictures[0].0, "side");
        assert_eq!(Picture::open(&pictures[0].1).unwrap().width(), 4);
    }

    #[test]
    fn an_item_that_a_person_vouched_for_stays_and_a_younger_one_goes() {
        let folder = tempfile::tempdir().unwrap();
        let lessons = Lessons::new(folder.path());
        for (at, id) in ["a-1", "a-2"].into_iter().enumerate() {
            lessons.keep(&lesson(id, true), 2, By::Box).unwrap();
            let then = SystemTime::UNIX_EPOCH + Duration::from_secs(at as u64);
            fs::File::open(lessons.sku("tea").join(id)).unwrap().set_modified(then).unwrap();
        }
        let old = |id: &str| {
            let then = SystemTime::UNIX_EPOCH;
            fs::File::open(lessons.sku("tea").join(id)).unwrap().set_modified(then).unwrap();
        };
        let items = || lessons.items("tea", Shelf::Normal).unwrap();
        lessons.vouch("tea", Shelf::Normal, "a-1").unwrap();
        old("a-1");
        assert!(lessons.keep(&lesson("a-3", true), 2, By::Box).unwrap());
        assert_eq!(items(), ["a-1", "a-3"]);
        assert_eq!(lessons.pictures("tea", Shelf::Normal, "a-1").unwrap().len(), 1);
        assert!(lessons.keep(&lesson("a-4", true), 2, By::Person).unwrap());
        assert_eq!(items(), ["a-1", "a-4"]);
        assert!(lessons.keep(&lesson("a-5", true), 2, By::Box).unwrap());
        assert_eq!(
            items(),
            ["a-1", "a-4"],
            "what the box thinks does not displace what people said"
        );
        assert!(lessons.keep(&lesson("a-6", true), 2, By::Person).unwrap());
        assert_eq!(items(), ["a-4", "a-6"], "the latest that people said");
    }

    #[test]
    fn what_a_killed_box_left_unfinished_is_removed_and_what_it_learned_is_known_again() {
        let folder = tempfile::tempdir().unwrap();
        let lessons = Lessons::new(folder.path());
        lessons.keep(&lesson("a-1", true), 9, By::Box).unwrap();
        fs::create_dir_all(folder.path().join("tea/.a-2")).unwrap();
        let learned = Learned { items: 8, backbone_sha256: "b".to_owned(), ..Learned::default() };
        lessons.note("tea", &learned).unwrap();
        let all = lessons.all().unwrap();
        assert_eq!(
            all,
            [("tea".to_owned(), Known { items: 1, learned: Some(learned), ..Known::default() })]
        );
        assert!(!folder.path().join("tea/.a-2").exists());
        lessons.forget("tea").unwrap();
        lessons.forget("tea").unwrap();
        assert_eq!(lessons.all().unwrap(), []);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_an_error_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("tea"), "in the way").unwrap();
        let lessons = Lessons::new(folder.path());
        assert!(lessons.keep(&lesson("a-1", true), 9, By::Box).is_err());
        assert_eq!(fs::read_to_string(folder.path().join("tea")).unwrap(), "in the way");
    }
}
