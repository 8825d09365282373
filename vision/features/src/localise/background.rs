//! The **flood**: a first guess of what is background, from normals alone.
//!
//! Belts, rollers and rails repeat from picture to picture and reach the view's border; items move
//! about in between. So background floods in from the border: a cell joins when cells near the same
//! place in several other pictures, which are background already, look like it. What the flood does
//! not reach is the item, cut out as roughly as the cells are wide; [colours](super::colour) make a
//! sharp mask of it. With too few pictures to compare a cell is compared with the background
//! anywhere in all of them.

use std::collections::BTreeMap;

use super::LocaliseError;

/// A cell must look like background in this many other pictures, or half of them if they are few:
/// one may show another item there.
const ALIKE_IN: usize = 3;
/// Least pictures that are compared place by place.
const PICTURES_MIN: usize = 4;
/// How many cells away in the other picture the same background may stand: belts move.
const REACH: usize = 2;
/// Places within reach.
const WINDOW: usize = (2 * REACH + 1) * (2 * REACH + 1);
/// Share of the border's own cells that are alike enough; the rest may be items cut by the border.
const ALIKE_SHARE: f64 = 0.9;
/// The flood stops after this many steps at the latest: a cell a step, more than any view is deep.
const STEPS_MAX: usize = 64;

/// What the backbone sees of a view, cell by cell. Only learning needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    /// Cells in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Numbers that describe a cell.
    pub channels: usize,
    /// `channels` numbers for each cell, row by row from the top left.
    pub features: Vec<f32>,
}

impl Cells {
    /// Refuses cells that are not what they say; `view` is their place among the views.
    pub(super) fn check(&self, view: usize) -> Result<(), LocaliseError> {
        let &Cells { width, height, channels, .. } = self;
        let numbers = self.features.len();
        if numbers == 0 || width * height * channels != numbers {
            return Err(LocaliseError::Shape { view, width, height, channels, numbers });
        }
        if !self.features.iter().all(|number| number.is_finite()) {
            return Err(LocaliseError::NotFinite { view });
        }
        Ok(())
    }

    fn is_border(&self, cell: usize) -> bool {
        let (x, y) = (cell % self.width, cell / self.width);
        x == 0 || y == 0 || x + 1 == self.width || y + 1 == self.height
    }
}

/// For each view the cells that are not background; `None` for views whose cells are not as many
/// and as wide as those of most views, since places cannot be compared then.
pub(super) fn items(views: &[&Cells]) -> Vec<Option<Vec<bool>>> {
    let shape = |cells: &Cells| (cells.width, cells.height, cells.channels);
    let mut shapes = BTreeMap::new();
    views.iter().for_each(|view| *shapes.entry(shape(view)).or_insert(0) += 1);
    let usual = shapes.into_iter().max_by_key(|(_, views)| *views).map(|(shape, _)| shape);
    let alike: Vec<&Cells> =
        views.iter().copied().filter(|view| Some(shape(view)) == usual).collect();
    let mut flooded = flood(&alike).into_iter();
    views
        .iter()
        .map(|view| {
            let background = (Some(shape(view)) == usual).then(|| flooded.next()).flatten()?;
            Some(background.iter().map(|background| !background).collect())
        })
        .collect()
}

/// How much each cell differs from the cells it is compared with, its peers. Cells are counted
/// through all views.
struct Peers {
    /// For each cell its peers and the squares of their distances, in groups of `group`; of each
    /// group the nearest counts once.
    pairs: Vec<(u32, f32)>,
    /// Peers of one cell.
    each: usize,
    group: usize,
    /// Groups that a cell must resemble to be background, 1 to [`ALIKE_IN`].
    alike_in: usize,
}

impl Peers {
    /// The cells within reach of the same place in every other picture, a group for each.
    fn at_the_same_place(views: &[&Cells], features: &[f32]) -> Peers {
        let Cells { width, height, channels, .. } = *views[0];
        let (count, each) = (width * height, views.len() * WINDOW);
        let mut pairs = vec![(0, f32::INFINITY); views.len() * count * each];
        for (one, cell) in (0..views.len()).flat_map(|one| (0..count).map(move |cell| (one, cell)))
        {
            let (x, y) = (cell % width, cell / width);
            let a = one * count + cell;
            for v in y.saturating_sub(REACH)..=(y + REACH).min(height - 1) {
                for u in x.saturating_sub(REACH)..=(x + REACH).min(width - 1) {
                    let place = (v + REACH - y) * (2 * REACH + 1) + u + REACH - x;
                    for other in one + 1..views.len() {
                        let b = other * count + v * width + u;
                        let apart = apart(features, channels, a, b);
                        pairs[a * each + other * WINDOW + place] = (b as u32, apart);
                        // Seen from the other cell, this one lies on the opposite side.
                        pairs[b * each + one * WINDOW + WINDOW - 1 - place] = (a as u32, apart);
                    }
                }
            }
        }
        let alike_in = ALIKE_IN.min((views.len() - 1) / 2);
        Peers { pairs, each, group: WINDOW, alike_in }
    }

    /// All other cells of all pictures, each a group of its own.
    fn anywhere(views: &[&Cells], features: &[f32]) -> Peers {
        let channels = views[0].channels;
        let each = features.len() / channels;
        let pair = |a: usize, b: usize| {
            (b as u32, if a == b { f32::INFINITY } else { apart(features, channels, a, b) })
        };
        let pairs = (0..each).flat_map(|a| (0..each).map(move |b| pair(a, b))).collect();
        Peers { pairs, each, group: 1, alike_in: ALIKE_IN }
    }

    /// How far each cell is from the background: the distance to the
    /// farthest of the groups that it must resemble.
    fn distances_to_background(&self, background: &[bool]) -> Vec<f32> {
        self.pairs
            .chunks_exact(self.each)
            .map(|peers| {
                let mut nearest = [f32::INFINITY; ALIKE_IN];
                for group in peers.chunks_exact(self.group) {
                    let of_group = group
                        .iter()
                        .filter(|(peer, _)| background[*peer as usize])
                        .fold(f32::INFINITY, |least, (_, apart)| least.min(*apart));
                    if of_group < nearest[ALIKE_IN - 1] {
                        nearest[ALIKE_IN - 1] = of_group;
                        nearest.sort_by(f32::total_cmp);
                    }
                }
                nearest[self.alike_in - 1]
            })
            .collect()
    }
}

/// The square of the distance between cells `a` and `b`.
fn apart(features: &[f32], channels: usize, a: usize, b: usize) -> f32 {
    let cell = |at: usize| &features[at * channels..][..channels];
    cell(a).iter().zip(cell(b)).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// For each of `views`, which all have the same shape, the cells that are background.
fn flood(views: &[&Cells]) -> Vec<Vec<bool>> {
    let count = views[0].width * views[0].height;
    let features = standardised(views);
    let peers = if views.len() < PICTURES_MIN {
        Peers::anywhere(views, &features)
    } else {
        Peers::at_the_same_place(views, &features)
    };
    let border: Vec<bool> =
        (0..views.len() * count).map(|cell| views[0].is_border(cell % count)).collect();
    let mut of_border: Vec<f32> = peers
        .distances_to_background(&border)
        .into_iter()
        .zip(&border)
        .filter_map(|(apart, border)| (*border && apart.is_finite()).then_some(apart))
        .collect();
    of_border.sort_by(f32::total_cmp);
    let alike = match of_border.len() {
        0 => 0.0,
        cells => of_border[((cells - 1) as f64 * ALIKE_SHARE) as usize],
    };
    let mut background = border;
    for _ in 0..STEPS_MAX {
        let mut joined = 0;
        for (cell, apart) in peers.distances_to_background(&background).into_iter().enumerate() {
            if !background[cell] && apart < alike {
                background[cell] = true;
                joined += 1;
            }
        }
        // Fewer than one in a picture: no more than the item's own fringe.
        if joined < views.len() {
            break;
        }
    }
    background.chunks_exact(count).map(<[bool]>::to_vec).collect()
}

/// All features of all views, each channel with mean 0 and deviation 1, so that all count alike.
fn standardised(views: &[&Cells]) -> Vec<f32> {
    let channels = views[0].channels;
    let mut features: Vec<f32> = views.iter().flat_map(|view| &view.features).copied().collect();
    let cells = (features.len() / channels) as f64;
    let (mut sums, mut squares) = (vec![0.0; channels], vec![0.0; channels]);
    for cell in features.chunks_exact(channels) {
        for (channel, number) in cell.iter().enumerate() {
            let number = f64::from(*number);
            sums[channel] += number;
            squares[channel] += number * number;
        }
    }
    for cell in features.chunks_exact_mut(channels) {
        for (channel, number) in cell.iter_mut().enumerate() {
            let mean = sums[channel] / cells;
            let deviation = (squares[channel] / cells - mean * mean).max(0.0).sqrt();
            *number = ((f64::from(*number) - mean) / (deviation + 1e-6)) as f32;
        }
    }
    features
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 9 x 7 cells of a belt that changes from left to right; an item of 3 x 2 cells at (x, y).
    fn cells(x: usize, y: usize, seed: usize) -> Cells {
        let features = (0..63)
            .flat_map(|cell| {
                let (u, v) = (cell % 9, cell / 9);
                let item = (x..x + 3).contains(&u) && (y..y + 2).contains(&v);
                let noise = ((cell * 7919 + seed * 104_729) % 97) as f32 / 970.0;
                if item { [5.0, -3.0 + noise] } else { [u as f32 * 0.1 + noise, noise] }
            })
            .collect();
        Cells { width: 9, height: 7, channels: 2, features }
    }

    fn item(found: &[bool], x: usize, y: usize) -> bool {
        found.iter().enumerate().all(|(cell, item)| {
            *item == ((x..x + 3).contains(&(cell % 9)) && (y..y + 2).contains(&(cell / 9)))
        })
    }

    #[test]
    fn the_flood_leaves_the_items_dry() {
        let places = [(2, 2), (4, 3), (5, 1), (1, 4), (3, 2), (4, 4)];
        let views: Vec<Cells> =
            places.iter().enumerate().map(|(seed, (x, y))| cells(*x, *y, seed)).collect();
        let found = items(&views.iter().collect::<Vec<_>>());
        for ((x, y), found) in places.iter().zip(found) {
            assert!(item(&found.unwrap(), *x, *y), "the item at {x}, {y}");
        }
    }

    #[test]
    fn one_picture_is_compared_with_its_own_border() {
        let found = items(&[&cells(3, 2, 0)]).remove(0).unwrap();
        assert!(item(&found, 3, 2), "{found:?}");
    }

    #[test]
    fn a_view_of_another_size_is_left_out_of_the_comparison() {
        let odd = Cells { width: 2, height: 2, channels: 1, features: vec![0.0; 4] };
        let views = [cells(2, 2, 0), odd, cells(4, 3, 1)];
        let found = items(&views.iter().collect::<Vec<_>>());
        assert!(found[0].is_some() && found[1].is_none() && found[2].is_some());
    }
}
