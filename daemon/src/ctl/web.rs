//! `inspectctl web`: where the technicians' page is, how a browser knows it, and how it is set up.

use calib::certificate::{Certificate, host_name, qr_code};
use calib::state_folder::StateFolder;
use clap::Args;
use serde::Serialize;

use super::Context;
use super::output::Answer;

/// Show where the technicians' page is: its address, the fingerprint of its certificate, both also as a QR
/// code, and the set-up code while nobody may change anything yet.
///
/// With --json: one object with `address`, `fingerprint` (null where the page is not encrypted) and
/// `set_up_code` (null once there is an engineer).
#[derive(Debug, Args)]
pub struct Web {}

#[derive(Debug, Serialize)]
struct Place {
    address: String,
    fingerprint: Option<String>,
    set_up_code: Option<String>,
}

impl Web {
    /// Reads what inspectd has written at its start.
    pub fn run(&self, context: &Context) -> anyhow::Result<Answer> {
        let line = context.line_file()?;
        let (section, folder) = (&line.web, StateFolder::below(&line.store.folder));
        let certificate = (!section.plain_http).then(|| Certificate::kept(section, &folder));
        let fingerprint = certificate.transpose()?.map(|certificate| certificate.fingerprint());
        let host = match section.listen.ip() {
            ip if ip.is_unspecified() => host_name(),
            _ => String::new(),
        };
        let address = if host.is_empty() {
            format!("{}://{}/", section.scheme(), section.listen)
        } else {
            format!("{}://{host}:{}/", section.scheme(), section.listen.port())
        };
        let code = folder.set_up_code_if_any()?;
        let set_up_code = code.map(|code| code.reveal().to_owned());
        let place = Place { address, fingerprint, set_up_code };
        Answer::either(context.json, &place, || for_people(&place))
    }
}

fn for_people(place: &Place) -> String {
    let mut lines = vec![format!("address      {}", place.address)];
    let mut shown = place.address.clone();
    if let Some(fingerprint) = &place.fingerprint {
        lines.push(format!("fingerprint  {fingerprint} (SHA-256 of the certificate)"));
        // What follows `#` stays in the browser: it is there to be compared.
        shown.push_str(&format!("#sha256={}", fingerprint.replace(':', "")));
    }
    if let Some(code) = &place.set_up_code {
        lines.push(format!("set-up code  {code}"));
    }
    lines.extend(qr_code(&shown).ok());
    lines.join("\n")
}
