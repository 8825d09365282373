//! The threads: one keeps what is offered, the other learns from it.

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, MutexGuard, PoisonError};

use base::dataset::ViewPictures;
use base::panics::panic_message;
use base::picture::Picture;
use base::progress::Progress;
use damage::scoring::{Reference, ReferenceKey, Scorer, ScoringError};
use lab::learn::{Turns, learn_view};

use super::lessons::{By, Lessons, Shelf};
use super::plan::{Failed, Learned};
use super::{Lesson, Shared};
use crate::config::LearningSection;
use crate::learning::plan;

/// Counter-examples that are kept of a SKU.
const DAMAGED_MAX: usize = 8;
/// A low priority. Not the least: beside a thread that never rests the least gets a seventieth of a processor, and on a
/// box that is always busy nothing would ever be learned; this gets a tenth.
const NICE: i32 = 10;
/// A picture whose joint level lies so many spreads above the middle of its fellows' differs from them. Of the normal
/// pictures of five public sets one in fifty does, and of damaged ones among seven normals about half
/// (docs/measurements/learning.md).
const ODD: f64 = 3.0;
/// If more than one picture in so many is odd, the product itself varies: none is left out.
const ODD_SHARE: usize = 4;

/// Keeps what is offered until nobody can offer any more.
pub(super) fn write(
    section: &LearningSection,
    lessons: &Lessons,
    shared: &Shared,
    offered: Receiver<Lesson>,
) {
    yield_to_all_others();
    let mut bytes = take_stock(lessons, shared);
    for lesson in offered {
        if shared.lock().closed {
            return;
        }
        // A person's change is whole before this, or comes after it.
        let _turn = shared.files();
        match keep(section, lessons, shared, &lesson) {
            Ok(kept) => {
                bytes += kept;
                shared.lock().problem = None;
            }
            Err(error) => tell(shared, lessons, &lesson.sku, &error),
        }
        let most = section.keep_mib << 20;
        if bytes > most {
            bytes = thin_out(lessons, shared, section, bytes, most);
        }
    }
}

/// What an earlier run kept; returns the bytes that it takes.
fn take_stock(lessons: &Lessons, shared: &Shared) -> u64 {
    // What a person changes meanwhile would be taken for unfinished.
    let _turn = shared.files();
    let all = match lessons.all() {
        Ok(all) => all,
        Err(error) => {
            tell(shared, lessons, "", &error);
            return 0;
        }
    };
    let bytes = all.iter().map(|(sku, _)| lessons.bytes(sku).unwrap_or(0)).sum();
    let mut book = shared.lock();
    for (sku, known) in all {
        book.due.insert(sku.clone());
        book.skus.insert(sku, known);
    }
    shared.changed.notify_all();
    bytes
}

fn tell(shared: &Shared, lessons: &Lessons, sku: &str, error: &io::Error) {
    let folder = lessons.sku(sku);
    let problem = format!(
        "cannot keep pictures to learn from in {}: {error}; make room there, or correct [learning] folder",
        folder.display()
    );
    let mut book = shared.lock();
    if book.problem.as_ref() != Some(&problem) {
        tracing::warn!("{problem}");
    }
    book.problem = Some(problem);
}

/// Keeps one item, unless a person has spoken of it; returns the bytes that its pictures take.
fn keep(
    section: &LearningSection,
    lessons: &Lessons,
    shared: &Shared,
    lesson: &Lesson,
) -> io::Result<u64> {
    if shared.lock().spoken.contains(&lesson.id) {
        return Ok(0);
    }
    let is_full =
        || shared.lock().skus.get(&lesson.sku).is_some_and(|known| known.is_full(section));
    if !lesson.is_normal && !is_full() {
        // What a reference of few items diverts may be good: it must not bind the next one. And where somebody else
        // taught the SKU, the box learns nothing about it.
        return Ok(0);
    }
    // A person may have pinned or forgotten the SKU with `inspectctl skus` meanwhile.
    let learned = lessons.learned(&lesson.sku);
    if learned.as_ref().is_some_and(|learned| learned.pinned) {
        shared.lock().skus.entry(lesson.sku.clone()).or_default().learned = learned;
        return Ok(0);
    }
    let most = if lesson.is_normal { plan::until(section) } else { DAMAGED_MAX };
    let replaced = lessons.keep(lesson, most, By::Box)?;
    let mut bytes = 0;
    if !replaced {
        let shelf = if lesson.is_normal { Shelf::Normal } else { Shelf::Damaged };
        for (_, file) in lessons.pictures(&lesson.sku, shelf, &lesson.id)? {
            bytes += std::fs::metadata(file)?.len();
        }
    }
    if lesson.is_normal {
        let items = lessons.items(&lesson.sku, Shelf::Normal)?.len();
        let mut book = shared.lock();
        let known = book.skus.entry(lesson.sku.clone()).or_default();
        known.items = items;
        known.learned = learned;
        if known.is_full(section) {
            known.refreshed += 1;
        }
        book.due.insert(lesson.sku.clone());
        shared.changed.notify_all();
    }
    Ok(bytes)
}

/// Removes the pictures of SKUs that are known in full until no more than `most` bytes are left.
fn thin_out(
    lessons: &Lessons,
    shared: &Shared,
    section: &LearningSection,
    mut bytes: u64,
    most: u64,
) -> u64 {
    let full: Vec<String> = {
        let book = shared.lock();
        let full = book.skus.iter().filter(|(_, known)| known.items > 0 && known.is_full(section));
        full.map(|(sku, _)| sku.clone()).collect()
    };
    let newest = |sku: &String| {
        let file = std::fs::metadata(lessons.sku(sku)).and_then(|folder| folder.modified());
        file.ok()
    };
    let mut by_age: Vec<(Option<std::time::SystemTime>, String)> =
        full.into_iter().map(|sku| (newest(&sku), sku)).collect();
    by_age.sort();
    for (_, sku) in by_age {
        if bytes <= most {
            break;
        }
        match lessons.thin(&sku) {
            Ok(gone) => {
                bytes = bytes.saturating_sub(gone);
                if let Some(known) = shared.lock().skus.get_mut(&sku) {
                    known.items = 0;
                    known.refreshed = 0;
                }
            }
            Err(error) => tell(shared, lessons, &sku, &error),
        }
    }
    bytes
}

/// Learns what is due until the handle is dropped.
pub(super) fn learn(
    section: &LearningSection,
    lessons: &Lessons,
    references: &Path,
    shared: &Shared,
) {
    yield_to_all_others();
    tch::set_num_threads(1);
    while let Some((sku, scorer, touched)) = next(section, shared) {
        let student = Student { section, lessons, references, scorer: &scorer, shared, touched };
        let learned = catch_unwind(AssertUnwindSafe(|| tch::no_grad(|| student.learn(&sku))));
        let outcome = match learned {
            Ok(outcome) => outcome,
            Err(panic) if panic.is::<BrokenOff>() => return,
            Err(panic) => {
                Err(format!("learning panicked: {}; see the log", panic_message(&*panic)))
            }
        };
        student.finish(&sku, outcome);
    }
}

/// Waits for a SKU that is to be learned, and says how often people have changed it so far; `None` once the handle is dropped.
fn next(section: &LearningSection, shared: &Shared) -> Option<(String, Arc<Scorer>, u64)> {
    let mut book = shared.lock();
    loop {
        if book.closed {
            return None;
        }
        if let Some(scorer) = book.scorer.clone() {
            let backbone = scorer.backbone_sha256();
            while let Some(sku) = book.due.pop_first() {
                if book.skus.get(&sku).is_some_and(|known| known.is_due(section, backbone)) {
                    let touched = book.touched.get(&sku).copied().unwrap_or(0);
                    return Some((sku, scorer, touched));
                }
            }
        }
        book = shared.changed.wait(book).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Learning was broken off since the box stops.
struct BrokenOff;

/// Breaks learning off when the box stops: what is on disk is whole, and the next run learns it.
struct UntilClosed<'a>(&'a Shared);

impl Progress for UntilClosed<'_> {
    fn step(&mut self, _: usize, _: usize, _: &str) {
        if self.0.lock().closed {
            resume_unwind(Box::new(BrokenOff));
        }
    }
}

/// Learns one SKU.
struct Student<'a> {
    section: &'a LearningSection,
    lessons: &'a Lessons,
    references: &'a Path,
    scorer: &'a Scorer,
    shared: &'a Shared,
    /// How often people had changed the SKU when this began.
    touched: u64,
}

impl Student<'_> {
    /// Nobody else writes until the guard is dropped; none where a person has changed the SKU since this began.
    fn turn(&self, sku: &str) -> Option<MutexGuard<'_, ()>> {
        let turn = self.shared.files();
        let touched = self.shared.lock().touched.get(sku).copied().unwrap_or(0);
        (touched == self.touched).then_some(turn)
    }

    /// Learns the views of a SKU of which nobody else made a reference; returns their references, and from how many items.
    /// `Ok(None)`: too few are left that are alike.
    fn learn(&self, sku: &str) -> Result<Option<(Vec<Reference>, usize)>, String> {
        let unread = |error: io::Error| format!("its pictures cannot be read: {error}");
        let ours = self.lessons.learned(sku).map_or_else(Vec::new, |learned| learned.views);
        loop {
            let items = self.lessons.items(sku, Shelf::Normal).map_err(unread)?;
            if items.len() < self.section.learn_after_items {
                return Ok(None);
            }
            let mut learned = Vec::new();
            let mut odd: Vec<(f64, String)> = Vec::new();
            for view in self.views(sku, &items)? {
                let key = ReferenceKey::new(sku, &view).map_err(|error| error.to_string())?;
                if !ours.contains(&view) && key.path(self.references).exists() {
                    continue;
                }
                let (reference, oddest) = self.view(sku, &view, &items)?;
                learned.push(reference);
                odd.extend(oddest);
            }
            // What a person called good is learned from, however it looks.
            odd.retain(|(_, id)| !self.lessons.is_vouched(sku, Shelf::Normal, id));
            odd.sort_by(|a, b| b.0.total_cmp(&a.0));
            odd.dedup_by(|a, b| a.1 == b.1);
            if let Some((_, id)) = odd.first().filter(|_| odd.len() * ODD_SHARE <= items.len()) {
                tracing::info!(
                    sku,
                    id,
                    "an item differs from its fellows, and is not learned from"
                );
                let Some(_turn) = self.turn(sku) else { return Ok(None) };
                self.lessons.leave_out(sku, id).map_err(unread)?;
                continue;
            }
            for reference in &learned {
                self.refuse_what_lets_damage_pass(sku, reference)?;
            }
            return Ok(Some((learned, items.len())));
        }
    }

    /// The views that enough items have: a tote hides an item from some cameras.
    fn views(&self, sku: &str, items: &[String]) -> Result<Vec<String>, String> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for id in items {
            let pictures = self.lessons.pictures(sku, Shelf::Normal, id);
            let pictures =
                pictures.map_err(|error| format!("its pictures cannot be read: {error}"))?;
            pictures.into_iter().for_each(|(view, _)| *counts.entry(view).or_default() += 1);
        }
        let least = self.section.learn_after_items;
        let views: Vec<String> =
            counts.into_iter().filter(|(_, of)| *of >= least).map(|(view, _)| view).collect();
        if views.is_empty() {
            Err(format!("no camera has pictures of {least} of its items"))
        } else {
            Ok(views)
        }
    }

    /// The reference of one view, and the items that are odd in it.
    fn view(
        &self,
        sku: &str,
        view: &str,
        items: &[String],
    ) -> Result<(Reference, Vec<(f64, String)>), String> {
        let mut shown = Vec::with_capacity(items.len());
        for id in items {
            let pictures = self.lessons.pictures(sku, Shelf::Normal, id);
            let pictures =
                pictures.map_err(|error| format!("its pictures cannot be read: {error}"))?;
            let of_view = pictures.into_iter().filter(|(of, _)| of == view);
            shown.extend(of_view.map(|(_, file)| (id, file)));
        }
        let normals: Vec<PathBuf> = shown.iter().map(|(_, file)| file.clone()).collect();
        let key = ReferenceKey::new(sku, view).map_err(|error| error.to_string())?;
        let pictures = ViewPictures { normals, ..ViewPictures::default() };
        let mut progress = UntilClosed(self.shared);
        let learned = learn_view(self.scorer, key, &pictures, Turns::One, &mut progress);
        let (reference, passed_over) = learned.map_err(|error| error.to_string())?;
        let used =
            shown.iter().filter(|(_, file)| !passed_over.iter().any(|passed| passed.file == *file));
        let odd = used.zip(reference.oddities()).filter(|(_, oddity)| *oddity > ODD);
        let odd = odd.map(|((id, _), oddity)| (oddity, (*id).clone())).collect();
        Ok((reference, odd))
    }

    /// Damage that grows slowly is not learned: a reference by which a damaged item would pass that the one before it
    /// diverted is refused.
    fn refuse_what_lets_damage_pass(&self, sku: &str, new: &Reference) -> Result<(), String> {
        let before = Reference::load(self.references, new.key(), self.scorer.backbone_sha256());
        let Ok(before) = before else { return Ok(()) };
        let unread = |error: io::Error| format!("its counter-examples cannot be read: {error}");
        for id in self.lessons.items(sku, Shelf::Damaged).map_err(unread)? {
            let pictures = self.lessons.pictures(sku, Shelf::Damaged, &id).map_err(unread)?;
            let views = pictures.len();
            let of_view = pictures.into_iter().find(|(view, _)| *view == new.key().view);
            let Some((view, file)) = of_view else { continue };
            let picture = Picture::open(&file).map_err(|error| error.to_string())?;
            let exceeds =
                |reference: &Reference| match self.scorer.score(&picture, reference, views) {
                    Ok(score) => score.exceeds,
                    // An item that is not found is not passed either.
                    Err(ScoringError::NoItem | ScoringError::SeveralItems { .. }) => true,
                    Err(_) => false,
                };
            if exceeds(&before) && !exceeds(new) {
                return Err(format!(
                    "item {id} was diverted as damaged, and would pass ({view}); look at it with `inspectctl skus \
                     show \"{sku}\"`, and forget it there if it is good"
                ));
            }
        }
        Ok(())
    }

    /// Saves the references and notes what came of it, on disk and in the book. Where a person has changed the SKU
    /// meanwhile nothing is kept: it is learned again where that is due.
    fn finish(&self, sku: &str, outcome: Result<Option<(Vec<Reference>, usize)>, String>) {
        let Some(_turn) = self.turn(sku) else {
            tracing::info!(sku, "a person changed the product while it was learned");
            self.shared.lock().due.insert(sku.to_owned());
            return;
        };
        let saved = outcome.and_then(|learned| {
            let Some((references, items)) = learned else { return Ok(None) };
            let mut views = Vec::new();
            for reference in references {
                reference.save(self.references).map_err(|error| error.to_string())?;
                views.push(reference.key().view.clone());
            }
            Ok(Some((views, items)))
        });
        self.note(sku, saved);
    }

    fn note(&self, sku: &str, outcome: Result<Option<(Vec<String>, usize)>, String>) {
        let items = self.lessons.items(sku, Shelf::Normal).map_or(0, |items| items.len());
        let before = self.lessons.learned(sku);
        let backbone_sha256 = self.scorer.backbone_sha256().to_owned();
        let learned = match outcome {
            Ok(Some((views, items))) => {
                tracing::info!(sku, items, "a reference was learned from what passed");
                Some(Learned { items, backbone_sha256, views, ..Learned::default() })
            }
            Ok(None) => before.map(|before| Learned { again: false, ..before }),
            Err(why) => {
                tracing::warn!(sku, why, "no reference was learned");
                let failed = Some(Failed { items, why });
                Some(Learned { failed, again: false, ..before.unwrap_or_default() })
            }
        };
        if let Some(learned) = &learned
            && let Err(error) = self.lessons.note(sku, learned)
        {
            tell(self.shared, self.lessons, sku, &error);
        }
        if let Some(known) = self.shared.lock().skus.get_mut(sku) {
            known.items = items;
            known.refreshed = 0;
            known.learned = learned;
        }
    }
}

/// What else is to be done goes first, by far. On Linux the priority is that of the calling thread.
fn yield_to_all_others() {
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::warn!(%error, "learning runs with the priority of everything else");
    }
}
