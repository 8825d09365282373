//! The engines on the default model, and on backbones of other shapes.

use std::path::Path;

use image::{Rgb, RgbImage};
use tempfile::TempDir;

use super::*;
use crate::backbone::{default_model_dir, tuple_output};
use crate::dataset::ViewPictures;
use crate::learn::{Turns, learn_view};
use crate::picture::Picture;
use crate::progress::Silent;
use crate::scoring::{Compute, Crop, Member, Reference, ReferenceKey, Scorer, ScoringError};

const FILES: [&str; 4] = [BACKBONE_FILE, GOLDEN_FILE, ONNX_FILE, RUNTIME_FILE];

fn engine(folder: &Path, choice: EngineChoice) -> Result<Engine, EngineError> {
    tch::set_num_threads(1);
    Engine::load(folder, Device::Cpu, Kind::Float, choice)
}

fn noise(pictures: i64, height: i64, width: i64) -> Tensor {
    tch::manual_seed(7);
    Tensor::rand([pictures, 3, height, width], (Kind::Float, Device::Cpu)) * 2 - 1
}

fn largest_difference(a: &[Tensor], b: &[Tensor]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs().max().double_value(&[])).fold(0.0, f64::max)
}

/// A copy of the default model that lacks the file `without`.
fn default_model(without: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in FILES.into_iter().filter(|name| *name != without) {
        let file = default_model_dir().join(name);
        std::fs::copy(&file, folder.path().join(name))
            .unwrap_or_else(|e| panic!("{}: {e}; run scripts/bootstrap", file.display()));
    }
    folder
}

#[test]
fn both_engines_give_the_same_maps_for_pictures_of_any_size() {
    let torch = engine(&default_model_dir(), EngineChoice::TorchScript).unwrap();
    let onnx = engine(&default_model_dir(), EngineChoice::OnnxRuntime).unwrap();
    assert_eq!((torch.kind(), onnx.kind()), (EngineKind::TorchScript, EngineKind::OnnxRuntime));
    assert_eq!(torch.backbone_sha256(), onnx.backbone_sha256());
    for (pictures, height, width) in [(1, 32, 32), (3, 64, 160), (1, 352, 96), (1, 32, 32)] {
        let pictures = noise(pictures, height, width);
        let (a, b) = (torch.maps(&pictures).unwrap(), onnx.maps(&pictures).unwrap());
        let difference = largest_difference(&a, &b);
        assert!(difference < 1e-3, "{height} x {width}: {difference}");
    }
}

#[test]
fn a_picture_whose_memory_is_in_another_order_gives_the_same_maps() {
    let onnx = engine(&default_model_dir(), EngineChoice::OnnxRuntime).unwrap();
    let turned = noise(1, 96, 64).transpose(2, 3);
    let maps = onnx.maps(&turned).unwrap();
    assert_eq!(largest_difference(&maps, &onnx.maps(&turned.contiguous()).unwrap()), 0.0);
}

#[test]
fn the_probe_says_how_long_each_engine_took_and_takes_the_faster_one() {
    let chosen = engine(&default_model_dir(), EngineChoice::Auto).unwrap();
    let said = chosen.to_string();
    assert!(said.starts_with(&chosen.kind().to_string()), "{said}");
    let times: Vec<f64> = said.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [of_torch, of_onnx] = times[..] else { panic!("two times in `{said}`") };
    assert_eq!(chosen.kind() == EngineKind::OnnxRuntime, of_onnx < of_torch, "{said}");
}

#[test]
fn without_an_onnx_file_or_its_library_torchscript_runs_and_says_why() {
    for missing in [ONNX_FILE, RUNTIME_FILE] {
        let folder = default_model(missing);
        let chosen = engine(folder.path(), EngineChoice::Auto).unwrap();
        assert_eq!(chosen.kind(), EngineKind::TorchScript);
        assert!(chosen.to_string().contains(missing), "{chosen}");
        let error = engine(folder.path(), EngineChoice::OnnxRuntime).unwrap_err().to_string();
        assert!(error.contains(missing) && error.contains("`torchscript`"), "{error}");
    }
}

/// In a process of its own, as cargo-nextest runs it: the first library that is loaded stays.
#[test]
fn a_library_that_is_none_is_passed_over() {
    let folder = default_model(RUNTIME_FILE);
    std::fs::write(folder.path().join(RUNTIME_FILE), "no library").unwrap();
    let chosen = engine(folder.path(), EngineChoice::Auto).unwrap();
    assert_eq!(chosen.kind(), EngineKind::TorchScript);
    assert!(chosen.to_string().contains(RUNTIME_FILE), "{chosen}");
}

#[test]
fn an_onnx_file_that_computes_something_else_is_passed_over() {
    let folder = default_model(ONNX_FILE);
    let mut program = std::fs::read(default_model_dir().join(ONNX_FILE)).unwrap();
    let middle = program.len() / 2;
    program[middle..middle + 4096].fill(0);
    std::fs::write(folder.path().join(ONNX_FILE), program).unwrap();
    let chosen = engine(folder.path(), EngineChoice::Auto).unwrap();
    assert_eq!(chosen.kind(), EngineKind::TorchScript);
    assert!(chosen.to_string().contains("cannot be used"), "{chosen}");
    std::fs::write(folder.path().join(ONNX_FILE), "no network").unwrap();
    let error = engine(folder.path(), EngineChoice::OnnxRuntime).unwrap_err();
    assert!(matches!(error, EngineError::NoOnnxRuntime { .. }), "{error}");
}

#[test]
fn threads_that_run_at_once_get_a_lane_each_and_the_same_maps() {
    let onnx = engine(&default_model_dir(), EngineChoice::OnnxRuntime).unwrap();
    let alone = Vec::<f32>::try_from(&onnx.maps(&noise(1, 64, 64)).unwrap()[1].flatten(0, -1));
    let alone = alone.unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let pictures = Tensor::from_slice(&noise_values()).view([1, 3, 64, 64]);
                for _ in 0..5 {
                    let maps = onnx.maps(&pictures).unwrap();
                    assert_eq!(Vec::<f32>::try_from(&maps[1].flatten(0, -1)).unwrap(), alone);
                }
            });
        }
    });
    let Runner::OnnxRuntime(lanes) = &onnx.runner else { panic!("another engine") };
    assert!((1..=4).contains(&lanes.lock().len()), "{lanes:?}");
}

/// `noise(1, 64, 64)` without libtorch's generator, which all threads share.
fn noise_values() -> Vec<f32> {
    static VALUES: std::sync::OnceLock<Vec<f32>> = std::sync::OnceLock::new();
    VALUES.get_or_init(|| Vec::try_from(&noise(1, 64, 64).flatten(0, -1)).expect("floats")).clone()
}

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
