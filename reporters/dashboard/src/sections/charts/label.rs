//! What series are called in a legend.

use telemetry_metrics::history::PastSeries;

/// No tag's value is longer than this in a label.
const LONGEST_VALUE: usize = 60;

/// No label is.
const LONGEST: usize = 160;

/// Labels of series that are shown together, and what all of them share.
pub(super) struct Labels {
    pub(super) labels: Vec<String>,
    /// Tags that are left out of the labels because all have them, as text; may be empty.
    pub(super) shared: String,
}

impl Labels {
    /// What all have in common is left out. If one tag is left, its value says all there is to say.
    pub(super) fn of(series: &[&PastSeries]) -> Self {
        let own: Vec<_> = series.iter().filter(|one| !one.is_overflow).collect();
        let Some(first) = own.first() else {
            let labels = series.iter().map(|one| full(one)).collect();
            return Self {
                labels,
                shared: String::new(),
            };
        };
        let keys = first.definition.tags();
        // Series that were met before a tag was have no text for it.
        let text =
            |one: &PastSeries, tag: usize| one.tags.get(tag).map_or("", |text| text).to_owned();
        let differs = |tag: &usize| own.iter().any(|one| text(one, *tag) != text(first, *tag));
        let mut told: Vec<usize> = (0..keys.len()).filter(differs).collect();
        if told.is_empty() {
            told = (0..keys.len()).collect();
        }
        let shared = (0..keys.len()).filter(|tag| !told.contains(tag));
        let shared = shared.filter(|tag| !text(first, *tag).is_empty());
        let shared: Vec<_> = shared
            .map(|tag| pair(&keys[tag], &text(first, tag)))
            .collect();
        let label = |one: &&PastSeries| match told[..] {
            _ if one.is_overflow => full(one),
            [tag] if text(one, tag).is_empty() => {
                format!("no {}", clean(&keys[tag], LONGEST_VALUE))
            }
            [tag] => clean(&text(one, tag), LONGEST_VALUE),
            _ => {
                let there = told.iter().filter(|tag| !text(one, **tag).is_empty());
                let pairs: Vec<_> = there
                    .map(|tag| pair(&keys[*tag], &text(one, *tag)))
                    .collect();
                joined(&pairs)
            }
        };
        Self {
            labels: series.iter().map(label).collect(),
            shared: if shared.is_empty() {
                String::new()
            } else {
                joined(&shared)
            },
        }
    }
}

/// All tags of a series: what `find` looks into.
pub(super) fn full(series: &PastSeries) -> String {
    if series.is_overflow {
        return "overflow".to_owned();
    }
    let pairs: Vec<_> = series.tags().map(|(key, value)| pair(key, value)).collect();
    joined(&pairs)
}

/// Whether a series' label contains a text, which is in lower case.
pub(super) fn matches(series: &PastSeries, text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    if series.is_overflow {
        return "overflow".contains(text);
    }
    let pairs: Vec<_> = series
        .tags()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    pairs.join(", ").to_lowercase().contains(text)
}

fn joined(pairs: &[String]) -> String {
    match pairs {
        [] => "no tags".to_owned(),
        _ => clean(&pairs.join(", "), LONGEST),
    }
}

fn pair(key: &str, value: &str) -> String {
    format!(
        "{}={}",
        clean(key, LONGEST_VALUE),
        clean(value, LONGEST_VALUE)
    )
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
