//! Threads that read the labels of items and compare their looks, the most urgent item first.
//!
//! Codes take milliseconds, and what the item is may depend on them: a thread of its own reads them
//! ([`CodeWorker`]). Text takes about thirty times as long. It is read on another thread ([`LabelWorker`]), and only
//! where it is **needed**: always, or where the codes leave open what the label must show, or what the item is. Looks
//! and the words that were read are compared with the catalogue there. An item whose deadline has passed waits until
//! no item in time is left, but is read all the same: what its label says can still put its lot on hold.

mod codes;
mod queue;
mod thread;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::config::{IdentitySection, LabelPart, LabelSection};
use capture::Frame;
use identity::Compared;
use meaning::dates::{Context, Role};
use meaning::reading::Reading;
use queue::Worker;
use thread::ReadingThread;

/// Camera and frame of each view of an item.
pub type Views = Vec<(Arc<str>, Arc<Frame>)>;

/// Camera and reading of each view of an item, or why there is none and what to do.
pub type Readings = Vec<(Arc<str>, Result<Reading, String>)>;

/// An item whose codes are to be read.
#[derive(Debug, Clone)]
pub struct CodeJob {
    /// The item's number.
    pub item: u64,
    /// When the verdict is needed, since the zero of CLOCK_MONOTONIC.
    pub deadline: Duration,
    /// Its views.
    pub views: Views,
    /// Where and when the label is read.
    pub context: Context,
}

/// What came of a [`CodeJob`].
#[derive(Debug)]
pub struct CodesDone {
    /// The item's number.
    pub item: u64,
    /// What the codes say.
    pub views: Readings,
    /// From the submission on.
    pub took: Duration,
}

/// Says which SKUs may come.
pub trait Due: fmt::Debug + Send + Sync {
    /// Whether this one may.
    fn is_due(&self, sku: &str) -> bool;
}

/// With what an item's looks and words are compared.
#[derive(Debug, Clone)]
pub enum CompareWith {
    /// With nothing.
    Nothing,
    /// With this SKU, unless the catalogue does not have it, or a code has its GTIN.
    Expected {
        /// The SKU that the item should be.
        sku: String,
        /// Its GTIN, where it is known.
        gtin: Option<String>,
    },
    /// With all SKUs of the catalogue, or with those that are due: nobody knows what the item is.
    Any(Option<Arc<dyn Due>>),
}

/// An item whose codes are read, and whose label comes next.
#[derive(Debug, Clone)]
pub struct LabelJob {
    /// The item's number.
    pub item: u64,
    /// When the verdict is needed, since the zero of CLOCK_MONOTONIC.
    pub deadline: Duration,
    /// Its views.
    pub views: Views,
    /// What their codes say.
    pub coded: Readings,
    /// Where and when the label is read.
    pub context: Context,
    /// Whether text is needed whatever the codes say, since there is something to compare it with.
    pub needs_text: bool,
    /// With what it is compared.
    pub compare: CompareWith,
}

/// What came of a [`LabelJob`].
#[derive(Debug)]
pub struct LabelDone {
    /// The item's number.
    pub item: u64,
    /// What its label says.
    pub views: Readings,
    /// How the item compares with the SKUs of the catalogue, all views together, or why that is not known;
    /// `None` where it was not asked for.
    pub compared: Option<Result<Compared, String>>,
    /// With what it was compared.
    pub compare: CompareWith,
    /// From the submission on.
    pub took: Duration,
}

/// The handle to the thread that reads codes; dropping it ends the thread after the item in hand.
#[derive(Debug)]
pub struct CodeWorker(Worker<CodeJob>);

impl CodeWorker {
    /// Starts the thread, which calls `on_done` for each item.
    ///
    /// # Errors
    /// The system's, when it starts no thread.
    pub fn start(
        section: LabelSection,
        on_done: impl FnMut(CodesDone) + Send + 'static,
    ) -> io::Result<CodeWorker> {
        Worker::start("codes", move |queue| codes::run(&section, queue, on_done)).map(CodeWorker)
    }

    /// Queues an item; gives it back when too many wait.
    pub fn submit(&self, job: CodeJob) -> Result<(), CodeJob> {
        self.0.submit(job.item, job.deadline, job)
    }

    /// Moves the deadline of an item that waits.
    pub fn set_deadline(&self, item: u64, deadline: Duration) {
        self.0.set_deadline(item, deadline);
    }
}

/// The handle to the thread that reads text and compares looks; dropping it ends the thread after the item in hand.
#[derive(Debug)]
pub struct LabelWorker(Worker<LabelJob>);

impl LabelWorker {
    /// Starts the thread, which calls `on_done` for each item. The networks for text, and the catalogue, are
    /// loaded when they are needed for the first time; if they cannot be, each item that needs them says so.
    ///
    /// # Errors
    /// The system's, when it starts no thread.
    pub fn start(
        section: LabelSection,
        identity: IdentitySection,
        on_done: impl FnMut(LabelDone) + Send + 'static,
    ) -> io::Result<LabelWorker> {
        let work = move |queue: &queue::Queue<LabelJob>| {
            ReadingThread::new(section, identity).run(queue, on_done);
        };
        Worker::start("labels", work).map(LabelWorker)
    }

    /// Queues an item; gives it back when too many wait.
    pub fn submit(&self, job: LabelJob) -> Result<(), Box<LabelJob>> {
        self.0.submit(job.item, job.deadline, job).map_err(Box::new)
    }

    /// Moves the deadline of an item that waits.
    pub fn set_deadline(&self, item: u64, deadline: Duration) {
        self.0.set_deadline(item, deadline);
    }
}

/// Whether a reading shows this part of a label.
pub fn shows(reading: &Reading, part: LabelPart) -> bool {
    match part {
        LabelPart::Gtin => !reading.gtins.is_empty(),
        LabelPart::Lot => !reading.lots.is_empty(),
        LabelPart::Serial => reading.serial.is_some(),
        LabelPart::Expiry => reading.dates.iter().any(|date| date.role == Role::Expiry),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use jiff::civil::date;

    use super::*;
    use crate::config::LabelUse;
    use base::picture::Picture;
    use identity::{Appearance, Catalog};
    use meaning::dates::Region;

    const CONTEXT: Context = Context { region: Region::Europe, today: date(2026, 3, 1) };

    /// A picture of a GS1 Data Matrix with these elements, in brackets.
    fn gs1_data_matrix(elements: &str) -> image::RgbImage {
        let code = zxingcpp::create(zxingcpp::BarcodeFormat::DataMatrix)
            .options("gs1")
            .from_str(elements)
            .expect("elements that can be written");
        let drawn = zxingcpp::write().scale(4).add_quiet_zones(true);
        let drawn = code.to_image_with(&drawn).expect("a picture");
        let (width, height) = (drawn.width() as u32, drawn.height() as u32);
        let grey = image::GrayImage::from_raw(width, height, drawn.data()).expect("whole rows");
        image::DynamicImage::ImageLuma8(grey).to_rgb8()
    }

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
        let frame = Arc::new(Frame::new("top".into(), Duration::ZERO, picture));
        LabelJob {
            item,
            deadline: Duration::from_millis(deadline_ms),
            views: vec![("top".into(), frame)],
            coded: Vec::new(),
            context: CONTEXT,
            needs_text: false,
            compare: expected("tea", None),
        }
    }

    fn expected(sku: &str, gtin: Option<&str>) -> CompareWith {
        CompareWith::Expected { sku: sku.to_owned(), gtin: gtin.map(str::to_owned) }
    }

    fn read(section: LabelSection, job: LabelJob) -> LabelDone {
        read_and_compared(section, IdentitySection::default(), job)
    }

    fn read_and_compared(
        section: LabelSection,
        identity: IdentitySection,
        job: LabelJob,
    ) -> LabelDone {
        let (sender, coded) = std::sync::mpsc::channel();
        let codes =
            CodeWorker::start(section.clone(), move |done| sender.send(done).unwrap()).unwrap();
        let LabelJob { item, deadline, ref views, context, .. } = job;
        codes.submit(CodeJob { item, deadline, views: views.clone(), context }).unwrap();
        let coded = coded.recv_timeout(Duration::from_secs(60)).unwrap();
        assert_eq!(coded.item, item);
        let (sender, done) = std::sync::mpsc::channel();
        let worker =
            LabelWorker::start(section, identity, move |done| sender.send(done).unwrap()).unwrap();
        worker.submit(LabelJob { coded: coded.views, ..job }).unwrap();
        done.recv_timeout(Duration::from_secs(60)).unwrap()
    }

    #[test]
    fn what_the_codes_say_needs_no_text() {
        let section = section(LabelUse::AsNeeded, &[LabelPart::Lot, LabelPart::Expiry]);
        let done = read(section, job(7, 0));
        assert_eq!(done.item, 7);
        let reading = done.views[0].1.as_ref().unwrap();
        assert_eq!(reading.lot().unwrap().text, "AB12");
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
        let appearance = Appearance::of(&job(0, 0).views[0].1.picture, &[]).unwrap();
        catalog.learn("tea", &[appearance]).unwrap();
        catalog.save(&file).unwrap();
        let compared_with = |compare: CompareWith, file: PathBuf| {
            let identity = IdentitySection { catalog: Some(file), ..IdentitySection::default() };
            let job = LabelJob { compare, ..job(1, 0) };
            read_and_compared(section(LabelUse::Codes, &[]), identity, job).compared
        };
        let compared =
            |sku: &str, gtin: Option<&str>, file| compared_with(expected(sku, gtin), file);
        let looked = compared("tea", Some("09521234543220"), file.clone()).unwrap().unwrap();
        assert!(looked.same_item("tea").unwrap() > 0.9, "{looked:?}");
        assert_eq!(compared("tea", Some("09521234543213"), file.clone()), None, "the code says so");
        assert_eq!(compared("rum", None, file.clone()), None, "rum is not in the catalogue");
        let told = compared_with(CompareWith::Any(None), file.clone()).unwrap().unwrap();
        assert_eq!(told.ranked()[0].sku, "tea", "nobody else is in the catalogue");
        #[derive(Debug)]
        struct Nothing;
        impl Due for Nothing {
            fn is_due(&self, _: &str) -> bool {
                false
            }
        }
        let due = compared_with(CompareWith::Any(Some(Arc::new(Nothing))), file.clone());
        assert!(due.unwrap().unwrap().ranked().is_empty());
        assert_eq!(compared_with(CompareWith::Nothing, file), None);
        let missing = compared("tea", None, folder.path().join("gone")).unwrap().unwrap_err();
        assert!(missing.contains("gone"), "{missing}");
    }
}
