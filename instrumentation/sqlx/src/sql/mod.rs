//! What a statement does, and to which table, from its text.
//!
//! Not a parser of SQL, of which every database has its own: a walk over the tokens that follows
//! parentheses and a handful of keywords. Its answers are tags of metrics, so a wrong one must be
//! rare, and none may be anything but a bounded text. When in doubt there is no table.

mod dialect;
mod known;
mod lexer;
#[cfg(test)]
mod tests;
mod walk;

pub(crate) use dialect::Dialect;
use lexer::{Lexer, Token};
use walk::Walk;

/// What the metadata `command` can be; `OTHER` is everything else.
///
/// A statement that begins with `WITH` is what comes after its table expressions. `TABLE t` is a
/// `SELECT`, `END` a `COMMIT`, `ABORT` a `ROLLBACK`, and `START TRANSACTION` a `BEGIN`.
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
    "REFRESH",
    "COMMENT",
    "SET",
    "RESET",
    "SHOW",
    "USE",
    "CALL",
    "DO",
    "COPY",
    "LOCK",
    "GRANT",
    "REVOKE",
    "PREPARE",
    "EXECUTE",
    "DEALLOCATE",
    "DECLARE",
    "FETCH",
    "CLOSE",
    "LISTEN",
    "UNLISTEN",
    "NOTIFY",
    "OTHER",
];

/// The longest metadata `source`, in bytes; a longer name is cut.
///
/// The name is looked for in the first 8 KiB of a statement: in a `SELECT` or `DELETE` the first
/// table behind `FROM`, in the others the table that is written to, copied, locked, created, altered
/// or dropped (or the view; of an index, the table behind `ON`). Where a subquery or a name defined
/// by `WITH` stands in place of the table, it is the first table of that query. A function (`FROM
/// json_each(..)`) is no table. `EXPLAIN`, `PREPARE` and `DECLARE` have that of their statement, and
/// several statements that of the first.
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

pub(crate) fn summary(sql: &str, dialect: Dialect) -> Summary<'_> {
    known::or_look(sql, dialect, walked)
}

fn walked(sql: &str, dialect: Dialect) -> Summary<'_> {
    let mut walk = Walk::new(Lexer::new(sql, dialect));
    let (command, source) = walk.statement(MAX_DEPTH);
    let source = source.map(|name| &name[..name.floor_char_boundary(MAX_SOURCE_LEN)]);
    Summary { command, source }
}

fn command(first: Token<'_>) -> &'static str {
    let other_names = [
        ("END", "COMMIT"),
        ("ABORT", "ROLLBACK"),
        ("START", "BEGIN"),
        ("TABLE", "SELECT"),
    ];
    let commands = COMMANDS.iter().map(|command| (*command, *command));
    let mut known = commands.chain(other_names);
    known
        .find(|(word, _)| first.is(word))
        .map_or("OTHER", |(_, command)| command)
}
