//! inspectd's page as a program of the same machine asks for it: `/api/status` and `/api/items`, with the
//! token that inspectd has written beside its records.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(2);

/// The part of `/api/status` that the demo and the tests look at.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Status {
    /// Whether items are being inspected.
    pub ready: bool,
    /// What is wrong now.
    #[serde(default)]
    pub problems: Vec<Problem>,
    /// The cameras.
    #[serde(default)]
    pub cameras: Vec<Camera>,
    /// The link to the fleet.
    pub fleet: Fleet,
}

/// One thing that is wrong.
#[derive(Debug, Clone, Deserialize)]
pub struct Problem {
    /// What happened.
    pub what: String,
    /// What to do next.
    pub remedy: String,
}

/// One camera.
#[derive(Debug, Clone, Deserialize)]
pub struct Camera {
    /// Its name.
    pub name: String,
    /// `starting`, `streaming` or `down`.
    pub state: String,
    /// Counters by name: received, dropped, late, errors, reconnects.
    pub counters: BTreeMap<String, u64>,
}

/// The link to the fleet.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Fleet {
    /// Whether the broker has accepted the connection.
    pub connected: bool,
    /// Messages that the broker has not acknowledged yet.
    pub owed: u64,
    /// Messages acknowledged since the start of inspectd.
    pub acknowledged: u64,
}

/// One item of `/api/items`.
#[derive(Debug, Clone, Deserialize)]
pub struct Item {
    /// Its number.
    pub item: u64,
    /// What it is; none where nobody knew, or knows yet.
    pub sku: Option<String>,
    /// How well the box knew how this SKU looks, in words.
    #[serde(default)]
    pub familiarity: Option<String>,
    /// Largest ratio of score to threshold over the views.
    pub score: Option<f64>,
    /// `pass`, `divert` or `uninspected`.
    pub verdict: Option<String>,
    /// What was found or went wrong, the most important first.
    #[serde(default)]
    pub words: Vec<String>,
    /// From the entry eye to the verdict, in milliseconds.
    pub ms: Option<f64>,
    /// Where it went, in words.
    pub outcome: Option<String>,
}

/// The page of one inspectd.
#[derive(Debug, Clone)]
pub struct Page {
    port: u16,
    token: PathBuf,
    agent: ureq::Agent,
}

impl Page {
    /// The page on this port of 127.0.0.1, of the inspectd that keeps its records in `store`.
    pub fn on(port: u16, store: &Path) -> Self {
        let config = ureq::Agent::config_builder().timeout_global(Some(LIMIT)).build();
        Self { port, token: store.join("page/token"), agent: config.into() }
    }

    /// Its address, for people.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The state of the box; `None` while nobody answers.
    pub fn status(&self) -> Option<Status> {
        self.get("/api/status")
    }

    /// The newest items, newest first; `None` while nobody answers.
    pub fn items(&self) -> Option<Vec<Item>> {
        self.get("/api/items")
    }

    fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> Option<T> {
        let token = fs::read_to_string(&self.token).ok()?;
        let request = self.agent.get(format!("{}{path}", self.address()));
        let answer = request.header("authorization", format!("Bearer {}", token.trim())).call();
        answer.ok()?.body_mut().read_json().ok()
    }
}
