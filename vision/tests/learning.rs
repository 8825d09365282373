//! Learning on the belt with the real backbone: items that pass make a reference, an odd one among them does not, a
//! damaged one is not learned as normal, and a stopped box goes on where it was.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::Picture;
use capture::Frame;
use damage::{Reference, ReferenceKey, Scorer};
use features::backbone::default_model_dir;
use image::{Rgb, RgbImage};
use vision::config::LearningSection;
use vision::learning::lessons::{Lessons, Shelf};
use vision::learning::{Familiarity, Learner, Lesson};

/// Learning may take long on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// A printed carton, moved a little by `seed`; a `gone` one lacks its lower half.
fn carton(seed: u32, gone: bool) -> RgbImage {
    let (dx, dy) = (seed * 7 % 5, seed * 3 % 4);
    RgbImage::from_fn(240, 160, |x, y| {
        let (u, v) = (x.wrapping_sub(40 + dx), y.wrapping_sub(30 + dy));
        let noise = ((x * 31 + y * 17 + seed * 101).wrapping_mul(2_654_435_761) >> 28) as u8;
        if u >= 160 || v >= if gone { 45 } else { 100 } {
            return Rgb([60 + noise, 62 + noise, 60 + noise]);
        }
        if (20..80).contains(&u) && (20..50).contains(&v) {
            let bar = if u % 8 < 4 { 30 } else { 230 };
            return Rgb([bar, bar, bar]);
        }
        Rgb([190 - noise, 150, 100 + noise])
    })
}

fn lesson(number: u32, gone: bool) -> Lesson {
    let picture = Picture::from(carton(number, gone));
    let frame = Arc::new(Frame::new("top".into(), Duration::ZERO, picture));
    let views = vec![("top".into(), frame)];
    Lesson { id: format!("boot-{number}"), sku: "tea".to_owned(), views, is_normal: true }
}

fn section(folder: &Path) -> LearningSection {
    LearningSection {
        learn_after_items: 6,
        learn_until_items: 12,
        folder: folder.join("learning"),
        ..LearningSection::default()
    }
}

fn start(folder: &Path, scorer: &Arc<Scorer>) -> Learner {
    let learner = Learner::start(section(folder), folder.join("references")).expect("it starts");
    learner.model(Arc::clone(scorer));
    learner
}

/// Offers until it is taken: a test has no other item to wait for.
fn offer(learner: &Learner, number: u32, gone: bool) {
    until("the offer is taken", || learner.offer(lesson(number, gone)).then_some(()));
}

fn until<T>(what: &str, mut happens: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(it) = happens() {
            return it;
        }
        assert!(begun.elapsed() < LIMIT, "{what} in time");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn scorer() -> Arc<Scorer> {
    Arc::new(Scorer::load(default_model_dir()).expect("make bootstrap has made the model"))
}

fn reference(folder: &Path, scorer: &Scorer) -> Option<Reference> {
    let key = ReferenceKey::new("tea", "top").expect("a name");
    Reference::load(&folder.join("references"), &key, scorer.backbone_sha256()).ok()
}

#[test]
fn items_that_pass_become_a_reference_and_the_odd_one_among_them_is_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let scorer = scorer();
    let learner = start(folder.path(), &scorer);
    assert_eq!(learner.familiarity("tea", false), Familiarity::Learning { items: 0, of: 6 });
    assert!(learner.wants("tea", false) && !learner.wants("tea", true), "a person taught it");
    for number in 0..6 {
        offer(&learner, number, number == 3);
    }
    let lessons = Lessons::new(&folder.path().join("learning"));
    until("the odd one is left out", || {
        let aside = lessons.items("tea", Shelf::LeftOut).expect("readable");
        (aside == ["boot-3"]).then_some(())
    });
    assert!(reference(folder.path(), &scorer).is_none(), "five are too few");
    offer(&learner, 6, false);
    let weak = Familiarity::Weak { items: 6, of: 12 };
    until("it is learned", || (learner.familiarity("tea", true) == weak).then_some(()));
    let learned = reference(folder.path(), &scorer).expect("it was written");
    assert_eq!(learned.normals(), 6);
    let score = |gone| {
        let picture = Picture::from(carton(40, gone));
        scorer.score(&picture, &learned, 1)
    };
    assert!(score(true).map_or(true, |score| score.exceeds), "half of it is gone");
    assert!(!score(false).expect("one item is in sight").exceeds);
    for number in 7..13 {
        offer(&learner, number, false);
    }
    until("it is known", || (learner.familiarity("tea", true) == Familiarity::Full).then_some(()));
    assert_eq!(learner.counts(), (0, 1));
    assert!(!learner.wants("tea", true), "one item in fifty is enough now");
}

#[test]
fn a_box_that_is_stopped_while_it_learns_goes_on_with_what_is_on_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let scorer = scorer();
    // Without a model nothing is learned, and everything is kept.
    let learner = Learner::start(section(folder.path()), folder.path().join("references"))
        .expect("it starts");
    for number in 0..6 {
        offer(&learner, number, false);
    }
    until("they are kept", || {
        let kept = Familiarity::Learning { items: 6, of: 6 };
        (learner.familiarity("tea", false) == kept).then_some(())
    });
    learner.model(Arc::clone(&scorer));
    drop(learner);
    let again = start(folder.path(), &scorer);
    until("it is learned", || reference(folder.path(), &scorer));
    until("it is known", || {
        (again.familiarity("tea", true) == Familiarity::Weak { items: 6, of: 12 }).then_some(())
    });
}

#[test]
fn what_a_person_taught_stays_as_it_is_beside_a_view_that_the_box_learns() {
    let folder = tempfile::tempdir().expect("a folder");
    let by_hand = folder.path().join("references/tea/side.safetensors");
    std::fs::create_dir_all(by_hand.parent().expect("a folder")).expect("writable");
    std::fs::write(&by_hand, "a person's").expect("writable");
    let scorer = scorer();
    let learner = start(folder.path(), &scorer);
    for number in 0..6 {
        let mut of_both = lesson(number, false);
        let (_, frame) = of_both.views[0].clone();
        of_both.views.push(("side".into(), frame));
        until("the offer is taken", || learner.offer(of_both.clone()).then_some(()));
    }
    let weak = Familiarity::Weak { items: 6, of: 12 };
    until("it is learned", || (learner.familiarity("tea", true) == weak).then_some(()));
    assert!(reference(folder.path(), &scorer).is_some());
    assert_eq!(std::fs::read_to_string(by_hand).expect("it is there"), "a person's");
}

#[test]
fn a_folder_that_cannot_be_written_is_told_and_what_follows_heals() {
    let folder = tempfile::tempdir().expect("a folder");
    let learning = folder.path().join("learning");
    std::fs::write(&learning, "in the way").expect("writable");
    let learner = start(folder.path(), &scorer());
    offer(&learner, 0, false);
    let problem = until("it is told", || learner.problem());
    assert!(
        problem.contains("cannot keep pictures to learn from") && problem.contains("; make room")
    );
    std::fs::remove_file(&learning).expect("it was there");
    offer(&learner, 1, false);
    until("it heals", || learner.problem().is_none().then_some(()));
}
