//! What the box around the bridge sees of it: its start, its memory, its log.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use crate::bridge::{Bridge, Inspector};
use crate::{plc, wait_for};

/// From the start of the process to the first heartbeat in the PLC.
fn start_to_heartbeat() -> Duration {
    let plc = plc();
    let began = Instant::now();
    let _bridge = Bridge::start(plc.address(), "");
    while plc.image().writes == 0 {
        assert!(began.elapsed() < crate::DEADLINE, "a command block is written");
        std::thread::sleep(Duration::from_micros(200));
    }
    began.elapsed()
}

/// The bound; the best of some, since other tests run at the same time.
#[test]
fn the_first_heartbeat_is_written_within_a_tenth_of_a_second() {
    let best = (0..10).map(|_| start_to_heartbeat()).min().expect("there are some");
    assert!(best < Duration::from_millis(100), "{best:?}");
    println!("start to first heartbeat: {best:?}");
}

#[test]
fn it_stays_under_20_mb_even_with_its_memory_locked() {
    let (_plc, bridge, _inspector) = crate::line();
    let (resident, locked) = (bridge.memory_kb("VmRSS"), bridge.memory_kb("VmLck"));
    println!("resident {resident} kB, locked {locked} kB");
    assert!(resident < 20_000, "{resident} kB are resident");
    assert!(locked > 0 || bridge.log().contains("LimitMEMLOCK"), "{}", bridge.log());
}

#[test]
fn the_cycle_has_a_real_time_priority_and_nothing_else_has() {
    let (_plc, bridge, _inspector) = crate::line();
    let threads = bridge.threads();
    println!("{threads:?}");
    for name in ["cycle", "connect", "log", "accept", "inspectd"] {
        assert!(threads.iter().any(|(thread, _)| thread == name), "{name}: {threads:?}");
    }
    let urgent: Vec<_> = threads.iter().filter(|(_, priority)| *priority > 0).collect();
    if bridge.log().contains("LimitRTPRIO") {
        assert!(urgent.is_empty(), "{urgent:?}");
    } else {
        assert_eq!(urgent, [&("cycle".to_owned(), 50)]);
    }
}

#[test]
fn a_log_that_nobody_reads_holds_up_nothing_and_its_losses_are_told() {
    let (plc, bridge, _inspector) = crate::line();
    let stalled = bridge.stall_log();
    // A pipe holds 64 KiB, the queue a thousand lines.
    for _ in 0..2500 {
        let mut stranger = UnixStream::connect(&bridge.socket).expect("it listens");
        // It may refuse faster than this is written.
        let _ = stranger.write_all(b"this is no message\n");
        let mut answer = Vec::new();
        let _ = std::io::Read::read_to_end(&mut stranger, &mut answer);
    }
    let writes = plc.image().writes;
    wait_for("the exchange goes on", || plc.image().writes > writes + 20);
    drop(stalled);
    bridge.wait_for_log("log lines were dropped because");
    drop(Inspector::connect(&bridge));
}
