//! Modbus RTU: a PLC on the other end of a pseudo-terminal.

use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use line::protocol::ItemEvent;
use plc_bridge::modbus::Registers;
use plc_bridge::registers::Eye;
use plc_bridge::soft_plc::Image;
use serial2::SerialPort;

use crate::bridge::{Bridge, Inspector};
use crate::{divert, wait_for};

/// What the PLC does with its next answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Answer,
    /// It answers after so long.
    After(Duration),
    /// One bit falls over.
    Flip,
    /// Another device's id stands in it.
    OtherUnit,
}

/// A PLC with a serial port; it scans at each write.
struct RtuPlc {
    image: Arc<Mutex<Image>>,
    next: Arc<Mutex<Next>>,
    off: Arc<AtomicBool>,
    device: String,
    /// Held open: a terminal without a holder hangs up.
    _other_end: SerialPort,
}

impl RtuPlc {
    fn start() -> Self {
        let (mut ours, other_end) = SerialPort::pair().expect("the system has pseudo-terminals");
        let device = std::fs::read_link(format!("/proc/self/fd/{}", other_end.as_raw_fd()));
        let device = device.expect("it has a name").display().to_string();
        let image = Arc::new(Mutex::new(Image::default()));
        image.lock().expect("nobody else has it").scans_on_write = true;
        let next = Arc::new(Mutex::new(Next::Answer));
        let off = Arc::new(AtomicBool::new(false));
        let plc = Self {
            image: Arc::clone(&image),
            next: Arc::clone(&next),
            off: Arc::clone(&off),
            device,
            _other_end: other_end,
        };
        ours.set_read_timeout(Duration::from_millis(5)).expect("a time-out can be set");
        std::thread::spawn(move || {
            let (mut frame, mut buffer) = (Vec::new(), [0; 300]);
            while !off.load(Ordering::Relaxed) {
                match ours.read(&mut buffer) {
                    Ok(count) => frame.extend_from_slice(&buffer[..count]),
                    // Silence ends a frame that is none.
                    Err(_) => frame.clear(),
                }
                if frame.len() < 8 || crc(&frame) != [0, 0] {
                    continue;
                }
                let mut answer = answer(&frame, &mut image.lock().expect("no scan panics"));
                match std::mem::replace(&mut *next.lock().expect("no panic"), Next::Answer) {
                    Next::Answer => {}
                    Next::After(time) => std::thread::sleep(time),
                    Next::Flip => answer[4] ^= 1,
                    Next::OtherUnit => {
                        answer.truncate(answer.len() - 2);
                        answer[0] = 9;
                        seal(&mut answer);
                    }
                }
                frame.clear();
                ours.write_all(&answer).expect("the line takes it");
            }
        });
        plc
    }

    fn image(&self) -> std::sync::MutexGuard<'_, Image> {
        self.image.lock().expect("no scan panics")
    }

    fn next(&self, next: Next) {
        *self.next.lock().expect("no panic") = next;
    }
}

impl Drop for RtuPlc {
    fn drop(&mut self) {
        self.off.store(true, Ordering::Relaxed);
    }
}

/// The answer to a request, by the rules of the specification.
fn answer(request: &[u8], image: &mut Image) -> Vec<u8> {
    let word = |at: usize| u16::from_be_bytes([request[at], request[at + 1]]);
    let mut answer = request[..2].to_vec();
    let done = match request[1] {
        3 => {
            let mut words = vec![0; usize::from(word(4))];
            let read = image.read(word(2), &mut words);
            answer.push(2 * words.len() as u8);
            answer.extend(words.iter().flat_map(|word| word.to_be_bytes()));
            read
        }
        16 => {
            answer.extend_from_slice(&request[2..6]);
            let words: Vec<u16> = (0..usize::from(word(4))).map(|at| word(7 + 2 * at)).collect();
            image.write(word(2), &words)
        }
        _ => Err(1),
    };
    if let Err(exception) = done {
        answer = vec![request[0], request[1] | 0x80, exception];
    }
    seal(&mut answer);
    answer
}

/// Appends the checksum.
fn seal(frame: &mut Vec<u8>) {
    let checksum = crc(frame);
    frame.extend_from_slice(&checksum);
}

/// The checksum, low byte first; of a frame with its checksum it is zero.
fn crc(frame: &[u8]) -> [u8; 2] {
    let sum =
        frame.iter().fold(0xffff_u16, |sum, byte| {
            (0..8).fold(sum ^ u16::from(*byte), |sum, _| {
                if sum & 1 == 1 { sum >> 1 ^ 0xa001 } else { sum >> 1 }
            })
        });
    sum.to_le_bytes()
}

#[test]
fn a_plc_on_a_serial_line_is_served_and_no_late_answer_is_taken_for_another() {
    let plc = RtuPlc::start();
    let device = &plc.device;
    // A pseudo-terminal has no parity.
    let bridge = Bridge::with_plc(&format!(
        "cycle_ms = 40\ntimeout_ms = 200\n[plc.serial]\ndevice = {device:?}\nparity = \"none\""
    ));
    bridge.wait_for_log("the PLC is connected");
    let mut inspector = Inspector::connect(&bridge);
    plc.image().put_item(Eye::Lane(1), 600);
    plc.image().speed = 1;
    assert!(matches!(inspector.event(), (1, ItemEvent::Entered { item: 1, .. })));
    inspector.verdict(1, divert());
    assert!(matches!(inspector.event().1, ItemEvent::Delivered { item: 1, .. }));
    assert_eq!(plc.image().taken.len(), 1);

    let faults = [
        (Next::After(Duration::from_millis(300)), "did not answer within 200 ms"),
        (Next::Flip, "a frame with a wrong checksum; check the cable"),
        (Next::OtherUnit, "an answer of unit 9 instead of 1"),
    ];
    for (count, (fault, cause)) in faults.into_iter().enumerate() {
        plc.next(fault);
        bridge.wait_for_log(cause);
        wait_for("it is back", || {
            bridge.log().matches("the PLC is connected").count() == 2 + count
        });
        let writes = plc.image().writes;
        wait_for("the exchange goes on", || plc.image().writes > writes + 5);
        let lost = bridge.log().matches("the PLC is lost").count();
        assert_eq!(lost, 1 + count, "one fault, one loss: {}", bridge.log());
    }
    assert_eq!(plc.image().taken.len(), 1, "delivered once");
}

#[test]
fn a_device_that_is_not_there_is_named_with_what_to_check() {
    let bridge = Bridge::with_plc("cycle_ms = 40\n[plc.serial]\ndevice = \"/dev/no-such-port\"");
    bridge.wait_for_log("cannot connect to /dev/no-such-port");
    assert!(bridge.log().contains("group dialout"), "{}", bridge.log());
}
