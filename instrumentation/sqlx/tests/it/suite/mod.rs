//! What is so on every database, through its own driver and through sqlx's `Any`.

#[macro_use]
mod failures;
#[macro_use]
mod pool;
#[macro_use]
mod queries;
#[macro_use]
mod transactions;

/// Without the reasons that SQLite does not tell apart.
fn plainly(gist: String) -> String {
    ["syntax_error", "undefined"]
        .iter()
        .fold(gist, |gist, reason| gist.replace(reason, "database"))
}

/// The tests of this folder, on one database.
macro_rules! suite {
    ($database:ident $(, #[$ignored:meta])?) => {
        mod $database {
            // A prefix for each test on each database, as handlers are global.
            macro_rules! users {
                ($name:literal) => {{
                    let prefix = concat!("suite.", stringify!($database), ".", $name);
                    (prefix, crate::databases::$database(prefix).await)
                }};
            }

            suite_queries!($(#[$ignored])?);
            suite_failures!($(#[$ignored])?);
            suite_transactions!($(#[$ignored])?);
            suite_pool!($(#[$ignored])?);
        }
    };
}

suite!(sqlite);
suite!(any_sqlite);
suite!(postgres, #[ignore = "needs PostgreSQL"]);
suite!(any_postgres, #[ignore = "needs PostgreSQL"]);
