//! [`Lent`]: a connection for as long as one statement runs on it.
//!
//! [`PoolConnection`](crate::PoolConnection), [`Connection`](crate::Connection) and
//! [`Transaction`](crate::Transaction) differ in what they do between statements. In a statement
//! they do the same, which is here.

use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use sqlx::{Database, Error, Execute, SqlStr};
use telemetry::SpanContext;

use crate::driver::{Driver, Step};
use crate::origin::Origin;
use crate::parts::Parts;
use crate::running::{Running, within};
use crate::yielding::{self, Out, next};

pub(crate) struct Lent<'e, DB: Database> {
    pub(crate) connection: &'e mut DB::Connection,
    pub(crate) origin: &'e Origin,
    /// What it took to get the connection, until a statement has said so.
    pub(crate) waited: &'e mut Option<Duration>,
    /// Of a transaction that somebody observes.
    pub(crate) transaction: Option<Within<'e>>,
}

/// The transaction that a statement runs in.
pub(crate) struct Within<'e> {
    pub(crate) context: Option<SpanContext>,
    pub(crate) statements: &'e mut u64,
    /// Whether the database refused a statement, and none was executed since.
    pub(crate) refused: &'e mut bool,
}

/// Where a transaction wants to know whether its statement was refused.
struct Refused<'e>(Option<&'e mut bool>);

impl Refused<'_> {
    /// What failed before it came to the database (a value that cannot be encoded) leaves the
    /// transaction as it was.
    fn tell<T>(self, result: &Result<T, Error>) {
        if let Some(refused) = self.0 {
            match result {
                Ok(_) => *refused = false,
                Err(Error::Database(_)) => *refused = true,
                Err(_) => {}
            }
        }
    }
}

impl<'e, DB: Driver> Lent<'e, DB> {
    pub(crate) fn fetch_many<'q: 'e>(
        self,
        query: impl Execute<'q, DB> + 'q,
    ) -> BoxStream<'e, Step<DB>> {
        if self.is_nobodys() {
            *self.waited = None;
            return DB::fetch_many(self.connection, query);
        }
        let parts = Parts::of(query);
        yielding::stream(move |out| async move {
            let (connection, mut running, refused) = self.begin(parts.text());
            let result = within(running.context(), async {
                forward::<DB>(DB::fetch_many(connection, parts), &mut running, &out).await
            })
            .await;
            refused.tell(&result);
            running.end(&result);
            if let Err(error) = result {
                out.put(Err(error)).await;
            }
        })
    }

    pub(crate) fn fetch_optional<'q: 'e>(
        self,
        query: impl Execute<'q, DB> + 'q,
    ) -> BoxFuture<'e, Result<Option<DB::Row>, Error>> {
        if self.is_nobodys() {
            *self.waited = None;
            return DB::fetch_optional(self.connection, query);
        }
        let parts = Parts::of(query);
        Box::pin(async move {
            let (connection, running, refused) = self.begin(parts.text());
            let context = running.context();
            let result = within(context, DB::fetch_optional(connection, parts)).await;
            refused.tell(&result);
            optional(running, &result);
            result
        })
    }

    /// Executes nothing and emits nothing. But what cannot be prepared is refused, too.
    pub(crate) fn prepare_with(
        self,
        sql: SqlStr,
        parameters: &'e [DB::TypeInfo],
    ) -> BoxFuture<'e, Result<DB::Statement, Error>> {
        let preparing = DB::prepare_with(self.connection, sql, parameters);
        minding(self.transaction, preparing)
    }

    /// As `prepare_with`.
    #[cfg(feature = "macros")]
    pub(crate) fn describe(self, sql: SqlStr) -> BoxFuture<'e, Result<sqlx::Describe<DB>, Error>> {
        let describing = DB::describe(self.connection, sql);
        minding(self.transaction, describing)
    }

    fn is_nobodys(&self) -> bool {
        self.transaction.is_none() && !self.origin.observes_queries()
    }

    fn begin(self, text: &str) -> (&'e mut DB::Connection, Running, Refused<'e>) {
        let (mut parent, mut refused) = (None, None);
        if let Some(transaction) = self.transaction {
            *transaction.statements += 1;
            parent = transaction.context;
            refused = Some(transaction.refused);
        }
        let running = Running::querying(self.origin, parent, text, self.waited.take());
        (self.connection, running, Refused(refused))
    }
}

/// Lets the transaction know of a refusal. (Success says nothing: it may come from a cache.)
fn minding<'e, T: 'e>(
    transaction: Option<Within<'e>>,
    work: BoxFuture<'e, Result<T, Error>>,
) -> BoxFuture<'e, Result<T, Error>> {
    let Some(transaction) = transaction else {
        return work;
    };
    Box::pin(async move {
        let result = work.await;
        *transaction.refused |= matches!(result, Err(Error::Database(_)));
        result
    })
}

/// Hands on what the driver streams, up to its end or its first error.
pub(crate) async fn forward<DB: Database>(
    mut steps: BoxStream<'_, Step<DB>>,
    running: &mut Running,
    out: &Out<Step<DB>>,
) -> Result<(), Error> {
    while let Some(step) = next(&mut steps).await {
        let step = step?;
        if step.is_right() {
            running.returned_a_row();
        }
        running.pause();
        out.put(Ok(step)).await;
        running.resume();
    }
    Ok(())
}

pub(crate) fn optional<T>(mut running: Running, result: &Result<Option<T>, Error>) {
    if matches!(result, Ok(Some(_))) {
        running.returned_a_row();
    }
    running.end(result);
}
