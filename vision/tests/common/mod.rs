//! The pictures beside the repository, which some tests need and a clone does not bring.

use std::path::{Path, PathBuf};

/// `folder` of `shared/data`, above this crate. Where it is absent the test says SKIPPED, and fails on a machine of
/// continuous integration (`CI` is set), unless that has said that it has no pictures (`INSPECTD_MAY_SKIP`).
pub fn shared_data(folder: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut above = root.ancestors().map(|above| above.join("shared/data").join(folder));
    let found = above.find(|folder| folder.is_dir());
    if found.is_none() {
        println!("SKIPPED: shared/data/{folder} is not beside this repository");
        let may_skip = std::env::var("INSPECTD_MAY_SKIP").unwrap_or_default();
        let may_skip = may_skip.split_whitespace().any(|what| what == "pictures");
        let is_ci = std::env::var_os("CI").is_some();
        assert!(may_skip || !is_ci, "shared/data/{folder} is missing; see .ci/run");
    }
    found
}
