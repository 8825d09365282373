use line::protocol::PlcState;
use line::text::WORDS_MAX;
use tokio::net::UnixListener;

use super::*;

/// Far more than anything here takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

async fn greeted(bridge: &UnixListener) -> UnixStream {
    let (mut stream, _) = bridge.accept().await.unwrap();
    let hello = FromBridge::Hello { protocol: VERSION, boot: "a".to_owned() };
    let hello = serde_json::to_string(&hello).unwrap() + "\n";
    stream.write_all(hello.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn a_verdict_that_finds_the_queue_full_is_sent_again_without_a_greeting() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("bridge.sock");
    let bridge = UnixListener::bind(&socket).unwrap();
    let (link, mut events) = BridgeLink::start(socket);
    let test = async {
        let stream = greeted(&bridge).await;
        events.recv().await.expect("the greeting");
        let mut verdicts = Verdicts::new(link);
        // Nothing runs in between, so the queue is not emptied.
        let most = WAITING as u64 + 100;
        for item in 1..=most {
            let verdict = line::protocol::Verdict::Pass;
            assert!(verdicts.send(ToBridge::Verdict { item, boot: "a".to_owned(), verdict }));
        }
        assert_eq!(verdicts.waiting(), 100);
        let mut lines = BufReader::new(stream).lines();
        let mut next = 1;
        while next <= most {
            verdicts.send_waiting();
            let line = lines.next_line().await.unwrap().expect("open");
            if let ToBridge::Verdict { item, .. } = serde_json::from_str(&line).unwrap() {
                assert_eq!(item, next, "in order, none missing");
                next += 1;
            }
        }
    };
    tokio::time::timeout(DEADLINE, test).await.expect("in time");
}

#[tokio::test]
async fn verdicts_that_waited_for_the_connection_before_are_forgotten_at_a_greeting() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("bridge.sock");
    let bridge = UnixListener::bind(&socket).unwrap();
    let (link, mut events) = BridgeLink::start(socket);
    let test = async {
        let first = greeted(&bridge).await;
        events.recv().await.expect("the greeting");
        let mut verdicts = Verdicts::new(link.clone());
        let pass = |item| {
            let verdict = line::protocol::Verdict::Pass;
            ToBridge::Verdict { item, boot: "a".to_owned(), verdict }
        };
        for item in 1..=WAITING as u64 + 100 {
            assert!(verdicts.send(pass(item)));
        }
        assert_eq!(verdicts.waiting(), 100);
        // So quickly that nothing is sent in between, which would notice that the bridge is away.
        link.reconnect();
        let second = greeted(&bridge).await;
        let again = events.recv().await;
        assert!(matches!(again, Some(LinkEvent::Message(FromBridge::Hello { .. }))));
        verdicts.greeted();
        assert!(verdicts.send(pass(7)));
        let mut lines = BufReader::new(second).lines();
        let said = loop {
            let line = lines.next_line().await.unwrap().expect("open");
            if let ToBridge::Verdict { item, .. } = serde_json::from_str(&line).unwrap() {
                break item;
            }
        };
        assert_eq!(said, 7, "the first verdict on the new connection");
        drop(first);
    };
    tokio::time::timeout(DEADLINE, test).await.expect("in time");
}

#[tokio::test]
async fn what_is_too_long_is_cut_both_ways() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("bridge.sock");
    let bridge = UnixListener::bind(&socket).unwrap();
    let (link, mut events) = BridgeLink::start(socket);
    let test = async {
        let mut stream = greeted(&bridge).await;
        events.recv().await.expect("the greeting");
        let cause = "c".repeat(20_000);
        let state = PlcState::Lost { cause: cause.clone() };
        let lost = serde_json::to_string(&FromBridge::Plc { state }).unwrap() + "\n";
        stream.write_all(lost.as_bytes()).await.unwrap();
        let Some(LinkEvent::Message(FromBridge::Plc { state: PlcState::Lost { cause: heard } })) =
            events.recv().await
        else {
            panic!("not what was said")
        };
        assert_eq!(heard.chars().count(), WORDS_MAX);
        let verdict = line::protocol::Verdict::Uninspected { cause: cause.into() };
        link.send(ToBridge::Verdict { item: 1, boot: "a".to_owned(), verdict }).unwrap();
        let mut lines = BufReader::new(stream).lines();
        let cause = loop {
            let line = lines.next_line().await.unwrap().expect("open");
            if let ToBridge::Verdict { verdict, .. } = serde_json::from_str(&line).unwrap() {
                break verdict;
            }
        };
        let line::protocol::Verdict::Uninspected { cause } = cause else { panic!() };
        assert_eq!(cause.chars().count(), WORDS_MAX);
    };
    tokio::time::timeout(DEADLINE, test).await.expect("in time");
}

#[tokio::test]
async fn a_connection_that_is_asked_anew_is_greeted_again_and_told_as_no_trouble() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("bridge.sock");
    let bridge = UnixListener::bind(&socket).unwrap();
    let (link, mut events) = BridgeLink::start(socket);
    let test = async {
        let first = greeted(&bridge).await;
        let is_hello = |event| matches!(event, Some(LinkEvent::Message(FromBridge::Hello { .. })));
        assert!(is_hello(events.recv().await));
        link.reconnect();
        let _second = greeted(&bridge).await;
        let again = events.recv().await;
        assert!(is_hello(again), "the first thing that is heard of it");
        drop(first);
    };
    tokio::time::timeout(DEADLINE, test).await.expect("in time");
}
