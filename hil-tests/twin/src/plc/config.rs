//! What the PLC's programmer has entered: the same values as in the line file.

use line::config::{ConveyorSection, ItemCodeKind};

use crate::world::WorldConfig;

/// The PLC's parameters.
#[derive(Debug, Clone)]
pub struct PlcConfig {
    /// Belt travel for one count of the encoder, in millimetres.
    pub mm_per_count: f64,
    /// How far an item may have slipped when a mid-belt eye sees it, either way, in millimetres.
    pub slip_tolerance_mm: f64,
    /// An edge this close to one seen before is the same edge, in millimetres.
    pub re_cross_mm: f64,
    /// Positions of the mid-belt eyes, in millimetres.
    pub mid_eyes_mm: Vec<f64>,
    /// The diverters, in the order in which an item meets them.
    pub diverters: Vec<DiverterConfig>,
    /// The number by which a restart of the PLC is noticed.
    pub boot: u16,
    /// How the PLC writes items' codes, if the plant tells it any.
    pub item_code: ItemCodeKind,
}

/// One diverter.
#[derive(Debug, Clone)]
pub struct DiverterConfig {
    /// The lane that it serves.
    pub lane: u8,
    /// Position at which the diverter can no longer be changed for an item, in millimetres.
    pub commit_point_mm: f64,
    /// Position of the diverter, in millimetres.
    pub position_mm: f64,
    /// How far before the diverter an item stands when the diverter is commanded out, in
    /// millimetres: its travel time at full belt speed, a scan, and slip.
    pub fire_ahead_mm: f64,
    /// How far behind the diverter the leading edge stands when the diverter is commanded back.
    pub hold_mm: f64,
}

impl PlcConfig {
    /// The PLC of a line file's conveyor, whose diverters stand where they do in `world`.
    pub fn for_conveyor(conveyor: &ConveyorSection, world: &WorldConfig, boot: u16) -> Self {
        let diverters = conveyor.diverter.iter().zip(&world.gates);
        Self {
            mm_per_count: conveyor.mm_per_count,
            slip_tolerance_mm: conveyor.slip_tolerance_mm,
            re_cross_mm: 20.0,
            mid_eyes_mm: world.mid_eyes_mm.clone(),
            diverters: diverters
                .map(|(diverter, gate)| DiverterConfig {
                    lane: diverter.lane,
                    commit_point_mm: diverter.commit_point_mm,
                    position_mm: gate.position_mm,
                    // The gate's travel and two scans, with half as much again.
                    fire_ahead_mm: conveyor.nominal_speed_mm_s
                        * 1.5
                        * (gate.travel.as_secs_f64() + 0.02),
                    hold_mm: 30.0,
                })
                .collect(),
            boot,
            item_code: ItemCodeKind::None,
        }
    }

    /// The same PLC, which tells the bridge items' codes of this kind.
    #[must_use]
    pub fn telling(self, item_code: ItemCodeKind) -> Self {
        Self { item_code, ..self }
    }
}
