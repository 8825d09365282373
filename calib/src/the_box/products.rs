//! Products: what the box knows of each SKU, and what a person changes about it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// The shelves of pictures.
pub const SHELVES: [&str; 3] = ["normal", "left out", "damaged"];

/// What is known of one SKU.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ProductView {
    /// The SKU.
    pub sku: String,
    /// `unknown`, `learning`, `weak` or `full`.
    pub state: &'static str,
    /// Items so far, while it is being learned or weak.
    pub so_far: Option<usize>,
    /// Items until the next state.
    pub of: Option<usize>,
    /// Whether its references stay as they are.
    pub pinned: bool,
    /// Whether the box learned it by itself; else a person taught it.
    pub by_box: bool,
    /// Items that it is learned from.
    pub items: usize,
    /// Items that differ from these.
    pub left_out: usize,
    /// Damaged items that no reference may let pass.
    pub damaged: usize,
    /// The cameras that have a reference.
    pub views: Vec<String>,
    /// When the newest reference was learned.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub learned_at: Option<Timestamp>,
    /// What references and pictures take on the disk, in bytes.
    pub bytes: u64,
    /// Why it was not learned last time.
    pub failed: Option<String>,
}

/// The products that somebody looks for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct ProductsFound {
    /// The first of them, by name.
    pub products: Vec<ProductView>,
    /// How many there are in all.
    pub total: usize,
}

/// What is known of one camera's view of a product.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ReferenceView {
    /// The camera.
    pub view: String,
    /// Pictures that the reference was learned from.
    pub normals: usize,
    /// How far its threshold can be trusted: `conformal`, `fitted` or `weak`.
    pub calibration: Option<&'static str>,
    /// Why the reference cannot be used.
    pub problem: Option<String>,
    /// Whether the pictures are being looked at still, and the next three tell nothing yet: ask again.
    pub is_counting: bool,
    /// Pictures of this view that there are.
    pub pictures: usize,
    /// Of these, pictures that no other one is like.
    pub alone: usize,
    /// The estimated share of the ways in which items lie that the pictures show, 0 to 1; none without pictures.
    pub coverage: Option<f64>,
}

/// One picture behind a reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProductPicture {
    /// `normal`, `left out` or `damaged`.
    pub shelf: &'static str,
    /// The item that it shows.
    pub item: String,
    /// The camera.
    pub view: String,
}

/// One product with everything that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ProductDetails {
    /// The product.
    #[serde(flatten)]
    pub product: ProductView,
    /// One entry a camera that has a reference.
    pub references: Vec<ReferenceView>,
    /// The pictures behind them.
    pub pictures: Vec<ProductPicture>,
}

/// What a person changes about a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProductChange {
    /// References and pictures are removed.
    Forget,
    /// One item's pictures are removed.
    ForgetItem(String),
    /// The references are learned again from the pictures that there are.
    LearnAgain,
    /// The references stay as they are.
    Pin,
    /// The box learns about it again.
    Unpin,
}
