//! How programs on the box, and tests, ask the page: over HTTP or HTTPS, one request a connection.
//!
//! The page's certificate may have signed itself, and may be for another name than the one by which this
//! machine reaches it. So it is not judged by names and authorities, but must be the very one that is
//! known: its SHA-256 is compared.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

use crate::access::Secret;

/// Largest answer that is taken.
const ANSWER_BYTES: usize = 64 << 20;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answers, or not in time, or with another certificate.
    #[error("nobody answers at {address} as the page does: {cause}")]
    NoAnswer {
        /// Where.
        address: SocketAddr,
        /// Why.
        cause: String,
    },
    /// The request cannot be written.
    #[error("the request cannot be written: {0}")]
    Request(#[from] axum::http::Error),
}

/// The page, as a program asks it.
#[derive(Debug, Clone)]
pub struct Client {
    address: SocketAddr,
    /// The SHA-256 of the page's certificate; none for plain HTTP.
    certificate: Option<[u8; 32]>,
    bearer: Option<Secret>,
    patience: Duration,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Client {
    /// The page at `address`, which shows the certificate with this SHA-256; without one, plain HTTP.
    pub fn new(address: SocketAddr, certificate: Option<[u8; 32]>) -> Self {
        Self { address, certificate, bearer: None, patience: Duration::from_secs(5) }
    }

    /// The same, with this machine's token.
    #[must_use]
    pub fn with_token(self, token: Secret) -> Self {
        Self { bearer: Some(token), ..self }
    }

    /// The same, which waits so long for an answer.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Asks for an address of the page.
    ///
    /// # Errors
    /// Nobody answers.
    pub async fn get(&self, path: &str) -> Result<Answer, ClientError> {
        let request = Request::builder().method(Method::GET).uri(path);
        self.send(request.body(Full::default())?).await
    }

    /// Asks for an address, from a thread without a runtime.
    ///
    /// # Errors
    /// Nobody answers.
    pub fn get_blocking(&self, path: &str) -> Result<Answer, ClientError> {
        let no_answer = |cause: std::io::Error| self.no_answer(cause.to_string());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(no_answer)?.block_on(self.get(path))
    }

    /// Sends a form.
    ///
    /// # Errors
    /// Nobody answers.
    pub async fn post(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Result<Answer, ClientError> {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Full::from(body.finish()))?).await
    }

    /// Sends a request as it is; host, token and the end of the connection are added.
    ///
    /// # Errors
    /// Nobody answers.
    pub async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<Answer, ClientError> {
        let headers = request.headers_mut();
        let header = |text: String| text.try_into().map_err(axum::http::Error::from);
        headers.entry(HOST).or_insert(header(self.address.to_string())?);
        headers.insert(CONNECTION, header("close".to_owned())?);
        if let Some(bearer) = &self.bearer {
            headers.insert(AUTHORIZATION, header(format!("Bearer {}", bearer.reveal()))?);
        }
        let answered = timeout(self.patience, self.converse(request)).await;
        let answered = answered.map_err(|_| self.no_answer("it takes too long".to_owned()))?;
        answered.map_err(|cause| self.no_answer(cause.to_string()))
    }

    fn no_answer(&self, cause: String) -> ClientError {
        ClientError::NoAnswer { address: self.address, cause }
    }

    async fn converse(&self, request: Request<Full<Bytes>>) -> Result<Answer, Cause> {
        let stream = TcpStream::connect(self.address).await?;
        match self.certificate {
            None => exchange(stream, request).await,
            Some(expected) => {
                let name = ServerName::IpAddress(self.address.ip().into());
                let tls = connector(expected)?.connect(name, stream).await?;
                exchange(tls, request).await
            }
        }
    }
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Answer, Cause>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let answering = async {
        let answer: Response<_> = sender.send_request(request).await?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, ANSWER_BYTES).collect().await?.to_bytes();
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    };
    let mut connection = std::pin::pin!(connection);
    let mut answering = std::pin::pin!(answering);
    tokio::select! {
        answer = &mut answering => answer,
        // The connection may be done before the answer has been looked at.
        ended = &mut connection => match ended {
            Ok(()) => answering.await,
            Err(error) => Err(error.into()),
        },
    }
}

/// A connector that takes one certificate only.
fn connector(expected: [u8; 32]) -> Result<TlsConnector, Error> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Arc::new(VeryOne { expected, provider: Arc::clone(&provider) });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Takes the very certificate that is known; that the other side has its key, TLS proves as ever.
#[derive(Debug)]
struct VeryOne {
    expected: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for VeryOne {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if Sha256::digest(end_entity)[..] == self.expected {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(Error::General("it shows another certificate than the page's".to_owned()))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
