//! OpenTelemetry's semantic conventions, as far as there is something to tell: which metrics there
//! are (of version 1.44), and what their attributes are called.
//!
//! A definition gets such a name by the option `otel_name`. What a metric of that name is, in which
//! unit, is not the definition's to say any more; one that does not fit is a problem.

use telemetry_metrics::{Definition, Dimension, Kind, Unit};

use Instrument::{Counter, Gauge, Histogram, UpDown};

/// What kind of metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Instrument {
    Counter,
    /// A sum that may fall.
    UpDown,
    Gauge,
    Histogram,
}

/// A metric of the conventions.
#[derive(Debug)]
pub(super) struct Convention {
    pub(super) name: &'static str,
    pub(super) instrument: Instrument,
    /// As UCUM has it.
    pub(super) unit: &'static str,
    /// Whether its numbers are integers.
    pub(super) is_integer: bool,
}

const fn real(name: &'static str, instrument: Instrument, unit: &'static str) -> Convention {
    Convention {
        name,
        instrument,
        unit,
        is_integer: false,
    }
}

const fn integer(name: &'static str, instrument: Instrument, unit: &'static str) -> Convention {
    Convention {
        is_integer: true,
        ..real(name, instrument, unit)
    }
}

#[rustfmt::skip]
static KNOWN: [Convention; 33] = [
    real("http.server.request.duration", Histogram, "s"),
    integer("http.server.active_requests", UpDown, "{request}"),
    integer("http.server.request.body.size", Histogram, "By"),
    integer("http.server.response.body.size", Histogram, "By"),
    real("http.client.request.duration", Histogram, "s"),
    integer("http.client.request.body.size", Histogram, "By"),
    integer("http.client.response.body.size", Histogram, "By"),
    integer("http.client.open_connections", UpDown, "{connection}"),
    real("http.client.connection.duration", Histogram, "s"),
    integer("http.client.active_requests", UpDown, "{request}"),
    real("db.client.operation.duration", Histogram, "s"),
    integer("db.client.response.returned_rows", Histogram, "{row}"),
    integer("db.client.connection.count", UpDown, "{connection}"),
    integer("db.client.connection.idle.max", UpDown, "{connection}"),
    integer("db.client.connection.idle.min", UpDown, "{connection}"),
    integer("db.client.connection.max", UpDown, "{connection}"),
    integer("db.client.connection.pending_requests", UpDown, "{request}"),
    integer("db.client.connection.timeouts", Counter, "{timeout}"),
    real("db.client.connection.create_time", Histogram, "s"),
    real("db.client.connection.wait_time", Histogram, "s"),
    real("db.client.connection.use_time", Histogram, "s"),
    real("messaging.client.operation.duration", Histogram, "s"),
    real("messaging.process.duration", Histogram, "s"),
    integer("messaging.client.sent.messages", Counter, "{message}"),
    integer("messaging.client.consumed.messages", Counter, "{message}"),
    real("process.cpu.time", Counter, "s"),
    real("process.cpu.utilization", Gauge, "1"),
    integer("process.memory.usage", UpDown, "By"),
    integer("process.memory.virtual", UpDown, "By"),
    integer("process.thread.count", UpDown, "{thread}"),
    integer("process.unix.file_descriptor.count", UpDown, "{file_descriptor}"),
    integer("process.windows.handle.count", UpDown, "{handle}"),
    real("process.uptime", Gauge, "s"),
];

/// The metric of this name.
pub(super) fn find(name: &str) -> Option<&'static Convention> {
    KNOWN.iter().find(|known| known.name == name)
}

impl Convention {
    /// The unit to show numbers in.
    pub(super) fn shown(&self) -> Unit {
        match self.unit {
            "s" => Unit::Second,
            "By" => Unit::Byte,
            _ => Unit::One,
        }
    }

    /// Whether a definition can be such a metric.
    ///
    /// A last value is a sum that is kept elsewhere and read now and then, where the conventions have
    /// a sum.
    pub(super) fn fits(&self, definition: &Definition) -> bool {
        let kind = match (self.instrument, definition.kind()) {
            (Counter, Kind::Counter) | (Counter | UpDown | Gauge, Kind::LastValue) => true,
            (Counter, Kind::Sum) => !definition.is_up_down(),
            (UpDown, Kind::Sum) => definition.is_up_down(),
            (Histogram, Kind::Summary | Kind::Distribution) => true,
            _ => false,
        };
        let dimension = if definition.kind() == Kind::Counter {
            Dimension::None
        } else {
            definition.dimension()
        };
        kind && dimension == self.shown().dimension()
    }
}

impl Instrument {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Counter => "counter",
            UpDown => "sum that may fall",
            Gauge => "gauge",
            Histogram => "histogram",
        }
    }
}

/// What a tag becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// An attribute of this name, or of the tag's own.
    Text(Option<&'static str>),
    /// One that is an integer.
    Integer(&'static str),
    /// The method of a request.
    Method,
    /// The route that matched, if one did.
    Route,
    /// How something ended, of which the conventions know only errors.
    Outcome,
    /// Why.
    Reason,
}

impl Role {
    /// The attribute's name; the tag's own if there is none.
    pub(super) fn key(self) -> Option<&'static str> {
        match self {
            Self::Text(key) => key,
            Self::Integer(key) => Some(key),
            Self::Method => Some("http.request.method"),
            Self::Route => Some("http.route"),
            Self::Outcome => Some("error.type"),
            Self::Reason => None,
        }
    }
}

/// The attribute for a status.
pub(super) const STATUS: &str = "http.response.status_code";

/// What a tag of a metric of this name becomes.
pub(super) fn role(metric: &str, tag: &str) -> Role {
    let is_server = metric.starts_with("http.server.");
    let is_http = is_server || metric.starts_with("http.client.");
    let is_db = metric.starts_with("db.");
    let is_messaging = metric.starts_with("messaging.");
    if !(is_http || is_db || is_messaging) {
        return Role::Text(None);
    }
    match tag {
        "outcome" => Role::Outcome,
        "reason" => Role::Reason,
        "method" if is_http => Role::Method,
        "route" if is_server => Role::Route,
        "status" if is_http => Role::Integer(STATUS),
        "host" if is_http => Role::Text(Some("server.address")),
        "version" if is_http => Role::Text(Some("network.protocol.version")),
        "scheme" if is_http => Role::Text(Some("url.scheme")),
        "repo" if metric.starts_with("db.client.connection.") => {
            Role::Text(Some("db.client.connection.pool.name"))
        }
        "system" if is_db => Role::Text(Some("db.system.name")),
        "source" if is_db => Role::Text(Some("db.collection.name")),
        "command" if is_db => Role::Text(Some("db.operation.name")),
        "queue" if is_messaging => Role::Text(Some("messaging.destination.name")),
        _ => Role::Text(None),
    }
}

/// From which status on an answer is an error, for those that serve and for those that call.
pub(super) fn first_error(metric: &str) -> u16 {
    if metric.starts_with("http.server.") {
        500
    } else {
        400
    }
}
