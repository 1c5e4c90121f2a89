//! Telemetry events for [`sqlx`]: a pool that emits one event per query, one per transaction, and its
//! own figures.
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
//!
//! let mut transaction = pool.begin().await?;
//! sqlx::query("CREATE TABLE users (name TEXT)").execute(&mut transaction).await?;
//! transaction.commit().await?;
//! # Ok(()) }
//! ```
//!
//! Executors are [`&Pool`](Pool), and `&mut` of a [`PoolConnection`], of a [`Transaction`] and of a
//! [`Connection`] that has no pool. All are generic over the database. What is tested is SQLite and
//! PostgreSQL, each through its own driver and through sqlx's `Any`.
//!
//! # The events
//!
//! ## `{prefix}.query`
//!
//! Once per statement, when it is over. It is a span
//! ([`completion_span!`](telemetry::completion_span)): it has ids, its parent is the transaction or
//! whatever is current, and it is current while the driver works.
//!
//! | measurement | |
//! |---|---|
//! | `total_time` | `queue_time` + `query_time` |
//! | `queue_time` | waiting for a connection: for a free one, and for dialing and testing it. Absent for all but the first statement on a [`PoolConnection`] or in a [`Transaction`] |
//! | `query_time` | from having the connection until the end, as long as somebody waits for the next row; the time in which the consumer of a stream holds a row does not count. Absent if there never was a connection |
//! | `rows` | rows returned. Absent if there never was a connection |
//! | `duration` | from beginning to end, the consumer's time included, and a wait that was over before not |
//! | `monotonic_time` | as every span has it |
//!
//! | metadata | |
//! |---|---|
//! | `repo` | the pool's name: [`Pool::repo`], or the last segment of the prefix |
//! | `system` | what OpenTelemetry calls the database: `sqlite`, `postgresql`, `mysql`; sqlx's `Any` is what it turned out to be. Absent if it is none of these |
//! | `source` | the main table: the name without quotes and schema, at most [`MAX_SOURCE_LEN`] bytes. Absent if there is none, or none that can be found |
//! | `command` | `SELECT`, `INSERT`, `BEGIN` and so on: one of [`COMMANDS`] |
//! | `outcome` | `ok`, `error`, `cancelled` (the future or the stream was dropped before its end) or `panic` (the same, by unwinding) |
//! | `reason` | of an error: one of a few words, `pool_timed_out`, `unique_violation`, `deadlock` and so on |
//! | `statement` | the text of the statement, as it was given, at most [`MAX_STATEMENT_LEN`] bytes. [`Pool::statements`] turns it off |
//!
//! A statement that got no connection (a timeout, a closed pool) is an `error` whose `queue_time`
//! is the wait. A `fetch_one` or `fetch_optional` that found its row is `ok`, though more rows may
//! exist; one that found none is `ok` with `rows` 0: sqlx's `RowNotFound` is the caller's opinion,
//! not a failed query. A future that was dropped before its first poll ran nothing and says nothing.
//!
//! ## `{prefix}.transaction`
//!
//! Once per transaction, when it is over; a span likewise, and the parent of its statements.
//!
//! | measurement | |
//! |---|---|
//! | `duration` | from `begin` to the end, waiting for the connection included |
//! | `queue_time` | waiting for the connection. Absent if it was there: for savepoints, and transactions of a connection |
//! | `statements` | statements executed in it and in its savepoints |
//!
//! | metadata | |
//! |---|---|
//! | `repo`, `system` | as above |
//! | `savepoint` | whether it was one within another transaction |
//! | `ended` | `committed`, `rolled_back`, `dropped` (which rolls back) or `failed` |
//! | `outcome` | of the first two `ok`, of `dropped` `cancelled` (or `panic`), of `failed` `error` |
//! | `reason` | of an error, as above |
//!
//! One that could not be begun `failed`, also if it got no connection, and so did one that could not
//! be committed. A transaction that is left by `?` was `dropped`; the error is that of its statement.
//!
//! ## `{prefix}.pool`
//!
//! Whenever [`Pool::emit_figures`] is called, best by a poller: `size`, `idle`, `in_use`, `waiting`
//! and `max`, see [`PoolFigures`], with `repo`.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let plain = sqlx::SqlitePool::connect("sqlite::memory:").await?;
//! # let pool = telemetry_sqlx::Pool::new(plain, "shop.repo")?;
//! let mut measure = pool.measurement();
//! // As `telemetry_poller::Poller::builder().measurement("shop.repo.pool", measure)` does:
//! measure();
//! # Ok(()) }
//! ```
//!
//! # What is never told
//!
//! Values that were bound are never recorded, and neither is the database's error message, which
//! may quote them. A literal written into the text of a statement is part of the text.
//!
//! # What it costs
//!
//! Whether anybody observes is asked when the statement is handed over. If nobody does, the
//! statement goes to sqlx's pool as it is: no clock is read, nothing is allocated, nothing parsed. (In
//! a transaction that is observed, statements are counted. Once somebody has asked for the pool's
//! figures, waits are counted.) What was handed over unobserved stays so.
//!
//! # Limits
//!
//! - What is done through [`Pool::inner`], [`PoolConnection::inner_mut`] and the like is not seen;
//!   un-instrumented access has to be asked for. Migrations need it: `migrate!().run(pool.inner())`.
//! - sqlx's own `BEGIN`, `COMMIT` and savepoints are no `{prefix}.query`: their time is in the
//!   transaction's `duration`. Those that are executed as statements are no `{prefix}.transaction`.
//! - PostgreSQL answers the `COMMIT` of a transaction in which a statement failed with success, and
//!   rolls it back. `ended` is `rolled_back` then, if the statement came through here.
//! - A `commit` that is given up is `dropped`; the database may have committed all the same.
//! - A savepoint that could not be set, or was given up meanwhile, makes some of sqlx's drivers roll
//!   back the whole transaction, and its `commit` succeeds without one. `ended` is `rolled_back`: for
//!   that an observed transaction sends a ping before such a `commit`. (If that was a savepoint
//!   within a savepoint, `ended` may be wrong.)
//! - Several statements in one text (`a; b`) are one event: `command` and `source` are those of the
//!   first statement, `rows` is the sum.
//! - `prepare` and `describe` execute nothing and emit nothing. A [`Pool::acquire`] that fails emits
//!   nothing either: there was no statement.
//! - Rows affected are not measured: sqlx has no common way to ask for them.
//! - `COPY .. FROM STDIN` and `TO STDOUT` go through methods of sqlx's own connection, notifications
//!   through its `PgListener`: not seen. As a plain statement sqlx refuses them (`protocol`).
//! - A query that is given up is over for us, but PostgreSQL goes on with it: the connection becomes
//!   idle when the server is done.
//! - Decoding happens above the executor. A row that cannot be decoded leaves a `fetch_one` `ok`,
//!   and makes sqlx drop the stream behind a `fetch_all`: `cancelled`.
//! - The text of a statement is read by a small tokenizer, not by the database's own parser: see
//!   [`MAX_SOURCE_LEN`]. It knows the quotes and comments of SQLite, PostgreSQL and MySQL (of any
//!   other database, those of PostgreSQL and of SQLite, where they are not at odds).
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
