//! Functions that are not async, but return a future.

use std::future::{Future, pending, ready};
use std::pin::Pin;

use telemetry_macros::measured;

use crate::support::{now, panic_quietly, panics, poll_once, watch};

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// As in the `futures` crates.
type BoxFuture<'a, T> = Boxed<'a, T>;

struct Repo(u32);

trait Load {
    fn load<'life0, 'life1, 'async_trait>(
        &'life0 self,
        key: &'life1 str,
    ) -> Pin<Box<dyn Future<Output = Result<u32, String>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        Self: 'async_trait;
}

// What `#[async_trait]` makes of
// `async fn load(&self, key: &str) -> Result<u32, String> { .. }`.
impl Load for Repo {
    #[measured("macros.futures.async_trait", fields(key, repo = self.0), result = |r| r.is_ok())]
    fn load<'life0, 'life1, 'async_trait>(
        &'life0 self,
        key: &'life1 str,
    ) -> Pin<Box<dyn Future<Output = Result<u32, String>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move {
            let __self = self;
            tokio::task::yield_now().await;
            if key.is_empty() {
                return Err("no key".into());
            }
            Ok(__self.0)
        })
    }
}

#[tokio::test]
async fn a_boxed_future_is_the_work() {
    let watch = watch("macros.futures.async_trait");
    assert_eq!(Repo(7).load("a").await, Ok(7));
    assert_eq!(
        watch.take(),
        [
            "start | key=a repo=7",
            "stop | key=a repo=7 outcome=ok result=true"
        ]
    );
    Repo(7).load("").await.unwrap_err();
    assert_eq!(
        watch.take()[1],
        "stop | key= repo=7 outcome=error result=false reason=no key"
    );
}

#[tokio::test]
async fn a_boxed_future_that_nobody_watches_is_handed_on_as_it_is() {
    #[measured("macros.futures.idle")]
    fn call() -> BoxFuture<'static, Result<u32, String>> {
        Box::pin(ready(Ok(1)))
    }
    assert_eq!(call().await, Ok(1));
}

#[test]
fn the_names_of_boxed_futures_are_known() {
    #[measured("macros.futures.boxed", fields(n))]
    fn call(n: &u32) -> BoxFuture<'_, u32> {
        Box::pin(async move {
            pending::<()>().await;
            *n
        })
    }
    let watch = watch("macros.futures.boxed");
    let mut future = call(&1);
    assert_eq!(watch.take(), ["start | n=1"]);
    assert!(poll_once(future.as_mut()).is_pending());
    drop(future);
    assert_eq!(watch.take(), ["stop | n=1 outcome=cancelled"]);
}

#[test]
fn an_opaque_future_is_the_work() {
    #[measured("macros.futures.opaque", fields(text), result = |span, n| span.measure("n", *n))]
    fn call(text: &str) -> impl Future<Output = u32> + Send + use<'_> {
        let n = text.len() as u32;
        async move { n + 1 }
    }
    #[measured("macros.futures.plain")]
    fn plain(n: u32) -> impl Future<Output = u32> {
        ready(n)
    }
    let (opaque, other) = (
        watch("macros.futures.opaque"),
        watch("macros.futures.plain"),
    );
    assert_eq!(now(call("abc")), 4);
    assert_eq!(
        opaque.take(),
        ["start | text=abc", "stop n=4 | text=abc outcome=ok"]
    );
    drop(plain(1));
    assert_eq!(now(plain(2)), 2);
    assert_eq!(
        other.take(),
        [
            "start |",
            "stop | outcome=cancelled",
            "start |",
            "stop | outcome=ok"
        ]
    );
}

#[test]
fn a_panic_before_or_in_the_future_is_an_exception() {
    #[measured("macros.futures.panic")]
    fn call(early: bool) -> impl Future<Output = ()> {
        if early {
            panic_quietly("early")
        }
        async { panic_quietly("late") }
    }
    let watch = watch("macros.futures.panic");
    panics(|| now(call(false)));
    assert_eq!(
        watch.take()[1],
        "exception | outcome=panic kind=panic reason=late"
    );
    panics(|| now(call(true)));
    let line = &watch.take()[1];
    assert!(line.starts_with("exception | outcome=panic"), "{line}");
}

#[test]
fn an_alias_hides_the_future() {
    #[measured("macros.futures.alias")]
    fn call() -> Boxed<'static, u32> {
        Box::pin(pending())
    }
    let watch = watch("macros.futures.alias");
    let future = call();
    assert_eq!(watch.take(), ["start |", "stop | outcome=ok"]);
    drop(future);
}
