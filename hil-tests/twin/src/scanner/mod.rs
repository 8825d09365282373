//! The twin's fixed scanner: it sends a message for each item that crosses its place, and makes the mistakes
//! that scanners make, at rates that are stated ([`ScannerFaults`]). Without I/O; [`server`] is the wire.
//!
//! An item is read once, when its leading edge crosses the scanner's place, give or take where its code is
//! ([`SPREAD_MM`]). Each item has one fate at most: the rates are shares of all items.

pub mod server;

use std::collections::{HashMap, VecDeque};
use std::str::FromStr;
use std::time::Duration;

use line::config::scanner::{Framing, ScannerSection};
use serde::{Deserialize, Serialize};

use crate::rng::Rng;
use crate::scene::carton;
use crate::scene::defect::Defect;
use crate::world::NewItem;

/// How far from the scanner's place an item may be when it is read, either way, in millimetres; never more than
/// three quarters of the tolerance.
pub const SPREAD_MM: f64 = 20.0;
/// From the first message of a double read to the second.
const AGAIN_AFTER: Duration = Duration::from_millis(15);
/// Codes of earlier items that a misread may give.
const CODES: usize = 16;

/// The shares of items with which a scanner goes wrong, 0 to 1; together at most 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ScannerFaults {
    /// Another valid code is read: that of an earlier item where there is one.
    pub misread: f64,
    /// The message comes late, by up to [`late_ms`](Self::late_ms) more than the latency.
    pub late: f64,
    /// Nothing is read, and the scanner says so, or is silent where it has no message for that.
    pub no_read: f64,
    /// The message comes twice.
    pub double: f64,
    /// Nothing is said.
    pub silent: f64,
    /// The longest that a late message is late, in milliseconds; the shortest is a quarter of it. 0 means
    /// 1000.
    pub late_ms: f64,
}

impl FromStr for ScannerFaults {
    type Err = String;

    /// As on the command line: `misread=0.01,late=0.02,no_read=0.02,double=0.05,silent=0.01,late_ms=800`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut faults = Self::default();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let value: f64 = value.parse().map_err(|_| format!("`{part}` has no number"))?;
            let field = match key {
                "misread" => &mut faults.misread,
                "late" => &mut faults.late,
                "no_read" => &mut faults.no_read,
                "double" => &mut faults.double,
                "silent" => &mut faults.silent,
                "late_ms" => &mut faults.late_ms,
                _ => {
                    return Err(format!(
                        "a scanner has no fault `{key}`; write misread, late, no_read, double, silent or \
                         late_ms"
                    ));
                }
            };
            *field = value;
        }
        let shares = faults.shares().map(|(_, share)| share);
        let sound = shares.iter().all(|share| *share >= 0.0) && shares.iter().sum::<f64>() <= 1.0;
        if sound && faults.late_ms >= 0.0 {
            Ok(faults)
        } else {
            Err("the shares must lie between 0 and 1, and together not above 1".to_owned())
        }
    }
}

impl ScannerFaults {
    fn shares(&self) -> [(ScanKind, f64); 5] {
        [
            (ScanKind::Misread, self.misread),
            (ScanKind::Late, self.late),
            (ScanKind::NoRead, self.no_read),
            (ScanKind::Double, self.double),
            (ScanKind::Silent, self.silent),
        ]
    }

    /// What happens to one item.
    fn draw(&self, rng: &mut Rng) -> ScanKind {
        let mut left = rng.unit();
        for (kind, share) in self.shares() {
            if left < share {
                return kind;
            }
            left -= share;
        }
        ScanKind::Read
    }
}

/// What the scanner made of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScanKind {
    /// Its code, in time.
    Read,
    /// Another valid code.
    Misread,
    /// Its code, late.
    Late,
    /// That nothing was read.
    NoRead,
    /// Its code, twice.
    Double,
    /// Nothing at all.
    Silent,
}

/// What a scanner made of an item; a line of the file of scans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanTruth {
    /// The item's number, as in the truth.
    pub number: u64,
    /// The scanner's name.
    pub scanner: String,
    /// What it made of the item.
    pub kind: ScanKind,
    /// The code that was told, without its symbology identifier; none where none was told.
    pub text: Option<String>,
    /// The code that the item bears.
    pub bears: Option<String>,
    /// When the item was before the scanner, in nanoseconds of the monotonic clock.
    pub at_ns: u64,
}

/// An item on the belt, as the scanner meets it.
#[derive(Debug, Clone, Copy)]
pub struct Passing<'a> {
    /// Its number.
    pub number: u64,
    /// Position of its leading edge, in millimetres from the entry eye.
    pub position_mm: f64,
    /// What it is.
    pub what: &'a NewItem,
}

/// What code an item bears: digits, or any text; none where it has none.
pub type CodeOf = fn(&NewItem) -> Option<String>;

/// The EAN-13 that the plant can tell of an item: the printed one, but of a wrong product.
pub fn carton_code(what: &NewItem) -> Option<String> {
    if let Some(laid) = &what.laid {
        return laid.entry.told().map(str::to_owned);
    }
    let defect = what.defect.as_deref().and_then(Defect::named);
    let gtin = match defect {
        Some(Defect::OtherItem) => carton::other_gtin(&what.sku),
        _ => carton::gtin(&what.sku),
    };
    gtin.get(1..).map(str::to_owned)
}

/// One scanner.
#[derive(Debug)]
pub struct Scanner {
    section: ScannerSection,
    faults: ScannerFaults,
    code_of: CodeOf,
    rng: Rng,
    /// Items before the scanner: where each is read, and where it stood last.
    coming: HashMap<u64, (f64, f64)>,
    looked: Option<Duration>,
    /// Messages under way, with the time at which each is sent.
    under_way: Vec<(Duration, Vec<u8>)>,
    truths: Vec<ScanTruth>,
    codes: VecDeque<String>,
}

impl Scanner {
    /// A scanner as the line file describes it. The same seed and the same items give the same messages.
    pub fn new(
        section: &ScannerSection,
        faults: ScannerFaults,
        seed: u64,
        code_of: CodeOf,
    ) -> Self {
        let name = section.name.bytes().fold(0, |sum: u64, byte| sum * 31 + u64::from(byte));
        Self {
            section: section.clone(),
            faults,
            code_of,
            rng: Rng::new(seed ^ 0x7363_616E ^ name),
            coming: HashMap::new(),
            looked: None,
            under_way: Vec::new(),
            truths: Vec::new(),
            codes: VecDeque::new(),
        }
    }

    /// Looks at the belt at the time `now`; to be called at each scan of the PLC, with all items on the belt in
    /// the order in which they were laid.
    pub fn look<'a>(&mut self, now: Duration, items: impl Iterator<Item = Passing<'a>>) {
        let before = self.looked.replace(now);
        let mut coming = HashMap::new();
        for item in items {
            let known = self.coming.get(&item.number).copied();
            let (place_mm, last_mm) = known.unwrap_or_else(|| {
                let spread = SPREAD_MM.min(0.75 * self.section.tolerance_mm);
                let place_mm = self.section.position_mm + self.rng.between(-spread, spread);
                (place_mm, item.position_mm)
            });
            if item.position_mm < place_mm {
                coming.insert(item.number, (place_mm, item.position_mm));
            } else if known.is_some() {
                let moved = item.position_mm - last_mm;
                let share = if moved > 0.0 { (place_mm - last_mm) / moved } else { 1.0 };
                let from = before.unwrap_or(now);
                let at = from + now.saturating_sub(from).mul_f64(share.clamp(0.0, 1.0));
                self.meets(item, at);
                // Past its place; a belt that runs back does not have it read again.
                coming.insert(item.number, (f64::INFINITY, item.position_mm));
            } else {
                coming.insert(item.number, (f64::INFINITY, item.position_mm));
            }
        }
        self.coming = coming;
    }

    /// The bytes that are due at the time `now`, message by message.
    pub fn due(&mut self, now: Duration) -> Vec<Vec<u8>> {
        let mut due: Vec<(Duration, Vec<u8>)> =
            self.under_way.extract_if(.., |(at, _)| *at <= now).collect();
        due.sort_by_key(|(at, _)| *at);
        due.into_iter().map(|(_, bytes)| bytes).collect()
    }

    /// What was made of the items since the last call.
    pub fn take_truths(&mut self) -> Vec<ScanTruth> {
        std::mem::take(&mut self.truths)
    }

    /// An item is before the scanner.
    fn meets(&mut self, item: Passing<'_>, at: Duration) {
        let bears = (self.code_of)(item.what);
        let drawn = self.faults.draw(&mut self.rng);
        let (other, late) = (self.rng.bits(), self.rng.between(0.25, 1.0));
        let kind = match (&bears, drawn) {
            (None, ScanKind::Silent) => ScanKind::Silent,
            (None, _) => ScanKind::NoRead,
            (Some(_), drawn) => drawn,
        };
        let text = match (&bears, kind) {
            (None, _) | (_, ScanKind::NoRead | ScanKind::Silent) => None,
            (Some(code), ScanKind::Misread) => Some(self.other_code(code, other)),
            (Some(code), _) => Some(code.clone()),
        };
        let mut due = at + Duration::from_millis(self.section.latency_ms.into());
        if kind == ScanKind::Late {
            let late_ms = if self.faults.late_ms > 0.0 { self.faults.late_ms } else { 1000.0 };
            due += Duration::from_secs_f64(late_ms * late / 1000.0);
        }
        let message = match (&text, kind) {
            (Some(text), _) => Some(self.framed(&identified(text))),
            (None, ScanKind::NoRead) => {
                self.section.no_read.as_deref().map(|text| self.framed(text))
            }
            (None, _) => None,
        };
        if let Some(message) = message {
            if kind == ScanKind::Double {
                self.under_way.push((due + AGAIN_AFTER, message.clone()));
            }
            self.under_way.push((due, message));
        }
        if let Some(code) = &bears
            && !self.codes.contains(code)
        {
            if self.codes.len() >= CODES {
                self.codes.pop_front();
            }
            self.codes.push_back(code.clone());
        }
        self.truths.push(ScanTruth {
            number: item.number,
            scanner: self.section.name.clone(),
            kind,
            text,
            bears,
            at_ns: at.as_nanos() as u64,
        });
    }

    /// Another valid code than `code`.
    fn other_code(&self, code: &str, random: u64) -> String {
        let others: Vec<&String> = self.codes.iter().filter(|other| *other != code).collect();
        if let Some(other) = others.get(random as usize % others.len().max(1)) {
            return (*other).clone();
        }
        let digits = code.len() > 1 && code.bytes().all(|byte| byte.is_ascii_digit());
        if !digits {
            return format!("{code}0");
        }
        // The digit before the check digit becomes another one, and the check digit fits it.
        let mut body: Vec<u8> = code.bytes().take(code.len() - 1).collect();
        if let Some(last) = body.last_mut() {
            *last = b'0' + (*last - b'0' + 1 + (random % 9) as u8) % 10;
        }
        let weights = [3, 1].into_iter().cycle();
        let sum: u32 = body
            .iter()
            .rev()
            .zip(weights)
            .map(|(digit, weight)| u32::from(digit - b'0') * weight)
            .sum();
        body.push(b'0' + ((10 - sum % 10) % 10) as u8);
        body.into_iter().map(char::from).collect()
    }

    fn framed(&self, text: &str) -> Vec<u8> {
        let (begin, end) = match self.section.framing {
            Framing::Cr => ("", "\r"),
            Framing::Lf => ("", "\n"),
            Framing::Crlf => ("", "\r\n"),
            Framing::StxEtx => ("\x02", "\x03"),
        };
        let ScannerSection { prefix, suffix, .. } = &self.section;
        format!("{begin}{prefix}{text}{suffix}{end}").into_bytes()
    }
}

/// A code with the symbology identifier that a scanner puts before it.
fn identified(code: &str) -> String {
    let is_number = code.bytes().all(|byte| byte.is_ascii_digit());
    match code.len() {
        13 if is_number => format!("]E0{code}"),
        8 if is_number => format!("]E4{code}"),
        14 if is_number => format!("]I1{code}"),
        _ => format!("]C0{code}"),
    }
}

#[cfg(test)]
mod tests;
