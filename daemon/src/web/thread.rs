//! The page's thread, with a runtime of its own: nothing that a browser asks for is worked on where
//! the inspection loop runs, and the system prefers the line's threads to it.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::process::setpriority_process;
use tokio::runtime::Runtime;
use tokio::sync::{oneshot, watch};

use super::limits::Limits;
use super::status::PageStatus;
use super::{Page, WebError};

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
    /// again. `records_folder` is the line file's `[store] folder`.
    ///
    /// # Errors
    /// The system's, when it starts no thread.
    pub fn start(
        listen: SocketAddr,
        status: watch::Receiver<Arc<PageStatus>>,
        records_folder: PathBuf,
    ) -> io::Result<Self> {
        let first = Page::bind(listen);
        let address = first.as_ref().ok().map(Page::address);
        let (stop, stopped) = oneshot::channel();
        thread::Builder::new().name("page".to_owned()).spawn(move || {
            if let Err(error) = setpriority_process(None, NICE) {
                tracing::warn!("cannot lower the priority of the page's thread: {error}");
            }
            run_until(stopped, serve(first, listen, status, records_folder));
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
                "cannot serve the status page: {error}. It is tried again every {} s",
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
    listen: SocketAddr,
    status: watch::Receiver<Arc<PageStatus>>,
    records_folder: PathBuf,
) {
    let mut bound = first;
    loop {
        let failed = match bound {
            Ok(page) => {
                tracing::info!("status page on http://{}/; {}", page.address(), page.limits_told());
                let Err(error) = page.serve(status.clone(), records_folder.clone()).await;
                error
            }
            Err(error) => error,
        };
        tracing::error!("{failed}");
        tokio::time::sleep(RETRY).await;
        bound = Page::bind(listen);
    }
}
