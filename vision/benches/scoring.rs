//! What scoring costs, on painted views of a belt with an item: a whole view next to the bare
//! backbone call on the same crop, finding the item alone, and the search against the size of the
//! memory, and the backbone with two pictures in one call.

use std::hint::black_box;

use base::Picture;
use base::Silent;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use damage::Reference;
use damage::ReferenceKey;
use damage::Scorer;
use damage::scoring::{Crop, Framing, Memory, Model, Normal, nearest};
use features::backbone::{BACKBONE_FILE, default_model_dir, feature_maps};
use features::localise::{Localiser, Small};
use tch::{CModule, Device, Kind, Tensor};

use painted::view;

mod painted;

/// Memory sizes of the search's bench, in tokens.
const SIZES: [i64; 5] = [250, 500, 1000, 2000, 4000];
/// Numbers of a coarse token.
const NUMBERS: i64 = 112;
/// Tokens of a usual view.
const TOKENS: i64 = 250;

fn whole_view(criterion: &mut Criterion) {
    let scorer = Scorer::load(default_model_dir()).expect("scripts/bootstrap has run");
    let pictures: Vec<Picture> = (1..9).map(view).collect();
    let (views, cells): (Vec<Small>, Vec<_>) = pictures
        .iter()
        .map(|picture| (Small::of(picture), scorer.cells(picture).expect("it is large enough")))
        .unzip();
    let localiser = Localiser::learn(&views, &cells, &[]).expect("there are normals");
    assert!(!localiser.is_whole(), "the item stands out from the belt");
    let normals: Vec<Normal> = pictures
        .iter()
        .map(|picture| Normal {
            observed: scorer
                .look(picture, &localiser, Framing::Item)
                .expect("the picture is large enough"),
            turned: Vec::new(),
            drifted: Vec::new(),
            source: String::new(),
        })
        .collect();
    let key = ReferenceKey::new("bench", "top").expect("plain names");
    let model = Model { backbone_sha256: scorer.backbone_sha256(), head: None };
    let picture = view(9);
    let crop = Crop::whole(&picture);
    let small = Small::of(&picture);
    let finding = (localiser.clone(), Framing::Item);
    let reference = Reference::learn(key, model, finding, &normals, &[], &mut Silent)
        .expect("there are normals");
    let mut group = criterion.benchmark_group("960x540 view");
    group.sample_size(30);
    group.bench_function("bare backbone", |bencher| {
        bencher.iter(|| scorer.backbone_only(black_box(&picture), &crop).expect("it ran before"));
    });
    group.bench_function("whole score", |bencher| {
        bencher.iter(|| scorer.score(black_box(&picture), &reference, 1).expect("it ran before"));
    });
    group.bench_function("small copy", |bencher| {
        bencher.iter(|| Small::of(black_box(&picture)));
    });
    group.bench_function("finding", |bencher| bencher.iter(|| localiser.find(black_box(&small))));
    group.finish();
}

fn search(criterion: &mut Criterion) {
    tch::set_num_threads(1);
    let random = |rows| Tensor::randn([rows, NUMBERS], (Kind::Float, Device::Cpu));
    let tokens = random(TOKENS);
    let mut group = criterion.benchmark_group("nearest neighbours of 250 tokens");
    for size in SIZES {
        let memory = Memory::new(&random(size), 2.0).expect("finite rows");
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| nearest(black_box(&tokens), &memory).expect("finite rows"));
        });
    }
    group.finish();
}

/// Whether putting two pictures into one call of the backbone would save time.
fn batches(criterion: &mut Criterion) {
    tch::set_num_threads(1);
    tch::jit::set_profiling_mode(false);
    let backbone =
        CModule::load(default_model_dir().join(BACKBONE_FILE)).expect("scripts/bootstrap has run");
    let pictures = Tensor::rand([2, 3, 320, 320], (Kind::Float, Device::Cpu));
    let describe = |pictures: &Tensor| {
        tch::no_grad(|| feature_maps(&backbone, pictures)).expect("pictures of 32 x n pixels")
    };
    let mut group = criterion.benchmark_group("backbone, two pictures of 320x320");
    group.sample_size(30);
    group.bench_function("one call", |bencher| bencher.iter(|| describe(black_box(&pictures))));
    group.bench_function("two calls", |bencher| {
        bencher.iter(|| [0, 1].map(|at| describe(&black_box(&pictures).narrow(0, at, 1))));
    });
    group.finish();
}

criterion_group!(benches, whole_view, search, batches);
criterion_main!(benches);
