//! **Thresholds**: what another false-divert budget would do to this line, told from its recent items.
//!
//! A view's score is how surprising it is among normal ones, whatever the budget; the budget alone sets the
//! **limit** above which an item is diverted as damaged. So what another budget would have done to an item is known
//! exactly. How many of those above
//! it are good, and of those below it damaged, is estimated from the items of which a person said what they are, with
//! an interval: as far as these are like the others. The budget itself says how many good ones it allows.
//!
//! No I/O: recent items go in, numbers come out.

use base::statistics::wilson;

use crate::records::Truth;

/// The budgets that are offered, as shares of good items: even steps to the eye, from one in ten thousand to one in ten.
pub const BUDGETS: [f64; 15] = [
    0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.03, 0.05, 0.07,
    0.1,
];

/// Width of a bar of the histogram, in decades of surprise.
pub const BAR: f64 = 0.25;

/// Bars of the histogram; what lies beyond counts in the last one.
pub const BARS: usize = 28;

/// Borderline items on each side of the limit.
const BORDERLINE: usize = 3;

/// What became of an item, as far as its looks had a say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// It passed.
    Passed,
    /// It was diverted as damaged alone.
    Damaged,
    /// Something else had it diverted, or it took the fall-back.
    Otherwise,
}

/// A recent item, as far as its damage score goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// How surprising its most surprising view is, shared among its views: -log10 of a p-value of the item.
    pub surprise: f64,
    /// What became of it.
    pub verdict: Judged,
    /// What a person said that it was. That it is another product, or wears a wrong label, says nothing of damage.
    pub truth: Option<Truth>,
    /// Whether it passed today.
    pub is_of_today: bool,
}

impl Scored {
    /// The surprise of an item whose views have these scores; none without any. `sharing` views share its budget: one
    /// that is compared and has no score, such as one without a reference, has its share all the same.
    pub fn surprise_of(scores: impl IntoIterator<Item = f32>, sharing: usize) -> Option<f64> {
        let largest = scores.into_iter().map(f64::from).reduce(f64::max)?;
        Some(largest - (sharing.max(1) as f64).log10())
    }

    fn exceeds(&self, limit: f64) -> bool {
        self.surprise > limit
    }
}

/// Some of so many, and the share's 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// Some.
    pub count: usize,
    /// Of so many.
    pub of: usize,
    /// From the least to the greatest share that is likely.
    pub interval: [f64; 2],
}

impl Share {
    fn of<'a>(all: impl Iterator<Item = &'a Scored>, is_one: impl Fn(&Scored) -> bool) -> Self {
        let (mut count, mut of) = (0, 0);
        for one in all {
            of += 1;
            count += usize::from(is_one(one));
        }
        Self { count, of, interval: wilson(count, of) }
    }
}

/// What one budget would do.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// The share of good items that may be diverted.
    pub budget: f64,
    /// The surprise above which an item is diverted as damaged.
    pub limit: f64,
    /// Recent items above it.
    pub diverted: Share,
    /// Of the items above it of which people said what they are, the good ones.
    pub good_above: Share,
    /// Of the other items of which people said what they are, the damaged ones.
    pub damaged_below: Share,
    /// Items of today that passed and would be diverted.
    pub newly_diverted: usize,
    /// Items of today that were diverted as damaged alone and would pass.
    pub newly_passed: usize,
    /// The places of the items that lie closest to the limit, the least surprising first.
    pub borderline: Vec<usize>,
}

/// What recent items tell of every budget.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// The budgets, ascending, with the present one among them.
    pub stops: Vec<Stop>,
    /// The place of the present budget.
    pub present: usize,
    /// How many items have which surprise: not known, good, damaged.
    pub histogram: Vec<[usize; 3]>,
}

/// The limit that a budget sets.
pub fn limit(budget: f64) -> f64 {
    -budget.log10()
}

impl Outlook {
    /// What `items` tell, while the budget is `present`.
    pub fn of(items: &[Scored], present: f64) -> Self {
        let mut budgets: Vec<f64> = BUDGETS.to_vec();
        if !budgets.contains(&present) {
            budgets.push(present);
            budgets.sort_by(f64::total_cmp);
        }
        let mut histogram = vec![[0; 3]; BARS];
        for one in items {
            let bar = (one.surprise.max(0.0) / BAR) as usize;
            let kind = match one.truth {
                Some(Truth::Good) => 1,
                Some(Truth::Damaged) => 2,
                Some(Truth::WrongItem | Truth::WrongLabel) | None => 0,
            };
            histogram[bar.min(BARS - 1)][kind] += 1;
        }
        Self {
            present: budgets.iter().position(|budget| *budget == present).unwrap_or(0),
            stops: budgets.into_iter().map(|budget| stop(items, budget)).collect(),
            histogram,
        }
    }
}

fn stop(items: &[Scored], budget: f64) -> Stop {
    let limit = limit(budget);
    let is = |truth| move |one: &Scored| one.truth == Some(truth);
    let known = || items.iter().filter(|one| is(Truth::Good)(one) || is(Truth::Damaged)(one));
    let today = |verdict| items.iter().filter(move |one| one.is_of_today && one.verdict == verdict);
    let mut by_surprise: Vec<usize> = (0..items.len()).collect();
    by_surprise.sort_by(|a, b| items[*a].surprise.total_cmp(&items[*b].surprise));
    let first_above = by_surprise.partition_point(|at| !items[*at].exceeds(limit));
    let (from, to) = (first_above.saturating_sub(BORDERLINE), first_above + BORDERLINE);
    Stop {
        budget,
        limit,
        diverted: Share::of(items.iter(), |one| one.exceeds(limit)),
        good_above: Share::of(known().filter(|one| one.exceeds(limit)), is(Truth::Good)),
        damaged_below: Share::of(known().filter(|one| !one.exceeds(limit)), is(Truth::Damaged)),
        newly_diverted: today(Judged::Passed).filter(|one| one.exceeds(limit)).count(),
        newly_passed: today(Judged::Damaged).filter(|one| !one.exceeds(limit)).count(),
        borderline: by_surprise[from..to.min(items.len())].to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(surprise: f64, truth: Option<Truth>) -> Scored {
        let verdict = if surprise > limit(0.005) { Judged::Damaged } else { Judged::Passed };
        Scored { surprise, verdict, truth, is_of_today: true }
    }

    #[test]
    fn an_item_is_judged_as_the_line_judges_it() {
        // Two views share the budget: the limit of each is -log10(0.005 / 2).
        let view_limit = -(0.005f32 / 2.0).log10();
        for (scores, exceeds) in
            [([view_limit + 0.01, 0.1], true), ([view_limit - 0.01, view_limit - 0.01], false)]
        {
            let surprise = Scored::surprise_of(scores, scores.len()).unwrap();
            assert_eq!(one(surprise, None).exceeds(limit(0.005)), exceeds, "{scores:?}");
        }
        // One of the two has no score, and its share of the budget all the same.
        let alone = Scored::surprise_of([view_limit - 0.01], 2).unwrap();
        assert!(!one(alone, None).exceeds(limit(0.005)));
        assert_eq!(Scored::surprise_of([], 1), None);
    }

    #[test]
    fn what_a_smaller_budget_would_have_done_today_is_told() {
        let items = [
            one(0.4, Some(Truth::Good)),
            one(2.5, Some(Truth::Good)),
            one(2.6, Some(Truth::Damaged)),
            one(4.5, None),
            Scored { is_of_today: false, ..one(2.4, None) },
            Scored { verdict: Judged::Otherwise, ..one(2.7, None) },
        ];
        // The limit is 2.3 now, and 3 for one in a thousand.
        let outlook = Outlook::of(&items, 0.005);
        let of = |budget: f64| {
            outlook.stops.iter().find(|stop| stop.budget == budget).expect("it is offered")
        };
        assert_eq!(outlook.stops[outlook.present].budget, 0.005);
        let (present, small) = (of(0.005), of(0.001));
        assert_eq!((present.newly_diverted, present.newly_passed), (0, 0));
        assert_eq!((small.newly_diverted, small.newly_passed), (0, 2));
        assert_eq!((present.diverted.count, small.diverted.count), (5, 1));
        assert_eq!((present.good_above.count, present.good_above.of), (1, 2));
        assert_eq!((present.damaged_below.count, present.damaged_below.of), (0, 1));
        assert_eq!((small.good_above.count, small.good_above.of), (0, 0));
        assert_eq!((small.damaged_below.count, small.damaged_below.of), (1, 3));
        assert_eq!(small.borderline, [1, 2, 5, 3], "three below, and the one above");
        assert_eq!(outlook.histogram[1], [0, 1, 0]);
        assert_eq!(outlook.histogram[10], [1, 1, 1]);
    }

    #[test]
    fn a_budget_of_the_line_file_is_offered_beside_the_others_and_nothing_is_told_of_nothing() {
        let outlook = Outlook::of(&[], 0.004);
        assert_eq!(outlook.stops.len(), BUDGETS.len() + 1);
        assert_eq!(outlook.stops[outlook.present].budget, 0.004);
        assert_eq!(outlook.stops[0].good_above.interval, [0.0, 1.0]);
        assert_eq!(outlook.stops[0].borderline, Vec::<usize>::new());
    }

    proptest! {
        #[test]
        fn a_larger_budget_diverts_more_and_misses_less(
            surprises in prop::collection::vec((0.0..9.0f64, 0..3u8), 0..60),
        ) {
            let truth = |kind| [None, Some(Truth::Good), Some(Truth::Damaged)][usize::from(kind)];
            let items: Vec<Scored> =
                surprises.into_iter().map(|(surprise, kind)| one(surprise, truth(kind))).collect();
            let outlook = Outlook::of(&items, 0.005);
            for pair in outlook.stops.windows(2) {
                prop_assert!(pair[0].diverted.count <= pair[1].diverted.count);
                prop_assert!(pair[0].good_above.count <= pair[1].good_above.count);
                prop_assert!(pair[0].damaged_below.count >= pair[1].damaged_below.count);
                prop_assert!(pair[0].newly_diverted <= pair[1].newly_diverted);
            }
            let in_bars: usize = outlook.histogram.iter().flatten().sum();
            prop_assert_eq!(in_bars, items.len());
        }
    }
}
