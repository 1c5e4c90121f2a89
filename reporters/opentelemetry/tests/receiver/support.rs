//! A receiver, and reporters that send to it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use telemetry_metrics::Aggregator;
use telemetry_opentelemetry::{Compression, OpenTelemetry, OpenTelemetryBuilder, Protocol};
use telemetry_otlp_receiver::Receiver;

/// For everything that is sure to happen.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// For as long as this is held, spans are those of one test.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How requests travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) protocol: Protocol,
    pub(crate) compression: Compression,
}

impl Way {
    pub(crate) const PLAIN: Self = Self {
        protocol: Protocol::HttpProtobuf,
        compression: Compression::None,
    };

    #[cfg(feature = "gzip")]
    pub(crate) const GZIP: Self = Self {
        compression: Compression::Gzip,
        ..Self::PLAIN
    };

    #[cfg(feature = "grpc")]
    pub(crate) const GRPC: Self = Self {
        protocol: Protocol::Grpc,
        ..Self::PLAIN
    };

    #[cfg(all(feature = "gzip", feature = "grpc"))]
    pub(crate) const GRPC_GZIP: Self = Self {
        protocol: Protocol::Grpc,
        ..Self::GZIP
    };

    /// A reporter that sends nothing until it is told to.
    pub(crate) fn to<'a>(
        self,
        receiver: &Receiver,
        aggregator: &'a Aggregator,
    ) -> OpenTelemetryBuilder<'a> {
        let endpoint = match self.protocol {
            Protocol::Grpc => receiver.grpc(),
            _ => receiver.http(),
        };
        quiet(aggregator)
            .endpoint(endpoint)
            .protocol(self.protocol)
            .compression(self.compression)
    }

    /// That the receiver's requests came this way. What comes by gRPC it sends to itself.
    pub(crate) fn check(self, receiver: &Receiver) {
        let requests = receiver.requests();
        assert!(!requests.is_empty());
        for request in requests {
            assert_eq!(
                request.header("content-type"),
                Some("application/x-protobuf")
            );
            if self.protocol == Protocol::HttpProtobuf {
                let gzip = self.compression != Compression::None;
                assert_eq!(request.header("content-encoding"), gzip.then_some("gzip"));
            }
        }
    }
}

/// Each test once per way to travel.
macro_rules! on_every_way {
    ($($test:ident),+) => {
        #[test]
        #[ignore = "needs ddapm-test-agent"]
        fn over_http() {
            $(super::$test(crate::support::Way::PLAIN);)+
        }

        #[test]
        #[cfg(feature = "gzip")]
        #[ignore = "needs ddapm-test-agent"]
        fn over_http_compressed() {
            $(super::$test(crate::support::Way::GZIP);)+
        }

        #[test]
        #[cfg(feature = "grpc")]
        #[ignore = "needs ddapm-test-agent"]
        fn over_grpc() {
            $(super::$test(crate::support::Way::GRPC);)+
        }

        #[test]
        #[cfg(all(feature = "gzip", feature = "grpc"))]
        #[ignore = "needs ddapm-test-agent"]
        fn over_grpc_compressed() {
            $(super::$test(crate::support::Way::GRPC_GZIP);)+
        }
    };
}
pub(crate) use on_every_way;

/// A reporter that sends nothing until it is told to, as long as its batches are not full.
pub(crate) fn quiet(aggregator: &Aggregator) -> OpenTelemetryBuilder<'_> {
    OpenTelemetry::builder(aggregator)
        .service_name("receiver-tests")
        .batch_delay(Duration::from_secs(3_600))
        .interval(Duration::from_secs(3_600))
}

/// An aggregator that counts nothing.
pub(crate) fn nothing() -> Aggregator {
    Aggregator::builder().start().unwrap()
}

/// In nanoseconds since 1970, as OTLP has it.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_nanos()).unwrap()
}
