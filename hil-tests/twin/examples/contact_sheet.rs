//! Writes sheets of the mixed belt's goods, for people to look at: normal pieces, faults, totes.
//!
//! `cargo run --release -p twin --example contact_sheet -- <folder> [picture width]`

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use image::{RgbImage, imageops};
use twin::{
    goods::{Fault, Laid, Sku, ToteColour, catalogue},
    rng::Rng,
    scene::{Scene, Standing},
    world::NewItem,
};

/// Pictures in a row of a sheet, half of them from above, and the width of each.
const OVERVIEW: (u32, u32) = (6, 320);
/// The same for a closer look.
const CLOSE: (u32, u32) = (4, 480);

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "target/goods".to_owned()));
    let width: u32 = arguments.next().map_or(Ok(640), |text| text.parse())?;
    std::fs::create_dir_all(&folder)?;
    let mut sheets = Sheets::new(width);
    let skus: Vec<Arc<Sku>> = catalogue(42, 1).into_iter().map(Arc::new).collect();
    let mut rng = Rng::new(7);
    let mut yaw = |most: f64| rng.between(-most, most) as f32;

    for (sheet, skus) in skus.chunks(14).enumerate() {
        let laid = skus.iter().map(|sku| Laid::normal(sku, sku.index.into(), yaw(8.0)));
        sheets.write(&folder.join(format!("normals-{sheet}.png")), laid.collect())?;
    }
    let close = skus[6..12].iter().map(|sku| Laid::normal(sku, 3, yaw(8.0)));
    sheets.write(&folder.join("close.png"), close.collect())?;
    // Pieces of one SKU of each kind.
    let pieces = skus[..6].iter().flat_map(|sku| (0..3).map(move |look| (sku, look)));
    let laid = pieces.map(|(sku, look)| Laid::normal(sku, 100 + look, yaw(8.0)));
    sheets.write(&folder.join("pieces.png"), laid.collect())?;
    for fault in Fault::ALL {
        let fitting = skus[..18].iter().filter(|sku| fault.suits(sku));
        let laid = fitting.take(6).map(|sku| {
            let other = &skus[sku.index as usize + 6];
            Laid::normal(sku, 50 + u64::from(sku.index), yaw(8.0)).with_fault(fault, other)
        });
        sheets.write(&folder.join(format!("fault-{}.png", fault.name())), laid.collect())?;
    }
    let mut laid: Vec<Laid> = ToteColour::ALL.map(|colour| Laid::empty_tote(colour, 3)).to_vec();
    for (index, sku) in skus[..15].iter().enumerate() {
        let colour = ToteColour::ALL[index % 3];
        laid.push(Laid::normal(sku, 30 + index as u64, yaw(8.0)).in_tote(colour));
    }
    sheets.write(&folder.join("totes.png"), laid)?;
    println!("sheets are in {}", folder.display());
    Ok(())
}

struct Sheets {
    scenes: [Scene; 2],
    number: u64,
}

impl Sheets {
    fn new(width: u32) -> Self {
        let scene = |camera| Scene::new(camera, width, width * 3 / 4);
        Self { scenes: [scene("top"), scene("side")], number: 0 }
    }

    fn write(&mut self, path: &std::path::Path, items: Vec<Laid>) -> anyhow::Result<()> {
        let (columns, wide) = if items.len() > 8 { OVERVIEW } else { CLOSE };
        let tall = wide * 3 / 4;
        let cells = items.len() as u32 * 2;
        let (width, height) = (columns * wide, cells.div_ceil(columns) * tall);
        let mut sheet = RgbImage::new(width, height);
        let (mut spent, mut cell) = (Duration::ZERO, 0);
        for laid in items {
            self.number += 1;
            let offset_mm = laid.length_mm() / 2.0 - 70.0;
            let what = NewItem::of(laid);
            for scene in &mut self.scenes {
                let item = Standing { number: self.number, what: what.clone(), offset_mm };
                let start = Instant::now();
                let picture = scene.picture(self.number as f64 * 37.0, &[item], self.number);
                spent += start.elapsed();
                let small = imageops::resize(&picture, wide, tall, imageops::FilterType::Triangle);
                let (x, y) = (cell % columns * wide, cell / columns * tall);
                imageops::replace(&mut sheet, &small, x.into(), y.into());
                cell += 1;
            }
        }
        println!(
            "{}: {:.0} ms a picture",
            path.display(),
            spent.as_secs_f64() * 1e3 / f64::from(cell)
        );
        sheet.save(path)?;
        Ok(())
    }
}
