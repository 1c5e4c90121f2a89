//! [`Executor`] for [`&Pool`](Pool) and [`&mut PoolConnection`](PoolConnection).
//!
//! All of sqlx's drivers implement `fetch_many` and `fetch_optional` and leave `execute`,
//! `fetch_all` and the rest to the trait, which builds them out of these two. So do we: whatever
//! way a statement is executed, it comes through here once.
//!
//! Nothing runs before the first poll, the clock included, so that a future that was made and
//! never polled is no query.

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use sqlx::{Database, Error, Execute, Executor, SqlStr};

use crate::driver::{Driver, Step};
use crate::parts::Parts;
use crate::running::Running;
use crate::yielding::{self, Out, next};
use crate::{Pool, PoolConnection};

impl<'p, DB: Database> Executor<'p> for &'_ Pool<DB>
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    type Database = DB;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Step<DB>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        if !self.origin.query.is_observed() {
            return self.inner.fetch_many(query);
        }
        let Pool { inner, origin } = self.clone();
        let parts = Parts::of(query);
        let text = parts.text();
        yielding::stream(move |out| async move {
            let mut running = Running::queueing(origin, text);
            let result = async {
                let mut connection = inner.acquire().await?;
                running.acquired();
                forward::<DB>(connection.fetch_many(parts), &mut running, &out).await
            }
            .await;
            // The connection is on its way back before handlers run and the consumer learns that
            // this is the end.
            running.end(&result);
            if let Err(error) = result {
                out.put(Err(error)).await;
            }
        })
    }

    fn fetch_optional<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<DB::Row>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        if !self.origin.query.is_observed() {
            return self.inner.fetch_optional(query);
        }
        let Pool { inner, origin } = self.clone();
        let parts = Parts::of(query);
        let text = parts.text();
        Box::pin(async move {
            let mut running = Running::queueing(origin, text);
            let result = async {
                let mut connection = inner.acquire().await?;
                running.acquired();
                connection.fetch_optional(parts).await
            }
            .await;
            optional(running, &result);
            result
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [DB::TypeInfo],
    ) -> BoxFuture<'e, Result<DB::Statement, Error>>
    where
        'p: 'e,
    {
        self.inner.prepare_with(sql, parameters)
    }

    #[cfg(feature = "macros")]
    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<sqlx::Describe<DB>, Error>>
    where
        'p: 'e,
    {
        self.inner.describe(sql)
    }
}

impl<'c, DB: Driver> Executor<'c> for &'c mut PoolConnection<DB> {
    type Database = DB;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Step<DB>>
    where
        'c: 'e,
        E: 'q + Execute<'q, DB>,
    {
        let PoolConnection {
            inner,
            origin,
            waited,
        } = self;
        if !origin.query.is_observed() {
            *waited = None;
            return DB::fetch_many(inner, query);
        }
        let parts = Parts::of(query);
        let text = parts.text();
        yielding::stream(move |out| async move {
            let mut running = Running::querying(origin.clone(), text, waited.take());
            let result = forward::<DB>(DB::fetch_many(inner, parts), &mut running, &out).await;
            running.end(&result);
            if let Err(error) = result {
                out.put(Err(error)).await;
            }
        })
    }

    fn fetch_optional<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<DB::Row>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, DB>,
    {
        let PoolConnection {
            inner,
            origin,
            waited,
        } = self;
        if !origin.query.is_observed() {
            *waited = None;
            return DB::fetch_optional(inner, query);
        }
        let parts = Parts::of(query);
        let text = parts.text();
        Box::pin(async move {
            let running = Running::querying(origin.clone(), text, waited.take());
            let result = DB::fetch_optional(inner, parts).await;
            optional(running, &result);
            result
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [DB::TypeInfo],
    ) -> BoxFuture<'e, Result<DB::Statement, Error>>
    where
        'c: 'e,
    {
        DB::prepare_with(&mut self.inner, sql, parameters)
    }

    #[cfg(feature = "macros")]
    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<sqlx::Describe<DB>, Error>>
    where
        'c: 'e,
    {
        DB::describe(&mut self.inner, sql)
    }
}

/// Hands on what the driver streams, up to its end or its first error.
async fn forward<DB: Database>(
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

fn optional<T>(mut running: Running, result: &Result<Option<T>, Error>) {
    if matches!(result, Ok(Some(_))) {
        running.returned_a_row();
    }
    running.end(result);
}
