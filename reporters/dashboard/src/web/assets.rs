//! Scripts, styles and the icon, which are part of the program.
//!
//! Their address has a hash of all of them, so browsers may keep them for ever, and modules that import
//! each other are of one version. What only readers of the source need is not served: see [`slim`].

use std::sync::OnceLock;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, VARY};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;

use super::answer::{self, Form, Problem};
use super::files::FILES;
use super::gzip;

/// One of the files.
#[derive(Debug)]
pub(super) struct File {
    name: &'static str,
    source: &'static str,
    /// As it is served; made when it is first asked for, like the next.
    content: OnceLock<Bytes>,
    gzip: OnceLock<Bytes>,
}

impl File {
    pub(super) const fn new(name: &'static str, source: &'static str) -> Self {
        Self {
            name,
            source,
            content: OnceLock::new(),
            gzip: OnceLock::new(),
        }
    }

    fn extension(&self) -> &'static str {
        self.name.rsplit_once('.').unwrap_or_default().1
    }

    fn content_type(&self) -> &'static str {
        match self.extension() {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            _ => "image/svg+xml",
        }
    }

    fn content(&self) -> Bytes {
        let make = || slim(self.extension(), self.source).into();
        self.content.get_or_init(make).clone()
    }

    /// Empty if it cannot be compressed.
    fn compressed(&self) -> Bytes {
        let make = || gzip::compress(&self.content(), Compression::best());
        let gzip = self.gzip.get_or_init(|| make().unwrap_or_default().into());
        gzip.clone()
    }
}

/// A source without its comments, blank lines and indentation, and without what separates the
/// parts of style rules for the eye.
///
/// Nothing is understood of the languages. So comments of scripts must have their lines to themselves,
/// no text may go over several lines, and no text in a style may look like a comment or a rule. A test
/// holds the sources to it.
fn slim(extension: &str, source: &str) -> String {
    match extension {
        "js" => slim_script(source),
        "css" => slim_style(source),
        _ => source.to_owned(),
    }
}

fn slim_script(source: &str) -> String {
    let mut slim = String::with_capacity(source.len());
    let mut is_comment = false;
    for line in source.lines().map(str::trim) {
        is_comment |= line.starts_with("/*");
        if !is_comment && !line.is_empty() && !line.starts_with("//") {
            slim.push_str(line);
            // Where nothing can end, lines need no end either; behind a comment they do.
            if line.contains("//") || !line.ends_with(['{', '(', '[', ',', ';']) {
                slim.push('\n');
            }
        }
        is_comment &= !line.ends_with("*/");
    }
    slim
}

fn slim_style(source: &str) -> String {
    let mut rest = source;
    let mut rules = String::with_capacity(source.len());
    while let Some((before, comment)) = rest.split_once("/*") {
        rules.push_str(before);
        rest = comment.split_once("*/").unwrap_or_default().1;
    }
    rules.push_str(rest);
    let mut slim = String::with_capacity(rules.len());
    for line in rules.lines().map(str::trim).filter(|line| !line.is_empty()) {
        slim.push_str(line);
        slim.push('\n');
    }
    for (wide, narrow) in SEPARATORS {
        slim = slim.replace(wide, narrow);
    }
    slim
}

/// Between the parts of style rules; in this order.
const SEPARATORS: [(&str, &str); 11] = [
    ("{\n", "{"),
    (";\n", ";"),
    ("}\n", "}"),
    (",\n", ","),
    (" {", "{"),
    ("{ ", "{"),
    ("; ", ";"),
    (" }", "}"),
    (";}", "}"),
    (": ", ":"),
    (", ", ","),
];

/// The hash of all files: tells versions apart, and keeps no secret.
pub(crate) fn build() -> &'static str {
    static BUILD: OnceLock<String> = OnceLock::new();
    BUILD.get_or_init(|| {
        // FNV-1a.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut add = |bytes: &[u8]| {
            for byte in bytes {
                hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        };
        for file in &FILES {
            add(file.name.as_bytes());
            let content = file.content();
            add(&content.len().to_le_bytes());
            add(&content);
        }
        format!("{hash:016x}")
    })
}

/// `assets/{build}/{name}`. A page that an older version gave, which asks this one, is sent to the
/// files that there are.
pub(super) async fn get(uri: Uri, headers: HeaderMap) -> Response {
    // Not by axum's parameters, which those of a path above would be among.
    let path = uri.path().strip_prefix("/assets/").unwrap_or_default();
    let (hash, name) = path.split_once('/').unwrap_or_default();
    let Some(file) = FILES.iter().find(|file| file.name == name) else {
        let why = "there is no such file: reload the page";
        return Problem::new(StatusCode::NOT_FOUND, why).response(Form::Text);
    };
    if hash != build() {
        let to = format!("../{}/{}", build(), file.name);
        return answer::redirect(StatusCode::TEMPORARY_REDIRECT, &to);
    }
    let gzip = match gzip::is_wanted(&headers) {
        true => file.compressed(),
        false => Bytes::new(),
    };
    let is_compressed = !gzip.is_empty();
    let body = match is_compressed {
        true => Body::from(gzip),
        false => Body::from(file.content()),
    };
    let mut response = answer::body(StatusCode::OK, file.content_type(), body);
    if is_compressed {
        answer::set(&mut response, CONTENT_ENCODING, "gzip");
    }
    answer::set(&mut response, VARY, "Accept-Encoding");
    let forever = "public, max-age=31536000, immutable";
    answer::set(&mut response, CACHE_CONTROL, forever);
    response
}

#[cfg(test)]
mod tests {
    use super::slim;

    #[test]
    fn a_script_keeps_its_lines_but_for_comments_and_indentation() {
        let source = "// What it is.\n\n/** `f` does:\n * this. */\nfunction f() {\n  // Why.\n  \
                      g(\"//\"); // here\n}\n/* one */\nf();\n";
        assert_eq!(
            slim("js", source),
            "function f() {g(\"//\"); // here\n}\nf();"
        );
    }

    #[test]
    fn a_style_keeps_its_rules() {
        let source = "/* What\n   it is. */\na, b { color: red; top: 0; }\n\n.c {\n  \
                      &:hover > d { margin: 0 1px; } /* why */\n}\n";
        assert_eq!(
            slim("css", source),
            "a,b{color:red;top:0}.c{&:hover > d{margin:0 1px}}"
        );
    }

    #[test]
    fn anything_else_and_what_is_cut_short_is_harmless() {
        assert_eq!(slim("svg", "<svg>\n  <!-- // -->"), "<svg>\n  <!-- // -->");
        assert_eq!(slim("js", "a\n/* b"), "a\n");
        assert_eq!(slim("css", "a{}/* b"), "a{}");
        assert_eq!(slim("css", ""), "");
    }
}
