//! [`Convention`]: what kind of work a span tells of, and how that is found out.

use telemetry::Event;

/// Which of OpenTelemetry's semantic conventions the spans of a prefix follow.
///
/// The spans of our own instrumentation crates are recognised by their keys. For others of the same shape it
/// can be said by the builder, and for those that only look like it, that there is
/// [none](Self::None). Keys that a convention does not know keep their own names. See
/// [`OpenTelemetryBuilder::convention`](crate::OpenTelemetryBuilder::convention).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Convention {
    /// A request that this process answers: `method`, `route`, `status`, `version`, `request_size`,
    /// `response_size`. Recognised by `method` and `route`.
    HttpServer,
    /// A request that this process makes: `method`, `host`, `status`, `response_size`. Recognised by
    /// `method` and `host`.
    HttpClient,
    /// A query: `command`, `source`, `statement`, `system`, `rows`; a `reason` of one word is the type of
    /// the error. Recognised by `repo`, `source` and `command`.
    Database,
    /// Work that came through a queue: `queue`, `messages` of a batch, `system`. Recognised by `queue` and
    /// `worker`.
    MessagingProcess,
    /// Work that is put into a queue: the same. Not recognised.
    MessagingSend,
    /// None: the span's own name, and its own keys.
    None,
}

/// What a span is written after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rules {
    Plain,
    Server,
    Client,
    Query,
    /// What is around queries: no call of the database itself.
    Transaction,
    Process,
    Send,
    /// A message of a connection that stays.
    Channel,
}

impl Rules {
    pub(super) fn of(event: &Event<'_>, said: Option<Convention>) -> Self {
        let has = |keys: &[&str]| {
            keys.iter()
                .all(|key| event.metadata_position(key).is_some())
        };
        let is_transaction = || has(&["repo", "savepoint", "ended"]);
        match said {
            Some(Convention::None) => Self::Plain,
            Some(Convention::HttpServer) => Self::Server,
            Some(Convention::HttpClient) => Self::Client,
            Some(Convention::Database) if is_transaction() => Self::Transaction,
            Some(Convention::Database) => Self::Query,
            Some(Convention::MessagingProcess) => Self::Process,
            Some(Convention::MessagingSend) => Self::Send,
            None if has(&["method", "route"]) => Self::Server,
            None if has(&["method", "host"]) => Self::Client,
            None if has(&["repo", "source", "command"]) => Self::Query,
            None if is_transaction() => Self::Transaction,
            None if has(&["queue", "worker"]) => Self::Process,
            None if has(&["channel", "event", "link"]) => Self::Channel,
            None => Self::Plain,
        }
    }

    /// `Span.SpanKind`.
    pub(super) fn kind(self) -> u8 {
        match self {
            Self::Plain | Self::Transaction => INTERNAL,
            Self::Server | Self::Channel => SERVER,
            Self::Client | Self::Query => CLIENT,
            Self::Send => PRODUCER,
            Self::Process => CONSUMER,
        }
    }

    /// What the name of all such spans begins with.
    pub(super) fn verb(self) -> Option<&'static str> {
        match self {
            Self::Process => Some("process"),
            Self::Send => Some("send"),
            _ => None,
        }
    }

    /// Attributes that every such span has, if it does not have them from its keys.
    pub(super) fn always(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Query | Self::Transaction => &[("db.system.name", "other_sql")],
            Self::Process => &[
                ("messaging.operation.name", "process"),
                ("messaging.operation.type", "process"),
                ("messaging.system", "telemetry_jobs"),
            ],
            Self::Send => &[
                ("messaging.operation.name", "send"),
                ("messaging.operation.type", "send"),
                ("messaging.system", "telemetry_jobs"),
            ],
            _ => &[],
        }
    }
}

const INTERNAL: u8 = 1;
const SERVER: u8 = 2;
const CLIENT: u8 = 3;
const PRODUCER: u8 = 4;
const CONSUMER: u8 = 5;

/// The kind that a text names, as in the metadata `otel.kind`.
pub(super) fn kind_named(text: &str) -> Option<u8> {
    [
        ("internal", INTERNAL),
        ("server", SERVER),
        ("client", CLIENT),
        ("producer", PRODUCER),
        ("consumer", CONSUMER),
    ]
    .into_iter()
    .find_map(|(name, kind)| text.eq_ignore_ascii_case(name).then_some(kind))
}

/// What was said for the longest of the prefixes that a span's name has.
pub(super) fn said(conventions: &[(String, Convention)], span: &str) -> Option<Convention> {
    conventions
        .iter()
        .filter(|(prefix, _)| is_below(span, prefix))
        // Of two that are the same the later one.
        .max_by_key(|(prefix, _)| prefix.len())
        .map(|(_, convention)| *convention)
}

/// By whole segments; an empty prefix has all.
fn is_below(name: &str, prefix: &str) -> bool {
    prefix.is_empty()
        || name
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_wins_and_then_the_last_that_was_said() {
        let said_of = |span: &str| {
            let all = [
                ("shop", Convention::None),
                ("shop.api", Convention::HttpServer),
                ("shop.api", Convention::HttpClient),
            ];
            let all = all.map(|(prefix, convention)| (prefix.to_owned(), convention));
            said(&all, span)
        };
        assert_eq!(said_of("shop.api"), Some(Convention::HttpClient));
        assert_eq!(said_of("shop.api.v2"), Some(Convention::HttpClient));
        assert_eq!(said_of("shop.apis"), Some(Convention::None));
        assert_eq!(said_of("shopping"), None);
        assert_eq!(
            said(&[(String::new(), Convention::None)], "x"),
            Some(Convention::None)
        );
    }
}
