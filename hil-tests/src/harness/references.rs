//! References for the twin's items: normal pictures are taken and learned from once, then kept.
//!
//! What is kept lies below a folder named by everything that it follows from: the programs that
//! made it, the cameras, what runs, the belt's speed, and the folder of pictures if there is one. A
//! lock lets several tests at once ask for the same references and learn them once.

use std::{
    collections::hash_map::DefaultHasher,
    fs::{self, File},
    hash::{Hash, Hasher},
    io,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use rustix::fs::{FlockOperation, flock};
use thiserror::Error;

use super::{line_file::Layout, mixed::MixedBelt, process::program};

/// Normal items of the line's one SKU that are rendered to learn from.
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

/// What is learned.
enum Lessons<'a> {
    /// The line's SKU: rendered cartons.
    Cartons,
    /// The line's SKU: the pictures of a folder.
    Folder(&'a Path),
    /// The SKUs that a mixed belt knows from the start.
    Mixed(&'a MixedBelt),
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
    kept(layout, &images.map_or(Lessons::Cartons, Lessons::Folder), cache, say)
}

/// The same for the SKUs that a mixed belt knows from the start. The box adds what it learns on the belt: what is
/// kept is copied to `folder`, which is not there yet.
///
/// # Errors
/// Those of [`learned`].
pub fn learned_of_many(
    layout: &Layout,
    belt: &MixedBelt,
    (cache, folder): (&Path, &Path),
    say: &mut dyn FnMut(&str),
) -> Result<(), ReferencesError> {
    if let Some(totes) = belt.totes_folder(layout) {
        take_totes(layout, &totes)?;
    }
    let kept = kept(layout, &Lessons::Mixed(belt), cache, say)?;
    copy(&kept, folder)
        .map_err(|source| ReferencesError::Folder { path: folder.to_owned(), source })
}

/// Takes pictures of empty totes, which the line file declares: learning needs them as well as the box.
fn take_totes(layout: &Layout, totes: &Path) -> Result<(), ReferencesError> {
    let line = totes.with_extension("toml");
    fs::write(&line, layout.text())
        .map_err(|source| ReferencesError::Folder { path: line.clone(), source })?;
    let mut take = Command::new(program("twin"));
    take.arg("totes").arg("--line").arg(&line).arg("--out").arg(totes);
    finish("taking pictures of empty totes", take)
}

fn kept(
    layout: &Layout,
    lessons: &Lessons<'_>,
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

    let folder = cache.join(format!("{:016x}", key(layout, lessons)));
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
    match lessons {
        Lessons::Cartons => take.arg("--normals").arg(NORMALS.to_string()),
        Lessons::Folder(images) => take.arg("--images").arg(images),
        Lessons::Mixed(belt) => take
            .args(["--goods", "mixed", "--plan", &belt.plan_text()])
            .args(["--normals", &belt.normals.to_string()]),
    };
    finish("taking pictures of normal items", take)?;
    say("learning what normal items look like");
    let learn = || {
        let mut learn = Command::new(program("inspectctl"));
        learn.arg("--line").arg(&line).arg("learn").arg(&pictures);
        learn
    };
    match lessons {
        Lessons::Cartons | Lessons::Folder(_) => {
            let mut learn = learn();
            learn.arg("--sku").arg(&layout.sku);
            finish(LEARNING, learn)?;
        }
        // Many take minutes: the cameras' views are learned side by side.
        Lessons::Mixed(_) => thread::scope(|scope| {
            let each = layout.cameras.iter().map(|camera| {
                let mut learn = learn();
                learn.arg("--view").arg(&camera.name);
                scope.spawn(move || finish(LEARNING, learn))
            });
            let all: Vec<_> = each.collect();
            all.into_iter().try_for_each(|view| view.join().expect("it reports what goes wrong"))
        })?,
    }
    fs::rename(&references, &folder).map_err(failed(&folder))?;
    Ok(folder)
}

const LEARNING: &str = "learning from them";

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
fn key(layout: &Layout, lessons: &Lessons<'_>) -> u64 {
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
    (&layout.sku, &layout.model).hash(&mut hasher);
    match lessons {
        Lessons::Cartons => (None::<&Path>, NORMALS).hash(&mut hasher),
        Lessons::Folder(images) => (Some(images), NORMALS).hash(&mut hasher),
        Lessons::Mixed(belt) => {
            let plan = &belt.plan;
            let yaw = plan.yaw_degrees.to_bits();
            let totes = plan.tote_share.to_bits();
            (plan.catalogue_seed, plan.skus, yaw, totes, belt.normals).hash(&mut hasher);
        }
    }
    hasher.finish()
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (entry, to) = (entry?.path(), to);
        let to = to.join(entry.file_name().unwrap_or_default());
        if entry.is_dir() {
            copy(&entry, &to)?;
        } else {
            fs::copy(&entry, &to)?;
        }
    }
    Ok(())
}
