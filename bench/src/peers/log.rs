//! `log::info!`: a sentence into a sink, and key-value pairs to a visitor.

use std::fmt::{self, Write};
use std::hint::black_box;

use log::kv::{Key, Value, VisitSource};
use log::{LevelFilter, Log, Metadata, Record};

use crate::harness::{Case, Prepared, Run, Table, fields, repeat, seen};

/// No logger, formatting, visiting.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        Case::new(Table::Event, format!("event.log.{id}"), label, prepare)
    };
    vec![
        case("none", "`log`, no logger", || Prepared::unseen(sentences())),
        case("format", "`log`, formats 3 values into a sink", || {
            install(&Formatting);
            Prepared::seen(1, sentences())
        }),
        case("visit", "`log`, visits 3 key-value pairs", || {
            install(&Visiting);
            Prepared::seen(1, pairs())
        }),
    ]
}

fn install(logger: &'static dyn Log) {
    log::set_logger(logger).expect("set once per process");
    log::set_max_level(LevelFilter::Info);
}

fn sentences() -> Run {
    let f = fields();
    repeat(move |_| {
        log::info!(
            target: "bench",
            "duration={} route={} status={}",
            f.nanos,
            f.route,
            f.status
        );
    })
}

fn pairs() -> Run {
    let f = fields();
    repeat(move |_| {
        log::info!(
            target: "bench",
            duration = f.nanos,
            route = f.route,
            status = f.status;
            "request"
        );
    })
}

struct Formatting;

/// Takes the text and keeps its length.
struct Sink(usize);

impl Write for Sink {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += black_box(text).len();
        Ok(())
    }
}

impl Log for Formatting {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let mut sink = Sink(0);
        if write!(sink, "{}", record.args()).is_ok() && sink.0 > 30 {
            seen();
        }
    }

    fn flush(&self) {}
}

struct Visiting;

impl Log for Visiting {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        struct All(u32);
        impl<'kvs> VisitSource<'kvs> for All {
            fn visit_pair(
                &mut self,
                key: Key<'kvs>,
                value: Value<'kvs>,
            ) -> Result<(), log::kv::Error> {
                match value.to_u64() {
                    Some(number) => black_box((key.as_str(), number)).1,
                    None => black_box((key.as_str(), value.to_borrowed_str())).0.len() as u64,
                };
                self.0 += 1;
                Ok(())
            }
        }
        let mut visitor = All(0);
        if record.key_values().visit(&mut visitor).is_ok() && visitor.0 == 3 {
            seen();
        }
    }

    fn flush(&self) {}
}
