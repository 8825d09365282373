//! The **tap**: the newest frame of a camera, made small and compressed, for people who watch.
//!
//! It takes from the items neither time nor memory that they miss:
//!
//! * it works only while somebody watches, and makes so many pictures a second at most, each once, however
//!   many watch;
//! * its thread stands back behind everything that items wait for (as by nice(1)), and holds a ring's lock only
//!   to share its newest frame;
//! * nothing queues: a picture replaces the one before it, and whoever is slow misses some.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use calib::the_box::{LivePicture, Watching};
use capture::shown::Shown;
use capture::{Frame, Ring};
use line::clock::monotonic;
use rustix::process::setpriority_process;
use tokio::sync::watch;

/// How far the thread stands back, as for nice(1): as far as it can. 0 is the line, 10 the page. On a box
/// whose processors are all busy that leaves it a sixtieth of one, and people see fewer pictures a second.
const NICE: i32 = 19;

/// Taps cameras until it is dropped.
#[derive(Debug)]
pub(super) struct Tap {
    cameras: Arc<[Tapped]>,
    /// Wakes the thread; it ends when this is gone.
    wake: SyncSender<()>,
}

/// One camera.
#[derive(Debug)]
struct Tapped {
    name: Arc<str>,
    ring: Arc<Ring>,
    shown: watch::Sender<Option<Arc<LivePicture>>>,
}

impl Tap {
    /// Starts the thread. Nobody is shown more than `per_s` pictures a second.
    ///
    /// # Errors
    /// The system's, when it starts no thread.
    pub(super) fn start(
        rings: impl IntoIterator<Item = (Arc<str>, Arc<Ring>)>,
        per_s: u32,
    ) -> io::Result<Self> {
        let tapped = |(name, ring)| Tapped { name, ring, shown: watch::Sender::new(None) };
        let cameras: Arc<[Tapped]> = rings.into_iter().map(tapped).collect();
        let (wake, woken) = sync_channel(1);
        let period = Duration::from_secs(1) / per_s.max(1);
        let tapped = Arc::clone(&cameras);
        thread::Builder::new().name("live-view".to_owned()).spawn(move || {
            if let Err(error) = setpriority_process(None, NICE) {
                tracing::warn!("cannot lower the priority of the live view's thread: {error}");
            }
            tap(&tapped, &woken, period);
        })?;
        Ok(Self { cameras, wake })
    }

    /// The pictures of `camera` from now on; none where there is no such camera.
    pub(super) fn watch(&self, camera: &str) -> Option<Watching> {
        let watching = self.find(camera)?.shown.subscribe();
        // Where it is awake, or about to be, nothing is to be done.
        _ = self.wake.try_send(());
        Some(watching)
    }

    /// The number of the newest frame of `camera`, and when it was taken.
    pub(super) fn newest(&self, camera: &str) -> Option<(u64, Duration)> {
        let (number, frame) = self.find(camera)?.ring.newest()?;
        Some((number, frame.at))
    }

    fn find(&self, camera: &str) -> Option<&Tapped> {
        self.cameras.iter().find(|tapped| &*tapped.name == camera)
    }
}

/// Shows the cameras that are watched, once a period, until nobody can watch any more.
fn tap(cameras: &[Tapped], woken: &Receiver<()>, period: Duration) {
    loop {
        let start = Instant::now();
        let mut is_watched = false;
        for camera in cameras {
            is_watched |= camera.show();
        }
        let goes_on = if is_watched {
            thread::sleep(period.saturating_sub(start.elapsed()));
            woken.try_recv() != Err(TryRecvError::Disconnected)
        } else {
            woken.recv().is_ok()
        };
        if !goes_on {
            return;
        }
    }
}

impl Tapped {
    /// Shows the newest frame to those who watch, unless they have it; whether anybody watches.
    fn show(&self) -> bool {
        if self.shown.receiver_count() == 0 {
            // Whoever comes next shall not take an old picture for a new one.
            self.shown.send_if_modified(|shown| shown.take().is_some());
            return false;
        }
        let Some((number, frame)) = self.ring.newest() else { return true };
        if self.shown.borrow().as_ref().is_some_and(|shown| shown.number == number) {
            return true;
        }
        // Whatever a panic leaves half done is not looked at again.
        match catch_unwind(AssertUnwindSafe(|| live_picture(number, &frame))) {
            Ok(Ok(picture)) => _ = self.shown.send_replace(Some(Arc::new(picture))),
            Ok(Err(error)) => tracing::warn!("camera {}: no live picture: {error}", self.name),
            Err(_) => tracing::error!(
                "camera {}: making a live picture panicked; see above, and report it",
                self.name
            ),
        }
        true
    }
}

fn live_picture(number: u64, frame: &Frame) -> Result<LivePicture, base::picture::PictureError> {
    let Shown { jpeg, sight } = Shown::of(&frame.picture)?;
    let age = monotonic().saturating_sub(frame.at);
    let now = Instant::now();
    Ok(LivePicture {
        number,
        taken: now.checked_sub(age).unwrap_or(now),
        width_px: frame.picture.width(),
        height_px: frame.picture.height(),
        sharpness: sight.sharpness,
        glare: sight.glare,
        jpeg: jpeg.into(),
    })
}

#[cfg(test)]
mod tests {
    use base::Picture;
    use base::picture::PixelFormat;

    use super::*;

    /// Longer than anything here takes.
    const PATIENCE: Duration = Duration::from_secs(20);

    fn push(ring: &Ring, level: u8) {
        let picture = Picture::from_pixels(32, 24, PixelFormat::Grey8, vec![level; 32 * 24]);
        let frame = Frame::new("top".into(), monotonic(), picture.unwrap());
        assert!(ring.push(Arc::new(frame)));
    }

    fn tapped(per_s: u32) -> (Tap, Arc<Ring>) {
        let ring = Arc::new(Ring::new(4));
        (Tap::start([("top".into(), Arc::clone(&ring))], per_s).unwrap(), ring)
    }

    /// Waits for a picture that `is_it`.
    fn wait(watching: &mut Watching, is_it: impl Fn(&LivePicture) -> bool) -> Arc<LivePicture> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let wanted = |shown: &Option<Arc<LivePicture>>| shown.as_deref().is_some_and(&is_it);
        runtime.block_on(async {
            let found = tokio::time::timeout(PATIENCE, watching.wait_for(wanted)).await;
            found.expect("it comes").expect("the tap lives").clone().unwrap()
        })
    }

    #[test]
    fn whoever_watches_gets_the_newest_frame_and_misses_those_in_between() {
        let (tap, ring) = tapped(20);
        assert!(tap.watch("side").is_none());
        push(&ring, 10);
        push(&ring, 20);
        let mut watching = tap.watch("top").unwrap();
        let first = wait(&mut watching, |_| true);
        assert_eq!((first.number, first.width_px, first.height_px), (2, 32, 24));
        assert!(first.taken.elapsed() < PATIENCE && first.jpeg.starts_with(&[0xff, 0xd8]));
        for level in 30..40 {
            push(&ring, level);
        }
        assert_eq!(wait(&mut watching, |shown| shown.number > 2).number, 12);
        assert_eq!(tap.newest("top").unwrap().0, 12);
    }

    #[test]
    fn all_who_watch_share_one_picture_of_a_frame() {
        let (tap, ring) = tapped(20);
        push(&ring, 10);
        let mut watching: Vec<_> = (0..4).map(|_| tap.watch("top").unwrap()).collect();
        let shown: Vec<_> = watching.iter_mut().map(|one| wait(one, |_| true)).collect();
        assert!(shown.iter().all(|one| Arc::ptr_eq(one, &shown[0])));
    }

    #[test]
    fn no_more_pictures_are_made_than_are_allowed_and_none_while_nobody_watches() {
        let (tap, ring) = tapped(5);
        push(&ring, 1);
        thread::sleep(Duration::from_millis(300));
        assert!(tap.cameras[0].shown.borrow().is_none(), "nobody watches");
        let mut watching = tap.watch("top").unwrap();
        let start = Instant::now();
        let mut made = 0_u32;
        while start.elapsed() < Duration::from_secs(2) {
            push(&ring, (start.elapsed().as_millis() % 250) as u8);
            made += u32::from(watching.has_changed().unwrap());
            watching.mark_unchanged();
            thread::sleep(Duration::from_millis(5));
        }
        let most = start.elapsed().as_millis() as u32 / 200 + 1;
        assert!((2..=most).contains(&made), "{made} pictures, {most} at most");
        drop(watching);
        let start = Instant::now();
        while tap.cameras[0].shown.borrow().is_some() {
            assert!(start.elapsed() < PATIENCE, "an old picture is kept for whoever comes next");
            thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn a_camera_that_delivers_no_more_shows_its_last_frame_once_with_its_age() {
        let (tap, ring) = tapped(20);
        push(&ring, 1);
        let mut watching = tap.watch("top").unwrap();
        let shown = wait(&mut watching, |_| true);
        watching.mark_unchanged();
        thread::sleep(Duration::from_millis(300));
        assert!(!watching.has_changed().unwrap(), "nothing new is told");
        assert!(shown.facts().age_ms >= 300, "{:?}", shown.facts());
    }
}
