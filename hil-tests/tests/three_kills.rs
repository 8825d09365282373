//! inspectd killed, plc-bridge killed, and the PLC without power, each with items on the belt: what
//! happens to an item is what the line file says for that cause, and no item is without its end.
//!
//! The line file has another fall-back for each cause, so that it can be told which was taken:
//! `inspectd_dead` and `uninspected` divert, `late`, `ambiguous` and `plc_lost` pass.

mod common;

use std::time::Duration;

use common::Bench;
use hil_tests::harness::account::{self, Account, Record};
use line::config::{FallBack, FallBackSection};
use line::protocol::{Action, Ambiguity, FallBackCause, Outcome};
use twin::line::Truth;
use twin::plc::Source;
use twin::world::End;

const LANE: Action = Action::Divert { lane: 1 };

fn fall_back() -> FallBackSection {
    FallBackSection {
        late: FallBack::Pass,
        inspectd_dead: FallBack::Divert,
        uninspected: FallBack::Divert,
        ambiguous: FallBack::Pass,
        plc_lost: FallBack::Pass,
    }
}

/// What the line file says about an item that the bridge decided by itself.
fn as_the_line_file_says(cause: &FallBackCause) -> Action {
    match cause {
        FallBackCause::InspectorDead
        | FallBackCause::Uninspected { .. }
        | FallBackCause::BridgeRestarted => LANE,
        FallBackCause::NoVerdict | FallBackCause::Ambiguous { .. } | FallBackCause::PlcLost => {
            Action::Pass
        }
    }
}

/// Good items only, two every three seconds: whatever is diverted is so by a fall-back.
fn start() -> anyhow::Result<Bench> {
    let mut bench = Bench::start(&["--rate", "1", "--defect-rate", "0"], |layout| {
        layout.fall_back = fall_back();
    })?;
    bench.wait_for_items(3, Duration::from_secs(60))?;
    Ok(bench)
}

/// Lets `more` items leave, the belt run empty and the records settle; returns what has happened.
fn finish(bench: &mut Bench, more: usize) -> anyhow::Result<(Account, Vec<Truth>, Vec<Record>)> {
    let left = account::read_truth(&bench.line.truth())?.len();
    bench.wait_for_items(left + more, Duration::from_secs(90))?;
    let settled = bench.line.run_empty(Duration::from_secs(40));
    let (truths, records) = (account::read_truth(&bench.line.truth())?, bench.line.records()?);
    let account = bench.line.account(bench.line.page.status().as_ref())?;
    let log = bench.line.bridge.tail();
    assert!(settled, "the records do not settle: {account:#?}\n{log}");
    assert_eq!(bench.line.stop(), Vec::<&str>::new());

    // Items in = records with an outcome, but for those that entered while no PLC looked: these
    // are in no record, and the bridge reports what it sees of them as unexpected.
    assert!(records.iter().all(|record| record.outcome.is_some()), "{records:#?}");
    assert_eq!(truths.len(), records.len() + account.unseen, "{account:#?}");
    assert!(account.records_equal_truth, "{account:#?}\n{log}");
    for record in &records {
        let Some(decision) = &record.decision else { continue };
        if let Some(cause) = &decision.fall_back {
            assert_eq!(decision.action, as_the_line_file_says(cause), "{record:#?}");
        }
    }
    Ok((account, truths, records))
}

fn fell_back<'a>(records: &'a [Record], cause: &FallBackCause) -> Vec<&'a Record> {
    let is_it = |record: &&Record| {
        let decision = record.decision.as_ref();
        decision.is_some_and(|decision| decision.fall_back.as_ref() == Some(cause))
    };
    records.iter().filter(is_it).collect()
}

#[test]
fn items_of_a_killed_inspectd_are_diverted_as_the_line_file_says() -> anyhow::Result<()> {
    let mut bench = start()?;
    bench.line.kill_inspectd();
    bench.wait_for_items(3 + 8, Duration::from_secs(60))?;
    bench.line.restart_inspectd()?;
    bench.wait_ready()?;
    let (account, truths, records) = finish(&mut bench, 5)?;
    assert_eq!((account.mis_sorted, account.unseen, account.ambiguous), (0, 0, 0), "{account:#?}");
    assert!(fell_back(&records, &FallBackCause::InspectorDead).len() >= 3, "{records:#?}");
    let into_lane = truths.iter().filter(|truth| truth.end == End::Lane(1)).count();
    assert!(into_lane >= 3, "{truths:#?}");
    Ok(())
}

#[test]
fn a_killed_bridge_goes_on_with_the_items_on_the_belt() -> anyhow::Result<()> {
    let mut bench = start()?;
    let before = account::read_truth(&bench.line.truth())?.len();
    for kill in 1..=3 {
        bench.line.kill_and_restart_bridge()?;
        bench.wait_for_items(before + 3 * kill, Duration::from_secs(60))?;
    }
    let (account, truths, records) = finish(&mut bench, 5)?;
    assert_eq!((account.mis_sorted, account.unseen, account.ambiguous), (0, 0, 0), "{account:#?}");
    let restarted = fell_back(&records, &FallBackCause::BridgeRestarted);
    assert!(!restarted.is_empty(), "items were on the belt at each kill: {records:#?}");
    let by_the_plc = truths.iter().filter_map(|truth| truth.applied);
    for applied in by_the_plc.filter(|applied| applied.source == Source::PlcFallBack) {
        assert_eq!(applied.lane, 0, "plc_lost is to pass: {applied:?}");
    }
    let last = records.last().and_then(|record| record.decision.as_ref());
    assert_eq!(last.and_then(|decision| decision.fall_back.as_ref()), None, "it inspects again");
    Ok(())
}

#[test]
fn items_of_a_plc_without_power_are_ambiguous_and_pass_as_the_line_file_says() -> anyhow::Result<()>
{
    let mut bench = start()?;
    bench.line.power_cycle_plc();
    bench.line.twin.wait_for_log("PLC: the power is back", Duration::from_secs(30))?;
    let (account, truths, records) = finish(&mut bench, 12)?;
    assert_eq!(account.mis_sorted, 0, "{account:#?}");
    assert!(account.unseen <= 1, "the belt stands within 75 mm: {account:#?}");
    let orphans: Vec<&Truth> = truths.iter().filter(|truth| truth.orphaned).collect();
    assert!(orphans.len() >= 3, "items were on the belt: {truths:#?}");
    for orphan in &orphans {
        assert!(orphan.applied.is_some() || orphan.end == End::Exit, "{orphan:?}");
    }
    let outcome = Some(Outcome::Ambiguous { why: Ambiguity::PlcRestarted });
    let given_up = records.iter().filter(|record| record.outcome == outcome).count();
    // And items that have left, but are still in the window of an eye.
    assert!(given_up >= orphans.len() - account.unseen, "{account:#?}");
    assert!(bench.line.bridge.log().contains("the PLC was restarted"));
    let last = records.last().and_then(|record| record.decision.as_ref());
    assert_eq!(last.and_then(|decision| decision.fall_back.as_ref()), None, "it inspects again");
    Ok(())
}
