//! What is done with one item's codes: each view is searched for sharp ones, which takes milliseconds.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::queue::{Queue, Taken};
use super::{CodeJob, CodesDone, Readings};
use crate::config::LabelSection;
use base::panics::panic_message;
use meaning::reading::Reading;
use reading::reader::codes_of;

/// Works off the queue until it is closed.
pub(super) fn run(
    section: &LabelSection,
    queue: &Queue<CodeJob>,
    mut on_done: impl FnMut(CodesDone),
) {
    while let Some(Taken { job, since, .. }) = queue.take() {
        let views = catch_unwind(AssertUnwindSafe(|| read(section, &job)));
        let views = views.unwrap_or_else(|panic| {
            let cause = format!("reading codes panicked: {}; see the log", panic_message(&*panic));
            tracing::error!(item = job.item, cause, "codes were not read");
            let cameras = job.views.iter().map(|(camera, _)| Arc::clone(camera));
            cameras.map(|camera| (camera, Err(cause.clone()))).collect()
        });
        on_done(CodesDone { item: job.item, views, took: since.elapsed() });
    }
}

fn read(section: &LabelSection, job: &CodeJob) -> Readings {
    let each = job.views.iter().map(|(camera, frame)| {
        // Codes that are out of focus take long: they are looked for with the text, where one is missing.
        let codes = codes_of(&frame.picture, &section.codes, Some(Duration::ZERO));
        let reading = codes.map(|codes| Reading::of(Vec::new(), codes, &job.context));
        (Arc::clone(camera), reading.map_err(|error| error.to_string()))
    });
    each.collect()
}
