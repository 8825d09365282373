//! Reads the text of a picture.

use std::fmt;

use image::RgbImage;
use image::imageops::crop_imm;

use super::contrast::stretched;
use super::detect::{Detector, Look};
use super::direction::Direction;
use super::order::{self, same_axis};
use super::recognise::{self, Recogniser};
use super::runtime::{self, Net};
use super::tesseract::Tesseract;
use super::zoom::{self, Window};
use super::{TextError, TextModels};
use crate::rectangle::{Rectangle, dot};
use meaning::line::{Corners, TextLine};

/// Pictures with a side below this hold no text: the smallest letters that are read are that high.
const LEAST_SIDE_PX: u32 = 8;
/// A reading less sure than this is compared with a reading of the strip turned round: the direction
/// classifier, which is trained on words, errs on numbers.
const READ_WELL: f32 = 0.85;
/// Words of at most so many characters may read well upside down.
const SHORT_WORD: usize = 4;

/// How text is read.
#[derive(Clone, Copy)]
pub struct ReadOptions<'a> {
    /// The picture is enlarged until its shorter side has this many pixels, before the detector looks
    /// at it. More finds smaller letters and takes longer, with the square of it.
    pub short_side_px: u32,
    /// The picture is made smaller until its longer side has at most this many pixels, before the
    /// detector looks at it.
    pub long_side_px: u32,
    /// And until it has at most so many pixels in all. Parts with print are looked at again, larger (`zoom`).
    /// Lines are read from the full picture all the same.
    pub most_px: u32,
    /// Lines less sure than this, from 0 to 1, are left out.
    pub least_confidence: f32,
    /// At most so many boxes are read, the longest first.
    pub most_lines: usize,
    /// Asked before each run of a network; when it says yes, reading ends with
    /// [`TextError::OutOfTime`]. One run takes from some to some hundred milliseconds.
    pub time_is_over: &'a dyn Fn() -> bool,
}

impl Default for ReadOptions<'_> {
    /// As PP-OCRv6 is commonly used: 736 and 2,000 pixels, confidence 0.5; without an end of time. At most 1,280
    /// times 960 pixels, 0.4 of what 2,000 times 1,500 take (`docs/measurements/labels.md`).
    fn default() -> Self {
        Self {
            short_side_px: 736,
            long_side_px: 2000,
            most_px: 1280 * 960,
            least_confidence: 0.5,
            most_lines: 200,
            time_is_over: &|| false,
        }
    }
}

impl fmt::Debug for ReadOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadOptions")
            .field("short_side_px", &self.short_side_px)
            .field("long_side_px", &self.long_side_px)
            .field("most_px", &self.most_px)
            .field("least_confidence", &self.least_confidence)
            .field("most_lines", &self.most_lines)
            .finish_non_exhaustive()
    }
}

/// Reads text. Opening takes a second, so one is kept, on one thread.
pub struct TextReader {
    detector: Detector,
    direction: Direction,
    recogniser: Recogniser,
    tesseract: Option<Tesseract>,
    found: Vec<Corners>,
}

impl TextReader {
    /// Loads the runtime library and the networks, to run on `threads` threads (at least one).
    ///
    /// # Errors
    ///
    /// When a file is missing, cannot be loaded, or is not what its role asks for.
    pub fn open(models: &TextModels, threads: usize) -> Result<Self, TextError> {
        let environment = runtime::load(&models.runtime)?;
        let open = |role, file| Net::open(&environment, role, file, threads);
        Ok(Self {
            detector: Detector::new(open("the text detector", &models.det)?),
            direction: Direction::new(open("the text direction classifier", &models.cls)?),
            recogniser: Recogniser::new(open("the text recogniser", &models.rec)?)?,
            tesseract: None,
            found: Vec::new(),
        })
    }

    /// The same, which leaves letters that the networks do not know to Tesseract.
    pub fn with_tesseract(self, tesseract: Option<Tesseract>) -> Self {
        Self { tesseract, ..self }
    }

    /// The lines of text in `picture`, in reading order; none in a picture that is too small for text.
    ///
    /// # Errors
    ///
    /// When time is over before all is read, with what was read so far, and when a network fails.
    pub fn read(
        &mut self,
        picture: &RgbImage,
        options: &ReadOptions<'_>,
    ) -> Result<Vec<TextLine>, TextError> {
        self.found.clear();
        if picture.width().min(picture.height()) < LEAST_SIDE_PX {
            return Ok(Vec::new());
        }
        if (options.time_is_over)() {
            return Err(TextError::OutOfTime { lines: Vec::new(), unread: 0 });
        }
        let picture = &stretched(picture);
        let boxes = self.boxes(picture, options)?;
        self.found = boxes.iter().map(Rectangle::corners).collect();

        let well_read =
            |line: &TextLine| !line.text.is_empty() && line.confidence >= options.least_confidence;
        let mut lines = Vec::new();
        for (done, rectangle) in boxes.iter().enumerate() {
            if (options.time_is_over)() {
                lines.retain(well_read);
                order::sort(&mut lines);
                return Err(TextError::OutOfTime { lines, unread: boxes.len() - done });
            }
            lines.push(self.line(picture, *rectangle, &lines)?);
        }
        self.read_other_scripts(picture, &mut lines)?;
        lines.retain(well_read);
        order::sort(&mut lines);
        Ok(lines)
    }

    /// Where lines of text are in `picture`, which is looked at as it is: the corners of each, clockwise from
    /// its text's top left, the longest first.
    ///
    /// # Errors
    ///
    /// When a network fails, and when time is over.
    pub(crate) fn find(
        &mut self,
        picture: &RgbImage,
        options: &ReadOptions<'_>,
    ) -> Result<Vec<Corners>, TextError> {
        if picture.width().min(picture.height()) < LEAST_SIDE_PX {
            return Ok(Vec::new());
        }
        Ok(self.boxes(picture, options)?.iter().map(Rectangle::corners).collect())
    }

    /// How likely each character of a coder stands in each column of a line of `picture` within `corners`,
    /// clockwise from its text's top left; see [`Recogniser::coded`].
    ///
    /// # Errors
    ///
    /// When the network fails.
    pub(crate) fn coded(
        &mut self,
        picture: &RgbImage,
        corners: &Corners,
    ) -> Result<Vec<f32>, TextError> {
        let line = TextLine { text: String::new(), corners: *corners, confidence: 0.0 };
        match Rectangle::along(line.direction(), corners.iter().copied()) {
            Some(rectangle) => self.recogniser.coded(picture, &rectangle),
            None => Ok(Vec::new()),
        }
    }

    /// Where lines were found in the picture that was read last.
    pub(crate) fn found(&self) -> &[Corners] {
        &self.found
    }

    /// The boxes of the longest lines in `picture`, the longest first, turned the way that their text runs.
    fn boxes(
        &mut self,
        picture: &RgbImage,
        options: &ReadOptions<'_>,
    ) -> Result<Vec<Rectangle>, TextError> {
        let ReadOptions { short_side_px, long_side_px, most_px, .. } = *options;
        let look = Look { short_side_px, long_side_px, most_px };
        let mut boxes = self.detector.find(picture, look)?;
        for (window, long_side_px) in zoom::windows(&boxes, picture.dimensions(), look) {
            if (options.time_is_over)() {
                break;
            }
            let Window { left, top, width, height } = window;
            let part = crop_imm(picture, left, top, width, height).to_image();
            let found =
                self.detector.find(&part, Look { short_side_px: 0, long_side_px, most_px })?;
            boxes.retain(|one| !window.holds(one));
            boxes.extend(found.into_iter().map(|one| window.placed(one)));
        }
        boxes.sort_by(|a, b| b.width.total_cmp(&a.width));
        boxes.truncate(options.most_lines);
        let mut upside_down = Vec::with_capacity(boxes.len());
        for rectangle in &boxes {
            if (options.time_is_over)() {
                return Err(TextError::OutOfTime { lines: Vec::new(), unread: boxes.len() });
            }
            upside_down.push(self.direction.upside_down(picture, rectangle)?);
        }
        order::agree(&mut boxes, &upside_down);
        Ok(boxes)
    }

    /// Reads the lines again by Tesseract, where there is one; what it finds in letters that the networks do
    /// not know replaces what they read.
    fn read_other_scripts(
        &self,
        picture: &RgbImage,
        lines: &mut [TextLine],
    ) -> Result<(), TextError> {
        let Some(tesseract) = &self.tesseract else { return Ok(()) };
        let strip = |line: &TextLine| {
            let rectangle = Rectangle::along(line.direction(), line.corners.into_iter())?;
            Some(recognise::grey(picture, &rectangle))
        };
        let strips: Vec<_> = lines.iter().map(|line| strip(line).unwrap_or_default()).collect();
        for (line, (text, confidence)) in lines.iter_mut().zip(tesseract.read(&strips)?) {
            if self.recogniser.lacks_letters_of(&text) {
                (line.text, line.confidence) = (text, confidence);
            }
        }
        Ok(())
    }

    /// Reads one box; the other way round too when that reads badly.
    ///
    /// Where one of the `longer` lines along the same axis was read well, the box goes its way, and a
    /// short word is not turned: it may read well both ways (`SN`, `NS`).
    fn line(
        &mut self,
        picture: &RgbImage,
        rectangle: Rectangle,
        longer: &[TextLine],
    ) -> Result<TextLine, TextError> {
        let guide = longer
            .iter()
            .filter(|line| line.confidence >= READ_WELL)
            .map(TextLine::direction)
            .find(|way| same_axis(*way, rectangle.along));
        let mut kept = match guide {
            Some(way) if dot(way, rectangle.along) < 0.0 => rectangle.half_turned(),
            _ => rectangle,
        };
        let (mut text, mut confidence) = self.recogniser.read(picture, &kept)?;
        if confidence < READ_WELL {
            let turned = kept.half_turned();
            let (other, sureness) = self.recogniser.read(picture, &turned)?;
            let short = guide.is_some() && other.chars().count() <= SHORT_WORD;
            if sureness > confidence && !short {
                (text, confidence, kept) = (other, sureness, turned);
            }
        }
        let (right, bottom) = (picture.width() as f32, picture.height() as f32);
        let corners = kept.corners().map(|[x, y]| [x.clamp(0.0, right), y.clamp(0.0, bottom)]);
        Ok(TextLine { text: text.trim().to_owned(), corners, confidence })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_missing_runtime_is_named_with_what_to_do() {
        let error = TextReader::open(&TextModels::in_folder(Path::new("nowhere")), 1)
            .err()
            .unwrap()
            .to_string();
        assert!(
            error.contains("nowhere/libonnxruntime.so") && error.contains("make bootstrap"),
            "{error}"
        );
    }

    #[test]
    fn a_runtime_that_is_no_library_is_an_error_and_no_panic() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("libonnxruntime.so"), "not a library").unwrap();
        let error = TextReader::open(&TextModels::in_folder(folder.path()), 1).err().unwrap();
        assert!(matches!(error, TextError::Runtime { .. }), "{error}");
        assert!(error.to_string().contains("make bootstrap"), "{error}");
    }
}
