//! Many visitors at once: nothing is lost, and nothing is counted twice.

use std::net::SocketAddr;
use std::time::Duration;

use telemetry_metrics::Data;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::accounts::{happened, with_file};
use crate::support::folder::Folder;
use crate::support::visitor::{PASSWORD, Visitor, csrf};
use crate::support::{TestDemo, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_sign_up_with_one_name_one_gets_it() {
    let demo = TestDemo::start().await;
    let address = demo.address();
    let visitors = (0..60).map(|n| {
        tokio::spawn(async move {
            let name = match n % 2 {
                0 => "The one".to_owned(),
                _ => format!("Number {n}"),
            };
            Visitor::new(address).sign_up(&name, PASSWORD).await.status
        })
    });
    let visitors: Vec<_> = visitors.collect();
    let mut answers = Vec::new();
    for visitor in visitors {
        answers.push(visitor.await.unwrap());
    }
    let count = |status| answers.iter().filter(|one| **one == status).count();
    assert_eq!((count(303), count(409)), (31, 29), "{answers:?}");
    happened(&demo, "demo.accounts.sign_up", "ok", None, 31).await;
    let reason = Some("name_taken");
    happened(&demo, "demo.accounts.sign_up", "error", reason, 29).await;
}

/// What a visitor does from signing up to logging out: ten requests that change something.
async fn visit(address: SocketAddr, name: String) {
    let mut visitor = Visitor::signed_up(address, &name).await;
    for _ in 0..3 {
        let item = [("title", "Something")];
        assert_eq!(visitor.submit("/me", "/me/todos", &item).await.status, 303);
    }
    assert_eq!(visitor.submit("/me", "/log-out", &[]).await.status, 303);
    assert_eq!(visitor.log_in(&name, "wrong password").await.status, 401);
    assert_eq!(visitor.log_in(&name, PASSWORD).await.status, 303);
    assert!(visitor.get("/me").await.body.contains("0 of 3"), "{name}");
}

/// As many visits at once as are asked for, and what is counted of them.
pub(crate) async fn visits_are_counted_exactly(demo: &TestDemo, visits: u64) {
    let address = demo.address();
    let visitors = (0..visits).map(|n| tokio::spawn(visit(address, format!("Visitor {n}"))));
    for visitor in visitors.collect::<Vec<_>>() {
        visitor.await.expect("a visit");
    }
    let wrong = Some("invalid_credentials");
    happened(demo, "demo.accounts.sign_up", "ok", None, visits).await;
    happened(demo, "demo.accounts.log_in", "ok", None, visits).await;
    happened(demo, "demo.accounts.log_in", "error", wrong, visits).await;
    happened(demo, "demo.accounts.log_out", "ok", None, visits).await;
    let tags = [("action", "add"), ("outcome", "ok")];
    assert_eq!(demo.counted("demo.todos.change.count", &tags), 3 * visits);
    for (route, status, times) in [
        ("/sign-up", "303", visits),
        ("/me/todos", "303", 3 * visits),
        ("/log-out", "303", visits),
        ("/log-in", "303", visits),
        ("/log-in", "401", visits),
    ] {
        let tags = [
            ("method", "POST"),
            ("route", route),
            ("status", status),
            ("outcome", "ok"),
        ];
        let answered = || async { demo.counted("demo.endpoint.stop.count", &tags) };
        eventually(answered, |count| *count >= times).await;
        assert_eq!(answered().await, times, "{route} {status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_visitors_at_once_are_counted_exactly() {
    let demo = TestDemo::start().await;
    visits_are_counted_exactly(&demo, 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_visitors_at_once_of_a_database_in_a_file_are_counted_exactly() {
    let folder = Folder::new("visits");
    let (demo, _database) = with_file(&folder).await;
    visits_are_counted_exactly(&demo, 50).await;
}

/// Clients that go away at every possible moment of a log-in.
#[tokio::test(flavor = "multi_thread")]
async fn visitors_that_go_away_while_they_log_in_take_no_place_with_them() {
    let demo = TestDemo::start().await;
    Visitor::signed_up(demo.address(), "Ada L.").await;
    let mut visitor = Visitor::new(demo.address());
    let csrf = csrf(&visitor.get("/log-in").await);
    for n in 0..400_u64 {
        let cookie = &visitor.cookies["demo_visit"];
        let body = format!("csrf={csrf}&name=Nobody%20{}&password=x", n / 5);
        let request = format!(
            "POST /log-in HTTP/1.1\r\nHost: test\r\nCookie: demo_visit={cookie}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut client = TcpStream::connect(demo.address()).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        // Not to wait for anything: this is how long this client has patience.
        tokio::time::sleep(Duration::from_micros(n * 10)).await;
    }
    assert_eq!(visitor.log_in("Ada L.", PASSWORD).await.status, 303);
    // Each attempt that has begun has ended, once.
    let counted = |name: &str| {
        let snapshot = demo.aggregator().snapshot();
        let mut families = snapshot.families.iter();
        let family = families.find(|family| family.definition.name() == name);
        let series = family.map(|family| family.series.iter());
        let counts = series
            .into_iter()
            .flatten()
            .map(|series| match &series.data {
                Data::Counter(count) => *count,
                other => panic!("{other:?}"),
            });
        counts.sum::<u64>()
    };
    let attempts = || async { counted("demo.accounts.log_in.count") };
    let count = eventually(attempts, |count| *count > 100).await;
    assert!(count <= 401, "{count}");
    assert_eq!(
        demo.demo
            .stop_within(Duration::from_secs(5))
            .await
            .complaints(),
        [""; 0]
    );
}
