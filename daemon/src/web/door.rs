//! Who may be connected to the page, and for how long.
//!
//! The page is in reach of whatever is on the technicians' network, and shares its process with the
//! line. So connections are capped. One more than that ends the connection that has been without a
//! question for longest, since a browser makes another one by itself; but one that
//! has just come has [`Limits::grace`] to ask, and one that was just answered to take the answer; the next
//! waits that long in the system's queue. Where all are being answered, it is told to come later. A head that does not come, and a connection that says nothing after an
//! answer, end after [`Limits::head`]. Everything else, such as a browser that does not take its
//! answer, ends with the connection's life. No address of the page reads a body: it is answered
//! without, and the connection closed.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until, timeout};

use super::limits::Limits;

/// Largest head of a request.
const HEAD_BYTES: usize = 16 << 10;

/// Pause after the system had no connection to give.
const ACCEPT_RETRY: Duration = Duration::from_secs(1);

/// How long one that is told to come later may take to hear it.
const REFUSAL: Duration = Duration::from_secs(1);

/// Pause between two log lines about a crowd.
const TELL: Duration = Duration::from_secs(60);

/// Answers whoever comes, within the limits, until the future is dropped; connections end with it.
pub(super) async fn serve(listener: TcpListener, app: Router, limits: Limits) -> Infallible {
    let seats = Arc::new(Mutex::new(Seats::default()));
    let free = Arc::new(Semaphore::new(limits.connections));
    let doorway = Arc::new(Semaphore::new(limits.refusals));
    let mut crowd = Crowd::default();
    let mut connections = JoinSet::new();
    loop {
        let stream = tokio::select! {
            stream = accept(&listener) => stream,
            Some(_ended) = connections.join_next() => continue,
        };
        let room = match Arc::clone(&free).try_acquire_owned() {
            Ok(permit) => Room::Seat(permit),
            Err(_) => {
                let room = make_room(&seats, &free, &doorway, limits.grace).await;
                let is_seat = matches!(room, Room::Seat(_));
                crowd.came(is_seat, limits.connections, Instant::now());
                room
            }
        };
        match room {
            Room::Seat(permit) => {
                let seat = Seat::take(Arc::clone(&seats), permit);
                connections.spawn(attend(stream, app.clone(), seat, limits));
            }
            Room::Doorway(permit) => _ = connections.spawn(refuse(stream, permit)),
        }
    }
}

/// Where one finds room that comes to a full page.
enum Room {
    /// Among those that are answered.
    Seat(OwnedSemaphorePermit),
    /// The page answers 503: come later.
    Doorway(OwnedSemaphorePermit),
}

/// Makes room for one more. It takes a new connection's grace at most, or a refusal.
async fn make_room(
    seats: &Mutex<Seats>,
    free: &Arc<Semaphore>,
    doorway: &Arc<Semaphore>,
    grace: Duration,
) -> Room {
    let permit_of = async |semaphore: &Arc<Semaphore>| {
        let permit = Arc::clone(semaphore).acquire_owned().await;
        permit.expect("the semaphore is never closed")
    };
    loop {
        let longest = lock(seats).longest_idle(Instant::now(), grace);
        match longest {
            Longest::Idle(leave) => {
                leave.notify_one();
                return Room::Seat(permit_of(free).await);
            }
            Longest::Fresh { idle_at } => tokio::select! {
                biased;
                permit = permit_of(free) => return Room::Seat(permit),
                () = sleep_until(idle_at.into()) => {}
            },
            Longest::Busy => tokio::select! {
                biased;
                permit = permit_of(free) => return Room::Seat(permit),
                permit = permit_of(doorway) => return Room::Doorway(permit),
            },
        }
    }
}

/// The next connection. The system may have none to give for a while.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => {
                tracing::warn!("the status page cannot take a connection: {error}");
                sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

/// One connection until it ends, its life does, or its seat is needed.
async fn attend(stream: TcpStream, app: Router, seat: Seat, limits: Limits) {
    let app = TowerToHyperService::new(app);
    let service = service_fn(|request| {
        seat.asked();
        let answer = app.call(request);
        async {
            let answer = answer.await;
            seat.answered();
            answer
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head).max_buf_size(HEAD_BYTES);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let whole_life = async {
        // How a connection fails is the browser's affair.
        if timeout(limits.life, connection.as_mut()).await.is_err() {
            connection.as_mut().graceful_shutdown();
            _ = timeout(limits.parting, connection).await;
        }
    };
    first_of(seat.leave.notified(), whole_life).await;
}

/// Ends with the first of two; the first one named is asked first.
async fn first_of(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    tokio::select! {
        biased;
        () = one => {}
        () = other => {}
    }
}

/// Tells one that there is no room.
async fn refuse(mut stream: TcpStream, _doorway: OwnedSemaphorePermit) {
    let text = "too many browsers are connected to this page; try again in a few seconds\n";
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\n\
         content-length: {}\r\nretry-after: {}\r\nconnection: close\r\n\r\n{text}",
        text.len(),
        super::COME_AGAIN_SECONDS,
    );
    let told = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        // A question that lies unread when the socket is closed would take the answer with it.
        while stream.read(&mut [0; 1024]).await? > 0 {}
        std::io::Result::Ok(())
    };
    // One that does not listen is let go.
    _ = timeout(REFUSAL, told).await;
}

/// A connection's place among the others.
struct Seat {
    seats: Arc<Mutex<Seats>>,
    number: u64,
    leave: Arc<Notify>,
    _permit: OwnedSemaphorePermit,
}

impl Seat {
    fn take(seats: Arc<Mutex<Seats>>, permit: OwnedSemaphorePermit) -> Self {
        let leave = Arc::new(Notify::new());
        let number = lock(&seats).sit(Arc::clone(&leave), Instant::now());
        Self { seats, number, leave, _permit: permit }
    }

    fn asked(&self) {
        lock(&self.seats).says(self.number, State::Busy);
    }

    fn answered(&self) {
        lock(&self.seats).says(self.number, State::Silent { since: Instant::now() });
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        lock(&self.seats).taken.remove(&self.number);
    }
}

/// What a connection does.
#[derive(Clone, Copy)]
enum State {
    /// It has asked nothing since it came, or was answered.
    Silent { since: Instant },
    /// It is being answered.
    Busy,
}

/// Who has been without a question for longest.
enum Longest {
    /// One that is taken for gone. It has no seat any more; this tells it so.
    Idle(Arc<Notify>),
    /// One that is taken for gone from then on.
    Fresh { idle_at: Instant },
    /// Nobody: all are being answered.
    Busy,
}

/// The connections that are open.
#[derive(Default)]
struct Seats {
    next: u64,
    taken: BTreeMap<u64, (State, Arc<Notify>)>,
}

impl Seats {
    fn sit(&mut self, leave: Arc<Notify>, now: Instant) -> u64 {
        let number = self.next;
        self.next += 1;
        self.taken.insert(number, (State::Silent { since: now }, leave));
        number
    }

    fn says(&mut self, number: u64, state: State) {
        if let Some((before, _)) = self.taken.get_mut(&number) {
            *before = state;
        }
    }

    /// Who has been without a question for longest.
    fn longest_idle(&mut self, now: Instant, grace: Duration) -> Longest {
        let silent = self.taken.iter().filter_map(|(number, (state, _))| match state {
            State::Silent { since } => Some((*since + grace, *number)),
            State::Busy => None,
        });
        let Some((idle_at, number)) = silent.min() else { return Longest::Busy };
        match self.taken.entry(number) {
            Entry::Occupied(seat) if idle_at <= now => Longest::Idle(seat.remove().1),
            _ => Longest::Fresh { idle_at },
        }
    }
}

fn lock(seats: &Mutex<Seats>) -> MutexGuard<'_, Seats> {
    // Each change is one step, so what another thread left is whole.
    seats.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Connections beyond the cap, for the log: one line a minute.
#[derive(Default)]
struct Crowd {
    ended: u64,
    refused: u64,
    told: Option<Instant>,
}

impl Crowd {
    fn came(&mut self, room_was_made: bool, cap: usize, now: Instant) {
        if room_was_made {
            self.ended += 1;
        } else {
            self.refused += 1;
        }
        if self.told.is_none_or(|told| now.duration_since(told) >= TELL) {
            let Self { ended, refused, .. } = std::mem::take(self);
            self.told = Some(now);
            tracing::warn!(
                "the status page has {cap} connections, its most; since this was last said it \
                 ended {ended} idle ones to make room and sent {refused} away. `ss -tnp` shows who \
                 connects"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_without_a_question_for_longest_makes_room() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut seats = Seats::default();
        let leave: Vec<_> = (0..3).map(|_| Arc::new(Notify::new())).collect();
        let numbers: Vec<_> =
            leave.iter().zip(0..).map(|(leave, s)| seats.sit(Arc::clone(leave), at(s))).collect();
        seats.says(numbers[0], State::Busy);
        seats.says(numbers[1], State::Silent { since: at(9) });
        let chosen = |seats: &mut Seats| match seats.longest_idle(at(20), GRACE) {
            Longest::Idle(gone) => leave.iter().position(|leave| Arc::ptr_eq(leave, &gone)),
            Longest::Fresh { .. } | Longest::Busy => None,
        };
        assert_eq!(chosen(&mut seats), Some(2));
        assert_eq!(chosen(&mut seats), Some(1), "the one before is gone");
        assert_eq!(chosen(&mut seats), None, "the first is being answered");
        seats.says(numbers[0], State::Silent { since: at(10) });
        assert_eq!(chosen(&mut seats), Some(0));
    }

    const GRACE: Duration = Duration::from_secs(2);

    #[test]
    fn one_that_came_or_was_answered_just_now_keeps_its_seat_for_the_grace() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut seats = Seats::default();
        let leave = Arc::new(Notify::new());
        let first = seats.sit(Arc::clone(&leave), at(10));
        seats.sit(Arc::clone(&leave), at(11));
        let fresh_until = |seats: &mut Seats, now| match seats.longest_idle(at(now), GRACE) {
            Longest::Fresh { idle_at } => Some(idle_at),
            Longest::Idle(_) | Longest::Busy => None,
        };
        assert_eq!(fresh_until(&mut seats, 11), Some(at(12)));
        seats.says(first, State::Silent { since: at(12) });
        assert_eq!(fresh_until(&mut seats, 12), Some(at(13)));
        assert!(matches!(seats.longest_idle(at(13), GRACE), Longest::Idle(_)));
        assert_eq!(fresh_until(&mut seats, 13), Some(at(14)));
    }
}
