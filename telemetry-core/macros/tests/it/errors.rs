//! `errors = ..`: when an `Err` is an error of the span.

use std::fmt;
use std::io;

use telemetry_macros::measured;

use crate::support::{now, watch};

const DIGIT: &str = "stop | outcome=error reason=invalid digit found in string";

#[test]
fn an_err_is_an_error_however_it_is_returned() {
    #[measured("macros.errors.ways")]
    fn parse(text: &str, way: u8) -> Result<u32, std::num::ParseIntError> {
        if way == 0 {
            let n = text.parse::<u32>()?;
            return Ok(n + 1);
        }
        if way == 1 {
            return text.parse();
        }
        text.parse()
    }
    let watch = watch("macros.errors.ways");
    for way in 0..3 {
        assert!(parse("x", way).is_err());
        assert_eq!(watch.take()[1], DIGIT);
    }
    assert_eq!(parse("1", 0), Ok(2));
    assert_eq!(watch.take()[1], "stop | outcome=ok");
}

#[test]
fn errors_are_converted_by_the_question_mark() {
    #[measured("macros.errors.boxed")]
    async fn parse(text: &str) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
        let n: u32 = text.parse()?;
        if n == 0 {
            Err("zero")?;
        }
        Ok(n)
    }
    let watch = watch("macros.errors.boxed");
    assert!(now(parse("x")).is_err());
    assert_eq!(watch.take()[1], DIGIT);
    assert!(now(parse("0")).is_err());
    assert_eq!(watch.take()[1], "stop | outcome=error reason=zero");
    assert!(now(parse("5")).is_ok());
    assert_eq!(watch.take()[1], "stop | outcome=ok");
}

#[test]
fn any_path_that_ends_in_result_is_one() {
    #[measured("macros.errors.io")]
    fn read() -> io::Result<()> {
        Err(io::Error::other("disk"))
    }
    #[measured("macros.errors.fmt")]
    fn print() -> fmt::Result {
        Err(fmt::Error)
    }
    let (io, fmt) = (watch("macros.errors.io"), watch("macros.errors.fmt"));
    read().unwrap_err();
    print().unwrap_err();
    assert_eq!(io.take()[1], "stop | outcome=error reason=disk");
    assert!(fmt.take()[1].starts_with("stop | outcome=error reason="));
}

#[derive(Debug)]
struct Plain;

#[test]
fn errors_debug_takes_the_debug_text() {
    #[measured("macros.errors.debug", errors = debug)]
    fn fails() -> Result<(), Plain> {
        Err(Plain)
    }
    let watch = watch("macros.errors.debug");
    fails().unwrap_err();
    assert_eq!(watch.take()[1], "stop | outcome=error reason=Plain");
}

#[test]
fn errors_ignore_makes_an_err_a_value() {
    struct Silent;
    #[measured("macros.errors.ignore", errors = ignore)]
    fn fails() -> Result<(), Silent> {
        Err(Silent)
    }
    let watch = watch("macros.errors.ignore");
    assert!(fails().is_err());
    assert_eq!(watch.take()[1], "stop | outcome=ok");
}

#[test]
fn an_alias_is_a_result_only_if_told_so() {
    type Outcome = Result<u32, String>;
    #[measured("macros.errors.alias")]
    fn untold() -> Outcome {
        Err("no".into())
    }
    #[measured("macros.errors.told", errors = display)]
    async fn told() -> Outcome {
        Err("no".into())
    }
    let (first, second) = (watch("macros.errors.alias"), watch("macros.errors.told"));
    untold().unwrap_err();
    now(told()).unwrap_err();
    assert_eq!(first.take()[1], "stop | outcome=ok");
    assert_eq!(second.take()[1], "stop | outcome=error reason=no");
}

#[test]
fn an_ok_that_is_opaque_does_not_hinder() {
    #[measured("macros.errors.opaque")]
    fn numbers(n: u32) -> Result<impl Iterator<Item = u32>, String> {
        if n > 3 {
            return Err(format!("{n} is too many"));
        }
        Ok(0..n)
    }
    let watch = watch("macros.errors.opaque");
    assert_eq!(numbers(3).unwrap().count(), 3);
    assert_eq!(watch.take()[1], "stop | outcome=ok");
    assert!(numbers(4).is_err());
    assert_eq!(watch.take()[1], "stop | outcome=error reason=4 is too many");
}
