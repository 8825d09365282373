//! Who may be connected to the page, and for how long.
//!
//! The page is in reach of whatever is on the technicians' network, and shares its process with the
//! line. So connections are capped. One more than that ends the connection that has been without a
//! question for longest, since a browser makes another one by itself; but one that
//! has just come has [`Limits::grace`] to ask, and one that was just answered to take the answer; the next
//! waits that long in the system's queue. Where all are being answered, it is told to come later. A head that does
//! not come, and a connection that says nothing after an answer, end after [`Limits::head`]. Everything else, such
//! as a browser that does not take its answer, ends with the connection's life. Where the page is encrypted, the
//! handshake must be through before the head's time is over; whoever speaks plain HTTP there is told to write
//! `https`. Bodies are the guard's business (`guard.rs`): few addresses read one, a small one, within the head's
//! time.
//!
//! An answer that is a stream keeps its seat from others for as long as it lasts: it carries [`Stays`], or it is a
//! [`Download`], which also outlives the connection's life (`talk.rs`). The number of both is bounded elsewhere
//! (`live.rs`, `app.rs`).

mod seats;
mod talk;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;

use self::seats::{Longest, Seat, Seats, lock};
pub(super) use self::talk::Download;
use self::talk::Talk;
use super::limits::Limits;

/// Largest head of a request.
const HEAD_BYTES: usize = 16 << 10;

/// Pause after the system had no connection to give.
const ACCEPT_RETRY: Duration = Duration::from_secs(1);

/// The first byte of a TLS handshake.
const HANDSHAKE: u8 = 0x16;

/// What one hears that speaks plain HTTP to an encrypted page.
const ENCRYPTED: &str = "this page is encrypted: write https:// before its address\n";

/// How long one that is told to come later may take to hear it.
const REFUSAL: Duration = Duration::from_secs(1);

/// Pause between two log lines about a crowd.
const TELL: Duration = Duration::from_secs(60);

/// Who asks: the address of the connection's other end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// Mark of an answer that is a stream: its connection is busy until it ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stays;

/// Answers whoever comes, within the limits, until the future is dropped; connections end with it.
pub(super) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    app: Router,
    limits: Limits,
) -> Infallible {
    let seats = Arc::new(Mutex::new(Seats::default()));
    let free = Arc::new(Semaphore::new(limits.connections));
    let doorway = Arc::new(Semaphore::new(limits.refusals));
    let mut crowd = Crowd::default();
    let mut connections = JoinSet::new();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = accept(&listener) => accepted,
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
                let app = App { router: app.clone(), peer };
                connections.spawn(attend(stream, tls.clone(), app, seat, limits));
            }
            Room::Doorway(permit) => _ = connections.spawn(refuse(stream, tls.clone(), permit)),
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
async fn accept(listener: &TcpListener) -> (TcpStream, Peer) {
    loop {
        match listener.accept().await {
            Ok((stream, from)) => return (stream, Peer(from.ip().to_canonical())),
            Err(error) => {
                tracing::warn!("the page cannot take a connection: {error}");
                sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

/// What answers a connection's requests, and who makes them.
struct App {
    router: Router,
    peer: Peer,
}

/// One connection until it ends, its life does, or its seat is needed.
async fn attend(stream: TcpStream, tls: Option<TlsAcceptor>, app: App, seat: Seat, limits: Limits) {
    let whole_life = async {
        match tls {
            None => converse(stream, app, &seat, limits).await,
            // How a handshake fails is the browser's affair.
            Some(tls) => {
                let encrypted = timeout(limits.head, encrypt(stream, tls)).await;
                if let Ok(Ok(Some(stream))) = encrypted {
                    converse(stream, app, &seat, limits).await;
                }
            }
        }
    };
    first_of(seat.told_to_leave(), whole_life).await;
}

/// The encrypted stream; none for one that speaks plain HTTP, who is told.
async fn encrypt(
    mut stream: TcpStream,
    tls: TlsAcceptor,
) -> io::Result<Option<tokio_rustls::server::TlsStream<TcpStream>>> {
    let mut first = [0];
    if stream.peek(&mut first).await? == 1 && first[0] != HANDSHAKE {
        tell(&mut stream, "400 Bad Request", "", ENCRYPTED).await?;
        return Ok(None);
    }
    tls.accept(stream).await.map(Some)
}

/// Answers the requests of one connection.
async fn converse<S>(stream: S, app: App, seat: &Seat, limits: Limits)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let App { router, peer } = app;
    let router = TowerToHyperService::new(router);
    let talk = Talk::new();
    let service = service_fn(|mut request: hyper::Request<Incoming>| {
        seat.asked();
        talk.asked(Instant::now());
        request.extensions_mut().insert(peer);
        let answer = router.call(request);
        async {
            let Ok(answer) = answer.await;
            let download = answer.extensions().get::<Download>().cloned();
            if download.is_none() && answer.extensions().get::<Stays>().is_none() {
                seat.answered();
            }
            talk.answered(download, Instant::now());
            Ok::<_, Infallible>(answer)
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head).max_buf_size(HEAD_BYTES);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    // How a connection fails is the browser's affair.
    let over = Instant::now() + limits.life;
    if timeout_at(over.into(), connection.as_mut()).await.is_ok() {
        return;
    }
    connection.as_mut().graceful_shutdown();
    loop {
        let ends = talk.ends(over, &limits);
        let is_through = timeout_at(ends.into(), connection.as_mut()).await.is_ok();
        if is_through || talk.ends(over, &limits) <= Instant::now() {
            return;
        }
    }
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
async fn refuse(mut stream: TcpStream, tls: Option<TlsAcceptor>, _doorway: OwnedSemaphorePermit) {
    let text = "too many browsers are connected to this page; try again in a few seconds\n";
    let again = format!("retry-after: {}\r\n", super::COME_AGAIN_SECONDS);
    let status = "503 Service Unavailable";
    let told = async {
        match tls {
            None => tell(&mut stream, status, &again, text).await,
            Some(tls) => match encrypt(stream, tls).await? {
                Some(mut stream) => tell(&mut stream, status, &again, text).await,
                None => Ok(()),
            },
        }
    };
    // One that does not listen is let go.
    _ = timeout(REFUSAL, told).await;
}

/// Writes a whole answer and ends the connection.
async fn tell(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    status: &str,
    headers: &str,
    text: &str,
) -> io::Result<()> {
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\n\
         content-length: {}\r\n{headers}connection: close\r\n\r\n{text}",
        text.len(),
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    // A question that lies unread when the socket is closed would take the answer with it.
    while stream.read(&mut [0; 1024]).await? > 0 {}
    Ok(())
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
                "the page has {cap} connections, its most; since this was last said it \
                 ended {ended} idle ones to make room and sent {refused} away. `ss -tnp` shows who \
                 connects"
            );
        }
    }
}
