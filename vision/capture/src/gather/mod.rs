//! **Gathering**: for each item, from each camera, the frame in which the item stood in the
//! middle of that camera's window.
//!
//! The **target** of (item, camera) is the encoder count at which the item stands there: its count
//! at the entry eye plus the window's position in counts. The **target time** is the first time at
//! which the encoder reached the target, interpolated between two samples; a belt that stops before
//! it delays it, a belt that runs back after it changes nothing. Once a frame newer than the target
//! time has come (or has not come for [`patience`]), the nearest frame is the item's view, unless
//! the belt moved more than the window's tolerance between that frame and the target.
//!
//! A frame's time stamp comes later than its exposure by the camera's **latency**: frames are looked up
//! by when they were exposed.
//!
//! A **frozen** camera delivers the same picture again and again. A frame whose picture has not changed
//! since the item stood outside the window shows another item, or none: it is refused.
//!
//! Interpolation holds only while the belt is **watched** ([`belt`](crate::belt)); a view that depends on
//! a gap between two samples is refused, since it may show a neighbour.
//!
//! No clock and no camera inside: samples, entries and the time are arguments, frames come through
//! [`FrameStore`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::belt::{Belt, Crossing, Sample, Unwatched, WATCHED_GAP};
use crate::section::CameraSection;
use crate::{Frame, Ring};

/// Items that may wait for their views at the same time; a tunnel of 10 m holds far fewer.
const ITEMS_MAX: usize = 1024;

/// How long past the target time a camera may stay silent before the item does without its view:
/// three pictures, and 100 ms for the way from the sensor to the ring.
pub fn patience(window: &Window) -> Duration {
    window.latency + window.frame_interval * 3 + Duration::from_millis(100)
}

/// Where frames are looked up.
pub trait FrameStore {
    /// The frame of `camera` taken nearest to `at`, before or after; `None` when there is none.
    fn nearest(&self, camera: &str, at: Duration) -> Option<Arc<Frame>>;
    /// When the newest frame of `camera` was taken.
    fn newest_at(&self, camera: &str) -> Option<Duration>;
}

/// The rings of the running cameras, by name.
#[derive(Debug, Default, Clone)]
pub struct Rings(HashMap<Arc<str>, Arc<Ring>>);

impl Rings {
    /// The rings, each with its camera's name.
    pub fn new(rings: impl IntoIterator<Item = (Arc<str>, Arc<Ring>)>) -> Rings {
        Rings(rings.into_iter().collect())
    }
}

impl FrameStore for Rings {
    fn nearest(&self, camera: &str, at: Duration) -> Option<Arc<Frame>> {
        self.0.get(camera)?.nearest(at)
    }

    fn newest_at(&self, camera: &str) -> Option<Duration> {
        self.0.get(camera)?.newest_at()
    }
}

/// Where one camera looks.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// The camera's name.
    pub camera: Arc<str>,
    /// From the entry eye to the window's middle, in millimetres.
    pub position_mm: f64,
    /// How far from the middle an item may stand in a usable frame, in millimetres.
    pub tolerance_mm: f64,
    /// From one frame to the next.
    pub frame_interval: Duration,
    /// From a frame's exposure to its time stamp.
    pub latency: Duration,
    /// Whether the same picture again and again is no fault.
    pub may_repeat: bool,
}

impl From<&CameraSection> for Window {
    fn from(camera: &CameraSection) -> Window {
        Window {
            camera: camera.name.as_str().into(),
            position_mm: camera.position_mm,
            tolerance_mm: camera.tolerance_mm,
            frame_interval: Duration::from_secs(1) / camera.fps.max(1),
            latency: Duration::from_millis(camera.latency_ms.into()),
            may_repeat: camera.repeats(),
        }
    }
}

/// Why an item has no view from a camera. Its text becomes a cause, and causes are counted and
/// alerted by their text: measurements stand in the fields only.
#[derive(Debug, Clone, PartialEq)]
pub enum Missing {
    /// The camera has delivered nothing at all.
    NoFrame,
    /// The nearest frame shows the item too far from the window's middle: the camera was silent.
    TooFar {
        /// How far past the middle the item stood, in millimetres; negative before it.
        offset_mm: f64,
    },
    /// Frames of that moment were overwritten before the item asked for them, or the camera only
    /// came back later.
    Overwritten,
    /// The encoder was not sampled (the PLC was away) and the belt moved, or may have moved, when
    /// the item reached the window or when the nearest frame was taken.
    Unwatched,
    /// The camera delivers the same picture again and again.
    Frozen {
        /// How far the belt moved since the picture last changed, in millimetres.
        moved_mm: f64,
    },
    /// More items than the gatherer can hold were waiting; the oldest gave way.
    TooManyItems,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missing::NoFrame => write!(f, "the camera delivered no picture"),
            Missing::TooFar { .. } => {
                write!(f, "no picture was taken while the item stood in the camera's window")
            }
            Missing::Overwritten => write!(f, "no picture of that moment is left"),
            Missing::Unwatched => {
                write!(f, "the belt was not watched while the item stood in the camera's window")
            }
            Missing::Frozen { .. } => {
                write!(f, "the camera delivers the same picture again and again, it is frozen")
            }
            Missing::TooManyItems => write!(f, "more than {ITEMS_MAX} items waited for pictures"),
        }
    }
}

/// One camera's part of an item.
#[derive(Debug, Clone)]
pub struct View {
    /// The camera's name.
    pub camera: Arc<str>,
    /// The frame, or why there is none.
    pub frame: Result<Arc<Frame>, Missing>,
    /// How far past the window's middle the item stood in the nearest frame, in millimetres;
    /// negative before it, 0 where no frame was found.
    pub offset_mm: f64,
}

/// An item whose cameras are all settled.
#[derive(Debug, Clone)]
pub struct Gathered {
    /// The item's number.
    pub item: u64,
    /// One view per camera, in the order of the windows.
    pub views: Vec<View>,
}

/// One camera's part of an item that is on its way.
#[derive(Debug)]
enum Pending {
    /// The belt has not brought the item to the window.
    Before { target: f64 },
    /// It has.
    Reached { target: f64, crossing: Crossing },
    /// The view is picked, or given up.
    Settled(View),
}

/// Picks each item's frames.
#[derive(Debug)]
pub struct Gatherer {
    windows: Vec<Window>,
    mm_per_count: f64,
    belt: Belt,
    items: BTreeMap<u64, Vec<Pending>>,
    /// Cameras whose last settled view was frozen.
    frozen: BTreeSet<Arc<str>>,
    /// Items that gave way to newer ones and still have to be reported.
    evicted: Vec<Gathered>,
}

impl Gatherer {
    /// A gatherer for the windows of all `cameras`; `mm_per_count` is the belt's travel per encoder
    /// count, greater than zero.
    pub fn new(cameras: Vec<Window>, mm_per_count: f64) -> Gatherer {
        assert!(mm_per_count > 0.0, "mm_per_count must be greater than zero: {mm_per_count}");
        Gatherer {
            windows: cameras,
            mm_per_count,
            belt: Belt::default(),
            items: BTreeMap::new(),
            frozen: BTreeSet::new(),
            evicted: Vec::new(),
        }
    }

    /// The encoder stood at `count` at the time `at`. A sample that is not newer than the last one
    /// is ignored.
    pub fn encoder_sample(&mut self, at: Duration, count: i64) {
        let Some(stretch) = self.belt.sample(Sample { at, count }) else { return };
        for pending in self.items.values_mut().flatten() {
            if let Pending::Before { target } = *pending
                && let Some(crossing) = stretch.reached(target)
            {
                *pending = Pending::Reached { target, crossing };
            }
        }
    }

    /// `item` passed the entry eye at the time `at`, with the encoder at `count`. It may be told
    /// after samples that are newer than the entry.
    pub fn item_entered(&mut self, item: u64, at: Duration, count: i64) {
        if self.items.len() >= ITEMS_MAX
            && let Some((item, pending)) = self.items.pop_first()
        {
            let views = pending
                .into_iter()
                .zip(&self.windows)
                .map(|(pending, window)| match pending {
                    Pending::Settled(view) => view,
                    _ => missing(window, Missing::TooManyItems, 0.0),
                })
                .collect();
            self.evicted.push(Gathered { item, views });
        }
        let pending = self
            .windows
            .iter()
            .map(|window| {
                let target = count as f64 + window.position_mm / self.mm_per_count;
                match self.belt.reached_since(Sample { at, count }, target) {
                    Some(crossing) => Pending::Reached { target, crossing },
                    None => Pending::Before { target },
                }
            })
            .collect();
        self.items.insert(item, pending);
    }

    /// The item left the belt, or its views are of no use any more.
    pub fn forget(&mut self, item: u64) {
        self.items.remove(&item);
    }

    /// Whether `camera` delivered the same picture again and again when the last item passed it.
    pub fn is_frozen(&self, camera: &str) -> bool {
        self.frozen.contains(camera)
    }

    /// Items that wait for views.
    pub fn waiting(&self) -> usize {
        self.items.len()
    }

    /// The items whose cameras are all settled at the time `now`; each is returned once.
    pub fn poll(&mut self, now: Duration, frames: &dyn FrameStore) -> Vec<Gathered> {
        let mut done = std::mem::take(&mut self.evicted);
        for pending in self.items.values_mut() {
            for (pending, window) in pending.iter_mut().zip(&self.windows) {
                if let Pending::Reached { target, crossing } = *pending
                    && let Some(view) =
                        settle(window, target, crossing, now, frames, &self.belt, self.mm_per_count)
                {
                    match &view.frame {
                        Ok(_) => _ = self.frozen.remove(&view.camera),
                        Err(Missing::Frozen { .. }) => {
                            self.frozen.insert(Arc::clone(&view.camera));
                        }
                        Err(_) => {}
                    }
                    *pending = Pending::Settled(view);
                }
            }
        }
        let settled = |pending: &Pending| matches!(pending, Pending::Settled(_));
        let ready = self.items.extract_if(.., |_, pending| pending.iter().all(settled));
        done.extend(ready.map(|(item, pending)| {
            Gathered {
                item,
                views: pending
                    .into_iter()
                    .filter_map(|pending| match pending {
                        Pending::Settled(view) => Some(view),
                        Pending::Before { .. } | Pending::Reached { .. } => None,
                    })
                    .collect(),
            }
        }));
        done
    }
}

impl From<Unwatched> for Missing {
    fn from(_: Unwatched) -> Missing {
        Missing::Unwatched
    }
}

fn missing(window: &Window, why: Missing, offset_mm: f64) -> View {
    View { camera: Arc::clone(&window.camera), frame: Err(why), offset_mm }
}

/// The view of an item that stood at `target` at `crossing`, or `None` while it is worth waiting.
fn settle(
    window: &Window,
    target: f64,
    crossing: Crossing,
    now: Duration,
    frames: &dyn FrameStore,
    belt: &Belt,
    mm_per_count: f64,
) -> Option<View> {
    if !crossing.watched {
        return Some(missing(window, Missing::Unwatched, 0.0));
    }
    let reached_at = crossing.at;
    let waited_enough = now > reached_at + patience(window);
    let exposed = |stamped: Duration| stamped.saturating_sub(window.latency);
    let newer_came = frames.newest_at(&window.camera).is_some_and(|at| exposed(at) >= reached_at);
    if !newer_came && !waited_enough {
        return None;
    }
    let Some(frame) = frames.nearest(&window.camera, reached_at + window.latency) else {
        return Some(missing(window, Missing::NoFrame, 0.0));
    };
    let taken_at = exposed(frame.at);
    // The belt's position at the frame is known once a sample as new as the frame has come. One
    // that is overdue leaves a gap too long to interpolate, whenever it comes.
    let newest = belt.newest().map(|sample| sample.at);
    let overdue = newest.is_none_or(|newest| now > newest + WATCHED_GAP);
    if newest < Some(taken_at) && !(waited_enough && overdue) {
        return None;
    }
    let position = match belt.position_at(taken_at) {
        Ok(position) => position,
        Err(why) => return Some(missing(window, why.into(), 0.0)),
    };
    let offset_mm = (position - target) * mm_per_count;
    if offset_mm.abs() <= window.tolerance_mm {
        // Where the belt was not watched, it is taken to have stood.
        let changed_at = exposed(frame.same_since);
        let next = belt.first_after(changed_at).map(|sample| sample.count as f64);
        let from = belt.position_at(changed_at).ok().or(next).unwrap_or(position);
        let moved_mm = (position - from) * mm_per_count;
        if !window.may_repeat && frame.same_since < frame.at && moved_mm > window.tolerance_mm {
            return Some(missing(window, Missing::Frozen { moved_mm }, offset_mm));
        }
        return Some(View { camera: Arc::clone(&window.camera), frame: Ok(frame), offset_mm });
    }
    // A frame a whole interval after the target is the oldest of those that are left.
    let why = if taken_at > reached_at + window.frame_interval {
        Missing::Overwritten
    } else {
        Missing::TooFar { offset_mm }
    };
    Some(missing(window, why, offset_mm))
}

#[cfg(test)]
mod tests;
