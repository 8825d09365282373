//! **Other scripts**: lines in letters that the networks do not know, read by Tesseract.
//!
//! PP-OCRv6 skips a letter that it does not know: of `Годен до 17.11.2026` only the date is left, and surely.
//! Where the line file names Tesseract languages, all lines of a picture are cut out, put below each other on
//! a *sheet*, and read by one run of the program `tesseract`, which Debian packages with a language in each
//! of many packages. Of its answers those count that hold such letters; for all others the networks read
//! better.
//!
//! A program and not its library: it is not in the set-up of boxes that need no such script, and it may
//! crash without inspectd.

use std::fmt::Display;
use std::io::Cursor;
use std::process::Command;
use std::time::Duration;

use image::{GrayImage, ImageFormat, Luma};
use meaning::fold::unspaced_letter;

use super::TextError;
use super::program::answer;

/// The program.
const PROGRAM: &str = "tesseract";
/// A full label takes it a second or two; on a slow box whose cores are busy, several times that.
const LIMIT: Duration = Duration::from_secs(30);
/// White rows between two strips of a sheet, and white columns beside them, in pixels.
const GAP: u32 = 24;
/// Words less sure than this, of 100, are left out.
const LEAST_SURE: f32 = 60.0;
/// Letters of Thai and its kin that are no further apart than this share of the strip's height have no space
/// between them.
const LETTER_GAP: f32 = 0.25;
/// The largest sheet, in pixels: more lines than any label has.
const SHEET_MAX: u64 = 64_000_000;

/// Tesseract with the languages that it reads.
#[derive(Debug, Clone)]
pub struct Tesseract {
    languages: String,
}

impl Tesseract {
    /// Tesseract for these languages, as it names them (`rus`, `ell`, `tha`).
    ///
    /// # Errors
    ///
    /// When the program or a language is not installed.
    pub fn open(languages: &[String]) -> Result<Self, TextError> {
        let listed = answer(Command::new(PROGRAM).arg("--list-langs"), &[], LIMIT);
        let listed = String::from_utf8_lossy(&listed.map_err(failed)?).into_owned();
        match languages.iter().find(|language| !listed.lines().any(|line| line == *language)) {
            Some(language) => Err(TextError::Language { language: language.clone() }),
            None => Ok(Self { languages: languages.join("+") }),
        }
    }

    /// The text in each of the `strips`, and how sure it is from 0 to 1; empty where nothing is read.
    ///
    /// # Errors
    ///
    /// When the program cannot be run, fails, or does not end in time.
    pub(super) fn read(&self, strips: &[GrayImage]) -> Result<Vec<(String, f32)>, TextError> {
        let Some((sheet, places)) = sheet(strips) else {
            return Ok(vec![(String::new(), 0.0); strips.len()]);
        };
        let mut picture = Cursor::new(Vec::new());
        sheet.write_to(&mut picture, ImageFormat::Png).map_err(failed)?;
        // `6`: the sheet is one block of lines. One thread: the caller has chosen how many it uses.
        let mut program = Command::new(PROGRAM);
        program.args(["stdin", "stdout", "-l", &self.languages, "--psm", "6", "tsv"]);
        program.env("OMP_THREAD_LIMIT", "1");
        let answer = answer(&mut program, picture.get_ref(), LIMIT).map_err(failed)?;
        Ok(by_strip(&String::from_utf8_lossy(&answer), &places))
    }
}

fn failed(error: impl Display) -> TextError {
    TextError::Tesseract { cause: error.to_string() }
}

/// The strips below each other on white, and the rows from and to which each has its place. `None` where
/// there is nothing to read.
fn sheet(strips: &[GrayImage]) -> Option<(GrayImage, Vec<(u32, u32)>)> {
    let width = strips.iter().map(GrayImage::width).max()? + 2 * GAP;
    let height: u32 = strips.iter().map(|strip| strip.height() + GAP).sum::<u32>() + GAP;
    if u64::from(width) * u64::from(height) > SHEET_MAX {
        return None;
    }
    let mut sheet = GrayImage::from_pixel(width, height, Luma([255]));
    let mut places = Vec::new();
    let mut top = GAP;
    for strip in strips {
        image::imageops::overlay(&mut sheet, strip, GAP.into(), top.into());
        places.push((top - GAP / 2, top + strip.height() + GAP / 2));
        top += strip.height() + GAP;
    }
    Some((sheet, places))
}

/// What stands in one strip, as far as it was gathered.
#[derive(Default)]
struct Gathered {
    text: String,
    /// Where the last word ends, in pixels from the left; `None` before the first.
    end: Option<u32>,
    sum: f32,
    count: f32,
}

impl Gathered {
    /// Puts a word behind what is there, in a strip of `height` pixels.
    fn push(&mut self, word: &str, (left, width): (u32, u32), height: f32, sure: f32) {
        let letter = |c: Option<char>| c.is_some_and(unspaced_letter);
        let spaceless = letter(word.chars().next()) || letter(self.text.chars().next_back());
        let gap = self.end.map(|end| left as f32 - end as f32);
        // Vowel signs stand over and under the letter before them.
        let glued =
            spaceless && gap.is_some_and(|gap| (-height..=LETTER_GAP * height).contains(&gap));
        let misread = word.chars().any(arabic_digit);
        let doubtful = sure < LEAST_SURE || misread;
        if doubtful && !(glued || misread || word.chars().any(unspaced_letter)) {
            return;
        }
        if !self.text.is_empty() && !glued {
            self.text.push(' ');
        }
        self.end = Some(left.saturating_add(width));
        if doubtful {
            self.text.push(char::REPLACEMENT_CHARACTER);
        } else {
            self.text.push_str(word);
            self.sum += sure / 100.0;
            self.count += 1.0;
        }
    }
}

/// Whether `c` is a digit as Arabic, Persian and Urdu write it. Tesseract's Arabic network (Debian, 4.1.0) takes
/// them for each other and is sure of it: of 12 dates in clean print 40 pixels high it read none right, and two
/// as other days. So they count as unread.
fn arabic_digit(c: char) -> bool {
    matches!(c, '\u{660}'..='\u{669}' | '\u{6f0}'..='\u{6f9}')
}

/// The words of Tesseract's table, gathered by the place in which their middle lies.
///
/// Of a script without spaces between words Tesseract gives each letter as a word: they are joined again
/// where no space is printed. A doubtful one among them leaves a mark, so that no digit of a date is lost
/// unseen; a doubtful word of another script is left out.
fn by_strip(table: &str, places: &[(u32, u32)]) -> Vec<(String, f32)> {
    let mut found: Vec<Gathered> = places.iter().map(|_| Gathered::default()).collect();
    for row in table.lines() {
        // level, page, block, paragraph, line, word, left, top, width, height, confidence, text
        let cells: Vec<&str> = row.split('\t').collect();
        let [_, _, _, _, _, _, left, top, width, height, sure, text] = cells[..] else { continue };
        let numbers = [left, top, width, height].map(str::parse::<u32>);
        let ([Ok(left), Ok(top), Ok(width), Ok(height)], Ok(sure)) = (numbers, sure.parse::<f32>())
        else {
            continue;
        };
        let middle = top.saturating_add(height / 2);
        let place = places.iter().position(|(from, to)| (*from..*to).contains(&middle));
        let Some(place) = place.filter(|_| !text.trim().is_empty()) else { continue };
        let (from, to) = places[place];
        let height = (to - from).saturating_sub(GAP) as f32;
        found[place].push(text.trim(), (left, width), height, sure);
    }
    // Marks alone are nothing.
    let read = |one: Gathered| match one.count > 0.0 {
        true => (one.text, one.sum / one.count),
        false => (String::new(), 0.0),
    };
    found.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_belong_to_the_strip_in_which_they_stand_and_doubtful_ones_to_none() {
        let strip = GrayImage::new(100, 48);
        let (sheet, places) = sheet(&[strip.clone(), strip]).unwrap();
        assert_eq!(sheet.dimensions(), (148, 168));
        let row = |top: u32, sure: &str, text: &str| {
            format!("5\t1\t1\t1\t1\t1\t30\t{top}\t50\t30\t{sure}\t{text}\n")
        };
        let table = row(100, "96.5", "Молоко")
            + &row(30, "90", "Годен")
            + &row(32, "80", "до")
            + &row(30, "12", "~")
            + &row(30, "-1", "")
            + "level\ttop\n"
            + &row(900, "99", "away");
        let found = by_strip(&table, &places);
        assert_eq!(found[0].0, "Годен до");
        assert!((found[0].1 - 0.85).abs() < 1e-6);
        assert_eq!(found[1].0, "Молоко");
    }

    #[test]
    fn letters_of_thai_are_joined_and_an_unread_digit_leaves_a_mark() {
        let places = [(12, 76), (84, 148), (156, 220), (228, 292)];
        let row = |top: u32, left: u32, width: u32, sure: &str, text: &str| {
            format!("5\t1\t1\t1\t1\t1\t{left}\t{top}\t{width}\t30\t{sure}\t{text}\n")
        };
        // As Tesseract 5.3 reads "ผลิต 13 พ.ค. 69" in letters 40 pixels high.
        let table = row(30, 23, 68, "93", "ผล")
            + &row(30, 59, 23, "91", "ิ")
            + &row(30, 81, 17, "96", "ต")
            + &row(30, 186, 38, "91", "13")
            + &row(30, 244, 18, "93", "พ")
            + &row(30, 271, 4, "91", ".")
            + &row(30, 282, 18, "93", "ค")
            + &row(30, 308, 4, "90", ".")
            + &row(30, 330, 42, "92", "69")
            + &row(100, 191, 13, "20", "๑")
            + &row(100, 211, 22, "93", "๓")
            + &row(100, 234, 14, "93", "/")
            + &row(100, 250, 19, "92", "๐")
            + &row(100, 273, 22, "93", "๕")
            + &row(170, 20, 20, "10", "ก")
            + &row(240, 709, 70, "92", "لغاية")
            + &row(240, 657, 35, "85", "١٧");
        let found: Vec<String> =
            by_strip(&table, &places).into_iter().map(|(text, _)| text).collect();
        assert_eq!(found, ["ผลิต 13 พ.ค. 69", "\u{fffd}๓/๐๕", "", "لغاية \u{fffd}"]);
    }

    #[test]
    fn nothing_to_read_needs_no_program() {
        let none = Tesseract { languages: String::new() };
        assert!(none.read(&[]).unwrap().is_empty());
    }
}
