//! What a whole item of two views costs where 5,000 SKUs follow each other, next to the same item where there is one SKU,
//! and whether memory stays flat.
//!
//! Every item is inspected twice in turn, once as the only SKU and once as one of many, by two pools of workers that
//! take turns. The reference of either is asked for ahead, as on the belt, where an item is known before it stands
//! before the cameras.
//!
//! `cargo bench -p vision --profile dev --bench many_skus -- SKUS ITEMS`

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use base::Silent;
use base::dataset::ViewPictures;
use capture::Frame;
use damage::ReferenceKey;
use damage::scoring::{DeviceChoice, Scorer};
use features::backbone::{EngineChoice, default_model_dir};
use lab::learn::{Turns, learn_view};
use vision::config::ModelSection;
use vision::inference::{InferencePool, Job, Scored};

mod memory;
mod painted;

const NORMALS: u32 = 8;
const VIEWS: [&str; 2] = ["side", "top"];
const BUDGET: f64 = 0.005;
/// The one SKU: the first of the many.
const FIRST: &str = "s00000";
/// How long before an item reaches the cameras its name is known: 60 mm at 1 m/s.
const AHEAD: Duration = Duration::from_millis(60);
/// Memory for references, as a box has by default.
const MIB: u32 = 64;
/// Memory is read after each of so many equal parts of all items.
const PARTS: usize = 5;

struct Side {
    pool: InferencePool,
    answers: Receiver<Scored>,
    times: Vec<f64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let numbers: Vec<usize> =
        std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let (skus, items) = match numbers[..] {
        [skus, items] => (skus.max(1), items),
        _ => (200, 40),
    };
    let folder = tempfile::tempdir_in(".")?;
    let many = folder.path().join("many");
    let bytes = lay_out(skus, folder.path(), &many)?;
    println!("{skus} SKUs of two views, {bytes} bytes a view");
    let mut sides = [start(&many)?, start(&many)?];
    let pictures: Vec<Arc<Frame>> = (0..8)
        .map(|item| Arc::new(Frame::new("side".into(), Duration::ZERO, painted::view(9 + item))))
        .collect();
    for item in 0..items {
        // A prime, so that all SKUs come before one comes again: the worst for a cache.
        let sku = name(item * 7919 % skus);
        let frame = &pictures[item % pictures.len()];
        // Whoever comes second finds the picture in the caches.
        let mut both: Vec<_> = sides.iter_mut().zip([FIRST, sku.as_str()]).collect();
        if item % 2 == 1 {
            both.reverse();
        }
        for (side, sku) in both {
            side.inspect(item as u64, sku, frame)?;
        }
        if (item + 1) % items.div_ceil(PARTS) == 0 {
            println!("  after {:>6} items {:8.1} MB resident", item + 1, memory::resident_mb()?);
        }
    }
    for (name, side) in ["one SKU", "many SKUs"].iter().zip(&mut sides) {
        println!("{name:<10} p50 {:7.2} ms, p99 {:7.2} ms", side.at(0.5), side.at(0.99));
    }
    let [one, many] = &mut sides;
    println!(
        "ratio      p50 {:7.3}   , p99 {:7.3}",
        many.at(0.5) / one.at(0.5),
        many.at(0.99) / one.at(0.99)
    );
    Ok(())
}

fn name(sku: usize) -> String {
    format!("s{sku:05}")
}

/// Learns one SKU and copies its references under the names of all others; says how many bytes one has.
fn lay_out(skus: usize, folder: &Path, references: &Path) -> Result<usize, Box<dyn Error>> {
    let mut normals = Vec::new();
    for seed in 1..=NORMALS {
        let file = folder.join(format!("{seed}.png"));
        painted::view(seed).to_rgb_image().save(&file)?;
        normals.push(file);
    }
    let pictures = ViewPictures { normals, ..ViewPictures::default() };
    let scorer = Scorer::load(default_model_dir())?;
    let mut bytes = 0;
    for view in VIEWS {
        let key = ReferenceKey::new(FIRST, view)?;
        let (reference, _) = learn_view(&scorer, key, &pictures, Turns::One, &mut Silent)?;
        let mut file = fs::read(reference.save(references)?)?;
        bytes = file.len();
        // The name stands in the file's header; all names are equally long.
        let is_name = |bytes: &[u8]| bytes == FIRST.as_bytes();
        let at = file.windows(FIRST.len()).position(is_name).ok_or("a reference without a name")?;
        for sku in 1..skus {
            file[at..at + FIRST.len()].copy_from_slice(name(sku).as_bytes());
            let path = ReferenceKey::new(&name(sku), view)?.path(references);
            fs::create_dir_all(path.parent().ok_or("a reference without a folder")?)?;
            fs::write(path, &file)?;
        }
    }
    Ok(bytes)
}

fn start(references: &Path) -> Result<Side, Box<dyn Error>> {
    let model = ModelSection {
        references: references.to_owned(),
        references_mib: MIB,
        damage_head: references.join("none"),
        folder: default_model_dir(),
        device: DeviceChoice::Cpu,
        engine: EngineChoice::Auto,
    };
    let (pool, answers) = InferencePool::start(&model, BUDGET)?;
    Ok(Side { pool, answers, times: Vec::new() })
}

impl Side {
    fn inspect(&mut self, item: u64, sku: &str, frame: &Arc<Frame>) -> Result<(), Box<dyn Error>> {
        self.pool.prefetch(sku, VIEWS);
        std::thread::sleep(AHEAD);
        let views = VIEWS.iter().map(|view| (Arc::from(*view), Arc::clone(frame))).collect();
        let started = Instant::now();
        let job = Job { item, sku: sku.to_owned(), deadline: Duration::MAX, views };
        self.pool.submit(job).map_err(|job| format!("item {} was refused", job.item))?;
        for (view, score) in self.answers.recv()?.views {
            score.map_err(|error| format!("{view}: {error}"))?;
        }
        self.times.push(started.elapsed().as_secs_f64() * 1e3);
        Ok(())
    }

    fn at(&mut self, share: f64) -> f64 {
        self.times.sort_by(f64::total_cmp);
        let last = self.times.len().saturating_sub(1);
        self.times.get((share * last as f64).round() as usize).copied().unwrap_or(f64::NAN)
    }
}
