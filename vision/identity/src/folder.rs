//! **Catalogue folder**: pictures by SKU.
//!
//! | path | meaning |
//! | --- | --- |
//! | `DIR/<sku>.jpg` | the catalogue picture: the item on white ground, as shops show it |
//! | `DIR/<sku>/*.jpg` | photographs of good items |
//!
//! Either is enough, and other endings of pictures do as well.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base::dataset::{DatasetError, evenly, folders_in, pictures_in};

/// The pictures of one SKU; at least one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SkuPictures {
    /// The catalogue picture.
    pub catalogue: Option<PathBuf>,
    /// Photographs, in name order.
    pub photographs: Vec<PathBuf>,
}

impl SkuPictures {
    /// The catalogue picture, and at most `shots` photographs, evenly chosen; `None` for all of them.
    pub fn files(&self, shots: Option<usize>) -> Vec<PathBuf> {
        let shots = shots.unwrap_or(self.photographs.len());
        self.catalogue.iter().cloned().chain(evenly(&self.photographs, shots)).collect()
    }
}

/// The pictures of each SKU, by the SKU's name.
///
/// # Errors
/// When a folder cannot be read.
pub fn pictures_by_sku(folder: &Path) -> Result<BTreeMap<String, SkuPictures>, DatasetError> {
    let mut found: BTreeMap<String, SkuPictures> = BTreeMap::new();
    for sku in folders_in(folder)? {
        let photographs = pictures_in(&folder.join(&sku))?;
        if !photographs.is_empty() {
            found.insert(sku, SkuPictures { catalogue: None, photographs });
        }
    }
    for picture in pictures_in(folder)? {
        let sku = picture.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        found.entry(sku).or_default().catalogue = Some(picture);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sku_has_photographs_and_a_catalogue_picture_or_one_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("tea")).unwrap();
        std::fs::create_dir_all(root.join("none")).unwrap();
        for file in ["tea.jpg", "milk.png", "notes.txt", "tea/2.jpg", "tea/1.jpg"] {
            std::fs::write(root.join(file), "").unwrap();
        }
        let found = pictures_by_sku(root).unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), ["milk", "tea"]);
        let tea = ["tea.jpg", "tea/1.jpg", "tea/2.jpg"].map(|file| root.join(file));
        assert_eq!(found["tea"].files(None), tea);
        assert_eq!(found["tea"].files(Some(1)), tea[..2]);
        assert_eq!(found["milk"].files(Some(1)), [root.join("milk.png")]);
        assert!(pictures_by_sku(&root.join("away")).is_err());
    }
}
