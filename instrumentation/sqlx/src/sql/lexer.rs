//! Text to tokens: just enough of SQL to find keywords, names and parentheses.
//!
//! Every step consumes at least one byte of at most [`MAX_READ`], and everything that begins and
//! does not end (a string, a comment, a quoted name) ends with the text.

use super::Dialect;

/// How much of a statement is read, in bytes. What decides comes early; a statement may be
/// megabytes of `VALUES`.
pub(super) const MAX_READ: usize = 8 * 1024;

/// What is longer than this is no name in brackets.
const MAX_IN_BRACKETS: usize = 256;

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
    dialect: Dialect,
}

impl<'s> Lexer<'s> {
    pub(super) fn new(sql: &'s str, dialect: Dialect) -> Self {
        let rest = &sql[..sql.floor_char_boundary(MAX_READ)];
        Self {
            rest,
            cut: rest.len() < sql.len(),
            dialect,
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
            self.rest = self.rest.trim_start_matches(is_space);
            let len = if self.is_at_line_comment() {
                self.rest.find('\n').map(|at| at + 1)
            } else if self.rest.starts_with("/*") {
                self.comment()
            } else {
                return;
            };
            self.take(len.unwrap_or(self.rest.len()));
        }
    }

    fn is_at_line_comment(&self) -> bool {
        let mysql = self.dialect.has_mysql_comments();
        match self.rest.strip_prefix("--") {
            Some(more) => !mysql || more.is_empty() || more.starts_with(is_space),
            None => mysql && self.rest.starts_with('#'),
        }
    }

    /// How long the comment is that the rest begins with.
    fn comment(&self) -> Option<usize> {
        let mut open = 1_u32;
        let mut at = 2;
        loop {
            at += self.rest.get(at..)?.find(['*', '/'])?;
            match self.rest.get(at..at + 2) {
                Some("*/") if open == 1 => return Some(at + 2),
                Some("*/") => open -= 1,
                Some("/*") if self.dialect.nests_comments() => open += 1,
                _ => {
                    at += 1;
                    continue;
                }
            }
            at += 2;
        }
    }

    /// What stands between the quote that the rest begins with and the next `end` that is not
    /// doubled, nor behind a backslash where that means something.
    fn quoted(&mut self, end: u8, backslash: bool) -> Option<&'s str> {
        let bytes = self.rest.as_bytes();
        let mut at = 1;
        loop {
            let byte = *bytes.get(at)?;
            if byte == b'\\' && backslash {
                at += 2;
            } else if byte != end {
                at += 1;
            } else if bytes.get(at + 1) == Some(&end) {
                at += 2;
            } else {
                break;
            }
        }
        let quoted = self.take(at + 1);
        quoted.get(1..at)
    }

    /// `$$text$$` or `$tag$text$tag$`, if the rest begins so; `None` in it if that does not end.
    fn dollar_quoted(&mut self) -> Option<Option<Token<'s>>> {
        let tag = self.rest[1..].find('$').map(|at| &self.rest[..at + 2])?;
        let inside = &tag[1..tag.len() - 1];
        if inside.starts_with(|first: char| first.is_ascii_digit())
            || !inside.bytes().all(is_word)
            || !self.dialect.has_postgres_strings()
        {
            return None;
        }
        let end = self.rest[tag.len()..].find(tag);
        Some(end.map(|at| {
            self.take(tag.len() + at + tag.len());
            Token::Other
        }))
    }

    /// A word, or a string that begins like one: `E'..'`, `U&'..'`, `U&".."`.
    fn word_or_string(&mut self) -> Option<Token<'s>> {
        let word = self.word()?;
        if !self.dialect.has_postgres_strings() {
            return Some(Token::Word(word));
        }
        if word.eq_ignore_ascii_case("e") && self.rest.starts_with('\'') {
            return self.quoted(b'\'', true).map(|_| Token::Other);
        }
        if word.eq_ignore_ascii_case("u") && self.rest.starts_with("&'") {
            self.take(1);
            return self.quoted(b'\'', false).map(|_| Token::Other);
        }
        if word.eq_ignore_ascii_case("u") && self.rest.starts_with("&\"") {
            self.take(1);
            return self.quoted(b'"', false).map(Token::Quoted);
        }
        Some(Token::Word(word))
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
            b'\'' => {
                let backslash = self.dialect.has_mysql_strings();
                return self.quoted(first, backslash).map(|_| Token::Other);
            }
            b'"' if self.dialect.has_mysql_strings() => {
                return self.quoted(first, true).map(|_| Token::Other);
            }
            b'"' => return self.quoted(first, false).map(Token::Quoted),
            b'`' if self.dialect.has_names_in_backticks() => {
                return self.quoted(first, false).map(Token::Quoted);
            }
            b'[' if self.dialect.has_names_in_brackets() => return self.bracket(),
            b'0'..=b'9' => {
                self.word()?;
                // `1.` may end in its dot, which is none between names.
                if self.rest.starts_with('.') {
                    self.take(1);
                }
                return Some(Token::Other);
            }
            // A placeholder, `:from`: its name is no keyword.
            b':' | b'@' | b'$' | b'#' => {
                if first == b'$'
                    && let Some(string) = self.dollar_quoted()
                {
                    return string;
                }
                self.take(1);
                return self.word().map(|_| Token::Other);
            }
            _ if is_word(first) => return self.word_or_string(),
            _ => Token::Other,
        };
        self.take(1);
        Some(single)
    }
}

impl<'s> Lexer<'s> {
    /// A name in brackets, or an array, or its subscript: `tags[1]`, `ARRAY['a', ..]`.
    fn bracket(&mut self) -> Option<Token<'s>> {
        let near = &self.rest[..self.rest.floor_char_boundary(MAX_IN_BRACKETS)];
        let inside = near[1..].find(']').map(|end| &near[1..=end]);
        match inside {
            Some(name) if !is_array(name) => {
                self.take(name.len() + 2);
                Some(Token::Quoted(name))
            }
            // What is inside is looked at by itself: a string may contain a bracket.
            _ => {
                self.take(1);
                Some(Token::Other)
            }
        }
    }
}

fn is_array(inside: &str) -> bool {
    let starts = |first: char| first.is_ascii_digit() || matches!(first, '$' | ':' | '-' | '?');
    inside.contains(['\'', '(', ',', '[']) || inside.trim_ascii_start().starts_with(starts)
}

fn is_space(letter: char) -> bool {
    // SQL has two more than ASCII's: the vertical tab, and what an editor may put first.
    letter.is_ascii_whitespace() || matches!(letter, '\u{b}' | '\u{feff}')
}

/// Anything beyond ASCII is a letter, as it is for SQLite and PostgreSQL.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || !byte.is_ascii()
}

#[cfg(test)]
mod tests;
