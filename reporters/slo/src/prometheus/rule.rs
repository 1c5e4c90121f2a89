//! A rule, and a group of them, before they are text.

use std::time::Duration;

use crate::prometheus::text;
use crate::prometheus::yaml::Yaml;

pub(super) type Pairs = Vec<(String, String)>;

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Rule {
    /// Stores what an expression gives under a name.
    Record {
        name: String,
        expr: String,
        labels: Pairs,
    },
    /// Fires for each series that an expression gives.
    Alert(Alert),
}

/// An alerting rule. Its labels and annotations are templates of Go: what comes from somebody else
/// has gone through [`text::literal`].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Alert {
    pub(super) name: String,
    pub(super) expr: String,
    pub(super) hold: Duration,
    pub(super) keep: Duration,
    pub(super) labels: Pairs,
    pub(super) annotations: Pairs,
}

/// Rules that are evaluated one after the other, at the same times.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) interval: Duration,
    pub(super) rules: Vec<Rule>,
}

impl Group {
    pub(super) fn to_yaml(&self) -> Yaml {
        Yaml::Map(vec![
            ("name".to_owned(), Yaml::text(&self.name)),
            (
                "interval".to_owned(),
                Yaml::plain(text::duration(self.interval)),
            ),
            (
                "rules".to_owned(),
                Yaml::List(self.rules.iter().map(Rule::to_yaml).collect()),
            ),
        ])
    }
}

impl Rule {
    fn to_yaml(&self) -> Yaml {
        match self {
            Self::Record { name, expr, labels } => {
                let mut pairs = vec![
                    // The colons need quotes in the eyes of some.
                    ("record".to_owned(), Yaml::text(name)),
                    ("expr".to_owned(), Yaml::text(expr)),
                ];
                if !labels.is_empty() {
                    pairs.push(("labels".to_owned(), Yaml::texts(labels)));
                }
                Yaml::Map(pairs)
            }
            Self::Alert(alert) => alert.to_yaml(),
        }
    }
}

impl Alert {
    fn to_yaml(&self) -> Yaml {
        let mut pairs = vec![
            ("alert".to_owned(), Yaml::text(&self.name)),
            ("expr".to_owned(), Yaml::text(&self.expr)),
        ];
        for (key, time) in [("for", self.hold), ("keep_firing_for", self.keep)] {
            if !time.is_zero() {
                pairs.push((key.to_owned(), Yaml::plain(text::duration(time))));
            }
        }
        pairs.push(("labels".to_owned(), Yaml::texts(&self.labels)));
        pairs.push(("annotations".to_owned(), Yaml::texts(&self.annotations)));
        Yaml::Map(pairs)
    }
}
