//! A crowd at the status page: it takes no more file handles than it says, whatever browsers do,
//! and the line's store, files and sockets go on. The browsers run in a process of their own, so
//! that their file handles are not counted as the page's.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use calib::state_folder::StateFolder;
use calib::the_box::PageStatus;
use calib::{Page, PageThread, WebSection};
use damage::scoring::Budget;
use inspectd::records::{Change, ItemId, Record, Records, Store};
use inspectd::run::commands::Commands;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::watch;

/// File handles of the process with the page: far fewer than browsers.
const HANDLES: u64 = 256;
const IDLE: usize = 1200;
const SLOW: usize = 500;
const QUERIES: usize = 500;

/// The page's address, for the browsers' process.
const ADDRESS: &str = "PAGE_CROWD_ADDRESS";
/// Before what the browsers say, among what the test harness says.
const SAYS: &str = "browsers: ";
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

const HERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

mod page_box;

/// Without encryption: browsers here write single bytes of HTTP.
fn plain() -> WebSection {
    WebSection { listen: HERE, plain_http: true, ..WebSection::default() }
}

#[test]
fn a_crowd_at_the_page_takes_nothing_from_the_line() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(HANDLES), ..limit }).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut line = Line::new(folder.path());
    (0..1000).for_each(|_| line.turn());
    let mut browsers = Browsers::prepare();
    line.handles_before = handles();

    let at_most = Page::bind(&plain()).unwrap().handles();
    let (_feed, status) = watch::channel(Arc::new(PageStatus::default()));
    let (the_box, _store) =
        page_box::the_box(status, folder.path(), Commands::new().0, Budget::new(0.005));
    let token = StateFolder::below(folder.path()).token().unwrap();
    let token = token.reveal();
    let page = PageThread::start(plain(), folder.path(), Arc::new(the_box)).unwrap();
    let address = page.address().expect("a free port");
    let status_of = |address| status_of(address, token);

    browsers.tell(&format!("{address} {token}"));
    line.until(&browsers, "idle");
    assert_eq!(status_of(address), 200, "a technician is kept out by idle connections");
    browsers.tell("go on");
    line.until(&browsers, "slow");
    assert_eq!(status_of(address), 200, "a technician is kept out by slow connections");
    browsers.tell("go on");
    let answers = line.until(&browsers, "queries");
    browsers.tell("go on");
    line.until(&browsers, "all were ended");
    assert_eq!(status_of(address), 200, "the page does not come back");
    browsers.end();

    let of: Vec<usize> = answers.split(' ').map(|n| n.parse().unwrap()).collect();
    let [answered, sent_away, cut] = of[..] else { panic!("{answers}") };
    println!(
        "{} turns of the line, {} file handles of the page at most (it says {at_most}); of \
         {QUERIES} questions {answered} answered, {sent_away} sent away, {cut} cut off",
        line.turns,
        line.most_handles - line.handles_before
    );
    assert!(answered > 0, "no question was answered");
    // Its connection is the only one that a question has: whoever asks at once is told at least to come later.
    assert!(cut * 100 <= QUERIES, "{cut} of {QUERIES} questions were cut off");
    let taken = line.most_handles - line.handles_before;
    // Those of the turn in which they are counted: the folder that is listed, and the probe's.
    assert!(taken <= at_most + 4, "the page took {taken} file handles, {at_most} at most");
    let kept = Records::open_read_only(folder.path()).unwrap().recent(line.turns + 1);
    assert_eq!(kept.unwrap().len(), line.turns, "records are missing");
}

/// What the line does with file handles: records, files and sockets.
struct Line {
    store: Store,
    fleet: TcpListener,
    file: std::path::PathBuf,
    turns: usize,
    handles_before: usize,
    most_handles: usize,
}

impl Line {
    fn new(folder: &Path) -> Self {
        let store = Store::open(folder).expect("a new store opens");
        let fleet = TcpListener::bind(HERE).expect("a free port");
        let file = folder.join("evidence.tmp");
        Self { store, fleet, file, turns: 0, handles_before: 0, most_handles: 0 }
    }

    /// One item: its record, its picture, and a fleet that has to be called again.
    fn turn(&mut self) {
        let id = ItemId { boot: "boot".to_owned(), item: self.turns as u64 };
        let at = "2026-11-22T10:00:00Z".parse().expect("a time");
        let record = Record { sku: Some("CARTON-17".to_owned()), ..Record::of(id, at) };
        self.store.commit(&[Change::Close(record)]).expect("the record is stored");
        File::create(&self.file).expect("a picture can be written");
        let called = TcpStream::connect(self.fleet.local_addr().expect("it has one"));
        called.expect("the fleet can be called");
        self.fleet.accept().expect("and hears it");
        self.turns += 1;
        self.most_handles = self.most_handles.max(handles());
    }

    /// Runs until the browsers say `what`; returns the rest of what they say.
    fn until(&mut self, browsers: &Browsers, what: &str) -> String {
        let start = Instant::now();
        loop {
            self.turn();
            // A thousand items a second, far more than any belt brings, and not as many as the disk takes.
            thread::sleep(Duration::from_millis(1));
            match browsers.said.try_recv() {
                Ok(said) => {
                    let rest = said.strip_prefix(what);
                    return rest.unwrap_or_else(|| panic!("{said}")).trim().to_owned();
                }
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => panic!("the browsers died before `{what}`"),
            }
            assert!(start.elapsed() < PATIENCE, "the browsers never said `{what}`");
        }
    }
}

fn handles() -> usize {
    fs::read_dir("/proc/self/fd").expect("/proc can be read").count()
}

fn status_of(address: SocketAddr, token: &str) -> u16 {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    let agent: ureq::Agent = config.timeout_global(Some(PATIENCE)).build().into();
    let request = agent.get(format!("http://{address}/api/status"));
    let request = request.header("authorization", format!("Bearer {token}"));
    request.call().expect("an answer").status().as_u16()
}

/// The process with the browsers: the test below.
struct Browsers {
    process: Child,
    told: ChildStdin,
    said: Receiver<String>,
}

impl Browsers {
    fn prepare() -> Self {
        let mut process = Command::new(std::env::current_exe().expect("this test has a file"))
            .args(["--ignored", "--exact", "--nocapture", "the_browsers"])
            .env(ADDRESS, "first line")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this test can be started again");
        let told = process.stdin.take().expect("it is piped");
        let heard = BufReader::new(process.stdout.take().expect("it is piped"));
        let (say, said) = mpsc::channel();
        thread::spawn(move || {
            for line in heard.lines().map_while(Result::ok) {
                // The harness writes `test …` in front of the first line.
                if let Some((_, what)) = line.split_once(SAYS) {
                    _ = say.send(what.to_owned());
                }
            }
        });
        Self { process, told, said }
    }

    fn tell(&mut self, what: &str) {
        writeln!(self.told, "{what}").expect("the browsers listen");
    }

    fn end(mut self) {
        drop(self.told);
        assert!(
            self.process.wait().expect("it can be waited for").success(),
            "the browsers failed; see above"
        );
    }
}

#[test]
#[ignore = "the other test starts it as a process of its own"]
fn the_browsers() {
    if std::env::var_os(ADDRESS).is_none() {
        println!("these are the browsers of the other test; it starts them");
        return;
    }
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let mut told = std::io::stdin().lines().map_while(Result::ok);
    let told_first = told.next().expect("an address and a token");
    let (address, token) = told_first.split_once(' ').expect("both");
    let address: SocketAddr = address.parse().unwrap();
    let connect = || TcpStream::connect(address).expect("the kernel takes the connection");

    let idle: Vec<_> = (0..IDLE).map(|_| connect()).collect();
    println!("{SAYS}idle");
    told.next();

    let mut slow: Vec<_> = (0..SLOW).map(|_| connect()).collect();
    let mut bytes =
        b"GET /api/items?limit=1000 HTTP/1.1\r\nx-pad: ".iter().chain([b'x'; 99].iter());
    let mut one_byte_each = || {
        let byte = *bytes.next().expect("the head is longer than the test");
        // The page ends some of them: that is its right.
        slow.iter_mut().for_each(|socket| _ = socket.write_all(&[byte]));
        thread::sleep(Duration::from_millis(100));
    };
    (0..10).for_each(|_| one_byte_each());
    println!("{SAYS}slow");
    told.next();

    let asking: Vec<_> = (0..QUERIES)
        .map(|_| {
            let token = token.to_owned();
            thread::Builder::new().stack_size(256 << 10).spawn(move || question(address, &token))
        })
        .collect();
    let answers: Vec<_> = asking.into_iter().map(|asked| asked.unwrap().join().unwrap()).collect();
    let count = |what: Answer| answers.iter().filter(|answer| **answer == what).count();
    let [answered, sent_away, cut] = [Answer::Items, Answer::ComeLater, Answer::Cut].map(count);
    println!("{SAYS}queries {answered} {sent_away} {cut}");
    told.next();

    let start = Instant::now();
    for mut socket in idle.into_iter().chain(slow) {
        let left = PATIENCE.saturating_sub(start.elapsed()).max(Duration::from_millis(1));
        socket.set_read_timeout(Some(left / 2)).unwrap();
        match socket.read_to_end(&mut Vec::new()) {
            Ok(_) => {}
            Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset => {}
            Err(e) => panic!("a connection that asks nothing is kept: {e}"),
        }
    }
    println!("{SAYS}all were ended");
    // Until the other test closes the pipe.
    told.for_each(drop);
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Answer {
    Items,
    ComeLater,
    Cut,
}

fn question(address: SocketAddr, token: &str) -> Answer {
    let mut answer = String::new();
    let asked = TcpStream::connect(address).and_then(|mut socket| {
        socket.set_read_timeout(Some(PATIENCE))?;
        let head = format!(
            "GET /api/items?limit=1000 HTTP/1.1\r\nhost: box\r\nconnection: close\r\n\
             authorization: Bearer {token}\r\n\r\n"
        );
        socket.write_all(head.as_bytes())?;
        socket.read_to_string(&mut answer)
    });
    match answer.get(..12) {
        Some("HTTP/1.1 200") if asked.is_ok() => Answer::Items,
        Some("HTTP/1.1 503") => {
            assert!(answer.contains("retry-after: 2\r\n"), "{answer}");
            Answer::ComeLater
        }
        None | Some("HTTP/1.1 200") => Answer::Cut,
        Some(other) => panic!("an answer of another kind: {other}"),
    }
}
