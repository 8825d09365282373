//! How many of the rendered prints are read, without a look at dots and with it.

use std::collections::BTreeMap;
use std::error::Error;
use std::ops::Range;
use std::time::{Duration, Instant};

use base::picture::Picture;
use base::statistics::wilson;
use jiff::civil::date;
use meaning::dates::{Context, Region};
use reading::dots::net::{DotNet, likeliest};
use reading::reader::{LabelReader, ReadUntil, default_text_dir};

use crate::render::Collection;
use crate::render::judge::{Judged, judge};
use crate::render::scene::{Scene, draw};

const CONTEXT: Context = Context { region: Region::Europe, today: date(2026, 3, 1) };

/// Pictures of one kind, and how many of them were read in one way.
#[derive(Default)]
struct Count {
    pictures: u32,
    dated: u32,
    right: u32,
    wrong: u32,
    took: Duration,
}

impl Count {
    fn add(&mut self, judged: &Judged, took: Duration) {
        self.pictures += 1;
        self.dated += u32::from(judged.dated);
        self.right += u32::from(judged.right);
        self.wrong += u32::from(judged.wrong);
        self.took += took;
    }

    fn row(&self) -> String {
        let [low, high] = wilson(self.right as usize, self.pictures as usize);
        let Self { dated, right, wrong, .. } = self;
        let ms = self.took.as_millis() / u128::from(self.pictures);
        format!("{dated} | {right} ({:.0} to {:.0} %) | {wrong} | {ms}", 100.0 * low, 100.0 * high)
    }
}

/// Prints what is read of each picture without a look at dots and with it, and how long both took.
pub fn read(files: &[&str]) -> Result<(), Box<dyn Error>> {
    tch::set_num_threads(1);
    let mut reader = LabelReader::open(&default_text_dir(), 1, &[])?;
    for file in files {
        let picture = Picture::open(file)?;
        for (name, dots) in [("without", Some(Duration::ZERO)), ("with", None)] {
            let start = Instant::now();
            let until = ReadUntil { dots, text: None };
            let read = reader.read_text(&picture, Vec::new(), &CONTEXT, until)?.reading;
            let ms = start.elapsed().as_millis();
            let dates: Vec<String> = read
                .dates
                .iter()
                .map(|date| {
                    let parts = (date.year, date.month, date.day);
                    format!("{:?} {parts:?} of {:?}", date.role, date.text)
                })
                .collect();
            println!("{file}\t{name}\t{ms} ms\t{}", dates.join("; "));
        }
    }
    Ok(())
}

/// Prints how many rows the network of dots reads without any error where it is told where they are, by kind.
pub fn rows(collection: Collection, seeds: Range<u64>) -> Result<(), Box<dyn Error>> {
    tch::set_num_threads(1);
    let net = DotNet::trained();
    let mut counts: BTreeMap<String, [u32; 2]> = BTreeMap::new();
    let (mut took, mut all) = (Duration::ZERO, 0);
    for seed in seeds {
        let scene = draw(collection, seed);
        for (text, corners) in scene.label.lines.iter().zip(&scene.corners) {
            let [a, b, c, d] = *corners;
            // A margin of a quarter of the height, as the detector leaves.
            let more = 0.25 * (d[1] - a[1]).hypot(d[0] - a[0]);
            let around = [
                [a[0] - more, a[1] - more],
                [b[0] + more, b[1] - more],
                [c[0] + more, c[1] + more],
                [d[0] - more, d[1] + more],
            ];
            let start = Instant::now();
            let read = likeliest(&net.read(&scene.picture, &around));
            took += start.elapsed();
            all += 1;
            let right = read == *text;
            for key in keys(&scene) {
                let count = counts.entry(key).or_default();
                count[0] += 1;
                count[1] += u32::from(right);
            }
            if !right {
                println!(
                    "{seed}: {}, {:.0} px: {text:?} is read as {read:?}",
                    scene.ink.name(),
                    scene.height
                );
            }
        }
    }
    println!("\n| kind | rows | without an error |\n| --- | --- | --- |");
    for (key, [of, right]) in counts {
        let [low, high] = wilson(right as usize, of as usize);
        println!("| {key} | {of} | {right} ({:.0} to {:.0} %) |", 100.0 * low, 100.0 * high);
    }
    println!("{:.1} ms each", took.as_secs_f64() * 1e3 / f64::from(all));
    Ok(())
}

/// Reads the pictures of these `seeds` and prints a table.
pub fn measure(collection: Collection, seeds: Range<u64>) -> Result<(), Box<dyn Error>> {
    tch::set_num_threads(1);
    let mut reader = LabelReader::open(&default_text_dir(), 1, &[])?;
    let mut counts: BTreeMap<String, [Count; 2]> = BTreeMap::new();
    for seed in seeds {
        let scene = draw(collection, seed);
        let picture = Picture::from(scene.picture.clone());
        let start = Instant::now();
        let late = ReadUntil { dots: Some(Duration::ZERO), text: None };
        let read = reader.read_text(&picture, Vec::new(), &CONTEXT, late)?;
        let (without, short) = (read.reading.clone(), start.elapsed());
        let with = reader.read_dots(&picture, read, &CONTEXT, None)?.reading;
        let long = start.elapsed();
        let judged = [judge(&scene.label, &without), judge(&scene.label, &with)];
        for key in keys(&scene) {
            let sums = counts.entry(key).or_default();
            sums[0].add(&judged[0], short);
            sums[1].add(&judged[1], long);
        }
        if judged[1].right && !judged[0].right {
            println!("{seed}: only the look reads it");
        }
        if !judged[1].right {
            let texts: Vec<&str> = with.lines.iter().map(|line| line.text.as_str()).collect();
            println!(
                "{seed}{}: {}, {}, {}, {:.0} px: {:?} is read as {texts:?}",
                if judged[1].wrong { ", wrong" } else { "" },
                scene.surface,
                scene.ink.name(),
                scene.font,
                scene.height,
                scene.label.lines,
            );
        }
    }
    println!(
        "\n| kind | pictures | before: date | date and role | wrong expiry | ms | after: date | date and role | wrong expiry | ms |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for (key, [before, after]) in counts {
        println!("| {key} | {} | {} | {} |", before.pictures, before.row(), after.row());
    }
    Ok(())
}

/// The kinds that a scene is of.
fn keys(scene: &Scene) -> [String; 5] {
    let size = match scene.height {
        ..17.0 => "12 to 17 px",
        ..26.0 => "17 to 26 px",
        _ => "26 to 40 px",
    };
    [
        "all".to_owned(),
        format!("font: {}", scene.font),
        format!("height: {size}"),
        format!("ink: {}", scene.ink.name()),
        format!("surface: {}", scene.surface),
    ]
}
