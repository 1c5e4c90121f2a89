//! [`Token`]: a secret that is compared, and never shown.

use std::fmt;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use subtle::{Choice, ConstantTimeEq};

use crate::problem::TokenFault;

/// What somebody has to know.
pub(super) struct Token(Box<[u8]>);

impl Token {
    /// Refused unless it can be typed and sent, and is long enough to be a secret.
    pub(super) fn new(token: &str) -> Result<Self, TokenFault> {
        let invisible = token.bytes().position(|byte| !byte.is_ascii_graphic());
        match (token.len(), invisible) {
            (0, _) => Err(TokenFault::Empty),
            (_, Some(at)) => Err(TokenFault::Invisible(at + 1)),
            (short @ ..16, None) => Err(TokenFault::Short(short)),
            (long @ 513.., None) => Err(TokenFault::Long(long)),
            _ => Ok(Self(token.as_bytes().into())),
        }
    }

    /// Takes as long for what is wrong in the first byte as for what is right up to the last: the
    /// time depends on the length of what was given alone.
    pub(super) fn is(&self, given: &[u8]) -> bool {
        let same_length = Choice::from(u8::from(given.len() == self.0.len()));
        let bytes = given.iter().zip(self.0.iter().cycle());
        let same = bytes.fold(same_length, |same, (one, other)| same & one.ct_eq(other));
        same.into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// What a script gives as `Authorization: Bearer ..`. Other kinds are for somebody else, such as a proxy
/// that asks for a password and passes it on: they are no attempt.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let given = headers.get_all(AUTHORIZATION).iter();
    let mut tokens = given.filter_map(|value| token_of(value.as_bytes()));
    let first = tokens.next()?;
    // Of two, nobody knows which one counts.
    Some(tokens.next().map_or(first, |_| b""))
}

fn token_of(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked(b"Bearer".len())?;
    let is_bearer =
        scheme.eq_ignore_ascii_case(b"Bearer") && rest.first().is_none_or(u8::is_ascii_whitespace);
    is_bearer.then(|| rest.trim_ascii())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const SECRET: &str = "correct-horse-battery";

    #[test]
    fn a_token_is_long_enough_and_can_be_typed() {
        let (longest, short) = ("x".repeat(512), "x".repeat(15));
        let longer = longest.clone() + "x";
        for good in [SECRET, "!\"#$%&'()*+,-./:;<=>?@", &longest] {
            assert!(Token::new(good).is_ok(), "{good}");
        }
        for (bad, fault) in [
            ("", TokenFault::Empty),
            (&*short, TokenFault::Short(15)),
            (&longer, TokenFault::Long(513)),
            ("correct horse battery", TokenFault::Invisible(8)),
            ("correct-horse-battery\n", TokenFault::Invisible(22)),
            ("pferd-ü", TokenFault::Invisible(7)),
        ] {
            assert_eq!(Token::new(bad).err(), Some(fault), "{bad:?}");
        }
        let says = |fault| crate::DashboardError::Token(fault).to_string();
        assert_eq!(
            says(TokenFault::Short(15)),
            "the token has 15 characters: it takes 16 at least"
        );
        let byte = says(TokenFault::Invisible(4));
        assert!(
            byte.starts_with("the token has a character at byte 4 that is not visible ASCII: "),
            "{byte}"
        );
        let empty = says(TokenFault::Empty);
        assert!(empty.starts_with("the token is empty: "), "{empty}");
    }

    #[test]
    fn only_the_token_itself_is_right() {
        let token = Token::new(SECRET).unwrap();
        assert!(token.is(SECRET.as_bytes()));
        let twice = SECRET.repeat(2);
        for wrong in ["", "c", &SECRET[1..], &twice, "Correct-horse-battery"] {
            assert!(!token.is(wrong.as_bytes()), "{wrong}");
        }
        assert_eq!(format!("{token:?}"), "Token(..)");
    }

    #[test]
    fn a_script_gives_it_in_a_header() {
        let given = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, HeaderValue::from_static(value));
            }
            bearer(&headers).map(<[u8]>::to_vec)
        };
        assert_eq!(given(&[]), None);
        assert_eq!(given(&["Bearer abc"]), Some(b"abc".to_vec()));
        assert_eq!(given(&["bearer  abc "]), Some(b"abc".to_vec()));
        assert_eq!(given(&["Bearer"]), Some(Vec::new()));
        assert_eq!(given(&["Bearer abc", "Bearer abc"]), Some(Vec::new()));
        for other in ["", "Basic", "Bearerabc", "Basic abc", "Digest a=b"] {
            assert_eq!(given(&[other]), None, "{other}");
            assert_eq!(given(&[other, "Bearer abc"]), Some(b"abc".to_vec()));
        }
    }
}
