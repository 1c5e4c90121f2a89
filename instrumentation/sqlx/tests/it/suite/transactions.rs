//! Transactions: one event each, however they end.

macro_rules! suite_transactions {
    ($(#[$ignored:meta])?) => {
        mod transactions {
            use futures_util::FutureExt;
            use telemetry::{EventKind, SpanContext};

            use crate::suite::plainly;
            use crate::support::Events;

            const COUNT: &str = "SELECT count(*) FROM users";
            const DELETE: &str = "DELETE FROM users WHERE id = $1";

            /// What the database says, in the end.
            macro_rules! left {
                ($users:expr) => {
                    sqlx::query_scalar::<_, i64>(COUNT).fetch_one($users.pool.inner()).await.unwrap()
                };
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn what_is_committed_stays_and_what_is_not_is_gone() {
                let (prefix, users) = users!("ends");
                let (events, queries) = (Events::of_transactions(prefix), Events::of(prefix));

                let mut transaction = users.pool.begin().await.unwrap();
                sqlx::query(DELETE).bind(1_i64).execute(&mut transaction).await.unwrap();
                transaction.rollback().await.unwrap();
                assert_eq!(events.ends(), ["rolled_back ok - 1"]);
                assert_eq!(left!(users), 3);

                let mut transaction = users.pool.begin().await.unwrap();
                sqlx::query(DELETE).bind(1_i64).execute(&mut transaction).await.unwrap();
                sqlx::query(DELETE).bind(2_i64).execute(&mut transaction).await.unwrap();
                assert!(events.ends().is_empty());
                drop(transaction);
                assert_eq!(events.ends(), ["dropped cancelled - 2"]);
                assert_eq!(left!(users), 3);

                let mut transaction = users.pool.begin().await.unwrap();
                sqlx::query(DELETE).bind(1_i64).execute(&mut transaction).await.unwrap();
                transaction.commit().await.unwrap();
                assert_eq!(events.ends(), ["committed ok - 1"]);
                assert_eq!(left!(users), 2);

                drop(users.pool.begin().await.unwrap());
                assert_eq!(events.ends(), ["dropped cancelled - 0"]);
                let committed = users.pool.begin().await.unwrap();
                committed.commit().await.unwrap();
                assert_eq!(events.ends(), ["committed ok - 0"]);
                assert_eq!(queries.gists(), ["DELETE users ok - 0"; 4]);
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn a_connection_begins_them_too() {
                let (prefix, users) = users!("connections");
                let (events, queries) = (Events::of_transactions(prefix), Events::of(prefix));
                let mut connection = users.pool.acquire().await.unwrap();
                let mut transaction = connection.begin().await.unwrap();
                sqlx::query(DELETE).bind(1_i64).execute(&mut transaction).await.unwrap();
                transaction.commit().await.unwrap();
                let seen = events.one();
                assert_eq!(seen.end(), "committed ok - 1");
                assert_eq!(seen.time("queue_time"), None);
                assert!(queries.one().time("queue_time").is_some(), "of the connection");

                let plain = connection.into_inner().detach();
                let mut connection = telemetry_sqlx::Connection::new(plain, prefix).unwrap();
                let mut transaction = connection.begin().await.unwrap();
                sqlx::query(DELETE).bind(2_i64).execute(&mut transaction).await.unwrap();
                drop(transaction);
                assert_eq!(events.ends(), ["dropped cancelled - 1"]);
                let left: i64 =
                    sqlx::query_scalar(COUNT).fetch_one(&mut connection).await.unwrap();
                assert_eq!(left, 2);
                let not_begun = connection.begin_with("SELECT 1").await;
                not_begun.unwrap_err();
                assert_eq!(events.ends(), ["failed error begin_failed 0"]);
                connection.begin_with("BEGIN").await.unwrap().rollback().await.unwrap();
                assert_eq!(events.ends(), ["rolled_back ok - 0"]);
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn a_savepoint_is_a_transaction_in_another() {
                let (prefix, users) = users!("savepoints");
                let (events, queries) = (Events::of_transactions(prefix), Events::of(prefix));
                let mut outer = users.pool.begin().await.unwrap();
                sqlx::query(DELETE).bind(1_i64).execute(&mut outer).await.unwrap();

                let mut inner = outer.begin().await.unwrap();
                sqlx::query(DELETE).bind(2_i64).execute(&mut inner).await.unwrap();
                inner.rollback().await.unwrap();
                let mut inner = outer.begin().await.unwrap();
                sqlx::query(DELETE).bind(2_i64).execute(&mut inner).await.unwrap();
                let mut innermost = inner.begin().await.unwrap();
                sqlx::query(DELETE).bind(3_i64).execute(&mut innermost).await.unwrap();
                drop(innermost);
                inner.commit().await.unwrap();
                outer.commit().await.unwrap();

                let seen = events.take();
                let ends: Vec<_> = seen.iter().map(|seen| seen.end()).collect();
                assert_eq!(
                    ends,
                    [
                        "savepoint rolled_back ok - 1",
                        "savepoint dropped cancelled - 1",
                        "savepoint committed ok - 2",
                        "committed ok - 4",
                    ]
                );
                assert_eq!(left!(users), 1, "the first and the second are gone");
                let [first, innermost, second, outer] = &seen[..] else { unreachable!() };
                assert_eq!(first.parent, outer.context);
                assert_eq!(second.parent, outer.context);
                assert_eq!(innermost.parent, second.context);
                let parents: Vec<_> = queries.take().iter().map(|query| query.parent).collect();
                assert_eq!(
                    parents,
                    [outer.context, first.context, second.context, innermost.context]
                );
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn a_trace_shows_the_statements_below_the_transaction() {
                let (prefix, users) = users!("trace");
                let (events, queries) = (Events::of_transactions(prefix), Events::of(prefix));
                let request = SpanContext::new_root();
                request
                    .wrap(async {
                        let mut transaction = users.pool.begin().await.unwrap();
                        sqlx::query(DELETE).bind(1_i64).execute(&mut transaction).await.unwrap();
                        sqlx::query(COUNT).fetch_one(&mut transaction).await.unwrap();
                        transaction.commit().await.unwrap();
                        sqlx::query(COUNT).fetch_one(&users.pool).await.unwrap();
                    })
                    .await;
                let transaction = events.one();
                assert_eq!(transaction.kind, EventKind::SpanComplete);
                assert_eq!(transaction.parent, Some(request));
                let own = transaction.context.unwrap();
                assert_eq!(own.trace_id(), request.trace_id());
                let seen = queries.take();
                let parents: Vec<_> = seen.iter().map(|query| query.parent).collect();
                assert_eq!(parents, [Some(own), Some(own), Some(request)]);
                let [first, second, other] = &seen[..] else { unreachable!() };
                assert!(first.context != second.context && first.context != Some(own));
                // All three waited in turn, and only the first of a connection says so.
                assert!(first.time("queue_time").is_some());
                assert_eq!(first.time("queue_time"), transaction.time("queue_time"));
                assert_eq!(second.time("queue_time"), None);
                assert!(other.time("queue_time").is_some());
                let queries = first.time("query_time").unwrap() + second.time("query_time").unwrap();
                assert!(transaction.time("duration").unwrap() >= queries);
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn one_that_cannot_be_begun_or_committed_failed() {
                let (prefix, users) = users!("failed");
                let events = Events::of_transactions(prefix);
                let mut transaction = users.pool.begin().await.unwrap();
                sqlx::query("UPDATE users SET referrer = 99").execute(&mut transaction).await.unwrap();
                // Checked at its end, and there is no such user.
                transaction.commit().await.unwrap_err();
                assert_eq!(events.ends(), ["failed error foreign_key_violation 1"]);
                assert_eq!(left!(users), 3);

                users.pool.begin_with("NO SUCH THING").await.unwrap_err();
                assert_eq!(plainly(events.one().end()), "failed error database 0");

                let held = users.pool.acquire().await.unwrap();
                assert!(users.pool.begin().now_or_never().is_none());
                let seen = events.one();
                assert_eq!(seen.end(), "dropped cancelled - 0");
                assert!(seen.time("queue_time").is_some(), "it waited until it was given up");
                assert_eq!(users.pool.figures().waiting, 0);
                drop(held);

                users.pool.close().await;
                users.pool.begin().await.unwrap_err();
                assert_eq!(events.ends(), ["failed error pool_closed 0"]);
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn one_that_is_given_up_while_it_ends_was_dropped() {
                let (prefix, users) = users!("given_up");
                let events = Events::of_transactions(prefix);
                for commit in [false, true] {
                    let mut transaction = users.pool.begin().await.unwrap();
                    sqlx::query(COUNT).execute(&mut transaction).await.unwrap();
                    let ended = if commit {
                        transaction.commit().now_or_never()
                    } else {
                        transaction.rollback().now_or_never()
                    };
                    let seen = events.one().end();
                    match ended {
                        None => assert_eq!(seen, "dropped cancelled - 1"),
                        // The database was faster than one poll.
                        Some(result) => {
                            result.unwrap();
                            assert!(seen.ends_with(" ok - 1"), "{seen}");
                        }
                    }
                }
                // Never polled: it is dropped as it is.
                drop(users.pool.begin().await.unwrap().commit());
                assert_eq!(events.ends(), ["dropped cancelled - 0"]);
                // And nobody is hurt.
                assert_eq!(left!(users), 3);
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn one_whose_savepoint_is_given_up_says_how_it_really_ended() {
                let (prefix, users) = users!("savepoint_given_up");
                let events = Events::of_transactions(prefix);
                let mut transaction = users.pool.begin().await.unwrap();
                sqlx::query(DELETE).bind(1_i64).execute(&mut transaction).await.unwrap();
                drop(transaction.begin().now_or_never());
                assert_eq!(events.ends(), ["savepoint dropped cancelled - 0"]);
                // Some of sqlx's drivers roll everything back then, and find nothing to commit.
                transaction.commit().await.unwrap();
                let end = match left!(users) {
                    2 => "committed ok - 1",
                    _ => "rolled_back ok - 1",
                };
                assert_eq!(events.ends(), [end]);
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn an_error_within_is_the_statements() {
                let (prefix, users) = users!("within");
                let (events, queries) = (Events::of_transactions(prefix), Events::of(prefix));
                let work = async {
                    let mut transaction = users.pool.begin().await?;
                    sqlx::query(DELETE).bind(1_i64).execute(&mut transaction).await?;
                    sqlx::query("DELETE FROM nowhere").execute(&mut transaction).await?;
                    transaction.commit().await
                };
                let result: Result<(), sqlx::Error> = work.await;
                result.unwrap_err();
                assert_eq!(events.ends(), ["dropped cancelled - 2"]);
                let gists: Vec<_> = queries.gists().into_iter().map(plainly).collect();
                assert_eq!(
                    gists,
                    ["DELETE users ok - 0", "DELETE nowhere error database 0"]
                );
                assert_eq!(left!(users), 3);
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn statements_are_counted_also_if_nobody_wants_to_know_of_each() {
                let (prefix, users) = users!("counted");
                let events = Events::of_transactions(prefix);
                let mut outer = users.pool.begin().await.unwrap();
                sqlx::query(DELETE).bind(1_i64).execute(&mut outer).await.unwrap();
                // Made and never polled: not executed.
                drop(sqlx::query(DELETE).bind(2_i64).execute(&mut outer));
                let mut inner = outer.begin().await.unwrap();
                sqlx::query(DELETE).bind(2_i64).fetch_optional(&mut inner).await.unwrap();
                inner.commit().await.unwrap();
                outer.commit().await.unwrap();
                assert_eq!(events.ends(), ["savepoint committed ok - 1", "committed ok - 2"]);
                assert_eq!(left!(users), 1);
            }
        }
    };
}
