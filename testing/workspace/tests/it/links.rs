//! The links of all pages in the repository lead somewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use crate::cargo::root;

/// All pages, by their path from the root.
fn pages(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let (path, name) = (entry.path(), entry.file_name());
        let is_ours = !name.to_string_lossy().starts_with('.') && name != "target";
        let kind = entry.file_type().expect("its type");
        if kind.is_dir() && is_ours && name != "node_modules" {
            pages(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            let text = std::fs::read_to_string(&path).expect("text");
            let from_root = path.strip_prefix(root()).expect("a page of ours");
            found.insert(from_root.to_owned(), text);
        }
    }
}

/// The lines that are not code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut fence = None;
    text.lines().filter(move |line| {
        let begin = line.trim_start();
        let ticks = begin.bytes().take_while(|byte| *byte == b'`').count();
        match fence {
            None if ticks >= 3 => fence = Some(ticks),
            Some(open) if ticks >= open => fence = None,
            None => return true,
            Some(_) => {}
        }
        false
    })
}

/// What stands between the parentheses of links and pictures, and behind `]:`.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    let prose: Vec<&str> = prose(text).collect();
    for line in &prose {
        // Code within a line has no links.
        let parts = line.split('`').enumerate();
        let plain: Vec<&str> = parts
            .map(|(at, part)| if at % 2 == 0 { part } else { "" })
            .collect();
        let plain = plain.join("`");
        for (at, _) in plain.match_indices("](") {
            let rest = &plain[at + 2..];
            let end = rest.find([')', ' ']).unwrap_or(rest.len());
            links.push(rest[..end].to_owned());
        }
        if let (true, Some((_, address))) = (plain.starts_with('['), plain.split_once("]: ")) {
            links.push(address.trim().to_owned());
        }
        for (_, rest) in ["src=\"", "srcset=\""]
            .iter()
            .filter_map(|key| plain.split_once(key))
        {
            links.push(rest.split('"').next().unwrap_or_default().to_owned());
        }
    }
    links
}

/// The anchors of a page's headings, as the sites that show such pages make them: lower case, words
/// joined by `-`, without other signs; the second of one name ends in `-1`.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut anchors = BTreeSet::new();
    for line in prose(text).filter(|line| line.starts_with('#')) {
        let title = line.trim_start_matches('#').trim();
        let kept = title.chars().filter_map(|sign| match sign {
            ' ' => Some('-'),
            '-' | '_' => Some(sign),
            _ if sign.is_alphanumeric() => Some(sign.to_ascii_lowercase()),
            _ => None,
        });
        let anchor: String = kept.collect();
        let times = seen.entry(anchor.clone()).or_default();
        anchors.insert(match *times {
            0 => anchor,
            more => format!("{anchor}-{more}"),
        });
        *times += 1;
    }
    anchors
}

/// Without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir if plain.pop() => {}
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

#[test]
fn all_links_lead_to_a_file_and_a_heading_that_are_there() {
    let mut all = BTreeMap::new();
    pages(&root(), &mut all);
    assert!(all.len() > 20, "{:?}", all.keys());
    let mut wrong = Vec::new();
    for (page, text) in &all {
        for link in links(text) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match file {
                "" => page.clone(),
                file => plain(&page.parent().expect("a folder").join(file)),
            };
            let path = root().join(&target);
            let is_there = path.exists() && !target.starts_with("..");
            let has_anchor = match all.get(&target) {
                _ if anchor.is_empty() => true,
                Some(text) => anchors(text).contains(anchor),
                // A line of a file.
                None => anchor.starts_with('L'),
            };
            if !is_there || !has_anchor {
                wrong.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert_eq!(wrong, [""; 0], "links that lead nowhere");
}

#[test]
fn links_are_found_where_they_are_links() {
    let text = "See [a](b.md#c), `[no](code)` and ![p](q.png \"title\").\n```sh\n[no](fence)\n```\n[x]: y.md\n";
    assert_eq!(links(text), ["b.md#c", "q.png", "y.md"]);
    let headings = "# What it costs\n## `a.b`: one, two\n```\n# no\n```\n## Same\n## Same\n";
    let expected = ["ab-one-two", "same", "same-1", "what-it-costs"];
    assert_eq!(anchors(headings), expected.map(str::to_owned).into());
}
