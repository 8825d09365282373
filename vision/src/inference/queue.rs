//! The **queue** of items that wait for their scores, and of those whose views are being scored: a
//! state machine that is told the time.
//!
//! A **task** is one view of one item. Tasks are given out item by item, the earliest deadline
//! first, so that several workers share the views of the most urgent item instead of starting
//! several items that all come late. An item is answered when its last view is.
//!
//! While no view waits, workers load references of items that still travel. What is loaded ahead waits in a
//! list of its own, so that no view waits for it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Job, Scored};
use base::deadline_queue::{DeadlineQueue, Late};
use capture::Frame;
use damage::scoring::{ReferenceKey, ScoringError, ViewScore};

/// Items that may be in the queue; a submission beyond is refused.
pub(super) const ITEMS_MAX: usize = 64;

/// References that may wait to be loaded ahead: those of two views of all items in the queue. One that waits
/// longest gives way; it is loaded when its view is scored.
const AHEAD_MAX: usize = 2 * ITEMS_MAX;

/// What a worker says of one view.
pub(super) type Answer = Result<ViewScore, ScoringError>;

/// One view to score.
#[derive(Debug, Clone)]
pub(super) struct Task {
    ticket: u64,
    view: usize,
    /// What the item is supposed to be.
    pub sku: Arc<str>,
    /// The view's camera.
    pub camera: Arc<str>,
    /// The picture.
    pub frame: Arc<Frame>,
    /// Views of the item.
    pub views: usize,
    /// As in [`Job`].
    pub deadline: Duration,
}

/// What a worker does next.
#[derive(Debug)]
pub(super) enum Work {
    /// Scores a view.
    Score(Task),
    /// Loads a reference that a view will need.
    LoadAhead(ReferenceKey),
}

/// An item that is not answered yet.
#[derive(Debug)]
struct Open {
    ticket: u64,
    item: u64,
    since: Instant,
    begun: Option<Instant>,
    /// Camera and answer of each view.
    answers: Vec<(Arc<str>, Option<Answer>)>,
}

/// The queue.
#[derive(Debug, Default)]
pub(super) struct Queue {
    tasks: DeadlineQueue<Task>,
    open: Vec<Open>,
    ahead: VecDeque<ReferenceKey>,
    tickets: u64,
    closed: bool,
}

impl Queue {
    /// Takes an item in. Gives it back when it has no views, or the queue is full or closed.
    pub fn submit(&mut self, job: Job, now: Instant) -> Result<(), Job> {
        if self.closed || job.views.is_empty() || self.open.len() >= ITEMS_MAX {
            return Err(job);
        }
        self.tickets += 1;
        let ticket = self.tickets;
        let (sku, views) = (Arc::<str>::from(job.sku), job.views.len());
        let cameras = job.views.iter().map(|(camera, _)| (Arc::clone(camera), None)).collect();
        self.open.push(Open { ticket, item: job.item, since: now, begun: None, answers: cameras });
        for (view, (camera, frame)) in job.views.into_iter().enumerate() {
            let sku = Arc::clone(&sku);
            let task = Task { ticket, view, sku, camera, frame, views, deadline: job.deadline };
            self.tasks.push(job.item, job.deadline, task);
        }
        Ok(())
    }

    /// Moves the deadline of `item`, for the views of it that are not given out yet.
    pub fn set_deadline(&mut self, item: u64, deadline: Duration) {
        self.tasks.set_deadline(item, deadline);
    }

    /// The next view of the item with the earliest deadline; of equal ones of the one that came first.
    /// `mono` is now on the deadlines' clock.
    pub fn take(&mut self, mono: Duration, now: Instant) -> Option<Task> {
        // A late view is answered without being scored.
        let (deadline, task) = self.tasks.take(mono, Late::First)?;
        let open = self.open.iter_mut().find(|open| open.ticket == task.ticket)?;
        open.begun.get_or_insert(now);
        Some(Task { deadline, ..task })
    }

    /// Notes that a view will need the reference of `key`.
    pub fn load_ahead(&mut self, key: ReferenceKey) {
        if self.ahead.contains(&key) {
            return;
        }
        if self.ahead.len() >= AHEAD_MAX {
            self.ahead.pop_front();
        }
        self.ahead.push_back(key);
    }

    /// What to do next: a view if one waits, else a reference to load ahead.
    pub fn next(&mut self, mono: Duration, now: Instant) -> Option<Work> {
        let view = self.take(mono, now).map(Work::Score);
        view.or_else(|| self.ahead.pop_front().map(Work::LoadAhead))
    }

    /// Notes the answer to `task`; the item's answer, if that was its last view.
    pub fn answered(&mut self, task: &Task, answer: Answer, now: Instant) -> Option<Scored> {
        let at = self.open.iter().position(|open| open.ticket == task.ticket)?;
        self.open[at].answers[task.view].1 = Some(answer);
        if self.open[at].answers.iter().any(|(_, answer)| answer.is_none()) {
            return None;
        }
        let open = self.open.remove(at);
        let begun = open.begun.unwrap_or(now);
        let answers = open.answers.into_iter();
        Some(Scored {
            item: open.item,
            views: answers.filter_map(|(camera, answer)| Some((camera, answer?))).collect(),
            queued_for: begun - open.since,
            took: now - begun,
        })
    }

    /// Items of which no view is given out yet.
    pub fn waiting(&self) -> usize {
        self.open.iter().filter(|open| open.begun.is_none()).count()
    }

    /// Ends the work: nothing more is taken in.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// Whether work has ended.
    pub fn is_closed(&self) -> bool {
        self.closed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use base::picture::{Picture, PixelFormat};

    fn job(item: u64, deadline_ms: u64, views: usize) -> Job {
        let picture = Picture::from_pixels(1, 1, PixelFormat::Grey8, vec![0]).unwrap();
        let frame = Arc::new(Frame::new("c".into(), Duration::ZERO, picture));
        let views = (0..views).map(|view| (format!("c{view}").into(), Arc::clone(&frame)));
        let deadline = Duration::from_millis(deadline_ms);
        Job { item, sku: "a".into(), deadline, views: views.collect() }
    }

    fn refused() -> Answer {
        Err(ScoringError::NoItem)
    }

    #[test]
    fn the_views_of_the_item_with_the_earliest_deadline_are_next() {
        let now = Instant::now();
        let mut queue = Queue::default();
        for (item, deadline_ms) in [(1, 900), (2, 300), (3, 600), (4, 300)] {
            queue.submit(job(item, deadline_ms, 2), now).unwrap();
        }
        assert_eq!(queue.waiting(), 4);
        let tasks: Vec<Task> = std::iter::from_fn(|| queue.take(Duration::ZERO, now)).collect();
        assert_eq!(queue.waiting(), 0);
        let answered: Vec<u64> = tasks
            .iter()
            .filter_map(|task| queue.answered(task, refused(), now))
            .map(|scored| scored.item)
            .collect();
        assert_eq!(answered, [2, 4, 3, 1]);
        assert!(queue.open.is_empty());
    }

    #[test]
    fn an_item_is_answered_with_its_last_view_and_in_the_order_of_its_cameras() {
        let now = Instant::now();
        let mut queue = Queue::default();
        queue.submit(job(7, 100, 3), now).unwrap();
        let later = now + Duration::from_millis(20);
        let tasks: Vec<Task> = std::iter::from_fn(|| queue.take(Duration::ZERO, later)).collect();
        assert!(queue.answered(&tasks[2], refused(), later).is_none());
        assert!(queue.answered(&tasks[0], refused(), later).is_none());
        let end = later + Duration::from_millis(5);
        let scored = queue.answered(&tasks[1], refused(), end).unwrap();
        let cameras: Vec<&str> = scored.views.iter().map(|(camera, _)| &**camera).collect();
        assert_eq!((scored.item, cameras), (7, vec!["c0", "c1", "c2"]));
        assert_eq!((scored.queued_for.as_millis(), scored.took.as_millis()), (20, 5));
        assert!(queue.answered(&tasks[1], refused(), end).is_none(), "it was answered before");
    }

    #[test]
    fn references_are_loaded_ahead_when_no_view_waits_and_once() {
        let now = Instant::now();
        let mut queue = Queue::default();
        let key = |sku: usize| ReferenceKey::new(&sku.to_string(), "c").unwrap();
        for sku in [1, 2, 1] {
            queue.load_ahead(key(sku));
        }
        queue.submit(job(7, 100, 1), now).unwrap();
        assert!(matches!(queue.next(Duration::ZERO, now), Some(Work::Score(_))));
        let ahead = |queue: &mut Queue| match queue.next(Duration::ZERO, now) {
            Some(Work::LoadAhead(key)) => Some(key),
            _ => None,
        };
        assert_eq!(ahead(&mut queue), Some(key(1)));
        assert_eq!(ahead(&mut queue), Some(key(2)));
        assert_eq!(ahead(&mut queue), None);
        for sku in 0..AHEAD_MAX + 3 {
            queue.load_ahead(key(sku));
        }
        assert_eq!(ahead(&mut queue), Some(key(3)), "the ones that waited longest have left");
        assert_eq!(queue.ahead.len(), AHEAD_MAX - 1);
    }

    #[test]
    fn a_full_or_closed_queue_and_an_item_without_views_are_refused() {
        let now = Instant::now();
        let mut queue = Queue::default();
        assert_eq!(queue.submit(job(1, 0, 0), now).unwrap_err().item, 1);
        for item in 0..ITEMS_MAX as u64 {
            queue.submit(job(item, 0, 1), now).unwrap();
        }
        assert_eq!(queue.submit(job(99, 0, 1), now).unwrap_err().item, 99);
        let task = queue.take(Duration::ZERO, now).unwrap();
        queue.answered(&task, refused(), now).unwrap();
        queue.close();
        assert_eq!(queue.submit(job(99, 0, 1), now).unwrap_err().item, 99);
    }

    proptest! {
        #[test]
        fn every_item_is_answered_once_with_all_its_views_however_many_workers_there_are(
            items in prop::collection::vec((0u64..50, 1usize..5), 1..30),
            order in prop::collection::vec(any::<bool>(), 0..300),
        ) {
            let now = Instant::now();
            let mut queue = Queue::default();
            let (mut coming, mut given) = (items.iter().enumerate(), Vec::new());
            let mut answers = Vec::new();
            for flag in order.into_iter().chain(std::iter::repeat_n(true, 400)) {
                if flag && let Some(task) = queue.take(Duration::ZERO, now) {
                    given.push(task);
                } else if let Some((item, (deadline, views))) = coming.next() {
                    queue.submit(job(item as u64, *deadline, *views), now).unwrap();
                } else if let Some(task) = given.pop() {
                    answers.extend(queue.answered(&task, refused(), now));
                }
            }
            answers.sort_by_key(|scored| scored.item);
            let views: Vec<usize> = answers.iter().map(|scored| scored.views.len()).collect();
            let expected: Vec<usize> = items.iter().map(|(_, views)| *views).collect();
            prop_assert_eq!(views, expected);
        }
    }
}
