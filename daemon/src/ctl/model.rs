//! Where the model and the references are, for the subcommands that score.
//!
//! What the command line names comes first, then the line file; without either, the model folder
//! that `scripts/bootstrap` makes. So pictures can be learned and evaluated on a desk, where there
//! is no line.

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::Args;
use damage::scoring::Scorer;
use lab::learn::Turns;

use super::Context;
use crate::config::PolicySection;

/// Options that name the model.
#[derive(Debug, Args)]
pub struct ModelOptions {
    /// Folder of the model [default: that of the line file, else the one of scripts/bootstrap].
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
}

/// Options that name the model and the references.
#[derive(Debug, Args)]
pub struct ScoringOptions {
    #[command(flatten)]
    model: ModelOptions,
    /// Folder of the references [default: that of the line file].
    #[arg(long, value_name = "DIR")]
    references: Option<PathBuf>,
    /// Folder of the damage head [default: that of the line file, else none].
    #[arg(long, value_name = "DIR")]
    damage_head: Option<PathBuf>,
}

/// The option that says how items may lie.
#[derive(Debug, Args)]
pub struct TurnsOption {
    /// In how many ways the item may lie that the pictures show lying one way: 2 also remembers the
    /// pictures turned by half a circle, 4 by each quarter.
    #[arg(long, value_name = "N", default_value = "1", value_parser = ["1", "2", "4"])]
    turns: String,
}

impl TurnsOption {
    /// The turns.
    pub fn turns(&self) -> Turns {
        match self.turns.as_str() {
            "4" => Turns::Four,
            "2" => Turns::Two,
            _ => Turns::One,
        }
    }
}

/// What scoring needs.
#[derive(Debug)]
pub struct Scoring {
    /// Folder of the model.
    pub model: PathBuf,
    /// Folder of the references.
    pub references: PathBuf,
    /// Folder of the damage head.
    pub damage_head: Option<PathBuf>,
    /// Which part of the good items may be diverted by mistake.
    pub false_divert_budget: f64,
}

impl ModelOptions {
    /// The model's folder.
    pub fn folder(&self, context: &Context) -> anyhow::Result<PathBuf> {
        if let Some(folder) = &self.model {
            return Ok(folder.clone());
        }
        let line_file = context.line_file_if_any()?;
        let folder = line_file.map(|file| file.model.folder);
        Ok(folder.unwrap_or_else(features::backbone::default_model_dir))
    }
}

impl ScoringOptions {
    /// Both folders and the budget.
    pub fn resolve(&self, context: &Context) -> anyhow::Result<Scoring> {
        let line_file = context.line_file_if_any()?;
        let from_line = line_file.as_ref().map(|file| file.model.references.clone());
        let references = self.references.clone().or(from_line).ok_or_else(|| {
            anyhow!(
                "there is no line file at {} that says where references are kept; name their \
                 folder with --references DIR, or a line file with --line FILE",
                context.line_path().display()
            )
        })?;
        let head_of_line = line_file.as_ref().map(|file| file.model.damage_head.clone());
        let damage_head = self.damage_head.clone().or(head_of_line);
        let policy = line_file.map_or_else(PolicySection::default, |file| file.policy);
        Ok(Scoring {
            model: self.model.folder(context)?,
            references,
            damage_head,
            false_divert_budget: policy.false_divert_budget,
        })
    }
}

impl Scoring {
    /// Loads the model with its damage head and warms it up; a second or two.
    pub fn scorer(&self) -> anyhow::Result<Scorer> {
        let scorer = self.scorer_without_head()?;
        Ok(match &self.damage_head {
            Some(folder) => scorer.with_head_from(folder)?,
            None => scorer,
        })
    }

    /// The same without a damage head: what a new one is trained with.
    pub fn scorer_without_head(&self) -> anyhow::Result<Scorer> {
        let scorer = Scorer::load(&self.model)
            .with_context(|| format!("the model in {} cannot be used", self.model.display()))?;
        Ok(scorer.with_false_divert_budget(self.false_divert_budget))
    }
}
