//! A bridge that is killed with items on the belt goes on where it was.

use line::protocol::{Action, Refusal};

use super::*;

/// The next event, and what its item is.
fn told(inspector: &mut Inspector) -> (u64, ItemEvent) {
    loop {
        if let Some(event) = inspector.event_or_state() {
            return event;
        }
    }
}

#[test]
fn a_bridge_that_is_killed_knows_its_items_again() {
    let (plc, mut bridge, mut inspector) = line();
    plc.put_item(Eye::Lane(1), 605);
    plc.run_belt(SPEED);
    assert!(matches!(inspector.event(), (1, ItemEvent::Entered { item: 1, .. })));
    wait_for("there is room behind it", || plc.image().status.encoder > 100);
    plc.run_belt(0);
    inspector.verdict(1, Verdict::Pass);
    assert!(matches!(inspector.event(), (2, ItemEvent::Delivered { item: 1, .. })));
    inspector.acknowledge(1);
    inspector.verdict(7, Verdict::Pass);
    assert!(matches!(inspector.next(), Some(FromBridge::Refused { item: 7, .. })), "it has read");
    let boot = inspector.boot.clone();

    bridge.kill();
    drop(inspector);
    // While nobody listens another item enters.
    plc.put_item(Eye::Exit, 705);
    plc.run_belt(1);
    wait_for("it is seen", || plc.image().status.event_head == 2);
    plc.run_belt(0);
    bridge.start_again();
    bridge.wait_for_log("an earlier start is gone on with, 1 items are on the belt");
    let mut inspector = Inspector::connect(&bridge);
    assert_eq!(inspector.boot, boot, "numbers and boot go on");
    assert!(matches!(told(&mut inspector), (2, ItemEvent::Delivered { item: 1, .. })), "owed");
    assert!(matches!(told(&mut inspector), (3, ItemEvent::Entered { item: 2, .. })));

    // The first is not inspected any more, the second is.
    inspector.verdict(1, Verdict::Pass);
    let refused = inspector.next();
    let Some(FromBridge::Refused { item: 1, why: Refusal::BridgeRestarted }) = refused else {
        panic!("{refused:?}")
    };
    inspector.verdict(2, Verdict::Pass);
    plc.run_belt(SPEED);
    let mut decided = Vec::new();
    let mut ended = Vec::new();
    while ended.len() < 2 {
        match told(&mut inspector).1 {
            ItemEvent::Decided { item, decision, .. } => decided.push((item, decision)),
            ItemEvent::Outcome { item, outcome, .. } => ended.push((item, outcome)),
            ItemEvent::Entered { .. }
            | ItemEvent::Identified { .. }
            | ItemEvent::Delivered { .. }
            | ItemEvent::Placed { .. }
            | ItemEvent::Seen { .. } => {}
            event @ ItemEvent::Unnumbered { .. } => panic!("{event:?}"),
        }
    }
    assert_eq!((decided[0].0, decided[0].1.action), (1, Action::Divert { lane: 1 }));
    assert_eq!(decided[0].1.fall_back, Some(FallBackCause::BridgeRestarted));
    assert_eq!((decided[1].0, &decided[1].1.fall_back), (2, &None));
    assert_eq!(ended, [(1, Outcome::Diverted { lane: 1 }), (2, Outcome::Passed)]);
    let last = plc.image().taken.iter().rfind(|result| result.acquisition == 1).copied();
    assert_eq!(last.map(|result| (result.lane, result.source)), Some((1, SOURCE_FALL_BACK)));
}
