//! In steady state the cycle's thread asks the allocator for nothing: a whole bridge over loopback,
//! with items that enter, are judged, acknowledged, decided and confirmed, and its journal in a file.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use allocation_counter::AllocationInfo;
use line::clock;
use line::config::BridgeConfig;
use line::protocol::{FromBridge, ItemEvent, PlcState, ToBridge, VERSION, Verdict};
use plc_bridge::cycle::{Cycle, Timing};
use plc_bridge::inspector_socket;
use plc_bridge::journal_file::JournalFile;
use plc_bridge::logger::Log;
use plc_bridge::modbus;
use plc_bridge::registers::Eye;
use plc_bridge::soft_plc::SoftPlc;
use plc_bridge::whole_line::Line;

const LINE: &str = r#"
[line]
name = "test"
sku = "carton"
[conveyor]
mm_per_count = 1
nominal_speed_mm_s = 1000
exit_eye_mm = 700
slip_tolerance_mm = 40
[[conveyor.diverter]]
lane = 1
commit_point_mm = 400
lane_eye_mm = 600
"#;
/// Counts from one item to the next.
const APART: u32 = 150;
/// A scan, and what the belt moves in it: 1 m/s.
const SCAN: (Duration, u32) = (Duration::from_millis(5), 5);
const CYCLE: Duration = Duration::from_millis(5);
/// Turns before counting begins: queues and maps grow to what the belt needs.
const WARM_UP: usize = 400;
/// Turns that are counted.
const COUNTED: usize = 400;

/// An inspectd that passes every item and acknowledges every event; on a thread of its own.
fn inspector(stream: UnixStream) {
    let mut writer = stream.try_clone().expect("a socket can be cloned");
    let mut say = move |message: &ToBridge| {
        let mut line = serde_json::to_vec(message).expect("a message can be written");
        line.push(b'\n');
        // The bridge may have ended.
        let _ = writer.write_all(&line);
    };
    say(&ToBridge::Hello { protocol: VERSION });
    say(&ToBridge::Heartbeat { ready: true });
    let mut boot = String::new();
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        match serde_json::from_str(&line).expect("the bridge sends messages") {
            FromBridge::Hello { boot: its, .. } => boot = its,
            FromBridge::Event { seq, event, .. } => {
                say(&ToBridge::Ack { through: seq });
                if let ItemEvent::Entered { item, .. } = event {
                    let boot = boot.clone();
                    say(&ToBridge::Verdict { item, boot, verdict: Verdict::Pass });
                }
                say(&ToBridge::Heartbeat { ready: true });
            }
            _ => {}
        }
    }
}

/// Takes so many turns, at their times.
fn turns(cycle: &mut Cycle, count: usize) {
    let began = clock::monotonic();
    for turn in 1..=count {
        cycle.turn(clock::monotonic());
        clock::sleep_until(began + CYCLE * turn as u32);
    }
}

#[test]
fn a_steady_cycle_allocates_nothing() {
    let plc = SoftPlc::start(SCAN.0).expect("the loopback interface is there");
    let text = format!("{LINE}[plc]\naddress = \"{}\"\ncycle_ms = 5\n", plc.address());
    let mut config: BridgeConfig = toml::from_str(&text).expect("it is a line");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let socket = folder.path().join("bridge.sock");
    let listener = inspector_socket::listen(&socket).expect("the folder is writable");
    let (log, _entries) = Log::with_room(256);
    let (said, inbox) = sync_channel(256);
    let doorman = log.clone();
    std::thread::spawn(move || inspector_socket::serve(&listener, "boot", &said, &doorman));
    let wire = modbus::from_config(&config.plc, 1).expect("it names a PLC");
    let line = Line::new(&config, "boot".into(), 7, 1);
    config.line.bridge_journal = folder.path().join("bridge.journal");
    let (file, kept) = JournalFile::open(&config).expect("the folder is writable");
    assert!(kept.is_none(), "nobody ran before");
    let mut cycle = Cycle::new(line, wire, Timing::of(&config.plc), inbox, log)
        .expect("a thread starts")
        .keeping_in(Some(file));
    let stream = UnixStream::connect(&socket).expect("it listens");
    std::thread::spawn(move || inspector(stream));

    let passed_every = APART / SCAN.1;
    let items = (WARM_UP + COUNTED) as u32 / passed_every + 10;
    {
        let mut image = plc.image();
        (0..items).for_each(|item| image.put_item_at(item * APART, Eye::Exit, 700));
        image.speed = SCAN.1;
    }
    turns(&mut cycle, WARM_UP);
    let before = cycle.report().counters;
    assert_eq!(*cycle.line().plc(), PlcState::Connected);
    let AllocationInfo { count_total, bytes_total, .. } =
        allocation_counter::measure(|| turns(&mut cycle, COUNTED));
    let after = cycle.report().counters;
    assert!(after.items >= before.items + 8, "items enter: {before:?}, {after:?}");
    assert_eq!((after.fall_backs, after.refused), (before.fall_backs, before.refused));
    assert!(plc.image().taken.len() as u64 >= after.items - 3, "verdicts are delivered");
    let (_, kept) = JournalFile::open(&config).expect("the folder is readable");
    let kept_items = kept.expect("it was kept").next_item - 1;
    assert_eq!(kept_items, after.items, "the file was written all the while");
    assert_eq!((count_total, bytes_total), (0, 0), "allocations, and their bytes");
}
