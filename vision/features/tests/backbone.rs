//! The default backbone as set-up exported it. Needs `scripts/bootstrap`, as every build does.

use features::backbone::efficientnet_lite::{EfficientNetLite0, WeightsError};
use features::backbone::{
    BACKBONE_FILE, GOLDEN_FILE, Golden, GoldenError, check_golden, check_golden_on,
    default_model_dir, feature_maps,
};
use tch::{CModule, Device, Kind, Tensor, no_grad};

fn exported() -> CModule {
    tch::set_num_threads(1);
    let path = default_model_dir().join(BACKBONE_FILE);
    CModule::load(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; run scripts/bootstrap", path.display()))
}

fn noise(pictures: i64, height: i64, width: i64) -> Tensor {
    tch::manual_seed(7);
    Tensor::rand([pictures, 3, height, width], (Kind::Float, Device::Cpu)) * 2 - 1
}

fn largest_difference(a: &Tensor, b: &Tensor) -> f64 {
    (a - b).abs().max().double_value(&[])
}

#[test]
fn the_exported_backbone_gives_the_golden_outputs() {
    let golden = Golden::load(&default_model_dir().join(GOLDEN_FILE)).unwrap();
    assert_eq!(golden, Golden::efficientnet_lite0());
    let difference = check_golden(&exported(), &golden).unwrap();
    // Rounding alone; far inside the tolerance, which must also hold on a GPU.
    assert!(difference < 2e-4, "{difference}");
}

#[test]
fn half_precision_gives_the_golden_outputs_within_its_own_tolerance() {
    let golden = Golden::efficientnet_lite0();
    let half = |golden: &Golden| check_golden_on(&exported(), golden, Device::Cpu, Kind::Half);
    let difference = half(&golden).unwrap();
    // Farther off than 32-bit floats are, or it was not computed in half precision at all.
    assert!(difference > 2e-4 && difference < 0.04, "{difference}");
    let mut wrong = golden.clone();
    wrong.cases[0].outputs[0].samples[3] += 1.0;
    assert!(matches!(half(&wrong), Err(GoldenError::Value { .. })));
}

#[test]
fn any_multiple_of_32_pixels_gives_maps_of_an_eighth_and_a_sixteenth() {
    let backbone = exported();
    for (pictures, height, width) in [(1, 32, 32), (3, 64, 160), (2, 352, 96)] {
        let maps = no_grad(|| feature_maps(&backbone, &noise(pictures, height, width))).unwrap();
        let shapes: Vec<_> = maps.iter().map(Tensor::size).collect();
        let expected = [
            vec![pictures, 40, height / 8, width / 8],
            vec![pictures, 112, height / 16, width / 16],
        ];
        assert_eq!(shapes, expected);
    }
}

#[test]
fn a_picture_in_a_batch_gives_what_it_gives_alone() {
    let backbone = exported();
    let pictures = noise(3, 96, 128);
    let together = no_grad(|| feature_maps(&backbone, &pictures)).unwrap();
    for n in 0..3 {
        let alone = no_grad(|| feature_maps(&backbone, &pictures.narrow(0, n, 1))).unwrap();
        for (together, alone) in together.iter().zip(&alone) {
            let difference = largest_difference(&together.narrow(0, n, 1), alone);
            assert!(difference < 1e-3, "picture {n}: {difference}");
        }
    }
}

#[test]
fn a_backbone_that_computes_something_else_is_refused_with_the_number_that_differs() {
    let mut golden = Golden::efficientnet_lite0();
    golden.cases[1].outputs[1].samples[30] += 0.1;
    let error = check_golden(&exported(), &golden).unwrap_err();
    assert!(matches!(error, GoldenError::Value { input: [2, 3, 320, 256], map: 1, .. }), "{error}");
    assert!(error.to_string().contains("export it again"), "{error}");
}

#[test]
fn a_missing_golden_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(GOLDEN_FILE);
    let error = Golden::load(&path).unwrap_err();
    assert!(matches!(error, GoldenError::Read { .. }), "{error}");
    assert!(error.to_string().contains(&path.display().to_string()), "{error}");
}

#[test]
fn weights_of_another_network_are_refused_by_the_name_of_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.safetensors");
    let stem = Tensor::zeros([32, 3, 3, 3], (Kind::Float, Device::Cpu));
    Tensor::write_safetensors(&[("_conv_stem.weight", &stem)], &path).unwrap();
    let error = EfficientNetLite0::load(&path).err().unwrap();
    assert!(matches!(&error, WeightsError::Missing { name } if name == "_bn0.weight"), "{error}");

    let wide = Tensor::zeros([48, 3, 3, 3], (Kind::Float, Device::Cpu));
    Tensor::write_safetensors(&[("_conv_stem.weight", &wide)], &path).unwrap();
    let error = EfficientNetLite0::load(&path).err().unwrap();
    assert!(error.to_string().contains("[48, 3, 3, 3] instead of [32, 3, 3, 3]"), "{error}");

    std::fs::write(&path, "no weights").unwrap();
    let error = EfficientNetLite0::load(&path).err().unwrap();
    assert!(matches!(error, WeightsError::Read { .. }), "{error}");
}
