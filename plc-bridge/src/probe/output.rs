//! Moves one diverter for a second, as commands to be written one after the other.
//!
//! The commands are those of a bridge in `direct` mode whose `bridge_boot` is new, so that the PLC
//! takes no result by mistake. The last ones take the output back; after them the PLC misses the
//! heartbeat and falls back by itself, as after any bridge that ends.

use std::time::Duration;

use super::look::Expected;
use crate::registers::{Command, Status};

/// How long the output stays out.
pub const OUT: Duration = Duration::from_secs(1);
/// How long commands go on after that, so that the PLC takes at least one.
const BACK: Duration = Duration::from_millis(300);

/// The confirmation that a person has to type.
pub fn confirmation(diverter: usize) -> String {
    format!("yes, move diverter {diverter}")
}

/// Commands that move one diverter out and back.
#[derive(Debug)]
pub struct Movement {
    command: Command,
    bit: u16,
}

impl Movement {
    /// Follows what stands in the PLC: `last` is the command block there, `None` when nobody has
    /// written one.
    pub fn new(
        diverter: usize,
        status: &Status,
        last: Option<&Command>,
        expected: &Expected,
    ) -> Self {
        let last = last.cloned().unwrap_or_default();
        let command = Command {
            version: status.version,
            heartbeat: last.heartbeat,
            direct: true,
            bridge_boot: last.bridge_boot.wrapping_add(1),
            event_taken: status.event_head,
            own_fall_back: expected.own_fall_back,
            sequence: last.sequence,
            ..Command::default()
        };
        Self { command, bit: 1 << diverter }
    }

    /// The command to write when the movement has lasted so long; `None` when it is over.
    pub fn command(&mut self, lasted: Duration) -> Option<&Command> {
        if lasted >= OUT + BACK {
            return None;
        }
        self.command.outputs = if lasted < OUT { self.bit } else { 0 };
        Some(self.next())
    }

    /// A command that takes the output back at once, for when the movement is broken off.
    pub fn back(&mut self) -> &Command {
        self.command.outputs = 0;
        self.next()
    }

    /// Whether the PLC has taken a command of this movement.
    pub fn is_echoed(&self, status: &Status) -> bool {
        status.sequence_echo == self.command.sequence
    }

    fn next(&mut self) -> &Command {
        self.command.heartbeat = self.command.heartbeat.wrapping_add(1);
        self.command.sequence = self.command.sequence.wrapping_add(1);
        &self.command
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registers::{Order, OwnFallBack};
    use line::config::ItemCodeKind;

    #[test]
    fn a_diverter_goes_out_for_a_second_and_back() {
        let expected = Expected {
            order: Order::default(),
            status_base: 0,
            command_base: 100,
            code_base: 150,
            item_code: ItemCodeKind::None,
            coil_base: None,
            cycle: Duration::from_millis(10),
            timeout: Duration::from_millis(200),
            mm_per_count: 1.0,
            nominal_speed_mm_s: 300.0,
            lanes: vec![1, 2],
            mid_eyes: 0,
            has_longest_item: false,
            may_stop_belt: false,
            own_fall_back: OwnFallBack(0b01_01),
        };
        let last =
            Command { bridge_boot: 9, sequence: 65_535, result_head: 4, ..Command::default() };
        let status = Status { event_head: 30, ..Status::default() };
        let mut movement = Movement::new(1, &status, Some(&last), &expected);
        let at = |movement: &mut Movement, ms| {
            movement.command(Duration::from_millis(ms)).map(|command| command.outputs)
        };
        let first = movement.command(Duration::ZERO).expect("it begins").clone();
        assert!(first.direct);
        assert_eq!((first.outputs, first.sequence, first.bridge_boot), (0b10, 0, 10));
        assert_eq!((first.result_head, first.event_taken, first.own_fall_back.0), (0, 30, 0b01_01));
        assert_eq!(at(&mut movement, 999), Some(0b10));
        assert_eq!(at(&mut movement, 1000), Some(0));
        assert_eq!(at(&mut movement, 1300), None);
        assert_eq!(movement.back().outputs, 0);
        assert!(movement.is_echoed(&Status { sequence_echo: 3, ..Status::default() }));
    }
}
