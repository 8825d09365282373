//! Passwords: what is taken, and what is kept of it.
//!
//! argon2id with the parameters that OWASP names first (19 MiB, two passes, one lane): some tens of
//! milliseconds on a box, and as much for each guess of a thief. Callers work out one at a time.

use std::sync::OnceLock;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Argon2, PasswordHash};

use super::PeopleError;

/// Shortest password, in characters.
pub const SHORTEST: usize = 10;

/// Longest password, in bytes: a longer one only costs time.
pub const LONGEST: usize = 200;

/// Different characters at least.
const FEWEST_LETTERS: usize = 4;

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weak {
    /// Too short.
    #[error("write at least {SHORTEST} characters; three words that only you combine are good")]
    Short,
    /// Too long.
    #[error("write at most {LONGEST} bytes")]
    Long,
    /// It repeats few characters.
    #[error("it repeats a few characters; write three words that only you combine")]
    Monotonous,
    /// It is the name.
    #[error("it contains the person's name; write three words that only you combine")]
    Name,
}

/// What is kept of a password: PHC's notation with salt and parameters.
#[derive(Clone)]
pub struct Hashed(String);

impl std::fmt::Debug for Hashed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hashed(…)")
    }
}

impl Hashed {
    /// Checks that a new password of `name` does, and works out what is kept. Takes tens of
    /// milliseconds.
    ///
    /// # Errors
    /// It does not do, or the system has no random numbers.
    pub fn new(name: &str, password: &str) -> Result<Self, PeopleError> {
        check(name, password)?;
        hash(password)
    }

    /// What was kept.
    pub(super) fn kept(text: String) -> Self {
        Self(text)
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Whether it was made from that password. Takes tens of milliseconds.
    pub fn is(&self, password: &str) -> bool {
        let Ok(hash) = PasswordHash::new(&self.0) else { return false };
        password.len() <= LONGEST
            && Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
    }

    /// Takes as long as [`Hashed::is`] for a name that nobody has, so that the time of an answer does
    /// not tell who works here.
    pub fn nobodys(password: &str) {
        static NOBODY: OnceLock<Option<Hashed>> = OnceLock::new();
        if let Some(hashed) = NOBODY.get_or_init(|| hash("nobody has this password").ok()) {
            _ = hashed.is(password);
        }
    }
}

fn hash(password: &str) -> Result<Hashed, PeopleError> {
    let hashed: PasswordHash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(|error| PeopleError::Hash(error.to_string()))?;
    Ok(Hashed(hashed.to_string()))
}

fn check(name: &str, password: &str) -> Result<(), Weak> {
    if password.chars().count() < SHORTEST {
        return Err(Weak::Short);
    }
    if password.len() > LONGEST {
        return Err(Weak::Long);
    }
    let mut letters: Vec<char> = password.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    if letters.len() < FEWEST_LETTERS {
        return Err(Weak::Monotonous);
    }
    let (name, password) = (name.to_lowercase(), password.to_lowercase());
    // A name of two letters is in many words.
    if name.chars().count() > 3 && password.contains(&name) {
        return Err(Weak::Name);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other_one() {
        let hashed = Hashed::new("anna", "three green boxes").unwrap();
        assert!(hashed.is("three green boxes"));
        for wrong in ["", "three green boxes ", "Three green boxes", &"x".repeat(100_000)] {
            assert!(!hashed.is(wrong), "{wrong}");
        }
        assert!(hashed.text().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hashed.text());
        let again = Hashed::new("anna", "three green boxes").unwrap();
        assert_ne!(hashed.text(), again.text(), "each has a salt of its own");
        assert!(!format!("{hashed:?}").contains("argon"));
    }

    #[test]
    fn what_is_easily_guessed_is_not_taken() {
        for (password, why) in [
            ("short one", Weak::Short),
            ("aaaaaaaaaaaaaaa", Weak::Monotonous),
            ("Annabella loves boxes", Weak::Name),
            (&*"long words ".repeat(40), Weak::Long),
        ] {
            assert_eq!(check("annabella", password), Err(why), "{password}");
        }
        assert_eq!(check("jo", "major objections"), Ok(()), "a short name is in many words");
    }

    #[test]
    fn what_is_damaged_is_nobodys_password() {
        assert!(
            !Hashed::kept(String::new()).is("") && !Hashed::kept("$argon2id$".to_owned()).is("x")
        );
    }
}
