//! [`Card`]: the pieces that pages are made of, for the dashboard's own pages and for those of its host.

#[cfg(test)]
pub(crate) mod apply;
mod diff;
mod table;
mod value;

use serde_json::{Map, Value as Json, json};

pub(crate) use diff::{delta, tidy};
pub use table::Table;
pub use value::Value;
pub(crate) use value::milliseconds;

/// How something fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// As it should be.
    Good,
    /// Worth a look.
    Warn,
    /// Wrong.
    Bad,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// A piece of a page.
///
/// ```
/// use telemetry_dashboard::{Card, Status, Value};
///
/// let card = Card::figures("stock")
///     .title("Stock")
///     .figure("Orders waiting", 12, Some(Status::Warn))
///     .figure("Oldest", Value::seconds(90.0), None);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    id: String,
    kind: &'static str,
    fields: Map<String, Json>,
}

impl Card {
    pub(crate) fn new(id: impl Into<String>, kind: &'static str) -> Self {
        Self {
            id: id.into(),
            kind,
            fields: Map::new(),
        }
    }

    /// Names and values, one below the other. The id tells it apart from other cards of its page.
    #[must_use]
    pub fn fields(id: impl Into<String>) -> Self {
        Self::new(id, "fields").set("fields", json!([]))
    }

    /// Big numbers, side by side.
    #[must_use]
    pub fn figures(id: impl Into<String>) -> Self {
        Self::new(id, "figures").set("figures", json!([]))
    }

    /// How full things are, as bars.
    #[must_use]
    pub fn usage(id: impl Into<String>) -> Self {
        Self::new(id, "usage").set("usages", json!([]))
    }

    /// Sentences about what is wrong; `good` is shown where there is none.
    #[must_use]
    pub fn notices(id: impl Into<String>, good: &str) -> Self {
        Self::new(id, "notices")
            .set("notices", json!([]))
            .set("good", json!(good))
    }

    /// Paragraphs, with blank lines between them, and code between backticks.
    #[must_use]
    pub fn text(id: impl Into<String>, text: &str) -> Self {
        Self::new(id, "text").set("text", json!(text))
    }

    /// A table.
    #[must_use]
    pub fn table(id: impl Into<String>, table: Table) -> Self {
        let mut card = Self::new(id, "table");
        table.write(&mut card.fields);
        card
    }

    /// A heading.
    #[must_use]
    pub fn title(self, title: &str) -> Self {
        self.set("title", json!(title))
    }

    /// A sentence in small print.
    #[must_use]
    pub fn hint(self, hint: &str) -> Self {
        self.set("hint", json!(hint))
    }

    /// Takes the whole width of the page.
    #[must_use]
    pub fn wide(self) -> Self {
        self.set("wide", json!(true))
    }

    /// Adds a field to a card of fields; nothing to others.
    #[must_use]
    pub fn field(self, label: &str, value: impl Into<Value>) -> Self {
        let field = json!({ "label": label, "value": value.into().into_json() });
        self.push("fields", field)
    }

    /// Adds a number to a card of figures; nothing to others.
    #[must_use]
    pub fn figure(self, label: &str, value: impl Into<Value>, status: Option<Status>) -> Self {
        let mut figure = json!({ "label": label, "value": value.into().into_json() });
        if let Some(status) = status {
            figure["status"] = json!(status.as_str());
        }
        self.push("figures", figure)
    }

    /// Adds a bar to a card of usages; nothing to others. Without a limit there is only the number.
    #[must_use]
    pub fn bar(
        self,
        label: &str,
        value: Option<f64>,
        limit: Option<f64>,
        unit: &str,
        status: Option<Status>,
    ) -> Self {
        let mut bar = json!({ "label": label, "value": value, "limit": limit, "unit": unit });
        if let Some(status) = status {
            bar["status"] = json!(status.as_str());
        }
        self.push("usages", bar)
    }

    /// Adds a sentence to a card of notices; nothing to others. `href` leads to a page of the
    /// dashboard that tells more.
    #[must_use]
    pub fn notice(self, status: Status, text: &str, href: Option<&str>) -> Self {
        let mut notice = json!({ "status": status.as_str(), "text": text });
        if let Some(href) = href {
            notice["href"] = json!(href);
        }
        self.push("notices", notice)
    }

    /// A page of the dashboard that its title leads to, `metrics?group=shop`.
    #[must_use]
    pub fn href(self, href: &str) -> Self {
        self.set("href", json!(href))
    }

    /// A link behind its hint.
    pub(crate) fn hint_link(self, href: &str, text: &str) -> Self {
        self.set("hint_link", json!({ "href": href, "text": text }))
    }

    /// With at most so many rows, fields, figures, bars or sentences, and a hint if there were more.
    pub(crate) fn at_most(mut self, items: usize) -> Self {
        let mut left_out = 0;
        for list in ["rows", "fields", "figures", "usages", "notices"] {
            if let Some(Json::Array(all)) = self.fields.get_mut(list) {
                left_out += all.len().saturating_sub(items);
                all.truncate(items);
            }
        }
        if left_out == 0 {
            return self;
        }
        let hint = self.fields.get("hint").and_then(Json::as_str);
        let hint = hint.map_or_else(String::new, |hint| format!("{hint} "));
        self.hint(&format!("{hint}{left_out} more are left out."))
    }

    /// As a card of this page among those of others.
    pub(crate) fn within(mut self, page: &str) -> Self {
        self.id = format!("{page}/{}", self.id);
        self
    }

    pub(crate) fn set(mut self, key: &str, value: Json) -> Self {
        self.fields.insert(key.to_owned(), value);
        self
    }

    fn push(mut self, list: &str, item: Json) -> Self {
        if let Some(Json::Array(items)) = self.fields.get_mut(list) {
            items.push(item);
        }
        self
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// As the browser gets it.
    pub(crate) fn whole(&self) -> Json {
        let mut whole = self.fields.clone();
        whole.insert("id".to_owned(), json!(self.id));
        whole.insert("kind".to_owned(), json!(self.kind));
        Json::Object(whole)
    }
}
