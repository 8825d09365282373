//! How many pictures of codes are read: by the decoder alone, as it is set by default, and by vision.
//!
//! ```text
//! cargo run -p reading --example code_folders -- [--list] [--ours] ROOT [FOLDER ...]
//! ```
//!
//! `ROOT` holds folders of pictures, each with its **truth**, the text of its code, in `<name>.txt`. A picture
//! without a truth shows no code: whatever is read there is wrong. A picture counts as *read* when one
//! code says what the truth says, and as *wrong* when any says something else. `--list` names what was not
//! read or wrong; `--ours` leaves the decoder alone out. The output is a table in Markdown.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base::picture::Picture;
use image::imageops::grayscale;
use meaning::code::{Code, Symbology};
use meaning::gs1::gtin;
use reading::reader::codes_of;

type Failure = Box<dyn std::error::Error>;

/// What came of the pictures of a folder.
#[derive(Default)]
struct Tally {
    pictures: usize,
    read: usize,
    wrong: usize,
    took: Duration,
    slowest: Duration,
}

impl Tally {
    fn add(&mut self, picture: &Shown, texts: &[String], took: Duration) -> (bool, bool) {
        let read = texts.iter().any(|text| picture.says(text));
        let wrong = texts.iter().any(|text| !picture.says(text));
        self.pictures += 1;
        self.read += usize::from(read);
        self.wrong += usize::from(wrong);
        self.took += took;
        self.slowest = self.slowest.max(took);
        (read, wrong)
    }

    fn cells(&self) -> String {
        let mean = self.took.as_secs_f64() * 1e3 / self.pictures.max(1) as f64;
        let slowest = self.slowest.as_secs_f64() * 1e3;
        format!("{} | {} | {mean:.0} | {slowest:.0}", self.read, self.wrong)
    }
}

/// A picture and what its code says.
struct Shown {
    file: PathBuf,
    truth: Option<String>,
}

impl Shown {
    fn says(&self, text: &str) -> bool {
        self.truth.as_deref().is_some_and(|truth| plain(truth) == plain(text))
    }
}

/// What is compared: without brackets, separators and blanks at the ends, a trade item number in 14 digits.
fn plain(text: &str) -> String {
    let text = text.trim().replace("\r\n", "\n").replace(['(', ')', '\u{1d}'], "");
    let digits = text.len() > 7 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = match text.len() {
        _ if !digits => None,
        8 => gtin::from_upc_e(&text).or_else(|_| gtin::normalise(&text)).ok(),
        16 if text.starts_with("01") => gtin::normalise(&text[2..]).ok(),
        _ => gtin::normalise(&text).ok(),
    };
    number.unwrap_or(text)
}

/// A way to read the codes of a picture.
type Reads = fn(&Picture) -> Result<Vec<String>, Failure>;

fn by_decoder(picture: &Picture) -> Result<Vec<String>, Failure> {
    let grey = grayscale(&picture.to_rgb_image());
    let (width, height) = grey.dimensions();
    let view =
        zxingcpp::ImageView::from_slice(grey.as_raw(), width, height, zxingcpp::ImageFormat::Lum)?;
    Ok(zxingcpp::read().from(view)?.iter().map(zxingcpp::Barcode::text).collect())
}

fn by_vision(picture: &Picture) -> Result<Vec<String>, Failure> {
    let text = |code: Code| match code.symbology {
        // Told as the EAN-13 that it stands for; the truth has eight digits.
        Symbology::UpcE => gtin::normalise(&code.text).unwrap_or(code.text),
        _ => code.text,
    };
    Ok(codes_of(picture, &Symbology::ALL, None)?.into_iter().map(text).collect())
}

fn pictures(folder: &Path) -> Result<Vec<Shown>, Failure> {
    let mut shown = Vec::new();
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        if file.extension().is_some_and(|ending| ending != "txt") {
            let truth = file.with_extension("txt");
            let truth = truth.exists().then(|| fs::read(&truth)).transpose()?;
            let truth = truth.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            shown.push(Shown { file, truth });
        }
    }
    shown.sort_by(|a, b| a.file.cmp(&b.file));
    Ok(shown)
}

fn main() -> Result<(), Failure> {
    let (flags, mut paths): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let [list, ours_only] = ["--list", "--ours"].map(|flag| flags.iter().any(|one| one == flag));
    if paths.is_empty() {
        return Err("name the folder that holds the folders of pictures".into());
    }
    let root = PathBuf::from(paths.remove(0));
    if paths.is_empty() {
        let folders = fs::read_dir(&root)?.flatten().filter(|entry| entry.path().is_dir());
        paths = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        paths.sort();
    }
    println!(
        "| folder | pictures | decoder: read | wrong | ms | slowest | vision: read | wrong | ms | slowest |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for name in &paths {
        let (mut alone, mut ours) = (Tally::default(), Tally::default());
        let mut notes = Vec::new();
        for shown in pictures(&root.join(name))? {
            let picture = Picture::open(&shown.file)?;
            let by: [(Reads, &mut Tally, &str); 2] =
                [(by_decoder, &mut alone, "decoder"), (by_vision, &mut ours, "vision")];
            for (reads, tally, who) in by {
                if ours_only && who == "decoder" {
                    continue;
                }
                let start = Instant::now();
                let texts = reads(&picture)?;
                let (read, wrong) = tally.add(&shown, &texts, start.elapsed());
                if wrong || !read && shown.truth.is_some() {
                    notes.push(format!(
                        "{}: {who} {texts:?}, truth {:?}",
                        shown.file.display(),
                        shown.truth
                    ));
                }
            }
        }
        println!("| {name} | {} | {} | {} |", ours.pictures, alone.cells(), ours.cells());
        if list {
            notes.iter().for_each(|note| eprintln!("{note}"));
        }
    }
    Ok(())
}
