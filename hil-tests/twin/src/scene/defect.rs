//! What can be wrong with a carton, and how it looks.
//!
//! It is **damaged**, or it is whole and **wrong**: another item, another item's label, a date gone by.
//!
//! Sizes of damage are those that a sorter at the belt would notice from a metre away: 10 to 30 mm across.
//! A dent, a tear and a stain are on one face; a crushed corner shows on both; the label is on the
//! top.

use super::{
    canvas::{Canvas, PX_PER_MM, mix},
    carton::Side,
};
use crate::rng::Rng;

/// What is wrong with a carton.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// Board pushed in: the print is drawn together and shaded.
    Dent,
    /// Board ripped open: ragged brown fibre, a white rim.
    Tear,
    /// Something was spilled on it.
    Stain,
    /// A corner is squashed: folds, and a piece that is not where it should be.
    CrushedCorner,
    /// The label on the top is not there.
    MissingLabel,
    /// A carton of another SKU.
    OtherItem,
    /// The label of another SKU on the right carton.
    OtherLabel,
    /// The date on the label is years ago.
    Expired,
}

impl Defect {
    /// All kinds of damage.
    pub const DAMAGE: [Self; 5] =
        [Self::Dent, Self::Tear, Self::Stain, Self::CrushedCorner, Self::MissingLabel];
    /// What is wrong with whole cartons.
    pub const WRONG: [Self; 3] = [Self::OtherItem, Self::OtherLabel, Self::Expired];

    /// Its name in the truth file and in folders of pictures.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dent => "dent",
            Self::Tear => "tear",
            Self::Stain => "stain",
            Self::CrushedCorner => "crushed-corner",
            Self::MissingLabel => "missing-label",
            Self::OtherItem => "other-item",
            Self::OtherLabel => "other-label",
            Self::Expired => "expired",
        }
    }

    /// The kind with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::DAMAGE.into_iter().chain(Self::WRONG).find(|defect| defect.name() == name)
    }

    /// Damages a face of the carton with this seed.
    pub fn apply(self, face: &mut Canvas, side: Side, seed: u64) {
        let mut rng = Rng::new(seed ^ 0x6465_6665_6374);
        let on_top = rng.chance(0.5);
        let here = on_top == (side == Side::Top);
        match self {
            Self::Dent if here => dent(face, &mut rng),
            Self::Tear if here => tear(face, &mut rng),
            Self::Stain if here => stain(face, &mut rng),
            Self::CrushedCorner => crushed_corner(face, side, &mut rng),
            Self::Dent | Self::Tear | Self::Stain => {}
            // These are printed otherwise to begin with.
            Self::MissingLabel | Self::OtherItem | Self::OtherLabel | Self::Expired => {}
        }
    }
}

/// A place on the face at least `margin` from its rim, in millimetres.
fn place(face: &Canvas, margin: f32, rng: &mut Rng) -> (f32, f32) {
    let x = rng.between(f64::from(margin), f64::from(face.width_mm() - margin));
    let y = rng.between(f64::from(margin), f64::from(face.height_mm() - margin));
    (x as f32, y as f32)
}

fn dent(face: &mut Canvas, rng: &mut Rng) {
    let (cx, cy) = place(face, 16.0, rng);
    let (rx, ry) = (rng.between(11.0, 17.0) as f32, rng.between(9.0, 14.0) as f32);
    let flat = face.picture.clone();
    let (width, height) = flat.dimensions();
    face.each(|x, y, pixel| {
        let (dx, dy) = ((x - cx) / rx, (y - cy) / ry);
        let r = (dx * dx + dy * dy).sqrt();
        if r >= 1.0 {
            return;
        }
        // The print is drawn towards the middle, most half-way out.
        let pull = 1.0 + 0.45 * (1.0 - r) * r * 4.0;
        let from_x = ((cx + dx * rx * pull) * PX_PER_MM).clamp(0.0, width as f32 - 1.0) as u32;
        let from_y = ((cy + dy * ry * pull) * PX_PER_MM).clamp(0.0, height as f32 - 1.0) as u32;
        *pixel = flat.get_pixel(from_x, from_y).0;
        // Light comes from the upper left: that slope is dark, the opposite one bright.
        let slope = (dx + dy) * (1.0 - r) * 2.2;
        let light = 1.0 + 0.55 * slope - 0.18 * (1.0 - r);
        for channel in &mut pixel[..3] {
            *channel = (f32::from(*channel) * light).clamp(0.0, 255.0) as u8;
        }
    });
}

fn tear(face: &mut Canvas, rng: &mut Rng) {
    let (cx, cy) = place(face, 20.0, rng);
    let along = rng.between(0.0, std::f64::consts::PI) as f32;
    let (length, width) = (rng.between(26.0, 36.0) as f32, rng.between(7.0, 10.0) as f32);
    let (mut upper, mut lower) = (Vec::new(), Vec::new());
    const TEETH: usize = 14;
    for tooth in 0..=TEETH {
        let part = tooth as f32 / TEETH as f32;
        let bulge = width / 2.0 * (part * std::f32::consts::PI).sin();
        let mut ragged = || rng.between(0.6, 1.25) as f32;
        let (up, down) = (-bulge * ragged(), bulge * ragged());
        let (sin, cos) = along.sin_cos();
        let lie = (part - 0.5) * length;
        upper.push((cx + lie * cos - up * sin, cy + lie * sin + up * cos));
        lower.push((cx + lie * cos - down * sin, cy + lie * sin + down * cos));
    }
    let outline: Vec<(f32, f32)> = upper.into_iter().chain(lower.into_iter().rev()).collect();
    let grown: Vec<(f32, f32)> =
        outline.iter().map(|(x, y)| (cx + (x - cx) * 1.16, cy + (y - cy) * 1.16)).collect();
    face.polygon(&grown, [236, 230, 216]);
    face.polygon(&outline, [122, 88, 56]);
    let core: Vec<(f32, f32)> =
        outline.iter().map(|(x, y)| (cx + (x - cx) * 0.55, cy + (y - cy) * 0.55)).collect();
    face.polygon(&core, [58, 40, 26]);
}

fn stain(face: &mut Canvas, rng: &mut Rng) {
    let (cx, cy) = place(face, 16.0, rng);
    let blobs: Vec<(f32, f32, f32)> = (0..5)
        .map(|_| {
            let away = |rng: &mut Rng| rng.between(-8.0, 8.0) as f32;
            (cx + away(rng), cy + away(rng), rng.between(5.0, 10.0) as f32)
        })
        .collect();
    face.each(|x, y, pixel| {
        let wet: f32 = blobs
            .iter()
            .map(|(bx, by, r)| {
                let d = ((x - bx).powi(2) + (y - by).powi(2)) / (r * r);
                (-d * 1.4).exp()
            })
            .sum();
        if wet < 0.28 {
            return;
        }
        // A drying stain is darkest at its rim.
        let part = if wet < 0.42 { 0.72 } else { 0.58 };
        for (channel, tea) in pixel[..3].iter_mut().zip([84u8, 54, 26]) {
            *channel = mix(*channel, tea, part);
        }
    });
}

fn crushed_corner(face: &mut Canvas, side: Side, rng: &mut Rng) {
    let (width, height) = (face.width_mm(), face.height_mm());
    let leading = rng.chance(0.5);
    let lower = rng.chance(0.5);
    let size = rng.between(18.0, 25.0) as f32;
    // The damaged corner is an upper one: it shows on the top face and at the side's upper rim.
    let corner_y = if side == Side::Top && lower { height } else { 0.0 };
    let corner_x = if leading { width } else { 0.0 };
    let (sx, sy) = (if leading { -1.0 } else { 1.0 }, if corner_y > 0.0 { -1.0 } else { 1.0 });
    let at = |x: f32, y: f32| (corner_x + sx * x, corner_y + sy * y);
    face.each(|x, y, pixel| {
        let inward = ((x - corner_x).abs() + (y - corner_y).abs()) / size;
        if inward < 1.0 {
            // Folds run across the corner.
            let fold = (inward * 14.0).sin();
            let light = 0.62 + 0.24 * fold + 0.2 * inward;
            for channel in &mut pixel[..3] {
                *channel = (f32::from(*channel) * light).clamp(0.0, 255.0) as u8;
            }
        }
    });
    face.polygon(
        &[at(size, 0.0), at(size * 0.55, size * 0.5), at(0.0, size), at(size * 0.4, size * 0.36)],
        [206, 192, 166],
    );
    face.cut(&[
        at(-1.0, -1.0),
        at(size * 0.72, -1.0),
        at(size * 0.3, size * 0.24),
        at(-1.0, size * 0.6),
    ]);
}
