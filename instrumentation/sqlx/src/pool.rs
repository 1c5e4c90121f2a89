//! [`Pool`]: sqlx's pool, observed.

use std::sync::Arc;
use std::time::Instant;

use sqlx::{ConnectOptions, Database, Error, SqlSafeStr};
use telemetry::{EventName, NameError};

use crate::origin::Origin;
use crate::sql::Dialect;
use crate::waiting::Waiting;
use crate::{PoolConnection, Transaction};

/// sqlx's name for its driver of drivers, which learns when it runs which database it is to be.
const ANY: &str = "Any";

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
    pub(crate) figures: EventName,
    pub(crate) waiting: Arc<Waiting>,
}

// Not derived: that would ask for `DB: Clone`.
impl<DB: Database> Clone for Pool<DB> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            origin: self.origin.clone(),
            figures: self.figures,
            waiting: self.waiting.clone(),
        }
    }
}

impl<DB: Database> Pool<DB> {
    /// Wraps a pool; the events are called `{prefix}.query`, `{prefix}.transaction` and
    /// `{prefix}.pool`.
    ///
    /// # Errors
    ///
    /// If these are not event names, or too many names were made at run time; see
    /// [`EventName::new`].
    pub fn new(inner: sqlx::Pool<DB>, prefix: &str) -> Result<Self, NameError> {
        let mut origin = Origin::new::<DB>(prefix)?;
        if DB::NAME == ANY {
            let url = inner.connect_options().to_url_lossy();
            origin.dialect = Dialect::of_scheme(url.scheme());
        }
        Ok(Self {
            inner,
            origin,
            figures: EventName::new(&format!("{prefix}.pool"))?,
            waiting: Arc::default(),
        })
    }

    /// Sets the metadata `repo`, which tells pools apart that share a prefix. It is the last
    /// segment of the prefix if this is not called.
    #[must_use]
    pub fn repo(mut self, name: impl Into<Arc<str>>) -> Self {
        self.origin.repo = name.into();
        self
    }

    /// Whether events carry the text of the statement; they do if this is not called. Text that is
    /// put together at run time may contain what is nobody's business.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let plain = sqlx::SqlitePool::connect("sqlite::memory:").await?;
    /// let pool = telemetry_sqlx::Pool::new(plain, "clinic.repo")?.statements(false);
    /// telemetry::attach("log", "clinic.repo.query", |query| {
    ///     assert!(query.metadata_is("statement", None::<&str>));
    ///     assert!(query.metadata_is("source", "sqlite_schema"));
    /// })?;
    /// sqlx::query("SELECT 'ada' FROM sqlite_schema").fetch_all(&pool).await?;
    /// # assert_eq!(telemetry::list_handlers("clinic.repo")[0].failures, 0);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn statements(mut self, told: bool) -> Self {
        self.origin.statements = told;
        self
    }

    /// The event of a statement.
    #[must_use]
    pub fn query_event(&self) -> EventName {
        self.origin.query
    }

    /// The event of a transaction.
    #[must_use]
    pub fn transaction_event(&self) -> EventName {
        self.origin.transaction
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
        let since = self.origin.observes_queries().then(Instant::now);
        let inner = self.wait().await?;
        let waited = since.map(|since| since.elapsed());
        Ok(PoolConnection::new(inner, self.origin.clone(), waited))
    }

    /// Takes a connection out of the pool if one is idle and nobody waits for it.
    #[must_use]
    pub fn try_acquire(&self) -> Option<PoolConnection<DB>> {
        let inner = self.inner.try_acquire()?;
        Some(PoolConnection::new(inner, self.origin.clone(), None))
    }

    /// Takes a connection out of the pool and begins a transaction on it.
    ///
    /// # Errors
    ///
    /// As [`sqlx::Pool::begin`]. A transaction that could not be begun is a `{prefix}.transaction`
    /// that `failed`, also if what failed was to get a connection.
    pub async fn begin(&self) -> Result<Transaction<'static, DB>, Error> {
        Transaction::on_pool(self, None).await
    }

    /// As [`begin`](Self::begin), with another statement than `BEGIN`:
    /// `BEGIN ISOLATION LEVEL SERIALIZABLE`, or `BEGIN IMMEDIATE`.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin), and if the statement begins no transaction.
    pub async fn begin_with(
        &self,
        statement: impl SqlSafeStr,
    ) -> Result<Transaction<'static, DB>, Error> {
        Transaction::on_pool(self, Some(statement.into_sql_str())).await
    }

    /// Whether nobody wants to know of a statement, or of the wait for its connection.
    pub(crate) fn is_nobodys(&self) -> bool {
        !self.origin.observes_queries()
            && !self.figures.is_observed()
            && !self.waiting.is_asked_for()
    }

    /// Every wait for a connection of which we know goes through here, to be counted.
    pub(crate) async fn wait(&self) -> Result<sqlx::pool::PoolConnection<DB>, Error> {
        let _one_more = self.waiting.enter();
        self.inner.acquire().await
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
