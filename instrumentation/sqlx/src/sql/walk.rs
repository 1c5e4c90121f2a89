//! The walk over the tokens of a statement, in search of its table.
//!
//! Bounded: it goes over a text once, and over a query in parentheses once more for each `WITH`
//! that it is in, of which at most [`MAX_DEPTH`](super::MAX_DEPTH) are followed.

use super::command;
use super::lexer::{Lexer, Token};

pub(super) struct Walk<'s> {
    lexer: Lexer<'s>,
    /// The names that `WITH` defined, and the tables behind them; the innermost last.
    defined: Vec<(&'s str, Option<&'s str>)>,
}

/// Who defines more names than this gets no answer that could be one of the others.
const MAX_DEFINED: usize = 256;

/// What may be the query in a pair of parentheses.
const QUERIES: &[&str] = &[
    "SELECT", "WITH", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE",
];

impl<'s> Walk<'s> {
    pub(super) fn new(lexer: Lexer<'s>) -> Self {
        Self {
            lexer,
            defined: Vec::new(),
        }
    }

    /// The command of the statement that begins here, and its table.
    pub(super) fn statement(&mut self, depth: u32) -> (&'static str, Option<&'s str>) {
        // `(SELECT ..) UNION (SELECT ..)`; and an empty statement is none.
        let mut first = self.lexer.next();
        while let Some(Token::Open | Token::Semicolon) = first {
            first = self.lexer.next();
        }
        let outer = self.defined.len();
        if first.is_some_and(|first| first.is("WITH")) {
            first = self.definitions(depth);
        }
        let found = first.map_or(("OTHER", None), |first| self.about(first, depth));
        self.defined.truncate(outer);
        found
    }

    fn about(&mut self, first: Token<'s>, depth: u32) -> (&'static str, Option<&'s str>) {
        let command = command(first);
        let source = match command {
            "SELECT" if first.is("TABLE") => self.table(),
            "SELECT" | "DELETE" => self.behind_from(depth),
            "INSERT" | "REPLACE" | "MERGE" => self.behind_into(),
            "UPDATE" => self.behind_update(),
            "CREATE" | "ALTER" | "DROP" => self.behind_object(),
            "TRUNCATE" | "LOCK" => self.behind(&["TABLE", "TABLES", "ONLY"]),
            "REFRESH" => self.behind(&["MATERIALIZED", "VIEW", "CONCURRENTLY"]),
            "COPY" if self.lexer.peek() == Some(Token::Open) => self.nested(depth),
            "COPY" => self.behind(&["BINARY"]),
            "EXPLAIN" => self.behind_explain(depth),
            "PREPARE" => self.behind_word("AS", depth),
            "DECLARE" => self.behind_word("FOR", depth),
            _ => None,
        };
        (command, source)
    }

    /// The table of a statement within this one.
    fn nested(&mut self, depth: u32) -> Option<&'s str> {
        self.statement(depth.checked_sub(1)?).1
    }

    /// Goes over what stands between `WITH` and the command, and returns the command.
    fn definitions(&mut self, depth: u32) -> Option<Token<'s>> {
        // Before the first definition and after each comma stands a name, whatever word it is.
        let mut name_is_next = true;
        let mut name = None;
        let mut body_is_next = false;
        while let Some(token) = self.lexer.next() {
            match token {
                _ if name_is_next && token.is("RECURSIVE") => {}
                _ if name_is_next => {
                    name = token.name();
                    name_is_next = false;
                    body_is_next = false;
                }
                Token::Comma => name_is_next = true,
                Token::Open => {
                    // A list of columns, or the query.
                    if body_is_next && let Some(name) = name.take() {
                        self.define(name, depth);
                    }
                    self.close()?;
                }
                Token::Semicolon => return None,
                _ if token.is("AS") => body_is_next = true,
                _ if token.is_one_of(QUERIES) => return Some(token),
                _ => {}
            }
        }
        None
    }

    /// Looks into the query that begins here, and stays here.
    fn define(&mut self, name: &'s str, depth: u32) {
        if self.defined.len() < MAX_DEFINED {
            let here = self.lexer;
            let table = self.nested(depth);
            self.lexer = here;
            // A recursive query may name itself.
            self.defined
                .push((name, table.filter(|table| *table != name)));
        }
    }

    /// The table behind the `FROM` of a query whose first word has been read.
    fn behind_from(&mut self, mut depth: u32) -> Option<&'s str> {
        let mut before = Token::Other;
        loop {
            let token = self.lexer.next()?;
            match token {
                // Subqueries and `extract(year FROM ..)` of the select list.
                Token::Open => self.close()?,
                Token::Close | Token::Semicolon => return None,
                // `a IS DISTINCT FROM b`, `t.from`.
                _ if token.is("FROM") && !before.is("DISTINCT") && before != Token::Dot => break,
                _ => {}
            }
            before = token;
        }
        self.skip(&["ONLY", "LATERAL"]);
        while self.lexer.peek()? == Token::Open {
            self.lexer.next();
            depth = depth.checked_sub(1)?;
            self.skip(&["ONLY", "LATERAL"]);
            if self.lexer.peek()?.is_one_of(QUERIES) {
                return self.nested(depth);
            }
        }
        self.table()
    }

    /// The table that is named here, or that is behind the name.
    fn table(&mut self) -> Option<&'s str> {
        self.skip(&["ONLY"]);
        let first = self.lexer.peek()?;
        let (name, qualified) = self.name()?;
        match self.lexer.peek() {
            // A function.
            Some(Token::Open) => return None,
            // `ROWS FROM (a_function(), ..)`.
            Some(next) if next.is("FROM") && first.is("ROWS") => return None,
            _ if qualified => return Some(name),
            _ => {}
        }
        let mut defined = self.defined.iter().rev();
        match defined.find(|(defined, _)| defined.eq_ignore_ascii_case(name)) {
            Some((_, table)) => *table,
            None if self.defined.len() >= MAX_DEFINED => None,
            None => Some(name),
        }
    }

    /// `INSERT OR REPLACE INTO t`, `INSERT IGNORE t`, `REPLACE INTO t`, `MERGE INTO t`.
    fn behind_into(&mut self) -> Option<&'s str> {
        self.skip_or();
        self.skip(&[
            "LOW_PRIORITY",
            "HIGH_PRIORITY",
            "DELAYED",
            "IGNORE",
            "INTO",
            "ONLY",
        ]);
        if self.lexer.peek()?.is_one_of(QUERIES) {
            return None;
        }
        self.name().map(|(name, _)| name)
    }

    /// `UPDATE OR IGNORE t`, `UPDATE ONLY t`.
    fn behind_update(&mut self) -> Option<&'s str> {
        self.skip_or();
        self.behind(&["LOW_PRIORITY", "IGNORE", "ONLY"])
    }

    /// `OR REPLACE`, `OR IGNORE` and so on, behind the command.
    fn skip_or(&mut self) {
        if self.lexer.peek().is_some_and(|next| next.is("OR")) {
            self.lexer.next();
            self.lexer.next();
        }
    }

    /// `CREATE TEMP TABLE IF NOT EXISTS t`, `ALTER VIEW v`, `CREATE UNIQUE INDEX i ON t`. Triggers
    /// and the like are not followed to their table.
    fn behind_object(&mut self) -> Option<&'s str> {
        self.skip(&[
            "OR",
            "REPLACE",
            "TEMP",
            "TEMPORARY",
            "VIRTUAL",
            "UNLOGGED",
            "GLOBAL",
            "LOCAL",
            "FOREIGN",
            "UNIQUE",
            "FULLTEXT",
            "SPATIAL",
            "RECURSIVE",
            "MATERIALIZED",
        ]);
        let object = self.lexer.next()?;
        if object.is_one_of(&["TABLE", "VIEW"]) {
            return self.behind(&["IF", "NOT", "EXISTS", "ONLY"]);
        }
        if !object.is("INDEX") {
            return None;
        }
        loop {
            match self.lexer.next()? {
                token if token.is("ON") => return self.behind(&["ONLY"]),
                Token::Word(_) | Token::Quoted(_) | Token::Dot => {}
                _ => return None,
            }
        }
    }

    /// `EXPLAIN ANALYZE SELECT ..`, `EXPLAIN (ANALYZE, BUFFERS) ..`, `EXPLAIN QUERY PLAN ..`.
    fn behind_explain(&mut self, depth: u32) -> Option<&'s str> {
        loop {
            match self.lexer.peek()? {
                token if token.is_one_of(QUERIES) => break,
                token if token.is_one_of(&["CREATE", "DECLARE", "EXECUTE"]) => break,
                Token::Open => {
                    self.lexer.next();
                    if self.lexer.peek()?.is_one_of(QUERIES) {
                        break;
                    }
                    self.close()?;
                }
                Token::Word(_) | Token::Other => {
                    self.lexer.next();
                }
                _ => return None,
            }
        }
        self.nested(depth)
    }

    /// The statement behind a word that stands in no parentheses.
    fn behind_word(&mut self, word: &str, depth: u32) -> Option<&'s str> {
        loop {
            match self.lexer.next()? {
                Token::Open => self.close()?,
                Token::Close | Token::Semicolon => return None,
                token if token.is(word) => return self.nested(depth),
                _ => {}
            }
        }
    }

    /// The name that is here, or behind these words.
    fn behind(&mut self, words: &[&str]) -> Option<&'s str> {
        self.skip(words);
        self.name().map(|(name, _)| name)
    }

    /// Skips words that may stand in front of a name.
    fn skip(&mut self, words: &[&str]) {
        while let Some(token) = self.lexer.peek()
            && token.is_one_of(words)
        {
            self.lexer.next();
        }
    }

    /// Reads `schema.table`; the last part, and whether there was more than one.
    fn name(&mut self) -> Option<(&'s str, bool)> {
        let mut name = self.lexer.next()?.name()?;
        let mut qualified = false;
        while self.lexer.peek() == Some(Token::Dot) {
            self.lexer.next();
            name = self.lexer.next()?.name()?;
            qualified = true;
        }
        Some((name, qualified))
    }

    /// Goes to behind the parenthesis that closes the one just read.
    fn close(&mut self) -> Option<()> {
        let mut open = 1_u32;
        while open > 0 {
            match self.lexer.next()? {
                Token::Open => open += 1,
                Token::Close => open -= 1,
                _ => {}
            }
        }
        Some(())
    }
}
