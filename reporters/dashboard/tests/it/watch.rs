//! [`Watch`]: a stream, as a browser reads it.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Method;
use http_body_util::BodyExt;
use serde_json::Value as Json;
use tokio::time::timeout;
use tower::ServiceExt;

use crate::support::request;

/// Long enough for anything that comes at all.
const LONG: Duration = Duration::from_secs(30);

pub(crate) struct Watch {
    body: Body,
    text: String,
}

impl Watch {
    /// `query` says which page.
    pub(crate) async fn open(app: &Router, query: &str) -> Self {
        let request = request(Method::GET, &format!("/dashboard/stream?{query}"));
        let answer = app.clone().oneshot(request).await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        Self {
            body: answer.into_body(),
            text: String::new(),
        }
    }

    /// The next event: its name and data.
    pub(crate) async fn event(&mut self) -> (String, Json) {
        loop {
            while let Some(end) = self.text.find("\n\n") {
                let block: String = self.text.drain(..end + 2).collect();
                let field = |name| {
                    let mut lines = block.lines();
                    lines.find_map(|line| line.strip_prefix(name).map(str::trim_start))
                };
                if let (Some(name), Some(data)) = (field("event:"), field("data:")) {
                    return (name.to_owned(), serde_json::from_str(data).unwrap());
                }
            }
            let frame = timeout(LONG, self.body.frame()).await;
            let frame = frame.expect("something comes").expect("it goes on");
            let data = frame.unwrap().into_data().unwrap();
            self.text.push_str(std::str::from_utf8(&data).unwrap());
        }
    }

    /// The first part of this section, whole or delta, that is as it should be.
    pub(crate) async fn section(&mut self, id: &str, is_it: impl Fn(&Json) -> bool) -> Json {
        let look = async {
            loop {
                let (_, data) = self.event().await;
                let parts = data["sections"].as_array().cloned().unwrap_or_default();
                let own = |part: &Json| {
                    part["id"] == id && part.get("cards").or(part.get("delta")).is_some()
                };
                if let Some(part) = parts.into_iter().find(|part| own(part) && is_it(part)) {
                    return part;
                }
            }
        };
        timeout(LONG, look).await.expect("the section comes")
    }
}

/// The card of a section of a page, as JSON.
pub(crate) fn card<'j>(page: &'j Json, section: &str, card: &str) -> &'j Json {
    let by_id = |all: &'j Json, id: &str| {
        let all = all.as_array().into_iter().flatten();
        all.clone()
            .find(|one| one["id"] == id)
            .unwrap_or_else(|| panic!("there is no {id} in {:?}", all.collect::<Vec<_>>()))
    };
    by_id(&by_id(&page["sections"], section)["cards"], card)
}
