//! The page's server: the door, the guard before every address, and the addresses.
//!
//! It runs on a thread and a runtime of its own, at a lower priority than the line. What it reads of
//! the box it reads through [`TheBox`], a bounded number of questions at once, so that a slow or
//! hostile browser cannot hold up an item: see [`PageThread`], `door.rs` and `limits.rs`.
//!
//! | file | what it does |
//! | --- | --- |
//! | `door.rs`, `limits.rs` | who may be connected, and for how long |
//! | `routes.rs` | every address with the right that it asks for: one table |
//! | `guard.rs` | lets a request through to its address, or not |
//! | `app.rs` | what every answer is made from |
//! | `answer.rs` | what answers look like: pages, refusals, headers |
//! | `pages/` | a file for each page |
//! | `api/` | JSON, the live stream, the OpenAPI description |

mod answer;
mod api;
mod app;
mod assets;
mod door;
mod guard;
mod limits;
mod pages;
mod routes;
mod thread;

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use rustix::process::{Resource, getrlimit};
use tokio_rustls::TlsAcceptor;

use self::app::App;
use self::limits::Limits;
pub use self::thread::PageThread;
use crate::certificate::{Certificate, CertificateError};
use crate::people::PeopleError;
use crate::section::WebSection;
use crate::state_folder::{FolderError, StateFolder};
use crate::the_box::TheBox;

/// Seconds after which one that was sent away is asked to come again.
const COME_AGAIN_SECONDS: u32 = 2;

/// Why the page cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// Another process has the port.
    #[error(
        "cannot serve the page on {listen}: another process uses this port. Stop it (`ss -ltnp` \
         shows it), or write another port at `listen` in section [web] of the line file"
    )]
    PortInUse {
        /// The address asked for.
        listen: SocketAddr,
    },
    /// The address is not this machine's, or not ours to use.
    #[error(
        "cannot serve the page on {listen}: {cause}. Check `listen` in section [web] of the line \
         file: an address of this machine, and a port from 1024 on"
    )]
    Listen {
        /// The address asked for.
        listen: SocketAddr,
        /// What the system said.
        cause: io::Error,
    },
    /// The listener died.
    #[error("the page stopped: {0}. Restart inspectd; if it comes back, look at dmesg")]
    Stopped(io::Error),
    /// Its folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Its database cannot be used.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// Its certificate cannot be used.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// A page that has its port and waits to be served.
#[derive(Debug)]
pub struct Page {
    listener: TcpListener,
    address: SocketAddr,
    limits: Limits,
}

impl Page {
    /// Takes the port.
    ///
    /// # Errors
    /// The port is taken, or the address is not this machine's.
    pub fn bind(section: &WebSection) -> Result<Self, WebError> {
        let listen = section.listen;
        let take = || {
            let listener = TcpListener::bind(listen)?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            let limits = Limits::of_this_process();
            let limits = if section.plain_http { limits } else { limits.encrypted() };
            Ok(Self { listener, address, limits })
        };
        take().map_err(|cause: io::Error| match cause.kind() {
            io::ErrorKind::AddrInUse => WebError::PortInUse { listen },
            _ => WebError::Listen { listen, cause },
        })
    }

    /// The address in use; with the port that the system chose when port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Most file handles that the page takes of the process's, whatever browsers do.
    pub fn handles(&self) -> usize {
        self.limits.handles()
    }

    /// Serves until the future is dropped, on the runtime that runs it. inspectd gives the page one
    /// of its own: [`PageThread`]. What is the page's own is kept below `store_folder`.
    ///
    /// # Errors
    /// The page's folder, database or certificate cannot be used, or the listener died.
    pub async fn serve(
        self,
        section: &WebSection,
        store_folder: &Path,
        the_box: Arc<dyn TheBox>,
    ) -> Result<Infallible, WebError> {
        let folder = StateFolder::below(store_folder);
        let certificate = (!section.plain_http).then(|| Certificate::of(section, &folder));
        let certificate = certificate.transpose()?;
        let tls = certificate.as_ref().map(Certificate::server_config).transpose()?;
        let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        let app = App::open(section.clone(), folder, the_box, self.limits)?;
        self.announce(section, certificate.as_ref(), &app);
        let listener =
            tokio::net::TcpListener::from_std(self.listener).map_err(WebError::Stopped)?;
        let router = routes::router(&app);
        let (always, never) = (door::serve(listener, tls, router, self.limits), app.keep_live());
        tokio::select! {
            never = always => Ok(never),
            never = never => Ok(never),
        }
    }

    /// Says in the log where the page is, how it is known, and how it is set up.
    fn announce(&self, section: &WebSection, certificate: Option<&Certificate>, app: &App) {
        let of = getrlimit(Resource::Nofile).current;
        let of = of.map_or("unlimited".to_owned(), |handles| handles.to_string());
        let Limits { connections, .. } = self.limits;
        tracing::info!(
            "the page is on {}://{}/; at most {connections} connections; at most {} of {of} file \
             handles",
            section.scheme(),
            self.address,
            self.handles()
        );
        if let Some(certificate) = certificate {
            let fingerprint = certificate.fingerprint();
            tracing::info!(
                "the page's certificate has the SHA-256 fingerprint {fingerprint}; `inspectctl web` \
                 shows it as a QR code"
            );
        }
        if let Some(code) = app.set_up_code() {
            tracing::warn!(
                "nobody may change anything on the page yet: open it and make the first engineer \
                 with the set-up code {}",
                code.reveal()
            );
        }
    }
}

#[cfg(test)]
mod tests;
