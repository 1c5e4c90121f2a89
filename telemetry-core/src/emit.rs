//! [`emit`]: events whose keys are known only when they happen.

use smallvec::SmallVec;

use crate::callsite_info::{Base, Keys};
use crate::dispatch::dispatch;
use crate::{Event, EventName, Number, Value};

/// Up to so many measurements, and so many pieces of metadata, nothing is allocated.
const INLINE: usize = 16;

/// Emits an event whose keys are chosen at run time: for adapters, which pass on what another
/// library recorded.
///
/// Everybody else uses [`execute!`](crate::execute!), which is quicker, lazy and checked while
/// compiling: here the arguments are there already, and are taken apart once more if a handler is
/// attached. Ask [`EventName::is_observed`] before gathering what is costly. The places that call
/// this are not in the catalogue, as their keys are not known.
///
/// Keys are `'static`, as handlers keep them. An adapter whose keys come as `String`s has to intern
/// them, each of them once, and had better have a limit to how many.
///
/// Nothing is allocated for up to 16 measurements and 16 pieces of metadata. Each key should stand
/// once in its slice: of a key that stands twice, handlers that ask for it get the first.
///
/// ```
/// use telemetry::{EventName, Number, Value, attach, emit};
///
/// attach("passed-on", "shop.log.line", |event| {
///     assert_eq!(event.measurement("bytes"), Some(Number::Unsigned(512)));
///     assert!(event.metadata_is("path", "/cart"));
/// })?;
///
/// let name = EventName::new("shop.log.line")?;
/// let (numbers, texts) = ([("bytes", Number::from(512u64))], [("path", Value::from("/cart"))]);
/// emit(name, &numbers, &texts);
/// # assert_eq!(telemetry::list_handlers("shop")[0].failures, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn emit(
    name: EventName,
    measurements: &[(&'static str, Number)],
    metadata: &[(&'static str, Value<'_>)],
) {
    if !name.is_observed() {
        return;
    }
    let (measurement_keys, measurements) = apart(measurements);
    let (metadata_keys, metadata) = apart(metadata);
    dispatch(&Event {
        slot: name.slot,
        keys: &Keys {
            measurements: &measurement_keys,
            metadata: &metadata_keys,
            base: Base::Nothing,
        },
        measurements: &measurements,
        metadata: &metadata,
        span: None,
    });
}

type Column<T> = SmallVec<[T; INLINE]>;

fn apart<T: Copy>(pairs: &[(&'static str, T)]) -> (Column<&'static str>, Column<Option<T>>) {
    pairs
        .iter()
        .map(|(key, value)| (*key, Some(*value)))
        .unzip()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::{EventKind, OwnedEvent, attach};

    fn caught(name: &str, emit: impl FnOnce(EventName)) -> Vec<OwnedEvent> {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let keep = seen.clone();
        let _guard = attach(name, name, move |event| {
            keep.lock().unwrap().push(event.to_owned());
        })
        .unwrap()
        .guard();
        emit(EventName::new(name).unwrap());
        std::mem::take(&mut *seen.lock().unwrap())
    }

    #[test]
    fn pairs_arrive_in_their_order() {
        let [event] = &*caught("emit.test.pairs", |name| {
            let numbers = [("b", Number::from(2)), ("a", Number::from(0.5))];
            emit(name, &numbers, &[("z", "last".into()), ("y", true.into())]);
        }) else {
            panic!("one event was emitted");
        };
        assert_eq!(
            (event.name(), event.kind()),
            ("emit.test.pairs", EventKind::Event)
        );
        let numbers: Vec<_> = event.measurements().collect();
        assert_eq!(numbers, [("b", Number::from(2)), ("a", Number::from(0.5))]);
        let metadata: Vec<_> = event.all_metadata().collect();
        assert_eq!(
            metadata,
            [("z", Value::from("last")), ("y", Value::from(true))]
        );
    }

    #[test]
    fn there_may_be_none_and_there_may_be_many() {
        let events = caught("emit.test.many", |name| {
            emit(name, &[], &[]);
            emit(
                name,
                &[("n", Number::from(1)); 100],
                &[("m", Value::from(1)); 100],
            );
        });
        let counts: Vec<_> = events
            .iter()
            .map(|event| (event.measurements().count(), event.all_metadata().count()))
            .collect();
        assert_eq!(counts, [(0, 0), (100, 100)]);
    }

    #[test]
    fn what_nobody_observes_any_more_reaches_nobody() {
        let name = EventName::new("emit.test.nobody").unwrap();
        let calls = Arc::new(AtomicU32::new(0));
        let counted = calls.clone();
        let attached = attach("emit.test.nobody", "emit.test.nobody", move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        emit(name, &[], &[]);
        assert!(attached.unwrap().detach());
        emit(name, &[], &[]);
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    }
}
