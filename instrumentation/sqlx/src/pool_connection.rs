//! [`PoolConnection`]: a connection taken out of a pool, observed.

use std::time::Duration;

use sqlx::{Database, Error, SqlSafeStr};

use crate::Transaction;
use crate::lent::Lent;
use crate::origin::Origin;

/// A connection taken out of a [`Pool`](crate::Pool) by [`Pool::acquire`](crate::Pool::acquire).
///
/// `&mut PoolConnection` is an [`Executor`](sqlx::Executor); sqlx's own needs a dereference there.
/// Dropping it gives the connection back.
///
/// The first statement has the wait for the connection as its `queue_time`; later ones waited for
/// nothing and have none.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let plain = sqlx::SqlitePool::connect("sqlite::memory:").await?;
/// # let pool = telemetry_sqlx::Pool::new(plain, "shop.repo")?;
/// let mut connection = pool.acquire().await?;
/// sqlx::query("CREATE TEMP TABLE basket (item TEXT)").execute(&mut connection).await?;
/// sqlx::query("INSERT INTO basket VALUES (?)").bind("pear").execute(&mut connection).await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct PoolConnection<DB: Database> {
    inner: sqlx::pool::PoolConnection<DB>,
    origin: Origin,
    /// What it took to get it, until a statement has said so.
    waited: Option<Duration>,
}

impl<DB: Database> PoolConnection<DB> {
    pub(crate) fn new(
        inner: sqlx::pool::PoolConnection<DB>,
        origin: Origin,
        waited: Option<Duration>,
    ) -> Self {
        Self {
            inner,
            origin,
            waited,
        }
    }

    /// Begins a transaction on this connection. It waits for none, so it has no `queue_time`; the
    /// first statement in it has that of the connection, if no statement has told it yet.
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

    /// sqlx's own connection.
    #[must_use]
    pub fn inner(&self) -> &sqlx::pool::PoolConnection<DB> {
        &self.inner
    }

    /// sqlx's own connection. What is done through it emits nothing.
    #[must_use]
    pub fn inner_mut(&mut self) -> &mut sqlx::pool::PoolConnection<DB> {
        &mut self.inner
    }

    /// Goes on with sqlx's own connection.
    #[must_use]
    pub fn into_inner(self) -> sqlx::pool::PoolConnection<DB> {
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
