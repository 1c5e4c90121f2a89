//! Where to: one of the standard streams, or anything that can be written to.

use std::fmt;
use std::io::{self, IsTerminal, Stderr, Stdout, Write};

use crate::environment::Environment;

/// The output of a console.
pub(crate) enum Output {
    Stdout,
    Stderr,
    Other(Box<dyn Write + Send>),
}

impl Output {
    pub(crate) fn is_terminal(&self) -> bool {
        match self {
            Self::Stdout => io::stdout().is_terminal(),
            Self::Stderr => io::stderr().is_terminal(),
            Self::Other(_) => false,
        }
    }

    /// What knows how wide the output is.
    pub(crate) fn ruler(&self, environment: &Environment) -> Ruler {
        let columns = environment.get("COLUMNS");
        Ruler {
            stream: match self {
                Self::Stdout if self.is_terminal() => Stream::Stdout,
                Self::Stderr if self.is_terminal() => Stream::Stderr,
                _ => Stream::NoTerminal,
            },
            columns: columns.and_then(|text| text.trim().parse().ok()),
        }
    }

    /// Whether a complaint about it on standard error would go to the same place.
    pub(crate) fn is_stderr(&self) -> bool {
        matches!(self, Self::Stderr)
    }

    pub(crate) fn into_write(self) -> Box<dyn Write + Send> {
        match self {
            Self::Stdout => Box::new(OfStdout(io::stdout())),
            Self::Stderr => Box::new(OfStderr(io::stderr())),
            Self::Other(output) => output,
        }
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stdout => "Stdout",
            Self::Stderr => "Stderr",
            Self::Other(_) => "Other(..)",
        })
    }
}

/// Standard output, behind which the library keeps what is not a whole line, and what a reader was
/// too slow for: so that an error is known now, everything is pushed on at once.
struct OfStdout(Stdout);

impl Write for OfStdout {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let mut stdout = self.0.lock();
        let written = stdout.write(text)?;
        stdout.flush()?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

struct OfStderr(Stderr);

impl Write for OfStderr {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[derive(Debug, Clone, Copy)]
enum Stream {
    Stdout,
    Stderr,
    NoTerminal,
}

/// Measures the output, again each time: windows are resized.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ruler {
    stream: Stream,
    /// What the environment says.
    columns: Option<usize>,
}

/// What a terminal has that does not say.
const ORDINARY: usize = 80;

impl Ruler {
    /// In characters; `None` if there is no limit.
    pub(crate) fn width(self) -> Option<usize> {
        let own = match self.stream {
            Stream::Stdout => columns(&io::stdout()),
            Stream::Stderr => columns(&io::stderr()),
            Stream::NoTerminal => return self.columns.filter(|columns| *columns > 0),
        };
        let known = own.or(self.columns).filter(|columns| *columns > 0);
        Some(known.unwrap_or(ORDINARY))
    }
}

#[cfg(unix)]
fn columns(stream: &impl std::os::fd::AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

#[cfg(not(unix))]
fn columns<S>(_: &S) -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_terminal_is_as_wide_as_the_environment_says_or_without_limit() {
        let width = |columns: &'static str| {
            let environment = Environment::new(|_| Some(columns.to_owned()));
            Output::Other(Box::new(io::sink()))
                .ruler(&environment)
                .width()
        };
        assert_eq!(width("100"), Some(100));
        assert_eq!([width("0"), width("wide"), width("")], [None; 3]);
    }
}
