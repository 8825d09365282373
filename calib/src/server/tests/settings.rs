//! Settings: who sees and who changes them, what a script gets for an answer, and what the audit log says.

use std::sync::Mutex;

use serde_json::{Value, json};

use super::*;
use crate::the_box::settings::{
    Change, Changed, Checked, Effect, Key, KeyKind, LineSettings, MistakeView, NotSaved, Saved,
    Saving, Section, Settings, Table, Version, Waits,
};

/// A line file with one camera and one policy, at the revision `r1`; lane 7 is a mistake, lane 8 cannot be written.
#[derive(Default)]
pub(super) struct FakeSettings {
    pub(super) saved: Mutex<Vec<(Vec<Change>, Saving)>>,
    pub(super) restarts: AtomicUsize,
}

const SOURCE: &str = "rtsp://jo:secret@camera/stream";

fn key(name: &str, kind: KeyKind) -> Key {
    Key {
        name: name.to_owned(),
        about: format!("What `{name}` means <b>."),
        required: false,
        kind,
        words: "whole number from 1 to 99".to_owned(),
        unit: None,
        least: Some(1.0),
        most: Some(99.0),
        choices: Vec::new(),
        default: Some(json!(1)),
        effect: Effect::Restart,
    }
}

fn section(name: &str, at: &str, keys: Vec<Key>, values: Value) -> Section {
    let values = serde_json::from_value(values).unwrap();
    Section {
        name: name.to_owned(),
        about: format!("The {name}."),
        required: true,
        repeated: at != name,
        most: None,
        keys,
        present: vec![Table { at: at.to_owned(), values }],
    }
}

fn mistake() -> MistakeView {
    MistakeView {
        at: "policy.divert_lane".to_owned(),
        key: "policy.divert_lane".to_owned(),
        line: Some(12),
        problem: "no diverter serves lane 7".to_owned(),
        instead: "write one of [1]".to_owned(),
    }
}

fn lane() -> Changed {
    let key = "policy.divert_lane".to_owned();
    Changed { key, before: "1".to_owned(), after: "2".to_owned(), effect: Effect::Restart }
}

fn seen(revision: &str) -> Result<(), NotSaved> {
    let changed = || NotSaved::Changed("changed by theo meanwhile".to_owned());
    if revision == "r1" { Ok(()) } else { Err(changed()) }
}

impl LineSettings for FakeSettings {
    fn settings(&self) -> Result<Settings, NoAnswer> {
        let camera = vec![key("source", KeyKind::Text), key("fps", KeyKind::Integer)];
        Ok(Settings {
            file: "/etc/inspectd/line.toml".to_owned(),
            revision: "r1".to_owned(),
            changed_at: None,
            unwritable: None,
            waits: Some(Waits {
                since: Some(jiff::Timestamp::UNIX_EPOCH),
                keys: vec!["policy.divert_lane".to_owned()],
                bridge: false,
            }),
            can_restart: true,
            restart_command: "systemctl restart inspectd".to_owned(),
            mistakes: Vec::new(),
            sections: vec![
                section("camera", "camera.0", camera, json!({ "source": SOURCE })),
                section("policy", "policy", vec![key("divert_lane", KeyKind::Integer)], json!({})),
            ],
        })
    }

    fn check(&self, changes: &[Change], revision: &str) -> Result<Checked, NotSaved> {
        seen(revision)?;
        let is_wrong = changes.iter().any(|change| change.value.as_f64() == Some(7.0));
        Ok(Checked {
            revision: revision.to_owned(),
            diff: "-divert_lane = 1\n+divert_lane = 2\n".to_owned(),
            keys: vec![lane()],
            mistakes: is_wrong.then(mistake).into_iter().collect(),
            warnings: Vec::new(),
        })
    }

    fn save(&self, changes: &[Change], revision: &str, by: &Saving) -> Result<Saved, NotSaved> {
        let checked = self.check(changes, revision)?;
        if !checked.mistakes.is_empty() {
            return Err(NotSaved::Wrong(checked.mistakes));
        }
        if changes.iter().any(|change| change.value == 8) {
            return Err(NotSaved::Unwritable("cannot write into /etc; use --line".to_owned()));
        }
        self.saved.lock().unwrap().push((changes.to_vec(), by.clone()));
        // Another key first: the file was written with its defaults, too.
        let of = |change: &Change| Changed {
            key: change.key.clone(),
            before: "0.005".to_owned(),
            after: change.value.to_string(),
            effect: Effect::AtOnce,
        };
        let others = changes.iter().filter(|change| change.key != lane().key).map(of);
        Ok(Saved {
            revision: "r2".to_owned(),
            keys: std::iter::once(lane()).chain(others).collect(),
        })
    }

    fn history(&self) -> Result<Vec<Version>, NoAnswer> {
        let version = |id, who: &str, revision: &str, diff: &str| Version {
            id,
            at: jiff::Timestamp::UNIX_EPOCH,
            who: who.to_owned(),
            reason: "the <new> lane".to_owned(),
            revision: revision.to_owned(),
            diff: diff.to_owned(),
        };
        let diff = format!("@@ -1 +1 @@\n-source = \"v4l2:/dev/video0\"\n+source = \"{SOURCE}\"\n");
        Ok(vec![version(2, "anna", "r1", &diff), version(1, "", "r0", "")])
    }

    fn restore(&self, version: u64, revision: &str, by: &Saving) -> Result<Saved, NotSaved> {
        seen(revision)?;
        match version {
            1 => self.save(&[], revision, by),
            _ => Err(NotSaved::Wrong(vec![mistake()])),
        }
    }

    fn restart(&self) -> Result<(), NoAnswer> {
        self.restarts.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

fn change(value: u64) -> String {
    format!("[{{\"key\":\"policy.divert_lane\",\"value\":{value}}}]")
}

fn said(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("{}", answer.text()))
}

#[tokio::test]
async fn everybody_sees_the_settings_and_only_engineers_change_them() {
    let served = served().await;
    let all = [("changes", &*change(2)), ("revision", "r1"), ("reason", "x"), ("id", "1")];
    for (name, role) in [("vera", Role::Viewer), ("theo", Role::Technician)] {
        let browser = served.person(name, role).await;
        for path in ["/settings", "/settings/policy", "/settings/history", "/api/settings"] {
            let answer = browser.get(path).await;
            assert_eq!(answer.status, 200, "{name}: {path}: {}", answer.text());
            assert!(!answer.text().contains("secret"), "{path} tells {name} a password");
            for form in ["restart", "history/restore"] {
                let form = format!("action=\"/settings/{form}");
                assert!(!answer.text().contains(&form), "{path}: a dead end");
            }
        }
        assert_eq!(browser.get("/settings/review").await.status, 403);
        for path in ["check", "save", "history/restore", "restart"] {
            let answer = browser.post(&format!("/settings/{path}"), &all).await;
            assert_eq!(answer.status, 403, "{name}: {path}");
        }
    }
    let anna = served.person("anna", Role::Engineer).await;
    assert!(anna.get("/api/settings").await.text().contains(SOURCE));
    assert!(anna.get("/settings/history").await.text().contains("jo:secret@camera"));
    assert_eq!(anna.get("/settings/review").await.status, 200);
    assert!(served.the_box.settings.saved.lock().unwrap().is_empty());
    assert_eq!(served.the_box.settings.restarts.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_key_is_found_by_its_name_and_by_what_it_is_for() {
    let served = served().await;
    let vera = served.person("vera", Role::Viewer).await;
    let all = vera.get("/settings").await.text();
    assert!(all.contains("href=\"/settings/camera\"") && all.contains("2 keys"), "{all}");
    assert!(all.contains("/etc/inspectd/line.toml"), "{all}");
    let found = vera.get("/settings?find=Camera+MEANS+fps").await.text();
    assert!(found.contains("1 key found"), "{found}");
    assert!(found.contains("href=\"/settings/camera#camera.0.fps\""), "{found}");
    assert!(found.contains("means &#60;b&#62;.") && found.contains("value=\"Camera MEANS fps\""));
    let none = vera.get("/settings?find=nonsense").await.text();
    assert!(none.contains("0 keys found"), "{none}");
    for path in ["/settings/nonsense", "/settings/camera.0", "/settings/..%2f..%2fetc"] {
        assert_eq!(vera.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_change_is_checked_saved_with_its_reason_and_written_into_the_log() {
    let served = served().await;
    let anna = served.person("anna", Role::Engineer).await;
    let lane_7 = change(7);
    let fields = [("changes", &*lane_7), ("revision", "r1")];
    let checked = said(&anna.post("/settings/check", &fields).await);
    assert_eq!(checked["mistakes"][0]["line"], 12);
    assert!(checked["diff"].as_str().unwrap().contains("+divert_lane = 2"));
    let lane_2 = change(2);
    let fields = [("changes", &*lane_2), ("revision", "r1"), ("reason", " lane 1 is closed ")];
    let saved = anna.post("/settings/save", &fields).await;
    assert_eq!((saved.status.as_u16(), said(&saved)["revision"].as_str()), (200, Some("r2")));
    {
        let kept = served.the_box.settings.saved.lock().unwrap();
        let (changes, by) = &kept[0];
        assert_eq!((changes[0].key.as_str(), &changes[0].value), ("policy.divert_lane", &json!(2)));
        assert_eq!((by.who.as_str(), by.reason.as_str()), ("anna", "lane 1 is closed"));
    }
    let log = served.people().audit(None, 2).unwrap();
    assert_eq!(
        (log[0].what.as_str(), log[0].subject.as_str()),
        ("settings saved", "lane 1 is closed")
    );
    assert_eq!(
        (
            log[1].what.as_str(),
            log[1].subject.as_str(),
            log[1].before.as_str(),
            log[1].after.as_str()
        ),
        ("setting changed", "policy.divert_lane", "1", "2")
    );
    let shown = anna.get("/audit").await.text();
    assert!(shown.contains("changed a setting") && shown.contains("1 → 2"), "{shown}");
}

#[tokio::test]
async fn what_is_not_saved_says_why_in_a_kind_and_in_words() {
    let served = served().await;
    let anna = served.person("anna", Role::Engineer).await;
    let broken = "[{\"key\":\"a\",\"value\":1,\"evil\":2}]";
    for (changes, revision, reason, status, kind) in [
        (&*change(2), "r0", "x", 409, "changed"),
        (&*change(7), "r1", "x", 422, "wrong"),
        (&*change(8), "r1", "x", 503, "unwritable"),
        (&*change(2), "r1", "  ", 422, "refused"),
        (broken, "r1", "x", 422, "refused"),
        ("", "r1", "x", 422, "refused"),
        (
            &*format!("[{}]", vec!["{\"key\":\"a\",\"value\":1}"; 201].join(",")),
            "r1",
            "x",
            422,
            "refused",
        ),
    ] {
        let fields = [("changes", changes), ("revision", revision), ("reason", reason)];
        let answer = anna.post("/settings/save", &fields).await;
        let told = said(&answer);
        assert_eq!((answer.status.as_u16(), &told["kind"]), (status, &json!(kind)), "{told}");
        assert!(!told["words"].as_str().unwrap().is_empty(), "{told}");
        assert_eq!(told["mistakes"].as_array().unwrap().len(), usize::from(kind == "wrong"));
    }
    let large = change(2) + &" ".repeat(17 << 10);
    let answer = anna.post("/settings/save", &[("changes", &large), ("revision", "r1")]).await;
    assert_eq!(answer.status, 413);
    let forged = [("changes", &*change(2)), ("revision", "r1"), ("reason", "x")];
    assert_eq!(anna.post_as("/settings/save", &forged, &[]).await.status, 403, "without a token");
    assert!(served.the_box.settings.saved.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_engineer_goes_back_to_an_earlier_version() {
    let served = served().await;
    let anna = served.person("anna", Role::Engineer).await;
    let page = anna.get("/settings/history").await.text();
    assert!(page.contains("the &#60;new&#62; lane") && page.contains("found on the box"), "{page}");
    assert_eq!(
        page.matches("action=\"/settings/history/restore\"").count(),
        1,
        "not to the present one"
    );
    assert!(page.contains("class=\"gone\"") && page.contains("class=\"add\""), "{page}");
    let restore = |version, revision, reason| {
        let fields = [("id", version), ("revision", revision), ("reason", reason)];
        let anna = &anna;
        async move {
            let answer = anna.post("/settings/history/restore", &fields).await;
            (answer.status.as_u16(), answer.text())
        }
    };
    let (status, page) = restore("1", "r1", "it was better").await;
    assert_eq!(status, 303, "{page}");
    let page = anna.get("/settings/history").await.text();
    assert!(page.contains("The earlier settings are back"), "{page}");
    assert_eq!(served.people().audit(None, 1).unwrap()[0].what, "settings restored");
    let (status, page) = restore("1", "r0", "again").await;
    assert!(status == 409 && page.contains("changed by theo meanwhile"), "{page}");
    assert!(page.contains("action=\"/settings/history\""), "a language is asked for there: {page}");
    let (status, page) = restore("9", "r1", "again").await;
    assert!(
        status == 422 && page.contains("no diverter serves lane 7; write one of [1]"),
        "{page}"
    );
    let (status, page) = restore("1", "r1", " ").await;
    assert!(status == 422 && page.contains("Write why the settings change"), "{page}");
    assert_eq!(restore("many", "r1", "x").await.0, 400);
}

#[tokio::test]
async fn what_waits_for_a_restart_is_told_and_an_engineer_restarts() {
    let served = served().await;
    let anna = served.person("anna", Role::Engineer).await;
    let page = anna.get("/settings").await.text();
    assert!(page.contains("wait for a restart") && page.contains("nothing is inspected"), "{page}");
    let answer = anna.post("/settings/restart", &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let page = anna.get("/settings").await.text();
    assert!(page.contains("Load this page again in half a minute"), "{page}");
    assert_eq!(served.the_box.settings.restarts.load(Ordering::Relaxed), 1);
    assert_eq!(served.people().audit(None, 1).unwrap()[0].what, "restart asked for");
}
