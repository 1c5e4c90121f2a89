//! Where the numbers of an objective come from: PromQL over the counters of all instances.

use std::time::Duration;

use crate::objective::Measured;
use crate::prometheus::settings::Settings;
use crate::prometheus::text;

/// The series of what is good and of what counts, and how they are added up.
///
/// A rate is taken of each series by itself and summed then: so a restart of one instance is seen
/// as what it is, and all instances share one budget. What is bad is what counts less what is good;
/// it is never below zero, although the two are not read at the very same moment.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Source {
    valid: String,
    good: String,
    /// What an instance must have besides, or what counts of it says nothing: a bucket.
    beside: Option<String>,
    /// What must be there for the objective to be judged at all.
    needed: String,
    /// Whether nothing good may mean that there is no series of it.
    good_may_be_absent: bool,
    by: Vec<String>,
}

impl Source {
    /// `name_of` gives what the samples of a definition are called; an error is the definition that
    /// it does not know.
    pub(super) fn new(
        measured: &Measured,
        settings: &Settings,
        name_of: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Vec<String>> {
        let find = |definition: &String| name_of(definition).ok_or_else(|| definition.clone());
        let by = settings.by.clone();
        match measured {
            Measured::Ratio { good, valid } => {
                let (good, valid) = match (find(good), find(valid)) {
                    (Ok(good), Ok(valid)) => (good, valid),
                    (good, valid) => {
                        return Err(good.err().into_iter().chain(valid.err()).collect());
                    }
                };
                let valid = settings.series(&valid, None);
                Ok(Self {
                    good: settings.series(&good, None),
                    needed: valid.clone(),
                    valid,
                    beside: None,
                    good_may_be_absent: true,
                    by,
                })
            }
            Measured::Latency {
                duration,
                threshold,
            } => {
                let name = find(duration).map_err(|unknown| vec![unknown])?;
                let bound = format!("le=~{}", text::quoted(&text::bound(*threshold)));
                let good = settings.series(&format!("{name}_bucket"), Some(bound));
                Ok(Self {
                    valid: settings.series(&format!("{name}_count"), None),
                    // Without the bucket there is no judgement, rather than a wrong one: neither of
                    // all, nor of some instances, which have another version while a new one is
                    // rolled out.
                    beside: Some(good.clone()),
                    needed: good.clone(),
                    good,
                    good_may_be_absent: false,
                    by,
                })
            }
        }
    }

    /// How much counts, per second.
    pub(super) fn valid(&self, window: Duration) -> String {
        let range = text::duration(window);
        match &self.beside {
            None => self.total(&self.valid, window),
            Some(beside) => format!(
                "sum{}(\n    rate({}[{range}])\n    and ignoring (le)\n    rate({beside}[{range}])\n  )",
                self.by_clause(),
                self.valid
            ),
        }
    }

    /// How much of it is bad, per second.
    pub(super) fn bad(&self, window: Duration) -> String {
        let (valid, good) = (self.valid(window), self.total(&self.good, window));
        let good = if self.good_may_be_absent {
            // Without labels that is simply zero, which costs the server nothing.
            let none = match self.by.is_empty() {
                true => "vector(0)".to_owned(),
                false => format!("0 * {valid}"),
            };
            format!("(\n    {good}\n    or\n    {none}\n  )")
        } else {
            good
        };
        format!("clamp_min(\n  {valid}\n  -\n  {good},\n  0\n)")
    }

    fn total(&self, series: &str, window: Duration) -> String {
        let by = self.by_clause();
        format!("sum{by}(rate({series}[{}]))", text::duration(window))
    }

    /// Whether the series are missing: all of them, or all that have some label which they had a
    /// while ago.
    pub(super) fn missing(&self, window: Duration, ago: Duration) -> String {
        let needed = &self.needed;
        let (window, ago) = (text::duration(window), text::duration(ago));
        let all = format!("absent_over_time({needed}[{window}])");
        if self.by.is_empty() {
            return all;
        }
        let by = self.by_clause();
        format!(
            "{all}\nor\n(\n  group{by}({needed} offset {ago})\n  unless\n  \
             group{by}(present_over_time({needed}[{window}]))\n)"
        )
    }

    fn by_clause(&self) -> String {
        if self.by.is_empty() {
            String::new()
        } else {
            format!(" by ({}) ", self.by.join(", "))
        }
    }
}
