use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use tch::Device;

use super::*;
use base::progress::Silent;

/// Numbers of a token in the tiny problem.
pub const CHANNELS: i64 = 6;
/// The number that damage raises.
const PLANTED: usize = 3;

/// Examples of 9 sources; in the damaged ones the first two tokens are raised in one number.
pub fn problem() -> (Vec<Example>, Vec<String>) {
    let mut random = StdRng::seed_from_u64(5);
    let mut example = |index: usize| {
        let (length, damaged) = (5 + index % 4, index / 9 % 2 == 1);
        let tokens = (0..length * CHANNELS as usize).map(|at| {
            let raised =
                damaged && at / (CHANNELS as usize) < 2 && at % CHANNELS as usize == PLANTED;
            random.random_range(-1.0..1.0_f32) + if raised { 4.0 } else { 0.0 }
        });
        let tokens = Tensor::from_slice(&tokens.collect::<Vec<_>>());
        let places = (0..length * 2).map(|_| random.random_range(-1.0..1.0_f32));
        let places = Tensor::from_slice(&places.collect::<Vec<_>>());
        let touched: Vec<f32> =
            (0..length).map(|at| f32::from(u8::from(damaged && at < 2))).collect();
        Example {
            tokens: tokens.view([length as i64, CHANNELS]).to_kind(Number::Half),
            places: places.view([length as i64, 2]),
            touched: Some(Tensor::from_slice(&touched)),
            kind: damaged.then_some(Kind::Stain),
            damaged,
            source: Some((index % 9) as u32),
        }
    };
    let examples = (0..126).map(&mut example).collect();
    (examples, (0..9).map(|source| format!("normal{source}.png")).collect())
}

pub fn options() -> TrainOptions {
    let (batch, learning_rate) = (8, 1e-2);
    TrainOptions { batch, learning_rate, width: 16, layers: 1, heads: 2, ..TrainOptions::default() }
}

pub fn run_in(folder: &Path) -> TrainRun {
    let checkpoints = folder.to_owned();
    TrainRun { checkpoints, resume: false, device: Device::Cpu, threads: 1 }
}

fn trained(options: &TrainOptions, run: &TrainRun) -> Result<Trained, TrainError> {
    let (examples, sources) = problem();
    train(&examples, &sources, options, run, &mut Silent)
}

/// All weights of all members, and what was measured on the way.
fn result(trained: &Trained) -> Vec<(Vec<EpochLoss>, Vec<f32>)> {
    let weights = |member: &Member| {
        let weights = member.network.store().trainable_variables();
        let flat: Vec<Tensor> = weights.iter().map(|w| w.detach().flatten(0, -1)).collect();
        Vec::<f32>::try_from(Tensor::cat(&flat, 0)).unwrap()
    };
    trained.members.iter().map(|member| (member.losses.clone(), weights(member))).collect()
}

#[test]
fn every_member_learns_a_planted_pattern() {
    let folder = tempfile::tempdir().unwrap();
    let trained = trained(&options(), &run_in(folder.path())).unwrap();
    assert_eq!(trained.counts, Counts { examples: 126, damaged: 63, labelled: 0 });
    for member in &trained.members {
        assert_eq!(member.unseen_auroc, Some(1.0), "{:?}", member.losses);
        assert!(member.losses[11].learned < member.losses[0].learned / 4.0);
    }
    assert_eq!(trained.curve().matches("<polyline").count(), 6);
}

#[test]
fn an_interrupted_training_goes_on_to_the_same_result() {
    /// Dies in the fifth epoch of the second member.
    struct Interrupted;
    impl Progress for Interrupted {
        fn step(&mut self, done: usize, _total: usize, what: &str) {
            assert!(done != 4 || what != "training member 2 of 3", "interrupted");
        }
    }
    let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let expected = trained(&options(), &run_in(whole.path())).unwrap();

    let (examples, sources) = problem();
    let run = TrainRun { resume: true, ..run_in(parts.path()) };
    let died = catch_unwind(AssertUnwindSafe(|| {
        train(&examples, &sources, &options(), &run, &mut Interrupted).map(drop)
    }));
    assert!(died.is_err());
    tch::manual_seed(99);
    let resumed = trained(&options(), &run).unwrap();
    assert_eq!(result(&expected), result(&resumed));
}

#[test]
fn the_seed_decides_the_result() {
    let result_of = |seed: u64| {
        let folder = tempfile::tempdir().unwrap();
        let options = TrainOptions { seed, epochs: 2, ..options() };
        result(&trained(&options, &run_in(folder.path())).unwrap())
    };
    let first = result_of(1);
    assert_eq!(first, result_of(1));
    assert_ne!(first, result_of(2));
    assert_ne!(first[0].1, first[1].1, "members start from different weights");
}

#[test]
fn a_member_never_learns_from_its_own_fold_and_always_from_labels() {
    let (mut examples, _) = problem();
    examples[9].source = None;
    examples[9].touched = None;
    let options = TrainOptions { labelled_repeats: 4, ..options() };
    for member in 0..3 {
        let learned = learned_by(&examples, member, &options);
        let unseen = of_fold(&examples, member, &options);
        let fold = |example: &&Example| example.source.map(|source| source as usize % 3);
        assert!(learned.iter().all(|example| fold(example) != Some(member)));
        assert!(unseen.iter().all(|example| fold(example) == Some(member)));
        assert_eq!(learned.iter().filter(|example| fold(example).is_none()).count(), 4);
        assert_eq!(learned.len() - 4 + unseen.len(), 125);
    }
}

#[test]
fn labels_without_known_tokens_are_learned_from() {
    let (mut examples, sources) = problem();
    for example in examples.iter_mut().filter(|example| example.damaged) {
        (example.source, example.touched) = (None, None);
    }
    let folder = tempfile::tempdir().unwrap();
    let options = TrainOptions { labelled_repeats: 1, ..options() };
    let run = run_in(folder.path());
    let trained = train(&examples, &sources, &options, &run, &mut Silent).unwrap();
    assert_eq!(trained.counts.labelled, 63);
    for member in &trained.members {
        assert!(member.losses[11].learned < member.losses[0].learned / 2.0, "{member:?}");
        assert_eq!(member.unseen_auroc, None, "all damage is seen");
    }
}

#[test]
fn a_loss_that_is_no_number_stops_training() {
    let folder = tempfile::tempdir().unwrap();
    let options = TrainOptions { learning_rate: 1e38, ..options() };
    let error = trained(&options, &run_in(folder.path())).unwrap_err();
    assert!(matches!(error, TrainError::Diverged { member: 1, .. }), "{error}");
}

#[test]
fn checkpoints_of_another_training_or_broken_ones_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let options = TrainOptions { epochs: 1, ..options() };
    let run = TrainRun { resume: true, ..run_in(folder.path()) };
    trained(&options, &run).unwrap();
    let other = TrainOptions { noise: 0.1, ..options.clone() };
    let error = trained(&other, &run).unwrap_err().to_string();
    assert!(error.contains("other options or pictures"), "{error}");

    let file = folder.path().join("member2.safetensors");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    let error = trained(&options, &run).unwrap_err().to_string();
    assert!(error.contains("member2.safetensors") && error.contains("broken"), "{error}");
    let anew = TrainRun { resume: false, ..run };
    assert!(trained(&options, &anew).is_ok());
}

#[test]
fn what_cannot_be_trained_is_refused_before_it_starts() {
    let folder = tempfile::tempdir().unwrap();
    let (mut examples, sources) = problem();
    let run = run_in(folder.path());
    let refusal = |examples: &[Example], options: &TrainOptions| {
        train(examples, &sources, options, &run, &mut Silent).unwrap_err().to_string()
    };
    let uneven = TrainOptions { heads: 3, ..options() };
    assert!(refusal(&examples, &uneven).contains("multiple of the heads"));
    assert!(refusal(&[], &options()).contains("no examples"));
    examples[7].tokens = &examples[7].tokens * f64::INFINITY;
    assert!(refusal(&examples, &options()).contains("example 7 of normal7.png"));
    let (mut examples, _) = problem();
    examples.retain(|example| example.source == Some(0));
    assert!(refusal(&examples, &options()).contains("member 1"));
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
}
