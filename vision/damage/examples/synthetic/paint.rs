//! **Painted items** on a belt: a carton with labels, a tin of biscuits, and a board with arms and
//! screws. What is told apart by a defect has to be there: labels, contents, limbs, parts.

use damage::synthetic::Specimen;
use features::localise::Mask;
use image::{Rgb, RgbImage};

/// Columns and rows of a painted picture.
pub const SIZE: (u32, u32) = (400, 300);
/// Places per pixel that are painted, along each axis.
const FINER: u32 = 2;

type Colour = [f32; 3];

/// A carton seen from above and from its side, with a seam, an address label and a green logo.
pub fn carton() -> Specimen {
    specimen(|x, y| {
        let inside = (70.0..330.0).contains(&x) && (50.0..250.0).contains(&y);
        inside.then(|| carton_colour(x - 70.0, y - 50.0))
    })
}

fn carton_colour(x: f32, y: f32) -> Colour {
    let fibre = 5.0 * (x * 0.7 + (y * 0.31).sin() * 3.0).sin() * grain(x / 3.0, y).abs();
    let paper = |light: f32| [196.0, 158.0, 110.0].map(|part| (part + fibre) * light);
    if y > 140.0 {
        // The side, in shade, with two lines of print.
        let printed = [(18.0, 90.0, 152.0), (18.0, 60.0, 168.0)];
        let written = printed.iter().any(|(from, to, line)| {
            (*from..*to).contains(&x) && (*line..*line + 9.0).contains(&y) && letter(x, *line)
        });
        return if written { [70.0, 52.0, 38.0] } else { paper(0.72) };
    }
    if (64.0..76.0).contains(&y) {
        return [214.0, 186.0, 138.0].map(|part: f32| part + 0.4 * fibre);
    }
    if (150.0..240.0).contains(&x) && (82.0..132.0).contains(&y) {
        return label(x - 150.0, y - 82.0);
    }
    if (x - 48.0).hypot(y - 32.0) < 20.0 {
        let leaf = (x - 48.0).abs() < 3.0 || (y - 32.0 - (x - 48.0) * 0.5).abs() < 3.0;
        return if leaf { [225.0, 235.0, 222.0] } else { [46.0, 128.0, 84.0] };
    }
    paper(1.0)
}

/// A white label of 90 x 50 with an address and a bar code.
fn label(x: f32, y: f32) -> Colour {
    let bars = (46.0..84.0).contains(&x) && (8.0..34.0).contains(&y) && grain(x.floor(), 3.0) > 0.0;
    let lines = [8.0, 17.0, 26.0, 39.0].iter().any(|line| {
        (6.0..40.0).contains(&x) && (*line..*line + 5.0).contains(&y) && letter(x, *line)
    });
    if bars || lines { [38.0, 38.0, 42.0] } else { [238.0, 238.0, 234.0] }
}

/// A round tin without its lid, full of biscuits.
pub fn tin() -> Specimen {
    specimen(|x, y| {
        let (right, down) = (x - 200.0, y - 150.0);
        let far = right.hypot(down);
        if far > 118.0 {
            return None;
        }
        if far > 106.0 {
            let shine = 40.0 * (down.atan2(right) * 2.0 + 0.6).cos();
            return Some([168.0 + shine, 172.0 + shine, 178.0 + shine]);
        }
        // Biscuits in staggered rows; between them the paper that they lie on.
        let row = (down / 38.0 + 0.5).floor();
        let across = right + if row as i32 % 2 == 0 { 0.0 } else { 22.0 };
        let (u, v) = (across - 44.0 * (across / 44.0 + 0.5).floor(), down - 38.0 * row);
        let at = u.hypot(v * 1.1);
        let pores = if (u * 0.6).sin() * (v * 0.6).sin() > 0.93 { 0.6 } else { 1.0 };
        Some(match at {
            at if at < 16.0 => [205.0, 160.0, 95.0].map(|part| part * pores * (1.04 - at / 300.0)),
            at if at < 19.0 => [160.0, 112.0, 58.0],
            _ => [116.0, 38.0, 44.0],
        })
    })
}

/// A blue board with four arms and, on its middle, four screws.
pub fn board() -> Specimen {
    specimen(|x, y| {
        let (right, down) = (x - 200.0, y - 150.0);
        let body = right.abs() < 80.0 && down.abs() < 62.0;
        let arm = (right.abs() < 132.0 && (down.abs() - 40.0).abs() < 12.0)
            || ((right - 30.0).abs() < 13.0 && (-108.0..0.0).contains(&down));
        let knob = (right - 30.0).hypot(down + 108.0) < 19.0;
        if !(body || arm || knob) {
            return None;
        }
        let (u, v) = (right.abs() - 42.0, down.abs() - 30.0);
        let far = u.hypot(v);
        let light = 1.0 + 0.05 * grain(x / 2.0, y / 2.0) - down / 900.0;
        if far < 13.0 {
            let slot = (u - v).abs() < 2.5 && far < 10.0;
            let metal = if slot { 60.0 } else { 205.0 - 3.0 * (u + v) };
            return Some([metal, metal, metal + 4.0]);
        }
        let shade = if far < 16.0 { 0.6 } else { 1.0 };
        Some([58.0, 96.0, 150.0].map(|part| part * light * shade))
    })
}

/// A picture of what `item` paints, with a belt where it paints nothing.
fn specimen(item: impl Fn(f32, f32) -> Option<Colour>) -> Specimen {
    let (width, height) = SIZE;
    let place = |at: u32, part: u32| at as f32 + (part as f32 + 0.5) / FINER as f32 - 0.5;
    let mask = Mask::from_fn(width, height, |x, y| item(x as f32, y as f32).is_some());
    let picture = RgbImage::from_fn(width, height, |x, y| {
        let mut sum = [0.0; 3];
        for part in 0..FINER * FINER {
            let (x, y) = (place(x, part % FINER), place(y, part / FINER));
            let colour = item(x, y).unwrap_or_else(|| belt(x, y));
            sum.iter_mut().zip(colour).for_each(|(sum, part)| *sum += part);
        }
        let noise = 2.0 * grain(x as f32, y as f32 + 0.5);
        Rgb(sum.map(|sum| (sum / (FINER * FINER) as f32 + noise).clamp(0.0, 255.0) as u8))
    });
    Specimen::new(picture, mask).expect("the mask is the picture's, and something is painted")
}

/// A dark belt with a woven pattern, brighter on one side.
fn belt(x: f32, y: f32) -> Colour {
    let woven = 5.0 * (x * 0.55).sin() * (y * 0.55).sin();
    let level = 52.0 + 0.05 * x + woven + 4.0 * grain(x, y);
    [level, level + 3.0, level + 7.0]
}

/// Whether a line of made-up print has ink at a column.
fn letter(x: f32, line: f32) -> bool {
    grain((x / 3.0).floor(), line) > -0.35 && grain((x / 17.0).floor(), line + 0.5) > -0.6
}

/// A value from -1 to 1 that looks like chance, the same for each place.
fn grain(x: f32, y: f32) -> f32 {
    let wild = (x * 12.9898 + y * 78.233).sin() * 43_758.547;
    (wild - wild.floor()) * 2.0 - 1.0
}
