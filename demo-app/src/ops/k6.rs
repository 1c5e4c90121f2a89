//! What the load tests hold the demo to: the objectives, as the scripts of `ops/k6` and `ops/locust`
//! read them.
//!
//! A load test sees what a client sees, so it is given only objectives that can be told from answers:
//! their routes, and how long an answer may take. The scripts make thresholds of them.

use std::time::Duration;

use serde_json::{Value, json};

/// An objective that a client can see.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadObjective {
    /// The name that it has everywhere else.
    pub name: &'static str,
    /// The routes that it is about, as the endpoint's events call them. At least one.
    pub routes: &'static [&'static str],
    /// The share of requests that are to be good, more than 0 and less than 1.
    pub target: f64,
    /// A request is good if it takes no longer; `None` if it is good as long as it does not fail.
    pub latency: Option<Duration>,
}

impl LoadObjective {
    fn to_json(self) -> Value {
        let Self {
            name,
            routes,
            target,
            latency,
        } = self;
        // Milliseconds, because both tools count in them.
        let latency_ms = latency.map(|latency| latency.as_secs_f64() * 1000.0);
        json!({ "name": name, "routes": routes, "target": target, "latency_ms": latency_ms })
    }
}

fn pretty(objectives: &[LoadObjective]) -> String {
    let objectives: Value = objectives.iter().map(|one| one.to_json()).collect();
    format!("{objectives:#}")
}

/// The objectives for locust: `ops/locust/objectives.json`.
#[must_use]
pub fn objectives_json(objectives: &[LoadObjective]) -> String {
    pretty(objectives) + "\n"
}

/// The objectives for k6, a module: `ops/k6/objectives.js`.
#[must_use]
pub fn objectives_js(objectives: &[LoadObjective]) -> String {
    // JSON is JavaScript.
    format!(
        "// Generated from the objectives in `demo-app/src/ops`; do not edit.\n\
         // To write it again: RENEW_OPS=1 cargo test -p demo-app --test it ops::the_files\n\
         \n\
         /**\n \
         * @typedef {{object}} Objective\n \
         * @property {{string}} name\n \
         * @property {{string[]}} routes the routes that it is about\n \
         * @property {{number}} target the share of requests that are to be good\n \
         * @property {{number | null}} latency_ms how long a good one takes; null if any time is good\n \
         */\n\
         \n\
         /** @type {{Objective[]}} */\n\
         export const OBJECTIVES = {};\n",
        pretty(objectives)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECTIVES: [LoadObjective; 2] = [
        LoadObjective {
            name: "site",
            routes: &["/", "/me/todos/{id}/tick"],
            target: 0.999,
            latency: None,
        },
        LoadObjective {
            name: "site-latency",
            routes: &["/"],
            target: 0.99,
            latency: Some(Duration::from_millis(250)),
        },
    ];

    #[test]
    fn locust_reads_what_is_meant() {
        let read: Value = serde_json::from_str(&objectives_json(&OBJECTIVES)).unwrap();
        assert_eq!(
            read,
            json!([
                { "name": "site", "routes": ["/", "/me/todos/{id}/tick"], "target": 0.999,
                  "latency_ms": null },
                { "name": "site-latency", "routes": ["/"], "target": 0.99, "latency_ms": 250.0 },
            ])
        );
    }

    #[test]
    fn k6_gets_the_same_as_a_module() {
        let module = objectives_js(&OBJECTIVES);
        let (comment, list) = module.split_once("export const OBJECTIVES = ").unwrap();
        assert!(comment.starts_with("// Generated "), "{comment}");
        assert_eq!(
            comment.matches("/**").count(),
            comment.matches("*/").count()
        );
        let list = list.strip_suffix(";\n").unwrap();
        assert_eq!(format!("{list}\n"), objectives_json(&OBJECTIVES));
    }

    #[test]
    fn whatever_a_name_is_it_stays_text() {
        let name = "a\"];\nthrow \"x";
        let module = objectives_js(&[LoadObjective {
            name,
            ..OBJECTIVES[0]
        }]);
        assert!(!module.contains("\nthrow"), "{module}");
    }
}
