//! Field I/O: photo-eyes, encoder, diverters, lamps and lights that are wired to this box itself.
//!
//! Two things come out of it:
//! * [`FieldIo`] is a whole "PLC" for the bridge's cycle. It fills a status block from eyes and
//!   encoder and moves the diverters by the command block, so that a small line in `direct` mode
//!   needs no PLC and runs the very same tracker.
//! * [`Panel`] serves every line, with a PLC or without: stack light, watchdog line, strobe,
//!   dimmer, and diverters on GPIO where the PLC has only the eyes.
//!
//! What decides is plain and told the time: [`debounce`], [`encoder`], [`numbering`], [`strobe`],
//! [`stack_light`], [`dimmer::law`], [`oddities`]. What has pins is generic over the `embedded-hal` traits:
//! [`eye`], [`output`], [`diverter`] and its [`guard`], [`watchdog`], [`dimmer`]. [`chip`] is the only place that
//! opens a GPIO chip.

pub mod chip;
pub mod debounce;
pub mod dimmer;
pub mod diverter;
pub mod encoder;
pub mod error;
pub mod eye;
pub mod field;
pub mod guard;
pub mod numbering;
pub mod oddities;
pub mod output;
pub mod panel;
pub mod stack_light;
pub mod strobe;
pub mod watchdog;
pub mod whole_plc;

pub use error::FieldIoError;
pub use line::config::io_rules::without_plc;
pub use panel::{Panel, PanelState};
pub use whole_plc::FieldIo;
