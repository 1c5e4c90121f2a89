//! The guide names files that there are, and all that one has to know of.

use std::collections::BTreeSet;

use super::files::root;

fn guide() -> String {
    std::fs::read_to_string(root().join("docs/deployment.md")).expect("the guide")
}

#[test]
fn what_the_guide_links_to_is_there() {
    let guide = guide();
    let links: BTreeSet<&str> = guide
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .collect();
    assert!(links.len() > 10, "{links:?}");
    for link in links {
        let (file, heading) = link.split_once('#').unwrap_or((link, ""));
        assert!(root().join("docs").join(file).exists(), "{link}");
        if file.is_empty() {
            let is_it = |line: &&str| {
                let title = line.trim_start_matches('#').trim().to_lowercase();
                let title = title.replace(',', "").replace(' ', "-");
                line.starts_with('#') && title == heading
            };
            assert!(guide.lines().any(|line| is_it(&line)), "{link}");
        }
    }
}

#[test]
fn the_guide_knows_what_has_to_be_set() {
    let guide = guide();
    for needed in [
        "cp env.example .env",
        "GF_SECURITY_ADMIN_PASSWORD",
        "PROMETHEUS_AUTHORIZATION",
        "DATABASE_URL",
        "RENEW_OPS=1",
        "**Untested**",
    ] {
        assert!(guide.contains(needed), "{needed}");
    }
}
