//! How the cameras stand, and how many pictures a second they deliver.

use std::collections::BTreeMap;
use std::time::Duration;

use capture::{Camera, CameraState};
use line::text::{WORDS_MAX, cut};

use calib::the_box::{CameraHealth, CameraStatus};

/// Pictures a second of each camera, from how its counter grows.
#[derive(Debug, Default)]
pub(super) struct FrameRates {
    /// By camera: pictures and time when the rate was last reckoned, and the rate.
    known: BTreeMap<String, (u64, Duration, f64)>,
}

impl FrameRates {
    /// Over how long a rate is reckoned.
    const PERIOD: Duration = Duration::from_secs(2);

    pub(super) fn cameras(&mut self, cameras: &[Camera], now: Duration) -> Vec<CameraStatus> {
        cameras
            .iter()
            .map(|camera| {
                let counters = camera.counters();
                let (state, cause) = match camera.state() {
                    CameraState::Starting => (CameraHealth::Starting, None),
                    CameraState::Streaming => (CameraHealth::Streaming, None),
                    CameraState::Down { cause } => {
                        (CameraHealth::Down, Some(cut(&cause, WORDS_MAX).into_owned()))
                    }
                };
                let fps = self.rate(camera.name(), counters.received, now);
                let counters = crate::web::counters(counters);
                CameraStatus { name: camera.name().to_string(), state, cause, fps, counters }
            })
            .collect()
    }

    fn rate(&mut self, camera: &str, received: u64, now: Duration) -> f64 {
        let known = self.known.entry(camera.to_owned()).or_insert((received, now, 0.0));
        let passed = now.saturating_sub(known.1);
        if passed >= Self::PERIOD {
            let fps = received.saturating_sub(known.0) as f64 / passed.as_secs_f64();
            *known = (received, now, fps);
        }
        known.2
    }
}
