//! Watches whether what was learned fits the line, and tells the page, the fleet and the log.

use std::time::Duration;

use line::line_file::{self, Mistake};
use tokio::sync::watch;
use vision::fit::{Fit, Misfit};

use crate::config::LineFile;

/// Pause between two looks: `inspectctl learn` may write a reference at any time.
const PERIOD: Duration = Duration::from_secs(30);

/// What [`Fit`] has to say about the line.
pub fn fit(line: &LineFile) -> Fit {
    // A SKU that is learned on the belt may be missing.
    let must_be_known = line.line.sku.as_deref().filter(|_| line.learning.learn_after_items == 0);
    Fit::new(must_be_known, &line.camera, &line.model, &line.identity)
}

/// What is no mistake in the line file `text`, and probably not meant: in itself, or since what was learned does not
/// fit it.
pub fn warnings(line: &LineFile, text: &str) -> Vec<Mistake> {
    let mut warnings = line.warnings();
    warnings.extend(misfits(fit(line).look_at_all()));
    line_file::located(text, warnings)
}

/// What does not fit, each at its key.
pub fn misfits(found: Vec<Misfit>) -> impl Iterator<Item = Mistake> {
    found.into_iter().map(|misfit| Mistake::new(&misfit.key, misfit.what, misfit.remedy))
}

/// Looks now and then, until the receiver is gone. Each misfit is logged when it appears.
///
/// # Panics
/// Outside a tokio runtime with time.
pub fn watch(line: &LineFile) -> watch::Receiver<Vec<Misfit>> {
    let (told, receiver) = watch::channel(Vec::<Misfit>::new());
    let mut fit = fit(line);
    tokio::spawn(async move {
        loop {
            let looking = tokio::task::spawn_blocking(move || {
                let misfits = fit.look();
                (fit, misfits)
            });
            // It fails only where it panicked: the box goes on without it.
            let Ok((again, misfits)) = looking.await else { return };
            fit = again;
            for misfit in misfits.iter().filter(|misfit| !told.borrow().contains(*misfit)) {
                tracing::warn!("{}; {}", misfit.what, misfit.remedy);
            }
            if told.send(misfits).is_err() {
                return;
            }
            tokio::time::sleep(PERIOD).await;
        }
    });
    receiver
}
