//! What the box knows of each product, and what people change about it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use base::picture;
use calib::the_box::{
    NoAnswer, Picture, ProductChange, ProductDetails, ProductPicture, ProductView, ProductsFound,
    ReferenceView,
};
use damage::scoring::{Budget, Calibration};
use features::backbone::BACKBONE_FILE;
use vision::learning::Familiarity;
use vision::learning::poses::Coverage;
use vision::learning::products::{KnownView, Product, ProductError, Products, SHELVES, Taken};

use super::coverage::{self, Coverages};

/// Width of a picture behind a reference, as the page shows it, in pixels.
const WIDTH: u32 = 320;
/// Its JPEG quality.
const QUALITY: u8 = 85;

/// What the page asks of products.
#[derive(Debug)]
pub struct ProductDesk {
    products: Products,
    model: PathBuf,
    budget: Budget,
    /// The checksum of the backbone, with the file's time and size.
    backbone: Mutex<Option<(FileFacts, String)>>,
    coverages: Coverages,
}

/// When a file was changed, and its size.
type FileFacts = (Option<SystemTime>, u64);

impl ProductDesk {
    /// The desk for `products`, whose references belong to the model in the folder `model`; `budget` is the share of
    /// good items that may be diverted.
    pub fn new(products: Products, model: &Path, budget: Budget) -> Self {
        let model = model.to_owned();
        Self {
            products,
            model,
            budget,
            backbone: Mutex::default(),
            coverages: Coverages::default(),
        }
    }

    /// Products whose SKU holds `part`, whatever the case; `limit` of them at most.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub fn find(&self, part: &str, limit: usize) -> Result<ProductsFound, NoAnswer> {
        let part = part.to_lowercase();
        let mut skus = self.products.skus().map_err(no)?;
        skus.retain(|sku| sku.to_lowercase().contains(&part));
        let total = skus.len();
        let first = skus.iter().take(limit);
        let products: Result<_, ProductError> =
            first.map(|sku| self.products.one(sku).map(view_of)).collect();
        Ok(ProductsFound { products: products.map_err(no)?, total })
    }

    /// One product with everything that is known of it.
    ///
    /// # Errors
    /// Nothing is known of it, or a folder cannot be read.
    pub fn one(&self, sku: &str) -> Result<ProductDetails, NoAnswer> {
        self.products.must_know(sku).map_err(no)?;
        let product = self.products.one(sku).map_err(no)?;
        let pictures = self.products.pictures(sku).map_err(no)?;
        // A reference names its backbone; another one is a problem that is shown.
        let backbone = self.backbone();
        let until = Instant::now() + coverage::PATIENCE;
        let references = product.views.iter().map(|view| {
            let known = self.products.view(sku, view.clone(), &backbone, self.budget.share())?;
            let normals = pictures.iter().filter(|one| one.shelf == SHELVES[0].1);
            let of_view = normals.filter(|one| one.view == *view);
            let files: Vec<&Path> = of_view.map(|one| one.file.as_path()).collect();
            Ok(reference_of(known, self.coverages.of(sku, view, &files, until)))
        });
        Ok(ProductDetails {
            references: references.collect::<Result<_, ProductError>>().map_err(no)?,
            pictures: pictures
                .into_iter()
                .map(|Taken { shelf, item, view, .. }| ProductPicture { shelf, item, view })
                .collect(),
            product: view_of(product),
        })
    }

    /// Every SKU of which anything is known.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub fn skus(&self) -> Result<Vec<String>, NoAnswer> {
        self.products.skus().map_err(no)
    }

    /// The checksum of the backbone in use; empty where there is none. The file is read again when it has changed.
    fn backbone(&self) -> String {
        let file = self.model.join(BACKBONE_FILE);
        let Ok(facts) = std::fs::metadata(&file) else { return String::new() };
        let is_of = (facts.modified().ok(), facts.len());
        let mut known = self.backbone.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((then, checksum)) = &*known
            && *then == is_of
        {
            return checksum.clone();
        }
        let Ok(bytes) = std::fs::read(file) else { return String::new() };
        let checksum = base::checksum::sha256(&bytes);
        *known = Some((is_of, checksum.clone()));
        checksum
    }

    /// Changes a product; it is done when this returns.
    ///
    /// # Errors
    /// It makes no sense for this product, or the disk refuses.
    pub fn change(&self, sku: &str, change: ProductChange) -> Result<(), NoAnswer> {
        match change {
            ProductChange::Forget => self.products.forget(sku),
            ProductChange::ForgetItem(item) => self.products.forget_item(sku, &item),
            ProductChange::LearnAgain => self.products.learn_again(sku),
            ProductChange::Pin => self.products.set_pinned(sku, true),
            ProductChange::Unpin => self.products.set_pinned(sku, false),
        }
        .map_err(no)
    }

    /// One picture behind a reference, small.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn picture(&self, sku: &str, item: &str, view: &str) -> Result<Picture, NoAnswer> {
        // Only what stands in a listing is opened: the names come from whoever asks.
        let known = self.products.pictures(sku).map_err(no)?;
        let found = known.into_iter().find(|one| one.item == item && one.view == view);
        let found = found.ok_or_else(|| {
            NoAnswer::Absent(format!("SKU {sku} has no picture of item {item} from camera {view}"))
        })?;
        let unreadable = |error: picture::PictureError| NoAnswer::Failed(error.to_string());
        let large = picture::Picture::open(&found.file).map_err(unreadable)?;
        let height = (large.height() * WIDTH / large.width().max(1)).max(1);
        let pixels = picture::scaled(&large, None, WIDTH, height);
        let small = picture::Picture::from_pixels(WIDTH, height, large.format(), pixels);
        let bytes = small.and_then(|small| small.to_jpeg(QUALITY)).map_err(unreadable)?;
        Ok(Picture { kind: "image/jpeg", bytes })
    }

    /// The share of good items that may be diverted.
    pub fn budget(&self) -> f64 {
        self.budget.share()
    }

    /// Where the products are kept.
    pub fn products(&self) -> &Products {
        &self.products
    }
}

fn view_of(product: Product) -> ProductView {
    let (state, so_far, of) = match product.state {
        Familiarity::Unknown => ("unknown", None, None),
        Familiarity::Learning { items, of } => ("learning", Some(items), Some(of)),
        Familiarity::Weak { items, of } => ("weak", Some(items), Some(of)),
        Familiarity::Full => ("full", None, None),
    };
    ProductView {
        sku: product.sku,
        state,
        so_far,
        of,
        pinned: product.pinned,
        by_box: product.by == "box",
        items: product.items,
        left_out: product.left_out,
        damaged: product.damaged,
        views: product.views,
        learned_at: product.learned_at,
        bytes: product.bytes,
        failed: product.failed,
    }
}

fn reference_of(known: KnownView, coverage: Option<Coverage>) -> ReferenceView {
    ReferenceView {
        view: known.view,
        normals: known.normals,
        calibration: known.calibration.map(|calibration| match calibration {
            Calibration::Conformal => "conformal",
            Calibration::Fitted => "fitted",
            Calibration::Weak => "weak",
        }),
        problem: known.problem,
        pictures: coverage.map_or(0, |coverage| coverage.pictures),
        alone: coverage.map_or(0, |coverage| coverage.alone),
        is_counting: coverage.is_none(),
        coverage: coverage.and_then(|coverage| coverage.share()),
    }
}

fn no(error: ProductError) -> NoAnswer {
    let words = error.to_string();
    match error {
        ProductError::Name(_) | ProductError::Unknown { .. } => NoAnswer::Absent(words),
        ProductError::NoItem { .. }
        | ProductError::NoReference { .. }
        | ProductError::ByPerson { .. }
        | ProductError::Pinned { .. }
        | ProductError::NoPictures { .. } => NoAnswer::Refused(words),
        ProductError::Disk { .. } => NoAnswer::Failed(words),
    }
}
