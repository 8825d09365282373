//! The **ring** of one camera: its latest frames, bounded, the oldest overwritten first. Items
//! look up the frame of a moment that has just passed, so that capture never waits for anyone.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base::picture::Picture;

/// One picture of one camera and when it was taken.
#[derive(Debug)]
pub struct Frame {
    /// The camera's name.
    pub camera: Arc<str>,
    /// When the picture was taken, since the zero of CLOCK_MONOTONIC.
    pub at: Duration,
    /// When the first of all the frames was taken that show the same picture and came without another
    /// between them and this one; this frame's own time where the one before shows another.
    pub same_since: Duration,
    /// The pixels.
    pub picture: Picture,
}

/// Above and below this share of a picture's height a time stamp may be written.
const STAMPED: u32 = 10;

impl Frame {
    /// A frame that nothing is known of but what it shows and when it was taken.
    pub fn new(camera: Arc<str>, at: Duration, picture: Picture) -> Frame {
        Frame { camera, at, same_since: at, picture }
    }

    /// The frame after `before`, which may show the same picture: every pixel of the middle, exactly.
    ///
    /// Two pictures of a sensor differ in its noise, nearly always in the first bytes, so that the
    /// comparison costs something only where they are the same: 0.3 ms for 1280 x 1024 colour pixels.
    pub fn after(self, before: Option<&Frame>) -> Frame {
        match before {
            Some(before) if same_middle(&before.picture, &self.picture) => {
                Frame { same_since: before.same_since, ..self }
            }
            _ => self,
        }
    }
}

/// Whether two pictures are the same but for the strips above and below.
fn same_middle(a: &Picture, b: &Picture) -> bool {
    let strip = a.height() / STAMPED;
    (a.width(), a.height(), a.format()) == (b.width(), b.height(), b.format())
        && (strip..a.height() - strip).all(|y| a.row(y) == b.row(y))
}

/// The latest frames of one camera, in the order in which they were taken. Shared between the
/// capturing thread, which pushes, and those that look frames up.
#[derive(Debug)]
pub struct Ring {
    capacity: usize,
    frames: Mutex<Frames>,
}

/// The frames that are kept, and how many there ever were.
#[derive(Debug, Default)]
struct Frames {
    kept: VecDeque<Arc<Frame>>,
    pushed: u64,
}

impl Ring {
    /// An empty ring that keeps `capacity` frames, at least one.
    pub fn new(capacity: usize) -> Ring {
        let capacity = capacity.max(1);
        let kept = VecDeque::with_capacity(capacity);
        Ring { capacity, frames: Mutex::new(Frames { kept, pushed: 0 }) }
    }

    /// Adds the newest frame and forgets the oldest one when the ring is full. A frame that is not
    /// newer than the newest is refused: `false`.
    pub fn push(&self, frame: Arc<Frame>) -> bool {
        let mut frames = self.lock();
        if frames.kept.back().is_some_and(|newest| newest.at >= frame.at) {
            return false;
        }
        if frames.kept.len() == self.capacity {
            frames.kept.pop_front();
        }
        frames.kept.push_back(frame);
        frames.pushed += 1;
        true
    }

    /// The newest frame.
    pub fn latest(&self) -> Option<Arc<Frame>> {
        self.lock().kept.back().cloned()
    }

    /// The newest frame and its number: the first that the ring took has 1.
    pub fn newest(&self) -> Option<(u64, Arc<Frame>)> {
        let frames = self.lock();
        Some((frames.pushed, Arc::clone(frames.kept.back()?)))
    }

    /// When the newest frame was taken.
    pub fn newest_at(&self) -> Option<Duration> {
        self.lock().kept.back().map(|frame| frame.at)
    }

    /// The frame taken nearest to `at`, whether before or after it; of two, the earlier.
    pub fn nearest(&self, at: Duration) -> Option<Arc<Frame>> {
        self.lock().kept.iter().min_by_key(|frame| frame.at.abs_diff(at)).cloned()
    }

    /// Frames in the ring now.
    pub fn len(&self) -> usize {
        self.lock().kept.len()
    }

    /// Whether no frame has come yet.
    pub fn is_empty(&self) -> bool {
        self.lock().kept.is_empty()
    }

    /// A poisoned lock is taken over: no method leaves the frames half changed.
    fn lock(&self) -> MutexGuard<'_, Frames> {
        self.frames.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::picture::PixelFormat;

    fn frame(at_ms: u64) -> Arc<Frame> {
        let picture = Picture::from_pixels(1, 1, PixelFormat::Grey8, vec![0]).unwrap();
        Arc::new(Frame::new("top".into(), Duration::from_millis(at_ms), picture))
    }

    #[test]
    fn a_full_ring_forgets_the_oldest_frame() {
        let ring = Ring::new(2);
        assert!(ring.is_empty() && ring.latest().is_none() && ring.newest_at().is_none());
        for at in [10, 20, 30] {
            assert!(ring.push(frame(at)));
        }
        assert_eq!(ring.len(), 2);
        assert_eq!(ring.nearest(Duration::ZERO).unwrap().at, Duration::from_millis(20));
        assert_eq!(ring.newest_at(), Some(Duration::from_millis(30)));
        let (number, newest) = ring.newest().unwrap();
        assert_eq!((number, newest.at), (3, Duration::from_millis(30)), "it is the third one");
    }

    #[test]
    fn the_nearest_frame_may_be_before_or_after_the_moment() {
        let ring = Ring::new(8);
        for at in [10, 20, 40] {
            ring.push(frame(at));
        }
        let nearest = |ms| ring.nearest(Duration::from_millis(ms)).unwrap().at.as_millis();
        assert_eq!(nearest(17), 20);
        assert_eq!(nearest(24), 20);
        assert_eq!(nearest(15), 10, "of two equally near frames the earlier one is taken");
        assert_eq!(nearest(99), 40);
    }

    #[test]
    fn a_repeated_picture_is_known_by_its_middle() {
        let frame = |at_ms, top: u8, middle: u8| {
            let rows = (0..20).flat_map(|y| [if y < 2 { top } else { middle }; 8]).collect();
            let picture = Picture::from_pixels(8, 20, PixelFormat::Grey8, rows).unwrap();
            Frame::new("top".into(), Duration::from_millis(at_ms), picture)
        };
        let first = frame(10, 0, 7).after(None);
        let second = frame(20, 1, 7).after(Some(&first));
        let third = frame(30, 2, 7).after(Some(&second));
        assert_eq!(third.same_since, first.at, "only the time above has changed");
        let other = frame(40, 2, 8).after(Some(&third));
        assert_eq!(other.same_since, other.at);
    }

    #[test]
    fn a_frame_that_is_not_newer_is_refused() {
        let ring = Ring::new(4);
        assert!(ring.push(frame(10)));
        assert!(!ring.push(frame(10)));
        assert!(!ring.push(frame(9)));
        assert_eq!(ring.len(), 1);
    }
}
