//! The normal form of a statement: what is left when its values are taken out.
//!
//! Two statements that ask the same of the database with other values have one normal form, however
//! they are written. No parser: a lexer that knows the quotes, comments and placeholders of SQLite,
//! PostgreSQL and MySQL, and a writer that folds lists and spaces in one way. Both look at each byte
//! a constant number of times.

mod lexer;
#[cfg(test)]
mod tests;
mod writer;

pub(super) use lexer::{Lexer, Token};

/// The normal form of an SQL statement.
///
/// - Strings, numbers, blobs and placeholders (`?`, `?1`, `$1`, `:name`, `@name`) become `?`.
/// - A list of values is one value, `in (?)`, also of values in casts or calls, `in (?::uuid)`; and rows
///   that are alike are one row, `values (?)`.
/// - Comments vanish, white space is set anew, a semicolon at the end is left out.
/// - Letters are lower case; a name in quotes stays as it is.
///
/// The normal form of a normal form is that form. A text that is no SQL has one, too, and text that
/// begins and does not end (a string, a comment) ends with the text. It takes time in proportion to
/// the length.
///
/// ```
/// use telemetry_traces::normalise;
///
/// let one = "SELECT name FROM users -- all of them\n WHERE id IN ($1, $2) AND \"Kind\" = 'x';";
/// assert_eq!(normalise(one), r#"select name from users where id in (?) and "Kind" = ?"#);
/// ```
///
/// A backslash in a string is an ordinary character (but in `E'..'`), and `"..."` is a name: so it
/// is in the standard, in SQLite and in PostgreSQL. In MySQL it depends on `sql_mode`.
#[must_use]
pub fn normalise(statement: &str) -> String {
    let mut writer = writer::Writer::with_room(statement.len().min(4096));
    for (token, place) in Lexer::new(statement) {
        writer.write(token, place);
    }
    writer.finish()
}

/// At most so many bytes of a text, between characters.
pub(super) fn at_most(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    let mut end = max;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
