//! Compressed bodies, for those who ask for them.

use std::io::Write;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;
use flate2::Compression;
use flate2::write::GzEncoder;

/// So many entries of a header are read; no client sends a tenth of it.
const MAX_ENTRIES: usize = 64;

/// Whether gzip is welcome, and not less so than no compression.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let (mut gzip, mut plain, mut other) = (None, None, None);
    let values = headers.get_all(ACCEPT_ENCODING).iter();
    let values = values.filter_map(|value| value.to_str().ok());
    let entries = values.flat_map(|value| value.split(','));
    for entry in entries.take(MAX_ENTRIES) {
        let (name, weight) = entry.split_once(';').unwrap_or((entry, "q=1"));
        let Some(weight) = weight_of(weight) else {
            continue;
        };
        let place = match name.trim() {
            name if name.eq_ignore_ascii_case("gzip") => &mut gzip,
            name if name.eq_ignore_ascii_case("identity") => &mut plain,
            "*" => &mut other,
            _ => continue,
        };
        *place = Some(weight);
    }
    let weight = gzip.or(other).unwrap_or(0.0);
    weight > 0.0 && weight >= plain.unwrap_or(0.0)
}

fn weight_of(text: &str) -> Option<f32> {
    let (key, value) = text.split_once('=')?;
    let weight: f32 = value.trim().parse().ok()?;
    let is_weight = key.trim().eq_ignore_ascii_case("q") && (0.0..=1.0).contains(&weight);
    is_weight.then_some(weight)
}

/// `None` if it cannot be compressed, which memory does not do.
pub(super) fn compress(body: &[u8], level: Compression) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), level);
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_body_is_compressed_for_those_who_say_so() {
        for (accept, expected) in [
            ("", false),
            ("gzip", true),
            ("GZIP;q=1.0", true),
            ("gzip, deflate, br, zstd", true),
            ("deflate, gzip; Q=0.5", true),
            ("gzip;q=0", false),
            ("gzip;q=0, *", false),
            ("*", true),
            ("*;q=0", false),
            ("br, deflate", false),
            ("gzip;q=0.5, identity", false),
            ("gzip, identity;q=0.5", true),
            ("gzipped", false),
            ("gzip;q=nonsense", false),
            ("gzip;q=NaN", false),
            ("gzip;q=2", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(accept));
            assert_eq!(is_wanted(&headers), expected, "{accept}");
        }
    }
}
