//! One life of a camera's **pipeline**, from opening to its end: built from the source's words,
//! paced, its pictures taken into the ring, its bus read.
//!
//! Capture times are the buffers' running time plus the pipeline's base time; the pipeline runs on
//! GStreamer's system clock, which is CLOCK_MONOTONIC. Nothing on the way may queue without bound:
//! the sink holds [`SINK_FRAMES`], drops the oldest beyond, and each loss is counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use gstreamer_video::VideoFrameExt;

use super::camera::{CameraState, CaptureError, Shared};
use super::replay;
use super::ring::Frame;
use super::source::{REPLAY_FEED, Source, package_of};
use crate::section::CameraSection;
use base::picture::Picture;
use line::clock::monotonic;

/// Longest wait for a picture before the bus is read again.
const PULL: gst::ClockTime = gst::ClockTime::from_mseconds(50);
/// Frames that may wait between the pipeline and the capturing thread.
const SINK_FRAMES: u32 = 4;
/// A frame is late when it reaches the ring this many picture intervals after it was taken...
const LATE_INTERVALS: u32 = 3;
/// ...and also at least this long after.
const LATE_MIN: Duration = Duration::from_millis(100);

/// A frame taken later than one picture interval from now, and at least this much later, has a wrong
/// time: the source's clock jumped. In the ring it would hide every frame until that time.
const AHEAD_MIN: Duration = Duration::from_millis(100);

/// The pipeline of `source` with its sink, not yet started.
pub(super) fn build(
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
    let sink = gst_app::AppSink::builder().max_buffers(SINK_FRAMES).drop(true).build();
    let pipeline = gst::Pipeline::new();
    // The same clock in every camera and every process of the host.
    pipeline.use_clock(Some(&gst::SystemClock::obtain()));
    pipeline.add(&bin).and_then(|()| pipeline.add(&sink)).and_then(|()| bin.link(&sink)).map_err(
        |error| CaptureError::Pipeline {
            camera: camera(),
            cause: gst::glib::Error::new(gst::ParseError::Link, &error.to_string()),
            pipeline: source.description.clone(),
        },
    )?;
    Ok((pipeline, sink))
}

/// One life of the pipeline, from opening to its end.
pub(super) struct Session<'a> {
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
    /// Opens the source; the cause when it does not open.
    pub(super) fn open(
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
                return Err(session.failure().unwrap_or("the source did not open".into()));
            }
        };
        session.sink.set_sync(!live);
        if session.pipeline.set_state(gst::State::Playing).is_err() {
            return Err(session.failure().unwrap_or("the source did not start".into()));
        }
        Ok(session)
    }

    /// Takes pictures until something ends them: the cause, or `None` when the camera was stopped.
    pub(super) fn run(&mut self, stopped: &Receiver<()>) -> Option<String> {
        let silence = Duration::from_millis(self.section.stall_ms.into());
        let mut last = Instant::now();
        loop {
            if !matches!(stopped.try_recv(), Err(TryRecvError::Empty)) {
                return None;
            }
            if let Some(sample) = self.sink.try_pull_sample(PULL) {
                match self.take(&sample) {
                    Ok(true) => last = Instant::now(),
                    // Older than the ring's newest: counted, but no sign of life.
                    Ok(false) => {}
                    Err(cause) => {
                        self.shared.errors.fetch_add(1, Ordering::Relaxed);
                        tracing::warn!(camera = self.section.name, cause, "a frame is not usable");
                    }
                }
            }
            if let Some(cause) = self.failure() {
                return Some(cause);
            }
            if self.sink.is_eos() {
                return Some("the source ended".into());
            }
            if last.elapsed() > silence {
                return Some(format!("no usable picture for {} ms", self.section.stall_ms));
            }
        }
    }

    /// Puts one sample into the ring; whether the ring took it.
    fn take(&mut self, sample: &gst::Sample) -> Result<bool, String> {
        let buffer = sample.buffer_owned().ok_or("a sample without a buffer")?;
        let ordinal = buffer.offset();
        let lost = ordinal.saturating_sub(self.expected);
        self.shared.dropped.fetch_add(lost, Ordering::Relaxed);
        self.expected = ordinal + 1;

        let now = monotonic();
        let at = self.taken_at(sample, &buffer).unwrap_or(now);
        let interval = Duration::from_secs(1) / self.section.fps;
        if at > now + interval.max(AHEAD_MIN) {
            return Err("its time lies in the future: the source's clock jumped".into());
        }
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
        let mut picture = Picture::from_video_frame(frame, self.section.grey_bits)
            .map_err(|error| error.to_string())?;
        if self.copy_out {
            picture = picture.into_owned();
        }
        let camera = Arc::clone(&self.camera);
        let frame = Frame::new(camera, at, picture).after(self.shared.ring.latest().as_deref());
        let pushed = self.shared.ring.push(Arc::new(frame));
        if pushed {
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
        Ok(pushed)
    }

    /// When the picture was taken, since the zero of CLOCK_MONOTONIC.
    fn taken_at(&self, sample: &gst::Sample, buffer: &gst::Buffer) -> Option<Duration> {
        let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
        let running = segment.to_running_time(buffer.pts()?)?;
        Some(Duration::from_nanos((running + self.sink.base_time()?).nseconds()))
    }

    /// The first error on the bus.
    fn failure(&self) -> Option<String> {
        let wanted = [gst::MessageType::Error, gst::MessageType::Warning];
        while let Some(message) = self.bus.pop_filtered(&wanted) {
            match message.view() {
                gst::MessageView::Error(error) => {
                    let element = message.src().map(|s| s.name().to_string()).unwrap_or_default();
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
            tracing::warn!(camera = self.section.name, "the pipeline did not close cleanly");
        }
    }
}

/// Numbers the frames as they reach the sink, so that a gap tells how many it dropped.
fn number_frames(sink: &gst_app::AppSink) {
    let pad = sink.static_pad("sink").expect("a sink has a sink pad");
    let next = AtomicU64::new(0);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(buffer) = info.buffer_mut() {
            buffer.make_mut().set_offset(next.fetch_add(1, Ordering::Relaxed));
        }
        gst::PadProbeReturn::Ok
    });
}
