//! Items of many SKUs: who says what they are, and when they are scored.

use super::*;
use crate::item::identification::Identity;
use vision::learning::Familiarity;

const ALL: [Source; 4] = [Source::Plc, Source::Scanner, Source::Codes, Source::Looks];

/// A line on which any product runs.
fn of_any(sources: &[Source]) -> FlowSettings {
    let sources = sources.to_vec();
    FlowSettings { sku: None, sources, label: LabelDuty::Optional, ..settings() }
}

/// Item 7 has entered a line with these settings.
fn with_item(settings: FlowSettings) -> Flow {
    let mut flow = Flow::new(settings, Vec::new(), quarantine(Vec::new()));
    flow.bridge(hello("a"), at(0));
    flow.bridge(event(1, entered(7, 1000)), at(1000));
    flow
}

fn scored_as(steps: &[Step]) -> Option<&str> {
    steps.iter().find_map(|step| match step {
        Step::Score { sku, .. } => Some(sku.as_str()),
        _ => None,
    })
}

fn label_of(steps: &[Step]) -> Option<(Option<&str>, Compare)> {
    steps.iter().find_map(|step| match step {
        Step::ReadLabel { sku, compare, .. } => Some((sku.as_deref(), *compare)),
        _ => None,
    })
}

fn gathered(flow: &mut Flow) -> Vec<Step> {
    flow.gathered(7, vec![ViewRecord::of("side")], at(1500))
}

fn leaves(flow: &mut Flow) -> (Record, Option<(String, bool)>) {
    flow.bridge(event(8, decided(7, Action::Pass, None)), at(3000));
    let steps = flow.bridge(event(9, outcome(7, Outcome::Passed)), at(4000));
    let lesson = steps.iter().find_map(|step| match step {
        Step::Learn { sku, is_normal, .. } => Some((sku.clone(), *is_normal)),
        _ => None,
    });
    (closed_in(&steps).expect("it is closed"), lesson)
}

#[test]
fn what_the_plc_or_a_scanner_said_before_is_scored_as_soon_as_there_are_views() {
    for source in [Source::Plc, Source::Scanner] {
        let mut flow = with_item(of_any(&ALL));
        flow.told(7, Claim::of(source, "tea"), true, at(1100));
        assert_eq!(scored_as(&gathered(&mut flow)), Some("tea"));
        flow.scored(7, scored(0.1), Duration::ZERO, Duration::ZERO, at(1600));
        let steps = flow.codes_read(7, Some(Claim::none(Source::Codes, "none")), at(1650));
        assert_eq!(label_of(&steps), Some((Some("tea"), Compare::Expected)));
        let steps = flow.label_read(7, LabelAnswer::default(), at(1700));
        assert_eq!(verdict_in(&steps), Some(Verdict::Pass));
        let (record, lesson) = leaves(&mut flow);
        assert_eq!(record.sku.as_deref(), Some("tea"));
        assert_eq!(record.claims.len(), 2, "who said what is kept");
        assert_eq!(lesson, Some(("tea".to_owned(), true)));
    }
}

#[test]
fn its_own_code_names_an_item_and_a_scanner_that_says_otherwise_has_it_diverted() {
    let mut flow = with_item(of_any(&ALL));
    assert_eq!(scored_as(&gathered(&mut flow)), None);
    let steps = flow.codes_read(7, Some(Claim::of(Source::Codes, "tea")), at(1510));
    assert_eq!(scored_as(&steps), Some("tea"));
    let late = flow.told(7, Claim::of(Source::Scanner, "rum"), true, at(1520));
    assert_eq!(scored_as(&late), None, "it is being scored");
    flow.scored(7, scored(0.1), Duration::ZERO, Duration::ZERO, at(1600));
    let steps = flow.label_read(7, LabelAnswer::default(), at(1700));
    assert_eq!(verdict_in(&steps), diverted_as_wrong());
    let (record, lesson) = leaves(&mut flow);
    assert!(record.findings[0].words.contains("wrong item"), "{:?}", record.findings);
    assert_eq!(lesson, None, "nobody knows what it would teach about");
}

fn diverted_as_wrong() -> Option<Verdict> {
    Some(Verdict::Divert { lane: 1, reasons: vec![Check::Identity] })
}

#[test]
fn an_item_that_nobody_else_knows_is_compared_with_all_skus() {
    let mut flow = with_item(of_any(&ALL));
    gathered(&mut flow);
    flow.told(7, Claim::none(Source::Plc, "it told no code"), true, at(1505));
    flow.told(7, Claim::none(Source::Scanner, "it read nothing"), true, at(1506));
    let steps = flow.codes_read(7, Some(Claim::none(Source::Codes, "none")), at(1510));
    assert_eq!((scored_as(&steps), label_of(&steps)), (None, Some((None, Compare::All))));
    let claim = Some(Claim::of(Source::Looks, "tea"));
    let steps = flow.label_read(7, LabelAnswer { claim, ..LabelAnswer::default() }, at(2000));
    assert_eq!(scored_as(&steps), Some("tea"));
    let steps = flow.scored(7, scored(0.1), Duration::ZERO, Duration::ZERO, at(2100));
    assert_eq!(verdict_in(&steps), Some(Verdict::Pass));
}

#[test]
fn the_plant_chooses_what_happens_to_an_item_that_nobody_knows() {
    for (unknown, is_as_wanted) in [
        (Unfamiliar::Pass, (|v| *v == Verdict::Pass) as fn(&Verdict) -> bool),
        (Unfamiliar::Divert, |v| Some(v.clone()) == diverted_as_wrong()),
        (Unfamiliar::Uninspected, |v| matches!(v, Verdict::Uninspected { .. })),
    ] {
        let mut flow = with_item(FlowSettings { unknown, ..of_any(&[Source::Codes]) });
        gathered(&mut flow);
        let none = Claim::none(Source::Codes, "its pictures show no code that can be read");
        let steps = flow.codes_read(7, Some(none), at(1510));
        assert_eq!(
            label_of(&steps),
            Some((None, Compare::Expected)),
            "its label is read all the same"
        );
        let steps = flow.label_read(7, LabelAnswer::default(), at(1700));
        let verdict = verdict_in(&steps).expect("it is judged");
        assert!(is_as_wanted(&verdict), "{unknown:?}: {verdict:?}");
        let (record, lesson) = leaves(&mut flow);
        assert_eq!((record.sku, lesson), (None, None));
    }
}

#[test]
fn an_unknown_item_that_has_expired_or_shows_a_held_lot_is_diverted() {
    let passes = FlowSettings { unknown: Unfamiliar::Pass, ..of_any(&[Source::Codes]) };
    let held = quarantine(vec![hold(Some("A1"))]);
    let mut flow = Flow::new(passes, Vec::new(), held);
    flow.bridge(hello("a"), at(0));
    for (item, answer, reason) in [
        (7, labels::answer(None, Some("expired")), Check::Label),
        (8, labels::answer(Some("A1"), None), Check::Hold),
    ] {
        flow.bridge(event(item, entered(item, 1000)), at(1000));
        flow.gathered(item, vec![ViewRecord::of("side")], at(1500));
        flow.codes_read(item, Some(Claim::none(Source::Codes, "none")), at(1510));
        let steps = flow.label_read(item, answer, at(1700));
        assert_eq!(verdict_in(&steps), labels::diverted(reason));
    }
}

#[test]
fn nobody_is_waited_for_once_there_is_only_time_to_score() {
    let mut flow = with_item(of_any(&ALL));
    gathered(&mut flow);
    flow.codes_read(7, Some(Claim::none(Source::Codes, "none")), at(1510));
    assert_eq!(flow.tick(at(2459)), Vec::new());
    flow.tick(at(2460));
    let late = flow.told(7, Claim::of(Source::Scanner, "tea"), true, at(2470));
    assert_eq!(scored_as(&late), None, "it is judged as an unknown one");
    let steps = flow.label_read(7, LabelAnswer::default(), at(2480));
    assert!(matches!(verdict_in(&steps), Some(Verdict::Uninspected { .. })));
}

#[test]
fn an_item_whose_sku_is_being_learned_says_so_and_teaches() {
    let unscored = || {
        let result = Err(Unscored::NoReference);
        vec![ScoredView { camera: "side".to_owned(), result, heat_map: None }]
    };
    let mut flow = with_item(of_any(&[Source::Plc]));
    flow.told(7, Claim::of(Source::Plc, "tea"), true, at(1100));
    gathered(&mut flow);
    flow.familiar(7, Familiarity::Learning { items: 5, of: 8 });
    flow.scored(7, unscored(), Duration::ZERO, Duration::ZERO, at(1600));
    flow.codes_read(7, None, at(1610));
    let steps = flow.label_read(7, LabelAnswer::default(), at(1700));
    let cause = "tea has no reference for side yet (learning 5 of 8)".into();
    assert_eq!(verdict_in(&steps), Some(Verdict::Uninspected { cause }));
    let (record, lesson) = leaves(&mut flow);
    assert_eq!(record.familiarity, Some(Familiarity::Learning { items: 5, of: 8 }));
    assert_eq!(lesson, Some(("tea".to_owned(), true)));
}

#[test]
fn damage_teaches_what_damage_looks_like_and_a_wrong_label_teaches_nothing() {
    let mut flow = with_item(of_any(&[Source::Plc]));
    flow.told(7, Claim::of(Source::Plc, "tea"), true, at(1100));
    gathered(&mut flow);
    flow.scored(7, scored(2.5), Duration::ZERO, Duration::ZERO, at(1600));
    flow.codes_read(7, None, at(1610));
    flow.label_read(7, LabelAnswer::default(), at(1700));
    assert_eq!(leaves(&mut flow).1, Some(("tea".to_owned(), false)));
    let mut flow = with_item(of_any(&[Source::Plc]));
    flow.told(7, Claim::of(Source::Plc, "tea"), true, at(1100));
    gathered(&mut flow);
    flow.scored(7, scored(0.1), Duration::ZERO, Duration::ZERO, at(1600));
    flow.codes_read(7, None, at(1610));
    flow.label_read(7, labels::answer(None, Some("expired")), at(1700));
    assert_eq!(leaves(&mut flow).1, None);
}

proptest! {
    /// Whatever the sources say, and whenever: an item that passes is what every source that knew said, or is
    /// recorded as unknown.
    #[test]
    fn no_item_passes_under_a_name_that_somebody_contradicts(
        told in proptest::collection::vec((0usize..4, 0u8..3, 1000u64..2900), 0..6),
        codes in 0u8..3,
        looks in 0u8..3,
    ) {
        let name = |number: u8| (number > 0).then(|| format!("sku{number}"));
        let claim = |source, number: u8| match name(number) {
            Some(sku) => Claim::of(source, &sku),
            None => Claim::none(source, "nothing"),
        };
        let passes = FlowSettings { unknown: Unfamiliar::Pass, ..of_any(&ALL) };
        let mut flow = with_item(passes);
        let mut events: Vec<(u64, usize, u8)> =
            told.iter().map(|(source, number, ms)| (*ms, source % 2, *number)).collect();
        events.extend([(1500, 2, 0), (1520, 3, codes), (1900, 4, looks)]);
        events.sort_unstable();
        let mut verdict = None;
        let mut score = None;
        for (ms, what, number) in events {
            let mut steps = flow.tick(at(ms));
            steps.extend(match what {
                0 | 1 => flow.told(7, claim(ALL[what], number), true, at(ms)),
                2 => flow.gathered(7, vec![ViewRecord::of("side")], at(ms)),
                3 => flow.codes_read(7, Some(claim(Source::Codes, number)), at(ms)),
                _ => {
                    let claim = Some(claim(Source::Looks, number));
                    flow.label_read(7, LabelAnswer { claim, ..LabelAnswer::default() }, at(ms))
                }
            });
            score = score.or_else(|| scored_as(&steps).map(str::to_owned));
            if scored_as(&steps).is_some() {
                steps.extend(flow.scored(7, scored(0.1), Duration::ZERO, Duration::ZERO, at(ms)));
            }
            verdict = verdict.or_else(|| verdict_in(&steps));
        }
        verdict = verdict.or_else(|| verdict_in(&flow.tick(at(3000))));
        let open = flow.items.get(&7).expect("it is on the belt");
        let named = match open.identification.identity() {
            Identity::Known(sku) => Some(sku.to_owned()),
            Identity::Open | Identity::Unknown => None,
        };
        if let Some(score) = score {
            prop_assert_eq!(Some(score), named.clone(), "it is scored as what it is called");
        }
        let before_the_verdict = open.record.findings.iter().any(|finding| finding.exceeds());
        if verdict == Some(Verdict::Pass) && codes > 0 && named.is_some() && before_the_verdict {
            // A claim that came after the verdict can only be recorded.
            prop_assert!(told.iter().any(|(_, _, ms)| *ms >= 1900));
        }
        prop_assert_eq!(open.identification.contradiction().is_some(), before_the_verdict);
    }
}
