//! [`Roles`]: which definitions say how requests fare, and what they say.

use std::time::Duration;

use telemetry_metrics::history::{Range, SeriesId, Stats};
use telemetry_metrics::signals::{Failure, SpanSignals};
use telemetry_metrics::{Definition, Kind};

use crate::moment::Moment;
use crate::sections::past::{Book, base_of, stats_of_all, tag};
use crate::sources::Sources;

/// The definitions that say how requests (or whatever the program is about) fare, by their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sections) struct Roles {
    /// The span's name.
    pub(in crate::sections) span: String,
    /// What together counts each of them once.
    pub(in crate::sections) all: Vec<usize>,
    /// What together counts those that failed.
    pub(in crate::sections) failed: Vec<Failed>,
    /// What those are a part of.
    pub(in crate::sections) failed_of: Vec<usize>,
    pub(in crate::sections) duration: Option<usize>,
    pub(in crate::sections) in_flight: Option<usize>,
}

/// The failures that a definition counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sections) struct Failed {
    pub(in crate::sections) place: usize,
    /// The tag that tells, unless all are failures.
    by: Option<Tag>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Tag {
    Outcome(String),
    Status(String),
}

impl Tag {
    fn of(failure: Failure<'_>) -> Self {
        match failure {
            Failure::Status(tag) => Self::Status(tag.to_owned()),
            other => Self::Outcome(other.tag().to_owned()),
        }
    }

    fn failure(&self) -> Failure<'_> {
        match self {
            Self::Outcome(tag) => Failure::Outcome(tag),
            Self::Status(tag) => Failure::Status(tag),
        }
    }
}

impl Roles {
    /// Those that the host named, or else those about the span about which the definitions say most.
    ///
    /// # Errors
    ///
    /// What to add, for whoever looks.
    pub(in crate::sections) fn find(sources: &Sources) -> Result<Self, String> {
        let definitions: Vec<&Definition> = sources.definitions.iter().map(|one| &**one).collect();
        let found = match &sources.requests {
            Some(span) => SpanSignals::of(&definitions, span),
            None => SpanSignals::guess(&definitions, &[]),
        };
        let Some(found) = found else {
            return Err(missing(sources.requests.as_deref()));
        };
        let in_flight = in_flight(&definitions, found.span);
        let (failed, failed_of) = match found.errors {
            Some(errors) => (errors.failed, errors.all),
            None => (Vec::new(), Vec::new()),
        };
        let failed = failed.into_iter().map(|(place, failure)| Failed {
            place,
            by: failure.map(Tag::of),
        });
        Ok(Self {
            span: found.span.to_owned(),
            all: found.all,
            failed: failed.collect(),
            failed_of,
            duration: found.duration,
            in_flight,
        })
    }

    /// The names of the definitions, for a [`Book`].
    pub(in crate::sections) fn names(&self, sources: &Sources) -> Vec<String> {
        let places = self.all.iter().chain(&self.failed_of);
        let places = places.chain(&self.duration).chain(&self.in_flight);
        places
            .filter_map(|place| sources.definitions.get(*place))
            .map(|definition| definition.name().to_owned())
            .collect()
    }

    /// How many there were, and in how much time.
    pub(in crate::sections) fn counted(&self, moment: &Moment<'_>, range: Range) -> Counted {
        count_all(moment, &self.all, range)
    }

    /// How many failed, of how many; `None` if no definition says so.
    pub(in crate::sections) fn failures(
        &self,
        moment: &Moment<'_>,
        book: &Book,
        range: Range,
    ) -> Option<(u64, u64)> {
        if self.failed.is_empty() {
            return None;
        }
        let failed = self.failed.iter().map(|failed| {
            let ids = failed.series(moment.sources, book);
            moment.sources.history.stats(&ids, range).count()
        });
        let of = count_all(moment, &self.failed_of, range).count;
        Some((failed.sum(), of))
    }

    /// What is known of how long they took.
    pub(in crate::sections) fn times(&self, moment: &Moment<'_>, range: Range) -> Option<Times> {
        let definition = moment.sources.definitions.get(self.duration?)?;
        let stats = stats_of_all(moment, definition, range);
        Some(Times::of(&stats, definition))
    }
}

/// How many, in how much time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::sections) struct Counted {
    pub(in crate::sections) count: u64,
    covered: Duration,
}

impl Counted {
    pub(in crate::sections) fn rate(&self) -> Option<f64> {
        let seconds = self.covered.as_secs_f64();
        (seconds > 0.0).then(|| self.count as f64 / seconds)
    }
}

/// Seconds, from merged buckets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::sections) struct Times {
    pub(in crate::sections) count: u64,
    pub(in crate::sections) p50: Option<f64>,
    pub(in crate::sections) p95: Option<f64>,
    pub(in crate::sections) p99: Option<f64>,
}

impl Times {
    pub(in crate::sections) fn of(stats: &Stats, definition: &Definition) -> Self {
        let of = |q: f64| stats.quantile(q).map(|stored| base_of(stored, definition));
        Self {
            count: stats.count(),
            p50: of(0.5),
            p95: of(0.95),
            p99: of(0.99),
        }
    }
}

impl Failed {
    /// The series that count failures and nothing else.
    pub(in crate::sections) fn series(&self, sources: &Sources, book: &Book) -> Vec<SeriesId> {
        let Some(definition) = sources.definitions.get(self.place) else {
            return Vec::new();
        };
        let series = book.series(definition).filter(|one| match &self.by {
            None => true,
            Some(by) => by.failure().is_failure(tag(one, by.failure().tag())),
        });
        let mut ids: Vec<_> = series.map(|one| one.id).collect();
        // As charts compare them.
        ids.sort_unstable();
        ids
    }

    /// Whether everything that the definition counts is a failure.
    pub(in crate::sections) fn is_all(&self) -> bool {
        self.by.is_none()
    }
}

fn count_all(moment: &Moment<'_>, places: &[usize], range: Range) -> Counted {
    let mut counted = Counted {
        count: 0,
        covered: Duration::ZERO,
    };
    for definition in places
        .iter()
        .filter_map(|place| moment.sources.definitions.get(*place))
    {
        let stats = stats_of_all(moment, definition, range);
        counted.count += stats.count();
        counted.covered = counted.covered.max(stats.covered());
    }
    counted
}

/// How many of them there are now: `shop.endpoint.in_flight.count`.
fn in_flight(definitions: &[&Definition], span: &str) -> Option<usize> {
    let gauge = |last: &'static str| {
        move |one: &&Definition| {
            let rest = one.name().strip_prefix(span).unwrap_or_default();
            one.kind() == Kind::LastValue && rest.starts_with(".in_flight") && rest.ends_with(last)
        }
    };
    let find = |last| definitions.iter().position(gauge(last));
    find(".count").or_else(|| find("in_flight"))
}

fn missing(named: Option<&str>) -> String {
    match named {
        Some(span) => format!(
            "No definition counts the events of `{span}`, which this dashboard was told are the requests.\n\n\
             Add `telemetry_http::metrics(\"{span}\")` to the definitions, or a counter of `{span}.stop` with \
             the tags `route` and `outcome`, and a distribution of its `duration`."
        ),
        None => "No definition says how much is asked of this program.\n\n\
                 Add `telemetry_http::metrics(\"shop.endpoint\")` to the definitions, with the prefix of your \
                 `TelemetryLayer`; or a counter of the `.stop` events of a span of yours with the tag `outcome`, \
                 and a distribution of their `duration`."
            .to_owned(),
    }
}
