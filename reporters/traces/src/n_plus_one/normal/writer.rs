//! Tokens to text, in one way only.

use std::ops::Range;

use super::lexer::{Token, is_keyword};

/// Writes tokens one by one, and takes back what turns out to be a repetition.
pub(super) struct Writer {
    out: String,
    last: Last,
    /// Where the last token stood in the original.
    last_end: usize,
    list: List,
    /// The row that was closed last, if nothing but a comma has come since.
    row: Option<Range<usize>>,
    /// Parentheses that are open: where each begins, and the row right before it.
    open: Vec<(usize, Option<Range<usize>>)>,
    /// Without the semicolons at the end.
    end: usize,
}

/// What was written last, as far as the space behind it depends on that.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Nothing,
    Keyword,
    Name,
    Value,
    Operator,
    /// Nothing is put behind it.
    Tight,
    Cast,
    Close,
    Comma,
    Other,
}

/// Whether values are being listed that all become one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    No,
    Opened,
    /// Behind a value.
    Value,
    /// Behind a comma, which has not been written.
    Comma,
}

impl Writer {
    pub(super) fn with_room(bytes: usize) -> Self {
        Self {
            out: String::with_capacity(bytes),
            last: Last::Nothing,
            last_end: usize::MAX,
            list: List::No,
            row: None,
            open: Vec::new(),
            end: 0,
        }
    }

    pub(super) fn write(&mut self, token: Token<'_>, place: Range<usize>) {
        match (self.list, token) {
            (List::Comma, Token::Value) => self.list = List::Value,
            (List::Value, Token::Comma) => self.list = List::Comma,
            (list, token) => {
                if list == List::Comma {
                    self.put(Token::Comma, false);
                }
                self.put(token, self.last_end == place.start);
                self.list = match (list, token) {
                    (_, Token::Open | Token::OpenBracket) => List::Opened,
                    (List::Opened, Token::Value) => List::Value,
                    _ => List::No,
                };
            }
        }
        self.last_end = place.end;
        if token != Token::Semicolon {
            self.end = self.out.len();
        }
    }

    /// `adjacent` is whether nothing stood between this and the one before.
    fn put(&mut self, token: Token<'_>, adjacent: bool) {
        if self.needs_space(token, adjacent) {
            self.out.push(' ');
        }
        let start = self.out.len();
        // Known over a comma, and no further.
        let row = self.row.take();
        let behind_comma = self.last == Last::Comma;
        self.last = match token {
            Token::Word(word) => {
                self.out.push_str(word);
                self.out[start..].make_ascii_lowercase();
                if is_keyword(word) {
                    Last::Keyword
                } else {
                    Last::Name
                }
            }
            Token::Quoted(name) => {
                // It is shown to people, who do not want it to command their terminal.
                let shown = |c: char| if c.is_control() { '\u{fffd}' } else { c };
                self.out.extend(name.chars().map(shown));
                Last::Name
            }
            Token::Value => self.one('?', Last::Value),
            Token::Operator(c) => self.one(c, Last::Operator),
            Token::OpenBracket => self.one('[', Last::Tight),
            Token::CloseBracket => self.one(']', Last::Close),
            Token::Dot => self.one('.', Last::Tight),
            Token::Semicolon => self.one(';', Last::Other),
            Token::Comma => {
                self.row = row;
                self.one(',', Last::Comma)
            }
            Token::Cast => {
                self.out.push_str("::");
                Last::Cast
            }
            Token::Open => {
                self.open.push((start, row.filter(|_| behind_comma)));
                self.one('(', Last::Tight)
            }
            Token::Close => {
                self.out.push(')');
                self.close();
                Last::Close
            }
        };
    }

    fn one(&mut self, c: char, last: Last) -> Last {
        self.out.push(c);
        last
    }

    fn close(&mut self) {
        let Some((start, before)) = self.open.pop() else {
            return;
        };
        let whole = start..self.out.len();
        self.row = match before {
            Some(before) if self.out[before.clone()] == self.out[whole.clone()] => {
                self.out.truncate(before.end);
                Some(before)
            }
            _ => Some(whole),
        };
    }

    fn needs_space(&self, token: Token<'_>, adjacent: bool) -> bool {
        match (self.last, token) {
            (Last::Nothing | Last::Tight, _) => false,
            // What is put together must not become something else: `:` and `::x` would.
            (Last::Cast, _) => matches!(token, Token::Operator(_)),
            (last, Token::Cast) => last == Last::Operator,
            (
                _,
                Token::Comma | Token::Semicolon | Token::Close | Token::CloseBracket | Token::Dot,
            )
            | (Last::Name, Token::Open)
            | (Last::Name | Last::Value | Last::Close, Token::OpenBracket) => false,
            // An operator of several characters; but signs stand alone, and never make a comment.
            (Last::Operator, Token::Operator(c)) => !adjacent || matches!(c, '+' | '-'),
            _ => true,
        }
    }

    pub(super) fn finish(mut self) -> String {
        self.out.truncate(self.end);
        // A text that was cut within a row like the one before.
        let again = self.open.iter().find_map(|(start, before)| {
            let (begun, before) = (self.out.get(*start..)?, before.clone()?);
            (!begun.is_empty() && self.out[before.clone()].starts_with(begun)).then_some(before.end)
        });
        if let Some(end) = again {
            self.out.truncate(end);
        }
        self.out
    }
}
