//! What people say of items: it is kept with the record, and teaches the box where it learns the product by itself.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use base::picture::Picture;
use calib::the_box::{NewAnswer, NoAnswer, Taught};

use crate::records::{Answer, Change, EVIDENCE, ItemId, Record, Records, StoreHandle, Truth};
use crate::wall_clock::wall_now;
use vision::learning::products::{ProductError, Products};

/// How long somebody waits for the disk.
const PATIENCE: Duration = Duration::from_secs(5);

/// Keeps what somebody says of an item; it is on the disk when this returns.
///
/// # Errors
/// There is no such item, or the disk does not take it.
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
    // Nobody waits any more where the receiver is gone.
    let on_done = move || _ = done.send(());
    let commit = store.commit(vec![Change::Answer(id, answer)], Vec::new(), on_done);
    commit.map_err(|error| NoAnswer::Failed(format!("the answer is not kept: {error}")))?;
    is_done.recv_timeout(PATIENCE).map_err(|_| {
        let late = "the disk takes the answer as soon as it can, and has not yet; look at the item again in a minute";
        NoAnswer::Failed(late.to_owned())
    })?;
    Ok(teach(products, records_folder, &record, truth))
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
    let pictures = || {
        let views = record.views.iter().filter(|view| !view.is_hidden);
        let pictures = views.map(|view| {
            let picture = Picture::open(evidence.join(view.picture.as_ref()?)).ok()?;
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
