//! [`Known`]: statements that were looked at before.
//!
//! A program runs the same statements over and over, and the walk over a text was most of what a
//! statement cost before it began. So each thread remembers what it found out, in a table of fixed
//! size in which a statement has one place: whoever comes next to that place has it. The whole text is
//! compared, so nothing can be taken for something else. What is very long, as a thousand rows of
//! `VALUES`, is not worth the memory.

use std::cell::RefCell;
use std::hash::BuildHasher;
use std::ops::Range;

use foldhash::fast::RandomState;

use super::{Dialect, Summary};

/// Statements that one thread remembers.
const PLACES: usize = 128;

/// The longest that is remembered, in bytes; so a thread keeps a quarter of a MiB at the very most.
const MAX_LEN: usize = 2 * 1024;

thread_local! {
    static KNOWN: RefCell<Known> = const { RefCell::new(Known::new()) };
}

/// What `look` says of a statement, or has said of it before on this thread.
pub(super) fn or_look<'s>(
    sql: &'s str,
    dialect: Dialect,
    look: impl Fn(&'s str, Dialect) -> Summary<'s>,
) -> Summary<'s> {
    if sql.len() > MAX_LEN {
        return look(sql, dialect);
    }
    let known = KNOWN.try_with(|known| known.borrow_mut().or_look(sql, dialect, &look));
    // A thread that ends remembers nothing.
    known.unwrap_or_else(|_| look(sql, dialect))
}

struct Known {
    /// Made with the first statement; so is the seed, by which nobody outside can tell places.
    places: Vec<Place>,
    seed: Option<RandomState>,
}

#[derive(Default, Clone)]
struct Place {
    text: String,
    /// `None` until there is a statement.
    dialect: Option<Dialect>,
    command: &'static str,
    /// Where in the text it stands.
    source: Option<Range<usize>>,
}

impl Known {
    const fn new() -> Self {
        Self {
            places: Vec::new(),
            seed: None,
        }
    }

    fn or_look<'s>(
        &mut self,
        sql: &'s str,
        dialect: Dialect,
        look: impl FnOnce(&'s str, Dialect) -> Summary<'s>,
    ) -> Summary<'s> {
        let hash = self.seed.get_or_insert_default().hash_one(sql);
        if self.places.is_empty() {
            self.places.resize(PLACES, Place::default());
        }
        let place = &mut self.places[hash as usize % PLACES];
        if place.dialect == Some(dialect) && place.text == sql {
            return Summary {
                command: place.command,
                source: place.source.clone().and_then(|at| sql.get(at)),
            };
        }
        let found = look(sql, dialect);
        place.keep(sql, dialect, found);
        found
    }
}

impl Place {
    fn keep(&mut self, sql: &str, dialect: Dialect, found: Summary<'_>) {
        self.text.clear();
        self.text.push_str(sql);
        self.dialect = Some(dialect);
        self.command = found.command;
        self.source = found.source.map(|source| {
            let at = source.as_ptr() as usize - sql.as_ptr() as usize;
            at..at + source.len()
        });
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::hint::black_box;
    use std::time::Instant;

    use super::*;
    use crate::sql::walked;

    fn counted(walks: &Cell<u32>) -> impl for<'s> Fn(&'s str, Dialect) -> Summary<'s> {
        |sql, dialect| {
            walks.set(walks.get() + 1);
            walked(sql, dialect)
        }
    }

    #[test]
    fn a_statement_is_walked_over_once() {
        let walks = Cell::new(0);
        let mut known = Known::new();
        for _ in 0..100 {
            // Of its own memory each time, as a text that was put together is.
            let sql = "SELECT title FROM todo_items WHERE user_id = $1".to_owned();
            let found = known.or_look(&sql, Dialect::Sqlite, counted(&walks));
            assert_eq!(
                (found.command, found.source),
                ("SELECT", Some("todo_items"))
            );
        }
        assert_eq!(walks.get(), 1);
        // The same text is another statement to another database.
        let sql = "SELECT title FROM todo_items WHERE user_id = $1";
        known.or_look(sql, Dialect::MySql, counted(&walks));
        assert_eq!(walks.get(), 2);
    }

    #[test]
    fn whoever_asks_is_answered_from_what_is_known() {
        let sql = "SELECT a FROM asked_before";
        let found = crate::sql::summary(sql, Dialect::Sqlite);
        let known = or_look(sql, Dialect::Sqlite, |_, _| unreachable!("it is known"));
        assert_eq!((known, known.source), (found, Some("asked_before")));
    }

    #[test]
    fn whatever_was_there_before_a_statement_is_what_it_is() {
        let mut known = Known::new();
        // More than there is room for, so that they put each other out; twice, so that some are known.
        let texts: Vec<_> = (0..4 * PLACES)
            .map(|n| match n % 4 {
                0 => format!("SELECT a FROM t{n} WHERE b = {n}"),
                1 => format!("INSERT INTO \"t{n}\" VALUES (1)"),
                2 => format!("{}COMMIT", " ".repeat(n)),
                _ => String::new(),
            })
            .collect();
        for sql in texts.iter().chain(&texts) {
            for dialect in [Dialect::Sqlite, Dialect::Postgres] {
                let found = known.or_look(sql, dialect, walked);
                assert_eq!(found, walked(sql, dialect), "{sql}");
                assert_eq!(known.or_look(sql, dialect, walked), found, "{sql}");
            }
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let of_length = |len: usize| format!("SELECT 1 FROM t /*{}*/", "x".repeat(len - 20));
        for len in [MAX_LEN, MAX_LEN + 1, 100 * MAX_LEN] {
            let (sql, walks) = (of_length(len), Cell::new(0));
            assert_eq!(sql.len(), len);
            for _ in 0..2 {
                let found = or_look(&sql, Dialect::Sqlite, counted(&walks));
                assert_eq!(found.source, Some("t"));
            }
            assert_eq!(walks.get(), if len <= MAX_LEN { 1 } else { 2 }, "{len}");
        }
    }

    /// ```text
    /// cargo test --release -p telemetry-sqlx --lib -- --ignored --nocapture what_it_saves
    /// ```
    #[test]
    #[ignore = "measures times"]
    fn what_it_saves() {
        let columns = (0..60).map(|n| format!("orders.column_{n}"));
        let columns = columns.collect::<Vec<_>>().join(", ");
        let statements = [
            "SELECT title, done FROM todo_items WHERE user_id = $1 ORDER BY id".to_owned(),
            "SELECT users.id, users.name, todo_items.title, todo_items.done \
             FROM (SELECT id, name FROM users ORDER BY id LIMIT 20) AS users \
             LEFT JOIN todo_items ON todo_items.user_id = users.id \
             ORDER BY users.id, todo_items.id"
                .to_owned(),
            format!("SELECT {columns} FROM orders WHERE id = $1"),
        ];
        for sql in statements {
            let len = sql.len();
            let [before, known] = nanoseconds(&[sql]);
            println!("{len} bytes: walked over {before} ns, known {known} ns");
            assert!(known < before / 2);
        }
        let different =
            (0..CALLS).map(|n| format!("SELECT title, done FROM items WHERE id IN ({n})"));
        let [before, unknown] = nanoseconds(&different.collect::<Vec<_>>());
        println!("never the same: walked over {before} ns, looked for in vain {unknown} ns");
    }

    const CALLS: u32 = 1_000;

    /// Of one call, in the best of many rounds: of the walk, and of what remembers it.
    fn nanoseconds(statements: &[String]) -> [u128; 2] {
        let fastest = |summary: fn(&str, Dialect) -> Summary<'_>| {
            let rounds = (0..50).map(|_| {
                let began = Instant::now();
                for (_, sql) in (0..CALLS).zip(statements.iter().cycle()) {
                    black_box(summary(black_box(sql), Dialect::Sqlite));
                }
                began.elapsed() / CALLS
            });
            rounds.min().unwrap_or_default().as_nanos()
        };
        [fastest(walked), fastest(crate::sql::summary)]
    }
}
