use std::path::Path;
use std::time::Duration;

use super::*;
use crate::registers::{EVENT_RING, Eye, LineEvent, Status, slot};
use line::protocol::{ToBridge, Verdict};

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

/// A line with its PLC and inspectd, which keeps its journal in a folder of its own.
struct Run {
    _folder: tempfile::TempDir,
    path: PathBuf,
    file: JournalFile,
    line: Line,
    status: Status,
}

impl Run {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run").join("bridge.journal");
        let (file, nothing) = JournalFile::open(&config(&path)).unwrap();
        assert_eq!(nothing, None);
        let mut line = Line::new(&config(&path), "boot-1".into(), 7, 100);
        let status = Status { plc_boot: 3, ..Status::default() };
        line.status(&status, Duration::ZERO);
        line.inspector_connected(Duration::ZERO);
        Self { _folder: folder, path, file, line, status }
    }

    /// So many items enter, and the journal is kept.
    fn enter(&mut self, times: u64) {
        enter(&mut self.line, &mut self.status, times);
        self.file.keep(&self.line).unwrap();
    }

    /// What a later process finds.
    fn kept(&self) -> Option<Kept> {
        JournalFile::open(&config(&self.path)).unwrap().1
    }

    fn resumed(&self) -> Line {
        Line::resume(&config(&self.path), self.kept().expect("an earlier process has left it"))
    }
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
    let mut run = Run::new();
    enter(&mut run.line, &mut run.status, 8);
    run.line.message(ToBridge::Ack { through: 102 }, Duration::from_secs(1));
    let cause = "no view from camera side, ".repeat(20).as_str().into();
    let verdict = Verdict::Uninspected { cause };
    run.line.message(ToBridge::Verdict { item: 4, boot: "boot-1".into(), verdict }, Duration::ZERO);
    run.file.keep(&run.line).unwrap();
    run.enter(3);
    let before = owed(&run.line, 0);

    let kept = run.kept().expect("an earlier process has left something");
    assert_eq!((kept.boot.as_str(), kept.bridge_boot, kept.next_item), ("boot-1", 7, 12));
    assert_eq!((kept.acknowledged, kept.plc.map(|plc| plc.event_taken)), (102, Some(11)));
    let after = owed(&run.resumed(), 0);
    assert_eq!(after.len(), before.len());
    for (after, before) in after.iter().zip(&before) {
        // Of inspectd's own words only the beginning is kept.
        let FromBridge::Event { event: ItemEvent::Decided { item: 4, .. }, .. } = after else {
            assert_eq!(after, before);
            continue;
        };
    }
}

#[test]
fn a_cycle_that_nobody_has_heard_of_is_passed_over() {
    let mut run = Run::new();
    run.enter(2);
    let mut head = [0; SLOT];
    run.file.file.read_exact_at(&mut head, 0).unwrap();
    run.enter(1);
    // Killed between the records and the head.
    run.file.file.write_all_at(&head, 0).unwrap();
    let kept = run.kept().expect("the cycle before");
    assert_eq!(kept.events.last().map(|(seq, _)| *seq), Some(101));
    assert_eq!((kept.next_item, kept.plc.map(|plc| plc.event_taken)), (3, Some(2)));
}

#[test]
fn results_are_kept_before_they_are_sent_and_the_head_says_how_many_were_taken() {
    let mut run = Run::new();
    run.enter(3);
    for item in 1..=3 {
        let verdict = Verdict::Divert { lane: 1, reasons: vec![] };
        let boot = "boot-1".into();
        run.line.message(ToBridge::Verdict { item, boot, verdict }, Duration::from_secs(item));
        let command = run.line.command().expect("the PLC was met");
        run.file.keep_results(&run.line).unwrap();
        // The third is not taken any more, and no journal kept.
        if item < 3 {
            run.status.result_taken = command.result_head;
            run.status.sequence_echo = command.sequence;
            run.enter(1);
        }
    }
    let kept = run.kept().expect("an earlier process has left something");
    assert_eq!(kept.taken, 2);
    let results: Vec<_> = kept
        .results
        .iter()
        .map(|sent| (sent.nth, sent.delivery.item, sent.delivery.handed_at))
        .collect();
    let handed = |seconds| Some(Duration::from_secs(seconds));
    assert_eq!(results, [(1, 1, handed(1)), (2, 2, handed(2)), (3, 3, handed(3))]);
    // A fresh start leaves none of them to a later one.
    std::fs::write(&run.path, "rubbish").unwrap();
    assert_eq!(run.kept(), None);
    let blank = std::fs::read(&run.path).unwrap();
    assert!(blank.iter().all(|byte| *byte == 0));
}

#[test]
fn the_ring_runs_over_and_keeps_the_newest() {
    let mut run = Run::new();
    for round in 1..=60 {
        run.enter(100);
        let through = run.line.journal().last() - 3;
        run.line.message(ToBridge::Ack { through }, Duration::ZERO);
        assert!(run.line.journal().owed() == 3, "round {round}");
    }
    run.file.keep(&run.line).unwrap();
    let last = run.line.journal().last();
    assert!(last > 2 * RECORDS, "{last}");
    let resumed = run.resumed();
    assert_eq!(owed(&resumed, 0), owed(&run.line, 0));
    assert_eq!(resumed.journal().last(), last);
}

#[test]
fn another_boot_of_the_box_or_rubbish_is_a_fresh_start() {
    let mut run = Run::new();
    run.file.kernel = "another boot".into();
    run.enter(1);
    assert_eq!(run.kept(), None);
    std::fs::write(&run.path, "rubbish".repeat(1000)).unwrap();
    assert_eq!(run.kept(), None);
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let nowhere = config(Path::new("/proc/no/such/bridge.journal"));
    let error = JournalFile::open(&nowhere).unwrap_err();
    assert!(error.to_string().contains("line.bridge_journal"), "{error}");
}

#[test]
fn on_another_line_the_items_are_given_up_and_the_numbers_go_on() {
    let mut run = Run::new();
    run.enter(1);
    let mut other = config(&run.path);
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
    let mut run = Run::new();
    run.enter(2);
    let progress = run.line.plc_progress();
    assert!(progress.is_some());
    for _ in 0..2 {
        run.line = run.resumed();
        assert_eq!((run.line.items(), run.line.plc_progress()), (2, progress));
        run.file.keep(&run.line).unwrap();
    }
}

#[test]
fn a_file_that_cannot_be_written_any_more_does_not_stay() {
    let mut run = Run::new();
    run.enter(1);
    // A handle that cannot write stands for a file system that is full.
    run.file.file = File::open(&run.path).unwrap();
    assert!(run.file.keep(&run.line).is_err());
    assert!(!run.path.exists());
}
