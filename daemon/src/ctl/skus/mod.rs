//! `inspectctl skus`: what the box knows of each SKU, and what a person changes about it.
//!
//! A SKU is known by its references, one a camera, and by the items that the box learned them from. Commands change
//! files; a running inspectd takes up a changed reference with the next item, and what is pinned or forgotten with the
//! next item of that SKU.

mod carry;
mod change;
mod list;
mod show;

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::{Args, Subcommand};
use damage::scoring::ReferenceKey;
use vision::learning::lessons::Lessons;

use super::Context;
use super::model::ScoringOptions;
use super::output::Answer;
use crate::config::LineFile;
use vision::config::LearningSection;

/// See what products the box knows, and change it.
#[derive(Debug, Subcommand)]
pub enum Skus {
    List(list::List),
    Show(show::Show),
    Forget(change::Forget),
    Merge(change::Merge),
    Pin(change::Pin),
    Unpin(change::Unpin),
    Export(carry::Export),
    Import(carry::Import),
}

impl Skus {
    /// Runs the subcommand.
    pub fn run(self, context: &Context) -> anyhow::Result<Answer> {
        match self {
            Skus::List(list) => list.run(context),
            Skus::Show(show) => show.run(context),
            Skus::Forget(forget) => forget.run(context),
            Skus::Merge(merge) => merge.run(context),
            Skus::Pin(pin) => pin.run(context),
            Skus::Unpin(unpin) => unpin.run(context),
            Skus::Export(export) => export.run(context),
            Skus::Import(import) => import.run(context),
        }
    }
}

/// Options that say where products are kept.
#[derive(Debug, Args)]
struct Places {
    #[command(flatten)]
    scoring: ScoringOptions,
    /// Folder of the pictures that the box learns from [default: that of the line file].
    #[arg(long, value_name = "DIR")]
    learning: Option<PathBuf>,
}

/// Where products are kept.
#[derive(Debug)]
struct Shop {
    references: PathBuf,
    learning: PathBuf,
    lessons: Lessons,
    section: LearningSection,
}

impl Places {
    fn resolve(&self, context: &Context) -> anyhow::Result<Shop> {
        let references = self.scoring.resolve(context)?.references;
        let line: Option<LineFile> = context.line_file_if_any()?;
        let section = line.map_or_else(LearningSection::default, |line| line.learning);
        let learning = self.learning.clone().unwrap_or_else(|| section.folder.clone());
        Ok(Shop { references, lessons: Lessons::new(&learning), learning, section })
    }
}

impl Shop {
    /// All SKUs that anything is known of, in the order of their names.
    fn skus(&self) -> anyhow::Result<Vec<String>> {
        let mut skus = folders_in(&self.references)?;
        skus.extend(folders_in(&self.learning)?);
        skus.sort();
        skus.dedup();
        Ok(skus)
    }

    /// The views of which `sku` has a reference.
    fn views(&self, sku: &str) -> Vec<String> {
        let files = std::fs::read_dir(self.references.join(sku)).into_iter().flatten().flatten();
        let mut views: Vec<String> = files
            .filter_map(|file| {
                Some(file.file_name().to_str()?.strip_suffix(".safetensors")?.to_owned())
            })
            .filter(|view| !view.starts_with('.'))
            .collect();
        views.sort();
        views
    }

    /// Fails unless the box knows something about the SKU.
    fn must_know(&self, sku: &str) -> anyhow::Result<()> {
        ReferenceKey::new(sku, "view")?;
        if self.views(sku).is_empty() && !self.lessons.sku(sku).is_dir() {
            bail!("nothing is known of SKU {sku}; `inspectctl skus list` tells what is known");
        }
        Ok(())
    }
}

/// The names of the folders in `folder`; none where it is not there.
fn folders_in(folder: &Path) -> anyhow::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => bail!("{} cannot be read: {error}", folder.display()),
    };
    let name = |entry: std::fs::DirEntry| {
        let name = entry.file_name().to_str()?.to_owned();
        (entry.path().is_dir() && !name.starts_with('.')).then_some(name)
    };
    Ok(entries.flatten().filter_map(name).collect())
}
