//! The page's thread, with a runtime of its own: nothing that a browser asks for is worked on where
//! the inspection loop runs, and the system prefers the line's threads to it.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::process::setpriority_process;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::limits::Limits;
use super::{Page, WebError};
use crate::section::WebSection;
use crate::the_box::TheBox;

/// Pause before what failed is tried again.
const RETRY: Duration = Duration::from_secs(10);

/// How far the page's threads stand back, as for nice(1): 0 is the line, 19 the most.
const NICE: i32 = 10;

/// Serves the page until it is dropped.
#[derive(Debug)]
pub struct PageThread {
    address: Option<SocketAddr>,
    /// The thread hears that this is gone. Nobody waits for it: it only reads.
    _stop: oneshot::Sender<()>,
}

impl PageThread {
    /// Starts it. Inspection goes on without the page, so a port that is taken is logged and tried
    /// again. The page keeps what is its own below `store_folder`, the line file's `[store] folder`.
    ///
    /// # Errors
    /// The system's, when it starts no thread.
    pub fn start(
        section: WebSection,
        store_folder: &Path,
        the_box: Arc<dyn TheBox>,
    ) -> io::Result<Self> {
        let first = Page::bind(&section);
        let address = first.as_ref().ok().map(Page::address);
        let (stop, stopped) = oneshot::channel();
        let store_folder = store_folder.to_owned();
        thread::Builder::new().name("page".to_owned()).spawn(move || {
            if let Err(error) = setpriority_process(None, NICE) {
                tracing::warn!("cannot lower the priority of the page's thread: {error}");
            }
            run_until(stopped, serve(first, section, store_folder, the_box));
        })?;
        Ok(Self { address, _stop: stop })
    }

    /// The address in use; none when it could not be had at once.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }
}

/// Runs `work` on this thread until its owner is gone.
fn run_until(mut stopped: oneshot::Receiver<()>, work: impl Future<Output = ()>) {
    let runtime = loop {
        match runtime() {
            Ok(runtime) => break runtime,
            Err(error) => tracing::error!(
                "cannot serve the page: {error}. It is tried again every {} s",
                RETRY.as_secs()
            ),
        }
        thread::sleep(RETRY);
        if !matches!(stopped.try_recv(), Err(oneshot::error::TryRecvError::Empty)) {
            return;
        }
    };
    runtime.block_on(async {
        tokio::select! {
            _ = stopped => {}
            () = work => {}
        }
    });
    // A question that still reads the disk is not waited for.
    runtime.shutdown_background();
}

fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(Limits::of_this_process().disk_threads())
        .thread_name("page-disk")
        .build()
}

/// Serves for ever, `first` to begin with.
async fn serve(
    first: Result<Page, WebError>,
    section: WebSection,
    store_folder: PathBuf,
    the_box: Arc<dyn TheBox>,
) {
    let mut bound = first;
    loop {
        let failed = match bound {
            Ok(page) => {
                let Err(error) = page.serve(&section, &store_folder, Arc::clone(&the_box)).await;
                error
            }
            Err(error) => error,
        };
        tracing::error!("{failed}");
        tokio::time::sleep(RETRY).await;
        bound = Page::bind(&section);
    }
}
