//! What a dashboard shows of objectives and alarms, as plain data: whoever draws it joins it with
//! what they draw with.

use crate::alarm::Reading;
use crate::prometheus::alarm::{Unit, Watch, definitions};
use crate::prometheus::burn::Subject;
use crate::prometheus::settings::Settings;
use crate::prometheus::text;

/// Charts that belong together.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PanelRow {
    /// What they are about.
    pub title: String,
    /// The charts.
    pub panels: Vec<PanelData>,
}

/// One chart.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PanelData {
    /// What it shows.
    pub title: String,
    /// The same in more words.
    pub description: String,
    /// How it is drawn.
    pub look: Look,
    /// What its numbers are.
    pub unit: PanelUnit,
    /// PromQL, and what its series are called in the legend: a text, or a template such as
    /// `{{route}}`. Empty, it is left to whoever draws: their labels tell them apart.
    pub queries: Vec<(String, String)>,
    /// From which value on how good it is, ascending; the first is minus infinity, for all values
    /// below the second.
    pub thresholds: Vec<(f64, Level)>,
    /// Where the axis begins, if it is not left to the values.
    pub min: Option<f64>,
    /// Where it ends.
    pub max: Option<f64>,
}

/// How a chart is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Look {
    /// The newest value as a large number.
    Stat,
    /// The newest value between two ends.
    Gauge,
    /// Lines over time.
    TimeSeries,
    /// A row for each series.
    Table,
}

/// What the numbers of a chart are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PanelUnit {
    /// From 0 to 1, shown in per cent.
    Share,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Anything else.
    Number,
}

/// How good a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Level {
    /// As it should be.
    Good,
    /// To be watched.
    Warn,
    /// Somebody should do something.
    Bad,
}

pub(super) fn rows(settings: &Settings, subjects: &[Subject], watches: &[Watch]) -> Vec<PanelRow> {
    let by: Vec<String> = settings
        .by
        .iter()
        .map(|label| format!("{{{{{label}}}}}"))
        .collect();
    let by = by.join(" ");
    let objectives = subjects.iter().map(|subject| objective(subject, &by));
    let mut rows: Vec<PanelRow> = objectives.collect();
    if !watches.is_empty() {
        let panels = watches.iter().map(|watch| alarm(settings, watch));
        rows.push(PanelRow {
            title: "Saturation".to_owned(),
            panels: panels.collect(),
        });
    }
    rows
}

fn panel(title: &str, look: Look, unit: PanelUnit) -> PanelData {
    PanelData {
        title: title.to_owned(),
        description: String::new(),
        look,
        unit,
        queries: Vec::new(),
        thresholds: Vec::new(),
        min: None,
        max: None,
    }
}

fn objective(subject: &Subject, by: &str) -> PanelRow {
    let objective = &subject.objective;
    let name = objective.name();
    let legend = |text: &str| {
        let both = format!("{text} {by}");
        both.trim().to_owned()
    };
    let (target, window) = (objective.target_share(), objective.window_length());
    let first = subject.shortest();
    let promise = match objective.description_text() {
        Some(text) => format!("{text}. "),
        None => String::new(),
    };
    // Without traffic nothing is bad.
    let good = format!(
        "1 - {} / clamp_min({}, 1e-12)",
        subject.recorded("bad", Some(first)),
        subject.recorded("valid", Some(first))
    );
    let left = subject.recorded("error_budget_left", None);
    let budget_levels = vec![
        (f64::NEG_INFINITY, Level::Bad),
        (0.0, Level::Warn),
        (0.25, Level::Good),
    ];
    let mut rates = panel("Burn rate", Look::TimeSeries, PanelUnit::Number);
    rates.description =
        "How many times faster than allowed the error budget is used up, over several windows; \
         at 1 it lasts exactly to the end of the objective's window."
            .to_owned();
    rates.min = Some(0.0);
    for window in &subject.windows {
        rates.queries.push((
            subject.recorded("burn_rate", Some(*window)),
            legend(&text::duration(*window)),
        ));
    }
    rates.thresholds.push((f64::NEG_INFINITY, Level::Good));
    let factors = objective.alerts().alerts().iter();
    let factors: Vec<f64> = factors.map(|pair| pair.factor).collect();
    let (lowest, highest) = (
        factors.iter().copied().fold(f64::INFINITY, f64::min),
        factors.iter().copied().fold(0.0, f64::max),
    );
    rates.thresholds.push((lowest, Level::Warn));
    if highest > lowest {
        rates.thresholds.push((highest, Level::Bad));
    }
    let mut firing = subject.labels();
    firing.push(("alertstate".to_owned(), "firing".to_owned()));
    let firing = text::matchers(&firing);
    PanelRow {
        title: format!("Objective {name}"),
        panels: vec![
            PanelData {
                description: format!(
                    "{promise}The share that was good in the last {}, and the target.",
                    text::about(first)
                ),
                queries: vec![
                    (good, legend("good")),
                    (subject.recorded("objective", None), "target".to_owned()),
                ],
                thresholds: vec![(f64::NEG_INFINITY, Level::Bad), (target, Level::Good)],
                max: Some(1.0),
                ..panel("Good", Look::Stat, PanelUnit::Share)
            },
            PanelData {
                description: format!(
                    "What is left of the error budget over {}: {} may be bad. Below zero it is overdrawn.",
                    text::about(window),
                    text::percent(subject.budget())
                ),
                queries: vec![(left.clone(), legend("left"))],
                thresholds: budget_levels.clone(),
                min: Some(0.0),
                max: Some(1.0),
                ..panel("Error budget left", Look::Gauge, PanelUnit::Share)
            },
            PanelData {
                description: "Alerts of this objective that fire now.".to_owned(),
                queries: vec![(
                    format!("count(ALERTS{firing}) or vector(0)"),
                    "firing".to_owned(),
                )],
                thresholds: vec![(f64::NEG_INFINITY, Level::Good), (1.0, Level::Bad)],
                min: Some(0.0),
                ..panel("Alerts firing", Look::Stat, PanelUnit::Number)
            },
            PanelData {
                description: format!(
                    "For which part of {} the server has numbers: the budget is that of this part.",
                    text::about(window)
                ),
                queries: vec![(subject.recorded("window_covered", None), legend("covered"))],
                thresholds: vec![(f64::NEG_INFINITY, Level::Good)],
                min: Some(0.0),
                max: Some(1.0),
                ..panel("Window covered", Look::Stat, PanelUnit::Share)
            },
            rates,
            PanelData {
                description: "How the error budget went.".to_owned(),
                queries: vec![(left, legend("left"))],
                thresholds: budget_levels,
                max: Some(1.0),
                ..panel(
                    "Error budget left over time",
                    Look::TimeSeries,
                    PanelUnit::Share,
                )
            },
            PanelData {
                description: "What counts for the objective, and what of it is bad, per second."
                    .to_owned(),
                queries: vec![
                    (subject.recorded("valid", Some(first)), legend("counts")),
                    (subject.recorded("bad", Some(first)), legend("bad")),
                ],
                thresholds: vec![(f64::NEG_INFINITY, Level::Good)],
                min: Some(0.0),
                ..panel("Traffic", Look::TimeSeries, PanelUnit::Number)
            },
        ],
    }
}

fn alarm(settings: &Settings, watch: &Watch) -> PanelData {
    let alarm = &watch.alarm;
    let limit = alarm.limit;
    let unit = match watch.unit() {
        Unit::Share => PanelUnit::Share,
        Unit::Bytes => PanelUnit::Bytes,
        Unit::Seconds => PanelUnit::Seconds,
        Unit::Number => PanelUnit::Number,
    };
    let of = definitions(alarm.reading()).join(", ");
    let mut thresholds = vec![(f64::NEG_INFINITY, Level::Good)];
    if limit > 0.0 {
        thresholds.push((limit * 0.75, Level::Warn));
    }
    thresholds.push((limit, Level::Bad));
    let reading = watch.reading(settings);
    // A counter that nothing has touched has no series; that is a rise of nothing.
    let reading = match alarm.reading() {
        Reading::Rise { .. } => format!("{reading}\nor on () vector(0)"),
        _ => reading,
    };
    PanelData {
        description: format!(
            "{} How far {of} is from the limit of the alert {}.",
            alarm.summary_text(),
            alarm.name()
        )
        .trim()
        .to_owned(),
        queries: vec![(reading, String::new())],
        thresholds,
        min: Some(0.0),
        max: (unit == PanelUnit::Share).then_some(1.0),
        ..panel(alarm.name(), Look::TimeSeries, unit)
    }
}
