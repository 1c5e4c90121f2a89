//! The database: SQLite or PostgreSQL, the same statements for both.

mod accounts;
mod connect;
mod schema;
mod seed;
mod todos;
mod url;
mod users;

use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use sqlx::{Any, AnyConnection};
use telemetry_sqlx::Pool;

pub(crate) use accounts::SignedIn;
pub(crate) use connect::DatabaseError;
pub(crate) use todos::Todo;
pub(crate) use users::User;

/// The database. Every query of the application goes through a pool that makes an event of it.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pool: Pool<Any>,
    /// Keeps a database in memory alive; only for that. The lock makes it `Sync`.
    _keeper: Arc<Mutex<Option<AnyConnection>>>,
}

impl Store {
    pub(crate) async fn open(url: &str) -> Result<Self, DatabaseError> {
        let connect::Opened { pool, keeper } = connect::open(url).await?;
        Ok(Self {
            pool,
            _keeper: Arc::new(Mutex::new(keeper)),
        })
    }

    /// The pool, for the parts of the application that bring their own statements.
    pub(crate) fn pool(&self) -> &Pool<Any> {
        &self.pool
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// The time as it is stored: milliseconds since the Unix epoch.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
