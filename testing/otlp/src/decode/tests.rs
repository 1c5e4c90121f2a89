//! What the receiver said when it was sent one of each.

use serde_json::json;

use super::*;

const TRACES: &str = r#"[{"resource_spans": [{"resource": {"attributes": [{"key": "service.name", "value":
{"string_value": "x"}}], "dropped_attributes_count": 1}, "scope_spans": [{"scope": {"name": "sc", "version": "1"},
"spans": [{"trace_id": "AAECAwQFBgcICQoLDA0ODw==", "span_id": "AAECAwQFBgc=", "trace_state": "a=b",
"parent_span_id": "CAkKCwwNDg8=", "name": "na\u0000me", "kind": "SPAN_KIND_CLIENT",
"start_time_unix_nano": "1700000000000000001", "end_time_unix_nano": "1700000000000000003", "attributes": [
{"key": "s", "value": {"string_value": "t"}}, {"key": "e", "value": {"string_value": ""}},
{"key": "i", "value": {"int_value": "-5"}}, {"key": "big", "value": {"int_value": "9223372036854775807"}},
{"key": "d", "value": {"double_value": 0.1}}, {"key": "nan", "value": {"double_value": "NaN"}},
{"key": "inf", "value": {"double_value": "-Infinity"}}, {"key": "b", "value": {"bool_value": true}},
{"key": "bf", "value": {"bool_value": false}}, {"key": "by", "value": {"bytes_value": "AQL/"}},
{"key": "a", "value": {"array_value": {"values": [{"int_value": "1"}, {"string_value": "z"}]}}},
{"key": "kv", "value": {"kvlist_value": {"values": [{"key": "x", "value": {"int_value": "0"}}]}}},
{"key": "none"}, {"key": "nothing", "value": {}}], "dropped_attributes_count": 4,
"events": [{"time_unix_nano": "5", "name": "exception", "attributes": [{"key": "q", "value": {"int_value": "0"}}]}],
"links": [{"trace_id": "AAAAAAAAAAAAAAAAAAAAAA==", "span_id": "MTIzNDU2Nzg=",
"attributes": [{"key": "q", "value": {"int_value": "0"}}], "flags": 257}],
"status": {"message": "m", "code": "STATUS_CODE_ERROR"}, "flags": 769},
{"trace_id": "AAECAwQFBgcICQoLDA0ODw==", "span_id": "AAECAwQFBgc=", "name": "bare", "status": {}}]}],
"schema_url": "http://s/1"}]}]"#;

const METRICS: &str = r#"[{"resource_metrics": [{"resource": {}, "scope_metrics": [{"scope": {"name": "sc"},
"metrics": [
{"name": "g", "description": "d", "unit": "By", "gauge": {"data_points": [
  {"time_unix_nano": "7", "as_int": "0", "attributes": [{"key": "k", "value": {"string_value": "v"}}]},
  {"as_double": 1.5}, {"as_double": 0.0, "flags": 1}]}},
{"name": "c", "sum": {"data_points": [{"start_time_unix_nano": "1", "exemplars": [{"time_unix_nano": "3",
  "as_double": 3.5, "span_id": "AAAAAAAAAAA=", "trace_id": "AAAAAAAAAAAAAAAAAAAAAA==",
  "filtered_attributes": [{"key": "k", "value": {"string_value": "v"}}]}], "as_int": "9223372036854775807"}],
  "aggregation_temporality": "AGGREGATION_TEMPORALITY_CUMULATIVE", "is_monotonic": true}},
{"name": "ud", "sum": {"data_points": [{"as_int": "-2"}],
  "aggregation_temporality": "AGGREGATION_TEMPORALITY_DELTA"}},
{"name": "h", "histogram": {"data_points": [{"count": "3", "sum": 0.0, "bucket_counts": ["1", "0", "2"],
  "explicit_bounds": [1.0, 2.0], "min": 0.0, "max": 2.5}, {}]}},
{"name": "eh", "exponential_histogram": {"data_points": [{"count": "3", "sum": 1.0, "scale": -1, "zero_count": "1",
  "positive": {"offset": -3, "bucket_counts": ["1", "0", "2"]}, "min": 0.5, "max": 1.0, "zero_threshold": 1e-09}, {}],
  "aggregation_temporality": "AGGREGATION_TEMPORALITY_CUMULATIVE"}},
{"name": "empty"},
{"name": "summ", "summary": {"data_points": [{"count": "1", "quantile_values": [{"quantile": 0.5, "value": 1.0}]}]}}
]}]}]}]"#;

fn parsed(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_span_is_read_whole() {
    let spans = traces(&parsed(TRACES));
    let [span, bare] = &spans[..] else {
        panic!("{spans:#?}")
    };
    assert_eq!(span.trace, "000102030405060708090a0b0c0d0e0f");
    assert_eq!(
        (&*span.id, &*span.parent),
        ("0001020304050607", "08090a0b0c0d0e0f")
    );
    assert_eq!((&*span.name, &*span.trace_state), ("na\0me", "a=b"));
    assert_eq!((span.kind, span.flags), (Kind::Client, 0x301));
    assert_eq!(span.start, 1_700_000_000_000_000_001);
    assert_eq!(span.duration().as_nanos(), 2);
    assert_eq!((span.outcome, &*span.message), (Outcome::Error, "m"));
    assert_eq!(span.dropped, [4, 0, 0]);
    assert_eq!(span.resource.attributes["service.name"], "x".into());
    assert_eq!(span.resource.schema_url, "http://s/1");
    assert_eq!((&*span.scope.name, &*span.scope.version), ("sc", "1"));

    let zero = Attributes(vec![("q".to_owned(), 0_i64.into())]);
    let event = Event {
        name: "exception".to_owned(),
        time: 5,
        attributes: zero.clone(),
    };
    assert_eq!(span.events, [event]);
    let link = Link {
        trace: "0".repeat(32),
        span: "3132333435363738".to_owned(),
        flags: 0x101,
        attributes: zero,
    };
    assert_eq!(span.links, [link]);

    assert_eq!(bare.kind, Kind::Unspecified);
    assert_eq!(bare.outcome, Outcome::Unset);
    assert_eq!(
        (&*bare.parent, bare.start, bare.attributes.len()),
        ("", 0, 0)
    );
}

#[test]
fn values_keep_their_types() {
    let attributes = traces(&parsed(TRACES)).remove(0).attributes;
    let expected = [
        ("s", "t".into()),
        ("e", "".into()),
        ("i", (-5_i64).into()),
        ("big", i64::MAX.into()),
        ("d", 0.1.into()),
        ("inf", f64::NEG_INFINITY.into()),
        ("b", true.into()),
        ("bf", false.into()),
        ("by", Value::Bytes(vec![1, 2, 255])),
        ("a", Value::List(vec![1_i64.into(), "z".into()])),
        (
            "kv",
            Value::Map(Attributes(vec![("x".to_owned(), 0_i64.into())])),
        ),
        ("none", Value::Nothing),
        ("nothing", Value::Nothing),
    ];
    assert_eq!(attributes.len(), expected.len() + 1);
    for (key, value) in expected {
        assert_eq!(attributes[key], value, "{key}");
    }
    assert!(matches!(attributes["nan"], Value::Double(nan) if nan.is_nan()));
}

#[test]
fn numbers_of_a_metric_are_read() {
    let metrics = metrics(&parsed(METRICS));
    let [gauge, sum, difference, ..] = &metrics[..] else {
        panic!("{metrics:#?}")
    };
    assert_eq!(gauge.instrument, Instrument::Gauge);
    assert_eq!(
        (&*gauge.name, &*gauge.unit, &*gauge.description),
        ("g", "By", "d")
    );
    assert_eq!(gauge.temporality, None);
    let readings: Vec<_> = gauge.points.iter().map(|point| &point.reading).collect();
    assert_eq!(
        readings,
        [
            &Reading::Int(0),
            &Reading::Double(1.5),
            &Reading::Double(0.0)
        ]
    );
    assert_eq!(gauge.points[2].flags, 1);
    assert_eq!(gauge.point(&[("k", "v")]).time, 7);

    assert_eq!(sum.instrument, Instrument::Sum);
    assert_eq!(sum.temporality, Some(Temporality::Cumulative));
    assert!(sum.monotonic && !difference.monotonic);
    assert_eq!(sum.points[0].reading, Reading::Int(i64::MAX));
    assert_eq!(sum.points[0].start, 1);
    let [exemplar] = &sum.points[0].exemplars[..] else {
        panic!("{sum:#?}")
    };
    assert_eq!(
        (exemplar.time, &exemplar.reading),
        (3, &Reading::Double(3.5))
    );
    assert_eq!((exemplar.trace.len(), exemplar.span.len()), (32, 16));
    assert_eq!(exemplar.attributes["k"], "v".into());

    assert_eq!(difference.temporality, Some(Temporality::Delta));
    assert_eq!(difference.points[0].reading, Reading::Int(-2));
}

#[test]
fn distributions_of_a_metric_are_read() {
    let metrics = metrics(&parsed(METRICS));
    let [_, _, _, histogram, exponential, empty, summary] = &metrics[..] else {
        panic!("{metrics:#?}")
    };
    assert_eq!(histogram.instrument, Instrument::Histogram);
    assert_eq!(histogram.temporality, Some(Temporality::Unspecified));
    let [full, bare] = &histogram.points[..] else {
        panic!("{histogram:#?}")
    };
    let expected = Reading::Histogram {
        count: 3,
        sum: Some(0.0),
        min: Some(0.0),
        max: Some(2.5),
        bounds: vec![1.0, 2.0],
        buckets: vec![1, 0, 2],
    };
    assert_eq!(full.reading, expected);
    assert!(matches!(
        bare.reading,
        Reading::Histogram {
            count: 0,
            sum: None,
            ..
        }
    ));

    assert_eq!(exponential.instrument, Instrument::ExponentialHistogram);
    let expected = Reading::Exponential {
        count: 3,
        sum: Some(1.0),
        min: Some(0.5),
        max: Some(1.0),
        scale: -1,
        zero_count: 1,
        zero_threshold: 1e-9,
        positive: Buckets {
            offset: -3,
            counts: vec![1, 0, 2],
        },
        negative: Buckets::default(),
    };
    assert_eq!(exponential.points[0].reading, expected);

    assert_eq!(
        (empty.instrument, empty.points.len()),
        (Instrument::Empty, 0)
    );
    let expected = Reading::Summary {
        count: 1,
        sum: 0.0,
        quantiles: vec![(0.5, 1.0)],
    };
    assert_eq!(summary.points[0].reading, expected);
}

#[test]
fn what_came_first_is_first() {
    let request =
        |name: &str| json!({"resource_spans": [{"scope_spans": [{"spans": [{"name": name}]}]}]});
    let requests = json!([request("newest"), {}, request("oldest")]);
    let spans = traces(&requests);
    let names: Vec<_> = spans.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["oldest", "newest"]);
}

#[test]
#[should_panic = "no kind of a span: 17"]
fn what_otlp_does_not_have_is_not_passed_over() {
    let span = json!({"kind": "17"});
    let requests = json!([{"resource_spans": [{"scope_spans": [{"spans": [span]}]}]}]);
    traces(&requests);
}
