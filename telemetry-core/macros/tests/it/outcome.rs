//! How calls end.

use std::future::pending;
use std::pin::pin;

use telemetry_macros::measured;

use crate::support::{now, panic_quietly, panics, poll_once, watch};

/// What nobody asks for.
fn evaluated() -> u32 {
    panic!("evaluated")
}

#[measured("macros.outcome.ok")]
fn double(n: u32) -> u32 {
    if n == 0 {
        return 0;
    }
    n * 2
}

#[test]
fn a_call_is_a_span() {
    let watch = watch("macros.outcome.ok");
    assert_eq!(double(21), 42);
    assert_eq!(watch.take(), ["start |", "stop | outcome=ok"]);
    assert_eq!(double(0), 0);
    assert_eq!(watch.take(), ["start |", "stop | outcome=ok"]);
}

#[test]
fn a_call_that_nobody_watches_does_its_work() {
    #[measured("macros.outcome.idle", fields(n = evaluated()), result = |_| evaluated())]
    fn idle() -> Result<u32, String> {
        Err("no".into())
    }
    assert_eq!(idle(), Err("no".to_owned()));
}

#[test]
fn a_panic_is_an_exception_and_goes_on() {
    #[measured("macros.outcome.panic")]
    fn fails() -> u32 {
        panic_quietly("ouch")
    }
    let watch = watch("macros.outcome.panic");
    panics(fails);
    assert_eq!(
        watch.take(),
        [
            "start |",
            "exception | outcome=panic kind=panic reason=ouch"
        ]
    );
}

#[test]
fn an_async_call_begins_when_it_is_first_polled() {
    #[measured("macros.outcome.lazy")]
    async fn work() -> u32 {
        tokio::task::yield_now().await;
        7
    }
    let watch = watch("macros.outcome.lazy");
    let future = work();
    assert!(watch.take().is_empty());
    drop(future);
    assert!(watch.take().is_empty(), "it has done nothing");

    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    assert_eq!(runtime.block_on(work()), 7);
    assert_eq!(watch.take(), ["start |", "stop | outcome=ok"]);
}

#[test]
fn an_async_call_dropped_half_way_is_cancelled() {
    #[measured("macros.outcome.cancelled", errors = ignore, result = |_| evaluated())]
    async fn work() -> Result<u32, String> {
        pending::<()>().await;
        Ok(7)
    }
    let watch = watch("macros.outcome.cancelled");
    {
        let mut future = pin!(work());
        assert!(poll_once(future.as_mut()).is_pending());
        assert_eq!(watch.take(), ["start |"]);
    }
    assert_eq!(watch.take(), ["stop | outcome=cancelled"]);
}

#[test]
fn a_panic_in_an_async_call_is_an_exception() {
    #[measured("macros.outcome.async_panic")]
    async fn fails(text: &'static str) {
        panic_quietly(text)
    }
    let watch = watch("macros.outcome.async_panic");
    panics(|| now(fails("ouch")));
    assert_eq!(
        watch.take(),
        [
            "start |",
            "exception | outcome=panic kind=panic reason=ouch"
        ]
    );
}
