//! The fleet link against a real broker (mosquitto): what arrives, what is acknowledged, and what
//! happens when the broker goes, refuses, or the box falls silent.

mod fleet_broker;
mod fleet_ends;

use std::time::Duration;

use fleet_broker::{Broker, Subscriber, free_port, retain};
use inspectd::config::FleetSection;
use inspectd::fleet::messages::{Alert, AlertKind, FleetState, Kind, Phase, of_news};

use inspectd::fleet::{FleetLink, LinkStatus};
use inspectd::item::holds::Origin;
use inspectd::item::orders::{Content, Order};
use inspectd::records::{Change, Evidence, ItemId, Owing, Record, Store, StoreHandle, StoreThread};
use line::protocol::{Outcome, Verdict};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};

/// Far more than anything here takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

fn section(port: u16) -> FleetSection {
    FleetSection {
        broker: format!("127.0.0.1:{port}"),
        site: "test-site".to_owned(),
        box_name: "box-1".to_owned(),
        username: None,
        password_file: None,
        keep_alive_s: 5,
        outbox_messages: 10_000,
    }
}

fn store() -> (TempDir, StoreThread, StoreHandle) {
    let folder = tempfile::tempdir().expect("a folder");
    let owing = Owing { boot: "box-boot".to_owned(), capacity: 10_000, tell: of_news };
    let store = Store::open(folder.path()).expect("opened").owing(owing);
    let evidence = Evidence::new(folder.path());
    let (thread, handle) = StoreThread::start(store, evidence).expect("started");
    (folder, thread, handle)
}

fn link(port: u16, store: &StoreHandle) -> FleetLink {
    link_with(port, store, mpsc::channel(64).0)
}

fn link_with(port: u16, store: &StoreHandle, orders: mpsc::Sender<Order>) -> FleetLink {
    let (_, state) = watch::channel(FleetState::default());
    FleetLink::start(section(port), "box-boot".to_owned(), store.clone(), state, orders)
}

fn close(store: &StoreHandle, items: impl Iterator<Item = u64>) {
    for item in items {
        let id = ItemId { boot: "bridge-boot".to_owned(), item };
        let record = Record {
            verdict: Some(Verdict::Pass),
            outcome: Some(Outcome::Passed),
            sku: Some("carton-a".to_owned()),
            ..Record::of(id, jiff::Timestamp::now())
        };
        let taken = store.commit(vec![Change::Close(record)], Vec::new(), || {});
        taken.expect("taken");
    }
}

async fn wait_for(link: &FleetLink, what: &str, is_so: impl Fn(&LinkStatus) -> bool) {
    let mut status = link.status();
    let waited = tokio::time::timeout(DEADLINE, status.wait_for(|status| is_so(status))).await;
    match waited {
        Ok(seen) => drop(seen.expect("the link lives")),
        Err(_) => panic!("not {what}: {:?}", *link.status().borrow()),
    }
}

/// Every message obeys the schema that it names.
fn check(messages: &[(String, Value)]) {
    for (topic, message) in messages {
        let schema = message["schema"].as_str().expect("a schema");
        let kind = Kind::ALL.into_iter().find(|kind| kind.schema() == schema);
        let kind = kind.expect("a known schema");
        assert_eq!(*topic, kind.topic("test-site", "box-1"));
        let validator = jsonschema::validator_for(&kind.json_schema()).expect("a schema");
        if let Err(error) = validator.validate(message) {
            panic!("{message}: {error} at {}", error.instance_path());
        }
    }
}

fn ids(messages: &[(String, Value)]) -> Vec<u64> {
    let owed = messages.iter().filter(|(topic, _)| !topic.ends_with("/state"));
    owed.map(|(_, message)| message["id"].as_u64().expect("an id")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn summaries_and_alerts_arrive_in_order_obey_their_schemas_and_are_acknowledged() {
    let broker = Broker::start(free_port(), "");
    let subscriber = Subscriber::start(broker.port).await;
    let (_folder, thread, store) = store();
    close(&store, 1..=40);
    let link = link(broker.port, &store);
    wait_for(&link, "connected", |status| status.connected).await;
    close(&store, 41..=200);
    let alert = Alert {
        alert: AlertKind::CameraDown,
        subject: Some("top".to_owned()),
        phase: Phase::Begins,
        words: "unplugged".to_owned(),
    };
    store.commit(vec![alert.owed()], Vec::new(), || {}).expect("taken");
    wait_for(&link, "all acknowledged", |s| s.acknowledged == 201 && s.owed == 0).await;

    let received = subscriber.wait_for(|messages| ids(messages).len() >= 201).await;
    check(&received);
    assert_eq!(ids(&received), (1..=201).collect::<Vec<_>>());
    let online = received.iter().find(|(topic, _)| topic.ends_with("/state"));
    assert_eq!(online.expect("a state").1["state"], "online");
    let last = &received.iter().rfind(|(topic, _)| topic.ends_with("/alerts")).expect("one").1;
    assert_eq!((&last["alert"], &last["box"]), (&"camera_down".into(), &"box-1".into()));
    link.stop().await;
    assert_eq!(thread.stop(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_owed_while_the_broker_is_away_arrives_once_it_is_back() {
    let port = free_port();
    let (_folder, thread, store) = store();
    close(&store, 1..=50);
    let link = link(port, &store);
    wait_for(&link, "told why", |status| {
        let problem = status.problem.as_deref().unwrap_or_default();
        problem.contains("cannot be reached") && problem.contains("[fleet] broker")
    })
    .await;

    let broker = Broker::start(port, "");
    let subscriber = Subscriber::start(port).await;
    wait_for(&link, "paid at first", |s| s.connected && s.owed == 0 && s.problem.is_none()).await;
    close(&store, 51..=300);
    wait_for(&link, "in the midst of it", |s| s.acknowledged > 60).await;
    let broker = broker.stop();
    wait_for(&link, "disconnected", |s| !s.connected && s.problem.is_some()).await;
    close(&store, 301..=500);
    let _broker = broker.start_again();
    wait_for(&link, "all acknowledged", |s| s.acknowledged == 500 && s.owed == 0).await;

    // The first fifty may have been acknowledged before anybody listened.
    let wanted: Vec<u64> = (51..=500).collect();
    let received = subscriber
        .wait_for(|messages| {
            let got = ids(messages);
            wanted.iter().all(|id| got.contains(id))
        })
        .await;
    check(&received);
    let mut first_seen = ids(&received);
    let mut seen = std::collections::BTreeSet::new();
    first_seen.retain(|id| seen.insert(*id));
    assert!(first_seen.is_sorted(), "{first_seen:?}");
    link.stop().await;
    assert_eq!(thread.stop(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_box_that_falls_silent_is_offline_by_its_last_will_and_one_that_stops_says_so() {
    let broker = Broker::start(free_port(), "");
    let subscriber = Subscriber::start(broker.port).await;
    let (_folder, thread, store) = store();
    let state = |messages: &[(String, Value)]| {
        let last = messages.iter().rfind(|(topic, _)| topic.ends_with("/state"));
        last.map(|(_, m)| (m["state"].clone(), m["reason"].clone())).unwrap_or_default()
    };

    // A runtime of its own, so that the task and its socket can be torn away.
    let doomed = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("one");
    let held = {
        let _inside = doomed.enter();
        link(broker.port, &store)
    };
    wait_for(&held, "connected", |status| status.connected).await;
    subscriber.wait_for(|messages| state(messages).0 == "online").await;
    doomed.shutdown_background();
    let will = ("offline".into(), "link_lost".into());
    let received = subscriber.wait_for(|messages| state(messages) == will).await;
    check(&received);

    let orderly = link(broker.port, &store);
    subscriber.wait_for(|messages| state(messages).0 == "online").await;
    orderly.stop().await;
    // The last will of a link that has taken leave never follows: the next word is the next link's.
    let next = link(broker.port, &store);
    let words = |messages: &[(String, Value)]| {
        let states = messages.iter().filter(|(topic, _)| topic.ends_with("/state"));
        let word = |(_, m): &(String, Value)| {
            m["reason"].as_str().or(m["state"].as_str()).map(str::to_owned)
        };
        let mut words: Vec<String> = states.filter_map(word).collect();
        words.dedup();
        words
    };
    let wanted = ["online", "link_lost", "online", "stopped", "online"];
    let received = subscriber.wait_for(|messages| words(messages).len() >= wanted.len()).await;
    assert_eq!(words(&received[..]), wanted);
    check(&received);
    next.stop().await;
    assert_eq!(thread.stop(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_credentials_are_told_apart_from_a_broker_that_is_not_there() {
    let broker = Broker::start(free_port(), "allow_anonymous false");
    let (_folder, thread, store) = store();
    let link = link(broker.port, &store);
    wait_for(&link, "told why", |status| {
        let problem = status.problem.as_deref().unwrap_or_default();
        problem.contains("refuses the credentials") && problem.contains("[fleet] username")
    })
    .await;
    assert!(!link.status().borrow().connected);
    link.stop().await;
    assert_eq!(thread.stop(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_the_broker_refuses_stays_owed_and_its_topic_is_named() {
    let only_state = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(only_state.path(), "topic readwrite inspectd/v1/+/+/state\n").expect("written");
    let broker = Broker::start(
        free_port(),
        &format!("allow_anonymous true\nacl_file {}", only_state.path().display()),
    );
    let (_folder, thread, store) = store();
    close(&store, 1..=3);
    let link = link(broker.port, &store);
    wait_for(&link, "told why", |status| {
        let problem = status.problem.as_deref().unwrap_or_default();
        problem.contains("refuses messages on inspectd/v1/test-site/box-1/summary")
    })
    .await;
    let status = link.status().borrow().clone();
    assert_eq!((status.owed, status.acknowledged), (3, 0));
    link.stop().await;
    assert_eq!(thread.stop(), 0);
}

fn alert(words: String) -> Change {
    let (alert, subject, phase) = (AlertKind::CameraDown, None, Phase::Begins);
    Alert { alert, subject, phase, words }.owed()
}

/// The messages that are owed; every message of this box is checked.
async fn owed_messages(subscriber: &Subscriber, count: usize) -> Vec<Value> {
    let received = subscriber.wait_for(|messages| ids(messages).len() >= count).await;
    check(&received);
    let owed = received.into_iter().filter(|(topic, _)| !topic.ends_with("/state"));
    owed.map(|(_, message)| message).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_over_the_brokers_limit_is_shortened_and_holds_up_nothing() {
    let broker = Broker::start(free_port(), "allow_anonymous true\nmax_packet_size 2000");
    let subscriber = Subscriber::start(broker.port).await;
    let (_folder, thread, store) = store();
    let long = alert("x".repeat(10_000));
    store.commit(vec![long, alert("short".to_owned())], Vec::new(), || {}).expect("taken");
    let link = link(broker.port, &store);
    wait_for(&link, "all acknowledged", |s| s.acknowledged == 2 && s.owed == 0).await;
    let owed = owed_messages(&subscriber, 2).await;
    assert_eq!(owed[0]["shortened"], true);
    assert!(owed[0]["words"].as_str().expect("words").ends_with("x…"));
    assert_eq!((&owed[1]["words"], &owed[1]["shortened"]), (&"short".into(), &Value::Null));
    link.stop().await;
    assert_eq!(thread.stop(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_no_shortening_helps_is_told_as_lost_and_those_behind_it_arrive() {
    // A summary needs more, the notice of its loss does not.
    let broker = Broker::start(free_port(), "allow_anonymous true\nmax_packet_size 400");
    let subscriber = Subscriber::start(broker.port).await;
    let (_folder, thread, store) = store();
    close(&store, 1..=1);
    store.commit(vec![alert("short".to_owned())], Vec::new(), || {}).expect("taken");
    let link = link(broker.port, &store);
    wait_for(&link, "all told", |s| (s.acknowledged, s.owed, s.lost) == (2, 0, 1)).await;
    let owed = owed_messages(&subscriber, 2).await;
    assert_eq!((&owed[0]["id"], &owed[0]["words"]), (&2.into(), &"short".into()));
    let lost = &owed[1];
    let told = (&lost["schema"], &lost["from"], &lost["to"], &lost["count"]);
    assert_eq!(told, (&"lost/1".into(), &1.into(), &1.into(), &1.into()));
    assert!(lost["reason"].as_str().expect("a reason").contains("a summary of"), "{lost}");
    link.stop().await;
    assert_eq!(thread.stop(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_reach_a_box_that_was_away_when_they_were_ordered() {
    let broker = Broker::start(free_port(), "");
    let hold = r#"{ "schema": "holds/1", "holds": [ { "id": "recall-7", "sku": "tea", "lot": "A1",
        "why": "glass", "by": "quality", "set_at": "2026-03-01T08:00:00Z" } ] }"#;
    let all = "inspectd/v1/test-site/all/holds";
    let mine = "inspectd/v1/test-site/box-1/holds";
    retain(broker.port, all, hold).await;
    retain(broker.port, "inspectd/v1/test-site/box-2/holds", hold).await;

    let (_folder, thread, store) = store();
    let (orders, mut ordered) = mpsc::channel(64);
    let link = link_with(broker.port, &store, orders);
    let mut next = async || tokio::time::timeout(DEADLINE, ordered.recv()).await.expect("in time");
    let first = next().await.expect("an order");
    assert_eq!(first.from, all, "the other box's holds are nobody else's business");
    let Ok(Content::Holds(Origin::Site, holds, _)) = first.content else { panic!("unreadable") };
    assert_eq!(holds[0].id, "recall-7");

    retain(broker.port, mine, "{ nonsense").await;
    let second = next().await.expect("an order");
    assert_eq!(second.from, mine);
    assert!(second.content.expect_err("unreadable").contains("docs/schemas/holds.json"));

    retain(broker.port, all, "").await;
    let last = next().await.expect("an order").content;
    assert!(matches!(last, Ok(Content::Holds(_, holds, _)) if holds.is_empty()));
    link.stop().await;
    assert_eq!(thread.stop(), 0);
}
