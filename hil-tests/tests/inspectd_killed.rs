//! SIGKILL of inspectd with items on the belt: the bridge falls back, says so, and nothing is lost.

mod common;

use std::time::Duration;

use common::Bench;
use hil_tests::harness::account::{self, Record};
use line::protocol::{Action, FallBackCause, Verdict};

#[test]
fn a_killed_inspectd_makes_the_bridge_fall_back_and_catches_up_when_it_returns()
-> anyhow::Result<()> {
    let mut bench = Bench::start(&["--rate", "1", "--defect-rate", "0"], |_| {})?;
    bench.wait_for_items(3, Duration::from_secs(60))?;

    bench.line.kill_inspectd();
    let before = bench.line.records()?;
    // Long enough that items enter, are decided and leave while nobody inspects.
    bench.wait_for_items(3 + 8, Duration::from_secs(60))?;
    bench.line.restart_inspectd()?;
    bench.wait_ready()?;
    let left = account::read_truth(&bench.line.truth())?.len();
    bench.wait_for_items(left + 7, Duration::from_secs(60))?;
    assert!(bench.line.run_empty(Duration::from_secs(30)), "the records settle");

    let account = bench.line.account(bench.line.page.status().as_ref())?;
    assert!(account.records_equal_truth, "{account:#?}");
    assert_eq!(account.mis_sorted, 0, "{account:#?}");
    assert_eq!(account.mqtt_owed, 0, "the fleet hears of every item: {account:#?}");

    let records = bench.line.records()?;
    let of_item = |item: u64| records.iter().find(|record| record.item == item);
    assert!(!before.is_empty());
    for record in &before {
        let now = of_item(record.item).expect("no record that was committed is lost");
        assert!(record.outcome.is_none() || now == record, "a closed record never changes");
    }
    assert!(records.iter().all(|record| record.outcome.is_some()), "every record is closed");

    let decided_alone: Vec<&Record> = records
        .iter()
        .filter(|record| {
            let decision = record.decision.as_ref();
            decision.is_some_and(|d| d.fall_back == Some(FallBackCause::InspectorDead))
        })
        .collect();
    assert!(decided_alone.len() >= 3, "{records:#?}");
    for record in decided_alone {
        let action = record.decision.as_ref().map(|decision| decision.action);
        assert_eq!(action, Some(Action::Divert { lane: 1 }), "as the line file says");
        assert!(matches!(record.verdict, Some(Verdict::Uninspected { .. })), "{record:#?}");
    }
    let last = records.iter().max_by_key(|record| record.item).expect("records");
    assert_eq!(last.decision.as_ref().and_then(|d| d.fall_back.clone()), None, "it inspects again");

    let bridge_log = bench.line.bridge.log();
    assert!(bridge_log.contains("fall-back for item"), "the bridge says so:\n{bridge_log}");
    let plc_log = bench.line.twin.log();
    assert!(plc_log.contains("PLC: the inspection is away"), "the PLC is told:\n{plc_log}");
    assert_eq!(bench.line.stop(), Vec::<&str>::new());
    Ok(())
}
