//! What four live views cost the items (docs/measurements/page.md).
//!
//! `live_view [--cameras N] [--rounds N] [--items N] [--views N]` runs a line of rendered cartons: twin, plc-bridge and
//! inspectd, each a process of its own. In each round so many items pass while nobody watches, and as many while
//! four browsers watch, each a camera's stream in turn; the order changes from round to round, so that whatever else
//! the machine does is shared by both. Told is how long an item took from when its pictures were there until
//! its verdict left, since before that the belt has its say, and the ratio of both sides.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use clap::Parser;
use hil_tests::harness::line_file::{CameraLayout, Layout};
use hil_tests::harness::running_line::{Broker, RunningLine, Start, socket_folder};
use hil_tests::harness::{references, wait_for};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(180);
/// From when browsers come or go until items count.
const SETTLE: Duration = Duration::from_secs(2);

#[derive(Debug, Parser)]
struct Options {
    /// Cameras of the line; browsers share them evenly.
    #[arg(long, default_value_t = 4)]
    cameras: usize,
    /// Rounds of nobody and of four.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Items of each half of a round.
    #[arg(long, default_value_t = 30)]
    items: u64,
    /// Browsers.
    #[arg(long, default_value_t = 4)]
    views: usize,
    /// Items a second.
    #[arg(long, default_value_t = 1.0)]
    rate: f64,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let (folder, sockets) = (tempfile::tempdir()?, socket_folder()?);
    let mut layout = Layout::new(folder.path(), sockets.path())?;
    layout.rate = options.rate;
    layout.cameras =
        (0..options.cameras).map(|number| CameraLayout::rendered(&name(number))).collect();
    let here = std::env::current_exe()?;
    let target = here.parent().and_then(Path::parent).and_then(Path::parent);
    let cache = target.context("the example stands in a target folder")?.join("tmp/references");
    // Views that come late shall not be given up: their time is what is asked for.
    layout.inspection_s = 4.0;
    layout.references = references::learned(&layout, None, &cache, &mut |step| println!("{step}"))?;
    let twin = vec!["--wait-ready".into(), "--rate".into(), options.rate.to_string()];
    let start = Start { folder: folder.path(), layout: &layout, broker: Broker::Mosquitto, twin };
    let mut line = RunningLine::start(&start)?;
    let ready = wait_for(PATIENCE, || line.page.status().filter(|status| status.ready));
    ensure!(ready.is_some(), "inspectd is not ready: {}", line.inspectd.tail());

    let mut bench = Bench { store: layout.store.clone(), port: layout.web_port, options };
    let [mut without, mut with, mut ratios] = [const { Vec::new() }; 3];
    // Whatever is slow the first time is not counted.
    bench.half(0)?;
    for round in 0..bench.options.rounds {
        let views = bench.options.views;
        let order = if round % 2 == 0 { [0, views] } else { [views, 0] };
        let mut medians = [0.0; 2];
        for views in order {
            let (half, pictures) = bench.half(views)?;
            let side = if views == 0 { &mut without } else { &mut with };
            println!("round {round}, {views} views: {}, {pictures} pictures sent", told(&half));
            medians[usize::from(views > 0)] = quantile(&half, 0.5);
            side.extend(half);
        }
        ratios.push(medians[1] / medians[0]);
    }
    line.check()?;
    println!("nobody watches: {}", told(&without));
    println!("{} live views: {}", bench.options.views, told(&with));
    for share in [0.5, 0.99] {
        let ratio = quantile(&with, share) / quantile(&without, share);
        println!("p{:.0} with live views / without: {ratio:.3}", 100.0 * share);
    }
    let all: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.3}")).collect();
    println!("p50 of each round: median {:.3} of {}", quantile(&ratios, 0.5), all.join(" "));
    line.stop();
    Ok(())
}

/// The twin's cameras look by turns from above and from the side.
fn name(number: usize) -> String {
    let kind = if number.is_multiple_of(2) { "top" } else { "side" };
    if number < 2 { kind.to_owned() } else { format!("{kind}-{}", number / 2 + 1) }
}

fn told(times: &[f64]) -> String {
    let [half, most] = [0.5, 0.99].map(|share| quantile(times, share));
    format!("{} items, p50 {half:.1} ms, p99 {most:.1} ms", times.len())
}

fn quantile(times: &[f64], share: f64) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    let at = (share * times.len() as f64) as usize;
    times.get(at.min(times.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

struct Bench {
    store: PathBuf,
    port: u16,
    options: Options,
}

impl Bench {
    /// The times of the items of half a round, while so many watch; and how many pictures these got.
    fn half(&mut self, views: usize) -> anyhow::Result<(Vec<f64>, u64)> {
        let browsers: Vec<_> =
            (0..views).map(|view| self.browser(view)).collect::<Result<_, _>>()?;
        thread::sleep(SETTLE);
        let from = self.newest()? + 1;
        let to = from + self.options.items;
        let whole = wait_for(PATIENCE, || {
            let (judged, times) = self.times(from, to).ok()?;
            (judged >= self.options.items).then_some(times)
        });
        let pictures =
            browsers.iter().map(|browser| browser.pictures.load(Ordering::Relaxed)).sum();
        for Browser { stop, thread, .. } in browsers {
            stop.store(true, Ordering::Relaxed);
            match thread.join() {
                Ok(watched) => watched.context("a browser sees nothing")?,
                Err(_) => bail!("a browser panicked"),
            }
        }
        let times = whole.with_context(|| format!("items {from} to {to} have no verdict"))?;
        thread::sleep(SETTLE);
        Ok((times, pictures))
    }

    /// A browser that watches a camera's stream.
    fn browser(&self, view: usize) -> anyhow::Result<Browser> {
        let camera = name(view % self.options.cameras);
        let token = fs::read_to_string(self.store.join("page/token"))?;
        // Of HTTP 1.0, so that the stream comes as it is.
        let head = format!(
            "GET /api/cameras/{camera}/live.mjpeg HTTP/1.0\r\nhost: box\r\nauthorization: Bearer {}\r\n\r\n",
            token.trim()
        );
        let (stop, pictures) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (ends, counts, port) = (Arc::clone(&stop), Arc::clone(&pictures), self.port);
        let thread = thread::spawn(move || {
            while !ends.load(Ordering::Relaxed) {
                // A stream ends after a while; a browser asks again.
                let mut socket = TcpStream::connect(("127.0.0.1", port))?;
                socket.set_read_timeout(Some(Duration::from_secs(5)))?;
                socket.write_all(head.as_bytes())?;
                let mut stream = BufReader::new(socket);
                while !ends.load(Ordering::Relaxed) && next_part(&mut stream)? {
                    counts.fetch_add(1, Ordering::Relaxed);
                }
            }
            Ok(())
        });
        Ok(Browser { stop, pictures, thread })
    }

    fn rows(&self, question: &str) -> anyhow::Result<Vec<Value>> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let db = Connection::open_with_flags(self.store.join("records.db"), flags)?;
        let mut query = db.prepare(question)?;
        let rows = query.query_map([], |row| row.get::<_, String>(0))?;
        rows.map(|body| Ok(serde_json::from_str(&body?)?)).collect()
    }

    /// The number of the newest item.
    fn newest(&self) -> anyhow::Result<u64> {
        let newest = self.rows("SELECT body FROM record ORDER BY item DESC LIMIT 1")?;
        Ok(newest.first().and_then(|record| record["item"].as_u64()).unwrap_or(0))
    }

    /// How many items from `from` up to `to` have their verdict, and what each took from its pictures to it, in
    /// milliseconds.
    fn times(&self, from: u64, to: u64) -> anyhow::Result<(u64, Vec<f64>)> {
        let question =
            format!("SELECT body FROM record WHERE item >= {from} AND item < {to} ORDER BY item");
        let took = |record: &Value| {
            let of = |name: &str| record["timings"][name].as_f64();
            Some(of("eye_to_verdict_ms")? - of("eye_to_views_ms")?)
        };
        let records = self.rows(&question)?;
        let judged = records.iter().filter(|record| !record["verdict"].is_null()).count();
        Ok((judged as u64, records.iter().filter_map(took).collect()))
    }
}

/// Reads a part of a stream; false at its end. The answer's own head counts as a part without a body.
fn next_part(stream: &mut BufReader<TcpStream>) -> anyhow::Result<bool> {
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Ok(false);
        }
        if let Some(said) = line.strip_prefix("Content-Length: ") {
            length = said.trim().parse()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    // And the end of the line after it, where it has a body.
    stream.read_exact(&mut vec![0; length + if length > 0 { 2 } else { 0 }])?;
    Ok(true)
}

struct Browser {
    stop: Arc<AtomicBool>,
    pictures: Arc<AtomicU64>,
    thread: JoinHandle<anyhow::Result<()>>,
}
