//! `inspectctl skus forget`, `merge`, `pin` and `unpin`.

use std::fs;
use std::io::ErrorKind;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use vision::learning::lessons::Shelf;

use super::{Places, Shop};
use crate::ctl::Context;
use crate::ctl::output::Answer;

/// Forget a SKU: its references, and the pictures that they were learned from; or one item of it.
#[derive(Debug, Args)]
pub struct Forget {
    /// The SKU.
    sku: String,
    /// Forget this item only: nothing is learned from it any more, and it no longer tells what damage looks like.
    #[arg(long)]
    item: Option<String>,
    #[command(flatten)]
    places: Places,
}

/// Make one SKU of two: the pictures of the first are learned from as pictures of the second.
///
/// The references of the second stay until the box learns them anew, which it does once its model is loaded.
#[derive(Debug, Args)]
pub struct Merge {
    /// The SKU that is given up.
    from: String,
    /// The SKU that stays.
    into: String,
    #[command(flatten)]
    places: Places,
}

/// Keep the references of a SKU as they are: the box learns nothing more about it.
#[derive(Debug, Args)]
pub struct Pin {
    /// The SKU.
    sku: String,
    #[command(flatten)]
    places: Places,
}

/// Let the box learn about a SKU again.
#[derive(Debug, Args)]
pub struct Unpin {
    /// The SKU.
    sku: String,
    #[command(flatten)]
    places: Places,
}

impl Forget {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let shop = self.places.resolve(context)?;
        shop.must_know(&self.sku)?;
        let Some(item) = self.item else {
            shop.forget(&self.sku)?;
            return Ok(Answer::new(format!("SKU {} is forgotten", self.sku)));
        };
        for shelf in [Shelf::Normal, Shelf::LeftOut, Shelf::Damaged] {
            if shop.lessons.items(&self.sku, shelf)?.contains(&item) {
                shop.lessons.drop_item(&self.sku, shelf, &item)?;
                return Ok(Answer::new(format!("item {item} of SKU {} is forgotten", self.sku)));
            }
        }
        bail!(
            "SKU {} has no item {item}; `inspectctl skus show \"{}\"` lists its items",
            self.sku,
            self.sku
        );
    }
}

impl Merge {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let shop = self.places.resolve(context)?;
        let Merge { from, into, .. } = self;
        ensure!(from != into, "{from} is one SKU already");
        shop.must_know(&from)?;
        shop.must_know(&into)?;
        let mut moved = 0;
        for shelf in [Shelf::Normal, Shelf::Damaged] {
            for item in shop.lessons.items(&from, shelf)? {
                shop.lessons.give(&from, &into, shelf, &item)?;
                moved += 1;
            }
        }
        shop.forget(&from)?;
        // What it was learned from is no longer all there is.
        if let Some(mut learned) = shop.lessons.learned(&into).filter(|_| moved > 0) {
            learned.items = learned.items.min(1);
            shop.lessons.note(&into, &learned)?;
        }
        Ok(Answer::new(format!("SKU {from} is forgotten, and {into} has {moved} items of it")))
    }
}

impl Pin {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let shop = self.places.resolve(context)?;
        shop.must_know(&self.sku)?;
        ensure!(
            !shop.views(&self.sku).is_empty(),
            "SKU {} has no reference yet that could stay as it is",
            self.sku
        );
        shop.set_pinned(&self.sku, true)?;
        Ok(Answer::new(format!("the references of SKU {} stay as they are", self.sku)))
    }
}

impl Unpin {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let shop = self.places.resolve(context)?;
        shop.must_know(&self.sku)?;
        shop.set_pinned(&self.sku, false)?;
        Ok(Answer::new(format!("the box learns about SKU {} again", self.sku)))
    }
}

impl Shop {
    pub(super) fn forget(&self, sku: &str) -> anyhow::Result<()> {
        let folder = self.references.join(sku);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error)
                    .with_context(|| format!("{} cannot be removed", folder.display()));
            }
            _ => {}
        }
        let folder = self.lessons.sku(sku);
        self.lessons.forget(sku).with_context(|| format!("{} cannot be removed", folder.display()))
    }

    fn set_pinned(&self, sku: &str, pinned: bool) -> anyhow::Result<()> {
        let mut learned = self.lessons.learned(sku).unwrap_or_default();
        learned.pinned = pinned;
        let folder = self.lessons.sku(sku);
        self.lessons
            .note(sku, &learned)
            .with_context(|| format!("{} cannot be written", folder.display()))
    }
}
