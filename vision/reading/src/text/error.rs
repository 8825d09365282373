//! What can go wrong while text is read, and what to do then.

use std::path::PathBuf;

use meaning::line::TextLine;

/// Why no text, or not all of it, was read.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// A file that set-up puts in place is not there.
    #[error("{what} is missing: {} is no file; run `make bootstrap`", file.display())]
    Missing {
        /// Which of the files.
        what: &'static str,
        /// Where it was looked for.
        file: PathBuf,
    },
    /// The runtime library is there, but it cannot be loaded.
    #[error(
        "the ONNX runtime {} cannot be used ({cause}); delete it and run `make bootstrap`",
        file.display()
    )]
    Runtime {
        /// The library's file.
        file: PathBuf,
        /// What the loader said.
        cause: String,
    },
    /// A network's file cannot be loaded.
    #[error("{} is no network that runs here ({cause}); delete it and run `make bootstrap`", file.display())]
    Model {
        /// The network's file.
        file: PathBuf,
        /// What the runtime said.
        cause: String,
    },
    /// A network loads, but it is not of the kind that its role asks for.
    #[error(
        "{} does not do what {role} does: {found}; name the file of PP-OCRv6 for that role, or run \
         `make bootstrap`",
        file.display()
    )]
    WrongModel {
        /// The network's file.
        file: PathBuf,
        /// What it was opened as.
        role: &'static str,
        /// What is unlike it.
        found: String,
    },
    /// A network stopped while it ran.
    #[error("{} stopped while it read a picture ({cause}); when that goes on, restart", file.display())]
    Run {
        /// The network's file.
        file: PathBuf,
        /// What the runtime said.
        cause: String,
    },
    /// The program that reads other scripts cannot be run, or fails.
    #[error(
        "tesseract cannot read other scripts ({cause}); see that the Debian package tesseract-ocr is \
         installed and that the box is not overloaded, or name no languages for it"
    )]
    Tesseract {
        /// What the system or the program said.
        cause: String,
    },
    /// That program lacks a language.
    #[error(
        "tesseract has no language {language}; install the Debian package tesseract-ocr-{language}"
    )]
    Language {
        /// Its name for it.
        language: String,
    },
    /// The caller's time was over before all was read.
    #[error("the time ran out with {unread} of {} lines unread; allow more time for text", lines.len() + unread)]
    OutOfTime {
        /// The lines that were read, in reading order.
        lines: Vec<TextLine>,
        /// How many boxes were found but not read. Zero when time was over before the detector ran.
        unread: usize,
    },
}
