//! Opening the database named by a URL.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers};
use sqlx::{Any, AnyConnection, Connection, Executor};
use telemetry_sqlx::Pool;

use super::schema::Dialect;
use super::url::{Refused, Target, target, without_secrets};
use super::{schema, seed};
use crate::telemetry::REPO;

/// How long opening may take altogether, and how long a request waits for a connection.
const TIMEOUT: Duration = Duration::from_secs(4);

/// Connections to a SQLite file: readers do not wait for each other, writers do in any case.
const FILE_CONNECTIONS: u32 = 4;

/// Connections to PostgreSQL. A server takes a hundred at its defaults.
const POSTGRES_CONNECTIONS: u32 = 10;

/// Why the database cannot be used. Names the host or file and the cause, never a password.
#[derive(Debug)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The URL is of a database that the application does not speak to.
    Unsupported {
        /// The URL without user, password and parameters.
        database: String,
    },
    /// The URL is not one.
    Url {
        /// The URL without user, password and parameters.
        database: String,
        /// What is wrong with it.
        cause: String,
    },
    /// It cannot be opened.
    Open {
        /// The URL without user, password and parameters.
        database: String,
        /// Why.
        cause: String,
    },
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported { database } => write!(
                f,
                "cannot use the database {database}: only sqlite::memory:, sqlite://FILE and \
                 postgres://USER:PASSWORD@HOST/NAME are supported; choose one with --database or \
                 DATABASE_URL"
            ),
            Self::Url { database, cause } => {
                write!(f, "cannot read the database URL {database}: {cause}")
            }
            Self::Open { database, cause } => {
                write!(f, "cannot open the database {database}: {cause}")
            }
        }
    }
}

/// The pool, and what has to be kept as long as the pool is.
pub(super) struct Opened {
    pub(super) pool: Pool<Any>,
    pub(super) keeper: Option<AnyConnection>,
}

pub(super) async fn open(url: &str) -> Result<Opened, DatabaseError> {
    let database = without_secrets(url);
    let wrong = |cause: &str| DatabaseError::Url {
        database: database.clone(),
        cause: cause.into(),
    };
    let target = target(url).map_err(|refused| match refused {
        Refused::Unsupported => DatabaseError::Unsupported {
            database: database.clone(),
        },
        Refused::Wrong(cause) => wrong(cause),
    })?;
    install_default_drivers();
    let (Target::Memory(address) | Target::File(address) | Target::Postgres(address)) = &target;
    let options = AnyConnectOptions::from_str(address)
        // What the parser says may quote a part of the URL.
        .map_err(|_| {
            wrong("it is not a URL; write `/`, `@` and the like in a password as %2F, %40")
        })?;

    let opened = match tokio::time::timeout(TIMEOUT, connect(&target, options)).await {
        Ok(Ok((pool, keeper))) => Pool::new(pool, REPO)
            .map(|pool| Opened { pool, keeper })
            .map_err(|error| error.to_string()),
        // What sqlx says may quote the value of a parameter.
        Ok(Err(sqlx::Error::Configuration(_))) => {
            return Err(wrong(match target {
                Target::Postgres(_) => {
                    "it is not understood; write postgres://USER:PASSWORD@HOST/NAME"
                }
                _ => "its parameters are not understood; known are mode, cache and immutable",
            }));
        }
        Ok(Err(error)) => Err(cause(&error)),
        Err(_) => Err(format!("no answer within {} s", TIMEOUT.as_secs())),
    };
    opened.map_err(|cause| DatabaseError::Open { database, cause })
}

/// Connects, and makes what is missing.
///
/// The first connection is none of the pool's: a pool that is refused tries again until it has no
/// more time, and then does not say why. Nor is anything of it an event: only queries of requests
/// are.
async fn connect(
    target: &Target,
    options: AnyConnectOptions,
) -> Result<(sqlx::AnyPool, Option<AnyConnection>), sqlx::Error> {
    let mut first = AnyConnection::connect_with(&options).await?;
    let dialect = match target {
        Target::Postgres(_) => Dialect::Postgres,
        _ => {
            first.execute(PATIENCE).await?;
            Dialect::Sqlite
        }
    };
    if matches!(target, Target::File(_)) {
        // Readers and the one writer do not hinder each other then. The file remembers it.
        first.execute("PRAGMA journal_mode = WAL").await?;
    }
    schema::create(&mut first, dialect).await?;
    seed::fill(&mut first, dialect).await?;

    let pool = pool_options(target).connect_with(options).await?;
    // A database in memory lives as long as it has a connection. The pool keeps one for ever, but
    // it closes one whose use is cancelled at the wrong moment, and a client that goes away cancels.
    // So the first one stays, and nobody uses it.
    if matches!(target, Target::Memory(_)) {
        return Ok((pool, Some(first)));
    }
    first.close().await?;
    Ok((pool, None))
}

/// How long a writer waits for another one: less than a request waits for a connection.
const PATIENCE: &str = "PRAGMA busy_timeout = 2000";

fn pool_options(target: &Target) -> AnyPoolOptions {
    let options = AnyPoolOptions::new()
        .min_connections(1)
        .acquire_timeout(TIMEOUT);
    let is_postgres = matches!(target, Target::Postgres(_));
    let options = options.max_connections(match target {
        Target::Memory(_) => 1,
        Target::File(_) => FILE_CONNECTIONS,
        Target::Postgres(_) => POSTGRES_CONNECTIONS,
    });
    if is_postgres {
        // A server may have gone away meanwhile, so a connection is asked before it is used.
        return options;
    }
    options
        .idle_timeout(None)
        .max_lifetime(None)
        // A connection to a file does not go stale, and a ping that is cancelled costs it.
        .test_before_acquire(false)
        .after_connect(|connection, _| {
            Box::pin(async move { connection.execute(PATIENCE).await.map(drop) })
        })
        // SQLite rolls back by itself what finds the disk full. sqlx fails to do it once more, and
        // would then begin no transactions but savepoints, which keep the others from writing.
        .before_acquire(|connection, _| {
            let is_fresh = !connection.is_in_transaction();
            Box::pin(async move { Ok(is_fresh) })
        })
}

/// What sqlx says, without the code that SQLite puts first.
fn cause(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Protocol(text) => text.clone(),
        sqlx::Error::PoolTimedOut => format!("no connection within {} s", TIMEOUT.as_secs()),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_unsupported_database_is_refused_without_its_password() {
        let Err(error) = open("mysql://ada:hunter2@db.example/shop").await else {
            panic!("not refused")
        };
        let error = error.to_string();
        assert!(error.contains("db.example"), "{error}");
        assert!(error.contains("sqlite://FILE"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[tokio::test]
    async fn after_a_transaction_that_the_database_ended_itself_all_others_are_whole() {
        let opened = open("sqlite::memory:").await.unwrap();
        let mut transaction = opened.pool.begin().await.unwrap();
        // As SQLite does when the disk is full.
        sqlx::query("ROLLBACK")
            .execute(&mut transaction)
            .await
            .unwrap();
        assert!(transaction.rollback().await.is_err());
        let connection = opened.pool.inner().acquire().await.unwrap();
        assert!(!connection.is_in_transaction());
    }

    #[tokio::test]
    async fn a_url_that_cannot_be_read_is_refused_without_its_password() {
        for url in [
            "sqlite://x.db?mode=hunter2",
            "postgres://ada:hun/ter2@db.example/shop",
            "postgres://ada:hunter2@db.example:99999/shop",
            "postgres://ada@db.example/shop?sslmode=hunter2",
        ] {
            let Err(error) = open(url).await else {
                panic!("{url} is not refused")
            };
            assert!(matches!(error, DatabaseError::Url { .. }), "{url}: {error}");
            assert!(!error.to_string().contains("hun"), "{error}");
        }
    }
}
