//! The figures of a pool.

macro_rules! suite_pool {
    ($(#[$ignored:meta])?) => {
        mod pool {
            use futures_util::FutureExt;
            use sqlx::{Executor, SqlSafeStr};

            use crate::support::{Events, eventually};

            #[tokio::test]
            $(#[$ignored])?
            async fn whoever_waits_is_counted_until_served_or_gone() {
                let (prefix, users) = users!("waiting");
                let pool = &users.pool;
                let figures = || {
                    let now = pool.figures();
                    (now.size, now.idle, now.in_use, now.waiting, now.max)
                };
                // Once the test's setup has given back its connection.
                eventually("idle", || figures() == (1, 1, 0, 0, 1)).await;
                let held = pool.acquire().await.unwrap();
                assert_eq!(figures(), (1, 0, 1, 0, 1));

                // In every way in which one can wait, with somebody who observes and without.
                for observed in [false, true] {
                    let _events = observed.then(|| Events::of(prefix));
                    let mut acquire = Box::pin(pool.acquire());
                    let mut begin = Box::pin(pool.begin());
                    let mut fetch = pool.fetch_all("SELECT 1 FROM users");
                    let mut optional = pool.fetch_optional("SELECT 1 FROM users");
                    assert_eq!(figures().3, 0, "nothing was polled");
                    assert!(acquire.as_mut().now_or_never().is_none());
                    assert!(begin.as_mut().now_or_never().is_none());
                    assert!(fetch.as_mut().now_or_never().is_none());
                    assert_eq!(figures().3, 3);
                    assert!(optional.as_mut().now_or_never().is_none());
                    assert_eq!(figures(), (1, 0, 1, 4, 1));
                    drop(acquire);
                    assert_eq!(figures().3, 3);
                    drop((begin, fetch));
                    assert_eq!(figures().3, 1);
                    drop(optional);
                    assert_eq!(figures().3, 0);
                }

                let prepared = "SELECT 1 FROM users".into_sql_str();
                let mut prepare = pool.prepare(prepared.clone());
                let mut describe = pool.describe(prepared);
                assert!(prepare.as_mut().now_or_never().is_none());
                assert!(describe.as_mut().now_or_never().is_none());
                assert_eq!(figures().3, 2);
                drop((prepare, describe));
                assert_eq!(figures().3, 0);

                let mut waiting = pool.fetch_all("SELECT 1 FROM users");
                assert!(waiting.as_mut().now_or_never().is_none());
                assert_eq!(figures().3, 1);
                drop(held);
                assert_eq!(waiting.await.unwrap().len(), 3);
                eventually("idle again", || figures() == (1, 1, 0, 0, 1)).await;

                pool.close().await;
                pool.execute("SELECT 1").await.unwrap_err();
                pool.begin().await.unwrap_err();
                assert_eq!(figures(), (0, 0, 0, 0, 1));
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn a_poller_makes_an_event_of_them() {
                let (prefix, users) = users!("figures");
                eventually("idle", || users.pool.figures().idle == 1).await;
                let mut measure = users.pool.measurement();
                measure();
                let events = Events::called(&format!("{prefix}.pool"));
                measure();
                let seen = events.one();
                assert_eq!(seen.get("repo"), Some("figures"));
                let figures = ["size", "idle", "in_use", "waiting", "max"]
                    .map(|key| seen.number(key).unwrap().as_u64().unwrap());
                assert_eq!(figures, [1, 1, 0, 0, 1]);

                // A handler for the figures is enough to have waits counted.
                let held = users.pool.acquire().await.unwrap();
                let mut waiting = users.pool.fetch_optional("SELECT 1");
                assert!(waiting.as_mut().now_or_never().is_none());
                measure();
                assert_eq!(events.one().number("waiting").unwrap().as_u64(), Some(1));
                drop((waiting, held));
            }
        }
    };
}
