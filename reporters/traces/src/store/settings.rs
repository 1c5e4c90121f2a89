//! What a store was told to do.

use std::time::Duration;

use telemetry::{EventName, TraceShare};

/// What one span, and one trace, may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Bytes of one text.
    pub(super) text: usize,
    /// Spans of one trace.
    pub(super) spans: usize,
    /// Bytes of one trace.
    pub(super) trace: usize,
}

/// Which traces are taken; `None` if it is not a ratio.
pub(super) fn share(ratio: f64) -> Option<TraceShare> {
    (0.0..=1.0).contains(&ratio).then(|| TraceShare::new(ratio))
}

/// From when on a span is slow.
#[derive(Debug, Clone)]
pub(super) struct Slow {
    pub(super) limit: Duration,
    /// Of these names, or below these prefixes (with their dots), another. The last comes first.
    pub(super) others: Vec<(String, Duration)>,
}

impl Slow {
    pub(super) fn is_slow(&self, name: &str, duration: Duration) -> bool {
        let mut others = self.others.iter().rev();
        let limit = others
            .find(|(pattern, _)| matches(pattern, name))
            .map_or(self.limit, |(_, limit)| *limit);
        duration >= limit
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => pattern == name,
    }
}

pub(super) fn is_pattern(pattern: &str) -> bool {
    let name = pattern.strip_suffix(".*").unwrap_or(pattern);
    pattern == "*" || EventName::check(name).is_ok()
}

#[cfg(test)]
mod tests {
    use telemetry::TraceId;

    use super::*;

    fn ids() -> impl Iterator<Item = TraceId> {
        (0..10_000).map(|_| telemetry::SpanContext::new_root().trace_id())
    }

    #[test]
    fn a_ratio_takes_its_share_and_a_larger_one_the_same_and_more() {
        let [none, tenth, half, all] = [0.0, 0.1, 0.5, 1.0].map(|ratio| share(ratio).unwrap());
        assert!(ids().all(|id| all.takes(id) && !none.takes(id)));
        assert!(ids().all(|id| !tenth.takes(id) || half.takes(id)));
        let taken = ids().filter(|id| tenth.takes(*id)).count();
        assert!((800..1_200).contains(&taken), "{taken}");
        assert!([-0.1, 1.1, f64::NAN].map(share).iter().all(Option::is_none));
    }

    #[test]
    fn a_span_is_slow_by_the_last_limit_that_was_set_for_its_name() {
        let second = Duration::from_secs(1);
        let slow = Slow {
            limit: second,
            others: vec![
                ("shop.*".into(), 2 * second),
                ("shop.stream".into(), Duration::MAX),
            ],
        };
        assert!(slow.is_slow("other", second) && !slow.is_slow("shop.request", second));
        assert!(slow.is_slow("shop.request", 2 * second) && slow.is_slow("shop", second));
        assert!(!slow.is_slow("shop.stream", 1_000 * second));
    }
}
