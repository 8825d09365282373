//! The dimmer of the tunnel's light: a PCA9685 sets the light by what an OPT3001 sees of the hall's.
//! [`law`] decides; here are the two chips, through their drivers, on any `embedded-hal` I2C bus,
//! and the thread that asks them. A bus that hangs holds up nobody but that thread.
//!
//! The sensor is asked for one measurement at a time, and the PWM chip is woken with each write: so
//! either may lose its power and come back, and the light goes on.

pub mod law;

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use embedded_hal::i2c::I2c;
use linux_embedded_hal::{I2cdev, nb};
use opt300x::{Opt300x, SlaveAddr, ic, mode};
use pwm_pca9685::{Channel, Pca9685};
use thiserror::Error;

use super::error::FieldIoError;
use crate::logger::Log;
use crate::realtime::STACK;
use law::Law;
use line::config::io::DimmerSection;

/// Time from one step of the dimmer to the next. A measurement takes 800 ms, so every fourth or
/// fifth step brings a new one; the steps between only move the light on.
const STEP: Duration = Duration::from_millis(200);
/// Pause after a bus that failed.
const RETRY: Duration = Duration::from_secs(2);
/// The PCA9685's fastest PWM, 1526 Hz, so that every exposure sees many periods.
const FASTEST_PRESCALE: u8 = 3;
/// Steps of the PCA9685's PWM.
const PWM_STEPS: f64 = 4095.0;

/// Why the light could not be set.
#[derive(Debug, Error)]
pub enum DimmerError {
    /// The bus cannot be opened.
    #[error(
        "cannot open the I2C bus {bus}: {reason}; name one that `i2cdetect -l` lists in \
         io.dimmer.bus of the line file, and let plc-bridge's user belong to its group"
    )]
    Bus {
        /// `io.dimmer.bus`.
        bus: String,
        /// What the system said.
        reason: String,
    },
    /// The dimmer does not answer.
    #[error(
        "the dimmer (PCA9685) at address {address} fails: {reason}; check its power, its wiring \
         and io.dimmer.address"
    )]
    Light {
        /// `io.dimmer.address`.
        address: u8,
        /// What the driver said.
        reason: String,
    },
    /// The sensor does not answer.
    #[error(
        "the ambient-light sensor (OPT3001) at address {address} fails: {reason}; check its power, \
         its wiring and io.dimmer.sensor_address"
    )]
    Sensor {
        /// `io.dimmer.sensor_address`.
        address: u8,
        /// What the driver said.
        reason: String,
    },
}

/// The two chips and the law between them. They may share a bus through two handles.
pub struct Dimmer<L, S> {
    section: DimmerSection,
    light: Pca9685<L>,
    sensor: Opt300x<S, ic::Opt3001, mode::OneShot>,
    law: Law,
    ambient_lux: Option<f64>,
}

impl<L: I2c, S: I2c> Dimmer<L, S> {
    /// Sets the PWM's frequency. The light stays as it is until the first measurement.
    ///
    /// # Errors
    /// [`DimmerError::Light`].
    pub fn new(section: DimmerSection, light: L, sensor: S) -> Result<Self, DimmerError> {
        let failed = |error: pwm_pca9685::Error<L::Error>| light_error(&section, &error);
        let mut light = Pca9685::new(light, section.address).map_err(failed)?;
        light.set_prescale(FASTEST_PRESCALE).map_err(failed)?;
        let bits = section.sensor_address;
        let address = SlaveAddr::Alternative(bits & 2 != 0, bits & 1 != 0);
        let sensor = Opt300x::new_opt3001(sensor, address);
        Ok(Self { law: Law::new(&section), section, light, sensor, ambient_lux: None })
    }

    /// One step: asks the sensor, and moves the light. `elapsed` since the step before. Returns the
    /// light in percent once there was a measurement.
    ///
    /// # Errors
    /// [`DimmerError::Sensor`] or [`DimmerError::Light`]; the light stays as it is.
    pub fn step(&mut self, elapsed: Duration) -> Result<Option<f64>, DimmerError> {
        match self.sensor.read_lux() {
            Ok(measured) => self.ambient_lux = Some(f64::from(measured.result)),
            Err(nb::Error::WouldBlock) => {}
            Err(nb::Error::Other(error)) => {
                let reason = format!("{error:?}");
                return Err(DimmerError::Sensor { address: self.section.sensor_address, reason });
            }
        }
        let Some(ambient_lux) = self.ambient_lux else { return Ok(None) };
        let percent = self.law.step(ambient_lux, elapsed);
        self.shine(percent).map_err(|error| light_error(&self.section, &error))?;
        Ok(Some(percent))
    }

    fn shine(&mut self, percent: f64) -> Result<(), pwm_pca9685::Error<L::Error>> {
        let channel = Channel::try_from(self.section.channel)
            .map_err(|()| pwm_pca9685::Error::InvalidInputData)?;
        let steps = (percent / 100.0 * PWM_STEPS).round() as u16;
        self.light.enable()?;
        if steps == 0 {
            self.light.set_channel_full_off(channel)
        } else {
            self.light.set_channel_on_off(channel, 0, steps)
        }
    }
}

fn light_error<E: std::fmt::Debug>(
    section: &DimmerSection,
    error: &pwm_pca9685::Error<E>,
) -> DimmerError {
    DimmerError::Light { address: section.address, reason: format!("{error:?}") }
}

/// Two handles of the bus, one a chip: a handle that changes its address opens the device anew.
fn open(section: &DimmerSection) -> Result<Dimmer<I2cdev, I2cdev>, DimmerError> {
    let bus = || {
        I2cdev::new(&section.bus).map_err(|error| DimmerError::Bus {
            bus: section.bus.display().to_string(),
            reason: error.to_string(),
        })
    };
    Dimmer::new(section.clone(), bus()?, bus()?)
}

/// The thread that runs the dimmer; it ends when this is dropped, and the light stays as it is.
pub struct DimmerThread {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    log: Log,
}

impl DimmerThread {
    /// Starts it. A bus or chip that fails is logged once and tried again.
    ///
    /// # Errors
    /// [`FieldIoError::NoThread`].
    pub fn start(section: DimmerSection, log: Log) -> Result<Self, FieldIoError> {
        let its_log = log.clone();
        let (stop, stopped) = mpsc::channel::<()>();
        let wait = move |pause| stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout);
        let thread = std::thread::Builder::new()
            .name("dimmer".into())
            .stack_size(STACK)
            .spawn(move || run(&section, &its_log, wait))
            .map_err(|error| FieldIoError::NoThread { reason: error.to_string() })?;
        Ok(Self { stop: Some(stop), thread: Some(thread), log })
    }
}

/// Runs the dimmer for as long as `wait` says so.
fn run(section: &DimmerSection, log: &Log, wait: impl Fn(Duration) -> bool) {
    let mut has_failed = false;
    loop {
        let error = match open(section) {
            Err(error) => error,
            Ok(mut dimmer) => loop {
                match dimmer.step(STEP) {
                    Err(error) => break error,
                    Ok(Some(_)) if has_failed => {
                        log.info("the dimmer works again".into());
                        has_failed = false;
                    }
                    Ok(_) => {}
                }
                if !wait(STEP) {
                    return;
                }
            },
        };
        if !has_failed {
            log.warn(format!("the light stays as it is: {error}"));
            has_failed = true;
        }
        if !wait(RETRY) {
            return;
        }
    }
}

impl Drop for DimmerThread {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            self.log.warn("the dimmer's thread has panicked".into());
        }
    }
}

#[cfg(test)]
mod tests;
