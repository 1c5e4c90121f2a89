//! What becomes of the keys of a span: the names of the semantic conventions, version 1.44.

use super::convention::Rules;

/// What is done with the value of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// It is an attribute.
    Attribute,
    /// So it is, and the name of the span begins with it.
    Verb,
    /// So it is, and the name of the span ends with it.
    Target,
    /// [`Verb`](Self::Verb), where `OTHER` stands for what is not known.
    Method,
    /// [`Target`](Self::Target), unless it is `unmatched`.
    Route,
    /// A number that tells errors apart.
    Status,
    /// An attribute unless it is `other`.
    Version,
    /// Perhaps with a port.
    Host,
    /// How the span ended.
    Outcome,
    /// Why it failed, if it did.
    Reason,
    /// `panic`, if it was one.
    PanicKind,
    /// Other spans.
    Link,
    /// The name of the span, `otel.name`.
    Name,
    /// Its kind, `otel.kind`.
    Kind,
    /// Nothing: the span tells it in another way.
    Nothing,
}

/// Where a piece of metadata goes: what is done with it, and the attribute's name.
pub(super) fn metadata(rules: Rules, key: &str) -> (Part, &str) {
    match key {
        "outcome" => return (Part::Outcome, key),
        "reason" => return (Part::Reason, key),
        "kind" => return (Part::PanicKind, key),
        "link" => return (Part::Link, key),
        "otel.name" => return (Part::Name, key),
        "otel.kind" => return (Part::Kind, key),
        _ => {}
    }
    match (rules, key) {
        (Rules::Server | Rules::Client, "method") => (Part::Method, "http.request.method"),
        (Rules::Server | Rules::Client, "status") => (Part::Status, "http.response.status_code"),
        (Rules::Server | Rules::Client, "version") => (Part::Version, "network.protocol.version"),
        (Rules::Server, "route") => (Part::Route, "http.route"),
        (Rules::Client, "host") => (Part::Host, "server.address"),
        (Rules::Query, "command") => (Part::Verb, "db.operation.name"),
        (Rules::Query, "source") => (Part::Target, "db.collection.name"),
        (Rules::Query, "statement") => (Part::Attribute, "db.query.text"),
        (Rules::Query | Rules::Transaction, "system") => (Part::Attribute, "db.system.name"),
        (Rules::Process | Rules::Send, "queue") => (Part::Target, "messaging.destination.name"),
        (Rules::Process | Rules::Send, "system") => (Part::Attribute, "messaging.system"),
        (Rules::Channel, "channel") => (Part::Verb, key),
        (Rules::Channel, "event") => (Part::Target, key),
        _ => (Part::Attribute, key),
    }
}

/// Where a measurement goes, likewise.
pub(super) fn measurement(rules: Rules, key: &str) -> (Part, &str) {
    match (rules, key) {
        (_, "duration" | "monotonic_time" | "system_time") => (Part::Nothing, key),
        (Rules::Server | Rules::Client, "request_size") => {
            (Part::Attribute, "http.request.body.size")
        }
        (Rules::Server | Rules::Client, "response_size") => {
            (Part::Attribute, "http.response.body.size")
        }
        (Rules::Query, "rows") => (Part::Attribute, "db.response.returned_rows"),
        (Rules::Process | Rules::Send, "messages") => {
            (Part::Attribute, "messaging.batch.message_count")
        }
        _ => (Part::Attribute, key),
    }
}
