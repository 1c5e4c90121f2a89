//! Text that is special to JSON, PromQL, Grafana's variables or its legends.

use serde_json::Value as Json;
use telemetry_metrics::{Aggregator, Unit, counter, last_value, summary};
use telemetry_prometheus::Prometheus;
use telemetry_prometheus::grafana::{Dashboard, Panel, literal, quoted};

use super::view::{View, exprs, legends};

const ODD: &str = "a\"b\\c\nd\0 $job ${job} [[job]] {{route}} $__interval <script> \u{2028} `x` 🦀";

/// Everything that somebody can give, as odd as it can be.
fn odd() -> View {
    let aggregator = Aggregator::builder()
        .metrics([
            counter("graf-odd.9lives.stop-it")
                .tags([ODD, "größe", "9", "on", "$job", "sum", "{x}"])
                .description(ODD),
            last_value("graf-odd.load")
                .unit(Unit::Other("$job \"/s\""))
                .tags(["inf", "without", "NaN"]),
            summary("nan")
                .event("graf-odd.x")
                .description(ODD)
                .unit(Unit::Other("")),
        ])
        .constant_tag("k\"8$s[[job]]", ODD)
        .constant_tag("datasource", "$job")
        .start()
        .expect("definitions may be called so");
    let prometheus = Prometheus::builder(&aggregator)
        .verbatim_names()
        .build_info(ODD, [(ODD, ODD), ("job", ""), ("inf", "")])
        .build()
        .unwrap();
    View::new(
        Dashboard::builder(&prometheus)
            .title(ODD)
            .description(ODD)
            .tags([ODD])
            .panel(
                Panel::stat(ODD)
                    .description(ODD)
                    .query(format!("x{{y={}}}", quoted(ODD)), literal(ODD)),
            )
            .row(
                ODD,
                [
                    Panel::time_series(ODD),
                    Panel::table(ODD).query("x", literal(ODD)),
                ],
            ),
    )
}

/// All texts with the key that they stand at.
fn texts<'j>(key: &'j str, json: &'j Json, found: &mut Vec<(&'j str, &'j str)>) {
    match json {
        Json::String(text) => found.push((key, text)),
        Json::Array(items) => items.iter().for_each(|item| texts(key, item, found)),
        Json::Object(entries) => entries
            .iter()
            .for_each(|(key, item)| texts(key, item, found)),
        _ => {}
    }
}

/// What Grafana would take for variables, as it finds them: `$a`, `${a}`, `[[a]]`.
fn variables(text: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect()
    };
    let mut found = Vec::new();
    for start in ["$", "${", "[["] {
        let after = text
            .match_indices(start)
            .map(|(at, _)| word(&text[at + start.len()..]));
        found.extend(after.filter(|word| !word.is_empty()));
    }
    found
}

#[test]
fn no_text_is_taken_for_a_variable() {
    let view = odd();
    let list = view.0["templating"]["list"].as_array().unwrap();
    let known: Vec<&str> = list
        .iter()
        .map(|variable| variable["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        known,
        [
            "datasource",
            "job",
            "instance",
            "k_8_s__job__",
            "datasource_label"
        ]
    );
    let mut all = Vec::new();
    texts("", &view.0, &mut all);
    for (key, text) in all {
        let found = variables(text);
        match key {
            "title" | "description" | "legendFormat" | "textFormat" | "tagKeys" => {
                assert!(found.is_empty(), "{key}: {text}");
            }
            "expr" | "query" => {
                for name in found {
                    let of_grafana = ["__rate_interval", "__interval", "__interval_ms"];
                    let ours = known.contains(&&*name) || of_grafana.contains(&&*name);
                    assert!(ours, "{name} in {text}");
                }
            }
            _ => {}
        }
    }
    assert!(
        variables("$a ${b} [[c]]") == ["a", "b", "c"],
        "the test can see"
    );
}

#[test]
fn texts_look_as_they_were_given() {
    let view = odd();
    let seen = |text: &Json| text.as_str().unwrap().replace('\u{2060}', "");
    assert_eq!(seen(&view.0["title"]), ODD);
    assert_eq!(seen(&view.0["description"]), ODD);
    assert_eq!(view.0["tags"][0], ODD);
    let description = seen(&view.panel("graf-odd.9lives.stop-it")["description"]);
    assert!(description.starts_with(ODD), "{description}");
}

/// What stands outside of strings, if strings and brackets are closed.
fn outside(expr: &str) -> Option<String> {
    let (mut outside, mut open, mut chars) = (String::new(), Vec::new(), expr.chars());
    while let Some(c) = chars.next() {
        match c {
            '"' => loop {
                match chars.next()? {
                    '"' => break,
                    '\\' => drop(chars.next()?),
                    '\n' => return None,
                    _ => {}
                }
            },
            '(' | '{' | '[' => open.push(c),
            ')' | '}' | ']' => {
                let pair = (open.pop()?, c);
                matches!(pair, ('(', ')') | ('{', '}') | ('[', ']')).then_some(())?;
            }
            _ => {}
        }
        if c != '"' {
            outside.push(c);
        }
    }
    open.is_empty().then_some(outside)
}

#[test]
fn nothing_gets_out_of_its_place_in_a_query() {
    let view = odd();
    for panel in view.panels() {
        for expr in exprs(panel) {
            let outside = outside(expr).unwrap_or_else(|| panic!("{expr}"));
            let plain = |c: char| c.is_ascii_alphanumeric() || "_(){}[], =~!$./".contains(c);
            assert!(outside.chars().all(plain), "{expr}");
        }
        for legend in legends(panel) {
            let names = legend.replace("{{", "").replace("}}", "");
            let plain = |c: char| c.is_ascii_alphanumeric() || "_ ".contains(c);
            let given = legend == literal(ODD);
            assert!(given || names.chars().all(plain), "{legend}");
        }
    }
}

/// As labels and names they are fine, and in PromQL they are something else.
#[test]
fn words_of_promql_are_not_taken_for_themselves() {
    let view = odd();
    let by = exprs(view.panel("graf-odd.9lives.stop-it"))[0];
    assert!(by.contains(", gr__e, _9, on, _job, sum, _x_)"), "{by}");
    let load = view.panel("graf-odd.load");
    assert_eq!(legends(load), ["{{instance}}"]);
    let summary = exprs(view.panel("nan"));
    assert!(
        summary[0].starts_with("max by (quantile) ({__name__=\"nan\",quantile!=\"\","),
        "{summary:?}"
    );
    assert!(
        summary[1].starts_with("sum(rate(nan_sum{job=~"),
        "{summary:?}"
    );
}
