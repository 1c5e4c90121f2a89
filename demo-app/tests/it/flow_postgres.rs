//! The event-driven part on PostgreSQL: with two applications at work, and a server that goes away.

use demo_app::{Config, Demo};
use sqlx::{Connection, PgConnection};
use tokio::task::JoinSet;

use crate::flow::is_welcomed;
use crate::support::postgres::Postgres;
use crate::support::visitor::{PASSWORD, Visitor};
use crate::support::{TestDemo, eventually};

fn config(server: &Postgres) -> Config {
    Config {
        database: server.url(),
        ..Config::default()
    }
}

/// What one number is, asked of the server itself.
async fn number(server: &Postgres, statement: &'static str) -> i64 {
    let mut connection = PgConnection::connect(&server.url())
        .await
        .expect("a connection");
    let number = sqlx::query_scalar(statement).fetch_one(&mut connection);
    number.await.expect("a number")
}

/// Waits until all is read, and compares.
async fn assert_nothing_is_lost_or_doubled(server: &Postgres, signed_up: i64) {
    let behind = "SELECT count(*) FROM event_readers \
                  WHERE position < (SELECT last FROM event_position)";
    eventually(|| number(server, behind), |behind| *behind == 0).await;
    for (statement, expected) in [
        (
            "SELECT count(*) FROM users WHERE password_hash IS NOT NULL",
            signed_up,
        ),
        (
            "SELECT count(*) FROM events WHERE kind = 'user_signed_up'",
            signed_up,
        ),
        (
            "SELECT count(*) FROM events WHERE kind = 'user_welcomed'",
            signed_up,
        ),
        ("SELECT count(*) FROM messages", signed_up),
        ("SELECT count(DISTINCT user_id) FROM messages", signed_up),
        ("SELECT count(*) FROM activity", 2 * signed_up),
        ("SELECT last FROM event_position", 2 * signed_up),
        ("SELECT count(*) FROM events_set_aside", 0),
    ] {
        assert_eq!(number(server, statement).await, expected, "{statement}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn two_applications_on_one_server_lose_nothing_and_do_nothing_twice() {
    let server = Postgres::start("flow-two").await;
    let one = TestDemo::with(config(&server)).await;
    let other = Demo::start(config(&server)).await.expect("it starts");
    let mut visitors = JoinSet::new();
    for nth in 0..40 {
        let address = [one.address(), other.address()][nth % 2];
        visitors.spawn(async move {
            let name = format!("User {nth}");
            let mut visitor = Visitor::signed_up(address, &name).await;
            is_welcomed(&mut visitor, &name).await;
        });
    }
    visitors.join_all().await;
    assert_nothing_is_lost_or_doubled(&server, 40).await;
    assert_eq!(other.stop().await.complaints(), [] as [&str; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn a_server_that_goes_away_is_waited_for() {
    let mut server = Postgres::start("flow-away").await;
    let demo = TestDemo::with(config(&server)).await;
    let mut signed_up = 0;
    for nth in 0..3 {
        Visitor::signed_up(demo.address(), &format!("User {nth}")).await;
        signed_up += 1;
    }
    // While the last of them is perhaps still to be welcomed.
    server.kill();
    let reply = Visitor::new(demo.address())
        .sign_up("Nobody", PASSWORD)
        .await;
    assert!((500..600).contains(&reply.status), "{reply:?}");
    server.run().await;
    let mut nth = 0;
    let again = || {
        nth += 1;
        let (mut visitor, name) = (Visitor::new(demo.address()), format!("Late {nth}"));
        async move { visitor.sign_up(&name, PASSWORD).await.status }
    };
    eventually(again, |status| *status == 303).await;
    // Who was told of an error may be signed up all the same.
    let users = number(
        &server,
        "SELECT count(*) FROM users WHERE password_hash IS NOT NULL",
    )
    .await;
    assert!(users > signed_up, "{users}");
    assert_nothing_is_lost_or_doubled(&server, users).await;
}
