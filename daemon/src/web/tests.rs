//! The page over real HTTP; items and pictures are tested in `daemon/tests/page.rs`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::*;

/// Far longer than any limit of these tests, so that a limit that does not hold is seen.
const PATIENCE: Duration = Duration::from_secs(20);

const HERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

fn ask(address: SocketAddr, path: &str) -> (u16, String) {
    let (code, _, text) = ask_whole(address, path);
    (code, text)
}

/// Status, when to come again, and the text.
fn ask_whole(address: SocketAddr, path: &str) -> (u16, Option<String>, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .build()
        .into();
    let mut answer = agent.get(format!("http://{address}{path}")).call().unwrap();
    let again = answer.headers().get(RETRY_AFTER);
    let again = again.map(|value| value.to_str().unwrap().to_owned());
    (answer.status().as_u16(), again, answer.body_mut().read_to_string().unwrap())
}

/// Serves `status` over an empty folder while `questions` runs.
async fn while_serving(status: PageStatus, questions: impl FnOnce(SocketAddr) + Send + 'static) {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits::of_this_process();
    while_serving_with(limits, status, folder.path(), questions).await;
}

async fn while_serving_with(
    limits: Limits,
    status: PageStatus,
    folder: &Path,
    questions: impl FnOnce(SocketAddr) + Send + 'static,
) {
    let page = Page { limits, ..Page::bind(HERE).unwrap() };
    let address = page.address();
    let (_feed, status) = watch::channel(Arc::new(status));
    tokio::select! {
        served = page.serve(status, folder.to_owned()) => panic!("stopped: {served:?}"),
        asked = spawn_blocking(move || questions(address)) => asked.unwrap(),
    }
}

#[tokio::test]
async fn the_page_and_its_parts_are_served_and_fetch_nothing_from_elsewhere() {
    while_serving(PageStatus::default(), |address| {
        for path in ["/", "/page.css", "/page.js", "/icon.svg"] {
            let (status, text) = ask(address, path);
            assert_eq!(status, 200, "{path}");
            let foreign = text.replace("http://www.w3.org/2000/svg", "").contains("http");
            assert!(!foreign, "{path} names an outside address");
        }
    })
    .await;
}

#[tokio::test]
async fn the_status_is_what_inspectd_fed_last() {
    let status = PageStatus { line: "outbound".to_owned(), ready: true, ..PageStatus::default() };
    let expected = status.clone();
    while_serving(status, move |address| {
        let (code, text) = ask(address, "/api/status");
        assert_eq!(code, 200);
        assert_eq!(serde_json::from_str::<PageStatus>(&text).unwrap(), expected);
    })
    .await;
}

#[tokio::test]
async fn mistakes_are_answered_in_plain_words_with_the_next_step() {
    while_serving(PageStatus::default(), |address| {
        let (code, text) = ask(address, "/api/items?limit=many");
        assert_eq!(code, 400);
        assert!(text.contains("/api/items?limit=N"), "{text}");
        let (code, text) = ask(address, "/api/items");
        assert_eq!(code, 503, "there is no database: {text}");
        assert!(text.contains("records.db"), "{text}");
        let (code, text) = ask(address, "/nothing");
        assert_eq!(code, 404);
        assert!(text.contains("the page is at /"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn a_port_in_use_names_the_key_to_change() {
    let first = Page::bind(HERE).unwrap();
    let refused = Page::bind(first.address()).unwrap_err();
    let text = refused.to_string();
    assert!(matches!(refused, WebError::PortInUse { .. }), "{text}");
    assert!(text.contains("[web]") && text.contains(&first.address().to_string()), "{text}");
}

#[tokio::test]
async fn an_address_of_another_machine_names_the_key_to_change() {
    // 192.0.2.0/24 is reserved for documentation: no machine has it.
    let refused = Page::bind(SocketAddr::from(([192, 0, 2, 1], 8080))).unwrap_err();
    assert!(refused.to_string().contains("`listen` in section [web]"), "{refused}");
}

fn connect(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// Whether the other side ends the connection within [`PATIENCE`], whatever it says before.
fn is_ended(mut socket: TcpStream) -> bool {
    match socket.read_to_end(&mut Vec::new()) {
        Ok(_) => true,
        Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
    }
}

#[tokio::test]
async fn connections_end_that_ask_nothing_or_never_finish_asking() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { head: Duration::from_millis(200), ..Limits::of_this_process() };
    while_serving_with(limits, PageStatus::default(), folder.path(), |address| {
        let silent = connect(address);
        let mut answered = connect(address);
        answered.write_all(b"GET /api/status HTTP/1.1\r\nhost: box\r\n\r\n").unwrap();
        let mut without_body = connect(address);
        let head = b"GET /api/status HTTP/1.1\r\nhost: box\r\ncontent-length: 9\r\n\r\n";
        without_body.write_all(head).unwrap();
        let mut dripping = connect(address);
        let start = Instant::now();
        let mut head = b"GET / HTTP/1.1\r\nx-pad: ".iter().chain(std::iter::repeat(&b'x'));
        while start.elapsed() < PATIENCE {
            let byte = head.next().copied().unwrap();
            if dripping.write_all(&[byte]).is_err() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(start.elapsed() < PATIENCE, "a head that never ends is read for ever");
        assert!(is_ended(silent), "silent");
        assert!(is_ended(answered), "silent after its answer");
        assert!(is_ended(without_body), "without the body it announced");
    })
    .await;
}

#[tokio::test]
async fn a_browser_that_does_not_take_its_picture_is_let_go_and_others_get_theirs() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("evidence")).unwrap();
    // More than the kernel takes for a reader that does not read.
    std::fs::write(folder.path().join("evidence/large.jpg"), vec![0; 30 << 20]).unwrap();
    std::fs::write(folder.path().join("evidence/small.jpg"), b"small").unwrap();
    let short = Duration::from_millis(200);
    let turn = PATIENCE;
    let limits =
        Limits { pictures: 1, life: short, parting: short, turn, ..Limits::of_this_process() };
    while_serving_with(limits, PageStatus::default(), folder.path(), |address| {
        let mut stalled = connect(address);
        stalled.write_all(b"GET /evidence/large.jpg HTTP/1.1\r\nhost: box\r\n\r\n").unwrap();
        // It has begun to answer, so the only turn is taken.
        stalled.read_exact(&mut [0; 64]).unwrap();
        // A question that waits longer than a connection lives is cut off itself, so it is asked
        // again, as a browser would.
        let start = Instant::now();
        let small = std::iter::repeat_with(|| {
            let mut socket = connect(address);
            let ask = b"GET /evidence/small.jpg HTTP/1.1\r\nhost: box\r\nconnection: close\r\n\r\n";
            let mut answer = Vec::new();
            // A cut connection is an answer that lacks the picture.
            _ = socket.write_all(ask).and_then(|()| socket.read_to_end(&mut answer));
            answer
        });
        let mut small = small.take_while(|_| start.elapsed() < PATIENCE);
        assert!(small.any(|answer| answer.ends_with(b"small")), "the turn is held for ever");
        drop(stalled);
    })
    .await;
}

#[tokio::test]
async fn who_does_not_get_a_turn_is_told_when_to_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let turn = Duration::from_millis(50);
    let limits = Limits { queries: 0, pictures: 0, turn, ..Limits::of_this_process() };
    while_serving_with(limits, PageStatus::default(), folder.path(), |address| {
        for path in ["/api/items", "/evidence/any.jpg"] {
            let (code, again, text) = ask_whole(address, path);
            assert_eq!(code, 503, "{path}: {text}");
            assert!(text.starts_with("busy") && text.contains("Ask again"), "{path}: {text}");
            assert_eq!(again.as_deref(), Some("2"), "{path}");
        }
        assert_eq!(ask(address, "/api/status").0, 200, "the status needs no turn");
    })
    .await;
}

#[tokio::test]
async fn beyond_the_cap_the_longest_idle_makes_room_and_none_idle_means_come_later() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        connections: 2,
        queries: 0,
        turn: PATIENCE,
        head: PATIENCE,
        ..Limits::of_this_process()
    };
    while_serving_with(limits, PageStatus::default(), folder.path(), |address| {
        let first = connect(address);
        let second = connect(address);
        // Each of these takes the place of an idle one and then waits for its query.
        let asking = [(), ()].map(|()| {
            let mut socket = connect(address);
            socket.write_all(b"GET /api/items HTTP/1.1\r\nhost: box\r\n\r\n").unwrap();
            socket
        });
        assert!(is_ended(first) && is_ended(second), "the idle ones made no room");
        // Until both questions have arrived one of them may still make room.
        let start = Instant::now();
        let refused = std::iter::repeat_with(|| {
            let mut answer = String::new();
            let mut socket = connect(address);
            _ = socket
                .write_all(b"GET /api/status HTTP/1.1\r\nhost: box\r\nconnection: close\r\n\r\n");
            _ = socket.read_to_string(&mut answer);
            answer
        })
        .take_while(|_| start.elapsed() < PATIENCE / 2)
        .find(|answer| answer.starts_with("HTTP/1.1 503"));
        let refused = refused.expect("one beyond the cap is told");
        assert!(refused.contains("retry-after: 2\r\n"), "{refused}");
        assert!(refused.ends_with("try again in a few seconds\n"), "{refused}");
        drop(asking);
    })
    .await;
}

#[tokio::test]
async fn the_page_needs_nothing_of_the_loops_runtime() {
    let folder = tempfile::tempdir().unwrap();
    let (_feed, status) = watch::channel(Arc::default());
    let page = PageThread::start(HERE, status, folder.path().to_owned()).unwrap();
    let address = page.address().expect("a free port");
    // This blocks the only thread of the runtime that stands for the loop's.
    assert_eq!(ask(address, "/api/status").0, 200);
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
    drop(page);
    let start = Instant::now();
    while TcpStream::connect(address).is_ok() {
        assert!(start.elapsed() < PATIENCE, "a page that was dropped is served for ever");
        std::thread::sleep(Duration::from_millis(10));
    }
}
