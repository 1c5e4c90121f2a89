//! PromQL over the samples that the reporter shows.

use crate::face::label_number;
use crate::family::{Family, Type};
use crate::format::Format;
use crate::grafana::escape::quoted;
use crate::grafana::variables::Variable;
use crate::name::sanitise;

/// Words of PromQL that are no names of series by themselves.
const RESERVED_NAMES: [&str; 12] = [
    "and",
    "atan2",
    "bool",
    "group_left",
    "group_right",
    "ignoring",
    "inf",
    "nan",
    "on",
    "or",
    "unless",
    "without",
];
/// Words of PromQL that cannot stand in a list of labels.
const RESERVED_LABELS: [&str; 3] = ["inf", "nan", "without"];

/// The share of a metric's events that are errors, as a matcher of labels.
pub(crate) type Matcher = (&'static str, &'static str);

/// What is the same in all queries of a dashboard: which series its variables have chosen, and which
/// quantiles summaries show.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    matchers: String,
    quantiles: Vec<f64>,
}

impl Scope {
    pub(crate) fn new(variables: &[Variable], quantiles: Vec<f64>) -> Self {
        let matchers: Vec<String> = variables.iter().map(Variable::matcher).collect();
        Self {
            matchers: matchers.join(","),
            quantiles,
        }
    }

    /// The chosen series of a sample.
    pub(crate) fn select(&self, sample: &str, extra: &str) -> String {
        let mut matchers = Vec::new();
        let mut reserved = RESERVED_NAMES.iter();
        let sample = if reserved.any(|word| word.eq_ignore_ascii_case(sample)) {
            matchers.push(format!("__name__={}", quoted(sample)));
            ""
        } else {
            sample
        };
        matchers.extend([extra, &self.matchers].map(str::to_owned));
        matchers.retain(|matcher| !matcher.is_empty());
        format!("{sample}{{{}}}", matchers.join(","))
    }

    pub(crate) fn rate(&self, sample: &str, extra: &str) -> String {
        format!("rate({}[$__rate_interval])", self.select(sample, extra))
    }

    /// How often, or how much, a family counts per second, all series together. A gauge counts
    /// nothing.
    pub(crate) fn total_rate(&self, family: &Family, extra: &str) -> Option<String> {
        let sample = count_sample(family)?;
        Some(format!("sum({})", self.rate(&sample, extra)))
    }

    /// A quantile of a histogram.
    pub(crate) fn quantile(&self, family: &Family, q: &str, labels: &[String]) -> String {
        let buckets = self.rate(&format!("{}_bucket", family.name), "");
        let labels: Vec<String> = ["le".to_owned()]
            .into_iter()
            .chain(labels.iter().cloned())
            .collect();
        format!("histogram_quantile({q}, {})", sum_by(&labels, &buckets))
    }

    /// All quantiles of a summary, if it shows any. Those of two processes cannot be joined, but
    /// the worse of them is true of one.
    pub(crate) fn quantiles(&self, family: &Family, labels: &[String]) -> Option<String> {
        let by: Vec<String> = ["quantile".to_owned()]
            .into_iter()
            .chain(labels.iter().cloned())
            .collect();
        let all = self.select(&family.name, "quantile!=\"\"");
        (!self.quantiles.is_empty()).then(|| aggregate("max", &by, &all))
    }

    /// The median, the p95 and the p99, or what is nearest to them and shown; each once, with its name.
    pub(crate) fn durations(&self, family: &Family) -> Vec<(String, String)> {
        let mut found: Vec<(String, String)> = Vec::new();
        for wanted in ["0.5", "0.95", "0.99"] {
            let nearest = self.nearest(family, wanted, &[]);
            if !found.contains(&nearest) {
                found.push(nearest);
            }
        }
        found
    }

    /// The p95, or what is nearest to it and shown, with its name.
    pub(crate) fn p95(&self, family: &Family, labels: &[String]) -> (String, String) {
        self.nearest(family, "0.95", labels)
    }

    /// A quantile of a histogram, or of the worst series of a summary; what is nearest to it if that is
    /// not shown, and the mean if nothing is. With its name.
    fn nearest(&self, family: &Family, wanted: &str, labels: &[String]) -> (String, String) {
        let wanted_q: f64 = wanted.parse().unwrap_or(0.95);
        // Without the digits that a tenth does not have in binary.
        let name = |q: f64| format!("p{}", (q * 1e6).round() / 1e4);
        if family.kind == Type::Histogram {
            return (name(wanted_q), self.quantile(family, wanted, labels));
        }
        let far = |q: &&f64| (**q - wanted_q).abs();
        let nearest = self
            .quantiles
            .iter()
            .min_by(|a, b| far(a).total_cmp(&far(b)));
        let Some(q) = nearest else {
            return ("mean".to_owned(), self.mean(family, labels));
        };
        let [text, open] =
            [Format::Text, Format::OpenMetrics].map(|format| label_number(format, *q));
        let matcher = if text == open {
            format!("quantile=\"{text}\"")
        } else {
            format!("quantile=~\"{text}|{open}\"")
        };
        let expr = aggregate("max", labels, &self.select(&family.name, &matcher));
        (name(*q), expr)
    }

    /// The mean of what a histogram or a summary has seen.
    pub(crate) fn mean(&self, family: &Family, labels: &[String]) -> String {
        let rate = |ending| sum_by(labels, &self.rate(&format!("{}{ending}", family.name), ""));
        format!("{} / {}", rate("_sum"), rate("_count"))
    }
}

/// The sample that counts.
pub(crate) fn count_sample(family: &Family) -> Option<String> {
    match family.kind {
        Type::Counter => Some(family.name.clone()),
        Type::Histogram | Type::Summary => Some(format!("{}_count", family.name)),
        _ => None,
    }
}

pub(crate) fn sum_by(labels: &[String], inner: &str) -> String {
    aggregate("sum", labels, inner)
}

/// Zero where there are no series yet. Series with these labels are there or not, and one without any
/// is not to stand beside them.
pub(crate) fn or_zero(labels: &[String], expr: &str) -> String {
    if labels.is_empty() {
        format!("{expr} or vector(0)")
    } else {
        format!("{expr} or on () vector(0)")
    }
}

/// `operator by (labels) (inner)`.
pub(crate) fn aggregate(operator: &str, labels: &[String], inner: &str) -> String {
    if labels.is_empty() {
        format!("{operator}({inner})")
    } else {
        format!("{operator} by ({}) ({inner})", labels.join(", "))
    }
}

/// A tag's label as the server stores it. It gives `job` and `instance` a value of its own and
/// keeps ours under another name.
pub(crate) fn stored_label(tag: &str) -> String {
    match sanitise(tag) {
        label if label == "job" || label == "instance" => format!("exported_{label}"),
        label => label,
    }
}

/// The labels by which a family's series are told apart.
pub(crate) fn labels(family: &Family) -> Vec<String> {
    stored_labels(family.definition.tags().iter().map(String::as_str))
}

/// The labels of tags that can stand in a list of labels.
pub(crate) fn stored_labels<'t>(tags: impl Iterator<Item = &'t str>) -> Vec<String> {
    let labels = tags.map(stored_label);
    let reserved = |label: &String| {
        let mut words = RESERVED_LABELS.iter();
        words.any(|word| word.eq_ignore_ascii_case(label))
    };
    labels.filter(|label| !reserved(label)).collect()
}

/// A legend that names labels, or `otherwise` if there are none.
pub(crate) fn legend(labels: &[String], otherwise: &str) -> String {
    let labels: Vec<String> = labels
        .iter()
        .map(|label| format!("{{{{{label}}}}}"))
        .collect();
    if labels.is_empty() {
        otherwise.to_owned()
    } else {
        labels.join(" ")
    }
}
