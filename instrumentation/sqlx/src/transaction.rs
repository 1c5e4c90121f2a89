//! [`Transaction`]: sqlx's transaction, observed.

use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, Database, Error, SqlStr};

use crate::Pool;
use crate::lent::Lent;
use crate::origin::Origin;
use crate::running::within;
use crate::transacting::Transacting;

/// A transaction, or a savepoint within one; from `begin` of [`Pool`], of a
/// [connection](crate::PoolConnection), or of a transaction.
///
/// `&mut Transaction` is an [`Executor`](sqlx::Executor); sqlx's own needs a dereference there. Each
/// statement is a `{prefix}.query`, below the transaction's span. The transaction is a
/// `{prefix}.transaction` when it has ended, once: [`commit`](Self::commit),
/// [`rollback`](Self::rollback), or dropped, which rolls it back.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let plain = sqlx::SqlitePool::connect("sqlite::memory:").await?;
/// # let pool = telemetry_sqlx::Pool::new(plain, "bank.repo")?;
/// # sqlx::query("CREATE TABLE accounts (id INTEGER, balance INTEGER)").execute(&pool).await?;
/// telemetry::attach("log", "bank.repo.transaction", |transaction| {
///     assert!(transaction.metadata_is("ended", "committed"));
///     assert_eq!(transaction.measurement("statements"), Some(2_u64.into()));
/// })?;
///
/// let mut transaction = pool.begin().await?;
/// for (account, by) in [(1, -30), (2, 30)] {
///     sqlx::query("UPDATE accounts SET balance = balance + ? WHERE id = ?")
///         .bind(by)
///         .bind(account)
///         .execute(&mut transaction)
///         .await?;
/// }
/// transaction.commit().await?;
/// # assert_eq!(telemetry::list_handlers("bank.repo")[0].failures, 0);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Transaction<'c, DB: Database> {
    // Dropped first: the rollback is on its way before handlers run.
    inner: sqlx::Transaction<'c, DB>,
    origin: Origin,
    waited: Waited<'c>,
    transacting: Transacting<'c>,
}

impl<DB: Database> Transaction<'static, DB> {
    /// On a connection that the pool has yet to give.
    pub(crate) async fn on_pool(pool: &Pool<DB>, how: Option<SqlStr>) -> Result<Self, Error> {
        let origin = pool.origin.clone();
        let mut transacting = Transacting::begin(&origin);
        let observed = transacting.context().is_some() || origin.observes_queries();
        transacting.waits(observed.then(Instant::now));
        let mut waited = None;
        let begun = within(transacting.context(), async {
            let connection = pool.wait().await;
            waited = transacting.waited();
            begin::<DB, PoolConnection<DB>>(connection?, how).await
        })
        .await;
        Self::of(begun, origin, Waited::Own(waited), transacting)
    }
}

impl<'c, DB: Database> Transaction<'c, DB> {
    /// On a connection that is there.
    pub(crate) async fn on_connection(
        connection: &'c mut DB::Connection,
        origin: &Origin,
        waited: &'c mut Option<Duration>,
        how: Option<SqlStr>,
    ) -> Result<Self, Error> {
        let transacting = Transacting::begin(origin);
        let begun = within(transacting.context(), begin::<DB, _>(connection, how)).await;
        Self::of(begun, origin.clone(), Waited::Lent(waited), transacting)
    }

    /// Sets a savepoint: a transaction within this one, with a `{prefix}.transaction` of its own,
    /// whose `savepoint` is `true`.
    ///
    /// # Errors
    ///
    /// As [`sqlx::Connection::begin`].
    pub async fn begin(&mut self) -> Result<Transaction<'_, DB>, Error> {
        let transacting = Transacting::nested(&self.origin, &mut self.transacting);
        let connection = &mut *self.inner;
        let begun = within(transacting.context(), begin::<DB, _>(connection, None)).await;
        let waited = Waited::Lent(self.waited.get());
        Transaction::of(begun, self.origin.clone(), waited, transacting)
    }

    fn of(
        begun: Result<sqlx::Transaction<'c, DB>, Error>,
        origin: Origin,
        waited: Waited<'c>,
        mut transacting: Transacting<'c>,
    ) -> Result<Self, Error> {
        match begun {
            Ok(inner) => {
                transacting.begun();
                Ok(Self {
                    inner,
                    origin,
                    waited,
                    transacting,
                })
            }
            Err(error) => {
                transacting.failed(&error);
                Err(error)
            }
        }
    }

    /// Commits it, or releases the savepoint.
    ///
    /// # Errors
    ///
    /// As [`sqlx::Transaction::commit`]; the transaction is rolled back then, and `ended` is
    /// `failed`.
    pub async fn commit(self) -> Result<(), Error> {
        let Self {
            mut inner,
            transacting,
            ..
        } = self;
        let (result, how) = within(transacting.context(), async {
            let how = match transacting.is_doubtful() && is_over::<DB>(&mut inner).await {
                true => "rolled_back",
                false => "committed",
            };
            (inner.commit().await, how)
        })
        .await;
        transacting.end(how, result.as_ref());
        result
    }

    /// Rolls it back, or back to the savepoint.
    ///
    /// # Errors
    ///
    /// As [`sqlx::Transaction::rollback`]; `ended` is `failed` then.
    pub async fn rollback(self) -> Result<(), Error> {
        let Self {
            inner, transacting, ..
        } = self;
        let result = within(transacting.context(), inner.rollback()).await;
        transacting.end("rolled_back", result.as_ref());
        result
    }

    /// sqlx's own transaction.
    #[must_use]
    pub fn inner(&self) -> &sqlx::Transaction<'c, DB> {
        &self.inner
    }

    /// sqlx's own transaction. What is done through it emits nothing.
    #[must_use]
    pub fn inner_mut(&mut self) -> &mut sqlx::Transaction<'c, DB> {
        &mut self.inner
    }

    pub(crate) fn lend(&mut self) -> Lent<'_, DB> {
        Lent {
            connection: &mut self.inner,
            origin: &self.origin,
            waited: self.waited.get(),
            transaction: self.transacting.statement(),
        }
    }
}

/// What it took to get the connection, until a statement has said so.
#[derive(Debug)]
enum Waited<'c> {
    Own(Option<Duration>),
    /// That of the connection, or of the transaction around this one: the first statement on it may
    /// be one of ours, or one that comes after us.
    Lent(&'c mut Option<Duration>),
}

impl Waited<'_> {
    fn get(&mut self) -> &mut Option<Duration> {
        match self {
            Self::Own(waited) => waited,
            Self::Lent(waited) => waited,
        }
    }
}

/// Whether the connection is in no transaction any more.
async fn is_over<DB: Database>(connection: &mut DB::Connection) -> bool {
    // A rollback may be on its way. Whether this fails, the commit will say.
    drop(connection.ping().await);
    !connection.is_in_transaction()
}

/// sqlx's constructor, which is hidden but what its drivers use, too. What is public (`Pool::begin`)
/// takes the connection and begins in one, so that the wait could not be told from the rest.
async fn begin<'c, DB: Database, C>(
    connection: C,
    how: Option<SqlStr>,
) -> Result<sqlx::Transaction<'c, DB>, Error>
where
    C: Into<sqlx::pool::MaybePoolConnection<'c, DB>>,
{
    sqlx::Transaction::begin(connection, how).await
}
