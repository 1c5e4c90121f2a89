//! What settings come to.

mod problems;

use std::collections::HashMap;

use super::*;

fn environment(variables: &[(&str, &str)]) -> Environment {
    let known: HashMap<&str, &str> = variables.iter().copied().collect();
    Environment::read(|name| known.get(name).map(|value| (*value).to_owned()))
}

/// What the environment alone comes to.
fn resolved(variables: &[(&str, &str)]) -> Settings {
    with(&Said::default(), variables)
}

fn with(said: &Said, variables: &[(&str, &str)]) -> Settings {
    let mut problems = Vec::new();
    let settings = resolve(said, &environment(variables), &mut problems);
    assert_eq!(problems, [], "{variables:?}");
    settings
}

fn targets(settings: &Settings) -> (&Target, &Target) {
    let traces = settings.traces.as_ref().unwrap();
    let metrics = settings.metrics.as_ref().unwrap();
    (
        traces.target.as_ref().unwrap(),
        metrics.target.as_ref().unwrap(),
    )
}

fn uris(settings: &Settings) -> (String, String) {
    let (traces, metrics) = targets(settings);
    (traces.uri.to_string(), metrics.uri.to_string())
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

#[test]
fn words_may_be_in_capitals_and_zero_is_no_limit() {
    let settings = resolved(&[
        ("OTEL_TRACES_EXPORTER", "OTLP"),
        ("OTEL_METRICS_EXPORTER", "Otlp"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "HTTP/Protobuf"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "None"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "0"),
        ("OTEL_METRIC_EXPORT_TIMEOUT", "0"),
    ]);
    let (traces, metrics) = targets(&settings);
    assert_eq!((traces.timeout, metrics.timeout), (LONGEST, LONGEST));
    assert_eq!(settings.traces.unwrap().retry_for, LONGEST);
}

const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://general:1/base/");
const TRACES: (&str, &str) = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces:2/own/");
const PLAIN: (&str, &str) = ("OTLP_ENDPOINT", "http://plain:3");

#[test]
fn endpoints_have_an_order() {
    let said = |endpoint: Option<&str>, traces: Option<&str>| Said {
        endpoint: endpoint.map(Into::into),
        traces_endpoint: traces.map(Into::into),
        ..Said::default()
    };
    let none = said(None, None);
    let check = |said: &Said, variables: &[(&str, &str)], traces: &str, metrics: &str| {
        let expected = (format!("http://{traces}"), format!("http://{metrics}"));
        assert_eq!(uris(&with(said, variables)), expected, "{variables:?}");
    };
    let default = ["localhost:4318/v1/traces", "localhost:4318/v1/metrics"];
    let plain = ["plain:3/v1/traces", "plain:3/v1/metrics"];
    let general = ["general:1/base/v1/traces", "general:1/base/v1/metrics"];
    let empty = (ENDPOINT.0, " ");
    check(&none, &[], default[0], default[1]);
    check(&none, &[PLAIN], plain[0], plain[1]);
    check(&none, &[PLAIN, empty], plain[0], plain[1]);
    check(&none, &[PLAIN, ENDPOINT], general[0], general[1]);
    check(&none, &[PLAIN, TRACES], "traces:2/own/", plain[1]);
    check(
        &none,
        &[PLAIN, ENDPOINT, TRACES],
        "traces:2/own/",
        general[1],
    );
    let all = [PLAIN, ENDPOINT, TRACES];
    let code = said(Some("http://code:4"), None);
    check(&code, &all, "code:4/v1/traces", "code:4/v1/metrics");
    let own = said(Some("http://code:4"), Some("http://own:5/x"));
    check(&own, &all, "own:5/x", "code:4/v1/metrics");
    let alone = said(None, Some("http://own:5/x"));
    check(&alone, &all, "own:5/x", general[1]);
}

#[test]
fn what_is_for_one_signal_comes_before_what_is_for_both() {
    let settings = resolved(&[
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=general,b=%41"),
        ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "a=metrics"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "2000"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "500"),
    ]);
    let (traces, metrics) = targets(&settings);
    let headers = |target: &Target| -> Vec<String> {
        let all = target.headers.iter();
        all.map(|(name, value)| format!("{name}:{}", value.to_str().unwrap()))
            .collect()
    };
    assert_eq!(headers(traces), ["a:general", "b:A"]);
    assert_eq!(headers(metrics), ["a:metrics"]);
    assert_eq!(traces.timeout, Duration::from_millis(500));
    assert_eq!(metrics.timeout, Duration::from_secs(2));
}

#[test]
fn what_the_program_says_comes_first() {
    let said = Said {
        headers: vec![
            ("A".into(), "0".into()),
            ("a".into(), "1".into()),
            ("c".into(), "2".into()),
        ],
        timeout: Some(Duration::from_secs(1)),
        batch: Some(10),
        batch_delay: Some(Duration::from_secs(3)),
        interval: Some(Duration::from_secs(7)),
        sampler: Some(Sampler::AlwaysOff),
        service_name: Some("code".into()),
        ..Said::default()
    };
    // None of it is read, so none of it has to be right.
    let settings = with(
        &said,
        &[
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=9,b=9"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "many"),
            ("OTEL_BSP_SCHEDULE_DELAY", "-"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "-"),
            ("OTEL_TRACES_SAMPLER", "-"),
            ("OTEL_SERVICE_NAME", "environment"),
        ],
    );
    let (target, _) = targets(&settings);
    let names: Vec<_> = target
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    assert_eq!(names, [("a", &b"1"[..]), ("c", b"2"), ("b", b"9")]);
    let traces = settings.traces.unwrap();
    assert_eq!((traces.batch, traces.delay), (10, Duration::from_secs(3)));
    assert_eq!(traces.sampler, Some(Sampler::AlwaysOff));
    assert_eq!(settings.metrics.unwrap().interval, Duration::from_secs(7));
    assert!(contains(&settings.resource, "code"));
    assert!(!contains(&settings.resource, "environment"));
}

#[test]
fn every_variable_says_something() {
    let settings = resolved(&[
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "200"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "300"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "40"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
        ("OTEL_METRIC_EXPORT_TIMEOUT", "600"),
        (
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
            "LowMemory",
        ),
        (
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
            "base2_exponential_bucket_histogram",
        ),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=listed,team=a%2Cb"),
    ]);
    let traces = settings.traces.unwrap();
    let ratio = Sampler::parent_based(Sampler::Ratio(0.25));
    assert_eq!(traces.sampler, Some(ratio));
    assert_eq!(traces.delay, Duration::from_millis(100));
    assert_eq!(traces.retry_for, Duration::from_millis(200));
    assert_eq!((traces.limits.spans, traces.batch), (300, 40));
    let metrics = settings.metrics.unwrap();
    assert_eq!(metrics.interval, Duration::from_millis(500));
    assert_eq!(metrics.retry_for, Duration::from_millis(600));
    assert_eq!(metrics.temporality, Temporality::LowMemory);
    assert_eq!(metrics.histograms, Histograms::Exponential);
    assert!(contains(&settings.resource, "listed"));
    assert!(contains(&settings.resource, "a,b"));
}

#[test]
fn the_service_has_the_name_that_was_given_most_clearly() {
    let listed = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=listed");
    let named = ("OTEL_SERVICE_NAME", "named");
    let resource = Said {
        resource: vec![("service.name".into(), "coded".into())],
        ..Said::default()
    };
    let said = Said {
        service_name: Some("said".into()),
        ..resource.clone()
    };
    let none = Said::default();
    for (said, variables, name) in [
        (&none, &[][..], "unknown_service:"),
        (&none, &[listed], "listed"),
        (&none, &[listed, named], "named"),
        (&resource, &[listed, named], "coded"),
        (&said, &[listed, named], "said"),
    ] {
        let settings = with(said, variables);
        assert!(contains(&settings.resource, name), "{name}");
    }
}

#[test]
fn signals_are_switched_off() {
    let without = Said {
        without_traces: true,
        ..Said::default()
    };
    for (said, variable, traces, metrics) in [
        (&Said::default(), ("", ""), true, true),
        (
            &Said::default(),
            ("OTEL_SDK_DISABLED", "true"),
            false,
            false,
        ),
        (&Said::default(), ("OTEL_SDK_DISABLED", "FALSE"), true, true),
        (
            &Said::default(),
            ("OTEL_TRACES_EXPORTER", "none"),
            false,
            true,
        ),
        (
            &Said::default(),
            ("OTEL_METRICS_EXPORTER", "none"),
            true,
            false,
        ),
        (
            &Said::default(),
            ("OTEL_METRICS_EXPORTER", "otlp"),
            true,
            true,
        ),
        (&without, ("OTEL_TRACES_EXPORTER", "otlp"), false, true),
    ] {
        let settings = with(said, &[variable]);
        let is_on = (settings.traces.is_some(), settings.metrics.is_some());
        assert_eq!(is_on, (traces, metrics), "{variable:?}");
    }
    // What is switched off need not be right.
    let broken = ("OTEL_RESOURCE_ATTRIBUTES", "alone");
    with(&Said::default(), &[broken, ("OTEL_SDK_DISABLED", "true")]);
    with(&without, &[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "?")]);
}

#[test]
fn a_batch_is_never_larger_than_its_queue() {
    let small = Said {
        span_queue: Some(100),
        ..Said::default()
    };
    let traces = with(&small, &[]).traces.unwrap();
    assert_eq!((traces.limits.spans, traces.batch), (100, 100));
    let large = Said {
        batch: Some(100_000),
        ..Said::default()
    };
    let traces = with(&large, &[]).traces.unwrap();
    assert_eq!((traces.limits.spans, traces.batch), (100_000, 100_000));
}

#[cfg(feature = "grpc")]
#[test]
fn grpc_takes_endpoints_without_a_scheme() {
    let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let settings = resolved(&[grpc]);
    assert_eq!(uris(&settings).0, "http://localhost:4317/");
    assert_eq!(
        targets(&settings).0.protocol,
        crate::transport::Protocol::Grpc
    );
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317");
    let insecure = ("OTEL_EXPORTER_OTLP_INSECURE", "true");
    let settings = resolved(&[grpc, endpoint, insecure]);
    assert_eq!(uris(&settings).1, "http://collector:4317/");
    #[cfg(feature = "tls")]
    assert_eq!(
        uris(&resolved(&[grpc, endpoint])).0,
        "https://collector:4317/"
    );
}

#[test]
fn files_of_certificates_are_read() {
    let folder = std::env::temp_dir().join(format!("otlp-settings-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str| {
        let path = folder.join(name);
        std::fs::write(&path, name).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (general, own, certificate, key) = (file("g"), file("o"), file("c"), file("k"));
    let settings = resolved(&[
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", &general),
        ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", &own),
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", &certificate),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", &key),
    ]);
    let (traces, metrics) = targets(&settings);
    assert_eq!(traces.tls.roots.as_deref(), Some(&b"o"[..]));
    assert_eq!(metrics.tls.roots.as_deref(), Some(&b"g"[..]));
    let identity = traces.tls.identity.as_ref().unwrap();
    assert_eq!(
        (&*identity.certificate, &*identity.key),
        (&b"c"[..], &b"k"[..])
    );
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn metrics_are_tried_until_there_are_newer_ones_but_at_least_once() {
    let retried = |interval: u64, timeout: u64| {
        let said = Said {
            interval: Some(Duration::from_secs(interval)),
            timeout: Some(Duration::from_secs(timeout)),
            ..Said::default()
        };
        with(&said, &[]).metrics.unwrap().retry_for.as_secs()
    };
    assert_eq!(retried(30, 10), 30);
    assert_eq!(retried(600, 10), 60);
    assert_eq!(retried(1, 10), 10);
}
