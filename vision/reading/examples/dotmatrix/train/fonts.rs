//! **Fonts to train on.** Four fonts would be learnt by heart, so each strip has a font of its own: every
//! character takes one of several usual shapes, corners are cut more or less, the raster has one of several
//! sizes, and some dots are wrong. A font with more than [`SHARED`] digits of a font of the renderings is
//! thrown away: of the test set's fonts so that the measurement stays one of unknown fonts, of the
//! development's so that the error rate while training tells the same.

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster};
use rand::RngExt;
use rand::rngs::StdRng;

use crate::render::Collection;
use crate::render::font::{ALPHABET, Font, Glyph, designs, raster};

/// So many digits may have the dots of one known font, but for one dot each.
const SHARED: usize = 3;
/// Sizes of rasters; the first two are the commonest by far.
const SIZES: [(usize, usize); 9] =
    [(5, 7), (7, 9), (5, 8), (6, 8), (6, 9), (7, 10), (8, 11), (9, 12), (4, 6)];

/// The usual shapes of each character, as in [`crate::render::font`].
const SHAPES: [(char, &[&str]); 40] = [
    (
        '0',
        &[
            "00~40~46~06~00~",
            "00~40~46~06~00~ 0541",
            "00~40~46~06~00~ 23",
            "00~40~46~06~00~ 0145",
            "103041453616050110",
            "103041453616050110 1432",
            "103041453616050110 23",
            "10~30~36~16~10~",
            "00~40~46~06~00~ 2224",
            "00404606 00 0006",
            "103041453616050110 2224",
        ],
    ),
    (
        '1',
        &[
            "112026 1636",
            "112026",
            "2026",
            "022026",
            "022026 0646",
            "102026 1636",
            "3036",
            "213036",
            "213036 2646",
            "1016",
            "021016",
            "2026 1636",
            "03122026",
            "1130 36",
        ],
    ),
    (
        '2',
        &[
            "0100~40~420646",
            "0040~43~03~0646",
            "01103041420646",
            "01103041423314050646",
            "00~40~43~03~06~46",
            "0030414233030646",
            "0200~40~42~24060646",
            "0110304142 4206 0646 46",
            "0110304143060646",
            "00404303 0306 0646",
        ],
    ),
    (
        '3',
        &[
            "0100~40~43~13 1343~46~06~05",
            "004022234445361605",
            "00404606 0343",
            "01103041423313334445361605",
            "0040 1343~46~06 4043",
            "00401322 23334445361605",
            "00~40~43~23 2343~46~06~",
            "0030414233 1333 3344453606",
            "00402343~46~06~05",
            "0100~40~42~23 2344~46~06~05",
        ],
    ),
    (
        '4',
        &[
            "36300444",
            "000343 4046",
            "300444 3336",
            "200343 3036",
            "2004 0444 3236",
            "100343 3136",
            "000444 3036",
            "40 4046 400343",
            "3036 300343",
            "1004 0444 3336",
            "0004 0444 3336",
            "000343 3236",
        ],
    ),
    (
        '5',
        &[
            "40000242~46~06~05",
            "40000343~46~06",
            "40000343~46~06~05",
            "400002324344453606",
            "4000023243453616 1605",
            "400003334445361605",
            "401002324344453606",
            "40000313 1222334445361605",
            "40000343 4346 4606",
            "30000232~36~06",
        ],
    ),
    (
        '6',
        &[
            "30100206~46~43~03",
            "40~00~06~46~43~03",
            "4130100105163645443303",
            "4130100105163645443313 1303",
            "3010030516364544331303",
            "20020516364544331303",
            "3003 0306~46~43~03~",
            "40~00~06~46~44~04",
            "00064643 4303",
            "4006 0646 4643 4303",
            "30110306~46~43~03",
            "41~40~00~06~46~43~03",
        ],
    ),
    (
        '7',
        &[
            "0040412326",
            "004046",
            "004016",
            "004026",
            "00404216",
            "00404206",
            "0040412316",
            "010040412326",
            "01004016",
            "004016 1333",
            "00404123 2326 1333",
            "0040422326",
            "0040 4036",
            "0040412406",
        ],
    ),
    (
        '8',
        &[
            "00~40~43~03~00~ 03~43~46~06~03~",
            "103041423313020110 133344453616050413",
            "00~40~42~33~13~02~00~ 13~33~44~46~06~04~13~",
            "00404606 00 0006 0343",
            "103041423313020110 1333444536160504 0413",
            "10~30~33~13~10~ 03~43~46~06~03~",
            "00~40~46~06~00~ 0343",
            "00~40~46~06~00~ 1333",
            "103041453616050110 1333",
            "00400646 0040 0646",
        ],
    ),
    (
        '9',
        &[
            "16364440~00~03~43",
            "06~46~40~00~03~43",
            "0516364541301001021333 3342",
            "0516364541301001021343",
            "163644413010010213 1343",
            "26444130100102133342",
            "06~46~40~00~02~42",
            "46404003 4000 0003 0343",
            "1643 4340~00~03~43",
            "05~06~46~40~00~03~43",
            "16354340~00~03~43",
            "46 4640 4000 0003 0343",
        ],
    ),
    (
        'A',
        &[
            "0602204246 0444",
            "0600~40~46 0343",
            "062046 1434",
            "0602204246 0343",
            "0601103041 4146 0343",
            "0600~40~46 0444",
            "062046 0545",
            "06012041 4146 0444",
        ],
    ),
    (
        'B',
        &[
            "0040~43~03 43~46~060300",
            "0030414233 0333 3344453606 0006",
            "00404606 0006 0343",
            "00303233 0333 0343~46~06 0006",
            "0030414233 1333 3344453606 1016 00 06",
        ],
    ),
    (
        'C',
        &[
            "4140~00~06~46~45",
            "40~00~06~46",
            "4130100105163645",
            "40000646",
            "41301001051636 3645",
            "40100105 051646",
            "4020020424 46 2446",
        ],
    ),
    (
        'D',
        &[
            "0040~46~0600",
            "00304145360600",
            "00404606 0006",
            "1016 0040~46~06",
            "002042442606 0006",
            "1016 003041453606",
        ],
    ),
    (
        'E',
        &[
            "40000646 0333",
            "40000646 0343",
            "40000646 0323",
            "40~00~06~46 0333",
            "401003 0333 0306 0646",
        ],
    ),
    ('F', &["400006 0333", "400006 0343", "400006 0323", "40~00~06 0333", "401006 0333"]),
    (
        'G',
        &[
            "4140~00~06~46~4323",
            "40~00~06~46~43~23",
            "41301001051636454323",
            "400006464323",
            "4130100105163645 4333 4346",
            "40~00~06~46~4424",
        ],
    ),
    ('H', &["0006 4046 0343", "0006 4046 0444", "1016 3036 1333", "0006 4046 0242"]),
    ('I', &["1030 2026 1636", "2026", "0040 2026 0646", "1016", "3036"]),
    (
        'J',
        &[
            "4046~06~04",
            "30 3035261605",
            "2040 3035261605",
            "40453616 1605",
            "40460605",
            "103036~06",
        ],
    ),
    (
        'K',
        &[
            "0006 401346",
            "0006 400346",
            "0006 4003 1346",
            "0006 40310346",
            "0006 4113 0346",
            "0006 4024 2446 0323",
        ],
    ),
    ('L', &["000646", "00~06~46", "100646", "101646", "0006 0645"]),
    (
        'M',
        &[
            "0600224046",
            "06004046 2023",
            "06001223324046 4046",
            "060023 4046 2340",
            "0600~40~46 2026",
            "0600244046",
        ],
    ),
    ('N', &["06004640", "0600 0145 4046", "0600 0244 4046", "0600~40~46", "0600 4640 1234"]),
    (
        'O',
        &[
            "00~40~46~06~00~",
            "103041453616050110",
            "00404606 00 0006",
            "10~30~36~16~10~",
            "204244260402 2002",
        ],
    ),
    (
        'P',
        &[
            "060040~43~03",
            "06003041423303",
            "06004043 4303",
            "060040~44~04",
            "060040~42~02",
            "1016 003041423303",
        ],
    ),
    (
        'Q',
        &[
            "00~40~46~06~00~ 2446",
            "103041453616050110 2446",
            "103041443516050110 2446",
            "00~40~46~06~00~ 3346",
            "00~40~45~05~00~ 2546",
        ],
    ),
    (
        'R',
        &[
            "060040~43~03 2346",
            "060040~43~03 1346",
            "06003041423303 2346",
            "06004043 4303 2346",
            "06004043 4303 0346",
            "060040~42~02 1246",
        ],
    ),
    (
        'S',
        &[
            "4140~00~03~43~46~06~05",
            "40~00~03~43~46~06",
            "413010010213334445361605",
            "40000343 4346 4606",
            "40100102133344453606",
            "4130100112 1234 3445361605",
        ],
    ),
    ('T', &["0040 2026", "0040 2026 0001 4041", "0040 1016", "1030 2026"]),
    ('U', &["0006~46~40", "0005163645 4540", "00064640", "0004062646 4640"]),
    ('V', &["0004264440", "002640", "0003264340", "0005 0526 2645 4540"]),
    (
        'W',
        &[
            "0006244640",
            "0006264640 2623",
            "00051625364540 2523",
            "0016223640",
            "0006234640",
            "0006~46~40 2026",
        ],
    ),
    (
        'X',
        &[
            "0046 4006",
            "0001 0145 4546 4041 4105 0506",
            "0012 1234 3446 4032 3214 1406",
            "1036 3016",
        ],
    ),
    (
        'Y',
        &[
            "002340 2326",
            "0001234140 2326",
            "0003~43~40 2326",
            "0002 0224 4042 4224 2426",
            "000343 4046 0646",
        ],
    ),
    ('Z', &["00400646", "00404105 0506 0646", "0040 4016 0646", "00400646 1333"]),
    ('.', &["26", "1626", "1525 1626", "16", "06", "2526 3536", "0616"]),
    ('/', &["0541", "0640", "0531", "1640", "0640 0541", "1530"]),
    ('-', &["1333", "0343", "0333", "1434", "0444", "1323"]),
    (':', &["21 25", "22 24", "1121 1222 1424 1525", "12 15", "22 26", "12 14", "1222 1525"]),
];

/// A font for one strip.
pub struct Drawn {
    size: (usize, usize),
    glyphs: Vec<Glyph>,
}

impl Font for Drawn {
    fn size(&self) -> (usize, usize) {
        self.size
    }

    fn glyph(&self, character: char) -> Glyph {
        let at = ALPHABET.chars().position(|known| known == character);
        at.map_or_else(|| vec![vec![false; self.size.0]; self.size.1], |at| self.glyphs[at].clone())
    }
}

impl Drawn {
    /// Draws one that is unlike those of the renderings.
    pub fn new(rng: &mut StdRng) -> Self {
        loop {
            let mut font = Self::any(rng);
            if !font.is_known() {
                let faults = if rng.random_bool(0.5) { 0.0 } else { rng.random_range(0.0..0.3) };
                font.spoil(faults, rng);
                return font;
            }
        }
    }

    fn any(rng: &mut StdRng) -> Self {
        let size = match rng.random_range(0..100) {
            0..45 => SIZES[0],
            45..72 => SIZES[1],
            _ => SIZES[rng.random_range(2..SIZES.len())],
        };
        let cut = [0.0, 0.0, 0.5, 0.7, 1.0, 1.0, 1.4, 1.8][rng.random_range(0..8)];
        // Some fonts are those of screens, made coarse.
        let coarse = if rng.random_bool(0.12) { 0.7 } else { 0.02 };
        let level = rng.random_range(70..150);
        let glyphs = SHAPES.iter().map(|(letter, shapes)| {
            let is_coarse = letter.is_ascii_alphanumeric() && rng.random_bool(coarse);
            if let Some(glyph) = is_coarse.then(|| coarse_glyph(*letter, level, size)).flatten() {
                return glyph;
            }
            // Most often a font is round or square throughout, and some of its characters are not.
            let cut = if rng.random_bool(0.15) { rng.random_range(0.0..1.5) } else { cut };
            raster(shapes[rng.random_range(0..shapes.len())], size, cut)
        });
        Self { size, glyphs: glyphs.collect() }
    }

    /// Whether too many digits are those of a font of the renderings.
    fn is_known(&self) -> bool {
        let both = [Collection::Development, Collection::Test];
        both.into_iter().flat_map(designs).any(|known| self.shared(known) > SHARED)
    }

    /// How many digits have the same dots as in `other`, but for one.
    fn shared(&self, other: &dyn Font) -> usize {
        if self.size != other.size() {
            return 0;
        }
        let far = |digit: char| {
            let (one, other) = (self.glyph(digit), other.glyph(digit));
            let pairs = one.iter().flatten().zip(other.iter().flatten());
            pairs.filter(|(a, b)| a != b).count()
        };
        "0123456789".chars().filter(|digit| far(*digit) <= 1).count()
    }

    /// Adds or takes a dot at the edge of a share of the characters.
    fn spoil(&mut self, share: f64, rng: &mut StdRng) {
        let (columns, rows) = self.size;
        for (glyph, letter) in self.glyphs.iter_mut().zip(ALPHABET.chars()) {
            if !letter.is_ascii_alphanumeric() || !rng.random_bool(share) {
                continue;
            }
            let (x, y) = (rng.random_range(0..columns), rng.random_range(0..rows));
            let near = |x: usize, y: usize| {
                glyph.get(y).and_then(|row| row.get(x)).copied().unwrap_or(false)
            };
            let beside = near(x + 1, y)
                || near(x.wrapping_sub(1), y)
                || near(x, y + 1)
                || near(x, y.wrapping_sub(1));
            if glyph[y][x] || beside {
                glyph[y][x] ^= true;
            }
        }
    }
}

/// A character of a screen's font on a coarse raster, with dots where it is darker than `level`.
fn coarse_glyph(letter: char, level: u32, (columns, rows): (usize, usize)) -> Option<Glyph> {
    let drawn = get_raster(letter, FontWeight::Bold, RasterHeight::Size32)?;
    let inked = |x: usize, y: usize| drawn.raster()[y][x] > 60;
    let (wide, high) = (drawn.width(), drawn.height());
    let xs: Vec<usize> = (0..wide).filter(|x| (0..high).any(|y| inked(*x, y))).collect();
    let ys: Vec<usize> = (0..high).filter(|y| (0..wide).any(|x| inked(x, *y))).collect();
    let (left, right, top, bottom) = (*xs.first()?, *xs.last()? + 1, *ys.first()?, *ys.last()? + 1);
    let cell = |from: usize, to: usize, at: usize, of: usize| {
        let place = |at: usize| from + at * (to - from) / of;
        place(at)..place(at + 1).max(place(at) + 1)
    };
    let dot = |column: usize, row: usize| {
        let (mut sum, mut count) = (0_u32, 0);
        for y in cell(top, bottom, row, rows) {
            for x in cell(left, right, column, columns) {
                sum += u32::from(drawn.raster()[y][x]);
                count += 1;
            }
        }
        sum > level * count
    };
    Some((0..rows).map(|row| (0..columns).map(|column| dot(column, row)).collect()).collect())
}
