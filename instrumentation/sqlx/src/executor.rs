//! [`Executor`] for [`&Pool`](Pool) and for `&mut` of everything that is one connection.
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
use crate::lent::{forward, optional};
use crate::parts::Parts;
use crate::running::{Running, within};
use crate::yielding;
use crate::{Connection, Pool, PoolConnection, Transaction};

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
        if self.is_nobodys() {
            return self.inner.fetch_many(query);
        }
        let pool = self.clone();
        let parts = Parts::of(query);
        yielding::stream(move |out| async move {
            let mut running = Running::queueing(&pool.origin, parts.text());
            let result = within(running.context(), async {
                let mut connection = pool.wait().await?;
                running.acquired();
                forward::<DB>(connection.fetch_many(parts), &mut running, &out).await
            })
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
        if self.is_nobodys() {
            return self.inner.fetch_optional(query);
        }
        let pool = self.clone();
        let parts = Parts::of(query);
        Box::pin(async move {
            let mut running = Running::queueing(&pool.origin, parts.text());
            let result = within(running.context(), async {
                let mut connection = pool.wait().await?;
                running.acquired();
                connection.fetch_optional(parts).await
            })
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
        let pool = self.clone();
        Box::pin(async move { pool.wait().await?.prepare_with(sql, parameters).await })
    }

    #[cfg(feature = "macros")]
    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<sqlx::Describe<DB>, Error>>
    where
        'p: 'e,
    {
        let pool = self.clone();
        Box::pin(async move { pool.wait().await?.describe(sql).await })
    }
}

/// What has a method `lend`.
macro_rules! executor {
    ([$($generics:tt)*] $wrapper:ty) => {
        impl<'c, $($generics)*> Executor<'c> for &'c mut $wrapper {
            type Database = DB;

            fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Step<DB>>
            where
                'c: 'e,
                E: 'q + Execute<'q, DB>,
            {
                self.lend().fetch_many(query)
            }

            fn fetch_optional<'e, 'q: 'e, E>(
                self,
                query: E,
            ) -> BoxFuture<'e, Result<Option<DB::Row>, Error>>
            where
                'c: 'e,
                E: 'q + Execute<'q, DB>,
            {
                self.lend().fetch_optional(query)
            }

            fn prepare_with<'e>(
                self,
                sql: SqlStr,
                parameters: &'e [DB::TypeInfo],
            ) -> BoxFuture<'e, Result<DB::Statement, Error>>
            where
                'c: 'e,
            {
                self.lend().prepare_with(sql, parameters)
            }

            #[cfg(feature = "macros")]
            fn describe<'e>(
                self,
                sql: SqlStr,
            ) -> BoxFuture<'e, Result<sqlx::Describe<DB>, Error>>
            where
                'c: 'e,
            {
                self.lend().describe(sql)
            }
        }
    };
}

executor!([DB: Driver] PoolConnection<DB>);
executor!([DB: Driver] Connection<DB>);
executor!(['t, DB: Driver] Transaction<'t, DB>);
