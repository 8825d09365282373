//! **Kept maps**: what the backbone answered, on disk, so that a measurement of the same pictures does
//! not ask it twice.
//!
//! A file is named by the SHA-256 of the input and of the backbone, so that it never goes stale. It is
//! written beside and renamed: a measurement that was stopped leaves no half file.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tch::{Kind, TchError, Tensor};

use super::error::ScoringError;

/// A folder of answers.
#[derive(Debug)]
pub(super) struct KeptMaps {
    folder: PathBuf,
    backbone_sha256: String,
}

impl KeptMaps {
    pub(super) fn new(folder: &Path, backbone_sha256: &str) -> KeptMaps {
        KeptMaps { folder: folder.to_owned(), backbone_sha256: backbone_sha256.to_owned() }
    }

    /// The maps of `input`, as they are kept or as `ask` answers. A folder that cannot be written keeps
    /// nothing, and nothing else changes.
    pub(super) fn get_or(
        &self,
        input: &Tensor,
        ask: impl FnOnce() -> Result<Vec<Tensor>, ScoringError>,
    ) -> Result<Vec<Tensor>, ScoringError> {
        let torch = || ScoringError::torch("keeping maps");
        let file = self.file(input).map_err(torch())?;
        let halves = match read(&file) {
            Some(halves) => halves,
            None => {
                let halves: Result<Vec<Tensor>, TchError> =
                    ask()?.iter().map(|map| map.f_to_kind(Kind::Half)).collect();
                let halves = halves.map_err(torch())?;
                write(&file, &halves);
                halves
            }
        };
        halves
            .iter()
            .map(|map| map.f_to_kind(Kind::Float))
            .collect::<Result<_, _>>()
            .map_err(torch())
    }

    fn file(&self, input: &Tensor) -> Result<PathBuf, TchError> {
        let bytes = Vec::<u8>::try_from(
            &input.f_contiguous()?.f_flatten(0, -1)?.f_view_dtype(Kind::Uint8)?,
        )?;
        let mut digest = Sha256::new();
        digest.update(self.backbone_sha256.as_bytes());
        digest.update(format!("{:?}", input.size()));
        digest.update(&bytes);
        let name: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(self.folder.join(&name[..2]).join(format!("{name}.safetensors")))
    }
}

/// The maps in `file`; `None` where it is absent or broken.
fn read(file: &Path) -> Option<Vec<Tensor>> {
    let mut named = Tensor::read_safetensors(file).ok()?;
    named.sort_by(|a, b| a.0.cmp(&b.0));
    Some(named.into_iter().map(|(_, map)| map).collect())
        .filter(|maps: &Vec<Tensor>| !maps.is_empty())
}

fn write(file: &Path, maps: &[Tensor]) {
    let partial = file.with_extension(format!("new-{}", std::process::id()));
    let named: Vec<(String, &Tensor)> =
        maps.iter().enumerate().map(|(at, map)| (format!("map{at}"), map)).collect();
    let written = file.parent().is_some_and(|folder| std::fs::create_dir_all(folder).is_ok())
        && Tensor::write_safetensors(&named, &partial).is_ok()
        && std::fs::rename(&partial, file).is_ok();
    if !written {
        tracing::warn!(file = %file.display(), "what the backbone answered cannot be kept");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backbone_is_asked_once_for_each_picture() {
        let folder = tempfile::tempdir().unwrap();
        let kept = KeptMaps::new(folder.path(), "abc");
        let input = |value: f64| Tensor::full([1, 3, 4, 4], value, (Kind::Float, tch::Device::Cpu));
        let mut asked = 0;
        let mut ask = |value: f64| {
            let maps = kept.get_or(&input(value), || {
                asked += 1;
                Ok(vec![input(value) * 2.0, input(value) * 3.0])
            });
            maps.unwrap().iter().map(|map| map.double_value(&[0, 0, 0, 0])).collect::<Vec<_>>()
        };
        assert_eq!(ask(1.0), [2.0, 3.0]);
        assert_eq!(ask(1.0), [2.0, 3.0]);
        assert_eq!(ask(2.0), [4.0, 6.0]);
        assert_eq!(asked, 2);
        let other = KeptMaps::new(folder.path(), "abd");
        let maps = other.get_or(&input(1.0), || Ok(vec![input(9.0)])).unwrap();
        assert_eq!(maps[0].double_value(&[0, 0, 0, 0]), 9.0, "another backbone is another answer");
    }

    #[test]
    fn a_folder_that_cannot_be_written_keeps_nothing() {
        let kept = KeptMaps::new(Path::new("/proc/none"), "abc");
        let input = Tensor::zeros([1, 3, 4, 4], (Kind::Float, tch::Device::Cpu));
        assert_eq!(kept.get_or(&input, || Ok(vec![input.shallow_clone()])).unwrap().len(), 1);
    }
}
