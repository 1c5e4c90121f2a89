//! [`Plans`]: the plans of all definitions, and the streams that their points go to.

use std::collections::HashMap;
use std::sync::Arc;

use telemetry_metrics::{Aggregator, Definition};

use super::draft::Draft;
use super::name;
use super::options::{Options, problem};
use super::plan::Plan;
use super::settings::{Histograms, MetricSettings};
use super::stream::Stream;
use crate::problem::Problem;

/// Tells definitions apart that feed one stream.
const METRIC: &str = "telemetry.metric";

#[derive(Debug)]
pub(super) struct Plans {
    settings: MetricSettings,
    constant_tags: Vec<(String, String)>,
    streams: Vec<Stream>,
    /// By their names, without regard to case.
    by_name: HashMap<String, usize>,
    plans: Vec<Plan>,
    /// Of the definitions that there were from the start: the first of the plans.
    from_start: usize,
    /// Of those that came later, and the library's own: by name, with the definition as it was.
    others: HashMap<String, (usize, Arc<Definition>)>,
    needs_exponential: bool,
}

impl Plans {
    /// For the definitions of an aggregator; everything that is wrong with them otherwise.
    pub(super) fn new(
        aggregator: &Aggregator,
        settings: MetricSettings,
    ) -> Result<Self, Vec<Problem>> {
        let mut plans = Self {
            // Also if there is no distribution yet: one may come late.
            needs_exponential: settings.histograms == Histograms::Exponential,
            settings,
            constant_tags: aggregator.constant_tags().to_vec(),
            streams: Vec::new(),
            by_name: HashMap::new(),
            plans: Vec::new(),
            from_start: aggregator.definitions().len(),
            others: HashMap::new(),
        };
        let mut problems = Vec::new();
        let mut entries = Vec::new();
        for definition in aggregator.definitions() {
            entries.extend(plans.entry(definition, &mut problems));
        }
        tell_apart(&mut entries, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        for entry in entries {
            plans.add(entry);
        }
        Ok(plans)
    }

    /// Checks a definition and finds its stream.
    fn entry<'d>(
        &mut self,
        definition: &'d Arc<Definition>,
        problems: &mut Vec<Problem>,
    ) -> Option<Entry<'d>> {
        let options = Options::of(definition, problems);
        let name = options.name.as_deref().unwrap_or(definition.name());
        if let Some(why) = name::problem(name) {
            let why = format!(
                "OpenTelemetry cannot call it `{name}`: {why}; give it another name by the option `otel_name`"
            );
            problems.push(problem(definition, why));
            return None;
        }
        let draft = match Draft::new(definition, &options, &self.settings) {
            Ok(draft) => draft,
            Err(why) => {
                problems.push(problem(definition, why));
                return None;
            }
        };
        let stream = match self.by_name.get(&name::folded(name)) {
            Some(known) => {
                let first = &self.streams[*known];
                if !first.is_like(&draft.stream) {
                    let why = format!(
                        "OpenTelemetry would know it as `{name}`, a {}, and there is a {} of this \
                         name already; give it another one by the option `otel_name`",
                        draft.stream.told(),
                        first.told(),
                    );
                    problems.push(problem(definition, why));
                    return None;
                }
                *known
            }
            None => self.new_stream(draft.stream.clone()),
        };
        Some(Entry {
            definition,
            stream,
            attributes: options.attributes,
            draft,
        })
    }

    fn new_stream(&mut self, stream: Stream) -> usize {
        let number = self.streams.len();
        self.by_name.insert(name::folded(&stream.name), number);
        self.streams.push(stream);
        number
    }

    fn add(&mut self, entry: Entry<'_>) -> usize {
        let Entry {
            definition,
            stream,
            attributes,
            draft,
        } = entry;
        self.needs_exponential |= draft.needs_exponential(definition);
        let fixed = fixed(&attributes, &self.constant_tags);
        self.plans.push(draft.plan(definition, stream, &fixed));
        self.plans.len() - 1
    }

    /// Whether exponential buckets of distributions are needed.
    pub(super) fn needs_exponential(&self) -> bool {
        self.needs_exponential
    }

    pub(super) fn stream(&self, number: usize) -> &Stream {
        &self.streams[number]
    }

    pub(super) fn plan(&self, number: usize) -> &Plan {
        &self.plans[number]
    }

    /// The number of the plan of a definition, which is the `at`th of the aggregator's if there are so
    /// many.
    pub(super) fn number(&mut self, at: usize, definition: &Arc<Definition>) -> usize {
        if at < self.from_start {
            return at;
        }
        let Some((number, known)) = self.others.get_mut(definition.name()) else {
            let number = self.add_late(definition);
            let known = (number, definition.clone());
            self.others.insert(definition.name().to_owned(), known);
            return number;
        };
        let number = *number;
        if !Arc::ptr_eq(known, definition) {
            *known = definition.clone();
            let plan = &mut self.plans[number];
            let stream = &mut self.streams[plan.stream];
            if let Some(description) = definition.description() {
                description.clone_into(&mut stream.description);
            }
            let options = Options::of(definition, &mut Vec::new());
            let fixed = fixed(&options.attributes, &self.constant_tags);
            plan.retag(&stream.name, definition.tags(), &fixed);
        }
        number
    }

    /// Whatever it is called, nobody can be told any more that it is wrong: it gets a name that is
    /// valid and its own, and what options cannot say is as if they did not.
    fn add_late(&mut self, definition: &Arc<Definition>) -> usize {
        let mut options = Options::of(definition, &mut Vec::new());
        let is_valid = |name: &String| name::problem(name).is_none();
        options.name = options.name.filter(is_valid);
        if !self.needs_exponential {
            // Its exponential buckets are not read.
            options.histogram = None;
        }
        let draft = Draft::new(definition, &options, &self.settings).or_else(|_| {
            options.name = None;
            Draft::new(definition, &options, &self.settings)
        });
        // Without that option there is nothing to refuse.
        let Ok(mut draft) = draft else {
            unreachable!("{} has its own name", definition.name());
        };
        let name = name::sanitise(&draft.stream.name);
        let mut number = 1;
        draft.stream.name.clone_from(&name);
        while self.by_name.contains_key(&name::folded(&draft.stream.name)) {
            number += 1;
            draft.stream.name = name::numbered(&name, number);
        }
        let stream = self.new_stream(draft.stream.clone());
        self.add(Entry {
            definition,
            stream,
            attributes: options.attributes,
            draft,
        })
    }
}

/// A definition that was checked.
struct Entry<'d> {
    definition: &'d Definition,
    stream: usize,
    /// Those that all its points have.
    attributes: Vec<(String, String)>,
    draft: Draft,
}

/// What all points of a definition have: its own come first, and count.
fn fixed<'a>(
    own: &'a [(String, String)],
    constant_tags: &'a [(String, String)],
) -> Vec<(&'a str, &'a str)> {
    let is_free = |tag: &&(String, String)| own.iter().all(|(key, _)| *key != tag.0);
    let all = own.iter().chain(constant_tags.iter().filter(is_free));
    all.map(|(key, value)| (key.as_str(), value.as_str()))
        .collect()
}

/// Where several definitions feed one stream, makes sure that none of their points have the same
/// attributes.
fn tell_apart(entries: &mut [Entry<'_>], problems: &mut Vec<Problem>) {
    let mut of_stream: HashMap<usize, Vec<usize>> = HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        of_stream.entry(entry.stream).or_default().push(at);
    }
    for at in 0..entries.len() {
        let all = &of_stream[&entries[at].stream];
        if all[0] != at || all.len() == 1 {
            continue;
        }
        let pairs = all.iter().enumerate();
        let mut pairs = pairs.flat_map(|(n, one)| all[n + 1..].iter().map(move |two| (*one, *two)));
        if pairs.all(|(one, two)| differ(&entries[one].attributes, &entries[two].attributes)) {
            continue;
        }
        let mut names: Vec<&str> = Vec::new();
        for at in all {
            let entry = &mut entries[*at];
            let name = entry.definition.name();
            if names.contains(&name) {
                let why = "there is another definition of this name, and OpenTelemetry could not \
                           tell them apart; rename one of them";
                problems.push(problem(entry.definition, why));
            }
            names.push(name);
            entry.attributes.push((METRIC.to_owned(), name.to_owned()));
        }
    }
}

/// Whether there is an attribute that both have, with different values.
fn differ(one: &[(String, String)], two: &[(String, String)]) -> bool {
    let differs = |(key, value): &(String, String)| {
        two.iter()
            .any(|(other, text)| other == key && text != value)
    };
    one.iter().any(differs)
}
