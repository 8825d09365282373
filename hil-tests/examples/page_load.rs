//! What visitors of the page cost the items (docs/measurements/page.md).
//!
//! `page_load [--visitors views|crowd] [--cameras N] [--rounds N] [--items N] [--views N]` runs a line of rendered
//! cartons: twin, plc-bridge and inspectd, each a process of its own. In each round so many items pass while nobody
//! visits the page, and as many while visitors do; the order changes from round to round, so that whatever else the
//! machine does is shared by both. Visitors are four browsers that watch, each a camera's stream in turn, or a
//! **crowd**: 500 connections that say a byte now and then and come again when they are ended, and 500 that ask for the
//! history as a table again and again. They stand back behind everything else, as if they ran elsewhere. Told is how long
//! an item took from when its pictures were there until its verdict left, since before that the belt has its say, and the
//! ratio of both sides.

use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use clap::{Parser, ValueEnum};
use hil_tests::harness::line_file::{CameraLayout, Layout};
use hil_tests::harness::running_line::{Broker, RunningLine, Start, socket_folder};
use hil_tests::harness::{references, wait_for};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

/// Slow connections of a crowd, and as many that ask.
const CROWD: usize = 500;
/// Pause of a slow connection between two bytes, and of one that was ended.
const PAUSE: Duration = Duration::from_millis(200);
/// The priority of a visitor: the least.
const LEAST: i32 = 19;
/// A visitor's stack, in bytes: there may be a thousand.
const STACK: usize = 256 << 10;
/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(180);
/// From when browsers come or go until items count.
const SETTLE: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Visitors {
    /// Browsers that watch the cameras.
    Views,
    /// Slow connections and questions.
    Crowd,
}

#[derive(Debug, Parser)]
struct Options {
    /// Who visits the page.
    #[arg(long, value_enum, default_value_t = Visitors::Views)]
    visitors: Visitors,
    /// Cameras of the line; browsers share them evenly.
    #[arg(long, default_value_t = 4)]
    cameras: usize,
    /// Rounds of nobody and of visitors.
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
    bench.half(false)?;
    for round in 0..bench.options.rounds {
        let order = if round % 2 == 0 { [false, true] } else { [true, false] };
        let mut medians = [0.0; 2];
        for visited in order {
            let (half, answers) = bench.half(visited)?;
            let side = if visited { &mut with } else { &mut without };
            let who = if visited { "visited" } else { "nobody there" };
            println!("round {round}, {who}: {}, {answers} answers", told(&half));
            medians[usize::from(visited)] = quantile(&half, 0.5);
            side.extend(half);
        }
        ratios.push(medians[1] / medians[0]);
    }
    line.check()?;
    println!("nobody there: {}", told(&without));
    println!("visited ({:?}): {}", bench.options.visitors, told(&with));
    for share in [0.5, 0.99] {
        let ratio = quantile(&with, share) / quantile(&without, share);
        println!("p{:.0} visited / nobody there: {ratio:.3}", 100.0 * share);
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
    /// The times of the items of half a round, with visitors or without; and how many answers, or pictures, these got.
    fn half(&mut self, visited: bool) -> anyhow::Result<(Vec<f64>, u64)> {
        let visitors: Vec<Visitor> = match (visited, self.options.visitors) {
            (false, _) => Vec::new(),
            (true, Visitors::Views) => {
                (0..self.options.views).map(|view| self.browser(view)).collect::<Result<_, _>>()?
            }
            (true, Visitors::Crowd) => {
                let slow = (0..CROWD).map(|_| self.slow());
                slow.chain((0..CROWD).map(|_| self.asking())).collect::<Result<_, _>>()?
            }
        };
        thread::sleep(SETTLE);
        let from = self.newest()? + 1;
        let to = from + self.options.items;
        let whole = wait_for(PATIENCE, || {
            let (judged, times) = self.times(from, to).ok()?;
            (judged >= self.options.items).then_some(times)
        });
        let answers = visitors.iter().map(|visitor| visitor.answers.load(Ordering::Relaxed)).sum();
        visitors.iter().for_each(|visitor| visitor.stop.store(true, Ordering::Relaxed));
        for Visitor { thread, .. } in visitors {
            match thread.join() {
                Ok(visited) => visited.context("a visitor sees nothing")?,
                Err(_) => bail!("a visitor panicked"),
            }
        }
        ensure!(!visited || answers > 0, "nobody was answered");
        let times = whole.with_context(|| format!("items {from} to {to} have no verdict"))?;
        thread::sleep(SETTLE);
        Ok((times, answers))
    }

    /// A browser that watches a camera's stream.
    fn browser(&self, view: usize) -> anyhow::Result<Visitor> {
        let camera = name(view % self.options.cameras);
        let head = self.head(&format!("/api/cameras/{camera}/live.mjpeg"))?;
        Visitor::comes(self.port, move |socket, counts, ends| {
            // A stream ends after a while; a browser asks again.
            socket.set_read_timeout(Some(Duration::from_secs(5)))?;
            socket.write_all(head.as_bytes())?;
            let mut stream = BufReader::new(socket);
            while !ends.load(Ordering::Relaxed) && next_part(&mut stream)? {
                counts.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        })
    }

    /// A connection that says a byte now and then.
    fn slow(&self) -> anyhow::Result<Visitor> {
        Visitor::comes(self.port, |socket, _, ends| {
            let bytes = b"GET / HTTP/1.1\r\nx-pad: ".iter().chain(std::iter::repeat(&b'x'));
            for byte in bytes {
                // The page ends it: that is its right.
                if ends.load(Ordering::Relaxed) || socket.write_all(&[*byte]).is_err() {
                    break;
                }
                thread::sleep(PAUSE);
            }
            Ok(())
        })
    }

    /// One that asks for the history again and again. It may be sent away.
    fn asking(&self) -> anyhow::Result<Visitor> {
        let head = self.head("/history.csv")?;
        Visitor::comes(self.port, move |socket, counts, _| {
            socket.set_read_timeout(Some(PATIENCE))?;
            let mut answer = Vec::new();
            let asked = socket.write_all(head.as_bytes());
            if asked.and_then(|()| socket.read_to_end(&mut answer)).is_ok()
                && answer.starts_with(b"HTTP/1.0 200")
            {
                counts.fetch_add(1, Ordering::Relaxed);
            } else {
                thread::sleep(PAUSE);
            }
            Ok(())
        })
    }

    /// Of HTTP 1.0, so that a stream comes as it is, and its end is the connection's.
    fn head(&self, path: &str) -> anyhow::Result<String> {
        let token = fs::read_to_string(self.store.join("page/token"))?;
        let token = token.trim();
        Ok(format!("GET {path} HTTP/1.0\r\nhost: box\r\nauthorization: Bearer {token}\r\n\r\n"))
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
fn next_part(stream: &mut BufReader<impl Read>) -> anyhow::Result<bool> {
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

/// One that visits the page until it is told to stop.
struct Visitor {
    stop: Arc<AtomicBool>,
    answers: Arc<AtomicU64>,
    thread: JoinHandle<anyhow::Result<()>>,
}

impl Visitor {
    /// Does `visit` on one connection after the other; it counts its answers, and looks whether it is to end.
    fn comes(
        port: u16,
        visit: impl Fn(&mut TcpStream, &AtomicU64, &AtomicBool) -> anyhow::Result<()> + Send + 'static,
    ) -> anyhow::Result<Self> {
        let (stop, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (ends, counts) = (Arc::clone(&stop), Arc::clone(&answers));
        let visits = move || {
            // Of this thread alone.
            rustix::process::setpriority_process(None, LEAST)?;
            while !ends.load(Ordering::Relaxed) {
                match TcpStream::connect(("127.0.0.1", port)) {
                    Ok(mut socket) => visit(&mut socket, &counts, &ends)?,
                    Err(_) => thread::sleep(PAUSE),
                }
            }
            Ok(())
        };
        let thread = thread::Builder::new().stack_size(STACK).spawn(visits)?;
        Ok(Self { stop, answers, thread })
    }
}
