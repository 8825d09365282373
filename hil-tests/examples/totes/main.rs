//! What totes cost the eye, on the twin's goods (docs/measurements/totes.md).
//!
//! * `totes render FOLDER FROM TO` draws pieces of the SKUs FROM to TO (numbers of the catalogue, the last one not),
//!   bare on the belt and in totes of three colours, good and damaged; and empty totes, and the empty tunnel.
//! * `totes clear FOLDER FROM TO` takes the totes out of the pictures, into `FOLDER/cleared`, and prints what was seen and
//!   how long it took.
//! * `totes measure FOLDER FROM TO` learns references from 8 and from 24 normal pieces, and prints how many good pieces
//!   exceed the threshold and how many damaged ones do: on the ground that was learned, on the other one, and mixed.

mod clear;
mod measure;
mod render;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// Where a piece lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ground {
    Bare,
    Tote,
}

impl Ground {
    const ALL: [Ground; 2] = [Ground::Bare, Ground::Tote];

    fn name(self) -> &'static str {
        match self {
            Ground::Bare => "bare",
            Ground::Tote => "tote",
        }
    }
}

/// What the pictures of a piece are for.
const PARTS: [&str; 3] = ["normal", "good", "damaged"];

/// The cameras; the one from the side sees little more than the wall of a tote.
const CAMERAS: [&str; 2] = ["top", "side"];

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let usage = "say render, clear or measure, a FOLDER, and the SKUs FROM and TO";
    let [what, folder, from, to] = arguments.as_slice() else { bail!(usage) };
    let folder = PathBuf::from(folder);
    let number = |text: &str| text.parse::<u32>().with_context(|| format!("{text} is no number"));
    let skus = number(from)?..number(to)?;
    match what.as_str() {
        "render" => render::render(&folder, skus),
        "clear" => clear::clear(&folder, skus),
        "measure" => measure::measure(&folder, skus),
        _ => bail!(usage),
    }
}

/// The pictures in a folder, by name; none where there is no such folder.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<PathBuf>>>()?;
    files.sort();
    Ok(files)
}
