//! The declaration and the values of a line file, in the shape that the page shows.

use std::collections::{BTreeMap, BTreeSet};

use calib::the_box::settings::{
    Changed, Choice, Effect, Key, KeyKind, MistakeView, Section, Table,
};
use line::config::BridgeConfig;
use line::line_file::Mistake;
use schemars::JsonSchema;
use serde_json::Value;

use super::places::Place;
use crate::config::LineFile;
use crate::declared;

/// What is declared, and by whom it is obeyed.
#[derive(Debug)]
pub struct Declaration {
    /// The sections.
    pub sections: Vec<declared::Section>,
    /// The sections at the top that plc-bridge obeys too.
    bridge: BTreeSet<String>,
}

impl Declaration {
    /// Of the line file.
    pub fn new() -> Self {
        Self {
            sections: declared::sections(&schema::<LineFile>()),
            bridge: declared::sections(&schema::<BridgeConfig>())
                .into_iter()
                .map(|section| section.name)
                .collect(),
        }
    }

    /// The sections with what `file` says in them.
    pub fn describe(&self, file: &Value) -> Vec<Section> {
        self.sections.iter().map(|section| self.section(section, file)).collect()
    }

    fn section(&self, of: &declared::Section, file: &Value) -> Section {
        let names: Vec<&str> = of.name.split('.').collect();
        let value = |table: &Value, key: &declared::Key| {
            table.get(&key.name).map(|value| (key.name.clone(), value.clone()))
        };
        let present = tables(file, &names).into_iter().map(|(at, table)| Table {
            at,
            values: of.keys.iter().filter_map(|key| value(table, key)).collect(),
        });
        Section {
            name: of.name.clone(),
            about: of.about.clone(),
            required: of.required,
            repeated: of.repeated,
            most: of.most,
            keys: of.keys.iter().map(|key| self.key(&of.name, key)).collect(),
            present: present.collect(),
        }
    }

    fn key(&self, section: &str, of: &declared::Key) -> Key {
        let choices: Vec<Choice> =
            of.choices().into_iter().map(|(value, about)| Choice { value, about }).collect();
        let kind = match (of.kind(), choices.is_empty()) {
            ("integer", _) => KeyKind::Integer,
            ("number", _) => KeyKind::Number,
            ("boolean", _) => KeyKind::Boolean,
            ("array", _) if of.entries["type"] == "integer" => KeyKind::Integers,
            ("array", _) => KeyKind::Texts,
            (_, false) => KeyKind::Choice,
            (_, true) => KeyKind::Text,
        };
        let words = if kind == KeyKind::Choice { String::new() } else { of.value_words() };
        Key {
            name: of.name.clone(),
            about: of.about.clone(),
            required: of.required,
            kind,
            words,
            unit: of.unit().map(str::to_owned),
            least: of.schema["minimum"].as_f64(),
            most: of.schema["maximum"].as_f64(),
            choices,
            default: of.default().cloned(),
            effect: self.effect(section, of),
        }
    }

    fn effect(&self, section: &str, key: &declared::Key) -> Effect {
        if key.is_at_once() {
            Effect::AtOnce
        } else if self.bridge.contains(section) {
            Effect::RestartBoth
        } else {
            Effect::Restart
        }
    }

    /// When a change of the value at `path` takes effect.
    fn effect_at(&self, path: &str) -> Effect {
        let found = Place::find(path, &self.sections).ok().and_then(|place| {
            let section = self.sections.iter().find(|one| one.name == place.section())?;
            let key = section.keys.iter().find(|key| Some(&key.name) == place.key.as_ref())?;
            Some(self.effect(&section.name, key))
        });
        found.unwrap_or(Effect::RestartBoth)
    }

    /// Which keys differ between two files.
    pub fn changed(&self, before: &Value, after: &Value) -> Vec<Changed> {
        let (mut old, mut new) = (BTreeMap::new(), BTreeMap::new());
        leaves("", before, &mut old);
        leaves("", after, &mut new);
        let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let text = |of: &BTreeMap<String, String>, key| of.get(key).cloned().unwrap_or_default();
        let differ = keys.into_iter().filter(|key| old.get(*key) != new.get(*key));
        differ
            .map(|key| Changed {
                key: key.clone(),
                before: text(&old, key),
                after: text(&new, key),
                effect: self.effect_at(key),
            })
            .collect()
    }
}

fn schema<T: JsonSchema>() -> Value {
    schemars::schema_for!(T).to_value()
}

/// A mistake as the page shows it: where a key is missing, at the field of that key.
pub fn mistake(of: Mistake) -> MistakeView {
    let key = of.key();
    let Mistake { mut path, line, problem, instead } = of;
    let missing = problem.strip_prefix('`').and_then(|rest| rest.strip_suffix("` is missing"));
    path.extend(missing.map(str::to_owned));
    MistakeView { at: path.join("."), key, line, problem, instead }
}

/// The tables of a section, by path.
fn tables<'v>(file: &'v Value, names: &[&str]) -> Vec<(String, &'v Value)> {
    let mut found = vec![(String::new(), file)];
    for name in names {
        let mut inner = Vec::new();
        for (at, table) in found {
            let at = if at.is_empty() { (*name).to_owned() } else { format!("{at}.{name}") };
            match &table[*name] {
                Value::Array(list) => {
                    let each = list.iter().enumerate().filter(|(_, one)| one.is_object());
                    inner.extend(each.map(|(index, one)| (format!("{at}.{index}"), one)));
                }
                value if value.is_object() => inner.push((at, value)),
                _ => {}
            }
        }
        found = inner;
    }
    found
}

/// Every value that is no table, by path, as text. A table without any is one of itself, so that it is seen
/// when it comes or goes.
fn leaves(at: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    let inner = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    match value {
        Value::Object(keys) if !keys.is_empty() => {
            keys.iter().for_each(|(name, value)| leaves(&inner(name), value, into));
        }
        Value::Array(list) if list.iter().any(Value::is_object) => {
            let each = list.iter().enumerate();
            each.for_each(|(index, value)| leaves(&inner(&index.to_string()), value, into));
        }
        value => _ = into.insert(at.to_owned(), value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
[line]
name = "outbound 3"

[[camera]]
name = "side"
fps = 25

[[conveyor.diverter]]
lane = 1
[conveyor.diverter.fall_back]
late = "pass"
"#;

    fn described() -> Vec<Section> {
        Declaration::new().describe(&toml::from_str(FILE).unwrap())
    }

    fn section(name: &str) -> Section {
        described().into_iter().find(|section| section.name == name).unwrap()
    }

    #[test]
    fn each_section_has_its_keys_and_what_is_written() {
        let camera = section("camera");
        assert!(camera.repeated && camera.required && camera.is_added());
        assert_eq!(camera.present.len(), 1);
        assert_eq!(camera.present[0].at, "camera.0");
        assert_eq!(camera.present[0].values["fps"], 25);
        let fps = camera.keys.iter().find(|key| key.name == "fps").unwrap();
        assert_eq!((fps.kind, fps.least, fps.most), (KeyKind::Integer, Some(1.0), Some(500.0)));
        assert_eq!(fps.unit.as_deref(), Some("pictures/s"));
        assert_eq!(fps.default, Some(25.into()));
        let fall_back = section("conveyor.diverter.fall_back");
        assert_eq!(fall_back.present[0].at, "conveyor.diverter.0.fall_back");
        assert!(!fall_back.is_added() && fall_back.top() == "conveyor");
        assert!(section("policy").present.is_empty() && !section("policy").is_added());
        assert!(section("fleet").present.is_empty() && section("fleet").is_added());
    }

    #[test]
    fn a_key_says_who_has_to_be_restarted() {
        let effect = |name: &str, at: usize| section(name).keys[at].effect;
        assert_eq!(effect("policy", 0), Effect::AtOnce, "the budget");
        assert_eq!(effect("policy", 1), Effect::Restart);
        assert_eq!(effect("plc", 0), Effect::RestartBoth);
        assert_eq!(effect("conveyor.diverter.fall_back", 0), Effect::RestartBoth);
    }

    #[test]
    fn a_key_that_is_marked_takes_effect_at_once() {
        let mut declaration = Declaration::new();
        let sections = declaration.sections.iter_mut();
        let section = sections.into_iter().find(|section| section.name == "policy").unwrap();
        let key = section.keys.iter_mut().find(|key| key.name == "divert_lane").unwrap();
        key.schema[line::line_file::TAKES_EFFECT] = line::line_file::AT_ONCE.into();
        let file =
            |lane| serde_json::json!({ "policy": { "divert_lane": lane, "unknown": "pass" } });
        let changed = declaration.changed(&file(1), &file(2));
        assert_eq!((changed.len(), changed[0].effect), (1, Effect::AtOnce));
        assert_eq!(declaration.effect_at("policy.unknown"), Effect::Restart);
    }

    #[test]
    fn what_differs_between_two_files_is_told_key_by_key() {
        let before: Value = toml::from_str(FILE).unwrap();
        let text = FILE.replace("fps = 25", "tolerance_mm = 30.5").replace("\"pass\"", "\"stop\"");
        let after: Value = toml::from_str(&format!("{text}\n[policy]\ndivert_lane = 2\n")).unwrap();
        let changed = Declaration::new().changed(&before, &after);
        let told: Vec<String> = changed
            .iter()
            .map(|one| format!("{} {}>{} {}", one.key, one.before, one.after, one.effect.name()))
            .collect();
        assert_eq!(
            told,
            [
                "camera.0.fps 25> restart",
                "camera.0.tolerance_mm >30.5 restart",
                "conveyor.diverter.0.fall_back.late \"pass\">\"stop\" restart_both",
                "policy.divert_lane >2 restart",
            ]
        );
        assert!(Declaration::new().changed(&before, &before).is_empty());
    }
}
