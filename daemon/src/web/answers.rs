//! What people say of items: it is kept with the record, and teaches the box where it learns the product by itself.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use base::picture::Picture;
use calib::the_box::{NewAnswer, NoAnswer, Taught};
use capture::usable;

use crate::records::{Answer, Change, EVIDENCE, ItemId, Record, Records, StoreHandle, Truth};
use crate::wall_clock::wall_now;
use vision::learning::products::{ProductError, Products};

/// How long somebody waits for the disk.
const PATIENCE: Duration = Duration::from_secs(5);

/// Keeps what somebody says of an item, and learns from it; it is on the disk when this returns.
///
/// # Errors
/// There is no such item, or the disk does not take it in time. When it does take it later, the box learns from it then.
pub fn keep(
    store: &StoreHandle,
    records_folder: &Path,
    products: &Products,
    (boot, item): (&str, u64),
    said: NewAnswer,
) -> Result<Taught, NoAnswer> {
    let id = ItemId { boot: boot.to_owned(), item };
    let record = Records::open_read_only(records_folder)?.by_id(&id)?;
    let record = record.ok_or_else(|| super::history::no_record(&id))?;
    let truth = Truth::named(said.truth)
        .ok_or_else(|| NoAnswer::Refused(format!("nothing is called {}", said.truth)))?;
    let answer = Answer {
        truth,
        kind: said.kind.map(str::to_owned),
        is_major: said.is_major,
        words: said.words,
        by: said.by,
        at: wall_now(),
    };
    let (done, is_done) = mpsc::sync_channel(1);
    // Set by whoever is first: the disk has taken the answer, or nobody waits for that any more.
    let settled = Arc::new(AtomicBool::new(false));
    let is_late = {
        let settled = Arc::clone(&settled);
        move || settled.swap(true, Ordering::AcqRel)
    };
    let lesson = (products.clone(), records_folder.to_owned(), record.clone());
    let on_done = move || {
        if is_late() {
            teach_late(lesson, truth);
        } else {
            _ = done.send(());
        }
    };
    let commit = store.commit(vec![Change::Answer(id, answer)], Vec::new(), on_done);
    commit.map_err(|error| NoAnswer::Failed(format!("the answer is not kept: {error}")))?;
    if is_done.recv_timeout(PATIENCE).is_err() && !settled.swap(true, Ordering::AcqRel) {
        let late = "the disk takes the answer as soon as it can, and has not yet; look at the item again in a minute";
        return Err(NoAnswer::Failed(late.to_owned()));
    }
    Ok(teach(products, records_folder, &record, truth))
}

/// Learns from an answer for which nobody waits any more, beside the store's thread.
fn teach_late((products, folder, record): (Products, PathBuf, Record), truth: Truth) {
    let id = record.id.lesson();
    let learns = move || {
        let taught = teach(&products, &folder, &record, truth);
        tracing::info!(item = record.id.lesson(), ?taught, "a late answer is kept");
    };
    if let Err(error) = thread::Builder::new().name("late-answer".to_owned()).spawn(learns) {
        tracing::warn!("the answer about item {id} is kept and teaches nothing: {error}");
    }
}

/// Has the box learn from the answer. An item that teaches nothing is no error: its answer stands all the same.
fn teach(products: &Products, records_folder: &Path, record: &Record, truth: Truth) -> Taught {
    let Some(sku) = &record.sku else { return Taught::Nothing };
    let item = record.id.lesson();
    let is_normal = match truth {
        Truth::Good => true,
        Truth::Damaged => false,
        Truth::WrongItem | Truth::WrongLabel => {
            return match products.take_out(sku, &item) {
                Ok(true) => Taught::TakenOut,
                Ok(false) => Taught::Nothing,
                Err(error) => untaught(sku, &item, &error),
            };
        }
    };
    let evidence = records_folder.join(EVIDENCE);
    // Only such pictures as the box itself compares: whole ones, and none with a tote in it.
    let pictures = || {
        let views = record.views.iter().filter(|_| record.tote.is_none());
        let pictures = views.map(|view| {
            let picture = Picture::open(evidence.join(view.picture.as_ref()?)).ok()?;
            usable::check(&picture).ok()?;
            Some((view.camera.clone(), picture))
        });
        pictures.collect::<Option<Vec<_>>>().filter(|pictures| !pictures.is_empty())
    };
    match products.teach(sku, &item, is_normal, pictures) {
        Ok(true) if is_normal => Taught::Normal,
        Ok(true) => Taught::Damaged,
        Ok(false) => Taught::Nothing,
        Err(error) => untaught(sku, &item, &error),
    }
}

fn untaught(sku: &str, item: &str, error: &ProductError) -> Taught {
    tracing::warn!("item {item} teaches nothing about {sku}: {error}");
    Taught::Nothing
}
