//! `inspectctl skus forget`, `merge`, `pin` and `unpin`.

use anyhow::ensure;
use clap::Args;
use vision::learning::lessons::Shelf;

use super::Places;
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
        let products = self.places.resolve(context)?;
        let Forget { sku, item, .. } = self;
        Ok(Answer::new(match item {
            None => {
                products.forget(&sku)?;
                format!("SKU {sku} is forgotten")
            }
            Some(item) => {
                products.forget_item(&sku, &item)?;
                format!("item {item} of SKU {sku} is forgotten")
            }
        }))
    }
}

impl Merge {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let products = self.places.resolve(context)?;
        let Merge { from, into, .. } = self;
        ensure!(from != into, "{from} is one SKU already");
        products.must_know(&from)?;
        products.must_know(&into)?;
        let mut moved = 0;
        for shelf in [Shelf::Normal, Shelf::Damaged] {
            for item in products.lessons().items(&from, shelf)? {
                products.lessons().give(&from, &into, shelf, &item)?;
                moved += 1;
            }
        }
        products.forget(&from)?;
        // What it was learned from is no longer all there is.
        if let Some(mut learned) = products.lessons().learned(&into).filter(|_| moved > 0) {
            learned.again = true;
            products.lessons().note(&into, &learned)?;
        }
        Ok(Answer::new(format!("SKU {from} is forgotten, and {into} has {moved} items of it")))
    }
}

impl Pin {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let products = self.places.resolve(context)?;
        products.set_pinned(&self.sku, true)?;
        Ok(Answer::new(format!("the references of SKU {} stay as they are", self.sku)))
    }
}

impl Unpin {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let products = self.places.resolve(context)?;
        products.set_pinned(&self.sku, false)?;
        Ok(Answer::new(format!("the box learns about SKU {} again", self.sku)))
    }
}
