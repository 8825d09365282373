//! A **scan**: the codes of some coefficients of some components, block by block.

use super::codes::{Bits, Table};
use super::{Frame, JpegFault, Steps};

/// The largest mean of a block: eight times the largest difference of a sample from grey.
const MOST_MEAN: i32 = 1024;
/// The largest of the other coefficients of any block of samples, with room for an encoder's own rounding.
const MOST_DETAIL: i32 = 1600;

/// A scan's header.
#[derive(Debug)]
pub(super) struct Scan {
    parts: Vec<Part>,
    /// First and last coefficient.
    from: u32,
    to: u32,
    /// Which bit of the coefficients it refines; 0 in their first scan.
    refined: u8,
    /// How many low bits of the coefficients are left to later scans.
    low: u8,
}

/// A component of a scan: its number in the frame, and its tables.
#[derive(Debug, Clone, Copy)]
struct Part {
    component: usize,
    dc: usize,
    ac: usize,
}

/// What is carried from block to block.
#[derive(Debug, Default)]
struct State {
    means: [i32; 4],
    /// So many blocks more have no further coefficient.
    empty: u32,
}

impl Scan {
    /// From the segment SOS; `None` where it makes no sense.
    pub(super) fn of(body: &[u8], frame: &Frame) -> Option<Self> {
        let (&count, rest) = body.split_first()?;
        let rows = rest.get(..2 * usize::from(count))?.chunks_exact(2);
        let part = |row: &[u8]| {
            let component = frame.components.iter().position(|one| one.id == row[0])?;
            let (dc, ac) = (usize::from(row[1] >> 4), usize::from(row[1] & 15));
            (component < 4 && dc < 4 && ac < 4).then_some(Part { component, dc, ac })
        };
        let parts: Vec<Part> = rows.map(part).collect::<Option<_>>()?;
        let &[from, to, bits] = rest.get(2 * usize::from(count)..)? else { return None };
        let (from, to) = if frame.progressive { (u32::from(from), u32::from(to)) } else { (0, 63) };
        let apart = !frame.progressive || (from == 0) == (to == 0) && (from == 0 || count == 1);
        let sensible = !parts.is_empty() && from <= to && to < 64 && apart;
        let (refined, low) = if frame.progressive { (bits >> 4, bits & 15) } else { (0, 0) };
        sensible.then_some(Self { parts, from, to, refined, low })
    }

    /// Walks through the data at `at` in `file`; says where they end.
    pub(super) fn walk(
        &self,
        frame: &mut Frame,
        file: &[u8],
        at: usize,
    ) -> Result<usize, JpegFault> {
        let mut bits = Bits::new(file, at);
        let mut state = State::default();
        let [across, down] = match &self.parts[..] {
            [one] => frame.components[one.component].blocks,
            _ => frame.units,
        };
        let (interval, mut restarts) = (frame.restart_interval, 0);
        for unit in 0..across * down {
            if interval > 0 && unit > 0 && unit % interval == 0 {
                if state.empty > 0 {
                    return Err(JpegFault::Data(bits.at()));
                }
                bits.restart(restarts)?;
                restarts += 1;
                state = State::default();
            }
            let [x, y] = [unit % across, unit / across];
            if let [one] = &self.parts[..] {
                self.block(frame, *one, [x, y], &mut bits, &mut state)?;
                continue;
            }
            for part in &self.parts {
                let [wide, high] = frame.components[part.component].units;
                for inner in 0..wide * high {
                    let place = [x * wide + inner % wide, y * high + inner / wide];
                    self.block(frame, *part, place, &mut bits, &mut state)?;
                }
            }
        }
        if state.empty > 0 {
            return Err(JpegFault::Data(bits.at()));
        }
        bits.end()?;
        for part in &self.parts {
            frame.components[part.component].seen = true;
        }
        Ok(bits.at())
    }

    fn block(
        &self,
        frame: &mut Frame,
        part: Part,
        [x, y]: [usize; 2],
        bits: &mut Bits<'_>,
        state: &mut State,
    ) -> Result<(), JpegFault> {
        let broken = JpegFault::Data(bits.at());
        let Frame { dc, ac, components, progressive, steps, .. } = frame;
        let steps = &steps[components[part.component].steps];
        if self.from == 0 {
            if self.refined > 0 {
                bits.take(1)?;
            } else {
                let table = dc[part.dc].as_ref().ok_or(broken)?;
                self.mean(table, bits, &mut state.means[part.component], steps[0])?;
            }
        }
        if self.to == 0 {
            return Ok(());
        }
        let table = ac[part.ac].as_ref().ok_or(broken)?;
        if !*progressive {
            return sequential(table, bits, steps);
        }
        let component = &mut components[part.component];
        let nonzero = component.nonzero.get_mut(y * component.padded + x).ok_or(broken)?;
        if self.refined == 0 {
            self.first(table, bits, state, nonzero, steps)
        } else {
            self.refine(table, bits, state, nonzero)
        }
    }

    /// The difference of a block's mean brightness to the one before.
    fn mean(
        &self,
        table: &Table,
        bits: &mut Bits<'_>,
        sum: &mut i32,
        step: u16,
    ) -> Result<(), JpegFault> {
        let size = u32::from(bits.symbol(table)?);
        if size > 11 {
            return Err(JpegFault::Data(bits.at()));
        }
        let value = bits.take(size)? as i32;
        let positive = size > 0 && value >> (size - 1) == 1;
        *sum += if positive || size == 0 { value } else { value - (1 << size) + 1 };
        let step = i32::from(step);
        let least = (sum.abs() << self.low.min(13)).saturating_sub(1 << self.low.min(13));
        if least.saturating_mul(step) > MOST_MEAN + 2 * step {
            return Err(JpegFault::Data(bits.at()));
        }
        Ok(())
    }

    /// The first bits of the coefficients of a block of a progressive JPEG.
    fn first(
        &self,
        table: &Table,
        bits: &mut Bits<'_>,
        state: &mut State,
        nonzero: &mut u64,
        steps: &Steps,
    ) -> Result<(), JpegFault> {
        if state.empty > 0 {
            state.empty -= 1;
            return Ok(());
        }
        let mut place = self.from;
        while place <= self.to {
            let symbol = bits.symbol(table)?;
            let (zeros, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            match (zeros, size) {
                (15, 0) => place += 16,
                (run, 0) => {
                    state.empty = (1 << run) - 1 + bits.take(run)?;
                    return Ok(());
                }
                _ => {
                    place += zeros;
                    let most = self.to;
                    if place > most || too_large(size, steps[place as usize], self.low) {
                        return Err(JpegFault::Data(bits.at()));
                    }
                    bits.take(size)?;
                    *nonzero |= 1 << place;
                    place += 1;
                }
            }
        }
        if place > self.to + 1 { Err(JpegFault::Data(bits.at())) } else { Ok(()) }
    }

    /// One more bit of the coefficients of a block of a progressive JPEG.
    fn refine(
        &self,
        table: &Table,
        bits: &mut Bits<'_>,
        state: &mut State,
        nonzero: &mut u64,
    ) -> Result<(), JpegFault> {
        let mut place = self.from;
        if state.empty == 0 {
            while place <= self.to {
                let symbol = bits.symbol(table)?;
                let (mut zeros, size) = (u32::from(symbol >> 4), symbol & 15);
                match (zeros, size) {
                    (15, 0) => {}
                    (run, 0) => {
                        state.empty = (1 << run) + bits.take(run)?;
                        break;
                    }
                    (_, 1) => {
                        bits.take(1)?;
                    }
                    _ => return Err(JpegFault::Data(bits.at())),
                }
                while place <= self.to {
                    if *nonzero >> place & 1 == 1 {
                        bits.take(1)?;
                    } else if zeros == 0 {
                        break;
                    } else {
                        zeros -= 1;
                    }
                    place += 1;
                }
                if place > self.to {
                    return Err(JpegFault::Data(bits.at()));
                }
                if size == 1 {
                    *nonzero |= 1 << place;
                }
                place += 1;
            }
        }
        if state.empty > 0 {
            let known = (place..=self.to).filter(|place| *nonzero >> place & 1 == 1).count();
            for _ in 0..known {
                bits.take(1)?;
            }
            state.empty -= 1;
        }
        Ok(())
    }
}

/// The coefficients of a block of a baseline JPEG, but for its mean.
fn sequential(table: &Table, bits: &mut Bits<'_>, steps: &Steps) -> Result<(), JpegFault> {
    let mut place = 1;
    while place < 64 {
        let symbol = bits.symbol(table)?;
        let (zeros, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        match (zeros, size) {
            (0, 0) => return Ok(()),
            (15, 0) => place += 16,
            (_, 0) => return Err(JpegFault::Data(bits.at())),
            _ => {
                place += zeros;
                if place > 63 || too_large(size, steps[place as usize], 0) {
                    return Err(JpegFault::Data(bits.at()));
                }
                bits.take(size)?;
                place += 1;
            }
        }
    }
    if place > 64 { Err(JpegFault::Data(bits.at())) } else { Ok(()) }
}

/// Whether no block of samples has a coefficient of so many bits, of which `low` more follow.
fn too_large(size: u32, step: u16, low: u8) -> bool {
    let least = 1i32 << (size - 1) << low.min(13);
    least.saturating_mul(i32::from(step)) > MOST_DETAIL + i32::from(step)
}
