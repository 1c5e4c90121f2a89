//! Random tokens, and what is made of them.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Bytes of a token: nobody guesses 256 random bits.
const BYTES: usize = 32;

/// A secret that a visitor's cookie holds.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token(String);

impl Token {
    /// A new one. `None` if the system has no randomness to give.
    pub(super) fn random() -> Option<Self> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).ok()?;
        Some(Self(hex(&bytes)))
    }

    /// What a cookie holds, if it can be one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_one = text.len() == 2 * BYTES
            && text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_one.then(|| Self(text.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// What is stored of a session's token. Whoever reads the table has no session by it; and as
    /// the token is random, a quick hash is enough.
    pub(super) fn stored(&self) -> String {
        hex(&Sha256::digest(self.0.as_bytes()))
    }

    /// What the forms of this visitor hold. Another site can make the visitor's browser send the
    /// cookie, but can neither read it nor a page of ours, so it does not know this.
    pub(super) fn csrf(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"csrf:");
        hash.update(self.0.as_bytes());
        hex(&hash.finalize())
    }

    /// Whether a form holds what it should. How long that takes tells nothing.
    pub(super) fn is_csrf(&self, given: &str) -> bool {
        self.csrf().as_bytes().ct_eq(given.as_bytes()).into()
    }
}

// A token is not for logs.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_its_cookie_and_no_two_are_the_same() {
        let token = Token::random().unwrap();
        assert_eq!(Token::parse(token.as_str()).unwrap(), token);
        assert_ne!(Token::random().unwrap(), token);
        assert_eq!(format!("{token:?}"), "Token");
    }

    #[test]
    fn what_is_stored_and_what_is_in_forms_is_neither_the_token_nor_the_same() {
        let token = Token::random().unwrap();
        assert_eq!(token.stored().len(), 64);
        assert_ne!(token.stored(), token.as_str());
        assert_ne!(token.csrf(), token.as_str());
        assert_ne!(token.csrf(), token.stored());
        assert!(token.is_csrf(&token.csrf()));
        assert!(!token.is_csrf(""));
        assert!(!token.is_csrf(token.as_str()));
        assert!(!token.is_csrf(&Token::random().unwrap().csrf()));
    }

    #[test]
    fn what_cannot_be_a_token_is_none() {
        let upper = "A".repeat(64);
        for text in ["", "abc", "' OR 1=1 --", upper.as_str(), &"a".repeat(65)] {
            assert!(Token::parse(text).is_none(), "{text}");
        }
    }
}
