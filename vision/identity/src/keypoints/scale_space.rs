//! **Blobs**: where and at which size a picture has places that stand out.
//!
//! The picture is blurred more and more; the *differences* between neighbouring blurs are large where a
//! blob of that size stands. A *blob* is an extremum of the differences among its 26 neighbours in place and
//! size. Each doubling of the size is an *octave*, computed on a picture of half the width. The first
//! octave has twice the picture's width, for the smallest print.
//!
//! Numbers are those of Lowe's paper, section 3: three sizes an octave, blur 1.6, camera blur 0.5, edges of
//! ratio 10 left out. The contrast limit is half of Lowe's 0.04 (in the convention of dividing by the sizes
//! of an octave): on dim pictures of milk cartons it finds twice as many points.

use tch::{TchError, Tensor};

use super::KeyPoint;

/// Sizes in an octave.
pub(super) const SIZES: usize = 3;
/// Pictures with a shorter edge have no key points, in pixels.
pub(super) const SMALLEST: usize = 16;
/// Blur of the first picture of an octave, in its pixels.
const BLUR: f64 = 1.6;
/// Blur that a camera's picture has, in its pixels.
const CAMERA_BLUR: f64 = 0.5;
/// Least contrast of a blob times [`SIZES`], where black is 0 and white 1.
const CONTRAST: f32 = 0.02;
/// A blob may be this many times longer than wide; more is an edge.
const EDGE: f32 = 10.0;
/// Blobs this near the border are left out, in pixels of the octave.
const BORDER: usize = 5;
/// Steps in which a blob's place may move to a neighbouring pixel.
const STEPS: usize = 5;

/// The blurred pictures of an octave and the blobs found in them.
pub(super) struct Octave {
    pub width: usize,
    pub height: usize,
    /// Pixels of the picture for one pixel of the octave.
    step: f32,
    /// `SIZES + 3` pictures, row by row, each blurred more than the one before.
    pub blurred: Vec<Vec<f32>>,
    pub blobs: Vec<Blob>,
}

/// A blob, in pixels of its octave.
pub(super) struct Blob {
    pub x: f32,
    pub y: f32,
    /// Standard deviation.
    pub size: f32,
    /// Which of the octave's blurred pictures is nearest in size.
    pub layer: usize,
    /// How much it stands out.
    pub contrast: f32,
}

impl Octave {
    /// Where a blob is in the picture.
    pub fn place(&self, blob: &Blob, angle: f32) -> KeyPoint {
        // Octaves keep every second pixel from the first on; doubling moved that one by a quarter.
        let [x, y] = [blob.x, blob.y].map(|at| at * self.step - 0.25);
        KeyPoint { x, y, size: blob.size * self.step, angle }
    }
}

/// All octaves of a grey picture with values from 0 to 255, the finest first.
pub(super) fn octaves(grey: &[f32], width: usize, height: usize) -> Result<Vec<Octave>, TchError> {
    tch::no_grad(|| {
        let tame: Vec<f32> =
            grey.iter().map(|v| if v.is_finite() { v / 255.0 } else { 0.0 }).collect();
        let picture = Tensor::f_from_slice(&tame)?.f_view([1, 1, height as i64, width as i64])?;
        let doubled = picture.f_upsample_bilinear2d(
            [2 * height as i64, 2 * width as i64],
            false,
            None,
            None,
        )?;
        let mut base = blur(&doubled, (BLUR * BLUR - 4.0 * CAMERA_BLUR * CAMERA_BLUR).sqrt())?;
        let mut found = Vec::new();
        let mut step = 0.5;
        loop {
            let [_, _, rows, columns] = base.size4().map(|(a, b, c, d)| [a, b, c, d])?;
            if rows.min(columns) < SMALLEST as i64 {
                return Ok(found);
            }
            let mut layers = vec![base];
            for layer in 1..SIZES + 3 {
                let wider = 2f64.powf(2.0 / SIZES as f64);
                let before = BLUR * 2f64.powf((layer - 1) as f64 / SIZES as f64);
                layers.push(blur(&layers[layer - 1], before * (wider - 1.0).sqrt())?);
            }
            found.push(octave(&layers, step)?);
            base =
                layers[SIZES].f_slice(2, 0, rows, 2)?.f_slice(3, 0, columns, 2)?.f_contiguous()?;
            step *= 2.0;
        }
    })
}

/// Blurs `[1, 1, H, W]` with a Gaussian of this standard deviation in pixels; the border is repeated.
fn blur(picture: &Tensor, deviation: f64) -> Result<Tensor, TchError> {
    let radius = (4.0 * deviation).ceil().max(1.0) as i64;
    let weights: Vec<f32> = (-radius..=radius)
        .map(|at| (-0.5 * (at as f64 / deviation).powi(2)).exp() as f32)
        .collect();
    let sum: f32 = weights.iter().sum();
    let weights = Tensor::f_from_slice(&weights)?.f_div_scalar(f64::from(sum))?;
    let count = 2 * radius + 1;
    let none: Option<Tensor> = None;
    let across = picture.f_replication_pad2d([radius, radius, 0, 0])?.f_conv2d(
        &weights.f_view([1, 1, 1, count])?,
        none.as_ref(),
        [1, 1],
        [0, 0],
        [1, 1],
        1,
    )?;
    across.f_replication_pad2d([0, 0, radius, radius])?.f_conv2d(
        &weights.f_view([1, 1, count, 1])?,
        none.as_ref(),
        [1, 1],
        [0, 0],
        [1, 1],
        1,
    )
}

/// The octave of these blurred pictures: their differences and the blobs in them.
fn octave(layers: &[Tensor], step: f32) -> Result<Octave, TchError> {
    let (_, _, height, width) = layers[0].size4()?;
    let (width, height) = (width as usize, height as usize);
    let blurred = layers.iter().map(numbers).collect::<Result<Vec<_>, _>>()?;
    let difference = |pair: &[Vec<f32>]| -> Vec<f32> {
        pair[1].iter().zip(&pair[0]).map(|(more, less)| more - less).collect()
    };
    let stack = Differences { layers: blurred.windows(2).map(difference).collect(), width, height };
    let blobs = stack.peaks().into_iter().filter_map(|at| stack.blob(at)).collect();
    Ok(Octave { width, height, step, blurred, blobs })
}

fn numbers(tensor: &Tensor) -> Result<Vec<f32>, TchError> {
    Vec::try_from(tensor.f_contiguous()?.f_view([-1])?)
}

/// The differences of an octave, each row by row.
struct Differences {
    layers: Vec<Vec<f32>>,
    width: usize,
    height: usize,
}

impl Differences {
    fn at(&self, [x, y, layer]: [usize; 3]) -> f32 {
        self.layers[layer][y * self.width + x]
    }

    /// The places (x, y, layer) that no neighbour exceeds, above or below.
    fn peaks(&self) -> Vec<[usize; 3]> {
        let limit = 0.5 * CONTRAST / SIZES as f32;
        let mut found = Vec::new();
        for layer in 1..self.layers.len() - 1 {
            for y in BORDER..self.height.saturating_sub(BORDER) {
                let row = &self.layers[layer][y * self.width..(y + 1) * self.width];
                let columns = BORDER..self.width.saturating_sub(BORDER);
                found.extend(
                    columns
                        .filter(|&x| row[x].abs() > limit && self.is_peak(row[x], x, y, layer))
                        .map(|x| [x, y, layer]),
                );
            }
        }
        found
    }

    fn is_peak(&self, value: f32, x: usize, y: usize, layer: usize) -> bool {
        // The sign turns hollows into hills.
        let height = value.abs();
        self.layers[layer - 1..=layer + 1].iter().all(|near| {
            (y - 1..=y + 1).all(|y| {
                let from = y * self.width + x - 1;
                near[from..from + 3].iter().all(|other| other * value.signum() <= height)
            })
        })
    }

    /// Whether all neighbours exist, and the border is far enough.
    fn inside(&self, [x, y, layer]: [usize; 3]) -> bool {
        let across = BORDER..self.width.saturating_sub(BORDER);
        let down = BORDER..self.height.saturating_sub(BORDER);
        across.contains(&x) && down.contains(&y) && (1..self.layers.len() - 1).contains(&layer)
    }

    /// The blob at an extremum: its place between the pixels from a parabola through the neighbours. `None`
    /// for edges, for little contrast and where the place runs away.
    fn blob(&self, mut at: [usize; 3]) -> Option<Blob> {
        for _ in 0..STEPS {
            if !self.inside(at) {
                return None;
            }
            let (slope, bend) = self.derivatives(at);
            let shift = solve(bend, slope.map(|v| -v))?;
            if shift.iter().all(|by| by.abs() < 0.5) {
                let rise: f32 = slope.iter().zip(shift).map(|(a, b)| a * b).sum();
                let contrast = (self.at(at) + 0.5 * rise).abs();
                let (trace, area) =
                    (bend[0][0] + bend[1][1], bend[0][0] * bend[1][1] - bend[0][1].powi(2));
                let edge = area <= 0.0 || trace * trace * EDGE >= (EDGE + 1.0).powi(2) * area;
                if edge || contrast * SIZES as f32 <= CONTRAST {
                    return None;
                }
                let [x, y, layer] = [0, 1, 2].map(|axis| at[axis] as f32 + shift[axis]);
                let size = BLUR as f32 * (layer / SIZES as f32).exp2();
                return Some(Blob { x, y, size, layer: at[2], contrast });
            }
            for axis in 0..3 {
                if shift[axis].abs() > self.width.max(self.height) as f32 {
                    return None;
                }
                let moved = at[axis] as f32 + shift[axis].round();
                at[axis] = if moved >= 0.0 { moved as usize } else { return None };
            }
        }
        None
    }

    /// First and second derivatives along x, y and size.
    fn derivatives(&self, at: [usize; 3]) -> ([f32; 3], [[f32; 3]; 3]) {
        let near = |steps: [i8; 3]| {
            self.at([0, 1, 2].map(|axis| at[axis].wrapping_add_signed(isize::from(steps[axis]))))
        };
        let unit = |axis: usize, by: i8| {
            let mut steps = [0; 3];
            steps[axis] = by;
            steps
        };
        let both = |a: usize, by: i8, b: usize, and: i8| {
            let mut steps = unit(a, by);
            steps[b] = and;
            near(steps)
        };
        let middle = self.at(at);
        let slope = [0, 1, 2].map(|axis| 0.5 * (near(unit(axis, 1)) - near(unit(axis, -1))));
        let alone = |a: usize| near(unit(a, 1)) + near(unit(a, -1)) - 2.0 * middle;
        let mixed = |a: usize, b: usize| {
            0.25 * (both(a, 1, b, 1) - both(a, 1, b, -1) - both(a, -1, b, 1) + both(a, -1, b, -1))
        };
        let (xy, xz, yz) = (mixed(0, 1), mixed(0, 2), mixed(1, 2));
        (slope, [[alone(0), xy, xz], [xy, alone(1), yz], [xz, yz, alone(2)]])
    }
}

/// Solves three linear equations by Cramer's rule; `None` where they have no single finite answer.
fn solve(m: [[f32; 3]; 3], right: [f32; 3]) -> Option<[f32; 3]> {
    let determinant = |m: [[f32; 3]; 3]| {
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
            - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    };
    let whole = determinant(m);
    let answer = [0, 1, 2].map(|column| {
        let mut changed = m;
        for row in 0..3 {
            changed[row][column] = right[row];
        }
        determinant(changed) / whole
    });
    answer.iter().all(|value| value.is_finite()).then_some(answer)
}
