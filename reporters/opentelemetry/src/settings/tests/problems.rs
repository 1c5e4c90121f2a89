//! What cannot be used, and how that is told.

use proptest::prelude::*;

use super::*;

fn problems(said: &Said, variables: &[(&str, &str)]) -> Vec<String> {
    let mut problems = Vec::new();
    resolve(said, &environment(variables), &mut problems);
    problems.iter().map(ToString::to_string).collect()
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
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "-1"),
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
        ("OTEL_METRIC_EXPORT_TIMEOUT", "1e3"),
        ("OTLP_ENDPOINT", "http://"),
    ] {
        let told = problems(&Said::default(), &[(name, value)]);
        assert_eq!(told.len(), 1, "{name}={value}: {told:?}");
        let start = format!("the environment variable {name} cannot be used: ");
        assert!(told[0].starts_with(&start), "{}", told[0]);
    }
    for (name, said) in [
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", (Some(5), None)),
        ("OTEL_BSP_MAX_QUEUE_SIZE", (None, Some(10))),
    ] {
        let said = Said {
            span_queue: said.0,
            batch: said.1,
            ..Said::default()
        };
        let value = if said.batch.is_none() { "10" } else { "5" };
        let told = problems(&said, &[(name, value)]);
        assert!(told[0].contains(name), "{told:?}");
        assert!(
            told[0].contains("10 spans never fills in a queue of 5"),
            "{told:?}"
        );
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
        [("OTEL_EXPORTER_OTLP_HEADERS", "authorization: hunter2==")],
        [("OTEL_EXPORTER_OTLP_HEADERS", "hunter2/==")],
        [(
            "OTEL_EXPORTER_OTLP_CERTIFICATE",
            "-----BEGIN PRIVATE KEY-----\nhunter2",
        )],
        [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:hunter2?x@host")],
        [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:hunter2#x@host")],
        [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:hunter2@host")],
        [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://host?key=hunter2")],
    ] {
        let told = problems(&Said::default(), &variables);
        assert_eq!(told.len(), 1, "{variables:?}");
        assert!(!told[0].contains("hunter2"), "{told:?}");
    }
    let said = Said {
        endpoint: Some("http://me:hunter2@host/?hunter2".into()),
        headers: vec![
            ("x".into(), "hunter2\n".into()),
            ("authorization: hunter2".into(), String::new()),
        ],
        identity: Some((Vec::new(), b"hunter2".to_vec())),
        ..Said::default()
    };
    assert_eq!(problems(&said, &[]).len(), 3);
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

#[cfg(not(feature = "grpc"))]
#[test]
fn what_is_not_built_in_is_told() {
    let told = problems(
        &Said::default(),
        &[("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc")],
    );
    assert!(told[0].contains("needs the feature `grpc`"), "{told:?}");
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
