//! What a whole item of two views costs next to the bare backbone calls on the same crops, where the
//! time goes, whether memory stays flat, and how fast each engine runs the backbone.
//!
//! Both sides take turns item by item, so that whatever else the machine does slows both alike; a
//! criterion bench times one after the other and says less about their ratio.
//!
//! `cargo bench -p vision --profile dev --bench whole_item -- --items 10000`

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use base::Picture;
use base::Silent;
use base::dataset::ViewPictures;
use damage::Reference;
use damage::ReferenceKey;
use damage::Scorer;
use damage::TrainOptions;
use damage::scoring::{Compute, Crop, Timings};
use features::backbone::{EngineChoice, default_model_dir};
use lab::learn::{Turns, learn_view};
use lab::train::{Labelled, TrainSettings, train_for_now};

mod memory;
mod painted;

/// Items whose time is measured: enough for a median.
const TIMED: usize = 100;
/// Items after which memory is read last, without `--items`.
const ITEMS: usize = 200;
/// Normal views that are learned from.
const NORMALS: u32 = 8;
/// Different items, which come again and again.
const DIFFERENT: u32 = 8;
const VIEWS: usize = 2;
/// Memory is read after each of so many equal parts of all items.
const PARTS: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let items = items()?;
    let folder = tempfile::tempdir()?;
    let mut normal = Vec::new();
    for seed in 1..=NORMALS {
        let file = folder.path().join(format!("{seed}.png"));
        painted::view(seed).to_rgb_image().save(&file)?;
        normal.push(file);
    }
    let with_head = Scorer::load(default_model_dir())?;
    let with_head = with_head.with_head(Some(some_head(&normal)?));
    let key = ReferenceKey::new("bench", "side")?;
    let pictures = ViewPictures { normals: normal, ..ViewPictures::default() };
    let (reference, _) = learn_view(&with_head, key, &pictures, Turns::One, &mut Silent)?;
    let without = Scorer::load(default_model_dir())?;
    let pictures: Vec<Picture> =
        (0..DIFFERENT).map(|item| painted::view(1 + NORMALS + item)).collect();
    compare_engines(&pictures, &crops(&without, &reference, &pictures)?)?;
    println!("engine: {}", without.engine());
    for (name, scorer) in [("without a damage head", &without), ("with a damage head", &with_head)]
    {
        println!("{TIMED} items of {VIEWS} views, {name}");
        measure(scorer, &reference, &pictures)?;
    }
    println!("{items} items of {VIEWS} views, with a damage head");
    for item in 0..items {
        for view in 0..VIEWS {
            with_head.score(&pictures[(item + view) % pictures.len()], &reference, VIEWS)?;
        }
        if (item + 1) % items.div_ceil(PARTS) == 0 {
            println!("  after {:>6} items {:8.1} MB resident", item + 1, memory::resident_mb()?);
        }
    }
    Ok(())
}

/// The number after `--items`.
fn items() -> Result<usize, Box<dyn Error>> {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--items").skip(1);
    Ok(arguments.next().map_or(Ok(ITEMS), |number| number.parse())?)
}

/// A damage head that has learned next to nothing: only how long it takes matters here.
fn some_head(normal: &[PathBuf]) -> Result<damage::DamageHead, Box<dyn Error>> {
    let defaults = TrainSettings::default();
    let head = TrainOptions { epochs: 1, ..defaults.head };
    let pictures = Labelled { empty: Vec::new(), normal: normal.to_vec(), damaged: Vec::new() };
    let settings = TrainSettings { examples: 24, head };
    Ok(train_for_now(&Scorer::load(default_model_dir())?, &[pictures], &settings, &mut Silent)?)
}

/// Where each picture's item is looked at.
fn crops(
    scorer: &Scorer,
    reference: &Reference,
    pictures: &[Picture],
) -> Result<Vec<Vec<Crop>>, Box<dyn Error>> {
    let of = |picture| {
        let observed = scorer.look(picture, reference.localiser(), reference.framing())?;
        Ok::<_, damage::ScoringError>(observed.looks().map(|maps| maps.crop).collect())
    };
    Ok(pictures.iter().map(of).collect::<Result<_, _>>()?)
}

/// The bare backbone calls of an item in each engine, which take turns on the same crops.
fn compare_engines(pictures: &[Picture], crops: &[Vec<Crop>]) -> Result<(), Box<dyn Error>> {
    let load = |engine| Scorer::load_on(default_model_dir(), Compute::CPU, engine);
    let engines = [load(EngineChoice::TorchScript)?, load(EngineChoice::OnnxRuntime)?];
    let mut times = [const { Vec::new() }; 2];
    let mut ratios = Vec::with_capacity(TIMED);
    for item in 0..TIMED {
        let mut of_item = [0.0; 2];
        for (engine, of_item) in engines.iter().zip(&mut of_item) {
            let start = Instant::now();
            for view in 0..VIEWS {
                let at = (item + view) % pictures.len();
                for crop in &crops[at] {
                    engine.backbone_only(&pictures[at], crop)?;
                }
            }
            *of_item = ms(start.elapsed());
        }
        times.iter_mut().zip(of_item).for_each(|(all, time)| all.push(time));
        ratios.push(of_item[1] / of_item[0]);
    }
    println!("bare backbone calls of {TIMED} items of {VIEWS} views, the engines taking turns");
    for (engine, times) in engines.iter().zip(&mut times) {
        println!("  {:<13} {:8.2} ms (median)", engine.engine().kind().to_string(), median(times));
    }
    println!("  ratio         {:8.3} (median of each item's own)", median(&mut ratios));
    Ok(())
}

fn measure(
    scorer: &Scorer,
    reference: &Reference,
    pictures: &[Picture],
) -> Result<(), Box<dyn Error>> {
    let crops = crops(scorer, reference, pictures)?;
    let mut bare = Vec::with_capacity(TIMED);
    let mut whole = Vec::with_capacity(TIMED);
    let mut ratios = Vec::with_capacity(TIMED);
    let mut steps: [Vec<f64>; 5] = Default::default();
    for item in 0..TIMED {
        let views = (0..VIEWS).map(|view| (item + view) % pictures.len());
        let start = Instant::now();
        for at in views.clone() {
            for crop in &crops[at] {
                scorer.backbone_only(&pictures[at], crop)?;
            }
        }
        let middle = Instant::now();
        let mut of_steps = [Duration::ZERO; 5];
        for at in views {
            let timings = scorer.score(&pictures[at], reference, VIEWS)?.timings;
            let Timings { localise, features, distance, head, fuse } = timings;
            let of_view = [localise, features, distance, head, fuse];
            of_steps.iter_mut().zip(of_view).for_each(|(sum, step)| *sum += step);
        }
        let (of_bare, of_whole) = (ms(middle - start), ms(middle.elapsed()));
        bare.push(of_bare);
        whole.push(of_whole);
        ratios.push(of_whole / of_bare);
        steps.iter_mut().zip(of_steps).for_each(|(all, step)| all.push(ms(step)));
    }
    println!("  bare backbone {:8.2} ms (median)", median(&mut bare));
    println!("  whole item    {:8.2} ms", median(&mut whole));
    println!("  ratio         {:8.3} (median of each item's own)", median(&mut ratios));
    for (name, all) in ["localise", "features", "distance", "head", "fuse"].iter().zip(&mut steps) {
        println!("    {name:<11} {:8.2} ms", median(all));
    }
    Ok(())
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
