//! The certificate by which browsers know the page.
//!
//! The plant may give one. Otherwise one is made at the first start, signed by itself: browsers warn of
//! it once, and whoever stands at the box compares its **fingerprint** (the SHA-256 of the certificate)
//! with what `inspectctl web` shows. It is made from the box's names alone and never expires within
//! the box's life, since a box may not know the date when it is made.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, date_time_ymd};
use sha2::{Digest as _, Sha256};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::section::WebSection;
use crate::state_folder::{FolderError, StateFolder};

/// The file with the certificate that was made here.
const CERTIFICATE: &str = "certificate.pem";

/// The file with its key.
const KEY: &str = "key.pem";

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The page's folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// It could not be made.
    #[error(
        "cannot make a certificate for the page: {0}. Check `names` in section [web] of the line \
         file: host names and addresses only"
    )]
    Making(#[from] rcgen::Error),
    /// It cannot be read.
    #[error("cannot read the page's certificate or key in {path}: {cause}. {next}")]
    Reading {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: pem::Error,
        /// What to do.
        next: &'static str,
    },
    /// Certificate and key cannot be used.
    #[error("cannot use the page's certificate in {path}: {cause}. {next}")]
    Using {
        /// Which file.
        path: PathBuf,
        /// What TLS said.
        cause: tokio_rustls::rustls::Error,
        /// What to do.
        next: &'static str,
    },
}

/// A certificate with its chain, and its fingerprint.
#[derive(Debug)]
pub struct Certificate {
    chain: Vec<CertificateDer<'static>>,
    files: Files,
}

/// Where certificate and key stand, and what to do when they do not fit.
#[derive(Debug, Clone)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
    next: &'static str,
}

impl Files {
    fn of(section: &WebSection, folder: &StateFolder) -> Self {
        match (&section.certificate, &section.key) {
            (Some(certificate), Some(key)) => Self {
                certificate: certificate.clone(),
                key: key.clone(),
                next: "Check `certificate` and `key` in section [web] of the line file: a PEM with \
                       the chain, the page's own certificate first, and its key",
            },
            _ => Self {
                certificate: folder.file(CERTIFICATE),
                key: folder.file(KEY),
                next: "Remove certificate.pem and key.pem there and restart inspectd: it makes new \
                       ones",
            },
        }
    }
}

impl Certificate {
    /// The page's certificate: the plant's, or the one made here; made now if there is none.
    ///
    /// # Errors
    /// It cannot be made, read or kept.
    pub fn of(section: &WebSection, folder: &StateFolder) -> Result<Self, CertificateError> {
        let files = Files::of(section, folder);
        let is_ours = section.certificate.is_none();
        if is_ours && !(files.certificate.exists() && files.key.exists()) {
            let (certificate, key) = make(section)?;
            folder.write(KEY, &key)?;
            folder.write(CERTIFICATE, &certificate)?;
        }
        Self::read(files)
    }

    /// The page's certificate, for programs that only want to know it.
    ///
    /// # Errors
    /// It was not made yet, or cannot be read.
    pub fn kept(section: &WebSection, folder: &StateFolder) -> Result<Self, CertificateError> {
        Self::read(Files::of(section, folder))
    }

    fn read(files: Files) -> Result<Self, CertificateError> {
        let path = files.certificate.clone();
        let fail = |cause| CertificateError::Reading { path, cause, next: files.next };
        let read = || -> Result<Vec<_>, pem::Error> {
            let chain: Vec<_> =
                CertificateDer::pem_file_iter(&files.certificate)?.collect::<Result<_, _>>()?;
            if chain.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(chain) }
        };
        let chain = read().map_err(fail)?;
        Ok(Self { chain, files })
    }

    /// The SHA-256 of the certificate itself.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.chain[0]).into()
    }

    /// The fingerprint as browsers show it: `AB:CD:…`.
    pub fn fingerprint(&self) -> String {
        let bytes: Vec<String> = self.digest().iter().map(|byte| format!("{byte:02X}")).collect();
        bytes.join(":")
    }

    /// What the server's half of TLS needs.
    ///
    /// # Errors
    /// The key cannot be read, or does not fit.
    pub fn server_config(&self) -> Result<ServerConfig, CertificateError> {
        let Files { certificate, key, next } = self.files.clone();
        let path = key.clone();
        let key = PrivateKeyDer::from_pem_file(key).map_err(|cause| CertificateError::Reading {
            path,
            cause,
            next,
        })?;
        let using = |cause| CertificateError::Using { path: certificate, cause, next };
        let build = || {
            let mut config =
                ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
                    .with_safe_default_protocol_versions()?
                    .with_no_client_auth()
                    .with_single_cert(self.chain.clone(), key)?;
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            Ok(config)
        };
        build().map_err(using)
    }
}

/// A certificate for the box's names, and its key, as PEM.
fn make(section: &WebSection) -> Result<(String, String), rcgen::Error> {
    let host = host_name();
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    names.extend([host.clone(), section.listen.ip().to_string()]);
    names.extend(section.names.iter().cloned());
    let mut known = std::collections::BTreeSet::new();
    names.retain(|name| !name.is_empty() && known.insert(name.clone()));
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("inspectd on {host}"));
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2060, 1, 1);
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// The box's name, as the kernel knows it.
pub fn host_name() -> String {
    let name: io::Result<String> = fs::read_to_string(Path::new("/proc/sys/kernel/hostname"));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    name.unwrap_or_default().trim().chars().filter(|c| is_plain(*c)).collect()
}

/// A text as a QR code, for a console with black ground.
///
/// # Errors
/// The text is too long for a QR code.
pub fn qr_code(text: &str) -> Result<String, qrcode::types::QrError> {
    let code = QrCode::with_error_correction_level(text, qrcode::EcLevel::L)?;
    let (dark, light) = (Dense1x2::Light, Dense1x2::Dark);
    Ok(code.render::<Dense1x2>().dark_color(dark).light_color(light).build())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_certificate_is_made_once_and_its_key_is_nobody_elses() {
        let store = tempfile::tempdir().unwrap();
        let folder = StateFolder::below(store.path());
        let section = WebSection::default();
        assert!(Certificate::kept(&section, &folder).is_err(), "none was made yet");
        let first = Certificate::of(&section, &folder).unwrap();
        first.server_config().unwrap();
        let mode = fs::metadata(folder.file(KEY)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = Certificate::of(&section, &folder).unwrap();
        assert_eq!(first.fingerprint(), again.fingerprint());
        assert_eq!(first.fingerprint().len(), 32 * 3 - 1);
    }

    #[test]
    fn what_is_no_certificate_is_told_with_what_to_do() {
        let store = tempfile::tempdir().unwrap();
        let folder = StateFolder::below(store.path());
        let made = WebSection::default();
        Certificate::of(&made, &folder).unwrap();
        folder.write(CERTIFICATE, "nothing").unwrap();
        let told = Certificate::of(&made, &folder).unwrap_err().to_string();
        assert!(told.contains("Remove certificate.pem"), "{told}");

        let other = StateFolder::below(&store.path().join("other"));
        Certificate::of(&made, &other).unwrap();
        folder.remove(CERTIFICATE).unwrap();
        Certificate::of(&made, &folder).unwrap();
        let plants = WebSection {
            certificate: Some(folder.file(CERTIFICATE)),
            key: Some(other.file(KEY)),
            ..made
        };
        let told = Certificate::of(&plants, &folder).unwrap().server_config().unwrap_err();
        assert!(told.to_string().contains("`certificate` and `key`"), "{told}");
    }

    #[test]
    fn a_wrong_name_is_told() {
        let store = tempfile::tempdir().unwrap();
        let names = vec!["zählwerk".to_owned()];
        let section = WebSection { names, ..WebSection::default() };
        let made = Certificate::of(&section, &StateFolder::below(store.path()));
        let told = made.unwrap_err().to_string();
        assert!(told.contains("`names` in section [web]"), "{told}");
    }
}
