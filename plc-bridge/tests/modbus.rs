//! The two blocks and the coils over Modbus TCP, against the server of a PLC in software.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use line::config::{BridgeConfig, ByteOrder, ItemCodeKind, PlcSection, WordOrder};
use plc_bridge::modbus::{Client, ModbusPlc, Registers, Server, Tcp};
use plc_bridge::registers::{
    CODE_LEN, CodeBlock, Command, Order, STATUS_LEN, Status, ToldCode, code_words,
};
use plc_bridge::wire::{PlcError, PlcWire};

/// Registers and coils, and nothing behind them.
struct Memory {
    words: Vec<u16>,
    coil_writes: Vec<(u16, Vec<bool>)>,
}

impl Registers for Memory {
    fn read(&mut self, base: u16, words: &mut [u16]) -> Result<(), u8> {
        let base = usize::from(base);
        words.copy_from_slice(self.words.get(base..base + words.len()).ok_or(2)?);
        Ok(())
    }

    fn write(&mut self, base: u16, words: &[u16]) -> Result<(), u8> {
        let base = usize::from(base);
        self.words.get_mut(base..base + words.len()).ok_or(2)?.copy_from_slice(words);
        Ok(())
    }

    fn write_coils(&mut self, base: u16, coils: &[bool]) -> Result<(), u8> {
        self.coil_writes.push((base, coils.to_vec()));
        Ok(())
    }
}

fn memory() -> (Server, Arc<Mutex<Memory>>) {
    let memory = Memory { words: vec![0; 300], coil_writes: Vec::new() };
    let memory = Arc::new(Mutex::new(memory));
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    (Server::start(any, 1, Arc::clone(&memory)).expect("a port is free"), memory)
}

fn plc_section(more: &str) -> PlcSection {
    let config: BridgeConfig = toml::from_str(&format!(
        "[line]\nname = \"l\"\nsku = \"s\"\n[conveyor]\nmm_per_count = 1\n\
         nominal_speed_mm_s = 1000\nexit_eye_mm = 700\ndiverter = []\n[plc]\n{more}"
    ))
    .expect("it is a line");
    config.plc
}

#[test]
fn blocks_cross_the_wire_in_the_order_of_the_line_file() {
    let (server, memory) = memory();
    let order = Order { words: WordOrder::LowFirst, bytes: ByteOrder::LowFirst };
    let status = Status { encoder: 0x0102_0304, heartbeat: 5, ..Status::default() };
    memory.lock().unwrap().words[..STATUS_LEN].copy_from_slice(&status.encode(order));
    let plc = plc_section("word_order = \"low_first\"\nbyte_order = \"low_first\"");
    let mut plc = ModbusPlc::new(Tcp::new(&server.address().to_string()), &plc, 1);
    plc.connect().unwrap();
    assert_eq!(plc.read_status().unwrap(), status);
    let command = Command { result_head: 3, sequence: 9, ..Command::default() };
    plc.write_command(&command).unwrap();
    let words = memory.lock().unwrap().words[100..143].to_vec();
    assert_eq!(Command::decode(&words, order).unwrap(), command);
    assert_eq!(memory.lock().unwrap().coil_writes, [], "mailbox mode writes no coils");
}

#[test]
fn codes_cross_the_wire_and_a_block_that_is_none_leaves_the_connection_as_it_is() {
    let (server, memory) = memory();
    let order = Order { words: WordOrder::LowFirst, bytes: ByteOrder::LowFirst };
    let words = code_words(ItemCodeKind::Number, "4006381333931").expect("a number");
    let mut codes = CodeBlock { plc_boot: 3, code_head: 1, ..CodeBlock::default() };
    codes.codes[1] = ToldCode { acquisition: 7, encoder: 0x0102_0304, words, number: 1 };
    let block = codes.encode(order, ItemCodeKind::Number);
    memory.lock().unwrap().words[180..180 + CODE_LEN].copy_from_slice(&block);
    let plc = "word_order = \"low_first\"\nbyte_order = \"low_first\"\n\
               item_code = \"number\"\ncode_base = 180";
    let mut plc = ModbusPlc::new(Tcp::new(&server.address().to_string()), &plc_section(plc), 1);
    plc.connect().unwrap();
    assert_eq!(plc.read_codes().unwrap(), codes);
    memory.lock().unwrap().words[180] = 0;
    let error = plc.read_codes().unwrap_err();
    assert!(matches!(error, PlcError::Unreadable { block: "code", .. }), "{error}");
    memory.lock().unwrap().words.truncate(200);
    let error = plc.read_codes().unwrap_err();
    assert!(matches!(error, PlcError::Refused { .. }), "{error}");
    memory.lock().unwrap().words[..STATUS_LEN].copy_from_slice(&Status::default().encode(order));
    plc.read_status().expect("the connection stands");
}

#[test]
fn a_block_in_another_byte_order_is_called_so() {
    let (server, memory) = memory();
    let swapped = Order { bytes: ByteOrder::LowFirst, ..Order::default() };
    let status = Status::default().encode(swapped);
    memory.lock().unwrap().words[..STATUS_LEN].copy_from_slice(&status);
    let mut plc = ModbusPlc::new(Tcp::new(&server.address().to_string()), &plc_section(""), 1);
    plc.connect().unwrap();
    let error = plc.read_status().unwrap_err().to_string();
    assert!(error.contains("plc.byte_order"), "{error}");
}

#[test]
fn a_coil_follows_its_diverter_at_once_and_is_written_again_ten_times_a_second() {
    let (server, memory) = memory();
    let plc = plc_section("mode = \"direct\"\ncoil_base = 40");
    let mut plc = ModbusPlc::new(Tcp::new(&server.address().to_string()), &plc, 3);
    plc.connect().unwrap();
    let mut write = |outputs| {
        plc.write_command(&Command { outputs, ..Command::default() }).unwrap();
        memory.lock().unwrap().coil_writes.len()
    };
    assert_eq!((write(0b010), write(0b100), write(0b100)), (1, 2, 2));
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(write(0b100), 3);
    let lane = |at: usize| (40, (0..3).map(|place| place == at).collect::<Vec<_>>());
    assert_eq!(memory.lock().unwrap().coil_writes, [lane(1), lane(2), lane(2)]);
}

#[test]
fn a_client_reads_and_writes_any_registers_and_a_refusal_leaves_it_connected() {
    let (server, memory) = memory();
    let transport = Tcp::new(&server.address().to_string());
    let mut client = Client::new(transport, 1, Duration::from_secs(2));
    let mut words = [0; 3];
    let error = client.read_holding("reading", 0, &mut words).unwrap_err();
    assert!(matches!(error, PlcError::Broken { .. }), "not connected yet: {error}");
    client.connect().unwrap();
    client.write_registers("writing", 7, &[1, 2, 0xffff]).unwrap();
    client.read_holding("reading", 7, &mut words).unwrap();
    assert_eq!(words, [1, 2, 0xffff]);
    let error = client.read_holding("reading", 298, &mut words).unwrap_err();
    assert!(!error.is_broken() && error.to_string().contains("3 registers from 298"), "{error}");
    client.write_coils("writing", 5, &[true; 9]).unwrap();
    assert_eq!(memory.lock().unwrap().coil_writes, [(5, vec![true; 9])]);
}
