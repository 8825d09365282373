//! Reads rendered dot-matrix and ink-jet prints: a few of those that are not read without a look at dots.
//! How many of all are read stands in `docs/measurements/dot-matrix.md`.

#[path = "../examples/dotmatrix/render/mod.rs"]
mod render;

use std::time::Duration;

use jiff::civil::date;
use meaning::dates::{Context, Region};
use meaning::reading::Reading;
use render::Collection;
use render::judge::judge;
use render::scene::{Scene, draw};
use vision::Picture;
use vision::label::reader::{LabelReader, ReadUntil, default_text_dir};

const CONTEXT: Context = Context { region: Region::Europe, today: date(2026, 3, 1) };
/// Development pictures that the look at dots reads right and the first look does not.
const SEEDS: [u64; 6] = [1_000_000, 1_000_009, 1_000_010, 1_000_020, 1_000_023, 1_000_024];

fn read(reader: &mut LabelReader, scene: &Scene, until: ReadUntil) -> Reading {
    let picture = Picture::from(scene.picture.clone());
    reader.read_text(&picture, Vec::new(), &CONTEXT, until).expect("it is read").reading
}

#[test]
fn dots_that_the_first_look_misses_are_read_when_time_allows() {
    let mut reader = LabelReader::open(&default_text_dir(), 1, &[]).expect("set-up has run");
    let mut wrong = Vec::new();
    for seed in SEEDS {
        let scene = draw(Collection::Development, seed);
        let late = ReadUntil { text: None, dots: Some(Duration::ZERO) };
        let without = read(&mut reader, &scene, late);
        assert!(!judge(&scene, &without).right, "{seed} no longer shows what the look is for");
        let with = read(&mut reader, &scene, ReadUntil::default());
        if !judge(&scene, &with).right {
            wrong.push((seed, scene.label.lines, with.lines));
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), SEEDS.len());
}

#[test]
fn the_fonts_of_both_collections_differ_and_every_print_is_understood_when_it_is_read_well() {
    use meaning::line::TextLine;
    for collection in [Collection::Development, Collection::Test] {
        for seed in 0..40 {
            let scene = draw(collection, 7_000_000 + seed);
            let lines = scene.label.lines.iter().zip(&scene.corners).map(|(text, corners)| {
                TextLine { text: text.clone(), corners: *corners, confidence: 1.0 }
            });
            let reading = Reading::of(lines.collect(), Vec::new(), &CONTEXT);
            assert!(judge(&scene, &reading).right, "{:?}: {:?}", scene.label.lines, reading.dates);
        }
    }
    let digits = |collection| {
        let of = |design: &render::font::Design| {
            "0123456789".chars().map(|digit| design.glyph(digit)).collect::<Vec<_>>()
        };
        render::font::designs(collection).iter().map(of).collect::<Vec<_>>()
    };
    for one in digits(Collection::Development) {
        for other in digits(Collection::Test) {
            let same = one.iter().zip(&other).filter(|(a, b)| a == b).count();
            assert!(same <= 1, "{same} of ten digits have the same dots in both collections");
        }
    }
}
