//! A reference that grows with new normal pictures.

use std::path::Path;

use base::Dataset;
use base::Picture;
use base::Silent;
use damage::Calibration;
use damage::Reference;
use damage::ReferenceKey;
use damage::Scorer;
use damage::ScoringError;
use damage::ViewScore;
use damage::scoring::{Member, Normal, find};
use features::backbone::default_model_dir;
use image::{Rgb, RgbImage};
use lab::learn;
use lab::learn::{Turns, add};
use lab::train::{Labelled, TrainSettings, train_for_now};

/// A box with a striped label on a grained belt, moved by `seed`; it may lie the other way round.
fn carton(seed: u32, turned: bool) -> RgbImage {
    let (left, top) = (40 + seed * 7 % 9, 30 + seed * 3 % 7);
    let picture = RgbImage::from_fn(240, 160, |x, y| {
        let noise = ((x * 31 + y * 17 + seed * 101).wrapping_mul(2_654_435_761) >> 28) as u8;
        let (u, v) = (x.wrapping_sub(left), y.wrapping_sub(top));
        match (u, v) {
            (u, v) if u >= 150 || v >= 90 => Rgb([60 + noise, 62 + noise, 60 + noise]),
            (15..80, 15..45) if u % 8 < 4 => Rgb([30, 30, 30]),
            (15..80, 15..45) => Rgb([230, 230, 230]),
            (100..140, 60..85) => Rgb([30, 60, 150 + noise]),
            _ => Rgb([190 - noise, 150, 100 + noise]),
        }
    });
    if turned { image::imageops::rotate180(&picture) } else { picture }
}

fn pictures(folder: &Path, seeds: std::ops::Range<u32>, turned: bool) -> Dataset {
    std::fs::create_dir_all(folder).expect("the temporary folder can be written");
    for seed in seeds {
        carton(seed, turned).save(folder.join(format!("{seed:03}.png"))).expect("there is room");
    }
    Dataset::open(folder).expect("there are pictures").with_only_view_named("top")
}

fn reference(scorer: &Scorer, folder: &Path) -> Reference {
    let key = ReferenceKey::new("box", "top").expect("plain names");
    Reference::load(folder, &key, scorer.backbone_sha256()).expect("it was learned")
}

/// What `member` says of the view.
fn level(score: &ViewScore, member: Member) -> f64 {
    let found = score.members.iter().find(|one| one.member == member);
    found.expect("this member judges every view").level
}

#[test]
fn a_pose_that_was_added_is_normal_from_then_on_and_the_old_one_stays_so() {
    let folder = tempfile::tempdir().unwrap();
    let scorer = Scorer::load(default_model_dir()).unwrap();
    let first = pictures(&folder.path().join("first"), 0..8, false);
    learn(&scorer, &first, "box", folder.path(), Turns::One, &mut Silent).unwrap();
    let score = |turned: bool| -> ViewScore {
        let picture = Picture::from(carton(50, turned));
        scorer.score(&picture, &reference(&scorer, folder.path()), 1).unwrap()
    };
    let (old, new) = (score(false), score(true));
    assert!(!old.exceeds && new.score > 2.0 * old.score, "{} and {}", old.score, new.score);

    let more = pictures(&folder.path().join("more"), 20..28, true);
    let added = add(&scorer, &more, "box", folder.path(), Turns::One, &mut Silent).unwrap();
    assert_eq!((added.views[0].normals, added.views[0].pictures), (16, 8));
    assert_eq!(reference(&scorer, folder.path()).joint().levels().len(), 16);
    let level = |score: &ViewScore| level(score, Member::Parts);
    let (old_after, new_after) = (score(false), score(true));
    assert!(level(&new_after) < level(&new) - 0.1, "{} of {}", level(&new_after), level(&new));
    assert!((level(&old_after) - level(&old)).abs() < 0.2, "the old pose is remembered");
    assert!(!old_after.exceeds && !new_after.exceeds);
}

#[test]
fn an_item_that_may_lie_the_other_way_round_is_learned_from_pictures_of_one_way() {
    let folder = tempfile::tempdir().unwrap();
    let scorer = Scorer::load(default_model_dir()).unwrap();
    let one_way = pictures(&folder.path().join("good"), 0..8, false);
    let scores = |turns: Turns| {
        learn(&scorer, &one_way, "box", folder.path(), turns, &mut Silent).unwrap();
        let reference = reference(&scorer, folder.path());
        [false, true].map(|turned| {
            let picture = Picture::from(carton(50, turned));
            scorer.score(&picture, &reference, 1).unwrap()
        })
    };
    let [_, before] = scores(Turns::One);
    for turns in [Turns::Two, Turns::Four] {
        let [same_way, other_way] = &scores(turns);
        assert!(!same_way.exceeds, "{turns:?}: {} of {}", same_way.score, same_way.threshold);
        let [other_way, before] = [other_way, &before].map(|score| level(score, Member::Parts));
        assert!(other_way < before - 0.1, "{turns:?}: {other_way} after {before}");
    }
}

#[test]
fn a_lone_pictures_guesses_give_way_to_the_levels_of_real_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let scorer = Scorer::load(default_model_dir()).unwrap();
    let lone = pictures(&folder.path().join("lone"), 0..1, false);
    let learned = learn(&scorer, &lone, "box", folder.path(), Turns::One, &mut Silent).unwrap();
    assert_eq!(learned.views[0].calibration, Calibration::Weak);
    let more = pictures(&folder.path().join("more"), 1..9, false);
    let added = add(&scorer, &more, "box", folder.path(), Turns::One, &mut Silent).unwrap();
    assert_eq!((added.views[0].normals, added.views[0].calibration), (9, Calibration::Fitted));
    let grown = reference(&scorer, folder.path());
    assert_eq!(grown.joint().levels().len(), 8, "one for each picture that was not remembered");
}

#[test]
fn nothing_can_be_added_to_what_was_never_learned_or_with_another_head() {
    let folder = tempfile::tempdir().unwrap();
    let scorer = Scorer::load(default_model_dir()).unwrap();
    let good = pictures(&folder.path().join("good"), 0..6, false);
    let error = add(&scorer, &good, "box", folder.path(), Turns::One, &mut Silent).unwrap_err();
    assert!(error.to_string().contains("inspectctl learn"), "{error}");

    let mut settings = TrainSettings { examples: 24, ..TrainSettings::default() };
    settings.head.epochs = 1;
    let normal = good.views["top"].normals.clone();
    let labelled = Labelled { empty: vec![], normal, damaged: vec![] };
    let head = train_for_now(&scorer, &[labelled], &settings, &mut Silent).unwrap();
    let scorer = scorer.with_head(Some(head));
    learn(&scorer, &good, "box", folder.path(), Turns::One, &mut Silent).unwrap();
    let more = pictures(&folder.path().join("more"), 10..12, false);
    add(&scorer, &more, "box", folder.path(), Turns::One, &mut Silent).unwrap();
    let grown = reference(&scorer, folder.path());
    assert_eq!(grown.held_out(Member::Head).unwrap().levels().len(), 8);

    let without = scorer.with_head(None);
    let picture = Picture::from(carton(60, false));
    let mask = find(&picture, grown.localiser()).unwrap();
    let observed = without.describe(&picture, &mask, grown.framing()).unwrap();
    let normal =
        Normal { observed, turned: Vec::new(), drifted: Vec::new(), source: String::new() };
    let error = grown.grown(None, &[normal]).unwrap_err();
    assert!(matches!(error, ScoringError::OtherHead { .. }), "{error}");
}
