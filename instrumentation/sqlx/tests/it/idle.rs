//! What the wrappers cost when nobody observes: nothing that sqlx does not cost.

use sqlx::Executor;
use telemetry_counting::{Counting, allocations, allocations_of};

use crate::support::{Events, empty};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What it takes to hand a statement to something that is one connection.
macro_rules! of_one {
    ($one:expr) => {
        [
            allocations_of(|| ($one).fetch_many("SELECT * FROM users")),
            allocations_of(|| ($one).fetch_optional("SELECT * FROM users")),
            allocations_of(|| ($one).fetch_all("SELECT * FROM users")),
        ]
    };
}

/// What it takes to run each of these. The driver's channels allocate more when its thread is late;
/// the least is what it always takes. They take turns, so that a busy machine is busy for all.
macro_rules! least {
    ($($work:expr),+) => {{
        let mut least = [u64::MAX; [$(stringify!($work)),+].len()];
        for _ in 0..400 {
            let mut at = 0;
            $(
                let before = allocations();
                $work.await.unwrap();
                least[at] = least[at].min(allocations() - before);
                at += 1;
            )+
            assert_eq!(at, least.len());
        }
        least
    }};
}

#[tokio::test]
async fn a_statement_that_nobody_observes_goes_to_sqlx_as_it_is() {
    let pool = empty("idle.pool").await;
    let sql = "SELECT * FROM users";
    let plain = [
        allocations_of(|| pool.inner().fetch_many(sql)),
        allocations_of(|| pool.inner().fetch_optional(sql)),
        allocations_of(|| pool.inner().fetch_all(sql)),
    ];
    let wrapped = [
        allocations_of(|| (&pool).fetch_many(sql)),
        allocations_of(|| (&pool).fetch_optional(sql)),
        allocations_of(|| (&pool).fetch_all(sql)),
    ];
    assert_eq!(wrapped, plain);

    let mut connection = pool.acquire().await.unwrap();
    let plain = of_one!(&mut **connection.inner_mut());
    assert_eq!(of_one!(&mut connection), plain);
    let mut transaction = connection.begin().await.unwrap();
    assert_eq!(of_one!(&mut transaction), plain);
    drop(transaction);
    let detached = connection.into_inner().detach();
    let mut connection = telemetry_sqlx::Connection::new(detached, "idle.pool").unwrap();
    assert_eq!(of_one!(&mut connection), plain);
    let _events = Events::of("idle.pool");
    assert_ne!(of_one!(&mut connection), plain, "this can tell");
}

#[tokio::test]
async fn what_nobody_observes_allocates_no_more_than_sqlx_when_it_runs() {
    let pool = empty("idle.run").await;
    let inner = pool.inner();
    let sql = "SELECT 1 FROM sqlite_schema";

    let [wrapped, plain] = least!((&pool).fetch_all(sql), inner.fetch_all(sql));
    assert!(wrapped <= plain, "{wrapped} {plain}");
    let events = Events::of("idle.run");
    let [observed] = least!((&pool).fetch_all(sql));
    assert!(wrapped < observed, "this can tell");
    drop(events);

    let [wrapped, plain] = least!(async { pool.begin().await?.commit().await }, async {
        inner.begin().await?.commit().await
    });
    assert!(wrapped <= plain, "{wrapped} {plain}");
    let _events = Events::of_transactions("idle.run");
    let [observed] = least!(async { pool.begin().await?.commit().await });
    assert!(wrapped < observed, "this can tell");
}
