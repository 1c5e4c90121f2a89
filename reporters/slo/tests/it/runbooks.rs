//! Each alert has a page, each page an alert, and what the pages say to paste is PromQL.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use telemetry_slo::prometheus::Rules;
use telemetry_slo::{Alarm, Objective};

use crate::promtool::Files;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/runbooks")
}

/// The pages: their names without the ending, and their text.
fn pages() -> Vec<(String, String)> {
    let files = std::fs::read_dir(folder()).expect("docs/runbooks is there");
    let mut pages = Vec::new();
    for file in files {
        let path = file.expect("its files can be listed").path();
        let name = path.file_stem().expect("a file has a name");
        let name = name.to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("a page is text");
        pages.push((name, text));
    }
    pages.sort();
    pages
}

/// Rules with everything that there is.
fn rules() -> Rules {
    let alarms = [
        Alarm::channel_depth("a.depth", "a.capacity"),
        Alarm::pool_waiting("a.waiting"),
        Alarm::run_queue("a.queue"),
        Alarm::memory("a.memory", 1),
        Alarm::table_size("a.size", 1),
        Alarm::open_files("a.open", "a.limit"),
        Alarm::series_overflow(),
        Alarm::reporter_failures(),
        Alarm::panics("a.panics"),
    ];
    let site = Objective::availability("site", ["runbooks_test.stop"]);
    let rules = Rules::builder(&[site]).alarms(&alarms).runbooks("pages");
    let name = |definition: &str| Some(definition.replace('.', "_"));
    rules.build(name).expect("they are well made")
}

#[test]
fn each_alert_has_its_page_and_each_page_an_alert() {
    let rules = rules();
    let text = rules.to_yaml();
    let urls = text.lines().filter_map(|line| {
        let page = line.trim().strip_prefix("runbook_url: pages/")?;
        page.strip_suffix(".md").map(ToOwned::to_owned)
    });
    let expected: BTreeSet<String> = urls.collect();
    assert_eq!(expected.len(), rules.alert_names().len());
    let mut pages = pages();
    pages.retain(|(name, _)| name != "README");
    let names: BTreeSet<String> = pages.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names, expected);
    let titles = pages.iter().map(|(_, text)| text.lines().next());
    let titles: BTreeSet<String> = titles
        .map(|title| {
            title
                .unwrap_or_default()
                .trim_start_matches("# ")
                .to_owned()
        })
        .collect();
    let alerts: BTreeSet<String> = rules.alert_names().into_iter().collect();
    assert_eq!(titles, alerts);
}

#[test]
fn each_page_answers_the_same_questions() {
    for (name, text) in pages().iter().filter(|(name, _)| name != "README") {
        let headings = text.lines().filter_map(|line| line.strip_prefix("## "));
        let headings: Vec<&str> = headings.collect();
        let expected = [
            "What it means",
            "How bad it is",
            "First look",
            "Likely causes",
            "Mitigation",
            "How to prove that it is over",
            "False alarms and tuning",
            "Escalation",
        ];
        assert_eq!(headings, expected, "{name}");
        assert!(text.contains("**Severity: "), "{name} says its severity");
        assert!(text.contains("```promql"), "{name} has something to paste");
    }
}

#[test]
fn the_first_page_lists_them_all_with_their_severity() {
    let pages = pages();
    let first = pages.iter().find(|(name, _)| name == "README");
    let (_, first) = first.expect("docs/runbooks/README.md");
    for (name, text) in pages.iter().filter(|(name, _)| name != "README") {
        let title = text.lines().next().unwrap_or_default();
        let title = title.trim_start_matches("# ");
        let row = format!("| [{title}]({name}.md) | ");
        let rest = first.split(&row).nth(1);
        let rest = rest.unwrap_or_else(|| panic!("no row for {title}"));
        let severity = text.split("**Severity: ").nth(1).unwrap_or_default();
        let severity: String = severity
            .chars()
            .take_while(char::is_ascii_lowercase)
            .collect();
        assert!(rest.starts_with(&severity), "{title}: {severity}");
    }
}

#[test]
#[ignore = "needs promtool"]
fn what_there_is_to_paste_is_promql() {
    let mut file = "groups:\n- name: pages\n  rules:\n".to_owned();
    let mut queries = 0;
    for (name, text) in pages() {
        for block in text.split("```promql\n").skip(1) {
            let block = block.split("```").next().unwrap_or_default();
            for query in block.lines().map(str::trim).filter(|line| !line.is_empty()) {
                queries += 1;
                file.push_str(&format!(
                    "  - record: page:query{queries}\n    labels: {{page: {name}}}\n    expr: |\n      {query}\n"
                ));
            }
        }
    }
    assert!(queries > 50, "{queries}");
    let files = Files::new(&[("rules.yml", &file)]);
    let (passed, said) = files.run("promtool", &["check", "rules", "rules.yml"]);
    assert!(
        passed && said.contains(&format!("{queries} rules")),
        "{said}"
    );
}
