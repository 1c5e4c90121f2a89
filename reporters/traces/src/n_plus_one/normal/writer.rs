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
    /// The row that was closed last, if nothing but one comma has come since.
    row: Option<Range<usize>>,
    /// Parentheses and brackets that are open.
    open: Vec<Opened>,
    /// How many more are open, in the last of those.
    deeper: usize,
    /// Semicolons that have not been written: those at the end never are.
    semicolons: usize,
}

/// What is deeper in parentheses and brackets than anybody writes is not looked at for repetitions.
const MAX_OPEN: usize = 256;

/// A parenthesis or a bracket that has not been closed.
struct Opened {
    start: usize,
    is_bracket: bool,
    /// The row right before it.
    row: Option<Range<usize>>,
    items: Items,
    /// As they were where the last item began that was not taken back.
    items_before: Items,
}

/// What stands between commas. Items that are like the first are left out, until one is not.
#[derive(Clone)]
struct Items {
    /// Where the current one begins.
    start: usize,
    first: Option<Range<usize>>,
    are_alike: bool,
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
            deeper: 0,
            semicolons: 0,
        }
    }

    pub(super) fn write(&mut self, token: Token<'_>, place: Range<usize>) {
        if token == Token::Semicolon {
            self.semicolons += 1;
            return;
        }
        for _ in 0..std::mem::take(&mut self.semicolons) {
            self.fold(Token::Semicolon, false);
        }
        self.fold(token, self.last_end == place.start);
        self.last_end = place.end;
    }

    fn fold(&mut self, token: Token<'_>, adjacent: bool) {
        match (self.list, token) {
            (List::Comma, Token::Value) => self.list = List::Value,
            (List::Value, Token::Comma) => self.list = List::Comma,
            (list, token) => {
                if list == List::Comma {
                    self.put(Token::Comma, false);
                }
                self.put(token, adjacent);
                self.list = match (list, token) {
                    (_, Token::Open | Token::OpenBracket) => List::Opened,
                    (List::Opened, Token::Value) => List::Value,
                    _ => List::No,
                };
            }
        }
    }

    /// `adjacent` is whether nothing stood between this and the one before.
    fn put(&mut self, token: Token<'_>, adjacent: bool) {
        if matches!(token, Token::Comma | Token::Close | Token::CloseBracket) {
            self.end_item();
        }
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
            Token::OpenBracket => {
                self.open(start, true, None);
                self.one('[', Last::Tight)
            }
            Token::CloseBracket => {
                self.close_bracket();
                self.one(']', Last::Close)
            }
            Token::Dot => self.one('.', Last::Tight),
            Token::Semicolon => {
                // It is in no list, and at the end of a text that is cut there it goes.
                if let Some(list) = self.list_mut() {
                    list.items.are_alike = false;
                }
                self.one(';', Last::Other)
            }
            Token::Comma => {
                self.row = row.filter(|_| !behind_comma);
                if let Some(list) = self.list_mut() {
                    list.items.start = start + 1;
                }
                self.one(',', Last::Comma)
            }
            Token::Cast => {
                self.out.push_str("::");
                Last::Cast
            }
            Token::Open => {
                self.open(start, false, row.filter(|_| behind_comma));
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

    fn open(&mut self, start: usize, is_bracket: bool, row: Option<Range<usize>>) {
        if self.open.len() == MAX_OPEN {
            self.deeper += 1;
            return;
        }
        let items = Items {
            start: start + 1,
            first: None,
            are_alike: true,
        };
        self.open.push(Opened {
            start,
            is_bracket,
            row,
            items_before: items.clone(),
            items,
        });
    }

    /// The innermost list.
    fn list_mut(&mut self) -> Option<&mut Opened> {
        self.open.last_mut().filter(|_| self.deeper == 0)
    }

    /// Before a comma or what closes a list: takes the item back if it is like the first.
    fn end_item(&mut self) {
        if self.deeper > 0 {
            return;
        }
        let Some(opened) = self.open.last_mut() else {
            return;
        };
        let items = &mut opened.items;
        let item = behind_space(&self.out, items.start)..self.out.len();
        let Some(text) = self.out.get(item.clone()) else {
            return;
        };
        let Some(first) = items.first.clone() else {
            opened.items_before = items.clone();
            items.first = Some(item);
            return;
        };
        let before = items.clone();
        items.are_alike &= self.out[first.clone()] == *text;
        if items.are_alike && text.contains('?') {
            self.out.truncate(first.end);
            let back = item.start - first.start;
            let row = self.row.take().filter(|row| row.start >= item.start);
            self.row = row.map(|row| row.start - back..row.end - back);
        } else {
            opened.items_before = before;
        }
    }

    /// `false` if no bracket was opened here.
    fn close_bracket(&mut self) -> bool {
        if self.deeper > 0 {
            self.deeper -= 1;
            return false;
        }
        let is_bracket = self.open.last().is_some_and(|opened| opened.is_bracket);
        if is_bracket {
            self.open.pop();
        }
        is_bracket
    }

    fn close(&mut self) {
        if self.deeper > 0 {
            self.deeper -= 1;
            return;
        }
        while self.close_bracket() {}
        let Some(opened) = self.open.pop() else {
            return;
        };
        let whole = opened.start..self.out.len();
        self.row = match opened.row {
            Some(before) if self.out[before.clone()] == self.out[whole.clone()] => {
                self.take_back_row(&before);
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
        // A text that was cut within an item like the first, or a row like the one before.
        while let Some(Opened {
            start, row, items, ..
        }) = self.open.pop()
        {
            let item = behind_space(&self.out, items.start);
            if let Some(first) = items.first.filter(|_| items.are_alike) {
                if self.out[first.clone()].contains('?') && self.repeats(item, &first) {
                    self.out.truncate(first.end);
                }
            }
            if let Some(row) = row.filter(|row| self.repeats(start, row)) {
                self.take_back_row(&row);
            }
        }
        self.out
    }

    /// Whether what stands from here on begins like something before.
    fn repeats(&self, start: usize, before: &Range<usize>) -> bool {
        let begun = self.out.get(start..);
        begun.is_some_and(|begun| self.out[before.clone()].starts_with(begun))
    }

    fn take_back_row(&mut self, before: &Range<usize>) {
        self.out.truncate(before.end);
        // Its comma is taken back as well.
        if let Some(around) = self.open.last_mut() {
            around.items = around.items_before.clone();
        }
    }
}

fn behind_space(text: &str, at: usize) -> usize {
    at + usize::from(text.as_bytes().get(at) == Some(&b' '))
}
