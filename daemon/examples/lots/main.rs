//! How often a held lot is **missed** since its print was misread.
//!
//! `cargo run -p inspectd --example lots -- 1000 2` prints 1,000 labels with lots full of look-alikes (O/0,
//! I/1, B/8, S/5, Z/2) near the limit of what can be read, reads them as inspectd does, and asks as inspectd
//! does whether such an item would pass while its lot, or another one of its SKU, is on hold. 2 is the seed:
//! the same seed makes the same labels. `docs/measurements/lots.md` says what came of it.
//!
//! The last table shows what another bound on the confidence (`lots::SURE`) would do. Choose it on one seed
//! and report on another.

mod print;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use base::picture::{Picture, PixelFormat};
use base::statistics::wilson;
use inspectd::item::lots::{self, LotSeen};
use jiff::civil::date;
use meaning::dates::{Context, Region};
use meaning::reading::Reading;
use rand::SeedableRng;
use rand::rngs::StdRng;
use reading::reader::{LabelReader, ReadUntil, default_text_dir};

/// Heights of the capitals, in pixels.
const HEIGHTS: [u32; 8] = [6, 7, 8, 9, 10, 12, 15, 20];
/// Bounds on the confidence that are compared.
const BOUNDS: [f32; 9] = [0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99];

/// A label that was read.
struct Item {
    height: u32,
    font: usize,
    /// Its lot, another lot of the SKU, and one that differs from its own in one character.
    lot: String,
    other: String,
    neighbour: String,
    lots: Vec<LotSeen>,
}

/// What happens to an item while a lot of its SKU is on hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// It is held: its lot was read to the letter.
    Exact,
    /// It is held: what was read looks like the held lot.
    Alike,
    /// Its lot is not known, and it does not pass.
    Unknown,
    /// It passes.
    Passes,
}

impl Item {
    fn fate(&self, held: &str, sure: f32) -> Fate {
        if lots::shows(&self.lots, held) {
            let exact = self.lots.iter().any(|lot| lot.text == held);
            if exact { Fate::Exact } else { Fate::Alike }
        } else if lots::doubt_below(&self.lots, held, sure).is_some() {
            Fate::Unknown
        } else {
            Fate::Passes
        }
    }
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let count: usize = arguments.next().context("how many labels?")?.parse().context("labels")?;
    let seed: u64 = arguments.next().context("which seed?")?.parse().context("seed")?;
    let mut reader = LabelReader::open(&default_text_dir(), 1, &[])?;
    let fonts = print::fonts()?;
    let mut rng = StdRng::seed_from_u64(seed);
    let context = Context { region: Region::Europe, today: date(2026, 11, 1) };
    let mut items = Vec::new();
    for number in 0..count {
        let height = HEIGHTS[number % HEIGHTS.len()];
        let lot = print::lot(&mut rng);
        let seen = print::Seen::any(&mut rng);
        let picture = seen.picture(&fonts, &lot, height as f32, &mut rng);
        let (width, tall) = picture.dimensions();
        let picture = Picture::from_pixels(width, tall, PixelFormat::Rgb8, picture.into_raw())?;
        let read = as_on_the_belt(&mut reader, &picture, &context)?;
        let item = Item {
            height,
            font: seen.font,
            other: print::lot(&mut rng),
            neighbour: print::neighbour(&lot, &mut rng),
            lots: read.lots.iter().map(LotSeen::from).collect(),
            lot,
        };
        let lines: Vec<&str> = read.lines.iter().map(|line| line.text.as_str()).collect();
        // One line a label, so that a run that is cut short has not been for nothing.
        let fate = item.fate(&item.lot, lots::SURE);
        let lots: Vec<_> = item.lots.iter().map(|lot| (&lot.text, lot.confidence)).collect();
        eprintln!("{height} px, {}: {fate:?}, {lots:?} in {lines:?}, {seen:?}", item.lot);
        items.push(item);
    }
    println!("{count} labels, seed {seed}\n");
    println!("An item of the held lot:\n");
    table(&items, "px", |item| item.height.to_string(), |item| &item.lot);
    table(&items, "font", |item| print::FONTS[item.font].1.to_owned(), |item| &item.lot);
    println!("An item while another lot is on hold:\n");
    table(&items, "px", |item| item.height.to_string(), |item| &item.other);
    println!("An item while a lot is on hold that differs in one character:\n");
    table(&items, "px", |item| item.height.to_string(), |item| &item.neighbour);
    bounds(&items);
    Ok(())
}

/// What inspectd reads of a label whose lot it wants: text, and no dots, which are looked for only where an
/// expiry date is asked for.
fn as_on_the_belt(
    reader: &mut LabelReader,
    picture: &Picture,
    context: &Context,
) -> anyhow::Result<Reading> {
    let until = ReadUntil { text: None, dots: Some(Duration::ZERO) };
    Ok(reader.read_text(picture, Vec::new(), context, until)?.reading)
}

/// The fates of items, group by group, while `held` of each is on hold.
fn table(
    items: &[Item],
    head: &str,
    group: impl Fn(&Item) -> String,
    held: impl Fn(&Item) -> &String,
) {
    println!(
        "| {head} | labels | held, to the letter | held, look-alikes | lot unknown | passes | passes, 95 % |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let mut groups: BTreeMap<(u32, String), Vec<Fate>> = BTreeMap::new();
    for item in items {
        let name = group(item);
        // Numbers in their order, names in theirs, all of them last.
        let order = name.parse().unwrap_or(0);
        let fate = item.fate(held(item), lots::SURE);
        groups.entry((order, name)).or_default().push(fate);
        groups.entry((u32::MAX, "all".to_owned())).or_default().push(fate);
    }
    for ((_, name), fates) in groups {
        let count = |fate: Fate| fates.iter().filter(|one| **one == fate).count();
        let [exact, alike, unknown, passes] =
            [Fate::Exact, Fate::Alike, Fate::Unknown, Fate::Passes].map(count);
        let of = fates.len();
        let [low, high] = wilson(passes, of).map(|share| 100.0 * share);
        println!(
            "| {name} | {of} | {exact} | {alike} | {unknown} | {passes} | {low:.1} to {high:.1} % |"
        );
    }
    println!();
}

/// What each bound on the confidence would do.
fn bounds(items: &[Item]) {
    println!(
        "| bound | held lot passes | another lot unknown | neighbour unknown | neighbour held |"
    );
    println!("| --- | --- | --- | --- | --- |");
    for bound in BOUNDS {
        let count = |held: fn(&Item) -> &String, fates: &[Fate]| {
            items.iter().filter(|item| fates.contains(&item.fate(held(item), bound))).count()
        };
        println!(
            "| {bound} | {} | {} | {} | {} |",
            count(|item| &item.lot, &[Fate::Passes]),
            count(|item| &item.other, &[Fate::Unknown]),
            count(|item| &item.neighbour, &[Fate::Unknown]),
            count(|item| &item.neighbour, &[Fate::Exact, Fate::Alike]),
        );
    }
}
