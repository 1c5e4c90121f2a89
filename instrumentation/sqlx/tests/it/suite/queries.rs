//! However a statement is executed, and on whatever, it is one event.

macro_rules! suite_queries {
    ($(#[$ignored:meta])?) => {
        mod queries {
            use futures_util::TryStreamExt;
            use sqlx::{Executor, Row, SqlSafeStr, Statement};

            use crate::suite::plainly;
            use crate::support::{Events, Seen};

            const ALL: &str = "SELECT id, name FROM users ORDER BY id";

            /// Executes in every way and looks at the events.
            macro_rules! every_way {
                ($on:expr, $events:expr) => {{
                    let events = &$events;
                    let gists = |expected: &[&str]| assert_eq!(events.gists(), expected);

                    let rows = sqlx::query(ALL).fetch_all($on).await.unwrap();
                    assert_eq!(rows.len(), 3);
                    assert_eq!(rows[0].get::<String, _>("name"), "Ada");
                    gists(&["SELECT users ok - 3"]);

                    let rows = sqlx::query(ALL).fetch($on).try_collect::<Vec<_>>().await;
                    assert_eq!(rows.unwrap().len(), 3);
                    gists(&["SELECT users ok - 3"]);

                    let users: Vec<(i64, String)> =
                        sqlx::query_as(ALL).fetch_all($on).await.unwrap();
                    assert_eq!(users[2], (3, "Cy".to_owned()));
                    gists(&["SELECT users ok - 3"]);

                    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM users")
                        .fetch_one($on)
                        .await
                        .unwrap();
                    assert_eq!(count, 3);
                    gists(&["SELECT users ok - 1"]);

                    let nobody = sqlx::query("SELECT id FROM users WHERE name = $1")
                        .bind("Eve")
                        .fetch_optional($on)
                        .await;
                    assert!(nobody.unwrap().is_none());
                    gists(&["SELECT users ok - 0"]);

                    let id: i64 =
                        sqlx::query_scalar("INSERT INTO users (name) VALUES ($1) RETURNING id")
                            .bind("Dan")
                            .fetch_one($on)
                            .await
                            .unwrap();
                    gists(&["INSERT users ok - 1"]);
                    let done = sqlx::query("DELETE FROM users WHERE id = $1")
                        .bind(id)
                        .execute($on)
                        .await;
                    assert_eq!(done.unwrap().rows_affected(), 1);
                    gists(&["DELETE users ok - 0"]);

                    // Several statements in one text, and a result for each of them.
                    let two = "UPDATE users SET age = 1; SELECT age FROM users";
                    let results: Vec<_> =
                        sqlx::raw_sql(two).execute_many($on).try_collect().await.unwrap();
                    assert_eq!(results.len(), 2);
                    gists(&["UPDATE users ok - 3"]);
                    let steps: Vec<_> = ($on).fetch_many(ALL).try_collect().await.unwrap();
                    assert_eq!(steps.len(), 4, "three rows and a result");
                    gists(&["SELECT users ok - 3"]);

                    let prepared = ($on).prepare(ALL.into_sql_str()).await.unwrap();
                    gists(&[]);
                    assert_eq!(prepared.query().fetch_all($on).await.unwrap().len(), 3);
                    gists(&["SELECT users ok - 3"]);

                    ($on).execute("SET_NOTHING").await.unwrap_err();
                    assert_eq!(plainly(events.one().gist()), "OTHER - error database 0");
                }};
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn on_a_pool() {
                let (prefix, users) = users!("on_a_pool");
                every_way!(&users.pool, Events::of(prefix));
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn on_a_connection_of_the_pool() {
                let (prefix, users) = users!("on_its_connection");
                let mut connection = users.pool.acquire().await.unwrap();
                every_way!(&mut connection, Events::of(prefix));
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn on_a_connection_without_a_pool() {
                let (prefix, users) = users!("on_a_connection");
                let plain = users.pool.acquire().await.unwrap().into_inner().detach();
                let mut connection =
                    telemetry_sqlx::Connection::new(plain, prefix).unwrap().repo("alone");
                let events = Events::of(prefix);
                every_way!(&mut connection, events);
                (&mut connection).execute("SELECT 1").await.unwrap();
                let seen: Seen = events.one();
                assert_eq!(seen.time("queue_time"), None);
                assert_eq!(seen.get("repo"), Some("alone"));
                connection.close().await.unwrap();
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn what_is_text_says_so_and_what_is_cut_is_cut() {
                let (prefix, users) = users!("text");
                let events = Events::of(prefix);
                let long = format!("SELECT 1 AS \"{}\"", "ü".repeat(9_000));
                let long = || sqlx::AssertSqlSafe(long.clone());
                // Names are longer than some databases like; that is not ours to judge.
                drop((&users.pool).execute(long()).await);
                let told = events.one().get("statement").unwrap().to_owned();
                assert!(told.len() <= telemetry_sqlx::MAX_STATEMENT_LEN);
                assert!(told.len() > telemetry_sqlx::MAX_STATEMENT_LEN - 2);

                let quiet = users.pool.clone().statements(false);
                quiet.execute(ALL).await.unwrap();
                let seen = events.one();
                assert_eq!(seen.get("statement"), None);
                assert_eq!(seen.gist(), "SELECT users ok - 3");
            }
        }
    };
}
