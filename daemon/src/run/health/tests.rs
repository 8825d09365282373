//! A box whose parts fail one after the other.

use capture::CameraState;
use line::protocol::Eye;
use line::text::QUOTING_MAX;

use super::*;
use crate::fleet::messages::AlertKind;
use crate::item::holds::{Hold, Origin};

struct Box {
    health: Health,
    store: watch::Sender<StoreState>,
    evidence: watch::Sender<StoreState>,
    misfits: watch::Sender<Vec<Misfit>>,
    status: watch::Receiver<Arc<PageStatus>>,
}

fn a_box() -> Box {
    let (store, store_seen) = watch::channel(StoreState::Ok);
    let (evidence, evidence_seen) = watch::channel(StoreState::Ok);
    let (status, status_seen) = watch::channel(Arc::new(PageStatus::default()));
    let (state, _) = watch::channel(FleetState::default());
    let (misfits, misfits_seen) = watch::channel(Vec::new());
    let watched =
        Watched { store: store_seen, evidence: evidence_seen, fleet: None, misfits: misfits_seen };
    let health = Health::new("line 1", Some("carton"), watched, status, state);
    Box { health, store, evidence, misfits, status: status_seen }
}

fn at(s: u64) -> Now {
    let wall = Timestamp::from_second(1_700_000_000 + s as i64).expect("in range");
    Now { mono: Duration::from_secs(s), wall: WallTime::trusted(wall) }
}

#[test]
fn a_box_whose_parts_are_well_has_no_problem() {
    let mut it = a_box();
    it.health.bridge(BridgeHealth::Connected);
    let engine = "TorchScript (as [model] engine says)".to_owned();
    it.health.model(ModelHealth::Ready { engine: engine.clone() });
    it.health.plc(PlcState::Connected);
    assert_eq!(it.health.report(&[], &ItemCounts::default(), at(1)), []);
    assert_eq!(it.status.borrow().problems, []);
    assert_eq!(it.status.borrow().engine, Some(engine));
    assert!(!it.health.ready(), "no camera delivers");
}

#[test]
fn what_is_on_hold_is_shown_and_is_no_problem() {
    let mut it = a_box();
    let hold = Hold {
        id: "recall-7".to_owned(),
        sku: "carton".to_owned(),
        lot: None,
        why: "glass".to_owned(),
        by: "quality".to_owned(),
        set_at: Timestamp::UNIX_EPOCH,
        expires_at: None,
    };
    it.health.holds(&Holds::new([(Origin::Site, hold.clone())]));
    it.health.report(&[], &ItemCounts::default(), at(1));
    assert_eq!(it.status.borrow().holds, [HoldView::from(Held { origin: Origin::Site, hold })]);
}

#[test]
fn a_lost_plc_is_one_alert_when_it_begins_and_one_when_it_ends() {
    let mut it = a_box();
    it.health.bridge(BridgeHealth::Connected);
    let none = ItemCounts::default();
    it.health.plc(PlcState::Lost { cause: "no answer".to_owned() });
    assert_eq!(it.health.report(&[], &none, at(1)).len(), 1);
    assert_eq!(it.health.report(&[], &none, at(2)).len(), 0);
    let problem = it.status.borrow().problems[0].clone();
    assert!(problem.what.contains("no answer"));
    assert_eq!(problem.since, at(1).wall.at(), "it has lasted since it was first seen");
    it.health.plc(PlcState::Connected);
    assert_eq!(it.health.report(&[], &none, at(3)).len(), 1);
}

#[test]
fn an_ambiguous_item_is_a_problem_for_a_minute() {
    let mut it = a_box();
    let items = ItemCounts { ambiguous: 1, ..ItemCounts::default() };
    let alerts = it.health.report(&[], &items, at(1));
    assert_eq!(alerts[0].alert, AlertKind::Ambiguous);
    assert_eq!(it.health.report(&[], &items, at(61)).len(), 0);
    assert_eq!(it.health.report(&[], &items, at(62)).len(), 1, "it is over");
}

#[test]
fn bodies_without_a_number_are_a_problem_for_a_minute() {
    let mut it = a_box();
    let mut items = ItemCounts::default();
    items.unnumbered.insert("put on".to_owned(), 2);
    let alerts = it.health.report(&[], &items, at(1));
    assert_eq!((alerts.len(), alerts[0].alert), (1, AlertKind::Unnumbered));
    assert!(it.status.borrow().problems.iter().any(|p| p.what.contains("2 bodies")));
    assert_eq!(it.health.report(&[], &items, at(62)).len(), 1, "it is over");
}

#[test]
fn a_fault_of_the_line_is_a_problem_with_its_remedy_and_an_alert_of_its_own() {
    let mut it = a_box();
    it.health.faults(vec![LineFault::EncoderStill, LineFault::EyeBlind(Eye::Lane(2))]);
    let alerts = it.health.report(&[], &ItemCounts::default(), at(1));
    assert!(alerts.iter().all(|alert| alert.alert == AlertKind::LineFault));
    assert_eq!(alerts.len(), 2);
    {
        let status = it.status.borrow();
        let of_line = |p: &&Problem| p.what.contains("encoder") || p.what.contains("lane 2");
        let of_line: Vec<&Problem> = status.problems.iter().filter(of_line).collect();
        let [encoder, eye] = of_line[..] else { panic!("{:?}", status.problems) };
        assert!(encoder.what.contains("encoder") && encoder.what.contains("without inspection"));
        assert!(encoder.remedy.contains("coupling"));
        assert!(eye.what.contains("lane 2") && !eye.what.contains("without inspection"));
    }
    it.health.faults(Vec::new());
    assert_eq!(it.health.report(&[], &ItemCounts::default(), at(2)).len(), 2);
    it.health.faults(vec![LineFault::EncoderStill]);
    it.health.bridge(BridgeHealth::Connecting);
    let alerts = it.health.report(&[], &ItemCounts::default(), at(3));
    assert!(alerts.iter().all(|alert| alert.alert != AlertKind::LineFault), "nobody knows");
}

#[test]
fn uninspected_items_are_a_problem_until_none_came_for_a_minute() {
    let mut it = a_box();
    let mut items = ItemCounts::default();
    items.uninspected.insert("too late".to_owned(), 1);
    assert_eq!(it.health.report(&[], &items, at(1)).len(), 1);
    assert_eq!(it.health.report(&[], &items, at(60)).len(), 0);
    items.uninspected.insert("too late".to_owned(), 2);
    assert_eq!(it.health.report(&[], &items, at(61)).len(), 0);
    assert_eq!(it.health.report(&[], &items, at(120)).len(), 0);
    assert_eq!(it.health.report(&[], &items, at(122)).len(), 1, "it is over");
}

#[test]
fn what_is_quoted_is_cut_and_marked_on_the_page_and_in_alerts() {
    let mut it = a_box();
    it.health.order("site/all/holds".to_owned(), Some("w".repeat(100_000)));
    let cause = "s".repeat(100_000);
    it.store.send_replace(StoreState::Failing { cause });
    let alerts = it.health.report(&[], &ItemCounts::default(), at(1));
    assert_eq!(alerts.len(), 2);
    for alert in alerts {
        // Its remedy comes behind it.
        assert!(alert.words.chars().count() <= QUOTING_MAX + 200 && alert.words.contains('…'));
    }
    for problem in &it.status.borrow().problems {
        assert!(problem.what.chars().count() <= QUOTING_MAX, "{}", problem.what.len());
    }
}

#[test]
fn what_was_learned_and_does_not_fit_is_a_problem() {
    let mut it = a_box();
    let misfit = Misfit {
        key: ["model", "references"],
        what: "camera top has no reference".to_owned(),
        remedy: "learn it".to_owned(),
    };
    it.misfits.send_replace(vec![misfit]);
    assert_eq!(it.health.report(&[], &ItemCounts::default(), at(1)), [], "no alert");
    let problems = it.status.borrow().problems.clone();
    assert!(problems.iter().any(|one| one.what == "camera top has no reference"));
}

#[test]
fn a_frozen_camera_is_down_until_its_picture_changes() {
    let source = "videotestsrc is-live=true ! video/x-raw,width=64,height=64,framerate=25/1";
    let section = serde_json::json!({
        "name": "top", "source": source, "width_px": 64, "height_px": 64, "position_mm": 1.0
    });
    let section = serde_json::from_value(section).expect("a whole section");
    let cameras = [Camera::start(section).expect("GStreamer has a test source")];
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while cameras[0].state() != CameraState::Streaming {
        assert!(std::time::Instant::now() < deadline, "{:?}", cameras[0].state());
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut it = a_box();
    it.health.frozen(vec!["top".to_owned()]);
    let alerts = it.health.report(&cameras, &ItemCounts::default(), at(1));
    assert_eq!(alerts[0].alert, AlertKind::CameraDown);
    assert!(alerts[0].words.contains("the same picture again and again"), "{alerts:?}");
    assert_eq!(it.status.borrow().cameras[0].state, CameraHealth::Down);
    it.health.frozen(Vec::new());
    assert_eq!(it.health.report(&cameras, &ItemCounts::default(), at(2)).len(), 1, "it is over");
    assert_eq!(it.status.borrow().cameras[0].state, CameraHealth::Streaming);
}

#[test]
fn a_store_that_fails_says_so_on_the_page() {
    let mut it = a_box();
    it.store.send_replace(StoreState::Failing { cause: "the disk is full".to_owned() });
    it.health.report(&[], &ItemCounts::default(), at(1));
    let status = it.status.borrow().clone();
    assert!(status.problems.iter().any(|problem| problem.what.contains("the disk is full")));
}

#[test]
fn a_doubted_clock_lost_pictures_and_missing_records_are_told_and_heal() {
    let mut it = a_box();
    let none = ItemCounts::default();
    it.health.clock(Some(Doubt::NeverSynchronised));
    it.health.records_missing(true);
    it.evidence.send_replace(StoreState::Failing { cause: "no room".to_owned() });
    let begun = it.health.report(&[], &none, at(1));
    let kinds: Vec<_> = begun.iter().map(|alert| alert.alert).collect();
    let (clock, evidence, records) =
        (AlertKind::ClockDoubted, AlertKind::EvidenceFailing, AlertKind::RecordsMissing);
    assert_eq!(kinds, [clock, evidence, records]);
    let status = it.status.borrow().clone();
    assert!(matches!(&status.clock, ClockStatus::Doubted { cause } if cause.contains("time")));
    let told = |words: &str| status.problems.iter().any(|one| one.what.contains(words));
    assert!(told("no room") && told("no time service") && told("records of items are missing"));
    assert!(status.problems.iter().all(|problem| !problem.remedy.is_empty()));

    it.health.clock(None);
    it.health.records_missing(false);
    it.evidence.send_replace(StoreState::Ok);
    let over = it.health.report(&[], &none, at(2));
    assert_eq!(over.len(), 3);
    assert_eq!(it.status.borrow().clock, ClockStatus::Trusted);
}
