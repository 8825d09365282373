//! Whole cartons that must not be shipped: another item, another item's label, a date gone by. Each is
//! diverted for what is wrong with it, and the right ones pass.

mod common;

use std::time::Duration;

use anyhow::{Context, ensure};
use common::Bench;
use hil_tests::harness::{account, manager};
use line::protocol::{Check, Verdict};
use serde_json::json;
use twin::scene::carton;
use twin::world::End;

/// Items that leave the line before the account is made.
const ITEMS: usize = 40;

#[test]
fn wrong_items_wrong_labels_and_expired_ones_are_diverted_for_what_they_are() -> anyhow::Result<()>
{
    let (mut port, mut sku) = (0, String::new());
    let twin = ["--rate", "1", "--defect-rate", "0", "--wrong-rate", "0.4", "--seed", "4"];
    let mut bench = Bench::start(&twin, |layout| {
        port = layout.broker_port.unwrap_or_default();
        sku.clone_from(&layout.sku);
    })?;
    let expected = json!({
        "schema": "expected/1",
        "items": [
            { "sku": sku, "gtin": carton::gtin(&sku) },
            { "sku": "the-other", "gtin": carton::other_gtin(&sku) },
        ],
    });
    manager::tell(port, "expected", &expected)?;
    // Those that were on the belt before the message arrived are not asked about.
    let before = account::read_truth(&bench.line.truth())?.len() as u64 + 4;
    bench.wait_for_items(ITEMS, Duration::from_secs(120))?;
    ensure!(bench.line.run_empty(Duration::from_secs(30)), "the records settle");
    let account = bench.line.account(bench.line.page.status().as_ref())?;
    assert!(account.records_equal_truth && account.mis_sorted == 0, "{account:#?}");
    // As in the other runs of the whole line: nothing tells a good item by a hair.
    assert!(account.false_diverts <= 1, "{account:#?}");

    let records = bench.line.records()?;
    let mut seen = [0; 3];
    for item in account::read_truth(&bench.line.truth())? {
        let Some(defect) = item.defect.filter(|_| item.number > before) else { continue };
        let (kind, why) = match defect.as_str() {
            "other-item" => (0, Check::Identity),
            "other-label" => (1, Check::Identity),
            "expired" => (2, Check::Label),
            other => anyhow::bail!("nobody asked for {other}"),
        };
        let record =
            records.iter().find(|record| record.item == item.number).context("recorded")?;
        let Some(Verdict::Divert { reasons, .. }) = &record.verdict else {
            anyhow::bail!("{defect} was not diverted: {record:#?}");
        };
        assert!(reasons.contains(&why), "{defect}: {record:#?}");
        assert_eq!(item.end, End::Lane(1), "{record:#?}");
        seen[kind] += 1;
    }
    assert!(seen.iter().all(|seen| *seen > 0), "each kind came: {seen:?}");
    assert_eq!(bench.line.stop(), Vec::<&str>::new());
    Ok(())
}
