//! The account of a mixed belt: each planted thing, and what became of it.
//!
//! An item is **right** when what was planned for it happened by a verdict, and for the planned reason. A **false
//! divert** is a good item of a SKU in the list that a verdict pushed off, unless the scanner had told another item's
//! code: then it contradicts what is printed, and being looked at is right. An item is **unknown** when it has no name
//! although the list has its SKU. It is **named wrongly in silence** when its name is wrong and no finding about its
//! identity says so.

use std::collections::{BTreeMap, BTreeSet};

use base::statistics::wilson;
use line::protocol::{Check, Verdict};
use serde::Serialize;
use twin::goods::{Entry, Expected, Fault, Role};
use twin::line::Truth;
use twin::scanner::{ScanKind, ScanTruth};
use vision::learning::Familiarity;

use super::Record;

/// A share with its 95 % interval (Wilson).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Share {
    /// How many.
    pub count: usize,
    /// Of how many.
    pub of: usize,
    /// The interval's ends.
    pub interval: [f64; 2],
}

impl Share {
    fn add(&mut self, counts: bool) {
        self.count += usize::from(counts);
        self.of += 1;
        self.interval = wilson(self.count, self.of);
    }
}

/// What became of one kind of planted thing.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Row {
    /// What it is, in words.
    pub what: String,
    /// How many came.
    pub items: usize,
    /// How many of them ended as planned.
    pub right: usize,
    /// What was asked for, with the reasons, and how often.
    pub verdicts: BTreeMap<String, usize>,
    /// The numbers of those that did not end as planned.
    pub not_right: Vec<u64>,
}

/// What became of the items that lay in totes.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct InTotes {
    /// Those that ended as planned.
    pub right: Share,
    /// Good ones of listed SKUs that a verdict diverted.
    pub false_diverts: Share,
    /// Planted defects that an inspected pass let through.
    pub misses: Share,
    /// Those whose record names their tote.
    pub named: Share,
    /// Items on the bare belt whose record names a tote, or says that nobody declared it.
    pub invented: Share,
}

/// What a run of a mixed belt has shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Planned {
    /// A row for each planted thing that came.
    pub rows: Vec<Row>,
    /// Good items of listed SKUs that a verdict diverted.
    pub false_diverts: Share,
    /// Planted defects that an inspected pass let through.
    pub misses: Share,
    /// Items of listed SKUs without a name.
    pub unknown: Share,
    /// Items without a verdict, or which were not inspected.
    pub uninspected: Share,
    /// Items named wrongly in silence: their numbers.
    pub wrong_in_silence: Vec<u64>,
    /// What the scanner made of the items, where something was wrong.
    pub scanner: BTreeMap<&'static str, Share>,
    /// Items of which the scanner had told another item's code, and that were diverted for it.
    pub misreads_found: Share,
    /// The items that lay in totes.
    pub totes: InTotes,
    /// The newcomer's first item that could be compared with a reference.
    pub newcomer_known_from: Option<u64>,
}

impl Planned {
    /// Compares the plan with the records, which come in the order of the truths; `scans` is what the scanner made of
    /// the items.
    pub fn of(truths: &[Truth], records: &[Record], scans: &[ScanTruth]) -> Self {
        let mut planned = Self::default();
        let misread: BTreeSet<u64> = contradicting(truths, scans).collect();
        let mut rows: BTreeMap<(u8, &'static str), Row> = BTreeMap::new();
        let seen = truths.iter().filter(|truth| truth.acquisition != 0);
        for (truth, record) in seen.zip(records) {
            let Some(entry) = &truth.plan else { continue };
            let is_misread = misread.contains(&truth.number);
            let (order, what) = row_of(entry, record, is_misread);
            let row = rows.entry((order, what)).or_default();
            what.clone_into(&mut row.what);
            row.items += 1;
            *row.verdicts.entry(asked(record)).or_default() += 1;
            let right = is_right(entry, record, is_misread);
            planned.totes.count(entry, record, right, is_misread);
            if right {
                row.right += 1;
            } else {
                row.not_right.push(truth.number);
            }
            planned.count(truth.number, entry, record, is_misread);
        }
        planned.rows = rows.into_values().collect();
        for (kind, name) in SCANS {
            let mut share = Share::default();
            scans.iter().for_each(|scan| share.add(scan.kind == kind));
            planned.scanner.insert(name, share);
        }
        planned
    }

    fn count(&mut self, number: u64, entry: &Entry, record: &Record, is_misread: bool) {
        let reasons = reasons(record);
        let is_listed = entry.role != Role::Nobody;
        if is_misread {
            self.misreads_found.add(reasons.contains(&Check::Identity));
        } else if is_listed && entry.expected == Expected::Pass {
            self.false_diverts.add(!reasons.is_empty());
        }
        if matches!(entry.expected, Expected::Divert(_)) {
            self.misses.add(record.verdict == Some(Verdict::Pass));
        }
        if is_listed {
            self.unknown.add(record.sku.is_none());
        }
        self.uninspected.add(matches!(record.verdict, None | Some(Verdict::Uninspected { .. })));
        let really = entry.really.as_ref().unwrap_or(&entry.sku);
        let is_wrong = record.sku.as_ref().is_some_and(|named| named != really);
        if is_wrong && !reasons.contains(&Check::Identity) {
            self.wrong_in_silence.push(number);
        }
        if entry.role == Role::Newcomer && is_known(record) {
            self.newcomer_known_from.get_or_insert(number);
        }
    }

    /// Whether every planted thing ended as planned, for its own reason.
    pub fn all_right(&self) -> bool {
        self.rows.iter().all(|row| row.right == row.items) && self.wrong_in_silence.is_empty()
    }
}

impl InTotes {
    fn count(&mut self, entry: &Entry, record: &Record, is_right: bool, is_misread: bool) {
        let Some(tote) = entry.tote else {
            self.invented.add(record.tote.is_some());
            return;
        };
        self.named.add(record.tote.as_deref() == Some(tote.name()));
        self.right.add(is_right);
        if !is_misread && entry.role != Role::Nobody && entry.expected == Expected::Pass {
            self.false_diverts.add(!reasons(record).is_empty());
        }
        if matches!(entry.expected, Expected::Divert(_)) {
            self.misses.add(record.verdict == Some(Verdict::Pass));
        }
    }
}

/// The items of which a scanner told the code of another listed SKU. One that no list has says nothing about an item,
/// and contradicts nothing.
pub fn contradicting(truths: &[Truth], scans: &[ScanTruth]) -> impl Iterator<Item = u64> {
    let plans = truths.iter().filter_map(|truth| truth.plan.as_ref());
    let listed = plans.filter(|plan| plan.role != Role::Nobody);
    // What a wrong product bears may be the code of one that nobody knows; what is told of it is listed.
    let code = |plan: &'_ Entry| plan.told_gtin.clone().unwrap_or_else(|| plan.gtin.clone());
    let listed: BTreeSet<String> = listed.map(code).collect();
    let told = |scan: &&ScanTruth| scan.text.as_deref().is_some_and(|text| listed.contains(text));
    let misread = scans.iter().filter(|scan| scan.kind == ScanKind::Misread).filter(told);
    misread.map(|scan| scan.number).collect::<Vec<_>>().into_iter()
}

/// What the scanner may make of an item besides reading it, in words.
const SCANS: [(ScanKind, &str); 5] = [
    (ScanKind::Misread, "told another item's code"),
    (ScanKind::Late, "told it late"),
    (ScanKind::NoRead, "read nothing"),
    (ScanKind::Double, "told it twice"),
    (ScanKind::Silent, "said nothing"),
];

fn row_of(entry: &Entry, record: &Record, is_misread: bool) -> (u8, &'static str) {
    match (entry.role, entry.fault) {
        (Role::Newcomer, Some(_)) => (23, "newcomer, torn"),
        (_, Some(fault)) => match fault {
            Fault::Torn => (1, "torn"),
            Fault::DentedEdge => (2, "edge dented"),
            Fault::Stain => (3, "stained"),
            Fault::Puncture => (4, "punctured"),
            Fault::Crushed => (5, "crushed"),
            Fault::UnitMissing => (6, "unit missing"),
            Fault::Expired => (7, "expired"),
            Fault::WrongSize => (8, "wrong size on its label"),
            Fault::HeldLot => (9, "of a held lot"),
            Fault::WrongProduct => (10, "wrong product"),
        },
        _ if is_misread => (11, "good, misread by the scanner"),
        (Role::Newcomer, None) if is_known(record) => (22, "newcomer, known by now"),
        (Role::Newcomer, None) => (21, "newcomer, being learned"),
        (Role::Nobody, None) => (20, "known to nobody"),
        (Role::Known | Role::EmptyTote, None) => (0, "good"),
    }
}

fn is_right(entry: &Entry, record: &Record, is_misread: bool) -> bool {
    let reasons = reasons(record);
    match entry.expected {
        // What the scanner tells contradicts what is printed, whatever else is wrong.
        Expected::Divert(check) => {
            reasons.contains(&check) || (is_misread && reasons.contains(&Check::Identity))
        }
        Expected::Pass if is_misread => reasons.contains(&Check::Identity),
        Expected::Pass => record.verdict == Some(Verdict::Pass),
        Expected::Unknown => record.sku.is_none() && reasons == [Check::Identity],
    }
}

fn is_known(record: &Record) -> bool {
    matches!(record.familiarity, Some(Familiarity::Weak { .. } | Familiarity::Full))
}

fn reasons(record: &Record) -> &[Check] {
    match &record.verdict {
        Some(Verdict::Divert { reasons, .. }) => reasons,
        _ => &[],
    }
}

/// What inspectd asked for, in words.
fn asked(record: &Record) -> String {
    match &record.verdict {
        None => "no verdict".to_owned(),
        Some(Verdict::Pass) => "passed".to_owned(),
        Some(Verdict::Uninspected { cause }) => format!("uninspected: {cause}"),
        Some(Verdict::Divert { reasons, .. }) => {
            let reasons: Vec<&str> = reasons.iter().map(|check| name(*check)).collect();
            format!("diverted for {}", reasons.join(" and "))
        }
    }
}

fn name(check: Check) -> &'static str {
    match check {
        Check::Damage => "damage",
        Check::Identity => "identity",
        Check::Label => "label",
        Check::Hold => "hold",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use line::protocol::{Action, Decision, Outcome};
    use twin::goods::{Laid, catalogue};
    use twin::plc::{Applied, Source};
    use twin::world::End;

    use super::super::Timings;
    use super::*;

    fn entry(index: usize) -> Entry {
        let skus: Vec<Arc<_>> = catalogue(12, 1).into_iter().map(Arc::new).collect();
        Laid::normal(&skus[index], 1, 0.0).entry
    }

    fn faulty(index: usize, fault: Fault) -> Entry {
        let skus: Vec<Arc<_>> = catalogue(12, 1).into_iter().map(Arc::new).collect();
        Laid::normal(&skus[index], 1, 0.0).with_fault(fault, &skus[index + 6]).entry
    }

    fn truth(number: u64, plan: Entry) -> Truth {
        Truth {
            number,
            acquisition: number as u16,
            sku: plan.sku.clone(),
            lot: None,
            code: None,
            told_code: None,
            defect: None,
            entered_ns: 0,
            left_ns: 1,
            end: End::Exit,
            applied: Some(Applied { acquisition: number as u16, lane: 0, source: Source::Verdict }),
            orphaned: false,
            plan: Some(plan),
        }
    }

    fn record(item: u64, sku: Option<&str>, reasons: &[Check]) -> Record {
        let verdict = match reasons {
            [] => Verdict::Pass,
            some => Verdict::Divert { lane: 1, reasons: some.to_vec() },
        };
        Record {
            item,
            sku: sku.map(str::to_owned),
            claims: Vec::new(),
            familiarity: None,
            tote: None,
            verdict: Some(verdict),
            decision: Some(Decision { action: Action::Pass, fall_back: None }),
            outcome: Some(Outcome::Passed),
            timings: Timings::default(),
        }
    }

    #[test]
    fn a_defect_counts_as_right_only_for_its_own_reason() {
        let truths = [
            truth(1, faulty(0, Fault::Expired)),
            truth(2, faulty(0, Fault::Expired)),
            truth(3, faulty(0, Fault::Torn)),
        ];
        let sku = Some("carton-01");
        let records = [
            record(1, sku, &[Check::Damage, Check::Label]),
            record(2, sku, &[Check::Damage]),
            record(3, sku, &[]),
        ];
        let planned = Planned::of(&truths, &records, &[]);
        let expired = planned.rows.iter().find(|row| row.what == "expired").unwrap();
        assert_eq!((expired.items, expired.right, &expired.not_right[..]), (2, 1, &[2][..]));
        assert_eq!((planned.misses.count, planned.misses.of), (1, 3));
        assert!(!planned.all_right());
    }

    #[test]
    fn what_the_scanner_misread_is_no_false_divert_and_a_wrong_name_is_told_unless_a_finding_does()
    {
        let scan = |number, kind| ScanTruth {
            number,
            scanner: "portal".to_owned(),
            kind,
            text: Some(if number == 4 { "4006381333931".to_owned() } else { entry(6).gtin }),
            bears: None,
            at_ns: 0,
        };
        let mut truths: Vec<Truth> = (1..=4).map(|number| truth(number, entry(0))).collect();
        truths.push(truth(5, entry(6)));
        let records = [
            record(1, Some("carton-02"), &[Check::Identity]),
            record(2, Some("carton-01"), &[Check::Damage]),
            record(3, Some("carton-02"), &[]),
            // The scanner told a code that no list has.
            record(4, Some("carton-01"), &[]),
            record(5, Some("carton-02"), &[]),
        ];
        let misread = [1, 3, 4].map(|number| scan(number, ScanKind::Misread));
        let scans = [&misread[..], &[scan(2, ScanKind::Read)]].concat();
        let planned = Planned::of(&truths, &records, &scans);
        assert_eq!((planned.false_diverts.count, planned.false_diverts.of), (1, 3));
        assert_eq!((planned.misreads_found.count, planned.misreads_found.of), (1, 2));
        assert_eq!(planned.wrong_in_silence, [3]);
        assert_eq!(planned.scanner["told another item's code"].count, 3);
    }

    #[test]
    fn items_in_totes_are_counted_apart_and_a_tote_must_be_named() {
        let in_tote = |entry: Entry| Entry { tote: Some(twin::goods::ToteColour::Red), ..entry };
        let truths = [
            truth(1, in_tote(entry(0))),
            truth(2, in_tote(entry(0))),
            truth(3, in_tote(faulty(0, Fault::Torn))),
            truth(4, entry(0)),
        ];
        let sku = Some("carton-01");
        let mut records = [
            record(1, sku, &[]),
            record(2, sku, &[Check::Damage]),
            record(3, sku, &[]),
            record(4, sku, &[]),
        ];
        records[0].tote = Some("red".to_owned());
        records[1].tote = Some("blue".to_owned());
        records[3].tote = Some("undeclared".to_owned());
        let InTotes { right, false_diverts, misses, named, invented } =
            Planned::of(&truths, &records, &[]).totes;
        let counts = |share: Share| (share.count, share.of);
        assert_eq!((counts(right), counts(named)), ((1, 3), (1, 3)));
        assert_eq!((counts(false_diverts), counts(misses)), ((1, 2), (1, 1)));
        assert_eq!(counts(invented), (1, 1));
    }

    #[test]
    fn the_newcomer_has_a_row_before_and_one_after_it_is_known_and_a_stranger_is_neither_good_nor_bad()
     {
        let new = |number| truth(number, Entry { role: Role::Newcomer, ..entry(3) });
        let nobody = Entry { role: Role::Nobody, expected: Expected::Unknown, ..entry(4) };
        let truths = [new(1), new(2), truth(3, nobody)];
        let mut records = [
            record(1, Some("tin-01"), &[]),
            record(2, Some("tin-01"), &[]),
            record(3, None, &[Check::Identity]),
        ];
        records[0].familiarity = Some(Familiarity::Learning { items: 0, of: 8 });
        records[1].familiarity = Some(Familiarity::Weak { items: 8, of: 60 });
        let planned = Planned::of(&truths, &records, &[]);
        let rows: Vec<&str> = planned.rows.iter().map(|row| row.what.as_str()).collect();
        assert_eq!(rows, ["known to nobody", "newcomer, being learned", "newcomer, known by now"]);
        assert_eq!(planned.newcomer_known_from, Some(2));
        assert!(planned.all_right() && planned.false_diverts.of == 2, "{planned:?}");
        assert_eq!(planned.unknown.of, 2);
    }
}
