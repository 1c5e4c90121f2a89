//! The rules of the alarms, and of instances that do not answer.

use std::time::Duration;

use crate::alarm::{Alarm, Reading};
use crate::policy::Severity;
use crate::prometheus::rule::{Alert, Pairs};
use crate::prometheus::settings::Settings;
use crate::prometheus::text;

/// The name of the alert of an instance that does not answer.
pub(super) const DOWN: &str = "InstanceDown";

/// How long a series must have been away to count as new. Longer than a server needs to start again.
const AWAY: Duration = Duration::from_secs(15 * 60);

/// An alarm, and the samples that it is about.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    pub(super) alarm: Alarm,
    /// What the samples of its definitions are called, in their order.
    names: Vec<String>,
}

impl Watch {
    /// An error has the definitions that the lookup does not know.
    pub(super) fn new(
        alarm: &Alarm,
        name_of: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Vec<String>> {
        let (mut names, mut unknown) = (Vec::new(), Vec::new());
        for definition in definitions(alarm.reading()) {
            match name_of(definition) {
                Some(name) => names.push(name),
                None => unknown.push(definition.to_owned()),
            }
        }
        if !unknown.is_empty() {
            return Err(unknown);
        }
        let alarm = alarm.clone();
        Ok(Self { alarm, names })
    }

    /// What it reads, of each instance and each combination of tags by itself.
    pub(super) fn reading(&self, settings: &Settings) -> String {
        let series = |name: &String| settings.series(name, None);
        let started = settings.of_targets("process_start_time_seconds");
        match self.alarm.reading() {
            Reading::Latest(_) => self.names.iter().map(series).collect(),
            // Zero, or less, is how many say that there is no limit.
            Reading::Share { .. } => match &self.names[..] {
                [part, of] => format!("{}\n/\n({} > 0)", series(part), series(of)),
                _ => String::new(),
            },
            Reading::Rise { within, .. } => match &self.names[..] {
                [one] => rise(&series(one), *within, &started),
                several => {
                    // A rise has no name any more, so the series of several would be taken for each
                    // other without a label that tells them apart.
                    let one = |name: &String| {
                        let rise = rise(&series(name), *within, &started);
                        let name = text::quoted(name);
                        format!("label_replace(\n{rise}, \"definition\", {name}, \"\", \"\"\n)")
                    };
                    let all: Vec<String> = several.iter().map(one).collect();
                    format!("sum without (definition) (\n{}\n)", all.join("\nor\n"))
                }
            },
        }
    }

    pub(super) fn alert(&self, settings: &Settings) -> Alert {
        let alarm = &self.alarm;
        let limit = text::number(alarm.limit);
        // A series that has a label of the alert's own, such as `severity`, loses it to the alert;
        // the server refuses the whole rule if two differ in nothing else.
        let own = alarm.labels().iter().map(|(key, _)| key.as_str());
        let own: Vec<&str> = ["severity", "definition"].into_iter().chain(own).collect();
        let own = own.join(", ");
        let reading = self.reading(settings);
        let expr = match alarm.reading() {
            Reading::Latest(_) => format!("max without ({own}) ({reading}) > {limit}"),
            _ => format!("max without ({own}) (\n{reading}\n) > {limit}"),
        };
        let mut labels: Pairs = vec![(
            "severity".to_owned(),
            alarm.severity_of().as_str().to_owned(),
        )];
        let own = alarm.labels().iter().cloned();
        let of = alarm.reading().definition().to_owned();
        labels.extend(
            own.chain([("definition".to_owned(), of)])
                .map(|(key, value)| (key, text::literal(&value))),
        );
        let summary = if alarm.summary_text().is_empty() {
            format!(
                "{} is above its limit",
                definitions(alarm.reading()).join(", ")
            )
        } else {
            alarm.summary_text().to_owned()
        };
        let mut annotations = vec![
            ("summary".to_owned(), text::literal(&summary)),
            ("description".to_owned(), self.description()),
        ];
        annotations.extend(settings.links(alarm.name()));
        Alert {
            name: alarm.name().to_owned(),
            expr,
            hold: alarm.held(),
            keep: alarm.kept(),
            labels,
            annotations,
        }
    }

    fn description(&self) -> String {
        let limit = self.alarm.limit;
        let told = definitions(self.alarm.reading()).join(" and ");
        let told = text::literal(&told);
        let value = self.humanized();
        let said = match self.alarm.reading() {
            Reading::Share { part, of } => format!(
                "{} is {value} of {}, and {} is the limit",
                text::literal(part),
                text::literal(of),
                text::percent(limit)
            ),
            Reading::Rise { within, .. } => format!(
                "{told} rose by {value} within {}, and {} is the limit",
                text::about(*within),
                text::number(limit)
            ),
            Reading::Latest(_) => format!("{told} is {value}, and {} is the limit", self.limit()),
        };
        let series = "{{ range $label, $text := $labels }}{{ if ne $label \"__name__\" }} \
                      {{ $label }}={{ $text }}{{ end }}{{ end }}";
        format!("{said}. Of:{series}")
    }

    /// How the template shows the value.
    fn humanized(&self) -> &'static str {
        match (self.alarm.reading(), self.unit()) {
            (Reading::Share { .. }, _) => "{{ $value | humanizePercentage }}",
            (Reading::Rise { .. }, _) => "{{ printf \"%.0f\" $value }}",
            (_, Unit::Bytes) => "{{ $value | humanize1024 }}B",
            (_, Unit::Seconds) => "{{ $value | humanizeDuration }}",
            _ => "{{ $value | humanize }}",
        }
    }

    fn limit(&self) -> String {
        let limit = self.alarm.limit;
        match self.unit() {
            Unit::Bytes => bytes(limit),
            Unit::Seconds => {
                Duration::try_from_secs_f64(limit).map_or_else(|_| text::number(limit), text::about)
            }
            _ => text::number(limit),
        }
    }

    /// The unit of what it reads, which the names of samples tell.
    pub(super) fn unit(&self) -> Unit {
        let ends = |ending| self.names.iter().all(|name| name.ends_with(ending));
        match self.alarm.reading() {
            Reading::Share { .. } => Unit::Share,
            Reading::Latest(_) if ends("_bytes") => Unit::Bytes,
            Reading::Latest(_) if ends("_seconds") => Unit::Seconds,
            _ => Unit::Number,
        }
    }
}

/// What a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Share,
    Bytes,
    Seconds,
    Number,
}

/// The definitions that a reading reads, in their order.
pub(super) fn definitions(reading: &Reading) -> Vec<&str> {
    match reading {
        Reading::Latest(one) => vec![one],
        Reading::Share { part, of } => vec![part, of],
        Reading::Rise { definitions, .. } => definitions.iter().map(String::as_str).collect(),
    }
}

/// How much a series has risen. A series that is not there before its first event begins with that
/// event, which `increase` does not see; of such a series, and of all of a process that has just
/// been started, the number itself is the rise.
///
/// A series is not new because the server is: of a process that is older than `within`, what has
/// been there for as long as the process is known may have risen at any time.
fn rise(series: &str, within: Duration, started: &str) -> String {
    let range = text::duration(within);
    let away = text::duration(AWAY.max(within));
    let seconds = text::number(within.as_secs_f64());
    let first = format!(
        "{series} unless last_over_time({series}[{away}] offset {range})\n    unless\n    \
         count_over_time({series}[{range}]) >= on (job, instance) group_left ()\n    \
         max by (job, instance) (\n      \
         count_over_time({started}[{range}]) and (time() - {started} >= {seconds})\n    )"
    );
    format!(
        "(\n  (\n    {first}\n  )\n  or\n  \
         ({series} and on (job, instance) (time() - {started} < {seconds}))\n  or\n  \
         increase({series}[{range}])\n)"
    )
}

/// Bytes for people, in powers of 1,024.
fn bytes(n: f64) -> String {
    let (mut n, mut units) = (n, ["", "ki", "Mi", "Gi", "Ti"].iter());
    let mut unit = units.next().copied().unwrap_or_default();
    while n >= 1_024.0 {
        let Some(next) = units.next() else { break };
        (n, unit) = (n / 1_024.0, *next);
    }
    format!("{}{unit}B", text::number((n * 100.0).round() / 100.0))
}

/// That an instance does not answer the server; that none of a job does is a matter for the night.
pub(super) fn down(settings: &Settings, hold: Duration) -> Vec<Alert> {
    let up = settings.of_targets("up");
    let alert = |severity: Severity, expr: String, hold, summary: &str, description: &str| {
        let mut annotations = vec![
            ("summary".to_owned(), summary.to_owned()),
            ("description".to_owned(), description.to_owned()),
        ];
        annotations.extend(settings.links(DOWN));
        Alert {
            name: DOWN.to_owned(),
            expr,
            hold,
            keep: Duration::ZERO,
            labels: vec![("severity".to_owned(), severity.as_str().to_owned())],
            annotations,
        }
    };
    vec![
        alert(
            Severity::Page,
            format!("max by (job) ({up}) == 0"),
            hold / 2,
            "{{ $labels.job }}: no instance answers",
            "Prometheus cannot scrape a single instance of {{ $labels.job }}. Either all of them are down, or \
             the way to them is.",
        ),
        alert(
            Severity::Ticket,
            format!("{up} == 0"),
            hold,
            "{{ $labels.job }}: {{ $labels.instance }} does not answer",
            "Prometheus cannot scrape {{ $labels.instance }} of {{ $labels.job }}. What it counted until its \
             last scrape is known; what it counts now is in no number.",
        ),
    ]
}
