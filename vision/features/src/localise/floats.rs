//! A localiser as plain numbers, for the file of its reference.
//!
//! The layout, all of it 32-bit floats: version; 1 if the localiser is whole, else 0; logarithmic
//! shares of the levels of red, green and blue (3 x 96). Unless it is whole, there follow least and
//! greatest of the four numbers of a colour (4 + 4), areas (smallest, median, largest), and odds of
//! the colour cells (13,824).

use super::colour::{CELLS, Colours, ODDS_MAX};
use super::found::Areas;
use super::light::{LEVELS, Light};
use super::{Item, LocaliseError, Localiser};

/// Changes whenever the layout or the meaning of a number does.
const VERSION: f32 = 3.0;
/// Numbers before those of the item: version, whole or not, light.
const HEAD: usize = 2 + 3 * LEVELS;
/// Numbers of the item before its odds.
const SIZES: usize = 4 + 4 + 3;

fn refused(cause: impl Into<String>) -> LocaliseError {
    LocaliseError::Stored { cause: cause.into() }
}

impl Localiser {
    /// The localiser as numbers that [`from_floats`](Localiser::from_floats) reads.
    pub fn to_floats(&self) -> Vec<f32> {
        let whole = if self.is_whole() { 1.0 } else { 0.0 };
        let mut floats = vec![VERSION, whole];
        floats.extend(self.light.log_shares.iter().flatten());
        if let Some(Item { colours, areas }) = &self.item {
            floats.extend(colours.low);
            floats.extend(colours.high);
            floats.extend([areas.smallest, areas.median, areas.largest]);
            floats.extend(&colours.odds);
        }
        floats
    }

    /// The localiser that became `floats`; numbers that no localiser has are refused.
    pub fn from_floats(floats: &[f32]) -> Result<Localiser, LocaliseError> {
        let length = match floats {
            [] => return Err(refused("it is empty")),
            [version, ..] if *version != VERSION => {
                return Err(refused(format!("its version is {version}, not {VERSION}")));
            }
            [_, 1.0, ..] => HEAD,
            _ => HEAD + SIZES + CELLS,
        };
        if floats.len() != length {
            return Err(refused(format!("it has {} numbers", floats.len())));
        }
        if !floats.iter().all(|number| number.is_finite()) {
            return Err(refused("it has numbers that are not finite"));
        }
        let (head, item) = floats.split_at(HEAD);
        let channel = |at: usize| head[2 + at * LEVELS..][..LEVELS].to_vec();
        let light = Light { log_shares: std::array::from_fn(channel) };
        let item = if item.is_empty() { None } else { Some(item_of(item)?) };
        Ok(Localiser { light, item })
    }
}

fn item_of(floats: &[f32]) -> Result<Item, LocaliseError> {
    let (sizes, odds) = floats.split_at(SIZES);
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
    if odds.iter().any(|odds| odds.abs() > ODDS_MAX) {
        return Err(refused("its odds exceed their limit"));
    }
    Ok(Item { colours: Colours { low, high, odds: odds.to_vec() }, areas })
}
