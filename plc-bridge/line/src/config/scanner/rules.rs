//! What no single key of `[[scanner]]` can promise: that scanner, belt and neighbours fit each other.

use super::{ScannerSection, ScannerSource};
use crate::config::ConveyorSection;
use crate::line_file::Mistake;

/// How many scanners a line may have.
pub const SCANNERS_MAX: usize = 8;

/// Share of a declared latency by which it may be wrong: it was measured once, by hand.
pub const LATENCY_UNSURE: f64 = 0.25;

/// What is wrong with the scanners of a line with this conveyor.
pub fn broken(scanners: &[ScannerSection], conveyor: &ConveyorSection) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let commit_mm = conveyor.first_commit_point_mm();
    for (index, scanner) in scanners.iter().enumerate() {
        let number = index.to_string();
        let mut wrong = |key: &str, problem: String, instead: String| {
            mistakes.push(Mistake::new(&["scanner", &number, key], problem, instead));
        };
        let name = &scanner.name;
        if scanner.position_mm >= commit_mm {
            wrong(
                "position_mm",
                format!(
                    "scanner `{name}` stands at {} mm, at or after the commit point ({commit_mm} mm)",
                    scanner.position_mm
                ),
                "place the scanner before the commit point, with room for the inspection"
                    .to_owned(),
            );
        }
        let source = scanner.source();
        if let Err(error) = &source {
            wrong("source", error.problem.clone(), error.instead.clone());
        }
        let earlier = &scanners[..index];
        if earlier.iter().any(|other| other.name == *name) {
            wrong(
                "name",
                format!("two scanners are called `{name}`"),
                "give each scanner a name of its own".to_owned(),
            );
        }
        let taken = |other: &&ScannerSection| match (&source, other.source()) {
            (Ok(ScannerSource::Listen(ours)), Ok(ScannerSource::Listen(theirs))) => {
                let any = ours.ip().is_unspecified() || theirs.ip().is_unspecified();
                ours.port() == theirs.port() && (any || ours.ip() == theirs.ip())
            }
            (Ok(ScannerSource::Serial(ours)), Ok(ScannerSource::Serial(theirs))) => {
                ours.device == theirs.device
            }
            (Ok(ScannerSource::Connect(ours)), Ok(ScannerSource::Connect(theirs))) => {
                *ours == theirs
            }
            _ => false,
        };
        if let Some(other) = earlier.iter().find(taken) {
            wrong(
                "source",
                format!("scanner `{}` has the same source", other.name),
                "give each scanner a source of its own".to_owned(),
            );
        }
        let begins = [&scanner.prefix, &scanner.suffix].map(String::as_str);
        let texts = begins.into_iter().chain(scanner.no_read.as_deref());
        if texts.flat_map(str::bytes).any(|byte| matches!(byte, 0x02 | 0x03 | b'\r' | b'\n')) {
            wrong(
                "framing",
                "prefix, suffix or no_read has a byte that ends messages".to_owned(),
                "choose the framing that ends the message, and leave its bytes out of the texts"
                    .to_owned(),
            );
        }
    }
    mistakes
}

/// What is possible and probably not meant.
pub fn warnings(scanners: &[ScannerSection], conveyor: &ConveyorSection) -> Vec<Mistake> {
    let all = scanners.iter().enumerate();
    all.filter_map(|(index, scanner)| reaches_neighbour(index, scanner, conveyor)).collect()
}

/// Whether a read of `scanner` could fit an item's neighbour too.
///
/// The shortest distance between two leading edges that the tracking takes is the larger of
/// `min_gap_mm` and twice `slip_tolerance_mm`. A read fits two items where that is no more than twice the
/// tolerance; by as much as the latency is unsure, it may be misplaced.
fn reaches_neighbour(
    index: usize,
    scanner: &ScannerSection,
    conveyor: &ConveyorSection,
) -> Option<Mistake> {
    let speed = conveyor.nominal_speed_mm_s;
    let shortest_mm = conveyor.min_gap_mm.max(2.0 * conveyor.slip_tolerance_mm);
    let unsure_mm = LATENCY_UNSURE * f64::from(scanner.latency_ms) / 1000.0 * speed;
    let reach_mm = 2.0 * scanner.tolerance_mm + unsure_mm;
    if reach_mm < shortest_mm {
        return None;
    }
    let room_mm = ((shortest_mm - unsure_mm) / 2.0).ceil() - 1.0;
    let instead = if room_mm >= 1.0 {
        format!("write at most {room_mm:.0}, or let items follow each other at a larger distance")
    } else {
        "have the scanner send sooner, or let items follow each other at a larger distance: raise \
         min_gap_mm or slip_tolerance_mm to what the line keeps"
            .to_owned()
    };
    Some(Mistake::new(
        &["scanner", &index.to_string(), "tolerance_mm"],
        format!(
            "a read of scanner `{}` could fit two items, and is then given to neither: items may follow \
             each other at {shortest_mm:.0} mm (the larger of min_gap_mm and twice slip_tolerance_mm), and \
             a read may come within {reach_mm:.0} mm of belt: {:.0} mm tolerance either way, and \
             {unsure_mm:.0} mm by which a latency of {} ms is unsure (a quarter, at {speed:.0} mm/s)",
            scanner.name, scanner.tolerance_mm, scanner.latency_ms
        ),
        instead,
    ))
}
