//! `inspectctl totes`: which totes the line file declares, and what the box sees of them.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use base::picture::Picture;
use clap::{Args, Subcommand};
use features::tote::Ground;
use serde::Serialize;
use vision::config::UNDECLARED;
use vision::totes::{Totes as Known, files};

use super::Context;
use super::output::{Answer, NONE, table};
use crate::config::LineFile;

/// See which totes items may lie in, and try them on pictures.
#[derive(Debug, Subcommand)]
pub enum Totes {
    List(List),
    Look(Look),
}

impl Totes {
    /// Runs the subcommand.
    pub fn run(self, context: &Context) -> anyhow::Result<Answer> {
        match self {
            Totes::List(list) => list.run(context),
            Totes::Look(look) => look.run(context),
        }
    }
}

/// List the totes that the line file declares, and whether their pictures can be used.
///
/// With --json: an array of objects with `tote`, `camera`, `pictures` (of the empty tote), `empty` (of the empty tunnel).
/// Exit code 1, and what is wrong with which picture, if the box could not look for them.
#[derive(Debug, Args)]
pub struct List {}

/// One tote as one camera sees it.
#[derive(Debug, Serialize)]
struct Entry {
    tote: String,
    camera: String,
    pictures: usize,
    empty: usize,
}

impl List {
    fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let line = context.line_file()?;
        let cameras = camera_names(&line);
        let entries: Vec<Entry> = files(&line.tote, &cameras)?
            .into_iter()
            .map(|files| Entry {
                tote: files.tote,
                camera: files.camera,
                pictures: files.pictures.len(),
                empty: files.empty.len(),
            })
            .collect();
        Known::load(&line.tote, &cameras)?;
        Answer::either(context.json, &entries, || {
            if entries.is_empty() {
                return "the line file declares no [[tote]]: everything on the belt counts as the item"
                    .to_owned();
            }
            let header = ["tote", "camera that looks into it", "pictures", "of the empty tunnel"];
            let row = |entry: &Entry| {
                let Entry { tote, camera, pictures, empty } = entry;
                vec![tote.clone(), camera.clone(), pictures.to_string(), empty.to_string()]
            };
            table(&header, &entries.iter().map(row).collect::<Vec<_>>())
        })
    }
}

/// Say in which tote the item in a picture lies, and write the picture without the tote: what is compared.
///
/// With --json: `{"tote", "is_empty", "fits", "turned_degrees", "saved"}`; `tote` is null on the bare belt and
/// `undeclared` for one that nobody declared, `fits` the share of its rim that looks as in the pictures of it.
#[derive(Debug, Args)]
pub struct Look {
    /// Which camera took the picture [default: the line file's only camera].
    #[arg(long)]
    view: Option<String>,
    /// Where the picture without the tote is written, as PNG.
    #[arg(long)]
    save: Option<PathBuf>,
    /// The picture.
    picture: PathBuf,
}

/// What is seen in one picture.
#[derive(Debug, Default, Serialize)]
struct Seen {
    tote: Option<String>,
    is_empty: bool,
    fits: Option<f32>,
    turned_degrees: Option<f32>,
    saved: Option<PathBuf>,
}

impl Look {
    fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let line = context.line_file()?;
        let cameras = camera_names(&line);
        let view = match (&self.view, cameras.as_slice()) {
            (Some(view), _) => view.as_str(),
            (None, [camera]) => camera,
            (None, several) => bail!(
                "it is not said which camera took the picture; add --view {}",
                several.join(" | --view ")
            ),
        };
        let known = Known::load(&line.tote, &cameras)?;
        let Some(totes) = known.as_ref().and_then(|known| known.of(view)) else {
            bail!(
                "no [[tote]] of the line file has pictures of camera {view}; add some below views/{view}/train/good"
            );
        };
        let looked = totes.look(&Picture::open(&self.picture)?)?;
        let mut seen = Seen::default();
        match looked.ground {
            Ground::Belt => {}
            Ground::Undeclared => seen.tote = Some(UNDECLARED.to_owned()),
            Ground::Tote(lying) => {
                seen.tote = Some(lying.name);
                seen.is_empty = lying.item.is_none();
                seen.fits = Some(lying.fits);
                seen.turned_degrees = Some(lying.turned_degrees);
            }
        }
        if let (Some(path), Some(picture)) = (&self.save, &looked.cleared) {
            save(picture, path)?;
            seen.saved = Some(path.clone());
        }
        Answer::either(context.json, &seen, || for_people(&seen))
    }
}

fn save(picture: &Picture, path: &Path) -> anyhow::Result<()> {
    let failed = || format!("cannot write {}; name a file that ends in .png", path.display());
    picture.to_rgb_image().save(path).with_context(failed)
}

fn for_people(seen: &Seen) -> String {
    let Seen { tote, is_empty, fits, turned_degrees, saved } = seen;
    let percent = |share: &f32| format!("{:.0} % of its rim", 100.0 * share);
    let rows = [
        ("tote", tote.clone().unwrap_or_else(|| NONE.to_owned())),
        ("empty", if *is_empty { "yes" } else { "no" }.to_owned()),
        ("fits", fits.as_ref().map_or_else(|| NONE.to_owned(), percent)),
        ("turned", turned_degrees.map_or_else(|| NONE.to_owned(), |by| format!("{by:.1}°"))),
        ("without it", saved.as_ref().map_or_else(|| NONE.to_owned(), |p| p.display().to_string())),
    ];
    let rows = rows.map(|(name, value)| vec![name.to_owned(), value]);
    table(&["what", "seen"], &rows)
}

fn camera_names(line: &LineFile) -> Vec<&str> {
    line.camera.iter().map(|camera| camera.name.as_str()).collect()
}
