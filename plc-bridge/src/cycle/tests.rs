use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use super::*;
use crate::modbus;
use crate::registers::Eye;
use crate::soft_plc::SoftPlc;
use line::config::BridgeConfig;
use line::line_file::parse;

/// How long a thing may take that takes milliseconds on an idle machine.
const DEADLINE: Duration = Duration::from_secs(20);

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = clock::monotonic() + DEADLINE;
    while !done() {
        assert!(clock::monotonic() < deadline, "still waiting: {what}");
        thread::sleep(ms(2));
    }
}

#[test]
fn only_cycles_that_were_skipped_altogether_count_as_missed() {
    assert_eq!([0, 9, 10, 25].map(|late| whole_cycles(ms(late), ms(10))), [0, 0, 1, 2]);
}

#[test]
fn a_bridge_that_ends_leaves_no_diverter_out() {
    let plc = SoftPlc::start(ms(5)).expect("the loopback interface is there");
    let text = format!(
        r#"
[line]
name = "test"
sku = "carton"
[conveyor]
mm_per_count = 1
nominal_speed_mm_s = 1000
exit_eye_mm = 90000
[[conveyor.diverter]]
lane = 1
commit_point_mm = 400
diverter_mm = 550
lane_eye_mm = 80000
hold_mm = 5000
[plc]
address = "{}"
mode = "direct"
coil_base = 40
"#,
        plc.address()
    );
    let config = parse::<BridgeConfig>(&text).expect("no mistake");
    let (log, _entries) = Log::with_room(256);
    let (_said, inbox) = sync_channel(1);
    let wire = modbus::from_config(&config.plc, 1).expect("it names a PLC");
    let line = Line::new(&config, "boot".into(), 7, 1);
    let cycle =
        Cycle::new(line, wire, Timing::of(&config.plc), inbox, log).expect("a thread starts");
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    let running = thread::spawn(move || cycle.run(&told));

    wait_for("the PLC is commanded", || plc.image().command.is_some());
    // Nobody inspects it: the fall-back diverts it, and the belt stops while the diverter is out.
    plc.put_item(Eye::Lane(1), 80_000);
    plc.run_belt(5);
    let coils = || plc.image().coil_changes.last().map(|(_, coils)| coils.clone());
    wait_for("the diverter is out", || coils() == Some(vec![true]));
    plc.run_belt(0);
    assert_eq!(plc.image().command.as_ref().map(|command| command.outputs), Some(1));
    stop.store(true, Ordering::Relaxed);
    running.join().expect("the cycle ends in order");
    assert_eq!(coils(), Some(vec![false]));
    let last = plc.image().command.clone().expect("the PLC was commanded");
    assert!(last.direct && last.outputs == 0, "{last:?}");
}
