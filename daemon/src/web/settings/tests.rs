use std::fs;
use std::path::PathBuf;

use serde_json::json;

use super::*;
use jiff::Timestamp;

const FILE: &str = include_str!("../../ctl/example-line.toml");

/// A line file in a folder of its own, and the store beside it.
struct Site {
    folder: tempfile::TempDir,
    settings: SettingsOfBox,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("line.toml");
        fs::write(&path, FILE).unwrap();
        let settings = SettingsOfBox::new(&path, FILE, &folder.path().join("store"), None);
        Self { folder, settings }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("line.toml")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }

    fn revision(&self) -> String {
        self.settings.settings().unwrap().revision
    }

    fn save(&self, key: &str, value: Value) -> Result<Saved, NotSaved> {
        let change = Change { key: key.to_owned(), value };
        self.settings.save(&[change], &self.revision(), &anna("a test"))
    }
}

fn anna(reason: &str) -> Saving {
    let at = "2027-03-01T10:00:00Z".parse::<Timestamp>().unwrap();
    Saving { who: "anna".to_owned(), reason: reason.to_owned(), at }
}

#[test]
fn what_is_saved_waits_for_a_restart_and_the_version_before_is_kept() {
    let site = Site::new();
    assert_eq!(site.settings.settings().unwrap().waits, None);
    let saved = site.save("policy.divert_lane", json!(1)).unwrap();
    assert_eq!(saved.keys.len(), 1);
    let waits = site.settings.settings().unwrap().waits.unwrap();
    assert_eq!((waits.keys, waits.bridge), (vec!["policy.divert_lane".to_owned()], false));
    site.save("conveyor.exit_eye_mm", json!(1700)).unwrap();
    assert!(site.settings.settings().unwrap().waits.unwrap().bridge);

    let history = site.settings.history().unwrap();
    let who: Vec<&str> = history.iter().map(|version| version.who.as_str()).collect();
    assert_eq!(who, ["anna", "anna", ""], "the file as it was found is kept, too");
    assert!(history[0].diff.contains("-exit_eye_mm = 1600\n+exit_eye_mm = 1700"), "{history:?}");
    assert_eq!(history[2].diff, "");
    let restored = site.settings.restore(history[2].id, &saved.revision, &anna("back"));
    assert!(matches!(restored, Err(NotSaved::Changed(_))), "it was another one meanwhile");
    site.settings.restore(history[2].id, &site.revision(), &anna("back")).unwrap();
    assert_eq!(site.text(), FILE);
    assert_eq!(site.settings.settings().unwrap().waits, None, "what runs is what is written");
}

#[test]
fn a_key_that_takes_effect_at_once_is_obeyed_when_it_is_saved_and_waits_for_nothing() {
    let Site { folder, settings } = Site::new();
    let obeyed = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&obeyed);
    let settings =
        settings.with_obey(move |line| told.lock().unwrap().push(line.policy.false_divert_budget));
    let site = Site { folder, settings };
    site.save("policy.divert_lane", json!(1)).unwrap();
    assert_eq!(*obeyed.lock().unwrap(), Vec::<f64>::new());
    site.save("policy.false_divert_budget", json!(0.007)).unwrap();
    assert!(site.save("policy.false_divert_budget", json!(0.9)).is_err(), "more than may be");
    assert_eq!(*obeyed.lock().unwrap(), [0.007]);
    let waits = site.settings.settings().unwrap().waits.unwrap();
    assert_eq!(waits.keys, ["policy.divert_lane"]);
    let versions = site.settings.history().unwrap();
    site.settings.restore(versions[1].id, &site.revision(), &anna("back")).unwrap();
    assert_eq!(obeyed.lock().unwrap().len(), 2, "going back is obeyed, too");
    let edited = ["0.005", "0.007"].iter().fold(site.text(), |text, budget| {
        text.replace(&format!("false_divert_budget = {budget}"), "false_divert_budget = 0.003")
    });
    fs::write(site.path(), edited).unwrap();
    let waits = site.settings.settings().unwrap().waits.unwrap();
    let waits = waits.keys.iter().any(|key| key == "policy.false_divert_budget");
    assert!(waits, "what is written on the box waits: nobody told inspectd");
}

#[test]
fn a_result_with_mistakes_is_refused_with_their_lines_and_the_file_stays() {
    let site = Site::new();
    let Err(NotSaved::Wrong(mistakes)) = site.save("policy.divert_lane", json!(7)) else {
        panic!("no diverter serves lane 7");
    };
    assert_eq!(
        (mistakes[0].at.as_str(), mistakes[0].key.as_str()),
        ("policy.divert_lane", "policy.divert_lane")
    );
    assert!(mistakes[0].line.is_some() && mistakes[0].instead.contains("[1]"), "{mistakes:?}");
    let change = Change { key: "camera.0.fps".to_owned(), value: json!("many") };
    let checked = site.settings.check(&[change], &site.revision()).unwrap();
    assert_eq!(checked.mistakes[0].at, "camera.0.fps");
    assert!(checked.mistakes[0].instead.contains("whole number from 1 to 500"), "{checked:?}");
    assert!(checked.diff.contains("+fps = \"many\""), "{}", checked.diff);
    assert_eq!(site.text(), FILE);
    assert_eq!(site.settings.history().unwrap(), []);
}

#[test]
fn a_file_that_was_changed_meanwhile_is_not_written_over() {
    let site = Site::new();
    let seen = site.revision();
    let edited = FILE.replace("outbound 3", "edited on the box");
    fs::write(site.path(), &edited).unwrap();
    let change = [Change { key: "line.name".to_owned(), value: json!("mine") }];
    let refused = site.settings.save(&change, &seen, &anna("x")).unwrap_err();
    assert!(
        matches!(&refused, NotSaved::Changed(told) if told.contains("on the box")),
        "{refused}"
    );
    assert!(matches!(site.settings.check(&change, &seen), Err(NotSaved::Changed(_))));
    assert_eq!(site.text(), edited);
    let now = site.revision();
    site.settings.save(&change, &now, &anna("x")).unwrap();
    let refused = site.settings.check(&change, &now).unwrap_err();
    assert!(refused.to_string().contains("by anna"), "{refused}");
    // The edit on the box has become a version of its own.
    assert!(site.settings.history().unwrap()[1].who.is_empty());
}

#[test]
fn a_file_that_cannot_be_written_stays_and_leaves_no_version() {
    let site = Site::new();
    // Root may write everywhere, so that only what is no file is in its way.
    fs::create_dir(site.folder.path().join(".line.toml.new")).unwrap();
    let refused = site.save("line.name", json!("x")).unwrap_err();
    assert!(matches!(&refused, NotSaved::Unwritable(told) if told.contains("--line")), "{refused}");
    assert_eq!(site.text(), FILE);
    let who: Vec<String> = site.settings.history().unwrap().into_iter().map(|v| v.who).collect();
    assert_eq!(who, [""], "what was found, and nothing that was never in force");
}

#[test]
fn nothing_changed_is_nothing_saved_and_no_reason_to_restart() {
    let site = Site::new();
    let refused = site.save("policy.false_divert_budget", json!(0.005)).unwrap_err();
    assert!(matches!(refused, NotSaved::Refused(_)), "{refused}");
    fs::write(site.path(), format!("# a comment\n{FILE}")).unwrap();
    assert_eq!(site.settings.settings().unwrap().waits, None);
    assert!(site.settings.restart().unwrap_err().to_string().contains("systemctl"));
}

#[test]
fn what_people_would_look_for_in_vain_is_told_before_it_is_saved() {
    let site = Site::new();
    let change = Change { key: "store.folder".to_owned(), value: json!("/elsewhere") };
    let checked = site.settings.check(&[change], &site.revision()).unwrap();
    assert!(checked.mistakes.is_empty(), "{checked:?}");
    assert!(checked.warnings.iter().any(|w| w.problem.contains("people")), "{checked:?}");
}

#[test]
fn a_key_that_is_missing_is_told_at_its_field() {
    let site = Site::new();
    let change = Change { key: "camera.2".to_owned(), value: json!({}) };
    let checked = site.settings.check(&[change], &site.revision()).unwrap();
    let source = checked.mistakes.iter().find(|mistake| mistake.at == "camera.2.source");
    assert_eq!(source.map(|mistake| mistake.key.as_str()), Some("camera[2]"), "{checked:?}");
}

#[test]
fn what_was_learned_is_asked_where_a_change_concerns_it() {
    let site = Site::new();
    let warned = |key: &str, value: Value| -> bool {
        let change = Change { key: key.to_owned(), value };
        let checked = site.settings.check(&[change], &site.revision()).unwrap();
        assert!(checked.mistakes.is_empty(), "{checked:?}");
        checked.warnings.iter().any(|warning| warning.at.starts_with("model"))
    };
    // Nobody has learned the SKU, and it is not to be learned on the belt.
    assert!(warned("learning.learn_after_items", json!(0)));
    site.save("learning.learn_after_items", json!(0)).unwrap();
    assert!(!warned("policy.batch_hold_hours", json!(1)));
}

#[test]
fn contents_of_secret_files_are_nowhere() {
    let site = Site::new();
    let secret = site.folder.path().join("password");
    fs::write(&secret, "hunter2").unwrap();
    site.save("fleet.password_file", json!(secret)).unwrap();
    let told = serde_json::to_string(&site.settings.settings().unwrap()).unwrap();
    assert!(told.contains("password") && !told.contains("hunter2"));
}

#[test]
fn a_file_that_is_no_toml_is_shown_with_its_mistake_and_cannot_be_changed() {
    let site = Site::new();
    fs::write(site.path(), "[line]\nname = line one\n").unwrap();
    let settings = site.settings.settings().unwrap();
    assert_eq!(settings.mistakes[0].line, Some(2));
    let refused = site.save("line.name", json!("x")).unwrap_err();
    assert!(refused.to_string().contains("config check"), "{refused}");
}
