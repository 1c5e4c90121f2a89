//! Texts, as they are compared.

use telemetry_vectors::num::Num;

use crate::strict::{self, Family};

/// What a scrape gives.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scrape {
    /// Families in their order, their samples in any.
    Families(Vec<Shown>),
    /// A text that nobody can read: its lines, in any order.
    Unreadable(Vec<String>),
    /// It fails.
    Raises(String),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shown {
    pub(super) name: String,
    pub(super) kind: String,
    /// `None` if nobody has described it: here, something is made up then.
    pub(super) help: Option<String>,
    pub(super) samples: Vec<String>,
}

impl Scrape {
    pub(super) fn of(text: &str) -> Self {
        match strict::parse_loosely(text) {
            Ok(families) => Self::Families(families.into_iter().map(Shown::of).collect()),
            Err(_) => {
                let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
                lines.sort();
                Self::Unreadable(lines)
            }
        }
    }
}

impl Shown {
    fn of(family: Family) -> Self {
        let mut samples: Vec<String> = Vec::new();
        for mut sample in family.samples {
            for (label, value) in &mut sample.labels {
                let bound = value
                    .parse::<f64>()
                    .ok()
                    .filter(|_| label == "le" && value != "+Inf");
                if let Some(bound) = bound {
                    *value = Num::Float(bound + 0.0).text();
                }
            }
            sample.labels.sort();
            let labels = sample
                .labels
                .iter()
                .map(|(key, value)| format!("{key}={value:?}"));
            let labels = labels.collect::<Vec<_>>().join(",");
            samples.push(format!("{}{{{labels}}} {}", sample.name, sample.value));
        }
        samples.sort();
        let help = Some(family.help).filter(|help| !help.is_empty());
        Self {
            name: family.name,
            kind: family.kind,
            help,
            samples,
        }
    }
}
