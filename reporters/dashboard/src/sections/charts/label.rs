//! What series are called in a legend.

use std::collections::HashSet;

use telemetry_metrics::history::PastSeries;

/// No tag's value is longer than this in a label.
const LONGEST_VALUE: usize = 60;

/// No label is.
const LONGEST: usize = 160;

/// Stands for a tag that a series has not.
const ABSENT: &str = "–";

const OVERFLOW: &str = "overflow";

/// Labels of series that are shown together, and what all of them share.
#[derive(Debug)]
pub(crate) struct Labels {
    pub(crate) labels: Vec<String>,
    /// The keys of the tags that are in the labels, in their order.
    pub(crate) keys: Vec<String>,
    /// Tags that are left out of the labels because all have them, as text; may be empty.
    pub(crate) shared: String,
    /// Their places.
    pub(super) left_out: Vec<usize>,
}

impl Labels {
    /// What all have in common is left out. Values alone say what they are (`GET /me 200`), unless they
    /// could be one tag's or another's (`3 7`): those have their keys.
    pub(crate) fn of(series: &[&PastSeries]) -> Self {
        let own: Vec<_> = series.iter().filter(|one| !one.is_overflow).collect();
        let Some(first) = own.first() else {
            return Self {
                labels: vec![OVERFLOW.to_owned(); series.len()],
                keys: Vec::new(),
                shared: String::new(),
                left_out: Vec::new(),
            };
        };
        let keys = first.definition.tags();
        let differs = |tag: &usize| own.iter().any(|one| text(one, *tag) != text(first, *tag));
        let mut told: Vec<usize> = (0..keys.len()).filter(differs).collect();
        if told.is_empty() {
            told = (0..keys.len()).collect();
        }
        let left_out = (0..keys.len()).filter(|tag| !told.contains(tag));
        let left_out: Vec<_> = left_out
            .filter(|tag| !text(first, *tag).is_empty())
            .collect();
        let shared: Vec<_> = left_out
            .iter()
            .map(|tag| pair(&keys[*tag], text(first, *tag)))
            .collect();
        let label = |label: &dyn Fn(&PastSeries) -> String| -> Vec<String> {
            let label = |one: &&PastSeries| match one.is_overflow {
                true => OVERFLOW.to_owned(),
                false => label(one),
            };
            series.iter().map(label).collect()
        };
        let mut labels = label(&|one| values(one, &told));
        if told.len() > 1 && (are_alike(&own, &told) || has_twice(&labels)) {
            labels = label(&|one| pairs(one, &told));
        }
        number(&mut labels);
        Self {
            labels,
            keys: told.iter().map(|tag| keys[*tag].clone()).collect(),
            shared: clean(&shared.join(", "), LONGEST),
            left_out,
        }
    }
}

/// Whether all series have the same text for a tag.
pub(super) fn is_shared(series: &[PastSeries], tag: usize) -> bool {
    let mut own = series.iter().filter(|one| !one.is_overflow);
    let first = own.next().map(|one| text(one, tag));
    own.all(|one| Some(text(one, tag)) == first)
}

/// The value of a tag; series that were met before a tag was have none for it.
fn text(series: &PastSeries, tag: usize) -> &str {
    series.tags.get(tag).map_or("", |text| text)
}

/// `GET /me 200`.
fn values(series: &PastSeries, told: &[usize]) -> String {
    let value = |tag: &usize| match text(series, *tag) {
        "" => ABSENT.to_owned(),
        text => clean(text, LONGEST_VALUE),
    };
    match told {
        [] => "no tags".to_owned(),
        [tag] if text(series, *tag).is_empty() => match series.definition.tags().get(*tag) {
            Some(key) => format!("no {}", clean(key, LONGEST_VALUE)),
            None => ABSENT.to_owned(),
        },
        _ => {
            let values: Vec<_> = told.iter().map(value).collect();
            clean(&values.join(" "), LONGEST)
        }
    }
}

/// `shard=3 attempt=7`.
fn pairs(series: &PastSeries, told: &[usize]) -> String {
    let keys = series.definition.tags();
    let there = told
        .iter()
        .filter_map(|tag| Some((keys.get(*tag)?, text(series, *tag))));
    let pairs: Vec<_> = there
        .map(|(key, value)| match value {
            "" => format!("{}={ABSENT}", clean(key, LONGEST_VALUE)),
            value => pair(key, value),
        })
        .collect();
    clean(&pairs.join(" "), LONGEST)
}

fn pair(key: &str, value: &str) -> String {
    format!(
        "{}={}",
        clean(key, LONGEST_VALUE),
        clean(value, LONGEST_VALUE)
    )
}

/// Whether one tag's values could be another's: both have numbers or truths, or the same text.
fn are_alike(series: &[&&PastSeries], told: &[usize]) -> bool {
    let values = |tag: &usize| -> HashSet<&str> {
        let values = series.iter().map(|one| text(one, *tag));
        values.filter(|value| !value.is_empty()).collect()
    };
    let by_tag: Vec<_> = told.iter().map(values).collect();
    let bare = |values: &&HashSet<&str>| values.iter().any(|value| is_bare(value));
    let mut seen = HashSet::new();
    by_tag.iter().filter(bare).count() > 1
        || by_tag.iter().flatten().any(|value| !seen.insert(*value))
}

fn is_bare(value: &str) -> bool {
    matches!(value, "true" | "false") || value.parse::<f64>().is_ok()
}

fn has_twice(labels: &[String]) -> bool {
    let mut seen = HashSet::new();
    labels.iter().any(|label| !seen.insert(label))
}

/// Labels that were cut where they differ are told apart by numbers.
fn number(labels: &mut [String]) {
    for at in 1..labels.len() {
        let (before, rest) = labels.split_at_mut(at);
        let Some(label) = rest.first_mut() else {
            return;
        };
        let plain = label.clone();
        let mut next = 2;
        while before.contains(label) {
            *label = format!("{plain} ({next})");
            next += 1;
        }
    }
}

/// What is looked for among series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Find {
    All,
    /// All of these are in the tags, in lower case: in a value, or, as `route=/me`, at the beginning of
    /// that tag's value. Keys alone are not looked at: each series has them.
    Words(Vec<String>),
    /// Exactly this value of this tag: `=route=/me`.
    Pair(String, String),
}

impl Find {
    pub(super) fn of(text: &str) -> Self {
        if let Some((key, value)) = text.strip_prefix('=').and_then(|pair| pair.split_once('=')) {
            return Self::Pair(key.to_owned(), value.to_owned());
        }
        let words: Vec<_> = text
            .split([' ', ','])
            .filter(|word| !word.is_empty())
            .collect();
        match words.is_empty() {
            true => Self::All,
            false => Self::Words(words.iter().map(|word| word.to_lowercase()).collect()),
        }
    }

    pub(super) fn is_in(&self, series: &PastSeries) -> bool {
        let words = match self {
            Self::All => return true,
            // What is in the overflow had other tags.
            Self::Pair(..) if series.is_overflow => return false,
            Self::Pair(key, value) => {
                let mut keys = series.definition.tags().iter();
                let tag = keys.position(|known| known == key);
                return tag.is_some_and(|tag| text(series, tag) == value);
            }
            Self::Words(words) => words,
        };
        if series.is_overflow {
            return words.iter().all(|word| OVERFLOW.contains(&**word));
        }
        let pairs: Vec<_> = series
            .tags()
            .map(|(key, value)| (key.to_lowercase(), value.to_lowercase()))
            .collect();
        let has = |word: &String| pairs.iter().any(|(key, value)| is_in(word, key, value));
        words.iter().all(has)
    }
}

fn is_in(word: &str, key: &str, value: &str) -> bool {
    let rest = word.strip_prefix(key);
    let wanted = rest.and_then(|rest| rest.strip_prefix('='));
    value.contains(word) || wanted.is_some_and(|wanted| value.starts_with(wanted))
}

/// So many characters at most, none of which moves others about.
pub(super) fn clean(text: &str, longest: usize) -> String {
    let mut cleaned = String::new();
    for (at, c) in text.chars().enumerate() {
        if at == longest {
            cleaned.push('…');
            break;
        }
        let moves = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        cleaned.push(if c.is_control() || moves {
            '\u{fffd}'
        } else {
            c
        });
    }
    cleaned
}

#[cfg(test)]
mod tests;
