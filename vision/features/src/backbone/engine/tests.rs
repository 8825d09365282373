//! The engines on the default model.

use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::backbone::default_model_dir;

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
