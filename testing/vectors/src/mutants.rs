//! Cases with wrong expectations: a harness that lets one of them pass is no harness.

use serde_json::Value as Json;

use crate::file::id;
use crate::judge::{Subject, Verdict, actual, judge};

/// Makes each expectation of each case wrong in many ways; what does not fail then, and how many
/// were tried.
pub fn survivors<S: Subject>(subject: &S, cases: &[Json]) -> (Vec<String>, usize) {
    let (mut survivors, mut tried) = (Vec::new(), 0);
    for case in cases {
        let given = actual(subject, case);
        let expected = subject.expected(case);
        for pointer in subject.expectations(case) {
            let Some(expectation) = case.pointer(&pointer) else {
                survivors.push(format!("{}: there is no {pointer}", id(case)));
                continue;
            };
            for wrong in mutants(expectation) {
                let mut mutant = case.clone();
                if let Some(place) = mutant.pointer_mut(&pointer) {
                    *place = wrong.clone();
                }
                tried += 1;
                let verdict = judge(subject, &mutant, &given);
                let wrong_one = subject.expected(&mutant);
                // Another way to write the same, or by chance what we answer.
                let is_right = wrong_one == expected || (expected != given && wrong_one == given);
                if !matches!(verdict, Verdict::Failed(_)) && !is_right {
                    survivors.push(format!("{} {pointer} as {wrong}: {verdict:?}", id(case)));
                }
            }
        }
    }
    (survivors, tried)
}

/// The same with one thing in it changed, in all ways that come to mind.
#[must_use]
pub fn mutants(json: &Json) -> Vec<Json> {
    match json {
        Json::Null => vec![Json::from("wrong")],
        Json::Bool(flag) => vec![Json::from(!flag)],
        Json::Number(number) => match number.as_i64() {
            Some(whole) => vec![Json::from(whole + 1), Json::from(-whole - 1)],
            None => vec![Json::from(
                number.as_f64().unwrap_or_default() * 1.01 + 0.001,
            )],
        },
        Json::String(text) => texts(text).into_iter().map(Json::from).collect(),
        Json::Array(list) => {
            let mut longer = list.clone();
            longer.push(list.last().cloned().unwrap_or_else(|| Json::from("wrong")));
            let mut all = vec![Json::from(longer)];
            for (at, one) in list.iter().enumerate() {
                let mut shorter = list.clone();
                shorter.remove(at);
                all.push(Json::from(shorter));
                all.extend(mutants(one).into_iter().map(|wrong| {
                    let mut list = list.clone();
                    list[at] = wrong;
                    Json::from(list)
                }));
            }
            all
        }
        Json::Object(map) => map
            .iter()
            .flat_map(|(key, one)| {
                mutants(one).into_iter().map(|wrong| {
                    let mut map = map.clone();
                    map.insert(key.clone(), wrong);
                    Json::from(map)
                })
            })
            .collect(),
    }
}

/// A word longer, a number larger, a line less, nothing, something more.
fn texts(text: &str) -> Vec<String> {
    let mut all = vec![format!("{text}x"), format!("x{text}")];
    if !text.is_empty() {
        all.push(String::new());
    }
    let is = |at: usize, of: fn(&u8) -> bool| text.as_bytes().get(at).is_some_and(of);
    for at in 0..text.len() {
        // Where a run of letters or digits ends.
        if is(at, u8::is_ascii_digit) && !is(at + 1, u8::is_ascii_digit) {
            let digit = text.as_bytes()[at] - b'0';
            all.push(format!(
                "{}{}{}",
                &text[..at],
                (digit + 1) % 10,
                &text[at + 1..]
            ));
        }
        if is(at, u8::is_ascii_alphabetic) && !is(at + 1, u8::is_ascii_alphabetic) {
            all.push(format!("{}q{}", &text[..=at], &text[at + 1..]));
        }
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    if lines.len() > 1 {
        for at in 0..lines.len() {
            let left = lines.iter().enumerate().filter(|(line, _)| *line != at);
            all.push(left.map(|(_, line)| *line).collect());
        }
    }
    all
}
