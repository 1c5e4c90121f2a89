//! The receiver of a signal: where it is, what is sent along, and whom we trust.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Uri, header};

use super::reading::Reading;
use super::{Compression, LONGEST, Protocol};
use crate::endpoint::{self, DEFAULT_GRPC, DEFAULT_HTTP};
use crate::environment::{self as variables, OfSignals, limit, pairs, truth};
use crate::problem::Problem;
use crate::transport::{Identity, Signal, Target, Tls};

const TIMEOUT: Duration = Duration::from_secs(10);

/// Headers that say how a request is sent, which is not the program's to say.
const OURS: [HeaderName; 7] = [
    header::CONNECTION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

impl Reading<'_> {
    /// None if nobody can tell where it is.
    pub(super) fn target(&mut self, signal: Signal) -> Option<Target> {
        let protocol = self.protocol(signal);
        let timeout = self.said_time("timeout", self.said.timeout);
        let timeout = timeout.or_else(|| self.of_signal(variables::TIMEOUT, signal, limit));
        let uri = self.uri(signal, protocol);
        let headers = self.headers(signal);
        let gzip = self.is_compressed(signal);
        let tls = self.tls(signal);
        Some(Target {
            signal,
            uri: uri?,
            headers,
            timeout: timeout.unwrap_or(TIMEOUT).min(LONGEST),
            gzip,
            protocol: protocol.inner(),
            tls,
        })
    }

    fn protocol(&mut self, signal: Signal) -> Protocol {
        if let Some(protocol) = self.said.protocol {
            if let Err(why) = protocol.is_built_in() {
                self.wrong("protocol", why);
            }
            return protocol;
        }
        let parse = |text: &str| {
            let protocol = Protocol::parse(text)?;
            protocol.is_built_in()?;
            Ok(protocol)
        };
        self.of_signal(variables::PROTOCOL, signal, parse)
            .unwrap_or_default()
    }

    fn is_compressed(&mut self, signal: Signal) -> bool {
        const NO_GZIP: &str = "`gzip` needs the feature `gzip` of telemetry-opentelemetry";
        let is_built_in = cfg!(feature = "gzip");
        match self.said.compression {
            Some(Compression::Gzip) if !is_built_in => {
                self.wrong("compression", NO_GZIP);
                false
            }
            Some(compression) => compression == Compression::Gzip,
            None => {
                let parse = |text: &str| match Compression::parse(text)? {
                    Compression::Gzip if !is_built_in => Err(NO_GZIP.to_owned()),
                    compression => Ok(compression),
                };
                let read = self.of_signal(variables::COMPRESSION, signal, parse);
                read == Some(Compression::Gzip)
            }
        }
    }

    fn uri(&mut self, signal: Signal, protocol: Protocol) -> Option<Uri> {
        let inner = protocol.inner();
        let said = self.said;
        let own = match signal {
            Signal::Traces => &said.traces_endpoint,
            Signal::Metrics => &said.metrics_endpoint,
        };
        let (url, read) = match (own, &said.endpoint) {
            (Some(url), _) => (url, endpoint::of_signal(url, inner)),
            (None, Some(url)) => (url, endpoint::below(url, signal, inner)),
            (None, None) => return self.uri_of_environment(signal, protocol),
        };
        match read {
            Ok(uri) => Some(uri),
            Err(why) => {
                self.problem(Problem::Endpoint {
                    url: endpoint::shown(url),
                    why: why.into(),
                });
                None
            }
        }
    }

    fn uri_of_environment(&mut self, signal: Signal, protocol: Protocol) -> Option<Uri> {
        let own = variables::ENDPOINT.own(signal);
        let general = variables::ENDPOINT.general();
        let name = [own, general, variables::PLAIN_ENDPOINT]
            .into_iter()
            .find(|name| self.environment.get(name).is_some());
        let Some(name) = name else {
            let default = match protocol {
                Protocol::HttpProtobuf => DEFAULT_HTTP,
                Protocol::Grpc => DEFAULT_GRPC,
            };
            return endpoint::below(default, signal, protocol.inner()).ok();
        };
        let insecure = self.of_signal(variables::INSECURE, signal, truth);
        let parse = |text: &str| {
            // What gRPC's own libraries take: a host and a port.
            let with_scheme = match insecure {
                _ if protocol != Protocol::Grpc || text.contains("://") => text.to_owned(),
                Some(true) => format!("http://{text}"),
                _ => format!("https://{text}"),
            };
            let read = if name == own {
                endpoint::of_signal(&with_scheme, protocol.inner())
            } else {
                endpoint::below(&with_scheme, signal, protocol.inner())
            };
            read.map_err(|why| format!("`{}`: {why}", endpoint::shown(text)))
        };
        self.variable(name, parse)
    }

    /// Those of the environment, unless the program has one of the same name.
    fn headers(&mut self, signal: Signal) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers: Vec<(HeaderName, HeaderValue)> = Vec::new();
        for (name, value) in &self.said.headers {
            match checked(name, value) {
                Ok(header) => {
                    headers.retain(|(one, _)| *one != header.0);
                    headers.push(header);
                }
                Err(why) => self.problem(Problem::Header {
                    name: shown_name(name).to_owned(),
                    why: why.into(),
                }),
            }
        }
        let own = headers.len();
        let parse = |text: &str| -> Result<Vec<_>, String> {
            let read = pairs(text)?.into_iter().map(|(name, value)| {
                checked(&name, &value)
                    .map_err(|why| format!("its header `{}`: {why}", shown_name(&name)))
            });
            read.collect()
        };
        let listed = self.of_signal(variables::HEADERS, signal, parse);
        for header in listed.unwrap_or_default() {
            if headers[..own].iter().all(|(name, _)| *name != header.0) {
                headers.push(header);
            }
        }
        headers
    }

    fn tls(&mut self, signal: Signal) -> Tls {
        let roots = self.said.roots.clone();
        let roots = roots.or_else(|| self.file(variables::CERTIFICATE, signal));
        let said = self.said.identity.clone();
        let identity = said.or_else(|| self.identity_of_environment(signal));
        Tls {
            roots,
            identity: identity.map(|(certificate, key)| Identity { certificate, key }),
        }
    }

    fn identity_of_environment(&mut self, signal: Signal) -> Option<(Vec<u8>, Vec<u8>)> {
        let certificate = self.name(variables::CLIENT_CERTIFICATE, signal);
        let key = self.name(variables::CLIENT_KEY, signal);
        if let (Some(alone), None) | (None, Some(alone)) = (certificate, key) {
            self.wrong_variable(
                alone,
                "a client's certificate and its key need each other, and one is missing",
            );
            return None;
        }
        let certificate = self.file(variables::CLIENT_CERTIFICATE, signal);
        let key = self.file(variables::CLIENT_KEY, signal);
        certificate.zip(key)
    }

    /// What is in the file that a variable names.
    fn file(&mut self, names: OfSignals, signal: Signal) -> Option<Vec<u8>> {
        let parse = |path: &str| {
            if path.contains("-----BEGIN") {
                return Err("it names a file in PEM, and is not what is in one".to_owned());
            }
            std::fs::read(path)
                .map_err(|error| format!("{} cannot be read: {error}", variables::quoted(path)))
        };
        self.of_signal(names, signal, parse)
    }
}

/// What may be shown of a header's name. Its value has got into that if it was written `name: value`, and is
/// all of it if there is no name.
pub(super) fn shown_name(name: &str) -> &str {
    if HeaderName::from_bytes(name.as_bytes()).is_ok() {
        return name;
    }
    match name.split_once(':') {
        Some((name, _)) if HeaderName::from_bytes(name.as_bytes()).is_ok() => name,
        _ => "..",
    }
}

fn checked(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), &'static str> {
    let name: HeaderName = name
        .parse()
        .map_err(|_| "a name has letters, digits and `-`, and no more")?;
    if OURS.contains(&name) {
        return Err("the reporter sets it itself");
    }
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| "its value has a character that no header can have")?;
    value.set_sensitive(true);
    Ok((name, value))
}
