//! What is done with one item whose codes are read: text where they leave something open, then looks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::queue::{Queue, Taken};
use super::{CompareWith, LabelDone, LabelJob, Readings, shows};
use crate::config::{IdentitySection, LabelPart, LabelSection, LabelUse};
use base::panics::panic_message;
use capture::Frame;
use identity::{Appearance, Catalog, Compared, IdentityError, MayBe};
use meaning::reading::Reading;
use reading::reader::{LabelRead, LabelReader, ReadUntil, codes_of};

/// So long before an item's deadline a look that takes seconds ends: its last step is finished, and the verdict
/// is still to be made and sent.
const ANSWER: Duration = Duration::from_millis(500);

/// What the thread keeps from item to item.
pub(super) struct ReadingThread {
    section: LabelSection,
    /// Once text is needed.
    reader: Option<LabelReader>,
    catalog: Option<CatalogFile>,
}

/// The catalogue, once it is needed.
enum CatalogFile {
    Unread(PathBuf),
    Read(Box<Catalog>),
    Broken(String),
}

impl ReadingThread {
    pub(super) fn new(section: LabelSection, identity: IdentitySection) -> Self {
        let catalog = identity.catalog.map(CatalogFile::Unread);
        Self { section, reader: None, catalog }
    }

    /// Works off the queue until it is closed.
    pub(super) fn run(&mut self, queue: &Queue<LabelJob>, mut on_done: impl FnMut(LabelDone)) {
        tch::set_num_threads(i32::try_from(self.section.threads).unwrap_or(1));
        while let Some(Taken { job, deadline, since }) = queue.take() {
            let job = LabelJob { deadline, ..job };
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
            let LabelJob { item, compare, .. } = job;
            on_done(LabelDone { item, views, compared, compare, took: since.elapsed() });
        }
    }

    fn item(&mut self, job: &LabelJob) -> Readings {
        let must_show = |part: LabelPart| self.section.must_show.contains(&part);
        let in_time = job.deadline.saturating_sub(ANSWER);
        let dots = must_show(LabelPart::Expiry) || self.section.divert_days_before_expiry > 0;
        let dots = Some(if dots { in_time } else { Duration::ZERO });
        let mut views = job.coded.clone();
        let is_shown = |view: &Result<Reading, String>| {
            view.as_ref().is_ok_and(|reading| shows(reading, LabelPart::Gtin))
        };
        if must_show(LabelPart::Gtin) && !views.iter().any(|(_, view)| is_shown(view)) {
            self.look_for_blurred_codes(job, &mut views, in_time);
        }
        let asked = job.needs_text || matches!(job.compare, CompareWith::Any(_));
        if !needs_text(&self.section, asked, &views) {
            return views;
        }
        let mut looks = Vec::new();
        for ((_, view), (_, frame)) in views.iter_mut().zip(&job.views) {
            let Ok(coded) = view else { continue };
            let codes = coded.codes.clone();
            // Text is read however late it is: its lot may be on hold.
            let until = ReadUntil { text: None, dots: Some(Duration::ZERO) };
            let read = self.reader().and_then(|reader| {
                let read = reader.read_text(&frame.picture, codes, &job.context, until);
                read.map_err(|error| error.to_string())
            });
            *view = read.map(|read| {
                looks.push(read.clone());
                read.reading
            });
        }
        self.look_for_dots(job, &mut views, looks, dots);
        views
    }

    /// Looks again for codes, also for those that are out of focus.
    fn look_for_blurred_codes(&self, job: &LabelJob, views: &mut Readings, until: Duration) {
        for ((_, view), (_, frame)) in views.iter_mut().zip(&job.views) {
            match codes_of(&frame.picture, &self.section.codes, Some(until)) {
                Ok(codes) => *view = Ok(Reading::of(Vec::new(), codes, &job.context)),
                Err(error) => *view = Err(error.to_string()),
            }
        }
    }

    /// Looks for dots in one view after the other, until one shows the expiry or time is over. All views were
    /// read before: no view waits for the dots of another.
    fn look_for_dots(
        &mut self,
        job: &LabelJob,
        views: &mut Readings,
        looks: Vec<LabelRead>,
        until: Option<Duration>,
    ) {
        let frames = job.views.iter().map(|(_, frame)| frame);
        let read = views.iter_mut().zip(frames).filter(|((_, view), _)| view.is_ok());
        let mut read: Vec<_> = read.zip(looks).collect();
        let told = |view: &Result<Reading, String>| {
            view.as_ref().is_ok_and(|reading| shows(reading, LabelPart::Expiry))
        };
        if read.iter().any(|(((_, view), _), _)| told(view)) {
            return;
        }
        for (((_, view), frame), look) in &mut read {
            let view: &mut Result<Reading, String> = view;
            let again = self.reader().and_then(|reader| {
                let read = reader.read_dots(&frame.picture, look.clone(), &job.context, until);
                read.map_err(|error| error.to_string())
            });
            match again {
                Ok(read) => *view = Ok(read.reading),
                Err(cause) => tracing::warn!(item = job.item, cause, "dots were not looked for"),
            }
            if told(view) {
                return;
            }
        }
    }

    /// How the item compares with the catalogue, unless a code has settled it or the catalogue does not have
    /// the SKU.
    fn compared(&mut self, job: &LabelJob, views: &Readings) -> Option<Result<Compared, String>> {
        let readings = || views.iter().map(|(_, view)| view.as_ref().ok());
        let has_gtin = |gtin| readings().flatten().any(|reading| reading.gtins.contains(gtin));
        let is_due;
        let may_be = match &job.compare {
            CompareWith::Nothing => return None,
            CompareWith::Expected { gtin: Some(gtin), .. } if has_gtin(gtin) => return None,
            CompareWith::Expected { sku, .. } => MayBe::Expected(sku),
            CompareWith::Any(None) => MayBe::Any,
            CompareWith::Any(Some(due)) => {
                is_due = |sku: &str| due.is_due(sku);
                MayBe::OneOf(&is_due)
            }
        };
        let catalog = match self.catalog()? {
            Ok(catalog) => catalog,
            Err(cause) => return Some(Err(cause)),
        };
        if let MayBe::Expected(expected) = may_be
            && !catalog.skus().any(|sku| sku == expected)
        {
            return None;
        }
        let appearance = |((_, frame), reading): (&(_, Arc<Frame>), Option<&Reading>)| {
            let lines = reading.map_or(&[][..], |reading| &reading.lines);
            Appearance::of(&frame.picture, lines)
        };
        if job.views.is_empty() {
            return None;
        }
        let views = job.views.iter().zip(readings()).map(appearance);
        let compared = views
            .collect::<Result<Vec<_>, IdentityError>>()
            .and_then(|views| catalog.compare(&views, may_be));
        Some(compared.map_err(|error| error.to_string()))
    }

    /// The catalogue, or why there is none.
    fn catalog(&mut self) -> Option<Result<&Catalog, String>> {
        let file = self.catalog.as_mut()?;
        if let CatalogFile::Unread(path) = file {
            *file = match Catalog::load(path) {
                Ok(catalog) => CatalogFile::Read(Box::new(catalog)),
                Err(error) => CatalogFile::Broken(error.to_string()),
            };
        }
        match file {
            CatalogFile::Read(catalog) => Some(Ok(catalog)),
            CatalogFile::Broken(cause) => Some(Err(cause.clone())),
            CatalogFile::Unread(_) => None,
        }
    }

    /// The reader of text, opened when it is needed for the first time.
    fn reader(&mut self) -> Result<&mut LabelReader, String> {
        let reader = match self.reader.take() {
            Some(reader) => reader,
            None => {
                let LabelSection { text_folder, threads, tesseract, .. } = &self.section;
                LabelReader::open(text_folder, *threads, tesseract).map_err(|e| e.to_string())?
            }
        };
        Ok(self.reader.insert(reader))
    }
}

/// Whether the text must be read after the codes were.
fn needs_text(section: &LabelSection, asked: bool, views: &Readings) -> bool {
    match section.read {
        LabelUse::Off | LabelUse::Codes => false,
        LabelUse::Always => true,
        LabelUse::AsNeeded => {
            let readings = || views.iter().filter_map(|(_, view)| view.as_ref().ok());
            asked || section.must_show.iter().any(|part| !readings().any(|r| shows(r, *part)))
        }
    }
}
