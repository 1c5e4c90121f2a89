//! The choices at the top of a dashboard: the data source, `job`, `instance`, the constant tags.

use crate::family::Family;
use crate::grafana::escape::quoted;
use crate::grafana::json::{Json, object};
use crate::grafana::promql::stored_label;
use crate::grafana::render::datasource;
use crate::grafana::signals::is_own;

const DATASOURCE: &str = "datasource";

/// The choice of a label's values.
#[derive(Debug)]
pub(crate) struct Variable {
    label: String,
    name: String,
    /// A regular expression for all values, an absent one too.
    all: &'static str,
}

impl Variable {
    /// The matcher of what was chosen.
    pub(crate) fn matcher(&self) -> String {
        format!("{}=~\"${}\"", self.label, self.name)
    }
}

/// The variables of labels, in the order in which they are shown. A constant tag cannot take a name
/// that another variable has.
pub(crate) fn of_labels(constant_tags: &[(String, String)]) -> Vec<Variable> {
    let mut variables: Vec<Variable> = ["job", "instance"]
        .map(|label| Variable {
            label: label.to_owned(),
            name: label.to_owned(),
            all: ".*",
        })
        .into();
    for (tag, value) in constant_tags {
        let label = stored_label(tag);
        let mut name = label.clone();
        while name == DATASOURCE || variables.iter().any(|known| known.name == name) {
            name.push_str("_label");
        }
        // Up to version 2, the dot is everything but the end of a line, and servers have a faster
        // way for what is written so.
        let all = if value.contains('\n') { "(?s).*" } else { ".*" };
        variables.push(Variable { label, name, all });
    }
    variables
}

/// The list of variables.
pub(crate) fn list(families: &[Family], variables: &[Variable]) -> Json {
    let (sample, matcher) = anchor(families);
    let mut list = vec![object! {
        "name": DATASOURCE,
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "regex": "",
        "refresh": 1,
        "hide": 0,
        "includeAll": false,
        "multi": false,
        "options": Vec::new(),
        "skipUrlSync": false,
    }];
    for (at, variable) in variables.iter().enumerate() {
        // Each choice narrows those after it. A constant tag is of no more use for narrowing.
        let before = variables[..at.min(2)].iter().map(Variable::matcher);
        let matchers: Vec<String> = matcher.iter().cloned().chain(before).collect();
        let (name, label) = (&*variable.name, &*variable.label);
        let query = format!("label_values({sample}{{{}}}, {label})", matchers.join(","));
        list.push(object! {
            "name": name,
            "label": label,
            "type": "query",
            "datasource": datasource(),
            "query": object! {
                // What its editor calls the values of a label.
                "qryType": 1,
                "query": &*query,
                "refId": "PrometheusVariableQueryEditor-VariableQuery",
            },
            "regex": "",
            "refresh": 2,
            "sort": 1,
            "hide": 0,
            "includeAll": true,
            "allValue": variable.all,
            "multi": true,
            "current": object! {
                "selected": true,
                "text": [Json::from("All")],
                "value": [Json::from("$__all")],
            },
            "options": Vec::new(),
            "skipUrlSync": false,
        });
    }
    Json::List(list)
}

/// A sample that is there from the first scrape on, whatever has happened until then, and that
/// other programs do not have, if there is one: the number of series of a tagged definition.
fn anchor(families: &[Family]) -> (&str, Option<String>) {
    let of_library = |name: &str| {
        families
            .iter()
            .find(|family| family.definition.name() == name)
    };
    let tagged = families
        .iter()
        .find(|family| is_own(family) && !family.definition.tags().is_empty());
    if let (Some(series), Some(tagged)) = (of_library("telemetry.metric.series"), tagged) {
        let metric = quoted(tagged.definition.name());
        return (&series.name, Some(format!("metric={metric}")));
    }
    match of_library("telemetry.reporter.sent") {
        Some(sent) => (&sent.name, Some("reporter=\"prometheus\"".to_owned())),
        None => ("up", None),
    }
}
