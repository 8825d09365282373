//! No sequence of entries, codes, missed exchanges, wrapping counters and restarts gives an item
//! another one's code.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::tests::LINE;
use super::*;
use crate::registers::{
    CODE_RING, CodeBlock, EVENT_RING, Eye, LineEvent, MapVersion, ToldCode, code_words, slot,
};
use line::config::ItemCodeKind;

/// The line of the other tests, whose PLC tells codes; an item is past every eye after 1,560 counts.
fn line_with_codes() -> String {
    format!("{LINE}item_code = \"number\"\n")
}

/// Counts from one item to the next at least.
const GAP: u32 = 130;

/// What happens.
#[derive(Debug, Clone)]
enum Step {
    /// The belt runs so far, and an item enters.
    Enter(u32),
    /// The belt runs so far.
    Run(u32),
    /// The PLC tells the code of the item that entered so many before the last.
    Tell { before: usize, fault: Fault },
    /// So many exchanges do not take place.
    Miss(u8),
    /// The PLC starts anew; one that forgets to say so takes no other boot.
    RestartPlc { forgets: bool },
    /// The bridge is killed, and goes on from its journal, or knows nothing.
    KillBridge { is_resumed: bool },
    /// The code block cannot be read for a while.
    Unread,
}

/// What is wrong with a code.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// It has the id of the item before.
    Id,
    /// It has the count of the item before.
    Count,
    /// It is half written.
    Torn,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Its code: how many have entered.
    serial: u64,
    acquisition: u16,
    encoder: u32,
}

/// The PLC, the bridge, and who is who.
struct Bench {
    config: BridgeConfig,
    line: Line,
    status: Status,
    codes: CodeBlock,
    now: u64,
    missing: u8,
    acquisition: u16,
    serial: u64,
    /// Of this life of the PLC.
    entries: Vec<Entry>,
    boots: u16,
    /// How often the PLC was started.
    lives: u32,
    book: Vec<(u64, ItemEvent)>,
    /// By start of the bridge without a journal, and item: the code.
    serials: BTreeMap<(u16, ItemNumber), u64>,
    fresh_starts: u16,
    identified: usize,
}

impl Bench {
    /// Everything counts from shortly before its end on, if it `wraps`.
    fn new(wraps: bool) -> Self {
        let config: BridgeConfig = toml::from_str(&line_with_codes()).unwrap();
        let line = Line::new(&config, "boot-1".into(), 1, 1);
        let (near, encoder) = if wraps { (65_530, u32::MAX - 500) } else { (0, 0) };
        let mut status = Status { encoder, event_head: near, plc_boot: 1, ..Status::default() };
        status.capabilities.item_codes = true;
        let codes = CodeBlock { plc_boot: 1, code_head: near, ..CodeBlock::default() };
        let mut bench = Self {
            config,
            line,
            status,
            codes,
            now: 0,
            missing: 0,
            acquisition: near,
            serial: 0,
            entries: Vec::new(),
            boots: 1,
            lives: 1,
            book: Vec::new(),
            serials: BTreeMap::new(),
            fresh_starts: 1,
            identified: 0,
        };
        // The ring is looked at for the first time with the second exchange.
        bench.exchange();
        bench.exchange();
        bench
    }

    fn exchange(&mut self) {
        self.now += 10;
        self.status.heartbeat = self.status.heartbeat.wrapping_add(1);
        if self.missing > 0 {
            self.missing -= 1;
            return;
        }
        let at = Duration::from_millis(self.now);
        if self.line.wants_codes(at) {
            self.line.codes(self.codes.clone());
        }
        self.line.status(&self.status, at);
        if let Some(command) = self.line.command() {
            self.status.result_taken = command.result_head;
            self.status.sequence_echo = command.sequence;
        }
        self.line.take_notices();
        let after = self.book.last().map_or(0, |(seq, _)| *seq);
        let mut next = after;
        while let Some(FromBridge::Event { seq, event, .. }) = self.line.journal().next_after(next)
        {
            next = seq;
            self.judge(&event);
            self.book.push((seq, event));
        }
    }

    fn judge(&mut self, event: &ItemEvent) {
        match event {
            ItemEvent::Entered { item, acquisition, .. } => {
                let entry = self.entries.iter().rfind(|entry| entry.acquisition == *acquisition);
                let serial = entry.expect("the PLC has numbered it in this life").serial;
                self.serials.insert((self.fresh_starts, *item), serial);
            }
            ItemEvent::Identified { item, code, .. } => {
                let serial = self.serials[&(self.fresh_starts, *item)].to_string();
                assert_eq!(code.as_str(), serial, "item {item} got the code of another one");
                self.identified += 1;
            }
            _ => {}
        }
    }

    fn run(&mut self, counts: u32) {
        for part in 0..counts.div_ceil(50) {
            let step = (counts - 50 * part).min(50);
            self.status.encoder = self.status.encoder.wrapping_add(step);
            self.exchange();
        }
    }

    fn enter(&mut self) {
        self.acquisition = self.acquisition.checked_add(1).unwrap_or(1);
        self.serial += 1;
        let (acquisition, encoder) = (self.acquisition, self.status.encoder);
        self.entries.push(Entry { serial: self.serial, acquisition, encoder });
        self.status.event_head = self.status.event_head.wrapping_add(1);
        self.status.events[slot(self.status.event_head, EVENT_RING)] =
            LineEvent { eye: Some(Eye::Entry), acquisition, encoder, ..LineEvent::default() };
    }

    fn tell(&mut self, before: usize, fault: Fault) {
        let Some(index) = self.entries.len().checked_sub(1 + before) else { return };
        let (entry, other) = (self.entries[index], index.checked_sub(1).map(|i| self.entries[i]));
        let number = self.codes.code_head.wrapping_add(1);
        let words = code_words(ItemCodeKind::Number, &entry.serial.to_string()).expect("a number");
        let Entry { acquisition, encoder, .. } = entry;
        let mut told = ToldCode { acquisition, encoder, words, number };
        match (fault, other) {
            (Fault::None, _) => {}
            (Fault::Torn, _) => told.number = number.wrapping_sub(CODE_RING as u16),
            (_, None) => return,
            (Fault::Id, Some(other)) => told.acquisition = other.acquisition,
            (Fault::Count, Some(other)) => told.encoder = other.encoder,
        }
        self.codes.codes[slot(number, CODE_RING)] = told;
        self.codes.code_head = number;
    }

    fn restart_plc(&mut self, forgets: bool) {
        self.boots += u16::from(!forgets);
        self.lives += 1;
        let Status { capabilities, heartbeat, .. } = self.status;
        self.status = Status {
            plc_boot: self.boots,
            // Each life of the encoder begins elsewhere, as far as a bridge can hope for.
            encoder: 1_000_000 * self.lives,
            capabilities,
            heartbeat,
            ..Status::default()
        };
        self.codes = CodeBlock { plc_boot: self.boots, ..CodeBlock::default() };
        self.acquisition = 0;
        self.entries.clear();
        if forgets {
            // Only its numbers, which run back, show it: if they are seen in time.
            self.missing = 0;
            self.exchange();
        }
    }

    fn kill_bridge(&mut self, is_resumed: bool) {
        let kept = Kept {
            boot: self.line.boot().to_owned(),
            bridge_boot: self.line.bridge_boot(),
            next_item: self.line.next_item(),
            acknowledged: 0,
            lost: 0,
            is_other_line: false,
            plc: self.line.plc_progress(),
            taken: self.line.results_taken(),
            results: Vec::new(),
            events: self.book.clone(),
        };
        self.line = if is_resumed {
            Line::resume(&self.config, kept)
        } else {
            self.fresh_starts += 1;
            let first = self.book.last().map_or(0, |(seq, _)| *seq) + 1;
            Line::new(&self.config, "boot-2".into(), 100 + self.fresh_starts, first)
        };
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Enter(counts) => {
                self.run(GAP + counts);
                self.enter();
                self.exchange();
            }
            Step::Run(counts) => self.run(counts),
            Step::Tell { before, fault } => {
                self.tell(before, fault);
                self.exchange();
            }
            Step::Miss(exchanges) => self.missing = exchanges,
            Step::RestartPlc { forgets } => self.restart_plc(forgets),
            Step::KillBridge { is_resumed } => self.kill_bridge(is_resumed),
            Step::Unread => {
                let at = Duration::from_millis(self.now);
                self.line.codes_unread("it was refused".into(), at);
            }
        }
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    let fault = prop_oneof![
        5 => Just(Fault::None),
        1 => Just(Fault::Id),
        1 => Just(Fault::Count),
        1 => Just(Fault::Torn),
    ];
    prop_oneof![
        8 => (0..400_u32).prop_map(Step::Enter),
        3 => (0..1500_u32).prop_map(Step::Run),
        10 => (0..12_usize, fault).prop_map(|(before, fault)| Step::Tell { before, fault }),
        2 => (1..60_u8).prop_map(Step::Miss),
        1 => any::<bool>().prop_map(|forgets| Step::RestartPlc { forgets }),
        1 => any::<bool>().prop_map(|is_resumed| Step::KillBridge { is_resumed }),
        1 => Just(Step::Unread),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// A code that went to a neighbour, to an item of another life of the PLC or of before the wrap,
    /// or twice to one item would show here.
    #[test]
    fn no_item_ever_gets_the_code_of_another_one(
        steps in prop::collection::vec(any_step(), 1..120),
        wraps in any::<bool>(),
    ) {
        let mut bench = Bench::new(wraps);
        steps.iter().for_each(|step| bench.step(step));
        bench.run(100);
        let counted = bench.line.counters;
        prop_assert_eq!(counted.codes_contradicting, 0);
    }

    /// A bridge that drops what is certain would show here: every code that is told in its time
    /// reaches its item, in any order, across every wrap and over a kill of the bridge.
    #[test]
    fn every_code_that_is_told_in_time_reaches_its_item(
        gaps in prop::collection::vec((0..300_u32, 0..3_usize), 1..60),
        killed in 0..60_usize,
        wraps in any::<bool>(),
    ) {
        let mut bench = Bench::new(wraps);
        for (index, (gap, before)) in gaps.iter().enumerate() {
            bench.step(&Step::Enter(*gap));
            if index == killed {
                bench.kill_bridge(true);
            }
            // The last and an earlier one; that one may be told for the second time.
            for before in [0, *before] {
                bench.step(&Step::Tell { before, fault: Fault::None });
            }
        }
        bench.run(100);
        prop_assert_eq!(bench.identified, gaps.len());
        prop_assert_eq!(bench.line.counters.codes_lost, 0);
    }
}

fn log(line: &mut Line) -> String {
    line.take_notices().map(|notice| notice.to_string() + "\n").collect()
}

#[test]
fn a_plc_of_version_2_works_without_codes_and_the_log_says_so_once() {
    let mut bench = Bench::new(false);
    bench.status.version = MapVersion::V2;
    bench.status.capabilities.item_codes = false;
    bench.line = Line::new(&bench.config, "boot".into(), 5, 1);
    let at = |ms| Duration::from_millis(ms);
    bench.line.status(&bench.status, at(10));
    assert!(!bench.line.wants_codes(at(20)));
    let said = log(&mut bench.line);
    assert!(said.contains("made for map version 2") && said.contains("plc.item_code"), "{said}");
    let command = bench.line.command().expect("the PLC was met");
    assert_eq!(command.version, MapVersion::V2, "another version would be refused");
    bench.line.status(&bench.status, at(20));
    assert_eq!(log(&mut bench.line), "");
}

#[test]
fn a_code_block_that_cannot_be_read_costs_the_codes_only_and_is_asked_for_again() {
    let mut bench = Bench::new(false);
    let at = |ms| Duration::from_millis(ms);
    assert!(bench.line.wants_codes(at(100)));
    bench.line.codes_unread("the PLC refuses".into(), at(100));
    let said = log(&mut bench.line);
    assert!(said.contains("goes on without items' codes: the PLC refuses"), "{said}");
    assert!(!bench.line.wants_codes(at(1000)) && bench.line.wants_codes(at(2100)));
    bench.line.codes(bench.codes.clone());
    assert!(log(&mut bench.line).contains("read again"));
}

#[test]
fn what_cannot_be_given_to_an_item_is_counted_and_logged() {
    let mut bench = Bench::new(false);
    bench.step(&Step::Enter(0));
    bench.step(&Step::Enter(0));
    for fault in [Fault::Id, Fault::Count, Fault::Torn] {
        bench.tell(0, fault);
    }
    let unreadable = bench.codes.code_head.wrapping_add(1);
    bench.tell(1, Fault::None);
    bench.codes.codes[slot(unreadable, CODE_RING)].words = [0; 8];
    let at = Duration::from_millis(bench.now + 10);
    bench.line.codes(bench.codes.clone());
    bench.line.status(&bench.status, at);
    let counters = bench.line.counters;
    assert_eq!((counters.codes, counters.codes_unassigned), (0, 2));
    assert_eq!((counters.codes_unreadable, counters.codes_lost), (1, 1));
    let said = log(&mut bench.line);
    for words in ["the code is dropped", "is none: it is empty", "overwritten in the PLC"] {
        assert!(said.contains(words), "{words} in {said}");
    }
}
