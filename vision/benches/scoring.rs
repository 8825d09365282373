//! What a whole view's score costs next to the bare backbone call on the same picture, in the same
//! process. Both scale the picture: the difference is pooling and the search in a full memory.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use image::{Rgb, RgbImage};
use vision::backbone::default_model_dir;
use vision::localise::Localiser;
use vision::scoring::{Model, Normal, find};
use vision::{Picture, Reference, ReferenceKey, Scorer, Silent};

/// A picture without two equal spots, so that the memory fills up.
fn noise(seed: u32) -> Picture {
    let mut state = seed;
    let picture = RgbImage::from_fn(960, 540, |x, y| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let wave = (f64::from(x * seed) / 97.0).sin() + (f64::from(y + seed) / 41.0).cos();
        let level = (wave * 50.0 + 127.0) as u8;
        Rgb([level, level.wrapping_add((state >> 28) as u8), 255 - level])
    });
    Picture::from(picture)
}

fn normal(scorer: &Scorer, picture: &Picture) -> Normal {
    let mask = find(picture, &Localiser::whole()).expect("the whole view is the item");
    let tokens = scorer.describe(picture, &mask).expect("noise has tokens");
    Normal { tokens, source: String::new() }
}

fn scoring(criterion: &mut Criterion) {
    let scorer = Scorer::load(default_model_dir()).expect("scripts/bootstrap has run");
    let normals: Vec<_> = (1..6).map(|seed| normal(&scorer, &noise(seed))).collect();
    let key = ReferenceKey::new("bench", "top").expect("plain names");
    let model = Model { backbone_sha256: scorer.backbone_sha256(), head: None };
    let reference = Reference::learn(key, model, Localiser::whole(), &normals, &[], &mut Silent)
        .expect("there are normals");
    let picture = noise(9);
    let mut group = criterion.benchmark_group("960x540 view, full memory");
    group.sample_size(20);
    group.bench_function("bare backbone", |bencher| {
        bencher.iter(|| scorer.backbone_only(black_box(&picture)).expect("it ran before"));
    });
    group.bench_function("whole score", |bencher| {
        bencher.iter(|| scorer.score(black_box(&picture), &reference, 1).expect("it ran before"));
    });
    group.finish();
}

criterion_group!(benches, scoring);
criterion_main!(benches);
