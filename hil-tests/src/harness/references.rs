//! References for the twin's items: normal pictures are taken and learned from once, then kept.
//!
//! What is kept lies below a folder named by everything that it follows from: the programs that
//! made it, the cameras, the SKU, the belt's speed, and the folder of pictures if there is one. A
//! lock lets several tests at once ask for the same references and learn them once.

use std::{
    collections::hash_map::DefaultHasher,
    fs::{self, File},
    hash::{Hash, Hasher},
    io,
    path::{Path, PathBuf},
    process::Command,
};

use rustix::fs::{FlockOperation, flock};
use thiserror::Error;

use super::{line_file::Layout, process::program};

/// Normal items that are rendered to learn from.
const NORMALS: usize = 120;

/// Why there are no references.
#[derive(Debug, Error)]
pub enum ReferencesError {
    /// The folder for them cannot be used.
    #[error("cannot keep references in {path}: {source}; check the folder and the disk")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program that makes them failed.
    #[error("{what} failed ({status}):\n{output}")]
    Failed {
        /// What was done.
        what: &'static str,
        /// How it ended.
        status: String,
        /// What it printed.
        output: String,
    },
}

/// The folder of references for `layout`, learned if need be; `say` is told before that.
///
/// # Errors
/// Pictures cannot be made or learned from; the message holds what the program printed.
pub fn learned(
    layout: &Layout,
    images: Option<&Path>,
    cache: &Path,
    say: &mut dyn FnMut(&str),
) -> Result<PathBuf, ReferencesError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ReferencesError::Folder { path, source }
    };
    fs::create_dir_all(cache).map_err(failed(cache))?;
    let lock = File::create(cache.join("lock")).map_err(failed(cache))?;
    flock(&lock, FlockOperation::LockExclusive).map_err(|e| failed(cache)(e.into()))?;

    let folder = cache.join(format!("{:016x}", key(layout, images)));
    if folder.is_dir() {
        return Ok(folder);
    }
    let work = tempfile::tempdir_in(cache).map_err(failed(cache))?;
    let line = work.path().join("line.toml");
    let pictures = work.path().join("pictures");
    let references = work.path().join("references");
    let mut layout = layout.clone();
    layout.references = references.clone();
    fs::write(&line, layout.text()).map_err(failed(&line))?;

    say("taking pictures of normal items");
    let mut take = Command::new(program("twin"));
    take.arg("pictures").arg("--line").arg(&line).arg("--out").arg(&pictures);
    match images {
        None => take.arg("--normals").arg(NORMALS.to_string()),
        Some(images) => take.arg("--images").arg(images),
    };
    finish("taking pictures of normal items", take)?;
    say("learning what normal items look like");
    let mut learn = Command::new(program("inspectctl"));
    learn.arg("--line").arg(&line).arg("learn").arg("--sku").arg(&layout.sku).arg(&pictures);
    finish("learning from them", learn)?;
    fs::rename(&references, &folder).map_err(failed(&folder))?;
    Ok(folder)
}

fn finish(what: &'static str, mut command: Command) -> Result<(), ReferencesError> {
    let failed = |status: String, output: String| ReferencesError::Failed { what, status, output };
    let output = command.output().map_err(|error| {
        let program = command.get_program().to_string_lossy();
        failed(
            "not started".to_owned(),
            format!("{program}: {error}; run `cargo build --workspace --bins` first"),
        )
    })?;
    if output.status.success() {
        return Ok(());
    }
    let printed = String::from_utf8_lossy(&output.stderr);
    Err(failed(output.status.to_string(), printed.trim().to_owned()))
}

/// A number that changes with whatever the references follow from.
fn key(layout: &Layout, images: Option<&Path>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for name in ["twin", "inspectctl"] {
        // A program that is not there fails later, with a better message.
        let file = fs::metadata(program(name)).ok();
        file.and_then(|file| Some((file.len(), file.modified().ok()?))).hash(&mut hasher);
    }
    for camera in &layout.cameras {
        (&camera.name, camera.width_px, camera.height_px).hash(&mut hasher);
    }
    let file = layout.line_file();
    file.conveyor.nominal_speed_mm_s.to_bits().hash(&mut hasher);
    (&layout.sku, &layout.model, images, NORMALS).hash(&mut hasher);
    hasher.finish()
}
