//! A bad lot on the running line: found by the sequential test within its promise, diverted on sight from
//! then on, and free again once the fleet lifts the hold.

mod common;

use std::sync::mpsc::Sender;
use std::time::Duration;

use anyhow::{Context, ensure};
use common::Bench;
use hil_tests::harness::account::{self, Record};
use hil_tests::harness::{manager, wait_for};
use inspectd::config::PolicySection;
use inspectd::item::batches::BatchTest;
use line::protocol::{Check, Verdict};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{Client, Event, MqttOptions};
use serde_json::{Value, json};

/// Of every lot, one item in a hundred may fail; of the bad one, ten do. A false alarm may happen in one
/// lot of a hundred: a test should not take an hour.
const SHARES: (f64, f64, f64) = (0.01, 0.1, 0.01);
/// Good items that come before the bad lot.
const GOOD_ITEMS: u64 = 6;

/// Listens to the box's alerts, and hands on each message of a suspect batch until nobody wants them.
fn suspects(port: u16, news: &Sender<Value>) -> anyhow::Result<()> {
    let mut options = MqttOptions::new("manager-listens", "127.0.0.1", port);
    options.set_max_packet_size(Some(1 << 20));
    let (client, mut connection) = Client::new(options, 10);
    client.subscribe("inspectd/v1/twin/box-1/alerts", QoS::AtLeastOnce)?;
    for event in connection.iter() {
        if let Event::Incoming(Packet::Publish(publish)) = event? {
            let message: Value = serde_json::from_slice(&publish.payload)?;
            if message["schema"] == "batch_suspect/1" && news.send(message).is_err() {
                return Ok(());
            }
        }
    }
    anyhow::bail!("the broker has gone")
}

/// Lifts the hold of which `news` tells.
fn lift(port: u16, news: &Value) -> anyhow::Result<()> {
    let lift = json!({ "schema": "holds/1", "holds": [], "lift": [news["hold"]["id"]] });
    manager::tell(port, "holds", &lift)
}

fn is_held(record: &Record) -> bool {
    let Some(Verdict::Divert { reasons, .. }) = &record.verdict else { return false };
    reasons == &[Check::Hold]
}

#[test]
fn a_lot_with_a_tenth_of_damaged_items_is_held_as_promised_until_the_hold_is_lifted()
-> anyhow::Result<()> {
    let (ordinary, suspect_share, false_alarm) = SHARES;
    let test = BatchTest::new(ordinary, suspect_share, false_alarm).expect("sound");
    let promised = test.items_until_suspect(suspect_share, 0.99).expect("within 10,000");
    let lots = format!("{GOOD_ITEMS}:0,1000:{suspect_share}");
    let mut port = 0;
    let mut bench = Bench::start(&["--rate", "1", "--lots", &lots, "--seed", "25"], |layout| {
        layout.policy = PolicySection {
            batch_ordinary_share: ordinary,
            batch_suspect_share: suspect_share,
            batch_false_alarm: false_alarm,
            ..PolicySection::default()
        };
        port = layout.broker_port.unwrap_or_default();
    })?;
    let (sender, suspected) = std::sync::mpsc::channel();
    std::thread::spawn(move || suspects(port, &sender));
    bench.wait_for_items(GOOD_ITEMS as usize, Duration::from_secs(60))?;
    let limit = Duration::from_secs(60 + 2 * promised);
    let news = suspected.recv_timeout(limit).context("the lot is not suspect")?;
    let bad_lot = news["lot"].as_str().context("the batch has a lot")?.to_owned();
    assert!(news["items"].as_u64().is_some_and(|items| items <= promised), "{promised}: {news}");
    assert_eq!(news["hold"]["lot"], news["lot"], "{news}");

    // Perfect items of the lot are diverted on sight.
    let held = || bench.line.records().ok()?.iter().filter(|r| is_held(r)).nth(2).map(|_| ());
    ensure!(wait_for(Duration::from_secs(60), held).is_some(), "nothing is held: {news}");
    let last_held = bench.line.records()?.iter().filter(|r| is_held(r)).map(|r| r.item).max();
    let last_held = last_held.context("items were held")?;

    // The lot is as bad as before, so that two failures in a row have it held again: as often as it is, it
    // is lifted.
    lift(port, &news)?;
    let passed = || {
        for again in suspected.try_iter() {
            lift(port, &again).ok()?;
        }
        let records = bench.line.records().ok()?;
        let later = records.iter().filter(|record| record.item > last_held);
        later.filter(|record| record.verdict == Some(Verdict::Pass)).nth(2).map(|_| ())
    };
    ensure!(
        wait_for(Duration::from_secs(60), passed).is_some(),
        "the lot stays on hold: {:#?}",
        (bench.line.page.status(), bench.line.page.items()),
    );

    assert!(bench.line.run_empty(Duration::from_secs(30)), "the records settle");
    let account = bench.line.account(bench.line.page.status().as_ref())?;
    assert!(account.records_equal_truth && account.mis_sorted == 0, "{account:#?}");
    let truth = account::read_truth(&bench.line.truth())?;
    for record in bench.line.records()?.iter().filter(|record| is_held(record)) {
        let item = truth.iter().find(|item| item.number == record.item).context("an item")?;
        assert_eq!(item.lot.as_deref(), Some(bad_lot.as_str()), "the other lot is free");
    }
    assert_eq!(bench.line.stop(), Vec::<&str>::new());
    Ok(())
}
