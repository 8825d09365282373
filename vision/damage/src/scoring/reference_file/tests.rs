use safetensors::tensor::{Dtype, TensorView};
use tch::{Kind, Tensor};

use super::super::cloud::Cloud;
use super::super::patches::{Manner, Patches, Seen};
use super::*;

const BACKBONE: &str = "b0";

fn key() -> ReferenceKey {
    ReferenceKey::new("tea", "top").unwrap()
}

/// A localiser that takes the whole view: version, whole, and no shift of light.
fn whole(version: f32) -> Vec<f32> {
    let mut floats = vec![0.0; 2 + 3 * 96];
    (floats[0], floats[1]) = (version, 1.0);
    floats
}

fn wave(at: usize, phase: f32) -> f32 {
    (at as f32 * 2.4 + phase).sin()
}

/// 40 tokens of 4 numbers.
fn tokens(picture: usize) -> Tensor {
    let rows: Vec<f32> = (0..160).map(|at| 3.0 * wave(at + 160 * picture, 0.3)).collect();
    Tensor::from_slice(&rows).view([40, 4])
}

fn reference() -> Reference {
    let pictures: Vec<Seen> = (0..6).map(|at| Seen { poses: vec![tokens(at)] }).collect();
    let (patches, _) = Patches::learn(&pictures, Manner::of(Member::Parts)).unwrap();
    let points: Vec<Vec<f32>> =
        (0..6).map(|at| vec![wave(at, 0.0), 0.1 * wave(at, 1.0), 5.0]).collect();
    let (cloud, _) = Cloud::learn(&points, &[], 0.1).unwrap();
    let levels = |phase| (0..6).map(|at| wave(at, phase)).collect::<Vec<f32>>();
    Reference::of(
        (key(), BACKBONE),
        (Localiser::from_parts(&whole(4.0), &[]).unwrap(), Framing::View),
        BTreeMap::from([
            (Member::Parts, Knowledge::Patches(patches)),
            (Member::Composition, Knowledge::Cloud(cloud)),
        ]),
        (BTreeMap::from([(Member::Parts, levels(0.0)), (Member::Composition, levels(1.0))]), None),
        6,
    )
    .unwrap()
}

fn refused(file: &[u8]) -> String {
    match read(file, &key(), BACKBONE) {
        Err(Unusable::Because(cause)) => cause,
        Err(Unusable::Scoring(error)) => error.to_string(),
        Ok(_) => "it is a reference".to_owned(),
    }
}

fn parts(reference: &Reference) -> &Patches {
    reference.patches(Member::Parts).unwrap()
}

fn cloud(reference: &Reference) -> &Cloud {
    match &reference.knowledge[&Member::Composition] {
        Knowledge::Cloud(cloud) => cloud,
        Knowledge::Patches(_) => panic!("the composition is a cloud"),
    }
}

#[test]
fn a_loaded_reference_judges_as_the_learned_one() {
    let folder = tempfile::tempdir().unwrap();
    let learned = reference();
    learned.save(folder.path()).unwrap();
    let loaded = Reference::load(folder.path(), &key(), BACKBONE).unwrap();
    let distances = |reference: &Reference| parts(reference).distances(&tokens(9)).unwrap();
    assert_eq!(distances(&loaded), distances(&learned));
    let level = |reference: &Reference| cloud(reference).level(&[0.3, 0.2, 5.1]).unwrap();
    assert_eq!(level(&loaded), level(&learned));
    assert_eq!(loaded.levels, learned.levels);
    assert_eq!(loaded.localiser, learned.localiser);
    assert_eq!((loaded.joint, loaded.normals), (learned.joint, learned.normals));
    assert_eq!(loaded.created, learned.created);
}

#[test]
fn a_file_that_was_damaged_or_cut_off_is_refused() {
    let file = reference().file().unwrap();
    assert_eq!(refused(&file), "it is a reference");
    for length in [0, 7, 100, file.len() - 1] {
        assert!(refused(&file[..length]).contains("broken"), "{length}");
    }
    // Within the numbers, where only the checksum of the stream can see it.
    let mut damaged = file.clone();
    let at = file.len() - 200;
    damaged[at] ^= 0x55;
    assert!(refused(&damaged).contains("broken"), "{}", refused(&damaged));
}

/// A file of the format before, written as it was written then.
fn of_format_6(units: &Tensor, memory: &Tensor, whitening: &[f32]) -> Vec<u8> {
    let halves = |tensor: &Tensor| {
        let halves = tensor.to_kind(Kind::Half).contiguous().flatten(0, -1);
        let shape: Vec<usize> = tensor.size().iter().map(|side| *side as usize).collect();
        (Dtype::F16, Vec::<u8>::try_from(&halves.view_dtype(Kind::Uint8)).unwrap(), shape)
    };
    let floats = |floats: &[f32]| {
        let bytes: Vec<u8> = floats.iter().flat_map(|float| float.to_le_bytes()).collect();
        (Dtype::F32, bytes, vec![floats.len()])
    };
    let tensors = [
        ("localiser", floats(&whole(3.0))),
        ("parts_levels", floats(&[0.1, 0.2, 0.3, 0.2, 0.1, 0.15])),
        ("parts_memory", halves(memory)),
        ("parts_metric", halves(units)),
        ("composition_levels", floats(&[0.2, 0.2, 0.3, 0.2, 0.1, 0.15])),
        ("composition_middle", floats(&[1.0, 2.0])),
        ("composition_whitening", floats(whitening)),
    ];
    let metadata = [
        ("format", "inspectd-reference-6"),
        ("sku", "tea"),
        ("view", "top"),
        ("framing", "view"),
        ("backbone_sha256", BACKBONE),
        ("normals", "6"),
        ("created", "2026-11-01T08:00:00Z"),
    ];
    let metadata = metadata.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let views = tensors.iter().map(|(name, (dtype, bytes, shape))| {
        (*name, TensorView::new(*dtype, shape.clone(), bytes).unwrap())
    });
    safetensors::serialize(views, Some(HashMap::from(metadata))).unwrap()
}

#[test]
fn a_file_of_the_format_before_judges_as_it_did() {
    let square = Tensor::from_slice(&[
        2.0f32, 0.5, 0.0, 0.1, 0.0, 1.0, 0.3, 0.0, 0.0, 0.0, 4.0, 0.2, 0.0, 0.0, 0.0, 0.5,
    ])
    .view([4, 4]);
    let single = Tensor::from_slice(&[2.0f32, 0.5, 1.0, 4.0]);
    for units in [square, single] {
        let measured = |tokens: &Tensor| match units.dim() {
            1 => tokens * &units,
            _ => tokens.mm(&units),
        };
        // Far from zero, as the tokens of a network are.
        let (memory, asked) = (measured(&(tokens(0) + 5.0)), 4.0 * tokens(3) + 5.0);
        let file = of_format_6(&units, &memory, &[2.0, 0.0, 1.0, 3.0]);
        let Ok(reference) = read(&file, &key(), BACKBONE) else { panic!("{}", refused(&file)) };
        let apart = measured(&asked).unsqueeze(1) - memory.unsqueeze(0);
        let squares = apart.square().sum_dim_intlist([2i64].as_slice(), false, Kind::Float);
        let expected =
            Vec::<f32>::try_from(&squares.amin([1i64].as_slice(), false).sqrt()).unwrap();
        let found = parts(&reference).distances(&asked).unwrap();
        let off = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let largest = expected.iter().copied().fold(0.0, f32::max);
        assert!(off < 0.02 * largest, "off by {off} of {largest}");
        // (1, 1) from the middle, times the matrix, is (3, 3).
        let level = cloud(&reference).level(&[2.0, 3.0]).unwrap();
        assert!((level - 3f64.ln()).abs() < 0.01, "{level}");
        assert_eq!(reference.normals(), 6);

        let folder = tempfile::tempdir().unwrap();
        reference.save(folder.path()).unwrap();
        let again = Reference::load(folder.path(), &key(), BACKBONE).unwrap();
        assert_eq!(parts(&again).distances(&asked).unwrap(), found, "written anew, it is the same");
    }
    let misfit =
        of_format_6(&Tensor::ones([3], (Kind::Float, tch::Device::Cpu)), &tokens(0), &[1.0; 4]);
    assert!(refused(&misfit).contains("does not fit together"), "{}", refused(&misfit));
    let misfit =
        of_format_6(&Tensor::ones([4], (Kind::Float, tch::Device::Cpu)), &tokens(0), &[1.0; 3]);
    assert!(refused(&misfit).contains("does not fit together"), "{}", refused(&misfit));
}
