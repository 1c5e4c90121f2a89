//! [`View`]: what one viewer looks at, as the query of its address says.

use std::time::Duration;

use crate::sections::{check_chart, group_or_first};
use crate::sources::Sources;

/// The ranges that there are to choose from, in seconds.
pub(crate) const RANGES: [u32; 6] = [60, 300, 900, 3_600, 21_600, 86_400];

/// So many charts at once.
pub(crate) const MAX_CHARTS: usize = 60;

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
    Signals(Range),
    Saturation(Range),
    /// Cards of the host on the overview.
    Extra(Range),
    Index {
        group: Option<String>,
    },
    Chart(ChartKey),
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
        }
    }
}

/// Which traces.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct TraceList {
    pub(crate) list: String,
    pub(crate) route: String,
    pub(crate) before: Option<u64>,
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
            Self::Signals(_) => "signals".to_owned(),
            Self::Saturation(_) => "saturation".to_owned(),
            Self::Extra(_) => "extra".to_owned(),
            Self::Index { .. } => "index".to_owned(),
            Self::Chart(chart) => format!("chart-{}", chart.definition),
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
        let sections = match custom {
            Some(at) => custom_sections(at, query, sources),
            None => own_sections(page, query, sources),
        };
        Ok(Self {
            page: page.to_owned(),
            title,
            sections: sections.map_err(Some)?,
        })
    }
}

fn own_sections(
    page: &str,
    query: &[(String, String)],
    sources: &Sources,
) -> Result<Vec<Key>, String> {
    Ok(match page {
        "overview" => {
            let range = range(query, 3_600)?;
            let mut sections = vec![Key::Wrong, Key::Signals(range), Key::Saturation(range)];
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
        "traces" => match text(query, "id")? {
            Some(id) => vec![Key::Trace { id }],
            None => {
                let list = text(query, "list")?.unwrap_or_else(|| "recent".to_owned());
                if !["recent", "slow", "failed"].contains(&&*list) {
                    return Err("`list` is one of recent, slow, failed".to_owned());
                }
                let before = match text(query, "before")? {
                    None => None,
                    Some(number) => Some(
                        number
                            .parse()
                            .map_err(|_| "`before` is a number that a list gave".to_owned())?,
                    ),
                };
                let route = text(query, "route")?.unwrap_or_default();
                vec![
                    Key::NPlusOne,
                    Key::TraceList(TraceList {
                        list,
                        route,
                        before,
                    }),
                ]
            }
        },
        "runtime" => vec![Key::Process, Key::Gauges(range(query, 900)?)],
        "handlers" => vec![Key::Handlers],
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
    for name in sources.pages[at].charts() {
        let chart = sources.charts.find(sources, &name);
        sections.extend(chart.map(|id| Key::Chart(ChartKey::usual(id, range))));
    }
    Ok(sections)
}

fn metrics(query: &[(String, String)], sources: &Sources) -> Result<Vec<Key>, String> {
    let range = range(query, 900)?;
    let group = text(query, "group")?;
    let mut sections = vec![Key::Index {
        group: group.clone(),
    }];
    let mut shown = Vec::new();
    for (_, spec) in query.iter().filter(|(key, _)| key == "show") {
        shown.push(chart(spec, range, sources)?);
    }
    if shown.len() > MAX_CHARTS {
        return Err(format!("at most {MAX_CHARTS} charts at once"));
    }
    if shown.is_empty() {
        let group = group_or_first(sources, group.as_deref());
        let members = group.map(|(_, charts)| charts).unwrap_or_default();
        let members = members.into_iter().take(FIRST_CHARTS);
        shown.extend(members.map(|id| ChartKey::usual(id, range)));
    }
    for chart in shown {
        let key = Key::Chart(chart);
        // One section per id.
        if !sections.iter().any(|other| other.id() == key.id()) {
            sections.push(key);
        }
    }
    Ok(sections)
}

/// `12;stat=p95;by=series;find=users`.
fn chart(spec: &str, range: Range, sources: &Sources) -> Result<ChartKey, String> {
    let mut parts = spec.split(';');
    let number = parts.next().unwrap_or_default();
    let definition: usize = number
        .parse()
        .map_err(|_| "`show` begins with the number of a chart".to_owned())?;
    let mut key = ChartKey::usual(definition, range);
    // What is looked for may have semicolons itself, and comes last.
    let mut rest = parts.collect::<Vec<_>>().join(";");
    if let Some(at) = rest.find("find=") {
        key.find = short(&rest[at + 5..], "find")?;
        rest.truncate(at);
    }
    for part in rest.split(';').filter(|part| !part.is_empty()) {
        match part.split_once('=') {
            Some(("stat", stat)) => key.stat = Some(stat.to_owned()),
            Some(("by", by)) => key.by = Some(by.to_owned()),
            _ => return Err("`show` knows stat, by and find".to_owned()),
        }
    }
    check_chart(key, sources)
}

fn range(query: &[(String, String)], default: u32) -> Result<Range, String> {
    let Some(range) = text(query, "range")? else {
        return Ok(Range(default));
    };
    let range = range.parse().ok().filter(|range| RANGES.contains(range));
    range.map(Range).ok_or_else(|| {
        "`range` is one of 60, 300, 900, 3600, 21600, 86400: a number of seconds".to_owned()
    })
}

/// A parameter that may be there once; one that is empty is not.
fn text(query: &[(String, String)], key: &str) -> Result<Option<String>, String> {
    let mut values = query.iter().filter(|(given, _)| given == key);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some((_, value)), None) if value.is_empty() => Ok(None),
        (Some((_, value)), None) => short(value, key).map(Some),
        (Some(_), Some(_)) => Err(format!("`{key}` is there twice")),
    }
}

fn short(value: &str, key: &str) -> Result<String, String> {
    const LONGEST: usize = 256;
    if value.len() > LONGEST {
        return Err(format!("`{key}` is longer than {LONGEST} bytes"));
    }
    Ok(value.to_owned())
}
