//! The section `[io]` of the line file: which wire ends on which GPIO line.
//!
//! Everything in it is optional. With `[io.eyes]` and `[io.encoder]` a small line needs no PLC at
//! all; the lamps, the strobe, the watchdog and the dimmer also serve a line that has one. GPIO
//! lines are named by their **offset** on the chip, as `gpioinfo` shows it.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// After how many debounce times a burst of an eye's changes counts as an edge although it goes on.
pub const CHATTER: u32 = 4;

/// `[io]`: photo-eyes, encoder, diverters, lamps and lights wired to this box itself.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IoSection {
    /// The GPIO chip, a character device; `gpiodetect` lists them.
    pub chip: PathBuf,
    /// How long an eye must rest before its edge is believed, in microseconds. Longer than its
    /// contacts bounce, shorter than the shortest gap takes to pass.
    #[schemars(range(min = 0, max = 100_000))]
    pub debounce_us: u32,
    /// The diverters go to their safe state when the bridge has commanded nothing for this long, in
    /// milliseconds.
    #[schemars(range(min = 20, max = 10_000))]
    pub diverter_timeout_ms: u32,
    /// The photo-eyes, for a line without a PLC.
    pub eyes: Option<EyesSection>,
    /// The belt's encoder, for a line without a PLC.
    pub encoder: Option<EncoderSection>,
    /// Outputs that move the diverters in `direct` mode, in the order of `[[conveyor.diverter]]`.
    #[schemars(length(max = 8))]
    pub diverter: Vec<DiverterOutput>,
    /// Trigger of the tunnel's flash.
    pub strobe: Option<StrobeSection>,
    /// The three lamps that tell a technician the state without a computer.
    pub stack_light: Option<StackLightSection>,
    /// The line that an external watchdog relay listens to.
    pub watchdog: Option<OutputLine>,
    /// The dimmer of the tunnel's light.
    pub dimmer: Option<DimmerSection>,
}

impl Default for IoSection {
    fn default() -> Self {
        Self {
            chip: PathBuf::from("/dev/gpiochip0"),
            debounce_us: 2000,
            diverter_timeout_ms: 200,
            eyes: None,
            encoder: None,
            diverter: Vec::new(),
            strobe: None,
            stack_light: None,
            watchdog: None,
            dimmer: None,
        }
    }
}

/// `[io.eyes]`: the photo-eyes. A line is active while something covers the eye.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EyesSection {
    /// The entry eye.
    pub entry: u32,
    /// The exit eye.
    pub exit: u32,
    /// The mid-belt eyes, in the order of `[[conveyor.mid_eye]]`.
    #[serde(default)]
    #[schemars(length(max = 4))]
    pub mid: Vec<u32>,
    /// The lanes' eyes, in the order of `[[conveyor.diverter]]`.
    #[serde(default)]
    #[schemars(length(max = 8))]
    pub lane: Vec<u32>,
    /// The eyes pull their line low while something covers them.
    #[serde(default)]
    pub active_low: bool,
}

/// `[io.encoder]`: the belt's encoder.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EncoderSection {
    /// Its channel A.
    pub a: u32,
    /// Its channel B. Left out, the belt's direction is not known, and counts only rise.
    #[serde(default)]
    pub b: Option<u32>,
    /// Counts for one pulse of A: 1, 2 (both edges of A), or 4 (every edge of A and B).
    /// `conveyor.mm_per_count` belongs to these counts.
    #[serde(default = "counts_per_pulse")]
    #[schemars(range(min = 1, max = 4))]
    pub counts_per_pulse: u8,
    /// B is ahead of A while the belt runs forwards.
    #[serde(default)]
    pub reversed: bool,
}

/// `[[io.diverter]]`: one diverter's output.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiverterOutput {
    /// The line that moves it out.
    pub line: u32,
    /// The output stage inverts: the line is low while the diverter is out.
    #[serde(default)]
    pub active_low: bool,
    /// Its safe state is out: whatever comes is diverted while nobody commands it.
    #[serde(default)]
    pub safe_out: bool,
}

/// One output line.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputLine {
    /// The line.
    pub line: u32,
    /// The output stage inverts.
    #[serde(default)]
    pub active_low: bool,
}

/// `[io.strobe]`: trigger of the tunnel's flash.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StrobeSection {
    /// The line.
    pub line: u32,
    /// The output stage inverts.
    #[serde(default)]
    pub active_low: bool,
    /// Where an item's leading edge stands when the trigger rises, in millimetres. It rises in the
    /// first cycle behind that: at 3 m/s and a cycle of 2 ms, up to 6 mm later.
    #[schemars(range(min = 0.0, max = 100_000.0))]
    pub position_mm: f64,
    /// Shortest pulse, in microseconds; it ends with the first cycle after that. The light's own
    /// controller limits the flash.
    #[serde(default = "pulse_us")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub pulse_us: u32,
}

/// `[io.stack_light]`: the three lamps.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StackLightSection {
    /// The green lamp's line.
    pub green: u32,
    /// The amber lamp's line.
    pub amber: u32,
    /// The red lamp's line.
    pub red: u32,
    /// The output stages invert.
    #[serde(default)]
    pub active_low: bool,
}

/// `[io.dimmer]`: a PCA9685 that dims the tunnel's light by what an OPT3001 sees of the hall's.
/// Mount the sensor where the tunnel's own light does not reach it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DimmerSection {
    /// The I2C bus, a character device; `i2cdetect -l` lists them.
    #[serde(default = "bus")]
    pub bus: PathBuf,
    /// The PCA9685's address, 64 (0x40) with no bridge soldered.
    #[serde(default = "dimmer_address")]
    #[schemars(range(min = 64, max = 119))]
    pub address: u8,
    /// The PCA9685's channel.
    #[serde(default)]
    #[schemars(range(min = 0, max = 15))]
    pub channel: u8,
    /// The OPT3001's address, 68 (0x44) to 71 (0x47).
    #[serde(default = "sensor_address")]
    #[schemars(range(min = 68, max = 71))]
    pub sensor_address: u8,
    /// How much light the tunnel gets at which ambient light, ascending; straight lines between.
    #[schemars(length(min = 1, max = 16))]
    pub target: Vec<DimmerPoint>,
    /// A change of the target below this is ignored, in percent of full light.
    #[serde(default = "hysteresis_percent")]
    #[schemars(range(min = 0.0, max = 50.0))]
    pub hysteresis_percent: f64,
    /// Fastest change of the light, in percent of full light a second: slow enough that two views
    /// of one item see the same light.
    #[serde(default = "slew_percent_s")]
    #[schemars(range(min = 0.1, max = 1000.0))]
    pub slew_percent_s: f64,
}

/// `[[io.dimmer.target]]`: one point of the dimmer's curve.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DimmerPoint {
    /// Ambient light, in lux.
    #[schemars(range(min = 0.0, max = 100_000.0))]
    pub lux: f64,
    /// Light of the tunnel, in percent of full light.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub percent: f64,
}

fn counts_per_pulse() -> u8 {
    1
}
fn pulse_us() -> u32 {
    1000
}
fn bus() -> PathBuf {
    PathBuf::from("/dev/i2c-1")
}
fn dimmer_address() -> u8 {
    0x40
}
fn sensor_address() -> u8 {
    0x44
}
fn hysteresis_percent() -> f64 {
    2.0
}
fn slew_percent_s() -> f64 {
    5.0
}
