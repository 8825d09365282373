//! **Dot fonts**. A character is a few strokes on a raster of 5 x 7 places; a *design* says how round its
//! corners are, which of several usual shapes each character has, and to how many dots it is rastered.
//!
//! Strokes are written as points, each two digits (column 0 to 4, row 0 to 6), with `~` after a corner
//! that a round design cuts off. A stroke that ends where it begins is closed.

use super::Collection;

/// The characters that coders print here.
pub const ALPHABET: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ./-:";

/// A character as dots: rows from the top, of columns from the left.
pub type Glyph = Vec<Vec<bool>>;

/// What tells the dots of characters.
pub trait Font {
    /// Columns and rows of dots.
    fn size(&self) -> (usize, usize);

    /// The dots of a character; none where the font lacks it, as for a space.
    fn glyph(&self, character: char) -> Glyph;
}

/// How the characters of a font are drawn.
#[derive(Debug, Clone, Copy)]
pub struct Design {
    /// Its name, in tables.
    pub name: &'static str,
    /// Columns and rows of dots.
    size: (usize, usize),
    /// How much of a round corner is cut off, in places of the raster.
    cut: f32,
    /// Shapes that replace the common ones.
    shapes: &'static [(char, &'static str)],
}

const COMMON: [(char, &str); 40] = [
    ('0', "00~40~46~06~00~"),
    ('1', "112026 1636"),
    ('2', "0100~40~420646"),
    ('3', "0100~40~43~13 1343~46~06~05"),
    ('4', "36300444"),
    ('5', "40000242~46~06~05"),
    ('6', "30100206~46~43~03"),
    ('7', "0040412326"),
    ('8', "00~40~43~03~00~ 03~43~46~06~03~"),
    ('9', "16364440~00~03~43"),
    ('A', "0602204246 0444"),
    ('B', "0040~43~03 43~46~060300"),
    ('C', "4140~00~06~46~45"),
    ('D', "0040~46~0600"),
    ('E', "40000646 0333"),
    ('F', "400006 0333"),
    ('G', "4140~00~06~46~4323"),
    ('H', "0006 4046 0343"),
    ('I', "1030 2026 1636"),
    ('J', "4046~06~04"),
    ('K', "0006 401346"),
    ('L', "000646"),
    ('M', "0600224046"),
    ('N', "06004640"),
    ('O', "00~40~46~06~00~"),
    ('P', "060040~43~03"),
    ('Q', "00~40~46~06~00~ 2446"),
    ('R', "060040~43~03 2346"),
    ('S', "4140~00~03~43~46~06~05"),
    ('T', "0040 2026"),
    ('U', "0006~46~40"),
    ('V', "0004264440"),
    ('W', "0006244640"),
    ('X', "0046 4006"),
    ('Y', "002340 2326"),
    ('Z', "00400646"),
    ('.', "26"),
    ('/', "0541"),
    ('-', "1333"),
    (':', "21 25"),
];

/// Fonts to develop with.
const DEVELOPMENT: [Design; 4] = [
    Design { name: "round 5x7", size: (5, 7), cut: 1.0, shapes: &[] },
    Design {
        name: "square 5x7",
        size: (5, 7),
        cut: 0.0,
        shapes: &[
            ('0', "00~40~46~06~00~ 0541"),
            ('1', "112026"),
            ('2', "0040~43~03~0646"),
            ('4', "000343 4046"),
            ('5', "40000343~46~06"),
            ('6', "40~00~06~46~43~03"),
            ('7', "004046"),
            ('9', "06~46~40~00~03~43"),
            ('A', "0600~40~46 0343"),
            ('S', "40~00~03~43~46~06"),
        ],
    },
    Design {
        name: "round 7x9",
        size: (7, 9),
        cut: 1.4,
        shapes: &[
            ('0', "00~40~46~06~00~ 23"),
            ('1', "1120 2026"),
            ('7', "004016"),
            ('.', "1525 1626"),
        ],
    },
    Design {
        name: "square 7x9",
        size: (7, 9),
        cut: 0.0,
        shapes: &[
            ('1', "2026"),
            ('2', "0040~43~03~0646"),
            ('4', "000343 4046"),
            ('6', "4140~00~06~46~43~03"),
            ('9', "0506~46~40~00~03~43"),
        ],
    },
];

/// Shapes that only the fonts of the test set have.
const TEST_ROUND: &[(char, &str)] = &[
    ('0', "20424426040220"),
    ('1', "022026"),
    ('2', "01204142050646"),
    ('3', "01204123452605"),
    ('4', "46400444"),
    ('5', "4000023243453606"),
    ('6', "300306~46~43~03"),
    ('7', "00404106"),
    ('8', "2041230120 2345260523"),
    ('9', "164340~00~03~43"),
    ('A', "062046 1434"),
    ('C', "40~00~06~46"),
    ('G', "40~00~06~46~43~23"),
    ('K', "0006 4004 1346"),
    ('M', "06004046 2023"),
    ('R', "060040~43~03 1346"),
    ('S', "40~00~03~43~46~06"),
    ('W', "0005162536454540 2325"),
    ('Y', "0001234140 2326"),
];
const TEST_SQUARE: &[(char, &str)] = &[
    ('0', "00~40~46~06~00~ 1533"),
    ('1', "102026 0646"),
    ('2', "0200~40~42~15060646"),
    ('3', "00404606 1343"),
    ('4', "200444 3236"),
    ('5', "40000242~46~06"),
    ('6', "30030646~43~03"),
    ('7', "004026 1333"),
    ('8', "00404606 00 03 0006 0343"),
    ('9', "16434000~03~43"),
    ('B', "00304143 0343 43460600"),
    ('D', "1016 0040~46~06"),
    ('E', "40000646 0343"),
    ('F', "400006 0343"),
    ('M', "06004046 2023"),
    ('Q', "00~40~46~06~00~ 3546"),
    ('X', "0001 0145 4546 4041 4105 0506"),
    ('.', "1525 1626"),
];

/// Fonts that only the test set has.
const TEST: [Design; 4] = [
    Design { name: "test round 5x7", size: (5, 7), cut: 1.0, shapes: TEST_ROUND },
    Design { name: "test square 5x7", size: (5, 7), cut: 0.0, shapes: TEST_SQUARE },
    Design { name: "test round 7x9", size: (7, 9), cut: 0.7, shapes: TEST_ROUND },
    Design { name: "test square 7x9", size: (7, 9), cut: 0.7, shapes: TEST_SQUARE },
];

/// The designs of a collection.
pub fn designs(collection: Collection) -> &'static [Design] {
    match collection {
        Collection::Development => &DEVELOPMENT,
        Collection::Test => &TEST,
    }
}

impl Font for Design {
    fn size(&self) -> (usize, usize) {
        self.size
    }

    fn glyph(&self, character: char) -> Glyph {
        let of = |table: &[(char, &'static str)]| {
            table.iter().find(|(known, _)| *known == character).map(|(_, strokes)| *strokes)
        };
        raster(of(self.shapes).or_else(|| of(&COMMON)).unwrap_or(""), self.size, self.cut)
    }
}

/// The dots of a character of these strokes on `size` places, `cut` taken off its round corners.
pub fn raster(strokes: &str, size: (usize, usize), cut: f32) -> Glyph {
    let mut dots = vec![vec![false; size.0]; size.1];
    for stroke in strokes.split_whitespace() {
        draw(stroke, size, cut, &mut dots);
    }
    dots
}

fn draw(stroke: &str, (columns, rows): (usize, usize), cut: f32, dots: &mut Glyph) {
    let (wide, high) = ((columns - 1) as f32, (rows - 1) as f32);
    // Halves go to the middle, so that what is symmetrical stays so.
    let place = |at: f32, last: f32| {
        let inwards = if at * 2.0 > last { -0.01 } else { 0.01 };
        (at + inwards).round().clamp(0.0, last) as usize
    };
    let points: Vec<[f32; 2]> = cornered(&points(stroke), cut)
        .into_iter()
        .map(|[x, y]| [x * wide / 4.0, y * high / 6.0])
        .collect();
    for pair in points.windows(2).chain([[points[0]; 2].as_slice()]) {
        let [from, to] = [pair[0], pair[1]];
        let steps = (to[0] - from[0]).abs().max((to[1] - from[1]).abs()).round().max(1.0);
        for step in 0..=steps as usize {
            let share = step as f32 / steps;
            let [x, y] = [0, 1].map(|axis| from[axis] + (to[axis] - from[axis]) * share);
            dots[place(y, high)][place(x, wide)] = true;
        }
    }
}

/// The points of a stroke, and whether each is a corner that may be cut.
fn points(stroke: &str) -> Vec<([f32; 2], bool)> {
    let mut points: Vec<([f32; 2], bool)> = Vec::new();
    let mut before = None;
    for letter in stroke.chars() {
        match (letter.to_digit(10), before) {
            (Some(y), Some(x)) => {
                points.push(([x as f32, y as f32], false));
                before = None;
            }
            (Some(x), None) => before = Some(x),
            (None, _) => points.last_mut().expect("a mark follows a point").1 = true,
        }
    }
    points
}

/// The points with `cut` taken off each corner that may be cut.
fn cornered(points: &[([f32; 2], bool)], cut: f32) -> Vec<[f32; 2]> {
    let last = points.len() - 1;
    let closed = last > 1 && points[0].0 == points[last].0;
    let mut result = Vec::new();
    for (at, (point, round)) in points.iter().enumerate() {
        let before = if at > 0 { Some(at - 1) } else { closed.then(|| last - 1) };
        let after = if at < last { Some(at + 1) } else { closed.then_some(1) };
        match (before, after) {
            (Some(before), Some(after)) if *round && cut > 0.0 => {
                result.extend([before, after].map(|other| towards(*point, points[other].0, cut)));
            }
            _ => result.push(*point),
        }
    }
    result
}

/// The point `far` from `from` on the way to `to`, at most half-way.
fn towards(from: [f32; 2], to: [f32; 2], far: f32) -> [f32; 2] {
    let way = [to[0] - from[0], to[1] - from[1]];
    let share = (far / way[0].hypot(way[1]).max(1e-6)).min(0.5);
    [from[0] + way[0] * share, from[1] + way[1] * share]
}
