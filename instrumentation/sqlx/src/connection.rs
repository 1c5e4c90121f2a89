//! [`Connection`]: one connection without a pool, observed.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection as _, Database, Error, SqlSafeStr};
use telemetry::NameError;

use crate::Transaction;
use crate::lent::Lent;
use crate::origin::Origin;

/// A connection that belongs to no pool and emits an event per statement.
///
/// `&mut Connection` is an [`Executor`](sqlx::Executor). Its statements wait for no connection, so
/// they have no `queue_time`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use sqlx::Connection as _;
///
/// let plain = sqlx::SqliteConnection::connect("sqlite::memory:").await?;
/// let mut connection = telemetry_sqlx::Connection::new(plain, "shop.import")?;
/// sqlx::query("CREATE TABLE users (name TEXT)").execute(&mut connection).await?;
/// connection.close().await?;
/// # Ok(()) }
/// ```
pub struct Connection<DB: Database> {
    inner: DB::Connection,
    origin: Origin,
    /// Always `None`: it was there from the start.
    waited: Option<Duration>,
}

impl<DB: Database> Connection<DB> {
    /// Wraps a connection; the events are called `{prefix}.query` and `{prefix}.transaction`.
    ///
    /// # Errors
    ///
    /// As [`Pool::new`](crate::Pool::new).
    pub fn new<C>(inner: C, prefix: &str) -> Result<Self, NameError>
    where
        // Said from both sides, so that the database need not be.
        C: sqlx::Connection<Database = DB>,
        DB: Database<Connection = C>,
    {
        Ok(Self {
            origin: Origin::of::<DB>(&inner, prefix)?,
            inner,
            waited: None,
        })
    }

    /// Sets the metadata `repo`; it is the last segment of the prefix if this is not called.
    #[must_use]
    pub fn repo(mut self, name: impl Into<Arc<str>>) -> Self {
        self.origin.repo = name.into();
        self
    }

    /// Whether events carry the text of the statement; they do if this is not called.
    #[must_use]
    pub fn statements(mut self, told: bool) -> Self {
        self.origin.statements = told;
        self
    }

    /// Begins a transaction.
    ///
    /// # Errors
    ///
    /// As [`sqlx::Connection::begin`].
    pub async fn begin(&mut self) -> Result<Transaction<'_, DB>, Error> {
        Transaction::<DB>::on_connection(&mut self.inner, &self.origin, &mut self.waited, None)
            .await
    }

    /// As [`begin`](Self::begin), with another statement than `BEGIN`.
    ///
    /// # Errors
    ///
    /// As [`sqlx::Connection::begin_with`].
    pub async fn begin_with(
        &mut self,
        statement: impl SqlSafeStr,
    ) -> Result<Transaction<'_, DB>, Error> {
        let how = Some(statement.into_sql_str());
        Transaction::<DB>::on_connection(&mut self.inner, &self.origin, &mut self.waited, how).await
    }

    /// Closes it, and tells the database so.
    ///
    /// # Errors
    ///
    /// As [`sqlx::Connection::close`].
    pub async fn close(self) -> Result<(), Error> {
        self.inner.close().await
    }

    /// sqlx's own connection.
    #[must_use]
    pub fn inner(&self) -> &DB::Connection {
        &self.inner
    }

    /// sqlx's own connection. What is done through it emits nothing.
    #[must_use]
    pub fn inner_mut(&mut self) -> &mut DB::Connection {
        &mut self.inner
    }

    /// Goes on with sqlx's own connection.
    #[must_use]
    pub fn into_inner(self) -> DB::Connection {
        self.inner
    }

    pub(crate) fn lend(&mut self) -> Lent<'_, DB> {
        Lent {
            connection: &mut self.inner,
            origin: &self.origin,
            waited: &mut self.waited,
            transaction: None,
        }
    }
}

// Not derived: that would ask for connections that can be printed.
impl<DB: Database> fmt::Debug for Connection<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}
