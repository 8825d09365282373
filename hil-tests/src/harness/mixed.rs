//! A belt of many products: what the line file, the warehouse and the fleet say of it.
//!
//! A fixed scanner reads every item before the cameras do, and goes wrong at stated rates; the items' own codes are
//! read in the pictures. The warehouse's list has the SKUs that are known and the **newcomer**, of which there is no
//! picture before the run; it has not the one that **nobody** knows. The fleet holds a lot of each SKU whose lot
//! stands in a code.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use inspectd::config::ExpectedSection;
use inspectd::item::flow::Unfamiliar;
use line::config::scanner::{Framing, ScannerSection};
use reading::reader::default_text_dir;
use serde_json::{Value, json};
use twin::goods::{Plan, PlanSettings, Sku, ToteColour};
use vision::config::{
    IdentitySection, LabelSection, LabelUse, LearningSection, SkuSource, ToteSection,
};

use super::line_file::{Layout, free_port};
use super::manager;

/// Where the scanner stands, in millimetres from the entry eye: before all cameras.
const SCANNER_MM: f64 = 150.0;
/// From the last camera to the commit point, in seconds of belt travel: the text of a garment's views is read,
/// which takes seconds on a busy processor.
const INSPECTION_S: f64 = 6.0;

/// A mixed belt.
#[derive(Debug, Clone)]
pub struct MixedBelt {
    /// What comes.
    pub plan: PlanSettings,
    /// With which shares of the items the scanner goes wrong, as the twin takes it.
    pub scanner_faults: String,
    /// Pieces of each SKU that are learned from before.
    pub normals: usize,
}

impl MixedBelt {
    /// Changes a line of one SKU into one of many, all of whose files lie in `folder`.
    ///
    /// # Errors
    /// No port is free, or the warehouse's list cannot be written.
    pub fn lay_out(&self, layout: &mut Layout, folder: &Path) -> io::Result<()> {
        layout.inspection_s = INSPECTION_S;
        layout.scanners = vec![ScannerSection {
            name: "portal".to_owned(),
            source: format!("tcp://127.0.0.1:{}", free_port()?),
            position_mm: SCANNER_MM,
            tolerance_mm: 40.0,
            latency_ms: 30,
            framing: Framing::Crlf,
            prefix: String::new(),
            suffix: String::new(),
            no_read: Some("NOREAD".to_owned()),
            retry_max_ms: 1000,
        }];
        layout.identity = IdentitySection {
            sources: vec![SkuSource::Scanner, SkuSource::Codes],
            ..IdentitySection::default()
        };
        // Lots and dates stand in codes; only sizes are read as text.
        layout.label = LabelSection {
            read: LabelUse::AsNeeded,
            text_folder: default_text_dir(),
            ..LabelSection::default()
        };
        layout.learning = LearningSection {
            learn_after_items: 8,
            folder: folder.join("learning"),
            ..LearningSection::default()
        };
        // What nobody knows does not leave by itself; what is new goes on while it is being learned.
        layout.policy.unknown = Unfamiliar::Divert;
        layout.policy.learning = Unfamiliar::Pass;
        if self.plan.tote_share > 0.0 {
            let totes = folder.join("totes");
            let tote = |colour: ToteColour| ToteSection {
                name: colour.name().to_owned(),
                pictures: totes.join(colour.name()),
            };
            layout.totes = ToteColour::ALL.map(tote).to_vec();
        }
        let file = folder.join("expected.json");
        fs::write(&file, self.expected().to_string())?;
        layout.expected = ExpectedSection { file: Some(file), ..ExpectedSection::default() };
        Ok(())
    }

    /// Where pictures of empty totes belong, a folder for each colour; none where no item lies in one.
    pub fn totes_folder(&self, layout: &Layout) -> Option<PathBuf> {
        layout.totes.first()?.pictures.parent().map(Path::to_owned)
    }

    /// The twin's arguments for this belt; `scans` is where it writes what the scanner made of each item.
    pub fn twin_arguments(&self, scans: &Path) -> Vec<String> {
        let scans = scans.display().to_string();
        let plan = self.plan_text();
        let faults = self.scanner_faults.clone();
        ["--goods", "mixed", "--plan", &plan, "--scanner-faults", &faults, "--scans", &scans]
            .map(str::to_owned)
            .to_vec()
    }

    /// The plan's settings as the twin takes them.
    ///
    /// # Panics
    /// Never: they are plain data.
    pub fn plan_text(&self) -> String {
        serde_json::to_string(&self.plan).expect("settings are plain data")
    }

    /// The warehouse's list: all SKUs that are known, and the newcomer.
    fn expected(&self) -> Value {
        let plan = Plan::new(self.plan.clone());
        let item = |sku: &Sku| {
            let Sku { name, gtin, title, contents, size, .. } = sku;
            json!({ "sku": name, "gtin": gtin, "title": format!("{title} {contents}"), "size": size })
        };
        let items = plan.known().iter().chain([plan.newcomer()]).map(|sku| item(sku));
        json!({ "schema": "expected/1", "items": items.collect::<Vec<_>>() })
    }

    /// Has the fleet hold the plan's lots, through the broker on `port`.
    ///
    /// # Errors
    /// The broker is not reached, or goes.
    pub fn hold(&self, port: u16) -> anyhow::Result<()> {
        let held = Plan::new(self.plan.clone()).held_lots();
        let hold = |(sku, lot): (&String, &String)| {
            json!({
                "id": format!("recall-{sku}"), "sku": sku, "lot": lot, "why": "the maker recalls it",
                "by": "quality", "set_at": "2026-01-01T00:00:00Z", "expires_at": null,
            })
        };
        let holds: Vec<Value> = held.iter().map(hold).collect();
        manager::tell(port, "holds", &json!({ "schema": "holds/1", "holds": holds, "lift": [] }))
    }
}

#[cfg(test)]
mod tests {
    use inspectd::config::LineFile;

    use super::*;

    #[test]
    fn the_line_file_of_a_mixed_belt_has_no_mistakes_and_its_list_has_not_the_one_that_nobody_knows()
     {
        let folder = tempfile::tempdir().unwrap();
        let mut layout = Layout::new(folder.path(), folder.path()).unwrap();
        let plan = PlanSettings { coded_dates_only: true, ..PlanSettings::default() };
        let belt = MixedBelt { plan, scanner_faults: String::new(), normals: 12 };
        belt.lay_out(&mut layout, folder.path()).unwrap();
        let path = folder.path().join("line.toml");
        fs::write(&path, layout.text()).unwrap();
        let file = LineFile::read(&path).unwrap();
        assert_eq!(file.line.sku, None);
        assert!(file.warnings().is_empty(), "{:?}", file.warnings());
        let list = belt.expected();
        assert_eq!(list["items"].as_array().unwrap().len(), 41);
        let plan = Plan::new(belt.plan.clone());
        let text = list.to_string();
        assert!(text.contains(&plan.newcomer().gtin) && !text.contains(&plan.nobody().gtin));
    }
}
