//! Events, each as a line: settings, and the handler.

mod json;
mod line;

use std::fmt;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use telemetry::Event;
use telemetry_metrics::{Health, Unit};

use crate::account::Account;
use crate::background::Background;
use crate::buffer;
use crate::colours::{Colours, Paint};
use crate::console::{Console, Running};
use crate::environment::Environment;
use crate::lines::{Direct, Lines};
use crate::output::Output;
use crate::patterns::Patterns;
use crate::problem::{ConsoleError, Problem};
use crate::sink::{self, Sink};
use crate::units::Units;
use json::JsonFormat;
use line::LineFormat;

/// From about so many bytes on, a line gets no more keys.
pub(crate) const MAX_LINE: usize = 256 * 1024;

/// How many bytes of one text a readable line shows, unless told otherwise.
pub(crate) const LINE_TEXT: usize = 1024;
/// The same for JSON.
pub(crate) const JSON_TEXT: usize = 16 * 1024;

/// The smallest queue that makes sense.
pub(crate) const MIN_BACKGROUND: usize = 1024;

static LAST: AtomicU64 = AtomicU64::new(0);

/// Collects the settings of a [`Console`] that shows events; made by [`Console::events`].
#[derive(Debug)]
#[must_use = "a builder does nothing until `start`"]
pub struct EventsBuilder {
    patterns: Patterns,
    except: Patterns,
    is_json: bool,
    show_time: bool,
    max_text: Option<usize>,
    units: Vec<(String, Unit)>,
    output: Output,
    colours: Colours,
    environment: Environment,
    background: Option<usize>,
    health: Option<Health>,
}

impl EventsBuilder {
    pub(crate) fn new() -> Self {
        Self {
            patterns: Patterns::default(),
            except: Patterns::default(),
            is_json: false,
            show_time: true,
            max_text: None,
            units: Vec::new(),
            output: Output::Stdout,
            colours: Colours::Auto,
            environment: Environment::default(),
            background: None,
            health: None,
        }
    }

    /// What to listen to: names and patterns (`"shop.*"`), as [`telemetry::attach`] takes them. May be
    /// called several times. Without it, and with an empty list, everything.
    ///
    /// Everything includes the few events of this library itself, under `telemetry.`: they are bad
    /// news, of handlers that fail and definitions that cannot count, and what is said on standard
    /// error if nobody listens to them is not said there any more once a console does.
    pub fn only<P: AsRef<str>>(mut self, patterns: impl IntoIterator<Item = P>) -> Self {
        for pattern in patterns {
            self.patterns.push(pattern.as_ref());
        }
        self
    }

    /// What to leave out of that. (It is emitted all the same: to listen to less, use
    /// [`only`](Self::only).)
    pub fn except<P: AsRef<str>>(mut self, patterns: impl IntoIterator<Item = P>) -> Self {
        for pattern in patterns {
            self.except.push(pattern.as_ref());
        }
        self
    }

    /// Lines of JSON instead of readable ones.
    pub fn json(mut self) -> Self {
        self.is_json = true;
        self
    }

    /// Whether readable lines begin with the time, as they do by default: not where something else
    /// adds one, such as the journal of systemd.
    pub fn time(mut self, show: bool) -> Self {
        self.show_time = show;
        self
    }

    /// How many bytes to show of one text; the rest is cut off, which is marked by `…` (and in JSON by
    /// `"truncated":true`). 1,024 by default, in JSON 16,384; at least 1.
    pub fn max_text(mut self, bytes: usize) -> Self {
        self.max_text = Some(bytes);
        self
    }

    /// In which unit the bare numbers of a measurement are, for readable lines: `name` is the event's
    /// name, a dot and the measurement's key.
    ///
    /// A `Duration` needs no such thing, nor does a measurement that is called `bytes` or ends in
    /// `_bytes`.
    ///
    /// ```
    /// # use telemetry_console::Console;
    /// # use telemetry_metrics::Unit;
    /// Console::events().unit("vm.memory.total", Unit::Byte); // total=24.1MB
    /// ```
    pub fn unit(mut self, name: impl Into<String>, unit: Unit) -> Self {
        self.units.push((name.into(), unit));
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

    /// Writes to anything: a file, a socket, a buffer of a test. It gets whole lines, and is dropped
    /// when the console stops. It is flushed when asked to ([`Console::flush`]), and at the end; of
    /// a console [in the background](Self::background) whenever the queue has been written.
    pub fn output(mut self, output: impl Write + Send + 'static) -> Self {
        self.output = Output::Other(Box::new(output));
        self
    }

    /// Whether readable lines have colours; [`Colours::Auto`] by default.
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

    /// Has a thread of its own write, from a queue of so many bytes (at least 1,024), so that a slow
    /// or stuck output never makes an emitter wait. Lines for which there is no room are dropped and
    /// counted.
    ///
    /// By default the thread that emits writes, as `println!` would: a line is out when `execute!`
    /// returns, in its place among what else the program prints, and none is lost when the program
    /// ends or crashes. But a terminal that was stopped (Ctrl-S) or a full pipe stops the program.
    ///
    /// With a queue, keep the [`Console`] until the end of the program, and drop or
    /// [`stop`](Console::stop) it then: `std::process::exit` loses what is in the queue.
    pub fn background(mut self, bytes: usize) -> Self {
        self.background = Some(bytes);
        self
    }

    /// An account for its lines, so that they are seen in the snapshots of an aggregator.
    ///
    /// ```
    /// # use telemetry_console::Console;
    /// # use telemetry_metrics::Aggregator;
    /// # let aggregator = Aggregator::builder().start()?;
    /// Console::events().health(aggregator.register_health("console"));
    /// # Ok::<(), telemetry_metrics::StartError>(())
    /// ```
    pub fn health(mut self, health: Health) -> Self {
        self.health = Some(health);
        self
    }

    /// Checks the settings and attaches.
    ///
    /// # Errors
    ///
    /// [`ConsoleError::Settings`] with everything that is wrong; [`ConsoleError::Thread`] if the
    /// system refuses a thread. Nothing is attached then.
    pub fn start(self) -> Result<Console, ConsoleError> {
        let (units, problems) = self.check();
        if !problems.is_empty() {
            return Err(ConsoleError::Settings(problems));
        }
        let is_terminal = self.output.is_terminal();
        let format = if self.is_json {
            Format::Json(JsonFormat {
                max_text: self.max_text.unwrap_or(JSON_TEXT),
            })
        } else {
            Format::Line(LineFormat {
                paint: Paint {
                    on: self.colours.decide(&self.environment, is_terminal),
                },
                show_time: self.show_time,
                max_text: self.max_text.unwrap_or(LINE_TEXT),
                units,
            })
        };
        let account = Arc::new(Account::new(self.health, self.output.is_stderr()));
        let sink = Sink::new(self.output.into_write());
        let lines = match self.background {
            None => Lines::Direct(Arc::new(Direct::new(sink, account.clone()))),
            Some(bytes) => {
                let background = Arc::new(Background::new(bytes, account.clone()));
                background.start(sink).map_err(ConsoleError::Thread)?;
                Lines::Background(background)
            }
        };
        // From here on, dropping it ends the thread.
        let mut console = Console::new(account.clone(), Running::Lines(lines.clone()));
        let handler = Handler {
            format,
            except: self.except,
            lines,
            account,
        };
        let patterns: Vec<&str> = if self.patterns.is_empty() {
            vec!["*"]
        } else {
            self.patterns.iter().collect()
        };
        let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        let id = format!("telemetry-console-{number}");
        let attached = telemetry::attach_many(id, patterns, move |event| handler.show(event))
            .map_err(ConsoleError::Attach)?;
        console.attached = Some(attached.guard());
        Ok(console)
    }

    fn check(&self) -> (Units, Vec<Problem>) {
        let mut problems = Vec::new();
        for pattern in self.patterns.wrong().chain(self.except.wrong()) {
            problems.push(Problem::Pattern(pattern.to_owned()));
        }
        let mut units = Units::default();
        for (name, unit) in &self.units {
            if !units.insert(name, *unit) {
                problems.push(Problem::Measurement(name.clone()));
            }
        }
        if self.max_text == Some(0) {
            problems.push(Problem::MaxText);
        }
        if let Some(bytes) = self.background.filter(|bytes| *bytes < MIN_BACKGROUND) {
            problems.push(Problem::Background(bytes));
        }
        (units, problems)
    }
}

enum Format {
    Line(LineFormat),
    Json(JsonFormat),
}

struct Handler {
    format: Format,
    except: Patterns,
    lines: Lines,
    account: Arc<Account>,
}

impl Handler {
    fn show(&self, event: &Event<'_>) {
        if sink::is_writing() {
            self.account.dropped(1);
            return;
        }
        if self.except.match_any(event.name()) {
            return;
        }
        buffer::with(|line| {
            match &self.format {
                Format::Line(format) => format.push(line, event),
                Format::Json(format) => format.push(line, event),
            }
            line.push('\n');
            self.lines.write(line.as_bytes());
        });
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handler").finish_non_exhaustive()
    }
}
