//! **Holds**: orders to divert every item of a SKU or of one of its lots, whatever it looks like.
//!
//! A hold names who set it and why; it may expire, and it can be lifted. A lot is a lot of one SKU: two
//! makers may number their lots alike. Holds come from three **origins**, and each rules over its own: the
//! fleet's list for all boxes of the site, the fleet's list for this box, and this box itself (a suspect
//! batch, a technician). A fleet's list is always whole: a hold that is not in it any more is lifted.
//!
//! Whether an item is held is asked **on sight**: as soon as its lot is known, for its verdict. An item whose
//! lot could not be read, while a lot of its SKU is on hold, cannot be passed with a good conscience.
//!
//! No I/O here: the time is an argument and the caller stores the holds. Expiry is a date for people and so
//! goes by wall time; while the clock is doubted, no hold expires.

use std::collections::BTreeMap;

use jiff::Timestamp;
use line::text::{ID_MAX, NAME_MAX, WORDS_MAX, is_longer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::item::lots::{self, LotSeen};
use crate::wall_clock::WallTime;

/// Holds that one origin may have; a longer list is refused.
pub const HOLDS_MAX: usize = 1_000;

/// One hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hold {
    /// Its name, unique within its origin: what is lifted, and what records cite.
    #[schemars(length(max = ID_MAX))]
    pub id: String,
    /// Items of this SKU are held.
    #[schemars(length(max = NAME_MAX))]
    pub sku: String,
    /// Only those of this lot; without it, all.
    #[serde(default)]
    #[schemars(length(max = NAME_MAX))]
    pub lot: Option<String>,
    /// Why, in plain words.
    #[schemars(length(max = WORDS_MAX))]
    pub why: String,
    /// Who set it: a person, a system, or `batch test`.
    #[schemars(length(max = NAME_MAX))]
    pub by: String,
    /// When it was set.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub set_at: Timestamp,
    /// From when on it holds nothing any more; without it, until it is lifted.
    #[serde(default)]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub expires_at: Option<Timestamp>,
}

impl Hold {
    fn applies_to(&self, sku: &str, now: WallTime) -> bool {
        self.sku == sku && !self.is_over(now)
    }

    fn is_over(&self, now: WallTime) -> bool {
        self.expires_at.is_some_and(|end| now.is_past(end))
    }

    /// The hold in words, for records and people.
    pub fn words(&self) -> String {
        let Self { id, sku, lot, why, by, .. } = self;
        match lot {
            Some(lot) => format!("lot {lot} of {sku} is on hold: {why} (hold `{id}`, set by {by})"),
            None => format!("{sku} is on hold: {why} (hold `{id}`, set by {by})"),
        }
    }
}

/// Whose hold it is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The fleet's, for all boxes of the site.
    Site,
    /// The fleet's, for this box.
    Fleet,
    /// This box's own.
    Box,
}

/// A hold and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Held {
    /// Whose it is.
    pub origin: Origin,
    /// The hold.
    #[serde(flatten)]
    pub hold: Hold,
}

/// Why a list of holds, or a hold, is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoldError {
    /// A name is missing.
    #[error("hold {place} has no {what}; give it one")]
    Empty {
        /// Which of the list, from 1.
        place: usize,
        /// The field.
        what: &'static str,
    },
    /// A text is too long.
    #[error("the {what} of hold {place} has more than {most} characters; shorten it")]
    TooLong {
        /// Which of the list, from 1.
        place: usize,
        /// The field.
        what: &'static str,
        /// Characters that it may have.
        most: usize,
    },
    /// Two holds have one name.
    #[error("two holds have the id `{id}`; give each its own")]
    Twice {
        /// The id.
        id: String,
    },
    /// There are too many.
    #[error("{count} holds are too many, at most {HOLDS_MAX} are kept; hold SKUs instead of lots")]
    TooMany {
        /// How many.
        count: usize,
    },
    /// The hold to lift is not one of the box's own.
    #[error("no hold `{id}` was set here; a hold of the fleet is lifted by the fleet")]
    Unknown {
        /// The id.
        id: String,
    },
}

/// What is to be thought of an item on sight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// Nothing holds it.
    Free,
    /// It is held, by this hold.
    Held(Hold),
    /// Its lot is not known, and this hold holds a lot of its SKU; and why, in words.
    LotUnknown(Hold, &'static str),
}

/// All holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holds {
    holds: BTreeMap<(Origin, String), Hold>,
}

impl Holds {
    /// Goes on from the holds of an earlier run.
    pub fn new(stored: impl IntoIterator<Item = (Origin, Hold)>) -> Self {
        let holds = stored.into_iter().map(|(origin, hold)| ((origin, hold.id.clone()), hold));
        Self { holds: holds.collect() }
    }

    /// All holds, with their origins, expired ones included until [`Holds::expire`].
    pub fn iter(&self) -> impl Iterator<Item = (Origin, &Hold)> {
        self.holds.iter().map(|((origin, _), hold)| (*origin, hold))
    }

    /// The first `most` holds, as they are shown.
    pub fn shown(&self, most: usize) -> Vec<Held> {
        let shown = self.iter().take(most);
        shown.map(|(origin, hold)| Held { origin, hold: hold.clone() }).collect()
    }

    /// Whether an item is held; `lots` are what its views show, none where none could be read. An item that nobody knows
    /// is held where it shows any lot that is on hold: it may be of that SKU.
    pub fn on_sight(&self, sku: Option<&str>, lots: &[LotSeen], now: WallTime) -> Sight {
        let Some(sku) = sku else {
            let shown = |hold: &&Hold| {
                let lot = hold.lot.as_deref();
                !hold.is_over(now) && lot.is_some_and(|held| lots::shows(lots, held))
            };
            let held = self.holds.values().find(shown).cloned();
            return held.map_or(Sight::Free, Sight::Held);
        };
        let of_sku = || self.holds.values().filter(|hold| hold.applies_to(sku, now));
        let held =
            of_sku().find(|hold| hold.lot.as_deref().is_none_or(|held| lots::shows(lots, held)));
        if let Some(hold) = held {
            return Sight::Held(hold.clone());
        }
        let unknown = of_sku().find_map(|hold| {
            Some(Sight::LotUnknown(hold.clone(), lots::doubt(lots, hold.lot.as_deref()?)?))
        });
        unknown.unwrap_or(Sight::Free)
    }

    /// Replaces all holds of `origin`. Returns whether anything changed.
    ///
    /// # Errors
    /// [`HoldError`], and nothing is replaced.
    pub fn replace(&mut self, origin: Origin, list: Vec<Hold>) -> Result<bool, HoldError> {
        check(&list)?;
        let before = self.holds.clone();
        self.holds.retain(|(of, _), _| *of != origin);
        self.holds.extend(list.into_iter().map(|hold| ((origin, hold.id.clone()), hold)));
        Ok(self.holds != before)
    }

    /// Adds a hold of this box; one of the same id is replaced.
    ///
    /// # Errors
    /// [`HoldError`].
    pub fn set(&mut self, hold: Hold) -> Result<(), HoldError> {
        check(std::slice::from_ref(&hold))?;
        let key = (Origin::Box, hold.id.clone());
        let of_box = self.holds.keys().filter(|(origin, _)| *origin == Origin::Box).count();
        if of_box >= HOLDS_MAX && !self.holds.contains_key(&key) {
            return Err(HoldError::TooMany { count: of_box + 1 });
        }
        self.holds.insert(key, hold);
        Ok(())
    }

    /// Lifts a hold of this box and returns it.
    ///
    /// # Errors
    /// [`HoldError::Unknown`].
    pub fn lift(&mut self, id: &str) -> Result<Hold, HoldError> {
        self.holds
            .remove(&(Origin::Box, id.to_owned()))
            .ok_or_else(|| HoldError::Unknown { id: id.to_owned() })
    }

    /// Takes expired holds away and returns them.
    pub fn expire(&mut self, now: WallTime) -> Vec<Hold> {
        let over: Vec<_> = self
            .holds
            .iter()
            .filter(|(_, hold)| hold.is_over(now))
            .map(|(key, _)| key.clone())
            .collect();
        over.into_iter().filter_map(|key| self.holds.remove(&key)).collect()
    }
}

/// Whether the holds of one origin can be kept.
///
/// # Errors
/// [`HoldError`], with the first one that cannot.
pub fn check(list: &[Hold]) -> Result<(), HoldError> {
    if list.len() > HOLDS_MAX {
        return Err(HoldError::TooMany { count: list.len() });
    }
    let mut ids = std::collections::HashSet::new();
    for (at, hold) in list.iter().enumerate() {
        let named = [("id", &hold.id), ("sku", &hold.sku), ("why", &hold.why), ("by", &hold.by)];
        if let Some((what, _)) = named.into_iter().find(|(_, text)| text.trim().is_empty()) {
            return Err(HoldError::Empty { place: at + 1, what });
        }
        if hold.lot.as_ref().is_some_and(|lot| lot.trim().is_empty()) {
            return Err(HoldError::Empty { place: at + 1, what: "lot" });
        }
        let lot = hold.lot.iter().map(|lot| ("lot", lot));
        let most_of = |what| match what {
            "id" => ID_MAX,
            "why" => WORDS_MAX,
            _ => NAME_MAX,
        };
        let long = named.into_iter().chain(lot).find(|(what, text)| is_longer(text, most_of(what)));
        if let Some((what, _)) = long {
            return Err(HoldError::TooLong { place: at + 1, what, most: most_of(what) });
        }
        if !ids.insert(&hold.id) {
            return Err(HoldError::Twice { id: hold.id.clone() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_that_is_too_long_is_refused_with_its_field_and_limit() {
        type Lengthen = fn(&mut Hold, String);
        let fields: [(&str, usize, Lengthen); 5] = [
            ("id", ID_MAX, |hold, text| hold.id = text),
            ("sku", NAME_MAX, |hold, text| hold.sku = text),
            ("lot", NAME_MAX, |hold, text| hold.lot = Some(text)),
            ("why", WORDS_MAX, |hold, text| hold.why = text),
            ("by", NAME_MAX, |hold, text| hold.by = text),
        ];
        for (what, most, lengthen) in fields {
            let mut longest = hold("a", "tea", None);
            lengthen(&mut longest, "ß".repeat(most));
            let mut longer = longest.clone();
            lengthen(&mut longer, "ß".repeat(most + 1));
            let mut holds = Holds::default();
            assert_eq!(holds.replace(Origin::Fleet, vec![longest]), Ok(true), "{what}");
            let refused = holds.replace(Origin::Fleet, vec![longer]);
            assert_eq!(refused, Err(HoldError::TooLong { place: 1, what, most }));
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn seen(lot: Option<&str>) -> Vec<LotSeen> {
        lot.map(LotSeen::printed).into_iter().collect()
    }

    fn now(second: i64) -> WallTime {
        WallTime::trusted(at(second))
    }

    fn hold(id: &str, sku: &str, lot: Option<&str>) -> Hold {
        Hold {
            id: id.to_owned(),
            sku: sku.to_owned(),
            lot: lot.map(str::to_owned),
            why: "broken seals".to_owned(),
            by: "quality".to_owned(),
            set_at: at(0),
            expires_at: None,
        }
    }

    #[test]
    fn a_held_lot_is_held_and_the_other_lots_are_free() {
        let mut holds = Holds::default();
        holds.set(hold("h1", "tea", Some("A1"))).unwrap();
        let sight = |sku, lot: Option<&str>| holds.on_sight(Some(sku), &seen(lot), now(1));
        assert_eq!(sight("tea", Some("A1")), Sight::Held(hold("h1", "tea", Some("A1"))));
        assert_eq!(sight("tea", Some("A2")), Sight::Free);
        assert_eq!(sight("soap", Some("A1")), Sight::Free);
        assert_eq!(
            sight("tea", None),
            Sight::LotUnknown(hold("h1", "tea", Some("A1")), "its lot is not known")
        );
    }

    #[test]
    fn a_held_sku_is_held_with_any_lot_and_without() {
        let mut holds = Holds::default();
        holds.set(hold("h1", "tea", None)).unwrap();
        for lot in [None, Some("A1")] {
            assert!(matches!(holds.on_sight(Some("tea"), &seen(lot), now(1)), Sight::Held(_)));
        }
    }

    #[test]
    fn a_fleets_list_replaces_its_own_holds_and_nobody_elses() {
        let mut holds = Holds::default();
        holds.set(hold("mine", "tea", None)).unwrap();
        assert_eq!(holds.replace(Origin::Site, vec![hold("s", "soap", None)]), Ok(true));
        assert_eq!(holds.replace(Origin::Fleet, vec![hold("f", "milk", None)]), Ok(true));
        assert_eq!(holds.replace(Origin::Site, vec![hold("s", "soap", None)]), Ok(false));
        assert_eq!(holds.replace(Origin::Site, Vec::new()), Ok(true));
        assert_eq!(holds.on_sight(Some("soap"), &[], now(1)), Sight::Free);
        assert!(matches!(holds.on_sight(Some("tea"), &[], now(1)), Sight::Held(_)));
        assert!(matches!(holds.on_sight(Some("milk"), &[], now(1)), Sight::Held(_)));
    }

    #[test]
    fn a_broken_list_changes_nothing() {
        let mut holds = Holds::default();
        holds.replace(Origin::Site, vec![hold("s", "soap", None)]).unwrap();
        let twice = vec![hold("a", "x", None), hold("a", "y", None)];
        let refused = holds.replace(Origin::Site, twice);
        assert_eq!(refused, Err(HoldError::Twice { id: "a".to_owned() }));
        let nameless = vec![hold("a", "x", None), hold("b", " ", None)];
        let refused = holds.replace(Origin::Site, nameless);
        assert_eq!(refused, Err(HoldError::Empty { place: 2, what: "sku" }));
        assert!(matches!(holds.on_sight(Some("soap"), &[], now(1)), Sight::Held(_)));
    }

    #[test]
    fn only_holds_of_the_box_are_lifted_here() {
        let mut holds = Holds::default();
        holds.replace(Origin::Site, vec![hold("s", "soap", None)]).unwrap();
        holds.set(hold("mine", "tea", None)).unwrap();
        assert_eq!(holds.lift("s"), Err(HoldError::Unknown { id: "s".to_owned() }));
        assert_eq!(holds.lift("mine"), Ok(hold("mine", "tea", None)));
        assert_eq!(holds.on_sight(Some("tea"), &[], now(1)), Sight::Free);
    }

    #[test]
    fn an_expired_hold_holds_nothing_and_is_taken_away() {
        let mut holds = Holds::default();
        let brief = Hold { expires_at: Some(at(100)), ..hold("h", "tea", None) };
        holds.set(brief.clone()).unwrap();
        assert!(matches!(holds.on_sight(Some("tea"), &[], now(99)), Sight::Held(_)));
        assert_eq!(holds.on_sight(Some("tea"), &[], now(100)), Sight::Free);
        assert_eq!(holds.expire(now(99)), []);
        assert_eq!(holds.expire(now(100)), [brief]);
        assert_eq!(holds.iter().count(), 0);
    }

    proptest! {
        #[test]
        fn while_the_clock_is_doubted_no_hold_expires_whatever_it_says(
            ends in proptest::collection::vec(proptest::option::of(-9_000_000_000i64..9_000_000_000), 1..6),
            clock in proptest::collection::vec(-9_000_000_000i64..9_000_000_000, 1..20),
        ) {
            let mut holds = Holds::default();
            for (number, end) in ends.iter().enumerate() {
                let sku = number.to_string();
                let expires_at = end.map(at);
                holds.set(Hold { expires_at, ..hold(&sku, &sku, None) }).unwrap();
            }
            let before = holds.clone();
            for second in clock {
                let now = WallTime::doubted(at(second));
                prop_assert_eq!(holds.expire(now), []);
                for number in 0..ends.len() {
                    let sight = holds.on_sight(Some(&number.to_string()), &[], now);
                    prop_assert!(matches!(sight, Sight::Held(_)));
                }
            }
            prop_assert_eq!(holds, before);
        }

        #[test]
        fn what_is_stored_and_loaded_again_holds_the_same_items(
            lots in proptest::collection::vec(proptest::option::of("[AB][0-3]"), 0..6),
            asked in proptest::option::of("[AB][0-3]"),
        ) {
            let mut holds = Holds::default();
            for (at, lot) in lots.iter().enumerate() {
                holds.set(hold(&at.to_string(), "tea", lot.as_deref())).unwrap();
            }
            let stored: Vec<_> = holds.iter().map(|(origin, hold)| (origin, hold.clone())).collect();
            prop_assert_eq!(&Holds::new(stored), &holds);
            let held = lots.iter().any(|lot| lot.is_none() || *lot == asked);
            let sight = holds.on_sight(Some("tea"), &seen(asked.as_deref()), now(1));
            prop_assert_eq!(matches!(sight, Sight::Held(_)), held);
            prop_assert_eq!(sight == Sight::Free, !held && (asked.is_some() || lots.is_empty()));
        }
    }
}
