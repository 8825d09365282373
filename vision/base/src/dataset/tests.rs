use super::*;

fn tree(files: &[&str]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for file in files {
        let path = root.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, b"x").unwrap();
    }
    root
}

#[test]
fn files_of_one_item_meet_across_views() {
    let root = tree(&[
        "views/top/train/good/1_top.jpg",
        "views/side/train/good/1_side.jpg",
        "views/top/test/dent/a_b_top.png",
        "views/side/test/dent/a_b_side.JPG",
        "views/side/test/good/c_side.jpg",
        "views/side/test/good/notes.txt",
    ]);
    let dataset = Dataset::open(root.path()).unwrap();
    let items = dataset.test_items().unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!((items[0].class.as_str(), items[0].name.as_str()), ("dent", "a_b"));
    assert_eq!(items[0].pictures.keys().collect::<Vec<_>>(), ["side", "top"]);
    assert_eq!(items[1].pictures.keys().collect::<Vec<_>>(), ["side"]);
}

#[test]
fn pictures_of_the_empty_tunnel_are_neither_normal_nor_damaged() {
    let root = tree(&["train/good/a.png", "train/empty/b.png", "train/torn/c.png"]);
    let dataset = Dataset::open(root.path()).unwrap();
    let pictures = &dataset.views[ONLY_VIEW];
    assert_eq!(pictures.empty, [root.path().join("train/empty/b.png")]);
    assert_eq!(pictures.damaged, [root.path().join("train/torn/c.png")]);
    assert_eq!(pictures.normals.len(), 1);
}

#[test]
fn masks_are_found_by_the_pictures_name_with_or_without_ending() {
    let root = tree(&[
        "train/good/a.png",
        "test/good/a.png",
        "test/cut/000.jpg",
        "test/cut/001.jpg",
        "test/cut/002.jpg",
        "ground_truth/cut/000_mask.png",
        "ground_truth/cut/001.png",
        "ground_truth/good/a.png",
    ]);
    let items = Dataset::open(root.path()).unwrap().test_items().unwrap();
    let masks: Vec<_> = items
        .iter()
        .map(|item| item.masks.get(ONLY_VIEW).map(|mask| mask.file_name().unwrap().to_owned()))
        .collect();
    let named = |name: &str| Some(std::ffi::OsString::from(name));
    assert_eq!(masks, [named("000_mask.png"), named("001.png"), None, None]);
}

#[test]
fn one_view_needs_no_ending_and_can_be_given_the_cameras_name() {
    let root = tree(&["train/good/a.png", "test/good/n_1.png", "test/torn/n_2.png"]);
    let dataset = Dataset::open(root.path()).unwrap().with_only_view_named("top");
    assert_eq!(dataset.views.keys().collect::<Vec<_>>(), ["top"]);
    assert_eq!(dataset.test_items().unwrap().len(), 2, "n_1 and n_2 are two items");
}

#[test]
fn a_plain_folder_of_pictures_is_all_normal() {
    let root = tree(&["b.png", "a.jpg", ".hidden.png", "readme.md"]);
    let dataset = Dataset::open(root.path()).unwrap();
    let names: Vec<_> =
        dataset.views[ONLY_VIEW].normals.iter().map(|p| p.file_name().unwrap()).collect();
    assert_eq!(names, ["a.jpg", "b.png"]);
    assert_eq!(dataset.unused.len(), 2, "a hidden file and a text: {:?}", dataset.unused);
    assert!(matches!(dataset.test_items(), Err(DatasetError::NoTest { .. })));
}

#[test]
fn folders_without_normals_say_where_to_put_them() {
    let error = Dataset::open(tree(&["test/good/a.png"]).path()).unwrap_err();
    assert!(matches!(error, DatasetError::NoNormals { .. }));
    assert!(error.to_string().contains("train/good"), "{error}");

    let files = ["views/top/train/good/a_top.png", "views/side/test/good/a_side.png"];
    let error = Dataset::open(tree(&files).path()).unwrap_err();
    assert!(error.to_string().contains("view side"), "{error}");

    let error = Dataset::open("/nowhere/at/all").unwrap_err();
    assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
}

fn named(unused: &[Unused]) -> Vec<String> {
    unused.iter().map(ToString::to_string).collect()
}

#[test]
fn items_of_the_same_name_in_several_folders_are_kept_apart() {
    // As cameras number their pictures: nothing behind the `_` names a view.
    let mut files = Vec::new();
    for view in ["top", "side"] {
        files.push(format!("views/{view}/train/good/IMG_0000.jpg"));
        for class in ["good", "dent"] {
            files.extend((0..4).map(|n| format!("views/{view}/test/{class}/IMG_000{n}.jpg")));
        }
    }
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let items = Dataset::open(tree(&files).path()).unwrap().test_items().unwrap();
    assert_eq!(items.len(), 8);
    assert!(items.iter().all(|item| item.pictures.len() == 2), "{items:#?}");
}

#[test]
fn views_whose_files_end_in_something_else_than_their_name_still_meet() {
    let root = tree(&[
        "views/top/train/good/1_a.png",
        "views/side/train/good/1_b.png",
        "views/top/test/good/1_a.png",
        "views/side/test/good/1_b.png",
        "views/top/test/dent/2_a.png",
        "views/side/test/dent/2_b.png",
    ]);
    let items = Dataset::open(root.path()).unwrap().test_items().unwrap();
    assert_eq!(items.len(), 2);
    assert!(items.iter().all(|item| item.pictures.len() == 2), "{items:#?}");
}

#[test]
fn two_pictures_of_one_item_from_one_view_are_an_error_that_names_both() {
    let root = tree(&["train/good/a.png", "test/dent/1.png", "test/dent/1.jpg"]);
    let error = Dataset::open(root.path()).unwrap().test_items().unwrap_err().to_string();
    assert!(error.contains("1.png") && error.contains("1.jpg"), "{error}");

    let root = tree(&[
        "views/top/train/good/a.png",
        "views/side/train/good/a.png",
        "views/top/test/dent/1.png",
        "views/top/test/dent/1_top.png",
    ]);
    let error = Dataset::open(root.path()).unwrap().test_items().unwrap_err();
    assert!(matches!(error, DatasetError::SameItem { .. }), "{error}");
}

#[test]
fn good_is_understood_in_other_words_and_words_that_sound_like_it_are_refused() {
    let root = tree(&["train/Good/a.png", "test/OK/b.png", "test/dent/c.png"]);
    let dataset = Dataset::open(root.path()).unwrap();
    assert_eq!(dataset.views[ONLY_VIEW].normals.len(), 1);
    let items = dataset.test_items().unwrap();
    let classes: Vec<_> = items.iter().map(|item| item.class.as_str()).collect();
    assert_eq!(classes, ["dent", "good"]);
    dataset.both_kinds(&items).unwrap();

    let both = tree(&["train/good/a.png", "test/good/b.png", "test/ok/c.png"]);
    let error = Dataset::open(both.path()).unwrap_err().to_string();
    assert!(error.contains("test/good") && error.contains("test/ok"), "{error}");

    let error = Dataset::open(tree(&["train/good/a.png", "test/passed/b.png"]).path()).unwrap_err();
    assert!(error.to_string().contains("test/passed sounds like good items"), "{error}");
}

#[test]
fn whatever_is_not_used_is_named_with_the_reason() {
    let root = tree(&[
        "readme.md",
        "train/good/a.png",
        "train/good/.b.png",
        "train/dent/labelled.png",
        "train/loose.png",
        "test/good/c.png",
        "test/dent/batch2/1.png",
        "test/dent/batch2/2.png",
        "test/dent/3.heic",
        "ground_truth/hole/4_mask.png",
        "pictures/5.png",
    ]);
    std::fs::create_dir_all(root.path().join("test/torn")).unwrap();
    let dataset = Dataset::open(root.path()).unwrap();
    let told = named(&dataset.unused);
    for (file, reason) in [
        ("readme.md", "no picture"),
        ("train/good/.b.png", "hidden"),
        ("train/loose.png", "belongs into the folder of its class"),
        ("test/dent/batch2 (2 pictures)", "move its pictures up"),
        ("test/dent/3.heic", "no picture"),
        ("test/torn", "it is empty"),
        ("ground_truth/hole", "masks without pictures"),
        ("pictures", "only train, test and ground_truth are read"),
    ] {
        let path = root.path().join(file).display().to_string();
        assert!(
            told.iter().any(|one| one.starts_with(&format!("{path}: ")) && one.contains(reason)),
            "{file}: {reason} is missing in {told:#?}"
        );
    }
    assert_eq!(told.len(), 8, "{told:#?}");
    let labelled = |purpose| {
        named(&dataset.unused_for(purpose)).iter().any(|one| one.contains("train/dent: labelled"))
    };
    assert!(labelled(Purpose::Learn) && labelled(Purpose::Evaluate));
    assert!(!labelled(Purpose::Train), "training learns from them");
    let learning = named(&dataset.unused_for(Purpose::Learn)).join("\n");
    assert!(learning.contains("test: it is for `inspectctl evaluate`"), "{learning}");
}

#[cfg(unix)]
#[test]
fn a_class_whose_name_is_not_utf_8_is_named() {
    use std::os::unix::ffi::OsStrExt;

    let root = tree(&["train/good/a.png", "test/good/b.png"]);
    let class = root.path().join("test").join(std::ffi::OsStr::from_bytes(b"dent_\xe9"));
    std::fs::create_dir_all(&class).unwrap();
    std::fs::write(class.join("c.png"), b"x").unwrap();
    let dataset = Dataset::open(root.path()).unwrap();
    assert_eq!(dataset.unused.len(), 1);
    assert_eq!(dataset.unused[0].pictures, 1);
    assert!(dataset.unused[0].reason.contains("not UTF-8"), "{:?}", dataset.unused);
    serde_json::to_string(&dataset.unused).expect("JSON names it too");
    let items = dataset.test_items().unwrap();
    let error = dataset.both_kinds(&items).unwrap_err().to_string();
    assert!(error.contains("1 good item") && error.contains("not UTF-8"), "{error}");
}

#[test]
fn beside_views_nothing_is_read_and_that_is_said() {
    let root = tree(&["views/top/train/good/a.png", "views/b.png", "test/good/c.png", "d.png"]);
    let told = named(&Dataset::open(root.path()).unwrap().unused).join("\n");
    for words in ["views/b.png: it belongs into a view", "test: beside `views`", "d.png: beside"] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn pictures_beyond_those_that_are_learned_from_are_counted() {
    let files: Vec<String> = (0..301).map(|n| format!("{n:03}.png")).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let root = tree(&files);
    let told = named(&Dataset::open(root.path()).unwrap().unused_for(Purpose::Learn));
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("(150 pictures): left out of 301"), "{told:?}");
}
