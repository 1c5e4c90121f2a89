//! Cases with other inputs: what the rules predict has to be what we answer, whatever is put in.

use serde_json::{Value as Json, json};

use crate::file::id;
use crate::judge::{Subject, actual, is_ours};
use crate::rules::Holds;

/// Puts other things into each case, at each of its inputs; the variants that are not answered as
/// the rules predict, and how many were tried.
pub fn unpredicted<S: Subject>(subject: &S, cases: &[Json]) -> (Vec<String>, usize) {
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for case in cases {
        for pointer in subject.inputs(case) {
            let others = case.pointer(&pointer).map(variants).unwrap_or_default();
            for other in others {
                let mut variant = case.clone();
                if let Some(place) = variant.pointer_mut(&pointer) {
                    *place = other.clone();
                }
                tried += 1;
                let predicted = subject.predicted(&variant, Holds::All);
                let actual = actual(subject, &variant);
                let is_so = match (&actual, &predicted) {
                    (Ok(actual), Ok(predicted)) => is_ours(actual, predicted),
                    // What nobody has thought of is told as such.
                    (_, Err(_)) => true,
                    (Err(why), Ok(_)) => why.starts_with("unknown "),
                };
                if !is_so {
                    let id = id(case);
                    wrong.push(format!(
                        "{id} {pointer} as {other}: {actual:?}, not {predicted:?}"
                    ));
                }
            }
        }
    }
    (wrong, tried)
}

/// Other values for an input: for each leaf, and for the whole.
fn variants(json: &Json) -> Vec<Json> {
    match json {
        Json::Null => vec![json!("x"), json!(7)],
        Json::Bool(flag) => vec![json!(!flag), Json::Null],
        Json::Number(number) => {
            let number = number.as_f64().unwrap_or_default();
            vec![
                json!(0),
                json!(-1),
                json!(number + 0.5),
                json!(-number * 1.25),
                json!(1200.0),
                json!(1e22),
                json!("x"),
                Json::Null,
            ]
        }
        Json::String(text) => vec![
            json!(format!("{text}y")),
            json!("a.b"),
            json!("k\u{e9} \"q\"\\\n|#@:,"),
            json!(""),
            json!(404),
            json!(0.1),
            json!(true),
            Json::Null,
            json!({"$": "list", "v": [65, "B"]}),
            json!({"$": "list", "v": [{"$": "atom", "v": "a"}]}),
            json!({"$": "map", "v": {"a": 1}}),
            json!({"$": "pid"}),
        ],
        Json::Array(list) => {
            let mut all: Vec<Json> = (0..list.len())
                .map(|at| {
                    let mut shorter = list.clone();
                    shorter.remove(at);
                    Json::from(shorter)
                })
                .collect();
            all.extend(list.first().map(|first| {
                let twice = list.iter().chain([first]).cloned();
                Json::from(twice.collect::<Vec<_>>())
            }));
            for (at, one) in list.iter().enumerate() {
                all.extend(variants(one).into_iter().map(|other| {
                    let mut list = list.clone();
                    list[at] = other;
                    Json::from(list)
                }));
            }
            all
        }
        Json::Object(map) => {
            let mut all = Vec::new();
            for (key, one) in map {
                let mut without = map.clone();
                without.remove(key);
                all.push(Json::from(without));
                all.extend(variants(one).into_iter().map(|other| {
                    let mut map = map.clone();
                    map.insert(key.clone(), other);
                    Json::from(map)
                }));
            }
            all
        }
    }
}
