//! The live stream: what open pages are told, and what many of them cost.

use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::*;

/// An open page: what it hears comes in as text.
struct Listener {
    socket: TcpStream,
    heard: String,
}

impl Listener {
    async fn open(served: &Served, header: &str) -> Self {
        let mut socket = TcpStream::connect(served.address).await.unwrap();
        let head = format!("GET /api/live HTTP/1.1\r\nhost: box\r\n{header}\r\n\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        Self { socket, heard: String::new() }
    }

    async fn with_token(served: &Served) -> Self {
        Self::open(served, &format!("authorization: Bearer {}", served.token().reveal())).await
    }

    /// Listens until `is_said` finds what it looks for in all that was heard.
    async fn until_said<T>(&mut self, what: &str, is_said: impl Fn(&str) -> Option<T>) -> T {
        let hear = async {
            loop {
                if let Some(said) = is_said(&self.heard) {
                    return said;
                }
                let mut bytes = [0; 4096];
                let count = self.socket.read(&mut bytes).await.unwrap();
                assert!(count > 0, "the stream ended before {what}: {}", self.heard);
                self.heard.push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        };
        timeout(PATIENCE, hear).await.unwrap_or_else(|_| panic!("never said: {what}"))
    }

    /// Listens until `what` has been said.
    async fn until(&mut self, what: &str) {
        self.until_said(what, |heard| heard.contains(what).then_some(())).await;
    }

    /// Listens for the next beat: how old the status is, in milliseconds.
    async fn newest_age(&mut self) -> u64 {
        self.heard.clear();
        self.until_said("a beat", |heard| {
            let (_, after) = heard.split_once("\"age_ms\":")?;
            after.split_once('}')?.0.parse().ok()
        })
        .await
    }

    /// Listens until nothing can come any more.
    async fn hear_out(&mut self) {
        let mut rest = Vec::new();
        _ = timeout(PATIENCE, self.socket.read_to_end(&mut rest)).await.expect("it ends");
        self.heard.push_str(&String::from_utf8_lossy(&rest));
    }
}

fn plain() -> WebSection {
    WebSection { plain_http: true, ..here() }
}

#[tokio::test]
async fn an_open_page_hears_what_there_is_and_what_changes() {
    let served = served_with(plain(), |limits| limits).await;
    let mut page = Listener::with_token(&served).await;
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
    let mut page = Listener::with_token(&served).await;
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
        pages.push(Listener::with_token(&served).await);
    }
    for page in &mut pages {
        page.until("event: items").await;
    }
    let (before, start) = (served.the_box.asked.load(Ordering::Relaxed), Instant::now());
    tokio::time::sleep(Duration::from_secs(3)).await;
    let asked = served.the_box.asked.load(Ordering::Relaxed) - before;
    let most = start.elapsed().as_secs() as usize + 2;
    assert!(asked >= 1 && asked <= most, "asked {asked} times for 8 pages, {most} at most");

    let mut ninth = Listener::with_token(&served).await;
    ninth.until("503").await;
    ninth.until("retry-after: 2").await;
    drop(pages);
    let start = Instant::now();
    loop {
        let mut again = Listener::with_token(&served).await;
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
    let mut page = Listener::open(&served, &format!("cookie: {}", anna.cookie)).await;
    page.until("event: beat").await;
    assert_eq!(anna.post("/log-out", &[]).await.status, 303);
    page.until("event: end").await;
    let so_far = page.heard.len();
    page.hear_out().await;
    let after = page.heard[so_far..].to_owned();
    assert!(!after.contains("event: status"), "told after the log-out: {after}");
}
