//! [`Reader`]: a browser, as far as it reads.

use std::collections::BTreeMap;

use axum::body::Body;
use http_body_util::BodyExt;
use serde_json::Value as Json;
use tokio::time::timeout;

use super::probe::LONG;
use crate::card::apply::apply;

pub(super) struct Reader {
    body: Body,
    text: String,
    /// The JSON of sections as they were last given whole, and what came then.
    pub(super) sections: BTreeMap<String, Json>,
}

/// What was read.
#[derive(Debug, PartialEq)]
pub(super) enum Read {
    Event(String, Json),
    Comment,
    End,
}

impl Reader {
    pub(super) fn new(body: Body) -> Self {
        Self {
            body,
            text: String::new(),
            sections: BTreeMap::new(),
        }
    }

    pub(super) async fn read(&mut self) -> Read {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let block: String = self.text.drain(..end + 2).collect();
                return parse(&block);
            }
            let frame = timeout(LONG, self.body.frame()).await;
            match frame.expect("something comes") {
                Some(frame) => {
                    let data = frame.unwrap().into_data().unwrap();
                    self.text.push_str(std::str::from_utf8(&data).unwrap());
                }
                None => {
                    assert_eq!(self.text, "", "it ends between two events");
                    return Read::End;
                }
            }
        }
    }

    /// The first event.
    pub(super) async fn view(&mut self) -> Json {
        match self.read().await {
            Read::Event(name, data) if name == "view" => data,
            other => panic!("{other:?}"),
        }
    }

    /// The next message's sections, which are applied.
    pub(super) async fn message(&mut self) -> Vec<Json> {
        let (name, data) = loop {
            match self.read().await {
                Read::Event(name, data) => break (name, data),
                Read::Comment => {}
                Read::End => panic!("nothing more comes"),
            }
        };
        assert_eq!(name, "sections", "{data}");
        let parts = data["sections"].as_array().unwrap().clone();
        for part in &parts {
            self.apply(part);
        }
        parts
    }

    fn apply(&mut self, part: &Json) {
        let id = part["id"].as_str().unwrap().to_owned();
        if part.get("delta").is_none() {
            self.sections.insert(id, part.clone());
            return;
        }
        let whole = self.sections.get_mut(&id).expect("a whole comes first");
        apply(whole, &part["delta"]);
    }

    /// What a section shows: how often it had been advanced; a fallen one, nothing.
    pub(super) fn number(&self, section: &str) -> Option<u64> {
        self.sections.get(section)?["cards"][0]["number"].as_u64()
    }

    /// Reads until a section shows this or more.
    pub(super) async fn until(&mut self, section: &str, number: u64) {
        while self.number(section).is_none_or(|now| now < number) {
            self.message().await;
        }
    }

    pub(super) async fn bye(&mut self) -> String {
        loop {
            match self.read().await {
                Read::Event(name, data) if name == "bye" => {
                    assert_eq!(self.read().await, Read::End);
                    return data["why"].as_str().unwrap().to_owned();
                }
                Read::End => panic!("it ended without a word"),
                _ => {}
            }
        }
    }
}

fn parse(block: &str) -> Read {
    let field = |name: &str| {
        let lines = block.lines();
        lines
            .filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .next()
    };
    match (field("event"), field("data")) {
        (Some(name), Some(data)) => {
            Read::Event(name.to_owned(), serde_json::from_str(data).unwrap())
        }
        _ if block.starts_with(':') => Read::Comment,
        _ => panic!("neither event nor comment: {block}"),
    }
}
