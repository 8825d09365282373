//! `inspectctl skus list`.

use std::time::SystemTime;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use vision::learning::lessons::Shelf;
use vision::learning::plan::{self, Known};

use super::{Places, Shop};
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

/// What is known of one SKU.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    pub sku: String,
    pub state: String,
    pub pinned: bool,
    pub by: &'static str,
    pub items: usize,
    pub left_out: usize,
    pub damaged: usize,
    pub views: Vec<String>,
    pub learned_at: Option<Timestamp>,
    pub bytes: u64,
}

impl List {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let shop = self.places.resolve(context)?;
        let entries: anyhow::Result<Vec<Entry>> =
            shop.skus()?.into_iter().map(|sku| shop.entry(sku)).collect();
        let entries = entries?;
        Answer::either(context.json, &entries, || {
            if entries.is_empty() {
                return "the box knows no SKU yet: `inspectctl learn` teaches one, and items that pass do".to_owned();
            }
            let header =
                ["sku", "state", "by", "items", "left out", "damaged", "views", "learned", "MiB"];
            let rows: Vec<Vec<String>> = entries.iter().map(row).collect();
            table(&header, &rows)
        })
    }
}

impl Shop {
    pub(super) fn entry(&self, sku: String) -> anyhow::Result<Entry> {
        let count = |shelf| Ok::<_, anyhow::Error>(self.lessons.items(&sku, shelf)?.len());
        let (items, left_out, damaged) =
            (count(Shelf::Normal)?, count(Shelf::LeftOut)?, count(Shelf::Damaged)?);
        let views = self.views(&sku);
        let learned = self.lessons.learned(&sku);
        let is_by_box = self.lessons.sku(&sku).is_dir();
        let known = Known { items, learned, ..Known::default() };
        let told = plan::familiarity(is_by_box.then_some(&known), !views.is_empty(), &self.section);
        let files =
            views.iter().map(|view| self.references.join(&sku).join(format!("{view}.safetensors")));
        let facts: Vec<std::fs::Metadata> = files.filter_map(|file| file.metadata().ok()).collect();
        let newest: Option<SystemTime> = facts.iter().filter_map(|file| file.modified().ok()).max();
        let bytes =
            facts.iter().map(std::fs::Metadata::len).sum::<u64>() + self.lessons.bytes(&sku)?;
        Ok(Entry {
            state: told.to_string(),
            pinned: known.is_pinned(),
            by: if is_by_box { "box" } else { "person" },
            items,
            left_out,
            damaged,
            views,
            learned_at: newest.and_then(|time| Timestamp::try_from(time).ok()),
            bytes,
            sku,
        })
    }
}

fn row(entry: &Entry) -> Vec<String> {
    let pinned = if entry.pinned { ", pinned" } else { "" };
    vec![
        entry.sku.clone(),
        format!("{}{pinned}", entry.state),
        entry.by.to_owned(),
        entry.items.to_string(),
        entry.left_out.to_string(),
        entry.damaged.to_string(),
        if entry.views.is_empty() { NONE.to_owned() } else { entry.views.join(", ") },
        entry
            .learned_at
            .map_or_else(|| NONE.to_owned(), |at| at.strftime("%Y-%m-%d %H:%M").to_string()),
        format!("{:.1}", entry.bytes as f64 / f64::from(1 << 20)),
    ]
}
