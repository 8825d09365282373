//! Draws `docs/images/synthetic.jpg`: every synthetic defect on painted items, with its name.
//!
//! `cargo run -p damage --example synthetic -- docs/images/synthetic.jpg`

mod paint;

use std::error::Error;
use std::ops::Range;

use damage::synthetic::{Defect, Specimen, damage};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, overlay, resize};
use image::{Rgb, RgbImage};
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster};
use rand::SeedableRng;
use rand::rngs::StdRng;

/// Columns and rows of one picture on the sheet.
const CELL: (u32, u32) = (184, 138);
/// Pictures of one defect, and defects side by side.
const EACH: u32 = 3;
const ACROSS: u32 = 2;
/// Height of a name above its pictures, and the gap between pictures.
const NAME: u32 = 20;
const GAP: u32 = 4;
/// Quality of the JPEG, of 100, and its largest size in bytes.
const QUALITY: u8 = 62;
const BYTES_MAX: usize = 250_000;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("name the file to write: … -- sheet.jpg")?;
    let [carton, tin, board] = [paint::carton(), paint::tin(), paint::board()];
    let undamaged = [&carton, &tin, &board].map(|item| item.picture().clone());
    let mut blocks = vec![("undamaged", undamaged)];
    for defect in Defect::ALL {
        let items = match defect {
            Defect::Print
            | Defect::LabelGone
            | Defect::LabelSwapped
            | Defect::LabelShifted
            | Defect::LabelTurned => [&carton; 3],
            Defect::Empty => [&tin; 3],
            Defect::PartMissing => [&board, &board, &tin],
            _ => [&carton, &tin, &board],
        };
        // Pictures that are made for each that is shown, the one that changes the most. Most bends
        // are slight; but the clearest label gone would always be a whole one, though some are torn,
        // and the clearest colour always the wildest one.
        let drawn = match defect {
            Defect::Bend => 6,
            Defect::Missing => 3,
            Defect::LabelGone | Defect::Colour => 1,
            _ => 2,
        };
        let mut seed = 0;
        let pictures = items.map(|item| {
            seed += drawn;
            clearest(item, defect, seed..seed + drawn)
        });
        blocks.push((defect.name(), pictures));
    }

    let (width, height) = (EACH * (CELL.0 + GAP) + GAP, NAME + CELL.1 + GAP);
    let rows = (blocks.len() as u32).div_ceil(ACROSS);
    let mut sheet = RgbImage::from_pixel(ACROSS * width, rows * height, Rgb([250; 3]));
    for (nth, (name, pictures)) in (0..).zip(blocks) {
        let (left, top) = (nth % ACROSS * width + GAP, nth / ACROSS * height);
        write(&mut sheet, name, (left, top + 2));
        for (nth, picture) in (0..).zip(pictures) {
            let small = resize(&picture, CELL.0, CELL.1, FilterType::Triangle);
            let x = left + nth * (CELL.0 + GAP);
            overlay(&mut sheet, &small, i64::from(x), i64::from(top + NAME));
        }
    }
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode_image(&sheet)?;
    if bytes.len() > BYTES_MAX {
        return Err(format!("{} bytes are too many for a page: lower QUALITY", bytes.len()).into());
    }
    std::fs::write(&path, &bytes)?;
    println!("{path}: {} x {} pixels, {} bytes", sheet.width(), sheet.height(), bytes.len());
    Ok(())
}

/// Of some damaged pictures the one whose touched pixels change the most.
fn clearest(item: &Specimen, defect: Defect, seeds: Range<u64>) -> RgbImage {
    let made = seeds.filter_map(|seed| damage(item, defect, &mut StdRng::seed_from_u64(seed)));
    let change = |picture: &RgbImage| -> u64 {
        let parts = picture.as_raw().iter().zip(item.picture().as_raw());
        parts.map(|(after, before)| u64::from(after.abs_diff(*before))).sum()
    };
    let clearest = made.map(|damaged| damaged.picture).max_by_key(change);
    clearest.unwrap_or_else(|| item.picture().clone())
}

/// Writes black words.
fn write(sheet: &mut RgbImage, words: &str, (left, top): (u32, u32)) {
    let mut x = left;
    for letter in words.chars() {
        let Some(raster) = get_raster(letter, FontWeight::Bold, RasterHeight::Size16) else {
            continue;
        };
        for (down, row) in (0..).zip(raster.raster()) {
            for (right, ink) in (0..).zip(row.iter()) {
                sheet.put_pixel(x + right, top + down, Rgb([250 - (*ink).min(250); 3]));
            }
        }
        x += raster.width() as u32;
    }
}
