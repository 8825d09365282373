//! Backbones of other shapes than the default one: they are learned with and score, or are refused by name.

use base::Picture;
use base::dataset::ViewPictures;
use base::progress::Silent;
use damage::scoring::{Compute, Crop, Member};
use damage::{Reference, ReferenceKey, Scorer, ScoringError};
use features::backbone::{
    BACKBONE_FILE, Engine, EngineChoice, EngineError, EngineKind, GOLDEN_FILE, Golden,
    default_model_dir, tuple_output,
};
use image::{Rgb, RgbImage};
use lab::learn::{Turns, learn_view};
use tch::{CModule, Device, Kind, Tensor};
use tempfile::TempDir;

/// Stride and channels of convolutions, each of what the one before it gives.
type Convolutions = &'static [(i64, i64)];

/// A model folder of a network with random weights, with a map for each of `convolutions`.
fn brought(convolutions: Convolutions) -> TempDir {
    tch::set_num_threads(1);
    tch::manual_seed(3);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut channels = 3;
    let mut weights = Vec::new();
    for (stride, wide) in convolutions {
        let weight = Tensor::randn([*wide, channels, *stride, *stride], (Kind::Float, Device::Cpu));
        weights.push((weight / (*stride as f64), *stride));
        channels = *wide;
    }
    let example = Tensor::zeros([1, 3, 64, 64], (Kind::Float, Device::Cpu));
    let traced = tch::no_grad(|| {
        CModule::create_by_tracing("Brought", "forward", &[example], &mut |inputs| {
            let mut maps = Vec::new();
            let mut x = inputs[0].shallow_clone();
            for (weight, stride) in &weights {
                x = x.conv2d(weight, None::<Tensor>, [*stride; 2], [0, 0], [1, 1], 1).relu();
                maps.push(x.shallow_clone());
            }
            vec![if maps.len() == 1 { x } else { tuple_output::mark(&maps) }]
        })
    });
    let (first, last) = (folder.path().join("traced.pt"), folder.path().join(BACKBONE_FILE));
    traced.expect("traced").save(&first).expect("saved");
    if convolutions.len() == 1 {
        std::fs::rename(&first, &last).expect("renamed");
    } else {
        tuple_output::rewrite(&first, &last).expect("rewritten");
    }
    let module = CModule::load(&last).expect("libtorch wrote it");
    let golden = Golden::record(&module, "random", &[[1, 3, 64, 96], [2, 3, 64, 64]]);
    let golden = serde_json::to_string(&golden).expect("plain numbers");
    std::fs::write(folder.path().join(GOLDEN_FILE), golden).expect("written");
    folder
}

/// A box on a belt, moved by `seed`, with or without a hole.
fn carton(seed: u32, hole: bool) -> RgbImage {
    let (left, top) = (40 + seed * 7 % 9, 30 + seed * 3 % 7);
    RgbImage::from_fn(240, 160, |x, y| {
        let noise = ((x * 31 + y * 17 + seed * 101).wrapping_mul(2_654_435_761) >> 28) as u8;
        match (x.wrapping_sub(left), y.wrapping_sub(top)) {
            (u, v) if u >= 150 || v >= 90 => Rgb([60 + noise, 62 + noise, 60 + noise]),
            (60..110, 20..70) if hole => Rgb([noise, noise, noise]),
            (15..80, 15..45) => Rgb([230, 230, 230]),
            _ => Rgb([190 - noise, 150, 100 + noise]),
        }
    })
}

#[test]
fn backbones_of_one_map_or_two_of_any_width_are_learned_with_and_score() {
    let cases: [(Convolutions, usize, i64); 3] =
        [(&[(16, 24)], 24, 16), (&[(32, 7)], 7, 32), (&[(8, 12), (2, 20)], 68, 16)];
    for (convolutions, features, cell) in cases {
        let folder = brought(convolutions);
        let scorer = Scorer::load(folder.path()).unwrap();
        let shape = scorer.engine().shape();
        assert_eq!((shape.features(), shape.cell()), (features as i64, cell), "{shape:?}");
        assert_eq!(scorer.engine().kind(), EngineKind::TorchScript);

        let mut pictures = ViewPictures::default();
        for seed in 0..6 {
            let file = folder.path().join(format!("{seed}.png"));
            carton(seed, false).save(&file).unwrap();
            pictures.normals.push(file);
        }
        let key = ReferenceKey::new("box", "top").unwrap();
        let (learned, _) =
            learn_view(&scorer, key.clone(), &pictures, Turns::One, &mut Silent).unwrap();
        let parts = learned.patches(Member::Parts).expect("it is always learned");
        assert_eq!(parts.memory().numbers() as i64, *shape.channels.last().unwrap());
        learned.save(folder.path()).unwrap();
        let loaded = Reference::load(folder.path(), &key, scorer.backbone_sha256()).unwrap();
        let level = |reference: &Reference, hole: bool| {
            let picture = Picture::from(carton(20, hole));
            let scored = scorer.score(&picture, reference, 1).unwrap();
            let parts = scored.members.iter().find(|one| one.member == Member::Parts);
            parts.unwrap().level
        };
        assert_eq!(level(&learned, false), level(&loaded, false), "saved and loaded, the same");
        let (good, bad) = (level(&loaded, false), level(&loaded, true));
        assert!(bad > good, "{convolutions:?}: {bad} with a hole, {good} without");
    }
}

#[test]
fn maps_that_scoring_does_not_understand_are_named() {
    let cases: [(Convolutions, &str); 3] = [
        (&[(4, 5), (4, 6)], "strides [4, 16]"),
        (&[(4, 5), (2, 6), (2, 7)], "strides [4, 8, 16]"),
        (&[(64, 5)], "cells"),
    ];
    for (convolutions, named) in cases {
        let folder = brought(convolutions);
        let error = Scorer::load(folder.path()).unwrap_err();
        assert!(matches!(error, ScoringError::Backbone { .. }), "{error}");
        assert!(error.to_string().contains(named), "{error}");
    }
}

#[test]
fn a_device_that_onnx_runtime_does_not_run_on_is_refused_for_it() {
    let choice = EngineChoice::OnnxRuntime;
    let error = Engine::load(&default_model_dir(), Device::Cuda(0), Kind::Half, choice);
    assert!(matches!(error.unwrap_err(), EngineError::NoOnnxRuntime { .. }));
    let scorer = Scorer::load_on(default_model_dir(), Compute::CPU, choice).unwrap();
    let picture = Picture::from(carton(0, false));
    scorer.backbone_only(&picture, &Crop::whole(&picture)).unwrap();
}
