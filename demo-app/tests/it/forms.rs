//! Forms: what is refused, and what hostile text does in them.

use crate::accounts::happened;
use crate::support::TestDemo;
use crate::support::visitor::{PASSWORD, Visitor, csrf, exchange};

#[tokio::test]
async fn a_form_of_another_site_or_session_is_refused_and_counted() {
    let demo = TestDemo::start().await;
    let mut ada = Visitor::signed_up(demo.address(), "Ada L.").await;
    let mut eve = Visitor::signed_up(demo.address(), "Eve").await;
    let (own, others) = (csrf(&ada.get("/me").await), csrf(&eve.get("/me").await));

    let mut refused = 0;
    for token in ["", "x", &others, &own[1..], &own.to_uppercase()] {
        for path in ["/log-in", "/sign-up", "/log-out", "/me/todos"] {
            assert_eq!(
                ada.post(path, &[("csrf", token)]).await.status,
                403,
                "{path}"
            );
        }
        refused += 1;
    }
    for header in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Origin", "http://evil.example"),
        ("Origin", "null"),
    ] {
        ada.headers = vec![(header.0, header.1.to_owned())];
        for path in ["/log-in", "/sign-up", "/log-out", "/me/todos"] {
            assert_eq!(
                ada.post(path, &[("csrf", &own)]).await.status,
                403,
                "{path}"
            );
        }
        refused += 1;
    }
    let reason = Some("csrf");
    for event in ["log_in", "sign_up", "log_out"] {
        let event = format!("demo.accounts.{event}");
        happened(&demo, &event, "error", reason, refused).await;
    }
    for form in ["/log-in", "/sign-up", "/log-out", "/me/todos"] {
        let tags = [("form", form), ("reason", "csrf")];
        assert_eq!(
            demo.counted("demo.forms.refused.count", &tags),
            refused,
            "{form}"
        );
    }

    // And with what a browser says of a page of ours, all is well.
    ada.headers = vec![
        ("Sec-Fetch-Site", "same-origin".to_owned()),
        ("Origin", format!("http://{}", demo.address())),
    ];
    assert_eq!(ada.post("/log-out", &[("csrf", &own)]).await.status, 303);
}

#[tokio::test]
async fn what_is_no_form_or_too_much_is_refused() {
    let demo = TestDemo::start().await;
    let mut visitor = Visitor::new(demo.address());
    visitor.get("/log-in").await;
    for kind in [
        "text/plain",
        "application/json",
        "multipart/form-data; boundary=x",
    ] {
        let reply = visitor
            .send("POST", "/log-in", Some((kind, "csrf=x".into())))
            .await;
        assert_eq!(reply.status, 415, "{kind}");
    }
    let long = "x".repeat(20_000);
    let fields = [("name", long.as_str()), ("password", PASSWORD)];
    assert_eq!(
        visitor.submit("/log-in", "/log-in", &fields).await.status,
        413
    );

    // Ten megabytes are announced, and refused before they are sent; or are not announced.
    let head = "POST /log-in HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\
                Content-Type: application/x-www-form-urlencoded\r\n";
    let announced = format!("{head}Content-Length: 10485760\r\n\r\nname=x");
    let reply = exchange(demo.address(), announced.as_bytes()).await;
    assert_eq!(reply.status, 413);
    let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000)).repeat(3);
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n");
    assert_eq!(
        exchange(demo.address(), chunked.as_bytes()).await.status,
        413
    );

    let broken = format!("{head}Transfer-Encoding: chunked\r\n\r\nno chunk\r\n");
    assert_eq!(
        exchange(demo.address(), broken.as_bytes()).await.status,
        415
    );

    let bytes = "name=%FF%00%C0%AF&password=%F0%28%8C&csrf=%FF";
    let kind = "application/x-www-form-urlencoded";
    let reply = visitor
        .send("POST", "/log-in", Some((kind, bytes.into())))
        .await;
    assert_eq!(reply.status, 403);
    assert_eq!(demo.get("/log-in").await.status, 200, "it lives");
}

#[tokio::test]
async fn hostile_names_are_shown_as_they_are_and_do_nothing() {
    let demo = TestDemo::start().await;
    for (name, shown) in [
        (
            "<script>alert(1)</script>",
            "&lt;script&gt;alert(1)&lt;/script&gt;",
        ),
        ("\" onfocus=\"x", "&quot; onfocus=&quot;x"),
        ("'; DROP TABLE users; --", "'; DROP TABLE users; --"),
        ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
        ("שרה 李 🦀", "שרה 李 🦀"),
        ("${7*7} {{7*7}} %s", "${7*7} {{7*7}} %s"),
    ] {
        let mut visitor = Visitor::signed_up(demo.address(), name).await;
        let page = visitor.get("/me").await;
        assert!(
            page.body.contains(&format!("<strong>{shown}</strong>")),
            "{name}"
        );
        // And where it is typed again.
        let mut again = Visitor::new(demo.address());
        let page = again.sign_up(name, PASSWORD).await;
        assert_eq!(page.status, 409, "{name}");
        assert!(page.body.contains(&format!("value=\"{shown}\"")), "{name}");
        assert!(!page.body.contains("<script"), "{name}");
    }
    assert!(demo.get("/users-fast").await.body.contains("Ada"));
}
