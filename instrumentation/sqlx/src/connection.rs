//! [`PoolConnection`]: a connection taken out of a pool, observed.

use std::time::Duration;

use sqlx::Database;

use crate::running::Origin;

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
    pub(crate) inner: sqlx::pool::PoolConnection<DB>,
    pub(crate) origin: Origin,
    /// What it took to get it, until a statement has said so.
    pub(crate) waited: Option<Duration>,
}

impl<DB: Database> PoolConnection<DB> {
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
}
