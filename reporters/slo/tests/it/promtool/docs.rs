//! The examples of docs/slo/alerts.md.

use std::path::Path;

use super::Files;
use super::source::builder;
use super::source::{name, site};

/// The block of YAML that begins with this comment.
fn block(file: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/slo/alerts.md");
    let page = std::fs::read_to_string(page).expect("docs/slo/alerts.md is there");
    let mut blocks = page.split("```yaml\n").skip(1);
    let block = blocks.find(|block| block.starts_with(&format!("# {file}")));
    let block = block.unwrap_or_else(|| panic!("there is an example of {file}"));
    let end = block.find("```").expect("the example ends");
    block[..end].to_owned()
}

#[test]
#[ignore = "needs promtool"]
fn the_example_of_a_test_passes_and_can_fail() {
    let rules = builder(&[site().label("team", "web")]).build(name).unwrap();
    let run = |tests: &str| {
        let files = Files::new(&[("rules.yml", &rules.to_yaml()), ("tests.yml", tests)]);
        files.run("promtool", &["test", "rules", "tests.yml"])
    };
    let example = block("tests.yml");
    let (passed, said) = run(&example);
    assert!(passed, "{said}");
    let (passed, said) = run(&example.replace("72000x240", "72000+150x240"));
    assert!(!passed, "{said}");
}

#[test]
#[ignore = "needs promtool"]
fn the_example_of_a_configuration_is_good() {
    let rules = builder(&[site()]).build(name).unwrap();
    let files = Files::new(&[
        ("rules.yml", &rules.to_yaml()),
        ("prometheus.yml", &block("prometheus.yml")),
    ]);
    let (passed, said) = files.run("promtool", &["check", "config", "prometheus.yml"]);
    assert!(passed, "{said}");
}
