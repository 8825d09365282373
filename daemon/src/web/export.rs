//! Items as a folder of pictures, in one zip file: what `inspectctl learn` and `inspectctl evaluate` read.
//!
//! Each product is a folder laid out as `base::dataset` says. What people called good stands in `train/good`, what they
//! called damaged in `test/<kind>`; what nobody spoke of lies in `unlabelled/<verdict>`, which is listed and not learned
//! from. `records.json` has the records whole, with the answers.

use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::path::Path;

use calib::the_box::{Export, NoAnswer, Wanted};
use line::protocol::Verdict;
use serde::Serialize;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::history::filter_of;
use super::patience::with_patience;
use crate::records::space::FreeSpace;
use crate::records::{Answer, EVIDENCE, Record, Records, Truth};

/// Bytes of pictures in one file at most: what comes after is left out, and the records say which were asked for.
const MOST_BYTES: u64 = 512 << 20;

/// Folder of items without a SKU.
const UNKNOWN: &str = "unknown";

/// A record with what a person said of it.
#[derive(Debug, Serialize)]
struct Told {
    #[serde(flatten)]
    record: Record,
    answer: Option<Answer>,
}

/// The items that `wanted` asks for, with their pictures. So much as `floor` says stays free: what lies below is made
/// free again by removing the oldest pictures, and those are worth more than a copy of the newest.
///
/// # Errors
/// They cannot be read, or there is no room for the file.
pub fn export(records_folder: &Path, floor: FreeSpace, wanted: Wanted) -> Result<Export, NoAnswer> {
    let records = Records::open_read_only(records_folder)?;
    let filter = filter_of(wanted);
    let found = with_patience(&records, |records| records.find(&filter))?;
    let mut all = Vec::new();
    for record in found {
        let answer = records.answer(&record.id)?;
        all.push(Told { record, answer });
    }
    let needed = bytes_of(records_folder, &all);
    let missing = floor.missing_after(needed, records_folder);
    let missing = missing.map_err(|error| NoAnswer::Failed(error.to_string()))?;
    if missing > 0 {
        return Err(NoAnswer::Refused(format!(
            "the disk with {} has no room for it: {} MiB are needed beside what [store] keep_free_mib and \
             keep_free_percent keep free; ask for fewer items, or name a shorter time",
            records_folder.display(),
            needed.div_ceil(1 << 20)
        )));
    }
    // Beside the records: what lies elsewhere may be memory.
    let written =
        tempfile::tempfile_in(records_folder).and_then(|file| write(file, records_folder, &all));
    written.map_err(|error| {
        NoAnswer::Failed(format!(
            "the export cannot be written to {}: {error}",
            records_folder.display()
        ))
    })
}

/// What the file will take, roughly: its pictures are stored as they are.
fn bytes_of(records_folder: &Path, all: &[Told]) -> u64 {
    let evidence = records_folder.join(EVIDENCE);
    let pictures =
        all.iter().flat_map(|told| &told.record.views).filter_map(|view| view.picture.as_ref());
    let sizes = pictures.filter_map(|picture| fs::metadata(evidence.join(picture)).ok());
    sizes.map(|file| file.len()).sum::<u64>().min(MOST_BYTES)
}

fn write(file: File, records_folder: &Path, all: &[Told]) -> io::Result<Export> {
    // Pictures are dense already.
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut zip = ZipWriter::new(file);
    zip.start_file("records.json", SimpleFileOptions::default())?;
    serde_json::to_writer_pretty(&mut zip, all)?;
    let mut bytes = 0;
    for Told { record, answer } in all {
        for view in &record.views {
            let Some(picture) = view.picture.as_ref().filter(|_| bytes < MOST_BYTES) else {
                continue;
            };
            // A picture that retention has taken meanwhile is left out.
            let Ok(content) = fs::read(records_folder.join(EVIDENCE).join(picture)) else {
                continue;
            };
            bytes += content.len() as u64;
            zip.start_file(place(record, answer.as_ref(), &view.camera), stored)?;
            zip.write_all(&content)?;
        }
    }
    let mut file = zip.finish()?;
    let bytes = file.stream_position()?;
    file.rewind()?;
    Ok(Export { file, bytes })
}

/// Where the picture of an item goes.
fn place(record: &Record, answer: Option<&Answer>, camera: &str) -> String {
    let sku = record.sku.as_deref().unwrap_or(UNKNOWN);
    let class = match answer {
        Some(Answer { truth: Truth::Good, .. }) => "train/good".to_owned(),
        Some(Answer { truth: Truth::Damaged, kind: Some(kind), .. }) => {
            format!("test/{}", plain(kind))
        }
        Some(answer) => format!("test/{}", answer.truth.name()),
        None => match &record.verdict {
            Some(Verdict::Pass) => "unlabelled/passed".to_owned(),
            Some(Verdict::Divert { .. }) => "unlabelled/diverted".to_owned(),
            Some(Verdict::Uninspected { .. }) | None => "unlabelled/uninspected".to_owned(),
        },
    };
    let (sku, camera, boot) = (plain(sku), plain(camera), plain(&record.id.boot));
    format!("{sku}/views/{camera}/{class}/{boot}-{}_{camera}.jpg", record.id.item)
}

/// A name that is safe as a part of a path, wherever the file is opened.
fn plain(name: &str) -> String {
    let safe = |(at, c): (usize, char)| match c {
        // Not as the first one: `..` is the folder above.
        '.' if at > 0 => '.',
        c if c.is_alphanumeric() || matches!(c, '-' | '_' | ' ') => c,
        _ => '_',
    };
    name.chars().enumerate().map(safe).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::samples::{diverted, passed};

    fn answer(truth: Truth, kind: Option<&str>) -> Answer {
        Answer {
            truth,
            kind: kind.map(str::to_owned),
            is_major: None,
            words: String::new(),
            by: "theo".to_owned(),
            at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_picture_stands_where_learning_and_evaluating_look_for_it() {
        let mut record = passed(7);
        (record.sku, record.id.boot) = (Some("tea".to_owned()), "b1".to_owned());
        let of = |record: &Record, answer: Option<Answer>| place(record, answer.as_ref(), "top");
        let name = "b1-7_top.jpg";
        assert_eq!(of(&record, None), format!("tea/views/top/unlabelled/passed/{name}"));
        let good = answer(Truth::Good, None);
        assert_eq!(of(&record, Some(good)), format!("tea/views/top/train/good/{name}"));
        let wet = answer(Truth::Damaged, Some("spilled"));
        assert_eq!(of(&record, Some(wet)), format!("tea/views/top/test/spilled/{name}"));
        let wrong = answer(Truth::WrongItem, None);
        assert_eq!(of(&record, Some(wrong)), format!("tea/views/top/test/wrong_item/{name}"));
        let mut unknown = diverted(8);
        unknown.sku = None;
        assert!(of(&unknown, None).starts_with("unknown/views/top/unlabelled/diverted/"));
    }

    #[test]
    fn no_more_is_written_than_leaves_free_what_is_to_stay_free() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = crate::records::Store::open(folder.path()).expect("opened");
        store.commit(&[crate::records::Change::Close(passed(1))]).expect("kept");
        let wanted = || Wanted { limit: 9, ..Wanted::default() };
        let written = export(folder.path(), FreeSpace::default(), wanted());
        assert!(written.is_ok_and(|written| written.bytes > 0));
        let all = FreeSpace { bytes: 0, percent: 100 };
        let refused = export(folder.path(), all, wanted()).expect_err("all is to stay free");
        assert!(matches!(refused, NoAnswer::Refused(why) if why.contains("keep_free_mib")));
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let mut record = passed(7);
        record.sku = Some("../../etc".to_owned());
        record.id.boot = "/root".to_owned();
        let place = place(&record, Some(&answer(Truth::Damaged, Some("../x"))), "..");
        assert!(!place.starts_with('/'), "{place}");
        assert!(place.split('/').all(|part| !part.starts_with('.')), "{place}");
        record.sku = Some("10.5".to_owned());
        assert!(super::place(&record, None, "top").starts_with("10.5/"), "SKUs stay apart");
    }
}
