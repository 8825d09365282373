//! Reads rendered dot-matrix and ink-jet prints: a few of those that are not read without a look at dots.
//! How many of all are read stands in `docs/measurements/dot-matrix.md`.

#[allow(dead_code, reason = "the example tells more of a scene")]
#[path = "../examples/dotmatrix/render/mod.rs"]
mod render;

#[path = "../examples/dotmatrix/train/fonts.rs"]
mod fonts;

use std::time::Duration;

use base::picture::Picture;
use fonts::Drawn;
use image::imageops::{FilterType, resize};
use jiff::civil::date;
use meaning::dates::{Context, Region};
use meaning::line::TextLine;
use meaning::reading::Reading;
use rand::SeedableRng;
use rand::rngs::StdRng;
use reading::dots::net::{DotNet, likeliest};
use reading::reader::{LabelReader, ReadUntil, default_text_dir};
use render::Collection;
use render::font::{Design, Font, designs};
use render::judge::judge;
use render::label;
use render::scene::{Scene, draw};

const CONTEXT: Context = Context { region: Region::Europe, today: date(2026, 3, 1) };
/// Development pictures that the look at dots reads right and the first look does not.
const SEEDS: [u64; 4] = [1_000_000, 1_000_003, 1_000_009, 1_000_010];

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
fn dots_in_a_large_picture_are_read_and_stand_where_they_are() {
    let mut reader = LabelReader::open(&default_text_dir(), 1, &[]).expect("set-up has run");
    let mut right = 0;
    for seed in SEEDS {
        let scene = draw(Collection::Development, seed);
        let (width, height) = scene.picture.dimensions();
        let larger = 2880.0 / width as f32;
        let side = |px: u32| (px as f32 * larger) as u32;
        let large = resize(&scene.picture, side(width), side(height), FilterType::CatmullRom);
        let until = ReadUntil::default();
        let read = reader.read_text(&Picture::from(large), Vec::new(), &CONTEXT, until);
        let reading = read.expect("it is read").reading;
        if !judge(&scene.label, &reading).right {
            continue;
        }
        right += 1;
        let corners: Vec<_> = scene.corners.iter().flatten().collect();
        let [a, _, c, _] = reading.dates[0].corners;
        for axis in [0, 1] {
            let at = corners.iter().map(|corner| corner[axis] * larger);
            let low = at.clone().fold(f32::INFINITY, f32::min);
            let high = at.fold(f32::NEG_INFINITY, f32::max);
            let middle = (a[axis] + c[axis]) / 2.0;
            // A row that was looked for below a word may be longer than its print.
            let more = 0.1 * (high - low);
            let around = low - more..high + more;
            assert!(around.contains(&middle), "{seed}: {middle} is not in {around:?}");
        }
    }
    assert!(right > 0, "none of them is read when it is large");
}

#[test]
fn the_network_of_dots_reads_most_rows_where_it_is_told_where_they_are() {
    let net = DotNet::trained();
    let (mut all, mut wrong) = (0, Vec::new());
    for seed in 1_000_000..1_000_020 {
        let scene = draw(Collection::Development, seed);
        for (text, [a, b, c, d]) in scene.label.lines.iter().zip(&scene.corners) {
            let more = 0.25 * (d[1] - a[1]);
            let around = [
                [a[0] - more, a[1] - more],
                [b[0] + more, b[1] - more],
                [c[0] + more, c[1] + more],
                [d[0] - more, d[1] + more],
            ];
            let read = likeliest(&net.read(&scene.picture, &around));
            all += 1;
            if read != *text {
                wrong.push((text.clone(), read));
            }
        }
    }
    assert!(2 * wrong.len() < all, "{} of {all}: {wrong:#?}", wrong.len());
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

#[test]
fn fonts_to_train_on_share_few_digits_with_those_of_the_test_set() {
    let digits = |font: &dyn Font| "0123456789".chars().map(|digit| font.glyph(digit)).collect();
    let known: Vec<Vec<_>> = designs(Collection::Test).iter().map(|font| digits(font)).collect();
    for seed in 0..300 {
        let drawn: Vec<_> = digits(&Drawn::new(&mut StdRng::seed_from_u64(seed)));
        for known in &known {
            let same = drawn.iter().zip(known).filter(|(a, b)| a == b).count();
            assert!(same <= 3, "{same} of ten digits of font {seed} are those of one test font");
        }
    }
}
