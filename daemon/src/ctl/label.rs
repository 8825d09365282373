//! `inspectctl label`: what the codes and the text in pictures say.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use base::picture::Picture;
use clap::Args;
use jiff::Zoned;
use jiff::civil::Date;
use line::clock::monotonic;
use meaning::code::{Code, Symbology};
use meaning::dates::{self, DateRead, NoDate, Region, Role, missed};
use meaning::flaw::{CodeFlaw, FlawKind};
use meaning::line::Corners;
use meaning::reading::Reading;
use reading::drawn;
use reading::reader::{LabelReader, default_text_dir};
use serde::Serialize;

use super::Context;
use super::output::{Answer, cell, table};

/// Read the codes and the text in pictures: dates and what they mean, lot, serial number, GTIN.
///
/// Exit code 1 when a picture could not be read; the others are read all the same. With --json: an
/// array of objects with `file`, `lines` (`text`, `box`: its corners in pixels, clockwise from the
/// text's top left, `confidence`), `codes` (`symbology`, `text`, `gs1`, `box`), `dates` (`text`, `role`:
/// `expiry`, `manufacture` or `unknown`, `year`, `month`, `day`, null where the label does not say,
/// `reason`, `box`), `not_dates` (with --explain: `text`, `reason`, `box`), `lot`, `serial`, `gtins`,
/// `flaws` (what is not as GS1 has it: `code`, the place of the code in `codes`, `kind`: `not_conforming`, understood all the same, or `faulty_element`, not
/// used, `ai`, `reason`), `complete` (false when the time ended first), `ms`, `picture` (the drawn one) and
/// `error`; what does not apply is null.
#[derive(Debug, Args)]
pub struct Label {
    /// Where the goods are sold: the custom by which 04/05/26 is read; without it, what is ambiguous
    /// stays open.
    #[arg(long, value_name = "REGION", default_value = "unspecified",
        value_parser = ["europe", "united-states", "canada", "east-asia", "unspecified"])]
    region: String,
    /// The day on which the label is read, YYYY-MM-DD: for centuries and for what is plausible
    /// [default: today].
    #[arg(long, value_name = "DATE")]
    today: Option<Date>,
    /// Read only codes, no text: about 30 times as fast.
    #[arg(long)]
    codes_only: bool,
    /// Say for each print that looks like a date and is none why not; why a date was read as it was is
    /// always said.
    #[arg(long)]
    explain: bool,
    /// Look for these kinds of codes only: `ean13,itf,data_matrix` [default: all].
    #[arg(long, value_name = "KIND,…", value_delimiter = ',')]
    codes: Vec<Symbology>,
    /// Seconds after which the reading of a picture's text ends; what was read until then is told
    /// [default: when all is read].
    #[arg(long, value_name = "S", value_parser = seconds)]
    seconds: Option<f64>,
    /// Draw what was read: a file for one picture, else a folder that takes `<name>.label.jpg`.
    #[arg(long, value_name = "FOLDER|FILE")]
    picture: Option<PathBuf>,
    /// Folder of the networks and the library that read text [default: the one of scripts/bootstrap].
    #[arg(long, value_name = "DIR")]
    text_model: Option<PathBuf>,
    /// On how many threads text is read.
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: usize,
    /// Languages of other scripts than the networks know, as Tesseract names them: `rus,ell`.
    #[arg(long, value_name = "LANGUAGE,…", value_delimiter = ',')]
    tesseract: Vec<String>,
    /// The pictures.
    #[arg(required = true, value_name = "IMAGE")]
    pictures: Vec<PathBuf>,
}

/// What is said about one picture.
#[derive(Debug, Default, Serialize)]
struct Labelled {
    file: PathBuf,
    lines: Vec<Line>,
    codes: Vec<CodeRead>,
    dates: Vec<DateShown>,
    not_dates: Option<Vec<NotDate>>,
    lot: Option<String>,
    serial: Option<String>,
    gtins: Vec<String>,
    flaws: Vec<CodeFlaw>,
    complete: Option<bool>,
    ms: Option<f64>,
    picture: Option<PathBuf>,
    error: Option<String>,
}

#[derive(Debug, Serialize)]
struct Line {
    text: String,
    r#box: Corners,
    confidence: f32,
}

#[derive(Debug, Serialize)]
struct CodeRead {
    symbology: Symbology,
    text: String,
    gs1: bool,
    r#box: Corners,
}

#[derive(Debug, Serialize)]
struct DateShown {
    text: String,
    role: Role,
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    reason: String,
    r#box: Corners,
}

#[derive(Debug, Serialize)]
struct NotDate {
    text: String,
    reason: String,
    r#box: Corners,
}

impl Label {
    /// Reads picture by picture.
    pub fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let region = region(&self.region);
        let today = self.today.unwrap_or_else(|| Zoned::now().date());
        let meaning = dates::Context { region, today };
        let drawings =
            self.picture.as_deref().map(|at| drawings(at, &self.pictures)).transpose()?;
        let reader = if self.codes_only {
            LabelReader::of_codes()
        } else {
            let folder = self.text_model.clone().unwrap_or_else(default_text_dir);
            LabelReader::open(&folder, self.threads, &self.tesseract)?
        };
        let kinds = if self.codes.is_empty() { &Symbology::ALL[..] } else { &self.codes };
        let mut reader = reader.with_kinds(kinds);
        let mut labelled = Vec::new();
        for (at, path) in self.pictures.iter().enumerate() {
            let drawing = drawings.as_ref().map(|drawings| drawings[at].as_path());
            let limit = self.seconds.map(Duration::from_secs_f64);
            let read = label(&mut reader, path, &meaning, limit, drawing, self.explain);
            labelled.push(read.unwrap_or_else(|problem| Labelled {
                file: path.clone(),
                error: Some(format!("{problem:#}")),
                ..Labelled::default()
            }));
        }
        let all_read = labelled.iter().all(|labelled| labelled.error.is_none());
        let answer = Answer::either(context.json, &labelled, || for_people(&labelled))?;
        Ok(answer.good_only_if(all_read))
    }
}

/// A time of the command line.
fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.0..=3600.0).contains(seconds));
    seconds.ok_or_else(|| "name seconds from 0 to 3600".to_owned())
}

/// The region of an argument that the command line has checked.
fn region(name: &str) -> Region {
    match name {
        "europe" => Region::Europe,
        "united-states" => Region::UnitedStates,
        "canada" => Region::Canada,
        "east-asia" => Region::EastAsia,
        _ => Region::Unspecified,
    }
}

/// The file that each picture is drawn into. A folder is made where it is missing.
fn drawings(at: &Path, pictures: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let named = at.extension().is_some_and(|ending| {
        ["bmp", "jpeg", "jpg", "png", "tif", "tiff", "webp"]
            .iter()
            .any(|one| ending.eq_ignore_ascii_case(one))
    });
    if named && !at.is_dir() {
        let [_] = pictures else {
            bail!("{} is one file for {} pictures; name a folder", at.display(), pictures.len());
        };
        return Ok(vec![at.to_owned()]);
    }
    fs::create_dir_all(at).with_context(|| format!("cannot make the folder {}", at.display()))?;
    let mut files: Vec<PathBuf> = Vec::new();
    for picture in pictures {
        let stem = picture.file_stem().unwrap_or_default().to_string_lossy();
        let file = at.join(format!("{stem}.label.jpg"));
        if files.contains(&file) {
            bail!(
                "two pictures would be drawn into {}: draw them one after another",
                file.display()
            );
        }
        files.push(file);
    }
    Ok(files)
}

fn label(
    reader: &mut LabelReader,
    path: &Path,
    meaning: &dates::Context,
    limit: Option<Duration>,
    drawing: Option<&Path>,
    explain: bool,
) -> anyhow::Result<Labelled> {
    let deadline = limit.map(|limit| monotonic() + limit);
    let picture = Picture::open(path)?;
    let read = reader.read(&picture, meaning, deadline)?;
    if let Some(file) = drawing {
        let shown = drawn(&picture, &read.reading);
        shown.save(file).with_context(|| format!("cannot write {}", file.display()))?;
    }
    let not_date = |NoDate { text, reason, corners }| NotDate { text, reason, r#box: corners };
    let not_dates =
        explain.then(|| missed(&read.reading.lines, meaning).into_iter().map(not_date).collect());
    let Reading { lines, codes, dates, lots, serial, gtins, flaws } = read.reading;
    let line = |line: meaning::line::TextLine| Line {
        text: line.text,
        r#box: line.corners,
        confidence: line.confidence,
    };
    let code =
        |Code { symbology, text, gs1, corners }| CodeRead { symbology, text, gs1, r#box: corners };
    let date = |DateRead { text, role, year, month, day, reason, corners, .. }| DateShown {
        text,
        role,
        year,
        month,
        day,
        reason,
        r#box: corners,
    };
    Ok(Labelled {
        file: path.to_owned(),
        lines: lines.into_iter().map(line).collect(),
        codes: codes.into_iter().map(code).collect(),
        dates: dates.into_iter().map(date).collect(),
        not_dates,
        lot: lots.into_iter().next().map(|lot| lot.text),
        serial: serial.map(|serial| serial.text),
        gtins,
        flaws,
        complete: Some(read.complete),
        ms: Some(read.timings.total().as_secs_f64() * 1e3),
        picture: drawing.map(Path::to_owned),
        error: None,
    })
}

fn for_people(labelled: &[Labelled]) -> String {
    let rows: Vec<_> = labelled.iter().map(row).collect();
    let mut text = table(&["picture", "dates", "lot", "serial", "codes", "lines", "ms"], &rows);
    for (file, reason) in labelled
        .iter()
        .flat_map(|one| one.dates.iter().map(|date| (&one.file, date)))
        .map(|(file, date)| (file, format!("{}: {}", date.text, date.reason)))
    {
        text.push_str(&format!("\n{}: {reason}", file.display()));
    }
    for (file, not) in
        labelled.iter().flat_map(|one| one.not_dates.iter().flatten().map(|not| (&one.file, not)))
    {
        text.push_str(&format!("\n{}: {} is no date: {}", file.display(), not.text, not.reason));
    }
    for one in labelled {
        for CodeFlaw { kind, reason, .. } in &one.flaws {
            let used = match kind {
                FlawKind::NotConforming => "used, but not conforming",
                FlawKind::FaultyElement => "not used",
            };
            text.push_str(&format!("\n{}: {reason} ({used})", one.file.display()));
        }
        if one.complete == Some(false) {
            let file = one.file.display();
            text.push_str(&format!("\n{file}: the time ended before all was read; see --seconds"));
        }
    }
    for error in labelled.iter().filter_map(|labelled| labelled.error.as_ref()) {
        text.push_str(&format!("\nnot read: {error}"));
    }
    text
}

fn row(labelled: &Labelled) -> Vec<String> {
    let joined =
        |parts: Vec<String>| cell((!parts.is_empty()).then_some(parts), |all| all.join("; "));
    let dates =
        labelled.dates.iter().map(|date| format!("{} {}", role(date.role), in_numbers(date)));
    let codes = labelled.codes.iter().map(|code| code.text.replace('\u{1d}', "<FNC1>"));
    vec![
        labelled.file.display().to_string(),
        joined(dates.collect()),
        cell(labelled.lot.as_ref(), Clone::clone),
        cell(labelled.serial.as_ref(), Clone::clone),
        joined(codes.collect()),
        labelled.lines.len().to_string(),
        cell(labelled.ms, |ms| format!("{ms:.0}")),
    ]
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Expiry => "expiry",
        Role::Manufacture => "manufacture",
        Role::Unknown => "unknown",
    }
}

/// A date as year, month and day; a question mark where the label does not say.
fn in_numbers(date: &DateShown) -> String {
    let two =
        |value: Option<i8>| value.map_or_else(|| "?".to_owned(), |value| format!("{value:02}"));
    let year = date.year.map_or_else(|| "?".to_owned(), |year| year.to_string());
    format!("{year}-{}-{}", two(date.month), two(date.day))
}
