use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::transport;

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

fn problems(said: &Said, variables: &[(&str, &str)]) -> Vec<String> {
    let mut problems = Vec::new();
    resolve(said, &environment(variables), &mut problems);
    problems.iter().map(ToString::to_string).collect()
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
    let nothing = said(None, None);
    let code = said(Some("http://code:4"), None);
    let both = said(Some("http://code:4"), Some("http://own:5/x"));
    let table: [(&Said, &[(&str, &str)], &str, &str); 8] = [
        (
            &nothing,
            &[],
            "http://localhost:4318/v1/traces",
            "http://localhost:4318/v1/metrics",
        ),
        (
            &nothing,
            &[PLAIN],
            "http://plain:3/v1/traces",
            "http://plain:3/v1/metrics",
        ),
        (
            &nothing,
            &[PLAIN, ENDPOINT],
            "http://general:1/base/v1/traces",
            "http://general:1/base/v1/metrics",
        ),
        (
            &nothing,
            &[PLAIN, TRACES],
            "http://traces:2/own/",
            "http://plain:3/v1/metrics",
        ),
        (
            &nothing,
            &[PLAIN, ENDPOINT, TRACES],
            "http://traces:2/own/",
            "http://general:1/base/v1/metrics",
        ),
        (
            &nothing,
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", " "), PLAIN],
            "http://plain:3/v1/traces",
            "http://plain:3/v1/metrics",
        ),
        (
            &code,
            &[PLAIN, ENDPOINT, TRACES],
            "http://code:4/v1/traces",
            "http://code:4/v1/metrics",
        ),
        (
            &both,
            &[ENDPOINT, TRACES],
            "http://own:5/x",
            "http://code:4/v1/metrics",
        ),
    ];
    for (said, variables, traces, metrics) in table {
        let expected = (traces.to_owned(), metrics.to_owned());
        assert_eq!(uris(&with(said, variables)), expected, "{variables:?}");
    }
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
    assert_eq!(metrics.retry_for, Duration::from_millis(500));
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
    with(&without, &[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "?")]);
}

#[test]
fn what_cannot_be_used_is_told_once_with_the_name_of_the_variable() {
    for (name, value) in [
        ("OTEL_SDK_DISABLED", "1"),
        ("OTEL_RESOURCE_ATTRIBUTES", "alone"),
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_METRICS_EXPORTER", "prometheus"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://h"),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://u:p@h"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "content-type=x"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a b=x"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=%0A"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/no/such/file"),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/no/such/file"),
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "up"),
        (
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
            "up",
        ),
        ("OTEL_TRACES_SAMPLER", "up"),
        ("OTEL_BSP_SCHEDULE_DELAY", "5s"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "5s"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "0"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "0"),
        ("OTEL_METRIC_EXPORT_TIMEOUT", "0"),
        ("OTLP_ENDPOINT", "http://"),
    ] {
        let told = problems(&Said::default(), &[(name, value)]);
        assert_eq!(told.len(), 1, "{name}={value}: {told:?}");
        let start = format!("the environment variable {name} cannot be used: ");
        assert!(told[0].starts_with(&start), "{}", told[0]);
    }
    let ratio = [
        ("OTEL_TRACES_SAMPLER", "traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "7"),
    ];
    let told = problems(&Said::default(), &ratio);
    assert!(told[0].contains("OTEL_TRACES_SAMPLER_ARG"), "{told:?}");
}

#[test]
fn secrets_are_never_quoted() {
    for variables in [
        [("OTEL_EXPORTER_OTLP_HEADERS", "authorization=hunter2%0A")],
        [("OTEL_EXPORTER_OTLP_HEADERS", "hunter2")],
        [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:hunter2@host")],
        [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://host?key=hunter2")],
    ] {
        let told = problems(&Said::default(), &variables);
        assert_eq!(told.len(), 1, "{variables:?}");
        assert!(!told[0].contains("hunter2"), "{told:?}");
    }
    let said = Said {
        endpoint: Some("http://me:hunter2@host/?hunter2".into()),
        headers: vec![("x".into(), "hunter2\n".into())],
        identity: Some((Vec::new(), b"hunter2".to_vec())),
        ..Said::default()
    };
    assert_eq!(problems(&said, &[]).len(), 2);
    assert!(!problems(&said, &[]).concat().contains("hunter2"));
    assert!(!format!("{said:?}").contains("hunter2"));
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let said = Said {
        endpoint: Some("nowhere".into()),
        headers: vec![("TE".into(), "x".into())],
        timeout: Some(Duration::ZERO),
        interval: Some(Duration::ZERO),
        batch: Some(20),
        span_queue: Some(10),
        span_queue_bytes: Some(0),
        service_name: Some(String::new()),
        resource: vec![(String::new(), "x".into())],
        ..Said::default()
    };
    let told = problems(&said, &[("OTEL_SDK_DISABLED", "maybe")]);
    assert_eq!(told.len(), 9, "{told:#?}");
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

#[cfg(not(feature = "grpc"))]
#[test]
fn what_is_not_built_in_is_told() {
    let told = problems(
        &Said::default(),
        &[("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc")],
    );
    assert!(told[0].contains("needs the feature `grpc`"), "{told:?}");
}

#[cfg(feature = "grpc")]
#[test]
fn grpc_takes_endpoints_without_a_scheme() {
    let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let settings = resolved(&[grpc]);
    assert_eq!(uris(&settings).0, "http://localhost:4317/");
    assert_eq!(targets(&settings).0.protocol, transport::Protocol::Grpc);
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

proptest! {
    #[test]
    fn whatever_the_environment_says_nothing_panics(
        values in proptest::collection::vec(("\\PC{0,40}", 0_usize..44), 0..12),
        raw in proptest::collection::vec("[a-z%=,:/@\\[\\]?#0-9]{0,30}", 0..12),
    ) {
        let names = std::cell::RefCell::new(Vec::new());
        let read = Environment::read(|name| {
            names.borrow_mut().push(name.to_owned());
            let at = names.borrow().len();
            let one = values.iter().find(|(_, place)| *place == at);
            one.map(|(value, _)| value.clone()).or_else(|| raw.get(at).cloned())
        });
        let mut problems = Vec::new();
        let settings = resolve(&Said::default(), &read, &mut problems);
        for problem in problems {
            prop_assert!(!problem.to_string().contains('\n'));
        }
        if let Some(traces) = settings.traces {
            prop_assert!(traces.batch >= 1 && traces.batch <= traces.limits.spans);
        }
    }
}
