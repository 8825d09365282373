//! **Learning on the belt**: what a product looks like, from the items that pass.
//!
//! A **lesson** is one item of a SKU whose looks nothing spoke against: its views, kept as pictures. After
//! `learn_after_items` lessons the first reference is learned. It is learned anew as lessons double, until there are
//! `learn_until_items`; from then on one item in `refresh_every_items` takes the place of the oldest lesson, so that a
//! print that changes over weeks is followed. An item that differs from its fellows is **left out**. Items that were
//! diverted as damaged are kept as **counter-examples**: a new reference that would let one of them pass is refused, so
//! that damage which grows slowly is not learned as normal.
//!
//! Only SKUs without a reference of a person's making are learned: what `inspectctl learn` wrote stays as it is.
//!
//! Nothing here delays an item: [`Learner::offer`] never waits, one thread writes pictures ([`lessons`]), another one
//! learns with a low priority (`thread`). What is on disk is whole, so that a killed box goes on where it was.
//! [`plan`] decides, without I/O; [`products`] is what people see of it and change, [`poses`] how many ways of lying it covers.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crate::config::LearningSection;
use crate::labels::Views;
use damage::scoring::Scorer;
use lessons::Lessons;
use plan::Known;

pub mod lessons;
pub mod plan;
pub mod poses;
pub mod products;
mod thread;

pub use plan::Familiarity;

/// Offers that wait to be written. One more is passed over: the next item teaches the same.
const OFFERS_MAX: usize = 8;

/// Items of which people spoke that are remembered: far more than are on a belt. One that has left it teaches nothing more
/// by itself.
const SPOKEN_MAX: usize = 1024;

/// An item that teaches something about its SKU.
#[derive(Debug, Clone)]
pub struct Lesson {
    /// Its name, unique for ever; a plain file name.
    pub id: String,
    /// The SKU.
    pub sku: String,
    /// Its views.
    pub views: Views,
    /// Whether nothing speaks against it; else it was diverted as damaged.
    pub is_normal: bool,
}

/// What is known of each SKU that the box learns by itself.
#[derive(Debug, Default)]
struct Book {
    skus: HashMap<String, Known>,
    /// How often a person has changed what lies in the folder of a SKU.
    touched: HashMap<String, u64>,
    /// Items of which people spoke, the latest last: what the box thinks of them no longer counts.
    spoken: VecDeque<String>,
    /// SKUs that may be due to be learned: the thread asks each.
    due: BTreeSet<String>,
    /// Why lessons cannot be kept.
    problem: Option<String>,
    /// What references are learned with, once it is loaded.
    scorer: Option<Arc<Scorer>>,
    closed: bool,
}

#[derive(Debug, Default)]
struct Shared {
    book: Mutex<Book>,
    changed: Condvar,
    /// Held while references and what is noted beside lessons are written: by a person's change, or by the learner.
    files: Mutex<()>,
}

impl Shared {
    fn files(&self) -> MutexGuard<'_, ()> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a running learner knows, for those who change files beside it.
#[derive(Debug, Clone)]
pub struct LearnerHandle(Arc<Shared>);

impl LearnerHandle {
    /// Keeps the learner from writing until this is dropped.
    fn turn(&self) -> MutexGuard<'_, ()> {
        self.0.files()
    }

    /// A person says what `item` is, which may still be on the belt: what the box thinks of it when it leaves teaches nothing.
    fn spoke_of(&self, item: &str) {
        let mut book = self.0.lock();
        if book.spoken.len() >= SPOKEN_MAX {
            book.spoken.pop_front();
        }
        book.spoken.push_back(item.to_owned());
    }

    /// A person has changed what lies in the folder of `sku`: the learner goes on from there, and drops what it learned
    /// from before.
    ///
    /// # Errors
    /// The system's, when the folder cannot be read.
    pub fn reread(&self, lessons: &Lessons, sku: &str) -> io::Result<()> {
        let is_there = lessons.sku(sku).is_dir();
        let items = lessons.items(sku, lessons::Shelf::Normal)?.len();
        let learned = lessons.learned(sku);
        let mut book = self.0.lock();
        *book.touched.entry(sku.to_owned()).or_default() += 1;
        if is_there {
            let known = book.skus.entry(sku.to_owned()).or_default();
            (known.items, known.learned) = (items, learned);
            book.due.insert(sku.to_owned());
            self.0.changed.notify_all();
        } else {
            book.skus.remove(sku);
        }
        Ok(())
    }
}

/// The handle to the threads; dropping it ends them. Learning in hand is broken off.
#[derive(Debug)]
pub struct Learner {
    section: LearningSection,
    shared: Arc<Shared>,
    offers: Option<SyncSender<Lesson>>,
    threads: Vec<JoinHandle<()>>,
}

impl Learner {
    /// Starts the threads, which go on with the lessons that are on disk. References are written to `references`.
    ///
    /// # Errors
    /// The system's, when it starts no thread.
    pub fn start(section: LearningSection, references: PathBuf) -> io::Result<Learner> {
        let shared = Arc::new(Shared::default());
        let (offers, offered) = sync_channel(OFFERS_MAX);
        let lessons = Lessons::new(&section.folder);
        let mut learner = Learner {
            section: section.clone(),
            shared: Arc::clone(&shared),
            offers: None,
            threads: Vec::new(),
        };
        if section.learn_after_items == 0 {
            return Ok(learner);
        }
        learner.offers = Some(offers);
        let (of_writer, writes) = (Arc::clone(&shared), lessons.clone());
        let keep = section.clone();
        learner.threads.push(named("lessons").spawn(move || {
            thread::write(&keep, &writes, &of_writer, offered);
        })?);
        learner.threads.push(named("learning").spawn(move || {
            thread::learn(&section, &lessons, &references, &shared);
        })?);
        Ok(learner)
    }

    /// What the threads know, for those who change files beside them.
    pub fn handle(&self) -> LearnerHandle {
        LearnerHandle(Arc::clone(&self.shared))
    }

    /// With what references are learned from now on.
    pub fn model(&self, scorer: Arc<Scorer>) {
        let mut book = self.shared.lock();
        // The thread learns those of them that are due with this model.
        let all: Vec<String> = book.skus.keys().cloned().collect();
        book.due.extend(all);
        book.scorer = Some(scorer);
        self.shared.changed.notify_all();
    }

    /// How well `sku` is known; `has_reference` says whether its items could be compared.
    pub fn familiarity(&self, sku: &str, has_reference: bool) -> Familiarity {
        let known = self.shared.lock().skus.get(sku).cloned();
        plan::familiarity(known.as_ref(), has_reference, &self.section)
    }

    /// Whether an item of `sku` against which nothing speaks teaches anything. To be asked once an item: of a SKU that
    /// is fully known one item in `refresh_every_items` does.
    pub fn wants(&self, sku: &str, has_reference: bool) -> bool {
        if self.offers.is_none() {
            return false;
        }
        let mut book = self.shared.lock();
        match book.skus.get_mut(sku) {
            Some(known) => known.wants(&self.section),
            None => !has_reference,
        }
    }

    /// Whether an item of `sku` that was found damaged is kept as a counter-example: the box knows the SKU in full by its
    /// own learning.
    pub fn wants_damaged(&self, sku: &str) -> bool {
        self.offers.is_some()
            && self.shared.lock().skus.get(sku).is_some_and(|known| known.is_full(&self.section))
    }

    /// Offers an item to be learned from. Never waits; says whether it was taken.
    pub fn offer(&self, lesson: Lesson) -> bool {
        match self.offers.as_ref().map(|offers| offers.try_send(lesson)) {
            Some(Ok(())) => true,
            Some(Err(TrySendError::Full(_) | TrySendError::Disconnected(_))) | None => false,
        }
    }

    /// Why lessons cannot be kept or learned from now, and what to do.
    pub fn problem(&self) -> Option<String> {
        self.shared.lock().problem.clone()
    }

    /// How many SKUs are being learned, and are known in full.
    pub fn counts(&self) -> (usize, usize) {
        let book = self.shared.lock();
        let of = |known: &Known| plan::familiarity(Some(known), false, &self.section);
        let full = book.skus.values().filter(|known| of(known) == Familiarity::Full).count();
        (book.skus.len() - full, full)
    }
}

impl Drop for Learner {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
        self.offers = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread that learns had panicked");
            }
        }
    }
}

fn named(name: &str) -> std::thread::Builder {
    std::thread::Builder::new().name(name.to_owned())
}
