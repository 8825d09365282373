//! Where the eyes and diverters of the simulated line stand, and how its belt and feeder behave.

use std::time::Duration;

use line::config::{ConveyorSection, DiverterSection};

use crate::belt::{Encoder, SpeedProfile};

/// Geometry and habits of the simulated line.
#[derive(Debug, Clone)]
pub struct WorldConfig {
    /// What the drive is asked for.
    pub profile: SpeedProfile,
    /// How fast the drive changes speed, in millimetres per second squared.
    pub ramp_mm_s2: f64,
    /// The encoder.
    pub encoder: Encoder,
    /// The diverters, in the order in which an item meets them.
    pub gates: Vec<Gate>,
    /// Positions of the mid-belt eyes, in millimetres.
    pub mid_eyes_mm: Vec<f64>,
    /// Position of the exit eye, in millimetres.
    pub exit_eye_mm: f64,
    /// Mean distance from one leading edge to the next, in millimetres.
    pub mean_pitch_mm: f64,
    /// Smallest such distance: the feeder separates items at least this far.
    pub min_pitch_mm: f64,
    /// Largest slip of an item, either way, as a share of the travel.
    pub max_slip: f64,
}

/// One diverter.
#[derive(Debug, Clone)]
pub struct Gate {
    /// The lane's number.
    pub lane: u8,
    /// Position of the diverter, in millimetres.
    pub position_mm: f64,
    /// Position of the lane eye along the diverted item's way, in millimetres.
    pub lane_eye_mm: f64,
    /// From the command to the diverter in position, and back.
    pub travel: Duration,
}

impl Gate {
    /// The diverter of a line file's section. Where that does not say where the diverter stands,
    /// it is a third of the way from the commit point to the lane eye.
    fn of(diverter: &DiverterSection) -> Self {
        let commit_mm = diverter.commit_point_mm;
        let third_mm = (diverter.lane_eye_mm - commit_mm) / 3.0;
        Self {
            lane: diverter.lane,
            position_mm: diverter.diverter_mm.unwrap_or(commit_mm + third_mm),
            lane_eye_mm: diverter.lane_eye_mm,
            travel: Duration::from_millis(diverter.travel_ms.into()),
        }
    }
}

impl WorldConfig {
    /// A world around the conveyor of a line file, at its nominal speed with one item a second.
    pub fn for_conveyor(conveyor: &ConveyorSection) -> Self {
        let speed = conveyor.nominal_speed_mm_s;
        Self {
            profile: SpeedProfile::steady(speed),
            ramp_mm_s2: 600.0,
            // Near its end, so that every run of the twin sees the counter wrap.
            encoder: Encoder { start: u32::MAX - 20_000, mm_per_count: conveyor.mm_per_count },
            gates: conveyor.diverter.iter().map(Gate::of).collect(),
            mid_eyes_mm: conveyor.mid_eye.iter().map(|eye| eye.position_mm).collect(),
            exit_eye_mm: conveyor.exit_eye_mm,
            mean_pitch_mm: speed,
            min_pitch_mm: 200.0,
            max_slip: 0.004,
        }
    }

    /// The same with `rate` items a second on average at `speed_mm_s`, as far as
    /// [`Self::min_pitch_mm`] allows.
    pub fn with_rate(mut self, rate: f64, speed_mm_s: f64) -> Self {
        self.mean_pitch_mm = speed_mm_s / rate;
        self
    }
}
