//! `inspectctl skus list`.

use clap::Args;
use vision::learning::products::{Product, ProductError};

use super::Places;
use crate::ctl::Context;
use crate::ctl::output::{Answer, NONE, table};

/// List the SKUs that the box knows, and how well.
///
/// With --json: an array of objects with `sku`, `state` (`unknown`, `learning 5 of 8`, `weak, 16 of 60`, `full`),
/// `pinned`, `by` (`box` where it learned the SKU by itself, else `person`), `items` (that it learns from), `left_out`,
/// `damaged`, `views`, `learned_at` (of the newest reference) and `bytes` (references and pictures).
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    places: Places,
}

impl List {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let products = self.places.resolve(context)?;
        let known: Result<Vec<Product>, ProductError> =
            products.skus()?.iter().map(|sku| products.one(sku)).collect();
        let known = known?;
        Answer::either(context.json, &known, || {
            if known.is_empty() {
                return "the box knows no SKU yet: `inspectctl learn` teaches one, and items that pass do".to_owned();
            }
            let header =
                ["sku", "state", "by", "items", "left out", "damaged", "views", "learned", "MiB"];
            let rows: Vec<Vec<String>> = known.iter().map(row).collect();
            table(&header, &rows)
        })
    }
}

fn row(known: &Product) -> Vec<String> {
    let pinned = if known.pinned { ", pinned" } else { "" };
    vec![
        known.sku.clone(),
        format!("{}{pinned}", known.state),
        known.by.to_owned(),
        known.items.to_string(),
        known.left_out.to_string(),
        known.damaged.to_string(),
        if known.views.is_empty() { NONE.to_owned() } else { known.views.join(", ") },
        known
            .learned_at
            .map_or_else(|| NONE.to_owned(), |at| at.strftime("%Y-%m-%d %H:%M").to_string()),
        format!("{:.1}", known.bytes as f64 / f64::from(1 << 20)),
    ]
}
