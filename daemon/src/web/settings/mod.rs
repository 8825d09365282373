//! The line file, which the page shows and changes ([`LineSettings`]).
//!
//! A change is made in the file's own text, so that comments and layout stay (`apply.rs`). The result is held against
//! everything that `inspectctl config check` knows. Then the new text is laid beside the old, the version is kept
//! (`versions.rs`), and the new file takes the old one's place. Whoever saves says which revision they saw: what
//! another one, or somebody on the box, has written meanwhile is never lost.
//!
//! inspectd obeys the file that it read when it was started. What differs from that **waits** for a restart.

mod apply;
mod describe;
mod file;
mod places;
mod versions;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use calib::state_folder::StateFolder;
use calib::the_box::NoAnswer;
use calib::the_box::settings::{
    Change, Changed, Checked, Effect, LineSettings, MistakeView, NotSaved, Saved, Saving, Settings,
    Version, Waits,
};
use line::line_file::{self, Mistake};
use serde_json::Value;
use similar::TextDiff;
use tokio::sync::Notify;

use self::describe::Declaration;
use self::file::{Content, LineFileOnDisk};
use self::versions::{Known, Versions};
use crate::config::LineFile;
use crate::run::learned;

/// Lines around a difference that are shown with it.
const CONTEXT_LINES: usize = 2;

/// How inspectd is started again, on a box whose service manager does it.
const RESTART_COMMAND: &str = "systemctl restart inspectd";

/// What takes up the keys of a line file that take effect at once.
struct Obey(Box<dyn Fn(&LineFile) + Send + Sync>);

impl std::fmt::Debug for Obey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Obey")
    }
}

/// The line file of a running inspectd.
#[derive(Debug)]
pub struct SettingsOfBox {
    file: LineFileOnDisk,
    /// What inspectd obeys.
    running: Mutex<Value>,
    versions: Versions,
    declaration: Declaration,
    /// Has inspectd obey the keys that take effect at once.
    obey: Obey,
    /// Told when somebody wants a restart; none where nobody would start inspectd again.
    restart: Option<Arc<Notify>>,
    /// One change at a time.
    changing: Mutex<()>,
}

impl SettingsOfBox {
    /// Of the line file at `path`, which said `running` when inspectd read it. Versions are kept in the page's folder
    /// of the line file's `[store] folder`.
    pub fn new(
        path: &Path,
        running: &str,
        store_folder: &Path,
        restart: Option<Arc<Notify>>,
    ) -> Self {
        let page_folder = StateFolder::below(store_folder).file("");
        Self {
            file: LineFileOnDisk::new(path),
            running: Mutex::new(values(running)),
            versions: Versions::within(&page_folder),
            declaration: Declaration::new(),
            obey: Obey(Box::new(|_| ())),
            restart,
            changing: Mutex::new(()),
        }
    }

    /// The same, where `obey` takes up the keys that take effect at once.
    #[must_use]
    pub fn with_obey(self, obey: impl Fn(&LineFile) + Send + Sync + 'static) -> Self {
        Self { obey: Obey(Box::new(obey)), ..self }
    }

    fn waits(&self, content: &Content) -> Option<Waits> {
        let differ = self.declaration.changed(&lock(&self.running), &values(&content.text));
        // What takes effect at once waits too where it was written on the box: nobody told inspectd.
        let keys: Vec<String> = differ.iter().map(|changed| changed.key.clone()).collect();
        let bridge = differ.iter().any(|changed| changed.effect == Effect::RestartBoth);
        (!keys.is_empty()).then_some(Waits { since: content.changed_at, keys, bridge })
    }

    /// Has inspectd obey those of the changed keys that take effect at once.
    fn obey(&self, after: &str, keys: &[Changed]) {
        let at_once = || keys.iter().filter(|changed| changed.effect == Effect::AtOnce);
        if at_once().next().is_none() {
            return;
        }
        let Ok(line) = line_file::parse::<LineFile>(after) else { return };
        (self.obey.0)(&line);
        let (mut running, values) = (lock(&self.running), values(after));
        at_once().for_each(|changed| take_over(&mut running, &values, &changed.key));
    }

    /// The file, if it is still the one that was seen.
    fn seen(&self, revision: &str) -> Result<Content, NotSaved> {
        let content = self.file.read()?;
        if content.revision == revision {
            return Ok(content);
        }
        let newest = self.versions.list().ok().and_then(|list| list.last().cloned());
        let by = newest.filter(|(_, known)| known.revision == content.revision);
        let by = by.map_or("on the box".to_owned(), |(_, known)| format!("by {}", known.who));
        Err(NotSaved::Changed(format!(
            "the line file was changed {by} meanwhile; take the present file, look at what is different, and \
             save again"
        )))
    }

    fn checked(&self, before: &Content, after: &str) -> Checked {
        let keys = self.declaration.changed(&values(&before.text), &values(after));
        let (mistakes, warnings) = match line_file::parse::<LineFile>(after) {
            Ok(line) => (Vec::new(), warnings(&line, after, &keys)),
            Err(mistakes) => (views(mistakes), Vec::new()),
        };
        let diff = diff(&before.text, after);
        Checked { revision: before.revision.clone(), diff, keys, mistakes, warnings }
    }

    /// Puts `after` in the place of the file that was seen.
    fn replace(&self, before: &Content, after: &str, by: &Saving) -> Result<Saved, NotSaved> {
        if after == before.text {
            // Somebody may have written it on the box, where nobody told inspectd.
            let keys = self.declaration.changed(&lock(&self.running), &values(after));
            if keys.iter().any(|changed| changed.effect == Effect::AtOnce) {
                self.obey(after, &keys);
                return Ok(Saved { revision: before.revision.clone(), keys });
            }
            return Err(NotSaved::Refused(
                "the file says that already; nothing is saved".to_owned(),
            ));
        }
        let Checked { keys, mistakes, .. } = self.checked(before, after);
        if !mistakes.is_empty() {
            return Err(NotSaved::Wrong(mistakes));
        }
        let newest = self.versions.list().map_err(NotSaved::Unwritable)?.pop();
        if newest.is_none_or(|(_, known)| known.revision != before.revision) {
            let at = before.changed_at.unwrap_or(by.at);
            let revision = before.revision.clone();
            let found = Known { at, who: String::new(), reason: String::new(), revision };
            self.versions.keep(&before.text, &found).map_err(NotSaved::Unwritable)?;
        }
        let revision = file::revision(after);
        let mut kept = None;
        let written = self.file.write(after, NotSaved::Unwritable, || {
            // Somebody may have edited the file on the box in this very moment.
            self.seen(&before.revision)?;
            let known = Known::saved(by, &revision);
            kept = Some(self.versions.keep(after, &known).map_err(NotSaved::Unwritable)?);
            Ok(())
        });
        if let (Err(_), Some(id)) = (&written, kept) {
            self.versions.forget(id);
        }
        written?;
        self.obey(after, &keys);
        tracing::info!(
            "{} changed the line file {}: {}",
            by.who,
            self.file.path().display(),
            by.reason
        );
        Ok(Saved { revision, keys })
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        lock(&self.changing)
    }
}

impl LineSettings for SettingsOfBox {
    fn settings(&self) -> Result<Settings, NoAnswer> {
        let content = self.file.read()?;
        Ok(Settings {
            file: self.file.path().display().to_string(),
            waits: self.waits(&content),
            revision: content.revision,
            changed_at: content.changed_at,
            unwritable: self.file.unwritable(),
            can_restart: self.restart.is_some(),
            restart_command: RESTART_COMMAND.to_owned(),
            mistakes: line_file::parse::<LineFile>(&content.text)
                .err()
                .map(views)
                .unwrap_or_default(),
            sections: self.declaration.describe(&values(&content.text)),
        })
    }

    fn check(&self, changes: &[Change], revision: &str) -> Result<Checked, NotSaved> {
        let before = self.seen(revision)?;
        let after = apply::apply(&before.text, changes, &self.declaration.sections);
        Ok(self.checked(&before, &after.map_err(NotSaved::Refused)?))
    }

    fn save(&self, changes: &[Change], revision: &str, by: &Saving) -> Result<Saved, NotSaved> {
        let _turn = self.turn();
        let before = self.seen(revision)?;
        let after = apply::apply(&before.text, changes, &self.declaration.sections);
        self.replace(&before, &after.map_err(NotSaved::Refused)?, by)
    }

    fn history(&self) -> Result<Vec<Version>, NoAnswer> {
        let mut versions = Vec::new();
        let mut older: Option<String> = None;
        for (id, known) in self.versions.list().map_err(NoAnswer::Failed)? {
            // It may go while this looks.
            let Ok(text) = self.versions.text(id) else { continue };
            let diff = older.as_ref().map(|older| diff(older, &text)).unwrap_or_default();
            let Known { at, who, reason, revision } = known;
            versions.push(Version { id, at, who, reason, revision, diff });
            older = Some(text);
        }
        versions.reverse();
        Ok(versions)
    }

    fn restore(&self, version: u64, revision: &str, by: &Saving) -> Result<Saved, NotSaved> {
        let _turn = self.turn();
        let before = self.seen(revision)?;
        let after = self.versions.text(version).map_err(NotSaved::Refused)?;
        self.replace(&before, &after, by)
    }

    fn restart(&self) -> Result<(), NoAnswer> {
        let nobody = || {
            NoAnswer::Failed(format!(
                "nobody would start inspectd again; on the box, write: {RESTART_COMMAND}"
            ))
        };
        self.restart.as_ref().ok_or_else(nobody)?.notify_one();
        Ok(())
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing is behind a lock that could be left half done.
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes the value of `key`, `section.name`, in `to` what it is in `from`.
fn take_over(to: &mut Value, from: &Value, key: &str) {
    let Some((section, name)) = key.rsplit_once('.') else { return };
    let value = from.get(section).and_then(|section| section.get(name));
    match (value, to.get_mut(section).and_then(Value::as_object_mut)) {
        (Some(value), Some(of)) => _ = of.insert(name.to_owned(), value.clone()),
        (Some(value), None) => to[section] = serde_json::json!({ name: value }),
        (None, Some(of)) => _ = of.remove(name),
        (None, None) => {}
    }
}

/// What the text says; nothing where it is no TOML.
fn values(text: &str) -> Value {
    toml::from_str(text).unwrap_or(Value::Null)
}

fn views(mistakes: Vec<Mistake>) -> Vec<MistakeView> {
    mistakes.into_iter().map(describe::mistake).collect()
}

/// What is possible and probably not meant, as `inspectctl config check` has it. Whether what was learned fits is asked
/// only where a change concerns that: the answer lies in many files.
fn warnings(line: &LineFile, text: &str, keys: &[Changed]) -> Vec<MistakeView> {
    const LEARNED: [&str; 5] = ["line.sku", "camera.", "model.", "identity.catalog", "learning."];
    let concerns = |key: &Changed| LEARNED.iter().any(|start| key.key.starts_with(start));
    let mut warnings = line.warnings();
    if keys.iter().any(concerns) {
        warnings.extend(learned::misfits(learned::fit(line).look()));
    }
    let mut warnings = views(line_file::located(text, warnings));
    warnings.extend(consequences(keys));
    warnings
}

/// What a change does beyond the line: people could look for the page, or for themselves, in vain.
fn consequences(keys: &[Changed]) -> Vec<MistakeView> {
    let told = |changed: &Changed| {
        let (problem, instead) = match changed.key.as_str() {
            "store.folder" => (
                "records, people, passwords and the versions of this file stay in the old folder",
                "move what is in it while inspectd is stopped; otherwise the page has to be set up anew",
            ),
            "web.listen" | "web.plain_http" | "web.certificate" | "web.key" => (
                "the page is at another address, or shows another certificate, after the restart",
                "note the new address; `inspectctl web` shows it on the box",
            ),
            _ => return None,
        };
        let key = changed.key.clone();
        let (problem, instead) = (problem.to_owned(), instead.to_owned());
        Some(MistakeView { at: key.clone(), key, line: None, problem, instead })
    };
    keys.iter().filter_map(told).collect()
}

/// What is different, line by line.
fn diff(before: &str, after: &str) -> String {
    TextDiff::from_lines(before, after).unified_diff().context_radius(CONTEXT_LINES).to_string()
}

#[cfg(test)]
mod tests;
