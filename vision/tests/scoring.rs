//! Scoring with the real backbone on small drawn pictures: what a defect scores, what is refused.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base::Dataset;
use base::Picture;
use base::PixelFormat;
use base::Silent;
use capture::Frame;
use damage::Calibration;
use damage::DeviceChoice;
use damage::Reference;
use damage::ReferenceKey;
use damage::Scorer;
use damage::ScoringError;
use damage::ViewScore;
use damage::scoring::{Budget, Member, Sight};
use features::backbone::{EngineChoice, default_model_dir};
use image::{Rgb, RgbImage};
use lab::learn;
use lab::learn::Turns;
use line::clock::monotonic;
use vision::InferencePool;
use vision::Job;
use vision::ModelSection;

/// A carton with a label, moved a little by `seed`; `dent` darkens a corner of it.
fn carton(seed: u32, dent: bool) -> RgbImage {
    let (dx, dy) = (seed * 7 % 5, seed * 3 % 4);
    RgbImage::from_fn(240, 160, |x, y| {
        let (u, v) = (x.wrapping_sub(40 + dx), y.wrapping_sub(30 + dy));
        let noise = ((x * 31 + y * 17 + seed * 101).wrapping_mul(2_654_435_761) >> 28) as u8;
        if u >= 160 || v >= 100 {
            return Rgb([60 + noise, 62 + noise, 60 + noise]);
        }
        if dent && (110..140).contains(&u) && (50..80).contains(&v) {
            return Rgb([(u as u8).wrapping_mul(9), 20, (v as u8).wrapping_mul(7)]);
        }
        if (20..80).contains(&u) && (20..50).contains(&v) {
            let bar = if u % 8 < 4 { 30 } else { 230 };
            return Rgb([bar, bar, bar]);
        }
        Rgb([190 - noise, 150, 100 + noise])
    })
}

fn normals(folder: &Path, count: u32) {
    std::fs::create_dir_all(folder).expect("the temporary folder can be written");
    for seed in 0..count {
        carton(seed, false)
            .save(folder.join(format!("{seed:03}.png")))
            .expect("the temporary folder can be written");
    }
}

fn model(references: &Path) -> ModelSection {
    ModelSection {
        folder: default_model_dir(),
        references: references.to_owned(),
        references_mib: 64,
        damage_head: references.join("damage_head"),
        device: DeviceChoice::Auto,
        engine: EngineChoice::Auto,
    }
}

/// A folder with a reference `box/top`, learned from `count` cartons.
fn learned(count: u32) -> (Scorer, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("the cartons can be learned");
    normals(&folder.path().join("good"), count);
    let scorer = Scorer::load(default_model_dir()).expect("the cartons can be learned");
    let dataset = Dataset::open(folder.path().join("good"))
        .expect("the cartons can be learned")
        .with_only_view_named("top");
    let learned = learn(&scorer, &dataset, "box", folder.path(), Turns::One, &mut Silent)
        .expect("the cartons can be learned");
    assert_eq!(learned.views[0].path, folder.path().join("box/top.safetensors"));
    assert_eq!(learned.views[0].normals, count as usize);
    (scorer, folder)
}

fn key() -> ReferenceKey {
    ReferenceKey::new("box", "top").expect("plain names")
}

#[test]
fn a_defect_exceeds_the_threshold_where_it_is_and_a_normal_view_does_not() {
    let (scorer, folder) = learned(9);
    let reference = Reference::load(folder.path(), &key(), scorer.backbone_sha256()).unwrap();
    let normal = scorer.score(&carton(50, false).into(), &reference, 1).unwrap();
    let dented = scorer.score(&carton(51, true).into(), &reference, 1).unwrap();
    assert!(!normal.exceeds, "{} against {}", normal.score, normal.threshold);
    assert!(dented.exceeds, "{} against {}", dented.score, dented.threshold);
    assert_eq!(dented.calibration, Calibration::Fitted);
    let (x, y) = dented.heat.peak();
    assert!((140..195).contains(&x) && (70..125).contains(&y), "the peak is at {x}, {y}");
    assert_eq!(dented.heat.values.len() as u32, dented.heat.width * dented.heat.height);
    let silhouette =
        |score: &ViewScore| score.members.iter().any(|one| one.member == Member::Silhouette);
    assert!(silhouette(&normal) && silhouette(&dented), "the item is found");
    assert_eq!(dented.sight, Sight::One);
    assert!(dented.timings.total() > Duration::ZERO);
}

/// The rectangle of `picture` that begins at `x`, `y` painted over by `colour`.
fn painted_over(
    mut picture: RgbImage,
    (x, y): (u32, u32),
    (width, height): (u32, u32),
    colour: impl Fn(u32, u32) -> [u8; 3],
) -> Picture {
    for (u, v, pixel) in picture.enumerate_pixels_mut() {
        if (x..x + width).contains(&u) && (y..y + height).contains(&v) {
            *pixel = Rgb(colour(u, v));
        }
    }
    Picture::from(picture)
}

/// The belt as `carton` paints it.
fn belt(x: u32, y: u32) -> [u8; 3] {
    let noise = ((x * 31 + y * 17 + 77).wrapping_mul(2_654_435_761) >> 28) as u8;
    [60 + noise, 62 + noise, 60 + noise]
}

#[test]
fn an_item_that_is_not_whole_in_the_picture_is_not_normal() {
    let (scorer, folder) = learned(12);
    let reference = Reference::load(folder.path(), &key(), scorer.backbone_sha256()).unwrap();
    let whole = || carton(50, false);
    let normal = scorer.score(&whole().into(), &reference, 1).unwrap();
    assert!(!normal.exceeds, "{} of {}", normal.score, normal.threshold);
    let spoiled = [
        ("half of it is gone", painted_over(whole(), (120, 0), (120, 160), belt)),
        ("its lower half is gone", painted_over(whole(), (0, 80), (240, 80), belt)),
        ("a corner is gone", painted_over(whole(), (150, 90), (90, 70), belt)),
        ("the transfer broke off", painted_over(whole(), (0, 80), (240, 80), |_, _| [0; 3])),
        ("the transfer tore", painted_over(whole(), (0, 70), (240, 90), |_, _| [128; 3])),
        (
            "another thing covers it",
            painted_over(whole(), (60, 40), (90, 70), |x, y| {
                if (x / 3 + y / 5) % 2 == 0 { [20, 90, 40] } else { [30, 120, 60] }
            }),
        ),
        (
            "a second thing lies beside it",
            painted_over(whole(), (212, 60), (24, 60), |x, _| [200, 30, (x % 7) as u8 * 20]),
        ),
    ];
    for (what, picture) in spoiled {
        let scored = scorer.score(&picture, &reference, 1).unwrap();
        assert!(scored.exceeds, "{what}: {} of {}", scored.score, scored.threshold);
        assert!(!scored.words(None).is_empty());
    }
}

#[test]
fn an_even_frame_is_no_usable_picture() {
    let (scorer, folder) = learned(4);
    let reference = Reference::load(folder.path(), &key(), scorer.backbone_sha256()).unwrap();
    for level in [0, 90, 255] {
        let even = Picture::from(RgbImage::from_pixel(240, 160, Rgb([level; 3])));
        let refused = scorer.score(&even, &reference, 1).unwrap_err();
        assert!(matches!(refused, ScoringError::Blank), "{level}: {refused}");
    }
}

#[test]
fn an_empty_belt_is_never_called_normal() {
    let (scorer, folder) = learned(12);
    let reference = Reference::load(folder.path(), &key(), scorer.backbone_sha256()).unwrap();
    let empty = painted_over(carton(50, false), (0, 0), (240, 160), belt);
    match scorer.score(&empty, &reference, 1) {
        Ok(scored) => {
            assert!(scored.exceeds);
            assert_eq!(scored.sight, Sight::Nothing);
            assert!(scored.words(None).starts_with("no item is found"));
        }
        Err(error) => assert!(matches!(error, ScoringError::NoItem), "{error}"),
    }
}

#[test]
fn members_can_be_switched_off() {
    let (scorer, folder) = learned(6);
    let reference = Reference::load(folder.path(), &key(), scorer.backbone_sha256()).unwrap();
    let dented = Picture::from(carton(51, true));
    let scorer = scorer.with_members(&[Member::Parts]);
    let scored = scorer.score(&dented, &reference, 1).unwrap();
    let judged: Vec<Member> = scored.members.iter().map(|one| one.member).collect();
    assert_eq!(judged, [Member::Parts]);
    assert!(scored.exceeds, "{} of {}", scored.score, scored.threshold);
    assert_eq!(scored.heats.len(), 1);
}

#[test]
fn drift_of_light_and_white_balance_changes_the_level_little() {
    let (scorer, folder) = learned(9);
    let reference = Reference::load(folder.path(), &key(), scorer.backbone_sha256()).unwrap();
    let lit = |gains: [f32; 3]| {
        let mut picture = carton(50, false);
        for pixel in picture.pixels_mut() {
            pixel.0.iter_mut().zip(gains).for_each(|(value, gain)| {
                *value = (f32::from(*value) * gain).min(255.0) as u8;
            });
        }
        scorer.score(&picture.into(), &reference, 1).unwrap()
    };
    for gains in [[0.8; 3], [1.15; 3], [1.15, 1.0, 0.85]] {
        let drifted = lit(gains);
        println!("{gains:?}: {} of {}, {:?}", drifted.score, drifted.threshold, drifted.members);
        assert!(!drifted.exceeds, "{gains:?}: {} of {}", drifted.score, drifted.threshold);
    }
}

#[test]
fn a_view_of_20_megapixels_is_scored_and_a_reference_written_again_is_the_same() {
    let (scorer, folder) = learned(4);
    let reference = Reference::load(folder.path(), &key(), scorer.backbone_sha256()).unwrap();
    let large = image::imageops::resize(
        &carton(50, false),
        5472,
        3648,
        image::imageops::FilterType::Triangle,
    );
    let score = scorer.score(&large.into(), &reference, 1).unwrap();
    assert!(score.score.is_finite() && score.heat.values.iter().all(|heat| heat.is_finite()));

    // What is written again is the same file but for its date.
    let again = tempfile::tempdir().unwrap();
    reference.save(again.path()).unwrap();
    let copy = Reference::load(again.path(), &key(), scorer.backbone_sha256()).unwrap();
    for member in Member::ALL {
        let memory = |reference: &Reference| Some(reference.patches(member)?.memory().clone());
        assert_eq!(memory(&copy), memory(&reference), "{}", member.name());
        assert_eq!(copy.held_out(member), reference.held_out(member));
    }
    assert_eq!(copy.joint(), reference.joint());
    let size = std::fs::metadata(key().path(folder.path())).unwrap().len();
    assert!(size <= 100_000, "{size} bytes");
}

#[test]
fn one_normal_picture_gives_a_weak_reference_that_still_tells_a_defect() {
    let (scorer, folder) = learned(1);
    let reference = Reference::load(folder.path(), &key(), scorer.backbone_sha256()).unwrap();
    assert_eq!(reference.normals(), 1);
    let normal = scorer.score(&carton(50, false).into(), &reference, 1).unwrap();
    let dented = scorer.score(&carton(51, true).into(), &reference, 1).unwrap();
    assert_eq!(dented.calibration, Calibration::Weak);
    assert!(dented.score > 1.2 * normal.score, "{} and {}", dented.score, normal.score);
}

#[test]
fn learning_twice_gives_the_same_memory_and_threshold() {
    let (scorer, folder) = learned(3);
    let first = Reference::load(folder.path(), &key(), scorer.backbone_sha256()).unwrap();
    let dataset = Dataset::open(folder.path().join("good")).unwrap().with_only_view_named("top");
    learn(&scorer, &dataset, "box", folder.path(), Turns::One, &mut Silent).unwrap();
    let second = Reference::load(folder.path(), &key(), scorer.backbone_sha256()).unwrap();
    let parts = |reference: &Reference| {
        reference.patches(Member::Parts).expect("it is always learned").memory().clone()
    };
    assert_eq!(parts(&first), parts(&second));
    assert_eq!(first.joint(), second.joint());
}

#[test]
fn a_reference_of_another_sku_backbone_or_a_cut_off_file_is_refused() {
    let (scorer, folder) = learned(2);
    let sha256 = scorer.backbone_sha256();
    let refused = |key: &ReferenceKey, sha256: &str| {
        Reference::load(folder.path(), key, sha256).unwrap_err().to_string()
    };
    let other = ReferenceKey::new("crate", "top").unwrap();
    assert!(refused(&other, sha256).contains("inspectctl learn"));

    std::fs::create_dir_all(folder.path().join("crate")).unwrap();
    std::fs::copy(key().path(folder.path()), other.path(folder.path())).unwrap();
    assert!(refused(&other, sha256).contains("its sku is `box`, not `crate`"));
    assert!(refused(&key(), "0123").contains("its backbone_sha256 is"));

    let file = std::fs::read(key().path(folder.path())).unwrap();
    std::fs::write(other.path(folder.path()), &file[..file.len() / 2]).unwrap();
    assert!(refused(&other, sha256).contains("broken"));
    std::fs::write(other.path(folder.path()), b"").unwrap();
    assert!(refused(&other, sha256).contains("broken"));

    let header = b"inspectd-reference-";
    let at = file.windows(header.len()).position(|bytes| bytes == header).unwrap();
    let mut older = file.clone();
    older[at + header.len()] = b'3';
    std::fs::write(key().path(folder.path()), older).unwrap();
    assert!(refused(&key(), sha256).contains("its format is `inspectd-reference-3`"));
}

#[test]
fn names_that_would_leave_the_folder_are_refused() {
    for name in ["", "..", "../x", "a/b", ".hidden", "a\0b"] {
        assert!(ReferenceKey::new(name, "top").is_err(), "{name:?}");
        assert!(ReferenceKey::new("box", name).is_err(), "{name:?}");
    }
}

#[test]
fn learning_stops_at_a_broken_picture_and_names_it() {
    let folder = tempfile::tempdir().unwrap();
    normals(folder.path(), 1);
    std::fs::write(folder.path().join("bad.png"), b"not a picture").unwrap();
    let scorer = Scorer::load(default_model_dir()).unwrap();
    let dataset = Dataset::open(folder.path()).unwrap();
    let error =
        learn(&scorer, &dataset, "box", folder.path(), Turns::One, &mut Silent).unwrap_err();
    assert!(error.to_string().contains("bad.png"), "{error}");
    assert!(!folder.path().join("box").exists(), "nothing half-learned is left");
}

/// The default model with one file replaced.
fn spoiled(file: &str, content: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("scripts/bootstrap has run");
    for name in ["backbone.pt", "golden.json"] {
        std::fs::copy(default_model_dir().join(name), folder.path().join(name))
            .expect("scripts/bootstrap has run");
    }
    std::fs::write(folder.path().join(file), content).expect("scripts/bootstrap has run");
    let path = folder.path().to_owned();
    (folder, path)
}

#[test]
fn a_model_that_is_absent_corrupt_or_not_what_was_exported_is_refused() {
    let error = Scorer::load("/nowhere/at/all").unwrap_err();
    assert!(matches!(error, ScoringError::ModelFile { .. }));
    assert!(error.to_string().contains("/nowhere/at/all/backbone.pt"));

    let whole = std::fs::read(default_model_dir().join("backbone.pt")).unwrap();
    for content in [&b""[..], b"no TorchScript", &whole[..whole.len() / 2]] {
        let (_keep, folder) = spoiled("backbone.pt", content);
        let error = Scorer::load(&folder).unwrap_err();
        assert!(matches!(error, ScoringError::Backbone { .. }), "{error}");
        assert!(error.to_string().contains("backbone.pt"), "{error}");
    }

    let golden = std::fs::read_to_string(default_model_dir().join("golden.json")).unwrap();
    let mut golden: serde_json::Value = serde_json::from_str(&golden).unwrap();
    let mean = &mut golden["cases"][0]["outputs"][0]["mean"];
    *mean = (mean.as_f64().unwrap() + 0.5).into();
    let (_keep, folder) = spoiled("golden.json", golden.to_string().as_bytes());
    let error = Scorer::load(&folder).unwrap_err();
    assert!(matches!(error, ScoringError::Golden { .. }), "{error}");
}

/// The picture of items that are not scored anyway.
fn speck() -> Picture {
    Picture::from_pixels(1, 1, PixelFormat::Grey8, vec![0]).expect("one grey pixel")
}

fn job(item: u64, sku: &str, pictures: Vec<Picture>, deadline: Duration) -> Job {
    let camera: Arc<str> = "top".into();
    let views = pictures
        .into_iter()
        .map(|picture| {
            let frame = Frame::new(camera.clone(), monotonic(), picture);
            (camera.clone(), Arc::new(frame))
        })
        .collect();
    Job { item, sku: sku.into(), deadline, views }
}

#[test]
fn a_budget_that_a_person_changes_holds_for_the_next_item() {
    let (_, folder) = learned(2);
    let budget = Budget::new(0.2);
    let (pool, results) = InferencePool::start(&model(folder.path()), budget.clone()).unwrap();
    let look = |item| {
        let dented = Picture::from(carton(8, true));
        pool.submit(job(item, "box", vec![dented], Duration::MAX)).unwrap();
        let scored = results.recv_timeout(Duration::from_secs(60)).unwrap();
        let view = scored.views.into_iter().next().unwrap().1.unwrap();
        (view.score, view.threshold, view.exceeds)
    };
    let (score, threshold, exceeds) = look(1);
    assert!(exceeds && (threshold - 0.699).abs() < 0.001, "{score} above {threshold}");
    budget.set(1e-12);
    let (again, threshold, exceeds) = look(2);
    assert_eq!(again, score, "what is surprising stays so");
    assert!(!exceeds && threshold > score, "{score} above {threshold}");
}

#[test]
fn the_pool_answers_every_item_whatever_is_wrong_with_it() {
    let (_, folder) = learned(2);
    let (pool, results) = InferencePool::start(&model(folder.path()), 0.005).unwrap();
    let one_pixel = Picture::from_pixels(1, 1, PixelFormat::Grey8, vec![9]).unwrap();
    let picture = |dent| Picture::from(carton(8, dent));
    let never = Duration::MAX;
    for job in [
        job(1, "box", vec![picture(false), picture(true), one_pixel], never),
        job(2, "unknown", vec![picture(false)], never),
        job(3, "../box", vec![picture(false)], never),
        job(4, "box", vec![picture(false)], Duration::from_nanos(1)),
    ] {
        pool.submit(job).unwrap();
    }
    assert_eq!(pool.submit(job(5, "box", vec![], never)).unwrap_err().item, 5);
    let answers: std::collections::BTreeMap<u64, _> = (0..4)
        .map(|_| results.recv_timeout(Duration::from_secs(60)).unwrap())
        .map(|scored| (scored.item, scored.views))
        .collect();
    let views = &answers[&1];
    assert!(views[0].1.as_ref().unwrap().score < views[1].1.as_ref().unwrap().score);
    assert!(matches!(views[2].1, Err(ScoringError::TooSmall { .. })));
    assert!(matches!(answers[&2][0].1, Err(ScoringError::NoReference { .. })));
    assert!(matches!(answers[&3][0].1, Err(ScoringError::Name { .. })));
    assert!(matches!(answers[&4][0].1, Err(ScoringError::TooLate { .. })));
}

#[test]
fn a_reference_that_was_replaced_on_disk_is_used_for_the_next_item() {
    let (scorer, folder) = learned(2);
    let (pool, results) = InferencePool::start(&model(folder.path()), 0.005).unwrap();
    let score = |item| {
        let picture = Picture::from(carton(8, true));
        pool.submit(job(item, "box", vec![picture], Duration::MAX)).unwrap();
        let scored = results.recv_timeout(Duration::from_secs(60)).unwrap();
        scored.views[0].1.as_ref().map(|view| view.score).map_err(|error| error.to_string())
    };
    let before = score(1).unwrap();
    assert_eq!(score(2).unwrap(), before, "the same picture scores the same");
    // The new reference knows the dent.
    carton(8, true).save(folder.path().join("good/999.png")).unwrap();
    let dataset = Dataset::open(folder.path().join("good")).unwrap().with_only_view_named("top");
    learn(&scorer, &dataset, "box", folder.path(), Turns::One, &mut Silent).unwrap();
    assert!(score(3).unwrap() < before / 2.0);
    std::fs::remove_file(key().path(folder.path())).unwrap();
    assert!(score(4).unwrap_err().contains("does not exist"));
}

#[test]
fn a_reference_is_loaded_ahead_of_its_item() {
    let (_, folder) = learned(2);
    let (pool, _results) = InferencePool::start(&model(folder.path()), 0.005).unwrap();
    assert_eq!(pool.reference_bytes(), 0);
    // One that is missing is nobody's business yet.
    pool.prefetch("box", ["nowhere", "top"]);
    let until = monotonic() + Duration::from_secs(20);
    while pool.reference_bytes() == 0 && monotonic() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(pool.reference_bytes() > 0);
}

#[test]
fn a_full_queue_gives_the_item_back() {
    let folder = tempfile::tempdir().unwrap();
    let (pool, results) = InferencePool::start(&model(folder.path()), 0.005).unwrap();
    // Nobody reads the answers: 64 fit behind the workers, each has one in hand, 64 wait.
    let most = 128 + pool.probe().layout.workers as u64;
    let mut accepted = 0;
    let refused = loop {
        let next = job(accepted, "unknown", vec![speck()], Duration::MAX);
        match pool.submit(next) {
            Ok(()) => accepted += 1,
            Err(job) => break job,
        }
        assert!(accepted <= most, "the queue is bounded");
    };
    assert_eq!(refused.item, accepted);
    drop(results);
    drop(pool);
}

#[test]
fn a_waiting_item_is_scored_when_its_deadline_moves_and_refused_when_it_is_drawn_near() {
    let folder = tempfile::tempdir().unwrap();
    let (pool, results) = InferencePool::start(&model(folder.path()), 0.005).unwrap();
    // All workers wait with an answer in hand, since nobody reads the 64 before them.
    let filling = 64 + pool.probe().layout.workers as u64;
    for item in 0..filling {
        let mut next = job(1000 + item, "unknown", vec![speck()], Duration::ZERO);
        while let Err(job) = pool.submit(next) {
            next = job;
            std::thread::yield_now();
        }
    }
    let stuck = std::time::Instant::now() + Duration::from_secs(60);
    while pool.queued() > 0 {
        assert!(std::time::Instant::now() < stuck, "{} still wait", pool.queued());
        std::thread::yield_now();
    }
    let picture = || vec![Picture::from(carton(8, false))];
    pool.submit(job(100, "unknown", picture(), Duration::from_nanos(1))).unwrap();
    pool.submit(job(101, "unknown", picture(), Duration::MAX)).unwrap();
    pool.set_deadline(100, Duration::MAX);
    pool.set_deadline(101, Duration::from_nanos(1));
    pool.set_deadline(999, Duration::MAX);
    let answers: std::collections::BTreeMap<u64, _> = (0..filling + 2)
        .map(|_| results.recv_timeout(Duration::from_secs(60)).unwrap())
        .map(|scored| (scored.item, scored.views))
        .collect();
    assert!(matches!(answers[&100][0].1, Err(ScoringError::NoReference { .. })), "it was tried");
    assert!(matches!(answers[&101][0].1, Err(ScoringError::TooLate { .. })));
}
