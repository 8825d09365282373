use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;

fn places(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

#[test]
fn all_languages_have_the_same_keys_with_the_same_places() {
    let english = Language::English.texts();
    for language in Language::ALL {
        let texts = language.texts();
        let keys: BTreeSet<_> = texts.all().keys().collect();
        assert_eq!(keys, english.all().keys().collect(), "{language:?}");
        for (key, text) in texts.all() {
            assert!(!text.trim().is_empty(), "{language:?}: {key} is empty");
            assert_eq!(places(text), places(english.get(key)), "{language:?}: {key}");
        }
    }
    assert!(english.all().len() > 100, "the tables were read");
}

fn here(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

fn files(folder: &Path, extension: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// Whether it is a key, and not an address or a header that is also got.
fn is_key(text: &str) -> bool {
    let is_plain =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    text.split_once('.').is_some_and(|(section, key)| is_plain(section) && is_plain(key))
}

/// What stands between quotes after each `before`.
fn quoted<'t>(text: &'t str, before: &str) -> Vec<&'t str> {
    let after = text.split(before).skip(1);
    after.filter_map(|rest| rest.split_once('"')).map(|(key, _)| key).collect()
}

#[test]
fn every_text_that_is_asked_for_exists_and_every_one_is_asked_for() {
    let known: BTreeSet<&str> =
        Language::English.texts().all().keys().map(String::as_str).collect();
    let mut asked = BTreeSet::new();
    let mut sections = BTreeSet::new();
    let mut all = files(&here("templates"), "html");
    all.extend(files(&here("assets"), "js"));
    all.extend(files(&here("src/server"), "rs"));
    assert!(all.len() > 10, "the files were found");
    for (_, text) in &all {
        for call in [".get(\"", ".filled(\"", "say(\"", "Key(\"", "picture(view, \""] {
            asked.extend(quoted(text, call).into_iter().filter(|text| is_key(text)));
        }
        for call in ["t.named(\"", "named(\""] {
            sections.extend(quoted(text, call));
        }
    }
    let missing: Vec<_> = asked.difference(&known).collect();
    assert!(missing.is_empty(), "asked for and in no table: {missing:?}");
    let unused: Vec<_> = known
        .iter()
        .filter(|key| !asked.contains(*key))
        .filter(|key| !key.split_once('.').is_some_and(|(section, _)| sections.contains(section)))
        .collect();
    assert!(unused.is_empty(), "in the tables and never asked for: {unused:?}");
}

#[test]
fn no_template_has_a_text_of_its_own() {
    for (path, text) in files(&here("templates"), "html") {
        let bare = without(&without(&without(&text, "{#", "#}"), "{%", "%}"), "{{", "}}");
        let words = without(&bare, "<", ">");
        let own: String = words.chars().filter(|c| c.is_alphabetic()).collect();
        assert!(own.is_empty(), "{} says `{own}`", path.display());
        for attribute in ["title", "aria-label", "placeholder", "alt", "value"] {
            for said in quoted(&bare, &format!("{attribute}=\"")) {
                let is_data = attribute == "value" && !said.contains(' ');
                assert!(said.trim().is_empty() || is_data, "{}: `{said}`", path.display());
            }
        }
    }
}

/// The text without what stands from `open` to `close`.
fn without(text: &str, open: &str, close: &str) -> String {
    let mut parts = text.split(open);
    let mut rest = parts.next().unwrap().to_owned();
    for part in parts {
        rest.push_str(part.split_once(close).map_or("", |(_, after)| after));
    }
    rest
}

#[test]
fn no_script_has_a_text_of_its_own() {
    let style = fs::read_to_string(here("assets/page.css")).unwrap();
    let is_class = |word: &&str| style.contains(&format!(".{word}"));
    for (path, text) in files(&here("assets"), "js") {
        let is_comment = |line: &&str| line.trim_start().starts_with("//");
        let code: String = text.lines().filter(|line| !is_comment(line)).collect();
        for literal in code.split(['"', '`']).skip(1).step_by(2) {
            let words = literal.split_whitespace().filter(|word| !is_class(word));
            let words =
                words.filter(|word| word.len() > 2 && word.chars().all(char::is_alphabetic));
            assert!(words.count() < 2, "{}: `{literal}`", path.display());
        }
    }
}

#[test]
fn a_browser_gets_the_language_that_it_asks_for_first() {
    for (accept, language) in [
        ("de-DE,de;q=0.9,en;q=0.8", Some(Language::German)),
        ("fr, en-GB;q=0.7, de;q=0.3", Some(Language::English)),
        ("en;q=0.3,de;q=0.7", Some(Language::German)),
        ("de;q=0,en;q=0.1", Some(Language::English)),
        ("fr", None),
        ("", None),
        (";;;,,q=,de;q=x", None),
    ] {
        assert_eq!(Language::asked(accept), language, "{accept}");
    }
}

#[test]
fn places_are_filled_once() {
    let texts = Texts::parse("[a]\nb = \"{x} and {y}, {x}\"");
    assert_eq!(texts.filled("a.b", &[("x", "{y}"), ("y", "2")]), "{y} and 2, {y}");
    assert_eq!(texts.filled("a.b", &[]), " and , ");
    assert_eq!(texts.get("a.c"), "a.c");
}
