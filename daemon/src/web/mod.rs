//! What the technicians' page learns of this box: crate `calib` owns the page, and asks through
//! [`TheBox`]; this answers.
//!
//! The state of the box comes from a `watch` channel that inspectd's main loop feeds, items and the day from the
//! records database (opened read-only for each question), pictures from the evidence folder, and what cameras see
//! now from the live view. What is to be changed goes to the loop as a [command](crate::run::commands), or into the
//! line file ([`settings`]).

mod answers;
mod coverage;
pub mod evidence;
mod export;
mod history;
mod holds;
pub mod items;
mod patience;
mod products;
pub mod settings;
mod status;
mod thresholds;
mod today;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use calib::the_box::settings::LineSettings;
use calib::the_box::{
    CameraNow, Export, HoldAnswer, HoldChange, HoldsNow, ItemDetails, ItemView, NewAnswer, NewHold,
    NoAnswer, PageStatus, Picture, ProductChange, ProductDetails, ProductsFound, Taught, TheBox,
    ThresholdsView, Today, Wanted, Watching,
};
use line::clock::monotonic;
use tokio::sync::watch;

use self::settings::SettingsOfBox;
use crate::config::DEFAULT_PATH;
use crate::records::space::FreeSpace;
use crate::records::{Records, StoreError, StoreHandle};
use crate::run::commands::{Commands, NotDone};
use crate::run::live_view::{self, LiveView};
pub use products::ProductDesk;
pub use status::counters;

/// This box, as the page asks it.
#[derive(Debug)]
pub struct Inspectd {
    status: watch::Receiver<Arc<PageStatus>>,
    records_folder: PathBuf,
    commands: Commands,
    products: ProductDesk,
    store: StoreHandle,
    /// What is to stay free on the records' file system.
    floor: FreeSpace,
    /// The cameras, where any run.
    live: Option<LiveView>,
    settings: SettingsOfBox,
}

impl Inspectd {
    /// The box with that status, the line file's `[store] folder` and what writes there, the way to the loop, and its
    /// products; and the line file where an appliance has it.
    pub fn new(
        status: watch::Receiver<Arc<PageStatus>>,
        (records_folder, store): (&Path, StoreHandle),
        commands: Commands,
        products: ProductDesk,
    ) -> Self {
        Self {
            status,
            commands,
            products,
            store,
            floor: FreeSpace::default(),
            live: None,
            settings: SettingsOfBox::new(Path::new(DEFAULT_PATH), "", records_folder, None),
            records_folder: records_folder.to_owned(),
        }
    }

    /// The same on a disk of which so much is to stay free.
    #[must_use]
    pub fn with_floor(self, floor: FreeSpace) -> Self {
        Self { floor, ..self }
    }

    /// The same with cameras that people can watch.
    #[must_use]
    pub fn with_cameras(self, live: LiveView) -> Self {
        Self { live: Some(live), ..self }
    }

    /// The same with another line file.
    #[must_use]
    pub fn with_settings(self, settings: SettingsOfBox) -> Self {
        Self { settings, ..self }
    }

    /// Every SKU of which there is an item, a product or an expectation.
    fn known_skus(&self) -> Result<Vec<String>, NoAnswer> {
        let mut skus = Records::open_read_only(&self.records_folder)?.skus()?;
        skus.extend(self.products.skus()?);
        skus.sort();
        skus.dedup();
        Ok(skus)
    }
}

impl TheBox for Inspectd {
    fn status(&self) -> watch::Receiver<Arc<PageStatus>> {
        self.status.clone()
    }

    fn items(&self, limit: usize) -> Result<Vec<ItemView>, NoAnswer> {
        Ok(items::newest(&self.records_folder, limit)?)
    }

    fn search(&self, wanted: Wanted) -> Result<Vec<ItemView>, NoAnswer> {
        history::search(&self.records_folder, wanted)
    }

    fn item(&self, boot: &str, item: u64) -> Result<ItemDetails, NoAnswer> {
        history::item(&self.records_folder, boot, item)
    }

    fn today(&self) -> Result<Today, NoAnswer> {
        Ok(today::of(&self.records_folder, &self.status.borrow().clock)?)
    }

    fn holds(&self) -> Result<HoldsNow, NoAnswer> {
        // The page of the holds is there without a choice of SKUs, too.
        let known = self.known_skus().unwrap_or_default();
        holds::now(&self.commands, &self.records_folder, known)
    }

    fn set_hold(&self, wanted: NewHold) -> Result<HoldAnswer, NoAnswer> {
        // A disk that cannot be read keeps nobody from holding goods.
        let known = self.known_skus().unwrap_or_else(|_| vec![wanted.sku.clone()]);
        holds::set(&self.commands, &known, wanted)
    }

    fn lift_hold(&self, id: &str) -> Result<HoldChange, NoAnswer> {
        holds::lift(&self.commands, id)
    }

    fn products(&self, part: &str, limit: usize) -> Result<ProductsFound, NoAnswer> {
        self.products.find(part, limit)
    }

    fn product(&self, sku: &str) -> Result<ProductDetails, NoAnswer> {
        self.products.one(sku)
    }

    fn change_product(&self, sku: &str, change: ProductChange) -> Result<(), NoAnswer> {
        self.products.change(sku, change)
    }

    fn product_picture(&self, sku: &str, item: &str, view: &str) -> Result<Picture, NoAnswer> {
        self.products.picture(sku, item, view)
    }

    fn answer(&self, boot: &str, item: u64, said: NewAnswer) -> Result<Taught, NoAnswer> {
        let products = self.products.products();
        answers::keep(&self.store, &self.records_folder, products, (boot, item), said)
    }

    fn thresholds(&self) -> Result<ThresholdsView, NoAnswer> {
        thresholds::outlook(&self.records_folder, self.products.budget())
    }

    fn export(&self, wanted: Wanted) -> Result<Export, NoAnswer> {
        export::export(&self.records_folder, self.floor, wanted)
    }

    fn line_settings(&self) -> &dyn LineSettings {
        &self.settings
    }

    fn picture(&self, path: &str) -> Result<Picture, NoAnswer> {
        Ok(evidence::read(&self.records_folder, path)?)
    }

    fn camera(&self, camera: &str) -> Result<CameraNow, NoAnswer> {
        let live = self.live.as_ref().ok_or_else(|| live_view::unknown(camera))?;
        live.camera(camera, &self.status.borrow().cameras, monotonic())
    }

    fn watch(&self, camera: &str) -> Result<Watching, NoAnswer> {
        self.live.as_ref().ok_or_else(|| live_view::unknown(camera))?.watch(camera)
    }
}

impl From<StoreError> for NoAnswer {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<NotDone> for NoAnswer {
    fn from(not: NotDone) -> Self {
        match not {
            NotDone::Refused(why) => Self::Refused(why),
            NotDone::Silent(why) => Self::Failed(why.to_owned()),
        }
    }
}
