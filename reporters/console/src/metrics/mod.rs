//! Metrics, as a table or as JSON lines, at an interval: settings, and the reporter's thread.

mod json;
mod rows;
mod select;
mod table;
mod width;

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use telemetry_metrics::push::{Flush, Push};
use telemetry_metrics::{Aggregator, Mark, Needs};

use crate::account::Account;
use crate::colours::{Colours, Paint};
use crate::console::{Console, Running};
use crate::environment::Environment;
use crate::lines::LONGEST;
use crate::output::{Output, Ruler};
use crate::patterns::Patterns;
use crate::problem::{ConsoleError, Problem};
use crate::sink::{Sink, count_lines};
use rows::Source;
use table::TableFormat;

/// The narrowest table that makes sense.
pub(crate) const MIN_WIDTH: usize = 40;

/// How many rows a table has, unless told otherwise.
const ROWS: usize = 50;

/// Collects the settings of a [`Console`] that shows metrics; made by [`Console::metrics`].
#[derive(Debug)]
#[must_use = "a builder does nothing until `start`"]
pub struct MetricsBuilder<'a> {
    aggregator: &'a Aggregator,
    patterns: Patterns,
    except: Patterns,
    is_json: bool,
    interval: Duration,
    width: Option<usize>,
    max_rows: Option<usize>,
    output: Output,
    colours: Colours,
    environment: Environment,
}

impl<'a> MetricsBuilder<'a> {
    pub(crate) fn new(aggregator: &'a Aggregator) -> Self {
        Self {
            aggregator,
            patterns: Patterns::default(),
            except: Patterns::default(),
            is_json: false,
            interval: Duration::from_secs(10),
            width: None,
            max_rows: None,
            output: Output::Stdout,
            colours: Colours::Auto,
            environment: Environment::default(),
        }
    }

    /// Which metrics to show, by their names: names and patterns (`"shop.*"`). May be called several
    /// times. Without it, and with an empty list, all definitions of the aggregator.
    pub fn only<P: AsRef<str>>(mut self, patterns: impl IntoIterator<Item = P>) -> Self {
        for pattern in patterns {
            self.patterns.push(pattern.as_ref());
        }
        self
    }

    /// Which of those to leave out.
    pub fn except<P: AsRef<str>>(mut self, patterns: impl IntoIterator<Item = P>) -> Self {
        for pattern in patterns {
            self.except.push(pattern.as_ref());
        }
        self
    }

    /// Lines of JSON, one per series, instead of a table.
    pub fn json(mut self) -> Self {
        self.is_json = true;
        self
    }

    /// How often, ten seconds by default.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// How many characters wide a table may be, at least 40. By default as wide as the terminal, or as
    /// the variable `COLUMNS` says, or, into a file, as wide as need be.
    pub fn width(mut self, characters: usize) -> Self {
        self.width = Some(characters);
        self
    }

    /// How many series to show at most: 50 by default, of JSON lines all. Of what is too much, each
    /// metric keeps a fair share, those that counted most; a last line says what was left out.
    pub fn max_rows(mut self, rows: usize) -> Self {
        self.max_rows = Some(rows);
        self
    }

    /// Writes to standard output; the default.
    pub fn stdout(mut self) -> Self {
        self.output = Output::Stdout;
        self
    }

    /// Writes to standard error.
    pub fn stderr(mut self) -> Self {
        self.output = Output::Stderr;
        self
    }

    /// Writes to anything. It is flushed after each table, and dropped when the console stops.
    pub fn output(mut self, output: impl Write + Send + 'static) -> Self {
        self.output = Output::Other(Box::new(output));
        self
    }

    /// Whether a table has colours; [`Colours::Auto`] by default.
    pub fn colours(mut self, colours: Colours) -> Self {
        self.colours = colours;
        self
    }

    /// Asks this function for environment variables instead of the environment. It is asked during
    /// [`start`](Self::start) only.
    pub fn environment(mut self, lookup: impl Fn(&str) -> Option<String> + Send + 'static) -> Self {
        self.environment = Environment::new(lookup);
        self
    }

    /// Checks the settings and starts the thread that writes.
    ///
    /// # Errors
    ///
    /// [`ConsoleError::Settings`] with everything that is wrong; [`ConsoleError::Thread`] if the
    /// system refuses a thread.
    pub fn start(self) -> Result<Console, ConsoleError> {
        let problems = self.check();
        if !problems.is_empty() {
            return Err(ConsoleError::Settings(problems));
        }
        let aggregator = self.aggregator;
        let on = self
            .colours
            .decide(&self.environment, self.output.is_terminal());
        let ruler = self.output.ruler(&self.environment);
        let health = aggregator.register_health("console");
        let account = Arc::new(Account::new(Some(health), self.output.is_stderr()));
        let reporter = Reporter {
            source: Source {
                reader: aggregator.reader(Needs::Values),
                snapshots: aggregator.snapshots(),
                definitions: aggregator.definitions().to_vec(),
                only: self.patterns,
                except: self.except,
            },
            format: if self.is_json {
                Format::Json(aggregator.constant_tags().to_vec())
            } else {
                Format::Table(TableFormat {
                    paint: Paint { on },
                })
            },
            width: self.width,
            ruler,
            max_rows: match self.max_rows {
                None if self.is_json => usize::MAX,
                rows => rows.unwrap_or(ROWS),
            },
            sink: Sink::new(self.output.into_write()),
            account: account.clone(),
            since: Instant::now(),
            text: String::new(),
        };
        Push::start("telemetry-console", self.interval.min(LONGEST), reporter)
            .map(|push| Console::new(account, Running::Metrics(push)))
            .map_err(ConsoleError::Thread)
    }

    fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for pattern in self.patterns.wrong().chain(self.except.wrong()) {
            problems.push(Problem::Pattern(pattern.to_owned()));
        }
        if self.interval.is_zero() {
            problems.push(Problem::Interval);
        }
        if self.max_rows == Some(0) {
            problems.push(Problem::MaxRows);
        }
        if let Some(width) = self.width.filter(|width| *width < MIN_WIDTH) {
            problems.push(Problem::Width(width));
        }
        problems
    }
}

enum Format {
    /// With the constant tags, which a table leaves out.
    Json(Vec<(String, String)>),
    Table(TableFormat),
}

/// What the thread owns.
struct Reporter {
    source: Source,
    format: Format,
    width: Option<usize>,
    ruler: Ruler,
    max_rows: usize,
    sink: Sink,
    account: Arc<Account>,
    /// When something was last written: what was not belongs to the next table.
    since: Instant,
    text: String,
}

impl Flush for Reporter {
    fn flush(&mut self, _: Instant) -> Result<(), String> {
        let now = Instant::now();
        let (rows, marks) = self.source.rows();
        if rows.is_empty() {
            self.take(marks, now);
            return Ok(());
        }
        let selected = select::select(rows, self.max_rows);
        let interval = now.saturating_duration_since(self.since);
        self.text.clear();
        match &self.format {
            Format::Json(tags) => json::push(&mut self.text, &selected, interval, tags),
            Format::Table(table) => {
                let width = self.width.or_else(|| self.ruler.width());
                table.push(&mut self.text, &selected, interval, width);
            }
        }
        let all = count_lines(self.text.as_bytes());
        let written = self.sink.write(self.text.as_bytes());
        self.account.written(written.lines);
        let result = match written.error {
            None => self.sink.flush(),
            Some(error) => Err(error),
        };
        match result {
            Ok(()) => {
                self.take(marks, now);
                Ok(())
            }
            Err(error) => {
                self.account.failed(all - written.lines, &error);
                Err(error.to_string())
            }
        }
    }
}

impl Reporter {
    fn take(&mut self, marks: Vec<Mark>, now: Instant) {
        marks
            .into_iter()
            .for_each(|mark| self.source.reader.take(mark));
        self.since = now;
    }
}
