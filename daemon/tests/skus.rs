//! `inspectctl skus` as a person runs it: what it lists, and what becomes of files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use base::picture::{Picture, PixelFormat};
use capture::Frame;
use serde_json::Value;
use vision::learning::Lesson;
use vision::learning::lessons::{By, Lessons};
use vision::learning::plan::{Failed, Learned};

/// A box that knows `tea` by its own learning and `rum` by a person's.
struct Kit {
    folder: tempfile::TempDir,
}

impl Kit {
    fn new() -> Self {
        let kit = Self { folder: tempfile::tempdir().expect("a folder") };
        for number in 0..3 {
            kit.lesson("tea", number, true);
        }
        kit.lesson("tea", 9, false);
        kit.reference("tea", "top");
        kit.reference("rum", "top");
        kit.reference("rum", "side");
        kit
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn lessons(&self) -> Lessons {
        Lessons::new(&self.path("learning"))
    }

    fn lesson(&self, sku: &str, number: u32, is_normal: bool) {
        let picture = Picture::from_pixels(2, 2, PixelFormat::Grey8, vec![number as u8; 4]);
        let frame = Frame::new("top".into(), Duration::ZERO, picture.expect("four pixels"));
        let views = vec![("top".into(), Arc::new(frame))];
        let id = format!("boot-{number}");
        let lesson = Lesson { id, sku: sku.to_owned(), views, is_normal };
        self.lessons().keep(&lesson, 60, By::Box).expect("the folder takes files");
    }

    /// A file in the place of a reference: nothing reads it here.
    fn reference(&self, sku: &str, view: &str) {
        let path = self.path("references").join(sku).join(format!("{view}.safetensors"));
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder takes files");
        fs::write(path, format!("{sku} {view}")).expect("the folder takes files");
    }

    fn skus(&self, arguments: &[&str]) -> Output {
        let (references, learning) = (self.path("references"), self.path("learning"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_inspectctl"));
        command.arg("skus").args(arguments);
        command.arg("--references").arg(references).arg("--learning").arg(learning);
        command.output().expect("it starts")
    }

    fn done(&self, arguments: &[&str]) -> String {
        let output = self.skus(arguments);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {out}{err}");
        out
    }

    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.skus(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", text(&output.stdout));
        text(&output.stderr)
    }

    fn list(&self) -> Vec<Value> {
        serde_json::from_str(&self.done(&["list", "--json"])).expect("JSON")
    }

    fn has(&self, place: &str) -> bool {
        self.path(place).exists()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn content(path: &Path) -> String {
    fs::read_to_string(path).expect("it is there")
}

#[test]
fn what_is_known_is_listed_with_its_state_and_who_taught_it() {
    let kit = Kit::new();
    let list = kit.list();
    let named: Vec<(&Value, &Value, &Value)> =
        list.iter().map(|one| (&one["sku"], &one["state"], &one["by"])).collect();
    assert_eq!(
        named,
        [
            (&"rum".into(), &"full".into(), &"person".into()),
            (&"tea".into(), &"learning 3 of 8".into(), &"box".into()),
        ]
    );
    assert_eq!((&list[1]["items"], &list[1]["damaged"]), (&3.into(), &1.into()));
    assert_eq!(list[0]["views"], serde_json::json!(["side", "top"]));
    let told = kit.done(&["list"]);
    assert!(told.contains("learning 3 of 8") && told.contains("side, top"), "{told}");
}

#[test]
fn a_sku_is_shown_with_its_pictures_and_why_it_was_not_learned() {
    let kit = Kit::new();
    let failed = Some(Failed { items: 3, why: "its items have no view in common".to_owned() });
    kit.lessons().note("tea", &Learned { failed, ..Learned::default() }).expect("writable");
    let told = kit.done(&["show", "tea"]);
    assert!(told.contains("not learned last time: its items have no view in common"), "{told}");
    assert!(told.contains("boot-2") && told.contains("damaged"), "{told}");
    let shown: Value = serde_json::from_str(&kit.done(&["show", "tea", "--json"])).expect("JSON");
    assert_eq!(shown["pictures"].as_array().map(Vec::len), Some(4));
    let problem = shown["references"][0]["problem"].as_str().expect("it is no reference");
    assert!(problem.contains("top.safetensors"), "{problem}");
    assert!(kit.refused(&["show", "gin"]).contains("nothing is known of SKU gin"));
    assert!(kit.refused(&["show", "../etc"]).contains("../etc"));
}

#[test]
fn a_sku_or_one_item_of_it_is_forgotten() {
    let kit = Kit::new();
    kit.done(&["forget", "tea", "--item", "boot-1"]);
    assert!(!kit.has("learning/tea/boot-1") && kit.has("learning/tea/boot-2"));
    kit.done(&["forget", "tea", "--item", "boot-9"]);
    assert!(kit.refused(&["forget", "tea", "--item", "boot-9"]).contains("has no item boot-9"));
    kit.done(&["forget", "tea"]);
    assert!(!kit.has("learning/tea") && !kit.has("references/tea") && kit.has("references/rum"));
}

#[test]
fn two_skus_become_one_and_the_box_learns_it_anew() {
    let kit = Kit::new();
    kit.lesson("tee", 5, true);
    let learned = Learned { items: 60, backbone_sha256: "b".to_owned(), ..Learned::default() };
    kit.lessons().note("tea", &learned).expect("writable");
    kit.done(&["merge", "tee", "tea"]);
    assert!(kit.has("learning/tea/boot-5") && !kit.has("learning/tee"));
    let learned = kit.lessons().learned("tea").expect("it is noted");
    assert!(learned.again && learned.items == 60, "{learned:?}");
    assert!(kit.refused(&["merge", "tea", "tea"]).contains("one SKU already"));
}

#[test]
fn a_pinned_sku_stays_as_it_is_until_it_is_unpinned() {
    let kit = Kit::new();
    kit.done(&["pin", "tea"]);
    let tea = &kit.list()[1];
    assert_eq!((&tea["state"], &tea["pinned"]), (&"full".into(), &true.into()));
    kit.done(&["unpin", "tea"]);
    assert_eq!(kit.list()[1]["pinned"], false);
    kit.lesson("gin", 1, true);
    assert!(kit.refused(&["pin", "gin"]).contains("has no reference yet"));
}

#[test]
fn products_are_carried_to_another_box_and_nothing_is_replaced_unasked() {
    let (from, to) = (Kit::new(), Kit { folder: tempfile::tempdir().expect("a folder") });
    let file = from.path("products.zip");
    let file = file.to_str().expect("UTF-8");
    from.done(&["export", file]);
    assert!(from.refused(&["export", file]).contains("cannot be written"), "it is there already");
    to.done(&["import", file]);
    assert_eq!(content(&to.path("references/rum/side.safetensors")), "rum side");
    assert!(to.has("learning/tea/boot-2/top.png") && to.has("learning/tea/damaged/boot-9/top.png"));
    assert!(to.refused(&["import", file]).contains("--replace"));
    fs::write(to.path("references/rum/side.safetensors"), "older").expect("writable");
    to.done(&["import", file, "--replace"]);
    assert_eq!(content(&to.path("references/rum/side.safetensors")), "rum side");
}

#[test]
fn a_file_that_would_write_elsewhere_is_refused_and_nothing_is_written() {
    use std::io::Write;
    let kit = Kit { folder: tempfile::tempdir().expect("a folder") };
    for name in ["references/../../evil", "/etc/evil", "elsewhere/tea/x", "references/tea/.x"] {
        let path = kit.path("evil.zip");
        let mut zip = zip::ZipWriter::new(fs::File::create(&path).expect("writable"));
        zip.start_file("references/tea/top.safetensors", zip::write::SimpleFileOptions::default())
            .expect("an entry");
        zip.write_all(b"fine").expect("written");
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("an entry");
        zip.finish().expect("a file");
        let why = kit.refused(&["import", path.to_str().expect("UTF-8")]);
        assert!(why.contains("nothing that `inspectctl skus export` writes"), "{name}: {why}");
        assert!(!kit.has("references"));
    }
}
