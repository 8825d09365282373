//! Lines of a GPIO chip, through the kernel's character device (`gpiocdev`), as `embedded-hal` pins
//! and edges. The only place that opens a chip.
//!
//! The kernel keeps edges with the time at which they happened, on the monotonic clock that the
//! whole bridge uses, in one queue for all inputs: their order is the order on the belt. High means
//! active everywhere above this module; `active_low` is the kernel's business.

mod wiring;

use std::path::Path;
use std::sync::Arc;

use embedded_hal::digital::{ErrorType, InputPin, OutputPin};
use gpiocdev::Request;
use gpiocdev::line::Value;

pub use wiring::{ChipEdges, ChipWiring, open_diverters};

use super::error::FieldIoError;
use line::config::io::OutputLine;

/// `ENOENT` and `ENODEV` of Linux: there is no such device.
const MISSING: [i32; 2] = [2, 19];
/// `EACCES` and `EPERM` of Linux: the device may not be opened.
const FORBIDDEN: [i32; 2] = [13, 1];

/// A line to open, and the key of the line file that names it.
type Named = (u32, &'static str);

/// An output line as a pin; high is active.
#[derive(Debug)]
pub struct ChipOutput {
    line: ChipLine,
}

/// An input line as a pin; high is active.
#[derive(Debug)]
pub struct ChipInput {
    line: ChipLine,
}

#[derive(Debug)]
struct ChipLine {
    request: Arc<Request>,
    offset: u32,
}

impl ChipLine {
    fn failed(&self, doing: &'static str, source: gpiocdev::Error) -> FieldIoError {
        FieldIoError::Failed { chip: self.request.chip_path(), line: self.offset, doing, source }
    }

    fn set(&self, value: Value) -> Result<(), FieldIoError> {
        self.request
            .set_value(self.offset, value)
            .map_err(|source| self.failed("it is set", source))
    }

    fn is_active(&self) -> Result<bool, FieldIoError> {
        let value = self.request.value(self.offset);
        Ok(value.map_err(|source| self.failed("it is read", source))? == Value::Active)
    }
}

impl ErrorType for ChipOutput {
    type Error = FieldIoError;
}

impl OutputPin for ChipOutput {
    fn set_low(&mut self) -> Result<(), FieldIoError> {
        self.line.set(Value::Inactive)
    }

    fn set_high(&mut self) -> Result<(), FieldIoError> {
        self.line.set(Value::Active)
    }
}

impl ErrorType for ChipInput {
    type Error = FieldIoError;
}

impl InputPin for ChipInput {
    fn is_high(&mut self) -> Result<bool, FieldIoError> {
        self.line.is_active()
    }

    fn is_low(&mut self) -> Result<bool, FieldIoError> {
        Ok(!self.line.is_active()?)
    }
}

/// Opens output lines, each with the key that names it and its first level.
///
/// # Errors
/// Which line cannot be opened, and why.
pub fn open_outputs(
    chip: &Path,
    outputs: &[(OutputLine, &'static str, bool)],
) -> Result<Vec<ChipOutput>, FieldIoError> {
    if outputs.is_empty() {
        return Ok(Vec::new());
    }
    let named: Vec<Named> = outputs.iter().map(|(output, key, _)| (output.line, *key)).collect();
    let mut builder = open(chip, &named)?;
    for (output, _, active) in outputs {
        builder.with_line(output.line).as_output(Value::from(*active));
        if output.active_low {
            builder.as_active_low();
        }
    }
    let request = Arc::new(request(&mut builder, chip, &named, "outputs")?);
    let line = |offset| ChipLine { request: Arc::clone(&request), offset };
    Ok(outputs.iter().map(|(output, ..)| ChipOutput { line: line(output.line) }).collect())
}

/// A request's beginning, after a look at the chip and at each line that tells what is wrong better
/// than the kernel's one error number for all of them.
fn open(chip: &Path, lines: &[Named]) -> Result<gpiocdev::request::Builder, FieldIoError> {
    let path = chip.to_owned();
    let because = |source: gpiocdev::Error| match &source {
        gpiocdev::Error::Os(number) if MISSING.contains(&number.0) => {
            FieldIoError::NoChip { chip: path.clone() }
        }
        gpiocdev::Error::Os(number) if FORBIDDEN.contains(&number.0) => {
            FieldIoError::NoRights { chip: path.clone() }
        }
        _ => FieldIoError::NotAChip { chip: path.clone(), source },
    };
    let opened = gpiocdev::Chip::from_path(chip).map_err(&because)?;
    let info = opened.info().map_err(&because)?;
    for (line, key) in lines.iter().copied() {
        let chip = path.clone();
        if line >= info.num_lines {
            return Err(FieldIoError::NoLine { chip, line, key, lines: info.num_lines });
        }
        let info = opened.line_info(line).map_err(&because)?;
        if info.used {
            return Err(FieldIoError::InUse { chip, line, key, consumer: info.consumer });
        }
    }
    let mut builder = Request::builder();
    builder.on_chip(chip).with_consumer("plc-bridge");
    Ok(builder)
}

fn request(
    builder: &mut gpiocdev::request::Builder,
    chip: &Path,
    lines: &[Named],
    purpose: &'static str,
) -> Result<Request, FieldIoError> {
    builder.request().map_err(|source| FieldIoError::Refused {
        chip: chip.to_owned(),
        lines: lines.iter().map(|(line, _)| *line).collect(),
        purpose,
        source,
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn error(chip: &Path) -> FieldIoError {
        let output = OutputLine { line: 7, active_low: false };
        open_outputs(chip, &[(output, "io.watchdog.line", false)]).expect_err("no such chip")
    }

    #[test]
    fn a_chip_that_is_not_there_is_named_with_what_to_do() {
        let message = error(Path::new("/dev/gpiochip-of-another-box")).to_string();
        assert!(message.contains("/dev/gpiochip-of-another-box"), "{message}");
        assert!(message.contains("gpiodetect") && message.contains("io.chip"), "{message}");
    }

    #[test]
    fn a_device_that_is_no_gpio_chip_is_told_apart_from_a_missing_one() {
        let error = error(Path::new("/dev/null"));
        assert!(matches!(error, FieldIoError::NotAChip { .. }), "{error:?}");
        assert!(error.to_string().contains("/dev/null"), "{error}");
    }

    #[test]
    fn no_outputs_need_no_chip() {
        let opened = open_outputs(Path::new("/dev/gpiochip-of-another-box"), &[]);
        assert!(opened.expect("nothing is opened").is_empty());
    }

    #[test]
    fn a_line_in_use_is_named_with_its_key_and_its_user() {
        let chip = PathBuf::from("/dev/gpiochip0");
        let consumer = "spi0 CS0".to_owned();
        let key = "io.diverter";
        let message =
            FieldIoError::InUse { chip: chip.clone(), line: 8, key, consumer }.to_string();
        assert!(message.contains("line 8 of /dev/gpiochip0 (io.diverter)"), "{message}");
        assert!(message.contains("spi0 CS0"), "{message}");
        let message = FieldIoError::NoLine { chip, line: 60, key, lines: 58 }.to_string();
        assert!(message.contains("no line 60, only 0 to 57; correct io.diverter"), "{message}");
    }
}
