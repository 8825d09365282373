//! An answer that comes in pieces, and whether it is the answer to the request.
//!
//! Modbus TCP puts a header before each frame: transaction, protocol and length. RTU has none, so
//! the length follows from the function, and a checksum stands at the end. Behind the header both
//! have the unit, the function (with the highest bit set in a refusal), and what the function
//! answers.

use rmodbus::ModbusProto;
use rmodbus::client::ModbusRequest;
use rmodbus::consts::ModbusFunction;

use crate::wire::Garbage;

/// Longest answer: the header of Modbus TCP, and the longest frame that it allows.
const LONGEST: usize = 6 + 254;
/// Bytes of Modbus TCP's header up to and including its length.
const TCP_HEADER: usize = 6;
/// Bytes of RTU's checksum.
const CHECKSUM: usize = 2;
/// Set in the function of a refusal.
const REFUSED: u8 = 0x80;

/// What the answer to a request consists of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expected {
    /// As many registers.
    Registers { count: u16 },
    /// The place that was written.
    Confirmation { base: u16, count: u16 },
}

/// The answer to one request, as far as it has come.
#[derive(Debug)]
pub struct Answer {
    bytes: [u8; LONGEST],
    len: usize,
    protocol: ModbusProto,
    transaction: u16,
    unit: u8,
    function: u8,
    expected: Expected,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            bytes: [0; LONGEST],
            len: 0,
            protocol: ModbusProto::TcpUdp,
            transaction: 0,
            unit: 0,
            function: 0,
            expected: Expected::Registers { count: 0 },
        }
    }
}

impl Answer {
    /// Begins anew, with the answer to `request`.
    pub(super) fn expect(&mut self, protocol: ModbusProto, request: &[u8], expected: Expected) {
        self.len = 0;
        self.protocol = protocol;
        self.expected = expected;
        if protocol == ModbusProto::TcpUdp {
            self.transaction = u16::from_be_bytes([request[0], request[1]]);
        }
        let frame = &request[self.header()..];
        (self.unit, self.function) = (frame[0], frame[1]);
    }

    /// Where the next bytes are read to.
    pub fn room(&mut self) -> &mut [u8] {
        &mut self.bytes[self.len..]
    }

    /// So many bytes were read; says whether the answer is whole.
    ///
    /// # Errors
    /// As soon as the bytes cannot belong to the answer.
    pub fn take(&mut self, count: usize) -> Result<bool, Garbage> {
        self.len += count;
        match self.whole()? {
            Some(whole) if self.len > whole => Err(Garbage::TooMuch),
            Some(whole) => Ok(self.len == whole),
            None => Ok(false),
        }
    }

    /// Why the device refuses, when it does. The answer must be whole.
    pub(super) fn refusal(&self) -> Result<Option<u8>, Garbage> {
        let frame = &self.bytes[self.header()..self.len];
        if self.protocol == ModbusProto::Rtu {
            self.checksum()?;
        }
        if frame[1] & REFUSED != 0 {
            return Ok(Some(frame[2]));
        }
        if let Expected::Confirmation { base, count } = self.expected {
            let [base, count] = [base.to_be_bytes(), count.to_be_bytes()];
            if frame[2..6] != [base[0], base[1], count[0], count[1]] {
                return Err(Garbage::Confirmation);
            }
        }
        Ok(None)
    }

    /// The registers that came, high byte first.
    pub(super) fn data(&self) -> &[u8] {
        let end = self.len - if self.protocol == ModbusProto::Rtu { CHECKSUM } else { 0 };
        &self.bytes[self.header() + 3..end]
    }

    fn header(&self) -> usize {
        if self.protocol == ModbusProto::TcpUdp { TCP_HEADER } else { 0 }
    }

    /// How many bytes the whole answer has, once enough of it is there to tell.
    fn whole(&self) -> Result<Option<usize>, Garbage> {
        let frame = &self.bytes[..self.len];
        let (frame, announced) = match self.protocol {
            ModbusProto::TcpUdp if frame.len() < TCP_HEADER => return Ok(None),
            ModbusProto::TcpUdp => (&frame[TCP_HEADER..], Some(self.announced()?)),
            _ => (frame, None),
        };
        if let Some(got) = frame.first().filter(|got| **got != self.unit) {
            return Err(Garbage::Unit { expected: self.unit, got: *got });
        }
        let Some(function) = frame.get(1) else {
            return Ok(None);
        };
        if function & !REFUSED != self.function {
            return Err(Garbage::Function { expected: self.function, got: *function });
        }
        let needed = match self.expected {
            _ if function & REFUSED != 0 => 3,
            Expected::Confirmation { .. } => 6,
            Expected::Registers { count } => {
                let expected = 2 * usize::from(count);
                match frame.get(2) {
                    None => return Ok(None),
                    Some(got) if usize::from(*got) != expected => {
                        return Err(Garbage::ByteCount { expected, got: usize::from(*got) });
                    }
                    Some(_) => 3 + expected,
                }
            }
        };
        match announced {
            None => Ok(Some(needed + CHECKSUM)),
            Some(announced) if usize::from(announced) == needed => Ok(Some(TCP_HEADER + needed)),
            Some(announced) => Err(Garbage::Length(announced)),
        }
    }

    /// The length in Modbus TCP's header, after a look at what stands before it.
    fn announced(&self) -> Result<u16, Garbage> {
        let word = |at: usize| u16::from_be_bytes([self.bytes[at], self.bytes[at + 1]]);
        let (transaction, protocol, length) = (word(0), word(2), word(4));
        if protocol != 0 {
            return Err(Garbage::Protocol(protocol));
        }
        if transaction != self.transaction {
            return Err(Garbage::Transaction { expected: self.transaction, got: transaction });
        }
        if usize::from(length) > LONGEST - TCP_HEADER || length < 3 {
            return Err(Garbage::Length(length));
        }
        Ok(length)
    }

    /// Whether RTU's checksum fits.
    fn checksum(&self) -> Result<(), Garbage> {
        let mut request = ModbusRequest::new(self.unit, self.protocol);
        // rmodbus looks at the checksum first; what follows was looked at as the bytes came.
        request.func = ModbusFunction::try_from(self.function).map_err(|_| Garbage::Checksum)?;
        match request.parse_ok(&self.bytes[..self.len]) {
            Err(rmodbus::ErrorKind::FrameCRCError) => Err(Garbage::Checksum),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const REQUEST: [u8; 12] = [0, 7, 0, 0, 0, 6, 1, 3, 0, 0, 0, 2];
    const ANSWER: [u8; 13] = [0, 7, 0, 0, 0, 7, 1, 3, 4, 0, 1, 0, 2];

    /// What a client makes of `bytes` that come one by one.
    fn heard(bytes: &[u8]) -> Result<(bool, Option<u8>), Garbage> {
        let mut answer = Answer::default();
        answer.expect(ModbusProto::TcpUdp, &REQUEST, Expected::Registers { count: 2 });
        let mut is_whole = false;
        for byte in bytes {
            answer.room()[0] = *byte;
            is_whole = answer.take(1)?;
        }
        Ok((is_whole, if is_whole { answer.refusal()? } else { None }))
    }

    fn changed(place: usize, byte: u8) -> [u8; 13] {
        let mut answer = ANSWER;
        answer[place] = byte;
        answer
    }

    #[test]
    fn an_answer_is_whole_with_its_last_byte_and_not_before() {
        assert_eq!(heard(&ANSWER), Ok((true, None)));
        assert_eq!(heard(&ANSWER[..12]), Ok((false, None)));
        assert_eq!(heard(&[0, 7, 0, 0, 0, 3, 1, 0x83, 2]), Ok((true, Some(2))));
    }

    #[test]
    fn whatever_is_not_the_answer_is_garbage_and_named() {
        assert_eq!(heard(&changed(1, 6)), Err(Garbage::Transaction { expected: 7, got: 6 }));
        assert_eq!(heard(&changed(3, 9)), Err(Garbage::Protocol(9)));
        assert_eq!(heard(&changed(5, 9)), Err(Garbage::Length(9)));
        assert_eq!(heard(&changed(6, 2)), Err(Garbage::Unit { expected: 1, got: 2 }));
        assert_eq!(heard(&changed(7, 4)), Err(Garbage::Function { expected: 3, got: 4 }));
        assert_eq!(heard(&changed(8, 2)), Err(Garbage::ByteCount { expected: 4, got: 2 }));
    }

    #[test]
    fn more_than_the_answer_is_garbage() {
        let mut answer = Answer::default();
        answer.expect(ModbusProto::TcpUdp, &REQUEST, Expected::Registers { count: 2 });
        answer.room()[..13].copy_from_slice(&ANSWER);
        assert_eq!(answer.take(14), Err(Garbage::TooMuch));
    }

    #[test]
    fn a_serial_frame_is_held_against_its_checksum() {
        // From the documentation of libmodbus: unit 0x11 writes 2 registers from 1.
        let request = [0x11, 0x10, 0, 1, 0, 2, 4, 0, 0x0a, 1, 2, 0xc6, 0xf0];
        let mut bytes = [0x11, 0x10, 0, 1, 0, 2, 0x12, 0x98];
        let mut heard = |flip: u8| {
            bytes[3] ^= flip;
            let mut answer = Answer::default();
            let expected = Expected::Confirmation { base: 1, count: 2 };
            answer.expect(ModbusProto::Rtu, &request, expected);
            answer.room()[..8].copy_from_slice(&bytes);
            assert_eq!(answer.take(8), Ok(true));
            answer.refusal()
        };
        assert_eq!(heard(0), Ok(None));
        assert_eq!(heard(4), Err(Garbage::Checksum));
    }

    fn any_expected() -> impl Strategy<Value = Expected> {
        prop_oneof![
            (1..=125u16).prop_map(|count| Expected::Registers { count }),
            (any::<u16>(), 1..=123u16)
                .prop_map(|(base, count)| Expected::Confirmation { base, count }),
        ]
    }

    proptest! {
        /// Whatever comes, in whatever pieces: no panic, and what is taken for the answer has the
        /// length of an answer.
        #[test]
        fn nothing_that_comes_can_upset_it(
            bytes in prop::collection::vec(prop_oneof![Just(0), Just(1), Just(3), any::<u8>()], 1..260),
            begins_well in any::<bool>(),
            is_serial in any::<bool>(),
            piece in 1..20usize,
            expected in any_expected(),
        ) {
            let protocol = if is_serial { ModbusProto::Rtu } else { ModbusProto::TcpUdp };
            let request = if is_serial { &REQUEST[6..] } else { &REQUEST[..] };
            let mut bytes = bytes;
            let end = bytes.len().min(8);
            if begins_well {
                bytes[..end].copy_from_slice(&ANSWER[..end]);
            }
            let mut answer = Answer::default();
            answer.expect(protocol, request, expected);
            for piece in bytes.chunks(piece) {
                answer.room()[..piece.len()].copy_from_slice(piece);
                match answer.take(piece.len()) {
                    Ok(false) => {}
                    Ok(true) => {
                        let refused = answer.refusal();
                        if let (Ok(None), Expected::Registers { count }) = (refused, expected) {
                            prop_assert_eq!(answer.data().len(), 2 * usize::from(count));
                        }
                        break;
                    }
                    Err(_) => break,
                }
            }
        }
    }
}
