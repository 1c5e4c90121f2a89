//! The demo's own settings, as the manifests give them.

use clap::{CommandFactory, Parser};
use demo_app::Config;
use serde_json::Value;

use super::files::root;

/// The configuration of a demo that is started with these arguments in this environment. Panics if the
/// demo would refuse it, or does not know of a variable.
pub(crate) fn configured(arguments: &[&str], environment: &Value) -> Config {
    let mut given = vec!["demo-app".to_owned()];
    for (name, value) in environment.as_object().expect("an environment") {
        let value = value.as_str().expect("a text");
        let command = Config::command();
        let flag = command
            .get_arguments()
            .find(|argument| argument.get_env().is_some_and(|env| env == name.as_str()));
        match flag {
            // As a flag, because a test must not change the environment of all others.
            Some(flag) => {
                let flag = flag.get_long().expect("a long flag");
                given.push(format!("--{flag}={value}"));
            }
            None => assert!(is_of_reporter(name), "the demo does not read {name}"),
        }
    }
    given.extend(arguments.iter().map(|&argument| argument.to_owned()));
    Config::try_parse_from(given).unwrap_or_else(|error| panic!("{error}"))
}

/// Whether `telemetry-opentelemetry` reads it by itself.
fn is_of_reporter(name: &str) -> bool {
    let file = root().join("reporters/opentelemetry/src/environment.rs");
    let known = std::fs::read_to_string(file).expect("the reporter's variables");
    name.starts_with("OTEL_") && known.contains(&format!("\"{name}\""))
}

#[test]
#[should_panic(expected = "the demo does not read LISTN")]
fn a_variable_that_nobody_reads_is_found() {
    configured(&[], &serde_json::json!({ "LISTN": "[::]:4000" }));
}

#[test]
#[should_panic(expected = "the demo does not read OTEL_SERVCE_NAME")]
fn so_is_one_that_the_reporter_does_not_read() {
    configured(&[], &serde_json::json!({ "OTEL_SERVCE_NAME": "demo" }));
}

#[test]
#[should_panic(expected = "--lgo")]
fn a_flag_that_nobody_knows_is_found() {
    configured(&["--lgo", "json"], &serde_json::json!({}));
}
