//! `plc-bridge probe` against a Modbus server on the loopback interface.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use line::config::{BridgeConfig, ItemCodeKind};
use line::line_file;
use plc_bridge::modbus::{Registers, Server};
use plc_bridge::probe::{Console, ProbeArgs, run_on};
use plc_bridge::registers::{
    CODE_LEN, COMMAND_LEN, Capabilities, CodeBlock, Command, MapVersion, Order, STATUS_LEN, Status,
    ToldCode, code_words,
};

const UNIT: u8 = 1;
const COMMAND_BASE: u16 = 100;

/// Both blocks, readable, and a program that scans whenever the status block is read.
struct Plc {
    status: Status,
    status_base: u16,
    command: Vec<u16>,
    /// The code block, at 150, where it is mapped.
    codes: Option<CodeBlock>,
    /// Another bridge writes a command before each read.
    has_bridge: bool,
    /// Every command that was written.
    written: Vec<Command>,
}

impl Plc {
    fn sound() -> Self {
        let capabilities = Capabilities {
            trailing_edges: true,
            direction: true,
            stops_belt: true,
            obeys_blind: true,
            run_signal: true,
            item_codes: false,
        };
        Self {
            status: Status { plc_boot: 3, capabilities, bridge_lost: true, ..Status::default() },
            status_base: 0,
            command: vec![0; COMMAND_LEN],
            codes: None,
            has_bridge: false,
            written: Vec::new(),
        }
    }

    fn scan(&mut self) {
        self.status.heartbeat += 1;
        if self.has_bridge {
            let command = Command { sequence: self.status.heartbeat, ..Command::default() };
            self.command = command.encode(Order::default()).to_vec();
        }
        if let Ok(command) = Command::decode(&self.command, Order::default()) {
            self.status.sequence_echo = command.sequence;
        }
    }
}

impl Registers for Plc {
    fn read(&mut self, base: u16, words: &mut [u16]) -> Result<(), u8> {
        if (base, words.len()) == (self.status_base, STATUS_LEN) {
            self.scan();
            words.copy_from_slice(&self.status.encode(Order::default()));
        } else if (base, words.len()) == (COMMAND_BASE, COMMAND_LEN) {
            words.copy_from_slice(&self.command);
        } else if let Some(codes) =
            self.codes.as_ref().filter(|_| (base, words.len()) == (150, CODE_LEN))
        {
            words.copy_from_slice(&codes.encode(Order::default(), ItemCodeKind::Ascii));
        } else {
            return Err(2);
        }
        Ok(())
    }

    fn write(&mut self, base: u16, words: &[u16]) -> Result<(), u8> {
        if (base, words.len()) != (COMMAND_BASE, COMMAND_LEN) {
            return Err(2);
        }
        if let Ok(command) = Command::decode(words, Order::default()) {
            self.written.push(command);
        }
        self.command = words.to_vec();
        Ok(())
    }
}

/// A PLC on the network, and the line file that names it.
struct Bench {
    plc: Arc<Mutex<Plc>>,
    config: BridgeConfig,
    _server: Server,
}

impl Bench {
    fn with(plc: Plc) -> Self {
        let plc = Arc::new(Mutex::new(plc));
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = Server::start(free, UNIT, Arc::clone(&plc)).expect("it listens");
        let text = format!(
            "[line]\nname = 'bench'\nsku = 'none'\n[conveyor]\nmm_per_count = 0.5\n\
             nominal_speed_mm_s = 300.0\nexit_eye_mm = 2000.0\n[[conveyor.diverter]]\nlane = 3\n\
             commit_point_mm = 1000.0\nlane_eye_mm = 1500.0\n[plc]\naddress = '{}'\ncycle_ms = 1000\n\
             timeout_ms = 2000\nheartbeat_timeout_ms = 2000\n",
            server.address()
        );
        let config = line_file::parse(&text).expect("a line file");
        Self { plc, config, _server: server }
    }

    /// Runs the probe; its report, and whether it was content.
    fn probe(&self, set_output: Option<usize>, typed: &str) -> (String, Result<(), String>) {
        let args = ProbeArgs { once: true, samples: 20, set_output, force: false };
        let mut output = Vec::new();
        let console = Console { input: &mut typed.as_bytes(), output: &mut output, is_live: false };
        let ended = run_on(&args, &self.config, console).map_err(|error| format!("{error:#}"));
        (String::from_utf8(output).expect("text"), ended)
    }

    fn plc(&self) -> MutexGuard<'_, Plc> {
        self.plc.lock().expect("no request panics")
    }
}

#[test]
fn a_sound_plc_is_shown_with_names_and_nothing_looks_wrong() {
    let bench = Bench::with(Plc::sound());
    let (report, ended) = bench.probe(None, "");
    assert_eq!(ended, Ok(()), "{report}");
    assert!(report.contains("   3 flags           2            bridge lost"), "{report}");
    assert!(report.contains("note: the PLC hears no bridge"), "{report}");
    assert!(report.contains("round trip of a write of the command block: min"), "{report}");
    assert!(report.contains("(20 requests)"), "{report}");
    assert!(bench.plc().written.is_empty(), "what was written back was no command");
}

#[test]
fn a_block_at_another_address_is_found() {
    let bench = Bench::with(Plc { status_base: 1, ..Plc::sound() });
    let (report, ended) = bench.probe(None, "");
    assert!(ended.expect_err("it cannot work").contains("look wrong"), "{report}");
    assert!(report.contains("WRONG: the status block cannot be read"), "{report}");
    assert!(report.contains("but the map's version does at 1\n"), "{report}");
    assert!(report.contains("→ correct plc.status_base"), "{report}");
}

#[test]
fn nothing_is_written_while_a_bridge_is_writing() {
    let bench = Bench::with(Plc { has_bridge: true, ..Plc::sound() });
    let (report, _) = bench.probe(None, "");
    assert!(report.contains("not measured: another bridge is writing"), "{report}");
    let (_, ended) = bench.probe(Some(0), "yes, move diverter 0\n");
    assert!(ended.expect_err("it is refused").contains("stop plc-bridge first"));
    assert!(bench.plc().written.is_empty());
}

#[test]
fn a_diverter_moves_only_after_the_typed_confirmation_and_goes_back() {
    let bench = Bench::with(Plc::sound());
    let (_, ended) = bench.probe(Some(0), "yes\n");
    assert!(ended.expect_err("it is refused").contains("nothing was moved"));
    assert!(bench.plc().written.is_empty());

    let (report, ended) = bench.probe(Some(0), "yes, move diverter 0\n");
    assert_eq!(ended, Ok(()), "{report}");
    assert!(report.contains("Diverter 0 (lane 3) will move"), "{report}");
    let written = std::mem::take(&mut bench.plc().written);
    assert!(written.iter().all(|command| command.direct && command.result_head == 0));
    let outputs: Vec<_> = written.iter().map(|command| command.outputs).collect();
    assert_eq!((outputs.first(), outputs.last()), (Some(&1), Some(&0)));
    assert!(outputs.is_sorted_by(|a, b| a >= b), "out once and back once: {outputs:?}");

    let (_, ended) = bench.probe(Some(1), "");
    assert!(ended.expect_err("there is none").contains("no diverter 1"));
}

#[test]
fn a_wrong_unit_is_said_with_what_to_check() {
    let mut bench = Bench::with(Plc::sound());
    bench.config.plc.unit_id = 9;
    bench.config.plc.timeout_ms = 50;
    let (report, ended) = bench.probe(None, "");
    assert!(ended.is_err());
    assert!(report.contains("did not answer within 50 ms"), "{report}");
    assert!(report.contains("plc.unit_id"), "{report}");
}

/// A bench whose line file asks for codes as text.
fn asking_for_codes(plc: Plc) -> Bench {
    let mut bench = Bench::with(plc);
    bench.config.plc.item_code = ItemCodeKind::Ascii;
    bench
}

#[test]
fn a_plc_of_version_2_is_a_note_and_wrong_only_where_codes_are_asked_for() {
    let old = || {
        let mut plc = Plc::sound();
        plc.status.version = MapVersion::V2;
        plc
    };
    let (report, ended) = Bench::with(old()).probe(None, "");
    assert_eq!(ended, Ok(()), "{report}");
    assert!(
        report.contains("note: the PLC program is made for map version 2: it works"),
        "{report}"
    );
    let (report, ended) = asking_for_codes(old()).probe(None, "");
    assert!(ended.is_err());
    assert!(report.contains("WRONG: plc.item_code asks for items' codes, but the PLC program is made for map version 2"), "{report}");
    let bench = Bench::with(old());
    bench.probe(Some(0), "yes, move diverter 0\n").1.expect("it is moved");
    let written = &bench.plc().written;
    assert!(written.iter().all(|command| command.version == MapVersion::V2), "or it is refused");
}

#[test]
fn codes_are_shown_and_what_is_none_is_named() {
    let told = |number: u16, code: &str| ToldCode {
        acquisition: number,
        encoder: 1000,
        words: code_words(ItemCodeKind::Ascii, code).expect("it is short enough"),
        number,
    };
    let plc = |codes: Option<CodeBlock>| {
        let mut plc = Plc { codes, ..Plc::sound() };
        plc.status.capabilities.item_codes = true;
        plc
    };
    let mut codes = CodeBlock { plc_boot: 3, code_head: 1, ..CodeBlock::default() };
    codes.codes[1] = told(1, "CARTON-1");
    let (report, ended) = asking_for_codes(plc(Some(codes.clone()))).probe(None, "");
    assert_eq!(ended, Ok(()), "{report}");
    assert!(report.contains("\"CARTON-1\" of item 1, numbered at 1000"), "{report}");

    codes.codes[2] = told(2, "NO\u{7}READ");
    codes.code_head = 2;
    let (report, ended) = asking_for_codes(plc(Some(codes.clone()))).probe(None, "");
    assert!(ended.is_err());
    assert!(report.contains("1 of the 2 codes in the ring are none: byte 0x07"), "{report}");
    let (report, _) =
        asking_for_codes(plc(Some(CodeBlock { plc_boot: 9, ..codes }))).probe(None, "");
    assert!(report.contains("of another start of the PLC"), "{report}");
    let (report, _) = asking_for_codes(plc(None)).probe(None, "");
    assert!(report.contains("WRONG: the code block cannot be read"), "{report}");
    assert!(report.contains("map CodeRegisters (99 registers) to plc.code_base (150)"), "{report}");
    let (report, _) = asking_for_codes(Plc::sound()).probe(None, "");
    assert!(report.contains("set Parameters.TellsCodes"), "{report}");
}
