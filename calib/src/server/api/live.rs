//! The live stream (`GET /api/live`, server-sent events): what open pages show, as it changes.
//!
//! | event | data |
//! | --- | --- |
//! | `status` | the answer of `/api/status` without its age, when it has changed |
//! | `items` | the newest items, as `/api/items`, when they have changed |
//! | `today` | the answer of `/api/today`, when it has changed |
//! | `beat` | every second: how old the status is, in milliseconds, and how long ago the box last answered what the newest items are and what happened today |
//! | `end` | the session has ended |
//!
//! However many pages are open, the box is asked once: one task asks, and only while somebody listens;
//! all streams send the same texts. A stream that is not taken is not waited for: it misses states in
//! between, and its connection ends with its life as every other does. The number of streams is bounded;
//! one more is told to come later, and its page asks from time to time by itself.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::super::answer::Refusal;
use super::super::app::App;
use super::super::door::Stays;
use super::super::guard::Reader;
use super::{DEFAULT_ITEMS, Described, JSON, whole_ms};
use crate::the_box::PageStatus;

/// How often pages are told.
const PERIOD: Duration = Duration::from_secs(1);

/// How often the day is counted.
const DAY_PERIOD: u32 = 5;

pub(in crate::server) const LIVE: Described = Described {
    summary: "what pages show, as it changes: the events status, items, today, beat and end",
    media: "text/event-stream",
    ..JSON
};

/// A text that all streams send.
type Text = Option<Arc<str>>;

/// What open pages show.
#[derive(Debug)]
pub(in crate::server) struct Live {
    status: watch::Receiver<Arc<PageStatus>>,
    texts: [(&'static str, watch::Sender<Text>); 3],
    heard: Mutex<Instant>,
    answered: Mutex<Answered>,
    seats: Arc<Semaphore>,
}

/// When the box last answered; until it does for the first time, since when it has been asked. None while
/// nobody listens.
#[derive(Debug, Clone, Copy, Default)]
struct Answered {
    items: Option<Instant>,
    today: Option<Instant>,
}

/// How old what a page shows is, in milliseconds.
#[derive(Debug, Serialize)]
struct Beat {
    /// The status.
    age_ms: u64,
    items_age_ms: u64,
    today_age_ms: u64,
}

impl Live {
    pub(in crate::server) fn new(status: watch::Receiver<Arc<PageStatus>>, streams: usize) -> Self {
        let text = || watch::Sender::new(None);
        Self {
            status,
            texts: [("status", text()), ("items", text()), ("today", text())],
            heard: Mutex::new(Instant::now()),
            answered: Mutex::default(),
            seats: Arc::new(Semaphore::new(streams)),
        }
    }

    /// A seat among all streams.
    pub(in crate::server) fn seat(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        Arc::clone(&self.seats).try_acquire_owned().map_err(|_| Refusal::Busy)
    }

    /// How long ago inspectd last said how it stands.
    pub(in crate::server) fn age(&self) -> Duration {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    fn answered(&self) -> MutexGuard<'_, Answered> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn beat(&self) -> Beat {
        let Answered { items, today } = *self.answered();
        let age = |since: Option<Instant>| since.map_or(0, |since| whole_ms(since.elapsed()));
        Beat { age_ms: whole_ms(self.age()), items_age_ms: age(items), today_age_ms: age(today) }
    }

    /// Keeps the texts up to date, for ever.
    pub(in crate::server) async fn keep(&self, app: &App) -> Infallible {
        // Apart from each other: a query that waits for its turn does not make the status look old.
        tokio::select! {
            never = self.listen() => never,
            never = self.ask(app) => never,
        }
    }

    /// Notes when inspectd says how it stands.
    async fn listen(&self) -> Infallible {
        let mut status = self.status.clone();
        while status.changed().await.is_ok() {
            *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        }
        // inspectd's loop has ended; what is shown grows old.
        std::future::pending().await
    }

    fn begin_to_ask(&self) {
        let mut answered = self.answered();
        answered.items.get_or_insert_with(Instant::now);
        answered.today.get_or_insert_with(Instant::now);
    }

    /// Asks the box what the streams send, while somebody listens.
    async fn ask(&self, app: &App) -> Infallible {
        let [(_, of_status), (_, of_items), (_, of_today)] = &self.texts;
        let mut tick = ticks();
        let mut turn = 0_u32;
        loop {
            tick.tick().await;
            if of_status.receiver_count() == 0 {
                // The next page that is opened must not be told what was true an hour ago.
                for (_, text) in &self.texts {
                    text.send_if_modified(|told| told.take().is_some());
                }
                *self.answered() = Answered::default();
                continue;
            }
            self.begin_to_ask();
            let newest = Arc::clone(&self.status.borrow());
            tell(of_status, &*newest);
            // One that is busy or fails is asked again; until then its age grows, which every beat tells.
            if let Ok(items) = app.query(|the_box| the_box.items(DEFAULT_ITEMS)).await {
                tell(of_items, &items);
                self.answered().items = Some(Instant::now());
            }
            let is_due = turn.is_multiple_of(DAY_PERIOD) || of_today.borrow().is_none();
            if is_due && let Ok(today) = app.query(|the_box| the_box.today()).await {
                tell(of_today, &today);
                self.answered().today = Some(Instant::now());
            }
            turn = turn.wrapping_add(1);
        }
    }
}

/// Gives the streams a new text, where it is another one.
fn tell(sender: &watch::Sender<Text>, what: &impl Serialize) {
    let Ok(text) = serde_json::to_string(what) else { return };
    sender.send_if_modified(|told| {
        let is_new = told.as_deref() != Some(&*text);
        if is_new {
            *told = Some(text.into());
        }
        is_new
    });
}

fn ticks() -> Interval {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// One open page.
struct Listener {
    app: App,
    token: Option<Arc<str>>,
    texts: [(&'static str, watch::Receiver<Text>); 3],
    ticks: Interval,
    waiting: VecDeque<Event>,
    is_over: bool,
    _seat: OwnedSemaphorePermit,
}

impl Listener {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        while self.waiting.is_empty() {
            if self.is_over {
                return None;
            }
            self.ticks.tick().await;
            let now = self.app.now();
            let lasts = match &self.token {
                Some(token) => self.app.gate().sessions.lasts(token, now),
                None => true,
            };
            if !lasts {
                self.is_over = true;
                self.waiting.push_back(Event::default().event("end").data("{}"));
                continue;
            }
            for (name, text) in &mut self.texts {
                if !text.has_changed().unwrap_or(false) {
                    continue;
                }
                if let Some(text) = &*text.borrow_and_update() {
                    self.waiting.push_back(Event::default().event(*name).data(&**text));
                }
            }
            let beat = serde_json::to_string(&self.app.live.beat()).unwrap_or_default();
            self.waiting.push_back(Event::default().event("beat").data(beat));
        }
        let event = self.waiting.pop_front()?;
        Some((Ok(event), self))
    }
}

pub(in crate::server) async fn live(
    State(app): State<App>,
    reader: Reader,
) -> Result<Response, Refusal> {
    let seat = app.live.seat()?;
    let texts = app.live.texts.each_ref().map(|(name, sender)| {
        let mut text = sender.subscribe();
        // A page that opens wants what there is.
        text.mark_changed();
        (*name, text)
    });
    let listener = Listener {
        token: reader.who.and_then(|who| who.token),
        app,
        texts,
        ticks: ticks(),
        waiting: VecDeque::new(),
        is_over: false,
        _seat: seat,
    };
    let mut answer = Sse::new(stream::unfold(listener, Listener::next)).into_response();
    answer.extensions_mut().insert(Stays);
    Ok(answer)
}
