//! When a SKU is learned, and how well it is known: numbers in, answers out.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::LearningSection;

/// How well a box knows what a SKU looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Familiarity {
    /// Nothing was seen of it.
    Unknown,
    /// Its items are being collected: there is no reference yet.
    Learning {
        /// Items so far.
        items: usize,
        /// Items from which the first reference is learned.
        of: usize,
    },
    /// There is a reference of few items: its threshold is cautious, and will be better.
    Weak {
        /// Items so far.
        items: usize,
        /// Items from which it is known in full.
        of: usize,
    },
    /// It is known as well as it will be.
    Full,
}

impl fmt::Display for Familiarity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => write!(f, "unknown"),
            Self::Learning { items, of } => write!(f, "learning {items} of {of}"),
            Self::Weak { items, of } => write!(f, "weak, {items} of {of}"),
            Self::Full => write!(f, "full"),
        }
    }
}

/// How a reference was learned: what stands beside the lessons of a SKU.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learned {
    /// Lessons that it was learned from.
    pub items: usize,
    /// The backbone that it belongs to.
    pub backbone_sha256: String,
    /// The views that the box learned: a reference of another view is a person's, and stays as it is.
    #[serde(default)]
    pub views: Vec<String>,
    /// Whether a person said that the reference is to stay as it is.
    #[serde(default)]
    pub pinned: bool,
    /// Whether a person wants it learned again, from whatever there is.
    #[serde(default)]
    pub again: bool,
    /// Why the last attempt was refused or failed, and with how many lessons.
    #[serde(default)]
    pub failed: Option<Failed>,
}

/// An attempt that made no reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// Lessons there were.
    pub items: usize,
    /// Why, in plain words.
    pub why: String,
}

/// What is known of a SKU that the box learns by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Lessons on disk, those left out not counted.
    pub items: usize,
    /// How its reference was learned.
    pub learned: Option<Learned>,
    /// Lessons that took the place of others since then.
    pub refreshed: usize,
    /// Items that passed since the last one that was a lesson.
    pub passed: usize,
}

impl Known {
    /// Whether a reference is to be learned now.
    pub fn is_due(&self, section: &LearningSection, backbone_sha256: &str) -> bool {
        let (after, until) = (section.learn_after_items, until(section));
        let Some(learned) = &self.learned else { return self.items >= after };
        if learned.pinned {
            return false;
        }
        if learned.again {
            return self.items >= after;
        }
        let failed = learned.failed.as_ref().is_some_and(|failed| failed.items >= self.items);
        if failed && self.refreshed == 0 {
            return false;
        }
        if learned.items == 0 || learned.backbone_sha256 != backbone_sha256 {
            return self.items >= after;
        }
        let grown = learned.items < until && self.items >= until.min(2 * learned.items);
        let renewed = 2 * self.refreshed >= until && self.items >= until;
        grown || renewed
    }

    /// Whether a person said that its reference is to stay as it is.
    pub fn is_pinned(&self) -> bool {
        self.learned.as_ref().is_some_and(|learned| learned.pinned)
    }

    /// Whether its reference was learned from as many items as will be.
    pub fn is_full(&self, section: &LearningSection) -> bool {
        self.learned.as_ref().is_some_and(|learned| learned.items >= until(section))
    }

    /// Whether the next item teaches anything; counts it.
    pub fn wants(&mut self, section: &LearningSection) -> bool {
        if self.is_pinned() {
            return false;
        }
        if !self.is_full(section) && self.items < until(section) {
            return true;
        }
        if section.refresh_every_items == 0 {
            return false;
        }
        self.passed += 1;
        let wanted = self.passed >= section.refresh_every_items;
        if wanted {
            self.passed = 0;
        }
        wanted
    }
}

/// How well a SKU is known. `has_reference` counts where the box does not learn it by itself.
pub fn familiarity(
    known: Option<&Known>,
    has_reference: bool,
    section: &LearningSection,
) -> Familiarity {
    let (after, until) = (section.learn_after_items, until(section));
    let Some(known) = known else {
        return match (has_reference, after) {
            (true, _) => Familiarity::Full,
            (false, 0) => Familiarity::Unknown,
            (false, of) => Familiarity::Learning { items: 0, of },
        };
    };
    match known.learned.as_ref().map_or(0, |learned| learned.items) {
        _ if known.is_pinned() => Familiarity::Full,
        0 => Familiarity::Learning { items: known.items.min(after), of: after },
        items if items < until => Familiarity::Weak { items, of: until },
        _ => Familiarity::Full,
    }
}

/// Lessons from which a SKU is known in full: never fewer than the first reference takes.
pub fn until(section: &LearningSection) -> usize {
    section.learn_until_items.max(section.learn_after_items)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn section() -> LearningSection {
        LearningSection::default()
    }

    fn known(items: usize, learned: usize) -> Known {
        let learned = (learned > 0).then(|| Learned {
            items: learned,
            backbone_sha256: "a".to_owned(),
            ..Learned::default()
        });
        Known { items, learned, ..Known::default() }
    }

    #[test]
    fn what_a_person_wants_learned_again_is_due_unless_it_is_pinned_or_too_little() {
        let wanted = |items, pinned| {
            let failed = Some(Failed { items, why: "odd".to_owned() });
            let learned = Learned { again: true, pinned, failed, ..known(60, 60).learned.unwrap() };
            Known { items, learned: Some(learned), ..Known::default() }
        };
        let is_due = |known: Known| known.is_due(&section(), "a");
        assert!(is_due(wanted(60, false)));
        assert!(!is_due(wanted(60, true)) && !is_due(wanted(3, false)));
        assert!(wanted(60, false).is_full(&section()), "it is as well known as before meanwhile");
    }

    #[test]
    fn a_sku_is_learned_after_a_few_items_and_anew_as_they_double_until_it_is_known() {
        let mut learned = 0;
        let mut times = Vec::new();
        for items in 1..=80 {
            if known(items, learned).is_due(&section(), "a") {
                learned = items;
                times.push(items);
            }
        }
        assert_eq!(times, [8, 16, 32, 60]);
    }

    #[test]
    fn a_refused_attempt_waits_for_another_item_and_a_new_backbone_needs_a_new_reference() {
        let mut one = known(8, 0);
        let why = "it would let a damaged item pass".to_owned();
        one.learned =
            Some(Learned { failed: Some(Failed { items: 8, why }), ..Learned::default() });
        assert!(!one.is_due(&section(), "a"));
        one.items = 9;
        assert!(one.is_due(&section(), "a"));
        assert!(!known(60, 60).is_due(&section(), "a"));
        assert!(known(60, 60).is_due(&section(), "b"));
    }

    #[test]
    fn what_is_known_in_full_is_refreshed_by_one_item_in_fifty_and_learned_anew_when_half_is_new() {
        let mut one = known(60, 60);
        let wanted = (0..200).filter(|_| one.wants(&section())).count();
        assert_eq!(wanted, 4);
        one.refreshed = 29;
        assert!(!one.is_due(&section(), "a"));
        one.refreshed = 30;
        assert!(one.is_due(&section(), "a"));
        let pinned = Some(Learned { pinned: true, ..Learned::default() });
        let mut pinned = Known { items: 60, learned: pinned, refreshed: 60, passed: 0 };
        assert!(!pinned.is_due(&section(), "a") && !pinned.wants(&section()));
        let never = LearningSection { refresh_every_items: 0, ..section() };
        assert!(!(0..200).any(|_| one.wants(&never)));
    }

    #[test]
    fn the_states_are_told_in_words() {
        let told = |known: Option<&Known>, has| familiarity(known, has, &section()).to_string();
        assert_eq!(told(None, true), "full");
        assert_eq!(told(None, false), "learning 0 of 8");
        assert_eq!(told(Some(&known(5, 0)), false), "learning 5 of 8");
        assert_eq!(told(Some(&known(20, 16)), true), "weak, 16 of 60");
        assert_eq!(told(Some(&known(60, 60)), true), "full");
        let off = LearningSection { learn_after_items: 0, ..section() };
        assert_eq!(familiarity(None, false, &off), Familiarity::Unknown);
    }

    proptest! {
        #[test]
        fn learning_ends_and_no_reference_is_of_fewer_items_than_the_first(
            after in 1usize..30, until in 1usize..100, items in 0usize..200,
        ) {
            let section =
                LearningSection { learn_after_items: after, learn_until_items: until, ..section() };
            let mut learned = 0;
            let mut times = 0;
            for items in 0..=items {
                if known(items, learned).is_due(&section, "a") {
                    prop_assert!(items >= after);
                    learned = items;
                    times += 1;
                }
            }
            prop_assert!(times <= 9, "it is learned as lessons double, and not at each");
            prop_assert_eq!(learned > 0, items >= after);
        }
    }
}
