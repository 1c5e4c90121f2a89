//! Scripts, styles and the icon, which are part of the program.
//!
//! Their address has a hash of all of them, so browsers may keep them for ever, and modules that import
//! each other are of one version.

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
    pub(super) name: &'static str,
    pub(super) content: &'static [u8],
    /// Made when it is first asked for.
    gzip: OnceLock<Bytes>,
}

impl File {
    pub(super) const fn new(name: &'static str, content: &'static [u8]) -> Self {
        Self {
            name,
            content,
            gzip: OnceLock::new(),
        }
    }

    fn content_type(&self) -> &'static str {
        match self.name.rsplit_once('.') {
            Some((_, "js")) => "text/javascript; charset=utf-8",
            Some((_, "css")) => "text/css; charset=utf-8",
            _ => "image/svg+xml",
        }
    }

    /// Empty if it cannot be compressed.
    fn compressed(&self) -> Bytes {
        let make = || gzip::compress(self.content, Compression::best());
        let gzip = self.gzip.get_or_init(|| make().unwrap_or_default().into());
        gzip.clone()
    }
}

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
            add(&file.content.len().to_le_bytes());
            add(file.content);
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
        false => Body::from(file.content),
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
