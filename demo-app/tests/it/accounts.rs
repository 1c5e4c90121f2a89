//! Sign-up, log-in, log-out: what a visitor sees, what is stored, and what is counted.

use demo_app::Config;
use sqlx::{Connection, SqliteConnection};
use telemetry_metrics::{Amount, Data};

use crate::support::folder::Folder;
use crate::support::visitor::{PASSWORD, Visitor, csrf};
use crate::support::{TestDemo, eventually};

/// The session cookie.
const SESSION: &str = "demo_session";

/// How often something happened with an outcome and a reason, once it is as often as expected.
pub(crate) async fn happened(
    demo: &TestDemo,
    event: &str,
    outcome: &str,
    reason: Option<&str>,
    times: u64,
) {
    let mut tags = vec![("outcome", outcome)];
    tags.extend(reason.map(|reason| ("reason", reason)));
    let name = format!("{event}.count");
    let count = || async { demo.counted(&name, &tags) };
    eventually(count, |count| *count >= times).await;
    assert_eq!(count().await, times, "{event} {tags:?}");
}

/// A demo whose database others can read.
pub(crate) async fn with_file(folder: &Folder) -> (TestDemo, SqliteConnection) {
    let database = format!("sqlite://{}", folder.0.join("demo.db").display());
    let config = Config {
        database: database.clone(),
        ..Config::default()
    };
    let demo = TestDemo::with(config).await;
    let connection = SqliteConnection::connect(&database).await;
    (demo, connection.expect("the database"))
}

#[tokio::test]
async fn who_signs_up_is_logged_in_and_welcomed() {
    let demo = TestDemo::start().await;
    let mut ada = Visitor::signed_up(demo.address(), "Ada L.").await;
    let page = ada.get("/me").await;
    assert!(
        page.status == 200 && page.body.contains("Ada L."),
        "{page:?}"
    );
    assert_eq!(page.header("cache-control").next(), Some("no-store"));

    // The message comes from elsewhere, a moment later.
    let cookies = ada.cookies.clone();
    let me = || async {
        let mut ada = Visitor::new(demo.address());
        ada.cookies.clone_from(&cookies);
        ada.get("/me").await.body
    };
    eventually(me, |page| page.contains("<ul class=\"messages\"><li>")).await;
    happened(&demo, "demo.accounts.sign_up", "ok", None, 1).await;
    happened(&demo, "demo.accounts.log_in", "ok", None, 0).await;
}

#[tokio::test]
async fn who_has_signed_up_can_log_in_and_out_again() {
    let demo = TestDemo::start().await;
    Visitor::signed_up(demo.address(), "Grace H.").await;

    let mut grace = Visitor::new(demo.address());
    assert_eq!(grace.get("/me").await.location(), Some("/log-in"));
    let reply = grace.log_in(" Grace H. ", PASSWORD).await;
    assert_eq!((reply.status, reply.location()), (303, Some("/me")));
    assert!(grace.get("/me").await.body.contains("Grace H."));
    for path in ["/log-in", "/sign-up"] {
        assert_eq!(grace.get(path).await.location(), Some("/me"), "{path}");
    }

    let before = grace.cookies.clone();
    let reply = grace.submit("/me", "/log-out", &[]).await;
    assert_eq!((reply.status, reply.location()), (303, Some("/")));
    assert!(!grace.cookies.contains_key(SESSION), "{:?}", grace.cookies);
    // Not only the browser has forgotten it.
    grace.cookies = before;
    assert_eq!(grace.get("/me").await.location(), Some("/log-in"));
    happened(&demo, "demo.accounts.log_in", "ok", None, 1).await;
    happened(&demo, "demo.accounts.log_out", "ok", None, 1).await;
}

#[tokio::test]
async fn whether_the_name_or_the_password_is_wrong_does_not_show() {
    let demo = TestDemo::start().await;
    Visitor::signed_up(demo.address(), "Known").await;
    let verified = || {
        let snapshot = demo.aggregator().snapshot();
        let tags = [("operation", "verify")];
        match snapshot.find("demo.accounts.hash_password.queue_time", &tags) {
            Some(Data::Summary(summary)) => summary.count,
            _ => 0,
        }
    };

    // Ada was there from the beginning, without a password.
    let mut pages = Vec::new();
    for (n, name) in ["Known", "Nobody", "Ada"].into_iter().enumerate() {
        let mut visitor = Visitor::new(demo.address());
        let reply = visitor.log_in(name, "wrong password").await;
        assert_eq!(reply.status, 401, "{name}");
        assert!(!visitor.cookies.contains_key(SESSION), "{name}");
        assert_eq!(verified(), n as u64 + 1, "{name}: a hash was computed");
        let own = csrf(&reply);
        pages.push(reply.body.replace(&own, "").replace(name, ""));
    }
    assert_eq!(pages[0], pages[1]);
    assert_eq!(pages[0], pages[2]);
    let reason = Some("invalid_credentials");
    happened(&demo, "demo.accounts.log_in", "error", reason, 3).await;
    assert!(!demo.get("/metrics").await.body.contains("Nobody"));
}

#[tokio::test]
async fn after_ten_wrong_passwords_a_name_has_to_wait_known_or_not() {
    let demo = TestDemo::start().await;
    Visitor::signed_up(demo.address(), "Known").await;
    for name in ["Known", "Nobody"] {
        let mut visitor = Visitor::new(demo.address());
        for _ in 0..10 {
            assert_eq!(visitor.log_in(name, "wrong password").await.status, 401);
        }
        let reply = visitor.log_in(name, PASSWORD).await;
        assert_eq!(reply.status, 429, "{name}");
        assert!(reply.header("retry-after").next().is_some(), "{name}");
    }
    let reason = Some("throttled");
    happened(&demo, "demo.accounts.log_in", "error", reason, 2).await;
    let mut other = Visitor::new(demo.address());
    assert_eq!(other.log_in("Somebody", PASSWORD).await.status, 401);
}

#[tokio::test]
async fn a_name_is_taken_once_and_what_was_typed_is_kept() {
    let demo = TestDemo::start().await;
    Visitor::signed_up(demo.address(), "Only one").await;
    for (name, password, status, reason) in [
        ("Only one", PASSWORD, 409, "name_taken"),
        ("", PASSWORD, 422, "invalid_name"),
        ("a\0b", PASSWORD, 422, "invalid_name"),
        ("New", "short", 422, "invalid_password"),
    ] {
        let mut visitor = Visitor::new(demo.address());
        let reply = visitor.sign_up(name, password).await;
        assert_eq!(reply.status, status, "{name:?}");
        assert!(reply.body.contains("role=\"alert\""), "{name:?}");
        if status == 409 {
            assert!(reply.body.contains("value=\"Only one\""), "{}", reply.body);
        }
        assert!(!reply.body.contains(password), "{name:?}");
        let reason = Some(reason);
        let times = 1 + u64::from(name.contains('\0'));
        happened(&demo, "demo.accounts.sign_up", "error", reason, times).await;
    }
}

#[tokio::test]
async fn a_session_is_a_cookie_out_of_reach_and_a_hash_in_the_table() {
    let folder = Folder::new("sessions");
    let (demo, mut database) = with_file(&folder).await;
    let mut visitor = Visitor::new(demo.address());
    let reply = visitor.sign_up("Ada L.", PASSWORD).await;
    let set = reply
        .header("set-cookie")
        .find(|line| line.starts_with(SESSION));
    let set = set.expect("a session").to_owned();
    for attribute in ["; httponly", "; samesite=lax", "; path=/", "; max-age="] {
        assert!(set.contains(attribute), "{set}");
    }
    assert!(!set.contains("secure"), "{set}");

    let token = visitor.cookies[SESSION].clone();
    let stored: Vec<String> = sqlx::query_scalar("SELECT token_hash FROM sessions")
        .fetch_all(&mut database)
        .await
        .unwrap();
    assert_eq!(stored.len(), 1);
    assert_ne!(stored[0], token);
    let hash: String = sqlx::query_scalar("SELECT password_hash FROM users WHERE name = 'Ada L.'")
        .fetch_one(&mut database)
        .await
        .unwrap();
    assert!(hash.starts_with("$argon2id$v=19$"), "{hash}");
    // What the table says is no way in.
    visitor.cookies.insert(SESSION.into(), stored[0].clone());
    assert_eq!(visitor.get("/me").await.location(), Some("/log-in"));

    // Nor is a session that is over.
    visitor.cookies.insert(SESSION.into(), token);
    assert_eq!(visitor.get("/me").await.status, 200);
    sqlx::query("UPDATE sessions SET expires_at = 1")
        .execute(&mut database)
        .await
        .unwrap();
    assert_eq!(visitor.get("/me").await.location(), Some("/log-in"));
}

#[tokio::test]
async fn a_log_in_makes_a_new_session_and_ends_the_one_before() {
    let folder = Folder::new("rotation");
    let (demo, mut database) = with_file(&folder).await;
    let mut visitor = Visitor::signed_up(demo.address(), "Ada L.").await;
    let first = visitor.cookies.clone();
    let page = visitor.get("/me").await;
    let fields = [
        ("csrf", &*csrf(&page)),
        ("name", "Ada L."),
        ("password", PASSWORD),
    ];
    assert_eq!(visitor.post("/log-in", &fields).await.status, 303);
    assert_ne!(visitor.cookies, first);
    assert_eq!(visitor.get("/me").await.status, 200);
    visitor.cookies = first;
    assert_eq!(visitor.get("/me").await.location(), Some("/log-in"));

    // A session that somebody has put there is not taken up.
    let mut victim = Visitor::new(demo.address());
    let planted = "ab".repeat(32);
    victim.cookies.insert(SESSION.into(), planted.clone());
    assert_eq!(victim.log_in("Ada L.", PASSWORD).await.status, 303);
    assert_ne!(victim.cookies[SESSION], planted);
    let sessions: i64 = sqlx::query_scalar("SELECT count(*) FROM sessions")
        .fetch_one(&mut database)
        .await
        .unwrap();
    assert_eq!(sessions, 2);
}

#[tokio::test]
async fn behind_https_cookies_are_kept_to_it() {
    let config = Config {
        secure_cookies: true,
        ..Config::default()
    };
    let demo = TestDemo::with(config).await;
    let mut visitor = Visitor::new(demo.address());
    let page = visitor.get("/sign-up").await;
    let signed_up = visitor.sign_up("Ada L.", PASSWORD).await;
    for reply in [page, signed_up] {
        for line in reply.header("set-cookie") {
            assert!(line.starts_with("__host-demo_"), "{line}");
            assert!(line.ends_with("; secure"), "{line}");
        }
    }
}

#[tokio::test]
async fn sessions_are_counted_by_the_poller() {
    let demo = TestDemo::start().await;
    Visitor::signed_up(demo.address(), "Ada L.").await;
    let active = || async {
        match demo
            .aggregator()
            .snapshot()
            .find("demo.sessions.active", &[])
        {
            Some(Data::LastValue(value)) => Some(*value),
            _ => None,
        }
    };
    eventually(active, |active| *active == Some(Amount::Real(1.0))).await;
}
