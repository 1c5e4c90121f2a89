//! [`Sink`]: writing whole lines to an output that may fail, panic, take half of a line, or emit
//! events itself.

use std::cell::Cell;
use std::fmt;
use std::io::{self, ErrorKind, Write};

use crate::text::quietly;

thread_local! {
    // One flag for all consoles: if the outputs of two of them emitted events into each other, each
    // thread could wait for what the other one holds.
    static WRITING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is writing to the output of some console, so that an event that is emitted
/// now is the output's own. Showing it could go on for ever.
pub(crate) fn is_writing() -> bool {
    WRITING.get()
}

/// Says so as long as it lives.
pub(crate) struct Writing {
    before: bool,
}

impl Writing {
    pub(crate) fn begin() -> Self {
        Self {
            before: WRITING.replace(true),
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        WRITING.set(self.before);
    }
}

/// An output, and what is left of a line that it took half of.
pub(crate) struct Sink {
    output: Box<dyn Write + Send>,
    /// To be written before anything else, so that the line gets whole and the next one begins where
    /// a line begins.
    rest: Vec<u8>,
}

/// How writing some lines ended.
#[derive(Debug)]
pub(crate) struct Written {
    /// How many of the bytes need not be tried again: those of lines that were taken whole, and of
    /// one that was taken in part (whose rest is kept).
    pub(crate) bytes: usize,
    /// How many lines were taken whole.
    pub(crate) lines: u64,
    /// Why not all.
    pub(crate) error: Option<io::Error>,
}

impl Sink {
    pub(crate) fn new(output: Box<dyn Write + Send>) -> Self {
        Self {
            output,
            rest: Vec::new(),
        }
    }

    /// Writes lines, each with its end. Emitted events are not shown meanwhile.
    pub(crate) fn write(&mut self, lines: &[u8]) -> Written {
        let _writing = Writing::begin();
        let mut at = 0;
        let error = self.finish_rest().and_then(|()| {
            while at < lines.len() {
                at += write_some(&mut *self.output, &lines[at..])?;
            }
            Ok(())
        });
        let whole = count_lines(&lines[..at]);
        let is_torn = at > 0 && lines[at - 1] != b'\n';
        if is_torn {
            let left = &lines[at..];
            let end = left.iter().position(|byte| *byte == b'\n');
            let end = end.map_or(left.len(), |end| end + 1);
            self.rest.extend_from_slice(&left[..end]);
            at += end;
        }
        Written {
            bytes: at,
            lines: whole,
            error: error.err(),
        }
    }

    /// Has the output hand on what it keeps.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        let _writing = Writing::begin();
        self.finish_rest()?;
        let mut result = Ok(());
        if quietly(|| result = self.output.flush()) {
            return Err(panicked());
        }
        result
    }

    fn finish_rest(&mut self) -> io::Result<()> {
        let mut at = 0;
        let mut result = Ok(());
        while at < self.rest.len() && result.is_ok() {
            match write_some(&mut *self.output, &self.rest[at..]) {
                Ok(written) => at += written,
                Err(error) => result = Err(error),
            }
        }
        self.rest.drain(..at);
        result
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _writing = Writing::begin();
        let output = std::mem::replace(&mut self.output, Box::new(io::sink()));
        quietly(|| drop(output));
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sink").finish_non_exhaustive()
    }
}

/// At least one byte, or an error.
fn write_some(output: &mut dyn Write, text: &[u8]) -> io::Result<usize> {
    loop {
        let mut result = Ok(0);
        if quietly(|| result = output.write(text)) {
            return Err(panicked());
        }
        match result {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            // One that takes more than there is would be a defect of its own.
            Ok(written) => return Ok(written.min(text.len())),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn panicked() -> io::Error {
    io::Error::other("it panicked")
}

pub(crate) fn count_lines(text: &[u8]) -> u64 {
    text.iter().filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Does as it is told, last first: takes so many bytes, fails, or panics.
    struct Told {
        what: Vec<Option<usize>>,
        took: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Told {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            assert!(is_writing());
            let take = match self.what.pop() {
                Some(Some(usize::MAX)) => panic!("on purpose"),
                Some(Some(take)) => take.min(text.len()),
                Some(None) => return Err(ErrorKind::StorageFull.into()),
                None => text.len(),
            };
            self.took.lock().unwrap().extend_from_slice(&text[..take]);
            Ok(take)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn sink(what: &[Option<usize>]) -> (Sink, Arc<Mutex<Vec<u8>>>) {
        let took = Arc::new(Mutex::new(Vec::new()));
        let told = Told {
            what: what.iter().rev().copied().collect(),
            took: took.clone(),
        };
        (Sink::new(Box::new(told)), took)
    }

    fn text(took: &Mutex<Vec<u8>>) -> String {
        String::from_utf8(took.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn lines_that_are_taken_in_pieces_are_whole() {
        let (mut sink, took) = sink(&[Some(1), Some(2), Some(1)]);
        let written = sink.write(b"one\ntwo\n");
        assert!(written.error.is_none());
        assert_eq!((written.bytes, written.lines), (8, 2));
        assert_eq!(text(&took), "one\ntwo\n");
    }

    #[test]
    fn a_torn_line_is_made_whole_before_the_next() {
        let (mut sink, took) = sink(&[Some(6), None, None]);
        let written = sink.write(b"one\ntwo\nthree\n");
        assert_eq!(
            (written.bytes, written.lines),
            (8, 1),
            "`two` is torn, `three` not begun"
        );
        assert_eq!(
            written.error.map(|error| error.kind()),
            Some(ErrorKind::StorageFull)
        );
        assert_eq!(
            sink.write(b"four\n").bytes,
            0,
            "the second error comes before it"
        );
        assert_eq!(sink.write(b"five\n").lines, 1);
        assert_eq!(text(&took), "one\ntwo\nfive\n");
        assert!(!is_writing());
    }

    #[test]
    fn a_panic_and_a_zero_are_errors() {
        let (mut sink, took) = sink(&[Some(usize::MAX), Some(0)]);
        assert_eq!(
            sink.write(b"one\n").error.unwrap().to_string(),
            "it panicked"
        );
        assert_eq!(
            sink.write(b"two\n").error.unwrap().kind(),
            ErrorKind::WriteZero
        );
        assert!(sink.write(b"three\n").error.is_none());
        assert_eq!(text(&took), "three\n");
        assert!(!is_writing());
    }
}
