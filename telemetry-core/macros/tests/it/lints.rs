//! The expansion gives the user's lints nothing to say: this module allows none, and every warning
//! is an error where the workspace is checked.

#![warn(clippy::all, clippy::pedantic, clippy::nursery)]
#![warn(clippy::shadow_same, clippy::shadow_unrelated, clippy::shadow_reuse)]
#![warn(missing_docs, unused, unused_qualifications, unused_results)]
#![warn(unreachable_pub, single_use_lifetimes, unused_lifetimes)]
#![warn(let_underscore_drop, elided_lifetimes_in_paths, unit_bindings)]
#![warn(explicit_outlives_requirements, trivial_casts)]
#![deny(unsafe_code, warnings)]

use std::io;

use telemetry_macros::measured;

use crate::support::now;

/// A call that only forwards.
#[measured("macros.lints.forward")]
fn forward() -> u32 {
    constant()
}

/// A constant.
#[measured("macros.lints.constant")]
#[must_use]
#[inline]
pub(crate) fn constant() -> u32 {
    7
}

/// Nothing at all.
#[measured("macros.lints.nothing")]
fn nothing() {}

/// Used by its field alone.
#[measured("macros.lints.field", fields(limit, text = format!("{other}")))]
fn field(limit: u32, other: u32, _unused: u32) -> usize {
    3
}

/// Every option.
#[measured(
    "macros.lints.all",
    fields(limit, "db.table" = "users"),
    result = |span, rows| span.measure("rows", rows.as_ref().map_or(0, Vec::len)),
    errors = debug,
    crate = ::telemetry,
)]
async fn all(mut limit: usize, _guard: String, (a, b): (u8, u8)) -> io::Result<Vec<u8>> {
    limit += 1;
    tokio::task::yield_now().await;
    if limit > 10 {
        return Err(io::Error::other("too many"));
    }
    Ok(vec![a, b])
}

/// Diverges in every branch.
#[measured("macros.lints.diverges", result = |r| r.is_ok())]
fn diverges(n: u32) -> Result<u32, String> {
    if n > 1 {
        return Ok(n);
    }
    return Err(String::new());
}

/// Async, without any `.await`.
#[measured("macros.lints.unawaited")]
async fn unawaited(n: u32) -> Option<u32> {
    let sum = n.checked_add(1)?;
    Some(sum)
}

/// A block as a result.
#[measured("macros.lints.block", result = |returned| { *returned })]
fn block(n: u32) -> u32 {
    n
}

/// A type parameter that may be `()`, and one that is.
#[measured("macros.lints.generic", fields(n))]
fn generic<T>(n: u32, value: T, unit: ()) -> (u32, T) {
    let () = unit;
    (n, value)
}

/// A type with methods.
#[derive(Debug)]
struct Thing {
    name: String,
}

impl Thing {
    /// By reference.
    #[measured("macros.lints.name")]
    fn name(&self) -> &str {
        &self.name
    }

    /// By value.
    #[measured("macros.lints.into_name", fields(name = self.name))]
    fn into_name(self) -> String {
        self.name
    }

    /// In a box.
    #[measured("macros.lints.future")]
    fn future(&self) -> std::pin::Pin<Box<dyn Future<Output = usize> + Send + '_>> {
        Box::pin(async move { self.name.len() })
    }
}

#[tokio::test]
async fn the_expansion_has_no_warnings() {
    assert_eq!(forward(), 7);
    nothing();
    assert_eq!(field(1, 2, 3), 3);
    assert_eq!(all(1, String::new(), (1, 2)).await.ok(), Some(vec![1, 2]));
    assert_eq!(diverges(2), Ok(2));
    assert_eq!(block(2), 2);
    assert_eq!(now(unawaited(1)), Some(2));
    assert_eq!(generic(1, (), ()), (1, ()));
    let thing = Thing {
        name: "thing".into(),
    };
    assert_eq!(thing.future().await, 5);
    assert_eq!(thing.name(), "thing");
    assert_eq!(thing.into_name(), "thing");
}
