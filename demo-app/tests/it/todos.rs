//! To-do items: a user's own, and nobody else's.

use crate::support::TestDemo;
use crate::support::visitor::{Visitor, csrf};

fn changed(demo: &TestDemo, action: &str, outcome: &str, reason: Option<&str>) -> u64 {
    let mut tags = vec![("action", action), ("outcome", outcome)];
    tags.extend(reason.map(|reason| ("reason", reason)));
    demo.counted("demo.todos.change.count", &tags)
}

/// The paths of the forms that a page has for its items.
fn actions(page: &str) -> Vec<String> {
    let paths = page.split("action=\"").skip(1);
    let paths = paths.filter_map(|rest| rest.split_once('"').map(|(path, _)| path));
    let of_items = paths.filter(|path| path.starts_with("/me/todos/"));
    of_items.map(str::to_owned).collect()
}

#[tokio::test]
async fn an_item_is_added_ticked_and_deleted() {
    let demo = TestDemo::start().await;
    let mut ada = Visitor::signed_up(demo.address(), "Ada L.").await;
    let reply = ada
        .submit("/me", "/me/todos", &[("title", " Write note G ")])
        .await;
    assert_eq!((reply.status, reply.location()), (303, Some("/me")));
    let page = ada.get("/me").await.body;
    assert!(
        page.contains(">Write note G</span>") && page.contains("0 of 1"),
        "{page}"
    );

    let [tick, delete] = &actions(&page)[..] else {
        panic!("{page}")
    };
    for (done, shown) in [("1", "1 of 1"), ("1", "1 of 1"), ("0", "0 of 1")] {
        let reply = ada.submit("/me", tick, &[("done", done)]).await;
        assert_eq!(reply.status, 303);
        assert!(ada.get("/me").await.body.contains(shown));
    }
    assert_eq!(ada.submit("/me", delete, &[]).await.status, 303);
    assert!(ada.get("/me").await.body.contains("0 of 0"));
    assert_eq!(ada.submit("/me", delete, &[]).await.status, 404);

    for (action, outcome, reason, times) in [
        ("add", "ok", None, 1),
        ("tick", "ok", None, 3),
        ("delete", "ok", None, 1),
        ("delete", "error", Some("not_found"), 1),
    ] {
        assert_eq!(changed(&demo, action, outcome, reason), times, "{action}");
    }
}

#[tokio::test]
async fn items_of_others_are_out_of_reach() {
    let demo = TestDemo::start().await;
    let mut ada = Visitor::signed_up(demo.address(), "Ada L.").await;
    ada.submit("/me", "/me/todos", &[("title", "Mine")]).await;
    let of_ada = actions(&ada.get("/me").await.body);

    let mut eve = Visitor::signed_up(demo.address(), "Eve").await;
    for path in of_ada.iter().map(String::as_str).chain([
        "/me/todos/1/delete",
        "/me/todos/-1/tick",
        "/me/todos/99999999999999999999/delete",
        "/me/todos/1%20OR%201=1/delete",
    ]) {
        assert_eq!(
            eve.submit("/me", path, &[("done", "1")]).await.status,
            404,
            "{path}"
        );
    }
    let page = ada.get("/me").await.body;
    assert!(page.contains("Mine") && page.contains("0 of 1"), "{page}");

    // Who is not logged in has none.
    let mut nobody = Visitor::new(demo.address());
    let token = csrf(&nobody.get("/log-in").await);
    let fields = [("csrf", token.as_str()), ("title", "x")];
    for path in of_ada.iter().map(String::as_str).chain(["/me/todos"]) {
        assert_eq!(nobody.post(path, &fields).await.location(), Some("/log-in"));
    }
}

#[tokio::test]
async fn titles_are_bounded_and_shown_as_they_are() {
    let demo = TestDemo::start().await;
    let mut ada = Visitor::signed_up(demo.address(), "Ada L.").await;
    let longest = "ü".repeat(200);
    for (title, shown) in [
        (
            "<script>alert(1)</script>",
            "&lt;script&gt;alert(1)&lt;/script&gt;",
        ),
        (
            "\"'><img src=x onerror=y>",
            "&quot;'&gt;&lt;img src=x onerror=y&gt;",
        ),
        ("\u{202e}abc", "\u{202e}abc"),
        ("a\0b\r\nc", "a b  c"),
        (
            "'); DROP TABLE todo_items; --",
            "'); DROP TABLE todo_items; --",
        ),
        (&longest, &longest),
    ] {
        let reply = ada.submit("/me", "/me/todos", &[("title", title)]).await;
        assert_eq!(reply.status, 303, "{title}");
        let page = ada.get("/me").await.body;
        assert!(
            page.contains(&format!("dir=\"auto\">{shown}</span>")),
            "{title}"
        );
        assert!(
            page.contains(&format!("aria-label=\"Delete: {shown}\"")),
            "{title}"
        );
        assert!(!page.contains("<script"), "{title}");
    }
    for title in ["", " \n ", &"ü".repeat(201)] {
        let reply = ada.submit("/me", "/me/todos", &[("title", title)]).await;
        assert_eq!(reply.status, 422, "{title}");
    }
    let reason = Some("invalid_title");
    assert_eq!(changed(&demo, "add", "error", reason), 3);
}

#[tokio::test]
async fn there_is_room_for_a_hundred_items() {
    let demo = TestDemo::start().await;
    let mut ada = Visitor::signed_up(demo.address(), "Ada L.").await;
    let token = csrf(&ada.get("/me").await);
    let fields = [("csrf", token.as_str()), ("title", "More")];
    for _ in 0..100 {
        assert_eq!(ada.post("/me/todos", &fields).await.status, 303);
    }
    assert_eq!(ada.post("/me/todos", &fields).await.status, 422);
    assert_eq!(changed(&demo, "add", "ok", None), 100);
    assert_eq!(changed(&demo, "add", "error", Some("too_many")), 1);
}
