//! `result = |value| ..`: what is recorded of the returned value.

use telemetry_macros::measured;

use crate::support::{now, panic_quietly, panics, watch};

struct User {
    name: String,
}

#[test]
fn one_parameter_records_what_the_closure_returns() {
    #[measured("macros.result.one", result = |found| found.is_some())]
    fn get(n: u32) -> Option<u32> {
        (n > 0).then_some(n)
    }
    let watch = watch("macros.result.one");
    assert_eq!(get(1), Some(1));
    assert_eq!(watch.take()[1], "stop | outcome=ok result=true");
    assert_eq!(get(0), None);
    assert_eq!(watch.take()[1], "stop | outcome=ok result=false");
}

#[test]
fn the_value_is_neither_moved_nor_copied() {
    #[measured("macros.result.place", result = |user| &user.name)]
    fn get() -> User {
        User { name: "ada".into() }
    }
    #[measured("macros.result.borrow", result = |user: &User| user.name.as_str())]
    async fn load() -> User {
        User { name: "bob".into() }
    }
    let (place, borrow) = (watch("macros.result.place"), watch("macros.result.borrow"));
    assert_eq!(get().name, "ada");
    assert_eq!(now(load()).name, "bob");
    assert_eq!(place.take()[1], "stop | outcome=ok result=ada");
    assert_eq!(borrow.take()[1], "stop | outcome=ok result=bob");
}

#[test]
fn any_expression_may_stand_in_it() {
    #[measured("macros.result.sum", result = |(a, b)| a + b)]
    fn pair() -> (u32, u32) {
        (1, 2)
    }
    #[measured("macros.result.block", result = |text| {
        if text.is_empty() {
            return None;
        }
        Some(format!("{} bytes", text.len()))
    })]
    fn text(text: &str) -> String {
        text.into()
    }
    let (sum, block) = (watch("macros.result.sum"), watch("macros.result.block"));
    pair();
    text("four");
    text("");
    assert_eq!(sum.take()[1], "stop | outcome=ok result=3");
    let block = block.take();
    assert_eq!(block[1], "stop | outcome=ok result=4 bytes");
    assert_eq!(block[3], "stop | outcome=ok");
}

#[test]
fn two_parameters_record_through_the_handle() {
    #[measured("macros.result.two", fields(n), result = |span, names| {
        span.measure("rows", names.len());
        span.set("n", "replaced");
        if names.is_empty() {
            return span.fail("no names");
        }
    })]
    fn names(n: usize) -> Vec<String> {
        vec!["a".into(); n]
    }
    let watch = watch("macros.result.two");
    names(2);
    assert_eq!(watch.take()[1], "stop rows=2 | n=replaced outcome=ok");
    names(0);
    assert_eq!(
        watch.take()[1],
        "stop rows=0 | n=replaced outcome=error reason=no names"
    );
}

#[test]
fn it_sees_errors_too() {
    #[measured("macros.result.errors", result = |span, result| {
        span.set("ok", result.is_ok());
        span.measure("rows", result.as_ref().map_or(0, Vec::len));
    })]
    async fn load(text: &str) -> Result<Vec<u8>, std::num::ParseIntError> {
        let n = text.parse()?;
        Ok(vec![n; 3])
    }
    let watch = watch("macros.result.errors");
    now(load("1")).unwrap();
    now(load("x")).unwrap_err();
    let lines = watch.take();
    assert_eq!(lines[1], "stop rows=3 | outcome=ok ok=true");
    assert_eq!(
        lines[3],
        "stop rows=0 | outcome=error ok=false reason=invalid digit found in string"
    );
}

#[test]
fn a_panic_in_it_is_the_functions() {
    fn fails() {
        panic_quietly("in result")
    }
    #[measured("macros.result.panic", result = |_| { fails(); 1 })]
    fn call() -> u32 {
        1
    }
    #[measured("macros.result.async_panic", result = |_span, _| fails())]
    async fn load() -> u32 {
        1
    }
    let watches = [
        watch("macros.result.panic"),
        watch("macros.result.async_panic"),
    ];
    panics(call);
    panics(|| now(load()));
    for watch in watches {
        assert_eq!(
            watch.take()[1],
            "exception | outcome=panic kind=panic reason=in result"
        );
    }
}
