//! `inspectctl skus export` and `import`: one zip file to carry products to another box.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use base::files::replace;
use clap::Args;
use damage::scoring::ReferenceKey;
use vision::learning::products::Products;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::Places;
use crate::ctl::Context;
use crate::ctl::output::Answer;

/// Folders of a carried file.
const REFERENCES: &str = "references";
const LEARNING: &str = "learning";
/// A file that is larger is none of ours, in bytes.
const FILE_MAX: u64 = 256 << 20;

/// Write SKUs into one file, which another box imports.
#[derive(Debug, Args)]
pub struct Export {
    /// The file to write, for example `products.zip`.
    file: PathBuf,
    /// The SKUs [default: all].
    skus: Vec<String>,
    /// Leave the pictures away: the other box cannot learn these SKUs anew then.
    #[arg(long)]
    no_pictures: bool,
    #[command(flatten)]
    places: Places,
}

/// Take SKUs over from a file that `skus export` wrote.
///
/// References belong to one backbone: a box with another one refuses them, and learns them anew where pictures came with
/// them.
#[derive(Debug, Args)]
pub struct Import {
    /// The file.
    file: PathBuf,
    /// Replace SKUs that the box knows already.
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    places: Places,
}

impl Export {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let products = self.places.resolve(context)?;
        let skus = if self.skus.is_empty() { products.skus()? } else { self.skus };
        ensure!(!skus.is_empty(), "the box knows no SKU that could be written");
        for sku in &skus {
            products.must_know(sku)?;
        }
        let written = || -> anyhow::Result<()> {
            let mut zip = ZipWriter::new(File::create_new(&self.file)?);
            for sku in &skus {
                add(&mut zip, &products.references().join(sku), &Path::new(REFERENCES).join(sku))?;
                if !self.no_pictures {
                    add(&mut zip, &products.lessons().sku(sku), &Path::new(LEARNING).join(sku))?;
                }
            }
            zip.finish()?.sync_all()?;
            Ok(())
        };
        written().with_context(|| format!("{} cannot be written", self.file.display()))?;
        Ok(Answer::new(format!("{} SKUs are in {}", skus.len(), self.file.display())))
    }
}

/// Adds what lies in `folder`, if it is there.
fn add(zip: &mut ZipWriter<File>, folder: &Path, name: &Path) -> anyhow::Result<()> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    let mut entries: Vec<PathBuf> =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    entries.sort();
    for path in entries {
        let Some(last) = path.file_name().and_then(|last| last.to_str()) else { continue };
        if last.starts_with('.') {
            continue;
        }
        let name = name.join(last);
        if path.is_dir() {
            add(zip, &path, &name)?;
            continue;
        }
        // Pictures and references are dense already.
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file(name.to_string_lossy(), options)?;
        std::io::copy(&mut File::open(&path)?, zip)?;
    }
    zip.flush()?;
    Ok(())
}

impl Import {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let products = self.places.resolve(context)?;
        let file = self.file.display();
        let opened = File::open(&self.file).with_context(|| format!("{file} cannot be opened"))?;
        let mut zip = ZipArchive::new(opened).with_context(|| format!("{file} is no zip file"))?;
        let mut skus: Vec<String> = Vec::new();
        for at in 0..zip.len() {
            let (sku, _) = place_of(&products, &zip.by_index(at)?.name()?)?;
            if !skus.contains(&sku) {
                skus.push(sku);
            }
        }
        ensure!(!skus.is_empty(), "{file} holds no SKU");
        let known: Vec<&String> =
            skus.iter().filter(|sku| products.must_know(sku).is_ok()).collect();
        if let Some(sku) = known.first().filter(|_| !self.replace) {
            bail!("SKU {sku} is known already; --replace takes over what is in {file}");
        }
        for sku in known {
            products.forget(sku)?;
        }
        for at in 0..zip.len() {
            let mut entry = zip.by_index(at)?;
            let name = entry.name()?.into_owned();
            ensure!(entry.size() <= FILE_MAX, "{name} in {file} is too large");
            let (_, path) = place_of(&products, &name)?;
            let mut content = Vec::new();
            entry.by_ref().take(FILE_MAX).read_to_end(&mut content)?;
            replace(&path, &content)
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
        Ok(Answer::new(format!("{} SKUs were taken over", skus.len())))
    }
}

/// The SKU that an entry of a carried file belongs to, and where it goes. Refuses what would leave our folders.
fn place_of(products: &Products, name: &str) -> anyhow::Result<(String, PathBuf)> {
    let parts: Option<Vec<&str>> = Path::new(name)
        .components()
        .map(|part| match part {
            Component::Normal(part) => part.to_str().filter(|part| !part.starts_with('.')),
            _ => None,
        })
        .collect();
    let strange = || format!("`{name}` is nothing that `inspectctl skus export` writes");
    let parts = parts.with_context(strange)?;
    let (folder, sku, rest) = match parts.as_slice() {
        [REFERENCES, sku, rest] => (products.references().join(sku), sku, PathBuf::from(rest)),
        [LEARNING, sku, rest @ ..] if !rest.is_empty() => {
            (products.lessons().sku(sku), sku, rest.iter().collect())
        }
        _ => bail!(strange()),
    };
    ReferenceKey::new(sku, "view")?;
    Ok(((*sku).to_owned(), folder.join(rest)))
}
