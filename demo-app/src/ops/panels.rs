//! Charts of objectives, which are plain data, for Grafana.

use telemetry_prometheus::grafana::{Color, Panel};
use telemetry_slo::prometheus::{Level, Look, PanelData, PanelUnit};

/// A chart of `telemetry_slo`, as `telemetry_prometheus` draws it. Neither crate knows of the other.
pub(super) fn panel(data: PanelData) -> Panel {
    let panel = match data.look {
        Look::Stat => Panel::stat(data.title).height(6),
        Look::Gauge => Panel::gauge(data.title),
        Look::Table => Panel::table(data.title),
        _ => Panel::time_series(data.title),
    };
    let panel = match data.unit {
        // 99.87 % is not 100 %.
        PanelUnit::Share => panel.unit("percentunit").decimals(2),
        PanelUnit::Seconds => panel.unit("s"),
        PanelUnit::Bytes => panel.unit("bytes"),
        _ => panel,
    };
    let mut panel = panel.description(data.description);
    for (expression, legend) in data.queries {
        panel = panel.query(expression, legend);
    }
    for (from, level) in data.thresholds {
        panel = match from.is_finite() {
            true => panel.threshold(from, color(level)),
            // Below all others.
            false => panel.base_color(color(level)),
        };
    }
    if let Some(min) = data.min {
        panel = panel.min(min);
    }
    match data.max {
        Some(max) => panel.max(max),
        None => panel,
    }
}

fn color(level: Level) -> Color {
    match level {
        Level::Good => Color::Green,
        Level::Warn => Color::Yellow,
        _ => Color::Red,
    }
}
