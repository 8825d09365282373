//! Many browsers, slow ones and stalled ones: others are answered.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Instant;

use tokio::task::spawn_blocking;

use super::*;

fn plain() -> WebSection {
    WebSection { plain_http: true, ..here() }
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

fn head(path: &str, token: &Secret, more: &str) -> Vec<u8> {
    let token = token.reveal();
    format!("GET {path} HTTP/1.1\r\nhost: box\r\nauthorization: Bearer {token}\r\n{more}\r\n")
        .into_bytes()
}

#[tokio::test]
async fn connections_end_that_ask_nothing_or_never_finish_asking() {
    let limits = |limits| Limits { head: Duration::from_millis(200), ..limits };
    for section in [plain(), here()] {
        let is_plain = section.plain_http;
        let served = served_with(section, limits).await;
        let address = served.address;
        spawn_blocking(move || {
            let silent = connect(address);
            let mut answered = connect(address);
            answered.write_all(b"GET /healthz HTTP/1.1\r\nhost: box\r\n\r\n").unwrap();
            let mut without_body = connect(address);
            let head = b"GET /healthz HTTP/1.1\r\nhost: box\r\ncontent-length: 9\r\n\r\n";
            without_body.write_all(head).unwrap();
            // To an encrypted page this is a handshake that never ends.
            let mut dripping = connect(address);
            let start = Instant::now();
            let mut head = b"\x16\x03\x01\x02".iter().chain(std::iter::repeat(&b'x'));
            let mut plain = b"GET / HTTP/1.1\r\nx-pad: ".iter().chain(std::iter::repeat(&b'x'));
            while start.elapsed() < PATIENCE {
                let byte = if is_plain { plain.next() } else { head.next() };
                if dripping.write_all(&[*byte.unwrap()]).is_err() {
                    break;
                }
                thread::sleep(Duration::from_millis(20));
            }
            assert!(start.elapsed() < PATIENCE, "a head that never ends is read for ever");
            assert!(is_ended(silent), "silent");
            assert!(is_ended(answered), "silent after its answer");
            assert!(is_ended(without_body), "without the body it announced");
        })
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn two_hundred_slow_connections_do_not_keep_a_technician_out() {
    let served = served().await;
    let anna = served.person("anna", Role::Engineer).await;
    let address = served.address;
    // Half of them say nothing, half of them begin a handshake, a byte at a time.
    let mut slow: Vec<TcpStream> =
        spawn_blocking(move || (0..200).map(|_| connect(address)).collect()).await.unwrap();
    let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01";
    for (round, byte) in hello.iter().enumerate() {
        for socket in slow.iter_mut().step_by(2) {
            // The page ends some of them: that is its right.
            _ = socket.write_all(&[*byte]);
        }
        let answer = anna.get("/api/status").await;
        assert_eq!(answer.status, 200, "round {round}: {}", answer.text());
    }
    assert_eq!(anna.get("/people").await.status, 200);
    assert_eq!(served.try_log_in("anna", PASSWORD).await.status, 303);
}

#[tokio::test]
async fn a_browser_that_does_not_take_its_picture_is_let_go_and_others_get_theirs() {
    let short = Duration::from_millis(200);
    let served = served_with(plain(), |limits| Limits {
        pictures: 1,
        life: short,
        parting: short,
        turn: PATIENCE,
        ..limits
    })
    .await;
    let (address, token) = (served.address, served.token());
    spawn_blocking(move || {
        let mut stalled = connect(address);
        stalled.write_all(&head("/evidence/large.jpg", &token, "")).unwrap();
        // It has begun to answer, so the only turn is taken.
        stalled.read_exact(&mut [0; 64]).unwrap();
        // A question that waits longer than a connection lives is cut off itself, so it is asked
        // again, as a browser would.
        let start = Instant::now();
        let small = std::iter::repeat_with(|| {
            let mut socket = connect(address);
            let mut answer = Vec::new();
            let ask = head("/evidence/day/a.png", &token, "connection: close\r\n");
            // A cut connection is an answer that lacks the picture.
            _ = socket.write_all(&ask).and_then(|()| socket.read_to_end(&mut answer));
            answer
        });
        let mut small = small.take_while(|_| start.elapsed() < PATIENCE);
        assert!(small.any(|answer| answer.ends_with(b"picture")), "the turn is held for ever");
        drop(stalled);
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_slow_browser_gets_the_whole_of_a_download_and_one_that_takes_nothing_is_let_go() {
    let short = Duration::from_millis(100);
    let stall = Duration::from_secs(2);
    let limits = |limits| Limits { downloads: 1, life: short, parting: short, stall, ..limits };
    let served = served_with(plain(), limits).await;
    let theo = served.person("theo", Role::Technician).await;
    let (address, session) = (served.address, theo.cookie.clone());
    spawn_blocking(move || {
        // The box of these tests writes 100,000 of these: more than the kernel takes by itself.
        let sku = "x".repeat(300);
        let ask = format!(
            "GET /history.zip?sku={sku} HTTP/1.1\r\nhost: box\r\ncookie: {session}\r\n\r\n"
        );
        let start = Instant::now();
        let mut slow = connect(address);
        slow.write_all(ask.as_bytes()).unwrap();
        let (mut got, mut piece) = (0, vec![0; 3 << 20]);
        while let Ok(length @ 1..) = slow.read(&mut piece) {
            got += length;
            thread::sleep(Duration::from_millis(20));
        }
        assert!(start.elapsed() > 3 * short, "it ended within the connection's life");
        assert!(got > 30_000_000, "{got} bytes after {:?}", start.elapsed());
        // The next one gets the only turn when this one, which takes nothing, is let go.
        let mut stalled = connect(address);
        stalled.write_all(ask.as_bytes()).unwrap();
        stalled.read_exact(&mut [0; 64]).unwrap();
        let begun = Instant::now();
        let next = std::iter::repeat_with(|| {
            let mut socket = connect(address);
            let mut status = [0; 12];
            _ = socket.write_all(ask.as_bytes()).and_then(|()| socket.read_exact(&mut status));
            status
        });
        let mut next = next.take_while(|_| begun.elapsed() < PATIENCE);
        assert!(next.any(|status| status == *b"HTTP/1.1 200"), "the turn is held for ever");
        drop(stalled);
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn who_does_not_get_a_turn_is_told_when_to_come_again() {
    let turn = Duration::from_millis(50);
    let served =
        served_with(here(), |limits| Limits { queries: 0, pictures: 0, turn, ..limits }).await;
    let machine = served.machine();
    for path in ["/api/items", "/evidence/any.jpg"] {
        let answer = machine.get(path).await.unwrap();
        assert_eq!(answer.status, 503, "{path}: {}", answer.text());
        assert!(answer.text().starts_with("busy"), "{path}: {}", answer.text());
        assert_eq!(answer.headers["retry-after"], "2", "{path}");
    }
    assert_eq!(machine.get("/api/status").await.unwrap().status, 200, "the status needs no turn");
}

#[tokio::test]
async fn beyond_the_cap_the_longest_idle_makes_room_and_none_idle_means_come_later() {
    let served = served_with(plain(), |limits| Limits {
        connections: 2,
        queries: 0,
        turn: PATIENCE,
        head: PATIENCE,
        ..limits
    })
    .await;
    let (address, token) = (served.address, served.token());
    spawn_blocking(move || {
        let first = connect(address);
        let second = connect(address);
        // Each of these takes the place of an idle one and then waits for its query.
        let asking = [(), ()].map(|()| {
            let mut socket = connect(address);
            socket.write_all(&head("/api/items", &token, "")).unwrap();
            socket
        });
        assert!(is_ended(first) && is_ended(second), "the idle ones made no room");
        // Until both questions have arrived one of them may still make room.
        let start = Instant::now();
        let refused = std::iter::repeat_with(|| {
            let mut answer = String::new();
            let mut socket = connect(address);
            let ask = b"GET /healthz HTTP/1.1\r\nhost: box\r\nconnection: close\r\n\r\n";
            _ = socket.write_all(ask);
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
    .await
    .unwrap();
}

#[tokio::test]
async fn the_page_needs_nothing_of_the_loops_runtime() {
    let store = tempfile::tempdir().unwrap();
    let (_feed, the_box) = FakeBox::new(PageStatus::default());
    let page = PageThread::start(plain(), store.path(), the_box).unwrap();
    let address = page.address().expect("a free port");
    // This blocks the only thread of the runtime that stands for the loop's.
    let mut socket = connect(address);
    let ask = b"GET /healthz HTTP/1.1\r\nhost: box\r\nconnection: close\r\n\r\n";
    let mut answer = String::new();
    socket.write_all(ask).and_then(|()| socket.read_to_string(&mut answer).map(|_| ())).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
    drop(page);
    let start = Instant::now();
    while TcpStream::connect(address).is_ok() {
        assert!(start.elapsed() < PATIENCE, "a page that was dropped is served for ever");
        thread::sleep(Duration::from_millis(10));
    }
}
