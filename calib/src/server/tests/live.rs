//! The live stream: what open pages are told, and what many of them cost.

use std::time::Instant;

use super::listener::{Listener, plain};
use super::*;

/// The stream of an open page.
const LIVE: &str = "/api/live";

impl Listener {
    /// Listens for the next beat: how old the status is, in milliseconds.
    async fn newest_age(&mut self) -> u64 {
        self.heard.clear();
        self.until_said("a beat", |heard| {
            let (_, after) = heard.split_once("\"age_ms\":")?;
            after.split_once('}')?.0.parse().ok()
        })
        .await
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
