//! [`Driver`]: the bound `&mut DB::Connection: Executor`, in a form that the compiler can decide.
//!
//! Our `&mut PoolConnection<DB>` is an executor if `&mut DB::Connection` is one. Said like that, it
//! sends the compiler round in circles as soon as it does not know `DB` yet: is `&mut _` an
//! executor? If it is a `&mut PoolConnection<_>`, whose `&mut _` is an executor, which .. It gives
//! up with an overflow, in every crate that links this one and calls a function with that bound.
//! (sqlx leaves the same implementation out for its own connection, for that reason.) A bound on
//! `DB` itself is put off until `DB` is known.

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use sqlx::{Database, Either, Error, Execute, Executor, SqlStr};

/// What `fetch_many` streams: rows, and after the rows of each statement its result.
pub(crate) type Step<DB> =
    Result<Either<<DB as Database>::QueryResult, <DB as Database>::Row>, Error>;

/// A database whose connections are executors: any of sqlx's.
///
/// The methods are those of [`Executor`] that have to be implemented.
pub trait Driver: Database {
    #[doc(hidden)]
    fn fetch_many<'e, 'q: 'e, E>(
        connection: &'e mut Self::Connection,
        query: E,
    ) -> BoxStream<'e, Step<Self>>
    where
        E: 'q + Execute<'q, Self>;

    #[doc(hidden)]
    fn fetch_optional<'e, 'q: 'e, E>(
        connection: &'e mut Self::Connection,
        query: E,
    ) -> BoxFuture<'e, Result<Option<Self::Row>, Error>>
    where
        E: 'q + Execute<'q, Self>;

    #[doc(hidden)]
    fn prepare_with<'e>(
        connection: &'e mut Self::Connection,
        sql: SqlStr,
        parameters: &'e [Self::TypeInfo],
    ) -> BoxFuture<'e, Result<Self::Statement, Error>>;

    #[doc(hidden)]
    #[cfg(feature = "macros")]
    fn describe(
        connection: &mut Self::Connection,
        sql: SqlStr,
    ) -> BoxFuture<'_, Result<sqlx::Describe<Self>, Error>>;
}

impl<DB: Database> Driver for DB
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    fn fetch_many<'e, 'q: 'e, E>(
        connection: &'e mut DB::Connection,
        query: E,
    ) -> BoxStream<'e, Step<DB>>
    where
        E: 'q + Execute<'q, DB>,
    {
        connection.fetch_many(query)
    }

    fn fetch_optional<'e, 'q: 'e, E>(
        connection: &'e mut DB::Connection,
        query: E,
    ) -> BoxFuture<'e, Result<Option<DB::Row>, Error>>
    where
        E: 'q + Execute<'q, DB>,
    {
        connection.fetch_optional(query)
    }

    fn prepare_with<'e>(
        connection: &'e mut DB::Connection,
        sql: SqlStr,
        parameters: &'e [DB::TypeInfo],
    ) -> BoxFuture<'e, Result<DB::Statement, Error>> {
        connection.prepare_with(sql, parameters)
    }

    #[cfg(feature = "macros")]
    fn describe(
        connection: &mut DB::Connection,
        sql: SqlStr,
    ) -> BoxFuture<'_, Result<sqlx::Describe<DB>, Error>> {
        connection.describe(sql)
    }
}
