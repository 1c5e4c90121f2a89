//! What a statement does, and to which table, from its text.
//!
//! Not a parser of SQL, of which every database has its own: a walk over the tokens that follows
//! parentheses and a handful of keywords. Its answers are tags of metrics, so a wrong one must be
//! rare, and none may be anything but a bounded text. When in doubt there is no table.

mod dialect;
mod lexer;
#[cfg(test)]
mod tests;

pub(crate) use dialect::Dialect;
use lexer::{Lexer, Token};

/// What the metadata `command` can be; `OTHER` is everything else.
///
/// A statement that begins with `WITH` is what comes after its table expressions. `END` is a
/// `COMMIT`, `ABORT` a `ROLLBACK`, and `START TRANSACTION` a `BEGIN`.
pub const COMMANDS: &[&str] = &[
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "REPLACE",
    "MERGE",
    "VALUES",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT",
    "RELEASE",
    "CREATE",
    "ALTER",
    "DROP",
    "TRUNCATE",
    "PRAGMA",
    "EXPLAIN",
    "ANALYZE",
    "VACUUM",
    "ATTACH",
    "DETACH",
    "REINDEX",
    "SET",
    "SHOW",
    "CALL",
    "COPY",
    "LOCK",
    "GRANT",
    "REVOKE",
    "OTHER",
];

/// The longest metadata `source`, in bytes; a longer name is cut.
///
/// The name is looked for in the first 8 KiB of a statement: in a `SELECT` or `DELETE` the first
/// table behind `FROM`, in the others the table that is written to, created, altered or dropped.
/// Where a subquery or a name defined by `WITH` stands in place of the table, it is the first table
/// of that query. A function (`FROM json_each(..)`) is no table.
pub const MAX_SOURCE_LEN: usize = 128;

/// The longest metadata `statement`, in bytes; a longer text is cut, between characters.
pub const MAX_STATEMENT_LEN: usize = 8 * 1024;

/// As much of a statement as is told.
pub(crate) fn excerpt(sql: &str) -> &str {
    &sql[..sql.floor_char_boundary(MAX_STATEMENT_LEN)]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Summary<'s> {
    /// One of [`COMMANDS`].
    pub(crate) command: &'static str,
    pub(crate) source: Option<&'s str>,
}

/// How deep subqueries are followed.
const MAX_DEPTH: u32 = 32;

/// A name that `WITH` defined, and the table behind it.
type Definition<'s> = (&'s str, Option<&'s str>);

pub(crate) fn summary(sql: &str, dialect: Dialect) -> Summary<'_> {
    let mut lexer = Lexer::new(sql, dialect);
    // `(SELECT ..) UNION (SELECT ..)`; and an empty statement is none.
    let mut first = lexer.next();
    while let Some(Token::Open | Token::Semicolon) = first {
        first = lexer.next();
    }
    let mut defined = Vec::new();
    if first.is_some_and(|first| first.is("WITH")) {
        first = definitions(&mut lexer, &mut defined);
    }
    let command = first.map_or("OTHER", command);
    let source = match command {
        "SELECT" | "DELETE" => behind_from(&mut lexer, &defined, MAX_DEPTH),
        "INSERT" | "REPLACE" | "MERGE" => behind_into(&mut lexer),
        "UPDATE" => behind_update(&mut lexer),
        "CREATE" | "ALTER" | "DROP" | "TRUNCATE" => behind_table(&mut lexer),
        _ => None,
    };
    let source = source.map(|name| &name[..name.floor_char_boundary(MAX_SOURCE_LEN)]);
    Summary { command, source }
}

fn command(first: Token<'_>) -> &'static str {
    let other_names = [("END", "COMMIT"), ("ABORT", "ROLLBACK"), ("START", "BEGIN")];
    let commands = COMMANDS.iter().map(|command| (*command, *command));
    let mut known = commands.chain(other_names);
    known
        .find(|(word, _)| first.is(word))
        .map_or("OTHER", |(_, command)| command)
}

/// Goes over what stands between `WITH` and the command, and returns the command.
fn definitions<'s>(lexer: &mut Lexer<'s>, defined: &mut Vec<Definition<'s>>) -> Option<Token<'s>> {
    // Before the first definition and after each comma stands a name, whatever word it is.
    let mut name_is_next = true;
    let mut name = None;
    while let Some(token) = lexer.next() {
        match token {
            _ if name_is_next && token.is("RECURSIVE") => {}
            _ if name_is_next => {
                name = token.name();
                name_is_next = false;
            }
            Token::Comma => name_is_next = true,
            Token::Open => {
                // A list of columns, or the query.
                let mut body = *lexer;
                if let Some(name) = name
                    && body.next().is_some_and(|first| first.is("SELECT"))
                {
                    let table = behind_from(&mut body, defined, MAX_DEPTH);
                    // A recursive query may name itself.
                    defined.push((name, table.filter(|table| *table != name)));
                }
                close(lexer)?;
            }
            Token::Semicolon => return None,
            _ if token.is_one_of(&[
                "SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "VALUES",
            ]) =>
            {
                return Some(token);
            }
            _ => {}
        }
    }
    None
}

/// The table behind the `FROM` of a query whose first word has been read.
fn behind_from<'s>(
    lexer: &mut Lexer<'s>,
    defined: &[Definition<'s>],
    depth: u32,
) -> Option<&'s str> {
    let mut before = Token::Other;
    loop {
        let token = lexer.next()?;
        match token {
            // Subqueries and `extract(year FROM ..)` of the select list.
            Token::Open => close(lexer)?,
            Token::Close | Token::Semicolon => return None,
            // `a IS DISTINCT FROM b`, `t.from`.
            _ if token.is("FROM") && !before.is("DISTINCT") && before != Token::Dot => break,
            _ => {}
        }
        before = token;
    }
    skip(lexer, &["ONLY", "LATERAL"]);
    let mut depth = depth;
    while lexer.peek()? == Token::Open {
        lexer.next();
        depth = depth.checked_sub(1)?;
    }
    if lexer.peek()?.is("SELECT") {
        lexer.next();
        return behind_from(lexer, defined, depth.checked_sub(1)?);
    }
    let (name, qualified) = name(lexer)?;
    if lexer.peek() == Some(Token::Open) {
        return None;
    }
    match defined
        .iter()
        .rfind(|(defined, _)| defined.eq_ignore_ascii_case(name))
    {
        Some((_, table)) if !qualified => *table,
        _ => Some(name),
    }
}

/// `INSERT OR REPLACE INTO t`, `REPLACE INTO t`, `MERGE INTO t`.
fn behind_into<'s>(lexer: &mut Lexer<'s>) -> Option<&'s str> {
    loop {
        match lexer.next()? {
            token if token.is("INTO") => break,
            Token::Word(_) => {}
            _ => return None,
        }
    }
    skip(lexer, &["ONLY"]);
    name(lexer).map(|(name, _)| name)
}

/// `UPDATE OR IGNORE t`, `UPDATE ONLY t`.
fn behind_update<'s>(lexer: &mut Lexer<'s>) -> Option<&'s str> {
    if lexer.peek()?.is("OR") {
        lexer.next();
        lexer.next();
    }
    skip(lexer, &["ONLY"]);
    name(lexer).map(|(name, _)| name)
}

/// `CREATE TEMP TABLE IF NOT EXISTS t`, `ALTER TABLE t`, `DROP TABLE t`. Indexes, views and
/// triggers are not followed to their table.
fn behind_table<'s>(lexer: &mut Lexer<'s>) -> Option<&'s str> {
    while !lexer.peek()?.is("TABLE") {
        let modifiers = [
            "TEMP",
            "TEMPORARY",
            "VIRTUAL",
            "UNLOGGED",
            "GLOBAL",
            "LOCAL",
            "FOREIGN",
        ];
        if !lexer.next()?.is_one_of(&modifiers) {
            return None;
        }
    }
    lexer.next();
    skip(lexer, &["IF", "NOT", "EXISTS", "ONLY"]);
    name(lexer).map(|(name, _)| name)
}

/// Skips words that may stand in front of a name.
fn skip(lexer: &mut Lexer<'_>, words: &[&str]) {
    while let Some(token) = lexer.peek()
        && token.is_one_of(words)
    {
        lexer.next();
    }
}

/// Reads `schema.table`; the last part, and whether there was more than one.
fn name<'s>(lexer: &mut Lexer<'s>) -> Option<(&'s str, bool)> {
    let mut name = lexer.next()?.name()?;
    let mut qualified = false;
    while lexer.peek() == Some(Token::Dot) {
        lexer.next();
        name = lexer.next()?.name()?;
        qualified = true;
    }
    Some((name, qualified))
}

/// Goes to behind the parenthesis that closes the one just read.
fn close(lexer: &mut Lexer<'_>) -> Option<()> {
    let mut open = 1_u32;
    while open > 0 {
        match lexer.next()? {
            Token::Open => open += 1,
            Token::Close => open -= 1,
            _ => {}
        }
    }
    Some(())
}
