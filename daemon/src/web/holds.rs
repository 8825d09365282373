//! What is on hold, what that diverted, and which batches are suspect; holds of this box are set and lifted here.

use std::path::Path;

use calib::the_box::{
    HoldAnswer, HoldChange, HoldOnPage, HoldView, HoldsNow, NewHold, NoAnswer, SuspectView,
};
use jiff::SignedDuration;

use super::patience::with_patience;
use crate::item::commands::{self, Command, Done};
use crate::item::holds::{Held, Hold, Origin};
use crate::records::Records;
use crate::run::commands::Commands;

/// SKUs at most that somebody chooses from.
const CHOICE: usize = 300;

/// Most SKUs that are proposed where one may be misspelt.
const SIMILAR: usize = 3;

/// What is on hold now; `known` are the SKUs that this box knows.
///
/// # Errors
/// The loop does not answer.
pub fn now(
    commands: &Commands,
    records_folder: &Path,
    known: Vec<String>,
) -> Result<HoldsNow, NoAnswer> {
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
    let skus = known.into_iter().take(CHOICE).collect();
    Ok(HoldsNow { holds: on_page, suspects: suspects.collect(), uncounted, skus })
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

/// Sets a hold of this box, if `known` has its SKU or somebody means it all the same.
///
/// # Errors
/// It cannot be set, or the loop does not answer.
pub fn set(commands: &Commands, known: &[String], wanted: NewHold) -> Result<HoldAnswer, NoAnswer> {
    let NewHold { sku, lot, why, by, hours, is_sure } = wanted;
    if !is_sure && !known.contains(&sku) {
        return Ok(HoldAnswer::UnknownSku(similar(known, &sku)));
    }
    let lasts = hours.map(|hours| SignedDuration::from_hours(hours.into()));
    let command = Command::SetHold(commands::NewHold { sku, lot, why, by, lasts });
    changed(commands, command).map(HoldAnswer::Set)
}

/// SKUs that somebody may have meant: those that differ in case and signs alone, then those that hold what was written.
fn similar(known: &[String], written: &str) -> Vec<String> {
    let plain = |sku: &str| -> String {
        sku.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let wanted = plain(written);
    if wanted.is_empty() {
        return Vec::new();
    }
    let (mut like, mut holds) = (Vec::new(), Vec::new());
    for sku in known {
        let one = plain(sku);
        if one == wanted {
            like.push(sku.clone());
        } else if one.contains(&wanted) {
            holds.push(sku.clone());
        }
    }
    like.extend(holds);
    like.truncate(SIMILAR);
    like
}

/// Lifts a hold of this box.
///
/// # Errors
/// There is none of that id, or the loop does not answer.
pub fn lift(commands: &Commands, id: &str) -> Result<HoldChange, NoAnswer> {
    changed(commands, Command::LiftHold(id.to_owned()))
}

fn changed(commands: &Commands, command: Command) -> Result<HoldChange, NoAnswer> {
    match commands.change(command)? {
        (Done::Hold(hold), is_stored) => {
            let hold = HoldView::from(Held { origin: Origin::Box, hold });
            Ok(HoldChange { hold, is_stored })
        }
        _ => Err(unexpected()),
    }
}

fn unexpected() -> NoAnswer {
    NoAnswer::Failed("inspectd's loop answered another question; please report it".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_is_misspelt_is_like_those_that_differ_in_case_and_signs_or_hold_it() {
        let known = ["TEA-3", "TEA-30", "coffee", "tea 3 large", "tea-3"].map(str::to_owned);
        assert_eq!(similar(&known, "Tea3"), ["TEA-3", "tea-3", "TEA-30"]);
        assert_eq!(similar(&known, "offee"), ["coffee"]);
        assert_eq!(similar(&known, "bread"), Vec::<String>::new());
        assert_eq!(similar(&known, "--"), Vec::<String>::new());
    }
}
