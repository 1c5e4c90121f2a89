//! [`Spec`]: what a chart shows.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};
use telemetry_metrics::Definition;
use telemetry_metrics::history::SeriesId;

use super::number::Number;
use super::scale::Scale;
use super::source::is_same;
use super::timing::Timing;
use crate::view::Range;

/// A chart to be: its id within the section, its range, its lines, and what stands around them.
///
/// It is cheap to make. A section makes it anew at each tick; while its lines stay the same, the chart
/// goes on, and only what changed around them is sent.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub(super) id: String,
    pub(super) timing: Timing,
    pub(super) lines: Vec<Line>,
    /// Whether there is a heat map of what the first line is about.
    pub(super) heat: bool,
    /// Whether it says so if it goes less far back than it was asked to: most pages do, once.
    pub(super) tells_reach: bool,
    /// All other fields of the card.
    pub(super) fields: Map<String, Json>,
}

/// One line of a chart.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(super) key: String,
    pub(super) label: String,
    pub(super) role: Role,
    pub(super) of: Of,
    pub(super) number: Number,
}

/// What a line is to the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// All together.
    Total,
    /// One of several of a kind.
    Series,
    /// One of several shares of the same numbers.
    Quantile,
    /// What the others should stay below.
    Limit,
}

/// Which numbers: series of one definition, together.
#[derive(Debug, Clone)]
pub(crate) struct Of {
    pub(super) definition: Arc<Definition>,
    /// All of them, unless there is a list.
    pub(super) series: Option<Arc<[SeriesId]>>,
}

impl Spec {
    /// Begins with no lines.
    pub(crate) fn new(id: &str, title: &str, range: Range) -> Self {
        let mut fields = Map::new();
        if !title.is_empty() {
            fields.insert("title".to_owned(), json!(title));
        }
        Self {
            id: id.to_owned(),
            timing: Timing::of(range),
            lines: Vec::new(),
            heat: false,
            tells_reach: false,
            fields,
        }
    }

    /// Adds a line. All lines of a chart have the unit of the first one.
    pub(crate) fn line(mut self, line: Line) -> Self {
        if self.lines.is_empty() {
            let unit = Scale::of(&line.of.definition, &line.number).unit;
            let stat = line.number.as_str();
            let mut usual = |key: &str, value: &str| {
                let value = json!(value);
                self.fields.entry(key).or_insert(value);
            };
            usual("unit", &unit);
            usual("stat", stat);
            usual("by", "total");
        }
        self.lines.push(line);
        self
    }

    /// Another unit than the one of the first line's definition: a word.
    pub(crate) fn unit(self, unit: &str) -> Self {
        self.set("unit", json!(unit))
    }

    /// A small one, without controls.
    pub(crate) fn compact(self) -> Self {
        self.set("compact", json!(true))
    }

    /// Where its title leads to.
    pub(crate) fn href(self, href: &str) -> Self {
        self.set("href", json!(href))
    }

    /// A sentence in small print.
    pub(crate) fn hint(self, hint: &str) -> Self {
        self.set("hint", json!(hint))
    }

    /// What else there is to say, in smaller print still.
    pub(crate) fn more(self, more: &str) -> Self {
        self.set("more", json!(more))
    }

    pub(super) fn set(mut self, key: &str, value: Json) -> Self {
        self.fields.insert(key.to_owned(), value);
        self
    }

    /// Whether what is drawn is the same, so that the chart can go on.
    pub(super) fn draws_as(&self, other: &Self) -> bool {
        self.timing == other.timing
            && self.heat == other.heat
            && self.lines.len() == other.lines.len()
            && self
                .lines
                .iter()
                .zip(&other.lines)
                .all(|(one, other)| one.is_as(other))
    }
}

impl Line {
    /// The key tells it apart from the others of its chart.
    pub(crate) fn new(key: &str, label: &str, role: Role, of: Of, number: Number) -> Self {
        Self {
            key: key.to_owned(),
            label: label.to_owned(),
            role,
            of,
            number,
        }
    }

    fn is_as(&self, other: &Self) -> bool {
        self.key == other.key
            && self.label == other.label
            && self.role == other.role
            && self.of.is_as(&other.of)
            && self.number.is_as(&other.number)
    }
}

impl Role {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Series => "series",
            Self::Quantile => "quantile",
            Self::Limit => "limit",
        }
    }
}

impl Of {
    /// All series of a definition: those that there are, were and will be.
    pub(crate) fn all(definition: &Arc<Definition>) -> Self {
        Self {
            definition: definition.clone(),
            series: None,
        }
    }

    /// Some series of a definition. If others are given at a later tick, the chart begins anew.
    pub(crate) fn some(
        definition: &Arc<Definition>,
        series: impl IntoIterator<Item = SeriesId>,
    ) -> Self {
        Self {
            definition: definition.clone(),
            series: Some(series.into_iter().collect()),
        }
    }

    pub(super) fn is_as(&self, other: &Self) -> bool {
        let same = is_same(&self.definition, &other.definition);
        same && self.series == other.series
    }
}
