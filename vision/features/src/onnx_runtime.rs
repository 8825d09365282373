//! **ONNX Runtime**: the library that runs networks in ONNX files. Text is read with it, and it is one
//! of the [engines](crate::backbone::engine) of the backbone.
//!
//! The library is loaded at run time from a file ([`ort`] calls that `load-dynamic`), so that
//! building needs no download, and so that a box can carry the library that fits its accelerator.
//! A process has one: the first that is loaded stays.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;

/// Name of the library in a folder of models.
pub const RUNTIME_FILE: &str = "libonnxruntime.so";

/// Why the library is not there.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is no such file.
    #[error("{} is no file", .0.display())]
    Missing(PathBuf),
    /// The file is no ONNX Runtime, or one that is too old.
    #[error("{} cannot be loaded: {cause}", file.display())]
    Broken {
        /// The library's file.
        file: PathBuf,
        /// What the loader said.
        cause: String,
    },
}

/// The library's environment: it allows one in the life of a process.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

/// Loads the library, version 1.24 or later; gives the one that is loaded already, where one is.
pub fn load(file: &Path) -> Result<Environment, LoadError> {
    if !file.is_file() {
        return Err(LoadError::Missing(file.to_path_buf()));
    }
    let mut environment = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(loaded) = environment.as_ref() {
        return Ok(loaded.clone());
    }
    let failed = |cause: String| LoadError::Broken { file: file.to_path_buf(), cause };
    // A relative name would be searched for beside the program and in the system's folders.
    let path = file.canonicalize().map_err(|error| failed(error.to_string()))?;
    let builder = ort::init_from(path).map_err(|error| failed(error.to_string()))?;
    let loaded = builder
        .with_name("inspectd")
        .with_telemetry(false)
        .build()
        .map_err(|error| failed(error.to_string()))?;
    Ok(environment.insert(loaded).clone())
}
