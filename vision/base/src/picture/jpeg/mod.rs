//! Whether the compressed data of a JPEG file are **whole**.
//!
//! Decoders forgive: where data are missing or make no sense they fill the rest with grey and report
//! success, and an item that is half grey may pass for normal. A JPEG has no checksum. But it codes a
//! known number of blocks of 8 x 8 pixels in variable-length (Huffman) codes, and data that were altered
//! nearly always decode to another number of blocks, to a code that does not exist, or to a brightness
//! outside of its range. So the codes are walked through without making pixels of them.
//!
//! Covered are the two processes that cameras and phones use, baseline and progressive, with 8 bits a
//! sample; other files are left to the decoder. Source: ITU-T T.81, annexes B (markers), F and G (codes).

mod codes;
mod scan;

use codes::Table;
use scan::Scan;

/// What is wrong with the data of a JPEG.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JpegFault {
    /// A segment's length or content contradicts itself.
    #[error("the header at byte {0} makes no sense")]
    Header(usize),
    /// A code that the file does not define, or a value that cannot be.
    #[error("the image data before byte {0} make no sense")]
    Data(usize),
    /// The data of a scan end before its last block.
    #[error("image data are missing before byte {0}")]
    Early(usize),
    /// A scan has data after its last block.
    #[error("image data are left over at byte {0}")]
    Late(usize),
    /// No data for a part of the colours.
    #[error("image data are missing altogether")]
    NoData,
}

/// A component (brightness or one of the two colours) of the frame.
#[derive(Debug, Clone, Default)]
struct Component {
    id: u8,
    /// Blocks of one minimum coded unit, across and down.
    units: [usize; 2],
    /// Blocks that hold pixels of the picture, across and down.
    blocks: [usize; 2],
    /// Blocks with those that fill up the last units, across.
    padded: usize,
    /// Which coefficients of a block are known not to be zero: a bit each. Progressive only.
    nonzero: Vec<u64>,
    seen: bool,
    /// Which quantisation table it uses.
    steps: usize,
}

/// What the headers say.
#[derive(Debug)]
struct Frame {
    progressive: bool,
    components: Vec<Component>,
    /// Minimum coded units across and down.
    units: [usize; 2],
    restart_interval: usize,
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
    /// What the unit of each coefficient is worth, in the order of the codes.
    steps: [Steps; 4],
}

/// A quantisation table.
type Steps = [u16; 64];

/// Walks through `file`, a JPEG with all its markers.
///
/// # Errors
/// The first fault.
pub(super) fn check(file: &[u8]) -> Result<(), JpegFault> {
    let mut frame = Frame::new();
    let mut at = 2;
    while let Some(&[first, marker]) = file.get(at..at + 2) {
        // Segments follow one another with nothing between them but FF, which fills up. Anything else is what
        // is left of a segment whose beginning is gone.
        if first != 0xFF || matches!(marker, 0x00 | 0x01 | 0xD0..=0xD8) {
            return Err(JpegFault::Header(at));
        }
        if marker == 0xFF {
            at += 1;
            continue;
        }
        if marker == 0xD9 {
            break;
        }
        let length = file.get(at + 2..at + 4).ok_or(JpegFault::Header(at))?;
        let end = at + 2 + usize::from(u16::from_be_bytes([length[0], length[1]]));
        let body = file.get(at + 4..end).ok_or(JpegFault::Header(at))?;
        let known = match marker {
            0xC0..=0xC2 => frame.begin(marker, body),
            // Lossless, hierarchical and arithmetic coding, and a height that is told later.
            0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF | 0xDC => return Ok(()),
            0xC4 => frame.tables(body),
            0xDB => frame.steps(body),
            0xDD => frame.restart(body),
            _ => Some(true),
        };
        match known {
            None => return Err(JpegFault::Header(at)),
            Some(false) => return Ok(()),
            Some(true) => {}
        }
        at = end;
        if marker == 0xDA {
            let scan = Scan::of(body, &frame).ok_or(JpegFault::Header(at))?;
            at = scan.walk(&mut frame, file, at)?;
        }
    }
    let seen = !frame.components.is_empty() && frame.components.iter().all(|one| one.seen);
    if seen { Ok(()) } else { Err(JpegFault::NoData) }
}

impl Frame {
    fn new() -> Self {
        Self {
            progressive: false,
            components: Vec::new(),
            units: [0; 2],
            restart_interval: 0,
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            steps: [[1; 64]; 4],
        }
    }

    /// DQT.
    fn steps(&mut self, mut body: &[u8]) -> Option<bool> {
        while let Some((&which, rest)) = body.split_first() {
            let table = self.steps.get_mut(usize::from(which & 15))?;
            let bytes = if which >> 4 == 0 { 1 } else { 2 };
            for (step, value) in table.iter_mut().zip(rest.get(..64 * bytes)?.chunks_exact(bytes)) {
                *step = value.iter().fold(0, |sum, byte| sum << 8 | u16::from(*byte));
            }
            body = &rest[64 * bytes..];
        }
        Some(true)
    }

    /// SOF. `None`: it makes no sense; false: it is of a kind that is not checked.
    fn begin(&mut self, marker: u8, body: &[u8]) -> Option<bool> {
        let &[precision, h1, h0, w1, w0, count, ref rest @ ..] = body else { return None };
        let height = usize::from(u16::from_be_bytes([h1, h0]));
        let width = usize::from(u16::from_be_bytes([w1, w0]));
        if precision != 8 || height == 0 || width == 0 || !self.components.is_empty() {
            return Some(false);
        }
        let rows = rest.chunks_exact(3).take(usize::from(count));
        let sampling = |row: &[u8]| [usize::from(row[1] >> 4), usize::from(row[1] & 15)];
        let most = |axis: usize| rows.clone().map(|row| sampling(row)[axis]).max();
        let most = [most(0)?, most(1)?];
        if rows.clone().flat_map(sampling).any(|times| !(1..=4).contains(&times)) {
            return None;
        }
        self.progressive = marker == 0xC2;
        self.units = [width.div_ceil(8 * most[0]), height.div_ceil(8 * most[1])];
        self.components = rows
            .map(|row| {
                let units = sampling(row);
                let blocks = |side: usize, axis: usize| {
                    (side * units[axis]).div_ceil(most[axis]).div_ceil(8)
                };
                let padded = self.units[0] * units[0];
                let nonzero = if self.progressive { padded * self.units[1] * units[1] } else { 0 };
                Component {
                    id: row[0],
                    units,
                    blocks: [blocks(width, 0), blocks(height, 1)],
                    padded,
                    nonzero: vec![0; nonzero],
                    seen: false,
                    steps: usize::from(row[2] & 3),
                }
            })
            .collect();
        Some(true)
    }

    /// DHT.
    fn tables(&mut self, mut body: &[u8]) -> Option<bool> {
        while let Some((&which, rest)) = body.split_first() {
            let counts: &[u8; 16] = rest.get(..16)?.try_into().ok()?;
            let symbols: usize = counts.iter().map(|count| usize::from(*count)).sum();
            let table = Table::new(counts, rest.get(16..16 + symbols)?)?;
            let tables = if which >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            *tables.get_mut(usize::from(which & 15))? = Some(table);
            body = &rest[16 + symbols..];
        }
        Some(true)
    }

    /// DRI.
    fn restart(&mut self, body: &[u8]) -> Option<bool> {
        self.restart_interval = usize::from(u16::from_be_bytes(body.try_into().ok()?));
        Some(true)
    }
}

#[cfg(test)]
mod tests;
