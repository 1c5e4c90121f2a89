//! Where panels stand: from left to right, 24 columns, beneath rows.

use crate::grafana::json::{Json, object};
use crate::grafana::panel::{COLUMNS, Panel};

/// Takes panels and gives each its place and its number.
#[derive(Debug, Default)]
pub(crate) struct Grid {
    panels: Vec<Json>,
    last_id: u32,
    x: u32,
    y: u32,
    /// The height of the highest panel of the line.
    line: u32,
}

impl Grid {
    /// A row with a title, and panels beneath it.
    pub(crate) fn row(&mut self, title: &str, panels: &[Panel]) {
        let mut row = self.begin_row(title, false);
        row.put("panels", Vec::new());
        self.panels.push(row);
        for panel in panels {
            let panel = self.place(panel);
            self.panels.push(panel);
        }
        self.end_line();
    }

    /// The same, folded: only its title takes room.
    pub(crate) fn folded_row(&mut self, title: &str, panels: &[Panel]) {
        let mut row = self.begin_row(title, true);
        let below = self.y;
        let inside: Vec<Json> = panels.iter().map(|panel| self.place(panel)).collect();
        row.put("panels", inside);
        self.panels.push(row);
        self.end_line();
        self.y = below;
    }

    /// The one or the other.
    pub(crate) fn row_folded_if(&mut self, is_folded: bool, title: &str, panels: &[Panel]) {
        if is_folded {
            self.folded_row(title, panels);
        } else {
            self.row(title, panels);
        }
    }

    pub(crate) fn into_json(self) -> Json {
        Json::List(self.panels)
    }

    fn begin_row(&mut self, title: &str, folded: bool) -> Json {
        let pos = object! { "h": 1, "w": COLUMNS, "x": 0, "y": self.y };
        self.y += 1;
        object! {
            "id": self.next_id(),
            "type": "row",
            "title": title,
            "collapsed": folded,
            "gridPos": pos,
        }
    }

    fn place(&mut self, panel: &Panel) -> Json {
        if self.x + panel.width > COLUMNS {
            self.end_line();
        }
        let at = [self.x, self.y];
        self.x += panel.width;
        self.line = self.line.max(panel.height);
        let id = self.next_id();
        panel.to_json(id, at)
    }

    fn end_line(&mut self) {
        self.y += self.line;
        (self.x, self.line) = (0, 0);
    }

    fn next_id(&mut self) -> u32 {
        self.last_id += 1;
        self.last_id
    }
}
