//! What is the same for all answers: headers, and the HTML around pages.

use axum::http::{Method, StatusCode};
use telemetry_dashboard::Access;

use crate::support::{ask, get, head_of, request, site, site_with, with};

const TOKEN: &str = "a-long-enough-token";

#[tokio::test]
async fn each_answer_has_the_headers_that_keep_it_safe() {
    let (plain, guarded) = (site(Access::loopback()), site(Access::token(TOKEN)));
    let overview = get(&plain, "/dashboard/overview").await;
    let (_, rest) = overview.text().split_once("href=\"assets/").unwrap();
    let (style, _) = rest.split_once('"').unwrap();
    let style = format!("assets/{style}");
    let mut seen = Vec::new();
    for app in [&plain, &guarded] {
        for path in [
            "",
            "/",
            "/overview",
            "/none",
            "/api/overview",
            "/api/none",
            "/api/overview?range=7",
            "/stream?page=overview",
            "/stream",
            &format!("/{style}"),
            "/assets/0/style.css",
            "/assets/0/none.css",
            "/login",
            "/logout",
        ] {
            for method in [Method::GET, Method::HEAD, Method::POST] {
                let path = format!("/dashboard{path}");
                for header in [("x-a", "b"), ("via", "1.1 proxy")] {
                    let request = with(request(method.clone(), &path), &[header]);
                    let answer = head_of(app, request).await;
                    seen.push(answer.status.as_u16());
                    for (name, value) in [
                        (
                            "content-security-policy",
                            "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
                             frame-ancestors 'none'",
                        ),
                        ("x-content-type-options", "nosniff"),
                        ("x-frame-options", "DENY"),
                        ("referrer-policy", "same-origin"),
                        ("cross-origin-resource-policy", "same-origin"),
                        ("cross-origin-opener-policy", "same-origin"),
                    ] {
                        assert_eq!(answer.header(name), value, "{method} {path}");
                    }
                    let kept = answer.status == StatusCode::OK && path.contains("/assets/");
                    let cache = match kept {
                        true => "public, max-age=31536000, immutable",
                        false => "no-store",
                    };
                    assert_eq!(answer.header("cache-control"), cache, "{method} {path}");
                }
            }
        }
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, [200, 303, 307, 400, 401, 403, 404, 405, 415]);
}

/// What a title does that wants to be markup.
const HOSTILE: &str = "</title><script>alert('x')</script>\"&";

#[tokio::test]
async fn nothing_in_a_page_is_inline_and_titles_are_text() {
    let app = site_with(|builder| builder.title(HOSTILE).access(Access::token(TOKEN)));
    let login = get(&app, "/dashboard/login?to=overview%3F%22%3E%3Cscript%3E").await;
    let none = get(&app, "/dashboard/%3Cscript%3E").await;
    let bearer = format!("Bearer {TOKEN}");
    let page = with(
        request(
            Method::GET,
            "/dashboard/overview?<\"'>"
                .replace(['<', '>', '"'], "_")
                .as_str(),
        ),
        &[("authorization", &bearer)],
    );
    let page = ask(&app, page).await;
    assert_eq!(
        [login.status, none.status, page.status],
        [StatusCode::OK, StatusCode::NOT_FOUND, StatusCode::OK]
    );
    for answer in [&login, &none, &page] {
        let text = answer.text();
        let lower = text.to_lowercase();
        assert!(text.starts_with("<!DOCTYPE html><html lang=\"en\""));
        assert!(
            text.contains("&lt;/title&gt;&lt;script&gt;alert(&#39;x&#39;)"),
            "{text}"
        );
        assert!(!lower.contains("alert('"), "{text}");
        let scripts = lower.matches("<script").count();
        let ours = lower.matches("<script type=\"module\" src=\"assets/");
        let theme = lower.matches("/theme.js\"></script><link rel=\"stylesheet\"");
        assert_eq!(theme.clone().count(), 1);
        assert_eq!(scripts, ours.count() + theme.count());
        for inline in ["<style", " style=", " on", "javascript:", "http:", "https:"] {
            assert!(!lower.contains(inline), "{inline}: {text}");
        }
        // Every tag that is opened is closed, and no attribute has an end of its own.
        assert_eq!(text.matches("<title>").count(), 1);
        assert_eq!(text.matches('<').count(), text.matches('>').count());
        assert_eq!(text.matches('"').count() % 2, 0);
    }
    assert!(
        page.text()
            .contains("<a href=\"overview\" aria-current=\"page\">Overview</a>")
    );
    assert!(
        page.text()
            .contains("<form method=\"post\" action=\"logout\">")
    );
    assert!(
        page.text()
            .contains("<a href=\"api/overview\">api/overview</a>")
    );
}

#[tokio::test]
async fn a_title_has_an_end() {
    let app = site_with(|builder| builder.title("ü".repeat(1_000)));
    let page = get(&app, "/dashboard/overview").await;
    assert!(page.text().contains(&"ü".repeat(80)));
    assert!(!page.text().contains(&"ü".repeat(81)));
}

#[tokio::test]
async fn json_is_compressed_for_those_who_ask() {
    let app = site(Access::loopback());
    let plain = get(&app, "/dashboard/api/health").await;
    assert_eq!(plain.header("content-type"), "application/json");
    assert_eq!(plain.header("vary"), "Accept-Encoding");
    assert_eq!(plain.header("content-encoding"), "");
    let answer = plain.json();
    assert_eq!(answer["page"], "health");
    assert_eq!(answer["title"], "Health");
    assert!(answer["at"].as_u64().unwrap() > 1_700_000_000_000);
    let ids: Vec<_> = answer["sections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["id"])
        .collect();
    assert!(ids.contains(&&serde_json::json!("reporters")), "{ids:?}");
    // Small ones are not worth it, and it depends on the size alone.
    assert!(plain.body.len() > 1_024);
    let wanted = with(
        request(Method::GET, "/dashboard/api/health"),
        &[("accept-encoding", "gzip")],
    );
    let small = ask(&app, wanted).await;
    assert_eq!(small.header("content-encoding"), "gzip");
    let mut text = String::new();
    std::io::Read::read_to_string(
        &mut flate2::read::GzDecoder::new(&small.body[..]),
        &mut text,
    )
    .unwrap();
    let same: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(same["page"], "health");
}
