//! What every answer is made from: the box, the people, who is logged in, and whose turn it is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::WebError;
use super::answer::Refusal;
use super::api::live::Live;
use super::limits::Limits;
use crate::access::guesses::{self, Guesses};
use crate::access::rates::{self, Rates};
use crate::access::{Secret, Sessions};
use crate::people::audit::Entry;
use crate::people::{People, PeopleError};
use crate::section::WebSection;
use crate::state_folder::StateFolder;
use crate::the_box::{NoAnswer, TheBox};

/// What every answer is made from. Cloning it is cheap.
#[derive(Clone)]
pub(super) struct App {
    pub(super) the_box: Arc<dyn TheBox>,
    pub(super) section: Arc<WebSection>,
    pub(super) limits: Limits,
    pub(super) live: Arc<Live>,
    /// The token of this machine.
    pub(super) token: Arc<Secret>,
    folder: Arc<StateFolder>,
    set_up_code: Arc<Mutex<Option<Secret>>>,
    people: Arc<Mutex<People>>,
    gate: Arc<Mutex<Gate>>,
    turns: Turns,
    start: Instant,
}

/// Who is logged in, who guessed wrong, and who asks too often.
#[derive(Debug)]
pub(super) struct Gate {
    pub(super) sessions: Sessions,
    /// By person, in small letters.
    pub(super) persons: Guesses,
    /// By address.
    pub(super) addresses: Guesses,
    /// By who asks: a session's token, or an address without one.
    pub(super) logged_in: Rates<String>,
    pub(super) strangers: Rates<String>,
}

/// Whose turn it is.
#[derive(Clone)]
struct Turns {
    queries: Arc<Semaphore>,
    pictures: Arc<Semaphore>,
    downloads: Arc<Semaphore>,
    people: Arc<Semaphore>,
    passwords: Arc<Semaphore>,
}

/// A turn among those who ask for the same kind of thing. It ends with the work, also where the
/// browser that asked has gone.
pub(super) type Turn = OwnedSemaphorePermit;

impl App {
    pub(super) fn open(
        section: WebSection,
        folder: StateFolder,
        the_box: Arc<dyn TheBox>,
        limits: Limits,
    ) -> Result<Self, WebError> {
        let people = People::open(&folder)?;
        let token = folder.token()?;
        let set_up_code = if people.needs_set_up()? {
            Some(folder.set_up_code()?)
        } else {
            folder.forget_set_up_code()?;
            None
        };
        let gate = Gate {
            sessions: Sessions::new(section.lives()),
            persons: Guesses::new(guesses::OF_A_PERSON),
            addresses: Guesses::new(guesses::OF_AN_ADDRESS),
            logged_in: Rates::new(rates::LOGGED_IN),
            strangers: Rates::new(rates::STRANGER),
        };
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        Ok(Self {
            live: Arc::new(Live::new(the_box.status(), limits.streams)),
            the_box,
            section: Arc::new(section),
            limits,
            token: Arc::new(token),
            folder: Arc::new(folder),
            set_up_code: Arc::new(Mutex::new(set_up_code)),
            people: Arc::new(Mutex::new(people)),
            gate: Arc::new(Mutex::new(gate)),
            turns: Turns {
                queries: semaphore(limits.queries),
                pictures: semaphore(limits.pictures),
                downloads: semaphore(limits.downloads),
                people: semaphore(limits.people),
                // Each takes 19 MiB and a processor for tens of milliseconds.
                passwords: semaphore(1),
            },
            start: Instant::now(),
        })
    }

    /// The time, for whatever lasts.
    pub(super) fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// The same page, so much later.
    #[cfg(test)]
    pub(super) fn later(&self, by: Duration) -> Self {
        let start = self.start.checked_sub(by).expect("the clock has a past");
        Self { start, ..self.clone() }
    }

    /// The time, for what is kept.
    pub(super) fn wall(&self) -> Timestamp {
        Timestamp::now()
    }

    pub(super) fn gate(&self) -> MutexGuard<'_, Gate> {
        lock(&self.gate)
    }

    /// The set-up code, while one is needed.
    pub(super) fn set_up_code(&self) -> Option<Secret> {
        lock(&self.set_up_code).clone()
    }

    /// The first engineer is there.
    pub(super) fn forget_set_up_code(&self) {
        *lock(&self.set_up_code) = None;
        if let Err(error) = self.folder.forget_set_up_code() {
            tracing::warn!("{error}");
        }
    }

    /// Keeps what open pages show up to date, for ever.
    pub(super) async fn keep_live(&self) -> std::convert::Infallible {
        self.live.keep(self).await
    }

    /// Asks the box something that reads the records.
    pub(super) async fn query<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn TheBox) -> Result<T, NoAnswer> + Send + 'static,
    ) -> Result<T, Refusal> {
        let turn = self.turn(&self.turns.queries).await?;
        let the_box = Arc::clone(&self.the_box);
        let answer = move || {
            let answer = question(&*the_box);
            drop(turn);
            answer
        };
        Ok(blocking(answer).await??)
    }

    pub(super) async fn picture_turn(&self) -> Result<Turn, Refusal> {
        self.turn(&self.turns.pictures).await
    }

    pub(super) async fn download_turn(&self) -> Result<Turn, Refusal> {
        self.turn(&self.turns.downloads).await
    }

    /// Looks at the people, or changes them.
    pub(super) async fn people<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut People) -> Result<T, PeopleError> + Send + 'static,
    ) -> Result<Result<T, PeopleError>, Refusal> {
        let turn = self.turn(&self.turns.people).await?;
        let people = Arc::clone(&self.people);
        blocking(move || {
            let done = work(&mut lock(&people));
            drop(turn);
            done
        })
        .await
    }

    /// Writes something into the audit log that changes no person. What it tells of is done already, and is not
    /// undone by a full disk: the log of inspectd then says what is missing.
    pub(super) async fn note(&self, entry: Entry) {
        let (who, what, subject) = (entry.who.clone(), entry.what.clone(), entry.subject.clone());
        let kept = self.people(move |people| people.note(entry)).await;
        if !matches!(kept, Ok(Ok(()))) {
            tracing::error!("the audit log lacks that {who} did this: {what} {subject}: {kept:?}");
        }
    }

    /// Works something out of a password, one at a time.
    pub(super) async fn password<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let turn = self.turn(&self.turns.passwords).await?;
        blocking(move || {
            let done = work();
            drop(turn);
            done
        })
        .await
    }

    async fn turn(&self, turns: &Arc<Semaphore>) -> Result<Turn, Refusal> {
        let turn = timeout(self.limits.turn, Arc::clone(turns).acquire_owned()).await;
        Ok(turn.map_err(|_| Refusal::Busy)?.expect("the semaphores are never closed"))
    }
}

/// Runs what touches the disk, or takes long, on a thread that may wait.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    spawn_blocking(work).await.map_err(|error| {
        tracing::error!("a question of the page failed: {error}; please report it");
        Refusal::Failed("it failed inside inspectd; see its log and report it".to_owned())
    })
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is one step, so what another thread left is whole.
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
