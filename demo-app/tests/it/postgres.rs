//! The same site on PostgreSQL; and what happens when the server goes away.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use demo_app::Config;
use sqlx::{Connection, PgConnection};

use crate::queries::statements;
use crate::support::postgres::Postgres;
use crate::support::visitor::{PASSWORD, Visitor};
use crate::support::{TestDemo, eventually};
use crate::visits::visits_are_counted_exactly;

async fn demo_on(server: &Postgres) -> TestDemo {
    let config = Config {
        database: server.url(),
        ..Config::default()
    };
    TestDemo::with(config).await
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn the_slow_page_runs_twenty_one_queries_there_too() {
    let server = Postgres::start("queries").await;
    let demo = demo_on(&server).await;
    Visitor::signed_up(demo.address(), "Latecomer").await;
    for (path, expected) in [("/users-slow", 21), ("/users-fast", 1), ("/users-slow", 21)] {
        let (events, log) = statements(&demo, path).await;
        assert_eq!(events.len(), expected, "{path}: {events:#?}");
        assert_eq!(events, log, "{path}");
    }
    let (fast, slow) = (demo.get("/users-fast").await, demo.get("/users-slow").await);
    let table = |body: &str| body[body.find("<table>").unwrap()..].to_owned();
    assert!(fast.body.contains("Ada") && fast.body.contains("Prove the lemma"));
    assert_eq!(table(&fast.body), table(&slow.body));
    let metrics = demo.get("/metrics").await.body;
    let count = "demo_repo_query_total_time_seconds_count";
    for (source, times) in [("todo_items", 60), ("users", 5)] {
        let series =
            format!("{count}{{system=\"postgresql\",source=\"{source}\",command=\"SELECT\"}} ");
        let number = metrics.lines().find_map(|line| line.strip_prefix(&series));
        let number: u64 = number.expect("a series").parse().expect("a number");
        assert!(number >= times, "{series}{number}");
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn accounts_and_items_are_kept_there() {
    let server = Postgres::start("accounts").await;
    let demo = demo_on(&server).await;
    for (name, shown) in [
        ("Ada L.", "Ada L."),
        (
            "<b>'\"; DROP TABLE users",
            "&lt;b&gt;'&quot;; DROP TABLE users",
        ),
        ("שרה 李 🦀", "שרה 李 🦀"),
    ] {
        let mut visitor = Visitor::signed_up(demo.address(), name).await;
        let reply = visitor.submit("/me", "/log-out", &[]).await;
        assert_eq!(reply.location(), Some("/"), "{name}");
        assert_eq!(
            visitor.log_in(name, "wrong password").await.status,
            401,
            "{name}"
        );
        assert_eq!(visitor.log_in(name, PASSWORD).await.status, 303, "{name}");

        let item = [("title", "a\0<i>")];
        assert_eq!(visitor.submit("/me", "/me/todos", &item).await.status, 303);
        let page = visitor.get("/me").await.body;
        assert!(
            page.contains(&format!("<strong>{shown}</strong>")),
            "{page}"
        );
        assert!(
            page.contains("a &lt;i&gt;") && page.contains("0 of 1"),
            "{page}"
        );
        let start = page.find("/me/todos/").expect("a form");
        let tick: String = page[start..]
            .chars()
            .take_while(|one| *one != '"')
            .collect();
        assert_eq!(
            visitor.submit("/me", &tick, &[("done", "1")]).await.status,
            303
        );
        assert!(visitor.get("/me").await.body.contains("1 of 1"));
        let delete = tick.replace("tick", "delete");
        assert_eq!(visitor.submit("/me", &delete, &[]).await.status, 303);
        assert!(visitor.get("/me").await.body.contains("0 of 0"));
        assert_eq!(
            Visitor::new(demo.address())
                .sign_up(name, PASSWORD)
                .await
                .status,
            409
        );

        let cookies = visitor.cookies.clone();
        let me = || async {
            let mut again = Visitor::new(demo.address());
            again.cookies.clone_from(&cookies);
            again.get("/me").await.body
        };
        eventually(me, |page| page.contains("<ul class=\"messages\"><li>")).await;
    }
    // PostgreSQL takes no NUL, so nobody has such a name.
    assert_eq!(
        Visitor::new(demo.address())
            .log_in("a\0b", PASSWORD)
            .await
            .status,
        401
    );
    for (outcome, count) in [("ok", 3), ("error", 4)] {
        let mut tags = vec![("outcome", outcome)];
        tags.extend((outcome == "error").then_some(("reason", "invalid_credentials")));
        assert_eq!(
            demo.counted("demo.accounts.log_in.count", &tags),
            count,
            "{outcome}"
        );
    }

    // Another start finds all of it.
    assert_eq!(demo.demo.stop().await.complaints(), [""; 0]);
    drop(demo._turn);
    let demo = demo_on(&server).await;
    let mut ada = Visitor::new(demo.address());
    assert_eq!(ada.log_in("Ada L.", PASSWORD).await.status, 303);
    let users = demo.get("/users-fast").await.body;
    assert_eq!(users.matches("<th scope=\"row\">").count(), 20);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn many_visitors_at_once_are_counted_exactly_there_too() {
    let server = Postgres::start("visits").await;
    let demo = demo_on(&server).await;
    visits_are_counted_exactly(&demo, 200).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn when_the_server_goes_away_pages_fail_and_when_it_is_back_they_work() {
    let mut server = Postgres::start("killed").await;
    let demo = demo_on(&server).await;
    let mut visitor = Visitor::signed_up(demo.address(), "Ada L.").await;
    let address = demo.address();
    // Requests are under way all the time.
    let busy = tokio::spawn(async move {
        let mut statuses = Vec::new();
        loop {
            let status = crate::support::http::get(address, "/users-slow")
                .await
                .status;
            statuses.push(status);
            if statuses.ends_with(&[200]) && statuses.contains(&500) {
                return statuses;
            }
        }
    });
    let tags = [
        ("method", "GET"),
        ("route", "/users-slow"),
        ("status", "200"),
        ("outcome", "ok"),
    ];
    let answered = || async { demo.counted("demo.endpoint.stop.count", &tags) };
    eventually(answered, |count| *count >= 5).await;

    server.kill();
    let page = demo.get("/users-fast").await;
    assert_eq!(page.status, 500);
    assert!(page.body.contains("did not answer"), "{}", page.body);
    assert_eq!(
        visitor.get("/me").await.status,
        500,
        "who asks is not known"
    );
    assert_eq!(
        demo.get("/").await.status,
        200,
        "what needs no database is there"
    );
    assert_eq!(demo.get("/health").await.status, 200);

    server.run().await;
    let status = || async { demo.get("/users-fast").await.status };
    eventually(status, |status| *status == 200).await;
    assert!(
        visitor.get("/me").await.body.contains("Ada L."),
        "the session is still there"
    );
    Visitor::signed_up(demo.address(), "Grace H.").await;

    let statuses = busy.await.unwrap();
    assert!(
        statuses.iter().all(|status| [200, 500].contains(status)),
        "{statuses:?}"
    );
    let failed = statuses.iter().filter(|status| **status == 500).count();
    let fine = statuses.len() - failed;
    demo.requests("/users-slow", "200", "ok", fine as u64).await;
    demo.requests("/users-slow", "500", "error", failed as u64)
        .await;
    assert_eq!(demo.demo.stop().await.complaints(), [""; 0]);
}

/// A process of the application that has started.
struct Process(Child);

impl Process {
    fn start(url: &str) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_demo-app"))
            .args(["--listen", "127.0.0.1:0", "--database", url])
            .env_clear()
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        Self(child)
    }

    fn first_line(&mut self) -> String {
        let mut line = String::new();
        let out = self.0.stdout.take().expect("standard output");
        BufReader::new(out).read_line(&mut line).expect("a line");
        line
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn several_that_start_at_once_on_an_empty_database_fill_it_once() {
    let server = Postgres::start("at-once").await;
    let url = server.url();
    let mut processes: Vec<_> = (0..6).map(|_| Process::start(&url)).collect();
    for process in &mut processes {
        let line = process.first_line();
        assert!(line.starts_with("listening on "), "{line:?}");
    }
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let users: i64 = sqlx::query_scalar("SELECT count(*) FROM users")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(users, 20);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn who_is_not_let_in_is_told_so_without_the_password() {
    let server = Postgres::start("refused").await;
    let output = Command::new(env!("CARGO_BIN_EXE_demo-app"))
        .args([
            "--listen",
            "127.0.0.1:0",
            "--database",
            &server.url_with("hunter3"),
        ])
        .env_clear()
        .output()
        .expect("the program runs");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && !said.contains("hunter"),
        "{said}"
    );
    assert!(said.contains("postgres://localhost/postgres"), "{said}");
    assert!(said.contains("password authentication failed"), "{said}");
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_table_of_somebody_elses_is_not_touched() {
    let server = Postgres::start("others").await;
    let mut connection = PgConnection::connect(&server.url()).await.unwrap();
    sqlx::query("CREATE TABLE users (id BIGINT, email TEXT)")
        .execute(&mut connection)
        .await
        .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_demo-app"))
        .args(["--listen", "127.0.0.1:0", "--database", &server.url()])
        .env_clear()
        .output()
        .expect("the program runs");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && said.contains("name another"),
        "{said}"
    );
    let tables: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert_eq!(tables, 1);
}
