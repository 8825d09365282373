//! Questions about many records, which are broken off when they take too long.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use calib::the_box::NoAnswer;

use crate::records::{Records, StoreError};

/// How long a search may take: records without an index for what is looked for are read one by one.
const PATIENCE: Duration = Duration::from_secs(5);

/// What `question` answers, unless it takes too long.
///
/// # Errors
/// Those of the question, and [`PATIENCE`] has run out.
pub(super) fn with_patience<T>(
    records: &Records,
    question: impl FnOnce(&Records) -> Result<T, StoreError>,
) -> Result<T, NoAnswer> {
    let stop = records.interrupt_handle();
    let (done, is_done) = mpsc::channel::<()>();
    let watch = thread::Builder::new().name("page-search".to_owned()).spawn(move || {
        let late = is_done.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout);
        if late {
            stop.interrupt();
        }
        late
    });
    let watch = watch.map_err(|error| NoAnswer::Failed(format!("no search is begun: {error}")))?;
    let found = question(records);
    drop(done);
    match (found, watch.join()) {
        (Ok(found), _) => Ok(found),
        (Err(_), Ok(true)) => Err(NoAnswer::Failed(format!(
            "the search took more than {} s and was broken off; name a shorter time, or a SKU",
            PATIENCE.as_secs()
        ))),
        (Err(error), _) => Err(error.into()),
    }
}
