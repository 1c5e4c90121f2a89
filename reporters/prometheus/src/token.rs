//! [`BearerToken`]: a secret that is compared, and never shown.

use std::fmt;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use subtle::{Choice, ConstantTimeEq};

/// Longer tokens would not fit into the headers that servers take.
const MAX_LEN: usize = 4_096;

/// What a request has to know.
#[derive(Clone)]
pub(crate) struct BearerToken(Box<[u8]>);

/// Whether a request knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Knows {
    Token,
    /// It gave something else.
    SomethingElse,
    Nothing,
}

impl BearerToken {
    /// `None` unless this can stand behind `Bearer ` in a header (RFC 6750: letters, digits,
    /// `-._~+/`, and `=` at the end).
    pub(crate) fn new(token: &str) -> Option<Self> {
        let body = token.trim_end_matches('=');
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
        let valid = !body.is_empty() && token.len() <= MAX_LEN && body.bytes().all(fits);
        valid.then(|| Self(token.as_bytes().into()))
    }

    pub(crate) fn check(&self, headers: &HeaderMap) -> Knows {
        let mut given = headers.get_all(AUTHORIZATION).iter();
        let (Some(first), None) = (given.next(), given.next()) else {
            // Of two, nobody knows which one counts.
            return if headers.contains_key(AUTHORIZATION) {
                Knows::SomethingElse
            } else {
                Knows::Nothing
            };
        };
        match bearer(first.as_bytes()) {
            Some(token) if self.is(token) => Knows::Token,
            _ => Knows::SomethingElse,
        }
    }

    /// Takes as long for what is wrong in the first byte as for what is right up to the last: the
    /// time depends on the length of what was given alone.
    fn is(&self, given: &[u8]) -> bool {
        let same_length = Choice::from(u8::from(given.len() == self.0.len()));
        let bytes = given.iter().zip(self.0.iter().cycle());
        let same = bytes.fold(same_length, |same, (one, other)| same & one.ct_eq(other));
        same.into()
    }
}

/// What stands behind the scheme, if that is `Bearer` (in any case).
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked(b"Bearer".len())?;
    let is_bearer = scheme.eq_ignore_ascii_case(b"Bearer") && rest.starts_with(b" ");
    is_bearer.then(|| rest.trim_ascii())
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_what_a_header_can_carry_is_a_token() {
        let long = "x".repeat(MAX_LEN);
        for good in ["a", "aZ09-._~+/", "c2VjcmV0==", &long] {
            assert!(BearerToken::new(good).is_some(), "{good}");
        }
        let longer = long.clone() + "x";
        for bad in [
            "",
            "=",
            "a b",
            " a",
            "a\n",
            "a=b",
            "pass,word",
            "\"a\"",
            "ü",
            "a\0",
            &longer,
        ] {
            assert!(BearerToken::new(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn only_the_token_itself_is_known() {
        let token = BearerToken::new("secret").unwrap();
        let check = |values: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
            }
            token.check(&headers)
        };
        for good in [
            "Bearer secret",
            "bearer secret",
            "BEARER  secret",
            "Bearer secret ",
        ] {
            assert_eq!(check(&[good.as_bytes()]), Knows::Token, "{good}");
        }
        for bad in [
            "",
            "Bearer",
            "Bearer ",
            "Bearer secre",
            "Bearer secrett",
            "Bearer secretsecret",
            "Bearer Secret",
            "Bearer terces",
            "Bearersecret",
            "Basic secret",
            "secret",
            "Bearer secret,Bearer secret",
        ] {
            assert_eq!(check(&[bad.as_bytes()]), Knows::SomethingElse, "{bad}");
        }
        assert_eq!(check(&[b"Bearer \xff"]), Knows::SomethingElse);
        let twice: &[&[u8]] = &[b"Bearer secret", b"Bearer secret"];
        assert_eq!(check(twice), Knows::SomethingElse);
        assert_eq!(check(&[]), Knows::Nothing);
    }

    #[test]
    fn it_is_never_shown() {
        let token = BearerToken::new("secret").unwrap();
        assert_eq!(format!("{token:?}"), "BearerToken(..)");
    }
}
