//! **Commands**: what a person at this box wants changed at once. Each is followed or refused, and the person
//! hears which; unlike the [orders](super::orders) of the fleet, which nobody waits for.

use jiff::SignedDuration;

use super::batches::{Batch, Seen};
use super::holds::{Held, Hold};
use super::quarantine::Quarantine;
use crate::records::Change;
use crate::wall_clock::WallTime;

/// What a person wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// To know what is on hold, and which batches are suspect.
    TellHolds,
    /// To set a hold of this box.
    SetHold(NewHold),
    /// To lift the hold of this box with that id.
    LiftHold(String),
}

/// What became of a command that was followed.
#[derive(Debug, Clone, PartialEq)]
pub enum Done {
    /// What is on hold now, all of it, and the suspect batches.
    Told {
        /// Every hold, with whose it is.
        holds: Vec<Held>,
        /// Suspect batches, with what was counted of them.
        suspects: Vec<(Batch, Seen)>,
    },
    /// This hold was set, or lifted.
    Hold(Hold),
}

impl Command {
    /// Follows the command. Returns what was done, and what is to be stored.
    ///
    /// # Errors
    /// Why it is refused, and what to do; nothing has changed then.
    pub fn follow(
        self,
        quarantine: &mut Quarantine,
        now: WallTime,
    ) -> Result<(Done, Vec<Change>), String> {
        match self {
            Self::TellHolds => {
                let all = quarantine.holds().iter();
                let holds = all.map(|(origin, hold)| Held { origin, hold: hold.clone() }).collect();
                Ok((Done::Told { holds, suspects: quarantine.suspects() }, Vec::new()))
            }
            Self::SetHold(wanted) => {
                let ids: Vec<String> =
                    quarantine.holds().iter().map(|(_, hold)| hold.id.clone()).collect();
                let hold = wanted.at(now, |id| ids.iter().any(|taken| taken == id));
                let changes = quarantine.set(hold.clone()).map_err(|error| error.to_string())?;
                Ok((Done::Hold(hold), changes))
            }
            Self::LiftHold(id) => {
                let (hold, changes) = quarantine.lift(&id).map_err(|error| error.to_string())?;
                Ok((Done::Hold(hold), changes))
            }
        }
    }
}

/// A hold that somebody wants to set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHold {
    /// Items of this SKU are held.
    pub sku: String,
    /// Only those of this lot; without it, all.
    pub lot: Option<String>,
    /// Why, in plain words.
    pub why: String,
    /// Who wants it.
    pub by: String,
    /// For how long; without it, until somebody lifts it.
    pub lasts: Option<SignedDuration>,
}

impl NewHold {
    /// The hold, set now. While the clock is doubted nobody knows when it is over: it has no end then, rather
    /// than one that has passed as soon as the clock is right. `is_taken` says whether an id is in use.
    pub fn at(self, now: WallTime, is_taken: impl Fn(&str) -> bool) -> Hold {
        let Self { sku, lot, why, by, lasts } = self;
        let set_at = now.at();
        let first = format!("page@{set_at:.0}");
        let others = (2..).map(|number| format!("{first}-{number}"));
        let id = std::iter::once(first.clone()).chain(others).find(|id| !is_taken(id));
        Hold {
            id: id.unwrap_or(first),
            sku,
            lot,
            why,
            by,
            set_at,
            expires_at: lasts.and_then(|lasts| now.trusted_at()?.checked_add(lasts).ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::item::batches::BatchTest;
    use crate::item::holds::{Origin, Sight};

    fn wanted(hours: Option<i64>) -> NewHold {
        NewHold {
            sku: "tea".to_owned(),
            lot: None,
            why: "torn bags".to_owned(),
            by: "theo".to_owned(),
            lasts: hours.map(SignedDuration::from_hours),
        }
    }

    #[test]
    fn a_hold_ends_after_its_time_and_not_while_the_clock_is_doubted() {
        let at = Timestamp::from_second(1_000).unwrap();
        let of = |now, hours| wanted(hours).at(now, |_| false).expires_at;
        let end = Timestamp::from_second(1_000 + 8 * 3_600).unwrap();
        assert_eq!(of(WallTime::trusted(at), Some(8)), Some(end));
        assert_eq!(of(WallTime::trusted(at), None), None);
        assert_eq!(of(WallTime::doubted(at), Some(8)), None);
    }

    #[test]
    fn a_hold_that_is_set_holds_and_one_that_is_lifted_does_not() {
        let test = BatchTest::new(0.01, 0.1, 0.001).unwrap();
        let mut quarantine = Quarantine::new(test, None, Vec::new(), Vec::new());
        let now = WallTime::trusted(Timestamp::from_second(1_000).unwrap());
        let (done, changes) = Command::SetHold(wanted(None)).follow(&mut quarantine, now).unwrap();
        let Done::Hold(hold) = done else { panic!("{done:?}") };
        assert!(matches!(&changes[..], [Change::Holds(kept)] if kept.len() == 1), "{changes:?}");
        assert_eq!(quarantine.on_sight(Some("tea"), &[], now), Sight::Held(hold.clone()));
        let (told, changes) = Command::TellHolds.follow(&mut quarantine, now).unwrap();
        let held = Held { origin: Origin::Box, hold: hold.clone() };
        assert_eq!(told, Done::Told { holds: vec![held], suspects: Vec::new() });
        assert_eq!(changes, []);
        let lift = || Command::LiftHold(hold.id.clone());
        let (_, changes) = lift().follow(&mut quarantine, now).unwrap();
        assert!(matches!(&changes[..], [Change::Holds(kept)] if kept.is_empty()), "{changes:?}");
        assert_eq!(quarantine.on_sight(Some("tea"), &[], now), Sight::Free);
        assert!(lift().follow(&mut quarantine, now).unwrap_err().contains(&hold.id));
        let endless = NewHold { why: "x".repeat(2_000), ..wanted(None) };
        assert!(Command::SetHold(endless).follow(&mut quarantine, now).is_err());
    }

    #[test]
    fn two_holds_of_one_second_have_two_ids() {
        let now = WallTime::trusted(Timestamp::from_second(1_000).unwrap());
        let first = wanted(None).at(now, |_| false).id;
        let second = wanted(None).at(now, |id| id == first).id;
        let third = wanted(None).at(now, |id| id == first || id == second).id;
        assert_eq!(second, format!("{first}-2"));
        assert_eq!(third, format!("{first}-3"));
    }
}
