//! `inspectctl status`: what the status page says, for terminals and scripts.

use std::fmt::Write as _;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;

use anyhow::Context as _;
use calib::access::Secret;
use calib::certificate::Certificate;
use calib::client::Client;
use calib::state_folder::StateFolder;
use calib::the_box::{
    BeltStatus, CameraHealth, CameraStatus, ClockStatus, FleetStatus, PageStatus, PlcStatus,
    StoreStatus,
};
use clap::Args;

use super::Context;
use super::output::{Answer, table};
use crate::config::LineFile;

/// What to try when nobody answers.
const REMEDY: &str = "Is inspectd running? Try `systemctl status inspectd`, then `journalctl -u \
                      inspectd -n 50`; if its page stands elsewhere, name it with --url or --line";

/// Ask the running inspectd how it is.
///
/// It shows the token that stands in `page/token` in the `[store] folder`: whoever may read that file may
/// ask. Exit code 0 means that items are being inspected, 1 that they are not. With --json: one object with
/// `version`, `line`, `sku`, `ready`, `problems` (`what`, `remedy`, `since`), `holds`, `cameras` (`name`,
/// `state`, `fps`, `counters`), `scanners`, `belt`, `plc`, `bridge`, `fleet`, `items`, `learning`, `store`,
/// `evidence`, `clock` and, while the model is loaded, `engine`: which program runs its backbone, and why.
#[derive(Debug, Args)]
pub struct Status {
    /// Address of the page, such as `https://127.0.0.1:8080` [default: `[web] listen` of the line file].
    #[arg(long, value_name = "URL", requires = "token")]
    url: Option<String>,
    /// File with the token, for --url.
    #[arg(long, value_name = "FILE")]
    token: Option<PathBuf>,
    /// SHA-256 fingerprint of the page's certificate, as `inspectctl web` shows it, for an https --url.
    #[arg(long, value_name = "AB:CD:…")]
    fingerprint: Option<String>,
}

impl Status {
    /// Asks once.
    pub fn run(&self, context: &Context) -> anyhow::Result<Answer> {
        let page = match &self.url {
            Some(url) => self.page_at(url)?,
            None => page_of(&context.line_file()?)?,
        };
        let status = ask(&page)?;
        let answer = Answer::either(context.json, &status, || for_people(&status))?;
        Ok(answer.good_only_if(status.ready))
    }

    /// The page at an address that the command line names.
    fn page_at(&self, url: &str) -> anyhow::Result<Client> {
        let known = "write http://HOST:PORT or https://HOST:PORT";
        let (scheme, rest) = url.split_once("://").with_context(|| format!("{url}: {known}"))?;
        let address: SocketAddr = rest
            .trim_end_matches('/')
            .to_socket_addrs()
            .with_context(|| format!("{url}: {known}"))?
            .next()
            .with_context(|| format!("{url}: the host has no address"))?;
        let certificate = match scheme {
            "http" => None,
            "https" => {
                let text = self.fingerprint.as_deref();
                let text =
                    text.context("an https address needs --fingerprint; see `inspectctl web`")?;
                Some(digest_of(text).with_context(|| format!("{text}: no SHA-256 fingerprint"))?)
            }
            _ => anyhow::bail!("{url}: {known}"),
        };
        let path = self.token.as_deref().context("--url needs --token")?;
        let token = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the token in {}", path.display()))?;
        Ok(Client::new(address, certificate).with_token(Secret::kept(&token)))
    }
}

/// The page of this machine's inspectd.
fn page_of(line: &LineFile) -> anyhow::Result<Client> {
    let (section, folder) = (&line.web, StateFolder::below(&line.store.folder));
    let token = folder.token_if_any()?.with_context(|| {
        let path = folder.file("token");
        format!("inspectd has not written {} yet. {REMEDY}", path.display())
    })?;
    let certificate = (!section.plain_http).then(|| Certificate::kept(section, &folder));
    let digest = certificate.transpose()?.map(|certificate| certificate.digest());
    Ok(Client::new(section.from_here(), digest).with_token(token))
}

fn digest_of(fingerprint: &str) -> Option<[u8; 32]> {
    let bytes: Option<Vec<u8>> =
        fingerprint.trim().split(':').map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
    bytes?.try_into().ok()
}

fn ask(page: &Client) -> anyhow::Result<PageStatus> {
    let answer =
        page.get_blocking("/api/status").with_context(|| format!("{REMEDY}. The cause"))?;
    if !answer.status.is_success() {
        anyhow::bail!("the page refuses: {}", answer.text().trim());
    }
    serde_json::from_slice(&answer.body).with_context(|| {
        format!(
            "something answers, but not as inspectd {} does. Does another program use this port, or \
             another version of inspectd? The cause",
            env!("CARGO_PKG_VERSION")
        )
    })
}

fn for_people(status: &PageStatus) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{name:<10}{value}");
    };
    line("state", if status.ready { "inspecting" } else { "NOT INSPECTING" }.to_owned());
    let product = status.sku.as_deref().unwrap_or("any product");
    line("line", format!("{} ({product}), inspectd {}", status.line, status.version));
    for problem in &status.problems {
        line("problem", format!("{}. {} (since {})", problem.what, problem.remedy, problem.since));
    }
    if let Some(engine) = &status.engine {
        line("engine", engine.clone());
    }
    line("belt", belt(&status.belt));
    line("bridge", connected(status.bridge.connected).to_owned());
    line("plc", plc(&status.plc));
    for scanner in &status.scanners {
        line("scanner", format!("{}: {}", scanner.name, connected(scanner.connected)));
    }
    let learning = status.learning;
    line("products", format!("{} known, {} being learned", learning.full, learning.learning));
    line("fleet", fleet(&status.fleet));
    line("records", store(&status.store));
    line("pictures", evidence(&status.evidence));
    line("clock", clock(&status.clock));
    let items = &status.items;
    let counts = [
        ("passed", items.passed),
        ("diverted", items.diverted),
        ("lost", items.lost),
        ("in the wrong lane", items.wrong_lane),
        ("ambiguous", items.ambiguous),
        ("untold", items.untold),
    ];
    let counts: Vec<_> = counts.iter().map(|(what, count)| format!("{count} {what}")).collect();
    line("items", format!("{} entered, {}", items.entered, counts.join(", ")));
    for (cause, count) in &items.uninspected {
        line("", format!("{count} not inspected: {cause}"));
    }
    for (cause, count) in &items.unnumbered {
        line("", format!("{count} bodies without a number: {cause}"));
    }
    let rows: Vec<_> = status.cameras.iter().map(camera).collect();
    let header = ["camera", "state", "fps", "received", "dropped", "late", "errors", "reconnects"];
    format!("{text}\n{}", table(&header, &rows))
}

fn belt(belt: &BeltStatus) -> String {
    match belt {
        BeltStatus::Unknown => "unknown: the bridge has not told".to_owned(),
        BeltStatus::Standing => "standing".to_owned(),
        BeltStatus::Moving { mm_per_s } => format!("moving at {mm_per_s:.0} mm/s"),
    }
}

fn connected(yes: bool) -> &'static str {
    if yes { "connected" } else { "not connected" }
}

fn plc(plc: &PlcStatus) -> String {
    match plc {
        PlcStatus::Unknown => "unknown: the bridge has not told".to_owned(),
        PlcStatus::Connected => connected(true).to_owned(),
        PlcStatus::Lost { cause } => format!("lost: {cause}"),
    }
}

fn fleet(fleet: &FleetStatus) -> String {
    if !fleet.configured {
        return "not configured".to_owned();
    }
    let counts = format!("{} owed, {} acknowledged", fleet.owed, fleet.acknowledged);
    let problem = fleet.problem.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    format!("{}, {counts}{problem}", connected(fleet.connected))
}

fn store(store: &StoreStatus) -> String {
    match store {
        StoreStatus::Ok => "written to disk".to_owned(),
        StoreStatus::Failing { cause } => format!("kept in memory: {cause}"),
    }
}

fn evidence(evidence: &StoreStatus) -> String {
    match evidence {
        StoreStatus::Ok => "written to disk".to_owned(),
        StoreStatus::Failing { cause } => format!("not kept: {cause}"),
    }
}

fn clock(clock: &ClockStatus) -> String {
    match clock {
        ClockStatus::Trusted => "trusted".to_owned(),
        ClockStatus::Doubted { cause } => format!("doubted, so nothing expires: {cause}"),
    }
}

fn camera(camera: &CameraStatus) -> Vec<String> {
    let state = match (camera.state, &camera.cause) {
        (CameraHealth::Starting, _) => "starting".to_owned(),
        (CameraHealth::Streaming, _) => "streaming".to_owned(),
        (CameraHealth::Down, None) => "down".to_owned(),
        (CameraHealth::Down, Some(cause)) => format!("down: {cause}"),
    };
    let counters = &camera.counters;
    let counts =
        [counters.received, counters.dropped, counters.late, counters.errors, counters.reconnects];
    let mut row = vec![camera.name.clone(), state, format!("{:.1}", camera.fps)];
    row.extend(counts.map(|count| count.to_string()));
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_it_is_shown() {
        let shown = vec!["0A"; 32].join(":");
        assert_eq!(digest_of(&shown), Some([10; 32]));
        assert_eq!(digest_of("0A:0B"), None);
        assert_eq!(digest_of("nothing"), None);
    }

    #[test]
    fn the_text_says_what_is_wrong_and_what_to_do() {
        let status = PageStatus {
            problems: vec![calib::the_box::Problem {
                what: "camera top is down".to_owned(),
                remedy: "Check its cable.".to_owned(),
                since: jiff::Timestamp::UNIX_EPOCH,
            }],
            plc: PlcStatus::Lost { cause: "connection refused".to_owned() },
            engine: Some("TorchScript (as [model] engine says)".to_owned()),
            ..PageStatus::default()
        };
        let text = for_people(&status);
        assert!(text.contains("NOT INSPECTING"), "{text}");
        assert!(text.contains("camera top is down. Check its cable."), "{text}");
        assert!(text.contains("lost: connection refused"), "{text}");
        assert!(text.contains("engine    TorchScript (as [model] engine says)"), "{text}");
    }
}
