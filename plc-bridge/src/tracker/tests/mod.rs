use super::*;
use crate::registers::{LANE_STOP, PlcResult, SOURCE_FALL_BACK, SOURCE_VERDICT};
use line::config::{DiverterSection, FallBack, FallBackSection, MidEyeSection};
use line::protocol::{Check, FallBackCause, UnnumberedWhy};

mod doubts;
mod lanes;
mod naming;

/// Counts of 1 mm; commit at 900 mm, lane eye at 1,200, exit eye at 1,500, tolerance 60.
fn config(fall_back: FallBack) -> BridgeConfig {
    let mut config: BridgeConfig = toml::from_str(
        r#"
        [line]
        name = "line 1"
        sku = "carton"
        [conveyor]
        mm_per_count = 1
        nominal_speed_mm_s = 300
        exit_eye_mm = 1500
        decision_lead_ms = 100
        [[conveyor.diverter]]
        lane = 1
        commit_point_mm = 900
        diverter_mm = 1000
        lane_eye_mm = 1200
        [plc]
        address = "plc:502"
        "#,
    )
    .unwrap();
    config.conveyor.diverter[0].fall_back = FallBackSection::always(fall_back);
    config
}

/// A belt at 1 mm/ms, so that counts and milliseconds are the same number until it runs back.
struct Line {
    tracker: Tracker,
    now: i64,
    clock: Duration,
    out: Vec<Output>,
}

impl Line {
    fn new(fall_back: FallBack) -> Self {
        Self::of(&config(fall_back))
    }

    fn of(config: &BridgeConfig) -> Self {
        let mut line =
            Self { tracker: Tracker::new(config), now: 0, clock: Duration::ZERO, out: vec![] };
        line.tracker.inspector(true);
        line.run(0, &[]);
        line
    }

    /// Runs the belt to `to`; leading edges are reported there, each with its count as its id at
    /// the entry eye.
    fn run(&mut self, to: i64, edges: &[(Eye, i64)]) -> Vec<Output> {
        let edges: Vec<_> = edges.iter().map(|&(eye, count)| leading(eye, count)).collect();
        self.run_with(to, &edges)
    }

    /// The same with any edges; runs back if `to` lies behind.
    fn run_with(&mut self, to: i64, edges: &[Edge]) -> Vec<Output> {
        let step = if to < self.now { -10 } else { 10 };
        while (to - self.now).abs() > 10 {
            self.poll(self.now + step, &[]);
        }
        self.poll(to, edges);
        std::mem::take(&mut self.out)
    }

    fn poll(&mut self, count: i64, edges: &[Edge]) {
        // The clock goes on while the belt runs back.
        self.clock += Duration::from_millis(self.now.abs_diff(count));
        self.now = count;
        let sample = Sample { at: self.clock, count };
        let poll = Poll { sample, edges, events_lost: false, was_cut_off: false, is_fresh: true };
        self.tracker.poll(&poll, &mut self.out);
    }

    fn verdict(&mut self, item: ItemNumber, verdict: Verdict) -> Vec<Output> {
        self.tracker.verdict(self.clock, item, verdict, &mut self.out);
        std::mem::take(&mut self.out)
    }
}

/// A leading edge; at the entry eye its count is the item's id.
fn leading(eye: Eye, count: i64) -> Edge {
    let acquisition = if eye == Eye::Entry { count as u16 } else { 0 };
    Edge { eye, acquisition, trailing: false, backward: false, count }
}

/// The trailing edge of the item with this id at the entry eye.
fn trailing(acquisition: u16, count: i64) -> Edge {
    Edge { eye: Eye::Entry, acquisition, trailing: true, backward: false, count }
}

fn divert() -> Verdict {
    Verdict::Divert { lane: 1, reasons: vec![Check::Damage] }
}

fn decisions(out: &[Output]) -> Vec<(ItemNumber, Decision)> {
    let decided = |output: &Output| match output {
        Output::Journal(ItemEvent::Decided { item, decision, .. }) => {
            Some((*item, decision.clone()))
        }
        _ => None,
    };
    out.iter().filter_map(decided).collect()
}

fn outcomes(out: &[Output]) -> Vec<(ItemNumber, Outcome)> {
    let ended = |output: &Output| match output {
        Output::Journal(ItemEvent::Outcome { item, outcome, .. }) => Some((*item, *outcome)),
        _ => None,
    };
    out.iter().filter_map(ended).collect()
}

fn unnumbered(out: &[Output]) -> Vec<(Eye, UnnumberedWhy)> {
    let body = |output: &Output| match output {
        Output::Journal(ItemEvent::Unnumbered { eye, why, .. }) => Some((*eye, *why)),
        _ => None,
    };
    out.iter().filter_map(body).collect()
}

fn strays(out: &[Output]) -> Vec<StrayWhy> {
    let stray = |output: &Output| match output {
        Output::Stray(stray) => Some(stray.why),
        _ => None,
    };
    out.iter().filter_map(stray).collect()
}

fn deliveries(out: &[Output]) -> Vec<Delivery> {
    let deliver = |output: &Output| match output {
        Output::Deliver(delivery) => Some(*delivery),
        _ => None,
    };
    out.iter().filter_map(deliver).collect()
}

#[test]
fn an_item_is_numbered_at_the_entry_eye_with_its_time_and_its_commit_time() {
    let mut line = Line::new(FallBack::Divert);
    let out = line.run(1000, &[(Eye::Entry, 995)]);
    let [Output::Journal(ItemEvent::Entered { item, at, count, acquisition, commit_at })] =
        &out[..]
    else {
        panic!("one entry and nothing else, not {out:?}");
    };
    assert_eq!((*item, *count, *acquisition), (1, 995, 995));
    assert_eq!(*at, Duration::from_millis(995));
    assert_eq!(*commit_at, Duration::from_millis(995 + 900 - 100));
}

#[test]
fn on_a_stopped_belt_no_commit_time_is_in_sight_until_it_runs_again() {
    let mut line = Line::new(FallBack::Divert);
    let at = Duration::from_millis;
    line.clock = at(600);
    line.poll(0, &[leading(Eye::Entry, 0)]);
    let [Output::Journal(ItemEvent::Entered { commit_at, .. })] = &line.out[..] else {
        panic!("one entry, not {:?}", line.out);
    };
    assert_eq!(*commit_at, NEVER);

    line.out.clear();
    line.clock = at(700);
    line.poll(0, &[]);
    assert_eq!(line.out, [], "nothing has changed");
    let out = line.run(600, &[]);
    let Some(Output::CommitAt { item: 1, commit_at }) = out.last() else {
        panic!("the belt runs again, so the commit time comes in sight: {out:?}");
    };
    assert!(commit_at.abs_diff(at(700 + 900 - 100)) <= at(25), "{commit_at:?}");
}

#[test]
fn a_new_inspectd_is_told_the_commit_times_of_the_items_on_the_belt() {
    let mut line = Line::new(FallBack::Divert);
    line.run(1000, &[(Eye::Entry, 995)]);
    assert_eq!(line.run(1010, &[]), [], "it runs steadily");
    line.tracker.inspector_is_new();
    let commit_at = Duration::from_millis(995 + 900 - 100);
    assert_eq!(line.run(1020, &[]), [Output::CommitAt { item: 1, commit_at }]);
}

#[test]
fn a_verdict_goes_to_the_plc_at_once_and_is_decided_before_the_commit_point() {
    let mut line = Line::new(FallBack::Pass);
    line.run(100, &[(Eye::Entry, 100)]);
    let sent = deliveries(&line.verdict(1, divert()));
    let result = PlcResult { acquisition: 100, lane: 1, reasons: 1, source: SOURCE_VERDICT };
    let handed_at = Some(Duration::from_millis(100));
    assert_eq!(sent, [Delivery { item: 1, handed_at, result }]);

    assert_eq!(decisions(&line.run(890, &[])), []);
    let out = line.run(905, &[]);
    let decision = Decision { action: Action::Divert { lane: 1 }, fall_back: None };
    assert_eq!(decisions(&out), [(1, decision)], "100 ms before the item reaches 900 mm");
    assert_eq!(deliveries(&out), [], "the PLC holds the verdict already");
}

#[test]
fn the_latest_verdict_counts_until_the_decision() {
    let mut line = Line::new(FallBack::Pass);
    line.run(100, &[(Eye::Entry, 100)]);
    assert_eq!(deliveries(&line.verdict(1, Verdict::Pass)).len(), 1);
    assert_eq!(deliveries(&line.verdict(1, Verdict::Pass)), [], "the same verdict again");
    assert_eq!(deliveries(&line.verdict(1, divert())).len(), 1);
    let out = line.run(1000, &[]);
    assert_eq!(decisions(&out)[0].1.action, Action::Divert { lane: 1 });
}

#[test]
fn a_verdict_that_comes_after_the_decision_is_refused() {
    let mut line = Line::new(FallBack::Pass);
    line.run(100, &[(Eye::Entry, 100)]);
    line.run(1000, &[]);
    let refused = Output::Refused { item: 1, why: Refusal::TooLate };
    assert_eq!(line.verdict(1, divert()), [refused]);
}

#[test]
fn a_verdict_for_an_unknown_item_or_lane_is_refused() {
    let mut line = Line::new(FallBack::Pass);
    line.run(100, &[(Eye::Entry, 100)]);
    let unknown = Output::Refused { item: 7, why: Refusal::UnknownItem };
    assert_eq!(line.verdict(7, Verdict::Pass), [unknown]);
    let lane_2 = Verdict::Divert { lane: 2, reasons: vec![Check::Label] };
    let unknown = Output::Refused { item: 1, why: Refusal::UnknownLane };
    assert_eq!(line.verdict(1, lane_2), [unknown]);
}

#[test]
fn an_item_without_a_verdict_gets_the_fall_back_with_its_cause() {
    for (alive, cause) in [(true, FallBackCause::NoVerdict), (false, FallBackCause::InspectorDead)]
    {
        let mut line = Line::new(FallBack::Divert);
        line.tracker.inspector(alive);
        line.run(100, &[(Eye::Entry, 100)]);
        let out = line.run(1000, &[]);
        let action = Action::Divert { lane: 1 };
        assert_eq!(decisions(&out), [(1, Decision { action, fall_back: Some(cause) })]);
        let result = PlcResult { acquisition: 100, lane: 1, reasons: 0, source: SOURCE_FALL_BACK };
        assert_eq!(deliveries(&out), [Delivery { item: 1, handed_at: None, result }]);
    }
}

#[test]
fn an_item_that_was_not_inspected_gets_the_fall_back_at_once() {
    let mut line = Line::new(FallBack::Pass);
    line.run(100, &[(Eye::Entry, 100)]);
    let why: std::sync::Arc<str> = "no view from camera side".into();
    let sent = deliveries(&line.verdict(1, Verdict::Uninspected { cause: why.clone() }));
    let result = PlcResult { acquisition: 100, lane: 0, reasons: 0, source: SOURCE_FALL_BACK };
    assert_eq!(sent[0].result, result);
    let decision =
        Decision { action: Action::Pass, fall_back: Some(FallBackCause::Uninspected { why }) };
    assert_eq!(decisions(&line.run(1000, &[])), [(1, decision)]);
}

#[test]
fn each_pair_of_decision_and_eye_has_its_outcome() {
    let cases = [
        (Verdict::Pass, (Eye::Exit, 1500), Outcome::Passed),
        (divert(), (Eye::Lane(1), 1200), Outcome::Diverted { lane: 1 }),
        (Verdict::Pass, (Eye::Lane(1), 1200), Outcome::WrongLane { seen: 1 }),
        (divert(), (Eye::Exit, 1500), Outcome::WrongLane { seen: 0 }),
    ];
    for (verdict, (eye, mm), outcome) in cases {
        let mut line = Line::new(FallBack::Pass);
        line.run(100, &[(Eye::Entry, 100)]);
        line.verdict(1, verdict);
        let out = line.run(100 + mm + 20, &[(eye, 100 + mm + 15)]);
        assert_eq!(outcomes(&out), [], "another eye may still contradict");
        let end = line.run(3000, &[]);
        assert_eq!(outcomes(&end), [(1, outcome)]);
    }
}

#[test]
fn an_item_that_no_eye_sees_ends_as_lost() {
    let mut line = Line::new(FallBack::Pass);
    line.run(100, &[(Eye::Entry, 100)]);
    assert_eq!(outcomes(&line.run(1660, &[])), []);
    assert_eq!(outcomes(&line.run(1670, &[])), [(1, Outcome::Lost)]);
    assert_eq!(line.tracker.on_belt(), 0);
}

#[test]
fn a_body_where_no_item_is_expected_is_told_as_unnumbered_and_once() {
    let mut line = Line::new(FallBack::Pass);
    line.run(100, &[(Eye::Entry, 100)]);
    let put_on = [(Eye::Exit, UnnumberedWhy::NotSeenAtEntry)];
    let out = line.run(1700, &[(Eye::Exit, 1700)]);
    assert_eq!(unnumbered(&out), put_on);
    assert!(out.contains(&Output::Missed(Eye::Entry)));
    assert_eq!(unnumbered(&line.run(1705, &[(Eye::Exit, 1703)])), [], "it trembles");
    assert_eq!(unnumbered(&line.run(1800, &[(Eye::Exit, 1800)])), put_on);
    assert_eq!(strays(&line.run(1300, &[(Eye::Lane(4), 1300)])), [StrayWhy::UnknownEye]);
}

#[test]
fn a_second_edge_of_an_item_is_not_handed_to_its_neighbour() {
    let mut line = Line::new(FallBack::Pass);
    line.run(300, &[(Eye::Entry, 100), (Eye::Entry, 280)]);
    let out = line.run(1655, &[(Eye::Exit, 1600), (Eye::Exit, 1650)]);
    assert_eq!(strays(&out), []);
    line.run(1790, &[(Eye::Exit, 1781)]);
    let end = line.run(2000, &[]);
    assert_eq!(outcomes(&end), [(2, Outcome::Passed)], "the first was told before");
}

#[test]
fn what_happened_while_the_plc_was_away_is_decided_first_and_confirmed_then() {
    let mut line = Line::new(FallBack::Divert);
    line.run(100, &[(Eye::Entry, 100)]);
    for delivery in deliveries(&line.verdict(1, divert())) {
        line.tracker.acknowledged(&delivery);
    }
    line.now = 1400;
    line.clock = Duration::from_millis(1400);
    let out = line.run(1400, &[(Eye::Lane(1), 1302)]);
    let Output::Journal(ItemEvent::Decided { .. }) = &out[0] else {
        panic!("first the decision, not {out:?}");
    };
    assert_eq!(outcomes(&line.run(1700, &[])), [(1, Outcome::Diverted { lane: 1 })]);
}

#[test]
fn after_a_restart_of_the_plc_nothing_is_known_about_the_items_on_the_belt() {
    let mut line = Line::new(FallBack::Divert);
    line.run(400, &[(Eye::Entry, 100), (Eye::Entry, 380)]);
    line.tracker.plc_restarted(Duration::from_millis(400), &mut line.out);
    let outcome = Outcome::Ambiguous { why: Ambiguity::PlcRestarted };
    assert_eq!(outcomes(&line.out), [(1, outcome), (2, outcome)]);
    line.out.clear();
    let entered = line.run(420, &[(Eye::Entry, 420)]);
    assert!(
        matches!(&entered[..], [Output::Journal(ItemEvent::Entered { item: 3, .. })]),
        "numbers are not used again: {entered:?}"
    );
}

#[test]
fn a_chattering_eye_gives_up_the_oldest_item_and_no_memory() {
    let mut line = Line::new(FallBack::Pass);
    let edges: Vec<_> = (1..=MOST_ITEMS as u16 + 1)
        .map(|acquisition| Edge { acquisition, ..leading(Eye::Entry, 5) })
        .collect();
    let out = line.run_with(10, &edges);
    assert_eq!(outcomes(&out), [(1, Outcome::Lost)]);
    assert_eq!(line.tracker.on_belt(), MOST_ITEMS);
}

#[test]
fn an_inspectd_that_returns_without_its_verdict_cannot_undo_it() {
    let mut line = Line::new(FallBack::Pass);
    line.run(1000, &[(Eye::Entry, 995)]);
    line.verdict(1, divert());
    let refused = Output::Refused { item: 1, why: Refusal::JudgedAlready };
    let uninspected = Verdict::Uninspected { cause: "inspectd was restarted".into() };
    assert_eq!(line.verdict(1, uninspected), [refused]);
    let decided = decisions(&line.run(2500, &[]));
    let action = Action::Divert { lane: 1 };
    assert_eq!(decided, [(1, Decision { action, fall_back: None })]);
}
