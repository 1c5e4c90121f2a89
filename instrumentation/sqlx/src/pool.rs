//! [`Pool`]: sqlx's pool, observed.

use std::sync::Arc;
use std::time::Instant;

use sqlx::{Database, Error};
use telemetry::{EventName, NameError};

use crate::PoolConnection;
use crate::running::Origin;

/// A [`sqlx::Pool`] that emits an event per query.
///
/// `&Pool` is an [`Executor`](sqlx::Executor), as `&sqlx::Pool` is. Cloning it gives another handle
/// to the same pool.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use sqlx::SqlitePool;
/// use telemetry_sqlx::Pool;
///
/// let plain = SqlitePool::connect("sqlite::memory:").await?;
/// let pool = Pool::new(plain, "shop.repo")?.repo("orders");
/// telemetry::attach("log", "shop.repo.query", |query| {
///     assert!(query.metadata_is("repo", "orders"));
///     assert!(query.metadata_is("command", "SELECT"));
///     assert!(query.metadata_is("source", "sqlite_schema"));
/// })?;
///
/// let tables = sqlx::query("SELECT * FROM sqlite_schema").fetch_all(&pool).await?;
/// # assert_eq!(telemetry::list_handlers("shop.repo")[0].failures, 0);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Pool<DB: Database> {
    pub(crate) inner: sqlx::Pool<DB>,
    pub(crate) origin: Origin,
}

// Not derived: that would ask for `DB: Clone`.
impl<DB: Database> Clone for Pool<DB> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            origin: self.origin.clone(),
        }
    }
}

impl<DB: Database> Pool<DB> {
    /// Wraps a pool; the event is called `{prefix}.query`.
    ///
    /// # Errors
    ///
    /// If `{prefix}.query` is not an event name, or too many names were made at run time; see
    /// [`EventName::new`].
    pub fn new(inner: sqlx::Pool<DB>, prefix: &str) -> Result<Self, NameError> {
        let query = EventName::new(&format!("{prefix}.query"))?;
        let repo = prefix.rsplit('.').next().unwrap_or(prefix);
        Ok(Self {
            inner,
            origin: Origin {
                query,
                repo: repo.into(),
            },
        })
    }

    /// Sets the metadata `repo`, which tells pools apart that share a prefix. It is the last
    /// segment of the prefix if this is not called.
    #[must_use]
    pub fn repo(mut self, name: impl Into<Arc<str>>) -> Self {
        self.origin.repo = name.into();
        self
    }

    /// The event that this pool emits.
    #[must_use]
    pub fn query_event(&self) -> EventName {
        self.origin.query
    }

    /// sqlx's own pool. What is done through it emits nothing.
    #[must_use]
    pub fn inner(&self) -> &sqlx::Pool<DB> {
        &self.inner
    }

    /// Takes a connection out of the pool, for several statements in a row.
    ///
    /// The time that it takes, dialing included, is the `queue_time` of the first statement that
    /// is executed on the connection.
    ///
    /// # Errors
    ///
    /// As [`sqlx::Pool::acquire`]: a timeout, a closed pool, a connection that cannot be opened.
    pub async fn acquire(&self) -> Result<PoolConnection<DB>, Error> {
        let since = self.origin.query.is_observed().then(Instant::now);
        let inner = self.inner.acquire().await?;
        let waited = since.map(|since| since.elapsed());
        Ok(PoolConnection {
            inner,
            origin: self.origin.clone(),
            waited,
        })
    }

    /// How many connections there are, idle ones included.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.inner.size()
    }

    /// How many connections are idle.
    #[must_use]
    pub fn num_idle(&self) -> usize {
        self.inner.num_idle()
    }

    /// Closes the pool, as [`sqlx::Pool::close`] does, and waits until its connections are closed.
    pub async fn close(&self) {
        self.inner.close().await;
    }

    /// Whether [`close`](Self::close) was called on this pool or on another handle to it.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }
}
