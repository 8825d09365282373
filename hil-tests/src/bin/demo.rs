//! `demo`: the running line with one command. `make demo` builds everything and starts this.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use clap::{Parser, ValueEnum};
use hil_tests::{
    demo::{
        planned,
        play::{self, Play},
        screen::Screen,
        summary,
    },
    harness::{
        line_file::{CameraLayout, Layout},
        people,
        running_line::{Broker, RunningLine, Start, socket_folder},
        wait_for,
    },
};

/// The page's port, unless somebody else has it.
const WEB_PORT: u16 = 8080;
/// Who may look at the page.
const PERSON: &str = "demo";
/// How long inspectd may take until it inspects: loading, checking and warming up the model.
const READY_LIMIT: Duration = Duration::from_secs(60);
/// How long the belt may take to run empty and the records to settle.
const EMPTY_LIMIT: Duration = Duration::from_secs(30);
/// How often inspectd is started again before its end counts as the demo's.
const MOST_RESTARTS: u32 = 5;
/// How often the screen is renewed.
const RENEW: Duration = Duration::from_millis(400);

/// Runs a simulated line with the real plc-bridge and inspectd, and shows what happens.
///
/// Everything it writes is in `target/demo`. ctrl-C lets the belt run empty and ends all
/// processes; a second ctrl-C ends them at once.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// End after this many seconds [default: the environment's DURATION, else at ctrl-C].
    #[arg(long)]
    duration: Option<u64>,
    /// What is rendered: many products by turns, or cartons of one product.
    #[arg(long, value_enum, default_value_t = Goods::Mixed)]
    goods: Goods,
    /// Play the pictures of this folder, `test/<class>` and `train/good`, or the same below
    /// `views/<view>/` [default: the environment's IMAGES, else what --goods says].
    #[arg(long)]
    images: Option<PathBuf>,
    /// Items a second.
    #[arg(long, default_value_t = 1.0)]
    rate: f64,
    /// Cameras that see rendered items, by turns from above and from the side.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=8))]
    cameras: u8,
    /// Share of faulty items among rendered ones.
    #[arg(long, default_value_t = 0.2)]
    defect_rate: f64,
    /// Fixes the items. With the usual one the scanner misreads two items of a mixed belt within two minutes.
    #[arg(long, default_value_t = 5)]
    seed: u64,
}

/// What is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Goods {
    /// Many products.
    Mixed,
    /// Cartons of one product.
    Carton,
}

fn main() -> ExitCode {
    match demo(Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn demo(options: Options) -> anyhow::Result<()> {
    let asked = Arc::new(AtomicUsize::new(0));
    ctrlc::set_handler({
        let asked = Arc::clone(&asked);
        move || {
            asked.fetch_add(1, Ordering::Relaxed);
        }
    })?;
    let stop = || asked.load(Ordering::Relaxed) > 0;
    let stop_now = || asked.load(Ordering::Relaxed) > 1;

    let duration = match options.duration {
        Some(seconds) => Some(seconds),
        None => from_environment("DURATION")
            .map(|text| text.parse().with_context(|| format!("DURATION={text}: write seconds")))
            .transpose()?,
    };
    let images = options.images.clone().or_else(|| from_environment("IMAGES").map(PathBuf::from));
    let images = images
        .map(|path| path.canonicalize().with_context(|| format!("IMAGES={}", path.display())))
        .transpose()?;

    let target = target_folder()?;
    let folder = target.join("demo");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
    let sockets = socket_folder()?;
    let mut layout = Layout::new(&folder, sockets.path())?;
    layout.rate = options.rate;
    layout.cameras = rendered_cameras(options.cameras);
    if TcpListener::bind(("127.0.0.1", WEB_PORT)).is_ok() {
        layout.web_port = WEB_PORT;
    }
    let play = match (images, options.goods) {
        (Some(images), _) => Play::Pictures(images),
        (None, Goods::Mixed) => Play::mixed(options.defect_rate, options.seed),
        (None, Goods::Carton) => Play::Cartons { defect_rate: options.defect_rate },
    };
    play.lay_out(&mut layout, &folder)?;
    let mut twin = vec!["--wait-ready".to_owned()];
    let mut give = |name: &str, value: String| twin.extend([name.to_owned(), value]);
    give("--rate", options.rate.to_string());
    give("--seed", options.seed.to_string());
    twin.extend(play.twin_arguments(&folder));
    let cache = target.join("demo-cache");
    play.learn(&mut layout, &folder, &cache, &mut |step| {
        println!("{step} (kept for the next time) ...");
    })?;

    println!("starting broker, twin, plc-bridge and inspectd; their logs are in target/demo");
    let start = Start { folder: &folder, layout: &layout, broker: Broker::Mosquitto, twin };
    let mut line = RunningLine::start(&start)?;
    let page = line.page.clone();
    let up = wait_for(READY_LIMIT, || page.status());
    up.with_context(|| format!("the page does not answer; {}", line.inspectd.tail()))?;
    let password = people::add(line.line_file(), PERSON, "engineer")
        .context("nobody can be added to the page")?;
    println!("the page: {}, log in as {PERSON} with the password {password}", page.address());
    if let (Play::Mixed(belt), Some(port)) = (&play, layout.broker_port) {
        belt.hold(port).context("the fleet cannot hold the recalled lots")?;
    }

    let mut screen = Screen::new();
    let started = Instant::now();
    let mut fed_since: Option<Instant> = None;
    let mut restarts = 0;
    while !stop() {
        revive_inspectd(&mut line, &mut restarts)?;
        line.check()?;
        match fed_since {
            None => {
                if page.status().is_some_and(|status| status.ready) {
                    fed_since = Some(Instant::now());
                } else if started.elapsed() > READY_LIMIT {
                    anyhow::bail!(
                        "inspectd is not ready after {READY_LIMIT:?}; the end of its log:\n{}",
                        line.inspectd.tail()
                    );
                }
            }
            Some(since) => {
                if duration.is_some_and(|seconds| since.elapsed().as_secs() >= seconds) {
                    break;
                }
                let headline = format!(
                    "\n{} ({PERSON}, {password}) · {:.0} s{} · ctrl-C ends it",
                    page.address(),
                    since.elapsed().as_secs_f64(),
                    duration.map_or_else(String::new, |seconds| format!(" of {seconds} s")),
                );
                screen.show(&headline, &page.items().unwrap_or_default())?;
            }
        }
        thread::sleep(RENEW);
    }

    println!("the feeder is off; the belt runs empty ...");
    line.stop_feeding();
    let end = Instant::now() + EMPTY_LIMIT;
    while fed_since.is_some() && Instant::now() < end && !(line.is_empty() && line.is_settled()) {
        revive_inspectd(&mut line, &mut restarts)?;
        line.check()?;
        if stop_now() {
            anyhow::bail!("ended at once, as asked by the second ctrl-C");
        }
        screen.show("\nthe belt runs empty", &page.items().unwrap_or_default())?;
        thread::sleep(RENEW);
    }
    let status = page.status();
    for name in line.stop() {
        println!("{name} did not end by itself and was killed");
    }
    let account = line.account(status.as_ref())?;
    let planned = match &play {
        Play::Mixed(_) => Some(line.planned(&play::scans(&folder))?),
        Play::Cartons { .. } | Play::Pictures(_) => None,
    };
    let path = folder.join("summary.json");
    let mut summary = serde_json::to_value(&account)?;
    if let Some(planned) = &planned {
        summary["planned"] = serde_json::to_value(planned)?;
    }
    let json = serde_json::to_string_pretty(&summary)?;
    fs::write(&path, json).with_context(|| format!("{}", path.display()))?;
    println!("\n{}", summary::for_people(&account));
    if let Some(planned) = &planned {
        println!("{}", planned::for_people(planned));
    }
    println!("also in {}", path.display());
    Ok(())
}

/// Starts inspectd again when it was killed, as systemd does on the appliance: the demo can be used
/// to see that the bridge falls back meanwhile. One that keeps ending is not started for ever.
fn revive_inspectd(line: &mut RunningLine, restarts: &mut u32) -> anyhow::Result<()> {
    let Some(status) = line.inspectd.ended() else { return Ok(()) };
    *restarts += 1;
    if *restarts > MOST_RESTARTS {
        return Ok(());
    }
    println!(
        "\ninspectd has ended ({status}); it is started again, the bridge falls back meanwhile"
    );
    line.restart_inspectd()?;
    Ok(())
}

fn from_environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The build's target folder, above the folder of this program.
fn target_folder() -> anyhow::Result<PathBuf> {
    let here = std::env::current_exe()?;
    let folder = here.parent().and_then(Path::parent);
    Ok(folder.context("this program stands in no target folder")?.to_owned())
}

/// So many cameras for rendered items: top, side, top-2, side-2 and so on.
fn rendered_cameras(count: u8) -> Vec<CameraLayout> {
    let name = |index: u8| {
        let side = if index.is_multiple_of(2) { "top" } else { "side" };
        if index < 2 { side.to_owned() } else { format!("{side}-{}", index / 2 + 1) }
    };
    (0..count).map(|index| CameraLayout::rendered(&name(index))).collect()
}
