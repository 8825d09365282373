//! The loop's part in hearing the PLC and the fixed scanners say what items are.

use std::collections::HashMap;
use std::time::Duration;

use calib::the_box::ScannerStatus;
use line::config::scanner::ScannerSection;
use line::item_code::ItemCode;
use line::protocol::ItemNumber;
use meaning::scanned::Scanned;
use vision::config::SkuSource;

use super::Inspection;
use super::naming::Said;
use crate::item::identification::{Claim, Source};
use crate::item::scans::{Beam, Scan, ScanAnswer, ScanMatcher};
use crate::run::scanner_link::{Happened, ScannerEvent, ScannerLinks, Trouble, problems};
use crate::warehouse::codes;

/// The fixed scanners beside the belt.
#[derive(Debug)]
pub(super) struct Scanners {
    sections: Vec<ScannerSection>,
    links: ScannerLinks,
    matcher: ScanMatcher,
    /// How many scanners have not answered, by item.
    due: HashMap<ItemNumber, usize>,
}

impl Scanners {
    pub(super) fn new(sections: &[ScannerSection], links: ScannerLinks, mm_per_count: f64) -> Self {
        let beams = sections.iter().map(Beam::from).collect();
        let matcher = ScanMatcher::new(beams, mm_per_count);
        Self { sections: sections.to_vec(), links, matcher, due: HashMap::new() }
    }

    pub(super) fn entered(&mut self, item: ItemNumber, at: Duration, count: i64) {
        self.matcher.entered(item, at, count);
        self.due.insert(item, self.sections.len());
    }

    pub(super) fn encoder_sample(&mut self, at: Duration, count: i64) {
        self.matcher.encoder_sample(at, count);
    }

    pub(super) fn on_event(&mut self, event: ScannerEvent) {
        match event.what {
            Happened::Connected => self.matcher.connected(event.index, true),
            Happened::Disconnected => self.matcher.connected(event.index, false),
            Happened::Heard { arrived, message } => {
                self.matcher.heard(event.index, arrived, message);
            }
        }
    }

    pub(super) fn forget(&mut self, item: ItemNumber) {
        self.matcher.forget(item);
        self.due.remove(&item);
    }

    /// The answers that are due, each with whether it is the last one of its item.
    fn answers(&mut self, now: Duration) -> Vec<(ScanAnswer, bool)> {
        let due = &mut self.due;
        let counted = self.matcher.tick(now).into_iter().map(|answer| {
            let left = due.get_mut(&answer.item).map(|left| {
                *left = left.saturating_sub(1);
                *left
            });
            (answer, left == Some(0))
        });
        counted.collect()
    }

    /// Which of them can be heard.
    pub(super) fn heard(&self) -> Vec<ScannerStatus> {
        let each = self.links.named().enumerate();
        each.map(|(index, (name, _))| ScannerStatus {
            name: name.to_string(),
            connected: self.links.state(index).is_some_and(|state| state.connected),
        })
        .collect()
    }

    /// What is wrong with them.
    pub(super) fn troubles(&self, now: Duration) -> Vec<Trouble> {
        let each = self.sections.iter().zip(self.links.named()).enumerate();
        each.filter_map(|(index, (section, (_, source)))| {
            let (state, standing) = (self.links.state(index)?, self.matcher.standing(index)?);
            Some(problems(section, source, &state, standing, now))
        })
        .flatten()
        .collect()
    }
}

impl Inspection {
    /// The PLC has told what an item is.
    pub(super) fn identified(&mut self, item: ItemNumber, code: ItemCode) {
        if !self.asks(SkuSource::Plc) || self.flow.entry_of(item).is_none() {
            return;
        }
        let said = code.as_str().to_owned();
        let gtins = codes::gtins_of(&said);
        let source = Source::Plc;
        self.say(Said { item, source, by: None, said, gtins, is_all: true });
    }

    /// Takes in what the scanners say of items that are past them.
    pub(super) fn hear_scanners(&mut self, now: Duration) {
        let Some(scanners) = &mut self.scanners else { return };
        let answers = scanners.answers(now);
        if !self.asks(SkuSource::Scanner) {
            return;
        }
        for (answer, is_all) in answers {
            let ScanAnswer { item, scanner, scan, .. } = answer;
            if self.flow.entry_of(item).is_none() {
                continue;
            }
            let (source, by) = (Source::Scanner, Some(scanner.to_string()));
            match scan {
                Scan::Read(text) => {
                    let scanned = Scanned::of(&text);
                    let gtins = scanned.gtin.iter().cloned().collect();
                    let said = scanned.gtin.unwrap_or(scanned.text);
                    self.say(Said { item, source, by, said, gtins, is_all });
                }
                other => {
                    let problem = other.why_not(&scanner).unwrap_or_default();
                    self.told(item, Claim { by, ..Claim::none(source, &problem) }, is_all);
                }
            }
        }
    }

    /// Hands on what a source says, once it is known what it means.
    fn say(&mut self, said: Said) {
        let (item, is_all) = (said.item, said.is_all);
        if let Some(claim) = self.claim(said) {
            self.told(item, claim, is_all);
        }
    }
}
