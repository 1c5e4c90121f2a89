//! Values that try to break lines, repaint terminals, panic, or never end; outputs that emit.

use std::fmt;
use std::io::{self, Write};

use telemetry::{EventName, Value, emit, execute};
use telemetry_console::{Console, EventsBuilder};

use crate::support::Caught;

fn console(pattern: &str) -> (EventsBuilder, Caught) {
    let caught = Caught::default();
    let builder = Console::events()
        .only([pattern])
        .output(caught.clone())
        .environment(|_| None)
        .time(false);
    (builder, caught)
}

#[test]
fn no_value_and_no_key_can_forge_a_line_or_repaint_the_terminal() {
    for json in [false, true] {
        let (builder, caught) = console("hostile.forge");
        let builder = if json { builder.json() } else { builder };
        let _console = builder.start().unwrap();
        let name = EventName::new("hostile.forge").unwrap();
        let evil = "x\r\nhostile.forge admin=true\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}";
        let keys: &'static str = "k\n\u{1b}[2J";
        let shown = telemetry::display(&evil);
        emit(
            name,
            &[(keys, 1.into())],
            &[("a", evil.into()), (keys, shown), ("c", '\n'.into())],
        );
        let text = caught.text();
        assert_eq!(text.matches('\n').count(), 1, "{text:?}");
        assert!(text.ends_with('\n'));
        let line = text.trim_end_matches('\n');
        assert!(
            !line.contains(char::is_control) && !line.contains('\u{202e}'),
            "{text:?}"
        );
    }
}

struct Panics;
impl fmt::Display for Panics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half")?;
        panic!("on purpose")
    }
}

struct Emits;
impl fmt::Display for Emits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        execute!("hostile.value.inner");
        f.write_str("emitted")
    }
}

#[test]
fn a_value_that_panics_or_emits_spoils_neither_its_line_nor_the_handler() {
    let (builder, caught) = console("hostile.value.*");
    let _console = builder.start().unwrap();
    execute!("hostile.value.panics", {}, { a: telemetry::display(&Panics), b: 1 });
    execute!("hostile.value.emits", {}, { a: telemetry::display(&Emits), b: 1 });
    assert_eq!(
        caught.lines(),
        [
            "hostile.value.panics a=half b=1",
            "hostile.value.inner",
            "hostile.value.emits a=emitted b=1",
        ]
    );
    let handlers = telemetry::list_handlers("hostile.value");
    assert!(
        handlers.iter().all(|handler| handler.failures == 0),
        "{handlers:?}"
    );
}

#[test]
fn a_line_has_an_end_however_much_the_event_has() {
    for json in [false, true] {
        let (builder, caught) = console("hostile.huge");
        let builder = if json { builder.json() } else { builder };
        let _console = builder.max_text(usize::MAX).start().unwrap();
        let text = "x".repeat(100_000);
        let many: Vec<(&'static str, Value<'_>)> = (0..50)
            .map(|n| (["a", "b", "c", "d", "e"][n % 5], Value::from(&*text)))
            .collect();
        emit(EventName::new("hostile.huge").unwrap(), &[], &many);
        assert!(caught.text().len() < 500_000, "{}", caught.text().len());
        if json {
            let line: serde_json::Value = serde_json::from_str(&caught.text()).unwrap();
            assert_eq!(line["truncated"], true);
        } else {
            assert!(caught.text().ends_with(" …\n"));
        }
    }
}

/// Emits an event whenever something is written to it.
struct Chatty(Caught);

impl Write for Chatty {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        execute!("hostile.chatty.written", { bytes: text.len() });
        self.0.write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        execute!("hostile.chatty.flushed");
        Ok(())
    }
}

impl Drop for Chatty {
    fn drop(&mut self) {
        execute!("hostile.chatty.dropped");
    }
}

#[test]
fn an_output_that_emits_is_not_shown_its_own_events() {
    use crate::support::SOON;
    for background in [false, true] {
        let (builder, other) = console("hostile.chatty.*");
        let listener = builder.start().unwrap();
        let caught = Caught::default();
        let builder = Console::events()
            .only(["hostile.chatty.*"])
            .time(false)
            .environment(|_| None)
            .output(Chatty(caught.clone()));
        let builder = if background {
            builder.background(1 << 16)
        } else {
            builder
        };
        let console = builder.start().unwrap();
        execute!("hostile.chatty.asked");
        console.flush(SOON).unwrap();
        assert_eq!(caught.lines(), ["hostile.chatty.asked"]);
        assert!(console.stats().dropped >= 1, "{:?}", console.stats());
        // Nor are they shown by another console, whose output might answer with one more.
        assert_eq!(other.lines(), ["hostile.chatty.asked"]);
        assert!(listener.stats().dropped >= 1);
        console.stop(SOON).unwrap();
    }
}
