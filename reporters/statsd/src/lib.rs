//! Reports metrics to StatsD and DogStatsD daemons, over UDP.
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
//! dropped.
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
//!   ones left out and the constant ones last.
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
//! # What is lost
//!
//! State is kept until it is known to have been sent. A daemon that is away gets everything in one
//! larger delta when it is back, gauges with their newest value. What was sent, could not be sent,
//! and was given up (a line longer than the [`mtu`](StatsdBuilder::mtu)) is counted in lines, in
//! the account `statsd` of [`Aggregator::health`](telemetry_metrics::Aggregator::health).
//!
//! UDP confirms nothing; but where nobody listens on a port, its system says so, and that is heard:
//!
//! - A refused datagram counts as failed, and what it carried stays. On the same machine this is
//!   exact: nothing is lost and nothing is sent twice.
//! - From another machine a refusal comes later, and does not say which datagram it is about. The
//!   flush waits 20 ms for it, and then nothing of the flush is taken for delivered. A refusal that
//!   comes even later is counted as failed, but what was sent is gone; the next flush waits for up
//!   to a second.
//! - A daemon's socket holds a hundred datagrams or so, and what comes on top is lost silently. So
//!   there is a pause of a millisecond after every four; ten thousand series take a tenth of a
//!   second. What a flush has no time for stays for the next.
//! - A machine that is down, a firewall that drops silently, and a daemon that does not keep up say
//!   nothing. Nobody can know of such losses.
//! - A relative gauge is only as good as the daemon's memory: one that was restarted begins at zero.
//!   Where that matters, report the sum as a counter.

mod address;
mod builder;
mod check;
mod delivery;
mod encode;
mod format;
mod lookup;
mod notice;
mod number;
mod pack;
mod peer;
mod problem;
mod reporter;
mod text;
mod thin;

pub use builder::StatsdBuilder;
pub use format::Format;
pub use problem::{Problem, StatsdError};
pub use reporter::Statsd;
pub use telemetry_metrics::push::FlushError;
