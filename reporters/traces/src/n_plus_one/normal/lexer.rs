//! Text to tokens.

use std::ops::Range;

/// What matters of a statement's parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::n_plus_one) enum Token<'s> {
    /// A keyword or a name without quotes, as it was written.
    Word(&'s str),
    /// A name in quotes, with them.
    Quoted(&'s str),
    /// A literal or a placeholder.
    Value,
    /// One character of an operator.
    Operator(char),
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    Comma,
    Dot,
    Semicolon,
    /// `::`
    Cast,
}

/// Yields each token and where it stands.
#[derive(Debug, Clone)]
pub(in crate::n_plus_one) struct Lexer<'s> {
    text: &'s str,
    at: usize,
    /// Whether a sign here would be an operation on what stood before.
    after_operand: bool,
}

impl<'s> Lexer<'s> {
    pub(in crate::n_plus_one) fn new(text: &'s str) -> Self {
        Self {
            text,
            at: 0,
            after_operand: false,
        }
    }

    fn rest(&self) -> &'s str {
        &self.text[self.at..]
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn skip_space_and_comments(&mut self) {
        loop {
            let rest = self.rest();
            let text = rest.trim_start_matches(is_space);
            self.at += rest.len() - text.len();
            self.at += if text.starts_with("--") {
                text.find('\n').unwrap_or(text.len())
            } else if text.starts_with("/*") {
                comment(text.as_bytes())
            } else {
                return;
            };
        }
    }

    /// From here to the next `quote` that is not doubled.
    fn quoted(&mut self, quote: u8, backslash: bool) {
        let bytes = self.text.as_bytes();
        self.at += 1;
        while let Some(byte) = bytes.get(self.at) {
            if *byte == b'\\' && backslash {
                self.at += 2;
            } else if *byte != quote {
                self.at += 1;
            } else if bytes.get(self.at + 1) == Some(&quote) {
                self.at += 2;
            } else {
                self.at += 1;
                return;
            }
        }
        self.at = bytes.len();
    }

    /// Behind what may be in a word.
    fn word(&mut self) {
        let rest = self.rest();
        self.at += rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    }

    fn number(&mut self) {
        let bytes = self.text.as_bytes();
        let mut last = 0;
        while let Some(&byte) = bytes.get(self.at) {
            let exponent = matches!(byte, b'+' | b'-')
                && matches!(last, b'e' | b'E')
                && self.byte(1).is_some_and(|next| next.is_ascii_digit());
            if !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.') || exponent) {
                return;
            }
            last = byte;
            self.at += 1;
        }
    }

    /// `$1`, `$name`, `$$text$$`, `$tag$text$tag$`; `false` if it is a dollar and no more.
    fn dollar(&mut self) -> bool {
        let rest = self.rest();
        let tag = &rest[1..];
        let tag = &tag[..tag.find(|c| c == '$' || !is_word(c)).unwrap_or(tag.len())];
        let len = tag.len() + 2;
        let numbered = tag.starts_with(|c: char| c.is_ascii_digit());
        if rest[1 + tag.len()..].starts_with('$') && !numbered {
            // What does not end, ends with the text; looking again from the next dollar on would
            // take time by the square.
            let inside = &rest[len..];
            self.at += match inside.find(&rest[..len]) {
                Some(end) => len + end + len,
                None => rest.len(),
            };
            return true;
        }
        self.at += 1 + tag.len();
        !tag.is_empty()
    }

    /// A sign before a number is a part of it, unless something stands before that it is added to.
    fn signed_number(&self) -> Option<usize> {
        let behind = self.rest()[1..].trim_start_matches(is_space);
        starts_number(behind.as_bytes()).then(|| self.text.len() - behind.len())
    }

    /// A word, or a string that begins like one: `E'..'`, `X'..'`, `B'..'`, `N'..'`, `U&'..'`.
    fn word_or_string(&mut self) -> Token<'s> {
        let start = self.at;
        self.word();
        let word = &self.text[start..self.at];
        let string = |prefixes: &[&str]| prefixes.iter().any(|one| word.eq_ignore_ascii_case(one));
        if self.byte(0) == Some(b'\'') && string(&["e", "x", "b", "n"]) {
            self.quoted(b'\'', string(&["e"]));
            return Token::Value;
        }
        if self.rest().starts_with("&'") && string(&["u"]) {
            self.at += 1;
            self.quoted(b'\'', false);
            return Token::Value;
        }
        Token::Word(word)
    }

    fn token(&mut self, first: char) -> Token<'s> {
        let start = self.at;
        let next = self.text[start + first.len_utf8()..].chars().next();
        let single = match first {
            '(' => Token::Open,
            ')' => Token::Close,
            '[' => Token::OpenBracket,
            ']' => Token::CloseBracket,
            ',' => Token::Comma,
            ';' => Token::Semicolon,
            '\'' => {
                self.quoted(b'\'', false);
                return Token::Value;
            }
            '"' | '`' => {
                self.quoted(first as u8, false);
                return Token::Quoted(&self.text[start..self.at]);
            }
            '0'..='9' => {
                self.number();
                return Token::Value;
            }
            '.' if !self.after_operand && starts_number(self.rest().as_bytes()) => {
                self.number();
                return Token::Value;
            }
            '.' => Token::Dot,
            '+' | '-' if !self.after_operand => match self.signed_number() {
                Some(number) => {
                    self.at = number;
                    self.number();
                    return Token::Value;
                }
                None => Token::Operator(first),
            },
            '?' => {
                self.at += 1;
                let rest = self.rest();
                self.at += rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                return Token::Value;
            }
            '$' => {
                return if self.dollar() {
                    Token::Value
                } else {
                    Token::Operator('$')
                };
            }
            ':' if next == Some(':') => {
                self.at += 2;
                return Token::Cast;
            }
            // `a <@$1` is an operator and a value.
            ':' | '@' if next.is_some_and(|next| is_word(next) && (first, next) != ('@', '$')) => {
                self.at += 1;
                self.word();
                return Token::Value;
            }
            // A variable of the server, `@@version`.
            '@' if self.rest().starts_with("@@")
                && self.rest()[2..].starts_with(|c| is_word(c) && c != '$') =>
            {
                self.at += 2;
                self.word();
                return Token::Word(&self.text[start..self.at]);
            }
            _ if is_word(first) => return self.word_or_string(),
            other => Token::Operator(other),
        };
        self.at += first.len_utf8();
        single
    }
}

impl<'s> Iterator for Lexer<'s> {
    type Item = (Token<'s>, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        self.skip_space_and_comments();
        let start = self.at;
        let first = self.rest().chars().next()?;
        let token = self.token(first);
        // A string may end with a backslash, and with it the text.
        self.at = self.at.min(self.text.len());
        self.after_operand = match token {
            Token::Word(word) => !is_keyword(word),
            Token::Quoted(_) | Token::Value | Token::Close | Token::CloseBracket => true,
            _ => false,
        };
        Some((token, start..self.at))
    }
}

/// How long the comment is that the text begins with. Comments nest, as in PostgreSQL.
fn comment(text: &[u8]) -> usize {
    let mut open = 0_usize;
    let mut at = 0;
    while at < text.len() {
        match text.get(at..at + 2) {
            Some(b"/*") => open += 1,
            Some(b"*/") => open -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if open == 0 {
            return at;
        }
    }
    text.len()
}

fn starts_number(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b".").unwrap_or(text);
    digits.first().is_some_and(u8::is_ascii_digit)
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || c.is_control() || c == '\u{feff}'
}

/// Anything beyond ASCII is a letter, as it is for SQLite and PostgreSQL.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '$') || !(c.is_ascii() || is_space(c))
}

/// Whether a word is one behind which something new begins: a sign belongs to what follows, and a
/// parenthesis opens no list of arguments.
pub(super) fn is_keyword(word: &str) -> bool {
    const KEYWORDS: &[&str] = &[
        "all",
        "and",
        "any",
        "as",
        "between",
        "by",
        "case",
        "check",
        "default",
        "delete",
        "distinct",
        "else",
        "escape",
        "except",
        "exists",
        "filter",
        "for",
        "from",
        "group",
        "having",
        "ilike",
        "in",
        "insert",
        "intersect",
        "into",
        "is",
        "join",
        "lateral",
        "like",
        "limit",
        "materialized",
        "not",
        "offset",
        "on",
        "or",
        "order",
        "over",
        "partition",
        "recursive",
        "return",
        "returning",
        "select",
        "set",
        "some",
        "then",
        "union",
        "update",
        "using",
        "values",
        "when",
        "where",
        "with",
    ];
    word.len() <= 12
        && KEYWORDS
            .iter()
            .any(|keyword| keyword.eq_ignore_ascii_case(word))
}
