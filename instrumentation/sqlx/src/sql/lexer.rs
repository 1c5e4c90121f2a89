//! Text to tokens: just enough of SQL to find keywords, names and parentheses.
//!
//! Every step consumes at least one byte of at most [`MAX_READ`], and everything that begins and
//! does not end (a string, a comment, a quoted name) ends with the text.

/// How much of a statement is read, in bytes. What decides comes early; a statement may be
/// megabytes of `VALUES`.
pub(super) const MAX_READ: usize = 8 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'s> {
    /// A keyword or a name without quotes.
    Word(&'s str),
    /// A name in quotes, without them; quotes inside stay doubled.
    Quoted(&'s str),
    Dot,
    Comma,
    Open,
    Close,
    Semicolon,
    /// A string, a number, a placeholder, an operator.
    Other,
}

impl<'s> Token<'s> {
    /// Whether this is the keyword `keyword`, which is given in upper case.
    pub(super) fn is(self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    pub(super) fn is_one_of(self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.is(keyword))
    }

    /// The text, if this can be the name of something.
    pub(super) fn name(self) -> Option<&'s str> {
        match self {
            Self::Word(name) | Self::Quoted(name) if !name.is_empty() => Some(name),
            _ => None,
        }
    }
}

/// Where in a text the next token begins. A copy looks ahead.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lexer<'s> {
    rest: &'s str,
    /// The text goes on behind `rest`, so a word that ends with `rest` may be half a word.
    cut: bool,
}

impl<'s> Lexer<'s> {
    pub(super) fn new(sql: &'s str) -> Self {
        let rest = &sql[..sql.floor_char_boundary(MAX_READ)];
        Self {
            rest,
            cut: rest.len() < sql.len(),
        }
    }

    pub(super) fn peek(mut self) -> Option<Token<'s>> {
        self.next()
    }

    /// Cuts off the first `len` bytes, or the whole rest if that is shorter.
    fn take(&mut self, len: usize) -> &'s str {
        let (taken, rest) = self.rest.split_at(self.rest.floor_char_boundary(len));
        self.rest = rest;
        taken
    }

    fn skip_space_and_comments(&mut self) {
        loop {
            self.rest = self.rest.trim_ascii_start();
            let len = if self.rest.starts_with("--") {
                self.rest.find('\n').map(|at| at + 1)
            } else if self.rest.starts_with("/*") {
                self.rest[2..].find("*/").map(|at| at + 4)
            } else {
                return;
            };
            self.take(len.unwrap_or(self.rest.len()));
        }
    }

    /// What stands between the quote that the rest begins with and the next `end` that is not
    /// doubled.
    fn quoted(&mut self, end: u8) -> Option<&'s str> {
        let bytes = self.rest.as_bytes();
        let mut at = 1;
        loop {
            at += bytes.get(at..)?.iter().position(|byte| *byte == end)?;
            // A name in brackets has no way to contain one.
            if end == b']' || bytes.get(at + 1) != Some(&end) {
                break;
            }
            at += 2;
        }
        let quoted = self.take(at + 1);
        quoted.get(1..at)
    }

    fn word(&mut self) -> Option<&'s str> {
        let len = self
            .rest
            .bytes()
            .position(|byte| !is_word(byte))
            .unwrap_or(self.rest.len());
        if len == self.rest.len() && self.cut {
            return None;
        }
        Some(self.take(len))
    }
}

impl<'s> Iterator for Lexer<'s> {
    type Item = Token<'s>;

    fn next(&mut self) -> Option<Token<'s>> {
        self.skip_space_and_comments();
        let first = *self.rest.as_bytes().first()?;
        let single = match first {
            b'.' => Token::Dot,
            b',' => Token::Comma,
            b'(' => Token::Open,
            b')' => Token::Close,
            b';' => Token::Semicolon,
            b'\'' => return self.quoted(b'\'').map(|_| Token::Other),
            b'"' | b'`' => return self.quoted(first).map(Token::Quoted),
            b'[' => return self.bracket(),
            b'0'..=b'9' => return self.word().map(|_| Token::Other),
            // A placeholder, `:from`: its name is no keyword.
            b':' | b'@' | b'$' | b'#' => {
                self.take(1);
                return self.word().map(|_| Token::Other);
            }
            _ if is_word(first) => return self.word().map(Token::Word),
            _ => Token::Other,
        };
        self.take(1);
        Some(single)
    }
}

impl<'s> Lexer<'s> {
    /// A name in brackets, or the subscript of an array: `tags[1]`.
    fn bracket(&mut self) -> Option<Token<'s>> {
        let name = self.quoted(b']')?;
        let subscript = name.trim_ascii_start().starts_with(|first: char| {
            first.is_ascii_digit() || matches!(first, '$' | ':' | '-' | '?')
        });
        Some(if subscript {
            Token::Other
        } else {
            Token::Quoted(name)
        })
    }
}

/// Anything beyond ASCII is a letter, as it is for SQLite and PostgreSQL.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::Token::{Close, Comma, Dot, Open, Other, Quoted, Semicolon, Word};
    use super::*;

    fn tokens(sql: &str) -> Vec<Token<'_>> {
        Lexer::new(sql).collect()
    }

    #[test]
    fn comments_and_space_are_between_tokens() {
        assert_eq!(tokens(" -- a\n\tb/* c */ d --e"), [Word("b"), Word("d")]);
        assert_eq!(tokens("/**/a/***/b"), [Word("a"), Word("b")]);
        assert_eq!(tokens("/*/ a */ b"), [Word("b")]);
        assert_eq!(tokens("a - b"), [Word("a"), Other, Word("b")]);
    }

    #[test]
    fn every_kind_of_quotes() {
        assert_eq!(
            tokens(r#"main."a b".`c``d`,[e f];x(tags[1])"#),
            [
                Word("main"),
                Dot,
                Quoted("a b"),
                Dot,
                Quoted("c``d"),
                Comma,
                Quoted("e f"),
                Semicolon,
                Word("x"),
                Open,
                Word("tags"),
                Other,
                Close,
            ]
        );
        assert_eq!(tokens("'it''s -- /* \" not' über"), [Other, Word("über")]);
    }

    #[test]
    fn the_name_of_a_placeholder_is_no_word() {
        assert_eq!(tokens(":from @from $from $1 ?1 #x"), [Other; 7]);
        assert_eq!(tokens("a::date"), [Word("a"), Other, Other]);
        assert_eq!(tokens("1e5 0x1F"), [Other, Other]);
    }

    #[test]
    fn what_does_not_end_ends_the_text() {
        for open in [
            "'a", "\"a", "`a", "[a", "/* a", "-- a", "'", "\"a\"\"", "/*/",
        ] {
            assert_eq!(tokens(open), [], "{open}");
        }
    }

    #[test]
    fn a_huge_text_is_cut_between_tokens() {
        let long = "a ".repeat(MAX_READ);
        assert_eq!(tokens(&long).len(), MAX_READ / 2);
        // Half a word is no word, and half a character no panic.
        assert_eq!(tokens(&"a".repeat(MAX_READ + 1)), []);
        assert_eq!(tokens(&"a".repeat(MAX_READ)).len(), 1);
        assert_eq!(
            tokens(&format!("{}ü {}", "a".repeat(MAX_READ - 1), "b".repeat(9))),
            []
        );
    }
}
