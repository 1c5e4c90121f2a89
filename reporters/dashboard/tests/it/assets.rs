//! Scripts and styles: what is delivered, and that it keeps to its limits.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use axum::Router;
use axum::http::{Method, StatusCode};
use telemetry_dashboard::Access;

use crate::support::{ask, get, request, site, with};

/// All together.
const MOST_BYTES: usize = 100_000;

/// The files of the folder.
fn files() -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = entries.map(|entry| {
        let name = entry.file_name().into_string().unwrap();
        (name, std::fs::read(entry.path()).unwrap())
    });
    files.collect()
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
async fn each_file_is_delivered_as_it_is_and_kept_for_ever() {
    let app = site(Access::loopback());
    let folder = folder(&app).await;
    for (name, content) in files() {
        let path = format!("{folder}/{name}");
        let plain = get(&app, &path).await;
        assert_eq!(plain.status, StatusCode::OK, "{name} is not in files.rs");
        assert_eq!(plain.body, content, "{name}");
        let content_type = match name.rsplit_once('.').unwrap().1 {
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
        assert_eq!(decoded, content, "{name}");
    }
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

#[test]
fn all_files_together_are_small() {
    let sizes = files()
        .into_iter()
        .map(|(name, content)| (content.len(), name));
    let mut sizes: Vec<_> = sizes.collect();
    sizes.sort();
    let all: usize = sizes.iter().map(|(size, _)| size).sum();
    assert!(all <= MOST_BYTES, "{all} bytes: {sizes:?}");
}

#[test]
fn files_ask_nobody_else_and_need_no_inline_code() {
    for (name, content) in files() {
        let text = String::from_utf8(content).unwrap();
        let text = text.replace("http://www.w3.org/2000/svg", "");
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
    let mut imported = vec!["app.js", "style.css", "icon.svg"];
    for (name, content) in &files {
        let text = std::str::from_utf8(content).unwrap();
        let js = text
            .split("from \"")
            .skip(1)
            .chain(text.split("import \"").skip(1));
        let css = text.split("@import \"").skip(1);
        let dynamic = text.split("import(\"").skip(1);
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
