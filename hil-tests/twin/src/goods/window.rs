//! A carton's window, and the units behind it.

use super::{
    brush::{Area, fill},
    catalogue::Sku,
    piece::Piece,
    style::shaded,
};
use crate::{
    rng::Rng,
    scene::canvas::{Canvas, mix},
};

/// Units behind a window, one of them missing.
pub fn units(canvas: &mut Canvas, window: Area, sku: &Sku, one_missing: bool, piece: &Piece) {
    let style = &sku.style;
    fill(canvas, window, shaded(style.light, 0.7));
    fill(canvas, window.within(0.9), [58, 52, 48]);
    let count = sku.units as f32;
    let step = (window.width - 4.0) / count;
    let size = (step * 0.44).min(window.height * 0.42);
    let missing = Rng::new(piece.seed ^ 0x756E_6974).below(sku.units as usize);
    for unit in 0..sku.units as usize {
        let x = window.x + 2.0 + (unit as f32 + 0.5) * step;
        let y = window.y
            + window.height / 2.0
            + 0.8 * (piece.seed as f32 * 0.001 + unit as f32 * 2.4).sin();
        canvas.ellipse(x + 1.0, y + 1.2, size * 1.08, size * 1.08, [38, 33, 30]);
        if one_missing && unit == missing {
            canvas.ellipse(x, y, size, size, [30, 26, 24]);
            canvas.ellipse(x, y + 1.0, size * 0.8, size * 0.8, [44, 39, 35]);
            continue;
        }
        canvas.ellipse(x, y, size, size, shaded(style.accent, 0.8));
        canvas.ellipse(x - 0.3, y - 0.4, size * 0.9, size * 0.9, style.accent);
        canvas.ellipse(x, y, size * 0.5, size * 0.5, style.second);
        canvas.ellipse(x - size * 0.35, y - size * 0.4, size * 0.2, size * 0.14, [250, 250, 250]);
    }
    // The film mirrors a lamp.
    let (left, top) = (window.x + window.width * 0.2, window.y + 1.0);
    let (right, bottom) = (left + 16.0, window.y + window.height - 1.0);
    canvas.each(|x, y, pixel| {
        let slant = (y - top) * 0.7;
        if y > top && y < bottom && x + slant > left + 14.0 && x + slant < right + 12.0 {
            for channel in &mut pixel[..3] {
                *channel = mix(*channel, 255, 0.16);
            }
        }
    });
}
