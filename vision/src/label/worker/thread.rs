//! What is done with one item: codes first, text where they leave something open, then looks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use super::queue::Queue;
use super::{LabelDone, LabelJob, shows};
use crate::capture::Frame;
use crate::config::{IdentitySection, LabelSection, LabelUse};
use crate::identity::{Catalog, Compared, Evidence, IdentityError};
use crate::label::reader::{LabelReader, ReadUntil, codes_of};
use crate::panics::panic_message;
use meaning::reading::Reading;

/// Camera and reading of each view, or why there is none.
type Readings = Vec<(Arc<str>, Result<Reading, String>)>;

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
    Read(Catalog),
    Broken(String),
}

impl ReadingThread {
    pub(super) fn new(section: LabelSection, identity: IdentitySection) -> Self {
        let catalog = identity.catalog.map(CatalogFile::Unread);
        Self { section, reader: None, catalog }
    }

    /// Works off the queue until it is closed.
    pub(super) fn run(&mut self, queue: &Queue, mut on_done: impl FnMut(LabelDone)) {
        tch::set_num_threads(i32::try_from(self.section.threads).unwrap_or(1));
        while let Some((job, since)) = queue.take() {
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

    fn item(&mut self, job: &LabelJob) -> Readings {
        let coded = |frame: &Frame| {
            let codes =
                codes_of(&frame.picture, &self.section.codes).map_err(|error| error.to_string())?;
            Ok(Reading::of(Vec::new(), codes, &job.context))
        };
        let mut views: Readings =
            job.views.iter().map(|(camera, frame)| (Arc::clone(camera), coded(frame))).collect();
        if !needs_text(&self.section, job.needs_text, &views) {
            return views;
        }
        for ((_, view), (_, frame)) in views.iter_mut().zip(&job.views) {
            let Ok(coded) = view else { continue };
            let codes = coded.codes.clone();
            // Text is read however late it is: its lot may be on hold. Dots are looked for in time only.
            let until = ReadUntil { text: None, dots: Some(job.deadline) };
            *view = self.reader().and_then(|reader| {
                let read = reader.read_text(&frame.picture, codes, &job.context, until);
                read.map(|read| read.reading).map_err(|error| error.to_string())
            });
        }
        views
    }

    /// How the item compares with the catalogue, unless a code has settled it or the catalogue does not have
    /// the SKU.
    fn compared(&mut self, job: &LabelJob, views: &Readings) -> Option<Result<Compared, String>> {
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
            catalog.compare(&Evidence::of(&frame.picture, lines)?)
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
