//! The reference PLC program, running in `plc.py`, on a belt that the test moves.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command as Process, Stdio};

use line::config::ItemCodeKind;
use plc_bridge::registers::{
    CodeBlock, Command, Eye, LineEvent, Order, PlcResult, RING, Status, slot,
};
use serde_json::{Map, Value, json};

/// Places on the belt of the tests, in counts of one millimetre.
pub const MID: i64 = 200;
pub const EXIT: i64 = 1500;
pub const COMMIT: [i64; 2] = [500, 1000];
pub const DIVERTER: [i64; 2] = [600, 1100];
pub const FIRE_AHEAD: i64 = 50;
pub const HOLD: i64 = 40;
pub const SLIP: i64 = 60;
pub const LANES: [u16; 2] = [3, 7];
/// Counts that the belt moves in a scan of 10 ms: 1 m/s.
pub const STEP: i64 = 10;

/// Runs `plc.py` in the Python that scripts/bootstrap has made.
pub fn python(mode: &str) -> Process {
    let python = std::env::var("INSPECTD_TEST_PYTHON").expect(
        "INSPECTD_TEST_PYTHON names the tests' Python: run scripts/bootstrap, which tells cargo",
    );
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut process = Process::new(python);
    process
        .arg(root.join("tests/structured_text/plc.py"))
        .arg(root.join("plc"))
        .arg(env!("CARGO_TARGET_TMPDIR"))
        .arg(mode);
    process
}

/// A variable: section, attribute, type, initial value.
pub type Declared = (String, String, Value, String);

/// What the program declares.
#[derive(Debug, serde::Deserialize)]
pub struct Described {
    /// By block or function, and name.
    pub declared: BTreeMap<String, BTreeMap<String, Declared>>,
    pub identifiers: Vec<String>,
    /// By block or function: the most statements that a call can execute.
    pub most: BTreeMap<String, u64>,
}

/// Reads the program.
pub fn described() -> Described {
    let said = python("describe").output().expect("the tests' Python starts");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    serde_json::from_slice(&said.stdout).expect("it prints what it read")
}

/// An item on the belt.
#[derive(Debug, Clone, Copy)]
pub struct Thing {
    /// Where its leading edge is.
    pub lead: i64,
    pub length: i64,
}

/// The program, its belt, and the bridge's side of the registers.
pub struct Plc {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    set: Map<String, Value>,
    encoder: u32,
    pub things: Vec<Thing>,
    /// The coupling has slipped: the encoder stays where it is.
    pub encoder_dead: bool,
    /// The entry eye is dirty: it never sees anything.
    pub entry_dead: bool,
    /// What the bridge has written.
    pub command: Command,
    /// `false`: the bridge writes nothing any more.
    pub bridge_writes: bool,
    written: Option<[u16; 43]>,
    power_cut: bool,
    pub status: Status,
    /// The code block, whose codes are text.
    pub codes: CodeBlock,
    pub out: Value,
    /// Statements that the last scan has executed.
    pub statements: u64,
    flipped: bool,
    events_seen: u16,
    pub events: Vec<LineEvent>,
}

impl Plc {
    /// A PLC with two diverters and a mid-belt eye that was switched on just now. The bridge writes,
    /// and wants `own_fall_back`.
    pub fn start(own_fall_back: u16) -> Self {
        let mut process = python("run")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the tests' Python starts");
        let input = process.stdin.take().expect("it is piped");
        let output = BufReader::new(process.stdout.take().expect("it is piped"));
        let parameters = json!({
            "Parameters.MmPerCount": 1.0, "Parameters.SlipTolerance_mm": SLIP as f64,
            "Parameters.NumberOfMidEyes": 1, "Parameters.MidEye_mm": [MID as f64],
            "Parameters.ExitEye_mm": EXIT as f64,
            "Parameters.NumberOfDiverters": 2, "Parameters.DiverterLane": LANES,
            "Parameters.CommitPoint_mm": COMMIT.map(|mm| mm as f64),
            "Parameters.Diverter_mm": DIVERTER.map(|mm| mm as f64),
            "Parameters.FireAhead_mm": vec![FIRE_AHEAD as f64; 2],
            "Parameters.Hold_mm": vec![HOLD as f64; 2],
            "BeltRunning": true,
        });
        let Value::Object(set) = parameters else { unreachable!("it is an object") };
        let mut plc = Self {
            process,
            input,
            output,
            set,
            // The encoder's count wraps while the first items run.
            encoder: u32::MAX - 700,
            things: Vec::new(),
            encoder_dead: false,
            entry_dead: false,
            command: Command {
                bridge_boot: 77,
                own_fall_back: plc_bridge::registers::OwnFallBack(own_fall_back),
                ..Command::default()
            },
            bridge_writes: true,
            written: None,
            power_cut: false,
            status: Status::default(),
            codes: CodeBlock::default(),
            out: Value::Null,
            statements: 0,
            flipped: false,
            events_seen: 0,
            events: Vec::new(),
        };
        plc.scan(0);
        plc
    }

    /// A PLC whose belt has travelled far enough that nothing unknown is left on it.
    pub fn with_known_belt(own_fall_back: u16) -> Self {
        let mut plc = Self::start(own_fall_back);
        plc.run(130);
        plc
    }

    /// Takes the PLC's power away and gives it back; the belt has not moved, and the bridge is off.
    pub fn cut_power(&mut self) {
        (self.bridge_writes, self.written) = (false, None);
        (self.power_cut, self.events_seen) = (true, 0);
        self.scan(0);
    }

    /// Sets an input, or with `Parameters.` before its name a parameter.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.set.insert(name.into(), value.into());
    }

    /// Puts an item on the belt whose leading edge reaches the entry eye after `before` counts.
    pub fn put(&mut self, before: i64, length: i64) {
        self.things.push(Thing { lead: -before, length });
    }

    /// Gives the bridge's next result.
    pub fn result(&mut self, acquisition: u16, lane: u16) {
        self.command.result_head = self.command.result_head.wrapping_add(1);
        self.command.results[slot(self.command.result_head, RING)] =
            PlcResult { acquisition, lane, reasons: 0, source: 1 };
    }

    /// At the next scan every eye is covered where it was free, and the other way round.
    pub fn flip_all_eyes(&mut self) {
        self.flipped = true;
    }

    /// The operator presses the reset button, and lets go of it.
    pub fn reset(&mut self) {
        self.set("OperatorReset", true);
        self.scan(0);
        self.set("OperatorReset", false);
        self.scan(0);
    }

    /// The belt stands and trembles: the encoder counts one up and one down.
    pub fn tremble(&mut self, times: usize) {
        (0..times).for_each(|_| [1, -1, -1, 1].into_iter().for_each(|counts| self.scan(counts)));
    }

    /// Moves the belt and does one scan.
    pub fn scan(&mut self, counts: i64) {
        if !self.encoder_dead {
            self.encoder = self.encoder.wrapping_add(counts as u32);
        }
        self.things.iter_mut().for_each(|thing| thing.lead += counts);
        let covered = |place: i64| {
            self.things.iter().any(|thing| thing.lead >= place && thing.lead - thing.length < place)
        };
        let mid = [MID, 500, 800, 1100].map(|place| covered(place) != self.flipped);
        let eyes = [
            ("EntryEye", json!((covered(0) && !self.entry_dead) != self.flipped)),
            ("MidEye", json!(mid)),
            ("ExitEye", json!(covered(EXIT) != self.flipped)),
            ("LaneEye", json!(vec![self.flipped; 8])),
            ("Encoder", json!(self.encoder)),
        ];
        self.set.extend(eyes.map(|(name, value)| (name.into(), value)));
        if self.bridge_writes {
            self.command.heartbeat = self.command.heartbeat.wrapping_add(1);
            self.command.sequence = self.command.sequence.wrapping_add(1);
            self.command.event_taken = self.status.event_head;
            self.written = Some(self.command.encode(Order::default()));
        }
        let line = json!({"ms": 10, "set": std::mem::take(&mut self.set),
            "power_cut": std::mem::take(&mut self.power_cut),
            "command": self.written.map(|words| words.to_vec())});
        writeln!(self.input, "{line}").expect("the program runs");
        let mut answer = String::new();
        self.output.read_line(&mut answer).expect("the program runs");
        let mut answer: Value = serde_json::from_str(&answer).expect("it answers; see its message");
        let words: Vec<u16> = serde_json::from_value(answer["status"].take()).expect("75 words");
        let codes: Vec<u16> = serde_json::from_value(answer["codes"].take()).expect("99 words");
        let codes = CodeBlock::decode(&codes, Order::default(), ItemCodeKind::Ascii);
        self.codes = codes.expect("a code block of this map");
        self.out = answer["out"].take();
        self.statements = answer["statements"].as_u64().expect("a number");
        self.status = Status::decode(&words, Order::default()).expect("a block of this map");
        while self.events_seen != self.status.event_head {
            self.events_seen = self.events_seen.wrapping_add(1);
            self.events.push(self.status.events[slot(self.events_seen, self.status.events.len())]);
        }
    }

    /// Scans so often, the belt running.
    pub fn run(&mut self, scans: usize) {
        (0..scans).for_each(|_| self.scan(STEP));
    }

    /// Runs until the leading edge of the item `thing` stands at `place`.
    pub fn run_to(&mut self, thing: usize, place: i64) {
        while self.things[thing].lead < place {
            self.scan(STEP);
        }
    }

    /// Whether the belt is to stop.
    pub fn stops(&self) -> bool {
        self.out["StopBelt"].as_bool().expect("an output")
    }

    /// The fault's code on the panel.
    pub fn fault(&self) -> u64 {
        self.out["FaultCode"].as_u64().expect("a number")
    }

    /// Whether the diverter, from 0, is commanded out.
    pub fn is_out(&self, diverter: usize) -> bool {
        self.out["DiverterOut"][diverter].as_bool().expect("a coil")
    }

    /// Whether each of the two diverters is commanded out at any time while the item goes past
    /// both.
    pub fn diverters_that_move(&mut self, thing: usize) -> [bool; 2] {
        let mut moved = [false; 2];
        while self.things[thing].lead < DIVERTER[1] + HOLD {
            self.scan(STEP);
            (0..2).for_each(|diverter| moved[diverter] |= self.is_out(diverter));
        }
        moved
    }

    /// Acquisition ids of the leading edges that an eye has reported.
    pub fn ids(&self, eye: Eye) -> Vec<u16> {
        let edges = self.events.iter().filter(|event| event.eye == Some(eye) && !event.trailing);
        edges.map(|event| event.acquisition).collect()
    }
}

impl Drop for Plc {
    fn drop(&mut self) {
        // It may have ended by itself, with a message.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
