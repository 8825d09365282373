//! Against real sockets and a real pseudo-terminal.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;

use serial2::SerialPort;

use super::*;

fn section(source: &str) -> ScannerSection {
    let text = format!(
        "name = \"portal\"\nposition_mm = 1\nretry_max_ms = 250\nno_read = \"NR\"\nsource = \"{source}\""
    );
    toml::from_str(&text).unwrap()
}

/// The link to one scanner, and what comes out of it.
struct Link {
    links: ScannerLinks,
    events: mpsc::Receiver<ScannerEvent>,
}

impl Link {
    fn start(source: &str) -> Self {
        let (links, events) = ScannerLinks::start(&[section(source)]).unwrap();
        Self { links, events }
    }

    fn next(&mut self) -> Happened {
        self.events.blocking_recv().expect("the thread runs").what
    }

    /// The next text that is heard; nothing else may come before it.
    fn text(&mut self) -> String {
        match self.next() {
            Happened::Heard { message: Message::Read(text), .. } => text,
            other => panic!("{other:?}"),
        }
    }

    fn state(&self) -> ScannerState {
        self.links.state(0).unwrap()
    }

    /// Waits until the state is so.
    fn until(&self, is_so: impl Fn(&ScannerState) -> bool) -> ScannerState {
        loop {
            let state = self.state();
            if is_so(&state) {
                return state;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn local() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let source = format!("tcp://{}", listener.local_addr().unwrap());
    (listener, source)
}

#[test]
fn a_scanner_that_dies_is_connected_again_and_half_a_message_does_not_outlive_it() {
    let (listener, source) = local();
    let mut link = Link::start(&source);
    let (mut scanner, _) = listener.accept().unwrap();
    assert_eq!(link.next(), Happened::Connected);
    let before = line::clock::monotonic();
    scanner.write_all(b"A\r\nNR\r\nhal").unwrap();
    let Happened::Heard { arrived, message } = link.next() else { panic!("a read") };
    assert_eq!(message, Message::Read("A".into()));
    assert!(arrived >= before && arrived <= line::clock::monotonic());
    assert!(matches!(link.next(), Happened::Heard { message: Message::NoRead, .. }));
    drop(scanner);
    assert_eq!(link.next(), Happened::Disconnected);
    let cause = link.until(|state| state.cause.is_some()).cause.unwrap();
    assert!(cause.contains("closed the connection"), "{cause}");
    let (mut scanner, _) = listener.accept().unwrap();
    assert_eq!(link.next(), Happened::Connected);
    scanner.write_all(b"B\r\n").unwrap();
    assert_eq!(link.text(), "B");
    assert_eq!(link.until(|state| state.refused.broken > 0).refused.broken, 1);
}

#[test]
fn a_scanner_that_is_not_there_is_tried_until_it_is() {
    let (listener, source) = local();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut link = Link::start(&source);
    let state = link.until(|state| state.cause.is_some());
    assert!(!state.connected && state.cause.unwrap().contains("refused"));
    let listener = TcpListener::bind(address).unwrap();
    let (mut scanner, _) = listener.accept().unwrap();
    assert_eq!(link.next(), Happened::Connected, "that it was away from the start is no event");
    scanner.write_all(b"A\r\n").unwrap();
    assert_eq!(link.text(), "A");
}

#[test]
fn a_slow_scanner_and_garbage_lose_no_message_after_them() {
    let (listener, source) = local();
    let mut link = Link::start(&source);
    let (mut scanner, _) = listener.accept().unwrap();
    assert_eq!(link.next(), Happened::Connected);
    for byte in b"0401234\r\n" {
        scanner.write_all(&[*byte]).unwrap();
        thread::sleep(Duration::from_millis(3));
    }
    assert_eq!(link.text(), "0401234");
    scanner.write_all(&vec![0xA5; 100_000]).unwrap();
    scanner.write_all(b"\r\nB\r\n").unwrap();
    assert_eq!(link.text(), "B");
    assert_eq!(link.until(|state| state.refused.total() > 0).refused.too_long, 1);
}

#[test]
fn a_box_that_listens_takes_one_scanner_and_tells_the_next_one_so() {
    let (listener, _) = local();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut link = Link::start(&format!("tcp-listen://{address}"));
    let state = link.until(|state| state.cause.is_some());
    assert!(state.cause.unwrap().contains("no scanner has connected yet"));
    let mut first = TcpStream::connect(address).unwrap();
    assert_eq!(link.next(), Happened::Connected);
    let mut second = TcpStream::connect(address).unwrap();
    let mut said = String::new();
    second.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("busy"), "{said}");
    first.write_all(b"A\r\n").unwrap();
    assert_eq!(link.text(), "A", "the first is still heard");
    drop(first);
    assert_eq!(link.next(), Happened::Disconnected);
    let mut third = TcpStream::connect(address).unwrap();
    assert_eq!(link.next(), Happened::Connected);
    third.write_all(b"C\r\n").unwrap();
    assert_eq!(link.text(), "C");
}

#[test]
fn a_serial_scanner_is_heard_and_missed_when_it_is_unplugged() {
    let (ours, other_end) = SerialPort::pair().expect("the system has pseudo-terminals");
    let device = std::fs::read_link(format!("/proc/self/fd/{}", other_end.as_raw_fd())).unwrap();
    let mut link = Link::start(&format!("serial://{}?baud=115200", device.display()));
    assert_eq!(link.next(), Happened::Connected);
    ours.write_all(b"]E04006381333931\r\n").unwrap();
    assert_eq!(link.text(), "]E04006381333931");
    drop(other_end);
    drop(ours);
    assert_eq!(link.next(), Happened::Disconnected);
    link.until(|state| !state.connected && state.cause.is_some());
}

#[test]
fn while_nobody_takes_them_messages_are_dropped_and_counted_and_the_wire_goes_on() {
    let (listener, source) = local();
    let mut link = Link::start(&source);
    let (mut scanner, _) = listener.accept().unwrap();
    assert_eq!(link.next(), Happened::Connected);
    let sent = 4 * WAITING as u64;
    for number in 0..sent {
        scanner.write_all(format!("{number}\r\n").as_bytes()).unwrap();
    }
    let state = link.until(|state| state.messages == sent);
    assert_eq!(state.dropped, sent - WAITING as u64);
    assert_eq!(link.text(), "0", "the oldest stay: they are in order");
}

#[test]
fn dropped_links_end_their_threads() {
    let (_listener, source) = local();
    let mut link = Link::start(&source);
    assert_eq!(link.next(), Happened::Connected);
    drop(link.links);
    assert_eq!(link.events.blocking_recv(), None, "every thread has let go of the channel");
}

#[test]
fn a_wrong_source_is_refused_with_the_scanners_name() {
    let error = ScannerLinks::start(&[section("udp://10.0.0.1:1")]).unwrap_err().to_string();
    assert!(error.contains("`portal`") && error.contains("tcp://HOST:PORT"), "{error}");
}
