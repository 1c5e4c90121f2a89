//! Opening the database named by a URL.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePoolOptions};
use sqlx::{Connection, Sqlite};
use telemetry_sqlx::Pool;

use super::seed;
use crate::telemetry::REPO;

/// How long opening may take altogether.
const TIMEOUT: Duration = Duration::from_secs(4);

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
            Self::Unsupported { database } if database.starts_with("postgres") => write!(
                f,
                "cannot use the database {database}: PostgreSQL is not supported yet; use \
                 sqlite::memory: or sqlite://FILE with --database or DATABASE_URL"
            ),
            Self::Unsupported { database } => write!(
                f,
                "cannot use the database {database}: only sqlite::memory: and sqlite://FILE are \
                 supported; choose one with --database or DATABASE_URL"
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
    pub(super) pool: Pool<Sqlite>,
    pub(super) keeper: Option<SqliteConnection>,
}

pub(super) async fn open(url: &str) -> Result<Opened, DatabaseError> {
    let database = without_secrets(url);
    if !url.starts_with("sqlite:") {
        return Err(DatabaseError::Unsupported { database });
    }
    let wrong = |cause: &str| DatabaseError::Url {
        database: database.clone(),
        cause: cause.into(),
    };
    let file = url.trim_start_matches("sqlite:").trim_start_matches("//");
    if file.split('?').next().is_none_or(str::is_empty) {
        return Err(wrong(
            "it names no file; write sqlite::memory: or sqlite://FILE",
        ));
    }
    let options = SqliteConnectOptions::from_str(url)
        // What sqlx says may quote the value of a parameter.
        .map_err(|_| {
            wrong("its parameters are not understood; known are mode, cache and immutable")
        })?
        .create_if_missing(true)
        .foreign_keys(true)
        .busy_timeout(TIMEOUT / 2);
    // A database in memory lives as long as it has a connection. The pool keeps one for ever, but
    // it closes one whose use is cancelled at the wrong moment, and a client that goes away cancels.
    // So there is one more, which nobody uses.
    let in_memory = file.starts_with(":memory:") || url.contains("mode=memory");
    let pool_options = SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(if in_memory { 1 } else { 4 })
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(TIMEOUT)
        // A connection to a file does not go stale, and a ping that is cancelled costs it.
        .test_before_acquire(false);
    let failed = |cause| DatabaseError::Open {
        database: database.clone(),
        cause,
    };

    let opened = async {
        let keeper = match in_memory {
            true => Some(SqliteConnection::connect_with(&options).await?),
            false => None,
        };
        let pool = pool_options.connect_with(options).await?;
        // Not through the instrumented pool: only queries of requests are events.
        seed::create(&pool).await?;
        Ok::<_, sqlx::Error>((pool, keeper))
    };
    let (pool, keeper) = match tokio::time::timeout(TIMEOUT, opened).await {
        Ok(Ok(opened)) => opened,
        Ok(Err(error)) => return Err(failed(cause(&error))),
        Err(_) => return Err(failed(format!("no answer within {} s", TIMEOUT.as_secs()))),
    };
    let pool = Pool::new(pool, REPO).map_err(|error| failed(error.to_string()))?;
    Ok(Opened { pool, keeper })
}

/// What sqlx says, without the code that SQLite puts first.
fn cause(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::PoolTimedOut => format!("no connection within {} s", TIMEOUT.as_secs()),
        other => other.to_string(),
    }
}

/// The URL as far as it may be shown: scheme, host and path, but neither user, password nor
/// parameters. Where it cannot be told what is what, less is shown.
fn without_secrets(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once(':') else {
        return "(not a URL)".to_owned();
    };
    if !scheme
        .chars()
        .all(|one| one.is_ascii_alphanumeric() || one == '+')
    {
        return "(not a URL)".to_owned();
    }
    let shown = rest.split(['?', '#']).next().unwrap_or_default();
    if scheme == "sqlite" {
        return format!("sqlite:{shown}");
    }
    let host = match shown.rsplit_once('@') {
        // A password may hold `/`; the last `@` is where it is over at the latest.
        Some((_, host)) => Some(host),
        // An `@` only behind `?` or `#`: those may be part of a password.
        None if rest.contains('@') => None,
        None => shown.strip_prefix("//"),
    };
    // What stands where a port does and is none may be a password without its host.
    let is_shown = |host: &&str| {
        let authority = host.split('/').next().unwrap_or_default();
        let port = authority
            .rsplit_once(']')
            .map_or(authority, |(_, port)| port)
            .rsplit_once(':');
        port.is_none_or(|(_, port)| port.parse::<u16>().is_ok())
    };
    match host.filter(is_shown) {
        Some(host) => format!("{scheme}://{host}"),
        None => format!("{scheme}://(host not shown)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_a_url_holds_no_secret() {
        for (url, shown) in [
            (
                "postgres://ada:hunter2@db.example:5432/shop",
                "postgres://db.example:5432/shop",
            ),
            (
                "postgres://ada:hun/ter2@db.example/shop?x=1",
                "postgres://db.example/shop",
            ),
            (
                "postgres://ada:hun@ter2@db.example/shop",
                "postgres://db.example/shop",
            ),
            (
                "postgres://ada:hun?ter2@db.example/shop",
                "postgres://(host not shown)",
            ),
            (
                "postgres://ada:hun#ter2@db.example/shop",
                "postgres://(host not shown)",
            ),
            (
                "postgres://db.example/shop?password=hunter2",
                "postgres://db.example/shop",
            ),
            ("postgres://ada:hunter2", "postgres://(host not shown)"),
            ("postgres://ada:hun/ter2", "postgres://(host not shown)"),
            ("postgres:hunter2", "postgres://(host not shown)"),
            ("postgres://[::1]:5432/shop", "postgres://[::1]:5432/shop"),
            ("sqlite::memory:", "sqlite::memory:"),
            (
                "sqlite:///var/lib/demo.db?mode=ro",
                "sqlite:///var/lib/demo.db",
            ),
            ("hunter2", "(not a URL)"),
            ("hunter2 @:x", "(not a URL)"),
        ] {
            assert_eq!(without_secrets(url), shown, "{url}");
        }
    }

    #[tokio::test]
    async fn an_unsupported_database_is_refused_without_its_password() {
        for url in [
            "postgres://ada:hunter2@db.example/shop",
            "mysql://ada:hunter2@db.example/shop",
        ] {
            let Err(error) = open(url).await else {
                panic!("{url} is not refused")
            };
            let error = error.to_string();
            assert!(error.contains("db.example"), "{error}");
            assert!(error.contains("sqlite://FILE"), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_url_that_names_no_file_or_a_wrong_parameter_is_refused() {
        for url in ["sqlite:", "sqlite://", "sqlite:?mode=rwc"] {
            let Err(error) = open(url).await else {
                panic!("{url} is not refused")
            };
            assert!(error.to_string().contains("names no file"), "{error}");
        }
        let Err(error) = open("sqlite://x.db?mode=hunter2").await else {
            panic!("not refused")
        };
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
