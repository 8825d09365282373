//! The catalogue: SKUs without end, each fixed by its number and the catalogue's seed.
//!
//! SKU number `n` is the same however long the catalogue is, so that a scale test grows a catalogue
//! without changing what was in it.

use serde::{Deserialize, Serialize};

use super::style::Style;
use crate::rng::Rng;

/// What sort of thing a SKU is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A folding carton; some have a window through which its units are seen.
    Carton,
    /// A book that lies on its back.
    Book,
    /// A bottle that lies on its side.
    Bottle,
    /// A round tin that stands on its bottom.
    Tin,
    /// A pouch of foil.
    Pouch,
    /// A folded garment in a bag of clear film, with a size label.
    Garment,
}

impl Kind {
    /// All kinds, in the order in which the catalogue takes them by turns.
    pub const ALL: [Self; 6] =
        [Self::Carton, Self::Book, Self::Bottle, Self::Tin, Self::Pouch, Self::Garment];

    /// The first part of a SKU's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Carton => "carton",
            Self::Book => "book",
            Self::Bottle => "bottle",
            Self::Tin => "tin",
            Self::Pouch => "pouch",
            Self::Garment => "garment",
        }
    }

    /// Whether a date of expiry is printed on it.
    pub fn expires(self) -> bool {
        !matches!(self, Self::Book | Self::Garment)
    }

    /// Whether its lot and its date stand in a Data Matrix, beside the print for people.
    pub fn has_matrix(self) -> bool {
        self == Self::Carton
    }

    /// Whether a lot is printed on it.
    pub fn has_lot(self) -> bool {
        self != Self::Book
    }
}

/// Size of a thing at rest on the belt, in millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// Along the belt, when it lies straight.
    pub length: f32,
    /// Across the belt.
    pub width: f32,
    /// Above the belt.
    pub height: f32,
}

/// A month of expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiry {
    /// Year, four digits.
    pub year: u32,
    /// Month, 1 to 12.
    pub month: u32,
}

impl Expiry {
    /// As it is printed: `03.2029`.
    pub fn printed(self) -> String {
        format!("{:02}.{}", self.month, self.year)
    }

    /// Six digits as GS1 writes the last day of the month: `290300`.
    pub fn gs1(self) -> String {
        // Day 00 means the month's last day.
        format!("{:02}{:02}00", self.year % 100, self.month)
    }
}

/// One SKU.
#[derive(Debug, Clone, PartialEq)]
pub struct Sku {
    /// Its place in the catalogue, from 0.
    pub index: u32,
    /// The catalogue's seed.
    pub seed: u64,
    /// `carton-07`.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// GTIN-13 with its check digit, from the range that GS1 keeps for examples.
    pub gtin: String,
    /// The brand, in capitals.
    pub title: String,
    /// What is in it.
    pub contents: String,
    /// A garment's size.
    pub size: Option<&'static str>,
    /// Its size on the belt.
    pub shape: Shape,
    /// When the pieces on the belt expire.
    pub expiry: Option<Expiry>,
    /// How it is printed.
    pub style: Style,
    /// Units that are seen through a carton's window; 0 where there is none.
    pub units: u32,
    /// Letter and number of the lot on the belt.
    lot: (char, u32),
}

const BRAND_HEADS: [&str; 24] = [
    "KOR", "NORD", "AZU", "BEL", "MIR", "TAL", "VER", "SOL", "LUN", "FJO", "RAV", "ZEN", "PIR",
    "HAV", "DOR", "ELM", "GAL", "IBI", "JUN", "OST", "QUA", "TER", "ULM", "WIL",
];
const BRAND_TAILS: [&str; 20] = [
    "ALL", "LYS", "RA", "LINA", "ANDO", "IX", "ONA", "DELL", "VIK", "ETTO", "ARA", "UMA", "BY",
    "OLA", "STER", "IDA", "MONT", "KO", "WAY", "UNA",
];
const CONTENTS: [[&str; 8]; 6] = [
    [
        "GREEN TEA 50",
        "CRISPBREAD",
        "WASH TABS 32",
        "LAMP E27",
        "MUESLI 500G",
        "FILTERS 80",
        "TOY CARS",
        "PLASTERS 40",
    ],
    [
        "A NOVEL",
        "ATLAS OF BIRDS",
        "BREAD & SALT",
        "NIGHT TRAINS",
        "THE TIDE",
        "KNOTS",
        "SMALL GARDENS",
        "A HISTORY",
    ],
    ["SHAMPOO", "OLIVE OIL", "SODA", "SOAP", "SYRUP", "BODY MILK", "VINEGAR", "CLEANER"],
    ["TUNA", "COOKIES", "COCOA", "WAX", "COFFEE", "MINTS", "PAINT", "PEARS"],
    ["COFFEE 250G", "DOG SNACK", "RICE 1KG", "NUTS", "SOUP", "CRISPS", "REFILL", "DRIED FIGS"],
    ["T-SHIRT", "SOCKS 3", "SHIRT", "LEGGINGS", "SCARF", "TOWEL", "PYJAMAS", "VEST"],
];
/// What a garment's label may say.
pub const SIZES: [&str; 5] = ["S", "M", "L", "XL", "XXL"];
/// From the lot on the belt to the one that is held.
const HELD_LOT: u32 = 13;

impl Sku {
    /// SKU number `index` of the catalogue with this seed.
    pub fn of(index: u32, seed: u64) -> Self {
        let kinds = Kind::ALL.len();
        let kind = Kind::ALL[index as usize % kinds];
        let number = index as usize / kinds;
        let mut rng = Rng::new(seed ^ (u64::from(index) << 20) ^ 0x736B_7500);
        let title = format!("{}{}", rng.pick(&BRAND_HEADS), rng.pick(&BRAND_TAILS));
        let contents = rng.pick(&CONTENTS[index as usize % kinds]).to_owned();
        let units = if kind == Kind::Carton && number % 4 == 2 { 6 } else { 0 };
        let lot = (char::from(b'A' + rng.below(26) as u8), rng.below(9000) as u32 + 100);
        let expiry = Expiry { year: 2028 + rng.below(3) as u32, month: 1 + rng.below(12) as u32 };
        Self {
            index,
            seed,
            name: format!("{}-{:02}", kind.name(), number + 1),
            kind,
            gtin: gtin(index, seed),
            title,
            contents,
            size: (kind == Kind::Garment).then(|| rng.pick(&SIZES)),
            shape: shape(kind, number, &mut rng),
            expiry: kind.expires().then_some(expiry),
            style: Style::of(kind, number as u32, &mut rng),
            units,
            lot,
        }
    }

    /// The lot on the belt; `None` where none is printed.
    pub fn lot(&self) -> Option<String> {
        self.lot_after(0)
    }

    /// The lot that a warehouse holds.
    pub fn held_lot(&self) -> Option<String> {
        self.lot_after(HELD_LOT)
    }

    fn lot_after(&self, later: u32) -> Option<String> {
        let (letter, first) = self.lot;
        self.kind.has_lot().then(|| format!("{letter}{:04}", first + later))
    }
}

/// The first `count` SKUs of the catalogue with this seed.
pub fn catalogue(count: usize, seed: u64) -> Vec<Sku> {
    (0..count as u32).map(|index| Sku::of(index, seed)).collect()
}

/// 952 is GS1's range for examples; then a digit of our own, two of the seed and six of the number.
fn gtin(index: u32, seed: u64) -> String {
    let body = format!("9521{:02}{:06}", seed % 100, index % 1_000_000);
    let check = check_digit(&body);
    format!("{body}{check}")
}

/// The check digit of a GTIN-13's first twelve digits.
pub fn check_digit(body: &str) -> u32 {
    let weights = [1, 3].into_iter().cycle();
    let sum: u32 =
        body.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    (10 - sum % 10) % 10
}

fn shape(kind: Kind, number: usize, rng: &mut Rng) -> Shape {
    let mut mm = |low: f64, high: f64| rng.between(low, high) as f32;
    let (length, width, height) = match (kind, number % 4) {
        (Kind::Carton, 0) => (mm(118.0, 126.0), mm(80.0, 90.0), mm(30.0, 38.0)),
        (Kind::Carton, 1) => (mm(92.0, 98.0), mm(86.0, 94.0), mm(76.0, 88.0)),
        (Kind::Carton, 2) => (mm(112.0, 120.0), mm(86.0, 94.0), mm(44.0, 54.0)),
        (Kind::Carton, _) => (mm(124.0, 130.0), mm(68.0, 76.0), mm(56.0, 70.0)),
        (Kind::Book, 0 | 2) => (mm(86.0, 92.0), mm(102.0, 110.0), mm(12.0, 28.0)),
        (Kind::Book, 1) => (mm(118.0, 126.0), mm(86.0, 96.0), mm(10.0, 20.0)),
        (Kind::Book, _) => (mm(98.0, 106.0), mm(94.0, 104.0), mm(18.0, 34.0)),
        (Kind::Bottle, _) => {
            let across = mm(56.0, 66.0);
            (mm(126.0, 138.0), across, across)
        }
        (Kind::Tin, shape) => {
            let across = mm(92.0, 104.0);
            (across, across, if shape % 2 == 0 { mm(30.0, 40.0) } else { mm(54.0, 76.0) })
        }
        (Kind::Pouch, _) => (mm(116.0, 128.0), mm(84.0, 94.0), mm(24.0, 34.0)),
        (Kind::Garment, _) => (mm(120.0, 128.0), mm(92.0, 98.0), mm(14.0, 22.0)),
    };
    Shape { length, width, height }
}
