//! The symbols of EAN-13, what they look like out of focus, and the sequence that fits best.
//!
//! A **symbol** is a digit as it is drawn: 0 to 9 are the digits with odd parity, 10 to 19 with even parity, both
//! of the left half; the right half has one way to draw each. Source: GS1 General Specifications,
//! section 5.2.

use meaning::gs1::gtin;

/// A code's width.
pub(super) const MODULES: usize = 95;
/// Samples of a code: two a module, with four modules of light at either side.
pub(super) const SAMPLES: usize = 2 * (MODULES + 8);

/// The bars of the digits with odd parity, the left module first.
const ODD: [u8; 10] = [
    0b000_1101, 0b001_1001, 0b001_0011, 0b011_1101, 0b010_0011, 0b011_0001, 0b010_1111, 0b011_1011,
    0b011_0111, 0b000_1011,
];
/// Which of the six left digits have even parity, for each first digit.
const PARITIES: [u8; 10] = [
    0b00_0000, 0b00_1011, 0b00_1101, 0b00_1110, 0b01_0011, 0b01_1001, 0b01_1100, 0b01_0101,
    0b01_0110, 0b01_1010,
];

/// Samples of the windows: at the ends, between two digits, and over the middle bars.
const AT_END: usize = 21;
const BETWEEN: usize = 14;
const MIDDLE: usize = 24;
/// Where the windows of the middle and the right end begin.
const MIDDLE_AT: usize = 91;
const END_AT: usize = 185;

/// The module at whose place a sample is taken.
pub(super) fn module(sample: usize) -> f32 {
    sample as f32 / 2.0 - 3.75
}

fn left_bars(symbol: usize) -> u8 {
    let odd = ODD[symbol % 10];
    // Even parity is the right half's symbol read backwards, which is the left's with dark for light.
    if symbol < 10 { odd } else { (!odd & 0x7F).reverse_bits() >> 1 }
}

fn right_bars(symbol: usize) -> u8 {
    !ODD[symbol] & 0x7F
}

fn modules(bars: u8) -> impl Iterator<Item = bool> {
    (0..7).rev().map(move |bit| bars >> bit & 1 == 1)
}

/// What the windows between symbols look like with one width of blur.
pub(super) struct Tables {
    start: Vec<[f32; AT_END]>,
    left: Vec<[f32; BETWEEN]>,
    middle: Vec<[f32; MIDDLE]>,
    right: Vec<[f32; BETWEEN]>,
    end: Vec<[f32; AT_END]>,
}

impl Tables {
    /// For a Gaussian blur of this deviation, in modules.
    pub(super) fn new(blur: f32) -> Self {
        let pair = |a: u8, b: u8| modules(a).chain(modules(b)).collect::<Vec<bool>>();
        let light = || [false; 4].into_iter();
        let guard = || [true, false, true].into_iter();
        let lefts = || (0..20).map(left_bars);
        let rights = || (0..10).map(right_bars);
        let over = |a: u8, b: u8| {
            let middle = [false, true, false, true, false];
            modules(a).chain(middle).chain(modules(b)).collect::<Vec<bool>>()
        };
        let at_start = |bars: u8| light().chain(guard()).chain(modules(bars)).collect::<Vec<_>>();
        let at_end = |bars: u8| modules(bars).chain(guard()).chain(light()).collect::<Vec<_>>();
        Self {
            start: lefts().map(|bars| blurred(&at_start(bars), 0.0, blur)).collect(),
            left: lefts()
                .flat_map(|a| lefts().map(move |b| (a, b)))
                .map(|(a, b)| blurred(&pair(a, b), 3.5, blur))
                .collect(),
            middle: lefts()
                .flat_map(|a| rights().map(move |b| (a, b)))
                .map(|(a, b)| blurred(&over(a, b), 3.5, blur))
                .collect(),
            right: rights()
                .flat_map(|a| rights().map(move |b| (a, b)))
                .map(|(a, b)| blurred(&pair(a, b), 3.5, blur))
                .collect(),
            end: rights().map(|bars| blurred(&at_end(bars), 3.5, blur)).collect(),
        }
    }

    /// The sequence that fits `darkness` best, and the root mean square of what it leaves.
    pub(super) fn best(&self, darkness: &[f32; SAMPLES]) -> ([u8; 12], f32) {
        let mut costs: Vec<f32> =
            self.start.iter().map(|window| off(window, &darkness[..AT_END])).collect();
        let mut froms: Vec<Vec<u8>> = Vec::with_capacity(11);
        for digit in 1..12 {
            let (next, at) = if digit < 6 { (20, 7 + 14 * digit) } else { (10, 17 + 14 * digit) };
            let mut after = vec![f32::INFINITY; next];
            let mut from = vec![0; next];
            for (before, cost) in costs.iter().enumerate() {
                for symbol in 0..next {
                    let pair = before * next + symbol;
                    let more = match digit {
                        1..6 => off(&self.left[pair], &darkness[at..at + BETWEEN]),
                        6 => off(&self.middle[pair], &darkness[MIDDLE_AT..MIDDLE_AT + MIDDLE]),
                        _ => off(&self.right[pair], &darkness[at..at + BETWEEN]),
                    };
                    if cost + more < after[symbol] {
                        after[symbol] = cost + more;
                        from[symbol] = before as u8;
                    }
                }
            }
            costs = after;
            froms.push(from);
        }
        let ends =
            costs.iter().zip(&self.end).map(|(cost, end)| cost + off(end, &darkness[END_AT..]));
        let (last, cost) = ends
            .enumerate()
            .min_by(|(_, a), (_, b)| a.total_cmp(b))
            .expect("there are ten symbols of the right half");
        let mut symbols = [last as u8; 12];
        for digit in (0..11).rev() {
            symbols[digit] = froms[digit][usize::from(symbols[digit + 1])];
        }
        (symbols, (cost / SAMPLES as f32).sqrt())
    }

    /// The darkness of a bar that is wide enough to be dark throughout, by the sequence's least squares.
    pub(super) fn contrast(&self, darkness: &[f32; SAMPLES], symbols: &[u8; 12]) -> f32 {
        let at = |digit: usize| usize::from(symbols[digit]);
        let windows = [&self.start[at(0)][..]].into_iter();
        let windows = windows.chain((1..6).map(|i| &self.left[at(i - 1) * 20 + at(i)][..]));
        let windows = windows.chain([&self.middle[at(5) * 10 + at(6)][..]]);
        let windows = windows.chain((7..12).map(|i| &self.right[at(i - 1) * 10 + at(i)][..]));
        let shown = windows.chain([&self.end[at(11)][..]]).flatten();
        let (both, own) =
            darkness.iter().zip(shown).fold((0.0, 0.0), |(both, own), (dark, shown)| {
                (both + dark * shown, own + shown * shown)
            });
        if own > 0.0 { both / own } else { 1.0 }
    }
}

/// `N` samples of `modules` (true: dark) from the module `from` on, seen through the blur.
fn blurred<const N: usize>(modules: &[bool], from: f32, blur: f32) -> [f32; N] {
    std::array::from_fn(|sample| {
        let at = from + 0.25 + sample as f32 / 2.0;
        let dark = modules.iter().enumerate().filter(|(_, dark)| **dark);
        dark.map(|(module, _)| {
            below((module as f32 + 1.0 - at) / blur) - below((module as f32 - at) / blur)
        })
        .sum()
    })
}

/// The part of a normal distribution below `x`, to 0.0001 (Abramowitz and Stegun 1964, 26.2.17 with fewer
/// terms would do; this is the logistic form of Page 1977).
fn below(x: f32) -> f32 {
    1.0 / (1.0 + (-1.5976 * x - 0.070_565_92 * x * x * x).exp())
}

fn off(window: &[f32], seen: &[f32]) -> f32 {
    window.iter().zip(seen).map(|(window, seen)| (window - seen) * (window - seen)).sum()
}

/// The number of a sequence: its first digit follows from the parities. `None` where they or the check
/// digit are not right.
pub(super) fn number(symbols: &[u8; 12]) -> Option<String> {
    let parity = symbols[..6].iter().fold(0, |bits, symbol| bits << 1 | u8::from(*symbol >= 10));
    let first = PARITIES.iter().position(|one| *one == parity)? as u8;
    let digits = [first].into_iter().chain(symbols.iter().map(|symbol| symbol % 10));
    let text: String = digits.map(|digit| char::from(b'0' + digit)).collect();
    gtin::check(&text).ok().map(|()| text)
}
