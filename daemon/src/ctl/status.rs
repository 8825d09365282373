//! `inspectctl status`: what the status page says, for terminals and scripts.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use super::Context;
use super::output::{Answer, table};
use crate::web::status::{
    CameraHealth, CameraStatus, ClockStatus, FleetStatus, PageStatus, PlcStatus, StoreStatus,
};

/// How long inspectd may take to answer; it answers from memory, within milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// What to try when nobody answers.
const REMEDY: &str = "Is inspectd running? Try `systemctl status inspectd`, then `journalctl -u \
                      inspectd -n 50`; if its page stands elsewhere, name it with --url or --line";

/// Ask the running inspectd how it is.
///
/// Exit code 0 means that items are being inspected, 1 that they are not. With --json: one object
/// with `version`, `line`, `sku`, `ready`, `problems` (`what`, `remedy`, `since`), `cameras`
/// (`name`, `state`, `fps`, `counters`), `plc`, `bridge`, `fleet`, `items`, `store`, `evidence`, `clock` and, while
/// the model is loaded, `engine`: which program runs its backbone, and why.
#[derive(Debug, Args)]
pub struct Status {
    /// Address of the status page [default: `[web] listen` of the line file].
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

impl Status {
    /// Asks once.
    pub fn run(&self, context: &Context) -> anyhow::Result<Answer> {
        let page = match &self.url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => page_of(context.line_file()?.web.listen),
        };
        let status = ask(&page)?;
        let answer = Answer::either(context.json, &status, || for_people(&status))?;
        Ok(answer.good_only_if(status.ready))
    }
}

/// Where to ask on this machine when inspectd listens on `listen`.
fn page_of(mut listen: SocketAddr) -> String {
    if listen.ip().is_unspecified() {
        listen.set_ip(match listen.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("http://{listen}")
}

fn ask(page: &str) -> anyhow::Result<PageStatus> {
    let config = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).proxy(None).build();
    let agent: ureq::Agent = config.into();
    let mut answer = agent
        .get(format!("{page}/api/status"))
        .call()
        .with_context(|| format!("inspectd does not answer at {page}. {REMEDY}. The cause"))?;
    answer.body_mut().read_json().with_context(|| {
        format!(
            "{page} answers, but not as inspectd {} does. Does another program use this port, or \
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
    line("bridge", connected(status.bridge.connected).to_owned());
    line("plc", plc(&status.plc));
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
    fn a_page_on_every_address_is_asked_on_the_loopback() {
        assert_eq!(page_of("0.0.0.0:8080".parse().unwrap()), "http://127.0.0.1:8080");
        assert_eq!(page_of("[::]:8080".parse().unwrap()), "http://[::1]:8080");
        assert_eq!(page_of("10.0.0.5:81".parse().unwrap()), "http://10.0.0.5:81");
    }

    #[test]
    fn the_text_says_what_is_wrong_and_what_to_do() {
        let status = PageStatus {
            problems: vec![crate::web::status::Problem {
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
