//! The print of a SKU: its ground, its picture, its brand, in the layout of its style.

use super::{
    brush::{Area, Hand, PLAIN, fill, fitted, letters, motif},
    catalogue::Sku,
    style::{Layout, shaded},
};
use crate::{rng::Rng, scene::canvas::Canvas};

/// A canvas in the SKU's ground, with what its layout has all over. `shift` is by how much the print
/// missed its place on this piece, in millimetres.
pub fn ground(width: f32, height: f32, sku: &Sku, shift: (f32, f32)) -> Canvas {
    let style = &sku.style;
    let mut canvas = Canvas::new(width, height, style.ground);
    let (dx, dy) = shift;
    let mut rng = Rng::new(style.seed);
    match style.layout {
        Layout::Band => {
            fill(&mut canvas, Area::new(0.0, 0.0, width, height * 0.3 + dy), style.ink);
            let line = Area::new(0.0, height * 0.3 + dy + 1.2, width, 1.8);
            fill(&mut canvas, line, style.accent);
        }
        Layout::Stripes => {
            let count = 5 + rng.below(5);
            let step = width / count as f32;
            for stripe in 0..count {
                let area = Area::new(stripe as f32 * step + dx, 0.0, step * 0.42, height);
                fill(&mut canvas, area, if stripe % 2 == 0 { style.accent } else { style.second });
            }
        }
        Layout::Picture => {
            let sky = Area::new(0.0, 0.0, width, height);
            canvas.each(|_, y, pixel| {
                let light = 1.14 - 0.3 * y / height;
                for channel in &mut pixel[..3] {
                    *channel = (f32::from(*channel) * light).min(255.0) as u8;
                }
            });
            let colours = [style.ink, style.accent, style.second];
            motif(&mut canvas, sky, super::style::Motif::Hills, colours, style.seed);
        }
        Layout::Diagonal => {
            let (a, b) = (width * 0.35 + dx, width * 0.75 + dx);
            canvas.polygon(&[(b, 0.0), (width, 0.0), (width, height), (a, height)], style.ink);
            canvas
                .polygon(&[(b, 0.0), (b + 5.0, 0.0), (a + 5.0, height), (a, height)], style.accent);
        }
        Layout::Panels => {
            let third = width / 3.0;
            fill(&mut canvas, Area::new(dx, 0.0, third, height), style.accent);
            fill(&mut canvas, Area::new(2.0 * third + dx, 0.0, third + 9.0, height), style.second);
        }
        Layout::Dots => {
            let step = rng.between(11.0, 17.0) as f32;
            let size = step * rng.between(0.2, 0.34) as f32;
            for row in 0..(height / step) as usize + 2 {
                for column in 0..(width / step) as usize + 2 {
                    let odd = row % 2 == 1;
                    let x = (column as f32 + if odd { 0.5 } else { 0.0 }) * step + dx;
                    let colour = if odd { style.accent } else { style.second };
                    canvas.ellipse(x, row as f32 * step + dy, size, size, colour);
                }
            }
        }
    }
    canvas
}

/// Brand, contents and logo in an area, on a plate where the ground would drown them.
pub fn brand(canvas: &mut Canvas, area: Area, sku: &Sku, shift: (f32, f32)) {
    let style = &sku.style;
    let area = Area { x: area.x + shift.0, y: area.y + shift.1, ..area };
    fill(canvas, area, style.ink);
    fill(canvas, Area { height: 1.0, ..area }, style.accent);
    let logo = area.height.min(area.width * 0.3);
    let emblem = Area::new(area.x + area.width - logo - 1.0, area.y, logo, area.height).within(2.0);
    let (x, y) = emblem.middle();
    let size = emblem.width.min(emblem.height) / 2.0;
    canvas.ellipse(x, y, size * 1.12, size * 1.12, style.light);
    motif(
        canvas,
        emblem.within(size * 0.25),
        style.logo,
        [style.ink, style.accent, style.second],
        style.seed,
    );
    let words = Area::new(area.x + 3.0, area.y + 1.5, area.width - logo - 7.0, area.height - 2.5);
    let hand = Hand { stretch: style.stretch, slant: style.slant };
    if words.height > 15.0 {
        let title = Area { height: words.height * 0.64, ..words };
        fitted(canvas, title, &sku.title, style.light, hand);
        let below =
            Area::new(words.x, words.y + words.height * 0.66, words.width, words.height * 0.3);
        fitted(canvas, below, &sku.contents, shaded(style.light, 0.88), PLAIN);
    } else {
        fitted(canvas, words, &sku.title, style.light, hand);
    }
}

/// The SKU's picture in an area.
pub fn picture(canvas: &mut Canvas, area: Area, sku: &Sku, shift: (f32, f32)) {
    let style = &sku.style;
    let area = Area { x: area.x + shift.0, y: area.y + shift.1, ..area };
    let (x, y) = area.middle();
    let size = area.width.min(area.height) / 2.0;
    canvas.ellipse(x, y, size, size, style.light);
    let colours = [style.ink, style.accent, style.second];
    motif(canvas, area.within(size * 0.2), style.picture, colours, style.seed);
}

/// A face with ground, picture and brand, as the side of a carton or the wall of a tin has them.
pub fn face(width: f32, height: f32, sku: &Sku, shift: (f32, f32)) -> Canvas {
    let mut canvas = ground(width, height, sku, shift);
    let banner = (height * 0.5).clamp(10.0, 30.0).min(height - 2.0);
    let y = if height > 45.0 { height * 0.3 } else { (height - banner) / 2.0 };
    let beside = if width > height * 1.5 { (height - 6.0).min(width * 0.3) } else { 0.0 };
    brand(&mut canvas, Area::new(3.0, y, width - 8.0 - beside, banner), sku, shift);
    if beside > 14.0 {
        let area = Area::new(width - beside - 3.0, 3.0, beside, height - 6.0);
        picture(&mut canvas, area, sku, shift);
    }
    if height > 45.0 {
        let small = y + banner + 3.0;
        let colour = if sku.style.ground.iter().map(|c| u32::from(*c)).sum::<u32>() > 330 {
            sku.style.ink
        } else {
            sku.style.light
        };
        for (line, text) in ["INGREDIENTS AND USE", "SEE BELOW. KEEP DRY."].into_iter().enumerate()
        {
            letters(&mut canvas, (5.0, small + line as f32 * 4.6), 4.4, text, colour, PLAIN);
        }
    }
    canvas
}
