//! The live view over a real camera pipeline, which replays a folder: what a browser gets of it, and that it grows
//! old when the camera is gone.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use calib::state_folder::StateFolder;
use calib::the_box::PageStatus;
use calib::{PageThread, WebSection};
use capture::{Camera, CameraSection};
use damage::scoring::Budget;
use image::{GrayImage, Luma};
use inspectd::records::{ItemId, StoreThread};
use inspectd::run::commands::Commands;
use inspectd::run::live_view::{LastItems, LiveView, Located};
use serde_json::Value;
use tokio::sync::watch;

mod page_box;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Wider than people are shown: the left half dark, the right one bright.
const SIZE: (u32, u32) = (1280, 640);

fn section(folder: &Path) -> CameraSection {
    let seen = GrayImage::from_fn(SIZE.0, SIZE.1, |x, _| Luma([if x < 640 { 40 } else { 255 }]));
    fs::create_dir_all(folder).expect("the folder takes folders");
    seen.save(folder.join("seen.png")).expect("the folder takes files");
    let text = format!(
        "name = \"side\"\nsource = \"replay:{}\"\nwidth_px = {}\nheight_px = {}\nfps = 20\n\
         position_mm = 450.0\n",
        folder.display(),
        SIZE.0,
        SIZE.1
    );
    toml::from_str(&text).expect("a camera")
}

/// A page with a camera.
struct Bench {
    camera: Option<Camera>,
    last_items: Arc<LastItems>,
    address: SocketAddr,
    token: String,
    _page: PageThread,
    _feed: watch::Sender<Arc<PageStatus>>,
    _store: StoreThread,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let section = section(&folder.path().join("seen"));
        let cameras = [Camera::start(section.clone()).expect("it starts")];
        let live = LiveView::start(&[section], &cameras, 10).expect("it starts");
        let last_items = live.last_items();
        let (feed, status) = watch::channel(Arc::new(PageStatus::default()));
        let (the_box, store) =
            page_box::the_box(status, folder.path(), Commands::new().0, Budget::new(0.005));
        let the_box = Arc::new(the_box.with_cameras(live));
        let token = StateFolder::below(folder.path()).token().expect("the folder takes files");
        let web = WebSection {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            plain_http: true,
            ..WebSection::default()
        };
        let page = PageThread::start(web, folder.path(), the_box).expect("it starts");
        let [camera] = cameras;
        Self {
            camera: Some(camera),
            last_items,
            address: page.address().expect("a free port"),
            token: token.reveal().to_owned(),
            _page: page,
            _feed: feed,
            _store: store,
            _folder: folder,
        }
    }

    fn ask(&self, path: &str) -> (u16, Vec<u8>) {
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        let agent: ureq::Agent = config.into();
        let request = agent.get(format!("http://{}{path}", self.address));
        let request = request.header("authorization", format!("Bearer {}", self.token));
        let mut answer = request.call().expect("an answer");
        (answer.status().as_u16(), answer.body_mut().read_to_vec().expect("a whole answer"))
    }

    /// The newest picture. A busy machine may take its time for it, and says so.
    fn picture(&self) -> Vec<u8> {
        let start = Instant::now();
        loop {
            let (code, body) = self.ask("/api/cameras/side/live.jpg");
            if code == 200 {
                return body;
            }
            let told = String::from_utf8_lossy(&body);
            assert!(code == 503 && start.elapsed() < PATIENCE, "{code}: {told}");
        }
    }

    fn frame(&self) -> Value {
        let (code, body) = self.ask("/api/cameras/side/frame");
        assert_eq!(code, 200, "{}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).expect("JSON")
    }

    /// Waits until the newest frame `is_so`.
    fn until(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let frame = self.frame();
            if is_so(&frame) {
                return frame;
            }
            assert!(start.elapsed() < PATIENCE, "{what}: {frame}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn a_cameras_frames_become_small_pictures_and_facts() {
    let mut bench = Bench::new();
    bench.until("frames come", |frame| frame["frame"]["number"].as_u64() > Some(3));
    let jpeg = bench.picture();
    let picture = image::load_from_memory(&jpeg).expect("a JPEG").into_luma8();
    assert_eq!(picture.dimensions(), (960, 480));
    assert!(picture.get_pixel(200, 240).0[0] < 60 && picture.get_pixel(800, 240).0[0] > 240);

    let frame = bench.frame();
    assert_eq!(frame["window"]["position_mm"], 450.0, "{frame}");
    assert_eq!(frame["last_item"], Value::Null, "{frame}");
    let id = ItemId { boot: "boot".to_owned(), item: 9 };
    let located = Located { size: SIZE, bounds: Some([10, 20, 300, 200]) };
    bench.last_items.scored(&id, "side", located, (4.0, 3.0), None);
    let last = &bench.frame()["last_item"];
    assert_eq!((&last["item"], &last["verdict"]), (&9.into(), &Value::Null), "{last}");
    let (code, told) = bench.ask("/api/cameras/cellar/frame");
    let told = String::from_utf8_lossy(&told);
    assert!(code == 404 && told.contains("no camera `cellar`"), "{told}");

    bench.camera = None;
    let old = bench.until("it grows old", |frame| frame["frame"]["age_ms"].as_u64() > Some(1000));
    assert!(bench.picture() == jpeg, "the last frame is shown still");
    assert_eq!(bench.frame()["frame"]["number"], old["frame"]["number"]);
}

#[test]
fn a_stream_shows_newer_and_newer_frames() {
    let bench = Bench::new();
    let mut socket = TcpStream::connect(bench.address).expect("the page listens");
    socket.set_read_timeout(Some(PATIENCE)).expect("a socket takes it");
    let head = format!(
        "GET /api/cameras/side/live.mjpeg HTTP/1.1\r\nHost: box\r\nAuthorization: Bearer {}\r\n\r\n",
        bench.token
    );
    socket.write_all(head.as_bytes()).expect("the page reads");
    let (mut heard, mut bytes) = (String::new(), [0; 1 << 14]);
    let start = Instant::now();
    let numbers = loop {
        let count = socket.read(&mut bytes).expect("it goes on");
        assert!(count > 0 && start.elapsed() < PATIENCE, "it ended: {heard}");
        heard.push_str(&String::from_utf8_lossy(&bytes[..count]));
        let after = heard.split("X-Picture: {\"number\":").skip(1);
        let mut numbers: Vec<u64> =
            after.filter_map(|rest| rest.split_once(',')?.0.parse().ok()).collect();
        // On a busy machine the last one comes again.
        numbers.dedup();
        if numbers.len() >= 5 {
            break numbers;
        }
    };
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
}
