//! [`Panel`]: one chart, as plain data.

use crate::grafana::color::Color;
use crate::grafana::unit;

/// How many columns a dashboard has.
pub(crate) const COLUMNS: u32 = 24;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    TimeSeries,
    Stat,
    Gauge,
    Table,
    StateTimeline,
    Heatmap,
}

impl Look {
    /// Whether the newest values are shown, and not how they came to be.
    pub(super) fn is_instant(self) -> bool {
        matches!(self, Self::Stat | Self::Gauge | Self::Table)
    }
}

/// A PromQL query and the legend of what it finds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Query {
    pub(super) expr: String,
    pub(super) legend: String,
}

/// One chart of a dashboard: a title, queries, a unit and thresholds.
///
/// For charts that the definitions do not tell about, and for other crates to hand over:
/// [`DashboardBuilder::panel`](super::DashboardBuilder::panel) and
/// [`row`](super::DashboardBuilder::row) take them. Titles and descriptions are plain text;
/// expressions and legends are in Grafana's language, with variables such as `$job` and
/// `$__rate_interval`. [`quoted`](super::quoted) and [`literal`](super::literal) make text from elsewhere safe
/// there.
///
/// ```
/// use telemetry_prometheus::grafana::{Color, Panel};
///
/// Panel::time_series("Checkout: error budget burn")
///     .description("How many times faster than allowed the budget is used up")
///     .unit("short")
///     .query(r#"job:checkout_burn:rate1h{job=~"$job"}"#, "1 h")
///     .query(r#"job:checkout_burn:rate6h{job=~"$job"}"#, "6 h")
///     .threshold(1.0, Color::Yellow)
///     .threshold(14.4, Color::Red);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a panel does nothing until it is added to a dashboard"]
pub struct Panel {
    pub(super) look: Look,
    pub(super) title: String,
    pub(super) description: Option<String>,
    pub(super) unit: String,
    pub(super) queries: Vec<Query>,
    pub(super) base: Color,
    pub(super) thresholds: Vec<(f64, Color)>,
    pub(super) range: [Option<f64>; 2],
    pub(super) decimals: Option<u32>,
    pub(super) long_legend: bool,
    pub(super) exemplars: bool,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Panel {
    /// Lines over time.
    pub fn time_series(title: impl Into<String>) -> Self {
        Self {
            look: Look::TimeSeries,
            title: title.into(),
            description: None,
            unit: unit::SHORT.to_owned(),
            queries: Vec::new(),
            base: Color::Green,
            thresholds: Vec::new(),
            range: [None, None],
            decimals: None,
            long_legend: false,
            exemplars: false,
            width: COLUMNS / 2,
            height: 8,
        }
    }

    /// The newest value as a large number, coloured by the thresholds.
    pub fn stat(title: impl Into<String>) -> Self {
        Self {
            look: Look::Stat,
            width: COLUMNS / 4,
            height: 4,
            ..Self::time_series(title)
        }
    }

    /// The newest value as an arc between [`min`](Self::min) and [`max`](Self::max), coloured by the
    /// thresholds.
    pub fn gauge(title: impl Into<String>) -> Self {
        Self {
            look: Look::Gauge,
            width: COLUMNS / 4,
            height: 6,
            ..Self::time_series(title)
        }
    }

    /// The newest values, a line for each series: its labels and the value of each query, whose legend
    /// is the head of the column.
    pub fn table(title: impl Into<String>) -> Self {
        Self {
            look: Look::Table,
            ..Self::time_series(title)
        }
    }

    /// A bar for each series, coloured over time by the thresholds: what was on, and when.
    pub fn state_timeline(title: impl Into<String>) -> Self {
        Self {
            look: Look::StateTimeline,
            height: 6,
            ..Self::time_series(title)
        }
    }

    /// How many values fell into which bucket, over time; its query must give buckets.
    pub(crate) fn heatmap(title: impl Into<String>) -> Self {
        Self {
            look: Look::Heatmap,
            ..Self::time_series(title)
        }
    }

    /// What is shown when somebody points at the panel's `i`; Markdown.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Grafana's identifier of the unit: `s`, `ms`, `bytes`, `reqps`, `percentunit` (0 to 1),
    /// `percent` (0 to 100), `suffix:orders`, ... `short`, a plain number, unless it is called.
    pub fn unit(mut self, id: impl Into<String>) -> Self {
        self.unit = id.into();
        self
    }

    /// Adds a query in PromQL, and the legend of its series: a name, or a template such as
    /// `{{route}}`.
    pub fn query(mut self, expr: impl Into<String>, legend: impl Into<String>) -> Self {
        self.queries.push(Query {
            expr: expr.into(),
            legend: legend.into(),
        });
        self
    }

    /// Gives values from `from` on a colour; in [charts over time](Self::time_series), draws a line
    /// there. From minus infinity on is the [base colour](Self::base_color); anything else that is not
    /// finite is left out.
    pub fn threshold(mut self, from: f64, color: Color) -> Self {
        if from == f64::NEG_INFINITY {
            self.base = color;
        } else if from.is_finite() {
            self.thresholds.push((from, color));
            self.thresholds.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        self
    }

    /// The colour below all thresholds; green unless it is called.
    pub fn base_color(mut self, color: Color) -> Self {
        self.base = color;
        self
    }

    /// Where the axis begins, if it is not left to the values.
    pub fn min(mut self, min: f64) -> Self {
        self.range[0] = Some(min);
        self
    }

    /// Where the axis ends, if it is not left to the values.
    pub fn max(mut self, max: f64) -> Self {
        self.range[1] = Some(max);
        self
    }

    /// How many digits stand behind the point: as many as seem right unless it is called. A share of
    /// 0.9987 wants one to be told from 100 %.
    pub fn decimals(mut self, digits: u32) -> Self {
        self.decimals = Some(digits.min(20));
        self
    }

    /// How many of the 24 columns it is wide: half of them for charts over time and tables, a quarter
    /// for numbers. Kept within 1 and 24.
    pub fn width(mut self, columns: u32) -> Self {
        self.width = columns.clamp(1, COLUMNS);
        self
    }

    /// How many rows of about 38 pixels it is high: 8 for charts over time and tables, 6 for a gauge and
    /// a state timeline, 4 for a number. Kept within 2 and 40.
    pub fn height(mut self, rows: u32) -> Self {
        self.height = rows.clamp(2, 40);
        self
    }

    /// Shows the legend as a table, for many series.
    pub(crate) fn long_legend(mut self, yes: bool) -> Self {
        self.long_legend = yes;
        self
    }

    /// Shows the exemplars of what the last query asks for.
    pub(crate) fn exemplars(mut self) -> Self {
        self.exemplars = true;
        self
    }

    pub(crate) fn is_heatmap(&self) -> bool {
        self.look == Look::Heatmap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_ascend_and_are_finite() {
        let panel = Panel::stat("x")
            .threshold(2.0, Color::Red)
            .threshold(f64::NAN, Color::Blue)
            .threshold(1.0, Color::Yellow)
            .threshold(f64::INFINITY, Color::Blue)
            .threshold(f64::NEG_INFINITY, Color::Text);
        let kept = [(1.0, Color::Yellow), (2.0, Color::Red)];
        assert_eq!(panel.thresholds, kept);
        assert_eq!(panel.base, Color::Text);
    }
}
