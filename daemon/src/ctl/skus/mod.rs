//! `inspectctl skus`: what the box knows of each SKU, and what a person changes about it.
//!
//! A SKU is known by its references, one a camera, and by the items that the box learned them from. Commands change
//! files; a running inspectd takes up a changed reference with the next item, and what is pinned or forgotten with the
//! next item of that SKU.

mod carry;
mod change;
mod list;
mod show;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use vision::learning::products::Products;

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

impl Places {
    fn resolve(&self, context: &Context) -> anyhow::Result<Products> {
        let references = self.scoring.resolve(context)?.references;
        let line: Option<LineFile> = context.line_file_if_any()?;
        let section = line.map_or_else(LearningSection::default, |line| line.learning);
        let folder = self.learning.clone().unwrap_or_else(|| section.folder.clone());
        Ok(Products::new(&references, LearningSection { folder, ..section }))
    }
}
