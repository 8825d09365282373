//! A thread that reads the labels of items and tells who they are, the most urgent item first.
//!
//! Text takes a thousand times as long as a code, so all views are searched for codes before any is read
//! for text, and text is read only where it is **needed**: always, or where the codes leave open what the
//! label must show. Its looks and the words that were read are compared with the catalogue where no code has
//! the expected GTIN. An item whose deadline has passed waits until no item in time is left, but is read all
//! the same: what its label says can still put its lot on hold.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::dates::{Context, Role};
use super::reader::{LabelReader, Wanted};
use super::reading::Reading;
use crate::capture::{Frame, monotonic_now};
use crate::config::{IdentitySection, LabelPart, LabelSection, LabelUse};
use crate::identity::{Catalog, Compared, Evidence, IdentityError, Looks};
use crate::panics::panic_message;

/// Items that may wait; one more is refused.
const ITEMS_MAX: usize = 32;

/// An item whose label is to be read.
#[derive(Debug, Clone)]
pub struct LabelJob {
    /// The item's number.
    pub item: u64,
    /// When the verdict is needed, since the zero of CLOCK_MONOTONIC.
    pub deadline: Duration,
    /// Camera and frame of each view.
    pub views: Vec<(Arc<str>, Arc<Frame>)>,
    /// Where and when the label is read.
    pub context: Context,
    /// Whether text is needed whatever the codes say, since there is something to compare it with.
    pub needs_text: bool,
    /// The SKU that the item should be.
    pub sku: String,
    /// That SKU's GTIN, where it is known.
    pub gtin: Option<String>,
}

/// What came of a [`LabelJob`].
#[derive(Debug)]
pub struct LabelDone {
    /// The item's number.
    pub item: u64,
    /// Camera and reading of each view, or why there is none and what to do.
    pub views: Vec<(Arc<str>, Result<Reading, String>)>,
    /// How the item compares with the SKUs of the catalogue, all views together, or why that is not known;
    /// `None` where it was not asked for.
    pub compared: Option<Result<Compared, String>>,
    /// From the submission on.
    pub took: Duration,
}

/// The handle to the thread; dropping it ends the thread after the item in hand.
#[derive(Debug)]
pub struct LabelWorker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl LabelWorker {
    /// Starts the thread, which calls `on_done` for each item. The networks for text, and the catalogue, are
    /// loaded when they are needed for the first time; if they cannot be, each item that needs them says so.
    ///
    /// # Errors
    /// The system's, when no thread can be had.
    pub fn start(
        section: LabelSection,
        identity: IdentitySection,
        on_done: impl FnMut(LabelDone) + Send + 'static,
    ) -> io::Result<LabelWorker> {
        let shared = Arc::new(Shared::default());
        let queue = Arc::clone(&shared);
        let mut reading = ReadingThread {
            section,
            reader: LabelReader::of_codes(),
            has_text: false,
            catalog: identity.catalog.map(CatalogFile::Unread),
        };
        let thread = std::thread::Builder::new()
            .name("labels".to_owned())
            .spawn(move || reading.run(&queue, on_done))?;
        Ok(LabelWorker { shared, thread: Some(thread) })
    }

    /// Queues an item; gives it back when too many wait.
    pub fn submit(&self, job: LabelJob) -> Result<(), LabelJob> {
        let mut queue = self.shared.lock();
        if queue.jobs.len() >= ITEMS_MAX {
            return Err(job);
        }
        queue.jobs.push((job, Instant::now()));
        drop(queue);
        self.shared.changed.notify_one();
        Ok(())
    }

    /// Moves the deadline of an item that waits.
    pub fn set_deadline(&self, item: u64, deadline: Duration) {
        for (job, _) in self.shared.lock().jobs.iter_mut().filter(|(job, _)| job.item == item) {
            job.deadline = deadline;
        }
    }
}

impl Drop for LabelWorker {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that reads labels had panicked");
        }
    }
}

#[derive(Debug, Default)]
struct Queue {
    jobs: Vec<(LabelJob, Instant)>,
    closed: bool,
}

impl Queue {
    /// The item that is read next: of those in time the most urgent, else the one that is late longest.
    fn take(&mut self, now: Duration) -> Option<(LabelJob, Instant)> {
        let urgency = |at: &usize| {
            let deadline = self.jobs[*at].0.deadline;
            (deadline <= now, deadline)
        };
        let next = (0..self.jobs.len()).min_by_key(urgency)?;
        Some(self.jobs.remove(next))
    }
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<(LabelJob, Instant)> {
        let mut queue = self.lock();
        loop {
            if queue.closed {
                return None;
            }
            if let Some(job) = queue.take(monotonic_now()) {
                return Some(job);
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

struct ReadingThread {
    section: LabelSection,
    reader: LabelReader,
    has_text: bool,
    catalog: Option<CatalogFile>,
}

/// The catalogue, once it is needed.
enum CatalogFile {
    Unread(PathBuf),
    Read(Catalog),
    Broken(String),
}

impl ReadingThread {
    fn run(&mut self, shared: &Shared, mut on_done: impl FnMut(LabelDone)) {
        tch::set_num_threads(i32::try_from(self.section.threads).unwrap_or(1));
        while let Some((job, since)) = shared.take() {
            // The reader keeps no state between pictures that a call which unwinds could spoil.
            let read = catch_unwind(AssertUnwindSafe(|| {
                let views = self.item(&job);
                let compared = self.compared(&job, &views);
                (views, compared)
            }));
            let (views, compared) = read.unwrap_or_else(|panic| {
                let cause = format!("reading panicked: {}; see the log", panic_message(&*panic));
                tracing::error!(item = job.item, cause, "a label was not read");
                let cameras = job.views.iter().map(|(camera, _)| Arc::clone(camera));
                (cameras.map(|camera| (camera, Err(cause.clone()))).collect(), None)
            });
            on_done(LabelDone { item: job.item, views, compared, took: since.elapsed() });
        }
    }

    fn item(&mut self, job: &LabelJob) -> Vec<(Arc<str>, Result<Reading, String>)> {
        let codes = Wanted { codes: true, text: false };
        let mut views: Vec<_> = job
            .views
            .iter()
            .map(|(camera, frame)| (Arc::clone(camera), self.view(frame, codes, &job.context)))
            .collect();
        if !needs_text(&self.section, job.needs_text, &views) {
            return views;
        }
        let text = Wanted { codes: false, text: true };
        for ((_, view), (_, frame)) in views.iter_mut().zip(&job.views) {
            let Ok(coded) = view else { continue };
            let found = self.open_text().and_then(|()| self.view(frame, text, &job.context));
            *view = found.map(|read| Reading::of(read.lines, coded.codes.clone(), &job.context));
        }
        views
    }

    fn view(&mut self, frame: &Frame, what: Wanted, context: &Context) -> Result<Reading, String> {
        let read = self.reader.read(&frame.picture, what, context, None);
        read.map(|read| read.reading).map_err(|error| error.to_string())
    }

    /// How the item compares with the catalogue, unless a code has settled it or the catalogue does not have
    /// the SKU.
    fn compared(
        &mut self,
        job: &LabelJob,
        views: &[(Arc<str>, Result<Reading, String>)],
    ) -> Option<Result<Compared, String>> {
        let readings = || views.iter().map(|(_, view)| view.as_ref().ok());
        let has_gtin = |gtin| readings().flatten().any(|reading| reading.gtins.contains(gtin));
        if job.gtin.as_ref().is_some_and(has_gtin) {
            return None;
        }
        let catalog = match self.catalog()? {
            Ok(catalog) => catalog,
            Err(cause) => return Some(Err(cause)),
        };
        if !catalog.skus().any(|sku| sku == job.sku) {
            return None;
        }
        let compare = |((_, frame), reading): (&(_, Arc<Frame>), Option<&Reading>)| {
            let lines = reading.map_or(&[][..], |reading| &reading.lines);
            catalog.compare(&Evidence::new(Looks::of(&frame.picture)?, lines))
        };
        let each = job.views.iter().zip(readings()).map(compare);
        match each.collect::<Result<Vec<_>, IdentityError>>() {
            Ok(views) => Compared::of_views(views).map(Ok),
            Err(error) => Some(Err(error.to_string())),
        }
    }

    /// The catalogue, or why there is none.
    fn catalog(&mut self) -> Option<Result<&Catalog, String>> {
        let file = self.catalog.as_mut()?;
        if let CatalogFile::Unread(path) = file {
            *file = match Catalog::load(path) {
                Ok(catalog) => CatalogFile::Read(catalog),
                Err(error) => CatalogFile::Broken(error.to_string()),
            };
        }
        match file {
            CatalogFile::Read(catalog) => Some(Ok(catalog)),
            CatalogFile::Broken(cause) => Some(Err(cause.clone())),
            CatalogFile::Unread(_) => None,
        }
    }

    fn open_text(&mut self) -> Result<(), String> {
        if !self.has_text {
            let LabelSection { text_folder, threads, tesseract, .. } = &self.section;
            self.reader =
                LabelReader::open(text_folder, *threads, tesseract).map_err(|e| e.to_string())?;
            self.has_text = true;
        }
        Ok(())
    }
}

/// Whether the text must be read after the codes were.
fn needs_text(
    section: &LabelSection,
    asked: bool,
    views: &[(Arc<str>, Result<Reading, String>)],
) -> bool {
    match section.read {
        LabelUse::Off | LabelUse::Codes => false,
        LabelUse::Always => true,
        LabelUse::AsNeeded => {
            let readings = || views.iter().filter_map(|(_, view)| view.as_ref().ok());
            asked || section.must_show.iter().any(|part| !readings().any(|r| shows(r, *part)))
        }
    }
}

/// Whether a reading shows this part of a label.
pub fn shows(reading: &Reading, part: LabelPart) -> bool {
    match part {
        LabelPart::Gtin => !reading.gtins.is_empty(),
        LabelPart::Lot => reading.lot.is_some(),
        LabelPart::Serial => reading.serial.is_some(),
        LabelPart::Expiry => reading.dates.iter().any(|date| date.role == Role::Expiry),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::super::codes::tests::gs1_data_matrix;
    use super::super::dates::Region;
    use super::*;
    use crate::picture::Picture;

    const CONTEXT: Context = Context { region: Region::Europe, today: date(2026, 3, 1) };

    fn section(read: LabelUse, must_show: &[LabelPart]) -> LabelSection {
        LabelSection {
            read,
            must_show: must_show.to_vec(),
            text_folder: "/nowhere".into(),
            ..LabelSection::default()
        }
    }

    fn job(item: u64, deadline_ms: u64) -> LabelJob {
        let picture = Picture::from(gs1_data_matrix("[01]09521234543213[17]261231[10]AB12"));
        let frame = Arc::new(Frame { camera: "top".into(), at: Duration::ZERO, picture });
        LabelJob {
            item,
            deadline: Duration::from_millis(deadline_ms),
            views: vec![("top".into(), frame)],
            context: CONTEXT,
            needs_text: false,
            sku: "tea".to_owned(),
            gtin: None,
        }
    }

    fn read(section: LabelSection, job: LabelJob) -> LabelDone {
        read_and_compared(section, IdentitySection::default(), job)
    }

    fn read_and_compared(
        section: LabelSection,
        identity: IdentitySection,
        job: LabelJob,
    ) -> LabelDone {
        let (sender, done) = std::sync::mpsc::channel();
        let worker =
            LabelWorker::start(section, identity, move |done| sender.send(done).unwrap()).unwrap();
        worker.submit(job).unwrap();
        done.recv_timeout(Duration::from_secs(60)).unwrap()
    }

    #[test]
    fn what_the_codes_say_needs_no_text() {
        let section = section(LabelUse::AsNeeded, &[LabelPart::Lot, LabelPart::Expiry]);
        let done = read(section, job(7, 0));
        assert_eq!(done.item, 7);
        let reading = done.views[0].1.as_ref().unwrap();
        assert_eq!(reading.lot.as_ref().unwrap().text, "AB12");
        assert_eq!(reading.gtins, ["09521234543213"]);
    }

    #[test]
    fn networks_that_are_not_there_are_named_where_text_is_needed() {
        let lacks_serial = section(LabelUse::AsNeeded, &[LabelPart::Serial]);
        let always = section(LabelUse::Always, &[]);
        let asked = LabelJob { needs_text: true, ..job(1, 0) };
        let as_needed = section(LabelUse::AsNeeded, &[]);
        for (section, job) in [(lacks_serial, job(1, 0)), (always, job(1, 0)), (as_needed, asked)] {
            let done = read(section, job);
            let why = done.views[0].1.as_ref().unwrap_err();
            assert!(why.contains("/nowhere") && why.contains("make bootstrap"), "{why}");
        }
        let codes = section(LabelUse::Codes, &[LabelPart::Serial]);
        assert!(read(codes, job(1, 0)).views[0].1.is_ok(), "only codes are wanted");
    }

    #[test]
    fn looks_are_compared_unless_a_code_says_what_the_item_is_or_the_catalogue_does_not_know_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("catalogue.safetensors");
        let mut catalog = Catalog::new();
        let looks = Looks::of(&job(0, 0).views[0].1.picture).unwrap();
        catalog.learn("tea", &[Evidence::new(looks, &[])]).unwrap();
        catalog.save(&file).unwrap();
        let compared = |sku: &str, gtin: Option<&str>, file: PathBuf| {
            let identity = IdentitySection { catalog: Some(file), ..IdentitySection::default() };
            let gtin = gtin.map(str::to_owned);
            let job = LabelJob { sku: sku.to_owned(), gtin, ..job(1, 0) };
            read_and_compared(section(LabelUse::Codes, &[]), identity, job).compared
        };
        let looked = compared("tea", Some("09521234543220"), file.clone()).unwrap().unwrap();
        assert!(looked.same_item("tea").unwrap() > 0.9, "{looked:?}");
        assert_eq!(compared("tea", Some("09521234543213"), file.clone()), None, "the code says so");
        assert_eq!(compared("rum", None, file.clone()), None, "rum is not in the catalogue");
        let missing = compared("tea", None, folder.path().join("gone")).unwrap().unwrap_err();
        assert!(missing.contains("gone"), "{missing}");
    }

    #[test]
    fn a_full_queue_gives_the_item_back() {
        let worker =
            LabelWorker::start(section(LabelUse::Codes, &[]), IdentitySection::default(), |_| {})
                .unwrap();
        // One picture for all: they are queued faster than any is read.
        let job = job(0, 0);
        let refused =
            (0..10_000).find_map(|item| worker.submit(LabelJob { item, ..job.clone() }).err());
        assert!(refused.unwrap().item >= ITEMS_MAX as u64);
    }

    proptest! {
        #[test]
        fn the_most_urgent_item_in_time_is_next_and_late_ones_come_last(
            deadlines in proptest::collection::vec(0u64..100, 1..8),
        ) {
            let now = Duration::from_millis(50);
            let mut queue = Queue::default();
            for (item, deadline) in (0..).zip(&deadlines) {
                let views = Vec::new();
                let job = LabelJob { views, ..light(item, *deadline) };
                queue.jobs.push((job, Instant::now()));
            }
            let taken: Vec<_> =
                std::iter::from_fn(|| queue.take(now)).map(|(job, _)| job.deadline).collect();
            let mut expected = taken.clone();
            expected.sort_by_key(|deadline| (*deadline <= now, *deadline));
            prop_assert_eq!(&taken, &expected);
            prop_assert_eq!(taken.len(), deadlines.len());
        }
    }

    fn light(item: u64, deadline_ms: u64) -> LabelJob {
        let deadline = Duration::from_millis(deadline_ms);
        LabelJob {
            item,
            deadline,
            views: Vec::new(),
            context: CONTEXT,
            needs_text: false,
            sku: String::new(),
            gtin: None,
        }
    }
}
