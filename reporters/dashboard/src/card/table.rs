//! [`Table`]: rows that are known by a key, so that only those that changed are sent.

use serde_json::{Map, Value as Json, json};

use super::{Status, Value};

/// The rows of a table card.
///
/// ```
/// use telemetry_dashboard::{Card, Table};
///
/// let mut table = Table::new(["Queue"]).numbers(["Waiting"]);
/// table.row("mail", ["mail".into(), 3.into()]);
/// let card = Card::table("queues", table).title("Queues");
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    columns: Vec<Json>,
    rows: Vec<Json>,
    empty: String,
    search: bool,
}

impl Table {
    /// Begins with columns of text.
    pub fn new<'a>(labels: impl IntoIterator<Item = &'a str>) -> Self {
        Self::default().columns(labels, "text")
    }

    /// Adds columns of text.
    #[must_use]
    pub fn texts<'a>(self, labels: impl IntoIterator<Item = &'a str>) -> Self {
        self.columns(labels, "text")
    }

    /// Adds columns of numbers, which are aligned.
    #[must_use]
    pub fn numbers<'a>(self, labels: impl IntoIterator<Item = &'a str>) -> Self {
        self.columns(labels, "number")
    }

    fn columns<'a>(mut self, labels: impl IntoIterator<Item = &'a str>, align: &str) -> Self {
        let columns = labels
            .into_iter()
            .map(|label| json!({ "label": label, "align": align }));
        self.columns.extend(columns);
        self
    }

    /// What to say where there is no row.
    #[must_use]
    pub fn empty(mut self, text: &str) -> Self {
        text.clone_into(&mut self.empty);
        self
    }

    /// With a field to search rows.
    #[must_use]
    pub fn searchable(mut self) -> Self {
        self.search = true;
        self
    }

    /// Adds a row. The key tells it apart from the others: of two rows with one key, the
    /// browser shows one.
    pub fn row(&mut self, key: impl Into<String>, cells: impl IntoIterator<Item = Value>) {
        self.row_with(key, cells, None, None);
    }

    /// Adds a row with a status, and a page of the dashboard that it leads to.
    pub fn row_with(
        &mut self,
        key: impl Into<String>,
        cells: impl IntoIterator<Item = Value>,
        status: Option<Status>,
        href: Option<&str>,
    ) {
        let cells: Vec<_> = cells.into_iter().map(Value::into_json).collect();
        let mut row = json!({ "key": key.into(), "cells": cells });
        if let Some(status) = status {
            row["status"] = json!(status.as_str());
        }
        if let Some(href) = href {
            row["href"] = json!(href);
        }
        self.rows.push(row);
    }

    pub(super) fn write(self, fields: &mut Map<String, Json>) {
        fields.insert("columns".to_owned(), Json::Array(self.columns));
        fields.insert("rows".to_owned(), Json::Array(self.rows));
        fields.insert("empty".to_owned(), Json::String(self.empty));
        if self.search {
            fields.insert("search".to_owned(), Json::Bool(true));
        }
    }
}
