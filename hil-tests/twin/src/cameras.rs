//! The twin's cameras: each paints what stands under it and offers it as shared-memory video.
//!
//! A camera owns a GStreamer pipeline `appsrc ! shmsink` and a thread that feeds it at the line
//! file's rate. A reader may come, die and come again; without one the pictures are thrown away,
//! as light is that falls into no camera.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use capture::CameraSection;
use gstreamer::{self as gst, prelude::*};
use gstreamer_app::AppSrc;
use thiserror::Error;

use super::{
    clock,
    line::SimulatedLine,
    pictures::{PictureSet, PictureShow, PicturesError},
    scene::{self, Scene, Standing},
};

/// Why a camera cannot be simulated.
#[derive(Debug, Error)]
pub enum CameraError {
    /// The line file wants another kind of source.
    #[error(
        "camera {camera} has the source {source_uri}, but the twin can only be a camera at \
         shm:<socket>: change its source in the line file"
    )]
    NotShm {
        /// The camera.
        camera: String,
        /// Its source.
        source_uri: String,
    },
    /// GStreamer refused.
    #[error(
        "camera {camera}: {cause}; check that the GStreamer plugin packages of the set-up are \
         installed"
    )]
    Pipeline {
        /// The camera.
        camera: String,
        /// What it said.
        cause: String,
    },
}

/// So far before it is seen, an item is drawn: more than the belt travels meanwhile, in millimetres.
const SOON_MM: f64 = 150.0;

/// What a camera sees: rendered items, or pictures from a folder.
enum View {
    Scene(Box<Scene>),
    Pictures(PictureShow),
}

impl View {
    fn frame(
        &mut self,
        travel_mm: f64,
        items: &[Standing],
        number: u64,
    ) -> Result<&[u8], PicturesError> {
        match self {
            Self::Scene(scene) => Ok(scene.frame(travel_mm, items, number)),
            Self::Pictures(show) => show.frame(items),
        }
    }
}

/// A camera that hangs: from an item on it delivers its last picture again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// The camera.
    pub camera: String,
    /// Number of the first item that it does not show any more.
    pub from_item: u64,
}

/// A running camera; it stops when dropped.
pub struct ShmCamera {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    socket: PathBuf,
}

impl ShmCamera {
    /// Starts the camera of `section` over `line`.
    ///
    /// # Errors
    /// The source is no `shm:` socket, or GStreamer refuses the pipeline.
    pub fn start(
        section: &CameraSection,
        line: Arc<Mutex<SimulatedLine>>,
        pictures: Option<&PictureSet>,
        freeze: Option<&Freeze>,
    ) -> Result<Self, CameraError> {
        let camera = section.name.clone();
        let failed = |cause: String| CameraError::Pipeline { camera: camera.clone(), cause };
        let socket = section.source.strip_prefix("shm:").ok_or_else(|| CameraError::NotShm {
            camera: camera.clone(),
            source_uri: section.source.clone(),
        })?;
        let socket = PathBuf::from(socket);
        // A socket left behind by a killed twin would make shmsink choose another name.
        if socket.exists() {
            fs::remove_file(&socket).map_err(|error| {
                failed(format!("cannot remove the old socket {}: {error}", socket.display()))
            })?;
        }
        let (pipeline, source) = pipeline(section, &socket).map_err(|e| failed(e.to_string()))?;
        pipeline.set_state(gst::State::Playing).map_err(|error| failed(error.to_string()))?;

        let view = match pictures {
            None => View::Scene(Box::new(Scene::new(
                &section.name,
                section.width_px,
                section.height_px,
            ))),
            Some(set) => View::Pictures(PictureShow::new(
                set,
                &section.name,
                section.width_px,
                section.height_px,
                section.tolerance_mm,
            )),
        };
        let stop = Arc::new(AtomicBool::new(false));
        let feeder = Feeder {
            line,
            view,
            source,
            position_mm: section.position_mm,
            interval: Duration::from_secs(1) / section.fps,
            frozen_from: freeze.filter(|one| one.camera == section.name).map(|one| one.from_item),
            stop: Arc::clone(&stop),
        };
        let thread = thread::Builder::new()
            .name(format!("camera {}", section.name))
            .spawn(move || {
                feeder.run();
                if let Err(error) = pipeline.set_state(gst::State::Null) {
                    tracing::warn!("a camera's pipeline did not stop: {error}");
                }
            })
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self { stop, thread: Some(thread), socket })
    }
}

impl Drop for ShmCamera {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the camera at {} panicked", self.socket.display());
        }
        // shmsink removes its socket itself; this is for one that it could not.
        let _ = fs::remove_file(&self.socket);
    }
}

fn pipeline(
    section: &CameraSection,
    socket: &std::path::Path,
) -> Result<(gst::Pipeline, AppSrc), Box<dyn std::error::Error>> {
    gst::init()?;
    let caps = gst::Caps::builder("video/x-raw")
        .field("format", "RGB")
        .field("width", i32::try_from(section.width_px)?)
        .field("height", i32::try_from(section.height_px)?)
        .field("framerate", gst::Fraction::new(i32::try_from(section.fps)?, 1))
        .build();
    let source = AppSrc::builder()
        .caps(&caps)
        .is_live(true)
        .format(gst::Format::Time)
        .do_timestamp(true)
        .build();
    // Two pictures may wait; then the older is dropped: the line does not wait for a reader.
    source.set_property("max-buffers", 2u64);
    source.set_property_from_str("leaky-type", "downstream");
    let sink = gst::ElementFactory::make("shmsink")
        .property("socket-path", socket.to_string_lossy().as_ref())
        .property("wait-for-connection", false)
        .property("sync", false)
        .build()?;
    let pipeline = gst::Pipeline::new();
    pipeline.add(&source)?;
    pipeline.add(&sink)?;
    source.link(&sink)?;
    Ok((pipeline, source))
}

/// The thread that paints and pushes.
struct Feeder {
    line: Arc<Mutex<SimulatedLine>>,
    view: View,
    source: AppSrc,
    position_mm: f64,
    interval: Duration,
    /// The item from which on it hangs.
    frozen_from: Option<u64>,
    stop: Arc<AtomicBool>,
}

impl Feeder {
    fn run(mut self) {
        let mut due = clock::monotonic();
        let mut number = 0;
        let mut last = Vec::new();
        let mut hangs = false;
        while !self.stop.load(Ordering::Relaxed) {
            clock::sleep_until(due);
            let (travel_mm, coming) = self.look();
            if let View::Scene(scene) = &mut self.view {
                scene.announce(&coming);
            }
            let is_before = |item: &Standing| item.offset_mm.abs() < scene::reach_mm(&item.what);
            let items: Vec<Standing> = coming.into_iter().filter(is_before).collect();
            hangs |=
                self.frozen_from.is_some_and(|from| items.iter().any(|one| one.number >= from));
            if !hangs || last.is_empty() {
                match self.view.frame(travel_mm, &items, number) {
                    Ok(frame) => last = frame.to_vec(),
                    Err(error) => {
                        tracing::error!("{error}");
                        return;
                    }
                }
            }
            let buffer = gst::Buffer::from_slice(last.clone());
            if self.source.push_buffer(buffer).is_err() {
                tracing::error!("shmsink takes no more pictures: is its folder writable?");
                return;
            }
            number += 1;
            due += self.interval;
            // After a stall the camera goes on at its rate; a real one does not catch up either.
            while due < clock::monotonic() {
                due += self.interval;
            }
        }
    }

    /// The belt's travel now, and what stands before the camera or soon will.
    fn look(&self) -> (f64, Vec<Standing>) {
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let travel_mm = line.world.travel_mm(clock::monotonic());
        let standing = line.world.on_belt().filter_map(|item| {
            let offset_mm = item.position(travel_mm) - self.position_mm;
            let reach_mm = scene::reach_mm(&item.what);
            (-reach_mm - SOON_MM..reach_mm).contains(&offset_mm).then(|| Standing {
                number: item.number,
                what: item.what.clone(),
                offset_mm,
            })
        });
        (travel_mm, standing.collect())
    }
}
