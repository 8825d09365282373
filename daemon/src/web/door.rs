//! Who may be connected to the page, and for how long.
//!
//! The page is in reach of whatever is on the technicians' network, and shares its process with the
//! line. So connections are capped. One more than that ends the connection that has been without a
//! question for longest, since a browser makes another one by itself; where all are being answered,
//! it is told to come later. A head that does not come, and a connection that says nothing after an
//! answer, end after [`Limits::head`]. Everything else, such as a browser that does not take its
//! answer, ends with the connection's life. No address of the page reads a body: it is answered
//! without, and the connection closed.

use std::collections::BTreeMap;
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
use tokio::time::{sleep, timeout};

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
        let permit = match Arc::clone(&free).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                let idle = lock(&seats).longest_idle();
                crowd.came(idle.is_some(), limits.connections, Instant::now());
                let Some(leave) = idle else {
                    if let Ok(permit) = Arc::clone(&doorway).try_acquire_owned() {
                        connections.spawn(refuse(stream, permit));
                    }
                    continue;
                };
                leave.notify_one();
                let left = Arc::clone(&free).acquire_owned().await;
                left.expect("the semaphore is never closed")
            }
        };
        let seat = Seat::take(Arc::clone(&seats), permit);
        connections.spawn(attend(stream, app.clone(), seat, limits));
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
        lock(&self.seats).idle_since(self.number, None);
    }

    fn answered(&self) {
        lock(&self.seats).idle_since(self.number, Some(Instant::now()));
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        lock(&self.seats).taken.remove(&self.number);
    }
}

/// The connections that are open, and since when each has been without a question.
#[derive(Default)]
struct Seats {
    next: u64,
    taken: BTreeMap<u64, (Option<Instant>, Arc<Notify>)>,
}

impl Seats {
    fn sit(&mut self, leave: Arc<Notify>, now: Instant) -> u64 {
        let number = self.next;
        self.next += 1;
        self.taken.insert(number, (Some(now), leave));
        number
    }

    fn idle_since(&mut self, number: u64, since: Option<Instant>) {
        if let Some((idle, _)) = self.taken.get_mut(&number) {
            *idle = since;
        }
    }

    /// Who has been without a question for longest; it is taken for gone.
    fn longest_idle(&mut self) -> Option<Arc<Notify>> {
        let idle = self.taken.iter().filter_map(|(number, (idle, _))| Some(((*idle)?, *number)));
        let (_, number) = idle.min()?;
        self.taken.remove(&number).map(|(_, leave)| leave)
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
        seats.idle_since(numbers[0], None);
        seats.idle_since(numbers[1], Some(at(9)));
        let chosen = |seats: &mut Seats| {
            let chosen = seats.longest_idle()?;
            leave.iter().position(|leave| Arc::ptr_eq(leave, &chosen))
        };
        assert_eq!(chosen(&mut seats), Some(2));
        assert_eq!(chosen(&mut seats), Some(1), "the one before is gone");
        assert_eq!(chosen(&mut seats), None, "the first is being answered");
        seats.idle_since(numbers[0], Some(at(10)));
        assert_eq!(chosen(&mut seats), Some(0));
    }
}
