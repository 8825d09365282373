use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::learning::lessons::By;
use crate::learning::plan::Learned;
use crate::learning::{Learner, Lesson};
use base::picture::{Picture, PixelFormat};
use capture::Frame;

/// A box that has seen five items of tea, of which one was damaged.
fn tea(folder: &Path) -> Products {
    let section = LearningSection { folder: folder.join("learning"), ..LearningSection::default() };
    let products = Products::new(&folder.join("references"), section);
    for number in 0..5 {
        let picture = Picture::from_pixels(4, 2, PixelFormat::Grey8, vec![7; 8]).unwrap();
        let frame = Arc::new(Frame::new("side".into(), Duration::ZERO, picture));
        let lesson = Lesson {
            id: format!("boot-{number}"),
            sku: "tea".to_owned(),
            views: vec![("side".into(), frame)],
            is_normal: number > 0,
        };
        products.lessons().keep(&lesson, 9, By::Box).unwrap();
    }
    products
}

#[test]
fn what_is_known_is_told_and_what_is_not_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let products = tea(folder.path());
    for odd in ["learning/lost+found", "references/tea (old)"] {
        fs::create_dir_all(folder.path().join(odd)).unwrap();
    }
    assert_eq!(products.skus().unwrap(), ["tea"]);
    let known = products.one("tea").unwrap();
    assert_eq!((known.items, known.damaged, known.by), (4, 1, "box"));
    assert_eq!(known.state.to_string(), "learning 4 of 8");
    assert_eq!(products.pictures("tea").unwrap().len(), 5);
    assert!(matches!(products.forget("coffee"), Err(ProductError::Unknown { .. })));
    for name in ["..", "a/b", ""] {
        assert!(products.one(name).is_err(), "{name}");
        assert!(products.forget(name).is_err(), "{name}");
    }
    assert_eq!(products.skus().unwrap(), ["tea"]);
}

#[test]
fn an_item_is_forgotten_and_then_all_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let products = tea(folder.path());
    products.forget_item("tea", "boot-2").unwrap();
    products.forget_item("tea", "boot-0").unwrap();
    let known = products.one("tea").unwrap();
    assert_eq!((known.items, known.damaged), (3, 0));
    assert!(matches!(products.forget_item("tea", "boot-2"), Err(ProductError::NoItem { .. })));
    products.forget("tea").unwrap();
    assert_eq!(products.skus().unwrap(), Vec::<String>::new());
}

#[test]
fn what_a_person_says_of_an_item_moves_it_or_adds_it() {
    let folder = tempfile::tempdir().unwrap();
    let products = tea(folder.path());
    let shelf = |item: &str| products.shelf_of("tea", item).unwrap();
    let none = || panic!("its pictures are there");
    assert!(products.teach("tea", "boot-2", false, none).unwrap());
    assert!(products.teach("tea", "boot-0", true, none).unwrap());
    assert_eq!((shelf("boot-2"), shelf("boot-0")), (Some(Shelf::Damaged), Some(Shelf::Normal)));
    let picture = Picture::from_pixels(4, 2, PixelFormat::Grey8, vec![9; 8]).unwrap();
    let pictures = || Some(vec![("side".to_owned(), picture)]);
    assert!(products.teach("tea", "boot-9", true, pictures).unwrap());
    assert_eq!(shelf("boot-9"), Some(Shelf::Normal));
    assert!(products.take_out("tea", "boot-9").unwrap());
    assert!(!products.take_out("tea", "boot-9").unwrap(), "it is out");
    assert!(!products.teach("tea", "boot-8", true, || None).unwrap(), "nothing is left of it");
    let references = folder.path().join("references/coffee");
    fs::create_dir_all(&references).unwrap();
    fs::write(references.join("side.safetensors"), "").unwrap();
    assert!(!products.teach("coffee", "boot-1", true, none).unwrap(), "a person taught it");
    assert!(matches!(products.set_pinned("coffee", true), Err(ProductError::ByPerson { .. })));
    assert!(products.teach("../tea", "boot-1", true, none).is_err());
}

#[test]
fn only_what_has_a_reference_is_pinned_and_only_what_has_pictures_is_learned_again() {
    let folder = tempfile::tempdir().unwrap();
    let products = tea(folder.path());
    assert!(matches!(products.set_pinned("tea", true), Err(ProductError::NoReference { .. })));
    let references = folder.path().join("references/tea");
    fs::create_dir_all(&references).unwrap();
    fs::write(references.join("side.safetensors"), "").unwrap();
    products.set_pinned("tea", true).unwrap();
    assert!(products.one("tea").unwrap().pinned);
    products.set_pinned("tea", false).unwrap();
    assert!(!products.one("tea").unwrap().pinned);

    let learned = Learned { items: 60, ..Learned::default() };
    products.lessons().note("tea", &learned).unwrap();
    products.learn_again("tea").unwrap();
    assert!(products.lessons().learned("tea").unwrap().again);
    products.set_pinned("tea", true).unwrap();
    assert!(matches!(products.learn_again("tea"), Err(ProductError::Pinned { .. })));
    products.set_pinned("tea", false).unwrap();
    for number in 1..5 {
        products.forget_item("tea", &format!("boot-{number}")).unwrap();
    }
    assert!(matches!(products.learn_again("tea"), Err(ProductError::NoPictures { .. })));
}

#[test]
fn of_an_item_that_a_person_spoke_of_the_box_keeps_nothing_when_it_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let section =
        LearningSection { folder: folder.path().join("learning"), ..LearningSection::default() };
    let references = folder.path().join("references");
    let learner = Learner::start(section.clone(), references.clone()).unwrap();
    let products = Products::new(&references, section).beside(learner.handle());
    let frame = || {
        let picture = Picture::from_pixels(4, 2, PixelFormat::Grey8, vec![7; 8]).unwrap();
        Frame::new("side".into(), Duration::ZERO, picture)
    };
    // They are on the belt still, and the box has found nothing.
    assert!(!products.take_out("tea", "boot-1").unwrap(), "nothing of it is there");
    let pictures = || Some(vec![("side".to_owned(), frame().picture)]);
    assert!(products.teach("tea", "boot-2", false, pictures).unwrap());
    for number in 1..4 {
        let views = vec![("side".into(), Arc::new(frame()))];
        let id = format!("boot-{number}");
        assert!(learner.offer(Lesson { id, sku: "tea".to_owned(), views, is_normal: true }));
    }
    let begun = std::time::Instant::now();
    while products.shelf_of("tea", "boot-3").unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(60), "the last of them is kept");
        std::thread::sleep(Duration::from_millis(5));
    }
    let shelf = |item: &str| products.shelf_of("tea", item).unwrap();
    assert_eq!((shelf("boot-1"), shelf("boot-2")), (None, Some(Shelf::Damaged)));
}
