//! Random texts that nobody can guess: session tokens, CSRF tokens, the token of this machine, the
//! set-up code.
//!
//! What is compared with a secret is compared in constant time, so that the time of a refusal says
//! nothing about it. A secret's `Debug` shows nothing.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Letters of a set-up code: none that looks like another one.
const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Letters of a set-up code in one group.
const GROUP: usize = 4;

/// Groups of a set-up code: 60 random bits.
const GROUPS: usize = 3;

/// A secret text.
#[derive(Clone)]
pub struct Secret(String);

/// The SHA-256 of a secret: what is kept where the secret itself need not be.
pub type Digested = [u8; 32];

impl Secret {
    /// A new one of 256 random bits, in letters that a cookie and a header take.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// A new set-up code, to be read from a console and typed in: `ABCD-EFGH-JKLM`.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn set_up_code() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; GROUP * GROUPS];
        getrandom::fill(&mut bytes)?;
        let letters = bytes.map(|byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
        let groups: Vec<String> =
            letters.chunks(GROUP).map(|group| group.iter().collect()).collect();
        Ok(Self(groups.join("-")))
    }

    /// A secret that was kept.
    pub fn kept(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// The text itself, for its owner.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether somebody knows it.
    pub fn is(&self, said: &str) -> bool {
        digest(&self.0).ct_eq(&digest(said)).into()
    }

    /// Whether somebody knows the set-up code; case, blanks and dashes do not count.
    pub fn is_code(&self, said: &str) -> bool {
        let plain = |text: &str| -> String {
            text.chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|c| c.to_ascii_uppercase())
                .collect()
        };
        digest(&plain(&self.0)).ct_eq(&digest(&plain(said))).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What is kept of a secret.
pub fn digest(secret: &str) -> Digested {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_secrets_differ_and_each_knows_itself() {
        let (one, other) = (Secret::new().unwrap(), Secret::new().unwrap());
        assert!(one.is(one.reveal()) && !one.is(other.reveal()) && !one.is(""));
        assert_eq!(one.reveal().len(), 43, "256 bits");
        assert!(!format!("{one:?}").contains(one.reveal()));
    }

    #[test]
    fn a_set_up_code_may_be_typed_in_small_letters_without_dashes() {
        let code = Secret::set_up_code().unwrap();
        let text = code.reveal();
        assert_eq!(text.len(), 14, "{text}");
        assert!(code.is_code(text));
        assert!(code.is_code(&text.to_lowercase().replace('-', " ")));
        assert!(!code.is_code("") && !code.is_code(&text[..13]));
        assert!(!code.is_code(Secret::set_up_code().unwrap().reveal()));
    }
}
