//! The files, read.

use std::path::{Path, PathBuf};

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};

/// The root of the repository, which is what the image is built of.
pub(crate) fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.canonicalize().expect("the root")
}

/// A file or folder of `deploy/`.
pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("deploy")
        .join(name)
}

pub(crate) fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn toml(name: &str) -> Value {
    toml::from_str(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn yaml(name: &str) -> Value {
    let text = text(name);
    let documents = Yaml::load_from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(documents.len(), 1, "{name}");
    json(&documents[0])
}

/// YAML as JSON: what these files need of it.
fn json(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(flag)) => Value::from(*flag),
        Yaml::Value(Scalar::Integer(number)) => Value::from(*number),
        Yaml::Value(Scalar::FloatingPoint(number)) => Value::from(number.into_inner()),
        Yaml::Value(Scalar::String(text)) => Value::from(&**text),
        Yaml::Sequence(list) => list.iter().map(json).collect(),
        Yaml::Mapping(map) => Value::Object(map.iter().map(entry).collect::<Map<_, _>>()),
        other => panic!("not understood: {other:?}"),
    }
}

fn entry((key, value): (&Yaml<'_>, &Yaml<'_>)) -> (String, Value) {
    let key = key.as_str().unwrap_or_else(|| panic!("a key: {key:?}"));
    (key.to_owned(), json(value))
}

/// The texts of a list.
pub(crate) fn texts(list: &Value) -> Vec<&str> {
    let list = list.as_array().into_iter().flatten();
    list.map(|text| text.as_str().expect("a text")).collect()
}

/// The keys of a map.
pub(crate) fn keys(map: &Value) -> Vec<&str> {
    let map = map.as_object().into_iter().flatten();
    map.map(|(key, _)| key.as_str()).collect()
}

/// A text that has to be there.
pub(crate) fn at<'v>(value: &'v Value, pointer: &str) -> &'v str {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no {pointer} in {value:#}"))
}

/// A URL's scheme, host and port.
pub(crate) fn parts(url: &str) -> (&str, &str, u16) {
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let rest = rest.split('/').next().expect("a host");
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let (host, port) = host.rsplit_once(':').expect("a port");
    (scheme, host, port.parse().expect("a number"))
}

/// What stands in `${..}` or `$NAME`; `$$` is a dollar.
pub(crate) fn variables(text: &str) -> Vec<String> {
    let text = text.replace("$$", "");
    let names = text.split('$').skip(1).map(|rest| {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        rest.split(|c| !is_part(c))
            .next()
            .unwrap_or_default()
            .to_owned()
    });
    names.collect()
}

#[test]
fn variables_are_found() {
    let found = variables("a ${ONE:?say $TWO}b $$not $THREE/");
    assert_eq!(found, ["ONE", "TWO", "THREE"]);
}
