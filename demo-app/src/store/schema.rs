//! The tables, and the little in which the databases differ.
//!
//! Statements are the same for both: `$1` for what is bound, `RETURNING` for new ids, and only
//! types that sqlx's `Any` knows in both. So times are whole numbers (milliseconds since the Unix
//! epoch), truth is 0 or 1, and so on.

use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};

/// Which database speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// The type of a column that numbers the rows by itself.
    fn id(self) -> &'static str {
        match self {
            Self::Sqlite => "INTEGER PRIMARY KEY AUTOINCREMENT",
            Self::Postgres => "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        }
    }

    /// How a transaction begins that will write. SQLite would otherwise let two of them read, and
    /// then refuse one of them the writing.
    fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// Begins a transaction in which no other process makes or fills tables.
    pub(super) async fn begin_alone(
        self,
        connection: &mut AnyConnection,
    ) -> Result<sqlx::Transaction<'_, sqlx::Any>, sqlx::Error> {
        let mut transaction = connection.begin_with(self.begin()).await?;
        if self == Self::Postgres {
            // `CREATE .. IF NOT EXISTS` of two at once can fail there. The number is ours.
            transaction
                .execute("SELECT pg_advisory_xact_lock(7461001)")
                .await?;
        }
        Ok(transaction)
    }
}

/// All tables, in which `{id}` stands for what [`Dialect::id`] says; and a query that fails where one
/// of our names belongs to a table that is not ours.
const TABLES: [(&str, &str); 3] = [
    (
        // Who was there from the beginning has no password, and cannot log in.
        "CREATE TABLE IF NOT EXISTS users (\
           id {id},\
           name TEXT NOT NULL UNIQUE,\
           password_hash TEXT,\
           created_at BIGINT NOT NULL)",
        "SELECT id, name, password_hash, created_at FROM users LIMIT 0",
    ),
    (
        "CREATE TABLE IF NOT EXISTS todo_items (\
           id {id},\
           user_id BIGINT NOT NULL REFERENCES users (id),\
           title TEXT NOT NULL,\
           done INTEGER NOT NULL CHECK (done IN (0, 1)))",
        "SELECT id, user_id, title, done FROM todo_items LIMIT 0",
    ),
    (
        // The token itself is nowhere but in the visitor's cookie.
        "CREATE TABLE IF NOT EXISTS sessions (\
           token_hash TEXT NOT NULL PRIMARY KEY,\
           user_id BIGINT NOT NULL REFERENCES users (id),\
           expires_at BIGINT NOT NULL)",
        "SELECT token_hash, user_id, expires_at FROM sessions LIMIT 0",
    ),
];

const INDEXES: [&str; 2] = [
    "CREATE INDEX IF NOT EXISTS todo_items_of_user ON todo_items (user_id)",
    "CREATE INDEX IF NOT EXISTS sessions_of_user ON sessions (user_id, expires_at)",
];

/// Makes the tables where they are missing.
pub(super) async fn create(
    connection: &mut AnyConnection,
    dialect: Dialect,
) -> Result<(), sqlx::Error> {
    let mut transaction = dialect.begin_alone(connection).await?;
    for (table, probe) in TABLES {
        // Of constants only.
        let statement = AssertSqlSafe(table.replace("{id}", dialect.id()));
        transaction.execute(statement).await?;
        transaction
            .execute(probe)
            .await
            .map_err(|error| match error {
                sqlx::Error::Database(error) => sqlx::Error::Protocol(format!(
                    "it has a table of another application or version ({}); name another database",
                    error.message()
                )),
                other => other,
            })?;
    }
    for statement in INDEXES.into_iter().chain(crate::flow::TABLES) {
        transaction.execute(statement).await?;
    }
    transaction.commit().await
}
