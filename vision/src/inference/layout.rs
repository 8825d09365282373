//! The **layout**: how many workers score at the same time, and how many threads libtorch may use in
//! each.
//!
//! Nobody can tell from a data sheet: OpenMP's threads spin while they wait, so that two threads on two
//! busy cores can be slower than one, and workers share caches and memory. So each layout that the
//! processor has cores for is tried for a moment at start, and the fastest is taken. Of layouts that
//! are about as fast, the one with fewer threads leaves more of the box to cameras and compression.
//!
//! Views are not put into batches: their crops have different proportions, and on a CPU two pictures
//! in one call take half as long again as in two (112 ms against 75; `docs/measurements/eye-before-members.md`).

use std::fmt;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use base::picture::{Picture, PixelFormat};
use damage::scoring::{Crop, Scorer, ScoringError};

/// How long a layout is tried.
const TRIAL: Duration = Duration::from_millis(200);
/// Workers at most; each has references of its own in memory.
const WORKERS_MAX: usize = 8;
/// Threads of a worker at most.
const THREADS_MAX: usize = 4;
/// A layout of more threads must be faster by this factor.
const WORTH: f64 = 1.1;

/// How the work is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Views scored at the same time.
    pub workers: usize,
    /// Threads that libtorch uses for each.
    pub threads: usize,
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} x {}", self.workers, self.threads)
    }
}

/// What was tried and chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// The choice.
    pub layout: Layout,
    /// Each layout that was tried, with the views that the backbone described in a second.
    pub tried: Vec<(Layout, f64)>,
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tried = self.tried.iter().map(|(layout, rate)| format!("{layout}: {rate:.0}"));
        let tried = tried.collect::<Vec<_>>().join(", ");
        write!(f, "{} workers x threads (views a second: {tried})", self.layout)
    }
}

/// Tries the layouts for `cores` cores with the loaded model.
///
/// # Errors
/// The backbone cannot be run.
pub fn probe(scorer: &Scorer, cores: usize) -> Result<Probe, ScoringError> {
    let (width, height) = (640, 480);
    let grey = vec![127; width as usize * height as usize];
    let picture = Picture::from_pixels(width, height, PixelFormat::Grey8, grey)?;
    let mut tried = Vec::new();
    for layout in layouts(cores, scorer.compute().is_cuda()) {
        tried.push((layout, rate(scorer, &picture, layout)?));
    }
    let layout = fastest(&tried);
    Ok(Probe { layout, tried })
}

/// What is tried, the fewest threads first. A GPU does one thing at a time: there a second worker only
/// prepares the next view.
fn layouts(cores: usize, cuda: bool) -> Vec<Layout> {
    let cores = cores.max(1);
    let doubled = |max: usize| (0..).map(|power| 1usize << power).take_while(move |n| *n <= max);
    let workers_max = if cuda { 2 } else { WORKERS_MAX };
    let mut layouts: Vec<Layout> = doubled(workers_max.min(cores))
        .flat_map(|workers| {
            let threads_max = if cuda { 1 } else { THREADS_MAX.min(cores / workers) };
            doubled(threads_max).map(move |threads| Layout { workers, threads })
        })
        .collect();
    layouts.sort_by_key(|layout| (layout.workers * layout.threads, layout.threads));
    layouts
}

/// The fastest of `tried`, where more threads must be worth it.
fn fastest(tried: &[(Layout, f64)]) -> Layout {
    let mut best = (Layout { workers: 1, threads: 1 }, 0.0);
    for (layout, rate) in tried {
        if *rate > best.1 * WORTH {
            best = (*layout, *rate);
        }
    }
    best.0
}

/// Views a second.
fn rate(scorer: &Scorer, picture: &Picture, layout: Layout) -> Result<f64, ScoringError> {
    let crop = Crop::whole(picture);
    let start = Barrier::new(layout.workers);
    let work = || -> Result<f64, ScoringError> {
        tch::set_num_threads(layout.threads as i32);
        // The first call of a thread sets things up.
        let first = scorer.backbone_only(picture, &crop);
        start.wait();
        first?;
        let (began, mut views) = (Instant::now(), 0);
        while began.elapsed() < TRIAL {
            scorer.backbone_only(picture, &crop)?;
            views += 1;
        }
        Ok(f64::from(views) / began.elapsed().as_secs_f64())
    };
    let rates: Vec<Result<f64, ScoringError>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..layout.workers).map(|_| scope.spawn(work)).collect();
        let panicked = || ScoringError::Panicked { cause: "while layouts were tried".to_owned() };
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|_| Err(panicked())))
            .collect()
    });
    rates.into_iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(workers: usize, threads: usize) -> Layout {
        Layout { workers, threads }
    }

    #[test]
    fn no_layout_has_more_threads_than_there_are_cores() {
        assert_eq!(layouts(1, false), [layout(1, 1)]);
        assert_eq!(layouts(2, false), [layout(1, 1), layout(2, 1), layout(1, 2)]);
        assert_eq!(layouts(0, false), [layout(1, 1)]);
        assert_eq!(layouts(16, true), [layout(1, 1), layout(2, 1)]);
        for cores in 1..70 {
            assert!(layouts(cores, false).iter().all(|l| l.workers * l.threads <= cores));
        }
    }

    #[test]
    fn more_threads_are_taken_only_where_they_are_worth_it() {
        let tried = [(layout(1, 1), 20.0), (layout(2, 1), 21.0), (layout(1, 2), 15.0)];
        assert_eq!(fastest(&tried), layout(1, 1));
        let tried = [(layout(1, 1), 20.0), (layout(2, 1), 38.0), (layout(1, 2), 39.0)];
        assert_eq!(fastest(&tried), layout(2, 1));
        assert_eq!(fastest(&[]), layout(1, 1));
    }
}
