//! Somebody who listens to a stream of the page, without encryption, byte by byte.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::*;

/// Somebody who keeps listening to a stream: what comes is kept as text.
pub(super) struct Listener {
    pub(super) socket: TcpStream,
    pub(super) heard: String,
}

impl Listener {
    pub(super) async fn open(served: &Served, path: &str, header: &str) -> Self {
        let mut socket = TcpStream::connect(served.address).await.unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nhost: box\r\n{header}\r\n\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        Self { socket, heard: String::new() }
    }

    pub(super) async fn with_token(served: &Served, path: &str) -> Self {
        let header = format!("authorization: Bearer {}", served.token().reveal());
        Self::open(served, path, &header).await
    }

    /// Listens until `is_said` finds what it looks for in all that was heard.
    pub(super) async fn until_said<T>(
        &mut self,
        what: &str,
        is_said: impl Fn(&str) -> Option<T>,
    ) -> T {
        let hear = async {
            loop {
                if let Some(said) = is_said(&self.heard) {
                    return said;
                }
                let mut bytes = [0; 4096];
                let count = self.socket.read(&mut bytes).await.unwrap();
                assert!(count > 0, "the stream ended before {what}: {}", self.heard);
                self.heard.push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        };
        timeout(PATIENCE, hear).await.unwrap_or_else(|_| panic!("never said: {what}"))
    }

    /// Listens until `what` has been said.
    pub(super) async fn until(&mut self, what: &str) {
        self.until_said(what, |heard| heard.contains(what).then_some(())).await;
    }

    /// Listens until nothing can come any more.
    pub(super) async fn hear_out(&mut self) {
        let mut rest = Vec::new();
        _ = timeout(PATIENCE, self.socket.read_to_end(&mut rest)).await.expect("it ends");
        self.heard.push_str(&String::from_utf8_lossy(&rest));
    }
}

/// A page without encryption, which a listener can ask byte by byte.
pub(super) fn plain() -> WebSection {
    WebSection { plain_http: true, ..here() }
}
