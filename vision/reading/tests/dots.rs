//! Reads rendered dot-matrix and ink-jet prints: a few of those that are not read without a look at dots.
//! How many of all are read stands in `docs/measurements/dot-matrix.md`.

#[allow(dead_code, reason = "the example tells more of a scene")]
#[path = "../examples/dotmatrix/render/mod.rs"]
mod render;

use std::time::Duration;

use base::Picture;
use jiff::civil::date;
use meaning::dates::{Context, Region};
use meaning::line::TextLine;
use meaning::reading::Reading;
use rand::SeedableRng;
use rand::rngs::StdRng;
use reading::reader::{LabelReader, ReadUntil, default_text_dir};
use render::Collection;
use render::font::{Design, designs};
use render::judge::judge;
use render::label;
use render::scene::{Scene, draw};

const CONTEXT: Context = Context { region: Region::Europe, today: date(2026, 3, 1) };
/// Development pictures that the look at dots reads right and the first look does not.
const SEEDS: [u64; 5] = [1_000_000, 1_000_009, 1_000_010, 1_000_020, 1_000_023];

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
        assert!(
            !judge(&scene.label, &without).right,
            "{seed} no longer shows what the look is for"
        );
        let with = read(&mut reader, &scene, ReadUntil::default());
        if !judge(&scene.label, &with).right {
            wrong.push((seed, scene.label.lines, with.lines));
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), SEEDS.len());
}

#[test]
fn every_print_is_understood_when_it_is_read_well() {
    for seed in 0..500 {
        let label = label::draw(&mut StdRng::seed_from_u64(seed));
        let lines = label.lines.iter().enumerate();
        let level =
            |(nth, text): (usize, &String)| TextLine::level(text, 20.0, 30.0 * nth as f32, 20.0);
        let reading = Reading::of(lines.map(level).collect(), Vec::new(), &CONTEXT);
        assert!(judge(&label, &reading).right, "{:?}: {:?}", label.lines, reading.dates);
    }
}

#[test]
fn fonts_of_both_collections_share_at_most_one_digit() {
    let digits = |collection| {
        let of = |design: &Design| "0123456789".chars().map(|digit| design.glyph(digit)).collect();
        designs(collection).iter().map(of).collect::<Vec<Vec<_>>>()
    };
    for one in digits(Collection::Development) {
        for other in digits(Collection::Test) {
            let same = one.iter().zip(&other).filter(|(a, b)| a == b).count();
            assert!(same <= 1, "{same} of ten digits have the same dots in both collections");
        }
    }
}
