//! Training a damage head with the real backbone, from folder to the score that it takes part in.

use std::path::{Path, PathBuf};

use base::Dataset;
use base::Picture;
use base::Silent;
use damage::Reference;
use damage::ReferenceKey;
use damage::Scorer;
use damage::scoring::Member;
use features::backbone::default_model_dir;
use image::{Rgb, RgbImage};
use lab::learn;
use lab::learn::Turns;
use lab::train::{Labelled, TrainSettings, train};

/// A carton with a printed stripe on a textured belt, moved by `seed`.
fn carton(seed: u32) -> RgbImage {
    let (left, top) = (50 + seed * 7 % 40, 40 + seed * 11 % 30);
    RgbImage::from_fn(240, 180, |x, y| {
        let noise = ((x * 31 + y * 17 + seed * 101).wrapping_mul(2_654_435_761) >> 28) as u8;
        let (u, v) = (x.wrapping_sub(left), y.wrapping_sub(top));
        if u >= 110 || v >= 70 {
            return Rgb([60 + noise, 62 + noise, 60 + noise]);
        }
        if (20..40).contains(&v) { Rgb([30, 120, 60]) } else { Rgb([200 - noise, 190, 170]) }
    })
}

fn normals(folder: &Path, count: u32) -> Vec<PathBuf> {
    std::fs::create_dir_all(folder).expect("the temporary folder can be written");
    (0..count)
        .map(|seed| {
            let file = folder.join(format!("{seed:03}.png"));
            carton(seed).save(&file).expect("the temporary folder can be written");
            file
        })
        .collect()
}

fn settings() -> TrainSettings {
    let mut settings = TrainSettings { examples: 40, ..TrainSettings::default() };
    settings.head.epochs = 2;
    settings
}

#[test]
fn a_head_that_was_trained_judges_beside_the_others_once_its_references_are_learned_anew() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good");
    let pictures = [Labelled { empty: vec![], normal: normals(&good, 9), damaged: vec![] }];
    let head_folder = folder.path().join("damage_head");
    let scorer = Scorer::load(default_model_dir()).unwrap();
    let trained = train(&scorer, &pictures, &settings(), &head_folder, &mut Silent).unwrap();
    assert_eq!(trained.examples, 40);
    assert!(std::fs::read_to_string(&trained.curve).unwrap().starts_with("<svg"));
    let first = trained.head.facts().head_sha256.clone();

    let again = train(&scorer, &pictures, &settings(), &head_folder, &mut Silent).unwrap();
    assert_eq!(again.head.facts().head_sha256, first, "finished: it goes on from its checkpoints");

    let scorer = Scorer::load(default_model_dir()).unwrap().with_head_from(&head_folder).unwrap();
    let dataset = Dataset::open(&good).unwrap().with_only_view_named("top");
    learn(&scorer, &dataset, "box", folder.path(), Turns::One, &mut Silent).unwrap();
    let key = ReferenceKey::new("box", "top").unwrap();
    let reference = Reference::load(folder.path(), &key, scorer.backbone_sha256()).unwrap();
    let levels = reference.held_out(Member::Head).expect("the reference knows the head");
    assert_eq!(levels.levels().len(), 9, "one for each normal picture");

    let picture = Picture::from(carton(20));
    let members = |scorer: &Scorer| {
        let scored = scorer.score(&picture, &reference, 1).unwrap();
        assert!(scored.score.is_finite() && scored.threshold > 0.0);
        scored.members.iter().map(|member| member.member).collect::<Vec<_>>()
    };
    let all = members(&scorer);
    assert_eq!(all.last(), Some(&Member::Head));
    let without = members(&scorer.with_head(None));
    assert_eq!(without, all[..all.len() - 1]);
    assert!(without.contains(&Member::Parts) && without.contains(&Member::Silhouette));
}

#[test]
fn one_normal_picture_is_too_little_for_a_head() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = [Labelled { empty: vec![], normal: normals(folder.path(), 1), damaged: vec![] }];
    let scorer = Scorer::load(default_model_dir()).unwrap();
    let head = folder.path().join("damage_head");
    let error = train(&scorer, &pictures, &settings(), &head, &mut Silent).unwrap_err();
    assert!(error.to_string().contains("more normal pictures"), "{error}");
    assert!(!head.join("damage_head.pt").exists());
}
