use std::path::Path;

use super::*;
use crate::config::{ConveyorSection, Parity};
use crate::line_file::Mistake;

fn scanner(more: &str) -> ScannerSection {
    let text = format!("name = \"portal\"\nposition_mm = 200\n{more}");
    toml::from_str(&text).unwrap()
}

fn source(text: &str) -> ScannerSection {
    scanner(&format!("source = \"{text}\""))
}

/// Commit point at 900 mm, 500 mm/s, items at least 120 mm apart.
fn conveyor() -> ConveyorSection {
    let text = "mm_per_count = 1\nnominal_speed_mm_s = 500\nexit_eye_mm = 1500\n[[diverter]]\n\
                lane = 1\ncommit_point_mm = 900\nlane_eye_mm = 1200";
    toml::from_str(text).unwrap()
}

fn told(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(ToString::to_string).collect()
}

#[test]
fn each_way_to_a_scanner_is_understood_with_its_settings() {
    let parse = |text| ScannerSource::parse(text).unwrap();
    assert_eq!(
        parse("tcp://portal.local:2112"),
        ScannerSource::Connect("portal.local:2112".into())
    );
    let listen = ScannerSource::Listen("0.0.0.0:2112".parse().unwrap());
    assert_eq!(parse("tcp-listen://0.0.0.0:2112"), listen);
    let ScannerSource::Serial(line) = parse("serial:///dev/ttyUSB0?baud=115200&parity=even") else {
        panic!("a serial line");
    };
    assert_eq!((line.device.as_path(), line.baud), (Path::new("/dev/ttyUSB0"), 115_200));
    assert_eq!((line.parity, line.stop_bits, line.data_bits), (Parity::Even, 1, DataBits::Eight));
    let ScannerSource::Serial(line) = parse("serial:///dev/ttyS1?data_bits=7&stop_bits=2") else {
        panic!("a serial line");
    };
    assert_eq!((line.baud, line.stop_bits, line.data_bits), (9600, 2, DataBits::Seven));
}

#[test]
fn a_source_that_cannot_be_meant_is_told_with_what_to_write_instead() {
    for (text, problem, instead) in [
        ("udp://host:1", "`udp://` is no source", "tcp-listen://"),
        ("10.0.0.5:2112", "does not say how", "tcp://HOST:PORT"),
        ("tcp://10.0.0.5", "port is missing", "10.0.0.5:PORT"),
        ("tcp://10.0.0.5:99999", "no port 99999", "1 to 65535"),
        ("tcp-listen://portal:2112", "is a name", "0.0.0.0:2112"),
        ("serial://ttyUSB0", "no device", "three slashes"),
        ("serial:///dev/ttyUSB0?baud=fast", "no baud rate", "300 to"),
        ("serial:///dev/ttyUSB0?speed=9600", "no setting `speed=9600`", "parity=none"),
    ] {
        let error = ScannerSource::parse(text).unwrap_err();
        assert!(error.problem.contains(problem), "{text}: {error}");
        assert!(error.instead.contains(instead), "{text}: {error}");
        let mistakes = broken(&[source(text)], &conveyor());
        assert_eq!(mistakes[0].key(), "scanner[0].source", "{text}");
    }
}

#[test]
fn a_scanner_behind_the_commit_point_is_told() {
    let late = scanner("source = \"tcp://a:1\"");
    assert!(broken(std::slice::from_ref(&late), &conveyor()).is_empty());
    let late = ScannerSection { position_mm: 900.0, ..late };
    let mistakes = told(&broken(&[late], &conveyor()));
    assert!(mistakes.contains("`portal` stands at 900 mm"), "{mistakes}");
}

#[test]
fn two_scanners_share_neither_name_nor_source() {
    let same = |a: &str, b: &str| {
        let other = ScannerSection { name: "second".into(), ..source(b) };
        told(&broken(&[source(a), other], &conveyor()))
    };
    assert_eq!(same("tcp://a:1", "tcp://a:2"), "");
    assert_eq!(same("tcp-listen://127.0.0.1:1", "tcp-listen://127.0.0.2:1"), "");
    for (a, b) in [
        ("tcp://a:1", "tcp://a:1"),
        ("tcp-listen://0.0.0.0:7", "tcp-listen://127.0.0.1:7"),
        ("serial:///dev/ttyS0", "serial:///dev/ttyS0?baud=1200"),
    ] {
        assert!(same(a, b).contains("`portal` has the same source"), "{a} {b}");
    }
    let twice = told(&broken(&[source("tcp://a:1"), source("tcp://a:2")], &conveyor()));
    assert!(twice.contains("two scanners are called `portal`"), "{twice}");
}

#[test]
fn a_tolerance_that_reaches_the_neighbour_is_warned_of_with_one_that_does_not() {
    let of = |tolerance_mm, latency_ms| {
        let scanner = ScannerSection { tolerance_mm, latency_ms, ..source("tcp://a:1") };
        warnings(&[scanner], &conveyor())
    };
    // 120 mm from edge to edge: twice 59 mm fit between, twice 60 mm do not.
    assert!(of(59.0, 0).is_empty());
    let words = told(&of(60.0, 0));
    assert!(words.contains("could fit two items") && words.contains("at most 59"), "{words}");
    // A quarter of 200 ms at 500 mm/s are 25 mm.
    assert!(told(&of(50.0, 200)).contains("at most 47"), "{}", told(&of(50.0, 200)));
    assert!(of(47.0, 200).is_empty());
    assert!(told(&of(40.0, 2000)).contains("send sooner"));
}

#[test]
fn texts_that_hold_the_end_of_a_message_are_told() {
    let mut scanner = source("tcp://a:1");
    scanner.suffix = "\r".to_owned();
    let words = told(&broken(&[scanner], &conveyor()));
    assert!(words.contains("a byte that ends messages"), "{words}");
}
