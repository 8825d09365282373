//! Colours of a small copy, by place.

use crate::localise::Small;

/// Rows of colours.
#[derive(Debug, Clone)]
pub(super) struct Raster {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<[u8; 3]>,
}

impl Raster {
    pub fn of(view: &Small) -> Raster {
        let (width, height) = (view.width() as usize, view.height() as usize);
        Raster { width, height, pixels: view.pixels().collect() }
    }

    /// The colour at a place between pixels, or at the border's nearest one.
    pub fn at(&self, x: f32, y: f32) -> [f32; 3] {
        between(x, y, self.width, self.height, |at| self.pixels[at].map(f32::from))
    }

    /// The colour of the pixel that a place lies in; none outside.
    pub fn pixel(&self, x: f32, y: f32) -> Option<[u8; 3]> {
        let (column, row) = (x.round(), y.round());
        let inside =
            column >= 0.0 && row >= 0.0 && column < self.width as f32 && row < self.height as f32;
        inside.then(|| self.pixels[row as usize * self.width + column as usize])
    }
}

/// What lies between four values of a raster of `width` x `height`, of which `of` is the one at an index.
pub(super) fn between<const N: usize>(
    x: f32,
    y: f32,
    width: usize,
    height: usize,
    of: impl Fn(usize) -> [f32; N],
) -> [f32; N] {
    let (x, y) = (x.clamp(0.0, width as f32 - 1.0), y.clamp(0.0, height as f32 - 1.0));
    let (column, row) = (x as usize, y as usize);
    let (right, below) = ((column + 1).min(width - 1), (row + 1).min(height - 1));
    let (fx, fy) = (x - column as f32, y - row as f32);
    let [a, b] = [of(row * width + column), of(row * width + right)];
    let [c, d] = [of(below * width + column), of(below * width + right)];
    std::array::from_fn(|i| {
        let (above, under) = (a[i] + (b[i] - a[i]) * fx, c[i] + (d[i] - c[i]) * fx);
        above + (under - above) * fy
    })
}
