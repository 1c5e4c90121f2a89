//! [`OpenTelemetryBuilder`]: settings. What becomes of them is in [`start`](crate::start).

use std::time::Duration;

use telemetry_metrics::Aggregator;

use crate::environment::Environment;
use crate::handle::OpenTelemetry;
use crate::metrics::{Histograms, Temporality};
use crate::problem::OpenTelemetryError;
use crate::sampling::Sampler;
use crate::settings::{Compression, Protocol, Said};
use crate::spans::Convention;
use crate::start;

/// Collects the settings of an [`OpenTelemetry`]; made by [`OpenTelemetry::builder`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `start`"]
pub struct OpenTelemetryBuilder<'a> {
    aggregator: &'a Aggregator,
    said: Said,
    environment: Environment,
}

impl<'a> OpenTelemetryBuilder<'a> {
    pub(crate) fn new(aggregator: &'a Aggregator) -> Self {
        Self {
            aggregator,
            said: Said::default(),
            environment: Environment::default(),
        }
    }

    /// Where the receiver listens: `http://` or `https://`, a name or an address (IPv6 in brackets), a
    /// port unless it is that of the scheme, and a path if there is one. `/v1/traces` and
    /// `/v1/metrics` are appended to it. `http://localhost:4318` by default, for gRPC
    /// `http://localhost:4317`.
    ///
    /// Nobody need listen there yet.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.said.endpoint = Some(url.into());
        self
    }

    /// Where spans are sent to, instead of to the [`endpoint`](Self::endpoint): the whole URL, used as
    /// it stands.
    pub fn traces_endpoint(mut self, url: impl Into<String>) -> Self {
        self.said.traces_endpoint = Some(url.into());
        self
    }

    /// Where metrics are sent to, instead of to the [`endpoint`](Self::endpoint): the whole URL, used
    /// as it stands.
    pub fn metrics_endpoint(mut self, url: impl Into<String>) -> Self {
        self.said.metrics_endpoint = Some(url.into());
        self
    }

    /// How requests are carried, [`Protocol::HttpProtobuf`] by default.
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.said.protocol = Some(protocol);
        self
    }

    /// Adds a header to every request, such as `authorization`. The last one of a name counts. Its
    /// value is never shown.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.said.headers.push((name.into(), value.into()));
        self
    }

    /// Whether requests are compressed; they are not by default.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.said.compression = Some(compression);
        self
    }

    /// How long an attempt to deliver a request may take, ten seconds by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.said.timeout = Some(timeout);
        self
    }

    /// For how long a request that could not be delivered is tried again, a minute by default.
    ///
    /// Spans are dropped then, and counted. Metrics are not tried for longer than their
    /// [`interval`](Self::interval), or one [`timeout`](Self::timeout) if that is longer; what they say is
    /// part of the next request.
    pub fn retry_for(mut self, time: Duration) -> Self {
        self.said.retry_for = Some(time);
        self
    }

    /// Certificates of authorities in PEM, to be trusted in place of the system's.
    pub fn ca_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.said.roots = Some(pem.into());
        self
    }

    /// Who we are, for receivers that want to know: a certificate, with those between it and its root,
    /// and its private key, both in PEM.
    pub fn client_identity(
        mut self,
        certificate: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        self.said.identity = Some((certificate.into(), key.into()));
        self
    }

    /// What this program is called: the attribute `service.name` of the resource. By default it is
    /// `unknown_service:`, and the executable's name.
    pub fn service_name(mut self, name: impl Into<String>) -> Self {
        self.said.service_name = Some(name.into());
        self
    }

    /// Adds an attribute to the resource, such as `service.namespace`, `service.version` or
    /// `deployment.environment.name`. The last one of a key counts.
    ///
    /// There are already `service.instance.id` (a random one), `process.pid`, `host.name` where the
    /// system tells it, and `telemetry.sdk.*`.
    pub fn resource(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.said.resource.push((key.into(), value.into()));
        self
    }

    /// Which traces are recorded. If nothing is said, those that are
    /// [sampled](telemetry::SpanContext::is_sampled).
    ///
    /// A share of the traces that begin here is chosen by
    /// [`telemetry::sample_new_traces`], which is one setting for the whole process.
    pub fn sampler(mut self, sampler: Sampler) -> Self {
        self.said.sampler = Some(sampler);
        self
    }

    /// Says of the spans whose names begin with `prefix` (whole segments) what kind of work they are,
    /// and so what their attributes are called. The longest prefix counts.
    ///
    /// Spans of the instrumentation crates are recognised by their keys and need nothing said.
    pub fn convention(mut self, prefix: impl Into<String>, convention: Convention) -> Self {
        self.said.conventions.push((prefix.into(), convention));
        self
    }

    /// How many spans may wait, those that are being sent included: 32,768 by default. What is too much
    /// is dropped, the newest first, and counted.
    pub fn span_queue(mut self, spans: usize) -> Self {
        self.said.span_queue = Some(spans);
        self
    }

    /// How many bytes they may take, 16 MiB by default. A span takes some 200 to 500.
    pub fn span_queue_bytes(mut self, bytes: usize) -> Self {
        self.said.span_queue_bytes = Some(bytes);
        self
    }

    /// How many spans are sent at once, 2,048 by default. As soon as there are so many, they are sent.
    pub fn batch(mut self, spans: usize) -> Self {
        self.said.batch = Some(spans);
        self
    }

    /// How long a span waits for others before it is sent, five seconds by default.
    pub fn batch_delay(mut self, delay: Duration) -> Self {
        self.said.batch_delay = Some(delay);
        self
    }

    /// How often metrics are sent, every minute by default.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.said.interval = Some(interval);
        self
    }

    /// Whether metrics are totals since their start, as by default, or what was added since they were
    /// last delivered.
    pub fn temporality(mut self, temporality: Temporality) -> Self {
        self.said.temporality = Some(temporality);
        self
    }

    /// What becomes of distributions: histograms with the bounds of their definitions, as by default,
    /// or exponential ones.
    pub fn histograms(mut self, histograms: Histograms) -> Self {
        self.said.histograms = Some(histograms);
        self
    }

    /// Sends no spans, and observes none.
    pub fn without_traces(mut self) -> Self {
        self.said.without_traces = true;
        self
    }

    /// Sends no metrics.
    pub fn without_metrics(mut self) -> Self {
        self.said.without_metrics = true;
        self
    }

    /// Reads OpenTelemetry's environment variables of this process, as
    /// [`environment_from`](Self::environment_from) does.
    pub fn environment(self) -> Self {
        // What is no Unicode is of no use, and is told as such, where it has to be right.
        self.environment_from(|name| Some(std::env::var_os(name)?.to_string_lossy().into_owned()))
    }

    /// Reads OpenTelemetry's environment variables by this function. What is set by the other methods
    /// comes first, whichever was called first; an empty variable is as good as none.
    ///
    /// | variable | what it says |
    /// |---|---|
    /// | `OTEL_SDK_DISABLED` | `true`: nothing is observed and nothing is sent |
    /// | `OTEL_SERVICE_NAME` | [`service_name`](Self::service_name) |
    /// | `OTEL_RESOURCE_ATTRIBUTES` | [`resource`](Self::resource): `key=value,key=value`, percent-encoded |
    /// | `OTEL_TRACES_EXPORTER`, `OTEL_METRICS_EXPORTER` | `otlp`, or `none`: [`without_traces`](Self::without_traces), [`without_metrics`](Self::without_metrics) |
    /// | `OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG` | [`sampler`](Self::sampler) |
    /// | `OTEL_BSP_MAX_QUEUE_SIZE`, `OTEL_BSP_MAX_EXPORT_BATCH_SIZE` | [`span_queue`](Self::span_queue), [`batch`](Self::batch) |
    /// | `OTEL_BSP_SCHEDULE_DELAY`, `OTEL_BSP_EXPORT_TIMEOUT` | [`batch_delay`](Self::batch_delay), and for spans [`retry_for`](Self::retry_for), in milliseconds; of the latter 0 is no limit |
    /// | `OTEL_METRIC_EXPORT_INTERVAL`, `OTEL_METRIC_EXPORT_TIMEOUT` | [`interval`](Self::interval), and for metrics [`retry_for`](Self::retry_for), in milliseconds; of the latter 0 is no limit |
    /// | `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE` | [`temporality`](Self::temporality): `cumulative`, `delta` or `lowmemory` |
    /// | `OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION` | [`histograms`](Self::histograms): `explicit_bucket_histogram` or `base2_exponential_bucket_histogram` |
    /// | `OTLP_ENDPOINT` | [`endpoint`](Self::endpoint), if none of the next says it |
    ///
    /// The following are for both signals. With `TRACES_` or `METRICS_` behind `OTLP_` they are for one of
    /// them, and come before those for both; such an endpoint is the whole URL.
    ///
    /// | variable | what it says |
    /// |---|---|
    /// | `OTEL_EXPORTER_OTLP_ENDPOINT` | [`endpoint`](Self::endpoint) |
    /// | `OTEL_EXPORTER_OTLP_PROTOCOL` | [`protocol`](Self::protocol): `http/protobuf` or `grpc` |
    /// | `OTEL_EXPORTER_OTLP_HEADERS` | [`header`](Self::header): `name=value,name=value`, percent-encoded |
    /// | `OTEL_EXPORTER_OTLP_COMPRESSION` | [`compression`](Self::compression): `gzip` or `none` |
    /// | `OTEL_EXPORTER_OTLP_TIMEOUT` | [`timeout`](Self::timeout), in milliseconds; 0 is no limit |
    /// | `OTEL_EXPORTER_OTLP_CERTIFICATE` | the file of [`ca_certificate`](Self::ca_certificate) |
    /// | `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE`, `OTEL_EXPORTER_OTLP_CLIENT_KEY` | the files of [`client_identity`](Self::client_identity) |
    /// | `OTEL_EXPORTER_OTLP_INSECURE` | for gRPC endpoints that have no scheme: `true` is `http`; else it is `https` |
    ///
    /// A variable that cannot be used is a problem that [`start`](Self::start) tells, unless the program
    /// itself says what it would have said.
    ///
    /// ```
    /// # use telemetry_metrics::Aggregator;
    /// # use telemetry_opentelemetry::OpenTelemetry;
    /// # let aggregator = Aggregator::builder().start()?;
    /// let error = OpenTelemetry::builder(&aggregator)
    ///     .environment_from(|name| match name {
    ///         "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("collector:4318".into()),
    ///         _ => None,
    ///     })
    ///     .start()
    ///     .unwrap_err();
    /// assert!(error.to_string().contains("it begins with neither `http://` nor `https://`"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn environment_from(mut self, lookup: impl Fn(&str) -> Option<String>) -> Self {
        self.environment = Environment::read(lookup);
        self
    }

    /// Checks all settings and definitions, observes spans from now on, and starts the reporter's
    /// thread. No runtime is needed, and one that there is is not used.
    ///
    /// # Errors
    ///
    /// [`OpenTelemetryError::Settings`] with everything that is wrong; nothing is started then. That the
    /// receiver cannot be reached is not an error.
    pub fn start(self) -> Result<OpenTelemetry, OpenTelemetryError> {
        start::start(self.aggregator, &self.said, &self.environment)
    }
}
