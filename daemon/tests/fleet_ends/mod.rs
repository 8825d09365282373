//! Brokers that end sessions and say little: for the size of a message, and for another client of the same
//! name.

mod scripted;

use rumqttc::v5::{AsyncClient, MqttOptions};
use scripted::{Refusal, Scripted};

use super::*;

/// Words that no broker here takes as they are, and that are short once they are cut.
fn long() -> Change {
    alert("x".repeat(40_000))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_that_no_broker_has_told_is_learned_however_it_refuses() {
    for refusal in Refusal::ALL {
        let broker = Scripted::start(10_000, refusal).await;
        let (_folder, thread, store) = store();
        store.commit(vec![long(), alert("short".to_owned())], Vec::new(), || {}).expect("taken");
        let link = link(broker.port, &store);
        let what = format!("all acknowledged ({refusal:?})");
        wait_for(&link, &what, |s| s.acknowledged == 2 && s.owed == 0).await;
        let owed = broker.owed();
        let of = |id: u64| owed.iter().find(|message| message["id"] == id).expect("it came");
        assert_eq!((&of(1)["shortened"], &of(2)["words"]), (&true.into(), &"short".into()));
        assert!(of(1)["words"].as_str().expect("words").ends_with("x…"), "{refusal:?}");
        link.stop().await;
        assert_eq!(thread.stop(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_cannot_be_short_enough_for_an_untold_limit_is_told_as_lost() {
    // mosquitto tells `max_packet_size` when a box connects, and this one it does not.
    let broker = Broker::start(free_port(), "allow_anonymous true\nmessage_size_limit 480");
    let subscriber = Subscriber::start(broker.port).await;
    let (_folder, thread, store) = store();
    close(&store, 1..=1);
    store.commit(vec![alert("short".to_owned())], Vec::new(), || {}).expect("taken");
    let link = link(broker.port, &store);
    wait_for(&link, "all told", |s| (s.acknowledged, s.owed, s.lost) == (2, 0, 1)).await;
    let owed = owed_messages(&subscriber, 2).await;
    let lost = owed.iter().find(|message| message["schema"] == "lost/1").expect("a notice");
    assert_eq!((&lost["from"], &lost["to"]), (&1.into(), &1.into()));
    assert!(lost["reason"].as_str().expect("a reason").contains("a summary of"), "{lost}");
    assert!(owed.iter().any(|message| message["words"] == "short"));
    link.stop().await;
    assert_eq!(thread.stop(), 0);
}

/// Another client of the box's name, which comes back whenever it is thrown out.
fn rival(port: u16) -> tokio::task::JoinHandle<()> {
    let options = MqttOptions::new("inspectd-test-site-box-1", "127.0.0.1", port);
    tokio::spawn(async move {
        let (_client, mut events) = AsyncClient::new(options, 10);
        loop {
            if events.poll().await.is_err() {
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_client_of_the_boxs_name_is_named_although_the_broker_says_nothing() {
    let broker = Broker::start(free_port(), "");
    let (_folder, thread, store) = store();
    let link = link(broker.port, &store);
    wait_for(&link, "connected", |status| status.connected).await;
    let rival = rival(broker.port);
    let names_it = |status: &LinkStatus| {
        let problem = status.problem.as_deref().unwrap_or_default();
        problem.contains("another client uses the name `inspectd-test-site-box-1`")
            && problem.contains("[fleet] box_name")
    };
    wait_for(&link, "told why", names_it).await;
    rival.abort();
    wait_for(&link, "back, and the cause still shown", |s| s.connected && names_it(s)).await;
    link.stop().await;
    assert_eq!(thread.stop(), 0);
}
