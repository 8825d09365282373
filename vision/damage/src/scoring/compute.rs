//! **Where the networks run**: a device, and the numbers that the backbone computes with there.
//!
//! On a CUDA device the backbone computes in half precision (16-bit floats), which such devices do
//! several times as fast; the features go back to the CPU as 32-bit floats, so that everything after
//! the backbone is the same code on every box. The damage head is small and keeps 32-bit floats
//! wherever it runs. Whether a device computes what the model's package promises is not assumed:
//! golden outputs are compared on it when the model is loaded.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::{Cuda, Device, Kind};

use super::error::ScoringError;

/// `[model] device`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeviceChoice {
    /// The CUDA device where there is one that reproduces the golden outputs, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The first CUDA device; it is an error where there is none.
    Cuda,
}

/// A device with the kind of numbers that the backbone computes with on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compute {
    pub(super) device: Device,
    pub(super) kind: Kind,
}

impl Compute {
    /// 32-bit floats on the CPU.
    pub const CPU: Compute = Compute { device: Device::Cpu, kind: Kind::Float };
    /// 16-bit floats on the first CUDA device.
    const CUDA: Compute = Compute { device: Device::Cuda(0), kind: Kind::Half };

    /// Whether it is a CUDA device.
    pub fn is_cuda(self) -> bool {
        self.device.is_cuda()
    }

    /// For people and logs.
    pub fn name(self) -> &'static str {
        if self.is_cuda() { "CUDA with 16-bit floats" } else { "CPU with 32-bit floats" }
    }
}

impl DeviceChoice {
    /// What is to be tried, best first.
    ///
    /// # Errors
    /// CUDA is asked for and not there.
    pub(super) fn candidates(self) -> Result<Vec<Compute>, ScoringError> {
        let cuda = Cuda::is_available() && Cuda::device_count() > 0;
        match self {
            DeviceChoice::Auto if cuda => Ok(vec![Compute::CUDA, Compute::CPU]),
            DeviceChoice::Auto | DeviceChoice::Cpu => Ok(vec![Compute::CPU]),
            DeviceChoice::Cuda if cuda => Ok(vec![Compute::CUDA]),
            DeviceChoice::Cuda => Err(ScoringError::NoCuda),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_is_always_there_and_cuda_is_an_error_where_it_is_missing() {
        assert_eq!(DeviceChoice::Cpu.candidates().unwrap(), [Compute::CPU]);
        assert_eq!(DeviceChoice::Auto.candidates().unwrap().last(), Some(&Compute::CPU));
        match DeviceChoice::Cuda.candidates() {
            Ok(found) => assert!(Cuda::is_available() && found == [Compute::CUDA]),
            Err(error) => assert!(!Cuda::is_available() && error.to_string().contains("`cpu`")),
        }
    }
}
