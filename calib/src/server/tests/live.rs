//! The live stream: what open pages are told, and what many of them cost.

use std::time::Instant;

use super::listener::{Listener, plain};
use super::*;

/// The stream of an open page.
const LIVE: &str = "/api/live";

impl Listener {
    /// Listens for the next beat: the ages that it tells.
    async fn newest_beat(&mut self) -> serde_json::Value {
        self.heard.clear();
        self.until_said("a beat", |heard| {
            let (_, after) = heard.split_once("event: beat\ndata: ")?;
            serde_json::from_str(after.split_once('\n')?.0).ok()
        })
        .await
    }

    /// How old the status is, in milliseconds.
    async fn newest_age(&mut self) -> u64 {
        self.newest_beat().await["age_ms"].as_u64().expect("it has an age")
    }
}

#[tokio::test]
async fn an_open_page_hears_what_there_is_and_what_changes() {
    let served = served_with(plain(), |limits| limits).await;
    let mut page = Listener::with_token(&served, LIVE).await;
    page.until("event: status").await;
    page.until("outbound 3").await;
    page.until("event: items").await;
    page.until("event: beat\ndata: {\"age_ms\":").await;
    let renamed = PageStatus { line: "inbound 4".to_owned(), ..PageStatus::default() };
    served.feed.send_replace(Arc::new(renamed));
    page.until("inbound 4").await;
}

#[tokio::test]
async fn a_box_that_says_nothing_new_grows_old_until_it_says_something() {
    let served = served_with(plain(), |limits| limits).await;
    let mut page = Listener::with_token(&served, LIVE).await;
    let start = Instant::now();
    while page.newest_age().await < 2000 {
        assert!(start.elapsed() < PATIENCE, "it never grows old: {}", page.heard);
    }
    served.feed.send_replace(Arc::new(PageStatus::default()));
    while page.newest_age().await >= 2000 {
        assert!(start.elapsed() < PATIENCE, "it never grows young again: {}", page.heard);
    }
}

#[tokio::test]
async fn one_who_asks_from_time_to_time_is_told_how_old_the_answer_is() {
    let served = served().await;
    let age = async || {
        let answer = served.machine().get("/api/status").await.unwrap();
        let told: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(told["line"], "outbound 3");
        told["age_ms"].as_u64().expect("it has an age")
    };
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let silent = age().await;
    assert!(silent >= 1500, "nothing was said for {silent} ms");
    served.feed.send_modify(|_| {});
    let start = Instant::now();
    while age().await >= silent {
        assert!(start.elapsed() < PATIENCE, "it never grows young again");
    }
}

#[tokio::test]
async fn items_and_counts_that_cannot_be_read_grow_old() {
    let served = served_with(plain(), |limits| limits).await;
    let mut page = Listener::with_token(&served, LIVE).await;
    page.until("event: items").await;
    let start = Instant::now();
    loop {
        let beat = page.newest_beat().await;
        let age = |of: &str| beat[of].as_u64().expect("it has an age");
        // The box of these tests never knows what happened today.
        if age("today_age_ms") >= 4000 {
            assert!(age("items_age_ms") < age("today_age_ms"), "items were read meanwhile: {beat}");
            break;
        }
        assert!(start.elapsed() < PATIENCE, "it never grows old: {beat}");
    }
    drop(page);
    // Whoever comes when nobody has listened for a while is not told of what was not asked.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let mut page = Listener::with_token(&served, LIVE).await;
    let today = page.newest_beat().await["today_age_ms"].as_u64().expect("it has an age");
    assert!(today < 4000, "{today} ms");
}

#[tokio::test]
async fn many_pages_cost_the_box_no_more_than_one_and_none_cost_nothing() {
    let served = served_with(plain(), |limits| Limits { streams: 8, ..limits }).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(served.the_box.asked.load(Ordering::Relaxed), 0, "nobody listens");
    let mut pages = Vec::new();
    for _ in 0..8 {
        pages.push(Listener::with_token(&served, LIVE).await);
    }
    for page in &mut pages {
        page.until("event: items").await;
    }
    let (before, start) = (served.the_box.asked.load(Ordering::Relaxed), Instant::now());
    tokio::time::sleep(Duration::from_secs(3)).await;
    let asked = served.the_box.asked.load(Ordering::Relaxed) - before;
    let most = start.elapsed().as_secs() as usize + 2;
    assert!(asked >= 1 && asked <= most, "asked {asked} times for 8 pages, {most} at most");

    let mut ninth = Listener::with_token(&served, LIVE).await;
    ninth.until("503").await;
    ninth.until("retry-after: 2").await;
    drop(pages);
    let start = Instant::now();
    loop {
        let mut again = Listener::with_token(&served, LIVE).await;
        again.until("\r\n").await;
        if again.heard.starts_with("HTTP/1.1 200") {
            break;
        }
        assert!(start.elapsed() < PATIENCE, "a page that was closed keeps its place");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let served = served_with(plain(), |limits| limits).await;
    served.add("anna", Role::Engineer);
    let anna = served.log_in("anna").await;
    let mut page = Listener::open(&served, LIVE, &format!("cookie: {}", anna.cookie)).await;
    page.until("event: beat").await;
    assert_eq!(anna.post("/log-out", &[]).await.status, 303);
    page.until("event: end").await;
    let so_far = page.heard.len();
    page.hear_out().await;
    let after = page.heard[so_far..].to_owned();
    assert!(!after.contains("event: status"), "told after the log-out: {after}");
}
