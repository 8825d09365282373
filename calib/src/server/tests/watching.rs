//! Watching a camera: its picture, its stream, and what one who does not listen costs.

use std::time::Instant;

use tokio::time::sleep;

use super::listener::{Listener, plain};
use super::*;
use crate::the_box::LivePicture;

/// Whose bytes are counted while anybody holds them.
struct Counted {
    bytes: Vec<u8>,
    _token: Arc<()>,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

fn picture(number: u64, bytes: Vec<u8>, token: &Arc<()>) -> LivePicture {
    let jpeg = Bytes::from_owner(Counted { bytes, _token: Arc::clone(token) });
    LivePicture {
        number,
        taken: Instant::now(),
        width_px: 1920,
        height_px: 1200,
        sharpness: Some(0.625),
        glare: 0.25,
        jpeg,
    }
}

impl Served {
    fn shows(&self, number: u64, bytes: &[u8]) {
        let shown = picture(number, bytes.to_vec(), &Arc::default());
        self.the_box.shown.send_replace(Some(Arc::new(shown)));
    }
}

/// The stream of camera `top`.
const TOP: &str = "/api/cameras/top/live.mjpeg";

#[tokio::test]
async fn a_cameras_newest_picture_comes_with_what_is_known_of_it() {
    let served = served().await;
    served.shows(41, b"older");
    served.shows(42, b"newest");
    let vera = served.person("vera", Role::Viewer).await;
    let answer = vera.get("/api/cameras/top/live.jpg").await;
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, &b"newest"[..]));
    assert_eq!(answer.headers["content-type"], "image/jpeg");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let facts: serde_json::Value =
        serde_json::from_slice(answer.headers["x-picture"].as_bytes()).unwrap();
    assert_eq!((&facts["number"], &facts["width_px"]), (&42.into(), &1920.into()), "{facts}");
    let frame = vera.get("/api/cameras/top/frame").await.text();
    let frame: serde_json::Value = serde_json::from_str(&frame).unwrap();
    assert_eq!(frame["window"]["position_mm"], 450.0, "{frame}");
    assert_eq!(frame["last_item"]["bounds"], serde_json::json!([10, 20, 300, 200]), "{frame}");
}

#[tokio::test]
async fn an_unknown_camera_and_one_without_a_picture_are_told_in_words() {
    let served =
        served_with(here(), |limits| Limits { turn: Duration::from_millis(200), ..limits }).await;
    let vera = served.person("vera", Role::Viewer).await;
    for path in ["live.jpg", "live.mjpeg", "frame"] {
        let answer = vera.get(&format!("/api/cameras/cellar/{path}")).await;
        let told = answer.text();
        assert!(answer.status == 404 && told.contains("no camera `cellar`"), "{path}: {told}");
    }
    let none = vera.get("/api/cameras/top/live.jpg").await;
    assert!(none.status == 503 && none.text().contains("check its cable"), "{}", none.text());
    let page = vera.get("/live/cellar").await;
    assert_eq!(page.status, 404);
    assert!(page.text().contains("There is no camera cellar. Choose one"), "{}", page.text());
    let german = [("cookie", format!("{}; language=de", vera.cookie))];
    let request = Request::get("/live/keller").header(german[0].0, &german[0].1);
    let request = request.body(Full::<Bytes>::default()).unwrap();
    let page = vera.client.send(request).await.unwrap().text();
    assert!(page.contains("Es gibt keine Kamera keller."), "{page}");
    let page = vera.get("/live/%3Cscript%3E").await.text();
    assert!(!page.contains("<script>"), "{page}");
}

#[tokio::test]
async fn everybody_who_may_see_the_line_finds_its_cameras() {
    let served = served().await;
    let vera = served.person("vera", Role::Viewer).await;
    let empty = vera.get("/live").await.text();
    assert!(empty.contains("No camera is known yet"), "{empty}");
    let status = r#"{"name":"top","state":"down","cause":"unplugged","fps":0.0,"counters":
        {"received":0,"dropped":0,"late":0,"errors":0,"reconnects":0}}"#;
    let camera = serde_json::from_str(status).unwrap();
    served
        .feed
        .send_replace(Arc::new(PageStatus { cameras: vec![camera], ..PageStatus::default() }));
    let page = vera.get("/live").await.text();
    assert!(page.contains("href=\"/live/top\"") && page.contains("down"), "{page}");
    let page = vera.get("/live/top").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Live view: top"), "{}", page.text());
}

#[tokio::test]
async fn pictures_come_as_they_are_and_the_last_one_again_where_none_is_new() {
    let served = served_with(plain(), |limits| limits).await;
    let mut viewer = Listener::with_token(&served, TOP).await;
    viewer.until("multipart/x-mixed-replace; boundary=frame").await;
    // Nothing yet, and that is said.
    viewer
        .until("Content-Type: text/plain\r\nContent-Length: 0\r\nX-Camera: {\"camera\":\"top\"")
        .await;
    served.shows(7, b"seven");
    viewer.until("Content-Type: image/jpeg\r\nContent-Length: 5\r\n").await;
    viewer.until("X-Picture: {\"number\":7,").await;
    // The boundary comes with it, in a chunk of 11 bytes: an <img> waits for that.
    viewer.until("seven\r\nB\r\n\r\n--frame\r\n").await;
    viewer.heard.clear();
    viewer.until("seven\r\n").await;
    let (_, age) = viewer.heard.split_once("\"age_ms\":").unwrap();
    let age: u64 = age.split(',').next().unwrap().parse().unwrap();
    assert!(age >= 500, "it grows old: {}", viewer.heard);
    served.shows(8, b"eight");
    viewer.until("eight\r\n").await;
}

#[tokio::test]
async fn one_who_does_not_listen_holds_one_picture() {
    let served = served_with(plain(), |limits| limits).await;
    // Read nothing: the system's buffers take a few of these at most.
    let viewer = Listener::with_token(&served, TOP).await;
    let token = Arc::new(());
    let start = Instant::now();
    while served.the_box.shown.receiver_count() == 0 {
        assert!(start.elapsed() < PATIENCE, "nobody watches");
        sleep(Duration::from_millis(10)).await;
    }
    let most = async |rounds: u64| {
        let mut most = 0;
        for number in 0..rounds {
            let shown = picture(number, vec![7; 8 << 20], &token);
            served.the_box.shown.send_replace(Some(Arc::new(shown)));
            sleep(Duration::from_millis(20)).await;
            most = most.max(Arc::strong_count(&token) - 1);
        }
        most
    };
    assert!(most(4).await >= 1);
    // The newest, and the one that is being sent.
    let held = most(30).await;
    assert!(held <= 2, "{held} pictures are held");
    drop(viewer);
}

#[tokio::test]
async fn watching_takes_a_seat_of_those_that_all_streams_share() {
    let served = served_with(plain(), |limits| Limits { streams: 2, ..limits }).await;
    served.shows(1, b"one");
    let mut first = Listener::with_token(&served, TOP).await;
    let mut second = Listener::with_token(&served, TOP).await;
    first.until("one\r\n").await;
    second.until("one\r\n").await;
    let mut third = Listener::with_token(&served, TOP).await;
    third.until("HTTP/1.1 503").await;
    drop(first);
    let start = Instant::now();
    loop {
        let mut again = Listener::with_token(&served, TOP).await;
        again.until("\r\n").await;
        if again.heard.starts_with("HTTP/1.1 200") {
            break;
        }
        assert!(start.elapsed() < PATIENCE, "one that has gone keeps its seat");
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let served = served_with(plain(), |limits| limits).await;
    served.shows(1, b"one");
    served.add("anna", Role::Engineer);
    let anna = served.log_in("anna").await;
    let mut viewer = Listener::open(&served, TOP, &format!("cookie: {}", anna.cookie)).await;
    viewer.until("one\r\n").await;
    assert_eq!(anna.post("/log-out", &[]).await.status, 303);
    served.shows(2, b"after the log-out");
    let start = Instant::now();
    // The last piece says that the answer is whole.
    viewer.until("\r\n0\r\n\r\n").await;
    assert!(start.elapsed() < Duration::from_secs(10), "it takes {:?}", start.elapsed());
    assert!(!viewer.heard.contains("after the log-out"), "{}", viewer.heard);
}

#[tokio::test]
async fn a_stream_ends_by_itself_before_its_connection_does() {
    let life = Duration::from_secs(4);
    let served = served_with(plain(), |limits| Limits { life, ..limits }).await;
    served.shows(1, b"one");
    let (start, mut viewer) = (Instant::now(), Listener::with_token(&served, TOP).await);
    viewer.until("\r\n0\r\n\r\n").await;
    let took = start.elapsed();
    assert!(took < life, "it ended after {took:?} only");
    viewer.hear_out().await;
    assert!(served.the_box.shown.receiver_count() == 0, "somebody watches still");
}
