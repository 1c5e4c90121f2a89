//! A [`Panel`] as Grafana has it.

use crate::grafana::color::Color;
use crate::grafana::escape::literal;
use crate::grafana::json::{Json, object};
use crate::grafana::panel::{Look, Panel, Query};

impl Panel {
    pub(crate) fn to_json(&self, id: u32, [x, y]: [u32; 2]) -> Json {
        let mut panel = object! {
            "id": id,
            "type": match self.look {
                Look::TimeSeries => "timeseries",
                Look::Stat => "stat",
                Look::Gauge => "gauge",
                Look::Table => "table",
                Look::StateTimeline => "state-timeline",
                Look::Heatmap => "heatmap",
            },
            "title": literal(&self.title),
        };
        if let Some(description) = &self.description {
            panel.put("description", literal(description));
        }
        panel.put("datasource", datasource());
        let pos = object! { "h": self.height, "w": self.width, "x": x, "y": y };
        panel.put("gridPos", pos);
        panel.put("fieldConfig", self.fields());
        panel.put("options", self.options());
        let targets = self.queries.iter().enumerate();
        let targets: Vec<Json> = targets.map(|(at, query)| self.target(at, query)).collect();
        panel.put("targets", targets);
        if self.look == Look::Table {
            panel.put("transformations", self.columns());
        }
        panel
    }

    fn target(&self, at: usize, query: &Query) -> Json {
        object! {
            "refId": ref_id(at),
            "datasource": datasource(),
            "editorMode": "code",
            "exemplar": self.exemplars && at + 1 == self.queries.len(),
            "expr": &*query.expr,
            "format": match self.look {
                Look::Heatmap => "heatmap",
                Look::Table => "table",
                _ => "time_series",
            },
            "instant": self.look.is_instant(),
            "legendFormat": &*query.legend,
            "range": !self.look.is_instant(),
        }
    }

    fn fields(&self) -> Json {
        let mut defaults = object! { "unit": &*self.unit };
        for (key, bound) in [("min", self.range[0]), ("max", self.range[1])] {
            if let Some(bound) = bound.filter(|bound| bound.is_finite()) {
                defaults.put(key, bound);
            }
        }
        if let Some(digits) = self.decimals {
            defaults.put("decimals", digits);
        }
        let mode = match self.look {
            Look::TimeSeries | Look::Heatmap => "palette-classic",
            _ => "thresholds",
        };
        defaults.put("color", object! { "mode": mode });
        let base = object! { "color": self.base.as_str(), "value": Json::Null };
        let step =
            |(from, color): &(f64, Color)| object! { "color": color.as_str(), "value": *from };
        let steps: Vec<Json> = [base]
            .into_iter()
            .chain(self.thresholds.iter().map(step))
            .collect();
        defaults.put("thresholds", object! { "mode": "absolute", "steps": steps });
        if let Some(custom) = self.custom() {
            defaults.put("custom", custom);
        }
        object! { "defaults": defaults, "overrides": self.overrides() }
    }
}

/// The data source that the dashboard's first variable chooses.
pub(crate) fn datasource() -> Json {
    object! { "type": "prometheus", "uid": "${datasource}" }
}

/// `A`, `B`, ... `Z`, `AA`, ...
pub(super) fn ref_id(mut at: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(b'A' + (at % 26) as u8);
        at /= 26;
        if at == 0 {
            break;
        }
        at -= 1;
    }
    letters.iter().rev().map(|letter| *letter as char).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_lettered_as_columns_of_a_sheet() {
        let ids = [0, 1, 25, 26, 27, 51, 52, 701, 702].map(ref_id);
        assert_eq!(ids, ["A", "B", "Z", "AA", "AB", "AZ", "BA", "ZZ", "AAA"]);
    }
}
