//! Renders dot-matrix and ink-jet prints, and measures how they are read.
//!
//! ```text
//! cargo run -p reading --example dotmatrix -- fonts
//! cargo run -p reading --example dotmatrix -- render  development|test SEED COUNT FOLDER
//! cargo run -p reading --example dotmatrix -- measure development|test SEED FROM TO
//! cargo run -p reading --example dotmatrix -- rows    development|test SEED FROM TO
//! cargo run -p reading --example dotmatrix -- read    PICTURE...
//! cargo run -p reading --example dotmatrix -- train   MINUTES vision/reading/weights/dots.safetensors [FROM]
//! cargo run -p reading --example dotmatrix -- strips  PICTURE
//! ```
//!
//! `read` tells what is read of pictures without a look at dots and with it. The pictures of a seed are those
//! of the seeds SEED x 1,000,000 and following. The measurement that
//! `docs/measurements/dot-matrix.md` reports is `measure test 5 0 500`; nothing else looks at these pictures.

mod measure;
mod render;
mod train;

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::ops::Range;
use std::path::Path;

use render::font::Font;
use render::scene::draw;
use render::{Collection, font};

/// The first picture's seed, and how far those of the next seed are.
fn first(seed: u64) -> u64 {
    seed * 1_000_000
}

/// The seeds of the pictures `from` to `to`, the last one not among them.
fn seeds(seed: &str, from: &str, to: &str) -> Result<Range<u64>, Box<dyn Error>> {
    let first = first(seed.parse()?);
    Ok(first + from.parse::<u64>()?..first + to.parse::<u64>()?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["fonts"] => fonts(),
        ["render", collection, seed, count, folder] => {
            render(named(collection)?, seed.parse()?, count.parse()?, Path::new(folder))?;
        }
        ["measure", collection, seed, from, to] => {
            measure::measure(named(collection)?, seeds(seed, from, to)?)?;
        }
        ["rows", collection, seed, from, to] => {
            measure::rows(named(collection)?, seeds(seed, from, to)?)?;
        }
        ["train", minutes, file, ref from @ ..] => {
            let from = from.first().map(Path::new);
            train::train(minutes.parse()?, Path::new(file), from)?;
        }
        ["strips", file] => train::show(Path::new(file))?,
        ["read", ref files @ ..] => measure::read(files)?,
        _ => {
            return Err(
                "see the head of vision/reading/examples/dotmatrix/main.rs for what to say".into(),
            );
        }
    }
    Ok(())
}

fn named(collection: &str) -> Result<Collection, String> {
    match collection {
        "development" => Ok(Collection::Development),
        "test" => Ok(Collection::Test),
        other => Err(format!("{other} is no collection: say development or test")),
    }
}

/// Shows every font in the terminal.
fn fonts() {
    for design in [Collection::Development, Collection::Test].into_iter().flat_map(font::designs) {
        println!("{}", design.name);
        let letters: Vec<char> = font::ALPHABET.chars().collect();
        for some in letters.chunks(14) {
            for row in 0..design.size().1 {
                let line: Vec<String> = some
                    .iter()
                    .map(|letter| {
                        let dots = design.glyph(*letter);
                        dots[row].iter().map(|dot| if *dot { '#' } else { ' ' }).collect()
                    })
                    .collect();
                println!("{}", line.join("  "));
            }
            println!();
        }
    }
}

fn render(
    collection: Collection,
    seed: u64,
    count: u64,
    folder: &Path,
) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let mut truth = "file\tsurface\tink\tfont\theight_px\texpiry\tlines\tcorners\n".to_owned();
    for nth in 0..count {
        let scene = draw(collection, first(seed) + nth);
        let file = format!("{nth:04}.png");
        scene.picture.save(folder.join(&file))?;
        let expiry = scene.label.expiry;
        let expiry = if scene.label.with_day {
            expiry.to_string()
        } else {
            expiry.strftime("%Y-%m").to_string()
        };
        let (surface, ink, font) = (scene.surface, scene.ink.name(), scene.font);
        let lines = scene.label.lines.join(" | ");
        let corners = &scene.corners;
        writeln!(
            truth,
            "{file}\t{surface}\t{ink}\t{font}\t{:.0}\t{expiry}\t{lines}\t{corners:.0?}",
            scene.height
        )?;
    }
    fs::write(folder.join("truth.tsv"), truth)?;
    Ok(())
}
