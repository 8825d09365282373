//! Many products on one belt, with the real processes: each item is named or said to be unknown, what contradicts is
//! diverted, and a product that was never there before is learned while it passes.

mod common;

use std::time::Duration;

use anyhow::{Context, ensure};
use common::Bench;
use damage::ReferenceKey;
use hil_tests::harness::account::planned::contradicting;
use hil_tests::harness::account::{self, Record};
use hil_tests::harness::mixed::MixedBelt;
use hil_tests::harness::wait_for;
use line::protocol::{Check, Verdict};
use twin::goods::{Fault, Plan, PlanSettings, Role};
use twin::scanner::ScanKind;
use twin::world::End;
use vision::learning::Familiarity;

/// Items that leave the line at least before the account is made.
const ITEMS: usize = 44;
/// By then the newcomer must be learned; the machine may be busy.
const LEARNED: Duration = Duration::from_secs(180);

fn belt() -> MixedBelt {
    let plan = PlanSettings {
        skus: 6,
        fault_share: 0.06,
        faults: vec![Fault::WrongProduct],
        // No divisor of the newcomer's turns: known products lie in totes, too.
        tote_share: 0.3,
        told_share: 1.0,
        newcomer_from: 2,
        newcomer_every: 2,
        newcomer_good: 1000,
        nobody_every: 15,
        ..PlanSettings::default()
    };
    // One item in twenty is misread: the seed sees to it that one is.
    MixedBelt { plan, scanner_faults: "misread=0.05".to_owned(), normals: 12 }
}

fn is_diverted_for(record: &Record, check: Check) -> bool {
    matches!(&record.verdict, Some(Verdict::Divert { reasons, .. }) if reasons.contains(&check))
}

#[test]
fn each_item_is_named_or_unknown_contradictions_are_diverted_and_a_new_product_is_learned()
-> anyhow::Result<()> {
    let belt = belt();
    let newcomer = Plan::new(belt.plan.clone()).newcomer().name.clone();
    let mut bench = Bench::start_mixed(&belt, &["--rate", "1", "--seed", "3"])?;
    bench.wait_for_items(ITEMS, Duration::from_secs(150))?;
    let is_weak = |record: &Record| matches!(record.familiarity, Some(Familiarity::Weak { .. }));
    let learned = || bench.line.records().ok()?.iter().any(is_weak).then_some(());
    ensure!(wait_for(LEARNED, learned).is_some(), "{newcomer}: {}", bench.line.inspectd.tail());
    ensure!(bench.line.run_empty(Duration::from_secs(40)), "the records settle");

    let account = bench.line.account(bench.line.page.status().as_ref())?;
    assert!(account.records_equal_truth && account.mis_sorted == 0, "{account:#?}");
    let planned = bench.line.planned(&bench.folder().join("scans.jsonl"))?;
    assert_eq!(planned.wrong_in_silence, Vec::<u64>::new(), "{planned:#?}");
    // Codes are read in nearly all pictures, and by the scanner.
    assert!(planned.unknown.count <= 1, "{planned:#?}");
    // A machine that is busy with something else misses a picture now and then; nothing else keeps an item uninspected.
    let verdicts = planned.rows.iter().flat_map(|row| row.verdicts.keys());
    let missed = "no picture was taken while the item stood in the camera's window";
    for cause in verdicts.filter(|verdict| verdict.starts_with("uninspected")) {
        assert!(cause.ends_with(missed), "{planned:#?}");
    }
    assert!(planned.uninspected.count <= 2, "{planned:#?}");
    // A dozen pictures of each of the six make thresholds that few good items exceed. Of the newcomer, with its eight,
    // nothing is demanded.
    let good = planned.rows.iter().find(|row| row.what == "good").context("good ones came")?;
    assert!(good.items - good.right <= 3, "{planned:#?}");

    // Each tote is recognised, and none is seen where there is none.
    let totes = &planned.totes;
    assert!(totes.right.of >= 8 && totes.named.count == totes.named.of, "{totes:#?}");
    assert_eq!(totes.invented.count, 0, "{totes:#?}");
    assert!(totes.false_diverts.count <= 2, "{planned:#?}");

    let scans = account::read_scans(&bench.folder().join("scans.jsonl"))?;
    let records = bench.line.records()?;
    let (mut wrong, mut misread, mut strangers) = (0, 0, 0);
    let mut known = Vec::new();
    let truths = account::read_truth(&bench.line.truth())?;
    let contradicting: Vec<u64> = contradicting(&truths, &scans).collect();
    for truth in truths {
        let record = records.iter().find(|record| record.item == truth.number);
        let record = record.context("each item has a record")?;
        let plan = truth.plan.context("each item is planned")?;
        if plan.fault == Some(Fault::WrongProduct) {
            wrong += 1;
            assert!(is_diverted_for(record, Check::Identity), "{plan:?}: {record:#?}");
            assert_eq!(truth.end, End::Lane(1), "{record:#?}");
        }
        let scan = scans.iter().find(|scan| scan.number == truth.number).context("scanned")?;
        if contradicting.contains(&truth.number) && plan.role != Role::Nobody {
            misread += 1;
            assert!(is_diverted_for(record, Check::Identity), "{scan:?}: {record:#?}");
        }
        if plan.role == Role::Nobody && scan.kind == ScanKind::Read {
            strangers += 1;
            assert_eq!(record.sku, None, "{record:#?}");
            assert!(is_diverted_for(record, Check::Identity), "{record:#?}");
        }
        if record.sku.as_ref() == Some(&newcomer) {
            known.extend(record.familiarity);
        }
    }
    assert!(wrong > 0 && misread > 0 && strangers > 0, "{wrong} {misread} {strangers}");
    assert!(matches!(known.first(), Some(Familiarity::Learning { .. })), "{known:?}");
    assert!(matches!(known.last(), Some(Familiarity::Weak { .. })), "{known:?}");
    let order = |known: &Familiarity| matches!(known, Familiarity::Weak { .. });
    assert!(known.is_sorted_by_key(order), "what is known is not forgotten: {known:?}");
    // Some of the newcomers lie in totes, which hide them from the side: that view is learned when eight were seen there.
    let file = ReferenceKey::new(&newcomer, "top")?.path(&bench.folder().join("references"));
    assert!(file.exists(), "{}", file.display());
    assert_eq!(bench.line.stop(), Vec::<&str>::new());
    Ok(())
}
