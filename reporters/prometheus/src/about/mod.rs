//! [`About`]: what is said of the process itself, the same in every scrape: when it was started, and
//! what it was built from.
//!
//! The names are those that Prometheus's own client libraries and programs use, so that rules and
//! dashboards of others find them: `process_start_time_seconds`, and `<program>_build_info` with the
//! value 1 and everything that is to be known in its labels.

mod start;

use crate::encode::escape::escape;
use crate::family::{Family, Label};
use crate::format::Format;
use crate::name::sanitise;
use crate::number::write_time;
use crate::problem::{FamilyProblem, Problem};

/// When the process was started.
pub(crate) const START: &str = "process_start_time_seconds";
const START_HELP: &str = "Start time of the process since unix epoch in seconds";

/// What a program says of its build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Build {
    /// The name of its sample.
    pub(crate) name: String,
    /// Labels and their values. One without a value is not shown, but may have one in another build.
    pub(crate) labels: Vec<(String, String)>,
    program: String,
}

/// The texts, made once.
#[derive(Debug, Default)]
pub(crate) struct About {
    start: Option<Block>,
    build: Option<(Build, Block)>,
}

/// A head and a sample.
#[derive(Debug)]
struct Block {
    text: String,
    open: String,
}

impl Build {
    /// So many labels are kept.
    const MAX_LABELS: usize = 32;

    pub(crate) fn new(program: &str, labels: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            name: format!("{}_build_info", sanitise(program.trim())),
            labels: labels.into_iter().take(Self::MAX_LABELS).collect(),
            program: program.to_owned(),
        }
    }

    /// What nothing else may be called. OpenMetrics has a name for the family of an info, too.
    fn names(&self) -> [(String, Format); 2] {
        let family = self.name.strip_suffix("_info").unwrap_or(&self.name);
        [
            (self.name.clone(), Format::Text),
            (family.to_owned(), Format::OpenMetrics),
        ]
    }

    /// Everything for which the text would be wrong.
    pub(crate) fn problems(
        &self,
        families: &[Family],
        constant_tags: &[(String, String)],
    ) -> Vec<FamilyProblem> {
        let mut found = Vec::new();
        if self.program.trim().is_empty() {
            found.push(Problem::NoProgram);
        }
        for (at, (tag, _)) in self.labels.iter().enumerate() {
            let (tag, label) = (tag.clone(), sanitise(tag));
            let same = |(other, _): &&(String, String)| sanitise(other) == label;
            if label.is_empty() || label.starts_with("__") {
                found.push(Problem::HiddenLabel { tag, label });
            } else if let Some((constant, _)) = constant_tags.iter().find(same) {
                let constant = constant.clone();
                found.push(Problem::ConstantLabel {
                    tag,
                    constant,
                    label,
                });
            } else if let Some((first, _)) = self.labels[..at].iter().find(same) {
                let (first, second) = (first.clone(), tag);
                found.push(Problem::SameLabel {
                    first,
                    second,
                    label,
                });
            }
        }
        for (sample, format) in self.names() {
            let takes = |family: &&Family| family.names().iter().any(|(name, _)| *name == sample);
            if let Some(other) = families.iter().find(takes) {
                found.push(Problem::NameTaken {
                    sample,
                    other: other.definition.name().to_owned(),
                    kind: other.definition.kind(),
                    format,
                });
                break;
            }
        }
        let metric = "build_info".to_owned();
        let problem = |problem| FamilyProblem {
            metric: metric.clone(),
            problem,
        };
        found.into_iter().map(problem).collect()
    }
}

impl About {
    /// The start, if it is to be shown and no family takes its name; and the build. `constant` are the
    /// constant labels with a comma after each.
    pub(crate) fn new(
        start: bool,
        build: Option<Build>,
        families: &[Family],
        constant: &str,
    ) -> Self {
        let is_free = |family: &Family| family.names().iter().all(|(name, _)| name != START);
        let start = (start && families.iter().all(is_free)).then(|| {
            let mut value = String::new();
            if !write_time(&mut value, start::time()) {
                value.push('0');
            }
            Block::new(
                (START, "gauge"),
                (START, "gauge", "seconds"),
                START_HELP,
                &sample(START, constant, &value),
            )
        });
        let build = build.map(|build| {
            let mut labels = constant.to_owned();
            let said = build.labels.iter().filter(|(_, value)| !value.is_empty());
            for (tag, value) in said {
                labels.push_str(&Label::new(tag).first);
                escape(&mut labels, value);
                labels.push_str("\",");
            }
            let [(name, _), (family, _)] = build.names();
            let block = Block::new(
                (&name, "gauge"),
                (&family, "info", ""),
                "What the program was built from, in labels; always 1",
                &sample(&name, &labels, "1"),
            );
            (build, block)
        });
        Self { start, build }
    }

    /// What nothing else may be called, that comes later.
    pub(crate) fn names(&self) -> Vec<String> {
        let start = self.start.iter().map(|_| START.to_owned());
        let build = self.build.iter().flat_map(|(build, _)| build.names());
        start.chain(build.map(|(name, _)| name)).collect()
    }

    pub(crate) fn shows_start(&self) -> bool {
        self.start.is_some()
    }

    pub(crate) fn build(&self) -> Option<&Build> {
        self.build.as_ref().map(|(build, _)| build)
    }

    /// Appends everything; without what only the process's own endpoint can say, if `is_file`.
    pub(crate) fn write(&self, out: &mut String, format: Format, is_file: bool) {
        let start = self.start.as_ref().filter(|_| !is_file);
        let build = self.build.as_ref().map(|(_, block)| block);
        for block in start.into_iter().chain(build) {
            out.push_str(match format {
                Format::Text => &block.text,
                Format::OpenMetrics => &block.open,
            });
        }
    }
}

impl Block {
    fn new(
        (name, kind): (&str, &str),
        (family, open_kind, unit): (&str, &str, &str),
        help: &str,
        sample: &str,
    ) -> Self {
        let unit = if unit.is_empty() {
            String::new()
        } else {
            format!("# UNIT {family} {unit}\n")
        };
        Self {
            text: format!("# HELP {name} {help}\n# TYPE {name} {kind}\n{sample}"),
            open: format!("# TYPE {family} {open_kind}\n{unit}# HELP {family} {help}\n{sample}"),
        }
    }
}

/// A line; each of the labels has a comma after it.
fn sample(name: &str, labels: &str, value: &str) -> String {
    match labels.strip_suffix(',') {
        Some(labels) => format!("{name}{{{labels}}} {value}\n"),
        None => format!("{name} {value}\n"),
    }
}
