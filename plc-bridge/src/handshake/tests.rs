use proptest::prelude::*;

use super::*;
use crate::registers::{Eye, SOURCE_VERDICT};

const TIMEOUT: Duration = Duration::from_millis(500);

/// The PLC's side of the handshake, in as few lines as REGISTERS.md allows.
struct Plc {
    status: Status,
    bridge_boot: Option<u16>,
    taken: Vec<PlcResult>,
}

impl Plc {
    /// A PLC that has run for a while: its numbers stand anywhere.
    fn new(plc_boot: u16, event_head: u16, encoder: u32) -> Self {
        let status = Status { plc_boot, event_head, encoder, ..Status::default() };
        Self { status, bridge_boot: None, taken: vec![] }
    }

    fn edge(&mut self, eye: Eye, acquisition: u16) {
        self.status.event_head = self.status.event_head.wrapping_add(1);
        self.status.events[slot(self.status.event_head, EVENT_RING)] = LineEvent {
            eye: Some(eye),
            acquisition,
            encoder: self.status.encoder,
            ..LineEvent::default()
        };
    }

    fn scan(&mut self, command: &Command) {
        if self.bridge_boot.replace(command.bridge_boot) != Some(command.bridge_boot) {
            self.status.result_taken = 0;
        }
        while self.status.result_taken != command.result_head {
            self.status.result_taken = self.status.result_taken.wrapping_add(1);
            self.taken.push(command.results[slot(self.status.result_taken, RING)]);
        }
        self.status.sequence_echo = command.sequence;
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn delivery(item: u64, lane: u16) -> Delivery {
    let result = PlcResult { acquisition: item as u16, lane, reasons: 0, source: SOURCE_VERDICT };
    Delivery { item, handed_at: Some(ms(item)), result }
}

fn read(bridge: &mut Handshake, plc: &Plc, at: Duration) -> Heard {
    let mut heard = Heard::default();
    bridge.status(&plc.status, at, &mut heard);
    heard
}

fn exchange(bridge: &mut Handshake, plc: &mut Plc, at: Duration) -> Heard {
    let heard = read(bridge, plc, at);
    plc.scan(&bridge.command(Flags::default()).expect("the PLC was met"));
    heard
}

fn acquisitions(heard: &Heard) -> Vec<u16> {
    heard.edges.iter().map(|edge| edge.acquisition).collect()
}

#[test]
fn nothing_is_written_before_the_plc_was_met() {
    assert_eq!(Handshake::new(1, TIMEOUT).command(Flags::default()), None);
}

#[test]
fn events_that_stand_in_the_ring_at_the_start_are_passed_over() {
    let (mut bridge, mut plc) = (Handshake::new(1, TIMEOUT), Plc::new(9, 65_534, 100));
    plc.edge(Eye::Entry, 1);
    assert_eq!(exchange(&mut bridge, &mut plc, ms(0)).edges, []);
    plc.edge(Eye::Entry, 2);
    plc.edge(Eye::Lane(3), 0);
    let heard = exchange(&mut bridge, &mut plc, ms(10));
    assert_eq!((heard.edges[0].eye, heard.edges[0].acquisition), (Eye::Entry, 2));
    assert_eq!(heard.edges[1].eye, Eye::Lane(3));
    assert_eq!((heard.edges.len(), heard.events_lost), (2, 0));
}

#[test]
fn overwritten_events_are_counted_and_the_rest_is_read() {
    let (mut bridge, mut plc) = (Handshake::new(1, TIMEOUT), Plc::new(9, 0, 0));
    exchange(&mut bridge, &mut plc, ms(0));
    (1..=19).for_each(|acquisition| plc.edge(Eye::Entry, acquisition));
    let heard = exchange(&mut bridge, &mut plc, ms(10));
    assert_eq!(heard.events_lost, 3);
    assert!(acquisitions(&heard).into_iter().eq(4..=19));
}

#[test]
fn an_edge_latched_before_the_encoder_ran_over_keeps_its_place() {
    let (mut bridge, mut plc) = (Handshake::new(1, TIMEOUT), Plc::new(9, 0, u32::MAX - 10));
    exchange(&mut bridge, &mut plc, ms(0));
    plc.status.encoder = u32::MAX;
    plc.edge(Eye::Entry, 1);
    plc.status.encoder = 4;
    let heard = exchange(&mut bridge, &mut plc, ms(10));
    assert_eq!((heard.edges[0].count, heard.count), (10, 15));
}

#[test]
fn a_result_that_was_not_taken_is_never_overwritten() {
    let (mut bridge, mut plc) = (Handshake::new(1, TIMEOUT), Plc::new(9, 0, 0));
    exchange(&mut bridge, &mut plc, ms(0));
    (1..=10).for_each(|item| bridge.offer(delivery(item, 0)));
    read(&mut bridge, &plc, ms(10));
    let first = bridge.command(Flags::default()).expect("met");
    assert!(first.result_overrun, "two wait");
    read(&mut bridge, &plc, ms(20));
    let second = bridge.command(Flags::default()).expect("met");
    assert_eq!((second.results, second.result_head), (first.results, 8));

    plc.scan(&second);
    let heard = exchange(&mut bridge, &mut plc, ms(30));
    assert_eq!(heard.acknowledged.len(), 8);
    let heard = exchange(&mut bridge, &mut plc, ms(40));
    assert_eq!(heard.acknowledged, [delivery(9, 0), delivery(10, 0)]);
    assert_eq!(plc.taken.len(), 10);
}

#[test]
fn a_newer_verdict_replaces_one_that_waits_and_follows_one_in_flight() {
    let (mut bridge, mut plc) = (Handshake::new(1, TIMEOUT), Plc::new(9, 0, 0));
    exchange(&mut bridge, &mut plc, ms(0));
    bridge.offer(delivery(1, 0));
    bridge.offer(delivery(1, 1));
    exchange(&mut bridge, &mut plc, ms(10));
    bridge.offer(delivery(1, 2));
    exchange(&mut bridge, &mut plc, ms(20));
    assert_eq!(plc.taken, [delivery(1, 1).result, delivery(1, 2).result]);
}

#[test]
fn after_a_restart_of_the_plc_both_rings_start_anew() {
    let (mut bridge, mut plc) = (Handshake::new(1, TIMEOUT), Plc::new(9, 500, 7000));
    exchange(&mut bridge, &mut plc, ms(0));
    bridge.offer(delivery(1, 1));
    exchange(&mut bridge, &mut plc, ms(10));
    let before = exchange(&mut bridge, &mut plc, ms(20)).count;

    let mut plc = Plc::new(10, 0, 0);
    plc.edge(Eye::Entry, 1);
    let heard = exchange(&mut bridge, &mut plc, ms(30));
    assert!(heard.restarted);
    assert_eq!((acquisitions(&heard), heard.count), (vec![1], before));
    bridge.offer(delivery(2, 0));
    exchange(&mut bridge, &mut plc, ms(40));
    let heard = exchange(&mut bridge, &mut plc, ms(50));
    assert_eq!(heard.acknowledged, [delivery(2, 0)]);
    assert_eq!(plc.taken, [delivery(2, 0).result], "nothing of the old session is taken");
}

#[test]
fn an_event_number_that_runs_back_is_a_restart_even_with_the_same_boot() {
    let (mut bridge, mut plc) = (Handshake::new(1, TIMEOUT), Plc::new(9, 500, 0));
    exchange(&mut bridge, &mut plc, ms(0));
    let mut plc = Plc::new(9, 0, 0);
    plc.edge(Eye::Entry, 1);
    let heard = exchange(&mut bridge, &mut plc, ms(10));
    assert_eq!((heard.restarted, acquisitions(&heard)), (true, vec![1]));
}

#[test]
fn what_a_plc_took_from_an_earlier_bridge_acknowledges_nothing() {
    let (mut bridge, mut plc) = (Handshake::new(2, TIMEOUT), Plc::new(9, 0, 0));
    plc.status.result_taken = 1;
    plc.status.sequence_echo = 40;
    read(&mut bridge, &plc, ms(0));
    bridge.offer(delivery(1, 1));
    let command = bridge.command(Flags::default()).expect("met");
    let heard = read(&mut bridge, &plc, ms(10));
    assert_eq!(heard.acknowledged, [], "the PLC has not scanned yet");
    plc.scan(&command);
    assert_eq!(read(&mut bridge, &plc, ms(20)).acknowledged, [delivery(1, 1)]);
}

#[test]
fn a_bridge_that_was_killed_goes_on_at_the_event_that_it_had_taken_last() {
    let (mut bridge, mut plc) = (Handshake::new(1, TIMEOUT), Plc::new(9, 500, u32::MAX - 5));
    exchange(&mut bridge, &mut plc, ms(0));
    plc.edge(Eye::Entry, 1);
    plc.status.encoder = 10;
    exchange(&mut bridge, &mut plc, ms(10));
    let progress = bridge.progress(10).expect("met");
    let (encoder, count, code_taken) = (10, 16, None);
    assert_eq!(progress, Resume { plc_boot: 9, event_taken: 501, encoder, count, code_taken });

    plc.edge(Eye::Entry, 2);
    plc.status.encoder = 30;
    let mut next = Handshake::new(2, TIMEOUT);
    next.resume(&progress, 0, std::iter::empty());
    next.offer(delivery(1, 1));
    let heard = exchange(&mut next, &mut plc, ms(500));
    assert_eq!((heard.restarted, acquisitions(&heard), heard.count), (false, vec![2], 36));
    assert!(heard.was_cut_off, "nobody listened meanwhile");
    let heard = exchange(&mut next, &mut plc, ms(510));
    assert_eq!(heard.acknowledged, [delivery(1, 1)], "what was offered before the meeting");
}

#[test]
fn a_bridge_that_was_killed_asks_the_plc_which_of_its_results_in_flight_were_taken() {
    for (is_sent, is_scanned) in [(false, false), (true, false), (true, true)] {
        let (mut bridge, mut plc) = (Handshake::new(1, TIMEOUT), Plc::new(9, 0, 0));
        exchange(&mut bridge, &mut plc, ms(0));
        bridge.offer(delivery(1, 1));
        exchange(&mut bridge, &mut plc, ms(10));
        assert_eq!(read(&mut bridge, &plc, ms(20)).acknowledged, [delivery(1, 1)]);
        bridge.offer(delivery(2, 2));
        let command = bridge.command(Flags::default()).expect("met");
        let kept: Vec<Sent> = bridge.newly_sent().copied().collect();
        assert_eq!((bridge.taken(), kept.len(), kept[0].nth), (1, 1, 2));
        if is_sent && is_scanned {
            plc.scan(&command);
        }
        let progress = bridge.progress(0).expect("met");
        let mut next = Handshake::new(2, TIMEOUT);
        next.resume(&progress, 1, kept.into_iter());
        let taken = read(&mut next, &plc, ms(500)).acknowledged;
        assert_eq!(taken == [delivery(2, 2)], is_scanned, "{taken:?}");
        // The new session's results are told from those of the last.
        next.offer(delivery(3, 1));
        exchange(&mut next, &mut plc, ms(510));
        assert_eq!(next.newly_sent().map(|sent| sent.nth).collect::<Vec<_>>(), [next.taken() + 1]);
        assert_eq!(read(&mut next, &plc, ms(520)).acknowledged, [delivery(3, 1)]);
    }
}

#[test]
fn a_plc_that_was_restarted_while_the_bridge_was_away_is_noticed() {
    let (mut bridge, mut plc) = (Handshake::new(1, TIMEOUT), Plc::new(10, 0, 0));
    (1..=3).for_each(|acquisition| plc.edge(Eye::Entry, acquisition));
    let (encoder, count, code_taken) = (10, 16, None);
    let progress = Resume { plc_boot: 9, event_taken: 501, encoder, count, code_taken };
    let in_flight = Sent { nth: 1, sequence: 0, delivery: delivery(1, 1) };
    bridge.resume(&progress, 0, std::iter::once(in_flight));
    let heard = exchange(&mut bridge, &mut plc, ms(500));
    assert_eq!((heard.restarted, heard.edges.len(), heard.count), (true, 3, 16));
    assert_eq!(heard.acknowledged, [], "it knows nothing of what an earlier boot took");
}

#[test]
fn a_heartbeat_that_stands_still_is_a_dead_plc() {
    let (mut bridge, mut plc) = (Handshake::new(1, TIMEOUT), Plc::new(9, 0, 0));
    assert!(!bridge.plc_alive(ms(0)), "not met yet");
    exchange(&mut bridge, &mut plc, ms(0));
    assert!(bridge.plc_alive(ms(499)));
    exchange(&mut bridge, &mut plc, ms(500));
    assert!(!bridge.plc_alive(ms(500)));
    plc.status.heartbeat += 1;
    exchange(&mut bridge, &mut plc, ms(600));
    assert!(bridge.plc_alive(ms(600)));
}

/// One thing that happens between bridge and PLC.
#[derive(Debug, Clone, Copy)]
enum Step {
    Edge,
    Offer {
        lane: u16,
    },
    Move {
        counts: u32,
    },
    /// The bridge reads and writes.
    Exchange,
    /// The bridge reads, and its write gets lost with the connection.
    ReadOnly,
    /// The PLC scans the command block that stands in its registers.
    Scan,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Edge),
        2 => (0..3u16).prop_map(|lane| Step::Offer { lane }),
        1 => (0..100_000u32).prop_map(|counts| Step::Move { counts }),
        3 => Just(Step::Exchange),
        1 => Just(Step::ReadOnly),
        3 => Just(Step::Scan),
    ]
}

proptest! {
    /// Polls missed, writes lost, scans late, numbers and encoder running over: edges arrive once
    /// and in order except those counted as lost, and each result is taken once, in order, and
    /// acknowledged only after it was taken.
    #[test]
    fn every_edge_and_every_result_crosses_once(
        steps in prop::collection::vec(any_step(), 1..400),
        event_head in prop_oneof![Just(65_530u16), any::<u16>()],
        encoder in prop_oneof![Just(u32::MAX - 50_000), any::<u32>()],
        sequence_echo in any::<u16>(),
        stale_taken in any::<u16>(),
    ) {
        let mut plc = Plc::new(7, event_head, encoder);
        plc.status.sequence_echo = sequence_echo;
        plc.status.result_taken = stale_taken;
        let mut bridge = Handshake::new(3, TIMEOUT);
        read(&mut bridge, &plc, ms(0));
        let mut in_registers = bridge.command(Flags::default()).expect("met");
        let (mut edges_sent, mut edges_heard, mut edges_lost) = (vec![], vec![], 0);
        let (mut count, mut items, mut acknowledged) = (0i64, 0u64, vec![]);
        let settle = std::iter::repeat_n([Step::Exchange, Step::Scan], 60).flatten();
        for (at, step) in steps.into_iter().chain(settle).enumerate() {
            match step {
                Step::Edge => {
                    edges_sent.push((edges_sent.len() as u16, count));
                    plc.edge(Eye::Entry, edges_sent.len() as u16 - 1);
                }
                Step::Offer { lane } => {
                    items += 1;
                    bridge.offer(delivery(items, lane));
                }
                Step::Move { counts } => {
                    plc.status.encoder = plc.status.encoder.wrapping_add(counts);
                    count += i64::from(counts);
                }
                Step::Exchange | Step::ReadOnly => {
                    let heard = read(&mut bridge, &plc, ms(at as u64));
                    prop_assert!(!heard.restarted);
                    prop_assert_eq!(heard.count, count);
                    edges_lost += heard.events_lost;
                    edges_heard.extend(heard.edges.iter().map(|edge| (edge.acquisition, edge.count)));
                    acknowledged.extend(heard.acknowledged);
                    let taken = &plc.taken[..acknowledged.len()];
                    let results: Vec<_> = acknowledged.iter().map(|sent| sent.result).collect();
                    prop_assert_eq!(&results[..], taken, "acknowledged what was not taken");
                    let command = bridge.command(Flags::default()).expect("met");
                    if matches!(step, Step::Exchange) {
                        in_registers = command;
                    }
                }
                Step::Scan => plc.scan(&in_registers),
            }
        }
        prop_assert_eq!(edges_heard.len() + usize::from(edges_lost), edges_sent.len());
        prop_assert!(edges_heard.iter().is_sorted_by_key(|(acquisition, _)| *acquisition));
        prop_assert!(edges_heard.iter().all(|edge| edges_sent.contains(edge)));
        let offered: Vec<_> = (1..=items).collect();
        let arrived: Vec<_> = plc.taken.iter().map(|result| u64::from(result.acquisition)).collect();
        prop_assert_eq!(&arrived, &offered, "each result is taken once, in order");
        prop_assert_eq!(acknowledged.len(), plc.taken.len());
    }

    /// Results keep crossing when their numbers run over.
    #[test]
    fn results_run_over_at_65_536(burst in 1..9u64) {
        let (mut bridge, mut plc) = (Handshake::new(1, TIMEOUT), Plc::new(9, 0, 0));
        exchange(&mut bridge, &mut plc, ms(0));
        let (mut item, mut acknowledged) = (0, 0);
        while item < 65_536 + 100 {
            for _ in 0..burst {
                item += 1;
                bridge.offer(delivery(item, 0));
            }
            acknowledged += exchange(&mut bridge, &mut plc, ms(item)).acknowledged.len() as u64;
        }
        acknowledged += exchange(&mut bridge, &mut plc, ms(item)).acknowledged.len() as u64;
        prop_assert_eq!((acknowledged, plc.taken.len() as u64), (item, item));
    }
}

/// The numbers of the codes that a bridge hears of a ring with this head, whose slots are filled up
/// to it; and how many it has lost.
fn codes(bridge: &mut Handshake, plc_boot: u16, code_head: u16) -> (Vec<u16>, u16) {
    let mut block = CodeBlock { plc_boot, code_head, ..CodeBlock::default() };
    for number in (0..CODE_RING as u16).map(|back| code_head.wrapping_sub(back)) {
        block.codes[slot(number, CODE_RING)].number = number;
    }
    let mut heard = HeardCodes::default();
    bridge.codes(&block, &mut heard);
    (heard.codes.iter().map(|(told, _)| told.number).collect(), heard.lost)
}

#[test]
fn each_code_is_taken_once_in_order_across_the_wrap_and_what_was_overwritten_is_counted() {
    let (mut bridge, mut plc) = (Handshake::new(1, TIMEOUT), Plc::new(9, 500, 0));
    exchange(&mut bridge, &mut plc, ms(0));
    assert_eq!(codes(&mut bridge, 9, 65_533), (vec![], 0), "what stood there is passed over");
    assert_eq!(codes(&mut bridge, 9, 1), (vec![65_534, 65_535, 0, 1], 0));
    assert_eq!(codes(&mut bridge, 9, 1), (vec![], 0));
    assert_eq!(codes(&mut bridge, 9, 11), ((4..=11).collect(), 2));
    assert_eq!(codes(&mut bridge, 8, 12), (vec![], 0), "another start's");
    assert_eq!(codes(&mut bridge, 9, 12), (vec![12], 0));
}

#[test]
fn a_code_that_is_half_written_is_lost_and_not_taken() {
    let (mut bridge, mut plc) = (Handshake::new(1, TIMEOUT), Plc::new(9, 500, 0));
    exchange(&mut bridge, &mut plc, ms(0));
    codes(&mut bridge, 9, 5);
    let mut block = CodeBlock { plc_boot: 9, code_head: 6, ..CodeBlock::default() };
    block.codes[slot(6, CODE_RING)].number = 65_534;
    let mut heard = HeardCodes::default();
    bridge.codes(&block, &mut heard);
    assert_eq!((heard.codes.len(), heard.lost), (0, 1));
}

#[test]
fn a_restarted_plc_numbers_its_codes_from_one_and_a_killed_bridge_goes_on() {
    let (mut bridge, mut plc) = (Handshake::new(1, TIMEOUT), Plc::new(9, 500, 0));
    exchange(&mut bridge, &mut plc, ms(0));
    codes(&mut bridge, 9, 5);
    let progress = bridge.progress(0).expect("met");
    assert_eq!(progress.code_taken, Some(5));
    let mut again = Handshake::new(2, TIMEOUT);
    again.resume(&progress, 0, std::iter::empty());
    exchange(&mut again, &mut plc, ms(20));
    assert_eq!(codes(&mut again, 9, 7), (vec![6, 7], 0));

    plc = Plc::new(10, 2, 0);
    assert!(exchange(&mut again, &mut plc, ms(30)).restarted);
    assert_eq!(codes(&mut again, 9, 8), (vec![], 0), "what was read before the restart");
    assert_eq!(codes(&mut again, 10, 2), (vec![1, 2], 0));
}

#[test]
fn a_plc_of_version_2_is_commanded_in_version_2() {
    let (mut bridge, mut plc) = (Handshake::new(1, TIMEOUT), Plc::new(9, 0, 0));
    plc.status.version = MapVersion::V2;
    read(&mut bridge, &plc, ms(0));
    assert_eq!(bridge.command(Flags::default()).expect("met").version, MapVersion::V2);
    // It was given the new program, and forgets to take another boot.
    plc.status.version = MapVersion::V3;
    read(&mut bridge, &plc, ms(10));
    assert_eq!(bridge.command(Flags::default()).expect("met").version, MapVersion::V3);
}
