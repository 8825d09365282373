//! The sections of the line file that vision obeys: `[model]`, `[[tote]]`, `[label]`, `[identity]` and `[learning]`; `[[camera]]` is
//! [`capture::CameraSection`].

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use damage::scoring::DeviceChoice;
use features::backbone::EngineChoice;
use meaning::code::Symbology;
use meaning::dates::Region;

/// `[model]`: how views are scored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelSection {
    /// Folder of the model: `backbone.pt`, the golden outputs that it must reproduce, and for a faster engine
    /// `backbone.onnx` and `libonnxruntime.so`.
    pub folder: PathBuf,
    /// Folder of the references, `<sku>/<view>.safetensors`.
    #[serde(default = "references")]
    pub references: PathBuf,
    /// Memory for references of products that passed lately, in mebibytes, for all workers together: about two
    /// products of two views a mebibyte. The others are read from their files when they are needed, which takes
    /// milliseconds.
    #[serde(default = "references_mib")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub references_mib: u32,
    /// Folder of the damage head, which `inspectctl train` writes. Without one, views are compared
    /// with their references only.
    #[serde(default = "damage_head")]
    pub damage_head: PathBuf,
    /// Where the networks run: `auto` takes a CUDA device (with 16-bit floats) where there is one that
    /// reproduces the model's golden outputs, else the CPU; `cpu` and `cuda` insist. How many views
    /// are scored at the same time is measured at start, and written to the log.
    #[serde(default)]
    pub device: DeviceChoice,
    /// Which program runs the backbone: `auto` takes whichever is measured faster at start among those that
    /// reproduce the model's golden outputs; `torchscript` insists on `backbone.pt`; `onnxruntime` on
    /// `backbone.onnx`, which needs `libonnxruntime.so` beside it and runs on the CPU. The log and
    /// `inspectctl status` say which runs and why.
    #[serde(default)]
    pub engine: EngineChoice,
}

/// `[[tote]]`: a kind of tote or tray in which items may lie. It is no part of the item: an item is compared with what it
/// looks like on the belt, whatever it lies in. Without any, everything on the belt counts as the item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToteSection {
    /// Its name, for example `blue-600x400`; it stands in records and messages. Give each colour and size a section of
    /// its own.
    #[schemars(length(min = 1, max = 40), regex(pattern = r"^[a-z0-9][a-z0-9_-]*$"))]
    pub name: String,
    /// Folder of pictures: below `views/<camera>/train/`, the empty tote in `good/` and the empty tunnel in `empty/`. Eight
    /// of each do, the tote lying about as it does on the line. Leave out cameras that see only its walls: from there an
    /// item in it is not compared.
    pub pictures: PathBuf,
}

/// What a record says of a tote that nobody declared; no `[[tote]]` is called so.
pub const UNDECLARED: &str = "undeclared";

/// `[label]`: what is read on items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LabelSection {
    /// What is read: `off`; `codes`, which takes milliseconds; `as_needed`, also text where the codes leave
    /// open what `must_show` names or where the fleet's or the warehouse's words are to be compared;
    /// `always`. Text takes about a second a view.
    pub read: LabelUse,
    /// The kinds of codes that are looked for: `ean13` (also UPC-A), `ean8`, `upc_e`, `itf` (also ITF-14),
    /// `code128` (also GS1-128), `code39`, `code93`, `codabar`, `data_bar`, `data_bar_limited`,
    /// `data_bar_expanded`, `data_matrix`, `qr_code`, `pdf417`, `aztec`, `maxi_code`. Fewer kinds take less
    /// time.
    #[schemars(length(min = 1))]
    pub codes: Vec<Symbology>,
    /// What every label must show: `gtin`, `lot`, `serial`, `expiry`. An item whose label does not is
    /// diverted, and one whose label is not read in time is not inspected. Empty: labels are read if there
    /// is time.
    pub must_show: Vec<LabelPart>,
    /// Where the goods are sold, which tells how 04/05/26 is read: `europe`, `united-states`, `canada`,
    /// `east-asia`; `unspecified` leaves it open.
    pub region: Region,
    /// An item is diverted this many days before it expires; 0 once it has expired.
    #[schemars(range(max = 3650))]
    pub divert_days_before_expiry: u16,
    /// A date without a year is of the nearest year where it lies within so many days of today: for goods that
    /// keep for days or weeks and print none. 0: never; whether such an item has expired cannot be told then,
    /// and where the nearest year says so, or expiry is asked for, the item is not inspected.
    #[schemars(range(max = 180))]
    pub nearest_year_days: u16,
    /// Folder of the networks and the library that read text.
    pub text_folder: PathBuf,
    /// Threads that read text.
    #[schemars(range(min = 1, max = 64))]
    pub threads: usize,
    /// Languages of labels in other scripts than the networks know (Latin, Chinese, Japanese), as Tesseract
    /// names them: `rus`, `ell`, `tha`. Needs the Debian packages `tesseract-ocr` and `tesseract-ocr-rus`, and
    /// half a second more a view.
    pub tesseract: Vec<String>,
}

impl Default for LabelSection {
    fn default() -> Self {
        Self {
            read: LabelUse::Off,
            codes: Symbology::ALL.to_vec(),
            must_show: Vec::new(),
            region: Region::Unspecified,
            divert_days_before_expiry: 0,
            nearest_year_days: 0,
            text_folder: PathBuf::from("/var/lib/inspectd/text"),
            threads: 1,
            tesseract: Vec::new(),
        }
    }
}

/// `[identity]`: whether items are what they should be, where no code on them says so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IdentitySection {
    /// File of what SKUs look like and of the words on them, which `inspectctl identify --save` writes. An
    /// item of a SKU in it is compared unless a code on it has the expected GTIN, and one that is not
    /// compared in time is not inspected.
    pub catalog: Option<PathBuf>,
    /// An item is diverted if it is the expected SKU with less than this probability, where as likely as not
    /// was the guess before looking.
    #[schemars(range(min = 0.0, max = 0.5))]
    pub divert_below: f64,
    /// Who is asked what an item is, on a line with more than one product: `plc` (its item code), `scanner` (the
    /// `[[scanner]]`s), `codes` (in the item's own pictures), `looks` (compared with the catalogue, where nobody else
    /// knows). The first one that is certain names the item; if another one contradicts, the item is diverted as wrong.
    pub sources: Vec<SkuSource>,
    /// What a code means that no list of the warehouse has: `unknown`, or `sku`, a SKU of that name. With `sku` a line
    /// without any list learns what passes.
    pub unlisted_codes: UnlistedCodes,
    /// With which SKUs looks are compared: `catalogue`, all that it has; `expected`, those of them that a list of the
    /// warehouse or of the fleet names: what is due. Fewer SKUs are told apart better.
    pub looks_among: LooksAmong,
    /// An item whose looks are compared with many SKUs is the most probable one from this probability on.
    #[schemars(range(min = 0.5, max = 1.0))]
    pub certain_from: f64,
    /// How long before its deadline an item is scored at the latest, in milliseconds: nobody is asked any more then what
    /// it is.
    #[schemars(range(min = 1, max = 10_000))]
    pub scoring_reserve_ms: u32,
}

impl Default for IdentitySection {
    fn default() -> Self {
        Self {
            catalog: None,
            divert_below: 0.05,
            sources: Vec::new(),
            unlisted_codes: UnlistedCodes::Unknown,
            looks_among: LooksAmong::Catalogue,
            certain_from: 0.95,
            scoring_reserve_ms: 500,
        }
    }
}

/// With which SKUs looks are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LooksAmong {
    /// With all of the catalogue.
    Catalogue,
    /// With those that a list names.
    Expected,
}

/// Who is asked what an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SkuSource {
    /// The conveyor PLC.
    Plc,
    /// The fixed scanners.
    Scanner,
    /// The codes in the item's pictures.
    Codes,
    /// Its looks.
    Looks,
}

/// What a code means that no list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnlistedCodes {
    /// Nobody knows the item.
    Unknown,
    /// The code is the name of a SKU.
    Sku,
}

/// `[learning]`: how the box learns by itself what products look like, from the items that pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LearningSection {
    /// Items of a SKU from which its first reference is learned; 0: nothing is learned on the belt.
    #[schemars(range(max = 1000))]
    pub learn_after_items: usize,
    /// Items from which a SKU is known in full.
    #[schemars(range(min = 1, max = 1000))]
    pub learn_until_items: usize,
    /// Of a SKU that is known in full, one passed item in so many takes the place of the oldest one that was learned
    /// from; 0: its reference stays as it is.
    #[schemars(range(max = 1_000_000))]
    pub refresh_every_items: usize,
    /// Folder of the pictures that are learned from.
    pub folder: PathBuf,
    /// Room that these pictures may take, in mebibytes. Of the SKUs that are known in full the pictures of the one that
    /// was seen longest ago go first; its reference stays.
    #[schemars(range(min = 16, max = 10_000_000))]
    pub keep_mib: u64,
}

impl Default for LearningSection {
    fn default() -> Self {
        Self {
            learn_after_items: 8,
            learn_until_items: 60,
            refresh_every_items: 50,
            folder: PathBuf::from("/var/lib/inspectd/learning"),
            keep_mib: 10_000,
        }
    }
}

/// What is read on labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LabelUse {
    /// Nothing.
    Off,
    /// Codes.
    Codes,
    /// Codes, and text where it is needed.
    AsNeeded,
    /// Codes and text.
    Always,
}

/// A part of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LabelPart {
    /// The trade item number, in a code.
    Gtin,
    /// The lot.
    Lot,
    /// The serial number.
    Serial,
    /// A date that is known to be the expiry.
    Expiry,
}

fn references_mib() -> u32 {
    512
}
fn damage_head() -> PathBuf {
    PathBuf::from("/var/lib/inspectd/damage_head")
}
fn references() -> PathBuf {
    PathBuf::from("/var/lib/inspectd/references")
}
