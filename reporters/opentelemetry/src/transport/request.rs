//! The requests of a target: what is the same for all of them is made once.

use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Uri, Version};
use http_body_util::Full;

use super::target::{Protocol, Target};

const USER_AGENT: &str = concat!(
    "OTel-OTLP-Exporter-Rust-telemetry/",
    env!("CARGO_PKG_VERSION")
);

/// Everything but the body.
pub(super) struct Template {
    protocol: Protocol,
    gzip: bool,
    uri: Uri,
    headers: HeaderMap,
}

impl Template {
    /// Fails, in a sentence, if there can be no request to such a target.
    pub(super) fn new(target: Target) -> Result<Template, String> {
        if !matches!(target.uri.scheme_str(), Some("http" | "https"))
            || target.uri.host().is_none_or(str::is_empty)
        {
            return Err("an endpoint begins with http:// or https:// and a host".to_owned());
        }
        // It would get into requests of HTTP/2, and into nothing else.
        if target
            .uri
            .authority()
            .is_some_and(|it| it.as_str().contains('@'))
        {
            return Err("an endpoint names no user: use a header to authorise".to_owned());
        }
        if target.gzip && !cfg!(feature = "gzip") {
            return Err("gzip needs the feature `gzip` of telemetry-opentelemetry".to_owned());
        }
        Ok(Template {
            protocol: target.protocol,
            gzip: target.gzip,
            headers: headers(&target)?,
            uri: uri(target)?,
        })
    }

    /// A message as it is sent: compressed if that is wanted, and in gRPC's frame.
    pub(super) fn pack(&self, message: Bytes) -> Bytes {
        let message = if self.gzip {
            compressed(&message)
        } else {
            message
        };
        match self.protocol {
            Protocol::HttpProtobuf => message,
            #[cfg(feature = "grpc")]
            Protocol::Grpc => super::grpc::frame(&message, self.gzip),
            #[cfg(not(feature = "grpc"))]
            Protocol::Grpc => message,
        }
    }

    /// A request with a packed body, which will be given up after `time`.
    pub(super) fn request(&self, packed: Bytes, time: Duration) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(packed));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        if self.protocol == Protocol::Grpc {
            *request.version_mut() = Version::HTTP_2;
            // At most eight digits.
            let millis = time.as_millis().clamp(1, 99_999_999) as u64;
            let mut value = HeaderValue::from(millis).as_bytes().to_vec();
            value.push(b'm');
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                request.headers_mut().insert("grpc-timeout", value);
            }
        }
        request
    }
}

fn uri(target: Target) -> Result<Uri, String> {
    match target.protocol {
        Protocol::HttpProtobuf => Ok(target.uri),
        #[cfg(feature = "grpc")]
        Protocol::Grpc => super::grpc::uri(target.uri, target.signal),
        #[cfg(not(feature = "grpc"))]
        Protocol::Grpc => {
            Err("gRPC needs the feature `grpc` of telemetry-opentelemetry".to_owned())
        }
    }
}

fn headers(target: &Target) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    let kind = match target.protocol {
        Protocol::HttpProtobuf => "application/x-protobuf",
        Protocol::Grpc => "application/grpc",
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if target.protocol == Protocol::Grpc {
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
    }
    if target.gzip {
        let name = match target.protocol {
            Protocol::HttpProtobuf => header::CONTENT_ENCODING,
            Protocol::Grpc => HeaderName::from_static("grpc-encoding"),
        };
        headers.insert(name, HeaderValue::from_static("gzip"));
    }
    for (name, value) in &target.headers {
        if is_ours(name) {
            return Err(format!("the header {name} is set by the reporter itself"));
        }
        let mut value = value.clone();
        // Most of them are keys to something.
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

/// Headers that say how the request is written, which is not for others to say.
fn is_ours(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection"
            | "content-encoding"
            | "content-length"
            | "content-type"
            | "expect"
            | "keep-alive"
            | "proxy-connection"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    ) || name.as_str().starts_with("grpc-")
}

#[cfg(feature = "gzip")]
fn compressed(message: &[u8]) -> Bytes {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    // Spans repeat themselves so much that the fastest way leaves little for a better one.
    let room = message.len() / 4 + 64;
    let mut encoder = GzEncoder::new(Vec::with_capacity(room), Compression::fast());
    encoder
        .write_all(message)
        .and_then(|()| encoder.finish())
        .map(Bytes::from)
        .expect("a vector takes whatever is written")
}

#[cfg(not(feature = "gzip"))]
fn compressed(message: &[u8]) -> Bytes {
    Bytes::copy_from_slice(message)
}
