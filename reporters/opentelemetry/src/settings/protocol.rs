//! [`Protocol`]: how requests are carried.

use crate::environment::quoted;
use crate::transport;

/// How requests are carried. The messages are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Protocol {
    /// `http/protobuf`: a `POST` request over HTTP/1.1 for each batch. Receivers listen on port 4318.
    #[default]
    HttpProtobuf,
    /// `grpc`: a call over HTTP/2 for each batch. Receivers listen on port 4317. Needs the feature
    /// `grpc`.
    Grpc,
}

impl Protocol {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "http/protobuf" => Ok(Self::HttpProtobuf),
            "grpc" => Ok(Self::Grpc),
            "http/json" => Err(
                "`http/json` is not supported; receivers that know it know `http/protobuf`, too"
                    .into(),
            ),
            _ => Err(format!(
                "{} is neither `http/protobuf` nor `grpc`",
                quoted(text)
            )),
        }
    }

    pub(crate) fn inner(self) -> transport::Protocol {
        match self {
            Self::HttpProtobuf => transport::Protocol::HttpProtobuf,
            Self::Grpc => transport::Protocol::Grpc,
        }
    }

    /// # Errors
    ///
    /// What to do, if this crate was built without it.
    pub(crate) fn is_built_in(self) -> Result<(), String> {
        match self {
            Self::Grpc if !cfg!(feature = "grpc") => {
                Err("`grpc` needs the feature `grpc` of telemetry-opentelemetry".into())
            }
            _ => Ok(()),
        }
    }
}
