//! What a camera of the twin sees.
//!
//! * the **background** is the belt, whose texture moves with it, between things that stand still;
//! * a **sprite** is an item as this camera sees it, painted once when the item comes near and
//!   then only copied;
//! * the **light** falls off across the picture, and the **noise** of the sensor is new in every
//!   picture.
//!
//! Everything follows from the belt's travel, the items and the number of the picture: the same
//! numbers give the same bytes. A picture of 640 × 480 pixels costs about 3 ms on one core.

pub mod canvas;
pub mod carton;
pub mod defect;
mod feed;
mod view;

use std::{
    collections::HashMap,
    thread::{self, JoinHandle},
};

use image::RgbImage;

use self::{
    canvas::{Canvas, PX_PER_MM},
    carton::{Pose, Side},
    defect::Defect,
};
pub use feed::{CartonFeed, LotPlan};
pub use view::reach_mm;
use view::{Sprite, View};

use super::{rng::Rng, world::NewItem};

/// Belt that a picture is wide, in millimetres.
pub const FIELD_MM: f64 = 240.0;
/// Length after which the belt's texture repeats, in millimetres.
const TEXTURE_MM: f64 = 480.0;
/// Standard deviation of the sensor's noise, in grey levels.
const NOISE: f64 = 2.0;
/// Side of the square from which each picture's noise is cut.
const NOISE_SIDE: usize = 1024;

/// Whether a camera of this name looks from above, and not from beside the belt.
pub fn looks_down(camera: &str) -> bool {
    !camera.contains("side")
}

/// An item before a camera.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Its number, by which its sprite is kept.
    pub number: u64,
    /// What it is.
    pub what: NewItem,
    /// Position of its leading edge relative to the camera's window, in millimetres; 0 is the
    /// middle of the window.
    pub offset_mm: f64,
}

/// One camera's view of the line.
pub struct Scene {
    view: View,
    /// Belt and surroundings, as wide as the texture is long and the picture once more.
    background: Vec<u8>,
    background_width: usize,
    texture_px: usize,
    light: Vec<u16>,
    noise: Vec<i8>,
    sprites: HashMap<u64, Sprite>,
    /// Items of a mixed belt that are drawn beside the pictures.
    drawing: HashMap<u64, JoinHandle<Sprite>>,
    frame: Vec<u8>,
}

impl Scene {
    /// The view of a camera with this name and picture size. A camera whose name contains `side`
    /// looks from beside the belt, any other from above.
    pub fn new(camera: &str, width: u32, height: u32) -> Self {
        let side = if looks_down(camera) { Side::Top } else { Side::Side };
        let (width, height) = (width as usize, height as usize);
        let px_per_mm = width as f64 / FIELD_MM;
        let texture_px = (TEXTURE_MM * px_per_mm).round() as usize;
        let background_width = texture_px + width;
        let mut rng = Rng::new(camera.bytes().fold(17, |seed, b| seed * 31 + u64::from(b)));
        let mut scene = Self {
            view: View { side, width, height, px_per_mm },
            background: vec![0; background_width * height * 3],
            background_width,
            texture_px,
            light: light(width, height, side),
            noise: (0..NOISE_SIDE * NOISE_SIDE).map(|_| (rng.bell() * NOISE) as i8).collect(),
            sprites: HashMap::new(),
            drawing: HashMap::new(),
            frame: vec![0; width * height * 3],
        };
        scene.paint_background(&mut rng);
        scene
    }

    /// Begins to draw items of a mixed belt that will stand before the camera, beside the pictures, so that
    /// none of these is late.
    pub fn announce(&mut self, coming: &[Standing]) {
        let is_coming = |number: &u64| coming.iter().any(|item| item.number == *number);
        self.drawing.retain(|number, _| is_coming(number));
        for item in coming {
            let Some(laid) = item.what.laid.clone() else { continue };
            let is_drawn = self.sprites.contains_key(&item.number);
            if is_drawn || self.drawing.contains_key(&item.number) {
                continue;
            }
            let view = self.view;
            self.drawing.insert(item.number, thread::spawn(move || view.draw(&laid)));
        }
    }

    /// The picture number `number`, when the belt has travelled `travel_mm` and these items stand
    /// before the camera: rows of RGB without padding.
    pub fn frame(&mut self, travel_mm: f64, items: &[Standing], number: u64) -> &[u8] {
        let moved = (travel_mm * self.view.px_per_mm).rem_euclid(self.texture_px as f64) as usize;
        let from = self.texture_px - 1 - moved.min(self.texture_px - 1);
        for y in 0..self.view.height {
            let source = if self.moves(y) { from } else { 0 };
            let start = (y * self.background_width + source) * 3;
            self.frame[y * self.view.width * 3..][..self.view.width * 3]
                .copy_from_slice(&self.background[start..][..self.view.width * 3]);
        }
        self.sprites.retain(|number, _| items.iter().any(|item| item.number == *number));
        for item in items {
            if !self.sprites.contains_key(&item.number) {
                // A drawing that was begun is finished; one that failed is made here.
                let begun = self.drawing.remove(&item.number).and_then(|begun| begun.join().ok());
                let sprite = begun.unwrap_or_else(|| self.paint_sprite(&item.what));
                self.sprites.insert(item.number, sprite);
            }
            self.blit(item);
        }
        self.expose(number);
        &self.frame
    }

    /// The same as a picture of its own.
    pub fn picture(&mut self, travel_mm: f64, items: &[Standing], number: u64) -> RgbImage {
        let pixels = self.frame(travel_mm, items, number).to_vec();
        RgbImage::from_raw(self.view.width as u32, self.view.height as u32, pixels)
            .expect("a frame has width times height pixels of three bytes")
    }

    fn moves(&self, y: usize) -> bool {
        let (from, to) = self.view.belt_mm();
        (from..to).contains(&(y as f64 / self.view.px_per_mm))
    }

    fn paint_background(&mut self, rng: &mut Rng) {
        let (belt_from, belt_to) = self.view.belt_mm();
        for y in 0..self.view.height {
            let y_mm = y as f64 / self.view.px_per_mm;
            for x in 0..self.texture_px {
                let x_mm = x as f64 / self.view.px_per_mm;
                let grain = rng.bell() * 2.5;
                let [r, g, b] = if (belt_from..belt_to).contains(&y_mm) {
                    // Dark green belt; a rib every 24 mm, and one splice.
                    let rib = if x_mm.rem_euclid(24.0) < 1.2 { -8.0 } else { 0.0 };
                    let splice = if (300.0..303.0).contains(&x_mm) { 10.0 } else { 0.0 };
                    [52.0, 62.0, 58.0].map(|c| c + rib + splice + grain)
                } else if self.view.side == Side::Side && y_mm < belt_from {
                    [168.0, 172.0, 176.0].map(|c| c - y_mm * 0.1 + grain * 0.3)
                } else {
                    let distance = (y_mm - belt_from).abs().min((y_mm - belt_to).abs());
                    [132.0, 134.0, 138.0].map(|c| c - distance * 0.6 + grain * 0.5)
                };
                let at = (y * self.background_width + x) * 3;
                self.background[at..at + 3].copy_from_slice(&[r as u8, g as u8, b as u8]);
            }
            // The beginning once more, so that a row can be copied in one piece.
            let row = y * self.background_width * 3;
            let end = row + self.texture_px * 3;
            self.background.copy_within(row..row + self.view.width * 3, end);
        }
    }

    fn paint_sprite(&self, what: &NewItem) -> Sprite {
        if let Some(laid) = &what.laid {
            return self.view.draw(laid);
        }
        let defect = what.defect.as_deref().and_then(Defect::named);
        let lot = what.lot.as_deref().unwrap_or_default();
        let face = carton::face(&what.sku, lot, self.view.side, what.look, defect);
        let pose = Pose::of(what.look);
        let turn = match self.view.side {
            Side::Top => pose.turn,
            // Standing on the belt, a carton cannot lean.
            Side::Side => 0.0,
        };
        // Nearer to the side camera is larger: 2 mm of 400.
        let scale = match self.view.side {
            Side::Top => 1.0,
            Side::Side => 1.0 + pose.shift_mm / 400.0,
        };
        let px_per_mm = self.view.px_per_mm as f32 * scale;
        let (half_w, half_h) = (face.width_mm() / 2.0, face.height_mm() / 2.0);
        let margin = 4.0;
        let width = ((2.0 * half_w + 2.0 * margin) * px_per_mm) as usize;
        let height = ((2.0 * half_h + 2.0 * margin) * px_per_mm) as usize;
        let (sin, cos) = turn.sin_cos();
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let dx = (x as f32 + 0.5 - width as f32 / 2.0) / px_per_mm;
                let dy = (y as f32 + 0.5 - height as f32 / 2.0) / px_per_mm;
                pixels.push(sample(
                    &face,
                    dx * cos + dy * sin + half_w,
                    dy * cos - dx * sin + half_h,
                ));
            }
        }
        let (belt_from, belt_to) = self.view.belt_mm();
        let middle_mm = match self.view.side {
            Side::Top => (belt_from + belt_to) / 2.0 + f64::from(pose.shift_mm),
            Side::Side => belt_from - f64::from(half_h * scale),
        };
        Sprite {
            width,
            pixels,
            left: (self.view.width as i64 - width as i64) / 2,
            top: (middle_mm * self.view.px_per_mm) as i64 - height as i64 / 2,
        }
    }

    fn blit(&mut self, item: &Standing) {
        let Some(sprite) = self.sprites.get(&item.number) else {
            return;
        };
        let left = sprite.left + (item.offset_mm * self.view.px_per_mm).round() as i64;
        let (first, last) = (left.max(0), (left + sprite.width as i64).min(self.view.width as i64));
        if first >= last {
            return;
        }
        for (row, pixels) in sprite.pixels.chunks_exact(sprite.width).enumerate() {
            let Ok(y) = usize::try_from(sprite.top + row as i64) else {
                continue;
            };
            if y >= self.view.height {
                break;
            }
            let pixels = &pixels[(first - left) as usize..(last - left) as usize];
            let target = &mut self.frame[(y * self.view.width + first as usize) * 3..];
            for (target, pixel) in target.chunks_exact_mut(3).zip(pixels) {
                match pixel[3] {
                    0 => {}
                    255 => target.copy_from_slice(&pixel[..3]),
                    alpha => {
                        let part = f32::from(alpha) / 255.0;
                        for (under, over) in target.iter_mut().zip(&pixel[..3]) {
                            *under = canvas::mix(*under, *over, part);
                        }
                    }
                }
            }
        }
    }

    /// Light and noise, in one pass over the picture.
    fn expose(&mut self, number: u64) {
        let mut rng = Rng::new(number ^ 0x006E_6F69_7365);
        for (y, row) in self.frame.chunks_exact_mut(self.view.width * 3).enumerate() {
            let noise_row = (y + rng.below(NOISE_SIDE)) % NOISE_SIDE * NOISE_SIDE;
            let noise_from = rng.below(NOISE_SIDE);
            let light = &self.light[y * self.view.width..][..self.view.width];
            for (x, (pixel, light)) in row.chunks_exact_mut(3).zip(light).enumerate() {
                let noise = i32::from(self.noise[noise_row + (x + noise_from) % NOISE_SIDE]);
                for channel in pixel {
                    let lit = (i32::from(*channel) * i32::from(*light)) >> 8;
                    *channel = (lit + noise).clamp(0, 255) as u8;
                }
            }
        }
    }
}

/// Share of the light at each pixel, 256 being all of it: brightest a little left of the middle.
fn light(width: usize, height: usize, side: Side) -> Vec<u16> {
    let (cx, cy) = match side {
        Side::Top => (0.42, 0.45),
        Side::Side => (0.5, 0.3),
    };
    (0..width * height)
        .map(|at| {
            let (x, y) = ((at % width) as f64 / width as f64, (at / width) as f64 / height as f64);
            let away = (x - cx).powi(2) + (y - cy).powi(2);
            (264.0 * (1.0 - 0.45 * away)) as u16
        })
        .collect()
}

/// The face's colour at a place in millimetres, smoothed between four pixels of the print.
fn sample(face: &Canvas, x_mm: f32, y_mm: f32) -> [u8; 4] {
    let (x, y) = (x_mm * PX_PER_MM - 0.5, y_mm * PX_PER_MM - 0.5);
    let (x0, y0) = (x.floor(), y.floor());
    let (fx, fy) = (x - x0, y - y0);
    let (width, height) = face.picture.dimensions();
    let mut sum = [0.0f32; 4];
    for (dx, dy, part) in [
        (0, 0, (1.0 - fx) * (1.0 - fy)),
        (1, 0, fx * (1.0 - fy)),
        (0, 1, (1.0 - fx) * fy),
        (1, 1, fx * fy),
    ] {
        let (px, py) = (x0 as i64 + dx, y0 as i64 + dy);
        if px < 0 || py < 0 || px >= i64::from(width) || py >= i64::from(height) {
            continue;
        }
        let [r, g, b, a] = face.picture.get_pixel(px as u32, py as u32).0.map(f32::from);
        let opaque = a / 255.0 * part;
        for (sum, channel) in sum.iter_mut().zip([r * opaque, g * opaque, b * opaque, opaque]) {
            *sum += channel;
        }
    }
    if sum[3] <= 0.0 {
        return [0; 4];
    }
    let colour = |channel: f32| (channel / sum[3]) as u8;
    [colour(sum[0]), colour(sum[1]), colour(sum[2]), (sum[3] * 255.0) as u8]
}

#[cfg(test)]
mod tests;
