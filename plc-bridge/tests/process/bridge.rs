//! The real plc-bridge as a child process, and inspectd's end of its socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use line::protocol::{FromBridge, ItemEvent, ItemNumber, ToBridge, VERSION, Verdict};
use tempfile::TempDir;

use crate::{DEADLINE, wait_for};

/// A plc-bridge that runs; killed when dropped.
pub struct Bridge {
    child: Child,
    log: Log,
    pub socket: PathBuf,
    folder: TempDir,
    /// One below the seq of its first event, once that was heard.
    before_first: Arc<OnceLock<u64>>,
}

/// A short belt with one diverter, in counts of 1 mm.
const CONVEYOR: &str = r#"
mm_per_count = 1
nominal_speed_mm_s = 1000
exit_eye_mm = 700
slip_tolerance_mm = 40
[[conveyor.diverter]]
lane = 1
commit_point_mm = 400
lane_eye_mm = 600
"#;

impl Bridge {
    /// Starts it for a PLC at `address`; `more` goes into `[plc]`.
    pub fn start(address: std::net::SocketAddr, more: &str) -> Self {
        Self::on_line(CONVEYOR, &format!("address = \"{address}\"\n{more}"))
    }

    /// Starts it for a PLC that `[plc]` describes.
    pub fn with_plc(plc: &str) -> Self {
        Self::on_line(CONVEYOR, plc)
    }

    /// Starts it with these sections `[conveyor]` and `[plc]`.
    pub fn on_line(conveyor: &str, plc: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let socket = folder.path().join("run/bridge.sock");
        let journal = folder.path().join("run/bridge.journal");
        let retry = if plc.contains("retry_max_ms") { "" } else { "retry_max_ms = 100" };
        let line = format!(
            r#"
[line]
name = "test"
sku = "carton"
bridge_socket = {socket:?}
bridge_journal = {journal:?}
[conveyor]
{conveyor}
[plc]
{retry}
{plc}
"#
        );
        std::fs::write(folder.path().join("line.toml"), line).expect("the folder is writable");
        let mut child = spawn(&folder.path().join("line.toml"));
        let log = Log::default();
        log.read_from(child.stderr.take().expect("it is piped"));
        let bridge = Self { child, log, socket, folder, before_first: Arc::default() };
        wait_for("the socket is there", || bridge.socket.exists());
        bridge
    }

    /// A second one on the same line file, until it ends; with its log.
    pub fn start_another(&self) -> (ExitStatus, String) {
        let mut child = spawn(&self.folder.path().join("line.toml"));
        let mut log = String::new();
        let mut stderr = child.stderr.take().expect("it is piped");
        stderr.read_to_string(&mut log).expect("the log is text");
        (ended(&mut child), log)
    }

    /// Kills it as the kernel does when memory runs out.
    pub fn kill(&mut self) {
        self.child.kill().expect("it runs and is ours");
        ended(&mut self.child);
    }

    /// Starts it anew, as systemd does.
    pub fn start_again(&mut self) {
        self.child = spawn(&self.folder.path().join("line.toml"));
        self.log.read_from(self.child.stderr.take().expect("it is piped"));
        wait_for("the socket is listened on", || UnixStream::connect(&self.socket).is_ok());
    }

    pub fn log(&self) -> String {
        self.log.text()
    }

    /// Keeps its log from being read as long as the guard lives.
    pub fn stall_log(&self) -> std::sync::MutexGuard<'_, String> {
        self.log.0.lock().expect("the reader does not panic")
    }

    /// A line of `/proc/PID/status`, in kilobytes.
    pub fn memory_kb(&self, key: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("it runs");
        let line = status.lines().find(|line| line.starts_with(key)).expect("the kernel tells it");
        line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).expect("a number of kB")
    }

    /// Its threads, by name, and their real-time priorities.
    pub fn threads(&self) -> Vec<(String, u32)> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id()));
        let stats = tasks.expect("it runs").filter_map(|task| {
            // A thread may have ended since.
            std::fs::read_to_string(task.ok()?.path().join("stat")).ok()
        });
        let read = |stat: String| {
            let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
            // Field 40 of proc_pid_stat(5); the name is the second.
            Some((name.to_owned(), rest.split_whitespace().nth(37)?.parse().ok()?))
        };
        stats.filter_map(read).collect()
    }

    pub fn wait_for_log(&self, text: &str) {
        wait_for(text, || self.log().contains(text));
    }

    /// Asks it to end, and waits until it has.
    pub fn terminate(&mut self) -> ExitStatus {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, rustix::process::Signal::TERM)
            .expect("it runs and is ours");
        ended(&mut self.child)
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the log of plc-bridge:\n{}", self.log());
        }
    }
}

/// What a bridge has written to its log so far.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Log {
    fn read_from(&self, stderr: ChildStderr) {
        let log = self.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut log = log.0.lock().expect("nobody panics with the log");
                log.push_str(&line);
                log.push('\n');
            }
        });
    }

    fn text(&self) -> String {
        self.0.lock().expect("the reader does not panic").clone()
    }
}

fn spawn(line: &std::path::Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_plc-bridge"))
        .arg("--line")
        .arg(line)
        .env_remove("RUST_LOG")
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary was built with this test")
}

fn ended(child: &mut Child) -> ExitStatus {
    let mut status = None;
    wait_for("the process has ended", || {
        status = child.try_wait().expect("it is our child");
        status.is_some()
    });
    status.expect("it has ended")
}

/// inspectd's end of the socket; sends heartbeats while it lives.
pub struct Inspector {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
    pub boot: String,
    before_first: Arc<OnceLock<u64>>,
}

impl Inspector {
    /// Connects and says hello.
    pub fn connect(bridge: &Bridge) -> Self {
        let mut inspector = Self::connect_speaking(bridge, VERSION);
        let mut heart = inspector.writer.try_clone().expect("a socket can be cloned");
        std::thread::spawn(move || {
            while write(&mut heart, &ToBridge::Heartbeat { ready: true }).is_ok() {
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        match inspector.next() {
            Some(FromBridge::Plc { .. }) => inspector,
            other => panic!("the PLC's state comes after the hello, not {other:?}"),
        }
    }

    /// Connects and names a protocol version.
    pub fn connect_speaking(bridge: &Bridge, protocol: u32) -> Self {
        let writer = UnixStream::connect(&bridge.socket).expect("the bridge listens");
        writer.set_read_timeout(Some(DEADLINE)).expect("a time-out can be set");
        let reader = BufReader::new(writer.try_clone().expect("a socket can be cloned"));
        let before_first = Arc::clone(&bridge.before_first);
        let mut inspector = Self { reader, writer, boot: String::new(), before_first };
        inspector.say(&ToBridge::Hello { protocol });
        match inspector.next() {
            Some(FromBridge::Hello { protocol: VERSION, boot }) => inspector.boot = boot,
            other => panic!("hello comes first, not {other:?}"),
        }
        inspector
    }

    pub fn say(&mut self, message: &ToBridge) {
        write(&mut self.writer, message).expect("the bridge reads");
    }

    pub fn verdict(&mut self, item: ItemNumber, verdict: Verdict) {
        let boot = self.boot.clone();
        self.say(&ToBridge::Verdict { item, boot, verdict });
    }

    /// The next message but samples and predictions; `None` when the bridge has closed the connection.
    pub fn next(&mut self) -> Option<FromBridge> {
        let began = Instant::now();
        loop {
            assert!(began.elapsed() < DEADLINE, "nothing but samples for {DEADLINE:?}");
            let mut line = String::new();
            match self.reader.read_line(&mut line) {
                Ok(0) => return None,
                Ok(_) => {}
                // Closed with something of ours unread.
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("nothing came: {error}"),
            }
            let message = serde_json::from_str(&line).expect("the bridge sends messages");
            if !matches!(message, FromBridge::Encoder { .. } | FromBridge::CommitAt { .. }) {
                return Some(message);
            }
        }
    }

    /// The next message, which is an event, and which of this bridge's events it is, from 1.
    pub fn event(&mut self) -> (u64, ItemEvent) {
        match self.event_or_state() {
            Some(event) => event,
            None => panic!("an event, not the PLC's state"),
        }
    }

    /// The next message, which is an event as above, or the PLC's state: `None`.
    pub fn event_or_state(&mut self) -> Option<(u64, ItemEvent)> {
        match self.next() {
            Some(FromBridge::Event { seq, lost_before: 0, event }) => {
                Some((seq - self.before_first.get_or_init(|| seq - 1), event))
            }
            Some(FromBridge::Plc { .. }) => None,
            other => panic!("an event, not {other:?}"),
        }
    }

    /// Acknowledges this bridge's events up to its `nth`.
    pub fn acknowledge(&mut self, nth: u64) {
        let before_first = self.before_first.get().expect("an event was heard");
        self.say(&ToBridge::Ack { through: before_first + nth });
    }
}

impl Drop for Inspector {
    fn drop(&mut self) {
        // The heartbeat's clone would keep the connection open.
        let _ = self.writer.shutdown(std::net::Shutdown::Both);
    }
}

fn write(stream: &mut UnixStream, message: &ToBridge) -> std::io::Result<()> {
    let mut line = serde_json::to_string(message).expect("a message can be written");
    line.push('\n');
    stream.write_all(line.as_bytes())
}
