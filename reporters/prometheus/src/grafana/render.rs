//! A [`Panel`] as Grafana has it.

use crate::grafana::escape::literal;
use crate::grafana::json::{Json, object};
use crate::grafana::panel::{Color, Look, Panel, Query};

impl Panel {
    pub(crate) fn to_json(&self, id: u32, [x, y]: [u32; 2]) -> Json {
        let mut panel = object! {
            "id": id,
            "type": match self.look {
                Look::TimeSeries => "timeseries",
                Look::Stat => "stat",
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
        panel
    }

    fn target(&self, at: usize, query: &Query) -> Json {
        object! {
            "refId": ref_id(at),
            "datasource": datasource(),
            "editorMode": "code",
            "exemplar": self.exemplars && at + 1 == self.queries.len(),
            "expr": &*query.expr,
            "format": if self.is_heatmap() { "heatmap" } else { "time_series" },
            "instant": self.look == Look::Stat,
            "legendFormat": &*query.legend,
            "range": self.look != Look::Stat,
        }
    }

    fn fields(&self) -> Json {
        let mut defaults = object! { "unit": &*self.unit };
        for (key, bound) in [("min", self.range[0]), ("max", self.range[1])] {
            if let Some(bound) = bound.filter(|bound| bound.is_finite()) {
                defaults.put(key, bound);
            }
        }
        let by_threshold = self.look == Look::Stat;
        let mode = if by_threshold {
            "thresholds"
        } else {
            "palette-classic"
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
        if self.look == Look::TimeSeries {
            let style = if self.thresholds.is_empty() {
                "off"
            } else {
                "dashed"
            };
            defaults.put(
                "custom",
                object! {
                    "drawStyle": "line",
                    "fillOpacity": 10,
                    "lineWidth": 1,
                    "showPoints": "auto",
                    // A process that was gone for a while has no values in between.
                    "spanNulls": false,
                    "thresholdsStyle": object! { "mode": style },
                },
            );
        }
        object! { "defaults": defaults, "overrides": Vec::new() }
    }

    fn options(&self) -> Json {
        match self.look {
            Look::TimeSeries => object! {
                "legend": object! {
                    "calcs": if self.table {
                        vec![Json::from("lastNotNull"), Json::from("max")]
                    } else {
                        Vec::new()
                    },
                    "displayMode": if self.table { "table" } else { "list" },
                    "placement": "bottom",
                    "showLegend": true,
                },
                "tooltip": object! { "mode": "multi", "sort": "desc" },
            },
            Look::Stat => object! {
                "colorMode": "value",
                "graphMode": "none",
                "justifyMode": "auto",
                "orientation": "auto",
                "percentChangeColorMode": "standard",
                "reduceOptions": object! {
                    "calcs": [Json::from("lastNotNull")], "fields": "", "values": false,
                },
                "showPercentChange": false,
                "textMode": "auto",
                "wideLayout": true,
            },
            Look::Heatmap => object! {
                "calculate": false,
                "cellGap": 1,
                "color": object! {
                    "exponent": 0.5, "fill": "dark-orange", "mode": "scheme", "reverse": false,
                    "scale": "exponential", "scheme": "Oranges", "steps": 64,
                },
                "exemplars": object! { "color": "rgba(255,0,255,0.7)" },
                "filterValues": object! { "le": 1e-9 },
                "legend": object! { "show": true },
                "rowsFrame": object! { "layout": "auto" },
                "showValue": "never",
                "tooltip": object! { "mode": "single", "showColorScale": false, "yHistogram": true },
                "yAxis": object! {
                    "axisPlacement": "left", "reverse": false, "unit": &*self.unit,
                },
            },
        }
    }
}

/// The data source that the dashboard's first variable chooses.
pub(crate) fn datasource() -> Json {
    object! { "type": "prometheus", "uid": "${datasource}" }
}

/// `A`, `B`, ... `Z`, `AA`, ...
fn ref_id(mut at: usize) -> String {
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
