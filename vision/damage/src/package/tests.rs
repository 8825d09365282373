use super::*;
use crate::train::tests::{CHANNELS, options, problem, run_in};
use crate::train::train;
use base::progress::Silent;

const BACKBONE: &str = "5f3c";

/// A head of the tiny problem, packaged in a new folder.
fn packaged(epochs: usize) -> (tempfile::TempDir, HeadFacts) {
    let folder = tempfile::tempdir().unwrap();
    let (examples, sources) = problem();
    let options = TrainOptions { epochs, ..options() };
    let run = run_in(&folder.path().join("checkpoints"));
    let trained = train(&examples, &sources, &options, &run, &mut Silent).unwrap();
    let facts = trained.save(folder.path(), BACKBONE).unwrap();
    (folder, facts)
}

fn load(folder: &tempfile::TempDir) -> Result<DamageHead, HeadError> {
    DamageHead::load(folder.path(), BACKBONE, Device::Cpu)
}

#[test]
fn a_packaged_head_tells_where_the_damage_is_and_of_which_kind() {
    let (folder, facts) = packaged(12);
    let head = load(&folder).unwrap();
    assert_eq!(head.facts(), &facts);
    assert_eq!((facts.members.len(), facts.channels), (3, CHANNELS));
    let (examples, _) = problem();
    for example in &examples[..18] {
        let answer = head.answer(&example.tokens, &example.places).unwrap();
        // Two touched tokens of at most eight are a quarter of a degree in the mean.
        assert_eq!(answer.level > 0.4, example.damaged, "{answer:?}");
        assert_eq!(answer.members.len(), 3);
        assert_eq!(answer.patches.len() as i64, example.tokens.size()[0]);
        for (at, (logit, kind)) in answer.patches.iter().zip(&answer.kinds).enumerate() {
            let touched = example.damaged && at < 2;
            assert_eq!(*logit > 0.0, touched, "{answer:?}");
            assert!(!touched || *kind == Kind::Stain);
        }
    }
}

#[test]
fn a_head_knows_which_member_is_blind_to_a_picture() {
    let (folder, facts) = packaged(1);
    let head = load(&folder).unwrap();
    assert_eq!(facts.members[1].blind_to, ["normal1.png", "normal4.png", "normal7.png"]);
    assert_eq!(head.blind_member("normal5.png"), Some(2));
    assert_eq!(head.blind_member("another.png"), None);
}

#[test]
fn a_package_that_was_changed_is_refused() {
    let (folder, facts) = packaged(1);
    let program = folder.path().join(HEAD_FILE);
    let whole = fs::read(&program).unwrap();
    let refusal = || load(&folder).unwrap_err().to_string();

    fs::write(&program, &whole[..whole.len() / 2]).unwrap();
    assert!(refusal().contains("not the one that damage_head.json tells about"));
    fs::remove_file(&program).unwrap();
    assert!(refusal().contains("cannot read"));
    fs::write(&program, &whole).unwrap();

    let error = DamageHead::load(folder.path(), "0000", Device::Cpu).unwrap_err().to_string();
    assert!(error.contains("backbone 5f3c, not of 0000"), "{error}");

    let json = folder.path().join(HEAD_FACTS_FILE);
    let tell = |facts: &HeadFacts| fs::write(&json, serde_json::to_vec(facts).unwrap()).unwrap();
    tell(&HeadFacts { format: 9, ..facts.clone() });
    assert!(refusal().contains("format is 9"));
    let mut other = facts.clone();
    other.golden[1][40] += 0.1;
    tell(&other);
    assert!(refusal().contains("when trained"));
    fs::write(&json, "{}").unwrap();
    assert!(refusal().contains("missing field"));

    let noise = b"no program";
    fs::write(&program, noise).unwrap();
    tell(&HeadFacts { head_sha256: sha256(noise), ..facts.clone() });
    assert!(matches!(load(&folder), Err(HeadError::Refused { .. })));
    fs::write(&program, &whole).unwrap();
    tell(&facts);
    assert!(load(&folder).is_ok());
}

#[test]
fn tokens_that_are_no_numbers_or_of_another_shape_are_refused() {
    let (folder, _) = packaged(1);
    let head = load(&folder).unwrap();
    let (tokens, places) = pattern(4, CHANNELS);
    assert!(head.answer(&tokens, &places).is_ok());
    for broken in [f64::NAN, f64::INFINITY] {
        let error = head.answer(&(&tokens * broken), &places).unwrap_err();
        assert!(matches!(error, HeadError::NotFinite { .. }), "{error}");
        let error = head.answer(&tokens, &(&places * broken)).unwrap_err();
        assert!(matches!(error, HeadError::NotFinite { .. }), "{error}");
    }
    let empty = (tokens.narrow(0, 0, 0), places.narrow(0, 0, 0));
    let narrow = (tokens.narrow(1, 0, 2), places.shallow_clone());
    let short = (tokens.shallow_clone(), places.narrow(0, 0, 3));
    for (tokens, places) in [empty, narrow, short] {
        let error = head.answer(&tokens, &places).unwrap_err();
        assert!(matches!(error, HeadError::Shape { .. }), "{error}");
    }
}

#[test]
fn a_stored_head_answers_exactly_what_the_trained_one_does() {
    let folder = tempfile::tempdir().unwrap();
    let (examples, sources) = problem();
    let run = run_in(folder.path());
    let options = TrainOptions { epochs: 1, ..options() };
    let trained = train(&examples, &sources, &options, &run, &mut Silent).unwrap();
    let (tokens, places) = pattern(21, CHANNELS);
    let eager: Vec<f32> = trained
        .members
        .iter()
        .map(|member| {
            let outputs = member.network.forward(&tokens.unsqueeze(0), &places.unsqueeze(0), None);
            levels(&outputs.unwrap().select(-1, DAMAGE)).unwrap().double_value(&[0]) as f32
        })
        .collect();
    trained.save(folder.path(), BACKBONE).unwrap();
    let answer = load(&folder).unwrap().answer(&tokens, &places).unwrap();
    for (eager, stored) in eager.iter().zip(&answer.members) {
        assert!((eager - stored).abs() < 1e-5, "{eager} {stored}");
    }
}

#[test]
fn a_package_leaves_nothing_unfinished_behind() {
    let (folder, _) = packaged(1);
    let mut names: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["checkpoints", HEAD_FACTS_FILE, HEAD_FILE]);
}
