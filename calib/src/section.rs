//! `[web]` of the line file: where the page stands, how it proves what it is, and how long people stay
//! logged in.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use line::line_file::address::LISTEN;
use line::line_file::{Mistake, Rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::sessions::Lives;
use crate::texts::Language;

/// `[web]`: the technicians' page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WebSection {
    /// Address and port on which the page is served.
    #[schemars(with = "String", extend("format" = LISTEN))]
    pub listen: SocketAddr,
    /// The plant's own certificate for the page, with its chain, as PEM. Without it inspectd makes one at its
    /// first start; `inspectctl web` shows its fingerprint.
    pub certificate: Option<PathBuf>,
    /// The key of that certificate, as PEM; only inspectd's user should be able to read it.
    pub key: Option<PathBuf>,
    /// More names and addresses by which browsers reach the page, for the certificate that inspectd makes, for
    /// example `line3.plant.example`. The box's own name and `localhost` are in it anyway.
    #[schemars(length(max = 20), inner(length(min = 1, max = 253)))]
    pub names: Vec<String>,
    /// Serve without encryption. Only on a loopback address: for tests, or behind a proxy of this box that
    /// encrypts.
    pub plain_http: bool,
    /// Minutes after which a person is logged out who opens no page and changes nothing. A page that only lies
    /// open does not count.
    #[schemars(range(min = 1, max = 1440))]
    pub idle_minutes: u32,
    /// Hours after which a person has to log in again, whatever they did.
    #[schemars(range(min = 1, max = 168))]
    pub session_hours: u32,
    /// The language for browsers that ask for none that the page knows.
    pub language: Language,
    /// Pictures a second that the live view of a camera shows at most. They are made only while somebody
    /// watches, each once for all who do, behind everything that items wait for.
    #[schemars(range(min = 1, max = 15))]
    pub live_fps: u32,
}

impl Default for WebSection {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            certificate: None,
            key: None,
            names: Vec::new(),
            plain_http: false,
            idle_minutes: 60,
            session_hours: 12,
            language: Language::English,
            live_fps: 4,
        }
    }
}

impl WebSection {
    /// How long sessions last.
    pub fn lives(&self) -> Lives {
        Lives {
            idle: Duration::from_secs(u64::from(self.idle_minutes) * 60),
            absolute: Duration::from_secs(u64::from(self.session_hours) * 3600),
        }
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        if self.plain_http { "http" } else { "https" }
    }

    /// Where a program on this box reaches the page: an address on which something listens everywhere is
    /// asked on the loopback.
    pub fn from_here(&self) -> SocketAddr {
        use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
        let ip = match self.listen.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        SocketAddr::new(ip, self.listen.port())
    }
}

impl Rules for WebSection {
    fn broken(&self) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        let mut add = |key: &str, problem: &str, instead: &str| {
            mistakes.push(Mistake::new(&["web", key], problem, instead));
        };
        if self.plain_http && !self.listen.ip().is_loopback() {
            add(
                "plain_http",
                "passwords would cross the network in the clear",
                "write plain_http = false, or listen on \"127.0.0.1:8080\"",
            );
        }
        if self.plain_http && self.certificate.is_some() {
            add(
                "plain_http",
                "a page without encryption shows no certificate",
                "write plain_http = false, or leave certificate and key away",
            );
        }
        match (&self.certificate, &self.key) {
            (Some(_), None) => {
                add("certificate", "its key is missing", "write key, or leave certificate away");
            }
            (None, Some(_)) => {
                add("key", "its certificate is missing", "write certificate, or leave key away");
            }
            _ => {}
        }
        mistakes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(section: &WebSection) -> String {
        section.broken().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_page_without_encryption_stays_on_the_box() {
        let local = WebSection { plain_http: true, ..WebSection::default() };
        assert_eq!(told(&local), "");
        let listen = "0.0.0.0:8080".parse().unwrap();
        let open = WebSection { listen, ..local.clone() };
        assert!(told(&open).contains("in the clear"));
        assert_eq!(told(&WebSection { plain_http: false, ..open }), "");
        let both = WebSection { certificate: Some("a".into()), key: Some("b".into()), ..local };
        assert!(told(&both).contains("shows no certificate"));
    }

    #[test]
    fn certificate_and_key_come_together() {
        let alone = WebSection { certificate: Some("a".into()), ..WebSection::default() };
        assert!(told(&alone).contains("its key is missing"));
        let alone = WebSection { key: Some("a".into()), ..WebSection::default() };
        assert!(told(&alone).contains("its certificate is missing"));
    }

    #[test]
    fn a_page_on_every_address_is_asked_on_the_loopback() {
        let from_here = |listen: &str| {
            let listen = listen.parse().unwrap();
            WebSection { listen, ..WebSection::default() }.from_here().to_string()
        };
        assert_eq!(from_here("0.0.0.0:8080"), "127.0.0.1:8080");
        assert_eq!(from_here("[::]:8080"), "[::1]:8080");
        assert_eq!(from_here("10.0.0.5:81"), "10.0.0.5:81");
    }
}
