//! A PLC in software for tests and benches: a belt, a scan, and the mailbox program behind the two
//! blocks. It speaks through [`crate::modbus::Server`].

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use std::{io, thread};

use crate::modbus::{Registers, Server};
use crate::registers::{
    CODE_LEN, CODE_RING, COMMAND_LEN, CodeBlock, Command, EVENT_RING, Eye, LineEvent, MapVersion,
    Order, PlcResult, RING, STATUS_LEN, Status, ToldCode, code_words, slot,
};
use line::config::ItemCodeKind;

/// Where the status block stands.
pub const STATUS_BASE: u16 = 0;
/// Where the command block stands.
pub const COMMAND_BASE: u16 = 100;
/// Where the code block stands.
pub const CODE_BASE: u16 = 150;
/// Its Modbus unit.
pub const UNIT: u8 = 1;
/// The Modbus exception for an address that is not there.
const ILLEGAL_DATA_ADDRESS: u8 = 2;

/// What the scan works on.
#[derive(Debug, Default)]
pub struct Image {
    /// What the bridge reads.
    pub status: Status,
    /// What the bridge wrote last.
    pub command: Option<Command>,
    /// Counts that the belt moves in a scan.
    pub speed: u32,
    /// Every result taken, in order.
    pub taken: Vec<PlcResult>,
    /// Command blocks that were written.
    pub writes: u64,
    /// The coils, each time that they were written otherwise than before, and the encoder then.
    pub coil_changes: Vec<(u32, Vec<bool>)>,
    /// Registers that the status area has; smaller than the block, and reading it is refused.
    pub missing_registers: usize,
    /// What it tells of items, once [`Image::tell_code`] was called.
    pub codes: CodeBlock,
    /// How it writes codes.
    pub code_kind: ItemCodeKind,
    /// It scans at each write, so that it acknowledges at once, and not in time.
    pub scans_on_write: bool,
    bridge_boot: Option<u16>,
    /// Edges to come: the count at which each happens.
    edges: VecDeque<(u32, Eye)>,
    acquisition: u16,
}

impl Image {
    /// Puts an item on the belt that `eye` will see after `travel` counts.
    pub fn put_item(&mut self, eye: Eye, travel: u32) {
        self.put_item_at(1, eye, travel);
    }

    /// The same for an item that the entry eye will see `ahead` counts from now.
    pub fn put_item_at(&mut self, ahead: u32, eye: Eye, travel: u32) {
        let entry = self.status.encoder.wrapping_add(ahead);
        for edge in [(entry, Eye::Entry), (entry + travel, eye)] {
            let later = self.edges.partition_point(|earlier| earlier.0 <= edge.0);
            self.edges.insert(later, edge);
        }
    }

    /// It is made for this map and tells codes of this kind, or none.
    pub fn speak(&mut self, version: MapVersion, kind: ItemCodeKind) {
        self.status.version = version;
        self.status.capabilities.item_codes = kind != ItemCodeKind::None;
        self.code_kind = kind;
    }

    /// The event that gave an item its acquisition id, if it still stands in the ring.
    pub fn entry_of(&self, acquisition: u16) -> Option<LineEvent> {
        let events = self.status.events.iter();
        let mut its = events.filter(|event| {
            event.eye == Some(Eye::Entry) && !event.trailing && event.acquisition == acquisition
        });
        its.next().copied()
    }

    /// Tells the code of the item that `entry` has numbered; nothing where there is no such code.
    pub fn tell_code(&mut self, entry: &LineEvent, code: &str) {
        let Some(words) = code_words(self.code_kind, code) else { return };
        let number = self.codes.code_head.wrapping_add(1);
        let (acquisition, encoder) = (entry.acquisition, entry.encoder);
        let told = ToldCode { acquisition, encoder, words, number };
        self.codes.codes[slot(number, CODE_RING)] = told;
        self.codes.code_head = number;
    }

    /// As after a power cut: another boot, and nothing is known.
    pub fn restart(&mut self) {
        let Status { plc_boot, version, capabilities, .. } = self.status;
        let plc_boot = plc_boot.wrapping_add(1);
        self.status = Status { plc_boot, version, capabilities, ..Status::default() };
        self.codes = CodeBlock::default();
        (self.command, self.bridge_boot, self.acquisition) = (None, None, 0);
        self.edges.clear();
    }

    /// One scan of the program.
    pub fn scan(&mut self) {
        self.status.heartbeat = self.status.heartbeat.wrapping_add(1);
        self.status.belt_running = self.speed > 0;
        self.status.encoder = self.status.encoder.wrapping_add(self.speed);
        while let Some(&(count, eye)) = self.edges.front()
            && count <= self.status.encoder
        {
            self.edges.pop_front();
            self.acquisition += u16::from(eye == Eye::Entry);
            let acquisition = if eye == Eye::Entry { self.acquisition } else { 0 };
            self.status.event_head = self.status.event_head.wrapping_add(1);
            self.status.events[slot(self.status.event_head, EVENT_RING)] =
                LineEvent { eye: Some(eye), acquisition, encoder: count, ..LineEvent::default() };
        }
        let Some(command) = &self.command else { return };
        if self.bridge_boot.replace(command.bridge_boot) != Some(command.bridge_boot) {
            self.status.result_taken = 0;
        }
        while self.status.result_taken != command.result_head {
            self.status.result_taken = self.status.result_taken.wrapping_add(1);
            self.taken.push(command.results[slot(self.status.result_taken, RING)]);
        }
        self.status.sequence_echo = command.sequence;
    }
}

impl Registers for Image {
    fn read(&mut self, base: u16, words: &mut [u16]) -> Result<(), u8> {
        if base == CODE_BASE && words.len() == CODE_LEN && self.status.capabilities.item_codes {
            let codes = CodeBlock { plc_boot: self.status.plc_boot, ..self.codes.clone() };
            words.copy_from_slice(&codes.encode(Order::default(), self.code_kind));
            return Ok(());
        }
        if base != STATUS_BASE || words.len() > STATUS_LEN - self.missing_registers {
            return Err(ILLEGAL_DATA_ADDRESS);
        }
        words.copy_from_slice(&self.status.encode(Order::default())[..words.len()]);
        Ok(())
    }

    fn write(&mut self, base: u16, words: &[u16]) -> Result<(), u8> {
        if base != COMMAND_BASE || words.len() != COMMAND_LEN {
            return Err(ILLEGAL_DATA_ADDRESS);
        }
        let command = Command::decode(words, Order::default()).map_err(|_| ILLEGAL_DATA_ADDRESS)?;
        if command.version != self.status.version {
            // Another version's program takes nothing of it, and goes on to refuse.
            return Ok(());
        }
        self.command = Some(command);
        self.writes += 1;
        if self.scans_on_write {
            self.scan();
        }
        Ok(())
    }

    fn write_coils(&mut self, _: u16, coils: &[bool]) -> Result<(), u8> {
        if self.coil_changes.last().is_none_or(|(_, before)| before != coils) {
            self.coil_changes.push((self.status.encoder, coils.to_vec()));
        }
        Ok(())
    }
}

/// The PLC, switched on; its server can be cut off and put back.
pub struct SoftPlc {
    address: SocketAddr,
    image: Arc<Mutex<Image>>,
    server: Option<Server>,
    off: Arc<AtomicBool>,
    scanning: Option<JoinHandle<()>>,
}

impl SoftPlc {
    /// Switches it on, with its belt at rest; it scans every `scan`.
    ///
    /// # Errors
    /// When it cannot listen on the loopback interface.
    pub fn start(scan: Duration) -> io::Result<Self> {
        let image = Arc::new(Mutex::new(Image::default()));
        let off = Arc::new(AtomicBool::new(false));
        let (scanned, ended) = (Arc::clone(&image), Arc::clone(&off));
        let scanning = thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                thread::sleep(scan);
                let mut image = scanned.lock().unwrap_or_else(PoisonError::into_inner);
                if !image.scans_on_write {
                    image.scan();
                }
            }
        });
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut plc = Self { address, image, server: None, off, scanning: Some(scanning) };
        plc.connect()?;
        Ok(plc)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Puts the server on the network, at the same address as before.
    ///
    /// # Errors
    /// When the address was taken meanwhile.
    pub fn connect(&mut self) -> io::Result<()> {
        let server = Server::start(self.address, UNIT, Arc::clone(&self.image))?;
        self.address = server.address();
        self.server = Some(server);
        Ok(())
    }

    /// Cuts every connection; nobody listens any more.
    pub fn cut(&mut self) {
        self.server = None;
    }

    /// What the scan works on. While this is held, it does not scan, and answers nobody.
    pub fn image(&self) -> MutexGuard<'_, Image> {
        self.image.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The belt's speed, in counts a scan.
    pub fn run_belt(&self, speed: u32) {
        self.image().speed = speed;
    }

    /// Puts an item on the belt that `eye` will see after `travel` counts.
    pub fn put_item(&self, eye: Eye, travel: u32) {
        self.image().put_item(eye, travel);
    }
}

impl Drop for SoftPlc {
    fn drop(&mut self) {
        self.off.store(true, Ordering::Relaxed);
        if let Some(scanning) = self.scanning.take() {
            // A scan that panicked has shown it already.
            let _ = scanning.join();
        }
    }
}
