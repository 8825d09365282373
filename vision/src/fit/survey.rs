//! The **survey** of the references' folder: what is wrong with the references of each SKU, a bounded number
//! of SKUs at a time.
//!
//! A folder of 100,000 SKUs is not looked through in one go. Each look goes on where the last one stopped, and
//! starts again at the end; with [`FOLDERS`] SKUs a look, one look in 30 seconds and 100,000 SKUs a round takes
//! 100 minutes. What is wrong is remembered until it is found to be right.

use std::collections::BTreeMap;
use std::fs::ReadDir;
use std::path::{Path, PathBuf};

use super::{ENDING, header_of};

/// SKUs of one look.
pub(super) const FOLDERS: usize = 500;
/// SKUs that something was wrong with and that are looked at again each time, so that a remedy shows soon.
const AGAIN: usize = 100;
/// SKUs of which is remembered what is wrong; more are not noted before some of these are right.
const WRONG_MAX: usize = 10_000;

/// What references are judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judge {
    pub cameras: Vec<String>,
    /// The backbone's checksum; `None` where it is not known.
    pub backbone: Option<String>,
    /// The damage head's; `None` where there is none, or it is not known.
    pub head: Option<String>,
}

/// What is wrong with the references of one SKU.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    /// Views that no camera has.
    pub strangers: Vec<String>,
    /// Views whose files cannot be read, and why.
    pub broken: Vec<String>,
    /// Views of another backbone.
    pub strange: Vec<String>,
    /// Views of another damage head, or of none.
    pub unasked: Vec<String>,
}

impl Judge {
    /// What is wrong in the folder of one SKU; nothing where there is no such folder.
    fn wrong_in(&self, folder: &Path) -> Wrong {
        let mut wrong = Wrong::default();
        for view in views_in(folder) {
            if !self.cameras.contains(&view) {
                wrong.strangers.push(view);
                continue;
            }
            match header_of(&folder.join(format!("{view}.{ENDING}"))) {
                Err(cause) => wrong.broken.push(format!("{view}: {cause}")),
                Ok(header) if self.backbone.is_some() && header.backbone != self.backbone => {
                    wrong.strange.push(view);
                }
                Ok(header) if self.head.is_some() && header.head != self.head => {
                    wrong.unasked.push(view);
                }
                Ok(_) => {}
            }
        }
        wrong
    }
}

/// Where the survey stands.
#[derive(Debug)]
pub(super) struct Survey {
    folder: PathBuf,
    /// The SKUs of this round that are still to come; `None` between rounds.
    to_come: Option<ReadDir>,
    judge: Option<Judge>,
    round: u64,
    /// By SKU: when it was found, and what.
    wrong: BTreeMap<String, (u64, Wrong)>,
}

impl Survey {
    pub fn new(folder: PathBuf) -> Survey {
        Survey { folder, to_come: None, judge: None, round: 0, wrong: BTreeMap::new() }
    }

    /// Looks at `most` SKUs more, but not twice at one.
    pub fn look(&mut self, judge: &Judge, most: usize) {
        if self.judge.as_ref() != Some(judge) {
            // What was found is not true any more.
            self.wrong.clear();
            self.to_come = None;
            self.judge = Some(judge.clone());
        }
        let again: Vec<String> = self.wrong.keys().take(AGAIN).cloned().collect();
        for sku in again {
            self.note(sku, judge);
        }
        for _ in 0..most {
            let to_come = match &mut self.to_come {
                Some(to_come) => to_come,
                // A folder that is not there has nothing in it.
                None => match std::fs::read_dir(&self.folder) {
                    Ok(entries) => self.to_come.insert(entries),
                    Err(_) => return self.end_round(),
                },
            };
            match to_come.next() {
                Some(Ok(entry)) => {
                    // Names of files in a folder that is being written begin with a dot.
                    let sku = entry.file_name().into_string().unwrap_or_default();
                    if !sku.is_empty() && !sku.starts_with('.') {
                        self.note(sku, judge);
                    }
                }
                Some(Err(_)) | None => return self.end_round(),
            }
        }
    }

    fn note(&mut self, sku: String, judge: &Judge) {
        let wrong = judge.wrong_in(&self.folder.join(&sku));
        if wrong == Wrong::default() {
            self.wrong.remove(&sku);
        } else if self.wrong.len() < WRONG_MAX || self.wrong.contains_key(&sku) {
            self.wrong.insert(sku, (self.round, wrong));
        }
    }

    /// SKUs that this round has not met are gone.
    fn end_round(&mut self) {
        let round = self.round;
        self.wrong.retain(|_, (met, _)| *met == round);
        self.round += 1;
        self.to_come = None;
    }

    /// What is wrong, by SKU.
    pub fn wrong(&self) -> impl Iterator<Item = (&str, &Wrong)> {
        self.wrong.iter().map(|(sku, (_, wrong))| (sku.as_str(), wrong))
    }
}

/// The views that have a file in the folder of one SKU, in order.
pub(super) fn views_in(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut views: Vec<String> = files
        .filter(|file| file.extension().is_some_and(|ending| ending == ENDING))
        .filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned()))
        .filter(|view| !view.starts_with('.'))
        .collect();
    views.sort();
    views
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of `skus` SKUs with a file each that is no reference.
    fn folder(skus: usize) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for sku in 0..skus {
            let folder = root.path().join(format!("{sku}"));
            std::fs::create_dir(&folder).unwrap();
            std::fs::write(folder.join("top.safetensors"), b"x").unwrap();
        }
        root
    }

    fn judge() -> Judge {
        Judge { cameras: vec!["top".to_owned()], backbone: None, head: None }
    }

    fn known(survey: &Survey) -> usize {
        survey.wrong().filter(|(_, wrong)| wrong.broken.len() == 1).count()
    }

    #[test]
    fn a_look_goes_on_where_the_last_one_stopped_and_every_sku_has_its_turn() {
        let root = folder(25);
        let mut survey = Survey::new(root.path().to_owned());
        let known = [10, 20, 25, 25].map(|_| {
            survey.look(&judge(), 10);
            known(&survey)
        });
        assert_eq!(known, [10, 20, 25, 25]);
    }

    #[test]
    fn what_was_put_right_is_not_told_any_more_and_what_is_gone_is_forgotten() {
        let root = folder(3);
        let mut survey = Survey::new(root.path().to_owned());
        survey.look(&judge(), 10);
        assert_eq!(known(&survey), 3);
        std::fs::remove_file(root.path().join("1/top.safetensors")).unwrap();
        // Nothing new is looked at: what was wrong is.
        survey.look(&judge(), 0);
        assert_eq!(known(&survey), 2);
        std::fs::remove_dir_all(root.path().join("2")).unwrap();
        survey.look(&judge(), 10);
        assert_eq!(known(&survey), 1);
        let other = Judge { cameras: vec!["side".to_owned()], ..judge() };
        survey.look(&other, 10);
        assert_eq!(known(&survey), 0);
        assert_eq!(survey.wrong().next().unwrap().1.strangers, ["top"]);
    }
}
