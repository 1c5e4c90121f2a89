//! The two cookies: that of a session, and that of a visitor who has none yet.

use axum::http::{HeaderMap, HeaderValue, header};

use super::token::Token;

/// Which cookies there are, and how they are called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cookies {
    secure: bool,
}

/// Which cookie.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// A session's token.
    Session,
    /// A secret for the forms of whoever has no session.
    Visit,
}

impl Cookies {
    /// `secure` is for a site that is reached by HTTPS: browsers then keep the cookies to it, and
    /// by the prefix `__Host-` take them from nobody else.
    pub(super) fn new(secure: bool) -> Self {
        Self { secure }
    }

    fn name(self, kind: Kind) -> &'static str {
        match (kind, self.secure) {
            (Kind::Session, false) => "demo_session",
            (Kind::Session, true) => "__Host-demo_session",
            (Kind::Visit, false) => "demo_visit",
            (Kind::Visit, true) => "__Host-demo_visit",
        }
    }

    /// The token that a request brings, if it looks like one.
    pub(super) fn read(self, headers: &HeaderMap, kind: Kind) -> Option<Token> {
        let name = self.name(kind);
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(key, _)| *key == name)
            .find_map(|(_, value)| Token::parse(value))
    }

    /// A header that sets a cookie, for a time or until the browser is closed.
    pub(super) fn set(self, kind: Kind, token: &Token, seconds: Option<i64>) -> HeaderValue {
        self.header(kind, token.as_str(), seconds)
    }

    /// A header that removes a cookie.
    pub(super) fn remove(self, kind: Kind) -> HeaderValue {
        self.header(kind, "", Some(0))
    }

    fn header(self, kind: Kind, value: &str, seconds: Option<i64>) -> HeaderValue {
        let name = self.name(kind);
        let age = seconds.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
        let secure = if self.secure { "; Secure" } else { "" };
        let text = format!("{name}={value}; HttpOnly; SameSite=Lax; Path=/{age}{secure}");
        // Names and tokens are ASCII of ours.
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(digit: &str) -> Token {
        Token::parse(&digit.repeat(64)).unwrap()
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let cookies = Cookies::new(false);
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("a=b; c; =; demo_session=short"),
        );
        let line = format!(
            "x=y;demo_visit={}; xdemo_session={}; demo_session={}",
            "1".repeat(64),
            "2".repeat(64),
            "3".repeat(64)
        );
        headers.append(header::COOKIE, HeaderValue::try_from(line).unwrap());
        headers.append(
            header::COOKIE,
            HeaderValue::from_bytes(b"\xff=\xff").unwrap(),
        );
        assert_eq!(cookies.read(&headers, Kind::Session), Some(token("3")));
        assert_eq!(cookies.read(&headers, Kind::Visit), Some(token("1")));
        let secure = Cookies::new(true);
        assert_eq!(secure.read(&headers, Kind::Session), None);
    }

    #[test]
    fn cookies_are_out_of_reach_for_scripts_and_other_sites() {
        let set = Cookies::new(true).set(Kind::Session, &token("a"), Some(60));
        let expected = format!(
            "__Host-demo_session={}; HttpOnly; SameSite=Lax; Path=/; Max-Age=60; Secure",
            "a".repeat(64)
        );
        assert_eq!(set.to_str().unwrap(), expected);
        let removed = Cookies::new(false).remove(Kind::Visit);
        assert_eq!(
            removed.to_str().unwrap(),
            "demo_visit=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0"
        );
    }
}
