//! The **label reader**: reads the codes and, where it is asked for, the text of a view, and says what
//! they mean.
//!
//! Codes are quick and read first. Text takes the longest of all checks: it is read in the time that
//! is left, and what was read until then counts. Each stage is timed.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use image::RgbImage;
use image::imageops::grayscale;

use super::codes::{self, CodeError};
use super::second_look;
use super::text::{ReadOptions, Tesseract, TextError, TextModels, TextReader};
use crate::backbone::default_model_dir;
use crate::capture::monotonic_now;
use crate::picture::Picture;
use meaning::code::{Code, Symbology};
use meaning::dates::Context;
use meaning::reading::Reading;

/// Where set-up puts the networks and the library that read text: `text` beside the default model's
/// folder. For development and the demo.
pub fn default_text_dir() -> PathBuf {
    default_model_dir().with_file_name("text")
}

/// How long the stages took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LabelTimings {
    /// Finding and reading codes.
    pub codes: Duration,
    /// Finding and reading text.
    pub text: Duration,
    /// Understanding both.
    pub meaning: Duration,
}

impl LabelTimings {
    /// All stages.
    pub fn total(&self) -> Duration {
        self.codes + self.text + self.meaning
    }
}

/// A label as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelRead {
    /// What it says.
    pub reading: Reading,
    /// How long that took.
    pub timings: LabelTimings,
    /// Whether all that was wanted was read; not when the deadline came first.
    pub complete: bool,
}

/// Why a label was not read.
#[derive(Debug, thiserror::Error)]
pub enum LabelError {
    /// The search for codes failed.
    #[error(transparent)]
    Codes(#[from] CodeError),
    /// Reading text failed.
    #[error(transparent)]
    Text(#[from] TextError),
}

/// Reads labels. One thread keeps one: opening takes a second.
pub struct LabelReader {
    kinds: Vec<Symbology>,
    text: Option<TextReader>,
}

impl LabelReader {
    /// A reader of codes alone, of all kinds; it needs no file.
    pub fn of_codes() -> Self {
        Self { kinds: Symbology::ALL.to_vec(), text: None }
    }

    /// The same, which looks for these kinds of codes only.
    pub fn with_kinds(self, kinds: &[Symbology]) -> Self {
        Self { kinds: kinds.to_vec(), ..self }
    }

    /// A reader of codes and text, its networks from `folder` and on `threads` threads. Letters that they do
    /// not know are left to Tesseract in these `languages`; none: to nobody.
    ///
    /// # Errors
    ///
    /// When a network, the runtime library or a language is missing or cannot be used.
    pub fn open(folder: &Path, threads: usize, languages: &[String]) -> Result<Self, TextError> {
        let text = TextReader::open(&TextModels::in_folder(folder), threads)?;
        let tesseract = (!languages.is_empty()).then(|| Tesseract::open(languages)).transpose()?;
        Ok(Self { text: Some(text.with_tesseract(tesseract)), ..Self::of_codes() })
    }

    /// Reads the codes of `picture`, and the text where the reader has networks; see
    /// [`LabelReader::read_text`].
    ///
    /// # Errors
    ///
    /// When the picture is too large, or a network fails. A deadline that passes is no error.
    pub fn read(
        &mut self,
        picture: &Picture,
        context: &Context,
        deadline: Option<Duration>,
    ) -> Result<LabelRead, LabelError> {
        let start = Instant::now();
        let colour = picture.to_rgb_image();
        let codes = codes::read(&grayscale(&colour), &self.kinds)?;
        let of_codes = start.elapsed();
        let mut read = self.read_beside(codes, &colour, context, deadline)?;
        read.timings.codes = of_codes;
        Ok(read)
    }

    /// Reads the text of `picture` beside the `codes` that were read of it, until `deadline` on the monotonic
    /// clock (see [`monotonic_now`]; `None`: until all is read). A date is looked at again only where
    /// the codes do not say what it means. Without networks there is no text.
    ///
    /// # Errors
    ///
    /// When a network or Tesseract fails. A deadline that passes is no error.
    pub fn read_text(
        &mut self,
        picture: &Picture,
        codes: Vec<Code>,
        context: &Context,
        deadline: Option<Duration>,
    ) -> Result<LabelRead, LabelError> {
        self.read_beside(codes, &picture.to_rgb_image(), context, deadline)
    }

    fn read_beside(
        &mut self,
        codes: Vec<Code>,
        colour: &RgbImage,
        context: &Context,
        deadline: Option<Duration>,
    ) -> Result<LabelRead, LabelError> {
        let time_is_over = || deadline.is_some_and(|deadline| monotonic_now() >= deadline);
        let (mut timings, mut complete) = (LabelTimings::default(), true);
        let options = ReadOptions { time_is_over: &time_is_over, ..ReadOptions::default() };
        let mut lines_of = |picture: &RgbImage| {
            let Some(text) = &mut self.text else { return Ok(Vec::new()) };
            let start = Instant::now();
            let read = text.read(picture, &options);
            timings.text += start.elapsed();
            match read {
                Err(TextError::OutOfTime { lines, .. }) => {
                    complete = false;
                    Ok(lines)
                }
                read => read,
            }
        };
        let lines = lines_of(colour)?;
        let start = Instant::now();
        let mut reading = Reading::of(lines, codes, context);
        timings.meaning = start.elapsed();
        for window in second_look::windows(&reading, colour.width(), colour.height()) {
            for way in second_look::WAYS {
                let seen = lines_of(&window.of(colour, way))?;
                if let Some(explained) = second_look::with(&reading, window, seen, context) {
                    reading = explained;
                    break;
                }
            }
        }
        Ok(LabelRead { reading, timings, complete })
    }
}

/// The codes of these `kinds` in `picture`.
///
/// # Errors
///
/// When it is too large.
pub fn codes_of(picture: &Picture, kinds: &[Symbology]) -> Result<Vec<Code>, CodeError> {
    codes::read(&grayscale(&picture.to_rgb_image()), kinds)
}
