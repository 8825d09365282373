//! The status page as a technician's browser sees it: a real store, real HTTP, and a real browser
//! where one is installed.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use inspectd::item::counts::ItemCounts;
use inspectd::records::{Change, Finding, ItemId, Record, Store, Timings, ViewRecord};
use inspectd::web::Page;
use inspectd::web::status::{PageStatus, Problem};
use line::protocol::{Action, Check, Decision, Outcome, Verdict};
use serde_json::Value;
use tokio::sync::watch;

/// A one-pixel PNG.
const PIXEL: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0x1f, 0x15, 0xc4,
    0x89, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x60, 0x60, 0x60, 0x60,
    0x00, 0x00, 0x00, 0x05, 0x00, 0x01, 0xa5, 0xf6, 0x45, 0x40, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45,
    0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

fn diverted(item: u64) -> Record {
    let words = "side: unlike the normal ones at 40, 30".to_owned();
    let id = ItemId { boot: "boot".to_owned(), item };
    let entered_at = format!("2026-11-22T10:00:{item:02}Z").parse().expect("a time");
    Record {
        views: vec![ViewRecord {
            picture: Some("2026-11-22/side.png".to_owned()),
            heat_map: Some("2026-11-22/side-heat.png".to_owned()),
            score: Some(4.5),
            threshold: Some(3.0),
            ..ViewRecord::of("side")
        }],
        findings: vec![Finding {
            check: Check::Damage,
            camera: Some("side".to_owned()),
            score: 4.5,
            threshold: 3.0,
            at: Some([40, 30]),
            boxes: Vec::new(),
            words,
        }],
        verdict: Some(Verdict::Divert { lane: 1, reasons: vec![Check::Damage] }),
        decision: Some(Decision { action: Action::Divert { lane: 1 }, fall_back: None }),
        outcome: Some(Outcome::Diverted { lane: 1 }),
        timings: Timings { eye_to_verdict_ms: Some(321.0), ..Timings::default() },
        sku: Some("CARTON-17".to_owned()),
        ..Record::of(id, entered_at)
    }
}

/// A store with three items, one picture, and a secret beside the evidence folder.
fn store() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let closed: Vec<_> = (1..=3).map(|item| Change::Close(diverted(item))).collect();
    let mut store = Store::open(folder.path()).expect("a new store opens");
    store.commit(&closed).expect("a new store takes records");
    let day = folder.path().join("evidence/2026-11-22");
    fs::create_dir_all(&day).expect("the folder takes folders");
    fs::write(day.join("side.png"), PIXEL).expect("the folder takes files");
    fs::write(folder.path().join("secret.png"), b"secret").expect("the folder takes files");
    folder
}

fn status() -> PageStatus {
    PageStatus {
        version: "0.1.0".to_owned(),
        line: "outbound 3".to_owned(),
        sku: Some("CARTON-17".to_owned()),
        problems: vec![Problem {
            what: "camera top is down".to_owned(),
            remedy: "Check its cable.".to_owned(),
            since: "2026-11-22T09:00:00Z".parse().expect("a time"),
        }],
        items: ItemCounts { entered: 1234, ..ItemCounts::default() },
        ..PageStatus::default()
    }
}

/// Serves `status` and the store in `folder` while `questions` runs.
fn while_serving(
    status: PageStatus,
    folder: &Path,
    questions: impl FnOnce(SocketAddr) + Send + 'static,
) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let page = Page::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
    let address = page.address();
    let (_feed, status) = watch::channel(Arc::new(status));
    runtime.spawn(page.serve(status, folder.to_owned()));
    questions(address);
}

fn ask(address: SocketAddr, path: &str) -> (u16, Vec<u8>) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut answer = agent.get(format!("http://{address}{path}")).call().expect("an answer");
    (answer.status().as_u16(), answer.body_mut().read_to_vec().expect("a whole answer"))
}

/// Sends `path` as it is written; HTTP clients clean `..` away.
fn ask_raw(address: SocketAddr, path: &str) -> String {
    let mut socket = TcpStream::connect(address).expect("the page listens");
    write!(socket, "GET {path} HTTP/1.1\r\nHost: box\r\nConnection: close\r\n\r\n")
        .expect("the page reads");
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).expect("a whole answer");
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn items_come_newest_first_with_what_people_need_to_know() {
    let folder = store();
    while_serving(status(), folder.path(), |address| {
        let (code, body) = ask(address, "/api/items?limit=2");
        assert_eq!(code, 200);
        let items: Value = serde_json::from_slice(&body).unwrap();
        let numbers: Vec<_> = items.as_array().unwrap().iter().map(|item| &item["item"]).collect();
        assert_eq!(numbers, [3, 2]);
        let item = &items[0];
        assert_eq!(item["score"], 1.5);
        assert_eq!(item["threshold"], 1.0);
        assert_eq!(item["verdict"], "divert");
        assert_eq!(item["reasons"][0], "damage");
        assert_eq!(item["words"][0], "side: unlike the normal ones at 40, 30");
        assert_eq!(item["decision"], "divert into lane 1");
        assert_eq!(item["outcome"], "diverted into lane 1");
        assert_eq!(item["ms"], 321.0);
        let picture = format!("/evidence/{}", item["views"][0]["picture"].as_str().unwrap());
        assert_eq!(ask(address, &picture), (200, PIXEL.to_vec()));
    });
}

#[test]
fn nothing_outside_the_evidence_folder_is_ever_served() {
    let folder = store();
    std::os::unix::fs::symlink(
        folder.path().join("secret.png"),
        folder.path().join("evidence/link.png"),
    )
    .unwrap();
    let absolute = folder.path().join("secret.png");
    while_serving(status(), folder.path(), move |address| {
        for path in [
            "/evidence/../secret.png",
            "/evidence/%2e%2e/secret.png",
            "/evidence/..%2fsecret.png",
            "/evidence/2026-11-22/../../secret.png",
            "/evidence/2026-11-22/%2e%2e/%2e%2e/secret.png",
            "/evidence//secret.png",
            "/evidence/link.png",
            "/evidence/secret.png%00.png",
            &format!("/evidence/{}", absolute.display()),
            &format!("/evidence/{}", absolute.display().to_string().replace('/', "%2f")),
        ] {
            let answer = ask_raw(address, path);
            assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
            assert!(
                !answer.contains("secret\n") && !answer.ends_with("secret"),
                "{path}: {answer}"
            );
        }
        let (code, body) = ask(address, "/evidence/2026-11-22/gone.png");
        let text = String::from_utf8(body).unwrap();
        assert!(code == 404 && text.contains("retention"), "{text}");
    });
}

#[test]
fn inspectctl_status_tells_what_the_page_tells() {
    let folder = store();
    while_serving(status(), folder.path(), |address| {
        let url = format!("http://{address}/");
        let ask = |more: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_inspectctl"));
            command.args(["status", "--url", &url]).args(more).output().unwrap()
        };
        let output = ask(&[]);
        assert_eq!(output.status.code(), Some(1), "it is not inspecting");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("NOT INSPECTING") && text.contains("Check its cable."), "{text}");
        let told: PageStatus = serde_json::from_slice(&ask(&["--json"]).stdout).unwrap();
        assert_eq!(told, status());
    });
}

#[test]
fn a_browser_shows_the_state_and_the_items() {
    let Some(browser) =
        ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
            .into_iter()
            .find(|path| Path::new(path).exists())
    else {
        println!("skipped: no chromium is installed (Debian package chromium)");
        return;
    };
    let folder = store();
    while_serving(status(), folder.path(), move |address| {
        let profile = tempfile::tempdir().unwrap();
        let output = Command::new(browser)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"])
            .args(["--no-first-run", "--disable-background-networking", "--disable-sync"])
            .args(["--disable-component-update", "--virtual-time-budget=5000", "--dump-dom"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(format!("http://{address}/"))
            .output()
            .unwrap();
        let page = String::from_utf8_lossy(&output.stdout);
        for text in [
            "Not inspecting",
            "camera top is down",
            "Check its cable.",
            "outbound 3",
            "1,234",
            "Item 3",
            "✖ divert",
            "4.50 &gt; 3.00",
            "side: unlike the normal ones at 40, 30",
            "outcome: diverted into lane 1",
            "/evidence/2026-11-22/side.png",
        ] {
            assert!(page.contains(text), "the page lacks `{text}`:\n{page}");
        }
    });
}
