//! [`Colours`]: whether there are any, and which.

use crate::environment::Environment;

/// Whether lines and tables have colours. JSON lines never have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Colours {
    /// As the environment says, and otherwise on a terminal only. In this order:
    ///
    /// 1. `NO_COLOR` set to anything: none.
    /// 2. `FORCE_COLOR`: `0` or `false` is none, anything else forces them. Then `CLICOLOR_FORCE`:
    ///    anything but `0` forces them.
    /// 3. `CLICOLOR=0`, or `TERM=dumb`: none.
    /// 4. On a terminal, yes. (On Windows only where a variable tells of a terminal that knows escape
    ///    sequences: `TERM`, `WT_SESSION`, `ANSICON` or `ConEmuANSI`.)
    ///
    /// A variable that is set to nothing counts as not set.
    #[default]
    Auto,
    /// Even into a file.
    Always,
    /// None.
    Never,
}

impl Colours {
    pub(crate) fn decide(self, environment: &Environment, is_terminal: bool) -> bool {
        let is = |name, value| environment.get(name).as_deref() == Some(value);
        let is_set = |name| environment.get(name).is_some();
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if is_set("NO_COLOR") => false,
            Self::Auto if is_set("FORCE_COLOR") => {
                !is("FORCE_COLOR", "0") && !is("FORCE_COLOR", "false")
            }
            Self::Auto if is_set("CLICOLOR_FORCE") && !is("CLICOLOR_FORCE", "0") => true,
            Self::Auto if is("CLICOLOR", "0") || is("TERM", "dumb") => false,
            Self::Auto => {
                let modern = ["TERM", "WT_SESSION", "ANSICON", "ConEmuANSI"];
                is_terminal && (!cfg!(windows) || modern.into_iter().any(is_set))
            }
        }
    }
}

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Keys, times, ids: there when looked for.
    Quiet,
    /// Names.
    Name,
    /// What went wrong.
    Bad,
    /// What was given up.
    Warning,
    /// The heads of columns.
    Head,
}

/// Writes styles, or nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    pub(crate) on: bool,
}

impl Paint {
    pub(crate) fn begin(self, out: &mut String, style: Style) {
        if self.on {
            // The eight colours of every terminal, which its user has chosen to be readable.
            out.push_str(match style {
                Style::Quiet => "\u{1b}[2m",
                Style::Name => "\u{1b}[1;36m",
                Style::Bad => "\u{1b}[1;31m",
                Style::Warning => "\u{1b}[1;33m",
                Style::Head => "\u{1b}[1m",
            });
        }
    }

    pub(crate) fn end(self, out: &mut String) {
        if self.on {
            out.push_str("\u{1b}[0m");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(variables: &'static [(&str, &str)], is_terminal: bool) -> bool {
        let environment = Environment::new(move |name| {
            let found = variables.iter().find(|(own, _)| *own == name)?;
            Some(found.1.to_owned())
        });
        Colours::Auto.decide(&environment, is_terminal)
    }

    #[test]
    fn a_terminal_has_colours_unless_the_environment_says_no() {
        assert!(decide(&[("TERM", "xterm")], true));
        assert!(!decide(&[("TERM", "xterm")], false));
        for no in [
            &[("TERM", "xterm"), ("NO_COLOR", "1")] as &[_],
            &[("TERM", "xterm"), ("NO_COLOR", "0")],
            &[("TERM", "dumb")],
            &[("TERM", "xterm"), ("CLICOLOR", "0")],
            &[("TERM", "xterm"), ("FORCE_COLOR", "0")],
            &[("TERM", "xterm"), ("FORCE_COLOR", "false")],
        ] {
            assert!(!decide(no, true), "{no:?}");
        }
        assert!(decide(&[("TERM", "xterm"), ("NO_COLOR", "")], true));
    }

    #[test]
    fn a_file_has_none_unless_they_are_forced_and_no_color_wins() {
        for yes in [
            &[("FORCE_COLOR", "1")] as &[_],
            &[("FORCE_COLOR", "true"), ("TERM", "dumb")],
            &[("CLICOLOR_FORCE", "1")],
            &[("CLICOLOR_FORCE", "1"), ("CLICOLOR", "0")],
        ] {
            assert!(decide(yes, false), "{yes:?}");
        }
        for no in [
            &[("CLICOLOR_FORCE", "0")] as &[_],
            &[("CLICOLOR", "1")],
            &[("FORCE_COLOR", "")],
            &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")],
            &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")],
        ] {
            assert!(!decide(no, false), "{no:?}");
        }
    }

    #[test]
    fn the_program_has_the_last_word() {
        let environment = Environment::new(|_| Some("1".to_owned()));
        assert!(Colours::Always.decide(&environment, false));
        assert!(!Colours::Never.decide(&environment, true));
    }
}
