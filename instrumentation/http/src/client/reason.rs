//! Why a call failed, in a word. Never in the error's own words: those quote URLs, addresses and
//! what the other side said.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The answer's status is 400 or above.
pub(super) const STATUS: &str = "status";
/// There was no answer, and nothing more is known.
pub(super) const TRANSPORT: &str = "transport";
/// The answer broke off, and nothing more is known.
pub(super) const BODY: &str = "body";

/// Errors refer to their sources, and nobody promises that they stop.
const MAX_DEPTH: usize = 16;

type Boxed = Box<dyn Error + Send + Sync>;
type Look = fn(&dyn Any) -> Option<&(dyn Error + 'static)>;
type Name = Arc<dyn Fn(&(dyn Error + 'static)) -> Option<&'static str> + Send + Sync>;

/// What is known about errors.
#[derive(Clone, Default)]
pub(super) struct Reasons {
    /// How to see a type as an error. (A service's error may be of any type, and `Box<dyn Error>`,
    /// which many are, is no `Error`.)
    looks: Vec<Look>,
    names: Vec<Name>,
}

impl Reasons {
    pub(super) fn explain<E: Error + 'static>(&mut self) {
        self.looks
            .push(|error| error.downcast_ref::<E>().map(|error| error as _));
    }

    pub(super) fn name(
        &mut self,
        name: impl Fn(&(dyn Error + 'static)) -> Option<&'static str> + Send + Sync + 'static,
    ) {
        self.names.push(Arc::new(name));
    }

    /// The word for an error of any type.
    pub(super) fn of_any(&self, error: &dyn Any) -> Option<&'static str> {
        if let Some(boxed) = error.downcast_ref::<Boxed>() {
            return self.of(&**boxed);
        }
        if let Some(boxed) = error.downcast_ref::<Box<dyn Error>>() {
            return self.of(&**boxed);
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return self.of(error);
        }
        let seen = self.looks.iter().find_map(|look| look(error));
        seen.and_then(|error| self.of(error))
    }

    /// The word for an error, or else for the first below it that there is one for.
    ///
    /// The application and the error are asked, and may panic. The call has failed already; that
    /// nobody can say why is no reason to fail any further.
    pub(super) fn of(&self, error: &(dyn Error + 'static)) -> Option<&'static str> {
        let asked = catch_unwind(AssertUnwindSafe(|| self.ask(error)));
        asked.unwrap_or_else(|payload| {
            // Its destructor may panic again; enough is enough then.
            if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                mem::forget(again);
            }
            None
        })
    }

    fn ask(&self, error: &(dyn Error + 'static)) -> Option<&'static str> {
        let mut next = Some(error);
        for _ in 0..MAX_DEPTH {
            let error = next?;
            let io = error.downcast_ref::<io::Error>();
            let named = self.names.iter().find_map(|name| name(error));
            if let Some(word) = named.or_else(|| io.and_then(|error| of_kind(error.kind()))) {
                return Some(word);
            }
            // An I/O error passes over the error that it was made of when it is asked for its source.
            next = match io.and_then(io::Error::get_ref) {
                Some(inner) => Some(inner),
                None => error.source(),
            };
        }
        None
    }
}

fn of_kind(kind: io::ErrorKind) -> Option<&'static str> {
    use io::ErrorKind as Kind;
    match kind {
        Kind::ConnectionRefused
        | Kind::HostUnreachable
        | Kind::NetworkUnreachable
        | Kind::NetworkDown
        | Kind::AddrNotAvailable => Some("connect"),
        Kind::TimedOut => Some("timeout"),
        Kind::ConnectionReset
        | Kind::ConnectionAborted
        | Kind::BrokenPipe
        | Kind::NotConnected
        | Kind::UnexpectedEof => Some("closed"),
        _ => None,
    }
}

impl fmt::Debug for Reasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reasons").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An error around another, or around itself.
    #[derive(Debug)]
    enum Outer {
        Around(io::Error),
        Itself,
    }

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("https://user:password@secret.test")
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            match self {
                Self::Around(error) => Some(error),
                Self::Itself => Some(self),
            }
        }
    }

    fn refused() -> io::Error {
        io::ErrorKind::ConnectionRefused.into()
    }

    #[test]
    fn boxed_errors_and_io_errors_are_looked_into() {
        let reasons = Reasons::default();
        let inside: Boxed = Outer::Around(refused()).into();
        assert_eq!(reasons.of_any(&inside), Some("connect"));
        let inside: Box<dyn Error> = Outer::Around(refused()).into();
        assert_eq!(reasons.of_any(&inside), Some("connect"));
        let inside = io::Error::other(Outer::Around(io::ErrorKind::TimedOut.into()));
        assert_eq!(reasons.of_any(&inside), Some("timeout"));
        let inside = io::Error::other(refused());
        assert_eq!(reasons.of_any(&inside), Some("connect"));
    }

    #[test]
    fn other_types_are_looked_into_once_they_were_named() {
        let mut reasons = Reasons::default();
        assert_eq!(reasons.of_any(&Outer::Around(refused())), None);
        reasons.explain::<Outer>();
        assert_eq!(reasons.of_any(&Outer::Around(refused())), Some("connect"));
        assert_eq!(reasons.of_any(&"text"), None);
    }

    #[test]
    fn a_word_of_the_applications_own_comes_first() {
        let mut reasons = Reasons::default();
        reasons.explain::<Outer>();
        reasons.name(|error| error.is::<Outer>().then_some("outer"));
        assert_eq!(reasons.of_any(&Outer::Around(refused())), Some("outer"));
        assert_eq!(reasons.of_any(&refused()), Some("connect"));
    }

    #[test]
    fn a_panic_of_whoever_is_asked_is_no_word() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("again");
            }
        }
        let mut reasons = Reasons::default();
        reasons.name(|_| std::panic::panic_any(Bomb));
        assert_eq!(reasons.of_any(&refused()), None);
    }

    #[test]
    fn an_error_that_is_its_own_source_comes_to_an_end() {
        let mut reasons = Reasons::default();
        reasons.explain::<Outer>();
        assert_eq!(reasons.of_any(&Outer::Itself), None);
    }
}
