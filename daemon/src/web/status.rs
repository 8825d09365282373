//! The box's own types, as the page shows them.

use calib::the_box::{CameraCounters, Counts, HoldView, StoreStatus};
use capture::CaptureCounters;

use crate::item::counts::ItemCounts;
use crate::item::holds::{Held, Origin};
use crate::records::StoreState;

impl From<StoreState> for StoreStatus {
    fn from(state: StoreState) -> Self {
        match state {
            StoreState::Ok => Self::Ok,
            StoreState::Failing { cause } => Self::Failing { cause },
        }
    }
}

impl From<Held> for HoldView {
    fn from(Held { origin, hold }: Held) -> Self {
        let origin = match origin {
            Origin::Site => "site",
            Origin::Fleet => "fleet",
            Origin::Box => "box",
        };
        Self {
            origin: origin.to_owned(),
            id: hold.id,
            sku: hold.sku,
            lot: hold.lot,
            why: hold.why,
            by: hold.by,
            set_at: hold.set_at,
            expires_at: hold.expires_at,
        }
    }
}

impl From<ItemCounts> for Counts {
    fn from(counts: ItemCounts) -> Self {
        let ItemCounts {
            entered,
            passed,
            diverted,
            uninspected,
            lost,
            wrong_lane,
            ambiguous,
            untold,
            unnumbered,
        } = counts;
        Self {
            entered,
            passed,
            diverted,
            uninspected,
            lost,
            wrong_lane,
            ambiguous,
            untold,
            unnumbered,
        }
    }
}

/// A camera's counters.
pub fn counters(of: CaptureCounters) -> CameraCounters {
    let CaptureCounters { received, dropped, late, errors, reconnects } = of;
    CameraCounters { received, dropped, late, errors, reconnects }
}
