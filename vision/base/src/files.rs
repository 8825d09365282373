//! **Files** that are written whole or not at all.

use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Writes `content` beside `path` and renames it, so that a reader sees the old file or the new.
///
/// # Errors
/// The system's; the old file stays then.
pub fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let temporary = path.with_extension(format!("new-{}", std::process::id()));
    let mut file = File::create(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)
}
