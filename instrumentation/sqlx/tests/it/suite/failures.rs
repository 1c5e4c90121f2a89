//! Errors by kind, what is dropped early, and values that are nobody's business.

macro_rules! suite_failures {
    ($(#[$ignored:meta])?) => {
        mod failures {
            use futures_util::TryStreamExt;

            use crate::support::Events;
            use crate::suite::plainly;

            #[tokio::test]
            $(#[$ignored])?
            async fn an_error_says_of_what_kind_it_is() {
                let (prefix, users) = users!("kinds");
                let events = Events::of(prefix);
                for (statement, gist) in [
                    ("SELECT * FROM nowhere", "SELECT nowhere error database 0"),
                    ("SELECT nothing FROM users", "SELECT users error database 0"),
                    ("SELEKT 1", "OTHER - error database 0"),
                    (
                        "INSERT INTO users (name) VALUES ('Ada')",
                        "INSERT users error unique_violation 0",
                    ),
                    (
                        "INSERT INTO users (name) VALUES (NULL)",
                        "INSERT users error not_null_violation 0",
                    ),
                    ("UPDATE users SET age = -1", "UPDATE users error check_violation 0"),
                ] {
                    sqlx::query(statement).execute(&users.pool).await.unwrap_err();
                    assert_eq!(plainly(events.one().gist()), gist, "{statement}");
                    sqlx::query(statement).fetch_optional(&users.pool).await.err().unwrap();
                    assert_eq!(plainly(events.one().gist()), gist, "{statement}");
                    let mut connection = users.pool.acquire().await.unwrap();
                    sqlx::query(statement).fetch_all(&mut connection).await.err().unwrap();
                    assert_eq!(plainly(events.one().gist()), gist, "{statement}");
                }
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn a_stream_dropped_half_way_is_cancelled() {
                let (prefix, users) = users!("dropped");
                let events = Events::of(prefix);
                let all = "SELECT * FROM users";
                let mut stream = sqlx::query(all).fetch(&users.pool);
                stream.try_next().await.unwrap().unwrap();
                drop(stream);
                assert_eq!(events.gists(), ["SELECT users cancelled - 1"]);

                let mut connection = users.pool.acquire().await.unwrap();
                let mut stream = sqlx::query(all).fetch(&mut connection);
                stream.try_next().await.unwrap().unwrap();
                stream.try_next().await.unwrap().unwrap();
                drop(stream);
                assert_eq!(events.gists(), ["SELECT users cancelled - 2"]);
                // And the connection is fine.
                let rows = sqlx::query(all).fetch_all(&mut connection).await.unwrap();
                assert_eq!(rows.len(), 3);
                drop(connection);

                let mut transaction = users.pool.begin().await.unwrap();
                let mut stream = sqlx::query(all).fetch(&mut transaction);
                stream.try_next().await.unwrap().unwrap();
                drop(stream);
                sqlx::query(all).fetch_all(&mut transaction).await.unwrap();
                transaction.commit().await.unwrap();
                assert_eq!(
                    events.gists(),
                    ["SELECT users ok - 3", "SELECT users cancelled - 1", "SELECT users ok - 3"]
                );
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn a_value_that_was_bound_is_never_told() {
                let (prefix, users) = users!("values");
                let events = Events::of(prefix);
                let transactions = Events::of_transactions(prefix);
                let secret = "hush'); DROP TABLE users; --\u{1b}[31m\"$$/*";
                let insert = "INSERT INTO users (name) VALUES ($1)";

                for _ in 0..2 {
                    // The second time it is there already, and the database's message quotes it.
                    drop(sqlx::query(insert).bind(secret).execute(&users.pool).await);
                }
                for statement in [
                    "SELECT CAST($1 AS BIGINT) FROM users",
                    "SELECT name FROM users WHERE name = $1",
                    "UPDATE users SET age = length($1) * -1",
                    "SELECT $1 FROM nowhere",
                ] {
                    drop(sqlx::query(statement).bind(secret).fetch_all(&users.pool).await);
                    drop(sqlx::query(statement).bind(secret).fetch_optional(&users.pool).await);
                    let mut transaction = users.pool.begin().await.unwrap();
                    drop(sqlx::query(statement).bind(secret).execute(&mut transaction).await);
                    drop(transaction.commit().await);
                }
                let seen = events.take();
                assert_eq!(seen.len(), 2 + 4 * 3);
                assert!(seen.iter().any(|seen| seen.get("reason") == Some("unique_violation")));
                for seen in seen.iter().chain(&transactions.take()) {
                    for text in seen.texts() {
                        assert!(!text.contains("hush"), "{text}");
                    }
                }
                let names = sqlx::query("SELECT * FROM users").fetch_all(&users.pool).await;
                assert_eq!(names.unwrap().len(), 4, "it was a value and nothing else");
            }
        }
    };
}
