//! Whoever leaves a page open is logged out like whoever closes it: only pages that are asked for, and changes, show that
//! somebody is at work.

use axum::body::Body;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;

use super::listener::plain;
use super::*;

/// What an open page asks for by itself.
const BY_ITSELF: [&str; 7] = [
    "/api/live",
    "/api/cameras/top/live.mjpeg",
    "/api/cameras/top/frame",
    "/api/status",
    "/evidence/day/a.png",
    "/assets/dom.js",
    "/texts/en.json",
];

/// A page whose sessions end after a minute, and somebody who has just logged in.
struct Idle {
    app: App,
    token: Secret,
    _store: tempfile::TempDir,
}

impl Idle {
    fn new() -> Self {
        let store = tempfile::tempdir().unwrap();
        let section = WebSection { idle_minutes: 1, ..plain() };
        let folder = StateFolder::below(store.path());
        let (_, the_box) = FakeBox::new(PageStatus::default());
        let app = App::open(section, folder, the_box, Limits::of_this_process()).unwrap();
        let mut people = People::open(&StateFolder::below(store.path())).unwrap();
        let (by, hashed) = (By { who: "", address: "" }, Hashed::new("vera", PASSWORD).unwrap());
        people.add(by, "vera", Role::Viewer, &hashed, jiff::Timestamp::now()).unwrap();
        let vera = people.find("vera").unwrap().unwrap();
        let (token, csrf) = (Secret::new().unwrap(), Secret::new().unwrap());
        app.gate().sessions.begin(&token, csrf, &vera.name, vera.generation, app.now());
        Self { app, token, _store: store }
    }

    /// What is answered so many seconds after the log-in.
    async fn ask(&self, after: u64, path: &str) -> u16 {
        let router = routes::router(&self.app.later(Duration::from_secs(after)));
        let cookie = format!("session={}", self.token.reveal());
        let request = Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap();
        TowerToHyperService::new(router).call(request).await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn a_stream_that_is_opened_again_and_again_keeps_nobody_logged_in() {
    let open = Idle::new();
    for after in [15, 30, 45] {
        for path in BY_ITSELF {
            assert_eq!(open.ask(after, path).await, 200, "{path} after {after} s");
        }
    }
    for path in BY_ITSELF {
        assert_eq!(open.ask(61, path).await, 401, "{path}");
    }
    assert_eq!(open.ask(61, "/").await, 303);
}

#[tokio::test]
async fn whoever_goes_from_page_to_page_stays_logged_in() {
    let busy = Idle::new();
    for after in [40, 80, 120] {
        assert_eq!(busy.ask(after, "/holds").await, 200, "after {after} s");
    }
    assert_eq!(busy.ask(170, "/api/status").await, 200);
    assert_eq!(busy.ask(181, "/api/status").await, 401);
}
