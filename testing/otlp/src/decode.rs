//! What the receiver says in JSON, taken apart.
//!
//! The JSON is that of Protocol Buffers with the fields' own names: numbers of 64 bits are texts, so
//! are the doubles that JSON has no numbers for, bytes are base64, and what has its default value is
//! not there, unless it is optional.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::received::Wrapping;
use crate::{
    Attributes, Buckets, Event, Exemplar, Instrument, Kind, Link, Metric, Outcome, Point, Reading,
    Resource, Scope, Span, Temporality, Value,
};

/// All spans of a list of requests, the newest of which comes first.
pub(crate) fn traces(requests: &Json) -> Vec<Span> {
    items(requests, ["resource_spans", "scope_spans", "spans"], span)
}

/// All metrics of a list of requests, the newest of which comes first.
pub(crate) fn metrics(requests: &Json) -> Vec<Metric> {
    items(
        requests,
        ["resource_metrics", "scope_metrics", "metrics"],
        metric,
    )
}

fn items<T>(requests: &Json, path: [&str; 3], item: fn(&Json, &Wrapping) -> T) -> Vec<T> {
    let mut found = Vec::new();
    for request in elements(requests).iter().rev() {
        for of_resource in list(request, path[0]) {
            let resource = Arc::new(Resource {
                attributes: attributes(&of_resource["resource"], "attributes"),
                schema_url: text(of_resource, "schema_url"),
            });
            for of_scope in list(of_resource, path[1]) {
                let wrapping = Wrapping {
                    resource: resource.clone(),
                    scope: Arc::new(scope(of_scope)),
                };
                let items = list(of_scope, path[2]).iter();
                found.extend(items.map(|json| item(json, &wrapping)));
            }
        }
    }
    found
}

fn scope(json: &Json) -> Scope {
    Scope {
        name: text(&json["scope"], "name"),
        version: text(&json["scope"], "version"),
        attributes: attributes(&json["scope"], "attributes"),
        schema_url: text(json, "schema_url"),
    }
}

fn span(json: &Json, wrapping: &Wrapping) -> Span {
    let status = &json["status"];
    Span {
        resource: wrapping.resource.clone(),
        scope: wrapping.scope.clone(),
        trace: id(json, "trace_id"),
        id: id(json, "span_id"),
        parent: id(json, "parent_span_id"),
        trace_state: text(json, "trace_state"),
        flags: number(json, "flags"),
        name: text(json, "name"),
        kind: match &*text(json, "kind") {
            "" => Kind::Unspecified,
            "SPAN_KIND_INTERNAL" => Kind::Internal,
            "SPAN_KIND_SERVER" => Kind::Server,
            "SPAN_KIND_CLIENT" => Kind::Client,
            "SPAN_KIND_PRODUCER" => Kind::Producer,
            "SPAN_KIND_CONSUMER" => Kind::Consumer,
            other => panic!("no kind of a span: {other}"),
        },
        start: number(json, "start_time_unix_nano"),
        end: number(json, "end_time_unix_nano"),
        attributes: attributes(json, "attributes"),
        events: list(json, "events").iter().map(event).collect(),
        links: list(json, "links").iter().map(link).collect(),
        outcome: match &*text(status, "code") {
            "" => Outcome::Unset,
            "STATUS_CODE_OK" => Outcome::Ok,
            "STATUS_CODE_ERROR" => Outcome::Error,
            other => panic!("no code of a status: {other}"),
        },
        message: text(status, "message"),
        dropped: ["attributes", "events", "links"]
            .map(|what| number(json, &format!("dropped_{what}_count"))),
    }
}

fn event(json: &Json) -> Event {
    Event {
        name: text(json, "name"),
        time: number(json, "time_unix_nano"),
        attributes: attributes(json, "attributes"),
    }
}

fn link(json: &Json) -> Link {
    Link {
        trace: id(json, "trace_id"),
        span: id(json, "span_id"),
        flags: number(json, "flags"),
        attributes: attributes(json, "attributes"),
    }
}

fn metric(json: &Json, wrapping: &Wrapping) -> Metric {
    const FIELDS: [(&str, Instrument); 5] = [
        ("gauge", Instrument::Gauge),
        ("sum", Instrument::Sum),
        ("histogram", Instrument::Histogram),
        ("exponential_histogram", Instrument::ExponentialHistogram),
        ("summary", Instrument::Summary),
    ];
    let found = FIELDS.iter().find(|(field, _)| json.get(field).is_some());
    let (field, instrument) = found.copied().unwrap_or(("", Instrument::Empty));
    let data = &json[field];
    let points = list(data, "data_points").iter();
    Metric {
        resource: wrapping.resource.clone(),
        scope: wrapping.scope.clone(),
        name: text(json, "name"),
        unit: text(json, "unit"),
        description: text(json, "description"),
        instrument,
        temporality: match instrument {
            Instrument::Gauge | Instrument::Summary | Instrument::Empty => None,
            _ => Some(temporality(data)),
        },
        monotonic: data["is_monotonic"].as_bool().unwrap_or_default(),
        points: points.map(|json| point(json, instrument)).collect(),
    }
}

fn temporality(json: &Json) -> Temporality {
    match &*text(json, "aggregation_temporality") {
        "" => Temporality::Unspecified,
        "AGGREGATION_TEMPORALITY_DELTA" => Temporality::Delta,
        "AGGREGATION_TEMPORALITY_CUMULATIVE" => Temporality::Cumulative,
        other => panic!("no temporality: {other}"),
    }
}

fn point(json: &Json, instrument: Instrument) -> Point {
    Point {
        attributes: attributes(json, "attributes"),
        start: number(json, "start_time_unix_nano"),
        time: number(json, "time_unix_nano"),
        flags: number(json, "flags"),
        reading: match instrument {
            Instrument::Histogram => Reading::Histogram {
                count: number(json, "count"),
                sum: double(json, "sum"),
                min: double(json, "min"),
                max: double(json, "max"),
                bounds: doubles(json, "explicit_bounds"),
                buckets: numbers(json, "bucket_counts"),
            },
            Instrument::ExponentialHistogram => Reading::Exponential {
                count: number(json, "count"),
                sum: double(json, "sum"),
                min: double(json, "min"),
                max: double(json, "max"),
                scale: number(json, "scale"),
                zero_count: number(json, "zero_count"),
                zero_threshold: double(json, "zero_threshold").unwrap_or_default(),
                positive: buckets(&json["positive"]),
                negative: buckets(&json["negative"]),
            },
            Instrument::Summary => Reading::Summary {
                count: number(json, "count"),
                sum: double(json, "sum").unwrap_or_default(),
                quantiles: list(json, "quantile_values").iter().map(quantile).collect(),
            },
            Instrument::Gauge | Instrument::Sum | Instrument::Empty => reading(json),
        },
        exemplars: list(json, "exemplars").iter().map(exemplar).collect(),
    }
}

fn reading(json: &Json) -> Reading {
    match (json.get("as_int"), double(json, "as_double")) {
        (Some(_), _) => Reading::Int(number(json, "as_int")),
        (None, Some(double)) => Reading::Double(double),
        (None, None) => Reading::Nothing,
    }
}

fn buckets(json: &Json) -> Buckets {
    Buckets {
        offset: number(json, "offset"),
        counts: numbers(json, "bucket_counts"),
    }
}

fn quantile(json: &Json) -> (f64, f64) {
    let [quantile, value] = ["quantile", "value"].map(|key| double(json, key).unwrap_or_default());
    (quantile, value)
}

fn exemplar(json: &Json) -> Exemplar {
    Exemplar {
        attributes: attributes(json, "filtered_attributes"),
        time: number(json, "time_unix_nano"),
        reading: reading(json),
        trace: id(json, "trace_id"),
        span: id(json, "span_id"),
    }
}

fn attributes(json: &Json, key: &str) -> Attributes {
    let pairs = list(json, key).iter();
    Attributes(
        pairs
            .map(|pair| (text(pair, "key"), value(&pair["value"])))
            .collect(),
    )
}

fn value(json: &Json) -> Value {
    let Some((kind, inner)) = json.as_object().and_then(|object| object.iter().next()) else {
        return Value::Nothing;
    };
    match kind.as_str() {
        "string_value" => Value::Text(text(json, kind)),
        "int_value" => Value::Int(number(json, kind)),
        "double_value" => Value::Double(double(json, kind).expect("it is there")),
        "bool_value" => Value::Bool(inner.as_bool().expect("a truth value")),
        "bytes_value" => Value::Bytes(base64(inner.as_str().expect("base64"))),
        "array_value" => Value::List(list(inner, "values").iter().map(value).collect()),
        "kvlist_value" => Value::Map(attributes(inner, "values")),
        other => panic!("no kind of a value: {other}"),
    }
}

fn elements(json: &Json) -> &[Json] {
    match json {
        Json::Null => &[],
        Json::Array(elements) => elements,
        other => panic!("no list: {other}"),
    }
}

fn list<'j>(json: &'j Json, key: &str) -> &'j [Json] {
    elements(&json[key])
}

fn text(json: &Json, key: &str) -> String {
    match &json[key] {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => panic!("{key} is no text: {other}"),
    }
}

/// A whole number, whether it is written as one or as text.
fn number<T: std::str::FromStr + Default>(json: &Json, key: &str) -> T {
    whole(&json[key])
}

fn whole<T: std::str::FromStr + Default>(json: &Json) -> T {
    let parsed = match json {
        Json::Null => return T::default(),
        Json::String(text) => text.parse(),
        other => other.to_string().parse(),
    };
    parsed.unwrap_or_else(|_| panic!("no whole number that fits: {json}"))
}

fn numbers(json: &Json, key: &str) -> Vec<u64> {
    list(json, key).iter().map(whole).collect()
}

fn double(json: &Json, key: &str) -> Option<f64> {
    let json = &json[key];
    (!json.is_null()).then(|| real(json))
}

fn doubles(json: &Json, key: &str) -> Vec<f64> {
    list(json, key).iter().map(real).collect()
}

fn real(json: &Json) -> f64 {
    match json.as_str() {
        Some("NaN") => f64::NAN,
        Some("Infinity") => f64::INFINITY,
        Some("-Infinity") => f64::NEG_INFINITY,
        _ => json.as_f64().unwrap_or_else(|| panic!("no number: {json}")),
    }
}

fn id(json: &Json, key: &str) -> String {
    let bytes = base64(json[key].as_str().unwrap_or_default());
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut have) = (0_u32, 0);
    for digit in text.trim_end_matches('=').bytes() {
        let six = ALPHABET.iter().position(|known| *known == digit);
        let six = six.unwrap_or_else(|| panic!("no base64: {text}"));
        bits = bits << 6 | u32::try_from(six).expect("six bits");
        have += 6;
        if have >= 8 {
            have -= 8;
            bytes.push((bits >> have & 0xff).try_into().expect("eight bits"));
        }
    }
    bytes
}

#[cfg(test)]
mod tests;
