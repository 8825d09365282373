//! Whether what was learned **fits** the line: references that no camera uses, cameras without a
//! reference, a damage head that nobody asks, a catalogue that does not know the SKU.
//!
//! None of this stops the box, and none of it is an error anywhere else: a head whose references are
//! others is simply not asked. So it is looked for, and told. Only the headers of the files are read, and of a
//! large folder only a part each time (`survey`).

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::Value;

use crate::config::{IdentitySection, ModelSection};
use base::checksum::sha256;
use capture::CameraSection;
use damage::{HEAD_FACTS_FILE, HEAD_FILE};
use features::backbone::BACKBONE_FILE;
use survey::{FOLDERS, Judge, Survey, views_in};

mod survey;

/// A header that is longer than this, in bytes, is none of ours.
const HEADER_MAX: u64 = 64 << 20;
/// References that a sentence names; it counts the rest.
const NAMED: usize = 5;
/// How the files of references end.
const ENDING: &str = "safetensors";

/// Something that was learned and cannot be used, or is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The key of the line file that names the place: section and key.
    pub key: [&'static str; 2],
    /// What does not fit.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

/// Looks at what was learned, as often as it is asked.
#[derive(Debug)]
pub struct Fit {
    /// The SKU that must be known: none on a line that meets any, or learns what it meets.
    sku: Option<String>,
    cameras: Vec<String>,
    model: ModelSection,
    catalog: Option<PathBuf>,
    /// The backbone's checksum, and of which file: time and length.
    backbone: Option<(SystemTime, u64, String)>,
    survey: Survey,
}

/// What the header of a reference says.
struct Header {
    backbone: Option<String>,
    head: Option<String>,
}

impl Fit {
    /// For a line with these `cameras`, on which `sku` runs and nothing else, or any product.
    pub fn new(
        sku: Option<&str>,
        cameras: &[CameraSection],
        model: &ModelSection,
        identity: &IdentitySection,
    ) -> Fit {
        Fit {
            sku: sku.map(str::to_owned),
            cameras: cameras.iter().map(|camera| camera.name.clone()).collect(),
            model: model.clone(),
            catalog: identity.catalog.clone(),
            backbone: None,
            survey: Survey::new(model.references.clone()),
        }
    }

    /// What does not fit, as far as is known. Each call looks at the references of 500 SKUs more; what the
    /// calls before have found stays until it is looked at again.
    pub fn look(&mut self) -> Vec<Misfit> {
        self.look_at(FOLDERS)
    }

    /// Everything that does not fit now. Takes as long as reading the headers of all references.
    pub fn look_at_all(&mut self) -> Vec<Misfit> {
        self.look_at(usize::MAX)
    }

    fn look_at(&mut self, skus: usize) -> Vec<Misfit> {
        let head = head_sha256(&self.model.damage_head);
        let judge = Judge {
            cameras: self.cameras.clone(),
            backbone: self.backbone_sha256(),
            head: head.as_ref().ok().cloned().flatten(),
        };
        self.survey.look(&judge, skus);
        let mut misfits = self.missing();
        misfits.extend(self.strangers());
        misfits.extend(self.unusable(head.err()));
        misfits.extend(self.catalogue());
        misfits
    }

    fn references(&self, what: String, remedy: String) -> Misfit {
        Misfit { key: ["model", "references"], what, remedy }
    }

    /// Cameras without a reference of the line's SKU.
    fn missing(&self) -> Vec<Misfit> {
        let Some(sku) = &self.sku else { return Vec::new() };
        let views = views_in(&self.model.references.join(sku));
        if views.is_empty() {
            let folder = self.model.references.display();
            return vec![self.references(
                format!("SKU {sku} has no reference in {folder}: its items cannot be inspected"),
                format!("learn it with `inspectctl learn --sku \"{sku}\" FOLDER`"),
            )];
        }
        let without = self.cameras.iter().filter(|camera| !views.contains(camera));
        without
            .map(|camera| {
                self.references(
                    format!(
                        "camera {camera} has no reference of SKU {sku}: its views cannot be judged"
                    ),
                    format!(
                        "learn it with `inspectctl learn --sku \"{sku}\" --view {camera} FOLDER`"
                    ),
                )
            })
            .collect()
    }

    /// References whose view is no camera.
    fn strangers(&self) -> Vec<Misfit> {
        let mut by_view: BTreeMap<&String, Vec<&str>> = BTreeMap::new();
        for (sku, wrong) in self.survey.wrong() {
            for view in &wrong.strangers {
                by_view.entry(view).or_default().push(sku);
            }
        }
        let cameras = self.cameras.join(", ");
        by_view
            .into_iter()
            .map(|(view, skus)| {
                self.references(
                    format!(
                        "references of a view `{view}` are never used (SKU {}): the cameras are \
                         called {cameras}",
                        named(&skus)
                    ),
                    format!(
                        "learn or train again with --view and a camera's name, and remove \
                         {}/<SKU>/{view}.{ENDING}",
                        self.model.references.display()
                    ),
                )
            })
            .collect()
    }

    /// References that cannot be read, or that neither the model nor the head knows. `head` is what is wrong
    /// with the head itself.
    fn unusable(&self, head: Option<String>) -> Vec<Misfit> {
        let (mut broken, mut strange, mut unasked) = (Vec::new(), Vec::new(), Vec::new());
        for (sku, wrong) in self.survey.wrong() {
            let named = |views: &[String]| -> Vec<String> {
                views.iter().map(|view| format!("{sku}/{view}")).collect()
            };
            broken.extend(named(&wrong.broken));
            strange.extend(named(&wrong.strange));
            unasked.extend(named(&wrong.unasked));
        }
        let again = "learn these SKUs again with `inspectctl learn`";
        let mut misfits = Vec::new();
        if !broken.is_empty() {
            let what = format!("references cannot be read: {}", named(&broken));
            misfits.push(self.references(what, again.to_owned()));
        }
        if !strange.is_empty() {
            let what = format!(
                "references of {} were learned with another backbone and are refused",
                named(&strange)
            );
            misfits.push(self.references(what, again.to_owned()));
        }
        let key = ["model", "damage_head"];
        if !unasked.is_empty() {
            let what = format!(
                "the damage head is not used for {}: their references were learned with another head, or with none",
                named(&unasked)
            );
            misfits.push(Misfit { key, what, remedy: again.to_owned() });
        }
        if let Some(cause) = head {
            let what = format!("the damage head cannot be used: {cause}");
            let remedy = "train it anew with `inspectctl train`".to_owned();
            misfits.push(Misfit { key, what, remedy });
        }
        misfits
    }

    /// A catalogue that is missing, broken, or does not know the SKU.
    fn catalogue(&self) -> Option<Misfit> {
        let path = self.catalog.as_ref()?;
        let misfit = |what: String| {
            let remedy = "make it with `inspectctl identify --save`".to_owned();
            Some(Misfit { key: ["identity", "catalog"], what, remedy })
        };
        let entry = match metadata_of(path) {
            Ok(metadata) => metadata.get("identity").cloned().unwrap_or_default(),
            Err(cause) => {
                return misfit(format!("the catalogue {} cannot be read: {cause}", path.display()));
            }
        };
        let sku = self.sku.as_ref()?;
        let entry: Value = serde_json::from_str(&entry).unwrap_or_default();
        let skus = entry["skus"].as_array().into_iter().flatten();
        if skus.into_iter().any(|known| known["name"] == sku.as_str()) {
            return None;
        }
        misfit(format!(
            "the catalogue {} does not know SKU {sku}: its items are not compared with it",
            path.display()
        ))
    }

    /// The checksum of the model's backbone; `None` where there is none on this machine.
    fn backbone_sha256(&mut self) -> Option<String> {
        let path = self.model.folder.join(BACKBONE_FILE);
        let facts = std::fs::metadata(&path).ok()?;
        let (time, length) = (facts.modified().ok()?, facts.len());
        if let Some((known_time, known_length, sha256)) = &self.backbone
            && (*known_time, *known_length) == (time, length)
        {
            return Some(sha256.clone());
        }
        let sha256 = sha256(&std::fs::read(path).ok()?);
        self.backbone = Some((time, length, sha256.clone()));
        Some(sha256)
    }
}

/// The checksum of the damage head in `folder`; `None` where there is no head.
fn head_sha256(folder: &Path) -> Result<Option<String>, String> {
    if !folder.join(HEAD_FILE).exists() {
        return Ok(None);
    }
    let path = folder.join(HEAD_FACTS_FILE);
    let told = |cause: String| format!("{}: {cause}", path.display());
    let facts = std::fs::read(&path).map_err(|error| told(error.to_string()))?;
    let facts: Value = serde_json::from_slice(&facts).map_err(|error| told(error.to_string()))?;
    let sha256 =
        facts["head_sha256"].as_str().ok_or_else(|| told("no checksum is in it".into()))?;
    Ok(Some(sha256.to_owned()))
}

fn header_of(path: &Path) -> Result<Header, String> {
    let metadata = metadata_of(path)?;
    let entry = |name: &str| metadata.get(name).cloned();
    Ok(Header { backbone: entry("backbone_sha256"), head: entry("head_sha256") })
}

/// The metadata in the header of a safetensors file.
fn metadata_of(path: &Path) -> Result<HashMap<String, String>, String> {
    let mut file = File::open(path).map_err(|error| error.to_string())?;
    let mut size = [0; 8];
    file.read_exact(&mut size).map_err(|error| error.to_string())?;
    let size = u64::from_le_bytes(size);
    if size > HEADER_MAX {
        return Err(format!("a header of {size} bytes is none of ours"));
    }
    let mut header = Vec::new();
    file.take(size).read_to_end(&mut header).map_err(|error| error.to_string())?;
    let header: Value = serde_json::from_slice(&header).map_err(|error| error.to_string())?;
    let entries = header["__metadata__"].as_object().into_iter().flatten();
    Ok(entries
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect())
}

/// Some of them by name, the rest counted.
fn named<T: AsRef<str>>(list: &[T]) -> String {
    let mut words: Vec<String> =
        list.iter().take(NAMED).map(|one| one.as_ref().to_owned()).collect();
    if list.len() > NAMED {
        words.push(format!("{} more", list.len() - NAMED));
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera(name: &str) -> CameraSection {
        let keys = serde_json::json!({
            "name": name, "source": "v4l2:/dev/video0", "width_px": 640, "height_px": 480, "position_mm": 100.0
        });
        serde_json::from_value(keys).expect("a section")
    }

    /// A file with nothing but a header.
    fn write(path: &Path, metadata: &[(&str, &str)]) {
        let metadata: HashMap<_, _> = metadata.iter().copied().collect();
        let header = serde_json::json!({ "__metadata__": metadata }).to_string();
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn look(root: &Path, catalog: Option<&str>) -> Vec<String> {
        let model = ModelSection {
            folder: root.join("model"),
            references: root.join("references"),
            damage_head: root.join("head"),
            references_mib: 64,
            device: Default::default(),
            engine: Default::default(),
        };
        let catalog = catalog.map(|name| root.join(name));
        let identity = IdentitySection { catalog, ..IdentitySection::default() };
        let cameras = [camera("side"), camera("top")];
        let mut fit = Fit::new(Some("tea"), &cameras, &model, &identity);
        fit.look().into_iter().map(|misfit| format!("{}; {}", misfit.what, misfit.remedy)).collect()
    }

    #[test]
    fn what_no_camera_can_use_is_named_and_what_all_can_use_is_not() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let told = look(root, None);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("SKU tea has no reference") && told[0].contains("learn --sku"));

        std::fs::create_dir_all(root.join("model")).unwrap();
        std::fs::write(root.join("model").join(BACKBONE_FILE), b"network").unwrap();
        let backbone = sha256(b"network");
        let reference = |view: &str, head: &str| {
            let path = root.join("references/tea").join(format!("{view}.safetensors"));
            write(&path, &[("backbone_sha256", &backbone), ("head_sha256", head)]);
        };
        reference("side", "one");
        reference("view", "one");
        let told = look(root, None);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("camera top has no reference of SKU tea"), "{told:?}");
        assert!(told[1].contains("view `view` are never used (SKU tea)"), "{told:?}");
        assert!(told[1].contains("cameras are called side, top"), "{told:?}");

        std::fs::remove_file(root.join("references/tea/view.safetensors")).unwrap();
        reference("top", "one");
        assert_eq!(look(root, None), Vec::<String>::new(), "all is well");

        std::fs::create_dir_all(root.join("head")).unwrap();
        std::fs::write(root.join("head").join(HEAD_FILE), b"head").unwrap();
        let facts = root.join("head").join(HEAD_FACTS_FILE);
        std::fs::write(&facts, br#"{"head_sha256": "one"}"#).unwrap();
        assert_eq!(look(root, None), Vec::<String>::new(), "the head knows both");
        std::fs::write(&facts, br#"{"head_sha256": "two"}"#).unwrap();
        let told = look(root, None);
        assert!(told[0].contains("not used for tea/side, tea/top"), "{told:?}");
        std::fs::write(root.join("model").join(BACKBONE_FILE), b"other network").unwrap();
        let told = look(root, None);
        assert!(told[0].contains("another backbone"), "{told:?}");
    }

    #[test]
    fn a_catalogue_that_does_not_know_the_sku_is_named() {
        let root = tempfile::tempdir().unwrap();
        let misfit = |catalog| look(root.path(), Some(catalog)).pop().unwrap();
        assert!(misfit("away").contains("cannot be read"));
        write(&root.path().join("rum"), &[("identity", r#"{"skus": [{"name": "rum"}]}"#)]);
        assert!(misfit("rum").contains("does not know SKU tea"));
        write(&root.path().join("tea"), &[("identity", r#"{"skus": [{"name": "tea"}]}"#)]);
        assert_eq!(look(root.path(), Some("tea")).len(), 1, "the missing reference only");
    }
}
