//! Scripts and styles: what is delivered, and that it keeps to its limits.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use axum::Router;
use axum::http::{Method, StatusCode};
use telemetry_dashboard::Access;

use crate::support::{ask, get, request, site, with};

/// All together, as they are served without compression.
const MOST_BYTES: usize = 100_000;

/// The files of the folder.
fn files() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = entries.map(|entry| {
        let name = entry.file_name().into_string().unwrap();
        (name, std::fs::read_to_string(entry.path()).unwrap())
    });
    files.collect()
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.').unwrap().1
}

/// The folder that pages link to.
async fn folder(app: &Router) -> String {
    let page = get(app, "/dashboard/overview").await;
    let (_, rest) = page.text().split_once("href=\"assets/").unwrap();
    let (build, _) = rest.split_once('/').unwrap();
    assert!(page.text().contains(&format!("data-build=\"{build}\"")));
    format!("/dashboard/assets/{build}")
}

#[tokio::test]
async fn each_file_is_delivered_and_kept_for_ever() {
    let app = site(Access::loopback());
    let folder = folder(&app).await;
    for (name, content) in files() {
        let path = format!("{folder}/{name}");
        let plain = get(&app, &path).await;
        assert_eq!(plain.status, StatusCode::OK, "{name} is not in files.rs");
        let only_comments_are_gone = match extension(&name) {
            "js" => assert_same_script,
            "css" => assert_same_style,
            _ => |source: &str, served: &str, name: &str| assert_eq!(served, source, "{name}"),
        };
        only_comments_are_gone(&content, plain.text(), &name);
        let content_type = match extension(&name) {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml",
            other => panic!("a new kind of file: {other}"),
        };
        assert_eq!(plain.header("content-type"), content_type);
        assert_eq!(
            plain.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
        assert_eq!(plain.header("vary"), "Accept-Encoding");
        assert_eq!(plain.header("content-encoding"), "");

        let wanted = with(
            request(Method::GET, &path),
            &[("accept-encoding", "br, gzip")],
        );
        let small = ask(&app, wanted).await;
        assert_eq!(small.header("content-encoding"), "gzip");
        assert_eq!(small.header("content-length"), small.body.len().to_string());
        let mut decoded = Vec::new();
        flate2::read::GzDecoder::new(&small.body[..])
            .read_to_end(&mut decoded)
            .unwrap();
        assert_eq!(decoded, plain.body, "{name}");
    }
}

/// Each line of the source is there, in their order, and what is left out is not code.
fn assert_same_script(source: &str, served: &str, name: &str) {
    let mut rest = served;
    for line in source.lines().map(str::trim) {
        if let Some(after) = rest.strip_prefix(line) {
            rest = after.strip_prefix('\n').unwrap_or(after);
            continue;
        }
        let is_for_readers = ["//", "/*", "*"]
            .iter()
            .any(|begin| line.starts_with(begin));
        assert!(is_for_readers, "{name} lost: {line}");
    }
    assert_eq!(rest, "", "{name}");
}

/// Nothing but comments and space is gone.
fn assert_same_style(source: &str, served: &str, name: &str) {
    let mut parts = source.split("/*");
    let mut rules = parts.next().unwrap().to_owned();
    for part in parts {
        rules.push_str(part.split_once("*/").unwrap().1);
    }
    let dense = |text: &str| text.replace(char::is_whitespace, "").replace(";}", "}");
    assert_eq!(dense(served), dense(&rules), "{name}");
}

#[test]
fn no_text_and_no_comment_is_where_it_would_be_changed_for_delivery() {
    for (name, content) in files() {
        match extension(&name) {
            "js" => check_script(&content, &name),
            "css" => check_style(&content, &name),
            _ => {}
        }
    }
}

/// No text goes on in the next line, and comments that begin lines end them.
fn check_script(source: &str, name: &str) {
    let mut is_comment = false;
    for line in source.lines().map(str::trim) {
        is_comment |= line.starts_with("/*");
        if is_comment {
            let after = line.split_once("*/").map(|(_, after)| after);
            assert!(after.is_none_or(str::is_empty), "{name}: {line}");
            is_comment = after.is_none();
            continue;
        }
        if line.starts_with("//") {
            continue;
        }
        // One within a line stays.
        let comments = [line.matches("/*").count(), line.matches("*/").count()];
        assert!(matches!(comments, [0, 0] | [1, 1]), "{name}: {line}");
        // Not exact where a text is within a template's braces, but then quotes come in pairs as well.
        let mut open = None;
        let mut characters = line.chars().peekable();
        while let Some(character) = characters.next() {
            match (open, character) {
                (_, '\\') => drop(characters.next()),
                // The rest is a comment.
                (None, '/') if characters.peek() == Some(&'/') => break,
                (None, '"' | '\'' | '`') => open = Some(character),
                (Some(quote), _) if quote == character => open = None,
                _ => {}
            }
        }
        assert_eq!(open, None, "{name}: {line}");
    }
    assert!(!is_comment, "{name}");
}

/// No text has what stands between the parts of a rule.
fn check_style(source: &str, name: &str) {
    assert!(!source.contains('\''), "{name}: texts are in double quotes");
    let mut is_text = false;
    for part in source.split('"') {
        // Nothing between rules, and no comment, has a quote.
        let changed = ["/*", "*/", "; ", ": ", ", ", " {", "{ ", " }", ";}", "\n"];
        let found = changed.iter().find(|changed| part.contains(**changed));
        assert!(!is_text || found.is_none(), "{name}: {part:?}");
        is_text = !is_text;
    }
    assert!(is_text, "{name}: a quote without its partner");
}

#[tokio::test]
async fn a_page_of_another_version_is_led_to_this_one() {
    let app = site(Access::loopback());
    let folder = folder(&app).await;
    let (_, build) = folder.rsplit_once('/').unwrap();
    let answer = get(&app, "/dashboard/assets/0123456789abcdef/app.js").await;
    assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(answer.location(), format!("../{build}/app.js"));
    assert_eq!(answer.header("cache-control"), "no-store");
    for path in [
        format!("{folder}/none.js"),
        format!("{folder}/"),
        format!("{folder}/..%2fapp.js"),
        "/dashboard/assets/".to_owned(),
        "/dashboard/assets/app.js".to_owned(),
    ] {
        assert_eq!(
            get(&app, &path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn all_files_together_are_small() {
    let app = site(Access::loopback());
    let folder = folder(&app).await;
    let mut sizes = Vec::new();
    for name in files().into_keys() {
        let served = get(&app, &format!("{folder}/{name}")).await;
        assert_eq!(served.status, StatusCode::OK, "{name}");
        sizes.push((served.body.len(), name));
    }
    sizes.sort();
    let all: usize = sizes.iter().map(|(size, _)| size).sum();
    assert!(all <= MOST_BYTES, "{all} bytes: {sizes:?}");
}

#[test]
fn files_ask_nobody_else_and_need_no_inline_code() {
    for (name, content) in files() {
        let text = content.replace("http://www.w3.org/2000/svg", "");
        for forbidden in [
            "http://",
            "https://",
            "url(//",
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "style=\"",
            "setAttribute(\"style\"",
        ] {
            assert!(!text.contains(forbidden), "{name} has {forbidden}");
        }
        assert!(text.lines().count() <= 400, "{name} is too long");
    }
}

#[test]
fn modules_import_files_that_there_are() {
    let files = files();
    let mut imported = vec!["app.js", "theme.js", "style.css", "icon.svg"];
    for (name, content) in &files {
        let js = content
            .split("from \"")
            .skip(1)
            .chain(content.split("import \"").skip(1));
        let css = content.split("@import \"").skip(1);
        let dynamic = content.split("import(\"").skip(1);
        for rest in js.chain(css).chain(dynamic) {
            let (target, _) = rest.split_once('"').unwrap();
            let target = target.trim_start_matches("./");
            let (file, _) = files
                .get_key_value(target)
                .unwrap_or_else(|| panic!("{name} imports {target}, which is not there"));
            imported.push(file);
        }
    }
    for name in files.keys() {
        assert!(imported.contains(&&**name), "nobody needs {name}");
    }
}
