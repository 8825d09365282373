//! What comes over a real socket and is no message.

use proptest::prelude::*;

use super::*;

/// What the bridge makes of `bytes` and the end of the connection after them.
fn heard(bytes: &[u8]) -> (Vec<ToBridge>, Ended) {
    let (mut inspectd, bridge) = UnixStream::pair().unwrap();
    let bytes = bytes.to_vec();
    let writer = thread::spawn(move || {
        // The bridge hangs up on what it does not understand.
        let _ = inspectd.write_all(&bytes);
    });
    let mut lines = Lines { reader: BufReader::new(bridge), line: Vec::new() };
    let mut messages = Vec::new();
    let ended = loop {
        match lines.next(None) {
            Ok(message) => messages.push(message),
            Err(ended) => break ended,
        }
    };
    let longest = lines.line.capacity();
    assert!(longest <= 4 * MAX_LINE, "{longest} bytes are kept of a line");
    drop(lines);
    writer.join().unwrap();
    (messages, ended)
}

#[test]
fn a_line_without_an_end_is_refused_and_not_kept() {
    let (messages, ended) = heard(&vec![b'x'; 50 * MAX_LINE]);
    assert!(messages.is_empty() && matches!(ended, Ended::LongLine), "{ended}");
    let (messages, ended) = heard(&b"[".repeat(20 * MAX_LINE));
    assert!(messages.is_empty() && matches!(ended, Ended::LongLine), "{ended}");
}

#[test]
fn what_is_nested_too_deeply_is_no_message() {
    let mut line = b"{\"type\":".repeat(5000);
    line.push(b'\n');
    let (messages, ended) = heard(&line);
    assert!(messages.is_empty() && matches!(ended, Ended::NotAMessage(_)), "{ended}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn bytes_of_any_kind_end_the_connection_with_a_reason_and_good_lines_before_them_count(
        before in 0_usize..3,
        bytes in proptest::collection::vec(any::<u8>(), 1..3000),
    ) {
        let good = b"{\"type\":\"heartbeat\",\"ready\":true}\n".repeat(before);
        // What is no JSON: a message that arbitrary bytes make would be another test's matter.
        let spoilt = [good, b"\x00".to_vec(), bytes, b"\n".to_vec()].concat();
        let (messages, ended) = heard(&spoilt);
        prop_assert_eq!(messages.len(), before);
        prop_assert!(matches!(ended, Ended::NotAMessage(_)), "{}", ended);
        prop_assert!(ended.to_string().chars().count() < 300);
    }
}
