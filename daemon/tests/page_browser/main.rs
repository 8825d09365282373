//! The page in a real browser: set-up, three roles, both languages, every width, day and night, and what
//! an open page says when the connection is lost. Pictures of all pages stand in `target/pages/` afterwards.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use calib::state_folder::StateFolder;
use calib::the_box::{CameraCounters, CameraHealth, CameraStatus, Counts, PageStatus, Problem};
use calib::{PageThread, WebSection};
use capture::{Camera, CameraSection};
use damage::scoring::Budget;
use image::{GrayImage, Luma, Rgb, RgbImage};
use inspectd::records::{Change, Record, Store};
use inspectd::run::commands::Commands;
use inspectd::run::live_view::{LiveView, Located};
use inspectd::web::settings::SettingsOfBox;
use jiff::Timestamp;
use tokio::sync::watch;

#[path = "../page_box/mod.rs"]
mod page_box;

fn diverted(item: u64) -> Record {
    let entered_at = Timestamp::now() - jiff::SignedDuration::from_secs(10 - item as i64);
    page_box::diverted(item, entered_at, "day")
}

/// A store with three items and their pictures.
fn store() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let closed: Vec<_> = (1..=3).map(|item| Change::Close(diverted(item))).collect();
    Store::open(folder.path()).expect("it opens").commit(&closed).expect("it takes records");
    let day = folder.path().join("evidence/day");
    fs::create_dir_all(&day).expect("the folder takes folders");
    for (name, colour) in [("side.png", [150, 110, 60]), ("side-heat.png", [200, 60, 30])] {
        let picture = RgbImage::from_pixel(320, 240, Rgb(colour));
        picture.save(day.join(name)).expect("the folder takes files");
    }
    for item in 1..=5 {
        let lesson = folder.path().join(format!("learning/CARTON-17/boot-{item}"));
        fs::create_dir_all(&lesson).expect("the folder takes folders");
        let picture = RgbImage::from_fn(320, 240, |x, y| {
            let inside = (60 + item * 8..200 + item * 8).contains(&x) && (70..180).contains(&y);
            Rgb(if inside { [176, 132, 80] } else { [60, 64, 70] })
        });
        picture.save(lesson.join("side.png")).expect("the folder takes files");
    }
    folder
}

fn status() -> PageStatus {
    PageStatus {
        version: "0.1.0".to_owned(),
        line: "outbound 3".to_owned(),
        problems: vec![Problem {
            what: "camera top is down".to_owned(),
            remedy: "Check its cable.".to_owned(),
            since: Timestamp::now(),
        }],
        cameras: vec![CameraStatus {
            name: "side".to_owned(),
            state: CameraHealth::Streaming,
            cause: None,
            fps: 24.9,
            counters: CameraCounters { received: 10_000, dropped: 2, ..CameraCounters::default() },
        }],
        items: Counts { entered: 1234, ..Counts::default() },
        ..PageStatus::default()
    }
}

/// What camera `side` sees: a quarter at full brightness, a quarter of sharp squares, and plain grey.
fn seen() -> GrayImage {
    GrayImage::from_fn(640, 480, |x, y| match (x / 160, (x / 16 + y / 16) % 2) {
        (0, _) => Luma([255]),
        (1, 0) => Luma([40]),
        (1, _) => Luma([200]),
        _ => Luma([90]),
    })
}

/// Camera `side`, which sees that again and again, and the live view of it, in which the last item was scored.
fn watched(folder: &Path) -> (Camera, LiveView) {
    fs::create_dir_all(folder).expect("the folder takes folders");
    seen().save(folder.join("seen.png")).expect("the folder takes files");
    let text = format!(
        "name = \"side\"\nsource = \"replay:{}\"\nwidth_px = 640\nheight_px = 480\nfps = 10\n\
         position_mm = 450.0\n",
        folder.display()
    );
    let section: CameraSection = toml::from_str(&text).expect("a camera");
    let cameras = [Camera::start(section.clone()).expect("it starts")];
    let live = LiveView::start(&[section], &cameras, 8).expect("it starts");
    let item = diverted(3);
    let located = Located { size: (640, 480), bounds: Some([352, 96, 240, 288]) };
    let heat_map = item.views[0].heat_map.clone();
    live.last_items().scored(&item.id, "side", located, (4.5, 3.0), heat_map);
    live.last_items().recorded(&item);
    let [camera] = cameras;
    (camera, live)
}

/// The line file as a colleague leaves it: camera `side` is gone, and two others stand before `top`.
fn other_cameras(text: &str) -> String {
    let camera = |name: &str| {
        format!(
            "[[camera]]\nname = \"{name}\"\nsource = \"v4l2:/dev/video7\"\nwidth_px = 640\n\
             height_px = 480\nposition_mm = 200\n\n"
        )
    };
    let (before, cameras) = text.split_once("[[camera]]").expect("there is a camera");
    let (_, top) = cameras.split_once("[[camera]]").expect("there are two");
    format!("{before}{}{}[[camera]]{top}", camera("front"), camera("left"))
}

/// The Python that scripts/bootstrap made, and the browser that it installed.
fn tools() -> Option<(String, PathBuf)> {
    let chromium = PathBuf::from("/usr/bin/chromium");
    let python = option_env!("INSPECTD_TEST_PYTHON")?;
    (Path::new(python).exists() && chromium.exists()).then(|| (python.to_owned(), chromium))
}

#[test]
fn people_walk_through_the_page() {
    let Some((python, chromium)) = tools() else {
        panic!("no browser, or no Python for tests: run scripts/bootstrap, which installs both");
    };
    let folder = store();
    let (feed, seen) = watch::channel(Arc::new(status()));
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let section = WebSection { listen, ..WebSection::default() };
    let (camera, live) = watched(&folder.path().join("seen"));
    let mut camera = Some(camera);
    let budget = Budget::new(0.005);
    let (commands, asked) = Commands::new();
    let the_loop = page_box::Loop::start(feed, asked);
    let (the_box, _store) = page_box::the_box(seen, folder.path(), commands, budget.clone());
    let line_file = folder.path().join("line.toml");
    let text = include_str!("../../src/ctl/example-line.toml");
    fs::write(&line_file, text).expect("the folder takes files");
    let settings = SettingsOfBox::new(&line_file, text, folder.path(), Some(Arc::default()))
        .with_obey(move |line| budget.set(line.policy.false_divert_budget));
    let the_box = Arc::new(the_box.with_cameras(live).with_settings(settings));
    let code = StateFolder::below(folder.path()).set_up_code().expect("the folder takes files");
    let page = PageThread::start(section, folder.path(), the_box).expect("it starts");
    let address = format!("https://{}/", page.address().expect("a free port"));
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("pages");
    fs::create_dir_all(&pictures).expect("target takes folders");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page_browser/walk.py");
    let mut walk = Command::new(python)
        // The steps are modules beside the script: nothing is compiled into the sources.
        .arg("-B")
        .arg(script)
        .arg(chromium)
        .args([&address, code.reveal()])
        .arg(&pictures)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut told = walk.stdin.take().expect("it is piped");
    let mut page = Some(page);
    // What the line file said before a colleague changed it.
    let mut before = None;
    for line in BufReader::new(walk.stdout.take().expect("it is piped")).lines() {
        let line = line.expect("it says text");
        println!("{line}");
        if line == "edit" {
            let text = fs::read_to_string(&line_file).expect("it is there");
            let text = text.replace("outbound 3", "edited on the box");
            fs::write(&line_file, text).expect("it can be written");
            writeln!(told, "it is edited").expect("it listens");
        }
        if line == "colleague is gone" {
            let text = before.take().expect("a colleague was there");
            fs::write(&line_file, text).expect("it can be written");
            writeln!(told, "it is as before").expect("it listens");
        }
        if line == "colleague" {
            let text = fs::read_to_string(&line_file).expect("it is there");
            fs::write(&line_file, other_cameras(&text)).expect("it can be written");
            writeln!(told, "it is edited").expect("it listens");
            before = Some(text);
        }
        let gone = match line.as_str() {
            "cut" => page.take().map(drop),
            "unplug" => camera.take().map(drop),
            _ => None,
        };
        if gone.is_some() {
            writeln!(told, "it is gone").expect("it listens");
        }
    }
    assert!(walk.wait().expect("it ends").success(), "see above");
    assert!(page.is_none(), "the walk went to its end");
    drop(the_loop);
}
