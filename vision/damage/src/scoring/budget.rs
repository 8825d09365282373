//! The **false-divert budget**: the share of good items that may be diverted as damaged. Thresholds follow from it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A budget that all clones share, so that a person can change it while items are scored.
#[derive(Debug, Clone)]
pub struct Budget(Arc<AtomicU64>);

impl Budget {
    /// The budget of this share, for example 0.005.
    pub fn new(share: f64) -> Self {
        Self(Arc::new(AtomicU64::new(share.to_bits())))
    }

    /// The share.
    pub fn share(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }

    /// Changes it: what is scored from now on is held against it.
    pub fn set(&self, share: f64) {
        self.0.store(share.to_bits(), Ordering::Relaxed);
    }
}

impl From<f64> for Budget {
    fn from(share: f64) -> Self {
        Self::new(share)
    }
}
