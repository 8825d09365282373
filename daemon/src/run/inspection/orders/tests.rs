//! What a long list costs the loop, which must not pause: an item waits for its verdict meanwhile.

use std::time::{Duration, Instant};

use line::line_file;
use rustix::time::{ClockId, clock_gettime};
use tempfile::TempDir;
use tokio::sync::watch;

use super::*;
use crate::config::LineFile;
use crate::fleet::orders;
use crate::item::quarantine::Quarantine;
use crate::records::{Evidence, Store, StoreThread};
use crate::run::bridge_link::BridgeLink;
use crate::run::health::{Health, Watched};
use crate::run::inspection::tests::parts;
use crate::run::recorder::Recorder;
use crate::wall_clock::Clock;
use crate::warehouse::expectations::{EXPECTATIONS_MAX, Expectations};

const TOPIC: &str = "inspectd/v1/north/all/expected";

/// A loop without cameras and without a bridge; it stores what it is told.
struct Idle {
    inspection: Inspection,
    // Dropped last, in this order.
    store: StoreThread,
    _folder: TempDir,
}

fn idle() -> Idle {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).expect("a store");
    let evidence = Evidence::new(folder.path());
    let (store, handle) = StoreThread::start(store, evidence).expect("a thread");
    let (recorder, _) = Recorder::start(handle.clone(), |_| {}).expect("a thread");
    let (status, _) = watch::channel(Default::default());
    let (state, _) = watch::channel(Default::default());
    let (_, misfits) = watch::channel(Vec::new());
    let watched =
        Watched { store: handle.state(), evidence: handle.evidence(), fleet: None, misfits };
    let health = Health::new("line 1", Some("carton"), watched, status, state);
    let (link, _events) = BridgeLink::start(folder.path().join("nobody.sock"));
    let line: LineFile =
        line_file::parse(include_str!("../../../ctl/example-line.toml")).expect("no mistake");
    let clock = Clock::system(line.clock.rules(None));
    let quarantine = Quarantine::new(line.policy.batch_test(), None, Vec::new(), Vec::new());
    let parts = parts(link, recorder, health, clock);
    let inspection = Inspection::new(&line, parts, Vec::new(), quarantine, Expectations::default());
    Idle { inspection, store, _folder: folder }
}

/// A list of `count` items that are known in full. Lists of two editions differ in every item.
fn list(count: usize, edition: usize) -> Vec<u8> {
    let item = |number: usize| {
        let digits = format!("2{number:011}");
        let weighted = digits.bytes().zip([1_u32, 3].into_iter().cycle());
        let sum: u32 = weighted.map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
        let check = (10 - sum % 10) % 10;
        format!(
            r#"{{"sku":"SKU-{number:08}","gtin":"{digits}{check}","title":"Polo shirt, number {number}","size":"EU {}","colour":"navy","count":{},"lot":"L{number:06}","expiry":"2027-05-13"}}"#,
            30 + number % 20,
            1 + edition,
        )
    };
    let items: Vec<String> = (0..count).map(item).collect();
    format!(r#"{{"schema":"expected/1","items":[{}]}}"#, items.join(",")).into_bytes()
}

/// How long something took: by the clock, and of the processor's time of this thread. On a machine that does
/// other things beside, the first has in it how long others were let run.
#[derive(Clone, Copy)]
struct Taken {
    clock: Duration,
    processor: Duration,
}

fn processor_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().expect("it does not run backwards")
}

fn taken(work: impl FnOnce()) -> Taken {
    let (begun, used) = (Instant::now(), processor_time());
    work();
    Taken { clock: begun.elapsed(), processor: processor_time() - used }
}

/// Allocations that following an order may take: for its words, the log, and what is handed to threads.
const FEW: u64 = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_loop_does_nothing_for_the_single_items_of_a_list() {
    let mut it = idle();
    // Another list, the same list, an empty one: what came before is dropped each time.
    let lists = [list(20_000, 0), list(20_000, 1), list(20_000, 1), Vec::new()];
    for (place, text) in lists.iter().enumerate() {
        let order = orders::read(TOPIC, text);
        let memory = allocation_counter::measure(|| it.inspection.on_order(order));
        assert!(memory.count_total < FEW, "list {place}: {memory:?}");
        // It counts below nothing what was taken before and is freed here.
        assert!(memory.count_current > -(FEW as i64), "list {place}: {memory:?}");
        let known = it.inspection.expectations.of("SKU-00019999").is_some();
        assert_eq!(known, !text.is_empty(), "list {place}");
    }
    drop(it.inspection);
    assert_eq!(it.store.stop(), 0, "everything is stored");
}

/// `cargo test -p inspectd --lib longest_pause -- --ignored --nocapture`
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: it prints the loop's longest pauses"]
async fn longest_pause_of_the_loop_while_a_long_list_comes() {
    let mut it = idle();
    let (mut follow, mut same, mut look, mut read) = (vec![], vec![], vec![], vec![]);
    for edition in 0..20 {
        let text = list(EXPECTATIONS_MAX, edition);
        let mut order = None;
        read.push(taken(|| order = Some(orders::read(TOPIC, &text))));
        follow.push(taken(|| it.inspection.on_order(order.expect("read"))));
        let again = orders::read(TOPIC, &text);
        same.push(taken(|| it.inspection.on_order(again)));
        look.push(taken(|| assert_eq!(it.inspection.expectations.sku_of("09999999999994"), None)));
        // The store catches up, so that what it holds is dropped as on a box.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let of = |mut times: Vec<Duration>| {
        times.sort_unstable();
        format!("{:.1?}, longest {:.1?}", times[times.len() / 2], times[times.len() - 1])
    };
    let told = |what: &str, times: Vec<Taken>| {
        let clock = of(times.iter().map(|taken| taken.clock).collect());
        let processor = of(times.iter().map(|taken| taken.processor).collect());
        println!("{what}: median {clock}; processor {processor}");
    };
    told("the loop, another list", follow);
    told("the loop, the same list", same);
    told("the loop, a GTIN that no list has", look);
    told("the thread that receives", read);
    drop(it.inspection);
    assert_eq!(it.store.stop(), 0, "everything is stored");
}
