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
use clap::Parser;
use hil_tests::{
    demo::{screen::Screen, summary},
    harness::{
        line_file::{CameraLayout, Layout},
        references,
        running_line::{Broker, RunningLine, Start, socket_folder},
    },
};
use twin::pictures::PictureSet;
use vision::config::LabelSection;

/// The page's port, unless somebody else has it.
const WEB_PORT: u16 = 8080;
/// How long inspectd may take until it inspects: loading, checking and warming up the model.
const READY_LIMIT: Duration = Duration::from_secs(60);
/// How long the belt may take to run empty and the records to settle.
const EMPTY_LIMIT: Duration = Duration::from_secs(30);
/// How often inspectd is started again before its end counts as the demo's.
const MOST_RESTARTS: u32 = 5;
/// How often the screen is renewed.
const RENEW: Duration = Duration::from_millis(400);
/// Longest side of a camera's picture when a folder of pictures is played, in pixels.
const LONGEST_PX: u32 = 640;

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
    /// Play the pictures of this folder, `test/<class>` and `train/good`, or the same below
    /// `views/<view>/` [default: the environment's IMAGES, else rendered cartons].
    #[arg(long)]
    images: Option<PathBuf>,
    /// Items a second.
    #[arg(long, default_value_t = 1.0)]
    rate: f64,
    /// Cameras that see rendered items, by turns from above and from the side.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=8))]
    cameras: u8,
    /// Share of damaged items among rendered ones.
    #[arg(long, default_value_t = 0.2)]
    defect_rate: f64,
    /// Fixes the items.
    #[arg(long, default_value_t = 1)]
    seed: u64,
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
    let mut twin = vec!["--wait-ready".to_owned()];
    let mut give = |name: &str, value: String| twin.extend([name.to_owned(), value]);
    give("--rate", options.rate.to_string());
    give("--defect-rate", options.defect_rate.to_string());
    give("--seed", options.seed.to_string());
    if let Some(images) = &images {
        give("--images", images.display().to_string());
        layout.cameras = cameras_for(images)?;
        layout.sku = sku_for(images);
        layout.label = LabelSection::default();
    }
    let cache = target.join("demo-cache");
    layout.references = references::learned(&layout, images.as_deref(), &cache, &mut |step| {
        println!("{step} (kept for the next time) ...");
    })?;

    println!("starting broker, twin, plc-bridge and inspectd; their logs are in target/demo");
    let start = Start { folder: &folder, layout: &layout, broker: Broker::Mosquitto, twin };
    let mut line = RunningLine::start(&start)?;
    let page = line.page.clone();
    println!("the page: {}", page.address());

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
                    "\n{} · {:.0} s{} · ctrl-C ends it",
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
    let path = folder.join("summary.json");
    let json = serde_json::to_string_pretty(&account)?;
    fs::write(&path, json).with_context(|| format!("{}", path.display()))?;
    println!("\n{}", summary::for_people(&account));
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

/// One camera for each view of the folder, in the shape of its pictures.
fn cameras_for(images: &Path) -> anyhow::Result<Vec<CameraLayout>> {
    let set = PictureSet::open(images)?;
    let mut cameras = Vec::new();
    for (index, view) in set.views.iter().enumerate() {
        let (width, height) = set.size(index)?;
        let scale = (f64::from(LONGEST_PX) / f64::from(width.max(height))).min(1.0);
        // Multiples of 4 keep rows of RGB free of padding on their way.
        let px = |side: u32| ((f64::from(side) * scale / 4.0).round() as u32).max(4) * 4;
        cameras.push(CameraLayout {
            name: if view.is_empty() { "camera".to_owned() } else { view.clone() },
            width_px: px(width),
            height_px: px(height),
        });
    }
    Ok(cameras)
}

/// The folder's name, as a SKU.
fn sku_for(images: &Path) -> String {
    images.file_name().map_or_else(|| "pictures".into(), |name| name.to_string_lossy().into_owned())
}
