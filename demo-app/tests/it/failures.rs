//! What goes wrong at the start and afterwards, and what a person is told.

use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use demo_app::Config;

use crate::support::folder::Folder;
use crate::support::{TestDemo, eventually, received};

/// What counts requests.
const COUNTER: &str = "demo.endpoint.stop.count";

/// Runs the program until it ends by itself.
fn run(arguments: &[&str]) -> (Output, Duration) {
    let started = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_demo-app"))
        .args(["--listen", "127.0.0.1:0"])
        .args(arguments)
        .env_clear()
        .output()
        .expect("the program runs");
    (output, started.elapsed())
}

/// Runs the program, which has to fail, and returns what it says.
fn complaint(arguments: &[&str]) -> String {
    let (output, took) = run(arguments);
    assert!(!output.status.success(), "{output:?}");
    assert!(took < Duration::from_secs(5), "took {took:?}");
    assert_eq!(output.stdout, b"", "nothing was served");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains("panicked"), "{said}");
    said
}

#[test]
fn a_taken_port_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_demo-app"))
        .env_clear()
        .env("LISTEN", &address)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains(&address) && said.contains("--listen"),
        "{said}"
    );
}

#[test]
fn an_unreachable_database_is_named_with_the_cause_and_without_the_password() {
    let said = complaint(&["--database", "sqlite:///no/such/folder/demo.db?mode=rwc"]);
    assert!(said.contains("/no/such/folder/demo.db"), "{said}");
    assert!(said.contains("unable to open database file"), "{said}");

    // Bound, so that nobody else gets it, and not listened on.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let dead = socket.local_addr().unwrap();
    let url = format!("postgres://ada:hunter2@{dead}/shop");
    let said = complaint(&["--database", &url]);
    assert!(said.contains(&format!("{dead}/shop")), "{said}");
    assert!(said.contains("refused"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn a_locked_database_is_given_up_within_five_seconds() {
    use sqlx::{Connection, Executor};
    let folder = Folder::new("locked");
    let path = folder.0.join("demo.db");
    let url = format!("sqlite://{}", path.display());
    let mut other = sqlx::SqliteConnection::connect(&format!("{url}?mode=rwc"))
        .await
        .unwrap();
    other
        .execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE mine (id)")
        .await
        .unwrap();
    let said = tokio::task::spawn_blocking(move || complaint(&["--database", &url]))
        .await
        .unwrap();
    assert!(
        said.contains("locked") && said.contains("demo.db"),
        "{said}"
    );
}

#[tokio::test]
async fn a_file_of_another_application_is_left_alone() {
    use sqlx::{Connection, Executor};
    let folder = Folder::new("others");
    let path = folder.0.join("demo.db");
    let url = format!("sqlite://{}", path.display());
    let mut other = sqlx::SqliteConnection::connect(&format!("{url}?mode=rwc"))
        .await
        .unwrap();
    other
        .execute("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT)")
        .await
        .unwrap();
    let said = tokio::task::spawn_blocking(move || complaint(&["--database", &url]))
        .await
        .unwrap();
    assert!(said.contains("name another database"), "{said}");
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE type = 'table'")
        .fetch_one(&mut other)
        .await
        .unwrap();
    assert_eq!(tables, 1);
}

#[tokio::test]
async fn a_missing_database_file_is_made_and_kept() {
    let folder = Folder::new("made");
    let database = format!("sqlite://{}", folder.0.join("new.db").display());
    for _ in 0..2 {
        let config = Config {
            database: database.clone(),
            ..Config::default()
        };
        let demo = TestDemo::with(config).await;
        let page = demo.get("/users-fast").await.body;
        assert_eq!(
            page.matches("<th scope=\"row\">").count(),
            20,
            "seeded once, not twice"
        );
        assert_eq!(demo.demo.stop().await.complaints(), [""; 0]);
    }
}

#[test]
fn wrong_flags_say_what_is_expected() {
    for (arguments, expected) in [
        (&["--landing-delay-ms", "5000-1000"][..], "LOW-HIGH"),
        (&["--flush-ms", "0"], "--flush-ms"),
        (&["--statsd-format", "graphite"], "datadog"),
        (&["--statsd", "localhost"], "the port is missing"),
        (&["--statsd", ":8125"], "127.0.0.1:8125"),
        (&["--listen", "nowhere"], "--listen"),
        (&["--database", "users.db"], "sqlite://FILE"),
        (&["--chaos", "errors=5"], "from 0 to 100"),
        (&["--slo-speed", "0"], "from 1 to 720"),
        (&["--nonsense"], "--nonsense"),
    ] {
        let said = complaint(arguments);
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

#[tokio::test]
async fn with_a_dead_statsd_address_a_hundred_requests_are_counted_exactly() {
    // Bound and dropped: nobody listens there.
    let dead = std::net::UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let config = Config {
        statsd: Some(dead.to_string()),
        flush_ms: 5,
        ..Config::default()
    };
    let demo = TestDemo::with(config).await;
    for _ in 0..100 {
        assert_eq!(demo.get("/users-fast").await.status, 200);
    }
    demo.requests("/users-fast", "200", "ok", 100).await;
    // The failure shows, and does no harm.
    let failed = || async {
        let health = demo.aggregator().health();
        health
            .iter()
            .find(|report| report.reporter == "statsd")
            .map_or(0, |report| report.failed)
    };
    eventually(failed, |failed| *failed > 0).await;
    assert_eq!(demo.get("/health").await.status, 200);

    // Somebody comes to listen after all: nothing was lost.
    let socket = std::net::UdpSocket::bind(dead).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    let mut requests = 0;
    let deadline = Instant::now() + Duration::from_secs(20);
    while requests < 100 && Instant::now() < deadline {
        requests += received(&socket, "demo.endpoint.stop.count.GET./users-fast.200.ok:");
    }
    // And nothing is sent twice.
    demo.statsd()
        .unwrap()
        .flush(Duration::from_secs(2))
        .unwrap();
    requests += received(&socket, "demo.endpoint.stop.count.GET./users-fast.200.ok:");
    assert_eq!(requests, 100);
}

/// Clients that go away at every possible moment, the ping of a connection among them.
#[tokio::test(flavor = "multi_thread")]
async fn clients_that_go_away_do_no_harm() {
    let demo = TestDemo::start().await;
    // Not every request gets as far as the application: some clients are gone before it is read.
    let begun = Arc::new(AtomicU64::new(0));
    let counted = begun.clone();
    let _guard = telemetry::attach("test-gone", "demo.endpoint.start", move |event| {
        if event.metadata_is("route", "/users-slow") {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    })
    .unwrap()
    .guard();
    for n in 0..400_u64 {
        let mut client = tokio::net::TcpStream::connect(demo.address())
            .await
            .unwrap();
        let request = b"GET /users-slow HTTP/1.1\r\nHost: test\r\n\r\n";
        tokio::io::AsyncWriteExt::write_all(&mut client, request)
            .await
            .unwrap();
        // Not to wait for anything: this is how long this client has patience.
        tokio::time::sleep(Duration::from_micros(n * 20)).await;
    }
    assert_eq!(
        demo.get("/users-fast").await.status,
        200,
        "the database is still there"
    );
    let all = || async {
        let snapshot = demo.aggregator().snapshot();
        let family = snapshot
            .families
            .iter()
            .find(|f| f.definition.name() == COUNTER)
            .unwrap();
        let slow = family.series.iter().filter(|series| {
            series
                .tags(&family.definition)
                .any(|tag| tag == ("route", "/users-slow"))
        });
        let by_outcome = slow.map(|series| match series.data {
            telemetry_metrics::Data::Counter(n) => (series.tags[3].to_string(), n),
            _ => unreachable!("it is a counter"),
        });
        by_outcome.collect::<Vec<_>>()
    };
    let total = |found: &Vec<(String, u64)>| found.iter().map(|(_, n)| n).sum::<u64>();
    let agrees = |found: &Vec<(String, u64)>| total(found) == begun.load(Ordering::SeqCst);
    let found = eventually(all, agrees).await;
    assert!(total(&found) > 300, "{found:?}");
    assert!(
        found.iter().all(|(outcome, _)| outcome != "error"),
        "{found:?}"
    );
}
