//! **Framing**: bytes in, messages out. A plain state machine.
//!
//! A *frame* is what stands between two ends (or between STX and ETX). It becomes a *message* when it has the
//! prefix and the suffix that the line file asks for. What is kept is bounded: a frame of more than
//! [`FRAME_MAX`] bytes is dropped up to its end and counted, as is everything else that becomes no message.

use line::config::scanner::{Framing, ScannerSection};

/// Longest frame, in bytes. A QR code holds 4,296 letters at most, what stands on goods 300.
pub const FRAME_MAX: usize = 4400;

const STX: u8 = 0x02;
const ETX: u8 = 0x03;

/// What a scanner said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// It read a code, which says this.
    Read(String),
    /// It says that it read nothing.
    NoRead,
}

/// What became no message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Refused {
    /// Frames longer than [`FRAME_MAX`].
    pub too_long: u64,
    /// Frames without the prefix or the suffix.
    pub foreign: u64,
    /// Frames that began and did not end.
    pub broken: u64,
}

impl Refused {
    /// All together.
    pub fn total(self) -> u64 {
        self.too_long + self.foreign + self.broken
    }
}

/// Cuts one scanner's bytes into messages.
#[derive(Debug, Clone)]
pub struct Framer {
    framing: Framing,
    prefix: Vec<u8>,
    suffix: Vec<u8>,
    no_read: Option<Vec<u8>>,
    frame: Vec<u8>,
    /// Within STX and ETX; always, where frames have an end only.
    inside: bool,
    /// The frame is too long: its bytes are dropped up to its end.
    overlong: bool,
    refused: Refused,
}

impl Framer {
    /// A framer for the messages of this scanner.
    pub fn new(scanner: &ScannerSection) -> Self {
        Self {
            framing: scanner.framing,
            prefix: scanner.prefix.clone().into_bytes(),
            suffix: scanner.suffix.clone().into_bytes(),
            no_read: scanner.no_read.clone().map(String::into_bytes),
            frame: Vec::new(),
            inside: scanner.framing != Framing::StxEtx,
            overlong: false,
            refused: Refused::default(),
        }
    }

    /// Takes bytes, however they were split; each message is given to `told`.
    pub fn push(&mut self, bytes: &[u8], mut told: impl FnMut(Message)) {
        for &byte in bytes {
            if let Some(message) = self.byte(byte) {
                told(message);
            }
        }
    }

    /// The scanner was silent for so long, or the connection is so new, that no frame is under way any more:
    /// what has begun is dropped.
    pub fn reset(&mut self) {
        let begun = self.overlong || !self.frame.is_empty();
        self.refused.broken += u64::from(begun);
        self.clear();
    }

    /// What became no message so far.
    pub fn refused(&self) -> Refused {
        self.refused
    }

    /// Bytes of the frame under way.
    pub fn waiting(&self) -> usize {
        self.frame.len()
    }

    fn clear(&mut self) {
        self.frame.clear();
        self.overlong = false;
        self.inside = self.framing != Framing::StxEtx;
    }

    fn byte(&mut self, byte: u8) -> Option<Message> {
        match (self.framing, byte) {
            (Framing::Cr, b'\r') | (Framing::Lf, b'\n') => return self.end(),
            // The other half of a line's end, at a frame's beginning or before its end.
            (Framing::Cr, b'\n') if self.frame.is_empty() => return None,
            (Framing::Crlf, b'\n') if self.frame.last() == Some(&b'\r') => {
                self.frame.pop();
                return self.end();
            }
            (Framing::StxEtx, STX) => {
                self.reset();
                self.inside = true;
                return None;
            }
            (Framing::StxEtx, ETX) if self.inside => return self.end(),
            _ => {}
        }
        if !self.inside {
            return None;
        }
        if self.frame.len() < FRAME_MAX {
            self.frame.push(byte);
        } else {
            self.overlong = true;
            // The last byte is kept, since it may be the first half of the end.
            self.frame[FRAME_MAX - 1] = byte;
        }
        None
    }

    /// The frame is at its end.
    fn end(&mut self) -> Option<Message> {
        let overlong = self.overlong;
        let mut frame = std::mem::take(&mut self.frame);
        self.clear();
        if overlong {
            self.refused.too_long += 1;
            return None;
        }
        if self.framing == Framing::Lf && frame.last() == Some(&b'\r') {
            frame.pop();
        }
        if frame.is_empty() {
            return None;
        }
        let says_nothing = |text: &[u8]| self.no_read.as_deref() == Some(text);
        if says_nothing(&frame) {
            return Some(Message::NoRead);
        }
        let body = frame.strip_prefix(&self.prefix[..]);
        let Some(body) = body.and_then(|body| body.strip_suffix(&self.suffix[..])) else {
            self.refused.foreign += 1;
            return None;
        };
        if says_nothing(body) {
            return Some(Message::NoRead);
        }
        if body.is_empty() {
            self.refused.foreign += 1;
            return None;
        }
        Some(Message::Read(text_of(body)))
    }
}

/// UTF-8 where it is, else Latin-1, as older scanners send it.
fn text_of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn framer(keys: &str) -> Framer {
        let text = format!("name = \"a\"\nsource = \"tcp://a:1\"\nposition_mm = 1\n{keys}");
        Framer::new(&toml_section(&text))
    }

    fn toml_section(text: &str) -> ScannerSection {
        toml::from_str(text).unwrap()
    }

    fn messages(framer: &mut Framer, bytes: &[u8]) -> Vec<Message> {
        let mut told = Vec::new();
        framer.push(bytes, |message| told.push(message));
        told
    }

    fn read(text: &str) -> Message {
        Message::Read(text.to_owned())
    }

    #[test]
    fn each_framing_ends_its_messages_and_passes_over_the_other_half_of_a_line_end() {
        for (framing, bytes) in [
            ("cr", &b"A1\rB\r"[..]),
            ("cr", b"A1\r\nB\r\n"),
            ("lf", b"A1\nB\n"),
            ("lf", b"A1\r\nB\r\n"),
            ("crlf", b"A1\r\nB\r\n"),
            ("stx_etx", b"\x02A1\x03\x02B\x03"),
            ("stx_etx", b"noise\x02A1\x03\r\n\x02B\x03noise"),
        ] {
            let mut framer = framer(&format!("framing = \"{framing}\""));
            let told = messages(&mut framer, bytes);
            assert_eq!(told, [read("A1"), read("B")], "{framing} {bytes:?}");
            assert_eq!(framer.refused(), Refused::default(), "{framing} {bytes:?}");
        }
        // Either half may stand within a code.
        let told = messages(&mut framer("framing = \"crlf\""), b"A\rB\nC\r\r\n");
        assert_eq!(told, [read("A\rB\nC\r")]);
    }

    #[test]
    fn prefix_suffix_and_no_read_are_taken_off_and_what_lacks_them_is_counted() {
        let keys = "prefix = \"<\"\nsuffix = \">\"\nno_read = \"NR\"";
        let mut framer = framer(keys);
        let told = messages(&mut framer, b"<A>\r\nNR\r\n<NR>\r\nA\r\n<A\r\n<>\r\n\r\n<B>\r\n");
        assert_eq!(told, [read("A"), Message::NoRead, Message::NoRead, read("B")]);
        assert_eq!(framer.refused(), Refused { foreign: 3, ..Refused::default() });
    }

    #[test]
    fn a_frame_without_an_end_does_not_grow_and_costs_no_later_one() {
        let mut framer = framer("");
        let endless = vec![b'x'; 3 * FRAME_MAX];
        assert_eq!(messages(&mut framer, &endless), []);
        assert_eq!(framer.waiting(), FRAME_MAX);
        assert_eq!(messages(&mut framer, b"\r\nA\r\n"), [read("A")]);
        assert_eq!(framer.refused(), Refused { too_long: 1, ..Refused::default() });
        let mut longest = vec![b'x'; FRAME_MAX - 1];
        longest.extend(b"\r\n");
        assert_eq!(messages(&mut framer, &longest).len(), 1);
    }

    #[test]
    fn half_a_frame_is_dropped_by_a_new_beginning_and_by_a_long_silence() {
        let mut stx = framer("framing = \"stx_etx\"");
        assert_eq!(messages(&mut stx, b"\x02half\x02A\x03"), [read("A")]);
        assert_eq!(stx.refused().broken, 1);
        let mut crlf = framer("");
        messages(&mut crlf, b"half");
        crlf.reset();
        crlf.reset();
        assert_eq!(messages(&mut crlf, b"A\r\n"), [read("A")]);
        assert_eq!(crlf.refused().broken, 1);
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_latin_1_and_separators_stay() {
        let told = messages(&mut framer(""), b"M\xFCsli\r\n]C101123\x1D10A\r\n");
        assert_eq!(told, [read("Müsli"), read("]C101123\u{1d}10A")]);
    }

    fn framings() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec!["cr", "lf", "crlf", "stx_etx"])
    }

    /// The bytes that say the texts.
    fn said(framing: &str, texts: &[String]) -> Vec<u8> {
        let (begin, end) = match framing {
            "cr" => ("", "\r"),
            "lf" => ("", "\n"),
            "crlf" => ("", "\r\n"),
            _ => ("\x02", "\x03"),
        };
        texts.iter().flat_map(|text| format!("{begin}{text}{end}").into_bytes()).collect()
    }

    /// The same bytes, in pieces of these sizes.
    fn in_pieces(framer: &mut Framer, bytes: &[u8], sizes: &[usize]) -> Vec<Message> {
        let mut told = Vec::new();
        let (mut left, mut sizes) = (bytes, sizes.iter().cycle());
        while !left.is_empty() {
            let size = (*sizes.next().unwrap_or(&1)).clamp(1, left.len());
            framer.push(&left[..size], |message| told.push(message));
            left = &left[size..];
        }
        told
    }

    proptest! {
        #[test]
        fn messages_come_out_whole_however_their_bytes_are_split(
            framing in framings(),
            texts in prop::collection::vec("[ -~\u{1d}]{1,40}", 0..20),
            sizes in prop::collection::vec(1usize..30, 1..8),
        ) {
            let mut framer = framer(&format!("framing = \"{framing}\""));
            let told = in_pieces(&mut framer, &said(framing, &texts), &sizes);
            let expected: Vec<Message> = texts.into_iter().map(Message::Read).collect();
            prop_assert_eq!(told, expected);
            prop_assert_eq!(framer.refused().total(), 0);
            prop_assert_eq!(framer.waiting(), 0);
        }

        #[test]
        fn garbage_stays_bounded_and_after_an_end_the_next_message_is_understood(
            framing in framings(),
            garbage in prop::collection::vec(any::<u8>(), 0..20_000),
            sizes in prop::collection::vec(1usize..3000, 1..8),
        ) {
            let mut framer = framer(&format!("framing = \"{framing}\""));
            for message in in_pieces(&mut framer, &garbage, &sizes) {
                let Message::Read(text) = message else { panic!("nothing means no read") };
                prop_assert!(!text.is_empty() && text.chars().count() <= FRAME_MAX);
            }
            prop_assert!(framer.waiting() <= FRAME_MAX);
            // The end of what the garbage began.
            in_pieces(&mut framer, &said(framing, &["x".to_owned()]), &sizes);
            let told = in_pieces(&mut framer, &said(framing, &["A1".to_owned()]), &sizes);
            prop_assert_eq!(told, [Message::Read("A1".to_owned())]);
        }

        #[test]
        fn the_same_bytes_say_the_same_in_one_piece_and_in_many(
            framing in framings(),
            bytes in prop::collection::vec(
                prop::sample::select(vec![b'\r', b'\n', 2, 3, b'A', 0xFF, b'<', b'>']), 0..400),
            sizes in prop::collection::vec(1usize..10, 1..8),
        ) {
            let keys = format!("framing = \"{framing}\"\nprefix = \"<\"\nno_read = \"A\"");
            let (mut whole, mut pieces) = (framer(&keys), framer(&keys));
            let at_once = messages(&mut whole, &bytes);
            prop_assert_eq!(at_once, in_pieces(&mut pieces, &bytes, &sizes));
            prop_assert_eq!(whole.refused(), pieces.refused());
        }
    }
}
