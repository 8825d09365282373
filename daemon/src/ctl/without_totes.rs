//! Pictures of items in totes as `inspectctl learn` takes them: without the tote, as the box compares them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use base::Dataset;
use base::dataset::{Unused, ViewPictures};
use base::picture::Picture;
use features::tote::Ground;
use tempfile::TempDir;
use vision::totes::Totes;

/// Replaces each normal picture of an item in a tote by one without the tote, which is written to `folder`. Left out, and
/// noted, are empty and undeclared totes, and what other cameras show of items that a tote hides from them.
pub fn without_totes(
    mut dataset: Dataset,
    totes: &Totes,
    folder: &TempDir,
) -> anyhow::Result<Dataset> {
    let mut in_totes = BTreeSet::new();
    let mut unused = Vec::new();
    for (view, pictures) in &mut dataset.views {
        let Some(totes) = totes.of(view) else { continue };
        let mut kept = Vec::with_capacity(pictures.normals.len());
        for file in std::mem::take(&mut pictures.normals) {
            let seen = totes.look(&Picture::open(&file)?);
            let seen = seen.with_context(|| file.display().to_string())?;
            match (seen.ground, seen.cleared) {
                (Ground::Belt, _) => kept.push(file),
                (Ground::Tote(_), Some(picture)) => {
                    let name = format!("{}-{view}.png", kept.len());
                    let name = format!("{}-{name}", folder.path().read_dir()?.count());
                    let path = folder.path().join(name);
                    let failed = || format!("cannot write {}; make room there", path.display());
                    picture.to_rgb_image().save(&path).with_context(failed)?;
                    in_totes.insert(item_of(&file));
                    kept.push(path);
                }
                (Ground::Tote(lying), None) => {
                    in_totes.insert(item_of(&file));
                    unused.push(left_out(file, format!("the tote {} is empty", lying.name)));
                }
                (Ground::Undeclared, _) => {
                    in_totes.insert(item_of(&file));
                    unused.push(left_out(file, "nobody declared the tote in it".to_owned()));
                }
            }
        }
        pictures.normals = kept;
    }
    for (view, ViewPictures { normals, .. }) in &mut dataset.views {
        if totes.of(view).is_some() {
            continue;
        }
        let (hidden, kept) =
            std::mem::take(normals).into_iter().partition(|file| in_totes.contains(&item_of(file)));
        *normals = kept;
        let hidden: Vec<PathBuf> = hidden;
        let why = "its tote hides the item from this camera";
        unused.extend(hidden.into_iter().map(|file| left_out(file, why.to_owned())));
    }
    // A camera that saw items in totes only has nothing to learn from.
    dataset.views.retain(|_, pictures| !pictures.normals.is_empty());
    dataset.unused.extend(unused);
    Ok(dataset)
}

/// The name that an item's pictures share: all of the file's name up to the view.
fn item_of(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    stem.rsplit_once('_').map_or(stem.clone(), |(item, _)| item.to_owned())
}

fn left_out(path: PathBuf, reason: String) -> Unused {
    Unused { path, pictures: 1, reason }
}
