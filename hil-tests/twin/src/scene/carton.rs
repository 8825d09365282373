//! Cartons: what is printed on them, and how one of them differs from the next.
//!
//! A **design** belongs to a SKU and is chosen by its name, so that two SKUs look different and
//! one SKU always looks the same. Within a design, items differ as prints and labels do: a shade
//! of ink, a label that sits a millimetre off and is turned a little.

use super::{
    canvas::{Canvas, Rgb},
    defect::Defect,
};
use crate::rng::Rng;

/// Length along the belt, in millimetres.
pub const LENGTH_MM: f64 = 110.0;
/// Width across the belt, in millimetres.
pub const WIDTH_MM: f64 = 80.0;
/// Height above the belt, in millimetres.
pub const HEIGHT_MM: f64 = 70.0;

/// From where a camera looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// From above.
    Top,
    /// From beside the belt.
    Side,
}

/// What is printed on the cartons of one SKU.
#[derive(Debug, Clone, Copy)]
pub struct Design {
    name: &'static str,
    kind: &'static str,
    board: Rgb,
    ink: Rgb,
    accent: Rgb,
    /// Twelve digits of the EAN-13 code, from the range that GS1 keeps for examples (952).
    code: &'static str,
    best_before: &'static str,
    /// The last day of that month, as GS1 writes it.
    expiry: &'static str,
    /// Letter and number of the first lot.
    lot: (char, u32),
}

const DESIGNS: [Design; 3] = [
    Design {
        name: "KORALL",
        kind: "GREEN TEA 50 BAGS",
        board: [226, 220, 204],
        ink: [24, 96, 88],
        accent: [222, 122, 62],
        code: "952010450001",
        best_before: "BEST BEFORE 12.2028",
        expiry: "281231",
        lot: ('K', 4711),
    },
    Design {
        name: "NORDLYS",
        kind: "CRISPBREAD 250 G",
        board: [214, 190, 150],
        ink: [120, 44, 40],
        accent: [240, 206, 92],
        code: "952010450002",
        best_before: "BEST BEFORE 03.2028",
        expiry: "280331",
        lot: ('N', 815),
    },
    Design {
        name: "AZUR",
        kind: "WASHING TABS 32",
        board: [232, 234, 238],
        ink: [32, 70, 150],
        accent: [110, 190, 220],
        code: "952010450003",
        best_before: "USE BEFORE 07.2029",
        expiry: "290731",
        lot: ('A', 2210),
    },
];

/// What an expired label says, in print and in code.
const EXPIRED: (&str, &str) = ("BEST BEFORE 03.2024", "240331");

const BLACK: Rgb = [30, 30, 34];
const PAPER: Rgb = [244, 243, 238];

/// How one carton came out of the printing and lies on the belt, from its seed.
#[derive(Debug, Clone, Copy)]
pub struct Pose {
    /// Turned on the belt by this angle, in radians.
    pub turn: f32,
    /// Shifted across the belt, in millimetres.
    pub shift_mm: f32,
    label_x: f32,
    label_y: f32,
    shade: f32,
}

impl Pose {
    /// The pose that belongs to `seed`.
    pub fn of(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0x706F_7365);
        Self {
            // Guide rails leave about a degree and two millimetres of play.
            turn: (0.014 * rng.bell().clamp(-2.0, 2.0)) as f32,
            shift_mm: (1.0 * rng.bell().clamp(-2.0, 2.0)) as f32,
            label_x: (0.4 * rng.bell().clamp(-2.0, 2.0)) as f32,
            label_y: (0.4 * rng.bell().clamp(-2.0, 2.0)) as f32,
            shade: (1.0 + 0.01 * rng.bell().clamp(-2.0, 2.0)) as f32,
        }
    }
}

fn design(sku: &str) -> &'static Design {
    &DESIGNS[number(sku)]
}

/// The design of the cartons that get among those of `sku`.
fn other(sku: &str) -> &'static Design {
    &DESIGNS[(number(sku) + 1) % DESIGNS.len()]
}

fn number(sku: &str) -> usize {
    sku.bytes().map(usize::from).sum::<usize>() % DESIGNS.len()
}

/// The lot of a SKU with this number; 0 is the first.
pub fn lot(sku: &str, number: u32) -> String {
    let (letter, first) = design(sku).lot;
    format!("{letter}{:04}", (first + number) % 10_000)
}

/// The GTIN of a SKU, 14 digits.
pub fn gtin(sku: &str) -> String {
    gtin_of(design(sku))
}

/// The GTIN of the item that gets among those of `sku`.
pub fn other_gtin(sku: &str) -> String {
    gtin_of(other(sku))
}

fn gtin_of(design: &Design) -> String {
    let digits = design.code;
    let sum: u32 = digits
        .bytes()
        .zip([1, 3].into_iter().cycle())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    format!("0{digits}{}", (10 - sum % 10) % 10)
}

/// Paints one face of the carton of this lot with this seed.
pub fn face(sku: &str, lot: &str, side: Side, seed: u64, defect: Option<Defect>) -> Canvas {
    let carton = if defect == Some(Defect::OtherItem) { other(sku) } else { design(sku) };
    let label = match defect {
        Some(Defect::MissingLabel) => None,
        Some(Defect::OtherLabel) => Some(*other(sku)),
        Some(Defect::Expired) => {
            let (best_before, expiry) = EXPIRED;
            Some(Design { best_before, expiry, ..*carton })
        }
        _ => Some(*carton),
    };
    let pose = Pose::of(seed);
    let mut face = match side {
        Side::Top => top(carton, &pose, label.map(|label| (label, lot))),
        Side::Side => front(carton),
    };
    if let Some(defect) = defect {
        defect.apply(&mut face, side, seed);
    }
    face.each(|_, _, pixel| {
        for channel in &mut pixel[..3] {
            *channel = (f32::from(*channel) * pose.shade) as u8;
        }
    });
    face
}

/// Size of the label on the lid, in millimetres.
const LABEL_MM: (f32, f32) = (92.0, 44.0);

fn top(design: &Design, pose: &Pose, label: Option<(Design, &str)>) -> Canvas {
    let (length, width) = (LENGTH_MM as f32, WIDTH_MM as f32);
    let mut face = Canvas::new(length, width, design.board);
    face.rectangle(0.0, 0.0, length, 14.0, design.ink);
    face.text(4.0, 3.0, 8.0, design.name, PAPER);
    face.ellipse(94.0, 7.0, 5.0, 5.0, design.accent);
    for stripe in 0..3 {
        let y = 68.0 + 4.0 * stripe as f32;
        face.rectangle(0.0, y, length, 1.6, design.accent);
    }
    // The lid's flaps meet in the middle; the tape over them is clear.
    face.rectangle(0.0, 40.0, length, 0.5, [150, 142, 124]);
    let (left, upper) = (9.0, 19.0);
    if let Some((label, lot)) = label {
        let (x, y) = (left + pose.label_x, upper + pose.label_y);
        face.rectangle(x, y, LABEL_MM.0, LABEL_MM.1, PAPER);
        face.ean13(x + 4.0, y + 3.0, 47.5, 20.0, label.code);
        face.text(x + 4.0, y + 25.0, 5.5, label.best_before, BLACK);
        face.text(x + 4.0, y + 33.0, 5.5, &format!("LOT {lot}"), BLACK);
        let elements = format!("01{}17{}10{lot}", gtin_of(&label), label.expiry);
        face.gs1_data_matrix(x + 63.0, y + 9.0, 1.25, &elements);
    } else {
        // Where the label was: a faint rectangle of glue.
        face.each(|x, y, pixel| {
            let inside = (left..left + LABEL_MM.0).contains(&x);
            if inside && (upper..upper + LABEL_MM.1).contains(&y) {
                for channel in &mut pixel[..3] {
                    *channel = (f32::from(*channel) * 0.97) as u8;
                }
            }
        });
    }
    edges(&mut face);
    face
}

fn front(design: &Design) -> Canvas {
    let (length, height) = (LENGTH_MM as f32, HEIGHT_MM as f32);
    let mut face = Canvas::new(length, height, design.board);
    face.polygon(&[(0.0, 26.0), (length, 12.0), (length, 44.0), (0.0, 52.0)], design.ink);
    face.ellipse(88.0, 26.0, 14.0, 14.0, design.accent);
    face.ellipse(88.0, 26.0, 9.0, 9.0, design.board);
    face.ellipse(88.0, 26.0, 5.0, 5.0, design.ink);
    face.text(6.0, 28.0, 13.0, design.name, PAPER);
    face.text(6.0, 4.0, 6.0, design.kind, design.ink);
    face.rectangle(6.0, 56.0, 52.0, 10.0, PAPER);
    face.text(8.0, 58.0, 5.5, design.best_before, BLACK);
    face.rectangle(70.0, 57.0, 8.0, 8.0, BLACK);
    face.rectangle(81.0, 57.0, 8.0, 8.0, design.accent);
    face.rectangle(92.0, 57.0, 8.0, 8.0, design.ink);
    edges(&mut face);
    face
}

/// Edges of the board catch less light.
fn edges(face: &mut Canvas) {
    let (width, height) = (face.width_mm(), face.height_mm());
    face.each(|x, y, pixel| {
        let inside = x.min(y).min(width - x).min(height - y);
        if inside < 1.2 {
            for channel in &mut pixel[..3] {
                *channel = (f32::from(*channel) * (0.72 + 0.23 * inside)) as u8;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_carton_looks_the_same_whenever_it_is_painted() {
        let paint = || face("korall-tea", "A1", Side::Top, 5, Some(Defect::Stain)).picture;
        assert_eq!(paint(), paint());
    }

    #[test]
    fn every_defect_changes_a_visible_part_of_at_least_one_face() {
        for defect in Defect::DAMAGE.into_iter().chain(Defect::WRONG) {
            for seed in 0..20 {
                let changed = [Side::Top, Side::Side].map(|side| {
                    let good = face("korall-tea", "A1", side, seed, None);
                    let bad = face("korall-tea", "A1", side, seed, Some(defect));
                    let pairs = good.picture.pixels().zip(bad.picture.pixels());
                    let differs = |a: &[u8; 4], b: &[u8; 4]| {
                        a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) > 24)
                    };
                    pairs.filter(|(a, b)| differs(&a.0, &b.0)).count()
                });
                // 50 square millimetres: as much as a fingertip.
                let least = (50.0 * 16.0) as usize;
                assert!(changed.into_iter().max() > Some(least), "{defect:?} {seed}: {changed:?}");
            }
        }
    }

    #[test]
    fn lots_and_trade_item_numbers_follow_from_the_sku() {
        assert_eq!((lot("korall-tea", 0), lot("korall-tea", 7)), ("A2210".into(), "A2217".into()));
        assert_eq!(gtin("korall-tea"), "09520104500035");
        assert_eq!(other_gtin("korall-tea"), "09520104500011");
    }

    #[test]
    fn the_pose_stays_within_the_play_of_the_guide_rails() {
        for seed in 0..200 {
            let pose = Pose::of(seed);
            assert!(pose.turn.abs() < 0.035 && pose.shift_mm.abs() <= 2.0, "{pose:?}");
        }
    }
}
