//! [`Reading`]: asks the program first and the environment then, and keeps what is wrong.

use std::time::Duration;

use super::{LONGEST, Said};
use crate::environment::{Environment, OfSignals, count, exporter, limit, milliseconds};
use crate::problem::Problem;
use crate::transport::Signal;

pub(super) struct Reading<'a> {
    pub(super) said: &'a Said,
    pub(super) environment: &'a Environment,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(
        said: &'a Said,
        environment: &'a Environment,
        problems: &'a mut Vec<Problem>,
    ) -> Self {
        Self {
            said,
            environment,
            problems,
        }
    }

    /// What is wrong for both signals is told once.
    pub(super) fn problem(&mut self, problem: Problem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// A setting of the program's that makes no sense.
    pub(super) fn wrong(&mut self, setting: &'static str, why: impl Into<String>) {
        let why = why.into();
        self.problem(Problem::Setting { setting, why });
    }

    /// A variable that makes no sense.
    pub(super) fn wrong_variable(&mut self, variable: &'static str, why: impl Into<String>) {
        let why = why.into();
        self.problem(Problem::Environment { variable, why });
    }

    /// What a variable says, if it says something that can be used.
    pub(super) fn variable<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        match parse(self.environment.get(name)?) {
            Ok(value) => Some(value),
            Err(why) => {
                self.wrong_variable(name, why);
                None
            }
        }
    }

    /// Whether a signal is to be sent, as far as its variable says.
    pub(super) fn exports(&mut self, name: &'static str) -> bool {
        self.variable(name, exporter) != Some(false)
    }

    /// The variable that counts: that of the signal, else the one for all.
    pub(super) fn name(&self, names: OfSignals, signal: Signal) -> Option<&'static str> {
        [names.own(signal), names.general()]
            .into_iter()
            .find(|name| self.environment.get(name).is_some())
    }

    /// What that says.
    pub(super) fn of_signal<T>(
        &mut self,
        names: OfSignals,
        signal: Signal,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let name = self.name(names, signal)?;
        self.variable(name, parse)
    }

    /// A number of things, not zero.
    pub(super) fn number(
        &mut self,
        setting: &'static str,
        said: Option<usize>,
        variable: &'static str,
    ) -> Option<usize> {
        if said == Some(0) {
            self.wrong(setting, "it is zero");
        }
        said.or_else(|| self.variable(variable, count))
    }

    /// A time, not zero; at most a year.
    pub(super) fn time(
        &mut self,
        setting: &'static str,
        said: Option<Duration>,
        variable: &'static str,
    ) -> Option<Duration> {
        self.bounded(setting, said, variable, milliseconds)
    }

    /// How long something may take; not zero, but a variable that is zero sets no limit.
    pub(super) fn limit(
        &mut self,
        setting: &'static str,
        said: Option<Duration>,
        variable: &'static str,
    ) -> Option<Duration> {
        self.bounded(setting, said, variable, limit)
    }

    /// What was said, or else what a variable says; at most a year.
    fn bounded(
        &mut self,
        setting: &'static str,
        said: Option<Duration>,
        variable: &'static str,
        parse: fn(&str) -> Result<Duration, String>,
    ) -> Option<Duration> {
        let time = self.said_time(setting, said);
        let time = time.or_else(|| self.variable(variable, parse));
        time.map(|time| time.min(LONGEST))
    }

    pub(super) fn said_time(
        &mut self,
        setting: &'static str,
        said: Option<Duration>,
    ) -> Option<Duration> {
        if said.is_some_and(|time| time.is_zero()) {
            self.wrong(setting, "it is zero; give it a time");
        }
        said
    }
}
