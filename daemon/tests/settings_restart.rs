//! Settings of a real inspectd, over HTTPS: saved, in force after a restart, and refused where they would be lost.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use axum::http::Request;
use calib::WebSection;
use calib::certificate::Certificate;
use calib::client::{Answer, Client};
use calib::state_folder::StateFolder;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// A start takes a second or two, an end up to ten, where a model is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

const PASSWORD: &str = "three green boxes";

/// The exit code by which a service manager would know that it is to start inspectd again.
const RESTART: &str = "75";

struct Site {
    folder: tempfile::TempDir,
    client: Client,
    inspectd: Option<Child>,
    cookie: String,
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(child) = &mut self.inspectd {
            _ = child.kill();
            _ = child.wait();
        }
    }
}

fn line_file(folder: &Path, listen: SocketAddr) -> String {
    let text = include_str!("../src/ctl/example-line.toml");
    let (text, _) = text.split_once("[fleet]").expect("the example has a fleet");
    let path = |name: &str| folder.join(name).display().to_string();
    let replay = format!("replay:{}", path("pictures"));
    text.replace("v4l2:/dev/video0", &replay)
        .replace("gige:MyVendor-0042", &replay)
        .replace(
            "sku = \"CARTON-17\"",
            &format!(
                "sku = \"CARTON-17\"\n# The bridge is not there in this test.\nbridge_socket = \"{}\"",
                path("bridge.sock")
            ),
        )
        .replace("/usr/share/inspectd/models", &path("models"))
        + &format!(
            "[learning]\nfolder = \"{}\"\n\n[store]\nfolder = \"{}\"\n\n[web]\nlisten = \"{listen}\"\n",
            path("learning"),
            path("store")
        )
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let listen = port.local_addr().expect("it is bound");
        drop(port);
        fs::write(folder.path().join("line.toml"), line_file(folder.path(), listen))
            .expect("the folder takes files");
        let state = StateFolder::below(&folder.path().join("store"));
        let section = WebSection { listen, ..WebSection::default() };
        let certificate = Certificate::of(&section, &state).expect("the folder takes files");
        state.set_up_code().expect("the folder takes files");
        let client = Client::new(listen, Some(certificate.digest()));
        Self { folder, client, inspectd: None, cookie: String::new() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("line.toml")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).expect("it is there")
    }

    async fn start(&mut self) {
        let log = fs::File::create(self.folder.path().join("log")).expect("the folder takes files");
        let mut command = Command::new(env!("CARGO_BIN_EXE_inspectd"));
        command.arg("--line").arg(self.path()).args(["--restart-code", RESTART]);
        self.inspectd = Some(command.stderr(log).stdout(Stdio::null()).spawn().expect("it starts"));
        let began = Instant::now();
        while self.client.get("/healthz").await.is_err() {
            let log =
                fs::read_to_string(self.folder.path().join("log")).expect("the folder takes files");
            assert!(began.elapsed() < PATIENCE, "no page: {log}");
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn ended(&mut self) -> ExitStatus {
        let mut child = self.inspectd.take().expect("it was started");
        let began = Instant::now();
        loop {
            if let Some(status) = child.try_wait().expect("it is ours") {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "inspectd does not end");
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Sends a form that gives a session.
    async fn enter(&mut self, path: &str, fields: &[(&str, &str)]) {
        let answer = self.client.post(path, fields, &[]).await.expect("an answer");
        assert_eq!(answer.status, 303, "{}", answer.text());
        let cookie = answer.headers["set-cookie"].to_str().expect("it is text");
        self.cookie = cookie.split(';').next().expect("a cookie").to_owned();
    }

    async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).header("cookie", &self.cookie);
        let request = request.body(Default::default()).expect("a request");
        self.client.send(request).await.expect("an answer")
    }

    async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("{path}: {}", answer.text()))
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get("/account").await.text();
        let (_, after) = page.split_once("name=\"csrf\" value=\"").expect("the page has forms");
        let mut all = vec![("csrf", after.split('"').next().expect("a token"))];
        all.extend(fields);
        self.client.post(path, &all, &[("cookie", &self.cookie)]).await.expect("an answer")
    }

    async fn save(&self, changes: Value, revision: &str) -> Answer {
        let changes = changes.to_string();
        let fields = [("changes", &*changes), ("revision", revision), ("reason", "a test")];
        self.post("/settings/save", &fields).await
    }

    async fn revision(&self) -> String {
        self.json("/api/settings").await["revision"].as_str().expect("it is text").to_owned()
    }
}

fn said(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("{}", answer.text()))
}

#[tokio::test]
async fn a_setting_is_changed_over_https_and_in_force_after_a_restart() {
    let mut site = Site::new();
    let state = StateFolder::below(&site.folder.path().join("store"));
    let code = state.set_up_code().unwrap().reveal().to_owned();
    site.start().await;
    let engineer =
        [("code", &*code), ("name", "anna"), ("password", PASSWORD), ("again", PASSWORD)];
    site.enter("/set-up", &engineer).await;

    let changes = json!([
        { "key": "line.name", "value": "outbound 4" },
        { "key": "policy.verdict_margin_ms", "value": 55 },
    ]);
    let answer = site.save(changes.clone(), &site.revision().await).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = site.text();
    assert!(text.contains("name = \"outbound 4\"") && text.contains("verdict_margin_ms = 55"));
    assert!(text.contains("# The bridge is not there in this test."), "comments stay: {text}");
    let settings = site.json("/api/settings").await;
    assert_eq!(settings["waits"]["keys"], json!(["line.name", "policy.verdict_margin_ms"]));
    assert_eq!(settings["waits"]["bridge"], true, "plc-bridge reads [line], too");
    assert_eq!(settings["can_restart"], true);
    assert_eq!(site.json("/api/status").await["line"], "outbound 3", "not in force yet");
    assert!(site.get("/settings").await.text().contains("action=\"/settings/restart\""));

    let answer = site.post("/settings/restart", &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(site.ended().code(), Some(75));
    site.start().await;
    site.enter("/log-in", &[("name", "anna"), ("password", PASSWORD)]).await;
    assert_eq!(site.json("/api/status").await["line"], "outbound 4");
    assert_eq!(site.json("/api/settings").await["waits"], Value::Null);

    // What somebody writes on the box meanwhile is not lost.
    let seen = site.revision().await;
    let edited = site.text().replace("outbound 4", "edited on the box");
    fs::write(site.path(), &edited).unwrap();
    let answer = site.save(changes, &seen).await;
    assert_eq!((answer.status.as_u16(), &said(&answer)["kind"]), (409, &json!("changed")));
    assert!(said(&answer)["words"].as_str().unwrap().contains("on the box"));
    assert_eq!(site.text(), edited);

    // A mistake is told as `config check` tells it.
    let wrong = json!([{ "key": "policy.divert_lane", "value": 9 }]);
    let answer = site.save(wrong, &site.revision().await).await;
    let mistake = &said(&answer)["mistakes"][0];
    assert_eq!(
        (answer.status.as_u16(), &mistake["problem"]),
        (422, &json!("no diverter serves lane 9"))
    );

    // Root may write everywhere, so that only what is no file is in the way.
    let in_the_way = site.folder.path().join(".line.toml.new");
    fs::create_dir(&in_the_way).unwrap();
    let change = json!([{ "key": "policy.divert_lane", "value": 1 }]);
    let answer = site.save(change.clone(), &site.revision().await).await;
    assert_eq!((answer.status.as_u16(), &said(&answer)["kind"]), (503, &json!("unwritable")));
    assert!(said(&answer)["words"].as_str().unwrap().contains("--line"), "{}", answer.text());
    assert_eq!(site.text(), edited);
    fs::remove_dir(&in_the_way).unwrap();
    assert_eq!(site.save(change, &site.revision().await).await.status, 200);

    let page = site.get("/settings/history").await.text();
    assert!(page.contains("found on the box") && page.contains("anna"), "{page}");
    let id = site.inspectd.as_ref().map(Child::id).unwrap();
    let pid = Pid::from_raw(i32::try_from(id).unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    assert!(site.ended().success(), "a stop is no restart");
}
