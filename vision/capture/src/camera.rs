//! A **camera**: a supervised pipeline that ends in a ring of frames.
//!
//! One thread per camera opens the pipeline, takes its pictures, reads its bus (errors and the end
//! of the stream arrive there and nowhere else) and watches for silence. Whatever goes wrong with
//! the source, the thread closes the pipeline, waits, and opens it anew: 250 ms at first, twice as
//! long after each attempt that brought no picture, up to `retry_max_ms`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use gstreamer as gst;
use line::backoff::Backoff;
use serde::{Deserialize, Serialize};

use super::pipeline::{Session, build};
use super::ring::Ring;
use super::source::{Source, SourceError};
use crate::section::CameraSection;

/// Pause before the first attempt to open a source anew.
const RETRY_FIRST: Duration = Duration::from_millis(250);

/// Why a camera cannot be started at all. A source that is merely absent is no such reason.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// GStreamer itself did not start.
    #[error("GStreamer did not start: {0}; is the package gstreamer1.0-plugins-base installed?")]
    Gstreamer(gst::glib::Error),
    /// The line file's source is not understood.
    #[error("camera {camera}: {cause}")]
    Source {
        /// The camera's name.
        camera: String,
        /// What is wrong with the source.
        cause: SourceError,
    },
    /// The pipeline needs an element that is not installed.
    #[error("camera {camera}: GStreamer has no element {element}; install {package}")]
    MissingElement {
        /// The camera's name.
        camera: String,
        /// The element that is missing.
        element: String,
        /// The package that brings it.
        package: &'static str,
    },
    /// The pipeline cannot be built.
    #[error("camera {camera}: {cause} in the pipeline `{pipeline}`; correct the camera's source")]
    Pipeline {
        /// The camera's name.
        camera: String,
        /// What GStreamer said.
        cause: gst::glib::Error,
        /// The pipeline in gst-launch notation.
        pipeline: String,
    },
    /// The system gave no thread.
    #[error("camera {camera}: no thread to capture in: {cause}")]
    Thread {
        /// The camera's name.
        camera: String,
        /// What the system said.
        cause: std::io::Error,
    },
}

/// What happened at one camera since it was started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct CaptureCounters {
    /// Frames that reached the ring.
    pub received: u64,
    /// Frames that the source delivered and nobody saw: too many at once, or out of order.
    pub dropped: u64,
    /// Frames that reached the ring long after they were taken (three picture intervals, and at
    /// least 100 ms).
    pub late: u64,
    /// Failures of the source, and frames or files that could not be read.
    pub errors: u64,
    /// Attempts to open the source anew.
    pub reconnects: u64,
}

/// Whether a camera delivers pictures now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CameraState {
    /// Opened for the first time, no picture yet.
    Starting,
    /// Pictures arrive.
    Streaming,
    /// No pictures; it is tried again and again.
    Down {
        /// What ended the pictures, or prevents them.
        cause: String,
    },
}

/// A running camera; dropping it stops it.
#[derive(Debug)]
pub struct Camera {
    name: Arc<str>,
    shared: Arc<Shared>,
    /// Dropped to stop the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the capturing thread writes and the camera's users read.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) ring: Arc<Ring>,
    pub(super) received: AtomicU64,
    pub(super) dropped: AtomicU64,
    pub(super) late: AtomicU64,
    pub(super) errors: Arc<AtomicU64>,
    pub(super) reconnects: AtomicU64,
    state: Mutex<CameraState>,
}

impl Camera {
    /// Starts to capture. Fails only where trying again could not help: a source that is not
    /// understood, a pipeline that cannot be built, an element that is not installed.
    pub fn start(section: CameraSection) -> Result<Camera, CaptureError> {
        gst::init().map_err(CaptureError::Gstreamer)?;
        let camera = section.name.clone();
        let source = Source::parse(&section)
            .map_err(|cause| CaptureError::Source { camera: camera.clone(), cause })?;
        build(&section, &source)?;
        let shared = Arc::new(Shared {
            ring: Arc::new(Ring::new(section.ring_frames)),
            received: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            late: AtomicU64::new(0),
            errors: Arc::new(AtomicU64::new(0)),
            reconnects: AtomicU64::new(0),
            state: Mutex::new(CameraState::Starting),
        });
        let (stop, stopped) = mpsc::channel();
        let name: Arc<str> = section.name.as_str().into();
        let thread = std::thread::Builder::new()
            .name(format!("camera-{camera}"))
            .spawn({
                let shared = Arc::clone(&shared);
                move || supervise(&section, &source, &shared, &stopped)
            })
            .map_err(|cause| CaptureError::Thread { camera, cause })?;
        Ok(Camera { name, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// The camera's name, as in the line file.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The latest frames; the same ring over all reconnections.
    pub fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.shared.ring)
    }

    /// What happened so far.
    pub fn counters(&self) -> CaptureCounters {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CaptureCounters {
            received: get(&self.shared.received),
            dropped: get(&self.shared.dropped),
            late: get(&self.shared.late),
            errors: get(&self.shared.errors),
            reconnects: get(&self.shared.reconnects),
        }
    }

    /// Whether pictures arrive now.
    pub fn state(&self) -> CameraState {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!(camera = %self.name, "the capturing thread had panicked");
        }
    }
}

impl Shared {
    pub(super) fn set_state(&self, state: CameraState) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

/// Opens the source again and again until the camera is stopped.
fn supervise(section: &CameraSection, source: &Source, shared: &Shared, stopped: &Receiver<()>) {
    let longest = Duration::from_millis(section.retry_max_ms.into());
    let mut backoff = Backoff::new(RETRY_FIRST, longest);
    loop {
        let before = shared.received.load(Ordering::Relaxed);
        let cause = match Session::open(section, source, shared) {
            Ok(mut session) => session.run(stopped),
            Err(cause) => Some(cause),
        };
        let Some(cause) = cause else { return };
        if shared.received.load(Ordering::Relaxed) > before {
            backoff.worked();
        }
        let pause = backoff.failed();
        tracing::warn!(camera = section.name, cause, ?pause, "no pictures; opening anew");
        shared.errors.fetch_add(1, Ordering::Relaxed);
        shared.set_state(CameraState::Down { cause });
        match stopped.recv_timeout(pause) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
        }
        shared.reconnects.fetch_add(1, Ordering::Relaxed);
    }
}
