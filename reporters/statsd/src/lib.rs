//! Reports metrics to StatsD and DogStatsD daemons, over UDP and Unix sockets.
//!
//! ```
//! use std::time::Duration;
//! use telemetry_metrics::{Aggregator, counter, summary};
//! use telemetry_statsd::{Format, Statsd};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let aggregator = Aggregator::builder()
//!     .metrics([
//!         counter("shop.endpoint.stop.count").tags(["route", "status"]),
//!         summary("shop.endpoint.stop.duration").tags(["route"]),
//!     ])
//!     .constant_tag("env", "prod")
//!     .start()?;
//! let statsd = Statsd::builder(&aggregator)
//!     .address("127.0.0.1:8125")
//!     .format(Format::Datadog)
//!     .interval(Duration::from_secs(10))
//!     .start()?;
//! # Ok(()) }
//! ```
//!
//! The emitting threads know nothing of it: a thread of its own reads what the aggregator has
//! counted since the last flush, and sends that, packed into few datagrams. It flushes at an
//! interval, on [request](Statsd::flush), and once more when it is [stopped](Statsd::stop) or
//! dropped. However slow, full or dead the other end is, nobody but that thread waits for it, and
//! that only until its deadline.
//!
//! # What is sent
//!
//! | metric | [`Format::Standard`] | [`Format::Datadog`] |
//! |---|---|---|
//! | counter | `name:5\|c` | `name:5\|c` |
//! | sum | `name:+5\|g`; with `.option("report_as", "counter")` `name:5\|c` | `name:5\|c` |
//! | last value | `name:5\|g`; below zero `name:0\|g` and `name:-5\|g` in one datagram | `name:5\|g` |
//! | summary | `name:5\|ms` | `name:5:7\|h` |
//! | distribution | `name:5\|ms` | `name:5:7\|d` |
//!
//! - **Names** are those of the definitions, after the prefix. Two definitions may not share one.
//! - **Tags** are, in the standard format, the values, as segments of the name in the order of the
//!   definition, `none` for an absent one: `shop.endpoint.stop.count.GET.200`. (A definition whose
//!   name happens to be another one's with a tag value appended shares its line; nobody can know
//!   beforehand.) Constant tags are left out there, because every name would have to change with
//!   them; the prefix is for that. In Datadog's format tags are `|#method:GET,status:200`, absent
//!   ones left out, then the constant ones, those of [`global_tag`](StatsdBuilder::global_tag), and
//!   those of the environment.
//! - The series beyond a definition's limit is `name.overflow`, or has the tag
//!   `otel.metric.overflow:true`.
//! - **`:`, `|`, `@`, `#`, white space and control characters** become `_`; so does `.` in a tag
//!   value that is part of a name, and `,` in a tag.
//! - **Numbers** are decimals without an exponent, and keep their fractions. What did not change
//!   is not sent; a last value is sent if it was set, even to the same.
//! - **Units**: time is sent in milliseconds. But a definition that says its unit itself, by
//!   `.unit(..)`, `.seconds()` or `.bytes()`, gets that unit, in `ms` lines, too: names are sent as
//!   they are written, so the name and the unit are in one hand.
//! - **A sum that may fall** (`up_down`) is a gauge with steps in the standard format. DogStatsD
//!   has no such gauge: there its steps are sent as counts, below zero if it falls, and
//!   `cumsum(..)` shows the level.
//! - **Values** of summaries and distributions are sent one by one, grouped as the aggregator keeps
//!   them: at most 2.2 % off, and their mean is right. Of more than
//!   [`max_values`](StatsdBuilder::max_values), so many are sent, with a common `|@rate`: each is
//!   the mean of an equal share of the sorted values, so that the daemon's count and mean are right
//!   as well. Etsy's daemon refuses timers below zero; other daemons take them.
//!
//! # Datadog
//!
//! - [`Statsd::outbox`] sends [events](DatadogEvent) and [service checks](ServiceCheck), also from a
//!   telemetry handler: it never waits.
//! - [`from_env`](StatsdBuilder::from_env) reads the `DD_*` variables that Datadog's own clients
//!   read: where the agent is, global tags, the pod and the container. Nothing is read unless the
//!   builder is told so.
//! - The container that this process runs in is told by
//!   [`detect_container`](StatsdBuilder::detect_container), and the time of counts and gauges by
//!   [`timestamps`](StatsdBuilder::timestamps).
//!
//! # What is lost
//!
//! State is kept until it is known to have been sent. A daemon that is away gets everything in one
//! larger delta when it is back, gauges with their newest value, and events one by one. What was
//! sent, could not be sent, and was given up (a line longer than the [`mtu`](StatsdBuilder::mtu)) is
//! counted in lines, in the account `statsd` of
//! [`Aggregator::health`](telemetry_metrics::Aggregator::health); [`Statsd::report`] has the same,
//! and how many values were thinned out.
//!
//! **UDP** confirms nothing; but where nobody listens on a port, its system says so, and that is
//! heard:
//!
//! - A refused datagram counts as failed, and what it carried stays. On the same machine this is
//!   exact: nothing is lost and nothing is sent twice.
//! - From another machine a refusal comes later, and does not say which datagram it is about. The
//!   flush waits 20 ms for it, and then nothing of the flush is taken for delivered. A refusal that
//!   comes even later is counted as failed, but what was sent is gone; the next flush waits for up
//!   to a second.
//! - A daemon's socket holds a hundred datagrams or so, and what comes on top is lost silently. So
//!   there are pauses: after the first 48 datagrams one of a millisecond after each; ten thousand
//!   series take a quarter of a second. And where Linux tells how full the socket is (the daemon is
//!   on the same machine and in the same network namespace), the flush waits for room. What it has
//!   no time for stays for the next.
//! - A machine that is down, a firewall that drops silently, and a daemon that does not keep up
//!   elsewhere, or ends before it has read what lies in its socket, say nothing. Nobody can know of
//!   such losses.
//!
//! **Unix sockets** take only what the daemon's system has room for, so there is nothing to pause
//! for: where there is no room the flush waits, and what is left at its deadline stays for the next.
//!
//! - A daemon that was restarted has a new socket under the old path; it gets what the old one
//!   refused, in the same flush.
//! - What lies in the socket of a daemon when that ends is lost with it. Of datagrams nobody hears
//!   that. Of a stream the system says it, and not how much it was: within a flush, all of that is
//!   sent again; later, its lines are counted as failed and [late](StatsdReport::late).
//! - A message that was begun on a full stream is ended by the next flush. If the daemon is gone
//!   then, its lines are counted as dropped.
//!
//! Whatever the socket: a relative gauge is only as good as the daemon's memory, and one that was
//! restarted begins at zero. Where that matters, report the sum as a counter.

mod address;
mod backlog;
mod builder;
mod check;
mod datadog;
mod delivery;
mod encode;
mod format;
mod load;
mod lookup;
mod notice;
mod number;
mod pack;
mod problem;
mod reporter;
mod start;
mod statsd;
mod tally;
mod text;
mod thin;
mod udp;
#[cfg(unix)]
mod unix;
mod wire;

pub use builder::StatsdBuilder;
pub use datadog::{
    AlertType, Cardinality, CheckStatus, DatadogEvent, NotSent, Outbox, Priority, ServiceCheck,
};
pub use format::Format;
pub use problem::{Problem, StatsdError};
pub use statsd::Statsd;
pub use tally::StatsdReport;
pub use telemetry_metrics::push::FlushError;
