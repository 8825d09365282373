//! `inspectctl skus show`.

use clap::Args;
use damage::scoring::Calibration;
use features::backbone::BACKBONE_FILE;
use serde::Serialize;
use vision::learning::products::{KnownView, Product, Taken};

use super::Places;
use crate::ctl::Context;
use crate::ctl::output::{Answer, table};

/// Show what the box knows of one SKU: its references, how much normal items differ, and the pictures behind them.
///
/// With --json: the keys of `skus list`, and `failed` (why it was not learned last time), `references` (`view`,
/// `normals`, `calibration`, `middle` and `spread` of the normal pictures' joint levels, `problem`) and `pictures`
/// (`shelf`: `normal`, `left out` or `damaged`; `item`, `view`, `file`).
#[derive(Debug, Args)]
pub struct Show {
    /// The SKU.
    sku: String,
    #[command(flatten)]
    places: Places,
}

#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    product: Product,
    failed: Option<String>,
    references: Vec<KnownView>,
    pictures: Vec<Taken>,
}

impl Show {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let products = self.places.resolve(context)?;
        products.must_know(&self.sku)?;
        let scoring = self.places.scoring.resolve(context)?;
        // A reference names its backbone; another one is a problem that is shown.
        let backbone = std::fs::read(scoring.model.join(BACKBONE_FILE));
        let backbone = backbone.map(|bytes| base::checksum::sha256(&bytes)).unwrap_or_default();
        let views = products.views(&self.sku).into_iter();
        let references = views
            .map(|view| products.view(&self.sku, view, &backbone, scoring.false_divert_budget));
        let product = products.one(&self.sku)?;
        let shown = Shown {
            references: references.collect::<Result<_, _>>()?,
            pictures: products.pictures(&self.sku)?,
            failed: product.failed.clone(),
            product,
        };
        Answer::either(context.json, &shown, || for_people(&shown))
    }
}

fn for_people(shown: &Shown) -> String {
    let Shown { product, failed, references, pictures } = shown;
    let pinned = if product.pinned { ", pinned" } else { "" };
    let mut text = format!(
        "SKU {}: {}{pinned}, learned by a {}\n",
        product.sku,
        product.state,
        match product.by {
            "box" => "box",
            _ => "person",
        }
    );
    if let Some(why) = failed {
        text.push_str(&format!("not learned last time: {why}\n"));
    }
    let rows: Vec<Vec<String>> = references
        .iter()
        .map(|view| {
            let calibration = match view.calibration {
                Some(Calibration::Conformal) => "bounded by enough pictures",
                Some(Calibration::Fitted) => "estimated from few pictures",
                Some(Calibration::Weak) => "a guess",
                None => "",
            };
            let (middle, spread) = (format!("{:.2}", view.middle), format!("{:.2}", view.spread));
            let told = view.problem.clone().unwrap_or_else(|| calibration.to_owned());
            vec![view.view.clone(), view.normals.to_string(), middle, spread, told]
        })
        .collect();
    if !rows.is_empty() {
        text.push_str(&format!(
            "\n{}\n",
            table(&["view", "normals", "middle", "spread", "threshold"], &rows)
        ));
    }
    let rows: Vec<Vec<String>> = pictures
        .iter()
        .map(|one| {
            vec![
                one.shelf.to_owned(),
                one.item.clone(),
                one.view.clone(),
                one.file.display().to_string(),
            ]
        })
        .collect();
    if !rows.is_empty() {
        text.push_str(&format!("\n{}", table(&["shelf", "item", "view", "picture"], &rows)));
    }
    text
}
