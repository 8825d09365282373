//! A **camera**: a supervised pipeline that ends in a ring of frames.
//!
//! One thread per camera opens the pipeline, takes its pictures, reads its bus (errors and the end
//! of the stream arrive there and nowhere else) and watches for silence. Whatever goes wrong with
//! the source, the thread closes the pipeline, waits, and opens it anew: 250 ms at first, twice as
//! long after each attempt that brought no picture, up to `retry_max_ms`.
//!
//! Capture times are the buffers' running time plus the pipeline's base time; the pipeline runs on
//! GStreamer's system clock, which is CLOCK_MONOTONIC. Nothing on the way may queue without bound:
//! the sink holds [`SINK_FRAMES`], drops the oldest beyond, and each loss is counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use gstreamer_video::VideoFrameExt;
use serde::Serialize;

use super::monotonic_now;
use super::replay;
use super::ring::{Frame, Ring};
use super::source::{REPLAY_FEED, Source, SourceError, package_of};
use crate::config::CameraSection;
use crate::picture::Picture;

/// Pause before the first attempt to open a source anew.
const RETRY_FIRST: Duration = Duration::from_millis(250);
/// Longest wait for a picture before the bus is read again.
const PULL: gst::ClockTime = gst::ClockTime::from_mseconds(50);
/// Frames that may wait between the pipeline and the capturing thread.
const SINK_FRAMES: u32 = 4;
/// A frame is late when it reaches the ring this many picture intervals after it was taken...
const LATE_INTERVALS: u32 = 3;
/// ...and also at least this long after.
const LATE_MIN: Duration = Duration::from_millis(100);

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
    #[error("camera {camera}: GStreamer has no element {element}; install package {package}")]
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
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

#[derive(Debug)]
struct Shared {
    ring: Arc<Ring>,
    received: AtomicU64,
    dropped: AtomicU64,
    late: AtomicU64,
    errors: Arc<AtomicU64>,
    reconnects: AtomicU64,
    state: Mutex<CameraState>,
}

impl Camera {
    /// Starts to capture. Fails only where trying again could not help: a source that is not
    /// understood, a pipeline that cannot be built, an element that is not installed.
    pub fn start(section: CameraSection) -> Result<Camera, CaptureError> {
        gst::init().map_err(CaptureError::Gstreamer)?;
        let camera = section.name.clone();
        let source = Source::parse(&section).map_err(|cause| CaptureError::Source {
            camera: camera.clone(),
            cause,
        })?;
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
        Ok(Camera {
            name,
            shared,
            stop: Some(stop),
            thread: Some(thread),
        })
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
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
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
    fn set_state(&self, state: CameraState) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

/// Opens the source again and again until the camera is stopped.
fn supervise(section: &CameraSection, source: &Source, shared: &Shared, stopped: &Receiver<()>) {
    let longest = Duration::from_millis(section.retry_max_ms.into());
    let mut pause = RETRY_FIRST;
    loop {
        let before = shared.received.load(Ordering::Relaxed);
        let cause = match Session::open(section, source, shared) {
            Ok(mut session) => session.run(stopped),
            Err(cause) => Some(cause),
        };
        let Some(cause) = cause else { return };
        if shared.received.load(Ordering::Relaxed) > before {
            pause = RETRY_FIRST;
        }
        tracing::warn!(
            camera = section.name,
            cause,
            ?pause,
            "no pictures; opening anew"
        );
        shared.errors.fetch_add(1, Ordering::Relaxed);
        shared.set_state(CameraState::Down { cause });
        match stopped.recv_timeout(pause) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
        }
        pause = (pause * 2).min(longest);
        shared.reconnects.fetch_add(1, Ordering::Relaxed);
    }
}

/// The pipeline of `source` with its sink, not yet started.
fn build(
    section: &CameraSection,
    source: &Source,
) -> Result<(gst::Pipeline, gst_app::AppSink), CaptureError> {
    let mut context = gst::ParseContext::new();
    let parsed = gst::parse::bin_from_description_full(
        &source.description,
        true,
        Some(&mut context),
        gst::ParseFlags::FATAL_ERRORS,
    );
    let camera = || section.name.clone();
    let bin = match parsed {
        Ok(bin) => bin,
        Err(cause) => {
            return Err(match context.missing_elements().first() {
                Some(element) => CaptureError::MissingElement {
                    camera: camera(),
                    package: package_of(element),
                    element: element.to_string(),
                },
                None => CaptureError::Pipeline {
                    camera: camera(),
                    cause,
                    pipeline: source.description.clone(),
                },
            });
        }
    };
    let sink = gst_app::AppSink::builder()
        .max_buffers(SINK_FRAMES)
        .drop(true)
        .build();
    let pipeline = gst::Pipeline::new();
    // The same clock in every camera and every process of the host.
    pipeline.use_clock(Some(&gst::SystemClock::obtain()));
    pipeline
        .add(&bin)
        .and_then(|()| pipeline.add(&sink))
        .and_then(|()| bin.link(&sink))
        .map_err(|error| CaptureError::Pipeline {
            camera: camera(),
            cause: gst::glib::Error::new(gst::ParseError::Link, &error.to_string()),
            pipeline: source.description.clone(),
        })?;
    Ok((pipeline, sink))
}

/// One life of the pipeline, from opening to its end.
struct Session<'a> {
    section: &'a CameraSection,
    shared: &'a Shared,
    copy_out: bool,
    camera: Arc<str>,
    pipeline: gst::Pipeline,
    sink: gst_app::AppSink,
    bus: gst::Bus,
    /// Ordinal of the next frame, as the probe numbers them.
    expected: u64,
    info: Option<(gst::Caps, gst_video::VideoInfo)>,
}

impl<'a> Session<'a> {
    fn open(
        section: &'a CameraSection,
        source: &Source,
        shared: &'a Shared,
    ) -> Result<Session<'a>, String> {
        let (pipeline, sink) = build(section, source).map_err(|error| error.to_string())?;
        let bus = pipeline.bus().expect("every pipeline has a bus");
        let session = Session {
            section,
            shared,
            copy_out: source.copy_out,
            camera: section.name.as_str().into(),
            pipeline,
            sink,
            bus,
            expected: 0,
            info: None,
        };
        if let Some(folder) = &source.replay {
            let feed = session
                .pipeline
                .by_name(REPLAY_FEED)
                .and_then(|element| element.downcast::<gst_app::AppSrc>().ok())
                .expect("a replay pipeline begins with an appsrc of that name");
            replay::play(&feed, folder, section, Arc::clone(&shared.errors))?;
        }
        number_frames(&session.sink);
        // Only a live source paces itself; the pictures of any other are held until their time.
        let paused = session.pipeline.set_state(gst::State::Paused);
        let live = match paused {
            Ok(gst::StateChangeSuccess::NoPreroll) => true,
            Ok(_) => false,
            Err(_) => {
                return Err(session
                    .failure()
                    .unwrap_or("the source did not open".into()));
            }
        };
        session.sink.set_sync(!live);
        if session.pipeline.set_state(gst::State::Playing).is_err() {
            return Err(session
                .failure()
                .unwrap_or("the source did not start".into()));
        }
        Ok(session)
    }

    /// Takes pictures until something ends them: the cause, or `None` when the camera was stopped.
    fn run(&mut self, stopped: &Receiver<()>) -> Option<String> {
        let silence = Duration::from_millis(self.section.stall_ms.into());
        let mut last = Instant::now();
        loop {
            if !matches!(stopped.try_recv(), Err(TryRecvError::Empty)) {
                return None;
            }
            if let Some(sample) = self.sink.try_pull_sample(PULL) {
                last = Instant::now();
                if let Err(cause) = self.take(&sample) {
                    self.shared.errors.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(camera = self.section.name, cause, "a frame is not usable");
                }
            }
            if let Some(cause) = self.failure() {
                return Some(cause);
            }
            if self.sink.is_eos() {
                return Some("the source ended".into());
            }
            if last.elapsed() > silence {
                return Some(format!("no picture for {} ms", self.section.stall_ms));
            }
        }
    }

    /// Puts one sample into the ring.
    fn take(&mut self, sample: &gst::Sample) -> Result<(), String> {
        let buffer = sample.buffer_owned().ok_or("a sample without a buffer")?;
        let ordinal = buffer.offset();
        let lost = ordinal.saturating_sub(self.expected);
        self.shared.dropped.fetch_add(lost, Ordering::Relaxed);
        self.expected = ordinal + 1;

        let now = monotonic_now();
        let at = self.taken_at(sample, &buffer).unwrap_or(now);
        let caps = sample.caps_owned().ok_or("a sample without caps")?;
        let info = match &self.info {
            Some((known, info)) if *known == caps => info.clone(),
            _ => {
                let info = gst_video::VideoInfo::from_caps(&caps).map_err(|e| e.to_string())?;
                self.info.insert((caps, info)).1.clone()
            }
        };
        let frame = gst_video::VideoFrame::from_buffer_readable(buffer, &info)
            .map_err(|_| "a buffer smaller than its picture".to_owned())?;
        debug_assert_eq!(frame.width(), self.section.width_px);
        let mut picture = Picture::from_video_frame(frame).map_err(|error| error.to_string())?;
        if self.copy_out {
            picture = picture.into_owned();
        }
        let camera = Arc::clone(&self.camera);
        if self.shared.ring.push(Arc::new(Frame {
            camera,
            at,
            picture,
        })) {
            let interval = Duration::from_secs(1) / self.section.fps;
            if now.saturating_sub(at) > (interval * LATE_INTERVALS).max(LATE_MIN) {
                self.shared.late.fetch_add(1, Ordering::Relaxed);
            }
            if self.shared.received.fetch_add(1, Ordering::Relaxed) == 0 || self.expected == 1 {
                tracing::info!(camera = self.section.name, "pictures arrive");
            }
            self.shared.set_state(CameraState::Streaming);
        } else {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// When the picture was taken, since the zero of CLOCK_MONOTONIC.
    fn taken_at(&self, sample: &gst::Sample, buffer: &gst::Buffer) -> Option<Duration> {
        let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
        let running = segment.to_running_time(buffer.pts()?)?;
        Some(Duration::from_nanos(
            (running + self.sink.base_time()?).nseconds(),
        ))
    }

    /// The first error on the bus.
    fn failure(&self) -> Option<String> {
        let wanted = [gst::MessageType::Error, gst::MessageType::Warning];
        while let Some(message) = self.bus.pop_filtered(&wanted) {
            match message.view() {
                gst::MessageView::Error(error) => {
                    let element = message
                        .src()
                        .map(|s| s.name().to_string())
                        .unwrap_or_default();
                    let detail = error.debug().map(|d| d.to_string()).unwrap_or_default();
                    tracing::debug!(camera = self.section.name, element, detail, "bus error");
                    return Some(format!("{element}: {}", error.error()));
                }
                gst::MessageView::Warning(warning) => {
                    tracing::warn!(camera = self.section.name, warning = %warning.error());
                }
                _ => {}
            }
        }
        None
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        if self.pipeline.set_state(gst::State::Null).is_err() {
            tracing::warn!(
                camera = self.section.name,
                "the pipeline did not close cleanly"
            );
        }
    }
}

/// Numbers the frames as they reach the sink, so that a gap tells how many it dropped.
fn number_frames(sink: &gst_app::AppSink) {
    let pad = sink.static_pad("sink").expect("a sink has a sink pad");
    let next = AtomicU64::new(0);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(buffer) = info.buffer_mut() {
            buffer
                .make_mut()
                .set_offset(next.fetch_add(1, Ordering::Relaxed));
        }
        gst::PadProbeReturn::Ok
    });
}
