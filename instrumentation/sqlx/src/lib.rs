//! Telemetry events for [`sqlx`]: a pool that emits one event per query.
//!
//! Wrap the pool once and use `&pool` wherever sqlx takes an executor:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use sqlx::sqlite::SqlitePoolOptions;
//!
//! telemetry::attach("slow-queries", "shop.repo.query", |query| {
//!     let time = query.measurement("total_time").and_then(|time| time.as_duration());
//!     if time > Some(std::time::Duration::from_millis(100)) {
//!         println!("{}", query.metadata("statement").unwrap_or_default());
//!     }
//! })?;
//!
//! // A database in memory lives as long as its one connection.
//! let plain = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
//! let pool = telemetry_sqlx::Pool::new(plain, "shop.repo")?;
//!
//! let two: i64 = sqlx::query_scalar("SELECT 1 + ?").bind(1).fetch_one(&pool).await?;
//! # assert_eq!(two, 2);
//! # Ok(()) }
//! ```
//!
//! It is generic over the database; what is tested so far is SQLite.
//!
//! # The event
//!
//! `{prefix}.query`, once per statement handed to the pool, when it is over:
//!
//! | measurement | |
//! |---|---|
//! | `total_time` | `queue_time` + `query_time` |
//! | `queue_time` | waiting for a connection: for a free one, and for dialing and testing it. Absent for all but the first statement on a [`PoolConnection`] |
//! | `query_time` | from having the connection until the end, as long as somebody waits for the next row; the time in which the consumer of a stream holds a row does not count. Absent if there never was a connection |
//! | `rows` | rows returned. Absent if there never was a connection |
//!
//! | metadata | |
//! |---|---|
//! | `repo` | the pool's name: [`Pool::repo`], or the last segment of the prefix |
//! | `source` | the main table: the name without quotes and schema, at most [`MAX_SOURCE_LEN`] bytes. Absent if there is none, or none that can be found |
//! | `command` | `SELECT`, `INSERT`, `BEGIN` and so on: one of [`COMMANDS`] |
//! | `outcome` | `ok`, `error`, or `cancelled`: the future or the stream was dropped before its end |
//! | `reason` | of an error: one of a few words, `pool_timed_out`, `unique_violation`, `encode` and so on |
//! | `statement` | the text of the statement, as it was given |
//!
//! Values that were bound are never recorded, and neither is the database's error message, which
//! may quote them. A literal written into the text of a statement is part of the text.
//!
//! A statement that got no connection (a timeout, a closed pool) is an `error` whose `queue_time`
//! is the wait. A `fetch_one` or `fetch_optional` that found its row is `ok`, though more rows may
//! exist; one that found none is `ok` with `rows` 0: sqlx's `RowNotFound` is the caller's opinion,
//! not a failed query. A future that was dropped before its first poll ran nothing and says nothing.
//!
//! # What it costs
//!
//! Whether anybody observes is asked when the statement is handed over. If nobody does, the
//! statement goes to sqlx's pool as it is: no clock is read, nothing is allocated, nothing parsed.
//!
//! # Limits
//!
//! - Transactions are not instrumented yet: `pool.inner().begin()` gives sqlx's own, and what runs
//!   in it is not seen. Neither is what is done through [`Pool::inner`] or
//!   [`PoolConnection::inner_mut`]; un-instrumented access has to be asked for.
//! - Several statements in one text (`a; b`) are one event: `command` and `source` are those of the
//!   first statement, `rows` is the sum.
//! - `prepare` and `describe` execute nothing and emit nothing. A [`Pool::acquire`] that fails emits
//!   nothing either: there was no statement.
//! - Rows affected are not measured: sqlx has no common way to ask for them.
//! - Decoding happens above the executor. A row that cannot be decoded leaves a `fetch_one` `ok`,
//!   and makes sqlx drop the stream behind a `fetch_all`: `cancelled`.
//! - The text of a statement is read by a small tokenizer, not by the database's own parser: see
//!   [`MAX_SOURCE_LEN`]. MySQL's backslashes in strings and PostgreSQL's dollar quotes and nested
//!   comments are not known to it, and can hide the table.
//! - The feature `macros` (default) turns on sqlx's feature of that name, because
//!   [`sqlx::Executor`] has one method more with it. It can be turned off if nothing in the build
//!   uses sqlx's `macros`.

mod catalogue;
mod connection;
mod driver;
mod executor;
mod figures;
mod lent;
mod metrics;
mod origin;
mod parts;
mod pool;
mod pool_connection;
mod reason;
mod running;
mod sql;
mod transacting;
mod transaction;
mod waiting;
mod yielding;

pub use connection::Connection;
pub use figures::PoolFigures;
pub use metrics::metrics;
pub use pool::Pool;
pub use pool_connection::PoolConnection;
pub use sql::{COMMANDS, MAX_SOURCE_LEN, MAX_STATEMENT_LEN};
pub use transaction::Transaction;
