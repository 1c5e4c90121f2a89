//! What the kinds of [`Panel`] have each to themselves.

use crate::grafana::json::{Json, object};
use crate::grafana::panel::{Look, Panel};
use crate::grafana::render::ref_id;

impl Panel {
    pub(super) fn options(&self) -> Json {
        match self.look {
            Look::TimeSeries => object! {
                "legend": legend(self.long_legend),
                "tooltip": object! { "mode": "multi", "sort": "desc" },
            },
            Look::StateTimeline => object! {
                "alignValue": "left",
                "legend": legend(false),
                "mergeValues": true,
                "rowHeight": 0.9,
                "showValue": "auto",
                "tooltip": object! { "mode": "single", "sort": "none" },
            },
            Look::Table => object! { "cellHeight": "sm", "frameIndex": 0, "showHeader": true },
            Look::Gauge => object! {
                "minVizHeight": 75,
                "minVizWidth": 75,
                "orientation": "auto",
                "reduceOptions": newest(),
                "showThresholdLabels": false,
                "showThresholdMarkers": true,
                "sizing": "auto",
            },
            Look::Stat => object! {
                "colorMode": "value",
                "graphMode": "none",
                "justifyMode": "auto",
                "orientation": "auto",
                "percentChangeColorMode": "standard",
                "reduceOptions": newest(),
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

    /// How its fields look.
    pub(super) fn custom(&self) -> Option<Json> {
        let lines = if self.thresholds.is_empty() {
            "off"
        } else {
            "dashed"
        };
        Some(match self.look {
            Look::TimeSeries => object! {
                "drawStyle": "line",
                "fillOpacity": 10,
                "lineWidth": 1,
                "showPoints": "auto",
                // A process that was gone for a while has no values in between.
                "spanNulls": false,
                "thresholdsStyle": object! { "mode": lines },
            },
            Look::StateTimeline => object! { "fillOpacity": 80, "lineWidth": 0 },
            Look::Table => object! {
                "align": "auto",
                "cellOptions": object! { "type": "auto" },
                "inspect": false,
            },
            Look::Stat | Look::Gauge | Look::Heatmap => return None,
        })
    }

    /// In a table, numbers have the thresholds' colours and labels have none.
    pub(super) fn overrides(&self) -> Vec<Json> {
        if self.look != Look::Table {
            return Vec::new();
        }
        let colored = object! {
            "id": "custom.cellOptions",
            "value": object! { "type": "color-text" },
        };
        vec![object! {
            "matcher": object! { "id": "byType", "options": "number" },
            "properties": [colored],
        }]
    }

    /// What makes one table of the queries' answers: a line for each combination of labels, and what
    /// legends say for heads.
    pub(super) fn columns(&self) -> Vec<Json> {
        let mut heads = object! {};
        for (at, query) in self.queries.iter().enumerate() {
            // It is no template here.
            if !query.legend.is_empty() && !query.legend.contains("{{") {
                let column = match self.queries.len() {
                    1 => "Value".to_owned(),
                    _ => format!("Value #{}", ref_id(at)),
                };
                heads.put(column, &*query.legend);
            }
        }
        let merged = object! { "id": "merge", "options": object! {} };
        let named = object! {
            "id": "organize",
            "options": object! {
                "excludeByName": object! { "Time": true, "__name__": true },
                "indexByName": object! {},
                "renameByName": heads,
            },
        };
        vec![merged, named]
    }
}

/// The newest value that there is.
fn newest() -> Json {
    object! { "calcs": [Json::from("lastNotNull")], "fields": "", "values": false }
}

fn legend(is_long: bool) -> Json {
    let calcs = if is_long {
        vec![Json::from("lastNotNull"), Json::from("max")]
    } else {
        Vec::new()
    };
    object! {
        "calcs": calcs,
        "displayMode": if is_long { "table" } else { "list" },
        "placement": "bottom",
        "showLegend": true,
    }
}
