//! The page over a real store: what inspectd answers it, and how inspectctl asks it.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use calib::certificate::Certificate;
use calib::state_folder::StateFolder;
use calib::the_box::{Counts, PageStatus, Problem};
use calib::{Page, WebSection};
use damage::scoring::Budget;
use inspectd::records::{Change, ItemId, LabelRecord, Record, Store, Unnumbered};
use inspectd::run::commands::Commands;
use line::protocol::{Check, Eye, Outcome, UnnumberedWhy, Verdict};
use serde_json::Value;
use tokio::sync::watch;

mod page_box;

/// A one-pixel PNG.
const PIXEL: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0x1f, 0x15, 0xc4,
    0x89, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x60, 0x60, 0x60, 0x60,
    0x00, 0x00, 0x00, 0x05, 0x00, 0x01, 0xa5, 0xf6, 0x45, 0x40, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45,
    0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

fn diverted(item: u64) -> Record {
    let entered_at = format!("2026-11-22T10:00:{item:02}Z").parse().expect("a time");
    page_box::diverted(item, entered_at, "2026-11-22")
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
        items: Counts { entered: 1234, ..Counts::default() },
        ..PageStatus::default()
    }
}

/// Without encryption, so that a test can write every byte itself.
fn plain() -> WebSection {
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    WebSection { listen, plain_http: true, ..WebSection::default() }
}

/// Serves `status` and the store in `folder` while `questions` runs.
fn while_serving(
    status: PageStatus,
    folder: &Path,
    questions: impl FnOnce(SocketAddr) + Send + 'static,
) {
    while_serving_as(plain(), status, folder, questions);
}

fn while_serving_as(
    section: WebSection,
    status: PageStatus,
    folder: &Path,
    questions: impl FnOnce(SocketAddr) + Send + 'static,
) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let page = Page::bind(&section).expect("a free port");
    let address = page.address();
    // Made before anybody asks.
    StateFolder::below(folder).token().expect("the folder takes files");
    let (_feed, status) = watch::channel(Arc::new(status));
    let (the_box, _store) =
        page_box::the_box(status, folder, Commands::new().0, Budget::new(0.005));
    let folder = folder.to_owned();
    runtime.spawn(async move { page.serve(&section, &folder, Arc::new(the_box)).await });
    questions(address);
}

fn token(folder: &Path) -> String {
    let token = StateFolder::below(folder).token().expect("it is there");
    token.reveal().to_owned()
}

fn ask(address: SocketAddr, token: &str, path: &str) -> (u16, Vec<u8>) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = agent.get(format!("http://{address}{path}"));
    let request = request.header("authorization", format!("Bearer {token}"));
    let mut answer = request.call().expect("an answer");
    (answer.status().as_u16(), answer.body_mut().read_to_vec().expect("a whole answer"))
}

/// Sends `path` as it is written; HTTP clients clean `..` away.
fn ask_raw(address: SocketAddr, token: &str, path: &str) -> String {
    let mut socket = TcpStream::connect(address).expect("the page listens");
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: box\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).expect("the page reads");
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).expect("a whole answer");
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn items_come_newest_first_with_what_people_need_to_know() {
    let folder = store();
    let token = token(folder.path());
    while_serving(status(), folder.path(), move |address| {
        let ask = |path: &str| ask(address, &token, path);
        let (code, body) = ask("/api/items?limit=2");
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
        assert_eq!(item["outcome_kind"], "diverted");
        assert_eq!(item["ms"], 321.0);
        let picture = format!("/evidence/{}", item["views"][0]["picture"].as_str().unwrap());
        assert_eq!(ask(&picture), (200, PIXEL.to_vec()));
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
    let token = token(folder.path());
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
            let answer = ask_raw(address, &token, path);
            assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
            assert!(
                !answer.contains("secret\n") && !answer.ends_with("secret"),
                "{path}: {answer}"
            );
        }
        let (code, body) = ask(address, &token, "/evidence/2026-11-22/gone.png");
        let text = String::from_utf8(body).unwrap();
        assert!(code == 404 && text.contains("retention"), "{text}");
    });
}

#[test]
fn today_counts_fates_reasons_and_bodies_and_the_last_hour_by_the_minute() {
    let folder = tempfile::tempdir().unwrap();
    let now = jiff::Timestamp::now();
    let of = |item, verdict, age_s: i64| {
        let id = ItemId { boot: "boot".to_owned(), item };
        let at = now - jiff::SignedDuration::from_secs(age_s);
        Change::Close(Record { verdict: Some(verdict), ..Record::of(id, at) })
    };
    let divert = |reasons: &[Check]| Verdict::Divert { lane: 1, reasons: reasons.to_vec() };
    let uninspected = Verdict::Uninspected { cause: "no frame".into() };
    let mut changes = vec![
        of(1, Verdict::Pass, 0),
        of(2, Verdict::Pass, 0),
        of(3, divert(&[Check::Damage]), 0),
        of(4, divert(&[Check::Damage, Check::Label]), 0),
        of(5, uninspected, 0),
        // Two days ago.
        of(6, divert(&[Check::Hold]), 172_800),
    ];
    changes.push(Change::Unnumbered(Unnumbered {
        bridge_boot: "b".to_owned(),
        event: 1,
        seen_at: now,
        eye: Eye::Exit,
        why: UnnumberedWhy::NotSeenAtEntry,
        clock_doubted: false,
    }));
    Store::open(folder.path()).unwrap().commit(&changes).unwrap();
    let token = token(folder.path());
    while_serving(status(), folder.path(), move |address| {
        let (code, body) = ask(address, &token, "/api/today");
        let today: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(code, 200, "{today}");
        for (key, count) in
            [("entered", 5), ("passed", 2), ("diverted", 2), ("uninspected", 1), ("unnumbered", 1)]
        {
            assert_eq!(today[key], count, "{key}: {today}");
        }
        let reasons = serde_json::json!({ "damage": 2, "label": 1 });
        assert_eq!(today["diverts_by_reason"], reasons);
        let minutes = today["last_hour"].as_array().unwrap();
        let sum = |key: &str| minutes.iter().map(|m| m[key].as_u64().unwrap()).sum::<u64>();
        assert_eq!(minutes.len(), 60);
        assert_eq!([sum("entered"), sum("diverted"), sum("uninspected")], [5, 2, 1]);
        let newest = &minutes[58..];
        assert!(newest.iter().any(|minute| minute["entered"] == 5), "{newest:?}");
    });
}

#[test]
fn items_are_found_by_time_sku_serial_verdict_reason_and_outcome() {
    let folder = store();
    let id = ItemId { boot: "boot".to_owned(), item: 9 };
    let label = LabelRecord { serial: Some("SN-5".to_owned()), ..LabelRecord::default() };
    let held = Record {
        sku: Some("TEA".to_owned()),
        label: Some(label),
        verdict: Some(Verdict::Divert { lane: 1, reasons: vec![Check::Hold, Check::Label] }),
        outcome: Some(Outcome::Lost),
        ..Record::of(id, "2026-11-22T11:00:00Z".parse().unwrap())
    };
    Store::open(folder.path()).unwrap().commit(&[Change::Close(held)]).unwrap();
    let token = token(folder.path());
    while_serving(status(), folder.path(), move |address| {
        let found = |question: &str| {
            let (code, body) = ask(address, &token, &format!("/history.csv?{question}"));
            let table = String::from_utf8(body).unwrap();
            assert_eq!(code, 200, "{question}: {table}");
            let items =
                table.lines().skip(1).map(|line| line.split(',').nth(2).unwrap().to_owned());
            items.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(found("sku=TEA"), "9");
        assert_eq!(found("serial=SN-5"), "9");
        assert_eq!(found("serial=SN-"), "");
        assert_eq!(found("reason=label"), "9");
        assert_eq!(found("reason=damage"), "3 2 1");
        assert_eq!(found("outcome=lost"), "9");
        assert_eq!(found("verdict=divert&outcome=diverted&reason=damage"), "3 2 1");
        assert_eq!(found("verdict=pass"), "");
        let micros = "2026-11-22T10:00:03Z".parse::<jiff::Timestamp>().unwrap().as_microsecond();
        assert_eq!(found(&format!("sku=CARTON-17&before={micros}")), "2 1");
        let (code, body) = ask(address, &token, "/api/items/boot/9");
        let item: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((code, &item["label"][0]["said"]), (200, &Value::from("SN-5")), "{item}");
    });
}

#[test]
fn inspectctl_status_tells_what_the_page_tells() {
    let folder = store();
    let token = StateFolder::below(folder.path()).file("token");
    let encrypted = WebSection { plain_http: false, ..plain() };
    let made = Certificate::of(&encrypted, &StateFolder::below(folder.path())).unwrap();
    for (section, scheme, fingerprint) in
        [(plain(), "http", None), (encrypted, "https", Some(made.fingerprint()))]
    {
        let token = token.clone();
        while_serving_as(section, status(), folder.path(), move |address| {
            let url = format!("{scheme}://{address}/");
            let ask = |more: &[&str]| {
                let mut command = Command::new(env!("CARGO_BIN_EXE_inspectctl"));
                command.args(["status", "--url", &url]).arg("--token").arg(&token).args(more);
                if let Some(fingerprint) = &fingerprint {
                    command.args(["--fingerprint", fingerprint]);
                }
                command.output().unwrap()
            };
            let output = ask(&[]);
            let text = String::from_utf8(output.stdout).unwrap();
            let error = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "it is not inspecting; {error}");
            assert!(text.contains("NOT INSPECTING") && text.contains("Check its cable."), "{text}");
            let told: PageStatus = serde_json::from_slice(&ask(&["--json"]).stdout).unwrap();
            assert_eq!(told, status());
        });
    }
}
