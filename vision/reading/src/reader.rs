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
use super::dots::look::{Look, WAYS, is_wanted};
use super::dots::{Decoders, DotNet};
use super::scale::{self, Filter};
use super::second_look;
use super::text::{ReadOptions, Tesseract, TextError, TextModels, TextReader};
use base::picture::Picture;
use features::backbone::default_model_dir;
use line::clock::monotonic;
use meaning::code::{Code, Symbology};
use meaning::dates::Context;
use meaning::line::{Corners, TextLine};
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

/// Dots are looked for in a picture whose longer side has at most so many pixels: the look takes time with each,
/// and dots that are nearer than a pixel then are those of letters too small for it.
const DOTS_SIDE_PX: u32 = 1920;

/// A label as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelRead {
    /// What it says.
    pub reading: Reading,
    /// How long that took.
    pub timings: LabelTimings,
    /// Whether all that was wanted was read; not when the deadline came first.
    pub complete: bool,
    /// Where the detector found lines, read or not: there a look at dots begins.
    pub found: Vec<Corners>,
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

/// Until when is read, on the monotonic clock (see [`monotonic`]); `None`: until all is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadUntil {
    /// Until when text is read.
    pub text: Option<Duration>,
    /// Until when dots are looked for. That takes about as long as text where there is a
    /// date, four times as long where there is none, and is done only where
    /// no expiry date was read.
    pub dots: Option<Duration>,
}

/// Reads labels. One thread keeps one: opening takes a second.
pub struct LabelReader {
    kinds: Vec<Symbology>,
    text: Option<TextReader>,
    /// What reads dots, once it was needed.
    decoders: Option<Decoders>,
    net: Option<DotNet>,
}

impl LabelReader {
    /// A reader of codes alone, of all kinds; it needs no file.
    pub fn of_codes() -> Self {
        Self { kinds: Symbology::ALL.to_vec(), text: None, decoders: None, net: None }
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

    /// Reads the codes of `picture`, and the text and dots until `deadline` where the reader has networks; see
    /// [`ReadUntil`] and [`LabelReader::read_text`].
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
        let codes = codes::read(&grayscale(&colour), &self.kinds, deadline)?;
        let of_codes = start.elapsed();
        let until = ReadUntil { text: deadline, dots: deadline };
        let mut read = self.read_beside(codes, &colour, context, until)?;
        read.timings.codes = of_codes;
        Ok(read)
    }

    /// Reads the text of `picture` beside the `codes` that were read of it. A date is looked at again only
    /// where the codes do not say what it means, and dots are looked for only where there is no expiry date.
    /// Without networks there is no text.
    ///
    /// # Errors
    ///
    /// When a network or Tesseract fails. A deadline that passes is no error.
    pub fn read_text(
        &mut self,
        picture: &Picture,
        codes: Vec<Code>,
        context: &Context,
        until: ReadUntil,
    ) -> Result<LabelRead, LabelError> {
        self.read_beside(codes, &picture.to_rgb_image(), context, until)
    }

    fn read_beside(
        &mut self,
        codes: Vec<Code>,
        colour: &RgbImage,
        context: &Context,
        until: ReadUntil,
    ) -> Result<LabelRead, LabelError> {
        let mut timings = LabelTimings::default();
        let Some(text) = &mut self.text else {
            let reading = Reading::of(Vec::new(), codes, context);
            return Ok(LabelRead { reading, timings, complete: true, found: Vec::new() });
        };
        let time_is_over = || is_over(until.text);
        let options = ReadOptions { time_is_over: &time_is_over, ..ReadOptions::default() };
        let mut complete = true;
        let mut lines_of = |text: &mut TextReader, picture: &RgbImage| {
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
        let lines = lines_of(text, colour)?;
        let found = text.found().to_vec();
        let start = Instant::now();
        let mut reading = Reading::of(lines, codes, context);
        let of_meaning = start.elapsed();
        for window in second_look::windows(&reading, colour.width(), colour.height()) {
            for way in second_look::WAYS {
                let seen = lines_of(text, &window.of(colour, way))?;
                if let Some(explained) = second_look::with(&reading, window, seen, context) {
                    reading = explained;
                    break;
                }
            }
        }
        timings.meaning = of_meaning;
        let read = LabelRead { reading, timings, complete, found };
        self.dots_of(read, colour, context, until.dots)
    }

    /// Looks for dots in a `picture` that was read, where it showed no expiry date, until `until` or until there
    /// is one.
    ///
    /// # Errors
    ///
    /// When a network fails. A deadline that passes is no error.
    pub fn read_dots(
        &mut self,
        picture: &Picture,
        read: LabelRead,
        context: &Context,
        until: Option<Duration>,
    ) -> Result<LabelRead, LabelError> {
        self.dots_of(read, &picture.to_rgb_image(), context, until)
    }

    fn dots_of(
        &mut self,
        read: LabelRead,
        colour: &RgbImage,
        context: &Context,
        until: Option<Duration>,
    ) -> Result<LabelRead, LabelError> {
        if !read.complete || !is_wanted(&read.reading) || is_over(until) {
            return Ok(read);
        }
        let LabelRead { reading, mut timings, found, .. } = read;
        let start = Instant::now();
        let longer = colour.width().max(colour.height());
        let factor = (DOTS_SIDE_PX as f32 / longer as f32).min(1.0);
        let (better, complete) = if factor < 1.0 {
            let side = |px: u32| ((px as f32 * factor).round() as u32).max(1);
            let (width, height) = (side(colour.width()), side(colour.height()));
            let small = scale::colour(colour, width, height, Filter::Smooth);
            let found = found.iter().map(|corners| scaled(corners, factor)).collect();
            let first =
                Reading::of(lines_scaled(&reading.lines, factor), reading.codes.clone(), context);
            let look = Look::new(found);
            let (better, complete) = self.look_for_dots(look, &first, &small, context, until)?;
            let placed = |better: Reading| {
                let lines = lines_scaled(&better.lines, 1.0 / factor);
                Reading::of(lines, better.codes, context)
            };
            (better.map(placed), complete)
        } else {
            let look = Look::new(found.clone());
            self.look_for_dots(look, &reading, colour, context, until)?
        };
        let reading = better.unwrap_or(reading);
        timings.text += start.elapsed();
        Ok(LabelRead { reading, timings, complete, found })
    }

    /// Looks for dots in one way after the other, until there is an expiry date or time is over: what is read
    /// then, if that is more than the `first` reading, and whether time sufficed.
    fn look_for_dots(
        &mut self,
        mut look: Look,
        first: &Reading,
        colour: &RgbImage,
        context: &Context,
        until: Option<Duration>,
    ) -> Result<(Option<Reading>, bool), TextError> {
        let time_is_over = || is_over(until);
        let options = ReadOptions { time_is_over: &time_is_over, ..ReadOptions::default() };
        let Some(text) = &mut self.text else { return Ok((None, true)) };
        if self.decoders.as_ref().is_none_or(|decoders| decoders.today() != context.today) {
            self.decoders = None;
        }
        let decoders = self.decoders.get_or_insert_with(|| Decoders::new(context.today));
        let net = self.net.get_or_insert_with(DotNet::trained);
        let mut read = None;
        for way in WAYS {
            match look.by(way, first, colour, (text, decoders, net), &options, context) {
                Ok(Some(better)) if !is_wanted(&better) => return Ok((Some(better), true)),
                Ok(better) => read = better.or(read),
                Err(TextError::OutOfTime { .. }) => return Ok((read, false)),
                Err(error) => return Err(error),
            }
        }
        Ok((read, true))
    }
}

/// Corners in a picture that is so many times as large.
fn scaled(corners: &Corners, by: f32) -> Corners {
    corners.map(|corner| corner.map(|place| place * by))
}

fn lines_scaled(lines: &[TextLine], by: f32) -> Vec<TextLine> {
    let scaled = |line: &TextLine| TextLine { corners: scaled(&line.corners, by), ..line.clone() };
    lines.iter().map(scaled).collect()
}

/// Whether time is over; [`Duration::ZERO`] always is.
pub(crate) fn is_over(deadline: Option<Duration>) -> bool {
    deadline.is_some_and(|deadline| monotonic() >= deadline)
}

/// The codes of these `kinds` in `picture`; those out of focus are looked for until `until` (see
/// [`codes::read`]).
///
/// # Errors
///
/// When it is too large.
pub fn codes_of(
    picture: &Picture,
    kinds: &[Symbology],
    until: Option<Duration>,
) -> Result<Vec<Code>, CodeError> {
    codes::read(&grayscale(&picture.to_rgb_image()), kinds, until)
}
