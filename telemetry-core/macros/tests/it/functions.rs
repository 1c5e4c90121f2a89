//! Every kind of function, and that it still does what it did.

use std::cell::RefCell;
use std::fmt::{Debug, Display};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Mutex;

use telemetry_macros::measured;

use crate::support::{Lines, OnDrop, now, panics, watch};

struct Counter {
    n: u32,
    name: String,
}

trait Count {
    fn add(&mut self, by: u32) -> &mut u32;
    async fn load(&self, by: u32) -> u32;

    #[measured("macros.functions.default", fields(by = by))]
    fn twice(&mut self, by: u32) -> u32 {
        self.add(by);
        *self.add(by)
    }
}

impl Count for Counter {
    #[measured("macros.functions.trait", fields(n = self.n), result = |n| **n)]
    fn add(&mut self, by: u32) -> &mut u32 {
        self.n += by;
        &mut self.n
    }

    #[measured("macros.functions.async_trait", fields(by))]
    async fn load(&self, by: u32) -> u32 {
        self.n + by
    }
}

impl Counter {
    #[measured("macros.functions.new")]
    #[must_use]
    fn new(name: impl Into<String>) -> Self {
        Self {
            n: 0,
            name: name.into(),
        }
    }

    #[measured("macros.functions.name", result = |name| *name)]
    fn name(&self) -> &str {
        &self.name
    }

    #[measured("macros.functions.mut_self")]
    fn renamed(mut self, name: &str) -> Self {
        self.name = name.to_owned();
        self
    }

    #[measured("macros.functions.boxed_self")]
    fn unboxed(self: Box<Self>) -> u32 {
        self.n
    }

    #[measured("macros.functions.async_mut")]
    async fn bump(&mut self, mut by: u32) -> &mut u32 {
        by += 1;
        self.n += by;
        &mut self.n
    }

    #[measured("macros.functions.pinned")]
    fn pinned(mut self: Pin<&mut Self>) -> u32 {
        self.n += 1;
        self.n
    }
}

#[test]
fn methods_with_every_kind_of_self_are_measured() {
    let watch = watch("macros.functions.trait");
    let mut counter = Counter::new("a");
    *counter.add(2) += 1;
    assert_eq!(counter.twice(1), 5);
    assert_eq!(now(counter.load(1)), 6);
    *now(counter.bump(1)) += 1;
    assert_eq!(Pin::new(&mut counter).pinned(), 9);
    assert_eq!(counter.name(), "a");
    let counter = counter.renamed("b");
    assert_eq!(counter.name(), "b");
    assert_eq!(Box::new(counter).unboxed(), 9);
    let stops: Vec<_> = watch.take().into_iter().skip(1).step_by(2).collect();
    assert_eq!(
        stops,
        [
            "stop | n=0 outcome=ok result=2",
            "stop | n=3 outcome=ok result=4",
            "stop | n=4 outcome=ok result=5"
        ]
    );
}

#[measured("macros.functions.generic", fields(first = telemetry::debug(&items[0]), n = N))]
fn generic<'a, T, const N: usize>(items: &'a [T; N], mut visit: impl FnMut(&'a T)) -> &'a T
where
    T: Debug,
{
    items.iter().for_each(&mut visit);
    &items[N - 1]
}

#[measured("macros.functions.first")]
fn first<'a>(items: &'a mut [String], _other: &mut String) -> Option<&'a mut String> {
    items.first_mut()
}

#[measured("macros.functions.dynamic", errors = ignore)]
fn dynamic(n: u32) -> Result<Box<dyn Display>, String> {
    if n == 0 {
        return Ok(Box::new("zero"));
    }
    Ok(Box::new(n))
}

#[measured("macros.functions.coerced")]
async fn coerced(n: u32) -> Box<dyn Display> {
    if n == 0 {
        return Box::new("zero");
    }
    Box::new(n)
}

#[measured("macros.functions.opaque")]
fn opaque(text: &str) -> impl Iterator<Item = char> + Clone + '_ {
    text.chars().rev()
}

#[measured("macros.functions.async_opaque", errors = display)]
async fn async_opaque(text: &str) -> Result<impl Display, std::num::ParseIntError> {
    let n: u32 = text.parse()?;
    Ok(n)
}

#[test]
fn generics_and_lifetimes_are_kept() {
    let seen = RefCell::new(Vec::new());
    assert_eq!(*generic(&[1, 2], |n| seen.borrow_mut().push(*n)), 2);
    assert_eq!(seen.into_inner(), [1, 2]);
    let mut items = vec!["a".to_owned()];
    first(&mut items, &mut String::new()).unwrap().push('b');
    assert_eq!(items, ["ab"]);
}

#[test]
fn returns_are_inferred_and_coerced_as_without_the_attribute() {
    assert_eq!(dynamic(0).unwrap().to_string(), "zero");
    assert_eq!(dynamic(1).unwrap().to_string(), "1");
    assert_eq!(now(coerced(0)).to_string(), "zero");
    assert_eq!(now(coerced(1)).to_string(), "1");
    assert_eq!(opaque("abc").clone().collect::<String>(), "cba");
    assert_eq!(now(async_opaque("7")).unwrap().to_string(), "7");
    assert!(now(async_opaque("x")).is_err());
}

#[measured("macros.functions.never")]
fn never(text: &str) -> ! {
    std::panic::resume_unwind(Box::new(text.to_owned()))
}

#[measured("macros.functions.async_never")]
async fn async_never() -> ! {
    never("async")
}

#[test]
fn functions_that_do_not_return_end_by_their_panic() {
    let watch = watch("macros.functions.never");
    panics(|| never("never"));
    panics(|| now(async_never()));
    assert_eq!(
        watch.take()[1],
        "exception | outcome=panic kind=panic reason=never"
    );
}

#[measured("macros.functions.guarded")]
fn guarded(value: Mutex<u32>) -> u32 {
    // The guard is dropped after the tail is evaluated, and must not outlive the argument.
    *value.lock().unwrap()
}

#[measured("macros.functions.shadow", fields(span, handle, value), result = |value| *value)]
fn shadow(span: u32, handle: u32, value: u32) -> u32 {
    let [future, error] = [span + handle, value];
    future + error
}

#[test]
fn names_of_the_expansion_are_not_the_users() {
    let watch = watch("macros.functions.shadow");
    assert_eq!(shadow(1, 2, 3), 6);
    assert_eq!(
        watch.take()[1],
        "stop | span=1 handle=2 value=3 outcome=ok result=6"
    );
    assert_eq!(guarded(Mutex::new(3)), 3);
}

#[measured("macros.functions.order")]
fn order(_first: OnDrop, second: OnDrop, lines: &Lines, third: OnDrop) {
    let _ = (&third, &second);
    lines.push("body");
}

#[measured("macros.functions.async_order")]
async fn async_order(_first: OnDrop, second: OnDrop, lines: &Lines, third: OnDrop) {
    let _ = (&third, &second);
    lines.push("body");
}

#[test]
fn arguments_are_dropped_in_their_order_and_within_the_span() {
    let expected = [
        "start |",
        "body",
        "third",
        "second",
        "first",
        "stop | outcome=ok",
    ];
    let sync = watch("macros.functions.order");
    let asynchronous = watch("macros.functions.async_order");
    for (watch, is_async) in [(sync, false), (asynchronous, true)] {
        let lines = watch.lines();
        let [a, b, c] = ["first", "second", "third"].map(|name| OnDrop(name, lines.clone()));
        if is_async {
            now(async_order(a, b, &lines, c));
        } else {
            order(a, b, &lines, c);
        }
        assert_eq!(watch.take(), expected);
    }
}

struct Whole {
    _part: OnDrop,
    lines: Lines,
}

impl Whole {
    #[measured("macros.functions.whole")]
    fn consume(self) {
        self.lines.push("body");
    }
}

#[test]
fn a_self_of_which_the_body_uses_a_part_is_dropped_within_the_span() {
    let watch = watch("macros.functions.whole");
    let lines = watch.lines();
    let _part = OnDrop("part", lines.clone());
    Whole { _part, lines }.consume();
    assert_eq!(
        watch.take(),
        ["start |", "body", "part", "stop | outcome=ok"]
    );
}

#[test]
fn the_future_of_an_async_fn_is_send_if_it_was() {
    #[measured("macros.functions.send", fields(text), result = |r| r.is_ok())]
    async fn send(text: String, peer: std::cell::Cell<String>) -> Result<String, std::io::Error> {
        tokio::task::yield_now().await;
        drop(peer);
        Ok(text)
    }
    #[measured("macros.functions.local", fields(text))]
    async fn local(text: Rc<str>) -> usize {
        tokio::task::yield_now().await;
        text.len()
    }
    fn assert_send(_: impl Send) {}
    assert_send(send("a".into(), std::cell::Cell::default()));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    assert_eq!(runtime.block_on(local("abc".into())), 3);
}

#[measured("macros.functions.recursive", fields(n))]
fn factorial(n: u64) -> u64 {
    if n < 2 { 1 } else { n * factorial(n - 1) }
}

#[test]
fn recursion_nests() {
    let watch = watch("macros.functions.recursive");
    assert_eq!(factorial(2), 2);
    assert_eq!(
        watch.take(),
        [
            "start | n=2",
            "start | n=1",
            "stop | n=1 outcome=ok",
            "stop | n=2 outcome=ok"
        ]
    );
}

macro_rules! make {
    ($name:ident, $span:literal, $argument:ident: $ty:ty, $output:ty, $look:expr) => {
        #[measured($span, fields($argument), result = $look)]
        fn $name($argument: $ty) -> $output {
            $argument.parse()
        }
    };
}

make!(made, "macros.functions.made", text: &str, Result<u8, std::num::ParseIntError>, |r| r.is_ok());

#[test]
fn functions_that_a_macro_writes_are_measured() {
    let watch = watch("macros.functions.made");
    made("x").unwrap_err();
    assert_eq!(
        watch.take()[1],
        "stop | text=x outcome=error result=false reason=invalid digit found in string"
    );
}

mod elsewhere {
    pub(super) mod bus {
        pub(crate) use ::telemetry::*;
    }
}

#[test]
fn telemetry_may_be_elsewhere() {
    #[measured("macros.functions.crate", crate = elsewhere::bus, fields(n))]
    fn call(n: u8) -> u8 {
        n
    }
    let watch = watch("macros.functions.crate");
    assert_eq!(call(1), 1);
    assert_eq!(watch.take().len(), 2);
}

#[measured("macros.functions.outer")]
#[measured("macros.functions.inner", fields(n))]
fn both(mut n: u8) -> u8 {
    n += 1;
    n
}

#[test]
fn two_attributes_on_one_function_are_two_spans() {
    let (outer, inner) = (
        watch("macros.functions.outer"),
        watch("macros.functions.inner"),
    );
    assert_eq!(both(1), 2);
    assert_eq!(outer.take().len(), 2);
    assert_eq!(inner.take()[0], "start | n=1");
}

#[tokio::test]
#[measured("macros.functions.test")]
async fn beside_other_attributes() {
    #![allow(clippy::let_unit_value)]
    let () = tokio::task::yield_now().await;
}

#[test]
fn a_parameter_may_depend_on_the_configuration() {
    #[measured("macros.functions.cfg")]
    fn call(
        #[cfg(test)] a: u8,
        #[cfg(not(test))] b: String,
        #[expect(unused_variables)] c: u8,
    ) -> u8 {
        a
    }
    assert_eq!(call(1, 2), 1);
}

#[test]
fn a_closure_can_be_returned() {
    #[measured("macros.functions.closure")]
    fn adder(by: u32) -> impl Fn(u32) -> Box<dyn Future<Output = u32>> {
        move |n| Box::new(std::future::ready(n + by)) as _
    }
    assert_eq!(now(Box::into_pin(adder(1)(2))), 3);
}
