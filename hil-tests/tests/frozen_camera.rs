//! A camera that hangs on the running line: named on the page, and what it should have seen is uninspected.

mod common;

use std::time::Duration;

use anyhow::Context;
use common::Bench;
use hil_tests::harness::{account, wait_for};
use line::protocol::{Action, Verdict};

/// The first item that the camera does not show any more.
const HANGS_FROM: u64 = 4;
/// Items after it that must be uninspected.
const AFTER: usize = 4;

#[test]
fn a_camera_that_repeats_one_picture_is_named_and_its_items_are_uninspected() -> anyhow::Result<()>
{
    let freeze = format!("top:{HANGS_FROM}");
    let twin = ["--rate", "1", "--defect-rate", "0", "--freeze", &freeze];
    let mut bench = Bench::start(&twin, |_| {})?;
    let page = bench.line.page.clone();
    let is_named = || {
        let status = page.status()?;
        let named = "camera top is down: it is frozen";
        let problem = status.problems.iter().find(|problem| problem.what.starts_with(named))?;
        let down =
            status.cameras.iter().any(|camera| camera.name == "top" && camera.state == "down");
        (down && problem.remedy.contains("off and on")).then_some(())
    };
    wait_for(Duration::from_secs(40), is_named)
        .with_context(|| format!("nobody says that it hangs: {:#?}", page.status()))?;
    bench.wait_for_items(HANGS_FROM as usize - 1 + AFTER, Duration::from_secs(40))?;
    assert!(bench.line.run_empty(Duration::from_secs(30)), "the records settle");

    let account = bench.line.account(bench.line.page.status().as_ref())?;
    assert!(account.records_equal_truth && account.mis_sorted == 0, "{account:#?}");
    assert!(account::read_truth(&bench.line.truth())?.len() >= HANGS_FROM as usize - 1 + AFTER);
    for record in bench.line.records()? {
        let hangs = record.item >= HANGS_FROM;
        let Some(Verdict::Uninspected { cause }) = &record.verdict else {
            assert!(!hangs, "item {} was inspected with the picture of another", record.item);
            continue;
        };
        assert!(hangs, "item {} was seen, and was not inspected: {cause}", record.item);
        assert!(cause.contains("top") && cause.contains("it is frozen"), "{cause}");
        let action = record.decision.as_ref().map(|decision| decision.action);
        assert_eq!(action, Some(Action::Divert { lane: 1 }), "as the line file says");
    }
    assert_eq!(bench.line.stop(), Vec::<&str>::new());
    Ok(())
}
