//! A real receiver of OTLP, for tests: Datadog's `ddapm-test-agent`, which is written in Python, takes
//! traces and metrics over HTTP and gRPC, decodes them by OpenTelemetry's own definitions, and gives
//! back what it has.
//!
//! ```no_run
//! use std::time::Duration;
//! use telemetry_otlp_receiver::Receiver;
//!
//! let receiver = Receiver::start();
//! # fn send_to(_: &str) {}
//! send_to(&receiver.http());
//! let received = receiver.wait_for(Duration::from_secs(10), |received| received.spans.len() == 2);
//! let query = received.span("SELECT users");
//! assert_eq!(query.parent, received.span("GET /users").id);
//! assert_eq!(query.attributes["db.system.name"], "sqlite".into());
//! ```
//!
//! Its program is looked for in the environment variable [`PROGRAM`]; `.ci/setup` installs it, and
//! `.ci/run` sets the variable. Whatever goes wrong here panics, as tests do.
//!
//! [`Gate`] stands in front of a receiver, and lets nothing through while it is closed.
//!
//! # What it is not good for
//!
//! It is slow: it decodes what it receives when it comes, and again whenever it is asked for it,
//! all on one thread. Ten thousand spans are fine, a million are not. It answers garbage with 400, but
//! keeps it, and [`Receiver::received`] panics from there on, until [`Receiver::clear`]. Fields that
//! OTLP does not have it ignores, as every receiver does.

mod client;
mod decode;
mod gate;
mod metric;
mod process;
mod received;
mod receiver;
mod span;
mod value;

pub use gate::{Gate, Seen};
pub use metric::{Buckets, Exemplar, Instrument, Metric, Point, Reading, Temporality};
pub use process::PROGRAM;
pub use received::{Received, Resource, Scope};
pub use receiver::{Receiver, Request};
pub use span::{Event, Kind, Link, Outcome, Span};
pub use value::{Attributes, Value};
