//! What is on hold, what that diverted, and which batches are suspect; holds of this box are set and lifted here.

use std::path::Path;

use calib::the_box::{HoldOnPage, HoldView, HoldsNow, NewHold, NoAnswer, SuspectView};
use jiff::SignedDuration;

use super::patience::with_patience;
use crate::item::commands::{self, Command, Done};
use crate::item::holds::{Held, Hold, Origin};
use crate::records::Records;
use crate::run::commands::Commands;

/// What is on hold now.
///
/// # Errors
/// The loop does not answer.
pub fn now(commands: &Commands, records_folder: &Path) -> Result<HoldsNow, NoAnswer> {
    let Done::Told { holds, suspects } = commands.ask(Command::TellHolds)? else {
        return Err(unexpected());
    };
    let diverted = diverted(&holds, records_folder);
    let counts = diverted.as_deref().ok();
    let count_of = |at: usize| counts.and_then(|counts| counts.get(at)).copied();
    let on_page = holds.into_iter().enumerate();
    let on_page = on_page
        .map(|(at, held)| HoldOnPage { hold: HoldView::from(held), diverted: count_of(at) })
        .collect();
    let suspects = suspects.into_iter().map(|(batch, seen)| SuspectView {
        sku: batch.sku,
        lot: batch.lot,
        items: seen.items,
        failed: seen.failed,
    });
    let uncounted = diverted.err().map(|error| error.to_string());
    Ok(HoldsNow { holds: on_page, suspects: suspects.collect(), uncounted })
}

/// How many items each hold had diverted.
fn diverted(holds: &[Held], records_folder: &Path) -> Result<Vec<u64>, NoAnswer> {
    let Some(first) = holds.iter().map(|held| held.hold.set_at).min() else {
        return Ok(Vec::new());
    };
    let records = Records::open_read_only(records_folder)?;
    let words = with_patience(&records, |records| records.words_of_holds(first))?;
    let cites = |words: &str, hold: &Hold| words.contains(&format!("(hold `{}`", hold.id));
    let count = |held: &Held| words.iter().filter(|words| cites(words, &held.hold)).count();
    Ok(holds.iter().map(|held| count(held) as u64).collect())
}

/// Sets a hold of this box.
///
/// # Errors
/// It cannot be set, or the loop does not answer.
pub fn set(commands: &Commands, wanted: NewHold) -> Result<HoldView, NoAnswer> {
    let NewHold { sku, lot, why, by, hours } = wanted;
    let lasts = hours.map(|hours| SignedDuration::from_hours(hours.into()));
    changed(commands, Command::SetHold(commands::NewHold { sku, lot, why, by, lasts }))
}

/// Lifts a hold of this box.
///
/// # Errors
/// There is none of that id, or the loop does not answer.
pub fn lift(commands: &Commands, id: &str) -> Result<HoldView, NoAnswer> {
    changed(commands, Command::LiftHold(id.to_owned()))
}

fn changed(commands: &Commands, command: Command) -> Result<HoldView, NoAnswer> {
    match commands.ask(command)? {
        Done::Hold(hold) => Ok(HoldView::from(Held { origin: Origin::Box, hold })),
        _ => Err(unexpected()),
    }
}

fn unexpected() -> NoAnswer {
    NoAnswer::Failed("inspectd's loop answered another question; please report it".to_owned())
}
