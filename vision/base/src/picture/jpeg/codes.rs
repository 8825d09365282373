//! Bits and Huffman codes of a scan.

use super::JpegFault;

/// Codes up to this length are looked up at once.
const QUICK: u32 = 9;

/// A Huffman table (T.81, annex C).
#[derive(Debug)]
pub(super) struct Table {
    /// For the next [`QUICK`] bits: length and symbol of the code that they begin with; length 0: longer.
    quick: Vec<(u8, u8)>,
    /// For each length, the first code that is longer, and what to add to a code for its symbol's place.
    longer: [(u32, i32); 17],
    symbols: Vec<u8>,
}

impl Table {
    /// From the number of codes of each length; `None` where there are more than bits can tell apart.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut quick = vec![(0, 0); 1 << QUICK];
        let mut longer = [(0, 0); 17];
        let (mut code, mut place) = (0u32, 0usize);
        for length in 1..=16u32 {
            longer[length as usize].1 = place as i32 - code as i32;
            for _ in 0..counts[length as usize - 1] {
                if code >= 1 << length {
                    return None;
                }
                if length <= QUICK {
                    let first = (code << (QUICK - length)) as usize;
                    let same = 1 << (QUICK - length);
                    quick[first..first + same].fill((length as u8, symbols[place]));
                }
                code += 1;
                place += 1;
            }
            longer[length as usize].0 = code;
            code <<= 1;
        }
        Some(Self { quick, longer, symbols: symbols.to_vec() })
    }
}

/// The bits of a scan, up to the next marker.
#[derive(Debug)]
pub(super) struct Bits<'a> {
    file: &'a [u8],
    at: usize,
    /// The next bits, the first of them the highest.
    ahead: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(file: &'a [u8], at: usize) -> Self {
        Self { file, at, ahead: 0, count: 0 }
    }

    /// Where the reader stands in the file.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn fill(&mut self) {
        while self.count <= 56 {
            let byte = match self.file.get(self.at..) {
                // FF in the data is followed by a zero; followed by anything else it is a marker.
                Some(&[0xFF, 0x00, ..]) => {
                    self.at += 2;
                    0xFF
                }
                Some(&[0xFF, ..]) | Some(&[]) | None => return,
                Some(&[byte, ..]) => {
                    self.at += 1;
                    byte
                }
            };
            self.ahead |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next `count` bits, at most 16, as a number.
    pub(super) fn take(&mut self, count: u32) -> Result<u32, JpegFault> {
        if count == 0 {
            return Ok(0);
        }
        if self.count < count {
            self.fill();
            if self.count < count {
                return Err(JpegFault::Early(self.at));
            }
        }
        let bits = (self.ahead >> (64 - count)) as u32;
        self.ahead <<= count;
        self.count -= count;
        Ok(bits)
    }

    /// The symbol of the next code.
    pub(super) fn symbol(&mut self, table: &Table) -> Result<u8, JpegFault> {
        if self.count < 16 {
            self.fill();
        }
        let (length, symbol) = table.quick[(self.ahead >> (64 - QUICK)) as usize];
        if length > 0 {
            self.take(u32::from(length))?;
            return Ok(symbol);
        }
        for length in QUICK + 1..=16 {
            let code = (self.ahead >> (64 - length)) as u32;
            let (end, shift) = table.longer[length as usize];
            if code < end {
                self.take(length)?;
                let place = usize::try_from(code as i32 + shift).ok();
                let symbol = place.and_then(|place| table.symbols.get(place));
                return symbol.copied().ok_or(JpegFault::Data(self.at));
            }
        }
        Err(if self.count < 16 { JpegFault::Early(self.at) } else { JpegFault::Data(self.at) })
    }

    /// Goes to the next marker, which must stand here but for the bits that fill up a byte.
    pub(super) fn end(&mut self) -> Result<(), JpegFault> {
        self.fill();
        let marker = matches!(self.file.get(self.at..), Some(&[0xFF, ..]));
        if self.count >= 8 || !marker {
            return Err(JpegFault::Late(self.at));
        }
        (self.ahead, self.count) = (0, 0);
        Ok(())
    }

    /// Steps over the restart marker with this number, which must stand here.
    pub(super) fn restart(&mut self, number: usize) -> Result<(), JpegFault> {
        self.end()?;
        while matches!(self.file.get(self.at..), Some(&[0xFF, 0xFF, ..])) {
            self.at += 1;
        }
        let wanted = 0xD0 + (number % 8) as u8;
        if self.file.get(self.at + 1) != Some(&wanted) {
            return Err(JpegFault::Early(self.at));
        }
        self.at += 2;
        Ok(())
    }
}
