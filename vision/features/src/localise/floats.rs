//! A localiser as plain numbers, for the file of its reference.
//!
//! The layout, 32-bit floats: version; 1 if the localiser is whole, else 0; logarithmic shares of the levels
//! of red, green and blue (3 x 96). Unless it is whole, there follow least and greatest of the four numbers of
//! a colour (4 + 4), and areas (smallest, median, largest); and apart from these, in 8 bits each, the odds of
//! the colour cells (13,824; -42 to 42). Version 3 had the odds as floats at the end, and is still read.

use super::colour::{CELLS, Colours, ODDS_MAX, kept};
use super::found::Areas;
use super::light::{LEVELS, Light};
use super::{Item, LocaliseError, Localiser};

/// Changes whenever the layout or the meaning of a number does.
const VERSION: f32 = 4.0;
/// The version that had all numbers as floats.
const ALL_FLOATS: f32 = 3.0;
/// Numbers before those of the item: version, whole or not, light.
const HEAD: usize = 2 + 3 * LEVELS;
/// Numbers of the item before its odds.
const SIZES: usize = 4 + 4 + 3;

fn refused(cause: impl Into<String>) -> LocaliseError {
    LocaliseError::Stored { cause: cause.into() }
}

impl Localiser {
    /// The localiser as numbers that [`from_parts`](Localiser::from_parts) reads: the floats, and the odds,
    /// which are none where the localiser is whole.
    pub fn to_parts(&self) -> (Vec<f32>, Vec<i8>) {
        let whole = if self.is_whole() { 1.0 } else { 0.0 };
        let mut floats = vec![VERSION, whole];
        floats.extend(self.light.log_shares.iter().flatten());
        let Some(Item { colours, areas }) = &self.item else { return (floats, Vec::new()) };
        floats.extend(colours.low);
        floats.extend(colours.high);
        floats.extend([areas.smallest, areas.median, areas.largest]);
        (floats, colours.odds.clone())
    }

    /// Room in memory, in bytes, to within a few hundred.
    pub fn bytes(&self) -> usize {
        let light = self.light.log_shares.iter().map(|shares| size_of_val(shares.as_slice()));
        let odds = self.item.as_ref().map_or(0, |item| item.colours.odds.len());
        size_of::<Localiser>() + light.sum::<usize>() + odds
    }

    /// The localiser that became these parts.
    ///
    /// # Errors
    /// Numbers that no localiser has are refused.
    pub fn from_parts(floats: &[f32], odds: &[i8]) -> Result<Localiser, LocaliseError> {
        of(VERSION, floats, odds)
    }

    /// The localiser in a file of before November 2026: all of it floats, odds last.
    ///
    /// # Errors
    /// Numbers that no localiser has are refused.
    pub fn from_floats(floats: &[f32]) -> Result<Localiser, LocaliseError> {
        let (floats, odds) = floats.split_at(floats.len().min(HEAD + SIZES));
        if odds.iter().any(|odds| odds.is_nan() || odds.abs() > ODDS_MAX) {
            return Err(refused("its odds exceed their limit"));
        }
        let odds: Vec<i8> = odds.iter().copied().map(kept).collect();
        of(ALL_FLOATS, floats, &odds)
    }
}

fn of(wanted: f32, floats: &[f32], odds: &[i8]) -> Result<Localiser, LocaliseError> {
    let lengths = match floats {
        [] => return Err(refused("it is empty")),
        [version, ..] if *version != wanted => {
            return Err(refused(format!("its version is {version}, not {wanted}")));
        }
        [_, 1.0, ..] => (HEAD, 0),
        _ => (HEAD + SIZES, CELLS),
    };
    if (floats.len(), odds.len()) != lengths {
        return Err(refused(format!("it has {} numbers", floats.len() + odds.len())));
    }
    if !floats.iter().all(|number| number.is_finite()) {
        return Err(refused("it has numbers that are not finite"));
    }
    let (head, sizes) = floats.split_at(HEAD);
    let channel = |at: usize| head[2 + at * LEVELS..][..LEVELS].to_vec();
    let light = Light { log_shares: std::array::from_fn(channel) };
    let item = if sizes.is_empty() { None } else { Some(item_of(sizes, odds)?) };
    Ok(Localiser { light, item })
}

fn item_of(sizes: &[f32], odds: &[i8]) -> Result<Item, LocaliseError> {
    let (mut low, mut high) = ([0.0; 4], [0.0; 4]);
    low.copy_from_slice(&sizes[..4]);
    high.copy_from_slice(&sizes[4..8]);
    if low.iter().zip(&high).any(|(low, high)| low >= high) {
        return Err(refused("its range of colours is empty"));
    }
    let areas = Areas { smallest: sizes[8], median: sizes[9], largest: sizes[10] };
    let ascending = areas.smallest <= areas.median && areas.median <= areas.largest;
    if areas.smallest <= 0.0 || !ascending {
        return Err(refused("its areas do not ascend"));
    }
    Ok(Item { colours: Colours { low, high, odds: odds.to_vec() }, areas })
}
