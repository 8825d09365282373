//! A localiser as plain numbers, for the file of its reference.
//!
//! The layout, all of it 32-bit floats: version; 1 if the localiser is whole and nothing follows,
//! else 0; least and greatest of the four numbers of a colour (4 + 4); areas (smallest, median,
//! largest); logarithmic shares of the brightness levels (96); odds of the colour cells (13,824).

use super::colour::{CELLS, Colours, ODDS_MAX};
use super::exposure::{Exposure, LEVELS};
use super::found::Areas;
use super::{Item, LocaliseError, Localiser};

/// Changes whenever the layout or the meaning of a number does.
const VERSION: f32 = 1.0;
/// Numbers before the brightness levels.
const HEAD: usize = 2 + 4 + 4 + 3;

fn refused(cause: impl Into<String>) -> LocaliseError {
    LocaliseError::Stored { cause: cause.into() }
}

impl Localiser {
    /// The localiser as numbers that [`from_floats`](Localiser::from_floats) reads.
    pub fn to_floats(&self) -> Vec<f32> {
        let Some(Item { colours, areas }) = &self.item else { return vec![VERSION, 1.0] };
        let areas = [areas.smallest, areas.median, areas.largest];
        let parts: [&[f32]; 6] = [
            &[VERSION, 0.0],
            &colours.low,
            &colours.high,
            &areas,
            &colours.exposure.log_shares,
            &colours.odds,
        ];
        parts.concat()
    }

    /// The localiser that became `floats`; numbers that no localiser has are refused.
    pub fn from_floats(floats: &[f32]) -> Result<Localiser, LocaliseError> {
        match floats {
            [] => return Err(refused("it is empty")),
            [version, ..] if *version != VERSION => {
                return Err(refused(format!("its version is {version}, not {VERSION}")));
            }
            [_, 1.0] => return Ok(Localiser::whole()),
            _ if floats.len() != HEAD + LEVELS + CELLS => {
                return Err(refused(format!("it has {} numbers", floats.len())));
            }
            _ => {}
        }
        if !floats.iter().all(|number| number.is_finite()) {
            return Err(refused("it has numbers that are not finite"));
        }
        let (head, rest) = floats.split_at(HEAD);
        let (log_shares, odds) = rest.split_at(LEVELS);
        let (mut low, mut high) = ([0.0; 4], [0.0; 4]);
        low.copy_from_slice(&head[2..6]);
        high.copy_from_slice(&head[6..10]);
        if low.iter().zip(&high).any(|(low, high)| low >= high) {
            return Err(refused("its range of colours is empty"));
        }
        let areas = Areas { smallest: head[10], median: head[11], largest: head[12] };
        let ascending = areas.smallest <= areas.median && areas.median <= areas.largest;
        if areas.smallest <= 0.0 || !ascending {
            return Err(refused("its areas do not ascend"));
        }
        if odds.iter().any(|odds| odds.abs() > ODDS_MAX) {
            return Err(refused("its odds exceed their limit"));
        }
        let exposure = Exposure { log_shares: log_shares.to_vec() };
        let colours = Colours { exposure, low, high, odds: odds.to_vec() };
        Ok(Localiser { item: Some(Item { colours, areas }) })
    }
}
