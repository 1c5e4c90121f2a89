//! [`View`]: what one viewer looks at, as the query of its address says.

mod query;

mod traces;

use std::collections::HashSet;
use std::time::Duration;

use crate::sections::{check_chart, group_or_first};
use crate::sources::Sources;
use query::{check_names, range, short, text};

/// The ranges that there are to choose from, in seconds.
pub(crate) const RANGES: [u32; 6] = [60, 300, 900, 3_600, 21_600, 86_400];

/// So many charts at once.
pub(crate) const MAX_CHARTS: usize = 60;

/// So many bytes of text in a parameter.
pub(crate) const LONGEST: usize = 256;

/// Charts where none are named.
const FIRST_CHARTS: usize = 12;

/// The pages that every dashboard has: their address and their name.
pub(crate) const PAGES: [(&str, &str); 7] = [
    ("overview", "Overview"),
    ("metrics", "Metrics"),
    ("events", "Events"),
    ("traces", "Traces"),
    ("runtime", "Runtime"),
    ("handlers", "Handlers"),
    ("health", "Health"),
];

/// Names a section: whoever looks at the same gets the same, made once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// What is wrong right now.
    Wrong,
    /// What is promised.
    Objectives,
    /// What must not be.
    Alarms,
    Signals(Range),
    Saturation(Range),
    /// Cards of the host on the overview.
    Extra(Range),
    Index {
        group: Option<String>,
        range: Range,
    },
    Chart(ChartKey),
    /// Stands where a page of the host names a chart that there is not: which of its names.
    NoChart {
        at: usize,
        name: String,
    },
    Catalogue,
    Tail {
        pattern: String,
    },
    NPlusOne,
    TraceList(TraceList),
    Trace {
        id: String,
    },
    Process,
    Gauges(Range),
    Handlers,
    Reporters,
    Series,
    Skipped,
    Definitions,
    Past,
    Viewers,
    /// A page of the host, by its place.
    Page(usize, Range),
}

/// How far back, in seconds; one of [`RANGES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Range(pub(crate) u32);

impl Range {
    pub(crate) fn time(self) -> Duration {
        Duration::from_secs(self.0.into())
    }
}

/// One chart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ChartKey {
    /// The place of its definition.
    pub(crate) definition: usize,
    pub(crate) range: Range,
    /// As asked for; `None` is what suits the kind of metric.
    pub(crate) stat: Option<String>,
    pub(crate) by: Option<String>,
    pub(crate) find: String,
    /// Whether it says how far back it goes: where nothing else on its page does.
    pub(crate) is_alone: bool,
}

impl ChartKey {
    /// What suits the kind of metric, of all series.
    fn usual(definition: usize, range: Range) -> Self {
        Self {
            definition,
            range,
            stat: None,
            by: None,
            find: String::new(),
            is_alone: false,
        }
    }
}

/// Which traces.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct TraceList {
    pub(crate) list: String,
    pub(crate) route: String,
    pub(crate) before: Option<u64>,
    /// Those as well that nobody looks for unless by name.
    pub(crate) all: bool,
}

impl TraceList {
    pub(crate) fn with_all(&self, all: bool) -> Self {
        Self {
            all,
            ..self.clone()
        }
    }
}

/// The sections of a page, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) page: String,
    pub(crate) title: String,
    pub(crate) sections: Vec<Key>,
}

impl Key {
    /// Its id within its page.
    pub(crate) fn id(&self) -> String {
        match self {
            Self::Wrong => "wrong".to_owned(),
            Self::Objectives => "objectives".to_owned(),
            Self::Alarms => "alarms".to_owned(),
            Self::Signals(_) => "signals".to_owned(),
            Self::Saturation(_) => "saturation".to_owned(),
            Self::Extra(_) => "extra".to_owned(),
            Self::Index { .. } => "index".to_owned(),
            Self::Chart(chart) => format!("chart-{}", chart.definition),
            Self::NoChart { at, .. } => format!("no-chart-{at}"),
            Self::Catalogue => "catalogue".to_owned(),
            Self::Tail { .. } => "tail".to_owned(),
            Self::NPlusOne => "n-plus-one".to_owned(),
            Self::TraceList(_) => "traces".to_owned(),
            Self::Trace { .. } => "trace".to_owned(),
            Self::Process => "process".to_owned(),
            Self::Gauges(_) => "gauges".to_owned(),
            Self::Handlers => "handlers".to_owned(),
            Self::Reporters => "reporters".to_owned(),
            Self::Series => "series".to_owned(),
            Self::Skipped => "skipped".to_owned(),
            Self::Definitions => "definitions".to_owned(),
            Self::Past => "history".to_owned(),
            Self::Viewers => "viewers".to_owned(),
            Self::Page(..) => "page".to_owned(),
        }
    }
}

impl View {
    /// Reads it from a page's name and the query of its address.
    ///
    /// # Errors
    ///
    /// A sentence for whoever asked; `None` if there is no such page.
    pub(crate) fn parse(
        page: &str,
        query: &[(String, String)],
        sources: &Sources,
    ) -> Result<Self, Option<String>> {
        let custom = sources.pages.iter().position(|own| own.slug() == page);
        let title = match (PAGES.iter().find(|(slug, _)| *slug == page), custom) {
            (Some((_, title)), _) => (*title).to_owned(),
            (None, Some(at)) => sources.pages[at].title().to_owned(),
            (None, None) => return Err(None),
        };
        check_names(page, query).map_err(Some)?;
        // Whether the page has any use for it or not.
        range(query, 900).map_err(Some)?;
        let sections = match custom {
            Some(at) => custom_sections(at, query, sources),
            None => own_sections(page, query, sources),
        };
        Ok(Self {
            page: page.to_owned(),
            title,
            sections: each_once(sections.map_err(Some)?),
        })
    }
}

/// Of sections with one id, the first.
fn each_once(mut sections: Vec<Key>) -> Vec<Key> {
    let mut ids = HashSet::new();
    sections.retain(|key| ids.insert(key.id()));
    sections
}

fn own_sections(
    page: &str,
    query: &[(String, String)],
    sources: &Sources,
) -> Result<Vec<Key>, String> {
    Ok(match page {
        "overview" => {
            let range = range(query, 3_600)?;
            let mut sections = vec![Key::Wrong];
            let slo = sources.slo.is_some();
            sections.extend(slo.then_some(Key::Objectives));
            sections.extend([Key::Signals(range), Key::Saturation(range)]);
            sections.extend(slo.then_some(Key::Alarms));
            if !sources.extra.is_empty() {
                sections.push(Key::Extra(range));
            }
            sections
        }
        "metrics" => metrics(query, sources)?,
        "events" => {
            let mut sections = vec![];
            if let Some(pattern) = text(query, "tail")? {
                sections.push(Key::Tail { pattern });
            }
            sections.push(Key::Catalogue);
            sections
        }
        "traces" => traces::sections(query)?,
        "runtime" => vec![Key::Process, Key::Gauges(range(query, 900)?)],
        "handlers" => vec![Key::Handlers],
        // Health.
        _ => vec![
            Key::Reporters,
            Key::Series,
            Key::Skipped,
            Key::Definitions,
            Key::Past,
            Key::Viewers,
        ],
    })
}

fn custom_sections(
    at: usize,
    query: &[(String, String)],
    sources: &Sources,
) -> Result<Vec<Key>, String> {
    let range = range(query, 900)?;
    let mut sections = vec![Key::Page(at, range)];
    let names = sources.pages[at].charts();
    for (at, name) in names.iter().enumerate() {
        let section = match sources.charts.find(sources, name) {
            Some(id) => Key::Chart(ChartKey {
                is_alone: true,
                ..ChartKey::usual(id, range)
            }),
            None if names[..at].contains(name) => continue,
            None => Key::NoChart {
                at,
                name: name.clone(),
            },
        };
        sections.push(section);
    }
    Ok(sections)
}

fn metrics(query: &[(String, String)], sources: &Sources) -> Result<Vec<Key>, String> {
    let range = range(query, 900)?;
    let group = text(query, "group")?;
    let mut sections = vec![Key::Index {
        group: group.clone(),
        range,
    }];
    let shows = query.iter().filter(|(key, _)| key == "show");
    if shows.clone().count() > MAX_CHARTS {
        return Err(format!("at most {MAX_CHARTS} charts at once"));
    }
    let shown = shows.map(|(_, spec)| chart(spec, range, sources));
    let mut shown = shown.collect::<Result<Vec<_>, _>>()?;
    if shown.is_empty() {
        let group = group_or_first(sources, group.as_deref());
        let members = group.into_iter().flat_map(|group| group.charts);
        let members = members.take(FIRST_CHARTS);
        shown.extend(members.map(|(id, _)| ChartKey::usual(id, range)));
    }
    sections.extend(shown.into_iter().map(Key::Chart));
    Ok(sections)
}

/// `12;stat=p95;by=series;find=users`.
fn chart(spec: &str, range: Range, sources: &Sources) -> Result<ChartKey, String> {
    let (number, mut rest) = spec.split_once(';').unwrap_or((spec, ""));
    let definition: usize = number
        .parse()
        .map_err(|_| "`show` begins with the number of a chart".to_owned())?;
    let mut key = ChartKey::usual(definition, range);
    while !rest.is_empty() {
        // What is looked for may have semicolons itself, and comes last.
        if let Some(find) = rest.strip_prefix("find=") {
            key.find = short(find, "find")?;
            break;
        }
        let (part, others) = rest.split_once(';').unwrap_or((rest, ""));
        rest = others;
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let place = match name {
            "" if value.is_empty() => continue,
            "stat" => &mut key.stat,
            "by" => &mut key.by,
            _ => return Err("`show` knows stat, by and find".to_owned()),
        };
        if place.replace(value.to_owned()).is_some() {
            return Err(format!("`{name}` is there twice"));
        }
    }
    check_chart(key, sources)
}

#[cfg(test)]
mod tests;
