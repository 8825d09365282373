//! What can be wrong with a piece, by name, and which check is to find it.

use line::protocol::Check;
use serde::{Deserialize, Serialize};

use super::catalogue::{Kind, Sku};

/// What is wrong with a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Ripped open.
    Torn,
    /// An edge or a corner is pushed in or bent.
    DentedEdge,
    /// Something was spilled on it.
    Stain,
    /// A hole with a torn rim.
    Puncture,
    /// Squashed over a larger part.
    Crushed,
    /// One of its units, or its cap, is not there.
    UnitMissing,
    /// Its date is years ago.
    Expired,
    /// A garment's label states another size than the warehouse expects.
    WrongSize,
    /// It comes from a lot that is on hold.
    HeldLot,
    /// Another product where this one should be: the plant's scanner tells this one's code, and what is
    /// printed on the item is its own.
    WrongProduct,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Torn,
        Self::Expired,
        Self::DentedEdge,
        Self::WrongSize,
        Self::Stain,
        Self::HeldLot,
        Self::Puncture,
        Self::WrongProduct,
        Self::Crushed,
        Self::UnitMissing,
    ];

    /// Its name in the truth file and in folders of pictures.
    pub fn name(self) -> &'static str {
        match self {
            Self::Torn => "torn",
            Self::DentedEdge => "dented-edge",
            Self::Stain => "stain",
            Self::Puncture => "puncture",
            Self::Crushed => "crushed",
            Self::UnitMissing => "unit-missing",
            Self::Expired => "expired",
            Self::WrongSize => "wrong-size",
            Self::HeldLot => "held-lot",
            Self::WrongProduct => "wrong-product",
        }
    }

    /// The check that is to find it.
    pub fn check(self) -> Check {
        match self {
            Self::Torn
            | Self::DentedEdge
            | Self::Stain
            | Self::Puncture
            | Self::Crushed
            | Self::UnitMissing => Check::Damage,
            Self::Expired | Self::WrongSize => Check::Label,
            Self::HeldLot => Check::Hold,
            Self::WrongProduct => Check::Identity,
        }
    }

    /// Whether a piece of this SKU can have it.
    pub fn suits(self, sku: &Sku) -> bool {
        match self {
            Self::Torn | Self::Stain => true,
            Self::DentedEdge => matches!(sku.kind, Kind::Carton | Kind::Book | Kind::Tin),
            Self::Puncture => !matches!(sku.kind, Kind::Book | Kind::Bottle),
            Self::Crushed => matches!(sku.kind, Kind::Carton | Kind::Bottle | Kind::Tin),
            Self::UnitMissing => sku.units > 0 || sku.kind == Kind::Bottle,
            Self::Expired => sku.expiry.is_some(),
            Self::WrongSize => sku.size.is_some(),
            Self::HeldLot => sku.held_lot().is_some(),
            Self::WrongProduct => true,
        }
    }
}
