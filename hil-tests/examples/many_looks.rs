//! What recognising an item by its looks costs, and how often it is right, as the catalogue grows
//! (docs/measurements/identity.md).
//!
//! `many_looks noise COUNT FILE` draws so many SKUs of the twin, each lying in its own way, and learns a catalogue of
//! them; what is printed largest on each counts as its words.
//!
//! `many_looks photographs CATALOGUE NOISE TESTS EVERY` adds growing numbers of these to a catalogue of photographed
//! SKUs. For each size: how often the own SKU of a test photograph is proposed, how often it comes out first, how
//! often it does without the index (where that does not take too long), and the times.
//!
//! `many_looks drawn NOISE COUNT` asks the same of other pieces of the drawn SKUs, turned as they please.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use base::picture::Picture;
use base::progress::Silent;
use base::statistics::wilson;
use identity::folder::pictures_by_sku;
use identity::index::PROPOSED;
use identity::{Appearance, Catalog, MayBe, of_files};
use image::{Rgb, RgbImage};
use meaning::line::TextLine;
use reading::reader::default_text_dir;
use twin::goods::raster::Eye;
use twin::goods::{Laid, Sku, draw::draw};

/// Sizes of the catalogue.
const SIZES: [usize; 4] = [50, 100, 1_000, 10_000];
/// A catalogue of more is not compared as a whole but with every tenth picture.
const WHOLE: usize = 1_000;
/// From above, with so many pixels a millimetre: an item is 200 to 600 pixels long.
const EYE: Eye = Eye { pitch: 1.396, px_per_mm: 1.6 };
const BELT: Rgb<u8> = Rgb([64, 66, 64]);
const SEED: u64 = 11;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// A picture that shows this SKU.
type Asked = (String, Appearance);

fn main() -> Outcome<()> {
    tch::set_num_threads(1);
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["noise", count, file] => noise(count.parse()?, Path::new(file)),
        ["photographs", catalogue, drawn, tests, every] => {
            let tests = photographs(Path::new(tests), every.parse()?)?;
            grow(|| Ok(Catalog::load(Path::new(catalogue))?), Path::new(drawn), &tests)
        }
        ["drawn", drawn, count] => {
            let tests: Vec<Asked> = (0..count.parse()?)
                .map(|index| {
                    let sku = Arc::new(Sku::of(index, SEED));
                    let yaw = (index as f32 * 47.0) % 360.0;
                    Ok((sku.name.clone(), appearance(&sku, 7_000_000 + u64::from(index), yaw)?))
                })
                .collect::<Outcome<_>>()?;
            grow(|| Ok(Catalog::new()), Path::new(drawn), &tests)
        }
        _ => Err("see the first lines of this example for its arguments".into()),
    }
}

fn noise(count: u32, file: &Path) -> Outcome<()> {
    let mut catalog = Catalog::new();
    for index in 0..count {
        let sku = Arc::new(Sku::of(index, SEED));
        let yaw = (index as f32 * 73.0) % 360.0;
        catalog.learn(&sku.name, &[appearance(&sku, u64::from(index), yaw)?])?;
        if index % 500 == 499 {
            eprintln!("{} drawn", index + 1);
        }
    }
    catalog.build_index()?;
    Ok(catalog.save(file)?)
}

fn appearance(sku: &Arc<Sku>, look: u64, yaw: f32) -> Outcome<Appearance> {
    let drawing = draw(&Laid::normal(sku, look, yaw), EYE);
    let (width, height) = (drawing.width, drawing.pixels.len() / drawing.width.max(1));
    let margin = 24;
    let mut picture =
        RgbImage::from_pixel(width as u32 + 2 * margin, height as u32 + 2 * margin, BELT);
    for (at, [red, green, blue, opaque]) in drawing.pixels.iter().enumerate() {
        let (x, y) = ((at % width) as u32 + margin, (at / width) as u32 + margin);
        let part = f32::from(*opaque) / 255.0;
        let ground = picture.get_pixel_mut(x, y);
        for (ground, value) in ground.0.iter_mut().zip([red, green, blue]) {
            *ground = (f32::from(*ground) * (1.0 - part) + f32::from(*value) * part) as u8;
        }
    }
    let middle = [picture.width() as f32 / 2.0, picture.height() as f32 / 2.0];
    let line = |text: &str, down: f32| TextLine::level(text, middle[0], middle[1] + down, 10.0);
    let lines = [line(&sku.title, -12.0), line(&sku.contents, 4.0)];
    Ok(Appearance::of(&Picture::from(picture), &lines)?)
}

fn photographs(folder: &Path, every: usize) -> Outcome<Vec<Asked>> {
    let named = pictures_by_sku(folder)?;
    let named = named.iter().flat_map(|(sku, pictures)| {
        pictures.files(None).into_iter().map(move |file| (file, sku.clone()))
    });
    let (files, skus): (Vec<PathBuf>, Vec<String>) = named.step_by(every).unzip();
    let read = of_files(&files, Some(&default_text_dir()), &mut Silent)?;
    skus.into_iter().zip(read).map(|(sku, read)| Ok((sku, read?))).collect()
}

fn grow(start: impl Fn() -> Outcome<Catalog>, drawn: &Path, tests: &[Asked]) -> Outcome<()> {
    println!("| SKUs | proposed | first, with the index | first, without | ms with | ms without |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for size in SIZES {
        let mut catalog = start()?;
        let missing = size.saturating_sub(catalog.skus().count());
        catalog.adopt(Catalog::load(drawn)?, missing)?;
        let (mut proposed, mut first, mut with) = (0, 0, Vec::new());
        let (mut whole, mut compared, mut without) = (0, 0, Vec::new());
        for (at, (sku, view)) in tests.iter().enumerate() {
            let view = std::slice::from_ref(view);
            let started = Instant::now();
            let found = catalog.compare(view, MayBe::Any)?.ranked();
            with.push(started.elapsed().as_secs_f64() * 1e3);
            proposed += usize::from(found.iter().any(|one| one.sku == *sku));
            first += usize::from(found.first().is_some_and(|one| one.sku == *sku));
            if size <= WHOLE || at % 10 == 0 {
                let started = Instant::now();
                let found = catalog.compare_with_all(view)?.ranked();
                without.push(started.elapsed().as_secs_f64() * 1e3);
                compared += 1;
                whole += usize::from(found.first().is_some_and(|one| one.sku == *sku));
            }
        }
        let share = |right: usize, of: usize| {
            let [low, high] = wilson(right, of);
            format!("{right} of {of} ({low:.3} to {high:.3})")
        };
        println!(
            "| {} | {} | {} | {} | {:.0} | {:.0} |",
            catalog.skus().count(),
            share(proposed, tests.len()),
            share(first, tests.len()),
            share(whole, compared),
            median(&mut with),
            median(&mut without),
        );
    }
    println!("\n{PROPOSED} SKUs are proposed at most; medians of milliseconds on one thread.");
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
