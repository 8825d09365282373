//! Reads labels of the pictures in `../shared/data`: a fixed sample of each set, of pictures that were read
//! right when the sample was fixed, so that nothing gets worse unseen. How many of all are right stands in
//! `vision/reading/README.md`. The tests say SKIPPED where the pictures are absent.

#[path = "../../tests/common/mod.rs"]
mod common;

use std::fs;
use std::path::{Path, PathBuf};

use base::picture::Picture;
use common::shared_data;
use jiff::civil::{self, date};
use meaning::dates::{Context, Region, Role};
use reading::reader::{LabelRead, LabelReader, default_text_dir};

const CONTEXT: Context = Context { region: Region::Europe, today: date(2026, 11, 1) };

/// Every `step`th picture of a folder of the shared data, by name, from the second on; `None` where it is absent.
fn sample(folder: &str, step: usize) -> Option<Vec<PathBuf>> {
    let entries = fs::read_dir(shared_data(folder)?).expect("the folder is read");
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.expect("the folder is read").path()).collect();
    files.sort();
    Some(files.into_iter().skip(1).step_by(step).collect())
}

fn read(reader: &mut LabelReader, file: &Path) -> LabelRead {
    let picture = Picture::open(file).expect("the set has no broken picture");
    reader.read(&picture, &CONTEXT, None).expect("it is read")
}

fn reader() -> LabelReader {
    LabelReader::open(&default_text_dir(), 1, &[]).expect("scripts/bootstrap has run")
}

#[test]
fn use_by_dates_of_food_labels_are_read_as_expiry_with_day_and_month() {
    let Some(files) = sample("expiry/images", 25) else { return };
    let labels = files[0].parent().unwrap().with_file_name("labels.csv");
    let labels = fs::read_to_string(labels).unwrap();
    let mut reader = reader();
    let mut wrong = Vec::new();
    for file in &files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let row = labels.lines().find(|row| row.split(',').next() == Some(name)).unwrap();
        let (day, month) = row.split_once(',').unwrap().1.split_once(' ').unwrap();
        let dates = read(&mut reader, file).reading.dates;
        let right = dates.iter().any(|date| {
            let month_of = |month: i8| civil::date(2026, month, 1).strftime("%b").to_string();
            date.role == Role::Expiry
                && date.day == day.parse().ok()
                && date.month.is_some_and(|one| month_of(one).eq_ignore_ascii_case(month))
        });
        if !right {
            wrong.push(format!("{name}: {row}: {dates:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), files.len());
}

#[test]
fn serial_lot_and_expiry_of_cartons_are_read_from_the_side() {
    let Some(files) = sample("cartons/views/side/train/good", 3) else { return };
    let mut reader = reader();
    let mut wrong = Vec::new();
    for file in &files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let reading = read(&mut reader, file).reading;
        let serial = reading.serial.as_ref().map(|serial| serial.text.as_str());
        let expiry = reading.dates.iter().any(|date| {
            date.role == Role::Expiry
                && (date.year, date.month, date.day) == (Some(2082), Some(12), None)
        });
        if !expiry || reading.lots.is_empty() || serial != name.split('_').next() {
            wrong.push(format!("{name}: {serial:?} {:?} {:?}", reading.lots, reading.dates));
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), files.len());
}
