//! What the cases say, in our words: definitions and events.

use serde_json::Value as Json;
use telemetry::{Event, EventName, Number, Value, execute};
use telemetry_metrics::{
    Aggregator, Metric, StartError, Unit, counter, distribution, last_value, sum, summary,
};

pub(super) fn str_of(json: &Json) -> &str {
    json.as_str()
        .unwrap_or_else(|| panic!("not a text: {json}"))
}

pub(super) fn steps(case: &Json) -> &[Json] {
    case["steps"].as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn aggregator(case: &Json) -> Result<Aggregator, StartError> {
    let id = str_of(&case["id"]);
    let metrics = case["metrics"].as_array().expect("a list of metrics");
    let metrics = metrics.iter().map(|json| metric(id, json));
    Aggregator::builder().metrics(metrics).start()
}

/// A name is text, or a list of segments.
fn name_of(json: &Json) -> String {
    match json.as_array() {
        Some(segments) => segments.iter().map(str_of).collect::<Vec<_>>().join("."),
        None => str_of(json).to_owned(),
    }
}

/// A key is text, or `{"$": "string", "v": text}`.
fn key_of(json: &Json) -> &str {
    json.as_str().unwrap_or_else(|| str_of(&json["v"]))
}

fn unit_of(json: &Json) -> Unit {
    match str_of(json) {
        "native" => Unit::Nanosecond,
        "millisecond" => Unit::Millisecond,
        "second" => Unit::Second,
        "byte" => Unit::Byte,
        "kilobyte" => Unit::Kilobyte,
        "megabyte" => Unit::Megabyte,
        other => panic!("no such unit: {other}"),
    }
}

/// The events of each case have a prefix of their own, its id; the metrics have not.
fn metric(id: &str, json: &Json) -> Metric {
    let name = name_of(&json["name"]);
    let options = &json["options"];
    let event = match &options["event_name"] {
        Json::Null => name.rsplit_once('.').map(|(event, _)| event.to_owned()),
        event => Some(name_of(event)),
    };
    let event = event.expect("a name has segments");
    let mut metric = match str_of(&json["type"]) {
        "counter" => counter(name),
        "sum" => sum(name),
        "last_value" => last_value(name),
        "summary" => summary(name),
        "distribution" => distribution(name),
        other => panic!("no such kind: {other}"),
    }
    .event(format!("{id}.{event}"))
    .unit(Unit::One);
    for (key, value) in options.as_object().into_iter().flatten() {
        metric = set(metric, key, value);
    }
    metric
}

fn set(metric: Metric, key: &str, value: &Json) -> Metric {
    match key {
        "event_name" => metric,
        "description" => metric.description(str_of(value)),
        "unit" => match value.as_array() {
            Some(pair) => metric.unit((unit_of(&pair[0]), unit_of(&pair[1]))),
            None => metric.unit(unit_of(value)),
        },
        "measurement" => match value["fn"].as_str() {
            None => metric.measurement(key_of(value)),
            Some("raise") => metric.measure_with(|_| panic!("on purpose")),
            Some("meta_value") => {
                let key = str_of(&value["meta"]).to_owned();
                metric.measure_with(move |event| {
                    let number = event.metadata(&key).and_then(Value::as_i64)?;
                    Some(number.into())
                })
            }
            Some(other) => panic!("no such function: {other}"),
        },
        "tags" => match value.as_array() {
            Some(tags) => metric.tags(tags.iter().map(key_of)),
            // A function that takes keys.
            None => metric.tags(value["keys"].as_array().expect("keys").iter().map(key_of)),
        },
        "tag_values" => {
            let map = value["map"].as_object().expect("a constant map").clone();
            metric.tag_values(move |_, tags| {
                for (key, value) in &map {
                    tags.set(key, Metadata(value).value());
                }
            })
        }
        "keep" => metric.keep(predicate(value)),
        "drop" => metric.drop_when(predicate(value)),
        "reporter_options" => {
            let options = value.as_object().expect("options");
            options
                .iter()
                .fold(metric, |metric, (key, value)| match key.as_str() {
                    "buckets" => {
                        let bounds = value.as_array().expect("bounds").iter();
                        metric.buckets(bounds.map(|bound| bound.as_f64().expect("a number")))
                    }
                    key => metric.option(key, str_of(value)),
                })
        }
        other => panic!("no such option: {other}"),
    }
}

fn predicate(json: &Json) -> impl Fn(&Event<'_>) -> bool + Send + Sync + use<> + 'static {
    let key = str_of(&json["key"]).to_owned();
    let value = json["value"].as_i64().expect("a number");
    let of_metadata = match str_of(&json["fn"]) {
        "meta_eq" => true,
        "measurement_gt" => false,
        other => panic!("no such predicate: {other}"),
    };
    move |event| {
        if of_metadata {
            event.metadata_is(&key, value)
        } else {
            let number = event.measurement(&key).and_then(Number::as_f64);
            number.is_some_and(|number| number > value as f64)
        }
    }
}

/// A value of metadata in the language of the cases.
struct Metadata<'j>(&'j Json);

impl<'j> Metadata<'j> {
    fn value(&self) -> Option<Value<'j>> {
        match self.0 {
            Json::Null => None,
            Json::String(text) => Some(text.into()),
            Json::Bool(flag) => Some((*flag).into()),
            Json::Number(number) => number
                .as_i64()
                .map(Value::from)
                .or_else(|| number.as_f64().map(Value::from)),
            Json::Array(_) => panic!("a list has a `$`"),
            Json::Object(object) => match object["$"].as_str() {
                Some("atom") => Some(str_of(&object["v"]).into()),
                // What only the BEAM has, as a programmer would see it.
                _ => Some(telemetry::debug(&object["v"])),
            },
        }
    }
}

fn number(step: &Json, key: &str) -> Option<Number> {
    let measurements = &step["measurements"];
    let number = match &measurements[key] {
        Json::Null => &measurements[format!("str:{key}")],
        number => number,
    };
    match number.as_i64() {
        Some(number) => Some(number.into()),
        None => number.as_f64().map(Number::from),
    }
}

/// Emits the event of a step. The keys of `execute!` are fixed, so all that occur in the file
/// stand here, absent where the step has none.
pub(super) fn emit(id: &str, step: &Json) {
    let name = EventName::new(&format!("{id}.{}", name_of(&step["event"]))).expect("a name");
    let known = [
        "cost", "count", "duration", "last", "latency", "size", "total", "v", "str:size",
    ];
    for key in step["measurements"].as_object().into_iter().flatten() {
        assert!(
            known.contains(&key.0.as_str()),
            "{id}: measurement {}",
            key.0
        );
    }
    let known = [
        "a", "b", "c", "city", "code", "d", "k", "le", "method", "name", "node", "q", "reason",
        "size", "str:code",
    ];
    for key in step["metadata"].as_object().into_iter().flatten() {
        assert!(known.contains(&key.0.as_str()), "{id}: metadata {}", key.0);
    }
    let of = |key| number(step, key);
    let metadata = &step["metadata"];
    let code = match &metadata["code"] {
        Json::Null => &metadata["str:code"],
        code => code,
    };
    let by = |key: &str| Metadata(&metadata[key]).value();
    execute!(
        name,
        {
            cost: of("cost"), count: of("count"), duration: of("duration"), last: of("last"),
            latency: of("latency"), size: of("size"), total: of("total"), v: of("v"),
        },
        {
            a: by("a"), b: by("b"), c: by("c"), city: by("city"), code: Metadata(code).value(),
            d: by("d"), k: by("k"), le: by("le"), method: by("method"), name: by("name"),
            node: by("node"), q: by("q"), reason: by("reason"), size: by("size"),
        }
    );
}
