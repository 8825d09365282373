use std::path::Path;
use std::time::Duration;

use super::*;
use crate::protocol::{ToBridge, Verdict};
use crate::registers::{EVENT_RING, Eye, LineEvent, Status, slot};

const LINE: &str = r#"
[line]
name = "line 1"
sku = "carton"
[conveyor]
mm_per_count = 1
nominal_speed_mm_s = 1000
exit_eye_mm = 1500
[[conveyor.diverter]]
lane = 1
commit_point_mm = 900
lane_eye_mm = 1200
[plc]
address = "plc:502"
"#;

/// A PLC at whose entry eye an item enters in each scan.
fn enter(line: &mut Line, status: &mut Status, times: u64) {
    for _ in 0..times {
        status.heartbeat = status.heartbeat.wrapping_add(1);
        status.encoder += 200;
        status.event_head = status.event_head.wrapping_add(1);
        status.events[slot(status.event_head, EVENT_RING)] = LineEvent {
            eye: Some(Eye::Entry),
            acquisition: status.event_head,
            encoder: status.encoder,
            ..LineEvent::default()
        };
        line.status(status, Duration::from_millis(u64::from(status.encoder)));
    }
}

/// The line file of a bridge that keeps its journal at `path`.
fn config(path: &Path) -> BridgeConfig {
    let mut config: BridgeConfig = toml::from_str(LINE).unwrap();
    config.line.bridge_journal = path.to_owned();
    config
}

fn line(boot: &str) -> (Line, Status) {
    let mut line = Line::new(&toml::from_str(LINE).unwrap(), boot.into(), 7, 100);
    let status = Status { plc_boot: 3, ..Status::default() };
    line.status(&status, Duration::ZERO);
    line.inspector_connected(Duration::ZERO);
    (line, status)
}

fn owed(line: &Line, after: u64) -> Vec<FromBridge> {
    let seq = |message: &FromBridge| match message {
        FromBridge::Event { seq, .. } => *seq,
        other => panic!("an event, not {other:?}"),
    };
    std::iter::successors(line.journal().next_after(after), |last| {
        line.journal().next_after(seq(last))
    })
    .collect()
}

#[test]
fn what_was_kept_comes_back_as_the_same_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run").join("bridge.journal");
    let (mut file, nothing) = JournalFile::open(&config(&path)).unwrap();
    assert_eq!(nothing, None);
    let (mut line, mut status) = line("boot-1");
    enter(&mut line, &mut status, 8);
    line.message(ToBridge::Ack { through: 102 }, Duration::from_secs(1));
    let cause = "no view from camera side, ".repeat(20).as_str().into();
    let verdict = Verdict::Uninspected { cause };
    line.message(ToBridge::Verdict { item: 4, boot: "boot-1".into(), verdict }, Duration::ZERO);
    file.keep(&line).unwrap();
    enter(&mut line, &mut status, 3);
    file.keep(&line).unwrap();
    let before = owed(&line, 0);
    drop(file);

    let (_, kept) = JournalFile::open(&config(&path)).unwrap();
    let kept = kept.expect("an earlier process has left something");
    assert_eq!((kept.boot.as_str(), kept.bridge_boot, kept.next_item), ("boot-1", 7, 12));
    assert_eq!((kept.acknowledged, kept.plc.map(|plc| plc.event_taken)), (102, Some(11)));
    let resumed = Line::resume(&toml::from_str(LINE).unwrap(), kept);
    let after = owed(&resumed, 0);
    assert_eq!(after.len(), before.len());
    for (after, before) in after.iter().zip(&before) {
        let FromBridge::Event { event: ItemEvent::Decided { item: 4, .. }, .. } = after else {
            assert_eq!(after, before);
            continue;
        };
    }
}

#[test]
fn a_cycle_that_nobody_has_heard_of_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.journal");
    let (mut file, _) = JournalFile::open(&config(&path)).unwrap();
    let (mut line, mut status) = line("boot-1");
    enter(&mut line, &mut status, 2);
    file.keep(&line).unwrap();
    let mut head = [0; SLOT];
    file.file.read_exact_at(&mut head, 0).unwrap();
    enter(&mut line, &mut status, 1);
    file.keep(&line).unwrap();
    // Killed between the records and the head.
    file.file.write_all_at(&head, 0).unwrap();
    drop(file);
    let (_, kept) = JournalFile::open(&config(&path)).unwrap();
    let kept = kept.expect("the cycle before");
    assert_eq!(kept.events.last().map(|(seq, _)| *seq), Some(101));
    assert_eq!((kept.next_item, kept.plc.map(|plc| plc.event_taken)), (3, Some(2)));
}

#[test]
fn the_ring_runs_over_and_keeps_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.journal");
    let (mut file, _) = JournalFile::open(&config(&path)).unwrap();
    let (mut line, mut status) = line("boot-1");
    for round in 1..=60 {
        enter(&mut line, &mut status, 100);
        file.keep(&line).unwrap();
        line.message(ToBridge::Ack { through: line.journal().last() - 3 }, Duration::ZERO);
        assert!(line.journal().owed() == 3, "round {round}");
    }
    file.keep(&line).unwrap();
    let last = line.journal().last();
    assert!(last > 2 * RECORDS, "{last}");
    drop(file);
    let (_, kept) = JournalFile::open(&config(&path)).unwrap();
    let resumed = Line::resume(&toml::from_str(LINE).unwrap(), kept.expect("the newest"));
    assert_eq!(owed(&resumed, 0), owed(&line, 0));
    assert_eq!(resumed.journal().last(), last);
}

#[test]
fn another_boot_of_the_box_or_rubbish_is_a_fresh_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.journal");
    let (mut file, _) = JournalFile::open(&config(&path)).unwrap();
    let (mut line, mut status) = line("boot-1");
    enter(&mut line, &mut status, 1);
    file.kernel = "another boot".into();
    file.keep(&line).unwrap();
    assert_eq!(JournalFile::open(&config(&path)).unwrap().1, None);
    std::fs::write(&path, "rubbish".repeat(1000)).unwrap();
    assert_eq!(JournalFile::open(&config(&path)).unwrap().1, None);
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let error = JournalFile::open(&config(Path::new("/proc/no/such/bridge.journal"))).unwrap_err();
    assert!(error.to_string().contains("line.bridge_journal"), "{error}");
}

#[test]
fn on_another_line_the_items_are_given_up_and_the_numbers_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.journal");
    let (mut file, _) = JournalFile::open(&config(&path)).unwrap();
    let (mut line, mut status) = line("boot-1");
    enter(&mut line, &mut status, 1);
    file.keep(&line).unwrap();
    let mut other = config(&path);
    other.conveyor.mm_per_count = 2.0;
    let (_, kept) = JournalFile::open(&other).unwrap();
    let resumed = Line::resume(&other, kept.expect("it is kept"));
    assert_eq!((resumed.items(), resumed.next_item(), resumed.plc_progress()), (0, 2, None));
    let Some(FromBridge::Event { event: ItemEvent::Outcome { item: 1, .. }, .. }) =
        owed(&resumed, 0).pop()
    else {
        panic!("{:?}", owed(&resumed, 0))
    };
}

#[test]
fn a_bridge_that_is_killed_again_before_it_met_the_plc_still_knows_the_belt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.journal");
    let (mut file, _) = JournalFile::open(&config(&path)).unwrap();
    let (mut line, mut status) = line("boot-1");
    enter(&mut line, &mut status, 2);
    file.keep(&line).unwrap();
    let progress = line.plc_progress();
    assert!(progress.is_some());
    for _ in 0..2 {
        let (mut file, kept) = JournalFile::open(&config(&path)).unwrap();
        let resumed = Line::resume(&config(&path), kept.expect("it is kept"));
        assert_eq!((resumed.items(), resumed.plc_progress()), (2, progress));
        file.keep(&resumed).unwrap();
    }
}

#[test]
fn a_file_that_cannot_be_written_any_more_does_not_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.journal");
    let (mut file, _) = JournalFile::open(&config(&path)).unwrap();
    let (mut line, mut status) = line("boot-1");
    enter(&mut line, &mut status, 1);
    // A handle that cannot write stands for a file system that is full.
    file.file = File::open(&path).unwrap();
    assert!(file.keep(&line).is_err());
    assert!(!path.exists());
}
