//! A console that listens to everything. In a binary of its own: it would show the events of all
//! other tests.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use telemetry::{attach, execute};
use telemetry_console::Console;

#[derive(Clone, Default)]
struct Caught(Arc<Mutex<Vec<u8>>>);

impl Write for Caught {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn by_default_everything_is_shown_and_so_are_handlers_that_fail() {
    let caught = Caught::default();
    let console = Console::events()
        .output(caught.clone())
        .environment(|_| None)
        .time(false)
        .start()
        .unwrap();
    let _fails = attach("fails", "everything.a", |_| panic!("on purpose"))
        .unwrap()
        .guard();
    execute!("everything.a");
    execute!("quite.other");
    drop(console);
    execute!("everything.a");
    let text = String::from_utf8(caught.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let [first, failure, last] = lines[..] else {
        panic!("{text}")
    };
    assert_eq!((first, last), ("everything.a", "quite.other"));
    assert!(
        failure.starts_with(
            "telemetry.handler.failure failures=1 handler_id=fails event_name=everything.a"
        ),
        "{failure}"
    );
}
