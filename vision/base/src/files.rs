//! **Files** that are written whole or not at all.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes `content` beside `path` and renames it, so that a reader sees the old file or the new.
///
/// # Errors
/// The system's; the old file stays then.
pub fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    replace_with(path, |file| file.write_all(content))
}

/// The same for content that is too large to be held in memory: `write` writes it.
///
/// # Errors
/// The system's, and those of `write`; the old file stays then.
pub fn replace_with(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let temporary = path.with_extension(format!("new-{}", std::process::id()));
    let written = (|| {
        let mut file = BufWriter::new(File::create(&temporary)?);
        write(&mut file)?;
        file.into_inner()?.sync_all()?;
        std::fs::rename(&temporary, path)
    })();
    if written.is_err() {
        // Of no use any more; what could not be written is told, not that this could not be removed.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}
